// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

#define CHECKS "'checks': {'alive': {'type': 'http'}, 'b': {'type': 'http'}}"

static const struct config_case cases[] = {
    /* the nearest name, where one is near */
    { "{'pools': {'p': {'members': {'a': {'pool': 'webb'}}}, 'web': {'members': {'a': {'address': "
      "'::1'}}}}}",
      { "1:44: pools.p.members.a.pool: there is no pool \"webb\" in \"pools\", did you mean "
        "\"web\"?" } },
    { "{" CHECKS ",\n'pools': {'p': {'check': 'alve', 'members': {'a': {'address': '::1'}}}}}",
      { "2:26: pools.p.check: there is no check \"alve\" in \"checks\", did you mean "
        "\"alive\"?" } },
    { "{'pools': {'p': {'members': {'a': {'service': 'vip1'}}}},\n"
      "'ipvs': {'services': {'vip': {'address': '192.0.2.1', 'port': 80, 'servers': {'a': "
      "{'address': '10.0.0.1'}}}}}}",
      { "1:47: pools.p.members.a.service: there is no service \"vip1\" in \"ipvs.services\", did "
        "you mean \"vip\"?" } },
    { "{'pools': {'p': {'members': {'a': {'service': 'x'}, 'b': {'pool': 'y'}}}}}",
      { "1:47: pools.p.members.a.service: there is no service \"x\" in \"ipvs.services\"",
        "1:67: pools.p.members.b.pool: there is no pool \"y\" in \"pools\"" } },
    /* twice, and the rest of the list is looked at all the same */
    { "{" CHECKS ",\n'pools': {'p': {'check': ['b', 'b', 'zzz'], 'members': {'a': {'address': "
      "'::1'}}}}}",
      { "2:32: pools.p.check[1]: is given twice",
        "2:37: pools.p.check[2]: there is no check \"zzz\" in \"checks\"" } },
};

START_TEST(references)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(checks_keep_their_order)
{
    struct config *config = must_load(
        "{" CHECKS ", 'pools': {'p': {'check': ['b', 'alive'], 'members': {'a': {'address': "
        "'::1'}}}}}");
    ck_assert_uint_eq(config->pools[0].check_count, 2);
    ck_assert_uint_eq(config->pools[0].checks[0], 1);
    ck_assert_uint_eq(config->pools[0].checks[1], 0);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_names");
    TCase *tcase = tcase_create("config_names");
    tcase_add_loop_test(tcase, references, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, checks_keep_their_order);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
