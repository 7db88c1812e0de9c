// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/resolver.h"

#include "base/mem.h"
#include "base/wire.h"
#include "tests/support/rich.h"
#include "tests/unit/resolver/resolver_cases.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene *scene;

static void set_up(void)
{
    scene = rich_scene();
    (void)scene_state(scene);
}

static void tear_down(void)
{
    scene_free(scene);
}

START_TEST(resolver_answers_as_the_table_says)
{
    scene_reset(scene); /* without forks the cases share the counters */
    char *text = scene_dig(scene, cases[_i].ask);
    ck_assert_msg(strcmp(text, cases[_i].want) == 0, "%s\nwant: %sgot:  %s", cases[_i].ask,
                  cases[_i].want, text);
    mem_free(text);
}
END_TEST

/* --- rotation --- */

/* The last octets of the addresses in the answer, as digits behind each other. */
static void order_of(const char *ask, char *out)
{
    char *text = scene_dig(scene, ask);
    size_t used = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        if (at[-1] >= '0' && at[-1] <= '9' && strstr(text, "AN ") != NULL)
            out[used++] = at[-1];
    }
    out[used] = '\0';
    mem_free(text);
}

START_TEST(resolver_rotates)
{
    static const struct {
        const char *ask;
        const char *orders[6];
    } table[] = {
        { "multi.example.test A", { "123", "231", "312", "123", "231", "312" } },
        { "tomulti.example.test A tcp", { "123", "231", "312", "123", "231", "312" } },
        { "pool.example.test A", { "123", "231", "312", "123", "231", "312" } },
        { "pool.example.test AAAA", { "12", "21", "12", "21", "12", "21" } },
        { "window.example.test A", { "12", "23", "34", "41", "12", "23" } },
        { "topool.example.test A", { "123", "231", "312", "123", "231", "312" } },
        { "first.example.test A", { "5", "5", "5", "5", "5", "5" } },
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        scene_reset(scene);
        for (size_t n = 0; n < 6; n++) {
            char order[64];
            order_of(table[i].ask, order);
            ck_assert_msg(strcmp(order, table[i].orders[n]) == 0, "%s: %s, not %s", table[i].ask,
                          order, table[i].orders[n]);
        }
    }
}
END_TEST

/* One counter a name and type: other names and types do not disturb it, whatever the letters' case.
 */
START_TEST(resolver_rotates_each_name_by_itself)
{
    char order[64];
    scene_reset(scene);
    order_of("pool.example.test A", order);
    order_of("pool.example.test AAAA", order);
    ck_assert_str_eq(order, "12");
    order_of("multi.example.test A", order);
    ck_assert_str_eq(order, "123");
    order_of("POOL.example.test A", order);
    ck_assert_str_eq(order, "231");
    order_of("topool.example.test A", order);
    ck_assert_str_eq(order, "312");
}
END_TEST

/* Records of different lengths with pointers inside come out whole in each order. */
START_TEST(resolver_rotates_records_of_any_length)
{
    static const char *const mx[] = { "AN mx.example.test. 300 MX 10 mail.example.test.",
                                      "AN mx.example.test. 300 MX 20 mail.other.test.",
                                      "AN mx.example.test. 300 MX 30 backup.example.test." };
    static const char *const txt[] = { "AN txt.example.test. 300 TXT \"one\"",
                                       "AN txt.example.test. 300 TXT \"twenty two\"",
                                       "AN txt.example.test. 300 TXT \"three\"" };
    scene_reset(scene);
    for (size_t turn = 0; turn < 7; turn++) {
        char *text = scene_dig(scene, "mx.example.test MX");
        ck_assert_int_eq(strncmp(text + strlen("NOERROR aa\n"), mx[turn % 3], strlen(mx[turn % 3])),
                         0);
        for (size_t i = 0; i < 3; i++)
            ck_assert_uint_eq(dnsmsg_count(text, mx[i]), 1);
        mem_free(text);
        text = scene_dig(scene, "txt.example.test TXT");
        for (size_t i = 0; i < 3; i++)
            ck_assert_uint_eq(dnsmsg_count(text, txt[i]), 1);
        mem_free(text);
    }
}
END_TEST

#define WORKERS 4
#define ASKS    999

struct worker {
    pthread_t thread;
    struct resolver_scratch scratch;
    unsigned first[4]; /* how often 192.0.2.101, .102, .103 came first */
};

static void *work(void *data)
{
    struct worker *worker = data;
    uint8_t query[DNSMSG_QUERY_MAX];
    uint8_t answer[512];
    bool tcp = false;
    size_t size = dnsmsg_query("pool.example.test A", query, &tcp);
    for (unsigned i = 0; i < ASKS; i++) {
        struct resolver_request request = { .packet = query, .size = size };
        resolver_parse(scene_state(scene), &request);
        size_t length =
            resolver_answer(scene_state(scene), &worker->scratch, &request, answer, sizeof(answer));
        if (length == size + 48)
            worker->first[(answer[size + 15] - 101) & 3]++;
    }
    return NULL;
}

/* One step a query, whichever worker answers it. */
START_TEST(resolver_rotates_over_all_workers)
{
    static struct worker workers[WORKERS];
    unsigned first[4] = { 0 };
    scene_reset(scene);
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i].scratch.stats = mem_alloc_aligned(sizeof(struct stats));
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        mem_free(workers[i].scratch.stats);
        for (size_t n = 0; n < 4; n++)
            first[n] += workers[i].first[n];
    }
    for (size_t n = 0; n < 3; n++)
        ck_assert_uint_eq(first[n], WORKERS * ASKS / 3);
}
END_TEST

/* --- chains --- */

START_TEST(resolver_follows_sixteen_hops)
{
    char *text = scene_dig(scene, "chain2.example.test A edns=1232");
    ck_assert_uint_eq(dnsmsg_count(text, "AN chain18.example.test. 300 A 192.0.2.99"), 1);
    mem_free(text);
    text = scene_dig(scene, "chain1.example.test A edns=1232");
    ck_assert_uint_eq(
        dnsmsg_count(text, "AN chain17.example.test. 300 CNAME chain18.example.test."), 1);
    ck_assert_ptr_null(strstr(text, " A "));
    ck_assert_ptr_null(strstr(text, "SOA"));
    ck_assert_ptr_eq(strstr(text, "NOERROR aa\n"), text);
    mem_free(text);
    text = scene_dig(scene, "chain0.example.test A edns=1232");
    ck_assert_ptr_null(strstr(text, "AN chain17"));
    mem_free(text);
}
END_TEST

/* A DNAME that leads to itself makes longer and longer names: said once, cut in the end. */
START_TEST(resolver_cuts_a_growing_dname)
{
    char *text = scene_dig(scene, "a.dngrow.example.test A tcp");
    ck_assert_uint_eq(
        dnsmsg_count(text, "AN dngrow.example.test. 300 DNAME x.dngrow2.example.test."), 1);
    ck_assert_uint_eq(
        dnsmsg_count(text, "AN dngrow2.example.test. 300 DNAME x.dngrow.example.test."), 1);
    unsigned cnames = 0;
    for (const char *at = text; (at = strstr(at, "CNAME")) != NULL; at++)
        cnames++;
    ck_assert_uint_eq(cnames, RESOLVER_CHAIN_MAX + 1);
    mem_free(text);
}
END_TEST

/* dnlong's target has 203 octets: prefixes of up to 52 fit (RFC 6672 section 2.2). */
START_TEST(resolver_says_yxdomain_beyond_255_octets)
{
    for (int label = 1; label <= 63; label++) {
        char ask[160];
        (void)snprintf(ask, sizeof(ask), "%.*s.dnlong.example.test A edns=1232", label,
                       "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc");
        char *text = scene_dig(scene, ask);
        bool fits = label + 1 <= 52;
        ck_assert_ptr_eq(strstr(text, fits ? "NOERROR aa\n" : "YXDOMAIN aa\n"), text);
        ck_assert_ptr_nonnull(strstr(text, " DNAME "));
        ck_assert((strstr(text, " A 192.0.2.5\n") != NULL) == fits);
        ck_assert((strstr(text, " CNAME ") != NULL) == fits);
        mem_free(text);
    }
}
END_TEST

/* The root as a zone of ours: every name ends in its apex, which has one octet. */
START_TEST(resolver_serves_the_root)
{
    static const char text[] = "@ 60 SOA ns h 1 2 3 4 5\n"
                               "@ 60 NS ns\n"
                               "ns 60 A 192.0.2.1\n"
                               "test 60 NS ns.test\n"
                               "test 60 TYPE43 \\# 6 00010dff0102\n"
                               "ns.test 60 A 192.0.2.2\n"
                               "alias 60 CNAME ns\n"
                               "* 60 CNAME @\n";
    static const struct {
        const char *ask, *want;
    } table[] = {
        { ". NS", "NOERROR aa\nAN . 60 NS ns.\n" },
        { ". A", "NOERROR aa\nNS . 5 SOA ns. h. 1 2 3 4 5\n" },
        { ". DS", "NOERROR aa\nNS . 5 SOA ns. h. 1 2 3 4 5\n" },
        { "ns AAAA", "NOERROR aa\nNS . 5 SOA ns. h. 1 2 3 4 5\n" },
        { "alias A", "NOERROR aa\nAN alias. 60 CNAME ns.\nAN ns. 60 A 192.0.2.1\n" },
        { "x.y NS", "NOERROR aa\nAN x.y. 60 CNAME .\nAN . 60 NS ns.\n" },
        { "x.ns A", "NXDOMAIN aa\nNS . 5 SOA ns. h. 1 2 3 4 5\n" },
        { "a.b.test A", "NOERROR\nNS test. 60 NS ns.test.\nAR ns.test. 60 A 192.0.2.2\n" },
        { "test DS", "NOERROR aa\nAN test. 60 DS 1 13 255 0102\n" },
    };
    struct scene *root = scene_new();
    scene_zone(root, ".", text);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char *got = scene_dig(root, table[i].ask);
        ck_assert_msg(strcmp(got, table[i].want) == 0, "%s\n%s", table[i].ask, got);
        mem_free(got);
    }
    scene_free(root);
}
END_TEST

/* --- referrals and size --- */

static size_t ask_size(const char *ask, uint8_t *answer)
{
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    size_t size = dnsmsg_query(ask, query, &tcp);
    return scene_answer(scene, query, size, tcp, answer, UINT16_MAX);
}

static unsigned lines_with(const char *text, const char *start)
{
    unsigned count = 0;
    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n'), at += at != NULL)
        count += strncmp(at, start, strlen(start)) == 0;
    return count;
}

/* RFC 9471: TC when required glue is missing, and only then; for each payload. */
START_TEST(resolver_sets_tc_for_required_glue_only)
{
    bool complete = false;
    for (unsigned payload = 512; payload <= 1300; payload += 7) {
        char ask[80];
        (void)snprintf(ask, sizeof(ask), "x.bigglue.example.test A edns=%u", payload);
        char *text = scene_dig(scene, ask);
        ck_assert_uint_eq(lines_with(text, "NS "), 13);
        unsigned glue = lines_with(text, "AR ");
        ck_assert_msg((glue < 13) == (strstr(text, "NOERROR tc\n") == text), "%u: %s", payload,
                      text);
        ck_assert(glue == 13 || !complete);
        complete = glue == 13;
        mem_free(text);
        (void)snprintf(ask, sizeof(ask), "x.optglue.example.test A edns=%u", payload);
        text = scene_dig(scene, ask);
        ck_assert_msg(strstr(text, "NOERROR\n") == text || lines_with(text, "NS ") == 0, "%s",
                      text);
        mem_free(text);
    }
    ck_assert(complete);
}
END_TEST

/* Names that stand beyond 16 KiB cannot be pointed at: their glue is written in full. */
START_TEST(resolver_writes_far_glue_in_full)
{
    char *text = scene_dig(scene, "x.farglue.example.test A tcp edns=512");
    ck_assert_ptr_eq(strstr(text, "NOERROR\n"), text);
    ck_assert_uint_eq(lines_with(text, "NS farglue.example.test. "), 400);
    ck_assert_uint_eq(lines_with(text, "AR a-rather-long-name-for-a-server-"), 800);
    ck_assert_uint_eq(
        dnsmsg_count(text, "AR a-rather-long-name-for-a-server-400.farglue.example.test. 300 A "
                           "192.0.2.1"),
        1);
    mem_free(text);
    text = scene_dig(scene, "x.overglue.example.test A tcp");
    ck_assert_ptr_eq(strstr(text, "NOERROR tc\n"), text);
    mem_free(text);
}
END_TEST

/* The answer to a name and type at one payload, given the `full` octets it has over TCP. */
static void check_payload(const char *name, const char *type, unsigned payload,
                          const uint8_t *whole, size_t full)
{
    static uint8_t answer[UINT16_MAX];
    char ask[400];
    size_t limit = payload < 512 ? 512 : payload > 1232 ? 1232 : payload;
    scene_reset(scene);
    (void)snprintf(ask, sizeof(ask), "%s %s edns=%u", name, type, payload);
    size_t size = ask_size(ask, answer);
    ck_assert_uint_le(size, limit);
    ck_assert_ptr_null(dnsmsg_check(answer, size));
    if (full <= limit) {
        ck_assert_msg(size == full && memcmp(answer + 2, whole + 2, full - 2) == 0, "%s", ask);
    } else if ((answer[2] & 2) != 0 && wire_get16(answer + 8) == 0) { /* not a referral */
        ck_assert_uint_eq(wire_get16(answer + 6), 0);
        ck_assert_uint_eq(wire_get16(answer + 10), 1);
    }
}

/* Whatever is asked, at each payload: within the limit and the same as over TCP, or TC, no sections
 * and the OPT kept. */
START_TEST(resolver_keeps_to_every_payload)
{
    static const char *const types[] = { "A", "AAAA", "TXT", "MX", "NS", "ANY", "DS", "SOA" };
    static uint8_t whole[UINT16_MAX];
    const char *type = types[_i];
    for (size_t n = 0; rich_names[n] != NULL; n++) {
        char ask[400];
        scene_reset(scene);
        (void)snprintf(ask, sizeof(ask), "%s %s tcp edns=512", rich_names[n], type);
        size_t full = ask_size(ask, whole);
        for (unsigned payload = 500; payload < 1300; payload += 61)
            check_payload(rich_names[n], type, payload, whole, full);
    }
}
END_TEST

/* Names of rich_names whose CNAME, DNAME and made CNAME do not fit into 512 octets. */
START_TEST(resolver_truncates_long_aliases)
{
    static uint8_t answer[UINT16_MAX];
    unsigned found = 0;
    for (size_t n = 0; rich_names[n] != NULL; n++) {
        char ask[400];
        if (strstr(rich_names[n], "-fill.long") == NULL)
            continue;
        found++;
        (void)snprintf(ask, sizeof(ask), "%s A", rich_names[n]);
        size_t size = ask_size(ask, answer);
        ck_assert_msg((answer[2] & 2) != 0 && wire_get16(answer + 6) == 0, "%s", ask);
        ck_assert_uint_eq(size, DNS_HEADER + strlen(rich_names[n]) + 2 + 4);
        (void)snprintf(ask, sizeof(ask), "%s A edns=1232", rich_names[n]);
        (void)ask_size(ask, answer);
        ck_assert_msg((answer[2] & 2) == 0 && wire_get16(answer + 6) > 0, "%s", ask);
    }
    ck_assert_uint_eq(found, 3);
}
END_TEST

/* Owned: a zone with a TXT record s1, s2, ... of each length of rdata up to `most`. */
static char *zone_of_sizes(unsigned most)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, "@ 60 SOA a a 1 1 1 1 1\n@ 60 NS a.invalid.\n");
    for (unsigned length = 1; length <= most; length++) {
        strbuf_addf(&text, "s%u 60 TXT", length);
        for (unsigned left = length; left > 0;) {
            unsigned octets = left <= 256 ? left - 1 : left == 257 ? 254 : 255;
            strbuf_addf(&text, " \"%0*d\"", (int)octets, 0);
            left -= octets + 1;
        }
        strbuf_add(&text, "\n");
    }
    char *result = strbuf_take(&text);
    strbuf_fini(&text);
    return result;
}

/* Every size of answer against each limit: whole, or TC and nothing. */
START_TEST(resolver_truncates_at_the_octet)
{
    static const struct {
        const char *options;
        size_t limit, opt;
    } table[] = { { "", 512, 0 },           { " edns=512", 512, 11 },   { " edns=513 do", 513, 11 },
                  { " edns=700", 700, 11 }, { " edns=1231", 1231, 11 }, { " edns=65535", 1232, 11 },
                  { " tcp", 65535, 0 } };
    static uint8_t answer[UINT16_MAX];
    struct scene *sizes = scene_new();
    char *text = zone_of_sizes(1250);
    scene_zone(sizes, "t", text);
    for (unsigned length = 2; length <= 1250; length++) {
        for (size_t i = 0; i < ARRAY_LEN(table); i++) {
            char ask[80];
            (void)snprintf(ask, sizeof(ask), "s%u.t TXT%s", length, table[i].options);
            uint8_t query[DNSMSG_QUERY_MAX];
            bool tcp = false;
            size_t size = dnsmsg_query(ask, query, &tcp);
            size_t full = size + RRSET_FIXED + length;
            bool fits = full <= table[i].limit;
            size_t got = scene_answer(sizes, query, size, tcp, answer, sizeof(answer));
            ck_assert_uint_eq(got, fits ? full : size);
            ck_assert_uint_eq(answer[2] & 2, fits ? 0 : 2);
            ck_assert_uint_eq(wire_get16(answer + 6), fits);
            ck_assert_uint_eq(wire_get16(answer + 10), table[i].opt > 0);
            ck_assert_ptr_null(dnsmsg_check(answer, got));
        }
    }
    mem_free(text);
    scene_free(sizes);
}
END_TEST

START_TEST(resolver_fills_a_tcp_message)
{
    static uint8_t answer[UINT16_MAX];
    size_t size = ask_size("huge.example.test TXT tcp", answer);
    ck_assert_uint_gt(size, 65400);
    ck_assert_uint_eq(answer[2] & 2, 0);
    ck_assert_uint_eq(wire_get16(answer + 6), 830);
    ck_assert_ptr_null(dnsmsg_check(answer, size));
}
END_TEST

/* --- junk --- */

static const uint16_t enumerated_classes[] = { 1, 3, 4, 254, 255, 0, 65535 };

/* Asks and holds the answer to what is true of every answer. */
static void ask_raw(uint8_t *query, size_t size, bool tcp)
{
    static uint8_t answer[UINT16_MAX];
    struct resolver_request request = { .packet = query, .size = size, .tcp = tcp };
    resolver_parse(scene_state(scene), &request);
    size_t length =
        resolver_answer(scene_state(scene), scene_scratch(scene), &request, answer, sizeof(answer));
    bool good = length >= DNS_HEADER && length <= (tcp ? 65535U : 1232U) && answer[0] == query[0] &&
                answer[1] == query[1] && (answer[2] & 0xf8) == (0x80 | (query[2] & 0x78)) &&
                dnsmsg_check(answer, length) == NULL;
    if (!good)
        ck_abort_msg("type %u class %u opcode %u", wire_get16(query + size - 4),
                     wire_get16(query + size - 2), query[2] >> 3 & 15U);
}

/* 65,536 types and 7 classes, by UDP and TCP, with and without EDNS, for names of each kind. */
START_TEST(resolver_answers_every_type)
{
    static const char *const names[] = { "www.example.test",   "pool.example.test", ".",
                                         "x.sub.example.test", "a.dn.example.test", "nx.other.test",
                                         "alias.example.test" };
    for (unsigned shape = 0; shape < 4; shape++) {
        char ask[80];
        (void)snprintf(ask, sizeof(ask), "%s A%s", names[_i], (shape & 1) != 0 ? " edns=1232" : "");
        uint8_t query[DNSMSG_QUERY_MAX];
        bool tcp = false;
        size_t size = dnsmsg_query(ask, query, &tcp);
        uint8_t *tail = query + size - 4 - ((shape & 1) != 0 ? 11 : 0);
        for (unsigned type = 0; type < 65536; type++) {
            wire_put16(tail, type);
            size_t classes = type % 16 == 0 || type < 300 ? ARRAY_LEN(enumerated_classes) : 1;
            for (size_t c = 0; c < classes; c++) {
                wire_put16(tail + 2, enumerated_classes[c]);
                ask_raw(query, size, (shape & 2) != 0);
            }
        }
    }
}
END_TEST

START_TEST(resolver_answers_every_opcode_and_flag)
{
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    size_t size = dnsmsg_query("www.example.test A", query, &tcp);
    for (unsigned flags = 0; flags < 0x8000; flags++) {
        wire_put16(query + 2, flags);
        ask_raw(query, size, (flags & 1) != 0);
    }
}
END_TEST

START_TEST(resolver_never_answers_answers)
{
    static uint8_t answer[UINT16_MAX];
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    size_t size = dnsmsg_query("www.example.test A", query, &tcp);
    for (unsigned flags = 0x8000; flags < 0x10000; flags++) {
        wire_put16(query + 2, flags);
        ck_assert_uint_eq(scene_answer(scene, query, size, false, answer, sizeof(answer)), 0);
    }
    /* What we say to junk is not answered by us either: no loop (RFC 8906 section 3). */
    size_t length = ask_size("www.example.test A opcode=15", answer);
    uint8_t again[512];
    ck_assert_uint_eq(scene_answer(scene, answer, length, false, again, sizeof(again)), 0);
}
END_TEST

/* --- counters --- */

START_TEST(resolver_counts)
{
    struct stats *stats = scene_scratch(scene)->stats;
    const char *const asks[] = { "pool.example.test A",    "nx.example.test A tcp",
                                 "big.example.test TXT",   "www.example.test A qr",
                                 "bigpool.example.test A", "www.example.test A edns=1 version=1" };
    uint64_t before = stats_get(&stats->queries[STATS_UDP]);
    uint64_t members = stats_get_member(stats, 0);
    uint64_t big = stats_get_member(stats, 30); /* one of bigpool's */
    for (size_t i = 0; i < ARRAY_LEN(asks); i++)
        mem_free(scene_dig(scene, asks[i]));
    ck_assert_uint_eq(stats_get(&stats->queries[STATS_UDP]), before + 5);
    ck_assert_uint_ge(stats_get(&stats->queries[STATS_TCP]), 1);
    ck_assert_uint_ge(stats_get(&stats->responses[DNS_NXDOMAIN]), 1);
    ck_assert_uint_ge(stats_get(&stats->responses[DNS_BADVERS]), 1);
    ck_assert_uint_ge(stats_get(&stats->truncated), 2);
    ck_assert_uint_ge(stats_get(&stats->dropped), 1);
    ck_assert_uint_eq(stats_get_member(stats, 0), members + 1);
    ck_assert_uint_eq(stats_get_member(stats, 30), big); /* truncated: not answered */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolver");
    TCase *tcase = tcase_create("resolver");
    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, resolver_answers_as_the_table_says, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, resolver_rotates);
    tcase_add_test(tcase, resolver_rotates_each_name_by_itself);
    tcase_add_test(tcase, resolver_rotates_records_of_any_length);
    tcase_add_test(tcase, resolver_rotates_over_all_workers);
    tcase_add_test(tcase, resolver_follows_sixteen_hops);
    tcase_add_test(tcase, resolver_cuts_a_growing_dname);
    tcase_add_test(tcase, resolver_says_yxdomain_beyond_255_octets);
    tcase_add_test(tcase, resolver_serves_the_root);
    tcase_add_test(tcase, resolver_sets_tc_for_required_glue_only);
    tcase_add_test(tcase, resolver_writes_far_glue_in_full);
    tcase_add_loop_test(tcase, resolver_keeps_to_every_payload, 0, 8);
    tcase_add_test(tcase, resolver_truncates_long_aliases);
    tcase_add_test(tcase, resolver_truncates_at_the_octet);
    tcase_add_test(tcase, resolver_fills_a_tcp_message);
    tcase_add_loop_test(tcase, resolver_answers_every_type, 0, 7);
    tcase_add_test(tcase, resolver_answers_every_opcode_and_flag);
    tcase_add_test(tcase, resolver_never_answers_answers);
    tcase_add_test(tcase, resolver_counts);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
