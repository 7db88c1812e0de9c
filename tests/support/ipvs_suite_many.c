// SPDX-License-Identifier: BSD-2-Clause
/* Many objects, many operations at once, and any operation on any table. */
#include "base/compiler.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tests/support/ipvs_suite_help.h"

#include <errno.h>
#include <string.h>

struct list {
    struct ipvs_op *ops;
    size_t count;
    size_t capacity;
};

static struct ipvs_op *list_add(struct list *list, unsigned kind)
{
    mem_grow((void **)&list->ops, &list->capacity, list->count + 1, sizeof(*list->ops));
    struct ipvs_op *op = &list->ops[list->count++];
    *op = (struct ipvs_op){ .kind = (uint8_t)kind };
    return op;
}

static struct addr numbered(const char *base, unsigned number)
{
    struct addr addr = make_addr(base);
    unsigned size = addr_size(&addr);
    addr.bytes[size - 2] = (uint8_t)(number >> 8);
    addr.bytes[size - 1] = (uint8_t)number;
    return addr;
}

/* Service number `i`; every third one IPv6, every third one a mark. */
static struct ipvs_service service_of(unsigned i)
{
    struct ipvs_service service =
        make_service(i % 3 == 0 ? "tcp [2001:db8::]:80" : "udp 192.0.2.1:1");
    if (i % 3 == 1)
        service.key = (struct ipvs_key){ .family = ADDR_V4, .fwmark = i + 1 };
    else
        service.key.addr = numbered(i % 3 == 0 ? "2001:db8::" : "198.51.0.0", i);
    return service;
}

static struct ipvs_dest dest_of(const struct ipvs_service *service, unsigned i)
{
    struct ipvs_dest dest = { .port = 80, .weight = i + 1, .upper = 2 * i, .lower = i };
    dest.addr = numbered(service->key.family == ADDR_V6 ? "2001:db8:1::" : "10.1.0.0", i);
    return dest;
}

static void add_with_dests(struct list *list, unsigned number, unsigned dests)
{
    struct ipvs_service service = service_of(number);
    list_add(list, IPVS_OP_ADD_SERVICE)->service = service;
    for (unsigned i = 0; i < dests; i++) {
        struct ipvs_op *op = list_add(list, IPVS_OP_ADD_DEST);
        op->service.key = service.key;
        op->dest = dest_of(&service, i);
    }
}

/* Does all of `list` on the host and on a table of our own, and compares the results and what both
 * are like then. */
static void do_list(struct list *list, struct ipvs_table *own)
{
    int *results = MEM_NEW_ARRAY(int, list->count);
    for (size_t i = 0; i < list->count; i++)
        results[i] = -1;
    do_ops(list->ops, list->count, results);
    for (size_t i = 0; i < list->count; i++) {
        char key[IPVS_OP_TEXT_MAX];
        char to[IPVS_OP_TEXT_MAX];
        int error = ipvs_table_apply(own, &list->ops[i]);
        ipvs_op_print_key(&list->ops[i], key);
        ipvs_op_print_to(&list->ops[i], to);
        ck_assert_msg(results[i] == error, "%zu: %s %s (%s): %s instead of %s", i,
                      ipvs_op_name(list->ops[i].kind), key, to, strerror(results[i]),
                      strerror(error));
    }
    mem_free(results);
    struct ipvs_table have = take_table();
    expect_tables_same(&have, own);
    ipvs_table_fini(&have);
    mem_free(list->ops);
    *list = (struct list){ 0 };
}

START_TEST(tables_are_told_sorted)
{
    static const char *const keys[] = {
        "fwmark 9",         "udp 192.0.2.1:53", "tcp [2001:db8::1]:80", "tcp 192.0.2.1:443",
        "tcp 192.0.2.1:80", "fwmark 3 ipv6",    "tcp 203.0.113.1:80",   "tcp 9.0.0.1:80"
    };
    static const char *const sorted[] = { "tcp 9.0.0.1:80",    "tcp 192.0.2.1:80",
                                          "tcp 192.0.2.1:443", "tcp 203.0.113.1:80",
                                          "udp 192.0.2.1:53",  "tcp [2001:db8::1]:80",
                                          "fwmark 3 ipv6",     "fwmark 9" };
    static const char *const endpoints[] = { "200.0.0.1:80", "10.0.0.2:80", "10.0.0.1:81",
                                             "10.0.0.1:80" };
    char text[IPVS_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct ipvs_service service = make_service(keys[i]);
        do_service(IPVS_OP_ADD_SERVICE, &service, 0);
        for (size_t k = 0; service.key.family == ADDR_V4 && k < ARRAY_LEN(endpoints); k++) {
            struct ipvs_dest dest = make_dest(endpoints[k]);
            do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
        }
    }
    struct ipvs_table table = take_table();
    ck_assert_uint_eq(table.count, ARRAY_LEN(sorted));
    for (size_t i = 0; i < table.count; i++) {
        ipvs_key_print(&table.services[i].key, text);
        ck_assert_str_eq(text, sorted[i]);
        for (size_t k = 0; k < table.services[i].dest_count; k++) {
            struct ipvs_dest want = make_dest(endpoints[ARRAY_LEN(endpoints) - 1 - k]);
            ck_assert_int_eq(ipvs_dest_compare(&table.services[i].dests[k], &want), 0);
        }
    }
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(hundreds_of_services)
{
    struct list list = { 0 };
    struct ipvs_table own;
    ipvs_table_init(&own);
    for (unsigned i = 0; i < 500; i++)
        add_with_dests(&list, i, i % 4);
    do_list(&list, &own);
    for (unsigned i = 0; i < 500; i++)
        list_add(&list, IPVS_OP_DELETE_SERVICE)->service = service_of((i * 7) % 500);
    do_list(&list, &own);
    ck_assert_uint_eq(own.count, 0);
    ipvs_table_fini(&own);
}
END_TEST

/* Small ones fit one piece of a dump, large ones do not; in every order. */
START_TEST(services_of_every_size)
{
    static const unsigned sizes[] = { 0, 1, 300, 0, 1, 1, 70, 75, 80, 85, 90, 1, 1,   1,
                                      1, 1, 1,   1, 1, 1, 1,  1,  1,  1,  1,  1, 700, 700,
                                      2, 2, 200, 0, 0, 0, 0,  0,  0,  0,  0,  0, 0,   150 };
    struct list list = { 0 };
    struct ipvs_table own;
    ipvs_table_init(&own);
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++)
        add_with_dests(&list, i, sizes[i]);
    do_list(&list, &own);
    ck_assert_uint_gt(ipvs_table_dest_count(&own), 2000);
    ipvs_table_fini(&own);
}
END_TEST

/* A result belongs to its operation, whatever becomes of those around it. */
START_TEST(thousands_of_operations_some_of_which_fail)
{
    struct list list = { 0 };
    struct ipvs_table own;
    ipvs_table_init(&own);
    for (unsigned i = 0; i < 20; i++)
        add_with_dests(&list, i, 100);
    for (unsigned i = 0; i < 2000; i++) {
        struct ipvs_service service = service_of(i % 25);
        struct ipvs_op *op = list_add(&list, i % 3 == 0 ? IPVS_OP_ADD_DEST : IPVS_OP_EDIT_DEST);
        op->service.key = service.key;
        op->dest = dest_of(&service, (i * 13) % 120);
        op->dest.weight = i;
        if (i % 50 == 0)
            op->dest.weight = UINT32_MAX;
        if (i % 100 == 7)
            op->kind = IPVS_OP_NONE;
    }
    do_list(&list, &own);
    ipvs_table_fini(&own);
}
END_TEST

START_TEST(vips_among_other_operations)
{
    struct list list = { 0 };
    struct ipvs_table own;
    ipvs_table_init(&own);
    for (unsigned i = 0; i < 40; i++) {
        struct ipvs_op *op = list_add(&list, IPVS_OP_ADD_VIP);
        op->service.key = make_service("tcp 192.0.2.7:1").key;
        memcpy(op->interface, suite_host()->interface, strlen(suite_host()->interface));
        add_with_dests(&list, i, i % 3);
        add_with_dests(&list, i / 2, 0);
    }
    do_list(&list, &own);
    struct addr addr = make_addr("192.0.2.7");
    ck_assert(suite_host()->has_vip(&addr, suite_host()->interface));
    ipvs_table_fini(&own);
}
END_TEST

START_TEST(no_operations_at_all)
{
    struct ipvs_op op = { 0 };
    int result = 99;
    do_ops(&op, 0, &result);
    ck_assert_int_eq(result, 99);
}
END_TEST

/* ---- any operation on any table ----------------------------------------------------------------
 */

static uint32_t pick(struct rng *rng, const uint32_t *from, size_t count)
{
    return from[rng_below(rng, (uint32_t)count)];
}

static struct ipvs_service any_service(struct rng *rng)
{
    static const char *const schedulers[] = { "rr", "wrr", "wlc", "sh", "mh" };
    static const uint32_t prefixes[] = { 1, 8, 24, 32 };
    struct ipvs_service service = service_of(rng_below(rng, 6));
    const char *name = schedulers[rng_below(rng, ARRAY_LEN(schedulers))];
    if (rng_below(rng, 500) == 0) /* rarely: the kernel starts modprobe each time */
        name = "nosuch";
    memset(service.scheduler, 0, sizeof(service.scheduler));
    memcpy(service.scheduler, name, strlen(name));
    service.flags = rng_below(rng, 0x40) & ~2U;
    service.timeout = rng_below(rng, 1000) + 1;
    service.prefix = (uint8_t)pick(rng, prefixes, ARRAY_LEN(prefixes));
    return service;
}

static struct ipvs_dest any_dest(struct rng *rng, const struct ipvs_service *service)
{
    static const uint32_t weights[] = { 0, 1, 100, 65535, INT32_MAX, UINT32_MAX };
    struct ipvs_service other = service_of(rng_below(rng, 2) == 0 ? 0 : 2);
    struct ipvs_dest dest = dest_of(rng_below(rng, 8) == 0 ? &other : service, rng_below(rng, 4));
    dest.forward = (uint8_t)rng_below(rng, 4);
    dest.tunnel = (uint8_t)rng_below(rng, 3);
    dest.tunnel_port = (uint16_t)(rng_below(rng, 4) * 1000);
    dest.checksum = (uint8_t)rng_below(rng, 3);
    dest.weight = pick(rng, weights, ARRAY_LEN(weights));
    dest.upper = rng_below(rng, 10);
    dest.lower = rng_below(rng, 7);
    return dest;
}

START_TEST(any_operation_on_any_table)
{
    struct rng rng;
    struct list list = { 0 };
    struct ipvs_table own;
    ipvs_table_init(&own);
    rng_seed(&rng, (uint64_t)_i);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 200; i++) {
            /* Destinations twice as often as services, deletions of these rarely. */
            unsigned kind = IPVS_OP_ADD_SERVICE + rng_below(&rng, 6);
            if (kind == IPVS_OP_DELETE_SERVICE && rng_below(&rng, 4) != 0)
                kind = IPVS_OP_ADD_DEST;
            struct ipvs_op *op = list_add(&list, kind);
            op->service = any_service(&rng);
            op->dest = any_dest(&rng, &op->service);
        }
        do_list(&list, &own);
    }
    ipvs_table_fini(&own);
}
END_TEST

TCase *suite_many(void)
{
    TCase *tcase = tcase_create("many");
    suite_fixture(tcase);
    tcase_add_test(tcase, tables_are_told_sorted);
    tcase_add_test(tcase, hundreds_of_services);
    tcase_add_test(tcase, services_of_every_size);
    tcase_add_test(tcase, thousands_of_operations_some_of_which_fail);
    tcase_add_test(tcase, vips_among_other_operations);
    tcase_add_test(tcase, no_operations_at_all);
    tcase_add_loop_test(tcase, any_operation_on_any_table, 0, 10);
    return tcase;
}
