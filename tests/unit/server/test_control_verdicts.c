// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.h"
#include "base/mem.h"
#include "server/control.h"
#include "server/statefile.h"
#include "tests/support/backend.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct control_fixture fixture;
static struct backend *backend;

static void configure(const char *interval)
{
    char sections[1024];
    (void)snprintf(sections, sizeof(sections),
                   "\"checks\": {\"http\": {\"type\": \"http\", \"interval\": \"%s\", "
                   "\"timeout\": \"50ms\", \"fall\": 1, \"rise\": 1, \"confirm_interval\": "
                   "\"100ms\"}},"
                   "\"pools\": {\"web\": {\"policy\": \"all\", \"check\": \"http\", \"members\": "
                   "{\"a\": {\"address\": \"127.0.0.2\", \"port\": %u}}}},"
                   "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": "
                   "{\"www\": \"web\"}}}",
                   interval, (unsigned)backend_endpoint(backend).port);
    control_fixture_config(&fixture, sections);
}

static void setup(void)
{
    backend = backend_new("127.0.0.2", BACKEND_HTTP);
    control_fixture_init(&fixture, CONTROL_ZONE);
}

static void teardown(void)
{
    control_fixture_fini(&fixture);
    backend_free(backend);
}

static void start(void)
{
    ck_assert_msg(control_fixture_start(&fixture), "%s",
                  fixture.errors.count > 0 ? fixture.errors.lines[0] : "?");
}

static const char *file_path(void)
{
    static char path[160];
    (void)snprintf(path, sizeof(path), "%s/state/%s", fixture.dir, STATEFILE_VERDICTS);
    return path;
}

/* A text of the one saved verdict, such as its "at"; owned, NULL when there is none. */
static char *saved(const char *key)
{
    struct json_doc doc;
    struct errlist errors;
    errlist_init(&errors);
    bool ok = json_doc_load(&doc, file_path(), 100000, &errors);
    errlist_fini(&errors);
    if (!ok)
        return NULL;
    json_t *list = json_object_get(doc.root, "verdicts");
    const char *text = json_string_value(json_object_get(json_array_get(list, 0), key));
    char *copy = text == NULL ? NULL : mem_strdup(text);
    json_doc_fini(&doc);
    return copy;
}

static bool saved_is(const char *key, const char *wanted)
{
    char *text = saved(key);
    bool same = text != NULL && strcmp(text, wanted) == 0;
    mem_free(text);
    return same;
}

static bool up_is_saved(void *data)
{
    (void)data;
    return saved_is("verdict", "up");
}

static bool down_is_saved(void *data)
{
    (void)data;
    return saved_is("verdict", "down");
}

static bool is_there(void *data)
{
    (void)data;
    return access(file_path(), F_OK) == 0;
}

/* A crash a moment after a change loses nothing. */
START_TEST(changes_are_saved_soon)
{
    configure("100ms");
    start();
    ck_assert(control_fixture_until(&fixture, up_is_saved, NULL, 4000));
    backend_set_status(backend, 500);
    ck_assert(control_fixture_until(&fixture, down_is_saved, NULL, 4000));
}
END_TEST

/* What was read at start and has not been probed yet is saved again as it was, with its age. */
START_TEST(read_ones_are_kept_until_they_are_probed)
{
    backend_set_status(backend, 500);
    configure("60s");
    start();
    control_fixture_stop(&fixture);
    ck_assert(saved_is("verdict", "down"));
    char *at = saved("at");
    start();
    ck_assert_int_eq(unlink(file_path()), 0);
    ck_assert(control_fixture_until(&fixture, is_there, NULL, 4000));
    ck_assert(saved_is("verdict", "down"));
    ck_assert(saved_is("at", at));
    control_fixture_stop(&fixture);
    ck_assert(saved_is("at", at));
    mem_free(at);
}
END_TEST

static bool alarm_stands(void *data)
{
    (void)data;
    for (size_t i = 0; i < alarms_count(control_alarms(fixture.control)); i++) {
        if (strcmp(alarms_at(control_alarms(fixture.control), i)->key, "verdict_save") == 0)
            return true;
    }
    return false;
}

static bool no_alarm(void *data)
{
    return !alarm_stands(data);
}

/* A folder where the file should come stops root as well. */
START_TEST(a_failed_save_is_told_and_tried_again)
{
    char path[200];
    configure("100ms");
    start();
    (void)snprintf(path, sizeof(path), "%s.new", file_path());
    (void)mkdir(path, 0700);
    backend_set_status(backend, 500);
    ck_assert(control_fixture_until(&fixture, alarm_stands, NULL, 4000));
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert(control_fixture_until(&fixture, no_alarm, NULL, 8000));
    ck_assert(down_is_saved(NULL));
}
END_TEST

static void empty_folder(void)
{
    static const char *const names[] = { STATEFILE_OVERRIDES, STATEFILE_VERDICTS };
    char path[160];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/state/%s", fixture.dir, names[i]);
        ck_assert(unlink(path) == 0 || errno == ENOENT);
    }
    (void)snprintf(path, sizeof(path), "%s/state", fixture.dir);
    ck_assert_int_eq(rmdir(path), 0);
}

START_TEST(a_folder_that_is_removed_is_made_again)
{
    configure("100ms");
    start();
    ck_assert(control_fixture_until(&fixture, up_is_saved, NULL, 4000));
    empty_folder();
    backend_set_status(backend, 500);
    ck_assert(control_fixture_until(&fixture, down_is_saved, NULL, 4000));
    ck_assert(no_alarm(NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_verdicts");
    TCase *tcase = tcase_create("control_verdicts");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, changes_are_saved_soon);
    tcase_add_test(tcase, read_ones_are_kept_until_they_are_probed);
    tcase_add_test(tcase, a_failed_save_is_told_and_tried_again);
    tcase_add_test(tcase, a_folder_that_is_removed_is_made_again);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
