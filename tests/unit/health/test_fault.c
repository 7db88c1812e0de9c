// SPDX-License-Identifier: BSD-2-Clause
#include "health/fault.h"

#include "base/compiler.h"
#include "tests/support/netns.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const struct {
    int error;
    enum health_result result;
    const char *reason;
} cases[] = {
    { EMFILE, HEALTH_NO_VERDICT, "local: no descriptors left" },
    { ENFILE, HEALTH_NO_VERDICT, "local: no descriptors left in the system" },
    { ENOBUFS, HEALTH_NO_VERDICT, "local: no buffers left" },
    { ENOMEM, HEALTH_NO_VERDICT, "local: no memory left" },
    { EADDRNOTAVAIL, HEALTH_NO_VERDICT, "local: no port or source address left" },
    { EACCES, HEALTH_NO_VERDICT, "local: not permitted" },
    { EPERM, HEALTH_NO_VERDICT, "local: not permitted" },
    { ECONNREFUSED, HEALTH_FAIL, "connection refused" },
    { ECONNRESET, HEALTH_FAIL, "connection reset" },
    { ETIMEDOUT, HEALTH_FAIL, "timeout" },
    { EHOSTUNREACH, HEALTH_FAIL, "host unreachable" },
    { EINVAL, HEALTH_FAIL, "Invalid argument" },
    { 123456, HEALTH_FAIL, "unknown error" },
};

START_TEST(of_table)
{
    struct endpoint target = { .addr = { .family = ADDR_V4, .bytes = { 127, 0, 0, 1 } },
                               .port = 80 };
    struct fault fault = fault_of(cases[_i].error, &target);
    ck_assert_int_eq(fault.result, cases[_i].result);
    ck_assert_str_eq(fault.reason, cases[_i].reason);
}
END_TEST

/* There is a route to loopback: somebody else said "unreachable". */
START_TEST(of_unreachable_network_with_a_route)
{
    struct endpoint target = { .addr = { .family = ADDR_V4, .bytes = { 127, 0, 0, 1 } },
                               .port = 80 };
    struct fault fault = fault_of(ENETUNREACH, &target);
    ck_assert_int_eq(fault.result, HEALTH_FAIL);
    ck_assert_str_eq(fault.reason, "network unreachable");
}
END_TEST

static int without_routes(void)
{
    struct endpoint target = { .port = 80 };
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    if (!addr_parse("192.0.2.1", &target.addr))
        return 1;
    struct fault fault = fault_of(ENETUNREACH, &target);
    return fault.result == HEALTH_NO_VERDICT && strcmp(fault.reason, "local: no route") == 0 ? 0
                                                                                             : 2;
}

START_TEST(of_unreachable_network_without_a_route)
{
    int status = netns_fork(without_routes);
    if (status != NETNS_FORBIDDEN)
        ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault");
    TCase *tcase = tcase_create("fault");
    tcase_add_loop_test(tcase, of_table, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, of_unreachable_network_with_a_route);
    tcase_add_test(tcase, of_unreachable_network_without_a_route);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
