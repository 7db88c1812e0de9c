// SPDX-License-Identifier: BSD-2-Clause
/* Finds one text in a stream that arrives in pieces, in linear time and without keeping the stream
 * (Knuth, Morris, Pratt), so that a hostile answer can cost neither time nor memory. Owned by one
 * attempt; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct match {
    const char *text; /* borrowed */
    size_t length;
    size_t matched;    /* bytes of `text` that the stream ends in */
    uint32_t *borders; /* borders[i]: length of the longest border of text[0..i] */
};

/* Borrows `text` until match_fini; it is shorter than 4 GiB. An empty text is found at once. */
void match_init(struct match *match, const char *text);
void match_fini(struct match *match);
/* Takes the next piece; true once the text has been seen, and from then on. */
bool match_feed(struct match *match, const char *data, size_t length);
