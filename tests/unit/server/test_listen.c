// SPDX-License-Identifier: BSD-2-Clause
#include "server/listen.h"

#include "base/errlist.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(opens_once_only)
{
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    struct config *config = config_load(f.config, &f.errors);
    ck_assert_ptr_nonnull(config);
    struct listen_set *set = listen_open(config, &f.errors);
    ck_assert_ptr_nonnull(set);
    ck_assert_uint_eq(listen_worker_count(set), 2);
    ck_assert_ptr_nonnull(listen_workers(set)[1]);
    /* SO_REUSEPORT would let a second one in; we do not. */
    ck_assert_ptr_null(listen_open(config, &f.errors));
    ck_assert_uint_ge(f.errors.count, 1);
    ck_assert_ptr_nonnull(strstr(f.errors.lines[0], "another process"));
    listen_free(set);
    set = listen_open(config, &f.errors);
    ck_assert_ptr_nonnull(set);
    listen_free(set);
    listen_free(NULL);
    config_free(config);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(foreign_address_is_an_error)
{
    struct endpoint endpoint = { .port = 5300 };
    struct config config = { .server = { .listen = { &endpoint, 1 }, .workers = 1 } };
    struct errlist errors;
    errlist_init(&errors);
    ck_assert(addr_parse("198.51.100.77", &endpoint.addr));
    ck_assert_ptr_null(listen_open(&config, &errors));
    ck_assert_uint_ge(errors.count, 1);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "198.51.100.77:5300"));
    errlist_fini(&errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listen");
    TCase *tcase = tcase_create("listen");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, opens_once_only);
    tcase_add_test(tcase, foreign_address_is_an_error);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
