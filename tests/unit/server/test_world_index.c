// SPDX-License-Identifier: BSD-2-Clause
#include "server/world.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sections[] =
    "\"pools\": {\"zz\": {\"policy\": \"all\", \"members\": {\"x\": {\"address\": [\"192.0.2.1\", "
    "\"2001:db8::1\"]}, \"y\": {\"address\": \"192.0.2.1\"}}},"
    "\"aa\": {\"policy\": \"all\", \"members\": {\"v6\": {\"address\": \"2001:db8::1\"}}},"
    "\"mm\": {\"policy\": \"all\", \"members\": {\"x\": {\"pool\": \"zz\"}, \"own\": {\"address\": "
    "\"192.0.2.3\"}}}},"
    "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"old\": "
    "{\"policy\": \"all\", \"check\": []}}}}";

static struct control_fixture fixture;
static struct world *world;

static void setup_with(const char *text)
{
    struct world_options options = { .seed = 7 };
    control_fixture_init(&fixture, CONTROL_ZONE);
    control_fixture_config(&fixture, text);
    world = world_load(fixture.config, &options, &fixture.errors);
    ck_assert_msg(world != NULL, "%s",
                  fixture.errors.count > 0 ? fixture.errors.lines[0] : "no error");
}

static void setup(void)
{
    setup_with(sections);
}

static void teardown(void)
{
    world_free(world);
    control_fixture_fini(&fixture);
}

START_TEST(pools_by_name)
{
    static const char *const names[] = { "zz", "aa", "mm", "old.example.test" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint32_t pool = world_pool(world, names[i]);
        ck_assert_uint_ne(pool, POOL_NONE);
        ck_assert_str_eq(world->pools.pools[pool].name, names[i]);
    }
    ck_assert_uint_eq(world_pool(world, "m"), POOL_NONE);
    ck_assert_uint_eq(world_pool(world, ""), POOL_NONE);
    ck_assert_uint_eq(world_pool(world, "zzz"), POOL_NONE);
}
END_TEST

/* "POOL/MEMBER" of all members with that address, each with a blank behind it. */
static const char *users_of(const char *address)
{
    static char text[256];
    struct addr addr;
    size_t count = 0;
    ck_assert(addr_parse(address, &addr));
    const struct world_user *users = world_users(world, &addr, &count);
    ck_assert_int_eq(users != NULL, count > 0);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct pool *pool = &world->pools.pools[users[i].pool];
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "%s/%s ", pool->name,
                       pool->members[users[i].member].name);
    }
    return text;
}

START_TEST(members_by_address)
{
    ck_assert_str_eq(users_of("192.0.2.1"), "zz/x zz/y ");
    ck_assert_str_eq(users_of("2001:db8::1"), "zz/x aa/v6 ");
    ck_assert_str_eq(users_of("192.0.2.3"), "mm/own ");
    ck_assert_str_eq(users_of("192.0.2.82"), "old.example.test/192.0.2.82 ");
    ck_assert_str_eq(users_of("192.0.2.2"), "");
    ck_assert_str_eq(users_of("0.0.0.0"), "");
    ck_assert_str_eq(users_of("ffff::"), "");
}
END_TEST

START_TEST(families_of_pools)
{
    static const unsigned a = 1U << PICKER_A;
    static const unsigned aaaa = 1U << PICKER_AAAA;
    ck_assert_uint_eq(world->families[world_pool(world, "zz")], a | aaaa);
    ck_assert_uint_eq(world->families[world_pool(world, "aa")], aaaa);
    ck_assert_uint_eq(world->families[world_pool(world, "mm")], a | aaaa);
    for (uint32_t p = 0; p < world->pools.count; p++)
        ck_assert_uint_eq(world->families[p], pool_families(&world->pools, p));
}
END_TEST

START_TEST(a_world_without_pools)
{
    struct addr addr;
    size_t count = 7;
    setup_with("\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}}");
    ck_assert(addr_parse("192.0.2.1", &addr));
    ck_assert_uint_eq(world_pool(world, "web"), POOL_NONE);
    ck_assert_ptr_null(world_users(world, &addr, &count));
    ck_assert_uint_eq(count, 0);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world_index");
    TCase *tcase = tcase_create("world_index");
    TCase *empty = tcase_create("empty");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, pools_by_name);
    tcase_add_test(tcase, members_by_address);
    tcase_add_test(tcase, families_of_pools);
    tcase_add_test(empty, a_world_without_pools);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, empty);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
