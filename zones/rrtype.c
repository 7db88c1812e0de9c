// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rrtype.h"

#include "base/compiler.h"
#include "base/parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The IANA registry "Resource Record (RR) TYPEs", those with a mnemonic. One row is all that a new
 * type needs, when its fields are made of kinds that zones/rdfield.h lists; add it to by_name too.
 */
static const struct rrtype low[] = {
    [1] = { 1, "A", 0, NULL, "a" },
    [2] = { 2, "NS", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [3] = { 3, "MD", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [4] = { 4, "MF", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [5] = { 5, "CNAME", RRTYPE_COMPRESS | RRTYPE_LOWER | RRTYPE_SINGLETON, "n", "n" },
    [6] = { 6, "SOA", RRTYPE_COMPRESS | RRTYPE_LOWER | RRTYPE_SINGLETON, "nn44444", "nn4pppp" },
    [7] = { 7, "MB", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [8] = { 8, "MG", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [9] = { 9, "MR", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [10] = { 10, "NULL", 0, NULL, NULL },
    [11] = { 11, "WKS", 0, NULL, "aK" },
    [12] = { 12, "PTR", RRTYPE_COMPRESS | RRTYPE_LOWER, "n", "n" },
    [13] = { 13, "HINFO", 0, NULL, "ss" },
    [14] = { 14, "MINFO", RRTYPE_COMPRESS | RRTYPE_LOWER, "nn", "nn" },
    [15] = { 15, "MX", RRTYPE_COMPRESS | RRTYPE_LOWER, "2n", "2n" },
    [16] = { 16, "TXT", 0, NULL, "S" },
    [17] = { 17, "RP", RRTYPE_LOWER, NULL, "nn" },
    [18] = { 18, "AFSDB", RRTYPE_LOWER, NULL, "2n" },
    [19] = { 19, "X25", 0, NULL, "d" },
    [20] = { 20, "ISDN", 0, NULL, "sO" },
    [21] = { 21, "RT", RRTYPE_LOWER, NULL, "2n" },
    [22] = { 22, "NSAP", 0, NULL, "N" },
    [23] = { 23, "NSAP-PTR", 0, NULL, "n" },
    [24] = { 24, "SIG", RRTYPE_LOWER, NULL, "tm14TT2nb" },
    [25] = { 25, "KEY", 0, NULL, "21mB" },
    [26] = { 26, "PX", RRTYPE_LOWER, NULL, "2nn" },
    [27] = { 27, "GPOS", 0, NULL, "sss" },
    [28] = { 28, "AAAA", 0, NULL, "A" },
    [29] = { 29, "LOC", 0, NULL, "L" },
    [30] = { 30, "NXT", RRTYPE_LOWER, NULL, "nX" },
    [31] = { 31, "EID", 0, NULL, "x" },
    [32] = { 32, "NIMLOC", 0, NULL, "x" },
    [33] = { 33, "SRV", RRTYPE_LOWER, NULL, "222n" },
    [34] = { 34, "ATMA", 0, NULL, "Q" },
    [35] = { 35, "NAPTR", RRTYPE_LOWER, NULL, "22sssn" },
    [36] = { 36, "KX", RRTYPE_LOWER, NULL, "2n" },
    [37] = { 37, "CERT", 0, NULL, "c2Cb" },
    [38] = { 38, "A6", 0, NULL, "Z" },
    [39] = { 39, "DNAME", RRTYPE_LOWER | RRTYPE_SINGLETON, NULL, "n" },
    [40] = { 40, "SINK", 0, NULL, "111B" },
    [41] = { 41, "OPT", RRTYPE_META, NULL, NULL },
    [42] = { 42, "APL", 0, NULL, "P" },
    [43] = { 43, "DS", 0, NULL, "2m1x" },
    [44] = { 44, "SSHFP", 0, NULL, "11x" },
    [45] = { 45, "IPSECKEY", 0, NULL, "Ib" },
    [46] = { 46, "RRSIG", RRTYPE_LOWER, NULL, "tm14TT2nb" },
    [47] = { 47, "NSEC", 0, NULL, "nw" },
    [48] = { 48, "DNSKEY", 0, NULL, "21mb" },
    [49] = { 49, "DHCID", 0, NULL, "b" },
    [50] = { 50, "NSEC3", 0, NULL, "112hHW" },
    [51] = { 51, "NSEC3PARAM", 0, NULL, "112h" },
    [52] = { 52, "TLSA", 0, NULL, "111x" },
    [53] = { 53, "SMIMEA", 0, NULL, "111x" },
    [55] = { 55, "HIP", 0, NULL, "E" },
    [56] = { 56, "NINFO", 0, NULL, "S" },
    [57] = { 57, "RKEY", 0, NULL, "21mb" },
    [58] = { 58, "TALINK", 0, NULL, "nn" },
    [59] = { 59, "CDS", 0, NULL, "2m1x" },
    [60] = { 60, "CDNSKEY", 0, NULL, "21mb" },
    [61] = { 61, "OPENPGPKEY", 0, NULL, "b" },
    [62] = { 62, "CSYNC", 0, NULL, "42W" },
    [63] = { 63, "ZONEMD", 0, NULL, "411x" },
    [64] = { 64, "SVCB", 0, NULL, "2nV" },
    [65] = { 65, "HTTPS", 0, NULL, "2nV" },
    [66] = { 66, "DSYNC", 0, NULL, "tD2n" },
    [67] = { 67, "HHIT", 0, NULL, "b" },
    [68] = { 68, "BRID", 0, NULL, "b" },
    [99] = { 99, "SPF", 0, NULL, "S" },
    [100] = { 100, "UINFO", 0, NULL, NULL },
    [101] = { 101, "UID", 0, NULL, NULL },
    [102] = { 102, "GID", 0, NULL, NULL },
    [103] = { 103, "UNSPEC", 0, NULL, NULL },
    [104] = { 104, "NID", 0, NULL, "2i" },
    [105] = { 105, "L32", 0, NULL, "2a" },
    [106] = { 106, "L64", 0, NULL, "2i" },
    [107] = { 107, "LP", 0, NULL, "2n" },
    [108] = { 108, "EUI48", 0, NULL, "6" },
    [109] = { 109, "EUI64", 0, NULL, "8" },
    [128] = { 128, "NXNAME", RRTYPE_META, NULL, NULL },
    [249] = { 249, "TKEY", RRTYPE_META, NULL, NULL },
    [250] = { 250, "TSIG", RRTYPE_META, NULL, NULL },
    [251] = { 251, "IXFR", RRTYPE_META, NULL, NULL },
    [252] = { 252, "AXFR", RRTYPE_META, NULL, NULL },
    [253] = { 253, "MAILB", RRTYPE_META, NULL, NULL },
    [254] = { 254, "MAILA", RRTYPE_META, NULL, NULL },
    [255] = { 255, "ANY", RRTYPE_META, NULL, NULL },
    [256] = { 256, "URI", 0, NULL, "22u" },
    [257] = { 257, "CAA", 0, NULL, "1gv" },
    [258] = { 258, "AVC", 0, NULL, "S" },
    [259] = { 259, "DOA", 0, NULL, "441sy" },
    [260] = { 260, "AMTRELAY", 0, NULL, "R" },
    [261] = { 261, "RESINFO", 0, NULL, "S" },
    [262] = { 262, "WALLET", 0, NULL, "S" },
    [263] = { 263, "CLA", 0, NULL, "S" },
    [264] = { 264, "IPN", 0, NULL, "U" },
};

static const struct rrtype high[] = {
    { 32768, "TA", 0, NULL, "2m1x" },
    { 32769, "DLV", 0, NULL, "2m1x" },
};

/* Numbers in the order of the names, for the binary search. */
static const uint16_t by_name[] = {
    1,   38, 28,    18,  260, 255, 42,  34,  258, 252, 68,  257, 60, 59,  37, 263,   5,
    62,  49, 32769, 39,  48,  259, 43,  66,  31,  108, 109, 102, 27, 67,  13, 55,    65,
    264, 45, 20,    251, 25,  36,  105, 106, 29,  107, 254, 253, 7,  3,   4,  8,     14,
    9,   15, 35,    104, 32,  56,  2,   22,  23,  47,  50,  51,  10, 128, 30, 61,    41,
    12,  26, 261,   57,  17,  46,  21,  24,  40,  53,  6,   99,  33, 44,  64, 32768, 58,
    249, 52, 250,   16,  101, 100, 103, 256, 262, 11,  19,  63,
};

#define META_FIRST 128 /* RFC 6895 section 3.1: 128 to 255 are for questions and meta data */
#define META_LAST  255

const struct rrtype *rrtype_by_number(uint16_t number)
{
    if (number < ARRAY_LEN(low))
        return low[number].name == NULL ? NULL : &low[number];
    for (size_t i = 0; i < ARRAY_LEN(high); i++) {
        if (high[i].number == number)
            return &high[i];
    }
    return NULL;
}

bool rrtype_is_meta(uint16_t number)
{
    return number == 0 || number == RRTYPE_OPT || (number >= META_FIRST && number <= META_LAST);
}

/* <0, 0, >0 as the text stands to a mnemonic (which is in upper case). */
static int compare(const char *text, size_t length, const char *name)
{
    int difference = strncasecmp(text, name, length);
    return difference == 0 && name[length] != '\0' ? -1 : difference;
}

static bool parse_mnemonic(const char *text, size_t length, uint16_t *out)
{
    size_t low_bound = 0;
    size_t high_bound = ARRAY_LEN(by_name);
    while (low_bound < high_bound) {
        size_t middle = (low_bound + high_bound) / 2;
        const struct rrtype *type = rrtype_by_number(by_name[middle]);
        if (type == NULL)
            return false;
        int difference = compare(text, length, type->name);
        if (difference == 0) {
            *out = type->number;
            return true;
        }
        if (difference < 0)
            high_bound = middle;
        else
            low_bound = middle + 1;
    }
    return false;
}

/* RFC 3597 section 5. */
static bool parse_numbered(const char *text, size_t length, uint16_t *out)
{
    uint64_t number = 0;
    if (length < 5 || strncasecmp(text, "TYPE", 4) != 0)
        return false;
    if (!parse_u64(text + 4, length - 4, UINT16_MAX, &number))
        return false;
    *out = (uint16_t)number;
    return true;
}

bool rrtype_parse(const char *text, size_t length, uint16_t *out)
{
    if (memchr(text, '\0', length) != NULL) /* would end strncasecmp early */
        return false;
    return parse_mnemonic(text, length, out) || parse_numbered(text, length, out);
}

const char *rrtype_name(uint16_t number, char *buf)
{
    const struct rrtype *type = rrtype_by_number(number);
    if (type != NULL)
        return type->name;
    (void)snprintf(buf, RRTYPE_TEXT_MAX, "TYPE%u", number);
    return buf;
}
