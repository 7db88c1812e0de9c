// SPDX-License-Identifier: BSD-2-Clause
/* Timeouts, sync daemons, zeroing, VIPs. */
#include "base/compiler.h"
#include "tests/support/ipvs_suite_help.h"

#include <errno.h>
#include <string.h>

/* ---- timeouts ----------------------------------------------------------------------------------
 */

static void set_timeouts(uint32_t tcp, uint32_t tcp_fin, uint32_t udp, int error)
{
    do_op(&(struct ipvs_op){ .kind = IPVS_OP_SET_TIMEOUTS,
                             .timeouts = { .tcp = tcp, .tcp_fin = tcp_fin, .udp = udp } },
          error);
}

static void expect_timeouts(uint32_t tcp, uint32_t tcp_fin, uint32_t udp)
{
    struct ipvs_table table = take_table();
    ck_assert_uint_eq(table.timeouts.tcp, tcp);
    ck_assert_uint_eq(table.timeouts.tcp_fin, tcp_fin);
    ck_assert_uint_eq(table.timeouts.udp, udp);
    ipvs_table_fini(&table);
}

START_TEST(a_timeout_leaves_the_others)
{
    set_timeouts(600, 0, 0, 0);
    expect_timeouts(600, 120, 300);
    set_timeouts(0, 30, 0, 0);
    expect_timeouts(600, 30, 300);
    set_timeouts(0, 0, 1, 0);
    expect_timeouts(600, 30, 1);
    set_timeouts(0, 0, 0, 0);
    expect_timeouts(600, 30, 1);
    set_timeouts(IPVS_TIMEOUT_MAX, 2, 3, 0);
    expect_timeouts(IPVS_TIMEOUT_MAX, 2, 3);
}
END_TEST

START_TEST(timeouts_out_of_range_change_nothing)
{
    set_timeouts(UINT32_MAX, 0, 0, EINVAL);
    set_timeouts(0, (uint32_t)INT32_MAX + 1, 0, EINVAL);
    set_timeouts(0, 0, INT32_MAX, EINVAL);
    set_timeouts(1, 1, UINT32_MAX, EINVAL);
    expect_timeouts(900, 120, 300);
}
END_TEST

/* ---- sync daemons ------------------------------------------------------------------------------
 */

/* A daemon sends from an address of its interface. */
static void give_address(void)
{
    struct ipvs_op op = { .kind = IPVS_OP_ADD_VIP };
    op.service.key = make_service("tcp 198.51.100.1:1").key;
    memcpy(op.interface, suite_host()->interface, strlen(suite_host()->interface));
    do_op(&op, 0);
}

static struct ipvs_daemon make_daemon(uint8_t role, uint32_t id)
{
    struct ipvs_daemon daemon = { .role = role, .id = id };
    memcpy(daemon.interface, suite_host()->interface, strlen(suite_host()->interface));
    return daemon;
}

static void do_daemon(unsigned kind, const struct ipvs_daemon *daemon, int error)
{
    do_op(&(struct ipvs_op){ .kind = (uint8_t)kind, .daemon = *daemon }, error);
}

static void expect_daemon(size_t at, size_t of, const struct ipvs_daemon *want)
{
    struct ipvs_table table = take_table();
    ck_assert_uint_eq(table.daemon_count, of);
    const struct ipvs_daemon *have = &table.daemons[at];
    ck_assert_uint_eq(have->role, want->role);
    ck_assert_str_eq(have->interface, want->interface);
    ck_assert_uint_eq(have->id, want->id);
    ck_assert_uint_eq(have->max_length, want->max_length);
    ck_assert_uint_eq(have->port, want->port);
    ck_assert_uint_eq(have->ttl, want->ttl);
    ck_assert_int_eq(addr_compare(&have->group, &want->group), 0);
    ipvs_table_fini(&table);
}

static void expect_no_daemon(void)
{
    struct ipvs_table table = take_table();
    ck_assert_uint_eq(table.daemon_count, 0);
    ipvs_table_fini(&table);
}

START_TEST(a_daemon_with_the_kernels_defaults)
{
    struct ipvs_daemon daemon = make_daemon(IPVS_MASTER, 255);
    give_address();
    do_daemon(IPVS_OP_START_DAEMON, &daemon, 0);
    daemon.group = make_addr("224.0.0.81");
    daemon.port = 8848;
    daemon.ttl = 1;
    daemon.max_length = 1472;
    expect_daemon(0, 1, &daemon);
    do_daemon(IPVS_OP_START_DAEMON, &daemon, EEXIST);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, 0);
    expect_no_daemon();
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, ESRCH);
}
END_TEST

START_TEST(a_daemon_that_says_all)
{
    struct ipvs_daemon daemon = make_daemon(_i == 0 ? IPVS_MASTER : IPVS_BACKUP, 0);
    daemon.group = make_addr("239.1.2.3");
    daemon.port = 4660;
    daemon.ttl = 9;
    daemon.max_length = 1400;
    give_address();
    do_daemon(IPVS_OP_START_DAEMON, &daemon, 0);
    expect_daemon(0, 1, &daemon);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, 0);
    expect_no_daemon();
}
END_TEST

START_TEST(a_daemon_over_ipv6)
{
    struct ipvs_daemon daemon = make_daemon(IPVS_BACKUP, 3);
    daemon.group = make_addr("ff05::51");
    daemon.port = 8850;
    daemon.ttl = 2;
    daemon.max_length = 1300;
    do_daemon(IPVS_OP_START_DAEMON, &daemon, 0);
    expect_daemon(0, 1, &daemon);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, 0);
    expect_no_daemon();
}
END_TEST

static const struct {
    uint8_t role;
    uint16_t asked;
    uint16_t told;
} lengths[] = { { IPVS_MASTER, 1, 1 },         { IPVS_MASTER, 600, 600 },
                { IPVS_MASTER, 65507, 65507 }, { IPVS_MASTER, 65535, 65507 },
                { IPVS_BACKUP, 1, 1024 },      { IPVS_BACKUP, 1023, 1024 },
                { IPVS_BACKUP, 1025, 1025 },   { IPVS_BACKUP, 65535, 65507 } };

START_TEST(a_length_has_bounds)
{
    struct ipvs_daemon daemon = make_daemon(lengths[_i].role, 1);
    daemon.group = make_addr("224.0.0.81");
    daemon.port = 8848;
    daemon.ttl = 1;
    daemon.max_length = lengths[_i].asked;
    give_address();
    do_daemon(IPVS_OP_START_DAEMON, &daemon, 0);
    daemon.max_length = lengths[_i].told;
    expect_daemon(0, 1, &daemon);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, 0);
}
END_TEST

/* The master is told first, whichever came first. */
START_TEST(both_daemons)
{
    struct ipvs_daemon first = make_daemon(_i == 0 ? IPVS_MASTER : IPVS_BACKUP, 1);
    struct ipvs_daemon second = make_daemon(_i == 0 ? IPVS_BACKUP : IPVS_MASTER, 2);
    first.group = second.group = make_addr("224.0.0.81");
    first.port = second.port = 8848;
    first.ttl = second.ttl = 1;
    first.max_length = second.max_length = 1450;
    give_address();
    do_daemon(IPVS_OP_START_DAEMON, &first, 0);
    do_daemon(IPVS_OP_START_DAEMON, &second, 0);
    expect_daemon(0, 2, _i == 0 ? &first : &second);
    expect_daemon(1, 2, _i == 0 ? &second : &first);
    do_daemon(IPVS_OP_START_DAEMON, &first, EEXIST);
    do_daemon(IPVS_OP_STOP_DAEMON, &first, 0);
    expect_daemon(0, 1, &second);
    do_daemon(IPVS_OP_STOP_DAEMON, &first, ESRCH);
    do_daemon(IPVS_OP_STOP_DAEMON, &second, 0);
    expect_no_daemon();
}
END_TEST

START_TEST(daemons_that_are_refused)
{
    struct ipvs_daemon daemon = make_daemon(0, 1);
    do_daemon(IPVS_OP_START_DAEMON, &daemon, EINVAL);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, EINVAL);
    daemon.role = 3;
    do_daemon(IPVS_OP_START_DAEMON, &daemon, EINVAL);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, EINVAL);
    daemon.role = IPVS_MASTER;
    daemon.group = make_addr("192.0.2.1");
    do_daemon(IPVS_OP_START_DAEMON, &daemon, EINVAL);
    daemon.group = make_addr("2001:db8::1");
    do_daemon(IPVS_OP_START_DAEMON, &daemon, EINVAL);
    daemon.group.family = ADDR_NONE;
    memcpy(daemon.interface, IPVS_SUITE_NO_INTERFACE, sizeof(IPVS_SUITE_NO_INTERFACE));
    do_daemon(IPVS_OP_START_DAEMON, &daemon, ENODEV);
    expect_no_daemon();
}
END_TEST

START_TEST(daemons_and_mixed_families_exclude_each_other)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = make_dest("[2001:db8::a]:80");
    struct ipvs_daemon daemon = make_daemon(IPVS_MASTER, 1);
    dest.forward = IPVS_TUN;
    give_address();
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_daemon(IPVS_OP_START_DAEMON, &daemon, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, EINVAL);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    do_daemon(IPVS_OP_START_DAEMON, &daemon, EINVAL);
    do_dest(IPVS_OP_DELETE_DEST, &service, &dest, 0);
    do_daemon(IPVS_OP_START_DAEMON, &daemon, 0);
    do_daemon(IPVS_OP_STOP_DAEMON, &daemon, 0);
}
END_TEST

/* ---- zeroing -----------------------------------------------------------------------------------
 */

START_TEST(zero_changes_no_settings)
{
    struct ipvs_service services[] = { make_service("tcp 192.0.2.1:80"),
                                       make_service("udp [2001:db8::1]:53"),
                                       make_service("fwmark 3") };
    struct ipvs_dest dest = make_dest("10.0.0.1:80");
    dest.weight = 9;
    do_op(&(struct ipvs_op){ .kind = IPVS_OP_ZERO }, 0);
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        do_service(IPVS_OP_ZERO, &services[i], ESRCH);
        do_service(IPVS_OP_ADD_SERVICE, &services[i], 0);
        do_service(IPVS_OP_ZERO, &services[i], 0);
    }
    do_dest(IPVS_OP_ADD_DEST, &services[0], &dest, 0);
    do_service(IPVS_OP_ZERO, &services[0], 0);
    do_op(&(struct ipvs_op){ .kind = IPVS_OP_ZERO }, 0);
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        expect_service(&services[i]);
    expect_dest(&services[0], &dest);
}
END_TEST

/* ---- VIPs --------------------------------------------------------------------------------------
 */

static void do_vip(unsigned kind, const struct addr *addr, const char *interface, int error)
{
    struct ipvs_op op = { .kind = (uint8_t)kind };
    op.service.key = (struct ipvs_key){ .family = addr->family, .addr = *addr };
    memcpy(op.interface, interface, strlen(interface));
    do_op(&op, error);
}

static const char *const vips[] = { "192.0.2.7", "2001:db8::7" };

/* As wished already is done. */
START_TEST(a_vip_comes_and_goes)
{
    const char *on = suite_host()->interface;
    struct addr addr = make_addr(vips[_i]);
    struct addr other = make_addr(vips[1 - _i]);
    do_vip(IPVS_OP_DELETE_VIP, &addr, on, 0);
    ck_assert(!suite_host()->has_vip(&addr, on));
    do_vip(IPVS_OP_ADD_VIP, &addr, on, 0);
    do_vip(IPVS_OP_ADD_VIP, &addr, on, 0);
    do_vip(IPVS_OP_ADD_VIP, &other, on, 0);
    ck_assert(suite_host()->has_vip(&addr, on));
    do_vip(IPVS_OP_DELETE_VIP, &addr, on, 0);
    ck_assert(!suite_host()->has_vip(&addr, on));
    ck_assert(suite_host()->has_vip(&other, on));
    do_vip(IPVS_OP_DELETE_VIP, &addr, on, 0);
}
END_TEST

START_TEST(a_vip_nowhere)
{
    struct addr addr = make_addr(vips[_i]);
    do_vip(IPVS_OP_ADD_VIP, &addr, IPVS_SUITE_NO_INTERFACE, ENODEV);
    do_vip(IPVS_OP_DELETE_VIP, &addr, IPVS_SUITE_NO_INTERFACE, ENODEV);
    ck_assert(!suite_host()->has_vip(&addr, suite_host()->interface));
    addr.family = ADDR_NONE;
    do_vip(IPVS_OP_ADD_VIP, &addr, suite_host()->interface, EAFNOSUPPORT);
}
END_TEST

START_TEST(what_is_no_operation)
{
    do_op(&(struct ipvs_op){ .kind = IPVS_OP_NONE }, EOPNOTSUPP);
    do_op(&(struct ipvs_op){ .kind = IPVS_OP_KINDS }, EOPNOTSUPP);
    do_op(&(struct ipvs_op){ .kind = UINT8_MAX }, EOPNOTSUPP);
}
END_TEST

TCase *suite_rest(void)
{
    TCase *tcase = tcase_create("timeouts, daemons, VIPs");
    suite_fixture(tcase);
    tcase_add_test(tcase, a_timeout_leaves_the_others);
    tcase_add_test(tcase, timeouts_out_of_range_change_nothing);
    tcase_add_test(tcase, a_daemon_with_the_kernels_defaults);
    tcase_add_loop_test(tcase, a_daemon_that_says_all, 0, 2);
    tcase_add_loop_test(tcase, a_length_has_bounds, 0, (int)ARRAY_LEN(lengths));
    tcase_add_test(tcase, a_daemon_over_ipv6);
    tcase_add_loop_test(tcase, both_daemons, 0, 2);
    tcase_add_test(tcase, daemons_that_are_refused);
    tcase_add_test(tcase, daemons_and_mixed_families_exclude_each_other);
    tcase_add_test(tcase, zero_changes_no_settings);
    tcase_add_loop_test(tcase, a_vip_comes_and_goes, 0, 2);
    tcase_add_loop_test(tcase, a_vip_nowhere, 0, 2);
    tcase_add_test(tcase, what_is_no_operation);
    return tcase;
}
