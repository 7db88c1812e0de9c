// SPDX-License-Identifier: BSD-2-Clause
#include "base/strbuf.h"
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

#define M(name, pool) "'" name "': {'members': {'m': {'pool': '" pool "'}}}"
#define LEAF(name)    "'" name "': {'members': {'m': {'address': '::1'}}}"

static const struct config_case cases[] = {
    { "{'pools': {" M("a", "a") "}}",
      { "1:44: pools.a.members.m.pool: pools in a circle: a -> a" } },
    { "{'pools': {" M("a", "b") ", " M("b", "c") ",\n" M("c", "a") "}}",
      { "2:33: pools.c.members.m.pool: pools in a circle: a -> b -> c -> a" } },
    /* Two circles through one pool are two errors; what hangs on them is none. */
    { "{'pools': {" M("x", "a") ",\n'a': {'members': {'m': {'pool': 'b'}, 'n': {'pool': "
                                "'c'}}},\n" M("b", "a") ",\n" M("c", "a") "}}",
      { "3:33: pools.b.members.m.pool: pools in a circle: a -> b -> a",
        "4:33: pools.c.members.m.pool: pools in a circle: a -> c -> a" } },
    { "{'pools': {" LEAF(
          "a") ", 'b': {'on_all_down': {'pool': 'b'}, 'members': {'m': {'pool': 'a'}}}}}",
      { "1:87: pools.b.on_all_down.pool: pools in a circle: b -> b" } },
    { "{'pools': {" M("a",
                      "b") ",\n'b': {'on_all_down': {'pool': 'a'}, 'members': {'m': {'address': "
                           "'::1'}}}}}",
      { "2:31: pools.b.on_all_down.pool: pools in a circle: a -> b -> a" } },
    /* One pool below two others is no circle. */
    { "{'pools': {" M("a", "c") ", " M("b", "c") ", " LEAF(
          "c") ", 'd': {'members': {'x': {'pool': 'a'},"
               "'y': {'pool': 'b'}, 'z': {'pool': 'c'}}, 'on_all_down': {'pool': 'c'}}}}",
      { NULL } },
};

START_TEST(circles)
{
    run_case(&cases[_i]);
}
END_TEST

/* A chain of `depth` pools, each above the next, in an order of the file that needs sorting. */
static char *chain(unsigned depth)
{
    struct strbuf json;
    strbuf_init(&json);
    strbuf_add(&json, "{'pools': {");
    for (unsigned i = 0; i < depth; i++) {
        unsigned k = i * 7 % depth;
        strbuf_addf(&json, "%s'p%u': {'members': {'m': {", i == 0 ? "" : ",\n", k);
        if (k + 1 < depth)
            strbuf_addf(&json, "'pool': 'p%u'}}}", k + 1);
        else
            strbuf_add(&json, "'address': '::1'}}}");
    }
    strbuf_add(&json, "}}");
    char *text = strbuf_take(&json);
    strbuf_fini(&json);
    return text;
}

START_TEST(nesting_is_limited)
{
    char *json = chain(8);
    config_free(must_load(json));
    mem_free(json);
    /* A fallback is no level. */
    json = chain(8);
    struct strbuf more;
    strbuf_init(&more);
    strbuf_add_bytes(&more, json, strlen(json) - 2);
    strbuf_add(&more,
               ", 'top': {'on_all_down': {'pool': 'p0'}, 'members': {'m': {'address': '::1'}}}}}");
    config_free(must_load(more.text));
    strbuf_fini(&more);
    mem_free(json);
    /* Ten pools: the ninth from below is one too many, the tenth is so because of it. */
    json = chain(10);
    struct errlist errors;
    errlist_init(&errors);
    ck_assert_ptr_null(load_quoted(json, &errors));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_ptr_nonnull(strstr(
        errors.lines[0], ": pools.p1.members.m.pool: pools nest deeper than 8: p1 -> p2 -> p3 "
                         "-> p4 -> p5 -> p6 -> p7 -> p8 -> p9"));
    errlist_fini(&errors);
    mem_free(json);
}
END_TEST

START_TEST(order_has_children_first)
{
    struct config *config =
        must_load("{'pools': {" M("a", "c") ", " M("b", "a") ", " LEAF("c") ", " LEAF(
            "d") ", 'e': {'on_all_down': {'pool': 'b'}, 'members': {'x': {'address': '::1'}}}}}");
    size_t position[5];
    ck_assert_uint_eq(config->pool_count, 5);
    for (size_t i = 0; i < 5; i++)
        position[i] = 99;
    for (size_t i = 0; i < 5; i++)
        position[config->pool_order[i]] = i;
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_lt(position[i], 5);
    ck_assert_uint_lt(position[2], position[0]);
    ck_assert_uint_lt(position[0], position[1]);
    ck_assert_uint_lt(position[1], position[4]);
    config_free(config);
}
END_TEST

/* Many pools, deep stacks of OPEN ones: no recursion, linear time. */
START_TEST(long_chains_are_refused_in_time)
{
    char *json = chain(20000 + 1);
    struct errlist errors;
    errlist_init(&errors);
    ck_assert_ptr_null(load_quoted(json, &errors));
    ck_assert_uint_eq(errors.count, 1);
    errlist_fini(&errors);
    mem_free(json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_graph");
    TCase *tcase = tcase_create("config_graph");
    tcase_add_loop_test(tcase, circles, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, nesting_is_limited);
    tcase_add_test(tcase, order_has_children_first);
    tcase_add_test(tcase, long_chains_are_refused_in_time);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
