// SPDX-License-Identifier: BSD-2-Clause
#include "server/world.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct world *load(struct control_fixture *f, const char *sections)
{
    struct world_options options = { .seed = 7 };
    control_fixture_init(f, CONTROL_ZONE);
    control_fixture_config(f, sections);
    struct world *world = world_load(f->config, &options, &f->errors);
    ck_assert_msg(world != NULL, "%s", f->errors.count > 0 ? f->errors.lines[0] : "?");
    return world;
}

START_TEST(one_target_for_one_question)
{
    struct control_fixture f;
    struct world *world =
        load(&f, "\"checks\": {\"one\": {\"type\": \"tcp\", \"port\": 80}, \"same\": {\"type\": "
                 "\"tcp\", \"port\": 80},"
                 "\"own\": {\"type\": \"tcp\"}, \"there\": {\"type\": \"tcp\", \"port\": 80, "
                 "\"address\": \"192.0.2.77\"}},"
                 "\"pools\": {\"p\": {\"policy\": \"all\", \"check\": \"one\", \"members\": {"
                 "\"a\": {\"address\": \"192.0.2.1\"}, \"b\": {\"address\": \"192.0.2.1\", "
                 "\"check\": \"same\"},"
                 "\"c\": {\"address\": \"192.0.2.1\", \"port\": 81, \"check\": [\"one\", \"own\"]},"
                 "\"d\": {\"address\": [\"192.0.2.2\", \"2001:db8::2\"]},"
                 "\"e\": {\"address\": \"192.0.2.3\", \"check\": \"there\"}, \"f\": {\"address\": "
                 "\"192.0.2.4\", \"check\": \"there\"}}}},"
                 "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}}");
    const struct pool *pool = &world->pools.pools[0];
    /* one and same at .1 port 80; own at .1 port 81; one at .2 and ::2; there once for e and f. */
    ck_assert_uint_eq(world->target_count, 5);
    ck_assert_uint_eq(pool->members[0].addresses[0].targets[0],
                      pool->members[1].addresses[0].targets[0]);
    ck_assert_uint_eq(pool->members[2].addresses[0].target_count, 2);
    ck_assert_uint_eq(pool->members[2].addresses[0].targets[0],
                      pool->members[0].addresses[0].targets[0]);
    ck_assert_uint_eq(world->targets[pool->members[2].addresses[0].targets[1]].endpoint.port, 81);
    ck_assert_uint_eq(pool->members[3].address_count, 2);
    ck_assert_uint_ne(pool->members[3].addresses[0].targets[0],
                      pool->members[3].addresses[1].targets[0]);
    ck_assert_uint_eq(pool->members[4].addresses[0].targets[0],
                      pool->members[5].addresses[0].targets[0]);
    world_free(world);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(members_with_a_weight_header_are_weighed)
{
    struct control_fixture f;
    struct world *world =
        load(&f, "\"checks\": {\"h\": {\"type\": \"http\"}, \"w\": {\"type\": \"http\", "
                 "\"weight_header\": \"X-Weight\"}},"
                 "\"pools\": {\"p\": {\"policy\": \"all\", \"check\": \"w\", \"members\": {"
                 "\"a\": {\"address\": \"192.0.2.1\"}, \"b\": {\"address\": \"192.0.2.2\", "
                 "\"check\": [\"h\", \"w\"]},"
                 "\"c\": {\"address\": \"192.0.2.1\", \"check\": \"h\"}, \"d\": {\"address\": "
                 "\"192.0.2.3\", \"check\": []}, \"e\": {\"pool\": \"q\"}}},"
                 "\"q\": {\"members\": {\"a\": {\"address\": \"192.0.2.9\"}}}},"
                 "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\"}}");
    const struct pool *pool = &world->pools.pools[0];
    static const bool weighed[] = { true, true, false, false, false };
    ck_assert_uint_eq(pool->member_count, 5);
    for (size_t i = 0; i < pool->member_count; i++)
        ck_assert_int_eq(pool->members[i].weighed, weighed[i]);
    /* the same address asked with and without are two questions */
    ck_assert_uint_ne(pool->members[0].addresses[0].targets[0],
                      pool->members[2].addresses[0].targets[0]);
    world_free(world);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(pool_of_the_files_own_records)
{
    struct control_fixture f;
    struct world *world =
        load(&f, "\"checks\": {\"one\": {\"type\": \"tcp\", \"port\": 80}},"
                 "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {"
                 "\"old\": {\"check\": \"one\", \"policy\": \"round_robin\"}}}}");
    uint32_t index = world_pool(world, "old.example.test");
    ck_assert_uint_ne(index, POOL_NONE);
    const struct pool *pool = &world->pools.pools[index];
    ck_assert_uint_eq(pool->member_count, 3);
    ck_assert_str_eq(pool->members[0].name, "192.0.2.81");
    ck_assert_str_eq(pool->members[1].name, "192.0.2.82");
    ck_assert_str_eq(pool->members[2].name, "2001:db8::81");
    ck_assert_uint_eq(world->target_count, 3);
    ck_assert_uint_eq(world->zones[0].bindings[0].families, 1U << PICKER_A | 1U << PICKER_AAAA);
    world_free(world);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world_pools");
    TCase *tcase = tcase_create("world_pools");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, one_target_for_one_question);
    tcase_add_test(tcase, members_with_a_weight_header_are_weighed);
    tcase_add_test(tcase, pool_of_the_files_own_records);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
