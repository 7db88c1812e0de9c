// SPDX-License-Identifier: BSD-2-Clause
#include "server/publish.h"

#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdlib.h>

static enum pool_use live(void *data, uint32_t pool, uint32_t member, size_t address)
{
    (void)data;
    (void)pool;
    (void)member;
    (void)address;
    return POOL_LIVE;
}

static enum pool_use nested(void *data, uint32_t pool, uint32_t member)
{
    return live(data, pool, member, 0);
}

static uint32_t one(void *data, uint32_t pool, uint32_t member)
{
    (void)data;
    (void)pool;
    (void)member;
    return 1;
}

static void release(void *data, struct world *world)
{
    ++*(unsigned *)data;
    world_free(world);
}

START_TEST(a_world_lives_as_long_as_its_states)
{
    struct control_fixture f;
    struct world_options options = { .seed = 7 };
    const struct pool_view view = { .address = live, .nested = nested, .weight = one };
    unsigned released = 0;
    struct registry *registry = registry_new();
    struct publisher *publisher = publisher_new(registry, release, &released);
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    struct world *world = world_load(f.config, &options, &f.errors);
    ck_assert_ptr_nonnull(world);
    world_attach(world, registry);
    struct pool_table *pools = pool_table_new(&world->pools);
    pool_table_build(pools, &view, NULL);

    ck_assert_ptr_null(publisher_newest(publisher));
    const struct state *state = publisher_publish(publisher, world, pools, NULL, 0);
    ck_assert_uint_eq(state->generation, 1);
    ck_assert_ptr_eq(publisher_newest(publisher), state);
    ck_assert_ptr_nonnull(state->zones[0].bindings[0].picker[PICKER_A]);
    ck_assert_int_eq(picker_kind(state->zones[0].bindings[0].picker[PICKER_AAAA]), PICKER_EMPTY);
    ck_assert_str_eq(state->zones[0].bindings[0].pool, "web");
    (void)publisher_publish(publisher, world, pools, NULL, 0);
    ck_assert_uint_eq(publisher_generation(publisher), 2);
    ck_assert_uint_eq(publisher_states(publisher), 2);
    /* Without workers only the newest is in use. */
    ck_assert_uint_eq(publisher_collect(publisher, NULL, 0), 2);
    ck_assert_uint_eq(publisher_states(publisher), 1);
    ck_assert_uint_eq(world->refs, 2);
    publisher_world_unref(publisher, world);
    ck_assert_uint_eq(released, 0);
    pool_table_free(pools);
    publisher_free(publisher);
    ck_assert_uint_eq(released, 1);
    registry_free(registry);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("publish");
    TCase *tcase = tcase_create("publish");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_world_lives_as_long_as_its_states);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
