// SPDX-License-Identifier: BSD-2-Clause
/* Parsing of one query: header, question, EDNS. Nothing is copied but the lower-case name. Any
 * thread, no allocation. */
#pragma once

#include "base/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_YXDOMAIN = 6,
    DNS_NOTAUTH = 9,
    DNS_BADVERS = 16,
};
enum dns_opcode { DNS_QUERY = 0, DNS_NOTIFY = 4, DNS_UPDATE = 5 };
enum dns_class { DNS_IN = 1, DNS_CH = 3, DNS_CLASS_NONE = 254, DNS_CLASS_ANY = 255 };
enum dns_flag {
    DNS_QR = 0x8000,
    DNS_AA = 0x0400,
    DNS_TC = 0x0200,
    DNS_RD = 0x0100,
    DNS_RA = 0x0080,
    DNS_Z = 0x0040,
    DNS_AD = 0x0020,
    DNS_CD = 0x0010
};
#define DNS_HEADER 12

enum query_verdict {
    QUERY_OK,
    QUERY_DROP,  /* shorter than a header, or QR=1: no answer (RFC 8906, RFC 1035) */
    QUERY_ERROR, /* answer with `rcode` */
};

struct query {
    uint16_t id;
    uint16_t flags; /* as received */
    uint8_t opcode;
    uint8_t rcode;     /* QUERY_ERROR: enum dns_rcode */
    bool has_question; /* a whole, well-formed question stands at offset 12 and may be echoed */
    bool has_edns;
    bool dnssec_ok;
    bool wants_nsid;
    uint16_t edns_payload; /* at least 512 when has_edns */
    uint16_t qtype;
    uint16_t qclass;
    uint16_t question_end;      /* offset behind the question */
    uint8_t name[NAME_MAX_LEN]; /* lower case */
    uint8_t name_length;
    struct name_hashes hashes; /* of `name`, only when QUERY_OK */
};

/* `seed`: the zonedb's. RFC 1035, 6891, 9619, 8906. */
enum query_verdict query_parse(const uint8_t *packet, size_t size, uint64_t seed,
                               struct query *out);
