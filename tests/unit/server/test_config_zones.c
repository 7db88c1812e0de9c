// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

#define WEB     "'pools': {'web': {'members': {'a': {'address': '::1'}}}}"
#define BELONGS "belongs to the pool \"web\"; here it goes with a check and no pool only"
#define CHECKS  "'checks': {'h': {'type': 'http'}, 't': {'type': 'tcp'}}"

static const struct config_case cases[] = {
    { "{" WEB
      ",\n'zones': {'a.test': {'file': 'f', 'names': {'www': 'web', '@': 'web', '*.x': 'web',"
      "'deep.www': {'pool': 'web', 'ttl': '5s', 'override': true}}}}}",
      { NULL } },
    { "{'zones': {'.': {'file': 'root'}, '2.0.192.in-addr.arpa.': {'file': 'f'}}}", { NULL } },
    /* names */
    { "{'zones': {'a..b': {'file': 'f'}, '': {'file': 'f'}, 'a\\\\': {'file': 'f'}}}",
      { "1:12: zones[\"a..b\"]: not a domain name: empty label",
        "1:35: zones[\"\"]: not a domain name: empty name",
        "1:54: zones[\"a\\\\\"]: not a domain name: bad escape: \\ needs a character or three "
        "digits "
        "up to 255" } },
    { "{" WEB ",\n'zones': {'a.test': {'file': 'f', 'names': {'': 'web', 'x..y': 'web'}}}}",
      { "2:45: zones[\"a.test\"].names[\"\"]: not a domain name: empty name",
        "2:56: zones[\"a.test\"].names[\"x..y\"]: not a domain name: empty label" } },
    { "{" WEB ",\n'zones': {'a.test': {'file': 'f', 'names': {'www.b.test.': 'web', 'x.a.test.': "
      "'web'}}}}",
      { "2:45: zones[\"a.test\"].names[\"www.b.test.\"]: lies outside of its zone; names are "
        "relative "
        "to the zone, without a dot at the end" } },
    /* twice */
    { "{'zones': {'a.test': {'file': 'f'}, 'A.TEST.': {'file': 'g'}}}",
      { "1:37: zones[\"A.TEST.\"]: is the same name as zones[\"a.test\"]" } },
    { "{" WEB ",\n'zones': {'a.test': {'file': 'f', 'names': {'w': 'web', 'W': 'web', '@': 'web', "
      "'a.test.': 'web'}}}}",
      { "2:57: zones[\"a.test\"].names.W: is the same name as zones[\"a.test\"].names.w",
        "2:81: zones[\"a.test\"].names[\"a.test.\"]: is the same name as "
        "zones[\"a.test\"].names[\"@\"]" } },
    { "{" WEB ",\n'zones': {'test': {'file': 'f', 'names': {'x.sub': 'web'}},"
      "'sub.test': {'file': 'g', 'names': {'x': 'web'}}}}",
      { "2:96: zones[\"sub.test\"].names.x: is the same name as zones.test.names[\"x.sub\"]" } },
    /* pools of names */
    { "{" WEB ",\n'zones': {'test': {'file': 'f', 'names': {'w': 'wbe', 'v': {'pool': 'x'}}}}}",
      { "2:48: zones.test.names.w: there is no pool \"wbe\" in \"pools\", did you mean \"web\"?",
        "2:69: zones.test.names.v.pool: there is no pool \"x\" in \"pools\"" } },
    { "{'zones': {'test': {'file': 'f', 'names': {'w': {'policy': 'all'}}}}}",
      { "1:49: zones.test.names.w: needs a \"pool\", or a \"check\" for the zone file's own "
        "addresses" } },
    { "{" WEB "," CHECKS
      ",\n'zones': {'test': {'file': 'f', 'names': {'w': {'pool': 'web', 'check': "
      "'h', 'policy': 'all', 'min_live': 1, 'max_answers': 2, 'on_all_down': 'all'}}}}}",
      { "2:64: zones.test.names.w.check: " BELONGS, "2:78: zones.test.names.w.policy: " BELONGS,
        "2:95: zones.test.names.w.min_live: " BELONGS,
        "2:110: zones.test.names.w.max_answers: " BELONGS,
        "2:128: zones.test.names.w.on_all_down: " BELONGS } },
    { "{" WEB "," CHECKS ",\n'zones': {'test': {'file': 'f', 'names': {'w': {'check': 't'}, 'web': "
      "{'check': 'h'}}}}}",
      { "2:48: zones.test.names.w: check \"t\" of type tcp needs a port: give \"port\" here or in "
        "the "
        "check" } },
    { "{" CHECKS ",'pools': {'w.test': {'members': {'a': {'address': '::1'}}}},\n"
      "'zones': {'test': {'file': 'f', 'names': {'w': {'check': 'h'}}}}}",
      { "2:43: zones.test.names.w: makes a pool of the name \"w.test\", which \"pools\" has "
        "already" } },
    /* Pools that names make are no pools of the file. */
    { "{" CHECKS ",'pools': {'p': {'members': {'a': {'pool': 'w.test'}}}},\n"
      "'zones': {'test': {'file': 'f', 'names': {'w': {'check': 'h'}, 'v': 'w.test'}}}}",
      { "1:100: pools.p.members.a.pool: there is no pool \"w.test\" in \"pools\"",
        "2:69: zones.test.names.v: there is no pool \"w.test\" in \"pools\"" } },
    { "{" WEB ",\n'zones': {'test': {'file': 'f', 'names': {'w': {'pool': 'web', 'ttl': '10ms'}, "
      "'v': {'check': [], 'ttl': 0.5}}}}}",
      { "2:71: zones.test.names.w.ttl: a TTL is a number of whole seconds",
        "2:106: zones.test.names.v.ttl: a TTL is a number of whole seconds" } },
};

START_TEST(zones_and_names)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(values)
{
    struct config *config = must_load(
        "{" WEB "," CHECKS
        ",'zones': {'A.Test': {'file': 'dir/f', 'names': {'WWW': 'web', '@': {'pool':"
        "'web', 'ttl': '5s', 'override': true}, 'Old': {'check': 'h', 'policy': 'all', 'ttl': '7s',"
        "'min_live': 3, 'max_answers': 4, 'on_all_down': {'pool': 'web'}}, '*': {'check': []}}}}}");
    ck_assert_uint_eq(config->zone_count, 1);
    const struct config_zone *zone = &config->zones[0];
    char text[NAME_TEXT_MAX];
    ck_assert_str_eq(zone->name, "A.Test");
    ck_assert_str_eq(zone->file, "dir/f");
    (void)name_to_text(zone->apex, text);
    ck_assert_str_eq(text, "a.test.");
    ck_assert_uint_eq(zone->name_count, 4);
    ck_assert_str_eq(zone->names[0].key, "WWW");
    (void)name_to_text(zone->names[0].owner, text);
    ck_assert_str_eq(text, "www.a.test.");
    ck_assert_uint_eq(zone->names[0].pool, 0);
    ck_assert_uint_eq(zone->names[0].ttl, PICKER_TTL_NONE);
    ck_assert(!zone->names[0].override);
    ck_assert(name_equal(zone->names[1].owner, zone->apex));
    ck_assert_uint_eq(zone->names[1].ttl, 5);
    ck_assert(zone->names[1].override);
    ck_assert_uint_eq(config->pool_count, 3);
    const struct config_pool *old = &config->pools[zone->names[2].pool];
    ck_assert_str_eq(old->name, "old.a.test");
    ck_assert_str_eq(old->path, "zones[\"A.Test\"].names.Old");
    ck_assert(old->from_file);
    ck_assert_uint_eq(old->member_count, 0);
    ck_assert_str_eq(old->policy->name, "all");
    ck_assert_uint_eq(old->min_live, 3);
    ck_assert_uint_eq(old->max_answers, 4);
    ck_assert_uint_eq(old->fallback, 0);
    ck_assert_uint_eq(old->check_count, 1);
    ck_assert_uint_eq(zone->names[2].ttl, 7);
    ck_assert_str_eq(config->pools[zone->names[3].pool].name, "*.a.test");
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_zones");
    TCase *tcase = tcase_create("config_zones");
    tcase_add_loop_test(tcase, zones_and_names, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, values);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
