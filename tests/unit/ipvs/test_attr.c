// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/attr.h"

#include "base/compiler.h"
#include "tests/unit/ipvs/attr_help.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has(int top, int type)
{
    struct nlattr *in = nest(top);
    return nla_find(nla_data(in), nla_len(in), type) != NULL;
}

/* The attribute holds exactly these bytes. */
static void expect_bytes(int top, int type, const void *bytes, size_t size)
{
    struct nlattr *in = nest(top);
    struct nlattr *found = nla_find(nla_data(in), nla_len(in), type);
    ck_assert_msg(found != NULL, "attribute %d", type);
    ck_assert_msg(nla_len(found) == (int)size, "attribute %d: %d bytes", type, nla_len(found));
    ck_assert_msg(memcmp(nla_data(found), bytes, size) == 0, "attribute %d", type);
}

static void expect16(int top, int type, uint16_t value)
{
    expect_bytes(top, type, &value, sizeof(value));
}

static void expect32(int top, int type, uint32_t value)
{
    expect_bytes(top, type, &value, sizeof(value));
}

START_TEST(a_service_in_the_kernels_byte_orders)
{
    struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE, .service = help_service(0xc0000201) };
    const uint32_t flags[2] = { IPVS_PERSISTENT | IPVS_SCHED1, UINT32_MAX };
    op.service.key.port = 258;
    op.service.flags = flags[0] | 2; /* the kernel's own is not sent */
    op.service.timeout = 300;
    op.service.prefix = 24;
    put(&op);
    expect16(IPVS_ATTR_SERVICE, IPVS_SERVICE_AF, AF_INET);
    expect16(IPVS_ATTR_SERVICE, IPVS_SERVICE_PROTOCOL, 6);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_ADDR, "\xc0\x00\x02\x01", 4);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_PORT, "\x01\x02", 2);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_SCHEDULER, "wlc", 4);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_FLAGS, flags, sizeof(flags));
    expect32(IPVS_ATTR_SERVICE, IPVS_SERVICE_TIMEOUT, 300);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_NETMASK, "\xff\xff\xff\x00", 4);
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_FWMARK));
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_ENGINE));
}
END_TEST

START_TEST(a_service_of_ipv6)
{
    struct ipvs_op op = { .kind = IPVS_OP_EDIT_SERVICE, .service = service6() };
    op.service.flags = IPVS_PERSISTENT;
    op.service.timeout = 1;
    op.service.prefix = 64;
    memcpy(op.service.engine, "sip", 4);
    put(&op);
    expect16(IPVS_ATTR_SERVICE, IPVS_SERVICE_AF, AF_INET6);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_ADDR, op.service.key.addr.bytes, 16);
    expect32(IPVS_ATTR_SERVICE, IPVS_SERVICE_NETMASK, 64);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_ENGINE, "sip", 4);
}
END_TEST

/* All four settings are needed by the kernel, whatever applies. */
START_TEST(a_plain_service_has_neutral_settings)
{
    const uint32_t flags[2] = { 0, UINT32_MAX };
    struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE, .service = help_service(1) };
    op.service.timeout = 77; /* without persistence */
    op.service.prefix = 0;
    put(&op);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_FLAGS, flags, sizeof(flags));
    expect32(IPVS_ATTR_SERVICE, IPVS_SERVICE_TIMEOUT, 0);
    expect_bytes(IPVS_ATTR_SERVICE, IPVS_SERVICE_NETMASK, "\xff\xff\xff\xff", 4);
    again();
    op.service = service6();
    put(&op);
    expect32(IPVS_ATTR_SERVICE, IPVS_SERVICE_NETMASK, 128);
}
END_TEST

START_TEST(a_mark_replaces_the_address)
{
    struct ipvs_op op = { .kind = IPVS_OP_DELETE_SERVICE,
                          .service.key = { .family = ADDR_V6, .fwmark = 0x80000001 } };
    put(&op);
    expect16(IPVS_ATTR_SERVICE, IPVS_SERVICE_AF, AF_INET6);
    expect32(IPVS_ATTR_SERVICE, IPVS_SERVICE_FWMARK, 0x80000001);
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_PROTOCOL));
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_ADDR));
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_PORT));
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_SCHEDULER));
}
END_TEST

START_TEST(a_server_in_the_kernels_byte_orders)
{
    struct ipvs_op op = help_add_dest(1, 0x0a000001);
    op.dest.port = 0x1234;
    op.dest.weight = 7;
    op.dest.upper = 9;
    op.dest.lower = 8;
    put(&op);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_ADDR, "\x0a\x00\x00\x01", 4);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_PORT, "\x12\x34", 2);
    expect16(IPVS_ATTR_DEST, IPVS_DEST_AF, AF_INET);
    expect32(IPVS_ATTR_DEST, IPVS_DEST_FORWARD, IPVS_NAT);
    expect32(IPVS_ATTR_DEST, IPVS_DEST_WEIGHT, 7);
    expect32(IPVS_ATTR_DEST, IPVS_DEST_UPPER, 9);
    expect32(IPVS_ATTR_DEST, IPVS_DEST_LOWER, 8);
    ck_assert(!has(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL));
    ck_assert(!has(IPVS_ATTR_SERVICE, IPVS_SERVICE_SCHEDULER));
}
END_TEST

/* An absent one would be zero to the kernel: a tunnel of another type. */
START_TEST(tunnel_fields_are_sent_for_every_tunnel)
{
    struct ipvs_op op = help_add_dest(1, 0x0a000001);
    const uint8_t gue = IPVS_GUE;
    const uint8_t ipip = IPVS_IPIP;
    op.kind = IPVS_OP_EDIT_DEST;
    op.dest.forward = IPVS_TUN;
    put(&op);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL, &ipip, 1);
    expect16(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL_PORT, 0);
    expect16(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL_FLAGS, 0);
    again();
    op.dest.tunnel = IPVS_GUE;
    op.dest.tunnel_port = 0x1234;
    op.dest.checksum = IPVS_REMCSUM;
    put(&op);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL, &gue, 1);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL_PORT, "\x12\x34", 2);
    expect16(IPVS_ATTR_DEST, IPVS_DEST_TUNNEL_FLAGS, 2);
}
END_TEST

START_TEST(a_deletion_needs_the_keys_only)
{
    struct ipvs_op op = help_add_dest(1, 0x0a000001);
    op.kind = IPVS_OP_DELETE_DEST;
    op.dest.addr.family = ADDR_V6; /* of the other family */
    put(&op);
    expect16(IPVS_ATTR_DEST, IPVS_DEST_AF, AF_INET6);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_ADDR, op.dest.addr.bytes, 16);
    expect_bytes(IPVS_ATTR_DEST, IPVS_DEST_PORT, "\x00\x50", 2);
    ck_assert(!has(IPVS_ATTR_DEST, IPVS_DEST_WEIGHT));
    ck_assert(!has(IPVS_ATTR_DEST, IPVS_DEST_FORWARD));
}
END_TEST

START_TEST(only_the_timeouts_that_are_set)
{
    struct ipvs_op op = { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { .tcp_fin = 30 } };
    put(&op);
    ck_assert_ptr_null(nla_find(attrs(), attrs_length(), IPVS_ATTR_TIMEOUT_TCP));
    ck_assert_ptr_null(nla_find(attrs(), attrs_length(), IPVS_ATTR_TIMEOUT_UDP));
    ck_assert_uint_eq(nla_get_u32(nest(IPVS_ATTR_TIMEOUT_TCP_FIN)), 30);
}
END_TEST

START_TEST(a_daemon_in_the_kernels_byte_orders)
{
    const uint8_t ttl = 5;
    struct ipvs_op op = { .kind = IPVS_OP_START_DAEMON,
                          .daemon = { .role = IPVS_BACKUP, .interface = "eth0", .id = 3 } };
    put(&op);
    expect32(IPVS_ATTR_DAEMON, IPVS_DAEMON_STATE, 2);
    expect_bytes(IPVS_ATTR_DAEMON, IPVS_DAEMON_INTERFACE, "eth0", 5);
    expect32(IPVS_ATTR_DAEMON, IPVS_DAEMON_ID, 3);
    for (int type = IPVS_DAEMON_MAX_LENGTH; type <= IPVS_DAEMON_TTL; type++)
        ck_assert(!has(IPVS_ATTR_DAEMON, type));
    again();
    op.daemon.group = help_v4(0xe0000051);
    op.daemon.port = 0x1234;
    op.daemon.ttl = ttl;
    op.daemon.max_length = 1400;
    put(&op);
    expect_bytes(IPVS_ATTR_DAEMON, IPVS_DAEMON_GROUP, "\xe0\x00\x00\x51", 4);
    expect16(IPVS_ATTR_DAEMON, IPVS_DAEMON_PORT, 0x1234); /* the machine's order */
    expect16(IPVS_ATTR_DAEMON, IPVS_DAEMON_MAX_LENGTH, 1400);
    expect_bytes(IPVS_ATTR_DAEMON, IPVS_DAEMON_TTL, &ttl, 1);
    again();
    op.daemon.group = service6().key.addr;
    put(&op);
    expect_bytes(IPVS_ATTR_DAEMON, IPVS_DAEMON_GROUP6, op.daemon.group.bytes, 16);
    ck_assert(!has(IPVS_ATTR_DAEMON, IPVS_DAEMON_GROUP));
    again();
    op.kind = IPVS_OP_STOP_DAEMON;
    put(&op);
    expect32(IPVS_ATTR_DAEMON, IPVS_DAEMON_STATE, 2);
    ck_assert(!has(IPVS_ATTR_DAEMON, IPVS_DAEMON_INTERFACE));
}
END_TEST

/* Without a service the kernel zeroes everything. */
START_TEST(zero_names_its_service)
{
    struct ipvs_op op = { .kind = IPVS_OP_ZERO };
    put(&op);
    ck_assert_int_eq(attrs_length(), 0);
    op.service.key.family = ADDR_V4;
    op.service.key.fwmark = 3;
    put(&op);
    expect32(IPVS_ATTR_SERVICE, IPVS_SERVICE_FWMARK, 3);
    again();
    op.service.key = (struct ipvs_key){ .family = ADDR_V4, .protocol = IPVS_TCP };
    ck_assert_int_eq(ipvs_attr_put_op(message, &op), EINVAL); /* no address: never "all" */
}
END_TEST

START_TEST(what_no_attribute_can_express)
{
    struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE, .service = help_service(1) };
    op.service.flags = IPVS_PERSISTENT;
    op.service.prefix = 33;
    ck_assert_int_eq(ipvs_attr_put_op(message, &op), EINVAL);
    op.service = service6();
    op.service.key.addr.family = ADDR_V4;
    ck_assert_int_eq(ipvs_attr_put_op(message, &op), EINVAL);
    op = help_add_dest(1, 2);
    op.dest.addr.family = ADDR_NONE;
    ck_assert_int_eq(ipvs_attr_put_op(message, &op), EAFNOSUPPORT);
    op.kind = IPVS_OP_ADD_VIP;
    ck_assert_int_eq(ipvs_attr_put_op(message, &op), EINVAL);
    op.kind = UINT8_MAX;
    ck_assert_int_eq(ipvs_attr_put_op(message, &op), EINVAL);
}
END_TEST

/* At any place where the message may be full. */
START_TEST(a_message_that_is_full)
{
    struct ipvs_op ops[] = {
        { .kind = IPVS_OP_ADD_SERVICE, .service = help_service(1) },
        help_add_dest(1, 2),
        { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { 1, 2, 3 } },
        { .kind = IPVS_OP_START_DAEMON,
          .daemon = { .role = 1, .interface = "eth0", .port = 1, .ttl = 1, .max_length = 1 } },
        { .kind = IPVS_OP_DELETE_SERVICE, .service = service6() },
    };
    ops[1].dest.forward = IPVS_TUN;
    ops[0].service.engine[0] = 'x';
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        int error = EMSGSIZE;
        for (size_t room = NLMSG_HDRLEN; error != 0; room += 4) {
            ck_assert_uint_lt(room, 400);
            struct nl_msg *small = nlmsg_alloc_size(room);
            error = ipvs_attr_put_op(small, &ops[i]);
            ck_assert(error == 0 || error == EMSGSIZE);
            ck_assert(error == 0 || room < 300);
            nlmsg_free(small);
        }
    }
}
END_TEST

START_TEST(commands)
{
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_ADD_SERVICE), 1);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_EDIT_SERVICE), 2);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_DELETE_SERVICE), 3);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_ADD_DEST), 5);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_EDIT_DEST), 6);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_DELETE_DEST), 7);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_START_DAEMON), 9);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_STOP_DAEMON), 10);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_SET_TIMEOUTS), 12);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_ZERO), 16);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_NONE), 0);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_ADD_VIP), 0);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_DELETE_VIP), 0);
    ck_assert_int_eq(ipvs_attr_command(IPVS_OP_KINDS), 0);
    ck_assert_int_eq(IPVS_COMMAND_GET_INFO, 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attr");
    TCase *tcase = tcase_create("attr");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_service_in_the_kernels_byte_orders);
    tcase_add_test(tcase, a_service_of_ipv6);
    tcase_add_test(tcase, a_plain_service_has_neutral_settings);
    tcase_add_test(tcase, a_mark_replaces_the_address);
    tcase_add_test(tcase, a_server_in_the_kernels_byte_orders);
    tcase_add_test(tcase, tunnel_fields_are_sent_for_every_tunnel);
    tcase_add_test(tcase, a_deletion_needs_the_keys_only);
    tcase_add_test(tcase, only_the_timeouts_that_are_set);
    tcase_add_test(tcase, a_daemon_in_the_kernels_byte_orders);
    tcase_add_test(tcase, zero_names_its_service);
    tcase_add_test(tcase, what_no_attribute_can_express);
    tcase_add_test(tcase, a_message_that_is_full);
    tcase_add_test(tcase, commands);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
