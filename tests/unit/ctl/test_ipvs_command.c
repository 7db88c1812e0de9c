// SPDX-License-Identifier: BSD-2-Clause
/* The requests of the ipvs commands, what they print, and how they fail. */
#include "ctl/ipvs_command.h"

#include "base/mem.h"
#include "tests/support/canned.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD  "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n"
#define WORDS 4

static struct options options;
static char error[COMMAND_ERROR_MAX];
static char *sent; /* the request */
static char *printed;

static void set_up(void)
{
    options = (struct options){ 0 };
    error[0] = '\0';
    sent = NULL;
    printed = NULL;
}

static void tear_down(void)
{
    mem_free(sent);
    free(printed);
}

/* Runs the command against a server with that answer. */
static bool run(const char *const words[WORDS], const char *answer)
{
    struct canned canned;
    struct command_context ctx = { .options = &options };
    size_t length = 0;
    size_t count = 0;
    tear_down();
    while (count < WORDS && words[count] != NULL)
        count++;
    const struct command *command = ipvs_command_find(words[0]);
    ck_assert_ptr_nonnull(command);
    ck_assert(count - 1 >= command->min && count - 1 <= command->max);
    canned_start(&canned, answer, NULL);
    ctx.client = client_new(canned.url, NULL, ctx.error, sizeof(ctx.error));
    ctx.out = open_memstream(&printed, &length);
    bool ok = command->run(&ctx, words + 1, count - 1);
    (void)fclose(ctx.out);
    (void)snprintf(error, sizeof(error), "%s", ctx.error);
    client_free(ctx.client);
    sent = canned_requests(&canned);
    canned_stop(&canned);
    return ok;
}

/* --- requests --- */

static const struct {
    const char *words[WORDS];
    unsigned given;
    const char *line; /* of the request */
    const char *body;
} rows[] = {
    { { "status" }, 0, "GET /v1/ipvs", "" },
    { { "plan" }, 0, "POST /v1/ipvs/plan", "{}" },
    { { "apply" }, 0, "POST /v1/ipvs/apply", "{}" },
    { { "apply" }, OPTION_FORCE, "POST /v1/ipvs/apply", "{\"force\":true}" },
    { { "zero" }, 0, "POST /v1/ipvs/zero", "{}" },
    { { "zero", "web" }, 0, "POST /v1/ipvs/zero", "{\"service\":\"web\"}" },
    { { "down", "web" },
      0,
      "PUT /v1/ipvs/services/web/state",
      "{\"state\":\"down\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "up", "web/a" },
      0,
      "PUT /v1/ipvs/services/web/servers/a/state",
      "{\"state\":\"up\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "drain", "web/a/b" },
      0,
      "PUT /v1/ipvs/services/web/servers/a%2Fb/state",
      "{\"state\":\"drain\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "auto", ".." },
      0,
      "PUT /v1/ipvs/services/%2E%2E/state",
      "{\"state\":\"auto\",\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "weight", "web/a", "5" },
      0,
      "PUT /v1/ipvs/services/web/servers/a/weight",
      "{\"weight\":5,\"reason\":\"why\",\"for\":\"10m\"}" },
    { { "weight", "web/a", "auto" },
      0,
      "PUT /v1/ipvs/services/web/servers/a/weight",
      "{\"weight\":null,\"reason\":\"why\",\"for\":\"10m\"}" },
};

START_TEST(request_row)
{
    char line[128];
    options = (struct options){ .reason = "why", .span = "10m", .given = rows[_i].given };
    bool ok = run(rows[_i].words, HEAD "{}");
    int length = snprintf(line, sizeof(line), "%s HTTP/1.1\r\n", rows[_i].line);
    ck_assert_msg(strncmp(sent, line, (size_t)length) == 0, "%s", sent);
    const char *body = strstr(sent, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    ck_assert_str_eq(body + 4, rows[_i].body);
    ck_assert_msg(ok, "%s", error);
}
END_TEST

/* Refused here, without asking the server. */
static const struct {
    const char *words[WORDS];
    unsigned given;
    const char *error;
} bad[] = {
    { { "down", "/a" }, 0, "/a is not SERVICE[/SERVER]" },
    { { "down", "" }, 0, " is not SERVICE[/SERVER]" },
    { { "up", "web/" }, 0, "web/ is not SERVICE[/SERVER]" },
    { { "weight", "web", "5" }, 0, "web is not SERVICE/SERVER" },
    { { "weight", "web/a", "many" }, 0, "many is not a weight: a number from 0 to 65535, or auto" },
    { { "weight", "web/a", "65536" },
      0,
      "65536 is not a weight: a number from 0 to 65535, or auto" },
    { { "restore", "/nonexistent/x" }, 0, "/nonexistent/x: No such file or directory" },
    { { "restore", "/" }, 0, "/ cannot be read" },
    { { "list" },
      OPTION_STATS | OPTION_RATE,
      "one of --stats, --rate, --thresholds, --persistent-conn, --tun-info, --connections, "
      "--timeout "
      "and --daemon at a time" },
    { { "list" },
      OPTION_DAEMON | OPTION_TIMEOUT,
      "one of --stats, --rate, --thresholds, --persistent-conn, --tun-info, --connections, "
      "--timeout "
      "and --daemon at a time" },
};

START_TEST(bad_row)
{
    options.given = bad[_i].given;
    ck_assert(!run(bad[_i].words, HEAD "{}"));
    ck_assert_str_eq(sent, "");
    ck_assert_str_eq(error, bad[_i].error);
}
END_TEST

/* --- the kernel's table --- */

#define KERNEL                                                                                     \
    "{\"available\":true,\"version\":\"1.2.1\",\"size\":4096,\"services\":[{\"name\":\"web\","     \
    "\"key\":\"tcp 192.0.2.2:80\",\"kernel\":{\"key\":\"tcp 192.0.2.2:80\","                       \
    "\"address\":\"192.0.2.2\",\"port\":80,\"protocol\":\"tcp\",\"family\":\"ipv4\","              \
    "\"scheduler\":\"wlc\","                                                                       \
    "\"servers\":[{\"address\":\"10.0.0.1\",\"port\":80,\"forward\":\"nat\",\"weight\":5,"         \
    "\"active\":7,\"inactive\":2,\"persistent\":0}]}},{\"name\":\"off\",\"kernel\":null}],"        \
    "\"foreign\":[{\"key\":\"tcp 192.0.2.1:80\",\"address\":\"192.0.2.1\",\"port\":80,"            \
    "\"protocol\":\"tcp\",\"family\":\"ipv4\",\"scheduler\":\"rr\",\"servers\":[]}],"              \
    "\"timeouts\":{\"tcp\":900,\"tcp_fin\":120,\"udp\":300},\"sync\":[]}"

START_TEST(list_prints_as_ipvsadm)
{
    static const char *const words[WORDS] = { "list" };
    ck_assert_msg(run(words, HEAD KERNEL), "%s", error);
    ck_assert_str_eq(printed,
                     "IP Virtual Server version 1.2.1 (size=4096)\n"
                     "Prot LocalAddress:Port Scheduler Flags\n"
                     "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
                     "TCP  192.0.2.1:80 rr\n"
                     "TCP  192.0.2.2:80 wlc\n"
                     "  -> 10.0.0.1:80                  Masq    5      7          2         \n");
    options.given = OPTION_TIMEOUT;
    ck_assert(run(words, HEAD KERNEL));
    ck_assert_str_eq(printed, "Timeout (tcp tcpfin udp): 900 120 300\n");
    options.given = OPTION_DAEMON;
    ck_assert(run(words, HEAD KERNEL));
    ck_assert_str_eq(printed, "");
    options.given = OPTION_THRESHOLDS;
    ck_assert(run(words, HEAD KERNEL));
    ck_assert_ptr_nonnull(strstr(printed, "Uthreshold"));
    options.given = OPTION_JSON;
    ck_assert(run(words, HEAD KERNEL));
    ck_assert_str_eq(printed, KERNEL);
}
END_TEST

START_TEST(save_prints_what_restore_reads)
{
    static const char *const words[WORDS] = { "save" };
    options.given = OPTION_PLAIN;
    ck_assert_msg(run(words, HEAD KERNEL), "%s", error);
    ck_assert_str_eq(printed, "-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.2:80 -s wlc\n"
                              "-a -t 192.0.2.2:80 -r 10.0.0.1:80 -m -w 5\n");
    options.given = 0;
    ck_assert(run(words, HEAD KERNEL));
    ck_assert_ptr_nonnull(strstr(printed, "--set 900 120 300"));
}
END_TEST

START_TEST(no_ipvs_no_table)
{
    static const char *const verbs[] = { "list", "save" };
    for (size_t i = 0; i < 2; i++) {
        const char *const words[WORDS] = { verbs[i] };
        options.given = 0;
        ck_assert(!run(words, HEAD "{\"available\":false,\"reason\":\"no module\"}"));
        ck_assert_str_eq(error, "IPVS is not available: no module");
        ck_assert_str_eq(printed, "");
        ck_assert(!run(words, HEAD "{}"));
        ck_assert_str_eq(error, "IPVS is not available: no reason given");
        options.given = OPTION_JSON;
        ck_assert(!run(words, HEAD "{\"available\":false}"));
        ck_assert_str_eq(printed, "{\"available\":false}");
        options.given = 0;
        ck_assert(!run(words, HEAD "{\"available\":true,\"services\":[],\"foreign\":[7]}"));
        ck_assert_str_eq(error, "the server's answer is not of the form that this gslbctl knows");
    }
}
END_TEST

/* --- states --- */

START_TEST(status_of_one)
{
    static const char *const web[WORDS] = { "status", "web" };
    static const char *const none[WORDS] = { "status", "none" };
    ck_assert(run(web, HEAD KERNEL));
    ck_assert_ptr_nonnull(strstr(printed, "web (tcp 192.0.2.2:80)"));
    ck_assert_ptr_null(strstr(printed, "off"));
    options.given = OPTION_JSON;
    ck_assert(run(web, HEAD KERNEL));
    json_t *root = json_loads(printed, 0, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "services")), 1);
    json_decref(root);
    ck_assert(!run(none, HEAD KERNEL));
    ck_assert_str_eq(error, "there is no IPVS service none");
    ck_assert_str_eq(printed, "");
}
END_TEST

/* --- plans --- */

START_TEST(failed_operations_fail)
{
    static const char *const words[WORDS] = { "apply" };
    static const struct {
        const char *json;
        const char *error; /* NULL = fine */
    } answers[] = {
        { "{\"operations\":[{\"op\":\"zero\",\"result\":\"ok\"}],\"held\":[]}", NULL },
        { "{\"operations\":[],\"held\":[]}", NULL },
        { "{\"operations\":[{\"result\":\"ok\"},{\"result\":\"error\",\"error\":\"x\"}]}",
          "1 of 2 operations failed" },
        { "{\"operations\":[{\"result\":7}]}", "1 of 1 operations failed" },
        { "{\"operations\":[],\"held\":[{},{}]}", "2 deletions are held back, --force makes them" },
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char answer[512];
        (void)snprintf(answer, sizeof(answer), HEAD "%s", answers[i].json);
        ck_assert(run(words, answer) == (answers[i].error == NULL));
        ck_assert_str_eq(error, answers[i].error == NULL ? "" : answers[i].error);
        ck_assert_str_ne(printed, "");
    }
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(restore_sends_the_text)
{
    char path[] = "/tmp/gslb-restore-XXXXXX";
    char body[512];
    int fd = mkstemp(path);
    const char *const words[WORDS] = { "restore", path };
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    write_file(path, "-A -t 192.0.2.1:80\n");
    ck_assert(run(words, HEAD "{\"operations\":[{\"op\":\"add_service\"}],\"applied\":false}"));
    (void)snprintf(body, sizeof(body),
                   "\r\n\r\n{\"file\":\"%s\",\"text\":\"-A -t 192.0.2.1:80\\n\",\"apply\":false,"
                   "\"exact\":false}",
                   path);
    ck_assert_msg(strstr(sent, body) != NULL, "%s", sent);
    ck_assert_ptr_nonnull(strstr(printed, "--apply does it"));
    options.given = OPTION_APPLY | OPTION_EXACT;
    ck_assert(!run(words, HEAD "{\"operations\":[{\"result\":\"error\"}],\"applied\":true}"));
    ck_assert_ptr_nonnull(strstr(sent, "\"apply\":true,\"exact\":true}"));
    ck_assert_str_eq(error, "1 of 1 operations failed");
    ck_assert(!run(words, "HTTP/1.1 422 X\r\nConnection: close\r\n\r\n{\"error\":{\"message\":"
                          "\"refused\"},\"errors\":[\"f:1: no\"]}"));
    ck_assert_str_eq(error, "refused");
    ck_assert_str_eq(printed, "f:1: no\n");
    write_file(path, "\xff\xfe");
    ck_assert(!run(words, HEAD "{}"));
    ck_assert_ptr_nonnull(strstr(error, "is not UTF-8 text"));
    ck_assert_str_eq(sent, "");
    (void)unlink(path);
}
END_TEST

/* --- the table --- */

START_TEST(find_and_help)
{
    struct strbuf text;
    ck_assert_ptr_null(ipvs_command_find(""));
    ck_assert_ptr_null(ipvs_command_find("flush"));
    strbuf_init(&text);
    ipvs_command_help(&text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_ptr_nonnull(strstr(text.text, rows[i].words[0]));
    strbuf_fini(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ipvs_command");
    TCase *tcase = tcase_create("ipvs_command");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, request_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, list_prints_as_ipvsadm);
    tcase_add_test(tcase, save_prints_what_restore_reads);
    tcase_add_test(tcase, no_ipvs_no_table);
    tcase_add_test(tcase, status_of_one);
    tcase_add_test(tcase, failed_operations_fail);
    tcase_add_test(tcase, restore_sends_the_text);
    tcase_add_test(tcase, find_and_help);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
