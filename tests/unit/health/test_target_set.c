// SPDX-License-Identifier: BSD-2-Clause
#include "health/target_set.h"

#include "base/compiler.h"

#include <check.h>

static struct check tcp_check(const char *expect)
{
    struct check check = { .name = "t", .type = CHECK_TCP, .interval_ms = 1000, .timeout_ms = 500 };
    check.args.tcp.expect = expect;
    return check;
}

static struct endpoint endpoint(uint16_t port)
{
    return (struct endpoint){ .addr = { .family = ADDR_V4, .bytes = { 127, 0, 0, 1 } },
                              .port = port };
}

START_TEST(new_sorts_and_copies_each_check_once)
{
    struct check a = tcp_check("a");
    struct check b = tcp_check("b");
    const struct prober_target targets[] = {
        { .id = 9, .check = &a, .endpoint = endpoint(9) },
        { .id = 3, .check = &b, .endpoint = endpoint(3), .seed = HEALTH_UP, .seed_since_ms = 5 },
        { .id = 7, .check = &a, .endpoint = endpoint(7) },
        { .id = 1, .check = &b, .endpoint = endpoint(1) },
    };
    struct target_set *set = target_set_new(targets, ARRAY_LEN(targets));
    ck_assert_uint_eq(set->count, 4);
    static const uint32_t ids[] = { 1, 3, 7, 9 };
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(set->targets[i].id, ids[i]);
        ck_assert_uint_eq(set->targets[i].endpoint.port, ids[i]);
    }
    ck_assert_ptr_eq(set->targets[0].check, set->targets[1].check);
    ck_assert_ptr_eq(set->targets[2].check, set->targets[3].check);
    ck_assert_ptr_ne(set->targets[0].check, &b);
    ck_assert_str_eq(set->targets[0].check->args.tcp.expect, "b");
    ck_assert_str_eq(set->targets[3].check->args.tcp.expect, "a");
    ck_assert_int_eq(set->targets[1].seed, HEALTH_UP);
    ck_assert_uint_eq(set->targets[1].seed_since_ms, 5);
    target_set_unref(set);
}
END_TEST

START_TEST(new_drops_a_second_one_of_an_id)
{
    struct check a = tcp_check("a");
    const struct prober_target targets[] = {
        { .id = 2, .check = &a, .endpoint = endpoint(1) },
        { .id = 2, .check = &a, .endpoint = endpoint(1) },
        { .id = 1, .check = &a, .endpoint = endpoint(1) },
    };
    struct target_set *set = target_set_new(targets, ARRAY_LEN(targets));
    ck_assert_uint_eq(set->count, 2);
    ck_assert_uint_eq(set->targets[0].id, 1);
    ck_assert_uint_eq(set->targets[1].id, 2);
    target_set_unref(set);
}
END_TEST

START_TEST(new_applies_the_checks_address_and_port)
{
    struct check a = tcp_check("a");
    a.port = 99;
    a.has_address = true;
    ck_assert(addr_parse("::1", &a.address));
    const struct prober_target target = { .id = 2, .check = &a, .endpoint = endpoint(1) };
    struct target_set *set = target_set_new(&target, 1);
    ck_assert_uint_eq(set->targets[0].endpoint.port, 99);
    ck_assert_int_eq(set->targets[0].endpoint.addr.family, ADDR_V6);
    target_set_unref(set);
}
END_TEST

START_TEST(an_empty_set)
{
    struct target_set *set = target_set_new(NULL, 0);
    ck_assert_uint_eq(set->count, 0);
    target_set_unref(set);
}
END_TEST

START_TEST(lives_until_the_last_user)
{
    struct check a = tcp_check("a");
    const struct prober_target target = { .id = 2, .check = &a, .endpoint = endpoint(1) };
    struct target_set *set = target_set_new(&target, 1);
    target_set_ref(set);
    target_set_unref(set);
    ck_assert_uint_eq(set->users, 1);
    ck_assert_str_eq(set->targets[0].check->args.tcp.expect, "a");
    target_set_unref(set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_set");
    TCase *tcase = tcase_create("target_set");
    tcase_add_test(tcase, new_sorts_and_copies_each_check_once);
    tcase_add_test(tcase, new_drops_a_second_one_of_an_id);
    tcase_add_test(tcase, new_applies_the_checks_address_and_port);
    tcase_add_test(tcase, an_empty_set);
    tcase_add_test(tcase, lives_until_the_last_user);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
