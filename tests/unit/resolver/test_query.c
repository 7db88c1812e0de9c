// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/query.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "base/wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SEED 99

/* Packets are written as string literals; COUNTS is QDCOUNT to ARCOUNT. */
#define ID                             "\x12\x34"
#define COUNTS(q, a, n, r)             "\0" q "\0" a "\0" n "\0" r
#define HEAD                           ID "\0\0" COUNTS("\1", "\0", "\0", "\0")
#define HEAD_WITH(a, n, r)             ID "\0\0" COUNTS("\1", a, n, r)
#define NAME                           "\3wWw\7exAmple\4teSt\0"
#define QUESTION                       NAME "\0\1\0\1"
#define OPT_OF(version, flags, length) "\0\0\x29\x04\xd0\0" version flags length
#define OPT                            OPT_OF("\0", "\0\0", "\0\0")
#define ADDRESS                        "\xc0\x0c\0\1\0\1\0\0\0\1\0\4abcd"

struct packet_case {
    const char *what;
    const char *bytes;
    size_t size;
    enum query_verdict verdict;
    enum dns_rcode rcode;
    bool has_question;
    bool has_edns;
};

#define OK(what, bytes, edns)                                                                      \
    {                                                                                              \
        what, bytes, sizeof(bytes) - 1, QUERY_OK, DNS_NOERROR, true, edns                          \
    }
#define BAD(what, bytes, rcode, question, edns)                                                    \
    {                                                                                              \
        what, bytes, sizeof(bytes) - 1, QUERY_ERROR, rcode, question, edns                         \
    }
#define DROP(what, bytes)                                                                          \
    {                                                                                              \
        what, bytes, sizeof(bytes) - 1, QUERY_DROP, DNS_NOERROR, false, false                      \
    }

static const struct packet_case packets[] = {
    OK("plain", HEAD QUESTION, false),
    OK("root", HEAD "\0\0\1\0\1", false),
    OK("EDNS", HEAD_WITH("\0", "\0", "\1") QUESTION OPT, true),
    OK("every flag but QR", ID "\x07\xf0" COUNTS("\1", "\0", "\0", "\0") QUESTION, false),
    OK("rcode of a query", ID "\0\x0f" COUNTS("\1", "\0", "\0", "\0") QUESTION, false),
    OK("octets behind", HEAD QUESTION "abc", false),
    OK("octets behind the OPT", HEAD_WITH("\0", "\0", "\1") QUESTION OPT "abc", true),
    OK("NUL and dot in a label", HEAD "\3\0.\xff\0\0\1\0\1", false),
    OK("class ANY", HEAD NAME "\0\1\0\xff", false),
    OK("record in the answer section", HEAD_WITH("\1", "\0", "\0") QUESTION ADDRESS, false),
    OK("record in the authority section", HEAD_WITH("\0", "\1", "\0") QUESTION ADDRESS, false),
    OK("record before the OPT", HEAD_WITH("\0", "\0", "\2") QUESTION ADDRESS OPT, true),
    OK("record behind the OPT", HEAD_WITH("\0", "\0", "\2") QUESTION OPT ADDRESS, true),
    OK("eight records",
       HEAD_WITH("\2", "\2", "\4")
           QUESTION ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS OPT,
       true),
    OK("unknown option",
       HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\x06") "\xfd\xe9\0\2ab", true),
    OK("two options",
       HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\x0a") "\xfd\xe9\0\2ab\0\3\0\0",
       true),

    DROP("empty", ""),
    DROP("one octet", "\x12"),
    DROP("eleven octets", ID "\0\0\0\1\0\0\0\0\0"),
    DROP("answer", ID "\x80\0" COUNTS("\1", "\0", "\0", "\0") QUESTION),
    DROP("answer to NOTIFY", ID "\xa0\0" COUNTS("\1", "\0", "\0", "\0") QUESTION),
    DROP("answer of no form", ID "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),

    BAD("header only", HEAD, DNS_FORMERR, false, false),
    BAD("no question", ID "\0\0" COUNTS("\0", "\0", "\0", "\0"), DNS_FORMERR, false, false),
    BAD("no question but an OPT", ID "\0\0" COUNTS("\0", "\0", "\0", "\1") OPT, DNS_FORMERR, false,
        true),
    BAD("two questions", ID "\0\0" COUNTS("\2", "\0", "\0", "\0") QUESTION QUESTION, DNS_FORMERR,
        false, false),
    BAD("65535 questions", ID "\0\0\xff\xff\0\0\0\0\0\0" QUESTION, DNS_FORMERR, false, false),
    BAD("pointer to itself", HEAD "\xc0\x0c\0\1\0\1", DNS_FORMERR, false, false),
    BAD("pointer into the header", HEAD "\xc0\0\0\1\0\1", DNS_FORMERR, false, false),
    BAD("pointer forward", HEAD "\xc0\x10\0\1\0\1\3www\0", DNS_FORMERR, false, false),
    BAD("pointer behind a label", HEAD "\3www\xc0\x0c\0\1\0\1", DNS_FORMERR, false, false),
    BAD("half a pointer at the end", HEAD "\3www\xc0", DNS_FORMERR, false, false),
    BAD("label type 0x40",
        HEAD "\x41"
             "a\0\0\1\0\1",
        DNS_FORMERR, false, false),
    BAD("label type 0x80",
        HEAD "\x81"
             "a\0\0\1\0\1",
        DNS_FORMERR, false, false),
    BAD("label beyond the end", HEAD "\x3fwww\0\0\1\0\1", DNS_FORMERR, false, false),
    BAD("name without end", HEAD "\3www", DNS_FORMERR, false, false),
    BAD("no type", HEAD NAME, DNS_FORMERR, false, false),
    BAD("half a class", HEAD NAME "\0\1\0", DNS_FORMERR, false, false),
    BAD("additional section empty", HEAD_WITH("\0", "\0", "\1") QUESTION, DNS_FORMERR, true, false),
    BAD("OPT cut", HEAD_WITH("\0", "\0", "\1") QUESTION "\0\0\x29\x04\xd0", DNS_FORMERR, true,
        false),
    BAD("OPT rdata beyond the end",
        HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\1"), DNS_FORMERR, true,
        false),
    BAD("option beyond the rdata",
        HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\4") "\0\3\0\1x", DNS_FORMERR,
        true, false),
    BAD("half an option",
        HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\3") "\0\3\0", DNS_FORMERR,
        true, false),
    BAD("one octet of options",
        HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\1") "x", DNS_FORMERR, true,
        false),
    BAD("two OPTs", HEAD_WITH("\0", "\0", "\2") QUESTION OPT OPT, DNS_FORMERR, true, false),
    BAD("two OPTs of version 1",
        HEAD_WITH("\0", "\0", "\2") QUESTION OPT_OF("\1", "\0\0", "\0\0") OPT, DNS_FORMERR, true,
        false),
    BAD("OPT in the answer section", HEAD_WITH("\1", "\0", "\0") QUESTION OPT, DNS_FORMERR, true,
        false),
    BAD("OPT in the authority section", HEAD_WITH("\0", "\1", "\0") QUESTION OPT, DNS_FORMERR, true,
        false),
    BAD("OPT below the root", HEAD_WITH("\0", "\0", "\1") QUESTION "\1a" OPT, DNS_FORMERR, true,
        false),
    BAD("OPT with a pointer as owner",
        HEAD_WITH("\0", "\0", "\1") QUESTION "\xc0\x1d\0\x29\x04\xd0\0\0\0\0\0\0", DNS_FORMERR,
        true, false),
    BAD("nine records",
        HEAD_WITH("\0", "\0", "\x09")
            QUESTION ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS ADDRESS OPT,
        DNS_FORMERR, true, false),
    BAD("65535 records", ID "\0\0\0\1\xff\xff\xff\xff\xff\xff" QUESTION, DNS_FORMERR, true, false),
    BAD("record with a bad label",
        HEAD_WITH("\0", "\0", "\1") QUESTION "\x41"
                                             "a\0\0\1\0\1\0\0\0\0\0\0",
        DNS_FORMERR, true, false),
    BAD("record cut in its owner", HEAD_WITH("\0", "\0", "\1") QUESTION "\3ab", DNS_FORMERR, true,
        false),
    BAD("record cut in a pointer", HEAD_WITH("\0", "\0", "\1") QUESTION "\xc0", DNS_FORMERR, true,
        false),
    BAD("EDNS version 1", HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\1", "\x80\0", "\0\0"),
        DNS_BADVERS, true, true),
    BAD("EDNS version 255 and options of its own",
        HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\xff", "\0\0", "\0\1") "x", DNS_BADVERS, true,
        true),
    BAD("EDNS version before class",
        HEAD_WITH("\0", "\0", "\1") NAME "\0\1\0\3" OPT_OF("\1", "\0\0", "\0\0"), DNS_BADVERS, true,
        true),
    BAD("class 0", HEAD NAME "\0\1\0\0", DNS_REFUSED, true, false),
    BAD("class CH", HEAD NAME "\0\x10\0\3", DNS_REFUSED, true, false),
    BAD("class HS", HEAD NAME "\0\1\0\4", DNS_REFUSED, true, false),
    BAD("class NONE", HEAD NAME "\0\1\0\xfe", DNS_REFUSED, true, false),
    BAD("class 65535", HEAD NAME "\0\1\xff\xff", DNS_REFUSED, true, false),
    BAD("IQUERY", ID "\x08\0" COUNTS("\1", "\0", "\0", "\0") QUESTION, DNS_NOTIMP, false, false),
    BAD("STATUS", ID "\x10\0" COUNTS("\1", "\0", "\0", "\0") QUESTION, DNS_NOTIMP, false, false),
    BAD("NOTIFY", ID "\x20\0" COUNTS("\1", "\0", "\0", "\0") QUESTION, DNS_NOTIMP, false, false),
    BAD("UPDATE", ID "\x28\0" COUNTS("\1", "\0", "\0", "\0") QUESTION, DNS_NOTIMP, false, false),
    BAD("opcode 15 with nothing behind", ID "\x78\0" COUNTS("\xff", "\xff", "\xff", "\xff"),
        DNS_NOTIMP, false, false),
};

/* Parses from a block of just that size, so that sanitizers see a step beyond. */
static enum query_verdict parse(const char *bytes, size_t size, struct query *q)
{
    uint8_t *packet = mem_dup(bytes, size);
    memset(q, 0xa5, sizeof(*q));
    enum query_verdict verdict = query_parse(packet, size, SEED, q);
    mem_free(packet);
    return verdict;
}

START_TEST(query_parse_judges_packets)
{
    const struct packet_case *c = &packets[_i];
    struct query q;
    ck_assert_msg(parse(c->bytes, c->size, &q) == c->verdict, "%s", c->what);
    if (c->verdict == QUERY_DROP)
        return;
    ck_assert_msg(q.rcode == c->rcode, "%s: rcode %u", c->what, q.rcode);
    ck_assert_msg(q.has_question == c->has_question, "%s: question", c->what);
    ck_assert_msg(q.has_edns == c->has_edns, "%s: EDNS", c->what);
    ck_assert_uint_eq(q.id, 0x1234);
    ck_assert_uint_eq(q.flags, wire_get16((const uint8_t *)c->bytes + 2));
    if (!q.has_question)
        ck_assert_uint_eq(q.question_end, DNS_HEADER);
}
END_TEST

START_TEST(query_parse_gives_the_question)
{
    static const char packet[] = ID "\1\x10" COUNTS("\1", "\0", "\0", "\0") NAME "\xff\xff\0\1";
    struct query q;
    ck_assert_int_eq(parse(packet, sizeof(packet) - 1, &q), QUERY_OK);
    ck_assert_uint_eq(q.qtype, 65535);
    ck_assert_uint_eq(q.qclass, 1);
    ck_assert_uint_eq(q.flags, 0x0110);
    ck_assert_uint_eq(q.name_length, 18);
    ck_assert_mem_eq(q.name, "\3www\7example\4test", 18);
    ck_assert_uint_eq(q.question_end, DNS_HEADER + 18 + 4);
    struct name_hashes hashes;
    name_hash_all(q.name, SEED, &hashes);
    ck_assert_uint_eq(q.hashes.labels, 3);
    ck_assert_uint_eq(q.hashes.hash[3], hashes.hash[3]);
}
END_TEST

START_TEST(query_parse_gives_edns)
{
    static const struct {
        const char opt[16];
        size_t size;
        uint16_t payload;
        bool dnssec_ok, nsid;
    } table[] = {
        { "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11, 1232, false, false },
        { "\0\0\x29\0\0\0\0\0\0\0\0", 11, 512, false, false },
        { "\0\0\x29\x01\xff\0\0\0\0\0\0", 11, 512, false, false },
        { "\0\0\x29\x02\0\0\0\0\0\0\0", 11, 512, false, false },
        { "\0\0\x29\x02\x01\0\0\0\0\0\0", 11, 513, false, false },
        { "\0\0\x29\xff\xff\0\0\x80\0\0\0", 11, 65535, true, false },
        { "\0\0\x29\x04\xd0\x09\0\x7f\xff\0\0", 11, 1232, false, false },
        { "\0\0\x29\x04\xd0\0\0\xff\xff\0\4\0\3\0\0", 15, 1232, true, true },
        { "\0\0\x29\x04\xd0\0\0\0\0\0\4\0\x0a\0\0", 15, 1232, false, false },
    };
    static const char head[] = HEAD_WITH("\0", "\0", "\1") QUESTION;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char packet[sizeof(head) + 16];
        memcpy(packet, head, sizeof(head) - 1);
        memcpy(packet + sizeof(head) - 1, table[i].opt, table[i].size);
        struct query q;
        ck_assert_int_eq(parse(packet, sizeof(head) - 1 + table[i].size, &q), QUERY_OK);
        ck_assert(q.has_edns);
        ck_assert_uint_eq(q.edns_payload, table[i].payload);
        ck_assert_msg(q.dnssec_ok == table[i].dnssec_ok, "DO of %zu", i);
        ck_assert_msg(q.wants_nsid == table[i].nsid, "NSID of %zu", i);
    }
}
END_TEST

/* A name of `total` octets, labels of 63 as far as they go. */
static size_t long_name(uint8_t *out, size_t total)
{
    size_t at = 0;
    while (total - at > 1) {
        size_t label = total - at - 2 < 63 ? total - at - 2 : 63;
        if (total - at - 2 - label == 1)
            label--; /* one octet cannot be a label */
        out[at] = (uint8_t)label;
        memset(out + at + 1, 'x', label);
        at += 1 + label;
    }
    out[at] = 0;
    return at + 1;
}

START_TEST(query_parse_bounds_names)
{
    for (size_t total = 3; total <= 300; total++) {
        uint8_t packet[400] = ID "\0\0\0\1";
        size_t length = long_name(packet + DNS_HEADER, total);
        ck_assert_uint_eq(length, total);
        memcpy(packet + DNS_HEADER + length, "\0\1\0\1", 4);
        struct query q;
        enum query_verdict verdict = parse((const char *)packet, DNS_HEADER + length + 4, &q);
        ck_assert_int_eq(verdict, total <= NAME_MAX_LEN ? QUERY_OK : QUERY_ERROR);
        if (verdict == QUERY_OK)
            ck_assert_uint_eq(q.name_length, total);
        else
            ck_assert_uint_eq(q.rcode, DNS_FORMERR);
    }
}
END_TEST

START_TEST(query_parse_bounds_owners)
{
    for (size_t total = 3; total <= 300; total++) {
        uint8_t packet[600] = HEAD_WITH("\0", "\0", "\1") QUESTION;
        size_t at = sizeof(HEAD QUESTION) - 1;
        at += long_name(packet + at, total);
        memcpy(packet + at, "\0\1\0\1\0\0\0\0\0\0", 10);
        struct query q;
        enum query_verdict verdict = parse((const char *)packet, at + 10, &q);
        ck_assert_msg((verdict == QUERY_OK) == (total <= NAME_MAX_LEN), "%zu", total);
    }
}
END_TEST

/* Of a query cut short anywhere nothing is read beyond its end, and none is silently dropped. */
START_TEST(query_parse_takes_every_length)
{
    static const char packet[] = HEAD_WITH("\0", "\0", "\2")
        QUESTION ADDRESS OPT_OF("\0", "\0\0", "\0\x0a") "\xfd\xe9\0\2ab\0\3\0\0";
    for (size_t size = 0; size < sizeof(packet) - 1; size++) {
        struct query q;
        enum query_verdict verdict = parse(packet, size, &q);
        ck_assert_int_eq(verdict, size < DNS_HEADER ? QUERY_DROP : QUERY_ERROR);
        if (verdict == QUERY_ERROR)
            ck_assert_uint_eq(q.rcode, DNS_FORMERR);
    }
}
END_TEST

/* Every value of every octet of a good query: no crash, and an answer unless QR is set. */
START_TEST(query_parse_takes_every_octet)
{
    static const char packet[] =
        HEAD_WITH("\0", "\0", "\1") QUESTION OPT_OF("\0", "\0\0", "\0\4") "\0\3\0\0";
    for (size_t at = 0; at < sizeof(packet) - 1; at++) {
        for (unsigned value = 0; value < 256; value++) {
            char changed[sizeof(packet)];
            memcpy(changed, packet, sizeof(packet));
            changed[at] = (char)value;
            struct query q;
            enum query_verdict verdict = parse(changed, sizeof(packet) - 1, &q);
            ck_assert_msg((verdict == QUERY_DROP) == (at == 2 && value >= 0x80), "%zu %u", at,
                          value);
        }
    }
}
END_TEST

START_TEST(query_parse_takes_options_without_number)
{
    uint8_t packet[20000] = HEAD_WITH("\0", "\0", "\1") QUESTION OPT;
    size_t at = sizeof(HEAD QUESTION OPT) - 1;
    unsigned options = 1000;
    wire_put16(packet + at - 2, options * 5);
    for (unsigned i = 0; i < options; i++) {
        memcpy(packet + at, "\xfd\xe9\0\1x", 5);
        at += 5;
    }
    struct query q;
    ck_assert_int_eq(parse((const char *)packet, at, &q), QUERY_OK);
    wire_put16(packet + at - 3, 2); /* the last one too long */
    ck_assert_int_eq(parse((const char *)packet, at, &q), QUERY_ERROR);
    ck_assert_uint_eq(q.rcode, DNS_FORMERR);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("query");
    TCase *tcase = tcase_create("query");
    tcase_add_loop_test(tcase, query_parse_judges_packets, 0, (int)ARRAY_LEN(packets));
    tcase_add_test(tcase, query_parse_gives_the_question);
    tcase_add_test(tcase, query_parse_gives_edns);
    tcase_add_test(tcase, query_parse_bounds_names);
    tcase_add_test(tcase, query_parse_bounds_owners);
    tcase_add_test(tcase, query_parse_takes_every_length);
    tcase_add_test(tcase, query_parse_takes_every_octet);
    tcase_add_test(tcase, query_parse_takes_options_without_number);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
