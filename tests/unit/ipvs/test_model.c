// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/model.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "tests/unit/ipvs/model_help.h"

#include <stdio.h>
#include <stdlib.h>

#define WALKS    50
#define KEYS     24
#define ENDPOINT 12

/* Small worlds, so that keys meet. */
static struct ipvs_key nth_key(size_t n)
{
    char text[IPVS_TEXT_MAX];
    if (n % 4 == 0)
        (void)snprintf(text, sizeof(text), "fwmark %zu%s", n / 8 + 1, n % 8 == 0 ? "" : " ipv6");
    else if (n % 4 == 1)
        (void)snprintf(text, sizeof(text), "tcp 192.0.2.%zu:80", n);
    else if (n % 4 == 2)
        (void)snprintf(text, sizeof(text), "udp 192.0.2.1:%zu", n);
    else
        (void)snprintf(text, sizeof(text), "sctp [2001:db8::%zx]:443", n);
    return make_key(text);
}

static struct ipvs_dest nth_dest(size_t n)
{
    char text[IPVS_TEXT_MAX];
    (void)snprintf(text, sizeof(text), n % 3 == 0 ? "[2001:db8:1::%zu]:80" : "10.0.0.%zu:%zu",
                   n / 2, 80 + n % 2);
    return make_dest(text);
}

/* ---- order -------------------------------------------------------------------------------------
 */

/* As `ipvsadm -Ln` sorts, each before the next; addresses far apart sort by all their bytes. */
static const char *const keys_in_order[] = {
    "tcp 1.2.3.4:80",
    "tcp 192.0.2.1:0",
    "tcp 192.0.2.1:79",
    "tcp 192.0.2.1:80",
    "tcp 192.0.2.1:65535",
    "tcp 192.0.2.2:1",
    "tcp 192.1.0.0:80",
    "tcp 255.0.0.1:80",
    "udp 1.2.3.4:80",
    "sctp 1.2.3.4:80",
    "tcp [::1]:80",
    "tcp [2001:db8::1]:80",
    "tcp [2001:db8::1]:443",
    "tcp [2001:db8::2]:80",
    "tcp [fe80::1]:80",
    "udp [::1]:80",
    "fwmark 1",
    "fwmark 1 ipv6",
    "fwmark 2",
    "fwmark 4294967295",
};

START_TEST(key_compare_is_a_strict_order)
{
    struct ipvs_key key = make_key(keys_in_order[_i]);
    for (int i = 0; i < (int)ARRAY_LEN(keys_in_order); i++) {
        struct ipvs_key other = make_key(keys_in_order[i]);
        int order = ipvs_key_compare(&key, &other);
        ck_assert_msg((order > 0) - (order < 0) == (_i > i) - (_i < i), "%s and %s",
                      keys_in_order[_i], keys_in_order[i]);
    }
}
END_TEST

START_TEST(key_compare_with_a_mark_looks_at_nothing_else)
{
    struct ipvs_key mark = make_key("fwmark 7");
    struct ipvs_key strewn = make_key("tcp 192.0.2.1:80");
    strewn.fwmark = 7;
    ck_assert_int_eq(ipvs_key_compare(&mark, &strewn), 0);
}
END_TEST

START_TEST(dest_compare_is_address_then_port)
{
    static const char *const in_order[] = { "9.9.9.9:9",  "10.0.0.1:80", "10.0.0.1:443",
                                            "10.0.0.2:1", "200.0.0.1:1", "[::2]:1",
                                            "[2001::]:1" };
    for (size_t i = 0; i + 1 < ARRAY_LEN(in_order); i++) {
        struct ipvs_dest left = make_dest(in_order[i]);
        struct ipvs_dest right = make_dest(in_order[i + 1]);
        struct ipvs_dest same = left;
        same.weight = 99;
        ck_assert_int_lt(ipvs_dest_compare(&left, &right), 0);
        ck_assert_int_gt(ipvs_dest_compare(&right, &left), 0);
        ck_assert_int_eq(ipvs_dest_compare(&left, &same), 0);
    }
}
END_TEST

/* What was added, in its order: `timeout` and `weight` number it. */
struct added {
    size_t keys[64], count;
    size_t dests[64][16], dest_count[64];
};

static void add_random(struct rng *rng, struct ipvs_table *table, struct added *added)
{
    added->count = rng_below(rng, ARRAY_LEN(added->keys));
    for (size_t i = 0; i < added->count; i++) {
        added->keys[i] = rng_below(rng, KEYS);
        struct ipvs_service service = { .key = nth_key(added->keys[i]), .timeout = (uint32_t)i };
        struct ipvs_service *kept = ipvs_table_add(table, &service);
        added->dest_count[i] = rng_below(rng, ARRAY_LEN(added->dests[i]));
        for (size_t d = 0; d < added->dest_count[i]; d++) {
            added->dests[i][d] = rng_below(rng, ENDPOINT);
            struct ipvs_dest dest = nth_dest(added->dests[i][d]);
            dest.weight = (uint32_t)d;
            ipvs_service_add(kept, &dest);
        }
    }
}

/* The last place of `what`; `count` when it is not there. */
static size_t last_of(const size_t *list, size_t count, size_t what)
{
    for (size_t i = count; i > 0; i--) {
        if (list[i - 1] == what)
            return i - 1;
    }
    return count;
}

static void check_dests(const struct ipvs_service *service, const size_t *list, size_t count)
{
    size_t distinct = 0;
    for (size_t n = 0; n < ENDPOINT; n++) {
        struct ipvs_dest dest = nth_dest(n);
        size_t last = last_of(list, count, n);
        const struct ipvs_dest *found = ipvs_service_find(service, &dest.addr, dest.port);
        ck_assert_int_eq(found != NULL, last < count);
        if (found == NULL)
            continue;
        ck_assert_uint_eq(found->weight, last);
        distinct++;
    }
    ck_assert_uint_eq(service->dest_count, distinct);
}

static void check_services(const struct ipvs_table *table, const struct added *added)
{
    size_t distinct = 0;
    for (size_t n = 0; n < KEYS; n++) {
        struct ipvs_key key = nth_key(n);
        size_t last = last_of(added->keys, added->count, n);
        const struct ipvs_service *found = ipvs_table_find(table, &key);
        ck_assert_int_eq(found != NULL, last < added->count);
        if (found == NULL)
            continue;
        ck_assert_uint_eq(found->timeout, last);
        check_dests(found, added->dests[last], added->dest_count[last]);
        distinct++;
    }
    ck_assert_uint_eq(table->count, distinct);
}

START_TEST(sort_keeps_the_last_of_equal_keys)
{
    struct rng rng;
    struct ipvs_table table;
    static struct added added;
    rng_seed(&rng, (uint64_t)_i);
    ipvs_table_init(&table);
    add_random(&rng, &table, &added);
    for (int again = 0; again < 2; again++) {
        ipvs_table_sort(&table);
        check_sorted(&table);
        check_services(&table, &added);
    }
    ipvs_table_fini(&table);
}
END_TEST

/* ---- finding -----------------------------------------------------------------------------------
 */

START_TEST(table_agrees_with_a_naive_list)
{
    struct rng rng;
    struct ipvs_table table;
    uint32_t tags[KEYS] = { 0 }; /* 0 = absent */
    rng_seed(&rng, (uint64_t)_i);
    ipvs_table_init(&table);
    for (uint32_t step = 1; step < 200; step++) {
        size_t n = rng_below(&rng, KEYS);
        struct ipvs_service service = { .key = nth_key(n), .timeout = step };
        struct ipvs_dest dest = nth_dest(0);
        if (rng_below(&rng, 2) == 0) {
            ck_assert_int_eq(ipvs_table_remove(&table, &service.key), tags[n] != 0);
            tags[n] = 0;
        } else if (tags[n] == 0) {
            ipvs_service_insert(ipvs_table_insert(&table, &service), &dest);
            tags[n] = step;
        }
        for (size_t i = 0; i < KEYS; i++) {
            struct ipvs_key key = nth_key(i);
            const struct ipvs_service *found = ipvs_table_find(&table, &key);
            ck_assert_uint_eq(found != NULL ? found->timeout : 0, tags[i]);
        }
        ck_assert_uint_eq(ipvs_table_dest_count(&table), table.count);
        check_sorted(&table);
    }
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(service_agrees_with_a_naive_list)
{
    struct rng rng;
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    uint32_t tags[ENDPOINT] = { 0 };
    rng_seed(&rng, (uint64_t)_i);
    for (uint32_t step = 1; step < 200; step++) {
        size_t n = rng_below(&rng, ENDPOINT);
        struct ipvs_dest dest = nth_dest(n);
        dest.weight = step;
        if (rng_below(&rng, 2) == 0) {
            ck_assert_int_eq(ipvs_service_remove(&service, &dest.addr, dest.port), tags[n] != 0);
            tags[n] = 0;
        } else if (tags[n] == 0) {
            ck_assert_uint_eq(ipvs_service_insert(&service, &dest)->weight, step);
            tags[n] = step;
        }
        size_t present = 0;
        for (size_t i = 0; i < ENDPOINT; i++) {
            dest = nth_dest(i);
            const struct ipvs_dest *found = ipvs_service_find(&service, &dest.addr, dest.port);
            ck_assert_uint_eq(found != NULL ? found->weight : 0, tags[i]);
            present += tags[i] != 0;
        }
        ck_assert_uint_eq(service.dest_count, present);
    }
    ipvs_service_fini(&service);
}
END_TEST

START_TEST(find_in_nothing)
{
    struct ipvs_table table;
    struct ipvs_key key = make_key("fwmark 1");
    ipvs_table_init(&table);
    ipvs_table_sort(&table);
    ck_assert_ptr_null(ipvs_table_find(&table, &key));
    ck_assert(!ipvs_table_remove(&table, &key));
    ipvs_table_fini(&table);
    ipvs_table_fini(&table);
}
END_TEST

/* ---- copies ------------------------------------------------------------------------------------
 */

START_TEST(copy_shares_nothing)
{
    struct ipvs_table from;
    struct ipvs_table to;
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = make_dest("10.0.0.1:80");
    ipvs_table_init(&from);
    ipvs_table_init(&to);
    ipvs_service_add(ipvs_table_add(&to, &service), &dest); /* what was there goes */
    ipvs_table_add(&to, &service);
    ipvs_service_add(ipvs_table_add(&from, &service), &dest);
    from.timeouts.udp = 7;
    from.daemons[0] = (struct ipvs_daemon){ .role = IPVS_MASTER };
    from.daemon_count = 1;
    ipvs_table_copy(&to, &from);
    from.services[0].dests[0].weight = 9;
    ipvs_table_remove(&from, &service.key);
    ck_assert_uint_eq(to.count, 1);
    ck_assert_uint_eq(to.services[0].dest_count, 1);
    ck_assert_uint_eq(to.services[0].dests[0].weight, 1);
    ck_assert_uint_eq(to.timeouts.udp, 7);
    ck_assert_uint_eq(to.daemon_count, 1);
    ipvs_service_add(&to.services[0], &dest); /* there is room to grow */
    ipvs_table_add(&to, &service);
    ipvs_table_copy(&to, &from);
    ck_assert_uint_eq(to.count, 0);
    ipvs_table_fini(&from);
    ipvs_table_fini(&to);
}
END_TEST

START_TEST(added_services_have_no_dests)
{
    struct ipvs_table table;
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = make_dest("10.0.0.1:80");
    ipvs_service_add(&service, &dest);
    ipvs_table_init(&table);
    ck_assert_uint_eq(ipvs_table_add(&table, &service)->dest_count, 0);
    service.key.port = 81;
    ck_assert_uint_eq(ipvs_table_insert(&table, &service)->dest_count, 0);
    ck_assert_uint_eq(service.dest_count, 1);
    ipvs_table_fini(&table);
    ipvs_service_fini(&service);
}
END_TEST

/* ---- normal form -------------------------------------------------------------------------------
 */

#define KERNEL_HASHED 0x02U

static const struct {
    const char *key;
    uint32_t flags, timeout;
    uint8_t prefix;
    uint32_t want_flags, want_timeout;
    uint8_t want_prefix;
} services[] = {
    { "tcp 192.0.2.1:80", .want_prefix = 32 },
    { "tcp [2001:db8::1]:80", .want_prefix = 128 },
    { "fwmark 1 ipv6", .want_prefix = 128 },
    { "tcp 192.0.2.1:80", .timeout = 300, .prefix = 24, .want_prefix = 32 },
    { "tcp 192.0.2.1:80", IPVS_PERSISTENT, 300, 24, IPVS_PERSISTENT, 300, 24 },
    { "tcp 192.0.2.1:80", IPVS_PERSISTENT, 300, 0, IPVS_PERSISTENT, 300, 32 },
    { "fwmark 1 ipv6", IPVS_PERSISTENT, 300, 0, IPVS_PERSISTENT, 300, 128 },
    { "tcp 192.0.2.1:80", KERNEL_HASHED, .want_prefix = 32 },
    { "udp 192.0.2.1:80", UINT32_MAX & ~IPVS_PERSISTENT,
      .want_flags = IPVS_ONE_PACKET | IPVS_SCHED_ALL, .want_prefix = 32 },
};

START_TEST(service_normal_form)
{
    struct ipvs_service service = { .key = make_key(services[_i].key),
                                    .flags = services[_i].flags,
                                    .timeout = services[_i].timeout,
                                    .prefix = services[_i].prefix };
    for (int again = 0; again < 2; again++) {
        ipvs_service_normalise(&service);
        ck_assert_uint_eq(service.flags, services[_i].want_flags);
        ck_assert_uint_eq(service.timeout, services[_i].want_timeout);
        ck_assert_uint_eq(service.prefix, services[_i].want_prefix);
    }
}
END_TEST

START_TEST(a_mark_clears_the_address)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    service.key.fwmark = 7;
    ipvs_service_normalise(&service);
    struct ipvs_key mark = make_key("fwmark 7");
    ck_assert_mem_eq(&service.key, &mark, sizeof(mark));
}
END_TEST

static const struct {
    uint8_t forward, tunnel;
    uint16_t port;
    uint8_t checksum;
    uint8_t want_tunnel;
    uint16_t want_port;
    uint8_t want_checksum;
} dests[] = {
    { IPVS_NAT, IPVS_GUE, 6080, IPVS_CSUM, 0, 0, 0 },
    { IPVS_LOCAL, IPVS_GRE, 6080, IPVS_CSUM, 0, 0, 0 },
    { IPVS_DR, IPVS_GUE, 6080, IPVS_REMCSUM, 0, 0, 0 },
    { IPVS_TUN, IPVS_IPIP, 6080, IPVS_CSUM, IPVS_IPIP, 0, 0 },
    { IPVS_TUN, IPVS_GRE, 6080, IPVS_CSUM, IPVS_GRE, 0, IPVS_CSUM },
    { IPVS_TUN, IPVS_GUE, 6080, IPVS_REMCSUM, IPVS_GUE, 6080, IPVS_REMCSUM },
};

START_TEST(dest_normal_form)
{
    struct ipvs_dest dest = { .forward = dests[_i].forward,
                              .tunnel = dests[_i].tunnel,
                              .tunnel_port = dests[_i].port,
                              .checksum = dests[_i].checksum };
    struct ipvs_dest raw = dest;
    ipvs_dest_normalise(&dest);
    ck_assert_uint_eq(dest.forward, dests[_i].forward);
    ck_assert_uint_eq(dest.tunnel, dests[_i].want_tunnel);
    ck_assert_uint_eq(dest.tunnel_port, dests[_i].want_port);
    ck_assert_uint_eq(dest.checksum, dests[_i].want_checksum);
    ck_assert(ipvs_dest_same(&dest, &raw));
}
END_TEST

/* ---- equality ----------------------------------------------------------------------------------
 */

static const struct {
    bool same;
    struct ipvs_service other;
} others[] = {
    { true, { .scheduler = "wlc", .flags = IPVS_PERSISTENT, .timeout = 60, .prefix = 32 } },
    { true, { .scheduler = "wlc", .flags = IPVS_PERSISTENT | KERNEL_HASHED, .timeout = 60 } },
    { true,
      { .scheduler = "wlc", .flags = IPVS_PERSISTENT, .timeout = 60, .stats = { .in_bytes = 1 } } },
    { false, { .scheduler = "rr", .flags = IPVS_PERSISTENT, .timeout = 60 } },
    { false, { .scheduler = "wlc", .flags = IPVS_PERSISTENT, .timeout = 61 } },
    { false, { .scheduler = "wlc", .flags = IPVS_PERSISTENT, .timeout = 60, .prefix = 24 } },
    { false, { .scheduler = "wlc", .flags = IPVS_PERSISTENT | IPVS_SCHED1, .timeout = 60 } },
    { false, { .scheduler = "wlc", .timeout = 60 } },
    { false, { .scheduler = "wlc", .engine = "sip", .flags = IPVS_PERSISTENT, .timeout = 60 } },
};

START_TEST(service_same_looks_at_settings)
{
    struct ipvs_service service = { .key = make_key("tcp 192.0.2.1:80"),
                                    .scheduler = "wlc",
                                    .flags = IPVS_PERSISTENT,
                                    .timeout = 60 };
    struct ipvs_service other = others[_i].other;
    other.key = make_key("tcp 192.0.2.2:80"); /* keys are not looked at */
    ck_assert_int_eq(ipvs_service_same(&service, &other), others[_i].same);
    ck_assert_int_eq(ipvs_service_same(&other, &service), others[_i].same);
}
END_TEST

static const struct {
    bool same;
    struct ipvs_dest other;
} other_dests[] = {
    { true, { .forward = IPVS_TUN, .weight = 5, .upper = 9, .lower = 3 } },
    { true, { .forward = IPVS_TUN, .weight = 5, .upper = 9, .lower = 3, .port = 80 } },
    { true, { .forward = IPVS_TUN, .weight = 5, .upper = 9, .lower = 3, .active = 1 } },
    { true, { .forward = IPVS_TUN, .weight = 5, .upper = 9, .lower = 3, .tunnel_port = 1 } },
    { false, { .forward = IPVS_DR, .weight = 5, .upper = 9, .lower = 3 } },
    { false, { .forward = IPVS_TUN, .weight = 6, .upper = 9, .lower = 3 } },
    { false, { .forward = IPVS_TUN, .weight = 5, .upper = 8, .lower = 3 } },
    { false, { .forward = IPVS_TUN, .weight = 5, .upper = 9, .lower = 4 } },
    { false, { .forward = IPVS_TUN, .weight = 5, .upper = 9, .lower = 3, .tunnel = IPVS_GRE } },
};

START_TEST(dest_same_looks_at_settings)
{
    const struct ipvs_dest *other = &other_dests[_i].other;
    ck_assert_int_eq(ipvs_dest_same(&other_dests[0].other, other), other_dests[_i].same);
    ck_assert_int_eq(ipvs_dest_same(other, &other_dests[0].other), other_dests[_i].same);
}
END_TEST

START_TEST(dest_same_looks_at_tunnels)
{
    struct ipvs_dest gue = { .forward = IPVS_TUN, .tunnel = IPVS_GUE, .tunnel_port = 6080 };
    struct ipvs_dest other = gue;
    other.tunnel_port = 6081;
    ck_assert(!ipvs_dest_same(&gue, &other));
    other = gue;
    other.checksum = IPVS_CSUM;
    ck_assert(!ipvs_dest_same(&gue, &other));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_add_loop_test(tcase, key_compare_is_a_strict_order, 0, ARRAY_LEN(keys_in_order));
    tcase_add_test(tcase, key_compare_with_a_mark_looks_at_nothing_else);
    tcase_add_test(tcase, dest_compare_is_address_then_port);
    tcase_add_loop_test(tcase, sort_keeps_the_last_of_equal_keys, 0, WALKS);
    tcase_add_loop_test(tcase, table_agrees_with_a_naive_list, 0, WALKS);
    tcase_add_loop_test(tcase, service_agrees_with_a_naive_list, 0, WALKS);
    tcase_add_test(tcase, find_in_nothing);
    tcase_add_test(tcase, copy_shares_nothing);
    tcase_add_test(tcase, added_services_have_no_dests);
    tcase_add_loop_test(tcase, service_normal_form, 0, ARRAY_LEN(services));
    tcase_add_test(tcase, a_mark_clears_the_address);
    tcase_add_loop_test(tcase, dest_normal_form, 0, ARRAY_LEN(dests));
    tcase_add_loop_test(tcase, service_same_looks_at_settings, 0, ARRAY_LEN(others));
    tcase_add_loop_test(tcase, dest_same_looks_at_settings, 0, ARRAY_LEN(other_dests));
    tcase_add_test(tcase, dest_same_looks_at_tunnels);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
