// SPDX-License-Identifier: BSD-2-Clause
/* Domain names in wire form (RFC 1035 section 3.1): uncompressed labels, each a length byte and 1
 * to 63 bytes, ended by the root label (a zero byte). Lengths include the root label. Any thread,
 * no state. */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_MAX_LEN    255  /* bytes of wire form, root label included */
#define NAME_MAX_LABELS 128  /* root label included */
#define NAME_TEXT_MAX   1020 /* text form with \DDD escapes, final dot and NUL */

/* Text (RFC 1035 section 5.1 escapes) to wire form. A name without final dot gets `origin` (wire
 * form; NULL = such a name is made absolute). "@" alone is the origin when there is one. `out` has
 * NAME_MAX_LEN bytes. Returns the length, or 0 with *error a constant text. */
size_t name_from_text(const char *text, size_t length, const uint8_t *origin, uint8_t *out,
                      const char **error);

/* Prints with final dot; `out` has NAME_TEXT_MAX bytes. Escapes as BIND does: \. \" \\ \( \) \; \@
 * \$ and \DDD. Returns the text's length. */
size_t name_to_text(const uint8_t *name, char *out);

size_t name_length(const uint8_t *name);
/* Labels without the root label: 0 for ".". */
unsigned name_labels(const uint8_t *name);
/* Skips `count` labels from the left; the name must have them. */
const uint8_t *name_skip(const uint8_t *name, unsigned count);
void name_lower(const uint8_t *name, uint8_t *out);  /* out may be name */
bool name_equal(const uint8_t *a, const uint8_t *b); /* ASCII case ignored (RFC 4343) */
/* True when `name` is `ancestor` or below it. */
bool name_is_under(const uint8_t *name, const uint8_t *ancestor);
/* Canonical order (RFC 4034 section 6.1): <0, 0, >0. */
int name_compare(const uint8_t *a, const uint8_t *b);
bool name_is_wildcard(const uint8_t *name); /* first label is "*" */

/* Checks a name inside `size` bytes (labels up to 63, total up to 255, no pointers); returns its
 * length or 0. */
size_t name_check(const uint8_t *bytes, size_t size);

/* Hashing from the right: hash(root) = seed, hash(label.parent) = name_hash_label(hash(parent),
 * label). Bytes must be lower case already. One pass over a name gives the hash of every suffix, so
 * closest encloser, cut and wildcard need no second pass. */
uint64_t name_hash_label(uint64_t parent, const uint8_t *label); /* label: length byte and bytes */

struct name_hashes {
    unsigned labels;                 /* without root */
    uint8_t offset[NAME_MAX_LABELS]; /* offset[i]: start of the suffix that has i labels; offset[0]
                                        is the root's */
    uint64_t
        hash[NAME_MAX_LABELS]; /* hash[i]: of the suffix that has i labels; hash[0] is the seed */
};
/* `name` in lower case. */
void name_hash_all(const uint8_t *name, uint64_t seed, struct name_hashes *out);
