// SPDX-License-Identifier: BSD-2-Clause
/* Texts as files of a temporary folder, and what an import says of them. */
#pragma once

#include "base/mem.h"
#include "ctl/keepalived_scan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct help {
    char folder[32];
    char path[64]; /* of the file "k" in it */
    struct strbuf notes;
    char error[512];
    struct keepalived_report report;
    struct arena *arena;
};

static struct help help;

static inline void help_set_up(void)
{
    memset(&help, 0, sizeof(help));
    (void)snprintf(help.folder, sizeof(help.folder), "/tmp/keepalived-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(help.folder));
    (void)snprintf(help.path, sizeof(help.path), "%s/k", help.folder);
    strbuf_init(&help.notes);
    help.report = (struct keepalived_report){ .notes = &help.notes,
                                              .error = help.error,
                                              .error_size = sizeof(help.error) };
    help.arena = arena_new(0);
}

static inline void help_tear_down(void)
{
    static const char *const names[] = { "k", "a", "b", "c", "d/e", "d/f" };
    char path[96];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", help.folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof(path), "%s/d", help.folder);
    (void)rmdir(path);
    ck_assert_int_eq(rmdir(help.folder), 0);
    strbuf_fini(&help.notes);
    arena_free(help.arena);
}

/* `name`: one of those above. */
static inline void help_write_bytes(const char *name, const char *text, size_t length)
{
    char path[96];
    if (strchr(name, '/') != NULL) {
        (void)snprintf(path, sizeof(path), "%s/d", help.folder);
        (void)mkdir(path, 0700);
    }
    (void)snprintf(path, sizeof(path), "%s/%s", help.folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void help_write(const char *name, const char *text)
{
    help_write_bytes(name, text, strlen(text));
}

/* A message without the folder in front: "k:3: ...". */
static inline const char *help_short(const char *message)
{
    size_t length = strlen(help.folder);
    ck_assert_msg(strncmp(message, help.folder, length) == 0, "%s", message);
    return message + length + 1;
}

static inline void help_expect_error(const char *wanted)
{
    ck_assert(help.report.failed);
    const char *error = help_short(help.error);
    ck_assert_msg(strncmp(error, wanted, strlen(wanted)) == 0, "%s\nwanted: %s", error, wanted);
}

/* Some line of the notes holds it. */
static inline void help_expect_note(const char *wanted)
{
    ck_assert_msg(strstr(help.notes.text, wanted) != NULL, "%s\nwanted: %s", help.notes.text,
                  wanted);
}

/* The first statement of a text; NULL with an error. */
static inline struct keepalived_node *help_node(const char *text)
{
    help_write("k", text);
    struct keepalived_node *root = keepalived_scan(help.path, help.arena, &help.report);
    return root != NULL ? root->first : NULL;
}

#define HELP_MAIN(name, add)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        Suite *suite = suite_create(name);                                                         \
        TCase *tcase = tcase_create(name);                                                         \
        tcase_add_checked_fixture(tcase, help_set_up, help_tear_down);                             \
        add(tcase);                                                                                \
        suite_add_tcase(suite, tcase);                                                             \
        SRunner *runner = srunner_create(suite);                                                   \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        int failed = srunner_ntests_failed(runner);                                                \
        srunner_free(runner);                                                                      \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                          \
    }
