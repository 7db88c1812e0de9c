// SPDX-License-Identifier: BSD-2-Clause
/* Doctor and scripts, with what a server answers and a host that is made up of files. */
#include "ctl/ipvs_host.h"

#include "base/mem.h"
#include "tests/support/canned.h"
#include "tests/support/tree.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n"

static char root[TREE_PATH_MAX];
static struct options options;
static char *printed;
static char error[COMMAND_ERROR_MAX];

static void set_up(void)
{
    tree_make(root);
    options = (struct options){ 0 };
    printed = NULL;
}

static void tear_down(void)
{
    free(printed);
    tree_remove(root);
}

/* `target` NULL = the doctor. */
static bool run(const char *target, const char *answer)
{
    struct canned canned;
    struct command_context ctx = { .options = &options };
    size_t length = 0;
    free(printed);
    printed = NULL;
    canned_start(&canned, answer, NULL);
    ctx.client = client_new(canned.url, NULL, ctx.error, sizeof(ctx.error));
    ctx.out = open_memstream(&printed, &length);
    bool ok = target == NULL ? ipvs_host_doctor(&ctx, root) : ipvs_host_realserver(&ctx, target);
    (void)fclose(ctx.out);
    (void)snprintf(error, sizeof(error), "%s", ctx.error);
    client_free(ctx.client);
    canned_stop(&canned);
    return ok;
}

#define SERVICE                                                                                    \
    "{\"key\":\"tcp 192.0.2.1:80\",\"address\":\"192.0.2.1\",\"port\":80,\"protocol\":"            \
    "\"tcp\",\"family\":\"ipv4\",\"scheduler\":\"wlc\",\"servers\":[{\"address\":"                 \
    "\"10.0.0.1\",\"port\":80,\"forward\":\"nat\",\"weight\":1}]}"
#define ANSWER                                                                                     \
    "{\"available\":true,\"services\":[{\"name\":\"web\",\"key\":\"tcp 192.0.2.1:80\","            \
    "\"desired\":" SERVICE ",\"kernel\":null,\"servers\":[{\"name\":\"a\",\"address\":"            \
    "\"10.0.0.1\",\"port\":80},{\"name\":\"b\",\"address\":\"10.0.0.2\",\"port\":80,"              \
    "\"forward\":\"dr\"}]},{\"name\":\"none\",\"key\":\"fwmark 7\",\"servers\":[{\"name\":"        \
    "\"a\",\"address\":\"10.0.0.1\",\"port\":0}]},{\"name\":\"odd\"}]}"

/* A host on which all is well for that service. */
static void put_good_host(void)
{
    tree_put(root, "/proc/modules", "ip_vs 1 1 - Live 0x0\nip_vs_wlc 1 1 - Live 0x0\n");
    tree_put(root, "/proc/net/fib_trie", "  |-- 192.0.2.1\n    /32 host LOCAL\n");
    tree_put(root, "/proc/sys/net/ipv4/ip_forward", "1\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/all/send_redirects", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/default/send_redirects", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/conf/all/rp_filter", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/vs/expire_nodest_conn", "1\n");
}

/* --- doctor --- */

START_TEST(good_host)
{
    put_good_host();
    ck_assert_msg(run(NULL, HEAD ANSWER), "%s", printed);
    ck_assert_ptr_nonnull(strstr(printed, "every service\n  ok     module ip_vs: loaded\n"));
    ck_assert_ptr_nonnull(strstr(printed, "  ok     net.ipv4.ip_forward: 1\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\ndr\n")); /* of server b */
    ck_assert_ptr_null(strstr(printed, "\ntun\n"));
    ck_assert_ptr_nonnull(strstr(printed, "fwmark 7 of service none"));
}
END_TEST

START_TEST(wrong_host_fails)
{
    put_good_host();
    tree_put(root, "/proc/sys/net/ipv4/ip_forward", "0\n");
    ck_assert(!run(NULL, HEAD ANSWER));
    ck_assert_str_eq(error, "1 thing is wrong on this host");
    ck_assert_ptr_nonnull(strstr(printed, "# sysctl -w net.ipv4.ip_forward=1\n"));
    tree_put(root, "/proc/sys/net/ipv4/conf/all/send_redirects", "1\n");
    ck_assert(!run(NULL, HEAD ANSWER));
    ck_assert_str_eq(error, "2 things are wrong on this host");
}
END_TEST

START_TEST(applied)
{
    put_good_host();
    tree_put(root, "/proc/sys/net/ipv4/ip_forward", "0\n");
    tree_put(root, "/proc/sys/net/ipv4/vs/expire_nodest_conn", "0\n");
    options.given = OPTION_APPLY;
    ck_assert_msg(run(NULL, HEAD ANSWER), "%s%s", error, printed);
    ck_assert_ptr_nonnull(strstr(printed, "sysctl -w net.ipv4.vs.expire_nodest_conn=1: done\n"
                                          "sysctl -w net.ipv4.ip_forward=1: done\n"
                                          "every service\n"));
    ck_assert_ptr_nonnull(strstr(printed, "  ok     net.ipv4.ip_forward: 1\n"));
    char *text = tree_read(root, "/proc/sys/net/ipv4/ip_forward");
    ck_assert_str_eq(text, "1");
    mem_free(text);
    ck_assert(run(NULL, HEAD ANSWER)); /* nothing is left to do */
    ck_assert_int_eq(strncmp(printed, "every service\n", 14), 0);
}
END_TEST

START_TEST(vip_of_a_backup_director)
{
    put_good_host();
    tree_put(root, "/proc/net/fib_trie", "");
    ck_assert(!run(NULL, HEAD ANSWER));
    ck_assert(run(NULL, HEAD "{\"services\":[{\"name\":\"web\",\"kernel\":" SERVICE
                             ",\"vip\":{\"require_local\":true}}]}"));
    ck_assert_ptr_nonnull(strstr(printed, "right for a director that stands by"));
}
END_TEST

START_TEST(findings_as_json)
{
    put_good_host();
    options.given = OPTION_JSON;
    ck_assert(run(NULL, HEAD ANSWER));
    json_t *json = json_loads(printed, 0, NULL);
    ck_assert_ptr_nonnull(json);
    const json_t *first = json_array_get(json_object_get(json, "findings"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "level")), "ok");
    ck_assert_str_eq(json_string_value(json_object_get(first, "subject")), "module ip_vs");
    ck_assert_str_eq(json_string_value(json_object_get(json, "done")), "");
    json_decref(json);
}
END_TEST

START_TEST(server_that_does_not_answer)
{
    put_good_host();
    ck_assert(!run(NULL, ""));
    ck_assert_str_eq(printed, "");
    options.given = OPTION_ALL; /* a host can be made ready before there is one */
    ck_assert(!run(NULL, ""));
    ck_assert_ptr_nonnull(strstr(printed, "\ntun\n"));
    ck_assert_str_eq(error, "1 thing is wrong on this host"); /* IPv6 forwarding */
}
END_TEST

/* --- realserver --- */

START_TEST(script_of_one_server)
{
    ck_assert_msg(run("web/b", HEAD ANSWER), "%s", error);
    ck_assert_ptr_nonnull(strstr(printed, "forwarding dr: set up."));
    ck_assert_ptr_nonnull(strstr(printed, "VIP=192.0.2.1/32\n"));
    ck_assert(run("web/a", HEAD ANSWER));
    ck_assert_ptr_nonnull(strstr(printed, "forwarding nat: set up."));
    options.given = OPTION_UNDO | OPTION_JSON;
    ck_assert(run("web/b", HEAD ANSWER));
    json_t *json = json_loads(printed, 0, NULL);
    ck_assert_ptr_nonnull(
        strstr(json_string_value(json_object_get(json, "script")), "forwarding dr: taken back."));
    json_decref(json);
}
END_TEST

START_TEST(script_of_all_servers)
{
    ck_assert(run("web", HEAD "{\"services\":[{\"name\":\"web\",\"kernel\":" SERVICE "}]}"));
    ck_assert_ptr_nonnull(strstr(printed, "forwarding nat: set up."));
}
END_TEST

static const struct {
    const char *target;
    const char *error;
} bad[] = {
    { "web", "the service's servers are reached in different ways: say SERVICE/SERVER" },
    { "web/c", "the service has no server c" },
    { "none", "of no server of the service the way of forwarding is known" },
    { "none/a", "the service has no server a of which the way of forwarding is known" },
    { "nothing", "there is no IPVS service nothing" },
    { "odd", "there is no IPVS service odd" },
    { "/a", "there is no IPVS service " },
};

START_TEST(bad_row)
{
    ck_assert(!run(bad[_i].target, HEAD ANSWER));
    ck_assert_str_eq(error, bad[_i].error);
    ck_assert_str_eq(printed, "");
}
END_TEST

/* --- connections --- */

static bool run_connections(void)
{
    struct command_context ctx = { .options = &options };
    size_t length = 0;
    free(printed);
    printed = NULL;
    ctx.out = open_memstream(&printed, &length);
    bool ok = ipvs_host_connections(&ctx, root);
    (void)fclose(ctx.out);
    (void)snprintf(error, sizeof(error), "%s", ctx.error);
    return ok;
}

START_TEST(connections)
{
    ck_assert(!run_connections());
    ck_assert_ptr_nonnull(strstr(error, "/proc/net/ip_vs_conn: there is no IPVS on this host"));
    tree_put(root, "/proc/net/ip_vs_conn",
             "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
             "TCP 0A010002 C350 0A010064 0050 0A090003 1F40 ESTABLISHED     899\n"
             "UDP 0A010002 C350 0A010064 0050 0A090003 1F40 UDP             300\n");
    ck_assert(run_connections());
    ck_assert_str_eq(
        printed, "IPVS connection entries\n"
                 "pro expire state       source             virtual            destination\n"
                 "TCP 14:59  ESTABLISHED 10.1.0.2:50000     10.1.0.100:80      10.9.0.3:8000\n"
                 "UDP 05:00  UDP         10.1.0.2:50000     10.1.0.100:80      10.9.0.3:8000\n");
    options.given = OPTION_JSON;
    ck_assert(run_connections());
    json_t *json = json_loads(printed, 0, NULL);
    const json_t *list = json_object_get(json, "connections");
    ck_assert_uint_eq(json_array_size(list), 2);
    const json_t *first = json_array_get(list, 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "source")), "10.1.0.2:50000");
    ck_assert_int_eq(json_integer_value(json_object_get(first, "expires")), 899);
    json_decref(json);
}
END_TEST

/* --- import --- */

static bool run_import(const char *file)
{
    struct command_context ctx = { .options = &options };
    size_t length = 0;
    free(printed);
    printed = NULL;
    ctx.out = open_memstream(&printed, &length);
    bool ok = ipvs_host_import(&ctx, file);
    (void)fclose(ctx.out);
    (void)snprintf(error, sizeof(error), "%s", ctx.error);
    return ok;
}

START_TEST(import_keepalived)
{
    char path[TREE_PATH_MAX + 32];
    (void)snprintf(path, sizeof(path), "%s/keepalived.conf", root);
    tree_put(root, "/keepalived.conf",
             "virtual_server 192.0.2.1 80 {\n  lb_algo rr\n  real_server 10.0.0.1 80 {\n"
             "    TCP_CHECK {\n    }\n  }\n}\nvrrp_instance V {\n}\n");
    ck_assert_msg(run_import(path), "%s", error);
    json_t *json = json_loads(printed, 0, NULL);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(json, "ipvs"), "services"));
    json_decref(json);
    options.given = OPTION_JSON;
    ck_assert(run_import(path));
    json = json_loads(printed, 0, NULL);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(json, "config"), "ipvs"));
    ck_assert_uint_ge(json_array_size(json_object_get(json, "notes")), 1);
    json_decref(json);
    ck_assert(!run_import("/nonexistent"));
    ck_assert_str_eq(printed, "");
    ck_assert_ptr_nonnull(strstr(error, "/nonexistent"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ipvs_host");
    TCase *tcase = tcase_create("ipvs_host");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, good_host);
    tcase_add_test(tcase, wrong_host_fails);
    tcase_add_test(tcase, applied);
    tcase_add_test(tcase, vip_of_a_backup_director);
    tcase_add_test(tcase, findings_as_json);
    tcase_add_test(tcase, server_that_does_not_answer);
    tcase_add_test(tcase, script_of_one_server);
    tcase_add_test(tcase, script_of_all_servers);
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, connections);
    tcase_add_test(tcase, import_keepalived);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
