// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/control.h"
#include "server/statefile.h"
#include "tests/support/backend.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct outcome {
    bool called;
    bool saved;
};

static void note(void *data, uint64_t generation, bool saved)
{
    struct outcome *outcome = data;
    (void)generation;
    outcome->called = true;
    outcome->saved = saved;
}

static bool was_called(void *data)
{
    return ((struct outcome *)data)->called;
}

static bool change(struct control_fixture *f)
{
    struct outcome outcome = { 0 };
    uint32_t pool = world_pool(control_world(f->control), "web");
    ck_assert(
        control_override_member_state(f->control, pool, 0, OVERRIDE_DOWN, "why not", "jo", 0));
    control_when_served(f->control, note, &outcome);
    ck_assert(control_fixture_until(f, was_called, &outcome, 8000));
    return outcome.saved;
}

static bool has_alarm(struct control_fixture *f, const char *key)
{
    for (size_t i = 0; i < alarms_count(control_alarms(f->control)); i++) {
        if (strcmp(alarms_at(control_alarms(f->control), i)->key, key) == 0)
            return true;
    }
    return false;
}

START_TEST(overrides_outlive_a_crash)
{
    struct control_fixture f;
    char path[160];
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    ck_assert(change(&f));
    ck_assert(!has_alarm(&f, "state_save"));
    /* The file is there before the process ends, so a crash does not matter. */
    (void)snprintf(path, sizeof(path), "%s/state/%s", f.dir, STATEFILE_OVERRIDES);
    ck_assert_int_eq(access(path, R_OK), 0);
    control_fixture_stop(&f);
    ck_assert(control_fixture_start(&f));
    ck_assert_uint_eq(override_count(control_overrides(f.control)), 1);
    ck_assert_str_eq(override_at(control_overrides(f.control), 0)->reason, "why not");
    char *text = control_fixture_dig(&f, "www.example.test A");
    ck_assert_ptr_null(strstr(text, "192.0.2.1\n"));
    ck_assert_ptr_nonnull(strstr(text, "192.0.2.2\n"));
    mem_free(text);
    control_fixture_fini(&f);
}
END_TEST

/* The change is in force, says that it is not saved, and an alarm stands. A folder takes the place
 * of the file, which stops root too. */
START_TEST(a_full_disk_stops_nobody)
{
    struct control_fixture f;
    char path[160];
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    (void)snprintf(path, sizeof(path), "%s/state", f.dir);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/state/%s.new", f.dir, STATEFILE_OVERRIDES);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert(control_fixture_start(&f));
    ck_assert(!change(&f));
    ck_assert(has_alarm(&f, "state_save"));
    char *text = control_fixture_dig(&f, "www.example.test A");
    ck_assert_ptr_null(strstr(text, "192.0.2.1\n"));
    mem_free(text);
    control_fixture_fini(&f);
}
END_TEST

START_TEST(saved_verdicts_answer_at_once)
{
    struct control_fixture f;
    char sections[1024];
    struct backend *backend = backend_new("127.0.0.2", BACKEND_REFUSE);
    control_fixture_init(&f, CONTROL_ZONE);
    (void)snprintf(
        sections, sizeof(sections),
        "\"checks\": {\"tcp\": {\"type\": \"tcp\", \"interval\": \"60s\", \"timeout\": \"2s\", "
        "\"fall\": 1}},"
        "\"pools\": {\"web\": {\"policy\": \"round_robin\", \"check\": \"tcp\", \"members\": {"
        "\"a\": {\"address\": \"127.0.0.2\", \"port\": %u}, \"b\": {\"address\": \"192.0.2.9\", "
        "\"check\": []}}}},"
        "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {\"www\": "
        "\"web\"}}}",
        (unsigned)backend_endpoint(backend).port);
    control_fixture_config(&f, sections);
    ck_assert_msg(control_fixture_start(&f), "%s", f.errors.count > 0 ? f.errors.lines[0] : "?");
    control_fixture_stop(&f);
    /* The backend answers now, but what was known is younger than five minutes and stands: one
     * passing probe would not be enough (rise 2). */
    backend_set_face(backend, BACKEND_SILENT);
    ck_assert(control_fixture_start(&f));
    char *text = control_fixture_dig(&f, "www.example.test A");
    ck_assert_ptr_null(strstr(text, "127.0.0.2"));
    ck_assert_ptr_nonnull(strstr(text, "192.0.2.9"));
    mem_free(text);
    control_fixture_fini(&f);
    backend_free(backend);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_save");
    TCase *tcase = tcase_create("control_save");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, overrides_outlive_a_crash);
    tcase_add_test(tcase, a_full_disk_stops_nobody);
    tcase_add_test(tcase, saved_verdicts_answer_at_once);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
