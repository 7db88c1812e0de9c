// SPDX-License-Identifier: BSD-2-Clause
/* Writers of rdata's fields, wire to text, internal to zones/; see rdfield.h. They check what they
 * read, so that a run without text is the check of untrusted bytes. Any thread; no shared state. */
#pragma once

#include "zones/rdfield.h"

/* The next `size` bytes, or NULL. */
const uint8_t *rdfield_get(struct rdfield_out *out, size_t size);
/* Bytes left. */
size_t rdfield_left(const struct rdfield_out *out);
/* Adds the space before a word unless it is the first; `out->text` is not NULL. */
void rdfield_separate(struct rdfield_out *out);
/* Adds a word, with a space before it unless it is the first. */
void rdfield_word(struct rdfield_out *out, const char *format, ...) PRINTF(2, 3);
/* Adds the bytes as a quoted string, BIND's escapes. */
void rdfield_quoted(struct rdfield_out *out, const uint8_t *bytes, size_t size);
/* Bytes with escapes, for inside of quotes; a space as \032 when `space`. */
void rdfield_escaped(struct strbuf *text, const uint8_t *bytes, size_t size, bool space);
void rdfield_base64(struct rdfield_out *out, const uint8_t *bytes, size_t size);
void rdfield_hex(struct rdfield_out *out, const uint8_t *bytes, size_t size);

/* Kinds, see rdfield.h. */
bool rdfield_write_name(struct rdfield_out *out);
bool rdfield_write_a(struct rdfield_out *out);
bool rdfield_write_aaaa(struct rdfield_out *out);
bool rdfield_write_string(struct rdfield_out *out);
bool rdfield_write_u8(struct rdfield_out *out);
bool rdfield_write_u16(struct rdfield_out *out);
bool rdfield_write_u32(struct rdfield_out *out);
bool rdfield_write_u64(struct rdfield_out *out);
bool rdfield_write_strings(struct rdfield_out *out);
bool rdfield_write_optional_string(struct rdfield_out *out);
bool rdfield_write_digits(struct rdfield_out *out);
bool rdfield_write_caa_tag(struct rdfield_out *out);
bool rdfield_write_long_string(struct rdfield_out *out);
bool rdfield_write_type(struct rdfield_out *out);
bool rdfield_write_hex(struct rdfield_out *out);
bool rdfield_write_salt(struct rdfield_out *out);
bool rdfield_write_time(struct rdfield_out *out);
bool rdfield_write_bitmap(struct rdfield_out *out);
bool rdfield_write_bitmap_or_none(struct rdfield_out *out);
bool rdfield_write_eui48(struct rdfield_out *out);
bool rdfield_write_eui64(struct rdfield_out *out);
bool rdfield_write_locator(struct rdfield_out *out);
bool rdfield_write_apl(struct rdfield_out *out);
