// SPDX-License-Identifier: BSD-2-Clause
/* ipvs_table_apply: the kernel's answers, and what it does. */
#include "base/compiler.h"
#include "base/rng.h"
#include "ipvs/ops.h"
#include "tests/unit/ipvs/ops_help.h"

#include <errno.h>
#include <stdlib.h>

static void add_service(struct ipvs_table *table, const char *key, const char *dest)
{
    struct ipvs_service service = make_service(key);
    struct ipvs_service *kept = ipvs_table_insert(table, &service);
    if (dest == NULL)
        return;
    struct ipvs_dest server = make_dest(dest);
    server.active = 3;
    server.stats.in_bytes = 4;
    ipvs_service_insert(kept, &server);
    kept->stats.in_bytes = 5;
}

/* A TCP service with a server, one for IPv6 without any; not a daemon. */
static void setup_table(struct ipvs_table *table)
{
    ipvs_table_init(table);
    add_service(table, "tcp 192.0.2.1:80", "10.0.0.1:80");
    add_service(table, "tcp [2001:db8::1]:80", NULL);
    table->timeouts = (struct ipvs_timeouts){ 900, 120, 300 };
}

static int apply(struct ipvs_table *table, const struct shape *shape)
{
    struct ipvs_op op = make_op(shape);
    return ipvs_table_apply(table, &op);
}

static const struct shape master = { .kind = IPVS_OP_START_DAEMON,
                                     .daemon = { .role = IPVS_MASTER, .interface = "lo" } };

/* Operations on setup_table() as the kernel answers them: an errno each. */
static const struct {
    int error;
    struct shape shape;
} keyed[] = {
    { 0, { .kind = IPVS_OP_ADD_SERVICE, .key = "tcp 192.0.2.1:81" } },
    { 0, { .kind = IPVS_OP_ADD_SERVICE, .key = "udp 192.0.2.1:80" } },
    { 0, { .kind = IPVS_OP_ADD_SERVICE, .key = "fwmark 7", .scheduler = "none" } },
    { EEXIST, { .kind = IPVS_OP_ADD_SERVICE, SERVICE } },
    { EEXIST, { .kind = IPVS_OP_ADD_SERVICE, SERVICE, .scheduler = "unheard" } },
    { ENOENT, { .kind = IPVS_OP_ADD_SERVICE, .key = "fwmark 7", .scheduler = "unheard" } },
    { ENOENT, { .kind = IPVS_OP_ADD_SERVICE, .key = "fwmark 7", .engine = "ftp" } },
    { 0, { .kind = IPVS_OP_EDIT_SERVICE, SERVICE, .scheduler = "mh" } },
    { ENOENT, { .kind = IPVS_OP_EDIT_SERVICE, SERVICE, .scheduler = "unheard" } },
    { ESRCH, { .kind = IPVS_OP_EDIT_SERVICE, .key = "fwmark 7", .scheduler = "unheard" } },
    { 0, { .kind = IPVS_OP_DELETE_SERVICE, SERVICE } },
    { ESRCH, { .kind = IPVS_OP_DELETE_SERVICE, .key = "udp 192.0.2.1:80" } },
    { 0, { .kind = IPVS_OP_ZERO, SERVICE } },
    { 0, { .kind = IPVS_OP_ZERO, .key = NULL } },
    { ESRCH, { .kind = IPVS_OP_ZERO, .key = "fwmark 7" } },
    { 0, { .kind = IPVS_OP_ADD_DEST, SERVICE, .dest = "10.0.0.1:81" } },
    { EEXIST, { .kind = IPVS_OP_ADD_DEST, DEST } },
    { ESRCH, { .kind = IPVS_OP_ADD_DEST, .key = "fwmark 7", .dest = "10.0.0.1:80" } },
    { 0, { .kind = IPVS_OP_EDIT_DEST, DEST } },
    { ENOENT, { .kind = IPVS_OP_EDIT_DEST, SERVICE, .dest = "10.0.0.1:81" } },
    { ESRCH, { .kind = IPVS_OP_EDIT_DEST, .key = "fwmark 7", .dest = "10.0.0.1:80" } },
    { 0, { .kind = IPVS_OP_DELETE_DEST, DEST } },
    { ENOENT, { .kind = IPVS_OP_DELETE_DEST, SERVICE, .dest = "10.0.0.1:81" } },
    { ESRCH, { .kind = IPVS_OP_DELETE_DEST, .key = "fwmark 7", .dest = "10.0.0.1:80" } },
    { EINVAL, { .kind = IPVS_OP_ADD_DEST, SERVICE, .dest = "[2001:db8::1]:80" } }, /* by NAT */
    { ERANGE, { .kind = IPVS_OP_ADD_DEST, DEST, .weight = INT32_MAX + 1U } }, /* before EEXIST */
    { ERANGE, { .kind = IPVS_OP_EDIT_DEST, SERVICE, .dest = "10.0.0.1:81", .weight = UINT32_MAX } },
    { 0, { .kind = IPVS_OP_SET_TIMEOUTS } },
    { 0, { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { .tcp = IPVS_TIMEOUT_MAX } } },
    { EINVAL, { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { .tcp = IPVS_TIMEOUT_MAX + 1 } } },
    { EINVAL, { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { .tcp_fin = UINT32_MAX } } },
    { EINVAL, { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { .udp = UINT32_MAX } } },
    { 0, { .kind = IPVS_OP_START_DAEMON, .daemon = { .role = IPVS_BACKUP } } },
    { 0,
      { .kind = IPVS_OP_START_DAEMON,
        .daemon = { .role = IPVS_BACKUP, .group = { ADDR_V6, { 0xff, 0x02 } } } } },
    { EINVAL, { .kind = IPVS_OP_START_DAEMON, .daemon = { .role = IPVS_ROLE_NONE } } },
    { EINVAL, { .kind = IPVS_OP_START_DAEMON, .daemon = { .role = 3 } } },
    { EINVAL,
      { .kind = IPVS_OP_START_DAEMON,
        .daemon = { .role = IPVS_BACKUP, .group = { ADDR_V4, { 192, 0, 2, 1 } } } } },
    { EINVAL,
      { .kind = IPVS_OP_START_DAEMON,
        .daemon = { .role = IPVS_BACKUP, .group = { ADDR_V6, { 0x20, 0x01 } } } } },
    { ESRCH, { .kind = IPVS_OP_STOP_DAEMON, .daemon = { .role = IPVS_MASTER } } },
    { EINVAL, { .kind = IPVS_OP_STOP_DAEMON, .daemon = { .role = IPVS_ROLE_NONE } } },
    { 0, { .kind = IPVS_OP_ADD_VIP, VIP } },
    { 0, { .kind = IPVS_OP_DELETE_VIP, VIP } },
    { EOPNOTSUPP, { .kind = IPVS_OP_NONE } },
    { EOPNOTSUPP, { .kind = IPVS_OP_KINDS } },
};

START_TEST(apply_answers_as_the_kernel)
{
    struct ipvs_table table;
    setup_table(&table);
    ck_assert_int_eq(apply(&table, &keyed[_i].shape), keyed[_i].error);
    check_sorted(&table);
    if (keyed[_i].error != 0) { /* and nothing has changed */
        ck_assert_uint_eq(table.count, 2);
        ck_assert_uint_eq(ipvs_table_dest_count(&table), 1);
        ck_assert_str_eq(table.services[0].scheduler, "wlc");
        ck_assert_uint_eq(table.services[0].dests[0].weight, 1);
        ck_assert_uint_eq(table.timeouts.tcp, 900);
        ck_assert_uint_eq(table.daemon_count, 0);
    }
    ipvs_table_fini(&table);
}
END_TEST

/* Destinations of `tcp [2001:db8::1]:80` by what they are set to. */
static const struct {
    int error;
    const char *dest;
    struct ipvs_dest with;
} settings[] = {
    { 0, "[2001:db8:1::1]:80", { .upper = 9, .lower = 9 } },
    { 0, "10.0.0.1:80", { .forward = IPVS_TUN } },
    { EINVAL, "10.0.0.1:80", { .forward = IPVS_LOCAL } },
    { EINVAL, "10.0.0.1:80", { .forward = IPVS_DR } },
    { ERANGE, "[2001:db8:1::1]:80", { .upper = 9, .lower = 10 } },
    { ERANGE, "[2001:db8:1::1]:80", { .lower = 1 } },
    { EINVAL, "[2001:db8:1::1]:80", { .upper = INT32_MAX + 1U } },
    { EINVAL, "[2001:db8:1::1]:80", { .forward = IPVS_TUN, .tunnel = IPVS_GUE } },
    { ERANGE, "[2001:db8:1::1]:80", { .forward = IPVS_TUN, .tunnel = IPVS_GUE, .lower = 1 } },
    { 0, "[2001:db8:1::1]:80", { .forward = IPVS_TUN, .tunnel = IPVS_GUE, .tunnel_port = 1 } },
};

START_TEST(apply_judges_destinations)
{
    struct ipvs_table table;
    struct ipvs_dest at = make_dest(settings[_i].dest);
    struct ipvs_op op = { .kind = IPVS_OP_ADD_DEST,
                          .service = make_service("tcp [2001:db8::1]:80"),
                          .dest = settings[_i].with };
    op.dest.addr = at.addr;
    op.dest.port = at.port;
    setup_table(&table);
    ck_assert_int_eq(ipvs_table_apply(&table, &op), settings[_i].error);
    ck_assert_uint_eq(ipvs_table_dest_count(&table), settings[_i].error == 0 ? 2 : 1);
    op.kind = IPVS_OP_EDIT_DEST; /* judged alike */
    ck_assert_int_eq(ipvs_table_apply(&table, &op), settings[_i].error);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(apply_knows_two_families)
{
    static const uint8_t kinds[] = {
        IPVS_OP_ADD_SERVICE, IPVS_OP_EDIT_SERVICE, IPVS_OP_DELETE_SERVICE,
        IPVS_OP_ADD_DEST,    IPVS_OP_EDIT_DEST,    IPVS_OP_DELETE_DEST,
        IPVS_OP_ZERO
    };
    struct ipvs_table table;
    struct ipvs_op op = { .kind = kinds[_i], .service = make_service("tcp 192.0.2.1:80") };
    op.service.key.family = 10; /* AF_INET6, not ADDR_V6 */
    setup_table(&table);
    ck_assert_int_eq(ipvs_table_apply(&table, &op), EAFNOSUPPORT);
    op.service.key.family = ADDR_V4;
    op.kind = IPVS_OP_ADD_DEST; /* whose address has none */
    ck_assert_int_eq(ipvs_table_apply(&table, &op), EAFNOSUPPORT);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(prefixes_fit_the_family)
{
    struct ipvs_table table;
    struct ipvs_op op = { .kind = IPVS_OP_EDIT_SERVICE,
                          .service = make_service("tcp 192.0.2.1:80") };
    setup_table(&table);
    op.service.prefix = 33;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), EINVAL);
    op.service = make_service("tcp [2001:db8::1]:80");
    op.service.prefix = 129;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), EINVAL);
    op.service.prefix = 128;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    ipvs_table_fini(&table);
}
END_TEST

/* The synchronisation protocol has no room for two families. */
START_TEST(mixed_families_and_daemons_exclude_each_other)
{
    struct ipvs_table table;
    struct ipvs_op mixed = { .kind = IPVS_OP_ADD_DEST,
                             .service = make_service("tcp [2001:db8::1]:80"),
                             .dest = make_dest("10.0.0.1:80") };
    struct shape stop = master;
    mixed.dest.forward = IPVS_TUN;
    stop.kind = IPVS_OP_STOP_DAEMON;
    setup_table(&table);
    ck_assert_int_eq(apply(&table, &master), 0);
    ck_assert_int_eq(ipvs_table_apply(&table, &mixed), EINVAL);
    ck_assert_int_eq(apply(&table, &stop), 0);
    ck_assert_int_eq(ipvs_table_apply(&table, &mixed), 0);
    ck_assert_int_eq(apply(&table, &master), EINVAL);
    mixed.kind = IPVS_OP_DELETE_DEST;
    ck_assert_int_eq(ipvs_table_apply(&table, &mixed), 0);
    ck_assert_int_eq(apply(&table, &master), 0);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(daemons_are_told_master_first)
{
    struct ipvs_table table;
    struct shape backup = master;
    struct shape stop = master;
    backup.daemon.role = IPVS_BACKUP;
    stop.kind = IPVS_OP_STOP_DAEMON;
    setup_table(&table);
    for (int order = 0; order < 2; order++) {
        ck_assert_int_eq(apply(&table, order == 0 ? &master : &backup), 0);
        ck_assert_int_eq(apply(&table, order == 0 ? &backup : &master), 0);
        ck_assert_int_eq(apply(&table, &master), EEXIST);
        ck_assert_int_eq(apply(&table, &backup), EEXIST);
        ck_assert_uint_eq(table.daemon_count, 2);
        ck_assert_uint_eq(table.daemons[0].role, IPVS_MASTER);
        ck_assert_uint_eq(table.daemons[1].role, IPVS_BACKUP);
        stop.daemon.role = IPVS_MASTER;
        ck_assert_int_eq(apply(&table, &stop), 0);
        ck_assert_uint_eq(table.daemons[0].role, IPVS_BACKUP);
        ck_assert_int_eq(apply(&table, &stop), ESRCH);
        stop.daemon.role = IPVS_BACKUP;
        ck_assert_int_eq(apply(&table, &stop), 0);
        ck_assert_uint_eq(table.daemon_count, 0);
    }
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(edits_keep_counters_and_adds_have_none)
{
    struct ipvs_table table;
    struct ipvs_op op = make_op(&(struct shape){ .kind = IPVS_OP_EDIT_DEST, DEST, .weight = 9 });
    const struct ipvs_service *service = NULL;
    setup_table(&table);
    op.dest.active = 77;
    op.dest.stats.in_bytes = 77;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    service = &table.services[0];
    ck_assert_uint_eq(service->dests[0].weight, 9);
    ck_assert_uint_eq(service->dests[0].active, 3);
    ck_assert_uint_eq(service->dests[0].stats.in_bytes, 4);
    op.kind = IPVS_OP_EDIT_SERVICE;
    op.service.stats.in_bytes = 77;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    ck_assert_uint_eq(service->dest_count, 1);
    ck_assert_uint_eq(service->stats.in_bytes, 5);
    op.kind = IPVS_OP_DELETE_SERVICE;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    op.kind = IPVS_OP_ADD_SERVICE;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    op.kind = IPVS_OP_ADD_DEST;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    service = ipvs_table_find(&table, &op.service.key);
    ck_assert_uint_eq(service->stats.in_bytes, 0);
    ck_assert_uint_eq(service->dests[0].active, 0);
    ck_assert_uint_eq(service->dests[0].stats.in_bytes, 0);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(zero_spares_live_numbers_and_others)
{
    struct ipvs_table table;
    setup_table(&table);
    add_service(&table, "udp 192.0.2.1:53", "10.0.0.2:53");
    ck_assert_int_eq(apply(&table, &(struct shape){ .kind = IPVS_OP_ZERO, SERVICE }), 0);
    ck_assert_uint_eq(table.services[0].stats.in_bytes, 0);
    ck_assert_uint_eq(table.services[0].dests[0].stats.in_bytes, 0);
    ck_assert_uint_eq(table.services[0].dests[0].active, 3);
    ck_assert_uint_eq(table.services[1].stats.in_bytes, 5);
    ck_assert_uint_eq(table.services[1].dests[0].stats.in_bytes, 4);
    ck_assert_int_eq(apply(&table, &(struct shape){ .kind = IPVS_OP_ZERO }), 0);
    ck_assert_uint_eq(table.services[1].stats.in_bytes, 0);
    ck_assert_uint_eq(table.services[1].dests[0].stats.in_bytes, 0);
    ipvs_table_fini(&table);
}
END_TEST

static const struct {
    struct ipvs_timeouts set, want;
} timeouts[] = {
    { { 0, 0, 0 }, { 900, 120, 300 } },
    { { 60, 0, 0 }, { 60, 120, 300 } },
    { { 0, 60, 0 }, { 900, 60, 300 } },
    { { 0, 0, 60 }, { 900, 120, 60 } },
};

START_TEST(timeouts_of_zero_stay)
{
    struct ipvs_table table;
    struct ipvs_op op = { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = timeouts[_i].set };
    setup_table(&table);
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    ck_assert_mem_eq(&table.timeouts, &timeouts[_i].want, sizeof(table.timeouts));
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(marks_are_keys_by_themselves)
{
    struct ipvs_table table;
    struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE,
                          .service = make_service("tcp 192.0.2.1:80") };
    setup_table(&table);
    add_service(&table, "fwmark 7", NULL);
    op.service.key.fwmark = 7;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), EEXIST);
    op.service.key.fwmark = 8;
    ck_assert_int_eq(ipvs_table_apply(&table, &op), 0);
    ck_assert_int_eq(ipvs_table_apply(&table, &op), EEXIST);
    check_sorted(&table);
    ipvs_table_fini(&table);
}
END_TEST

/* Random operations: after each the table is sorted and of normal form, and what was told to be
 * done is so. */
static void random_op(struct rng *rng, struct ipvs_op *op)
{
    static const char *const keys[] = { "tcp 192.0.2.1:80", "udp 192.0.2.1:53", "fwmark 1",
                                        "fwmark 1 ipv6", "tcp [2001:db8::1]:80" };
    static const char *const dests[] = { "10.0.0.1:80", "10.0.0.2:80", "[2001:db8:1::1]:80" };
    *op = (struct ipvs_op){ .kind = (uint8_t)(IPVS_OP_ADD_SERVICE + rng_below(rng, 6)) };
    if (op->kind == IPVS_OP_DELETE_SERVICE && rng_below(rng, 8) != 0)
        op->kind = IPVS_OP_ADD_DEST; /* else the table stays empty */
    op->service = make_service(keys[rng_below(rng, ARRAY_LEN(keys))]);
    op->service.flags = rng_below(rng, 64);
    op->service.timeout = rng_below(rng, 100);
    op->service.prefix = (uint8_t)(11 * rng_below(rng, 4)); /* 33 is for IPv6 alone */
    op->dest = make_dest(dests[rng_below(rng, ARRAY_LEN(dests))]);
    op->dest.forward = (uint8_t)rng_below(rng, 4);
    op->dest.tunnel = (uint8_t)rng_below(rng, 3);
    op->dest.tunnel_port = (uint16_t)rng_below(rng, 2);
    op->dest.upper = rng_below(rng, 4);
    op->dest.lower = rng_below(rng, 2);
}

static void check_normal(const struct ipvs_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct ipvs_service service = table->services[i];
        ipvs_service_normalise(&service);
        ck_assert_mem_eq(&service, &table->services[i], sizeof(service));
        for (size_t d = 0; d < service.dest_count; d++) {
            struct ipvs_dest dest = service.dests[d];
            ipvs_dest_normalise(&dest);
            ck_assert_mem_eq(&dest, &service.dests[d], sizeof(dest));
        }
    }
}

static void check_done(const struct ipvs_table *table, const struct ipvs_op *op)
{
    const struct ipvs_service *service = ipvs_table_find(table, &op->service.key);
    if (op->kind == IPVS_OP_DELETE_SERVICE) {
        ck_assert_ptr_null(service);
        return;
    }
    ck_assert_ptr_nonnull(service);
    const struct ipvs_dest *dest = ipvs_service_find(service, &op->dest.addr, op->dest.port);
    if (op->kind == IPVS_OP_DELETE_DEST)
        ck_assert_ptr_null(dest);
    else if (op->kind == IPVS_OP_ADD_DEST || op->kind == IPVS_OP_EDIT_DEST)
        ck_assert(dest != NULL && ipvs_dest_same(dest, &op->dest));
    else
        ck_assert(ipvs_service_same(service, &op->service));
}

START_TEST(random_operations)
{
    struct rng rng;
    struct ipvs_table table;
    size_t done = 0;
    rng_seed(&rng, (uint64_t)_i);
    ipvs_table_init(&table);
    for (int step = 0; step < 500; step++) {
        struct ipvs_op op;
        random_op(&rng, &op);
        if (ipvs_table_apply(&table, &op) == 0) {
            check_done(&table, &op);
            done++;
        }
        check_sorted(&table);
        check_normal(&table);
    }
    ck_assert_uint_gt(done, 100);
    ipvs_table_fini(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_apply");
    TCase *tcase = tcase_create("ops_apply");
    tcase_add_loop_test(tcase, apply_answers_as_the_kernel, 0, ARRAY_LEN(keyed));
    tcase_add_loop_test(tcase, apply_judges_destinations, 0, ARRAY_LEN(settings));
    tcase_add_loop_test(tcase, apply_knows_two_families, 0, 7);
    tcase_add_test(tcase, prefixes_fit_the_family);
    tcase_add_test(tcase, mixed_families_and_daemons_exclude_each_other);
    tcase_add_test(tcase, daemons_are_told_master_first);
    tcase_add_test(tcase, edits_keep_counters_and_adds_have_none);
    tcase_add_test(tcase, zero_spares_live_numbers_and_others);
    tcase_add_loop_test(tcase, timeouts_of_zero_stay, 0, ARRAY_LEN(timeouts));
    tcase_add_test(tcase, marks_are_keys_by_themselves);
    tcase_add_loop_test(tcase, random_operations, 0, 20);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
