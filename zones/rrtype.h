// SPDX-License-Identifier: BSD-2-Clause
/* Table of record types: number, mnemonic, how the rdata's names may be compressed, and what the
 * server does with it. Includes by name the types that ldns lacks. Any thread, constant data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rrtype_number {
    RRTYPE_A = 1,
    RRTYPE_NS = 2,
    RRTYPE_CNAME = 5,
    RRTYPE_SOA = 6,
    RRTYPE_PTR = 12,
    RRTYPE_HINFO = 13,
    RRTYPE_MX = 15,
    RRTYPE_TXT = 16,
    RRTYPE_SIG = 24,
    RRTYPE_KEY = 25,
    RRTYPE_AAAA = 28,
    RRTYPE_SRV = 33,
    RRTYPE_DNAME = 39,
    RRTYPE_OPT = 41,
    RRTYPE_DS = 43,
    RRTYPE_RRSIG = 46,
    RRTYPE_NSEC = 47,
    RRTYPE_DNSKEY = 48,
    RRTYPE_NSEC3 = 50,
    RRTYPE_NSEC3PARAM = 51,
    RRTYPE_SVCB = 64,
    RRTYPE_HTTPS = 65,
    RRTYPE_TKEY = 249,
    RRTYPE_TSIG = 250,
    RRTYPE_IXFR = 251,
    RRTYPE_AXFR = 252,
    RRTYPE_MAILB = 253,
    RRTYPE_MAILA = 254,
    RRTYPE_ANY = 255,
};

enum rrtype_flag {
    RRTYPE_META = 1,      /* OPT, TSIG, QTYPEs: never in a zone */
    RRTYPE_SINGLETON = 2, /* at most one record an owner: SOA, CNAME, DNAME */
    RRTYPE_COMPRESS = 4,  /* RFC 1035 type: names in rdata may be compressed (RFC 3597 section 4) */
    RRTYPE_LOWER = 8,     /* names in rdata are in lower case in the canonical form (RFC 4034
                             section 6.2, RFC 6840 section 5.1) */
};

struct rrtype {
    uint16_t number;
    const char *name;
    unsigned flags;
    const char *layout; /* rdata of COMPRESS types: 'n' a name, '2' two bytes, '4' four bytes; NULL
                           otherwise */
    const char
        *fields; /* kinds of the fields, see zones/rdfield.h; NULL: only the \\# form of RFC 3597 */
};

/* NULL when the number has no row. */
const struct rrtype *rrtype_by_number(uint16_t number);
/* Never in a zone: 0, OPT, and 128 to 255 (RFC 6895 section 3.1). */
bool rrtype_is_meta(uint16_t number);
/* Mnemonic in any case, or TYPEnnn. False when unknown. */
bool rrtype_parse(const char *text, size_t length, uint16_t *out);
/* Mnemonic, or "TYPEnnn" written into `buf` (RRTYPE_TEXT_MAX bytes). */
#define RRTYPE_TEXT_MAX 16
const char *rrtype_name(uint16_t number, char *buf);
