// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/attr.h"

#include "base/compiler.h"
#include "base/rng.h"
#include "tests/unit/ipvs/attr_help.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t addr16[16] = { 192, 0, 2, 1 };

/* A counter per number: 1 + its attribute, so that none can be mistaken. */
static void put_stats(int type, bool wide, uint64_t base)
{
    struct nlattr *in = nla_nest_start(message, type);
    for (int i = IPVS_STATS_CONNECTIONS; i <= IPVS_STATS_OUT_BYTE_RATE; i++) {
        uint64_t value = base + (unsigned)i;
        if (wide || i == IPVS_STATS_IN_BYTES || i == IPVS_STATS_OUT_BYTES)
            ck_assert_int_eq(nla_put_u64(message, i, value), 0);
        else
            ck_assert_int_eq(nla_put_u32(message, i, (uint32_t)value), 0);
    }
    nla_nest_end(message, in);
}

/* What a reply has; a test leaves one out, or makes it short. */
static void put_service_reply(int without, int short_one)
{
    const uint32_t flags[2] = { IPVS_PERSISTENT | 2, UINT32_MAX };
    const uint16_t port = htons(80);
    const uint16_t family = AF_INET;
    const uint16_t protocol = IPVS_TCP;
    const uint32_t timeout = 300;
    const uint32_t mask = htonl(0xffffff00);
    const struct {
        int type;
        const void *data;
        int size;
    } all[] = {
        { IPVS_SERVICE_AF, &family, 2 },
        { IPVS_SERVICE_PROTOCOL, &protocol, 2 },
        { IPVS_SERVICE_ADDR, addr16, 16 },
        { IPVS_SERVICE_PORT, &port, 2 },
        { IPVS_SERVICE_SCHEDULER, "wlc", 4 },
        { IPVS_SERVICE_FLAGS, flags, 8 },
        { IPVS_SERVICE_TIMEOUT, &timeout, 4 },
        { IPVS_SERVICE_NETMASK, &mask, 4 },
        { 200, "of a kernel to come, unknown", 20 },
    };
    struct nlattr *in = nla_nest_start(message, IPVS_ATTR_SERVICE);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        int size = all[i].type == short_one ? 1 : all[i].size;
        if (all[i].type != without)
            ck_assert_int_eq(nla_put(message, all[i].type, size, all[i].data), 0);
    }
    put_stats(IPVS_SERVICE_STATS, false, 1000);
    put_stats(IPVS_SERVICE_STATS64, true, UINT64_C(1) << 40);
    nla_nest_end(message, in);
}

static void expect_stats(const struct ipvs_stats *stats, uint64_t base)
{
    ck_assert_uint_eq(stats->connections, base + 1);
    ck_assert_uint_eq(stats->in_packets, base + 2);
    ck_assert_uint_eq(stats->out_packets, base + 3);
    ck_assert_uint_eq(stats->in_bytes, base + 4);
    ck_assert_uint_eq(stats->out_bytes, base + 5);
    ck_assert_uint_eq(stats->connection_rate, base + 6);
    ck_assert_uint_eq(stats->in_packet_rate, base + 7);
    ck_assert_uint_eq(stats->out_packet_rate, base + 8);
    ck_assert_uint_eq(stats->in_byte_rate, base + 9);
    ck_assert_uint_eq(stats->out_byte_rate, base + 10);
}

START_TEST(a_service_as_the_kernel_tells_it)
{
    struct ipvs_service service;
    struct ipvs_key key;
    put_service_reply(0, 0);
    /* The kernel leaves the flag of nests out, libnl may set it: neither matters. */
    attrs()->nla_type ^= NLA_F_NESTED;
    ck_assert(ipvs_attr_get_service(attrs(), attrs_length(), &service));
    ck_assert(ipvs_key_parse("tcp 192.0.2.1:80", &key));
    ck_assert_int_eq(ipvs_key_compare(&service.key, &key), 0);
    ck_assert_str_eq(service.scheduler, "wlc");
    ck_assert_str_eq(service.engine, "");
    ck_assert_uint_eq(service.flags, IPVS_PERSISTENT);
    ck_assert_uint_eq(service.timeout, 300);
    ck_assert_uint_eq(service.prefix, 24);
    expect_stats(&service.stats, UINT64_C(1) << 40);
}
END_TEST

START_TEST(a_service_that_lacks_something)
{
    struct ipvs_service service;
    for (int type = IPVS_SERVICE_AF; type <= IPVS_SERVICE_NETMASK; type++) {
        put_service_reply(type, 0);
        ck_assert(ipvs_attr_get_service(attrs(), attrs_length(), &service) ==
                  (type == IPVS_SERVICE_FWMARK));
        again();
        put_service_reply(0, type);
        ck_assert(ipvs_attr_get_service(attrs(), attrs_length(), &service) ==
                  (type == IPVS_SERVICE_FWMARK || type == IPVS_SERVICE_SCHEDULER));
        again();
    }
    ck_assert(!ipvs_attr_get_service(attrs(), attrs_length(), &service));
}
END_TEST

/* Sent and told are alike, so a request can be read as a reply. */
START_TEST(services_there_and_back)
{
    static const char *const keys[] = { "tcp 192.0.2.1:80", "udp [2001:db8::1]:53", "fwmark 7",
                                        "fwmark 4294967295 ipv6", "sctp 192.0.2.1:0" };
    for (unsigned i = 0; i < 1000; i++) {
        struct ipvs_service back;
        struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE, .service = { .scheduler = "mh" } };
        ck_assert(ipvs_key_parse(keys[i % ARRAY_LEN(keys)], &op.service.key));
        unsigned full = op.service.key.family == ADDR_V6 ? 128 : 32;
        op.service.flags = i % 2 == 0 ? IPVS_PERSISTENT : IPVS_ONE_PACKET;
        op.service.timeout = i;
        op.service.prefix = (uint8_t)(i % full + 1);
        if (i % 3 == 0)
            memcpy(op.service.engine, "sip", 4);
        put(&op);
        ck_assert(ipvs_attr_get_service(attrs(), attrs_length(), &back));
        ck_assert_int_eq(ipvs_key_compare(&back.key, &op.service.key), 0);
        ck_assert(ipvs_service_same(&back, &op.service));
        again();
    }
}
END_TEST

START_TEST(masks_that_no_prefix_can_express)
{
    static const struct {
        uint32_t mask;
        uint8_t prefix;
    } masks[] = { { 0xffffffff, 32 }, { 0xff00ff00, 8 }, { 0x80000000, 1 }, { 0xfffffffd, 30 } };
    struct ipvs_service service;
    for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
        put_service_reply(0, 0);
        struct nlattr *in = nest(IPVS_ATTR_SERVICE);
        struct nlattr *mask = nla_find(nla_data(in), nla_len(in), IPVS_SERVICE_NETMASK);
        uint32_t wire = htonl(masks[i].mask);
        memcpy(nla_data(mask), &wire, sizeof(wire));
        ck_assert(ipvs_attr_get_service(attrs(), attrs_length(), &service));
        ck_assert_uint_eq(service.prefix, masks[i].prefix);
        again();
    }
}
END_TEST

static void put_dest_reply(bool with_family, bool with_tunnel, bool wide)
{
    struct nlattr *in = nla_nest_start(message, IPVS_ATTR_DEST);
    ck_assert_int_eq(nla_put(message, IPVS_DEST_ADDR, 16, addr16), 0);
    nla_put_u16(message, IPVS_DEST_PORT, htons(80));
    nla_put_u32(message, IPVS_DEST_FORWARD, 0x100U | IPVS_TUN);
    nla_put_u32(message, IPVS_DEST_WEIGHT, 3);
    nla_put_u32(message, IPVS_DEST_UPPER, 20);
    nla_put_u32(message, IPVS_DEST_LOWER, 10);
    nla_put_u32(message, IPVS_DEST_ACTIVE, 4);
    nla_put_u32(message, IPVS_DEST_INACTIVE, 5);
    nla_put_u32(message, IPVS_DEST_PERSISTENT, 6);
    if (with_family)
        nla_put_u16(message, IPVS_DEST_AF, AF_INET);
    if (with_tunnel) {
        nla_put_u8(message, IPVS_DEST_TUNNEL, IPVS_GUE);
        nla_put_u16(message, IPVS_DEST_TUNNEL_PORT, htons(6080));
        nla_put_u16(message, IPVS_DEST_TUNNEL_FLAGS, IPVS_CSUM);
    }
    put_stats(IPVS_DEST_STATS, false, 50);
    if (wide)
        put_stats(IPVS_DEST_STATS64, true, UINT64_C(1) << 50);
    nla_nest_end(message, in);
}

START_TEST(a_server_as_the_kernel_tells_it)
{
    struct ipvs_dest dest;
    put_dest_reply(true, true, true);
    ck_assert(ipvs_attr_get_dest(attrs(), attrs_length(), ADDR_V6, &dest));
    struct addr addr = help_v4(0xc0000201);
    ck_assert(addr_equal(&dest.addr, &addr));
    ck_assert_uint_eq(dest.port, 80);
    ck_assert_uint_eq(dest.forward, IPVS_TUN);
    ck_assert_uint_eq(dest.tunnel, IPVS_GUE);
    ck_assert_uint_eq(dest.tunnel_port, 6080);
    ck_assert_uint_eq(dest.checksum, IPVS_CSUM);
    ck_assert_uint_eq(dest.weight, 3);
    ck_assert_uint_eq(dest.upper, 20);
    ck_assert_uint_eq(dest.lower, 10);
    ck_assert_uint_eq(dest.active, 4);
    ck_assert_uint_eq(dest.inactive, 5);
    ck_assert_uint_eq(dest.persistent, 6);
    expect_stats(&dest.stats, UINT64_C(1) << 50);
}
END_TEST

/* Before 3.18 without a family, before 4.1 without wide counters, before 5.2 without tunnels. */
START_TEST(a_server_of_an_old_kernel)
{
    struct ipvs_dest dest;
    put_dest_reply(false, false, false);
    ck_assert(ipvs_attr_get_dest(attrs(), attrs_length(), ADDR_V4, &dest));
    ck_assert_uint_eq(dest.addr.family, ADDR_V4);
    ck_assert_uint_eq(dest.tunnel, IPVS_IPIP);
    expect_stats(&dest.stats, 50);
    ck_assert(!ipvs_attr_get_dest(attrs(), attrs_length(), ADDR_NONE, &dest));
}
END_TEST

START_TEST(the_rest_of_the_replies)
{
    struct ipvs_timeouts timeouts;
    struct ipvs_info info;
    struct ipvs_daemon daemon;
    ck_assert(!ipvs_attr_get_timeouts(attrs(), attrs_length(), &timeouts));
    ck_assert(!ipvs_attr_get_info(attrs(), attrs_length(), &info));
    ck_assert(!ipvs_attr_get_daemon(attrs(), attrs_length(), &daemon));
    nla_put_u32(message, IPVS_ATTR_TIMEOUT_TCP, 900);
    nla_put_u32(message, IPVS_ATTR_TIMEOUT_TCP_FIN, 120);
    ck_assert(!ipvs_attr_get_timeouts(attrs(), attrs_length(), &timeouts));
    nla_put_u32(message, IPVS_ATTR_TIMEOUT_UDP, 300);
    ck_assert(ipvs_attr_get_timeouts(attrs(), attrs_length(), &timeouts));
    ck_assert_uint_eq(timeouts.tcp, 900);
    ck_assert_uint_eq(timeouts.tcp_fin, 120);
    ck_assert_uint_eq(timeouts.udp, 300);
    again();
    nla_put_u32(message, IPVS_INFO_VERSION, 0x010201);
    nla_put_u32(message, IPVS_INFO_SIZE, 4096);
    ck_assert(ipvs_attr_get_info(attrs(), attrs_length(), &info));
    ck_assert_uint_eq(info.version, 0x010201);
    ck_assert_uint_eq(info.connection_table_size, 4096);
}
END_TEST

START_TEST(daemons_there_and_back)
{
    struct ipvs_op op = { .kind = IPVS_OP_START_DAEMON,
                          .daemon = { .role = IPVS_MASTER,
                                      .interface = "a-name-of-15-by",
                                      .id = 255,
                                      .max_length = 1472,
                                      .port = 8848,
                                      .ttl = 1 } };
    struct ipvs_daemon back;
    op.daemon.group = help_v4(0xe0000051);
    for (unsigned i = 0; i < 2; i++) {
        put(&op);
        ck_assert(ipvs_attr_get_daemon(attrs(), attrs_length(), &back));
        ck_assert_uint_eq(back.role, IPVS_MASTER);
        ck_assert_str_eq(back.interface, op.daemon.interface);
        ck_assert_uint_eq(back.id, 255);
        ck_assert_uint_eq(back.max_length, 1472);
        ck_assert_uint_eq(back.port, 8848);
        ck_assert_uint_eq(back.ttl, 1);
        ck_assert(addr_equal(&back.group, &op.daemon.group));
        op.daemon.group = service6().key.addr;
        again();
    }
    op.daemon.role = 3;
    put(&op);
    ck_assert(!ipvs_attr_get_daemon(attrs(), attrs_length(), &back));
}
END_TEST

/* ---- malformed replies -------------------------------------------------------------------------
 */

/* Nothing is read beyond `length`: the bytes are in a heap block of just that size. */
static void read_all(const void *bytes, size_t length)
{
    struct nlattr *copy = mem_dup(bytes, length);
    struct ipvs_service service;
    struct ipvs_dest dest;
    struct ipvs_daemon daemon;
    struct ipvs_timeouts timeouts;
    struct ipvs_info info;
    if (ipvs_attr_get_service(copy, (int)length, &service))
        ck_assert_uint_lt(strlen(service.scheduler), sizeof(service.scheduler));
    if (ipvs_attr_get_daemon(copy, (int)length, &daemon))
        ck_assert_uint_lt(strlen(daemon.interface), sizeof(daemon.interface));
    (void)ipvs_attr_get_dest(copy, (int)length, ADDR_V4, &dest);
    (void)ipvs_attr_get_timeouts(copy, (int)length, &timeouts);
    (void)ipvs_attr_get_info(copy, (int)length, &info);
    mem_free(copy);
}

START_TEST(replies_cut_off_anywhere)
{
    put_service_reply(0, 0);
    put_dest_reply(true, true, true);
    for (int length = 0; length <= attrs_length(); length++)
        read_all(attrs(), (size_t)length);
}
END_TEST

START_TEST(replies_with_any_byte_wrong)
{
    struct rng rng;
    uint8_t bytes[2048];
    rng_seed(&rng, 1);
    put_service_reply(0, 0);
    put_dest_reply(true, true, true);
    put(&(struct ipvs_op){ .kind = IPVS_OP_START_DAEMON,
                           .daemon = { .role = 1, .interface = "eth0" } });
    size_t length = (size_t)attrs_length();
    ck_assert_uint_le(length, sizeof(bytes));
    for (unsigned i = 0; i < 20000; i++) {
        memcpy(bytes, attrs(), length);
        for (unsigned k = 0; k <= i % 3; k++)
            bytes[rng_below(&rng, (uint32_t)length)] = (uint8_t)rng_next(&rng);
        read_all(bytes, length);
    }
}
END_TEST

START_TEST(names_that_are_too_long)
{
    struct ipvs_service service;
    struct nlattr *in;
    put_service_reply(IPVS_SERVICE_SCHEDULER, 0);
    in = nest(IPVS_ATTR_SERVICE);
    /* The last attribute of the nest counts; this one makes the nest longer. */
    ck_assert_int_eq(nla_put(message, IPVS_SERVICE_SCHEDULER, 16, "sixteen letters!"), 0);
    in->nla_len = (uint16_t)attrs_length();
    ck_assert(!ipvs_attr_get_service(attrs(), attrs_length(), &service));
    ck_assert_int_eq(nla_put(message, IPVS_SERVICE_SCHEDULER, 15, "fifteen letters"), 0);
    in->nla_len = (uint16_t)attrs_length();
    ck_assert(ipvs_attr_get_service(attrs(), attrs_length(), &service)); /* without a NUL */
    ck_assert_str_eq(service.scheduler, "fifteen letters");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attr_get");
    TCase *tcase = tcase_create("attr_get");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_service_as_the_kernel_tells_it);
    tcase_add_test(tcase, a_service_that_lacks_something);
    tcase_add_test(tcase, services_there_and_back);
    tcase_add_test(tcase, masks_that_no_prefix_can_express);
    tcase_add_test(tcase, a_server_as_the_kernel_tells_it);
    tcase_add_test(tcase, a_server_of_an_old_kernel);
    tcase_add_test(tcase, the_rest_of_the_replies);
    tcase_add_test(tcase, daemons_there_and_back);
    tcase_add_test(tcase, replies_cut_off_anywhere);
    tcase_add_test(tcase, replies_with_any_byte_wrong);
    tcase_add_test(tcase, names_that_are_too_long);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
