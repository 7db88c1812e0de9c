// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

#define CHECKS                                                                                     \
    "'checks': {'h': {'type': 'http'}, 't': {'type': 'tcp'}, 'tp': {'type': 'tcp', 'port': 1}}"
#define ONE "'members': {'a': {'address': '::1'}}"

static const struct config_case cases[] = {
    /* references */
    { "{'pools': {'p': {'check': 'x', " ONE "}}}",
      { "1:27: pools.p.check: there is no check \"x\" in \"checks\"" } },
    { "{" CHECKS ",\n'pools': {'p': {'check': ['h', 'tq', 'h'], " ONE "}}}",
      { "2:32: pools.p.check[1]: there is no check \"tq\" in \"checks\"",
        "2:38: pools.p.check[2]: is given twice" } },
    { "{'pools': {'p': {'on_all_down': {'pool': 'webb'}, " ONE "}, 'web': {" ONE "}}}",
      { "1:42: pools.p.on_all_down.pool: there is no pool \"webb\" in \"pools\", did you mean "
        "\"web\"?" } },
    { "{'pools': {'p': {'members': {'a': {'pool': 'q'}, 'b': {'address': '::1', 'check': 'y'}}}}}",
      { "1:44: pools.p.members.a.pool: there is no pool \"q\" in \"pools\"",
        "1:83: pools.p.members.b.check: there is no check \"y\" in \"checks\"" } },
    /* A pool with an error of its own is there all the same. */
    { "{'pools': {'p': {'members': {'a': {'pool': 'q'}}}, 'q': 5}}",
      { "1:57: pools.q: must be an object, not a number" } },
    /* kinds of members */
    { "{'pools': {'p': {'members': {'a': {}, 'b': {'weight': 2}}}}}",
      { "1:35: pools.p.members.a: needs an \"address\", a \"pool\" or a \"service\"",
        "1:44: pools.p.members.b: needs an \"address\", a \"pool\" or a \"service\"" } },
    { "{'pools': {'p': {'members': {'a': {'address': '::1', 'pool': 'q'}}}, 'q': {" ONE "}}}",
      { "1:35: pools.p.members.a: has more than one of \"address\", \"pool\" and \"service\"" } },
    { "{" CHECKS ",\n'pools': {'p': {'members': {'a': {'pool': 'q', 'check': 'h'}}}, 'q': {" ONE
      "}}}",
      { "2:48: pools.p.members.a.check: a pool as member is as well as its own members are: it has "
        "no "
        "check" } },
    { "{'pools': {'p': {'members': {'a': {'address': 'x'}}}}}",
      { "1:47: pools.p.members.a.address: \"x\" is not an IPv4 or IPv6 address" } },
    /* addresses */
    { "{'pools': {'p': {'members': {'a': {'address': ['::1', '1.2.3.4', '0::1']}}}}}",
      { "1:66: pools.p.members.a.address[2]: is given twice" } },
    { "{'pools': {'p': {'members': {'a': {'address': '0.0.0.0'}, 'b': {'address': ['1.2.3.4', "
      "'::']}"
      "}}}}",
      { "1:47: pools.p.members.a.address: is the unspecified address, which no client can reach",
        "1:88: pools.p.members.b.address[1]: is the unspecified address, which no client can "
        "reach" } },
    { "{'pools': {'p': {'members': {'a': {'address': '::1'}, 'b': {'address': '::1'}}}}}",
      { NULL } },
    /* ports */
    { "{" CHECKS ",\n'pools': {'p': {'check': 'h', " ONE "}, 'q': {'check': 'tp', " ONE "}}}",
      { NULL } },
    { "{" CHECKS ",\n'pools': {'p': {'check': 't', " ONE "}}}",
      { "2:48: pools.p.members.a: check \"t\" of type tcp needs a port: give \"port\" here or in "
        "the "
        "check" } },
    { "{" CHECKS
      ",\n'pools': {'p': {'check': 't', 'members': {'a': {'address': '::1', 'port': 25}}}}}",
      { NULL } },
    { "{" CHECKS
      ",\n'pools': {'p': {'check': 'h', 'members': {'a': {'address': '::1', 'check': ['h', "
      "'t']}}}}}",
      { "2:48: pools.p.members.a: check \"t\" of type tcp needs a port: give \"port\" here or in "
        "the "
        "check" } },
    { "{" CHECKS
      ",\n'pools': {'p': {'check': 't', 'members': {'a': {'address': '::1', 'check': []}, "
      "'b': {'pool': 'q'}}}, 'q': {" ONE "}}}",
      { NULL } },
    { "{'checks': {'t': {'type': 'icmp'}}, 'pools': {'p': {'check': 't', " ONE "}}}",
      { "1:27: checks.t.type: \"icmp\" is not implemented yet in this version; there are tcp, "
        "http" } },
    /* TTL */
    { "{'pools': {'p': {'ttl': 0, " ONE "}, 'q': {'ttl': '2147483647s', " ONE "}}}", { NULL } },
    { "{'pools': {'p': {'ttl': 1.5, " ONE "}, 'q': {'ttl': '1500ms', " ONE "}}}",
      { "1:25: pools.p.ttl: a TTL is a number of whole seconds",
        "1:82: pools.q.ttl: a TTL is a number of whole seconds" } },
};

START_TEST(cross_checks)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(pool_values)
{
    struct config *config = must_load(
        "{" CHECKS ", 'pools': {"
        "'p': {'policy': 'weighted', 'ttl': '90s', 'max_answers': 3, 'check': ['tp', 'h'],"
        "      'min_live': 2, 'on_all_down': {'pool': 'q'},"
        "      'members': {'n': {'pool': 'q', 'weight': 0, 'order': 7},"
        "                  'm': {'address': ['192.0.2.1', '::1'], 'port': 80, 'weight': 9,"
        "                        'disabled': true, 'check': 'h', 'tags': ['x', 'y']}}},"
        "'q': {" ONE ", 'on_all_down': 'servfail'}}}");
    ck_assert_uint_eq(config->pool_count, 2);
    const struct config_pool *p = &config->pools[0];
    ck_assert_str_eq(p->name, "p");
    ck_assert_str_eq(p->path, "pools.p");
    ck_assert_str_eq(p->policy->name, "weighted");
    ck_assert_uint_eq(p->ttl, 90);
    ck_assert_uint_eq(p->max_answers, 3);
    ck_assert(p->max_answers_given);
    ck_assert_uint_eq(p->min_live, 2);
    ck_assert_int_eq(p->all_down, POOL_DOWN_POOL);
    ck_assert_uint_eq(p->fallback, 1);
    ck_assert_uint_eq(p->check_count, 2);
    ck_assert_uint_eq(p->checks[0], 2);
    ck_assert_uint_eq(p->checks[1], 0);
    ck_assert(!p->from_file);
    ck_assert_uint_eq(p->member_count, 2);
    const struct config_member *n = &p->members[0];
    ck_assert_uint_eq(n->pool, 1);
    ck_assert_uint_eq(n->weight, 0);
    ck_assert_uint_eq(n->order, 7);
    ck_assert_uint_eq(n->addresses.count, 0);
    ck_assert(!n->checks_given);
    const struct config_member *m = &p->members[1];
    ck_assert_str_eq(m->path, "pools.p.members.m");
    ck_assert_uint_eq(m->pool, CONFIG_NONE);
    ck_assert_uint_eq(m->addresses.count, 2);
    ck_assert_uint_eq(m->port, 80);
    ck_assert_uint_eq(m->weight, 9);
    ck_assert_uint_eq(m->order, 2); /* the position */
    ck_assert(m->disabled);
    ck_assert(m->checks_given);
    ck_assert_uint_eq(m->check_count, 1);
    ck_assert_str_eq(((const char *const *)m->tags.items)[1], "y");
    config_free(config);
}
END_TEST

START_TEST(pool_defaults)
{
    struct config *config = must_load("{'pools': {'q': {" ONE "}}}");
    const struct config_pool *q = &config->pools[0];
    ck_assert_str_eq(q->policy->name, "round_robin");
    ck_assert_uint_eq(q->ttl, PICKER_TTL_NONE);
    ck_assert_uint_eq(q->max_answers, 8);
    ck_assert(!q->max_answers_given);
    ck_assert_uint_eq(q->min_live, 1);
    ck_assert_int_eq(q->all_down, POOL_DOWN_ALL);
    ck_assert_uint_eq(q->fallback, CONFIG_NONE);
    ck_assert_uint_eq(q->check_count, 0);
    ck_assert_uint_eq(q->members[0].weight, 1);
    ck_assert_uint_eq(q->members[0].order, 1);
    ck_assert(!q->members[0].disabled);
    config_free(config);
}
END_TEST

START_TEST(words_of_all_down_mean_the_enum)
{
    static const char *const words[] = { "all", "last_good", "nodata", "servfail" };
    static const enum pool_all_down meant[] = { POOL_DOWN_ALL, POOL_DOWN_LAST_GOOD,
                                                POOL_DOWN_NODATA, POOL_DOWN_SERVFAIL };
    for (size_t i = 0; i < 4; i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "{'pools': {'q': {'on_all_down': '%s', " ONE "}}}",
                       words[i]);
        struct config *config = must_load(json);
        ck_assert_int_eq(config->pools[0].all_down, meant[i]);
        config_free(config);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_pools");
    TCase *tcase = tcase_create("config_pools");
    tcase_add_loop_test(tcase, cross_checks, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, pool_values);
    tcase_add_test(tcase, pool_defaults);
    tcase_add_test(tcase, words_of_all_down_mean_the_enum);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
