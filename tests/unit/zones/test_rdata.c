// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdata.h"

#include "base/rng.h"
#include "tests/unit/zones/rdata_cases.h"

#include <ldns/ldns.h>

START_TEST(cases_as_printed)
{
    help_check(&rdata_cases[_i]);
}
END_TEST

static const struct help_case generic_cases[] = {
    { "TYPE65400", "\\# 3 010203", NULL },
    { "TYPE65400", "\\# 3 01 020 3", "\\# 3 010203" },
    { "TYPE65400", "\\# 0", NULL },
    { "TYPE65400", "\\# 0 ", "\\# 0" },
    { "A", "\\# 4 c0000201", "192.0.2.1" },
    { "NULL", "\\# 2 ABCD", NULL },
    { "MX", "\\# 6 000a 01780", "E: an odd number" },
    { "MX", "\\# 6 000a 0178 0000", "E: not rdata of this type" },
    { "MX", "\\# 5 000a 0178 00", "10 x." },
    { "TYPE65400", "\\# 3 0102", "E: not as many bytes" },
    { "TYPE65400", "\\# 3 01020304", "E: not as many bytes" },
    { "TYPE65400", "\\# 65536 00", "E: number from 0 to 65535" },
    { "TYPE65400", "\\# -1 00", "E: number from 0 to 65535" },
    { "TYPE65400", "\\#", "E: ends too early" },
    { "TYPE65400", "\\# x", "E: number" },
    { "TYPE65400", "\\# 1 0g", "E: hexadecimal" },
    { "TYPE65400", "\"\\#\" 0", "E: only the \\# form" },
    { "TYPE65400", "1.2.3.4", "E: only the \\# form" },
    { "NULL", "abcd", "E: only the \\# form" },
    { "TYPE65400", "", "E: only the \\# form" },
    /* forms that are left to later versions of their RFCs */
    { "LOC", "\\# 2 0100", NULL },
    { "AMTRELAY", "\\# 3 0A0400", NULL },
    { "ATMA", "\\# 3 024700", NULL },
};

START_TEST(generic_form)
{
    help_check(&generic_cases[_i]);
}
END_TEST

/* --- ldns as the oracle --- */

/* What ldns makes of the record; -1 when it refuses. */
static int by_ldns(const char *type, const char *text, uint8_t *out)
{
    ldns_rr *rr = NULL;
    struct strbuf line;
    strbuf_init(&line);
    int used = (int)strlen(text);
    while (used > 0 && text[used - 1] == ' ') /* ldns takes it for one string too many */
        used--;
    strbuf_addf(&line, "x.example.test. 300 IN %s %.*s", type, used, text);
    ldns_rdf *origin = ldns_dname_new_frm_str("example.test.");
    ldns_status status = ldns_rr_new_frm_str(&rr, line.text, 300, origin, NULL);
    ldns_rdf_deep_free(origin);
    strbuf_fini(&line);
    if (status != LDNS_STATUS_OK)
        return -1;
    ldns_buffer *buffer = ldns_buffer_new(RDATA_MAX);
    ck_assert_int_eq(ldns_rr_rdata2buffer_wire(buffer, rr), LDNS_STATUS_OK);
    int length = (int)ldns_buffer_position(buffer);
    memcpy(out, ldns_buffer_begin(buffer), (size_t)length);
    ldns_buffer_free(buffer);
    ldns_rr_free(rr);
    return length;
}

/* Types that ldns has another wire form for, or none: reasons in docs/zone-files.md. */
static bool ldns_differs(const char *type, const char *text)
{
    static const char *const types[] = { "NSAP-PTR", "ATMA", "IPSECKEY", "WKS" };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    /* RFC 9460 section 2.1: keyNNN has a value without structure, which ldns gives it */
    if (strstr(text, "key1=") != NULL || strstr(text, "key6=") != NULL)
        return true;
    /* RFC 9460 appendix A.1: escapes of the list are not those of the string; ldns mixes them */
    if (strcmp(type, "HTTPS") == 0 && strstr(text, "alpn") != NULL && strchr(text, '\\') != NULL)
        return true;
    if (strcmp(type, "CERT") == 0 && text[0] == '0') /* refused by ldns, which leaks then */
        return true;
    /* ldns carries the seconds of the latitude over to a longitude that has none */
    if (strcmp(type, "LOC") == 0 && strstr(text, "1 2 3.") != NULL)
        return true;
    return strncmp(text, "\\#", 2) == 0; /* by ldns not checked against the type */
}

static unsigned compare_all(const struct help_case *cases, size_t count)
{
    unsigned compared = 0;
    uint8_t *ours = mem_alloc(RDATA_MAX);
    uint8_t *theirs = mem_alloc(RDATA_MAX);
    for (size_t i = 0; i < count; i++) {
        struct rdata_error error;
        if (ldns_differs(cases[i].type, cases[i].text))
            continue;
        int mine = help_rdata(cases[i].type, cases[i].text, ours, &error);
        int their = by_ldns(cases[i].type, cases[i].text, theirs);
        /* what we refuse ldns may take (section 4 of the list of its faults), not so the reverse */
        if (mine < 0 || their < 0)
            continue;
        ck_assert_msg(mine == their && memcmp(ours, theirs, (size_t)mine) == 0,
                      "%s %s: %d bytes, ldns %d", cases[i].type, cases[i].text, mine, their);
        compared++;
    }
    mem_free(ours);
    mem_free(theirs);
    return compared;
}

START_TEST(same_as_ldns_on_the_tables)
{
    ck_assert_uint_ge(compare_all(rdfield_cases, ARRAY_LEN(rdfield_cases)), 60);
    ck_assert_uint_ge(compare_all(rdspecial_cases, ARRAY_LEN(rdspecial_cases)), 14);
    ck_assert_uint_ge(compare_all(svcb_cases, ARRAY_LEN(svcb_cases)), 20);
    ck_assert_uint_ge(compare_all(loc_cases, ARRAY_LEN(loc_cases)), 8);
    ck_assert_uint_ge(compare_all(rdata_cases, ARRAY_LEN(rdata_cases)), 35);
}
END_TEST

/* A name of printable characters that need no care, sometimes with escapes. */
static void random_name(struct rng *rng, struct strbuf *out)
{
    static const char letters[] = "abcXYZ019-_*";
    unsigned labels = 1 + rng_below(rng, 4);
    for (unsigned i = 0; i < labels; i++) {
        unsigned size = 1 + rng_below(rng, 12);
        for (unsigned j = 0; j < size; j++) {
            uint32_t kind = rng_below(rng, 20);
            if (kind == 0)
                strbuf_addf(out, "\\%03u", rng_below(rng, 256));
            else if (kind == 1)
                strbuf_add(out, "\\.");
            else
                strbuf_add_bytes(out, &letters[rng_below(rng, sizeof(letters) - 1)], 1);
        }
        strbuf_add(out, i + 1 < labels ? "." : rng_below(rng, 2) == 0 ? "." : "");
    }
    strbuf_add(out, " ");
}

static void random_string(struct rng *rng, struct strbuf *out)
{
    unsigned size = rng_below(rng, 40);
    strbuf_add(out, "\"");
    for (unsigned i = 0; i < size; i++) {
        uint32_t c = 0x20 + rng_below(rng, 0x5f);
        if (rng_below(rng, 10) == 0)
            strbuf_addf(out, "\\%03u", 1 + rng_below(rng, 255)); /* ldns ends strings at NUL */
        else if (c == '"' || c == '\\')
            strbuf_addf(out, "\\%c", (char)c);
        else
            strbuf_addf(out, "%c", (char)c);
    }
    strbuf_add(out, "\" ");
}

static void random_field(struct rng *rng, char code, struct strbuf *out)
{
    uint64_t bits = rng_next(rng);
    switch (code) {
    case 'n':
        random_name(rng, out);
        break;
    case '2':
        strbuf_addf(out, "%u ", (unsigned)(bits & 0xffff));
        break;
    case '4':
    case 'p':
        strbuf_addf(out, "%u ", (unsigned)(bits & 0x7fffffff));
        break;
    case 'a':
        strbuf_addf(out, "%u.%u.%u.%u ", (unsigned)(bits & 255), (unsigned)(bits >> 8 & 255),
                    (unsigned)(bits >> 16 & 255), (unsigned)(bits >> 24 & 255));
        break;
    case 'A':
        strbuf_addf(out, "%x:%X::%x:%x ", (unsigned)(bits & 0xffff),
                    (unsigned)(bits >> 16 & 0xffff), (unsigned)(bits >> 32 & 0xffff),
                    (unsigned)(bits >> 48));
        break;
    default:
        random_string(rng, out);
        break;
    }
}

/* The short way of the common types, against ldns, on 20 x 500 random records. */
START_TEST(same_as_ldns_on_random_records)
{
    static const struct {
        const char *type;
        const char *fields;
    } shapes[] = { { "A", "a" },         { "AAAA", "A" },       { "NS", "n" },    { "CNAME", "n" },
                   { "PTR", "n" },       { "DNAME", "n" },      { "MX", "2n" },   { "SRV", "222n" },
                   { "SOA", "nn4pppp" }, { "TXT", "S" },        { "TXT", "SSS" }, { "HINFO", "ss" },
                   { "RP", "nn" },       { "NAPTR", "22sssn" }, { "KX", "2n" },   { "SPF", "SS" } };
    struct rng rng;
    uint8_t *ours = mem_alloc(RDATA_MAX);
    uint8_t *theirs = mem_alloc(RDATA_MAX);
    rng_seed(&rng, (uint64_t)_i + 1);
    for (unsigned round = 0; round < 500; round++) {
        size_t shape = rng_below(&rng, ARRAY_LEN(shapes));
        struct rdata_error error = { 0 };
        struct strbuf text;
        strbuf_init(&text);
        for (const char *code = shapes[shape].fields; *code != '\0'; code++)
            random_field(&rng, *code, &text);
        int mine = help_rdata(shapes[shape].type, text.text, ours, &error);
        int their = by_ldns(shapes[shape].type, text.text, theirs);
        ck_assert_msg(mine == their && (mine < 0 || memcmp(ours, theirs, (size_t)mine) == 0),
                      "%s %s: %d (%s), ldns %d", shapes[shape].type, text.text, mine, error.text,
                      their);
        strbuf_fini(&text);
    }
    mem_free(ours);
    mem_free(theirs);
}
END_TEST

/* --- canonical form --- */

static const struct help_case lower_cases[] = {
    { "NS", "A.EXAMPLE.", "a.example." },
    { "SOA", "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5" },
    { "MX", "16705 A.", "16705 a." }, /* 0x4141: no letters to fold */
    { "SRV", "1 2 3 A.", "1 2 3 a." },
    { "NAPTR", "1 2 \"U\" \"S\" \"R\" A.", "1 2 \"U\" \"S\" \"R\" a." },
    { "RRSIG", "A 8 3 300 20300101000000 20200101000000 1 X. AwEA",
      "A 8 3 300 20300101000000 20200101000000 1 x. AwEA" },
    { "PX", "1 A. B.", "1 a. b." },
    { "TXT", "\"ABC\"", NULL },
    { "NSEC", "A. A", NULL }, /* RFC 6840 section 5.1 */
    { "SVCB", "1 A.", NULL },
    { "TYPE65400", "\\# 3 014100", NULL },
};

START_TEST(lower_table)
{
    const struct help_case *c = &lower_cases[_i];
    uint8_t wire[512];
    uint16_t type = 0;
    struct rdata_error error = { 0 };
    struct strbuf text;
    strbuf_init(&text);
    ck_assert(rrtype_parse(c->type, strlen(c->type), &type));
    int length = help_rdata(c->type, c->text, wire, &error);
    ck_assert_msg(length >= 0, "%s", error.text);
    rdata_lower(type, wire, (size_t)length);
    rdata_to_text(type, wire, (size_t)length, &text);
    ck_assert_str_eq(text.text, c->expected == NULL ? c->text : c->expected);
    strbuf_fini(&text);
}
END_TEST

/* Rdata that is cut short anywhere does not lead rdata_lower astray. */
START_TEST(lower_is_bounded)
{
    static const uint8_t naptr[] = { 0, 1, 0, 2, 1, 'U', 1, 'S', 1, 'R', 1, 'A', 0 };
    for (size_t length = 0; length <= sizeof(naptr); length++) {
        uint8_t *copy = mem_dup(naptr, length);
        rdata_lower(35, copy, length);
        ck_assert_int_eq(memcmp(copy, naptr, length < 12 ? length : 10), 0);
        mem_free(copy);
    }
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, cases_as_printed, 0, (int)ARRAY_LEN(rdata_cases));
    tcase_add_loop_test(tcase, generic_form, 0, (int)ARRAY_LEN(generic_cases));
    tcase_add_test(tcase, same_as_ldns_on_the_tables);
    tcase_add_loop_test(tcase, same_as_ldns_on_random_records, 0, 20);
    tcase_add_loop_test(tcase, lower_table, 0, (int)ARRAY_LEN(lower_cases));
    tcase_add_test(tcase, lower_is_bounded);
}

int main(void)
{
    return help_run("zones/rdata", fill, 20);
}
