// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ipvs_suite.h"

#include "tests/support/ipvs_suite_help.h"

#include <string.h>

static const struct ipvs_suite_host *host;
static struct ipvs_backend backend;

const struct ipvs_suite_host *suite_host(void)
{
    return host;
}

static void set_up(void)
{
    backend = host->open();
}

static void tear_down(void)
{
    host->close();
}

void suite_fixture(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
}

/* ---- operations --------------------------------------------------------------------------------
 */

void do_op(const struct ipvs_op *op, int error)
{
    char text[IPVS_OP_TEXT_MAX];
    int result = -1;
    backend.ops->apply(backend.ctx, op, 1, &result);
    ipvs_op_print_key(op, text);
    ck_assert_msg(result == error, "%s %s: %s instead of %s", ipvs_op_name(op->kind), text,
                  strerror(result), strerror(error));
}

void do_ops(const struct ipvs_op *ops, size_t count, int *results)
{
    backend.ops->apply(backend.ctx, ops, count, results);
}

void do_service(unsigned kind, const struct ipvs_service *service, int error)
{
    struct ipvs_op op = { .kind = (uint8_t)kind, .service = *service };
    do_op(&op, error);
}

void do_dest(unsigned kind, const struct ipvs_service *service, const struct ipvs_dest *dest,
             int error)
{
    struct ipvs_op op = { .kind = (uint8_t)kind,
                          .service = { .key = service->key },
                          .dest = *dest };
    do_op(&op, error);
}

/* ---- objects -----------------------------------------------------------------------------------
 */

struct ipvs_service make_service(const char *key)
{
    struct ipvs_service service = { .scheduler = "wlc" };
    ck_assert_msg(ipvs_key_parse(key, &service.key), "%s", key);
    service.prefix = service.key.family == ADDR_V6 ? 128 : 32;
    return service;
}

struct ipvs_dest make_dest(const char *endpoint)
{
    struct endpoint at;
    ck_assert_msg(endpoint_parse(endpoint, &at), "%s", endpoint);
    return (struct ipvs_dest){ .addr = at.addr, .port = at.port, .weight = 1 };
}

struct addr make_addr(const char *text)
{
    struct addr addr;
    ck_assert_msg(addr_parse(text, &addr), "%s", text);
    return addr;
}

/* ---- what the host tells -----------------------------------------------------------------------
 */

int take_info(struct ipvs_info *out)
{
    return backend.ops->info(backend.ctx, out);
}

struct ipvs_table take_table(void)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    ck_assert_int_eq(backend.ops->dump(backend.ctx, &table), 0);
    return table;
}

static void same_service(const struct ipvs_service *have, const struct ipvs_service *want)
{
    char key[IPVS_TEXT_MAX];
    char left[IPVS_TEXT_MAX];
    char right[IPVS_TEXT_MAX];
    ipvs_key_print(&want->key, key);
    ipvs_service_print_settings(have, left);
    ipvs_service_print_settings(want, right);
    ck_assert_msg(ipvs_service_same(have, want), "%s: %s, not %s", key, left, right);
}

static void same_dest(const struct ipvs_dest *have, const struct ipvs_dest *want)
{
    char key[IPVS_TEXT_MAX];
    char left[IPVS_TEXT_MAX];
    char right[IPVS_TEXT_MAX];
    ipvs_dest_print(want, key);
    ipvs_dest_print_settings(have, left);
    ipvs_dest_print_settings(want, right);
    ck_assert_msg(ipvs_dest_same(have, want), "%s: %s, not %s", key, left, right);
}

void expect_service(const struct ipvs_service *service)
{
    struct ipvs_table table = take_table();
    const struct ipvs_service *have = ipvs_table_find(&table, &service->key);
    ck_assert_ptr_nonnull(have);
    same_service(have, service);
    ipvs_table_fini(&table);
}

void expect_no_service(const struct ipvs_service *service)
{
    struct ipvs_table table = take_table();
    ck_assert_ptr_null(ipvs_table_find(&table, &service->key));
    ipvs_table_fini(&table);
}

void expect_dest(const struct ipvs_service *service, const struct ipvs_dest *dest)
{
    struct ipvs_table table = take_table();
    const struct ipvs_service *in = ipvs_table_find(&table, &service->key);
    ck_assert_ptr_nonnull(in);
    const struct ipvs_dest *have = ipvs_service_find(in, &dest->addr, dest->port);
    ck_assert_ptr_nonnull(have);
    same_dest(have, dest);
    ipvs_table_fini(&table);
}

void expect_dests(const struct ipvs_service *service, size_t count)
{
    struct ipvs_table table = take_table();
    const struct ipvs_service *in = ipvs_table_find(&table, &service->key);
    ck_assert_ptr_nonnull(in);
    ck_assert_uint_eq(in->dest_count, count);
    ipvs_table_fini(&table);
}

static void same_dests(const struct ipvs_service *have, const struct ipvs_service *want)
{
    ck_assert_uint_eq(have->dest_count, want->dest_count);
    for (size_t i = 0; i < want->dest_count; i++) {
        ck_assert_int_eq(ipvs_dest_compare(&have->dests[i], &want->dests[i]), 0);
        same_dest(&have->dests[i], &want->dests[i]);
    }
}

void expect_tables_same(const struct ipvs_table *have, const struct ipvs_table *want)
{
    ck_assert_uint_eq(have->count, want->count);
    for (size_t i = 0; i < want->count; i++) {
        ck_assert_int_eq(ipvs_key_compare(&have->services[i].key, &want->services[i].key), 0);
        same_service(&have->services[i], &want->services[i]);
        same_dests(&have->services[i], &want->services[i]);
    }
}

void ipvs_suite_add(Suite *suite, const struct ipvs_suite_host *of)
{
    host = of;
    suite_add_tcase(suite, suite_services());
    suite_add_tcase(suite, suite_dests());
    suite_add_tcase(suite, suite_rest());
    suite_add_tcase(suite, suite_many());
}
