// SPDX-License-Identifier: BSD-2-Clause
#include "health/override.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct override_store *store;

static void set_up(void)
{
    store = override_store_new();
}

static void tear_down(void)
{
    override_store_free(store);
}

static struct override member(const char *pool, const char *name, enum override_state state)
{
    struct override value = {
        .scope = OVERRIDE_MEMBER, .kind = OVERRIDE_KIND_STATE, .state = state, .since_ms = 1000
    };
    (void)snprintf(value.pool, sizeof(value.pool), "%s", pool);
    (void)snprintf(value.member, sizeof(value.member), "%s", name);
    return value;
}

static struct override weight(const char *pool, const char *name, uint32_t value)
{
    struct override result = member(pool, name, OVERRIDE_NONE);
    result.kind = OVERRIDE_KIND_WEIGHT;
    result.weight = value;
    return result;
}

static struct addr address(const char *text)
{
    struct addr addr;
    ck_assert(addr_parse(text, &addr));
    return addr;
}

static struct override backend(const char *text, enum override_state state)
{
    return (struct override){ .scope = OVERRIDE_BACKEND,
                              .kind = OVERRIDE_KIND_STATE,
                              .state = state,
                              .address = address(text) };
}

static enum override_state state_of(const char *pool, const char *name)
{
    const struct override *found = override_of_member(store, OVERRIDE_KIND_STATE, pool, name);
    return found != NULL ? found->state : OVERRIDE_NONE;
}

START_TEST(set_then_find)
{
    struct override a = member("web", "a", OVERRIDE_DOWN);
    struct override b = member("web", "b", OVERRIDE_DRAIN);
    struct override other = member("api", "a", OVERRIDE_UP);
    (void)snprintf(a.reason, sizeof(a.reason), "kernel update");
    (void)snprintf(a.author, sizeof(a.author), "alice");
    const struct override *stored = override_set(store, &a);
    ck_assert_str_eq(stored->id, "o1");
    ck_assert_str_eq(stored->reason, "kernel update");
    ck_assert_str_eq(stored->author, "alice");
    ck_assert_int_eq(stored->since_ms, 1000);
    ck_assert_str_eq(override_set(store, &b)->id, "o2");
    ck_assert_str_eq(override_set(store, &other)->id, "o3");
    ck_assert_int_eq(state_of("web", "a"), OVERRIDE_DOWN);
    ck_assert_int_eq(state_of("web", "b"), OVERRIDE_DRAIN);
    ck_assert_int_eq(state_of("api", "a"), OVERRIDE_UP);
    ck_assert_int_eq(state_of("api", "b"), OVERRIDE_NONE);
    ck_assert_int_eq(state_of("weba", ""), OVERRIDE_NONE);
    ck_assert_uint_eq(override_count(store), 3);
}
END_TEST

START_TEST(state_and_weight_are_two)
{
    struct override state = member("web", "a", OVERRIDE_DOWN);
    struct override heavy = weight("web", "a", 7);
    heavy.state = OVERRIDE_UP; /* does not belong there */
    override_set(store, &state);
    override_set(store, &heavy);
    const struct override *found = override_of_member(store, OVERRIDE_KIND_WEIGHT, "web", "a");
    ck_assert_ptr_nonnull(found);
    ck_assert_uint_eq(found->weight, 7);
    ck_assert_int_eq(found->state, OVERRIDE_NONE);
    ck_assert_int_eq(state_of("web", "a"), OVERRIDE_DOWN);
    ck_assert(override_clear(store, OVERRIDE_MEMBER, OVERRIDE_KIND_WEIGHT, "web", "a", NULL));
    ck_assert_int_eq(state_of("web", "a"), OVERRIDE_DOWN);
    ck_assert_ptr_null(override_of_member(store, OVERRIDE_KIND_WEIGHT, "web", "a"));
}
END_TEST

START_TEST(set_replaces_and_takes_a_new_id)
{
    struct override a = member("web", "a", OVERRIDE_DOWN);
    struct override b = member("web", "b", OVERRIDE_DOWN);
    override_set(store, &a);
    override_set(store, &b);
    a.state = OVERRIDE_UP;
    ck_assert_str_eq(override_set(store, &a)->id, "o3");
    ck_assert_uint_eq(override_count(store), 2);
    ck_assert_int_eq(state_of("web", "a"), OVERRIDE_UP);
    ck_assert_str_eq(override_at(store, 0)->id, "o2"); /* in order of creation */
    ck_assert_str_eq(override_at(store, 1)->id, "o3");
    ck_assert(!override_clear_id(store, "o1"));
}
END_TEST

START_TEST(backends_by_address)
{
    struct override v4 = backend("192.0.2.1", OVERRIDE_DOWN);
    struct override v6 = backend("2001:db8::1", OVERRIDE_DRAIN);
    struct override same_bytes = member("", "", OVERRIDE_UP);
    override_set(store, &v4);
    override_set(store, &v6);
    override_set(store, &same_bytes);
    struct addr wanted = address("192.0.2.1");
    ck_assert_int_eq(override_of_backend(store, &wanted)->state, OVERRIDE_DOWN);
    wanted = address("2001:db8::1");
    ck_assert_int_eq(override_of_backend(store, &wanted)->state, OVERRIDE_DRAIN);
    wanted = address("192.0.2.2");
    ck_assert_ptr_null(override_of_backend(store, &wanted));
    wanted = address("192.0.2.1");
    ck_assert(override_clear(store, OVERRIDE_BACKEND, OVERRIDE_KIND_STATE, NULL, NULL, &wanted));
    ck_assert(!override_clear(store, OVERRIDE_BACKEND, OVERRIDE_KIND_STATE, NULL, NULL, &wanted));
    ck_assert_ptr_null(override_of_backend(store, &wanted));
    ck_assert_uint_eq(override_count(store), 2);
}
END_TEST

START_TEST(clear_takes_only_its_own)
{
    struct override a = member("web", "a", OVERRIDE_DOWN);
    struct override by_address = backend("192.0.2.1", OVERRIDE_DOWN);
    override_set(store, &a);
    override_set(store, &by_address);
    ck_assert(override_clear(store, OVERRIDE_MEMBER, OVERRIDE_KIND_STATE, "web", "a", NULL));
    ck_assert(!override_clear(store, OVERRIDE_MEMBER, OVERRIDE_KIND_STATE, "web", "a", NULL));
    ck_assert_uint_eq(override_count(store), 1);
    ck_assert(override_clear_id(store, "o2"));
    ck_assert(!override_clear_id(store, "o2"));
    ck_assert_uint_eq(override_count(store), 0);
    ck_assert_str_eq(override_set(store, &a)->id, "o3"); /* never an old id again */
}
END_TEST

START_TEST(expire_removes_what_is_over)
{
    int64_t next = -1;
    ck_assert_uint_eq(override_expire(store, 0, &next), 0);
    ck_assert_int_eq(next, 0);
    const int64_t until[] = { 500, 0, 300, 400, 300 };
    for (size_t i = 0; i < 5; i++) {
        char name[8];
        (void)snprintf(name, sizeof(name), "m%zu", i);
        struct override value = member("web", name, OVERRIDE_DOWN);
        value.until_ms = until[i];
        override_set(store, &value);
    }
    ck_assert_uint_eq(override_expire(store, 299, &next), 0);
    ck_assert_int_eq(next, 300);
    ck_assert_uint_eq(override_expire(store, 300, &next), 2);
    ck_assert_int_eq(next, 400);
    ck_assert_int_eq(state_of("web", "m2"), OVERRIDE_NONE);
    ck_assert_int_eq(state_of("web", "m3"), OVERRIDE_DOWN);
    ck_assert_uint_eq(override_expire(store, 1000, &next), 2);
    ck_assert_int_eq(next, 0);
    ck_assert_uint_eq(override_count(store), 1);
    ck_assert_str_eq(override_at(store, 0)->member, "m1");
}
END_TEST

START_TEST(restore_keeps_ids_and_grows_beyond)
{
    struct override a = member("web", "a", OVERRIDE_DOWN);
    struct override b = member("web", "b", OVERRIDE_DRAIN);
    (void)snprintf(a.id, sizeof(a.id), "o41");
    (void)snprintf(b.id, sizeof(b.id), "o7");
    override_restore(store, &a);
    override_restore(store, &b);
    ck_assert_str_eq(override_at(store, 0)->id, "o41");
    ck_assert_str_eq(override_at(store, 1)->id, "o7");
    struct override c = member("web", "c", OVERRIDE_DOWN);
    ck_assert_str_eq(override_set(store, &c)->id, "o42");
}
END_TEST

START_TEST(restore_of_damaged_ids_makes_new_ones)
{
    static const char *const ids[] = { "", "x", "o", "o-1", "o99999999999999999999", "o5", "o5" };
    size_t count = sizeof(ids) / sizeof(ids[0]);
    for (size_t i = 0; i < count; i++) {
        char name[8];
        (void)snprintf(name, sizeof(name), "m%zu", i);
        struct override value = member("web", name, OVERRIDE_DOWN);
        (void)snprintf(value.id, sizeof(value.id), "%s", ids[i]);
        override_restore(store, &value);
    }
    ck_assert_uint_eq(override_count(store), count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(override_at(store, i)->id, override_at(store, k)->id);
        ck_assert_int_eq(override_at(store, i)->id[0], 'o');
    }
}
END_TEST

START_TEST(restore_ends_texts)
{
    struct override value = member("web", "a", OVERRIDE_DOWN);
    memset(value.reason, 'r', sizeof(value.reason));
    memset(value.author, 'a', sizeof(value.author));
    memset(value.id, 'o', sizeof(value.id));
    override_restore(store, &value);
    ck_assert_uint_eq(strlen(override_at(store, 0)->reason), OVERRIDE_TEXT_MAX - 1);
    ck_assert_uint_eq(strlen(override_at(store, 0)->author), OVERRIDE_TEXT_MAX - 1);
}
END_TEST

START_TEST(many_are_found_again)
{
    enum { MANY = 2000 };
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "m%u", i * 7919 % MANY);
        struct override value = weight("web", name, i * 7919 % MANY);
        override_set(store, &value);
    }
    ck_assert_uint_eq(override_count(store), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "m%u", i);
        const struct override *found = override_of_member(store, OVERRIDE_KIND_WEIGHT, "web", name);
        ck_assert_ptr_nonnull(found);
        ck_assert_uint_eq(found->weight, i);
        if (i % 2 == 0)
            ck_assert(override_clear_id(store, found->id));
    }
    ck_assert_uint_eq(override_count(store), MANY / 2);
    ck_assert_ptr_null(override_of_member(store, OVERRIDE_KIND_WEIGHT, "web", "m0"));
    ck_assert_ptr_nonnull(override_of_member(store, OVERRIDE_KIND_WEIGHT, "web", "m1"));
}
END_TEST

START_TEST(state_names_are_those_of_the_api)
{
    ck_assert_str_eq(override_state_name(OVERRIDE_UP), "up");
    ck_assert_str_eq(override_state_name(OVERRIDE_DOWN), "down");
    ck_assert_str_eq(override_state_name(OVERRIDE_DRAIN), "drain");
    ck_assert_str_eq(override_state_name(OVERRIDE_NONE), "none");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("override");
    TCase *tcase = tcase_create("override");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, set_then_find);
    tcase_add_test(tcase, state_and_weight_are_two);
    tcase_add_test(tcase, set_replaces_and_takes_a_new_id);
    tcase_add_test(tcase, backends_by_address);
    tcase_add_test(tcase, clear_takes_only_its_own);
    tcase_add_test(tcase, expire_removes_what_is_over);
    tcase_add_test(tcase, restore_keeps_ids_and_grows_beyond);
    tcase_add_test(tcase, restore_of_damaged_ids_makes_new_ones);
    tcase_add_test(tcase, restore_ends_texts);
    tcase_add_test(tcase, many_are_found_again);
    tcase_add_test(tcase, state_names_are_those_of_the_api);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
