// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_lines.h"

#include "tests/unit/ctl/keepalived_help.h"

/* All lines as "FILE:LINE|text\n", the file without its folder. */
static void read_all(struct strbuf *out)
{
    struct keepalived_lines *lines = keepalived_lines_new(help.path, help.arena, &help.report);
    struct keepalived_line line;
    while (lines != NULL && keepalived_lines_next(lines, &line))
        strbuf_addf(out, "%s:%u|%s\n", help_short(line.place.file), line.place.line, line.text);
    keepalived_lines_free(lines);
}

static void expect_lines(const char *wanted)
{
    struct strbuf out;
    strbuf_init(&out);
    read_all(&out);
    ck_assert_msg(!help.report.failed, "%s", help.error);
    ck_assert_str_eq(out.text, wanted);
    strbuf_fini(&out);
}

static const struct {
    const char *text, *lines;
} texts[] = {
    { "", "" },
    { "a\n\n  b \t\r\nc", "k:1|a\nk:3|b\nk:4|c\n" },
    { "# x\n! y\n \t # z\na # b\nc ! d\ne#f\n", "k:4|a\nk:5|c\nk:6|e\n" },
    { "a \"b # c\" # d\n'e ! f'\n\"g \\\" # h\" # i\n",
      "k:1|a \"b # c\"\nk:2|'e ! f'\nk:3|\"g \\\" # h\"\n" },
    /* parameters */
    { "$A=1\nx $A ${A}2 $A2 $AB\n", "k:2|x 1 12 $A2 $AB\n" },
    { "$A=1\nx $A.5 ${A}.5 ${ A} $ A ${A\n", "k:2|x $A.5 1.5 ${ A} $ A ${A\n" },
    { "$A=\nx${A}y\n$A\nz", "k:2|xy\nk:4|z\n" },
    { "$A=${B}1\n$B=2\nx $A\n$B=3\nx $A\n", "k:3|x 21\nk:5|x 31\n" },
    { "$A = 1\nx $A\n", "k:1|$A = 1\nk:2|x $A\n" },
    { "  $A=a b c # d\nx $A\n", "k:2|x a b c\n" },
    { "$1=a\nx $1\n", "k:1|$1=a\nk:2|x $1\n" },
    { "$A= \\\n one { \\\n two $B \\\n }\n$B=2\n$A\nafter\n",
      "k:6|one {\nk:6|two 2\nk:6|}\nk:7|after\n" },
    { "$A= \\\n $N=1 \\\n x $N \\\n $N=2 \\\n x $N\n$A\n", "k:6|x 1\nk:6|x 2\n" },
    { "$A= \\", "" },
    { "includes x\ninclude\n", "k:1|includes x\nk:2|include\n" },
};

START_TEST(lines_are_read)
{
    help_write("k", texts[_i].text);
    expect_lines(texts[_i].lines);
    ck_assert_str_eq(help.notes.text, "");
}
END_TEST

START_TEST(files_are_included_where_they_are_named)
{
    help_write("k", "1\ninclude a\n2\ninclude d/*\n3\n");
    help_write("a", "a1\ninclude b # deeper\na2\n");
    help_write("b", "b1");
    help_write("d/e", "e1\ninclude f\n");
    help_write("d/f", "f1\n");
    expect_lines("k:1|1\na:1|a1\nb:1|b1\na:3|a2\nk:3|2\nd/e:1|e1\nd/f:1|f1\nd/f:1|f1\nk:5|3\n");
}
END_TEST

START_TEST(names_of_included_files_may_be_patterns)
{
    help_write("k", "includea {b,a}\nincluder c\nincludew [x]\n");
    help_write("a", "a1\n");
    help_write("b", "b1\n");
    help_write("c", "$P=7\nc $P\n");
    expect_lines("b:1|b1\na:1|a1\nc:2|c 7\n");
    help_expect_note("k:3: include: there is no file ");
}
END_TEST

START_TEST(parameters_of_included_files_are_known_afterwards)
{
    help_write("k", "include a\nx $A\n");
    help_write("a", "$A=1\n");
    expect_lines("k:2|x 1\n");
}
END_TEST

static void expect_failure(const char *error)
{
    struct strbuf out;
    strbuf_init(&out);
    read_all(&out);
    help_expect_error(error);
    strbuf_fini(&out);
}

START_TEST(a_file_that_includes_itself_is_refused)
{
    help_write("k", "x\ninclude k\n");
    expect_failure("k:2: files include each other more than 16 times deep");
}
END_TEST

static const struct {
    const char *text, *error;
} endless[] = {
    { "$A=${A}\nx $A\n", "k:2: parameters are replaced without end" },
    { "$A=${A}${A}\nx $A\n", "k:2: the configuration is larger than" },
    { "$A=${B}${B}\n$B= \\\n$A\n$A\n", "k:4: parameters are replaced without end" },
};

START_TEST(endless_parameters_are_refused)
{
    help_write("k", endless[_i].text);
    expect_failure(endless[_i].error);
}
END_TEST

START_TEST(what_cannot_be_read_is_refused)
{
    ck_assert_ptr_null(keepalived_lines_new(help.path, help.arena, &help.report));
    ck_assert(help.report.failed);
    ck_assert_ptr_nonnull(strstr(help.error, "No such file"));
}
END_TEST

START_TEST(zero_bytes_are_refused)
{
    help_write_bytes("k", "a\0b\n", 4);
    ck_assert_ptr_null(keepalived_lines_new(help.path, help.arena, &help.report));
    help_expect_error("k: is no text: it has a zero byte");
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_loop_test(tcase, lines_are_read, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_test(tcase, files_are_included_where_they_are_named);
    tcase_add_test(tcase, names_of_included_files_may_be_patterns);
    tcase_add_test(tcase, parameters_of_included_files_are_known_afterwards);
    tcase_add_test(tcase, a_file_that_includes_itself_is_refused);
    tcase_add_loop_test(tcase, endless_parameters_are_refused, 0,
                        sizeof(endless) / sizeof(*endless));
    tcase_add_test(tcase, what_cannot_be_read_is_refused);
    tcase_add_test(tcase, zero_bytes_are_refused);
}

HELP_MAIN("keepalived_lines", add)
