// SPDX-License-Identifier: BSD-2-Clause
#include "health/match.h"

#include "base/mem.h"

#include <string.h>

/* The length matched after `byte` follows `matched` bytes of the text, matched < length. */
static size_t match_step(const struct match *match, size_t matched, char byte)
{
    while (matched > 0 && match->text[matched] != byte)
        matched = match->borders[matched - 1];
    return match->text[matched] == byte ? matched + 1 : 0;
}

void match_init(struct match *match, const char *text)
{
    *match = (struct match){ .text = text, .length = strlen(text) };
    match->borders = MEM_NEW_ARRAY(uint32_t, match->length);
    size_t border = 0;
    for (size_t i = 1; i < match->length; i++) {
        border = match_step(match, border, text[i]);
        match->borders[i] = (uint32_t)border;
    }
}

void match_fini(struct match *match)
{
    mem_free(match->borders);
    *match = (struct match){ 0 };
}

bool match_feed(struct match *match, const char *data, size_t length)
{
    for (size_t i = 0; i < length && match->matched < match->length; i++)
        match->matched = match_step(match, match->matched, data[i]);
    return match->matched == match->length;
}
