// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/fake.h"

#include "base/mem.h"
#include "tests/support/ipvs_suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct ipvs_fake *fake;
static struct ipvs_backend backend;

static void set_up(void)
{
    fake = ipvs_fake_new();
    backend = ipvs_fake_backend(fake);
}

static void tear_down(void)
{
    ipvs_fake_free(fake);
}

/* ---- the suite ---------------------------------------------------------------------------------
 */

static struct ipvs_backend open_fake(void)
{
    set_up();
    ipvs_fake_lacks(fake, "twos");
    ipvs_fake_lacks_interface(fake, IPVS_SUITE_NO_INTERFACE);
    return backend;
}

static bool has_vip(const struct addr *addr, const char *interface)
{
    return ipvs_fake_has_vip(fake, addr, interface);
}

static const struct ipvs_suite_host host = { open_fake, tear_down, has_vip, "eth0", "twos", true };

/* ---- what only a fake does ---------------------------------------------------------------------
 */

static struct ipvs_op service_op(unsigned kind, const char *key)
{
    struct ipvs_op op = { .kind = (uint8_t)kind, .service = { .scheduler = "wlc" } };
    ck_assert(ipvs_key_parse(key, &op.service.key));
    return op;
}

static struct ipvs_op dest_op(unsigned kind, const char *key, const char *endpoint)
{
    struct endpoint at;
    struct ipvs_op op = service_op(kind, key);
    ck_assert(endpoint_parse(endpoint, &at));
    op.dest = (struct ipvs_dest){ .addr = at.addr, .port = at.port, .weight = 1 };
    return op;
}

static int apply(const struct ipvs_op *op)
{
    int result = -1;
    backend.ops->apply(backend.ctx, op, 1, &result);
    return result;
}

#define KEY "tcp 192.0.2.1:80"

START_TEST(unavailable_until_it_is_again)
{
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE, KEY);
    struct ipvs_info info;
    struct ipvs_table table;
    ipvs_table_init(&table);
    ipvs_fake_unavailable(fake, EPERM);
    ck_assert_int_eq(backend.ops->info(backend.ctx, &info), EPERM);
    ck_assert_int_eq(backend.ops->dump(backend.ctx, &table), EPERM);
    ck_assert_int_eq(apply(&op), EPERM);
    ck_assert_uint_eq(ipvs_fake_dumps(fake), 0);
    ck_assert_uint_eq(ipvs_fake_writes(fake), 0);
    ipvs_fake_unavailable(fake, 0);
    ck_assert_int_eq(backend.ops->info(backend.ctx, &info), 0);
    ck_assert_int_eq(apply(&op), 0);
    ck_assert_int_eq(backend.ops->dump(backend.ctx, &table), 0);
    ck_assert_uint_eq(table.count, 1);
    ck_assert_uint_eq(ipvs_fake_dumps(fake), 1);
    ck_assert_uint_eq(ipvs_fake_writes(fake), 1);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(a_failure_on_order_happens_once)
{
    struct ipvs_op add = service_op(IPVS_OP_ADD_SERVICE, KEY);
    struct ipvs_op remove = service_op(IPVS_OP_DELETE_SERVICE, KEY);
    ipvs_fake_fail(fake, IPVS_OP_DELETE_SERVICE, ENOMEM);
    ipvs_fake_fail(fake, IPVS_OP_KINDS, ENOMEM);
    ck_assert_int_eq(apply(&add), 0);
    ck_assert_int_eq(apply(&remove), ENOMEM);
    ck_assert_int_eq(apply(&remove), 0);
    ck_assert_int_eq(apply(&remove), ESRCH);
}
END_TEST

START_TEST(history_tells_what_succeeded_since_the_last_look)
{
    struct ipvs_op ops[] = { service_op(IPVS_OP_ADD_SERVICE, KEY),
                             service_op(IPVS_OP_ADD_SERVICE, KEY),
                             dest_op(IPVS_OP_ADD_DEST, KEY, "10.0.0.1:80") };
    int results[3];
    backend.ops->apply(backend.ctx, ops, 3, results);
    ck_assert_int_eq(results[0], 0);
    ck_assert_int_eq(results[1], EEXIST);
    ck_assert_int_eq(results[2], 0);
    char *text = ipvs_fake_history(fake);
    ck_assert_str_eq(text, "add_service tcp 192.0.2.1:80\n"
                           "add_server tcp 192.0.2.1:80 -> 10.0.0.1:80\n");
    mem_free(text);
    text = ipvs_fake_history(fake);
    ck_assert_str_eq(text, "");
    mem_free(text);
    ck_assert_uint_eq(ipvs_fake_writes(fake), 2);
}
END_TEST

START_TEST(meddling_is_seen_but_not_counted)
{
    struct ipvs_op add = service_op(IPVS_OP_ADD_SERVICE, KEY);
    struct ipvs_op dest = dest_op(IPVS_OP_ADD_DEST, KEY, "10.0.0.1:80");
    struct ipvs_op bad = dest_op(IPVS_OP_ADD_DEST, KEY, "224.0.0.1:80");
    struct ipvs_table table;
    ipvs_table_init(&table);
    ipvs_fake_unavailable(fake, ENOENT); /* for us, not for others */
    ck_assert_int_eq(ipvs_fake_meddle(fake, &add), 0);
    ck_assert_int_eq(ipvs_fake_meddle(fake, &add), EEXIST);
    ck_assert_int_eq(ipvs_fake_meddle(fake, &dest), 0);
    ck_assert_int_eq(ipvs_fake_meddle(fake, &bad), EINVAL);
    ipvs_fake_copy(fake, &table);
    ck_assert_uint_eq(table.count, 1);
    ck_assert_uint_eq(table.services[0].dest_count, 1);
    ck_assert_uint_eq(ipvs_fake_writes(fake), 0);
    ck_assert_uint_eq(ipvs_fake_dumps(fake), 0);
    ipvs_fake_flush(fake);
    ipvs_fake_copy(fake, &table);
    ck_assert_uint_eq(table.count, 0);
    ck_assert_uint_eq(table.timeouts.tcp, 900);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(connections_as_if_there_was_traffic)
{
    struct ipvs_op add = service_op(IPVS_OP_ADD_SERVICE, KEY);
    struct ipvs_op dest = dest_op(IPVS_OP_ADD_DEST, KEY, "10.0.0.1:80");
    const struct ipvs_key *key = &add.service.key;
    ck_assert(!ipvs_fake_connections(fake, key, &dest.dest.addr, 80, 1, 2));
    ck_assert_int_eq(apply(&add), 0);
    ck_assert(!ipvs_fake_connections(fake, key, &dest.dest.addr, 80, 1, 2));
    ck_assert_int_eq(apply(&dest), 0);
    ck_assert(!ipvs_fake_connections(fake, key, &dest.dest.addr, 81, 1, 2));
    ck_assert(ipvs_fake_connections(fake, key, &dest.dest.addr, 80, 1, 2));
    dest.kind = IPVS_OP_EDIT_DEST; /* keeps them */
    dest.dest.weight = 0;
    ck_assert_int_eq(apply(&dest), 0);
    struct ipvs_table table;
    ipvs_table_init(&table);
    ck_assert_int_eq(backend.ops->dump(backend.ctx, &table), 0);
    ck_assert_uint_eq(table.services[0].dests[0].active, 1);
    ck_assert_uint_eq(table.services[0].dests[0].inactive, 2);
    ck_assert_uint_eq(table.services[0].dests[0].weight, 0);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(a_lacking_scheduler_is_looked_for_after_the_service)
{
    struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE, KEY);
    struct ipvs_op edit = service_op(IPVS_OP_EDIT_SERVICE, KEY);
    memcpy(edit.service.scheduler, "mh", 3);
    ipvs_fake_lacks(fake, "mh");
    ck_assert_int_eq(apply(&edit), ESRCH);
    ck_assert_int_eq(apply(&op), 0);
    ck_assert_int_eq(apply(&edit), ENOENT);
    edit.kind = IPVS_OP_ADD_SERVICE;
    ck_assert_int_eq(apply(&edit), EEXIST);
    edit.kind = IPVS_OP_DELETE_SERVICE;
    ck_assert_int_eq(apply(&edit), 0);
}
END_TEST

static void *meddler(void *data)
{
    struct ipvs_op add = service_op(IPVS_OP_ADD_SERVICE, KEY);
    struct ipvs_op dest = dest_op(IPVS_OP_ADD_DEST, KEY, "10.0.0.1:80");
    (void)data;
    for (unsigned i = 0; i < 500; i++) {
        (void)ipvs_fake_meddle(fake, &add);
        (void)ipvs_fake_meddle(fake, &dest);
        ipvs_fake_flush(fake);
    }
    return NULL;
}

/* For the thread sanitizer; and what is told is whole. */
START_TEST(a_test_may_meddle_while_a_thread_works)
{
    pthread_t thread;
    struct ipvs_table table;
    ipvs_table_init(&table);
    ck_assert_int_eq(pthread_create(&thread, NULL, meddler, NULL), 0);
    for (unsigned i = 0; i < 500; i++) {
        struct ipvs_op op = service_op(IPVS_OP_ADD_SERVICE, "udp 192.0.2.1:53");
        (void)apply(&op);
        ck_assert_int_eq(backend.ops->dump(backend.ctx, &table), 0);
        ck_assert_uint_le(table.count, 2);
        mem_free(ipvs_fake_history(fake));
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ipvs_table_fini(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fake");
    ipvs_suite_add(suite, &host);
    TCase *tcase = tcase_create("fake");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, unavailable_until_it_is_again);
    tcase_add_test(tcase, a_failure_on_order_happens_once);
    tcase_add_test(tcase, history_tells_what_succeeded_since_the_last_look);
    tcase_add_test(tcase, meddling_is_seen_but_not_counted);
    tcase_add_test(tcase, connections_as_if_there_was_traffic);
    tcase_add_test(tcase, a_lacking_scheduler_is_looked_for_after_the_service);
    tcase_add_test(tcase, a_test_may_meddle_while_a_thread_works);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
