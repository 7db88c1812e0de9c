// SPDX-License-Identifier: BSD-2-Clause
// How a line is cut into options; their values are test_restore_line's.
#include "ipvs/restore_option.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct restore_reader reader;
static char message[RESTORE_MESSAGE_MAX];

static bool read_line(const char *text)
{
    memset(&reader, 0, sizeof(reader));
    reader.message = message;
    message[0] = '\0';
    return restore_option_read(&reader, text, strlen(text));
}

static const char *const bundles[] = {
    "-a -t x:1 -r y -m -w 5",
    "-amt x:1 -ry -w5",
    "-mar y -w=5 -t=x:1",
    "--add-server -mw 5 -rytx:1 -t x:1",
    "ipvsadm -amr y --weight=5 --tcp-service x:1",
};

START_TEST(options_are_cut)
{
    bool odd = strstr(bundles[_i], "-ryt") != NULL; /* the rest of a word is the value */
    ck_assert_msg(read_line(bundles[_i]), "%s", message);
    ck_assert_int_eq(restore_option_command(&reader), RESTORE_ADD_SERVER);
    ck_assert_str_eq(restore_option_command_name(&reader), "add-server");
    ck_assert_str_eq(reader.values[RESTORE_OPTION_SERVICE], "x:1");
    ck_assert_str_eq(reader.values[RESTORE_OPTION_SERVER], odd ? "ytx:1" : "y");
    ck_assert_str_eq(reader.values[RESTORE_OPTION_WEIGHT], "5");
    ck_assert(restore_option_given(&reader, RESTORE_OPTION_FORWARD));
    ck_assert(!restore_option_given(&reader, RESTORE_OPTION_TUNNEL));
    ck_assert_ptr_null(reader.values[RESTORE_OPTION_FORWARD]);
    ck_assert_uint_eq(reader.details[RESTORE_OPTION_FORWARD], IPVS_NAT);
    ck_assert_uint_eq(reader.details[RESTORE_OPTION_SERVICE], IPVS_TCP);
}
END_TEST

START_TEST(a_value_that_may_be_absent_does_not_take_an_option)
{
    ck_assert(read_line("-A -f 1 -p -o"));
    ck_assert(restore_option_given(&reader, RESTORE_OPTION_PERSISTENT));
    ck_assert_ptr_null(reader.values[RESTORE_OPTION_PERSISTENT]);
    ck_assert(restore_option_given(&reader, RESTORE_OPTION_ONE_PACKET));
    ck_assert(read_line("-A -f 1 -p"));
    ck_assert_ptr_null(reader.values[RESTORE_OPTION_PERSISTENT]);
    ck_assert(read_line("-A -f 1 -p 9 -o"));
    ck_assert_str_eq(reader.values[RESTORE_OPTION_PERSISTENT], "9");
}
END_TEST

START_TEST(a_value_that_must_be_there_may_begin_with_a_dash)
{
    ck_assert(read_line("-A -f -5"));
    ck_assert_str_eq(reader.values[RESTORE_OPTION_SERVICE], "-5");
    ck_assert_uint_eq(reader.details[RESTORE_OPTION_SERVICE], RESTORE_FWMARK);
}
END_TEST

START_TEST(set_takes_three_words)
{
    ck_assert(read_line("--set=1 2 3"));
    ck_assert_str_eq(reader.command_values[0], "1");
    ck_assert_str_eq(reader.command_values[1], "2");
    ck_assert_str_eq(reader.command_values[2], "3");
    ck_assert(!read_line("--set 1 2"));
    ck_assert_ptr_nonnull(strstr(message, "three numbers"));
}
END_TEST

START_TEST(what_does_not_belong_together_is_refused)
{
    ck_assert(!read_line("-A -D -f 1"));
    ck_assert_str_eq(message, "--delete-service: the line has a command already, --add-service");
    ck_assert(!read_line("-a -f 1 -r x -gi"));
    ck_assert_str_eq(message, "--ipip: this, or what excludes it, is there already");
    ck_assert(!read_line("-E -f 1 -i"));
    ck_assert_str_eq(message, "--ipip does not go with --edit-service");
    ck_assert(!read_line("-f 1"));
    ck_assert_str_eq(message, "the line has no command such as -A or -a");
    ck_assert(!read_line("-A -f 1 -l"));
    ck_assert_str_eq(message,
                     "--list does not belong here: such a file only tells what the table is");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore_option");
    TCase *tcase = tcase_create("restore_option_read");
    tcase_add_loop_test(tcase, options_are_cut, 0, sizeof(bundles) / sizeof(*bundles));
    tcase_add_test(tcase, a_value_that_may_be_absent_does_not_take_an_option);
    tcase_add_test(tcase, a_value_that_must_be_there_may_begin_with_a_dash);
    tcase_add_test(tcase, set_takes_three_words);
    tcase_add_test(tcase, what_does_not_belong_together_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
