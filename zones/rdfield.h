// SPDX-License-Identifier: BSD-2-Clause
/* The fields that rdata is made of, internal to zones/. A kind of field is one row: a letter, a
 * reader (text to wire) and a writer (wire to text). rrtype.c says by a string of letters which
 * fields a type has. Readers are here, writers in rdwrite.h. Any thread; no shared state.
 *
 *   1 2 4 U  number of 8, 16, 32, 64 bits         n  name
 *   p        32 bits, units as in TTLs allowed    t  type, by mnemonic or TYPEnnn
 *   s        character string                     O  character string that may be missing
 *   S        character strings, one or more       d  string of digits (X25)
 *   a A      IPv4, IPv6 address                   m  DNSSEC algorithm
 *   x        hexadecimal to the end               g v u  CAA tag and value, URI target
 *   b B      base64 to the end (B: may be none)   T  time of a signature
 *   h H      NSEC3 salt, next hashed owner        w W  bitmap of types (W: may be empty)
 *   6 8 i    EUI-48, EUI-64, 64-bit locator       L P  LOC, APL items
 *   c C      CERT type and algorithm              K  protocol and ports of WKS
 *   I R E    IPSECKEY up to the gateway, AMTRELAY, HIP
 *   N Q X Z  NSAP, ATMA, bitmap of NXT, A6        D y  DSYNC scheme, data of DOA
 *   V        SvcParams (zones/svcb.c) */
#pragma once

#include "base/compiler.h"
#include "base/strbuf.h"
#include "zones/rdata.h"

/* Address families of APL (RFC 3123 section 4). */
#define APL_IPV4 1
#define APL_IPV6 2

/* Text being read. */
struct rdfield_in {
    const struct rdata_token *tokens;
    size_t count;
    size_t at; /* next token */
    const uint8_t *origin;
    uint8_t *out; /* RDATA_MAX bytes */
    size_t length;
    struct rdata_error *error;
};

/* Wire form being written as text. */
struct rdfield_out {
    const uint8_t *rdata;
    size_t length;
    size_t pos;
    struct strbuf *text; /* NULL: check only */
    bool begun;          /* a word was written, the next one needs a space */
};

/* False with in->error set. */
typedef bool rdfield_read_fn(struct rdfield_in *in);
/* False when the bytes are not such a field. */
typedef bool rdfield_write_fn(struct rdfield_out *out);

struct rdfield_kind {
    rdfield_read_fn *read;
    rdfield_write_fn *write;
};

/* Rows of rdfield.c and rdspecial.c; NULL when the letter is none of theirs. */
const struct rdfield_kind *rdfield_plain(char code);
const struct rdfield_kind *rdfield_special(char code);

/* --- for readers --- */

/* Next token; NULL with an error when there is none. */
const struct rdata_token *rdfield_take(struct rdfield_in *in);
/* Same, but quotes are an error too. */
const struct rdata_token *rdfield_take_bare(struct rdfield_in *in);
/* Sets the error, the token taken last being its place; always false. */
bool rdfield_fail(struct rdfield_in *in, const char *text);
/* Same for an error of that very token: `format` names what was expected, the token is put
 * before it. */
bool rdfield_bad(struct rdfield_in *in, const char *format, ...) PRINTF(2, 3);
bool rdfield_put(struct rdfield_in *in, const void *bytes, size_t size);
bool rdfield_put_number(struct rdfield_in *in, uint64_t value, unsigned bytes);
/* Takes a decimal number of at most `max`. */
bool rdfield_number(struct rdfield_in *in, uint64_t max, uint64_t *value);
bool rdfield_read_name(struct rdfield_in *in);
bool rdfield_read_a(struct rdfield_in *in);
bool rdfield_read_aaaa(struct rdfield_in *in);
bool rdfield_read_string(struct rdfield_in *in);
/* The token's bytes without escapes, at most `max` of them (RFC 1035 section 5.1). */
bool rdfield_unescape(struct rdfield_in *in, const struct rdata_token *token, uint8_t *out,
                      size_t max, size_t *length);
/* Hexadecimal digits of the token, an even number of them; appended to the rdata. */
bool rdfield_put_hex(struct rdfield_in *in, const struct rdata_token *token);

/* --- base64, by ldns (zones/rdata.c) --- */

/* Appends what the tokens from the next one on say: all of them or (`one`) only the next. */
bool rdfield_read_base64(struct rdfield_in *in, bool one);
/* Appends what the text says; false, without an error set, when it is not base64. */
bool rdfield_put_base64(struct rdfield_in *in, const char *text, size_t length);
/* Adds the bytes in base64, without a space before it. */
void rdfield_add_base64(struct strbuf *text, const uint8_t *bytes, size_t size);
