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

START_TEST(errors_name_place_and_remedy)
{
    static const char text[] = "{\"server\": {\"listen\": [\n\"127.73.9.1:5399\",\n"
                               "\"198.51.100.77:5300\"]},\n\"zones\": {}}";
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = config_load_text("x.json", text, strlen(text), &errors);
    if (config == NULL)
        ck_abort_msg("%s", errors.lines[0]);
    ck_assert_ptr_null(listen_open(config, &errors));
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_str_eq(errors.lines[0],
                     "x.json:3:1: server.listen[1]: cannot listen on 198.51.100.77:5300 (UDP): "
                     "Cannot assign requested address; no interface of this machine has the "
                     "address (see: ip address)");
    ck_assert_ptr_nonnull(strstr(errors.lines[1], "(TCP)"));
    config_free(config);
    errlist_fini(&errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listen");
    TCase *tcase = tcase_create("listen");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, opens_once_only);
    tcase_add_test(tcase, errors_name_place_and_remedy);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
