// SPDX-License-Identifier: BSD-2-Clause
#include "server/statefile.h"

#include "base/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void setup(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/gslb-state-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *path_of(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void teardown(void)
{
    static const char *const names[] = { STATEFILE_OVERRIDES, STATEFILE_VERDICTS,
                                         STATEFILE_OVERRIDES ".bad", STATEFILE_VERDICTS ".bad",
                                         "sub" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)remove(path_of(names[i]));
    (void)rmdir(dir);
}

static void write_text(const char *name, const char *text, size_t length)
{
    FILE *file = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static struct override_store *sample(void)
{
    struct override_store *store = override_store_new();
    struct override state = { .kind = OVERRIDE_KIND_STATE,
                              .state = OVERRIDE_DRAIN,
                              .pool = "web",
                              .member = "a",
                              .reason = "disk \"swap\"\n",
                              .author = "jo",
                              .since_ms = 1700000000123,
                              .until_ms = 1800000000456 };
    struct override weight = { .kind = OVERRIDE_KIND_WEIGHT,
                               .weight = 0,
                               .pool = "web",
                               .member = "b",
                               .since_ms = 1700000000000 };
    struct override backend = { .scope = OVERRIDE_BACKEND,
                                .kind = OVERRIDE_KIND_STATE,
                                .state = OVERRIDE_DOWN,
                                .since_ms = 1700000000000 };
    ck_assert(addr_parse("2001:db8::7", &backend.address));
    (void)override_set(store, &state);
    (void)override_set(store, &weight);
    (void)override_set(store, &backend);
    return store;
}

START_TEST(overrides_come_back_as_they_were)
{
    struct override_store *store = sample();
    struct override_store *back = override_store_new();
    struct errlist errors;
    char error[256];
    char *text = statefile_overrides_text(store);
    errlist_init(&errors);
    ck_assert(statefile_write(dir, STATEFILE_OVERRIDES, text, error, sizeof(error)));
    ck_assert(statefile_read_overrides(dir, back, &errors));
    ck_assert(errlist_empty(&errors));
    ck_assert_uint_eq(override_count(back), 3);
    char *again = statefile_overrides_text(back);
    ck_assert_str_eq(again, text);
    const struct override *state = override_of_member(back, OVERRIDE_KIND_STATE, "web", "a");
    ck_assert_ptr_nonnull(state);
    ck_assert_str_eq(state->reason, "disk \"swap\"\n");
    ck_assert_int_eq(state->until_ms, 1800000000456);
    ck_assert_str_eq(state->id, override_of_member(store, OVERRIDE_KIND_STATE, "web", "a")->id);
    const struct override *weight = override_of_member(back, OVERRIDE_KIND_WEIGHT, "web", "b");
    ck_assert_ptr_nonnull(weight);
    ck_assert_uint_eq(weight->weight, 0);
    mem_free(text);
    mem_free(again);
    errlist_fini(&errors);
    override_store_free(store);
    override_store_free(back);
}
END_TEST

/* Cut at every byte: all of it or nothing, never a part. */
START_TEST(cut_files_are_set_aside_whole)
{
    struct override_store *store = sample();
    char *text = statefile_overrides_text(store);
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length - 1; cut++) {
        struct override_store *back = override_store_new();
        struct errlist errors;
        errlist_init(&errors);
        write_text(STATEFILE_OVERRIDES, text, cut);
        bool ok = statefile_read_overrides(dir, back, &errors);
        ck_assert_msg(!ok || override_count(back) == 3, "cut at %zu gave %zu overrides", cut,
                      override_count(back));
        if (!ok) {
            ck_assert_uint_eq(override_count(back), 0);
            ck_assert(!errlist_empty(&errors));
            ck_assert_int_eq(access(path_of(STATEFILE_OVERRIDES ".bad"), F_OK), 0);
            ck_assert_int_ne(access(path_of(STATEFILE_OVERRIDES), F_OK), 0);
        }
        errlist_fini(&errors);
        override_store_free(back);
    }
    mem_free(text);
    override_store_free(store);
}
END_TEST

START_TEST(foreign_or_damaged_content_is_refused)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"version\": 2, \"overrides\": []}",
        "{\"version\": 1, \"overrides\": {}}",
        "{\"version\": 1, \"overrides\": [7]}",
        "{\"version\": 1, \"overrides\": [{\"id\": \"o1\", \"pool\": \"a\", \"member\": \"b\", "
        "\"state\": \"sideways\"}]}",
        "{\"version\": 1, \"overrides\": [{\"id\": \"o1\", \"address\": \"1.2.3\", \"state\": "
        "\"up\", \"since\": null, \"until\": null}]}",
        "{\"version\": 1, \"overrides\": [{\"id\": \"o1\", \"pool\": \"a\", \"member\": \"b\", "
        "\"weight\": -1, \"since\": null, \"until\": null}]}",
        "{\"version\": 1, \"overrides\": [{\"id\": \"\", \"pool\": \"a\", \"member\": \"b\", "
        "\"state\": \"up\", \"since\": null, \"until\": null}]}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct override_store *store = override_store_new();
        struct errlist errors;
        errlist_init(&errors);
        write_text(STATEFILE_OVERRIDES, texts[i], strlen(texts[i]));
        ck_assert_msg(!statefile_read_overrides(dir, store, &errors), "%s", texts[i]);
        ck_assert_uint_eq(override_count(store), 0);
        errlist_fini(&errors);
        override_store_free(store);
    }
}
END_TEST

START_TEST(missing_files_are_fine)
{
    struct override_store *store = override_store_new();
    struct errlist errors;
    errlist_init(&errors);
    ck_assert(statefile_read_overrides(dir, store, &errors));
    ck_assert(statefile_read_verdicts(dir, 0, 0, NULL, NULL, &errors));
    ck_assert(errlist_empty(&errors));
    errlist_fini(&errors);
    override_store_free(store);
}
END_TEST

static unsigned taken;

static void take(void *data, const struct statefile_verdict *verdict)
{
    ck_assert_ptr_eq(data, &taken);
    ck_assert_ptr_nonnull(strstr("fresh, before the clock was set", verdict->identity));
    ck_assert_int_eq(verdict->verdict, HEALTH_DOWN);
    ck_assert_int_eq(verdict->since_ms, 500000);
    ck_assert_uint_eq(verdict->weight, strcmp(verdict->identity, "fresh") == 0 ? 0 : 100);
    taken++;
}

START_TEST(only_young_verdicts_are_used)
{
    const struct statefile_verdict list[] = {
        { "old", HEALTH_UP, 100, 1000, 599000 },
        { "fresh", HEALTH_DOWN, 0, 500000, 900000 },
        { "before the clock was set", HEALTH_DOWN, 100, 500000, 901000 },
        { "from the future", HEALTH_UP, 50, 1000, 960001 },
    };
    struct errlist errors;
    char error[256];
    char *text = statefile_verdicts_text(list, 4);
    ck_assert_ptr_nonnull(
        strstr(text, "\"target\": \"fresh\", \"verdict\": \"down\", \"weight\": 0"));
    ck_assert_ptr_null(strstr(text, "\"weight\": 100"));
    errlist_init(&errors);
    taken = 0;
    ck_assert(statefile_write(dir, STATEFILE_VERDICTS, text, error, sizeof(error)));
    ck_assert(statefile_read_verdicts(dir, 900000, 300000, take, &taken, &errors));
    ck_assert_uint_eq(taken, 2);
    mem_free(text);
    errlist_fini(&errors);
}
END_TEST

START_TEST(damaged_weights_are_refused)
{
    static const char *const weights[] = { "-1", "101", "7.5", "\"7\"", "null" };
    for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
        char text[300];
        struct errlist errors;
        errlist_init(&errors);
        int length = snprintf(text, sizeof(text),
                              "{\"version\": 1, \"verdicts\": [{\"target\": \"fresh\", "
                              "\"verdict\": \"down\", \"weight\": %s, \"since\": "
                              "\"2026-01-02T03:04:05.678Z\", \"at\": "
                              "\"2026-01-02T03:04:05.678Z\"}]}",
                              weights[i]);
        write_text(STATEFILE_VERDICTS, text, (size_t)length);
        taken = 0;
        ck_assert_msg(!statefile_read_verdicts(dir, 1767323045678, 1000, take, &taken, &errors),
                      "%s", weights[i]);
        ck_assert_uint_eq(taken, 0);
        ck_assert_ptr_nonnull(strstr(errors.lines[0], "verdicts[0] is damaged"));
        errlist_fini(&errors);
    }
}
END_TEST

START_TEST(failed_write_keeps_the_old_file)
{
    char error[256] = "";
    write_text(STATEFILE_OVERRIDES, "old", 3);
    /* A file in the place of the folder. */
    ck_assert(!statefile_write(path_of(STATEFILE_OVERRIDES), "x", "new", error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, STATEFILE_OVERRIDES "/x: Not a directory"));
    /* A folder in the place of the file: the rename fails, the temporary file goes. */
    ck_assert_int_eq(mkdir(path_of("sub"), 0700), 0);
    ck_assert(!statefile_write(dir, "sub", "new", error, sizeof(error)));
    ck_assert_int_ne(access(path_of("sub.new"), F_OK), 0);
    ck_assert_int_eq(access(path_of(STATEFILE_OVERRIDES), F_OK), 0);
}
END_TEST

START_TEST(a_missing_folder_is_made_again)
{
    char error[256] = "";
    char sub[96];
    struct stat info;
    (void)snprintf(sub, sizeof(sub), "%s/sub", dir);
    ck_assert(statefile_write(sub, "x", "new", error, sizeof(error)));
    ck_assert_int_eq(stat(path_of("sub/x"), &info), 0);
    ck_assert_int_eq(info.st_size, 3);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(unlink(path_of("sub/x")), 0);
}
END_TEST

START_TEST(prepare_makes_the_folders)
{
    char error[256] = "";
    char deep[128];
    (void)snprintf(deep, sizeof(deep), "%s/sub/deeper", dir);
    ck_assert(statefile_prepare(deep, error, sizeof(error)));
    ck_assert_int_eq(access(deep, W_OK), 0);
    ck_assert_int_eq(rmdir(deep), 0);
    ck_assert(!statefile_prepare("/proc/no/such", error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "/proc/no/such: No such file or directory"));
    ck_assert_ptr_nonnull(strstr(error, "make the folder and give it to that user"));
    ck_assert(!statefile_prepare("", error, sizeof(error)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statefile");
    TCase *tcase = tcase_create("statefile");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, overrides_come_back_as_they_were);
    tcase_add_test(tcase, cut_files_are_set_aside_whole);
    tcase_add_test(tcase, foreign_or_damaged_content_is_refused);
    tcase_add_test(tcase, missing_files_are_fine);
    tcase_add_test(tcase, only_young_verdicts_are_used);
    tcase_add_test(tcase, damaged_weights_are_refused);
    tcase_add_test(tcase, failed_write_keeps_the_old_file);
    tcase_add_test(tcase, a_missing_folder_is_made_again);
    tcase_add_test(tcase, prepare_makes_the_folders);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
