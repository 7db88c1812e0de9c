// SPDX-License-Identifier: BSD-2-Clause
/* Who one is over a Unix socket and over TCP. Tokens and roles: test_api.c, test_tokens.c. */
#include "server/api_internal.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* SHA-256 of "secret" */
#define TOKENS "alice operate 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n"

static struct api_fixture fixture;

static void set_up(void)
{
    api_fixture_start(&fixture, "\"tokens_file\": \"tokens\"", TOKENS);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

static const char *author_of_override(void)
{
    const struct override_store *store = control_overrides(fixture.control.control);
    ck_assert_uint_eq(override_count(store), 1);
    return override_at(store, 0)->author;
}

START_TEST(unix_socket_needs_no_token_and_knows_the_user)
{
    char name[32];
    ck_assert_uint_eq(api_fixture_call(&fixture, "PUT", "/v1/pools/web/members/a/state",
                                       "{\"state\":\"down\"}", NULL),
                      200);
    (void)snprintf(name, sizeof(name), "uid:%lu", (unsigned long)geteuid());
    ck_assert_str_eq(author_of_override(), name);
}
END_TEST

START_TEST(token_names_the_author)
{
    struct http_client_answer answer;
    ck_assert_uint_eq(api_fixture_tcp(&fixture, "PUT", "/v1/pools/web/members/a/state",
                                      "Authorization: Bearer secret\r\n", "{\"state\":\"down\"}",
                                      &answer),
                      200);
    http_client_fini(&answer);
    ck_assert_str_eq(author_of_override(), "alice");
}
END_TEST

static const struct {
    const char *header;
    unsigned status;
} headers[] = {
    { "Authorization: Bearer secret\r\n", 200 },
    { "Authorization: bearer secret\r\n", 200 },
    { "Authorization: Bearer   secret\r\n", 200 },
    { "authorization: Bearer secret\r\n", 200 },
    { "", 401 },
    { "Authorization: secret\r\n", 401 },
    { "Authorization: Bearer\r\n", 401 },
    { "Authorization: Bearer \r\n", 401 },
    { "Authorization: Bearer secrets\r\n", 401 },
    { "Authorization: Bearer secret x\r\n", 401 },
    { "Authorization: Basic c2VjcmV0\r\n", 401 },
    { "Authorization: Bearer secret\r\nAuthorization: Bearer secret\r\n", 400 },
};

START_TEST(header_row)
{
    struct http_client_answer answer;
    ck_assert_uint_eq(
        api_fixture_tcp(&fixture, "GET", "/v1/status", headers[_i].header, NULL, &answer),
        headers[_i].status);
    http_client_fini(&answer);
}
END_TEST

START_TEST(long_token_is_no_token)
{
    struct http_client_answer answer;
    char header[3000];
    memset(header, 'x', sizeof(header));
    memcpy(header, "Authorization: Bearer ", 22);
    memcpy(header + sizeof(header) - 3, "\r\n", 3);
    ck_assert_uint_eq(api_fixture_tcp(&fixture, "GET", "/v1/status", header, NULL, &answer), 401);
    http_client_fini(&answer);
}
END_TEST

/* A child with another user id asks over the Unix socket, whose file mode is opened for it. */
static unsigned status_as(uid_t uid)
{
    char command[1024];
    int status = 0;
    (void)snprintf(command, sizeof(command),
                   "chmod 755 %s; chmod 666 %s; exec setpriv --reuid=%lu --clear-groups curl -s -o "
                   "/dev/null -w '%%{http_code}' --unix-socket %s http://localhost/v1/status",
                   fixture.control.dir, fixture.socket, (unsigned long)uid, fixture.socket);
    int out[2];
    ck_assert_int_eq(pipe(out), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(1);
    }
    (void)close(out[1]);
    while (waitpid(pid, &status, WNOHANG) == 0)
        (void)http_client_turn(&fixture.control.loop, NULL, 10);
    char text[16] = "";
    ck_assert_int_ge(read(out[0], text, sizeof(text) - 1), 0);
    (void)close(out[0]);
    return (unsigned)strtoul(text, NULL, 10);
}

START_TEST(unix_socket_refuses_other_users)
{
    if (geteuid() != 0)
        return;
    ck_assert_uint_eq(status_as(0), 200);
    ck_assert_uint_eq(status_as(65534), 403);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_auth");
    TCase *tcase = tcase_create("auth");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, unix_socket_needs_no_token_and_knows_the_user);
    tcase_add_test(tcase, token_names_the_author);
    tcase_add_loop_test(tcase, header_row, 0, (int)(sizeof(headers) / sizeof(headers[0])));
    tcase_add_test(tcase, long_token_is_no_token);
    tcase_add_test(tcase, unix_socket_refuses_other_users);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
