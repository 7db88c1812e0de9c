// SPDX-License-Identifier: BSD-2-Clause
/* Which services are ours, over restarts: the file. */
#include "base/json.h"
#include "base/mem.h"
#include "server/control.h"
#include "tests/support/ipvs_scene.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ipvs_scene s;

static char *path_of(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/state/%s", s.api.control.dir, name);
    return path;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path_of("ipvs.json"), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert(fputs(text, file) >= 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_file_names_what_was_made)
{
    struct errlist errors;
    size_t length = 0;
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    errlist_init(&errors);
    char *text = json_read_file(path_of("ipvs.json"), 100000, &length, &errors);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "\"" SCENE_KEY "\""));
    mem_free(text);
    errlist_fini(&errors);
    ipvs_scene_fini(&s);
}
END_TEST

static bool file_has_key(void)
{
    size_t length = 0;
    struct errlist errors;
    errlist_init(&errors);
    char *text = json_read_file(path_of("ipvs.json"), 100000, &length, &errors);
    bool found = text == NULL || strstr(text, SCENE_KEY) != NULL;
    mem_free(text);
    errlist_fini(&errors);
    return found;
}

static bool key_is_forgotten(void *data)
{
    (void)data;
    return !file_has_key();
}

START_TEST(what_is_deleted_is_not_ours_any_more)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "\"drain\": \"0s\",", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert(file_has_key());
    ipvs_scene_config_without(&s, "\"max_remove\": 100,");
    control_reload(ipvs_scene_control(&s), "test", NULL, NULL);
    ipvs_scene_expect(&s, "-");
    ck_assert(control_fixture_until(&s.api.control, key_is_forgotten, NULL, 5000));
    ipvs_scene_fini(&s);
}
END_TEST

START_TEST(what_the_exit_removes_is_not_ours_any_more)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "\"on_exit\": \"remove\",", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    control_settle(ipvs_scene_control(&s));
    ipvs_scene_stop(&s);
    ck_assert(!file_has_key());
    ipvs_scene_fini(&s);
}
END_TEST

/* The host was started anew, or somebody has removed it while we were away. */
START_TEST(what_is_gone_at_the_start_is_not_ours_any_more)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ipvs_scene_stop(&s);
    ck_assert(file_has_key());
    ipvs_fake_flush(s.kernel.fake);
    ipvs_scene_config_without(&s, "");
    ipvs_scene_start(&s);
    ck_assert(control_fixture_until(&s.api.control, key_is_forgotten, NULL, 5000));
    ipvs_scene_fini(&s);
}
END_TEST

static bool has_no_alarm(void *data)
{
    (void)data;
    return alarms_count(control_alarms(ipvs_scene_control(&s))) == 0;
}

START_TEST(a_disk_that_works_again_is_written_to)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    control_fixture_write(&s.api.control, "state", "a file where the folder should be");
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert(!has_no_alarm(NULL));
    char state[256];
    (void)snprintf(state, sizeof(state), "%s/state", s.api.control.dir);
    ck_assert_int_eq(unlink(state), 0);
    ck_assert_int_eq(mkdir(state, 0700), 0);
    ck_assert(control_fixture_until(&s.api.control, has_no_alarm, NULL, 10000));
    ck_assert(file_has_key());
    ck_assert_int_eq(access(path_of("ipvs.json"), F_OK), 0);
    ipvs_scene_fini(&s);
}
END_TEST

/* What cannot be read makes nothing ours: it stays in the kernel, as foreign. */
START_TEST(a_damaged_file_is_set_aside)
{
    static const char *const texts[] = { "{", "{\"version\": 1, \"services\": [\"tcp 1.2.3.4\"]}",
                                         "{\"version\": 1, \"services\": [7]}",
                                         "{\"version\": 9, \"services\": []}" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ipvs_scene_init(&s);
        ipvs_scene_config(&s, "", "", NULL);
        char dir[256];
        (void)snprintf(dir, sizeof(dir), "%s/state", s.api.control.dir);
        ck_assert_int_eq(mkdir(dir, 0700), 0);
        write_file(texts[i]);
        ipvs_scene_start(&s);
        ipvs_scene_expect(&s, "rs1=4 rs2=4");
        ck_assert_uint_eq(alarms_count(control_alarms(ipvs_scene_control(&s))), 1);
        ck_assert_int_eq(access(path_of("ipvs.json.bad"), F_OK), 0);
        ipvs_scene_fini(&s);
    }
}
END_TEST

/* A disk that does not work must not keep the kernel from what it needs. */
START_TEST(a_disk_that_fails_stops_nothing)
{
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    control_fixture_write(&s.api.control, "state", "a file where the folder should be");
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert_uint_gt(alarms_count(control_alarms(ipvs_scene_control(&s))), 0);
    ipvs_scene_fini(&s);
}
END_TEST

/* Opening a pipe that nobody reads hangs, as a disk may. */
START_TEST(a_disk_that_hangs_stops_nothing)
{
    char dir[256];
    ipvs_scene_init(&s);
    ipvs_scene_config(&s, "", "", NULL);
    (void)snprintf(dir, sizeof(dir), "%s/state", s.api.control.dir);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert_int_eq(mkfifo(path_of("ipvs.json.new"), 0600), 0);
    ipvs_scene_start(&s);
    ipvs_scene_expect(&s, "rs1=4 rs2=4");
    ck_assert_uint_eq(alarms_count(control_alarms(ipvs_scene_control(&s))), 1);
    int reader = open(path_of("ipvs.json.new"), O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(reader, 0); /* the writer goes on, and with it the end */
    ipvs_scene_fini(&s);
    (void)close(reader);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ipvs_save");
    TCase *tcase = tcase_create("control_ipvs_save");
    tcase_add_test(tcase, the_file_names_what_was_made);
    tcase_add_test(tcase, a_damaged_file_is_set_aside);
    tcase_add_test(tcase, a_disk_that_fails_stops_nothing);
    tcase_add_test(tcase, a_disk_that_hangs_stops_nothing);
    tcase_add_test(tcase, what_is_deleted_is_not_ours_any_more);
    tcase_add_test(tcase, what_the_exit_removes_is_not_ours_any_more);
    tcase_add_test(tcase, what_is_gone_at_the_start_is_not_ours_any_more);
    tcase_add_test(tcase, a_disk_that_works_again_is_written_to);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
