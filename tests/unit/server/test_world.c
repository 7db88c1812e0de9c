// SPDX-License-Identifier: BSD-2-Clause
#include "server/world.h"

#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world *load(struct control_fixture *f, const char *zone, const char *sections)
{
    struct world_options options = { .seed = 7 };
    control_fixture_init(f, zone);
    control_fixture_config(f, sections);
    return world_load(f->config, &options, &f->errors);
}

START_TEST(zones_bindings_and_tails)
{
    struct control_fixture f;
    struct world *world = load(&f, CONTROL_ZONE, CONTROL_SECTIONS);
    ck_assert_msg(world != NULL, "%s", f.errors.count > 0 ? f.errors.lines[0] : "?");
    ck_assert_uint_eq(zonedb_count(world->zonedb), 1);
    ck_assert_str_eq(world->zones[0].name, "example.test");
    ck_assert_uint_eq(world->zones[0].binding_count, 2);
    const struct world_binding *www = &world->zones[0].bindings[0];
    ck_assert_str_eq(www->name, "www.example.test.");
    ck_assert_uint_eq(www->families, 1U << PICKER_A | 1U << PICKER_AAAA);
    ck_assert_uint_eq(www->ttl, PICKER_TTL_NONE);
    ck_assert_uint_eq(www->default_ttl, 30);
    /* top has no TTL: its name gives 30 s, and so may web's answers by way of it. */
    ck_assert_uint_eq(world->tail_s[world_pool(world, "web")], 30);
    ck_assert_uint_eq(world->tail_s[world_pool(world, "top")], 30);
    ck_assert_uint_eq(world_pool(world, "nope"), POOL_NONE);
    ck_assert_uint_eq(world_member(world, world_pool(world, "web"), "c"), 2);
    ck_assert_uint_eq(world_member(world, world_pool(world, "web"), "d"), POOL_NONE);
    world_free(world);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(lasting_ids)
{
    struct control_fixture f;
    struct registry *registry = registry_new();
    struct world *first = load(&f, CONTROL_ZONE, CONTROL_SECTIONS);
    struct world_options options = { .seed = 7 };
    struct world *second = world_load(f.config, &options, &f.errors);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    world_attach(first, registry);
    world_attach(second, registry);
    for (size_t m = 0; m < 3; m++)
        ck_assert_uint_eq(first->pools.pools[0].members[m].stat,
                          second->pools.pools[0].members[m].stat);
    ck_assert_uint_eq(registry_member_count(registry), 5);
    ck_assert_ptr_eq(first->zones[0].bindings[0].turn[PICKER_A],
                     second->zones[0].bindings[0].turn[PICKER_A]);
    world_free(first);
    world_free(second);
    registry_free(registry);
    control_fixture_fini(&f);
}
END_TEST

/* What only shows when names and zone come together; each is placed at the name's value. */
START_TEST(names_against_the_zone)
{
    static const struct {
        const char *name;
        const char *part;
    } cases[] = {
        { "plain", "has A or AAAA records at this name too" },
        { "six", "has A or AAAA records at this name too" }, /* the pool has IPv4 members only */
        { "alias", "has a CNAME at this name" },
        { "a.cut", "at or below a delegation" },
        { "cut", "at or below a delegation" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct control_fixture f;
        char sections[512];
        (void)snprintf(sections, sizeof(sections),
                       "\"pools\": {\"web\": {\"policy\": \"all\", \"members\": {\"a\": "
                       "{\"address\": \"192.0.2.1\"}}}},\n"
                       "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": "
                       "{\n\"%s\": \"web\"}}}",
                       cases[i].name);
        struct world *world = load(
            &f, CONTROL_ZONE "alias CNAME plain\nsix AAAA 2001:db8::6\ncut NS ns.elsewhere.test.\n",
            sections);
        ck_assert_msg(world == NULL, "%s", cases[i].name);
        ck_assert_uint_eq(f.errors.count, 1);
        ck_assert_msg(strstr(f.errors.lines[0], cases[i].part) != NULL, "%s", f.errors.lines[0]);
        char place[64];
        (void)snprintf(place, sizeof(place), "gslb.json:4:%zu: zones[\"example.test\"].names",
                       strlen(cases[i].name) + sizeof("\"\": "));
        ck_assert_msg(strstr(f.errors.lines[0], place) != NULL, "%s", f.errors.lines[0]);
        control_fixture_fini(&f);
    }
}
END_TEST

START_TEST(override_hides_the_file)
{
    struct control_fixture f;
    struct world *world = load(
        &f, CONTROL_ZONE,
        "\"pools\": {\"web\": {\"policy\": \"all\", \"members\": {\"a\": {\"address\": "
        "\"192.0.2.1\"}}}},"
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"plain\": "
        "{\"pool\": \"web\", \"override\": true, \"ttl\": \"5s\"}}}}");
    ck_assert_msg(world != NULL, "%s", f.errors.count > 0 ? f.errors.lines[0] : "?");
    ck_assert_uint_eq(world->zones[0].bindings[0].ttl, 5);
    ck_assert_uint_eq(world->tail_s[0], 5);
    world_free(world);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(errors_of_all_files_at_once)
{
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE "bad A x\n");
    control_fixture_config(&f, "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}, "
                               "\"none.test\": {\"file\": \"none.zone\"}}");
    struct world_options options = { .seed = 7 };
    ck_assert_ptr_null(world_load(f.config, &options, &f.errors));
    ck_assert_uint_eq(f.errors.count, 2);
    ck_assert_ptr_nonnull(strstr(f.errors.lines[0], "example.test.zone:9:"));
    ck_assert_ptr_nonnull(strstr(f.errors.lines[1], "none.zone"));
    control_fixture_fini(&f);
    world_free(NULL);
}
END_TEST

static bool told(const struct errlist *errors, const char *part)
{
    for (size_t i = 0; i < errors->count; i++) {
        if (strstr(errors->lines[i], part) != NULL)
            return true;
    }
    return false;
}

/* A config that is refused for itself is no reason to keep quiet about its zone files. Names that
 * could not be read are left out; what the config's checks tell is not told twice. */
START_TEST(bad_config_and_bad_zones_at_once)
{
    static const char *const parts[] = {
        ".polcy: unknown key", "there is no pool \"wbe\"", "not a domain name",
        "is the same name as", ".alias: the zone file",    "example.test.zone:10: ",
        "none.zone",
    };
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE "alias CNAME plain\nbad A x\n");
    control_fixture_config(
        &f,
        "\"pools\": {\"web\": {\"polcy\": \"all\", \"members\": {\"a\": {\"address\": \"::1\"}}}},"
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {"
        "\"alias\": \"web\", \"twice\": \"web\", \"TWICE\": \"web\", \"none\": \"wbe\", "
        "\"a..b\": \"web\"}}, \"none.test\": {\"file\": \"none.zone\"}, \"b..test\": {\"file\": "
        "\"b.zone\"}}");
    struct world_options options = { .seed = 7 };
    ck_assert_ptr_null(world_load(f.config, &options, &f.errors));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        ck_assert_msg(told(&f.errors, parts[i]), "not told: %s", parts[i]);
    ck_assert_uint_eq(f.errors.count, 8); /* two names are no domain names */
    control_fixture_fini(&f);
}
END_TEST

static void refuse(const struct config *config, struct errlist *errors)
{
    errlist_add(errors, "refused: %s", config->file);
}

/* What is asked of a config besides being sound keeps the world from being made. */
START_TEST(further_checks_are_held)
{
    struct control_fixture f;
    struct world *first = load(&f, CONTROL_ZONE, CONTROL_SECTIONS);
    ck_assert_ptr_nonnull(first);
    struct world_options options = { .seed = 7, .check = refuse };
    ck_assert_ptr_null(world_load(f.config, &options, &f.errors));
    ck_assert(told(&f.errors, "refused: "));
    ck_assert_uint_eq(f.errors.count, 1);
    control_fixture_write(&f, "gslb.json",
                          "{\"server\": {\"workers\": 9}, \"zones\": {\"none.test\": "
                          "{\"file\": \"none.zone\"}}}");
    options = (struct world_options){ .seed = 7, .previous = first };
    ck_assert_ptr_null(world_load(f.config, &options, &f.errors));
    ck_assert(told(&f.errors, "server.workers: "));
    ck_assert(told(&f.errors, "none.zone:1: "));
    world_free(first);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world");
    TCase *tcase = tcase_create("world");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, zones_bindings_and_tails);
    tcase_add_test(tcase, lasting_ids);
    tcase_add_test(tcase, names_against_the_zone);
    tcase_add_test(tcase, override_hides_the_file);
    tcase_add_test(tcase, errors_of_all_files_at_once);
    tcase_add_test(tcase, bad_config_and_bad_zones_at_once);
    tcase_add_test(tcase, further_checks_are_held);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
