// SPDX-License-Identifier: BSD-2-Clause
#include "server/tokens.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SHA-256 of "secret", "other", "" */
#define SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define OTHER  "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"
#define EMPTY  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char path[] = "/tmp/gslb-tokens-XXXXXX";
static struct errlist errors;

static void set_up(void)
{
    (void)snprintf(path, sizeof(path), "/tmp/gslb-tokens-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    errlist_init(&errors);
}

static void tear_down(void)
{
    errlist_fini(&errors);
    (void)unlink(path);
}

static struct tokens *load(const char *text)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    (void)fclose(file);
    return tokens_load(path, &errors);
}

START_TEST(find_by_secret)
{
    struct tokens *tokens = load("# who may\n\nreader read " OTHER "\r\n"
                                 "  alice\toperate  " SECRET "   # on call\n"
                                 "root admin 0123456789ABCDEF0123456789abcdef"
                                 "0123456789abcdef0123456789abcdef");
    ck_assert_ptr_nonnull(tokens);
    ck_assert_uint_eq(tokens_count(tokens), 3);
    const struct token *token = tokens_find(tokens, "secret", 6);
    ck_assert_ptr_nonnull(token);
    ck_assert_str_eq(token->name, "alice");
    ck_assert_int_eq(token->role, TOKEN_OPERATE);
    token = tokens_find(tokens, "other", 5);
    ck_assert_ptr_nonnull(token);
    ck_assert_int_eq(token->role, TOKEN_READ);
    ck_assert_ptr_null(tokens_find(tokens, "secre", 5));
    ck_assert_ptr_null(tokens_find(tokens, "secret ", 7));
    ck_assert_ptr_null(tokens_find(tokens, "", 0));
    ck_assert_ptr_null(tokens_find(tokens, SECRET, strlen(SECRET)));
    tokens_free(tokens);
}
END_TEST

static const struct {
    const char *text;
    const char *where; /* ":LINE: message" of the first error */
    size_t errors;
} bad[] = {
    { "", ":1: there is no token", 1 },
    { "# nothing\n", ":1: there is no token", 1 },
    { "alice admin\n", ":1: a line is NAME ROLE", 1 },
    { "alice admin " SECRET " more\n", ":1: a line is NAME ROLE", 1 },
    { "\nalice king " SECRET "\n", ":2: the role is none", 1 },
    { "alice Admin " SECRET "\n", ":1: the role is none", 1 },
    { "alice admin abc\n", ":1: the digest is not 64", 1 },
    { "alice admin " SECRET "0\n", ":1: the digest is not 64", 1 },
    { "alice admin x" OTHER "\n", ":1: the digest is not 64", 1 },
    { "a admin " SECRET "\nb read " SECRET "\n", ":2: this digest is in the file", 1 },
    { "a x\n\nb y " SECRET "\n", ":1: a line is", 2 },
    { "caf\xc3\xa9 read " SECRET "\n", ":1: the name is not", 1 },
};

START_TEST(load_bad)
{
    ck_assert_ptr_null(load(bad[_i].text));
    ck_assert_uint_eq(errors.count, bad[_i].errors);
    size_t length = strlen(path);
    ck_assert_int_eq(strncmp(errors.lines[0], path, length), 0);
    ck_assert_msg(strncmp(errors.lines[0] + length, bad[_i].where, strlen(bad[_i].where)) == 0,
                  "%s", errors.lines[0]);
}
END_TEST

START_TEST(load_long_line)
{
    char text[1000];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_ptr_null(load(text));
    ck_assert_ptr_nonnull(strstr(errors.lines[0], ":1: the line is too long"));
}
END_TEST

START_TEST(load_no_file)
{
    ck_assert_ptr_null(tokens_load("/nonexistent/tokens", &errors));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_int_eq(strncmp(errors.lines[0], "/nonexistent/tokens:1: ", 23), 0);
    tokens_free(NULL);
}
END_TEST

START_TEST(roles_are_ordered)
{
    ck_assert_int_lt(TOKEN_READ, TOKEN_OPERATE);
    ck_assert_int_lt(TOKEN_OPERATE, TOKEN_ADMIN);
    ck_assert_str_eq(token_role_name(TOKEN_READ), "read");
    ck_assert_str_eq(token_role_name(TOKEN_OPERATE), "operate");
    ck_assert_str_eq(token_role_name(TOKEN_ADMIN), "admin");
    struct tokens *tokens = load("nobody read " EMPTY "\n");
    ck_assert_ptr_nonnull(tokens_find(tokens, "", 0)); /* callers refuse empty tokens */
    tokens_free(tokens);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tokens");
    TCase *tcase = tcase_create("tokens");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, find_by_secret);
    tcase_add_loop_test(tcase, load_bad, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, load_long_line);
    tcase_add_test(tcase, load_no_file);
    tcase_add_test(tcase, roles_are_ordered);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
