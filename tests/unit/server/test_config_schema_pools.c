// SPDX-License-Identifier: BSD-2-Clause
#include "resolver/policy.h"
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

/* What the tables of zones, pools and members say; references are for test_config_pools.c. */
static const struct config_case cases[] = {
    { "{'zones': {'a.test': {}}}", { "1:22: zones[\"a.test\"].file: is required, but missing" } },
    { "{'zones': {'a.test': {'file': ''}}}",
      { "1:31: zones[\"a.test\"].file: must not be empty" } },
    { "{'zones': {'a.test': {'file': 'x', 'transfer': {}, 'primary': {}}}}",
      { "1:36: zones[\"a.test\"].transfer: not implemented yet in this version",
        "1:52: zones[\"a.test\"].primary: not implemented yet in this version" } },
    { "{'zones': {'test': {'file': 'x', 'names': {'a': 1, 'b': {'pol': 'x', 'pool': 'y'}}}},"
      "'pools': {'y': {'members': {'m': {'address': '1.2.3.4'}}}}}",
      { "1:49: zones.test.names.a: must be an object, not a number",
        "1:58: zones.test.names.b.pol: unknown key, did you mean \"pool\"?" } },
    { "{'pools': {'p': {'members': {'a': 5}}}}",
      { "1:35: pools.p.members.a: must be an object, not a number" } },
    { "{'pools': {'p': {}}}", { "1:17: pools.p.members: is required, but missing" } },
    { "{'pools': {'p': {'members': {}}}}", { "1:29: pools.p.members: must not be empty" } },
    { "{'pools': {'p': {'members': {'a': {'address': []}}}}}",
      { "1:47: pools.p.members.a.address: must not be empty" } },
    { "{'pools': {'p': {'policy': 'geo', 'members': {'a': {'address': '::1'}}}}}",
      { "1:28: pools.p.policy: \"geo\" is not implemented yet in this version; there are "
        "round_robin, weighted, failover, all" } },
    { "{'pools': {'p': {'policy': 'fail_over', 'members': {'a': {'address': '::1'}}}}}",
      { "1:28: pools.p.policy: \"fail_over\" is none of round_robin, weighted, failover, all; did "
        "you mean \"failover\"?" } },
    { "{'pools': {'p': {'ttl': '25000d', 'members': {'a': {'address': '::1'}}}}}",
      { "1:25: pools.p.ttl: \"25000d\" is above the maximum 2147483647s" } },
    { "{'pools': {'p': {'min_live': 0, 'max_answers': 65536, 'members': {'a': {'address': "
      "'::1'}}}}}",
      { "1:30: pools.p.min_live: 0 is below the minimum 1",
        "1:48: pools.p.max_answers: 65536 is above the maximum 65535" } },
    { "{'pools': {'p': {'on_all_down': 'al', 'members': {'a': {'address': '::1'}}}}}",
      { "1:33: pools.p.on_all_down: \"al\" is none of all, last_good, nodata, servfail" } },
    { "{'pools': {'p': {'on_all_down': 1, 'members': {'a': {'address': '::1'}}}}}",
      { "1:33: pools.p.on_all_down: must be \"all\", \"last_good\", \"nodata\", \"servfail\" or "
        "{\"pool\": NAME}, not a number" } },
    { "{'pools': {'p': {'on_all_down': {}, 'members': {'a': {'address': '::1'}}}}}",
      { "1:33: pools.p.on_all_down.pool: is required, but missing" } },
    { "{'pools': {'p': {'on_all_down': {'pool': 3, 'x': 1}, 'members': {'a': {'address': "
      "'::1'}}}}}",
      { "1:42: pools.p.on_all_down.pool: must be a name, not a number",
        "1:45: pools.p.on_all_down.x: unknown key; there are pool" } },
    { "{'pools': {'p': {'members': {'a': {'address': '::1', 'weight': 65536, 'order': -1, 'port': "
      "0,"
      "'disabled': 'yes', 'tags': ['']}}}}}",
      { "1:64: pools.p.members.a.weight: 65536 is above the maximum 65535",
        "1:80: pools.p.members.a.order: -1 is below the minimum 0",
        "1:92: pools.p.members.a.port: 0 is below the minimum 1",
        "1:106: pools.p.members.a.disabled: must be true or false, not text",
        "1:122: pools.p.members.a.tags[0]: must not be empty" } },
    { "{'pools': {'p': {'members': {'a': {'service': 1}, 'b': {'service': ''}}}}}",
      { "1:47: pools.p.members.a.service: must be a name, not a number",
        "1:68: pools.p.members.b.service: must not be empty" } },
    { "{'pools': {'p': {'members': {'a': {'address': '1.2.3.4', 'regions': ['*'], 'prefixes': "
      "[]}}}}}",
      { "1:58: pools.p.members.a.regions: not implemented yet in this version",
        "1:76: pools.p.members.a.prefixes: not implemented yet in this version" } },
    { "{'pools': {'p q': {'members': {'-': {'address': '::1'}}}}}",
      { "1:12: pools[\"p q\"]: a name has 1 to 63 letters, digits, \".\", \"_\" and \"-\", and "
        "begins with none of \".\" and \"-\"",
        "1:32: pools[\"p q\"].members.-: a name has 1 to 63 letters, digits, \".\", \"_\" and "
        "\"-\", and begins with none of \".\" and \"-\"" } },
};

START_TEST(zones_pools_members)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(every_policy_is_taken)
{
    for (size_t i = 0; policy_names()[i] != NULL; i++) {
        char json[120];
        (void)snprintf(json, sizeof(json),
                       "{'pools': {'p': {'policy': '%s', 'members': {'a': {'address': '::1'}}}}}",
                       policy_names()[i]);
        struct config *config = must_load(json);
        ck_assert_str_eq(config->pools[0].policy->name, policy_names()[i]);
        ck_assert_uint_eq(config->pools[0].max_answers,
                          config->pools[0].policy->default_max_answers);
        config_free(config);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_schema_pools");
    TCase *tcase = tcase_create("config_schema_pools");
    tcase_add_loop_test(tcase, zones_pools_members, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, every_policy_is_taken);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
