// SPDX-License-Identifier: BSD-2-Clause
/* gslbctl ipvs import: each tests/keepalived/NAME.conf gives NAME.json and NAME.notes to the
 * letter, and the server takes the JSON as its configuration. The tests run in the top folder. */
#include "base/mem.h"
#include "ctl/keepalived.h"
#include "server/config.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_beside(const char *path, const char *ending)
{
    char name[256];
    struct errlist errors;
    size_t length = 0;
    errlist_init(&errors);
    (void)snprintf(name, sizeof(name), "%.*s%s", (int)(strlen(path) - strlen(".conf")), path,
                   ending);
    char *text = json_read_file(name, 1 << 20, &length, &errors);
    ck_assert_msg(text != NULL, "%s", name);
    errlist_fini(&errors);
    return text;
}

static void expect_config(const char *path, const struct strbuf *json)
{
    struct errlist errors;
    errlist_init(&errors);
    struct config *config = config_load_text(path, json->text, json->length, &errors);
    ck_assert_msg(config != NULL && errlist_empty(&errors), "%s",
                  errors.count > 0 ? errors.lines[0] : path);
    config_free(config);
    errlist_fini(&errors);
}

static void import(const char *path)
{
    char error[512] = "";
    struct strbuf json, notes;
    strbuf_init(&json);
    strbuf_init(&notes);
    bool good = keepalived_import(path, &json, &notes, error, sizeof(error));
    ck_assert_msg(good, "%s", error);
    char *wanted = read_beside(path, ".json");
    ck_assert_str_eq(json.text, wanted);
    mem_free(wanted);
    wanted = read_beside(path, ".notes");
    ck_assert_str_eq(notes.text, wanted);
    mem_free(wanted);
    expect_config(path, &json);
    strbuf_fini(&json);
    strbuf_fini(&notes);
}

START_TEST(samples_become_sound_configurations)
{
    glob_t found;
    ck_assert_int_eq(glob("tests/keepalived/*.conf", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 8);
    for (size_t i = 0; i < found.gl_pathc; i++)
        import(found.gl_pathv[i]);
    globfree(&found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tcase = tcase_create("keepalived");
    tcase_add_test(tcase, samples_become_sound_configurations);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
