// SPDX-License-Identifier: BSD-2-Clause
/* The steps as the resolver writes them are in test_resolver.c; here what they print of odd names.
 */
#include "resolver/resolver_trace.h"

#include "base/mem.h"
#include "tests/support/rich.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct trace trace;
static struct scene *scene;

static void set_up(void)
{
    trace_init(&trace);
}

static void tear_down(void)
{
    trace_fini(&trace);
}

static void last_is(const char *step, const char *detail)
{
    ck_assert_uint_gt(trace.count, 0);
    ck_assert_str_eq(trace.steps[trace.count - 1].step, step);
    ck_assert_str_eq(trace.steps[trace.count - 1].detail, detail);
}

START_TEST(resolver_trace_parse_prints_the_question)
{
    struct resolver_request request = { .verdict = QUERY_OK, .tcp = true };
    request.query.qtype = RRTYPE_HTTPS;
    memcpy(request.query.name, "\3a.b\2\0\xff\0", 8);
    resolver_trace_parse(&trace, &request);
    last_is("parse", "a\\.b.\\000\\255. HTTPS over tcp");
    request.tcp = false;
    request.query.has_edns = true;
    request.query.qtype = 65280;
    memcpy(request.query.name, "\0", 1);
    resolver_trace_parse(&trace, &request);
    last_is("parse", ". TYPE65280 over udp, EDNS");
}
END_TEST

START_TEST(resolver_trace_parse_prints_what_is_refused)
{
    struct resolver_request request = { .verdict = QUERY_ERROR };
    request.query.rcode = DNS_NOTIMP;
    resolver_trace_parse(&trace, &request);
    last_is("parse", "refused with rcode 4");
}
END_TEST

START_TEST(resolver_trace_zone_prints_apex_and_serial)
{
    static const uint8_t apex[] = "\7example\4test";
    struct zone zone = { .apex = apex, .serial = 4294967295 };
    resolver_trace_zone(&trace, &zone);
    last_is("zone", "example.test. serial 4294967295");
    resolver_trace_zone(&trace, NULL);
    last_is("zone", "none at or above the name");
}
END_TEST

START_TEST(resolver_trace_node_says_how_it_was_found)
{
    static const struct {
        enum zone_match match;
        const char *detail;
    } table[] = {
        { ZONE_EXACT, "found *.test." },
        { ZONE_WILDCARDED, "covered by wildcard *.test." },
        { ZONE_ABSENT, "no such name, closest encloser *.test." },
        { ZONE_DELEGATED, "delegated at *.test." },
        { ZONE_DNAMED, "below the DNAME at *.test." },
    };
    struct zone_node node = { .name = (const uint8_t *)"\1*\4test" };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct zone_found found = { .match = table[i].match, .node = &node };
        resolver_trace_node(&trace, &found);
        last_is("node", table[i].detail);
    }
}
END_TEST

START_TEST(resolver_trace_alias_prints_where_it_leads)
{
    resolver_trace_alias(&trace, "DNAME", (const uint8_t *)"\1x\4test");
    last_is("node", "DNAME to x.test.");
}
END_TEST

START_TEST(resolver_trace_pool_prints_the_counter)
{
    struct state_binding binding = { .pool = "web" };
    resolver_trace_pool(&trace, &binding, PICKER_AAAA, UINT64_MAX);
    last_is("pool", "web for AAAA, counter at 18446744073709551615");
    resolver_trace_pool(&trace, &binding, PICKER_A, 0);
    last_is("pool", "web for A, counter at 0");
}
END_TEST

START_TEST(resolver_trace_answer_prints_the_outcome)
{
    struct answer answer = { .length = 512, .rcode = 3, .counts = { 1, 2, 3 } };
    resolver_trace_answer(&trace, &answer);
    last_is("answer", "rcode 3, 1 answer, 2 authority, 3 additional, 512 octets");
    answer.flags = DNS_TC | DNS_AA;
    resolver_trace_answer(&trace, &answer);
    last_is("answer", "rcode 3, truncated, 1 answer, 2 authority, 3 additional, 512 octets");
}
END_TEST

/* Asks with a trace; returns the steps, owned. */
static char *explain(const char *ask)
{
    scene_scratch(scene)->trace = &trace;
    mem_free(scene_dig(scene, ask));
    scene_scratch(scene)->trace = NULL;
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < trace.count; i++)
        strbuf_addf(&text, "%s: %s\n", trace.steps[i].step, trace.steps[i].detail);
    trace_fini(&trace);
    char *result = strbuf_take(&text);
    strbuf_fini(&text);
    return result;
}

START_TEST(resolver_explains)
{
    scene = rich_scene();
    static const struct {
        const char *ask;
        const char *steps[4];
    } table[] = {
        { "topool.example.test A edns=1232",
          { "parse: topool.example.test. A over udp, EDNS\nzone: example.test. serial 2024010101\n",
            "node: found topool.example.test.\nnode: CNAME to pool.example.test.\n",
            "pool: pool.example.test for A, counter at 0\n",
            "answer: rcode 0, 4 answer, 0 authority, 0 additional, " } },
        { "nx.example.test A tcp",
          { "over tcp\n", "node: no such name, closest encloser example.test.\n",
            "answer: rcode 3, 0 answer, 1 authority" } },
        { "q.wild.example.test A", { "node: covered by wildcard *.wild.example.test.\n" } },
        { "x.sub.example.test A", { "node: delegated at sub.example.test.\n" } },
        { "a.dn.example.test A",
          { "node: below the DNAME at dn.example.test.\nnode: DNAME to "
            "a.dtarget.example.test.\n" } },
        { "outside.invalid A", { "zone: none at or above the name\n" } },
        { "www.example.test A class=3", { "parse: refused with rcode 5\n" } },
        { "pool.example.test AAAA", { "pool: pool.example.test for AAAA, counter at 0\n" } },
        { "big.example.test TXT", { "answer: rcode 0, truncated" } },
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        scene_reset(scene);
        char *text = explain(table[i].ask);
        for (size_t s = 0; s < 4 && table[i].steps[s] != NULL; s++)
            ck_assert_msg(strstr(text, table[i].steps[s]) != NULL, "%s: no \"%s\" in\n%s",
                          table[i].ask, table[i].steps[s], text);
        mem_free(text);
    }
    scene_free(scene);
}
END_TEST

START_TEST(resolver_explain_moves_no_counter)
{
    scene = rich_scene();
    struct stats *stats = scene_scratch(scene)->stats;
    scene_reset(scene);
    struct stats before;
    memcpy(&before, stats, sizeof(before));
    uint64_t member = stats_get_member(stats, 0);
    for (int i = 0; i < 5; i++) {
        mem_free(explain("pool.example.test A"));
        mem_free(explain("multi.example.test A"));
        mem_free(explain("www.example.test A qr"));
        mem_free(explain("big.example.test TXT"));
    }
    ck_assert_mem_eq(&before, stats, sizeof(before));
    ck_assert_uint_eq(stats_get_member(stats, 0), member);
    const char *const asks[] = { "pool.example.test A", "multi.example.test A" };
    const char *const first[] = { "NOERROR aa\nAN pool.example.test. 30 A 192.0.2.101\n",
                                  "NOERROR aa\nAN multi.example.test. 300 A 192.0.2.1\n" };
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        char *text = scene_dig(scene, asks[i]);
        ck_assert_ptr_eq(strstr(text, first[i]), text);
        mem_free(text);
    }
    scene_free(scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolver_trace");
    TCase *tcase = tcase_create("resolver_trace");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, resolver_trace_parse_prints_the_question);
    tcase_add_test(tcase, resolver_trace_parse_prints_what_is_refused);
    tcase_add_test(tcase, resolver_trace_zone_prints_apex_and_serial);
    tcase_add_test(tcase, resolver_trace_node_says_how_it_was_found);
    tcase_add_test(tcase, resolver_trace_alias_prints_where_it_leads);
    tcase_add_test(tcase, resolver_trace_pool_prints_the_counter);
    tcase_add_test(tcase, resolver_trace_answer_prints_the_outcome);
    tcase_add_test(tcase, resolver_explains);
    tcase_add_test(tcase, resolver_explain_moves_no_counter);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
