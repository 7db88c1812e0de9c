// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/zones/scan_help.h"

#include <sys/stat.h>
#include <unistd.h>

#define E "example.test."

static const struct scan_help_case cases[] = {
    { "$ORIGIN sub\na 1 A 192.0.2.1\n@ 1 A 192.0.2.2\n$ORIGIN deep\nb 1 A 192.0.2.3\n"
      "$origin other.\nc 1 A 192.0.2.4\n$ORIGIN .\nd 1 A 192.0.2.5",
      "2 a.sub." E " 1 A 192.0.2.1|3 sub." E " 1 A 192.0.2.2|5 b.deep.sub." E
      " 1 A 192.0.2.3|7 c.other. 1 A 192.0.2.4|9 d. 1 A 192.0.2.5|" },
    /* an owner in force stays what it was */
    { "a 1 A 192.0.2.1\n$ORIGIN sub\n 1 A 192.0.2.2",
      "1 a." E " 1 A 192.0.2.1|3 a." E " 1 A 192.0.2.2|" },
    { "$ORIGIN\n$ORIGIN a b\n$ORIGIN a..b\nx 1 A 192.0.2.1",
      "4 x." E " 1 A 192.0.2.1|!f:1: the form is: $ORIGIN name|!f:2: the form is: $ORIGIN "
      "name|!f:3: 'a..b' is not a name: empty label|" },
    { "$TTL 0\na A 192.0.2.1\n$TTL 1h\nb A 192.0.2.2\nc 5 A 192.0.2.3\nd A 192.0.2.4\n"
      "$ttl 2147483648\ne A 192.0.2.5",
      "2 a." E " 0 A 192.0.2.1|4 b." E " 3600 A 192.0.2.2|5 c." E " 5 A 192.0.2.3|6 d." E
      " 3600 A 192.0.2.4|8 e." E " 0 A 192.0.2.5|" },
    { "$TTL\n$TTL x\n$TTL \"1\"\n$TTL 1 2\n",
      "!f:1: the form is: $TTL period|!f:2: 'x' is not a TTL (such as 3600 or 1h)|!f:3: '1' is not "
      "a "
      "TTL (such as 3600 or 1h)|!f:4: the form is: $TTL period|" },
    { "$DATE x\n$ x\n$TTLX 1\n",
      "!f:1: unknown directive '$DATE'|!f:2: unknown directive '$'|!f:3: "
      "unknown directive '$TTLX'|" },
    { " $ORIGIN x", "!f:1: no owner: no record before this one has named one|" },
    { "$INCLUDE x\n", "!f:1: $INCLUDE works in files only|" },
    { "$INCLUDE\n$INCLUDE a b c\n", "!f:1: the form is: $INCLUDE file [origin]|!f:2: the form is: "
                                    "$INCLUDE file [origin]|" },
};

START_TEST(directives_of_text)
{
    scan_help_check(&cases[_i]);
}
END_TEST

/* --- files --- */

static void put(const char *folder, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static const char *const names[] = {
    "main", "one", "sub/two", "sub/three", "loop", "blank", "last"
};

/* Scans FOLDER/main; the folder's name is cut out of the errors. Free with mem_free. */
static char *scan_main(const char *folder, unsigned depth_max)
{
    char path[128];
    struct help_name origin = help_name("example.test.");
    struct errlist errors;
    struct strbuf out;
    struct scan_files *files = NULL;
    errlist_init(&errors);
    strbuf_init(&out);
    (void)snprintf(path, sizeof(path), "%s/main", folder);
    struct scan_options options = {
        .file = path,
        .origin = origin.wire,
        .record = scan_help_record,
        .data = &out,
        .errors = &errors,
        .include_depth_max = depth_max,
    };
    (void)scan_file(&options, &files);
    for (size_t i = 0; i < errors.count; i++) {
        const char *line = errors.lines[i];
        char *at = strstr(line, folder);
        while (at != NULL) {
            memmove(at, at + strlen(folder) + 1, strlen(at + strlen(folder) + 1) + 1);
            at = strstr(line, folder);
        }
        strbuf_addf(&out, "!%s|", line);
    }
    scan_files_free(files);
    errlist_fini(&errors);
    char *result = strbuf_take(&out);
    strbuf_fini(&out);
    return result;
}

static const struct {
    const char *files[ARRAY_LEN(names)]; /* text of each name, NULL: not there */
    unsigned depth_max;
    const char *expected;
} trees[] = {
    /* origin, owner and TTL around an included file */
    { { "$TTL 1\na A 192.0.2.1\n$INCLUDE one\n A 192.0.2.3\nb A 192.0.2.4\n",
        " A 192.0.2.2\n$ORIGIN deep\nx A 192.0.2.5\n$TTL 9\ny A 192.0.2.6" },
      0,
      "2 a." E " 1 A 192.0.2.1|1 a." E " 1 A 192.0.2.2|3 x.deep." E " 1 A 192.0.2.5|5 y.deep." E
      " 9 A 192.0.2.6|4 a." E " 9 A 192.0.2.3|5 b." E " 9 A 192.0.2.4|" },
    { { "$include \"one\" sub ; comment\na 1 A 192.0.2.1", "b 1 A 192.0.2.2" },
      0,
      "1 b.sub." E " 1 A 192.0.2.2|2 a." E " 1 A 192.0.2.1|" },
    /* names are relative to the folder of the file that includes */
    { { "$INCLUDE sub/two", NULL, "$INCLUDE three", "a 1 A 192.0.2.1" },
      0,
      "1 a." E " 1 A 192.0.2.1|" },
    { { "$INCLUDE one\na 1 A x\n", "b 1 A y\nc 1 A 192.0.2.1" },
      0,
      "2 c." E
      " 1 A 192.0.2.1|!one:1: A: 'y' is not an IPv4 address|!main:2: A: 'x' is not an IPv4 "
      "address|" },
    { { "$INCLUDE nothing\n$INCLUDE sub\na 1 A 192.0.2.1", NULL, "" },
      0,
      "3 a." E
      " 1 A 192.0.2.1|!main:1: $INCLUDE nothing: No such file or directory|!main:2: $INCLUDE "
      "sub: Is a directory|" },
    { { "$INCLUDE main\na 1 A 192.0.2.1" },
      0,
      "2 a." E " 1 A 192.0.2.1|!main:1: $INCLUDE main: the file includes itself|" },
    { { "$INCLUDE loop\n", NULL, NULL, NULL, "$INCLUDE ./main\n" },
      0,
      "!loop:1: $INCLUDE ./main: the file includes itself|" },
    /* twice one after the other is no loop */
    { { "$INCLUDE one\n$INCLUDE one x\n", "a 1 A 192.0.2.1" },
      0,
      "1 a." E " 1 A 192.0.2.1|1 a.x." E " 1 A 192.0.2.1|" },
    { { "$INCLUDE one\n", "$INCLUDE blank\n", NULL, NULL, NULL, "$INCLUDE last\n",
        "a 1 A 192.0.2.1" },
      3,
      "1 a." E " 1 A 192.0.2.1|" },
    { { "$INCLUDE one\n", "$INCLUDE blank\n", NULL, NULL, NULL, "$INCLUDE last\n",
        "a 1 A 192.0.2.1" },
      2,
      "!blank:1: $INCLUDE last: files include each other too deeply|" },
    { { "$INCLUDE one\na 1 A 192.0.2.1", "b ( 1 A\n" },
      0,
      "2 a." E " 1 A 192.0.2.1|!one:1: the parenthesis is not closed|" },
    { { "$INCLUDE one a..b\n$INCLUDE \"\"\n", "" },
      0,
      "!main:1: 'a..b' is not a name: empty label|!main:2: $INCLUDE needs the name of a file|" },
};

START_TEST(include_trees)
{
    char folder[] = "/tmp/zones-test-XXXXXX";
    char path[128];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/sub", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (trees[_i].files[i] != NULL)
            put(folder, names[i], trees[_i].files[i]);
    }
    char *got = scan_main(folder, trees[_i].depth_max);
    ck_assert_msg(strcmp(got, trees[_i].expected) == 0, "got  %s\nwant %s", got,
                  trees[_i].expected);
    mem_free(got);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof(path), "%s/sub", folder);
    (void)rmdir(path);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(files_have_a_limit)
{
    char folder[] = "/tmp/zones-test-XXXXXX";
    char path[128];
    struct strbuf text;
    strbuf_init(&text);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (unsigned i = 0; i <= SCAN_FILES_MAX; i++)
        strbuf_add(&text, "$INCLUDE one\n");
    put(folder, "main", text.text);
    put(folder, "one", "");
    char *got = scan_main(folder, 0);
    ck_assert_str_eq(got,
                     "!main:10000: $INCLUDE one: too many files|!main:10001: $INCLUDE one: too "
                     "many files|");
    mem_free(got);
    strbuf_fini(&text);
    (void)snprintf(path, sizeof(path), "%s/main", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/one", folder);
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, directives_of_text, 0, (int)ARRAY_LEN(cases));
    tcase_add_loop_test(tcase, include_trees, 0, (int)ARRAY_LEN(trees));
    tcase_add_test(tcase, files_have_a_limit);
}

int main(void)
{
    return help_run("zones/directive", fill, 20);
}
