// SPDX-License-Identifier: BSD-2-Clause
/* What can be seen of the kernel's back end where there is no IPVS, or no right to it: errors; and
 * on a kernel that is played, how it takes troubles. The suite itself runs on a kernel that has
 * IPVS, by tests/lab/ipvs_kernel.c. */
#include "ipvs/kernel.h"

#include "base/compiler.h"
#include "tests/support/netns.h"
#include "tests/unit/ipvs/kernel_script.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ipvs_kernel *kernel;
static struct ipvs_backend backend;

static void set_up(void)
{
    kernel = ipvs_kernel_new();
    backend = ipvs_kernel_backend(kernel);
}

static void tear_down(void)
{
    ipvs_kernel_free(kernel);
}

static void set_up_script(void)
{
    script_clear();
    memset(&script, 0, sizeof(script));
    script.on = true;
    script.family = 30;
    script.services = 3;
    script.dests = 2;
    set_up();
}

static void tear_down_script(void)
{
    tear_down();
    script_clear();
    script.on = false;
}

static struct ipvs_op service_op(unsigned kind)
{
    struct ipvs_op op = { .kind = (uint8_t)kind, .service = { .scheduler = "wlc" } };
    ck_assert(ipvs_key_parse("tcp 192.0.2.1:80", &op.service.key));
    return op;
}

static struct ipvs_op vip_op(unsigned kind, const char *addr, const char *interface)
{
    struct ipvs_op op = { .kind = (uint8_t)kind };
    ck_assert(addr_parse(addr, &op.service.key.addr));
    op.service.key.family = op.service.key.addr.family;
    memcpy(op.interface, interface, strlen(interface));
    return op;
}

/* ---- without IPVS, or without the right --------------------------------------------------------
 */

/* 0 on a kernel with IPVS and as root. */
static int unavailable(void)
{
    struct ipvs_info info;
    int error = backend.ops->info(backend.ctx, &info);
    ck_assert_msg(error == 0 || error == ENOENT || error == EPERM, "%s", strerror(error));
    return error;
}

START_TEST(info_says_why_there_is_none)
{
    char text[IPVS_OP_TEXT_MAX];
    int error = unavailable();
    if (error == 0)
        return;
    ipvs_print_unavailable(error, text);
    ck_assert_ptr_nonnull(strstr(text, error == ENOENT ? "module ip_vs" : "CAP_NET_ADMIN"));
    ck_assert_int_eq(unavailable(), error); /* asks again */
}
END_TEST

/* What was there stays. */
START_TEST(dump_fails_alike)
{
    int error = unavailable();
    struct ipvs_table table;
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE);
    if (error == 0)
        return;
    ipvs_table_init(&table);
    ipvs_table_add(&table, &op.service);
    ck_assert_int_eq(backend.ops->dump(backend.ctx, &table), error);
    ck_assert_uint_eq(table.count, 1);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(operations_fail_alike_each_on_its_own)
{
    struct ipvs_op ops[200];
    int results[ARRAY_LEN(ops)];
    int error = unavailable();
    if (error == 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        ops[i] = service_op(i == 7 ? IPVS_OP_NONE : IPVS_OP_ADD_SERVICE);
        results[i] = -1;
    }
    backend.ops->apply(backend.ctx, ops, ARRAY_LEN(ops), results);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ck_assert_int_eq(results[i], i == 7 ? EOPNOTSUPP : error);
}
END_TEST

START_TEST(nothing_to_do)
{
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE);
    int result = -1;
    backend.ops->apply(backend.ctx, &op, 0, &result);
    ck_assert_int_eq(result, -1);
    ipvs_kernel_free(NULL);
}
END_TEST

/* Many requests, few descriptors: sockets are kept, and closed after an error. */
START_TEST(no_descriptor_leaks)
{
    struct ipvs_op op = service_op(IPVS_OP_DELETE_SERVICE);
    struct ipvs_table table;
    int result = 0;
    if (unavailable() == 0)
        return;
    ipvs_table_init(&table);
    int before = dup(STDIN_FILENO);
    ck_assert_int_ge(before, 0);
    (void)close(before);
    for (unsigned i = 0; i < 20; i++) {
        (void)unavailable();
        backend.ops->apply(backend.ctx, &op, 1, &result);
        (void)backend.ops->dump(backend.ctx, &table);
    }
    int after = dup(STDIN_FILENO);
    ck_assert_int_eq(after, before);
    (void)close(after);
    ipvs_table_fini(&table);
}
END_TEST

/* ---- VIPs need no IPVS; in a namespace of our own ----------------------------------------------
 */

static bool has_addr(const struct addr *addr)
{
    struct ifaddrs *all = NULL;
    bool found = false;
    ck_assert_int_eq(getifaddrs(&all), 0);
    for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
        struct endpoint have;
        found = at->ifa_addr != NULL && endpoint_from_sockaddr(at->ifa_addr, &have) &&
                addr_equal(&have.addr, addr);
    }
    freeifaddrs(all);
    return found;
}

/* A VIP among operations that cannot be done, each result in its place. */
static int vips_in_child(void)
{
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    static const char *const addrs[] = { "192.0.2.7", "2001:db8::7" };
    for (size_t i = 0; i < ARRAY_LEN(addrs); i++) {
        struct ipvs_op ops[] = { service_op(IPVS_OP_NONE),
                                 vip_op(IPVS_OP_ADD_VIP, addrs[i], "lo"),
                                 vip_op(IPVS_OP_ADD_VIP, addrs[i], "lo"),
                                 service_op(IPVS_OP_NONE),
                                 vip_op(IPVS_OP_ADD_VIP, addrs[i], "absent0"),
                                 vip_op(IPVS_OP_DELETE_VIP, addrs[1 - i], "lo") };
        static const int want[] = { EOPNOTSUPP, 0, 0, EOPNOTSUPP, ENODEV, 0 };
        struct ipvs_op removal = vip_op(IPVS_OP_DELETE_VIP, addrs[i], "lo");
        int results[ARRAY_LEN(ops)];
        backend.ops->apply(backend.ctx, ops, ARRAY_LEN(ops), results);
        for (size_t k = 0; k < ARRAY_LEN(ops); k++)
            ck_assert_int_eq(results[k], want[k]);
        ck_assert(has_addr(&removal.service.key.addr));
        backend.ops->apply(backend.ctx, &removal, 1, results);
        ck_assert_int_eq(results[0], 0);
        ck_assert(!has_addr(&removal.service.key.addr));
        backend.ops->apply(backend.ctx, &removal, 1, results);
        ck_assert_int_eq(results[0], 0);
    }
    return 0;
}

START_TEST(vips_come_and_go)
{
    int status = netns_fork(vips_in_child);
    ck_assert(status == 0 || status == NETNS_FORBIDDEN);
}
END_TEST

/* ---- troubles of a kernel that is played -------------------------------------------------------
 */

static int dump_once(size_t *services, size_t *dests)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    int error = backend.ops->dump(backend.ctx, &table);
    *services = table.count;
    *dests = ipvs_table_dest_count(&table);
    ck_assert_uint_eq(table.timeouts.udp, error == 0 ? 3 : 0);
    ipvs_table_fini(&table);
    return error;
}

static void expect_dump(int error)
{
    size_t services = 0;
    size_t dests = 0;
    ck_assert_int_eq(dump_once(&services, &dests), error);
    ck_assert_uint_eq(services, error == 0 ? 3 : 0);
    ck_assert_uint_eq(dests, error == 0 ? 6 : 0);
}

START_TEST(one_socket_and_one_question)
{
    struct ipvs_info info;
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE);
    int result = -1;
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(backend.ops->info(backend.ctx, &info), 0);
        expect_dump(0);
        backend.ops->apply(backend.ctx, &op, 1, &result);
        ck_assert_int_eq(result, 0);
    }
    ck_assert_uint_eq(info.connection_table_size, 512);
    ck_assert_uint_eq(script.questions, 1);
    ck_assert_uint_eq(script.dumps, 5 * (2 + 3));
}
END_TEST

START_TEST(many_operations_in_few_calls)
{
    struct ipvs_op ops[500];
    int results[ARRAY_LEN(ops)];
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        ops[i] = service_op(IPVS_OP_ADD_SERVICE);
        results[i] = -1;
    }
    backend.ops->apply(backend.ctx, ops, ARRAY_LEN(ops), results);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ck_assert_int_eq(results[i], 0);
    ck_assert_uint_eq(script.ops, ARRAY_LEN(ops));
    ck_assert_uint_eq(script.sends, 1 + 8); /* 64 at a time */
}
END_TEST

/* Loaded, unloaded, loaded again: the family has another number then. */
START_TEST(a_module_that_comes_and_goes)
{
    struct ipvs_info info;
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE);
    int result = -1;
    script.no_module = true;
    ck_assert_int_eq(backend.ops->info(backend.ctx, &info), ENOENT);
    expect_dump(ENOENT);
    script.no_module = false;
    expect_dump(0);
    script.family = 31;
    expect_dump(0);
    script.family = 32;
    ck_assert_int_eq(backend.ops->info(backend.ctx, &info), 0);
    script.family = 33;
    backend.ops->apply(backend.ctx, &op, 1, &result);
    ck_assert_int_eq(result, ENOENT);
    backend.ops->apply(backend.ctx, &op, 1, &result);
    ck_assert_int_eq(result, 0);
    script.no_module = true;
    expect_dump(ENOENT);
    ck_assert_uint_eq(script.questions, 7);
}
END_TEST

/* A search for the module is dear: once for all operations. */
START_TEST(a_missing_module_is_searched_once)
{
    struct ipvs_op ops[100];
    int results[ARRAY_LEN(ops)];
    script.no_module = true;
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ops[i] = service_op(IPVS_OP_ADD_SERVICE);
    backend.ops->apply(backend.ctx, ops, ARRAY_LEN(ops), results);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ck_assert_int_eq(results[i], ENOENT);
    ck_assert_uint_eq(script.questions, 1);
}
END_TEST

START_TEST(a_dump_that_is_disturbed_is_made_anew)
{
    script.changed = 1;
    expect_dump(0);
    script.changed = 2;
    expect_dump(0);
    script.changed = 1000;
    expect_dump(EBUSY);
}
END_TEST

START_TEST(lost_answers_are_asked_for_again)
{
    expect_dump(0);
    script.lost = 1;
    expect_dump(0);
    script.interrupted = 10;
    expect_dump(0);
    script.lost = 1000;
    expect_dump(ENOBUFS);
}
END_TEST

/* Done or not: nobody knows, and the next dump will tell. */
START_TEST(lost_acknowledgements)
{
    struct ipvs_op ops[100];
    int results[ARRAY_LEN(ops)];
    expect_dump(0);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ops[i] = service_op(IPVS_OP_DELETE_SERVICE);
    script.lost = 1;
    backend.ops->apply(backend.ctx, ops, ARRAY_LEN(ops), results);
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        ck_assert_int_eq(results[i], i < 64 ? ENOBUFS : 0);
    expect_dump(0);
}
END_TEST

START_TEST(answers_that_make_no_sense)
{
    struct ipvs_info info = { 0 };
    script.malformed_service = true;
    expect_dump(EBADMSG);
    script.malformed_service = false;
    script.malformed_dest = true;
    expect_dump(EBADMSG);
    script.malformed_dest = false;
    script.too_many_daemons = true;
    expect_dump(EBADMSG);
    script.too_many_daemons = false;
    script.malformed_config = true;
    expect_dump(EBADMSG);
    ck_assert_int_eq(backend.ops->info(backend.ctx, &info), EBADMSG);
    ck_assert_uint_eq(info.version, 0);
    script.malformed_config = false;
    script.long_reply = true;
    expect_dump(EMSGSIZE);
    script.long_reply = false;
    script.family = 0; /* told without a number */
    expect_dump(EBADMSG);
    script.family = 34;
    expect_dump(0);
}
END_TEST

START_TEST(no_right)
{
    struct ipvs_info info;
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE);
    int result = 0;
    script.refuse = EPERM;
    ck_assert_int_eq(backend.ops->info(backend.ctx, &info), EPERM);
    expect_dump(EPERM);
    backend.ops->apply(backend.ctx, &op, 1, &result);
    ck_assert_int_eq(result, EPERM);
}
END_TEST

static TCase *played(void)
{
    TCase *tcase = tcase_create("played kernel");
    tcase_add_checked_fixture(tcase, set_up_script, tear_down_script);
    tcase_add_test(tcase, one_socket_and_one_question);
    tcase_add_test(tcase, many_operations_in_few_calls);
    tcase_add_test(tcase, a_module_that_comes_and_goes);
    tcase_add_test(tcase, a_missing_module_is_searched_once);
    tcase_add_test(tcase, a_dump_that_is_disturbed_is_made_anew);
    tcase_add_test(tcase, lost_answers_are_asked_for_again);
    tcase_add_test(tcase, lost_acknowledgements);
    tcase_add_test(tcase, answers_that_make_no_sense);
    tcase_add_test(tcase, no_right);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("kernel");
    TCase *tcase = tcase_create("kernel");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, info_says_why_there_is_none);
    tcase_add_test(tcase, dump_fails_alike);
    tcase_add_test(tcase, operations_fail_alike_each_on_its_own);
    tcase_add_test(tcase, nothing_to_do);
    tcase_add_test(tcase, no_descriptor_leaks);
    tcase_add_test(tcase, vips_come_and_go);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, played());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
