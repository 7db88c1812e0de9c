// SPDX-License-Identifier: BSD-2-Clause
#include "base/compiler.h"
#include "tests/support/ipvs_suite_help.h"

#include <errno.h>

static const struct {
    const char *service;
    const char *endpoint;
    struct ipvs_dest settings; /* without a key */
} sorts[] = {
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_NAT, .weight = 1 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:8080", { .forward = IPVS_NAT, .weight = 0 } },
    { "tcp 192.0.2.1:80", "223.255.255.254:65535", { .forward = IPVS_NAT, .weight = 65535 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_NAT, .weight = INT32_MAX } },
    { "tcp 192.0.2.1:80", "127.0.0.1:80", { .forward = IPVS_LOCAL, .weight = 1 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_DR, .weight = 10 } },
    { "udp 192.0.2.1:53", "10.0.0.1:53", { .forward = IPVS_DR, .weight = 10 } },
    { "sctp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_NAT, .weight = 10 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 1, .upper = 100 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 1, .upper = 100, .lower = 1 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 1, .upper = 100, .lower = 100 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .weight = 1, .upper = INT32_MAX, .lower = 7 } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_TUN, .weight = 1 } },
    { "tcp 192.0.2.1:80",
      "10.0.0.1:80",
      { .forward = IPVS_TUN, .weight = 1, .tunnel = IPVS_GUE, .tunnel_port = 6080 } },
    { "tcp 192.0.2.1:80",
      "10.0.0.1:80",
      { .forward = IPVS_TUN,
        .weight = 1,
        .tunnel = IPVS_GUE,
        .tunnel_port = 1,
        .checksum = IPVS_CSUM } },
    { "tcp 192.0.2.1:80",
      "10.0.0.1:80",
      { .forward = IPVS_TUN,
        .weight = 1,
        .tunnel = IPVS_GUE,
        .tunnel_port = 65535,
        .checksum = IPVS_REMCSUM } },
    { "tcp 192.0.2.1:80", "10.0.0.1:80", { .forward = IPVS_TUN, .weight = 1, .tunnel = IPVS_GRE } },
    { "tcp 192.0.2.1:80",
      "10.0.0.1:80",
      { .forward = IPVS_TUN, .weight = 1, .tunnel = IPVS_GRE, .checksum = IPVS_CSUM } },
    { "tcp [2001:db8::1]:80", "[2001:db8::a]:80", { .forward = IPVS_NAT, .weight = 1 } },
    { "tcp [2001:db8::1]:80", "[2001:db8::a]:80", { .forward = IPVS_DR, .weight = 1 } },
    { "tcp [2001:db8::1]:80", "[::1]:80", { .forward = IPVS_LOCAL, .weight = 1 } },
    { "udp [2001:db8::1]:53",
      "[2001:db8::a]:53",
      { .forward = IPVS_NAT, .weight = 5, .upper = 9, .lower = 2 } },
    { "tcp [2001:db8::1]:80",
      "[2001:db8::a]:80",
      { .forward = IPVS_TUN, .weight = 1, .tunnel = IPVS_GUE, .tunnel_port = 6080 } },
    { "tcp [2001:db8::1]:80",
      "[2001:db8::a]:80",
      { .forward = IPVS_TUN, .weight = 1, .tunnel = IPVS_GRE, .checksum = IPVS_CSUM } },
    /* the other family: in a tunnel only */
    { "tcp 192.0.2.1:80", "[2001:db8::a]:80", { .forward = IPVS_TUN, .weight = 1 } },
    { "tcp 192.0.2.1:80",
      "[2001:db8::a]:80",
      { .forward = IPVS_TUN,
        .weight = 1,
        .tunnel = IPVS_GUE,
        .tunnel_port = 6080,
        .checksum = IPVS_REMCSUM } },
    { "tcp [2001:db8::1]:80", "10.0.0.1:80", { .forward = IPVS_TUN, .weight = 1 } },
    { "tcp [2001:db8::1]:80",
      "10.0.0.1:80",
      { .forward = IPVS_TUN, .weight = 1, .tunnel = IPVS_GRE } },
    { "fwmark 5", "10.0.0.1:80", { .forward = IPVS_NAT, .weight = 1 } },
    { "fwmark 5", "10.0.0.1:0", { .forward = IPVS_DR, .weight = 1 } },
    { "fwmark 5 ipv6", "[2001:db8::a]:0", { .forward = IPVS_DR, .weight = 1 } },
    { "fwmark 5", "[2001:db8::a]:0", { .forward = IPVS_TUN, .weight = 1 } },
};

/* The service of a sort; added. */
static struct ipvs_service sort_service(int i)
{
    struct ipvs_service service = make_service(sorts[i].service);
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    return service;
}

static struct ipvs_dest sort_dest(int i)
{
    struct ipvs_dest key = make_dest(sorts[i].endpoint);
    struct ipvs_dest dest = sorts[i].settings;
    dest.addr = key.addr;
    dest.port = key.port;
    return dest;
}

START_TEST(a_server_of_every_sort)
{
    struct ipvs_service service = sort_service(_i);
    struct ipvs_dest dest = sort_dest(_i);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, EEXIST);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
    expect_dests(&service, 1);
    expect_service(&service);
    do_dest(IPVS_OP_DELETE_DEST, &service, &dest, 0);
    expect_dests(&service, 0);
    do_dest(IPVS_OP_DELETE_DEST, &service, &dest, ENOENT);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
}
END_TEST

/* Also: an edit that changes the weight keeps the tunnel. */
START_TEST(an_edit_of_one_field_keeps_the_others)
{
    struct ipvs_service service = sort_service(_i);
    struct ipvs_dest dest = sort_dest(_i);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    dest.weight = 77;
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
    dest.upper = 4000;
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
    dest.lower = 3000;
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
    dest.weight = 0;
    dest.upper = dest.lower = 0;
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, 0);
    expect_dest(&service, &dest);
    expect_dests(&service, 1);
}
END_TEST

/* From each sort to those of the same service and family. */
START_TEST(a_server_becomes_another_sort)
{
    struct ipvs_service service = sort_service(_i);
    struct ipvs_dest dest = sort_dest(_i);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    for (int to = 0; to < (int)ARRAY_LEN(sorts); to++) {
        struct ipvs_dest wanted = sort_dest(to);
        bool mixed = dest.addr.family != service.key.family;
        if (mixed && wanted.forward != IPVS_TUN)
            continue;
        wanted.addr = dest.addr;
        wanted.port = dest.port;
        do_dest(IPVS_OP_EDIT_DEST, &service, &wanted, 0);
        expect_dest(&service, &wanted);
    }
    expect_dests(&service, 1);
}
END_TEST

START_TEST(no_such_service)
{
    struct ipvs_service service = make_service(sorts[_i].service);
    struct ipvs_dest dest = sort_dest(_i);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, ESRCH);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, ESRCH);
    do_dest(IPVS_OP_DELETE_DEST, &service, &dest, ESRCH);
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, ENOENT);
    do_dest(IPVS_OP_DELETE_DEST, &service, &dest, ENOENT);
    expect_dests(&service, 0);
}
END_TEST

static const struct {
    struct ipvs_dest settings;
    int error;
} refused[] = {
    { { .weight = (uint32_t)INT32_MAX + 1 }, ERANGE },
    { { .weight = UINT32_MAX }, ERANGE },
    { { .weight = 1, .upper = 10, .lower = 11 }, ERANGE },
    { { .weight = 1, .upper = 0, .lower = 1 }, ERANGE },
    { { .weight = 1, .forward = IPVS_TUN, .tunnel = IPVS_GUE }, EINVAL },
    { { .weight = UINT32_MAX, .forward = IPVS_TUN, .tunnel = IPVS_GUE }, ERANGE },
};

START_TEST(settings_that_are_refused)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest good = make_dest("10.0.0.1:80");
    struct ipvs_dest bad = refused[_i].settings;
    good.weight = 5;
    bad.addr = good.addr;
    bad.port = good.port;
    do_dest(IPVS_OP_ADD_DEST, &service, &bad, ESRCH);
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &bad, refused[_i].error);
    do_dest(IPVS_OP_EDIT_DEST, &service, &bad, refused[_i].error);
    expect_dests(&service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &good, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &bad, refused[_i].error);
    do_dest(IPVS_OP_EDIT_DEST, &service, &bad, refused[_i].error);
    expect_dest(&service, &good);
    bad.weight = UINT32_MAX; /* not looked at */
    do_dest(IPVS_OP_DELETE_DEST, &service, &bad, 0);
}
END_TEST

START_TEST(limits_that_are_no_int)
{
    int error = suite_host()->small_limits ? EINVAL : 0;
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = make_dest("10.0.0.1:80");
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    dest.upper = (uint32_t)INT32_MAX + 1;
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, error);
    expect_dests(&service, error == 0 ? 1 : 0);
    dest.upper = INT32_MAX;
    do_dest(error == 0 ? IPVS_OP_EDIT_DEST : IPVS_OP_ADD_DEST, &service, &dest, 0);
    struct ipvs_dest high = dest;
    high.upper = high.lower = UINT32_MAX;
    do_dest(IPVS_OP_EDIT_DEST, &service, &high, error);
    expect_dest(&service, error == 0 ? &high : &dest);
}
END_TEST

static const char *const strange[] = {
    "0.0.0.0:80", "224.0.0.1:80", "239.255.255.255:80", "255.255.255.255:80",
    "[::]:80",    "[ff02::1]:80", "[fe80::1]:80",
};

START_TEST(an_address_that_is_no_host)
{
    struct ipvs_dest dest = make_dest(strange[_i]);
    struct ipvs_service service =
        make_service(dest.addr.family == ADDR_V6 ? "tcp [2001:db8::1]:80" : "tcp 192.0.2.1:80");
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, EINVAL);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, ENOENT);
    do_dest(IPVS_OP_DELETE_DEST, &service, &dest, ENOENT);
    expect_dests(&service, 0);
}
END_TEST

START_TEST(the_other_family_needs_a_tunnel)
{
    static const uint8_t forwards[] = { IPVS_NAT, IPVS_LOCAL, IPVS_DR };
    struct ipvs_service four = make_service("tcp 192.0.2.1:80");
    struct ipvs_service six = make_service("fwmark 7 ipv6");
    struct ipvs_dest dest4 = make_dest("10.0.0.1:80");
    struct ipvs_dest dest6 = make_dest("[2001:db8::a]:80");
    do_service(IPVS_OP_ADD_SERVICE, &four, 0);
    do_service(IPVS_OP_ADD_SERVICE, &six, 0);
    for (size_t i = 0; i < ARRAY_LEN(forwards); i++) {
        dest4.forward = dest6.forward = forwards[i];
        do_dest(IPVS_OP_ADD_DEST, &four, &dest6, EINVAL);
        do_dest(IPVS_OP_ADD_DEST, &six, &dest4, EINVAL);
    }
    dest4.forward = dest6.forward = IPVS_TUN;
    do_dest(IPVS_OP_ADD_DEST, &four, &dest6, 0);
    do_dest(IPVS_OP_ADD_DEST, &six, &dest4, 0);
    struct ipvs_dest nat = dest6;
    nat.forward = IPVS_NAT;
    do_dest(IPVS_OP_EDIT_DEST, &four, &nat, EINVAL);
    expect_dest(&four, &dest6);
    expect_dest(&six, &dest4);
    do_dest(IPVS_OP_DELETE_DEST, &four, &nat, 0);
    expect_dests(&four, 0);
}
END_TEST

START_TEST(no_family_is_no_server)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = { .port = 80, .weight = 1 };
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, EAFNOSUPPORT);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, EAFNOSUPPORT);
    expect_dests(&service, 0);
}
END_TEST

START_TEST(neighbours_are_servers_of_their_own)
{
    struct ipvs_service one = make_service("tcp 192.0.2.1:80");
    struct ipvs_service two = make_service("udp 192.0.2.1:80");
    static const char *const endpoints[] = { "10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80",
                                             "9.255.255.255:80" };
    do_service(IPVS_OP_ADD_SERVICE, &one, 0);
    do_service(IPVS_OP_ADD_SERVICE, &two, 0);
    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
        struct ipvs_dest dest = make_dest(endpoints[i]);
        dest.weight = 10 + (uint32_t)i;
        do_dest(IPVS_OP_ADD_DEST, &one, &dest, 0);
        dest.weight = 20 + (uint32_t)i;
        do_dest(IPVS_OP_ADD_DEST, &two, &dest, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
        struct ipvs_dest dest = make_dest(endpoints[i]);
        dest.weight = 10 + (uint32_t)i;
        expect_dest(&one, &dest);
        do_dest(IPVS_OP_DELETE_DEST, &one, &dest, 0);
        dest.weight = 20 + (uint32_t)i;
        expect_dest(&two, &dest);
    }
    expect_dests(&one, 0);
    expect_dests(&two, ARRAY_LEN(endpoints));
}
END_TEST

START_TEST(a_service_goes_with_its_servers)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = make_dest("10.0.0.1:80");
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    do_service(IPVS_OP_DELETE_SERVICE, &service, 0);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, ESRCH);
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    expect_dests(&service, 0);
    do_dest(IPVS_OP_EDIT_DEST, &service, &dest, ENOENT);
}
END_TEST

START_TEST(a_new_server_has_no_connections)
{
    struct ipvs_service service = make_service("tcp 192.0.2.1:80");
    struct ipvs_dest dest = make_dest("10.0.0.1:80");
    do_service(IPVS_OP_ADD_SERVICE, &service, 0);
    do_dest(IPVS_OP_ADD_DEST, &service, &dest, 0);
    struct ipvs_table table = take_table();
    ck_assert_uint_eq(table.count, 1);
    ck_assert_uint_eq(table.services[0].dest_count, 1);
    const struct ipvs_dest *have = table.services[0].dests;
    ck_assert_uint_eq(have->active + have->inactive + have->persistent, 0);
    ck_assert_uint_eq(have->stats.connections + have->stats.in_bytes + have->stats.out_bytes, 0);
    ck_assert_uint_eq(table.services[0].stats.connections, 0);
    ipvs_table_fini(&table);
}
END_TEST

TCase *suite_dests(void)
{
    int count = (int)ARRAY_LEN(sorts);
    TCase *tcase = tcase_create("servers");
    suite_fixture(tcase);
    tcase_add_loop_test(tcase, a_server_of_every_sort, 0, count);
    tcase_add_loop_test(tcase, an_edit_of_one_field_keeps_the_others, 0, count);
    tcase_add_loop_test(tcase, a_server_becomes_another_sort, 0, count);
    tcase_add_loop_test(tcase, no_such_service, 0, count);
    tcase_add_loop_test(tcase, settings_that_are_refused, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(tcase, limits_that_are_no_int);
    tcase_add_loop_test(tcase, an_address_that_is_no_host, 0, (int)ARRAY_LEN(strange));
    tcase_add_test(tcase, the_other_family_needs_a_tunnel);
    tcase_add_test(tcase, no_family_is_no_server);
    tcase_add_test(tcase, neighbours_are_servers_of_their_own);
    tcase_add_test(tcase, a_service_goes_with_its_servers);
    tcase_add_test(tcase, a_new_server_has_no_connections);
    return tcase;
}
