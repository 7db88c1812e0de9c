// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/answer.h"

#include "base/mem.h"
#include "base/wire.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_AT DNS_HEADER
#define EXAMPLE_AT  (DNS_HEADER + 4) /* of "example.test" in "www.example.test" */

static uint8_t packet[DNSMSG_QUERY_MAX];
static uint8_t bytes[70000];
static struct query query;
static struct state_settings settings = { .udp_payload = 1232 };

/* Begins the answer to a query in words, in a buffer of `size`. */
static void begin(struct answer *answer, const char *words, size_t size)
{
    bool tcp = false;
    size_t length = dnsmsg_query(words, packet, &tcp);
    (void)query_parse(packet, length, 1, &query);
    memset(bytes, 0xee, sizeof(bytes));
    answer_begin(answer, packet, &query, &settings, tcp, bytes, size);
}

/* Ends it and holds it to `want`, the text of dnsmsg_print. */
static void finish(struct answer *answer, const char *want)
{
    size_t length = answer_finish(answer, &query, &settings);
    const char *error = dnsmsg_check(bytes, length);
    ck_assert_msg(error == NULL, "%s", error);
    char *text = dnsmsg_print(bytes, length);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, want);
    mem_free(text);
}

/* A set of `count` records with the rdata behind each other in `rdata`, `lengths` octets each, and
 * pointers to the apex at the offsets in `patches`, ended by 0. Owned: mem_free. */
static struct rrset *make_set(uint16_t type, const char *rdata, const uint16_t *lengths,
                              uint16_t count, const uint16_t *patches)
{
    uint32_t size = 0;
    bool same = true;
    for (unsigned i = 0; i < count; i++) {
        size += (uint32_t)RRSET_FIXED + lengths[i];
        same = same && lengths[i] == lengths[0];
    }
    struct rrset *set = mem_alloc(sizeof(*set) + size + 1 + 64);
    set->type = type;
    set->count = count;
    set->ttl = 300;
    set->length = size;
    set->stride = same ? (uint16_t)(RRSET_FIXED + lengths[0]) : 0;
    uint8_t *to = set->wire;
    for (unsigned i = 0; i < count; i++) {
        memset(to, 0xdd, 2); /* whatever was there must be overwritten */
        wire_put16(to + 2, type);
        wire_put16(to + 4, DNS_IN);
        wire_put32(to + 6, 300);
        wire_put16(to + 10, lengths[i]);
        memcpy(to + RRSET_FIXED, rdata, lengths[i]);
        to += RRSET_FIXED + lengths[i];
        rdata += lengths[i];
    }
    uint16_t *out = (uint16_t *)(void *)(set->wire + ((size + 1U) & ~1U));
    for (; patches != NULL && *patches != 0; patches++)
        out[set->patches++] = *patches;
    return set;
}

static struct rrset *address_set(unsigned count)
{
    char *rdata = mem_alloc(4 * (size_t)count);
    uint16_t *lengths = MEM_NEW_ARRAY(uint16_t, count);
    for (unsigned i = 0; i < count; i++) {
        memcpy(rdata + 4 * (size_t)i, "\xc0\0\2", 3);
        rdata[4 * (size_t)i + 3] = (char)(i + 1);
        lengths[i] = 4;
    }
    struct rrset *set = make_set(RRTYPE_A, rdata, lengths, (uint16_t)count, NULL);
    mem_free(rdata);
    mem_free(lengths);
    return set;
}

START_TEST(answer_begin_keeps_to_the_smaller_payload)
{
    static const struct {
        const char *words;
        size_t buffer;
        size_t limit;
        uint16_t opt;
    } table[] = {
        { ". A", 65535, 512, 0 },
        { ". A tcp", 65535, 65535, 0 },
        { ". A tcp", 4096, 4096, 0 },
        { ". A edns=0", 65535, 512 - 11, 11 },
        { ". A edns=512", 65535, 512 - 11, 11 },
        { ". A edns=1231", 65535, 1231 - 11, 11 },
        { ". A edns=1232", 65535, 1232 - 11, 11 },
        { ". A edns=65535", 65535, 1232 - 11, 11 },
        { ". A edns=65535", 600, 600 - 11, 11 },
        { ". A edns=512 tcp", 65535, 65535 - 11, 11 },
        { ". A edns=1232 nsid", 65535, 1232 - 11, 11 },
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct answer answer;
        begin(&answer, table[i].words, table[i].buffer);
        ck_assert_uint_eq(answer.limit, table[i].limit);
        ck_assert_uint_eq(answer.opt_length, table[i].opt);
    }
}
END_TEST

START_TEST(answer_begin_leaves_out_an_nsid_without_room)
{
    uint8_t nsid[600] = { 'x' };
    struct answer answer;
    settings.nsid = nsid;
    for (unsigned length = 1; length < sizeof(nsid); length++) {
        settings.nsid_length = (uint16_t)length;
        begin(&answer, "www.example.test A edns=512 nsid", 512);
        bool fits = DNS_HEADER + 22 + 11 + 4 + length <= 512;
        ck_assert_uint_eq(answer.opt_length, fits ? 15 + length : 11);
        size_t size = answer_finish(&answer, &query, &settings);
        ck_assert_uint_le(size, 512);
        ck_assert_ptr_null(dnsmsg_check(bytes, size));
    }
    settings = (struct state_settings){ .udp_payload = 1232 };
}
END_TEST

START_TEST(answer_finish_writes_header_and_opt)
{
    struct answer answer;
    begin(&answer, "www.example.test A rd cd ad z edns=1232 do", 512);
    answer.flags = DNS_AA;
    answer.rcode = DNS_BADVERS;
    finish(&answer, "BADVERS aa rd cd\nOPT 1232 do\n");
    ck_assert_uint_eq(wire_get16(bytes), 0x1234);
    ck_assert_mem_eq(bytes + DNS_HEADER, packet + DNS_HEADER, 22);
    begin(&answer, "www.example.test A rd cd opcode=3", 512);
    finish(&answer, "NOTIMP opcode3 no-question\n");
    ck_assert_uint_eq(answer.length, DNS_HEADER);
}
END_TEST

START_TEST(answer_rrset_starts_with_the_turn)
{
    struct rrset *set = address_set(3);
    for (unsigned turn = 0; turn < 7; turn++) {
        struct answer answer;
        begin(&answer, "www.example.test A", 512);
        ck_assert(answer_rrset(&answer, ANSWER_ANSWER, set, QUESTION_AT, EXAMPLE_AT, turn));
        ck_assert_uint_eq(answer.counts[ANSWER_ANSWER], 3);
        size_t at = DNS_HEADER + 22;
        for (unsigned i = 0; i < 3; i++, at += 16)
            ck_assert_uint_eq(bytes[at + 15], (turn + i) % 3 + 1);
    }
    mem_free(set);
}
END_TEST

/* "mail" and "a-longer-name" below the apex, and a name that ends elsewhere. */
START_TEST(answer_rrset_sets_pointers_in_every_order)
{
    static const char rdata[] = "\0\1\4mail??\0\2\x0d"
                                "a-longer-name??\0\3\2mx\5other\0";
    static const uint16_t lengths[] = { 9, 18, 12 };
    static const uint16_t patches[] = { 12 + 7, 21 + 12 + 16, 0 };
    static const char *const lines[] = { "AN www.example.test. 300 MX 1 mail.example.test.\n",
                                         "AN www.example.test. 300 MX 2 "
                                         "a-longer-name.example.test.\n",
                                         "AN www.example.test. 300 MX 3 mx.other.\n" };
    struct rrset *set = make_set(RRTYPE_MX, rdata, lengths, 3, patches);
    for (unsigned turn = 0; turn < 3; turn++) {
        char want[400];
        (void)snprintf(want, sizeof(want), "NOERROR\n%s%s%s", lines[turn], lines[(turn + 1) % 3],
                       lines[(turn + 2) % 3]);
        struct answer answer;
        begin(&answer, "www.example.test MX", 512);
        ck_assert(answer_rrset(&answer, ANSWER_ANSWER, set, QUESTION_AT, EXAMPLE_AT, turn));
        finish(&answer, want);
    }
    mem_free(set);
}
END_TEST

/* At every size around the limit: whole, or nothing at all and TC. */
START_TEST(answer_rrset_truncates_what_does_not_fit)
{
    struct rrset *set = address_set(20);
    for (size_t size = 512; size < 300 + 22 + 12 + 16 * 20 + 5; size++) {
        struct answer answer;
        begin(&answer, "www.example.test A tcp", 512);
        answer.limit = size - 300;
        bool fits = DNS_HEADER + 22 + 16 * 20 <= answer.limit;
        ck_assert_int_eq(answer_rrset(&answer, ANSWER_ANSWER, set, QUESTION_AT, EXAMPLE_AT, size),
                         fits);
        ck_assert_uint_eq(answer.length, DNS_HEADER + 22U + (fits ? 16 * 20 : 0));
        ck_assert_uint_eq(answer.counts[ANSWER_ANSWER], fits ? 20 : 0);
        ck_assert_uint_eq(answer.flags & DNS_TC, fits ? 0 : DNS_TC);
        ck_assert_uint_eq(bytes[answer.length], 0xee); /* nothing written beyond */
    }
    mem_free(set);
}
END_TEST

START_TEST(answer_rrset_takes_earlier_sections_out_when_it_truncates)
{
    struct rrset *small = address_set(1);
    struct rrset *large = address_set(40);
    struct answer answer;
    begin(&answer, "www.example.test A edns=512", 512);
    ck_assert(answer_rrset(&answer, ANSWER_ANSWER, small, QUESTION_AT, EXAMPLE_AT, 0));
    ck_assert(!answer_rrset(&answer, ANSWER_AUTHORITY, large, QUESTION_AT, EXAMPLE_AT, 0));
    finish(&answer, "NOERROR tc\nOPT 1232\n");
    mem_free(small);
    mem_free(large);
}
END_TEST

START_TEST(answer_suffix_walks_pointers)
{
    struct answer answer;
    begin(&answer, "www.example.test A", 512);
    ck_assert_uint_eq(answer_suffix(&answer, QUESTION_AT, 0), QUESTION_AT);
    ck_assert_uint_eq(answer_suffix(&answer, QUESTION_AT, 4), EXAMPLE_AT);
    ck_assert_uint_eq(answer_suffix(&answer, QUESTION_AT, 12), EXAMPLE_AT + 8);
    ck_assert_uint_eq(answer_suffix(&answer, QUESTION_AT, 17), EXAMPLE_AT + 13); /* the root */
    memcpy(bytes + 100, "\3sub\xc0\x10", 6);  /* sub.example.test */
    memcpy(bytes + 110, "\1x\1y\xc0\x64", 6); /* x.y.sub.example.test */
    memcpy(bytes + 120, "\xc0\x6e", 2);       /* the same */
    ck_assert_uint_eq(answer_suffix(&answer, 120, 0), 110);
    ck_assert_uint_eq(answer_suffix(&answer, 120, 2), 112);
    ck_assert_uint_eq(answer_suffix(&answer, 120, 4), 100);
    ck_assert_uint_eq(answer_suffix(&answer, 120, 8), EXAMPLE_AT);
    ck_assert_uint_eq(answer_suffix(&answer, 120, 16), EXAMPLE_AT + 8);
}
END_TEST

START_TEST(answer_pick_writes_runs)
{
    static const uint32_t members[] = { 1, 2, 3 };
    struct rrset *set = address_set(3);
    struct pick pick = { .stride = 16, .runs = 2, .total = 3 };
    pick.run[0] = (struct pick_run){ .records = set->wire + 32, .members = members, .count = 1 };
    pick.run[1] = (struct pick_run){ .records = set->wire, .members = members, .count = 2 };
    struct answer answer;
    begin(&answer, "www.example.test A", 512);
    ck_assert(answer_pick(&answer, &pick, EXAMPLE_AT, 7));
    finish(&answer, "NOERROR\n"
                    "AN example.test. 7 A 192.0.2.3\n"
                    "AN example.test. 7 A 192.0.2.1\n"
                    "AN example.test. 7 A 192.0.2.2\n");
    begin(&answer, "www.example.test A", 512);
    answer.limit = answer.length + 47;
    ck_assert(!answer_pick(&answer, &pick, EXAMPLE_AT, 7));
    finish(&answer, "NOERROR tc\n");
    begin(&answer, "www.example.test A", 512);
    answer.limit = answer.length + 48;
    ck_assert(answer_pick(&answer, &pick, EXAMPLE_AT, 7));
    mem_free(set);
}
END_TEST

START_TEST(answer_synthesise_joins_prefix_and_target)
{
    struct answer answer;
    begin(&answer, "A.b.Example.test A", 512);
    ck_assert(answer_synthesise(&answer, QUESTION_AT, 4, QUESTION_AT + 12, 9));
    ck_assert(answer_synthesise(&answer, QUESTION_AT + 4, 13, QUESTION_AT + 12, 9));
    ck_assert(answer_synthesise(&answer, QUESTION_AT, 0, QUESTION_AT + 4, 9));
    finish(&answer, "NOERROR\n"
                    "AN A.b.Example.test. 9 CNAME A.b.test.\n"
                    "AN Example.test. 9 CNAME Example.test.test.\n"
                    "AN A.b.Example.test. 9 CNAME Example.test.\n");
    begin(&answer, "A.b.Example.test A", 512);
    answer.limit = answer.length + RRSET_FIXED + 6;
    ck_assert(answer_synthesise(&answer, QUESTION_AT, 4, QUESTION_AT + 12, 9));
    begin(&answer, "A.b.Example.test A", 512);
    answer.limit = answer.length + RRSET_FIXED + 5;
    ck_assert(!answer_synthesise(&answer, QUESTION_AT, 4, QUESTION_AT + 12, 9));
    finish(&answer, "NOERROR tc\n");
}
END_TEST

/* Two servers, the first below the cut with two sets, the second elsewhere. */
struct glue_case {
    struct rrset *ns;
    struct rrset *small;
    struct rrset *large;
    struct zone_glue glue[3];
    struct zone_cut cut;
};

static void make_glue(struct glue_case *c)
{
    static const uint16_t lengths[] = { 9, 6 };
    static const uint16_t patches[] = { 12 + 7, 21 + 12 + 4, 0 };
    c->ns = make_set(RRTYPE_NS, "\2ns\3www??\3ns2??", lengths, 2, patches);
    c->small = address_set(1);
    c->large = address_set(10);
    c->glue[0] = (struct zone_glue){ .set = c->small, .ns_record = 0, .required = true };
    c->glue[1] = (struct zone_glue){ .set = c->large, .ns_record = 0, .required = true };
    c->glue[2] = (struct zone_glue){ .set = c->small, .ns_record = 1 };
    c->cut = (struct zone_cut){ .glue_count = 3, .glue = c->glue };
}

static void free_glue(struct glue_case *c)
{
    mem_free(c->ns);
    mem_free(c->small);
    mem_free(c->large);
}

START_TEST(answer_glue_marks_what_is_required_and_missing)
{
    struct glue_case c;
    make_glue(&c);
    size_t ns = DNS_HEADER + 22;
    size_t addresses = ns + c.ns->length;
    for (size_t room = 0; room < 16 * 12 + 3; room++) {
        struct answer answer;
        begin(&answer, "www.example.test A", 512);
        ck_assert(answer_rrset(&answer, ANSWER_AUTHORITY, c.ns, QUESTION_AT, EXAMPLE_AT, 0));
        answer.limit = answer.length + room;
        answer_glue(&answer, &c.cut, ns, EXAMPLE_AT);
        unsigned want = room < 16 ? 0 : room < 16 * 11 ? 1 : room < 16 * 12 ? 11 : 12;
        ck_assert_uint_eq(answer.counts[ANSWER_ADDITIONAL], want);
        ck_assert_uint_eq(answer.length, addresses + 16 * (size_t)want);
        ck_assert_uint_eq(answer.flags & DNS_TC, want < 11 ? DNS_TC : 0);
        ck_assert_uint_eq(answer.counts[ANSWER_AUTHORITY], 2);
        size_t size = answer_finish(&answer, &query, &settings);
        ck_assert_ptr_null(dnsmsg_check(bytes, size));
    }
    free_glue(&c);
}
END_TEST

START_TEST(answer_glue_names_the_servers)
{
    struct glue_case c;
    make_glue(&c);
    c.glue[1].set = c.small;
    struct answer answer;
    begin(&answer, "www.example.test A", 512);
    ck_assert(answer_rrset(&answer, ANSWER_AUTHORITY, c.ns, QUESTION_AT, EXAMPLE_AT, 0));
    answer_glue(&answer, &c.cut, DNS_HEADER + 22, EXAMPLE_AT);
    finish(&answer, "NOERROR\n"
                    "NS www.example.test. 300 NS ns.www.example.test.\n"
                    "NS www.example.test. 300 NS ns2.example.test.\n"
                    "AR ns.www.example.test. 300 A 192.0.2.1\n"
                    "AR ns.www.example.test. 300 A 192.0.2.1\n"
                    "AR ns2.example.test. 300 A 192.0.2.1\n");
    free_glue(&c);
}
END_TEST

START_TEST(answer_glue_writes_far_names_in_full)
{
    struct glue_case c;
    make_glue(&c);
    struct rrset *filler = address_set(1024); /* 16 KiB */
    struct answer answer;
    begin(&answer, "www.example.test A tcp", sizeof(bytes));
    ck_assert(answer_rrset(&answer, ANSWER_AUTHORITY, filler, QUESTION_AT, EXAMPLE_AT, 0));
    size_t ns = answer.length;
    ck_assert(answer_rrset(&answer, ANSWER_AUTHORITY, c.ns, QUESTION_AT, EXAMPLE_AT, 0));
    size_t addresses = answer.length;
    answer_glue(&answer, &c.cut, ns, EXAMPLE_AT);
    ck_assert_uint_eq(answer.counts[ANSWER_ADDITIONAL], 12);
    ck_assert_uint_eq(answer.flags, 0);
    /* "ns.www.example.test" and "ns2.example.test" have 21 and 18 octets */
    ck_assert_uint_eq(answer.length, addresses + 11 * (14 + 21) + 14 + 18);
    size_t size = answer_finish(&answer, &query, &settings);
    ck_assert_ptr_null(dnsmsg_check(bytes, size));
    char *text = dnsmsg_print(bytes, size);
    ck_assert_uint_eq(dnsmsg_count(text, "AR ns.www.example.test. 300 A 192.0.2.10"), 1);
    ck_assert_uint_eq(dnsmsg_count(text, "AR ns2.example.test. 300 A 192.0.2.1"), 1);
    mem_free(text);

    answer.length = addresses;
    answer.limit = addresses + 14 + 21 - 1; /* one octet less than the first */
    answer.counts[ANSWER_ADDITIONAL] = 0;
    answer_glue(&answer, &c.cut, ns, EXAMPLE_AT);
    ck_assert_uint_eq(answer.counts[ANSWER_ADDITIONAL], 0);
    ck_assert_uint_eq(answer.flags, DNS_TC);
    mem_free(filler);
    free_glue(&c);
}
END_TEST

START_TEST(answer_clear_keeps_the_question)
{
    struct rrset *set = address_set(2);
    struct answer answer;
    begin(&answer, "www.example.test A rd", 512);
    ck_assert(answer_rrset(&answer, ANSWER_ANSWER, set, QUESTION_AT, EXAMPLE_AT, 0));
    answer_clear(&answer);
    answer.rcode = DNS_SERVFAIL;
    finish(&answer, "SERVFAIL rd\n");
    mem_free(set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = tcase_create("answer");
    tcase_add_test(tcase, answer_begin_keeps_to_the_smaller_payload);
    tcase_add_test(tcase, answer_begin_leaves_out_an_nsid_without_room);
    tcase_add_test(tcase, answer_finish_writes_header_and_opt);
    tcase_add_test(tcase, answer_rrset_starts_with_the_turn);
    tcase_add_test(tcase, answer_rrset_sets_pointers_in_every_order);
    tcase_add_test(tcase, answer_rrset_truncates_what_does_not_fit);
    tcase_add_test(tcase, answer_rrset_takes_earlier_sections_out_when_it_truncates);
    tcase_add_test(tcase, answer_suffix_walks_pointers);
    tcase_add_test(tcase, answer_pick_writes_runs);
    tcase_add_test(tcase, answer_synthesise_joins_prefix_and_target);
    tcase_add_test(tcase, answer_glue_marks_what_is_required_and_missing);
    tcase_add_test(tcase, answer_glue_names_the_servers);
    tcase_add_test(tcase, answer_glue_writes_far_names_in_full);
    tcase_add_test(tcase, answer_clear_keeps_the_question);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
