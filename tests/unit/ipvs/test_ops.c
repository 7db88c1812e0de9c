// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/ops.h"

#include "base/compiler.h"
#include "tests/unit/ipvs/ops_help.h"

#include <errno.h>
#include <stdlib.h>

/* ---- texts -------------------------------------------------------------------------------------
 */

static const struct {
    struct shape shape;
    const char *name, *key, *from, *to;
} texts[] = {
    { { .kind = IPVS_OP_NONE, SERVICE }, "none", "tcp 192.0.2.1:80", "", "" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE, .scheduler = "rr" },
      "add_service",
      "tcp 192.0.2.1:80",
      "",
      "rr" },
    { { .kind = IPVS_OP_EDIT_SERVICE, .key = "fwmark 7 ipv6", .scheduler = "rr" },
      "edit_service",
      "fwmark 7 ipv6",
      "wlc",
      "rr" },
    { { .kind = IPVS_OP_DELETE_SERVICE, SERVICE },
      "delete_service",
      "tcp 192.0.2.1:80",
      "wlc",
      "" },
    { { .kind = IPVS_OP_ADD_DEST, DEST, .weight = 5 }, "add_server", ARROW, "", "nat, weight 5" },
    { { .kind = IPVS_OP_EDIT_DEST, DEST, .weight = 5, .from_weight = 4 },
      "edit_server",
      ARROW,
      "nat, weight 4",
      "nat, weight 5" },
    { { .kind = IPVS_OP_DELETE_DEST, DEST, .from_weight = 4 },
      "delete_server",
      ARROW,
      "nat, weight 4",
      "" },
    { { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { 900, 120, 300 } },
      "set_timeouts",
      "timeouts",
      "",
      "tcp 900 s, tcp_fin 120 s, udp 300 s" },
    { { .kind = IPVS_OP_SET_TIMEOUTS, .timeouts = { .udp = 30 } }, /* the others stay */
      "set_timeouts",
      "timeouts",
      "",
      "udp 30 s" },
    { { .kind = IPVS_OP_START_DAEMON,
        .daemon = { .role = IPVS_MASTER, .interface = "eth0", .id = 7 } },
      "start_daemon",
      "sync daemon master",
      "",
      "interface eth0, id 7" },
    { { .kind = IPVS_OP_START_DAEMON,
        .daemon = { .role = IPVS_BACKUP,
                    .interface = "eth0",
                    .group = { ADDR_V4, { 224, 0, 0, 82 } },
                    .port = 8849,
                    .ttl = 2,
                    .max_length = 1400 } },
      "start_daemon",
      "sync daemon backup",
      "",
      "interface eth0, id 0, group 224.0.0.82, port 8849, ttl 2, maxlen 1400" },
    { { .kind = IPVS_OP_STOP_DAEMON, .daemon = { .role = IPVS_BACKUP } },
      "stop_daemon",
      "sync daemon backup",
      "",
      "" },
    { { .kind = IPVS_OP_STOP_DAEMON,
        .daemon = { .role = IPVS_BACKUP, .interface = "eth0", .id = 7 } },
      "stop_daemon",
      "sync daemon backup",
      "interface eth0, id 7",
      "" },
    { { .kind = IPVS_OP_ZERO, SERVICE }, "zero", "tcp 192.0.2.1:80", "", "" },
    { { .kind = IPVS_OP_ZERO, .key = NULL }, "zero", "all counters", "", "" },
    { { .kind = IPVS_OP_ADD_VIP, VIP }, "add_vip", "192.0.2.1 on eth0", "", "" },
    { { .kind = IPVS_OP_DELETE_VIP, .key = "tcp [2001:db8::1]:0", .interface = "lo" },
      "delete_vip",
      "2001:db8::1 on lo",
      "",
      "" },
};

START_TEST(operations_as_text)
{
    struct ipvs_op op = make_op(&texts[_i].shape);
    char text[IPVS_OP_TEXT_MAX];
    ck_assert_str_eq(ipvs_op_name(op.kind), texts[_i].name);
    ipvs_op_print_key(&op, text);
    ck_assert_str_eq(text, texts[_i].key);
    ipvs_op_print_from(&op, text);
    ck_assert_str_eq(text, texts[_i].from);
    ipvs_op_print_to(&op, text);
    ck_assert_str_eq(text, texts[_i].to);
}
END_TEST

START_TEST(every_kind_has_a_name)
{
    for (unsigned kind = 0; kind < IPVS_OP_KINDS; kind++) {
        ck_assert_ptr_nonnull(ipvs_op_name(kind));
        for (unsigned other = 0; other < kind; other++)
            ck_assert_str_ne(ipvs_op_name(kind), ipvs_op_name(other));
    }
    ck_assert_str_eq(ipvs_op_name(IPVS_OP_KINDS), "unknown");
    ck_assert_str_eq(ipvs_op_name(UINT8_MAX), "unknown");
}
END_TEST

/* ---- errors ------------------------------------------------------------------------------------
 */

static const struct {
    struct shape shape;
    int error;
    const char *want; /* a part of it */
} errors[] = {
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE, .scheduler = "mh" },
      ENOENT,
      "tcp 192.0.2.1:80: scheduler mh is not available in this kernel (module ip_vs_mh)" },
    { { .kind = IPVS_OP_EDIT_SERVICE, SERVICE, .scheduler = "mh", .engine = "sip" },
      ENOENT,
      "scheduler mh (module ip_vs_mh) or engine sip (module ip_vs_pe_sip) is not available" },
    { { .kind = IPVS_OP_DELETE_SERVICE, SERVICE }, ENOENT, "this kernel has no IPVS" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE }, EEXIST, "service is there already" },
    { { .kind = IPVS_OP_DELETE_SERVICE, SERVICE }, ESRCH, "no such service" },
    { { .kind = IPVS_OP_ZERO, SERVICE }, ESRCH, "no such service" },
    { { .kind = IPVS_OP_EDIT_SERVICE, SERVICE }, EINVAL, "the kernel takes no such service" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE }, EAFNOSUPPORT, "no such address family" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE }, ENOPROTOOPT, "being unloaded" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE }, EACCES, "ipvs.allow" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE }, EPERM, "CAP_NET_ADMIN" },
    { { .kind = IPVS_OP_ADD_SERVICE, SERVICE }, ENOMEM, "tcp 192.0.2.1:80: Cannot allocate" },
    { { .kind = IPVS_OP_ADD_DEST, DEST }, EEXIST, ARROW ": the server is there already" },
    { { .kind = IPVS_OP_ADD_DEST, DEST }, ESRCH, "no such service" },
    { { .kind = IPVS_OP_DELETE_DEST, DEST }, ENOENT, "no such server" },
    { { .kind = IPVS_OP_EDIT_DEST, DEST }, ERANGE, "out of range" },
    { { .kind = IPVS_OP_ADD_DEST, DEST }, EINVAL, "unicast" },
    { { .kind = IPVS_OP_ADD_DEST, SERVICE, .dest = "[2001:db8::1]:80" },
      EINVAL,
      "needs forwarding" },
    { { .kind = IPVS_OP_ADD_DEST, DEST }, EIO, "Input/output error" },
    { { .kind = IPVS_OP_SET_TIMEOUTS }, EINVAL, "timeouts: a timeout is out of range" },
    { { .kind = IPVS_OP_SET_TIMEOUTS }, ETIMEDOUT, "timeouts: the IPVS helper did not answer" },
    { { .kind = IPVS_OP_START_DAEMON }, ENODEV, "no such interface" },
    { { .kind = IPVS_OP_START_DAEMON }, EEXIST, "runs already" },
    { { .kind = IPVS_OP_START_DAEMON }, EINVAL, "multicast" },
    { { .kind = IPVS_OP_START_DAEMON }, EADDRINUSE, "Address already in use" },
    { { .kind = IPVS_OP_STOP_DAEMON }, ESRCH, "does not run" },
    { { .kind = IPVS_OP_ADD_VIP, VIP }, EEXIST, "192.0.2.1 on eth0: the address is there already" },
    { { .kind = IPVS_OP_ADD_VIP, VIP }, ENODEV, "no such interface" },
    { { .kind = IPVS_OP_DELETE_VIP, VIP }, EADDRNOTAVAIL, "the address is not there" },
    { { .kind = IPVS_OP_NONE }, EOPNOTSUPP, "not supported" },
};

START_TEST(errors_are_sentences)
{
    struct ipvs_op op = make_op(&errors[_i].shape);
    char text[IPVS_OP_TEXT_MAX];
    ipvs_op_print_error(&op, errors[_i].error, text);
    ck_assert_msg(strstr(text, errors[_i].want) != NULL, "%s, not %s", text, errors[_i].want);
}
END_TEST

static const struct {
    int error;
    const char *want;
} unavailables[] = {
    { ENOENT, "modprobe ip_vs" },
    { EPERM, "CAP_NET_ADMIN" },
    { EACCES, "CAP_NET_ADMIN" },
    { EAGAIN, "helper does not answer" },
    { ETIMEDOUT, "helper does not answer" },
    { EMSGSIZE, "Message too long" },
};

START_TEST(unavailable_says_why)
{
    char text[IPVS_OP_TEXT_MAX];
    ipvs_print_unavailable(unavailables[_i].error, text);
    ck_assert_msg(strstr(text, unavailables[_i].want) != NULL, "%s", text);
}
END_TEST

static struct ipvs_op longest_op(uint8_t kind)
{
    static const struct shape shape = {
        .key = "sctp [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        .dest = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        .scheduler = "fifteen-letters",
        .engine = "fifteen-letters",
        .interface = "fifteen-letters",
        .timeouts = { UINT32_MAX, UINT32_MAX, UINT32_MAX },
        .daemon = { UINT8_MAX, "fifteen-letters", .id = UINT32_MAX, UINT16_MAX, .port = UINT16_MAX,
                    .ttl = UINT8_MAX },
    };
    struct ipvs_op op = make_op(&shape);
    op.kind = kind;
    op.daemon.group = op.service.key.addr;
    op.service.flags = UINT32_MAX;
    op.service.timeout = UINT32_MAX;
    op.service.prefix = UINT8_MAX;
    op.service_from = op.service;
    op.dest.weight = op.dest.upper = op.dest.lower = UINT32_MAX;
    op.dest.forward = IPVS_TUN;
    op.dest.tunnel = IPVS_GUE;
    op.dest.tunnel_port = UINT16_MAX;
    op.dest.checksum = IPVS_REMCSUM;
    op.dest_from = op.dest;
    return op;
}

START_TEST(the_longest_texts_fit)
{
    struct ipvs_op op = longest_op((uint8_t)_i);
    char text[IPVS_OP_TEXT_MAX + GUARD];
    guard_set(text, IPVS_OP_TEXT_MAX);
    ipvs_op_print_key(&op, text);
    ipvs_op_print_from(&op, text);
    ipvs_op_print_to(&op, text);
    guard_check(text, IPVS_OP_TEXT_MAX);
    for (int error = 0; error < 140; error++) {
        ipvs_op_print_error(&op, error, text);
        ck_assert_ptr_nonnull(strstr(text, ": "));
        guard_check(text, IPVS_OP_TEXT_MAX);
        ipvs_print_unavailable(error, text);
        guard_check(text, IPVS_OP_TEXT_MAX);
    }
}
END_TEST

START_TEST(a_long_error_is_whole)
{
    struct ipvs_op op = longest_op(IPVS_OP_ADD_SERVICE);
    char text[IPVS_OP_TEXT_MAX];
    ipvs_op_print_error(&op, ENOENT, text);
    ck_assert_ptr_nonnull(strstr(text, "is not available in this kernel"));
    op = longest_op(IPVS_OP_ADD_DEST);
    ipvs_op_print_error(&op, EPERM, text);
    ck_assert_ptr_nonnull(strstr(text, "65535: "));
    ck_assert_ptr_nonnull(strstr(text, "with the capability"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops");
    TCase *tcase = tcase_create("ops");
    tcase_add_loop_test(tcase, operations_as_text, 0, ARRAY_LEN(texts));
    tcase_add_test(tcase, every_kind_has_a_name);
    tcase_add_loop_test(tcase, errors_are_sentences, 0, ARRAY_LEN(errors));
    tcase_add_loop_test(tcase, unavailable_says_why, 0, ARRAY_LEN(unavailables));
    tcase_add_loop_test(tcase, the_longest_texts_fit, 0, IPVS_OP_KINDS + 1);
    tcase_add_test(tcase, a_long_error_is_whole);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
