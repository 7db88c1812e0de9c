// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/allow.h"
#include "tests/unit/ipvs/message_help.h"

#include <check.h>
#include <errno.h>

#define INSIDE  0xc6336401U /* 198.51.100.1 */
#define OUTSIDE 0xcb007101U /* 203.0.113.1 */
#define REAL    0x0a000001U

static const struct ipvs_allow any = { .count = 0 };

static struct ipvs_allow some(void)
{
    struct ipvs_allow allow = { .count = 2 };
    ck_assert(prefix_parse("198.51.100.0/24", &allow.prefixes[0]));
    ck_assert(prefix_parse("2001:db8::/32", &allow.prefixes[1]));
    return allow;
}

static const uint8_t keyed[] = { IPVS_OP_ADD_SERVICE, IPVS_OP_EDIT_SERVICE, IPVS_OP_DELETE_SERVICE,
                                 IPVS_OP_ADD_DEST,    IPVS_OP_EDIT_DEST,    IPVS_OP_DELETE_DEST,
                                 IPVS_OP_ZERO,        IPVS_OP_ADD_VIP,      IPVS_OP_DELETE_VIP };

static struct ipvs_op sound_op(uint8_t kind, uint32_t vip)
{
    struct ipvs_op op = { .kind = kind,
                          .interface = "lo",
                          .service = help_service(vip),
                          .dest = { .addr = help_v4(REAL), .port = 80, .weight = 1 } };
    return op;
}

START_TEST(odd_services_of_others_may_be_deleted)
{
    static const char *const keys[] = { "udp 224.0.0.9:53", "tcp 0.0.0.0:80", "tcp 10.0.0.1:0" };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct ipvs_op op = { .kind = IPVS_OP_DELETE_SERVICE };
        ck_assert(ipvs_key_parse(keys[i], &op.service.key));
        ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
        op.kind = IPVS_OP_DELETE_DEST;
        op.dest.addr = help_v4(REAL);
        ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
    }
    struct ipvs_op none = { .kind = IPVS_OP_DELETE_SERVICE };
    ck_assert_int_eq(ipvs_allow_check(&any, &none), EINVAL);
}
END_TEST

START_TEST(the_vip_decides)
{
    struct ipvs_allow allow = some();
    struct ipvs_op in = sound_op(keyed[_i], INSIDE);
    struct ipvs_op out = sound_op(keyed[_i], OUTSIDE);
    ck_assert_int_eq(ipvs_allow_check(&allow, &in), 0);
    ck_assert_int_eq(ipvs_allow_check(&allow, &out), EACCES);
    ck_assert_int_eq(ipvs_allow_check(&any, &out), 0);
}
END_TEST

START_TEST(the_key_must_be_sound)
{
    struct ipvs_op op = sound_op(keyed[_i], INSIDE);
    bool deletes = op.kind == IPVS_OP_DELETE_SERVICE || op.kind == IPVS_OP_DELETE_DEST;
    op.service.key.addr = help_v4(0);
    ck_assert_int_eq(ipvs_allow_check(&any, &op), deletes ? 0 : EINVAL);
    op.service.key.addr = (struct addr){ 0 };
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
}
END_TEST

START_TEST(both_families)
{
    struct ipvs_allow allow = some();
    struct ipvs_op op = sound_op(IPVS_OP_ADD_SERVICE, INSIDE);
    op.service.key.family = ADDR_V6;
    op.service.prefix = 128;
    ck_assert(addr_parse("2001:db8::5", &op.service.key.addr));
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), 0);
    ck_assert(addr_parse("2001:db9::5", &op.service.key.addr));
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), EACCES);
}
END_TEST

START_TEST(a_mark_has_no_vip)
{
    struct ipvs_allow allow = some();
    struct ipvs_op op = {
        .kind = IPVS_OP_ADD_SERVICE,
        .service = { .key = { .family = ADDR_V4, .fwmark = 7 }, .scheduler = "rr", .prefix = 32 }
    };
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), 0);
    op.kind = IPVS_OP_ADD_VIP;
    memcpy(op.interface, "lo", 3);
    op.service.key.addr = help_v4(INSIDE);
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), EINVAL); /* one cannot pass for the other */
}
END_TEST

START_TEST(settings_must_be_sound)
{
    struct ipvs_op op = sound_op(IPVS_OP_ADD_SERVICE, INSIDE);
    memcpy(op.service.scheduler, "xyz", 4);
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op = sound_op(IPVS_OP_EDIT_SERVICE, INSIDE);
    op.service.key.port = 0;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    /* For deleting, what it was like does not matter. */
    op = sound_op(IPVS_OP_DELETE_SERVICE, INSIDE);
    op.service.key.port = 0;
    op.service.scheduler[0] = '\0';
    ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);

    op = sound_op(IPVS_OP_ADD_DEST, INSIDE);
    op.dest.weight = IPVS_WEIGHT_MAX + 1;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op = sound_op(IPVS_OP_EDIT_DEST, INSIDE);
    op.dest.addr = (struct addr){ 0 };
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op.kind = IPVS_OP_DELETE_DEST;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    /* The settings of the service are not of the kind. */
    op = sound_op(IPVS_OP_ADD_DEST, INSIDE);
    op.service = (struct ipvs_service){ .key = op.service.key };
    ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
}
END_TEST

START_TEST(timeouts_and_everything)
{
    struct ipvs_allow allow = some();
    struct ipvs_op op = { .kind = IPVS_OP_SET_TIMEOUTS,
                          .timeouts = { IPVS_TIMEOUT_MAX, 0, IPVS_TIMEOUT_MAX } };
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), 0);
    op.timeouts.tcp_fin = IPVS_TIMEOUT_MAX + 1;
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), EINVAL);
    op = (struct ipvs_op){ .kind = IPVS_OP_ZERO };
    ck_assert_int_eq(ipvs_allow_check(&allow, &op), 0);
}
END_TEST

START_TEST(daemons)
{
    struct ipvs_op op = { .kind = IPVS_OP_START_DAEMON,
                          .daemon = { .role = IPVS_MASTER, .interface = "eth0", .id = 1 } };
    ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
    ck_assert(addr_parse("224.0.0.9", &op.daemon.group));
    ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
    ck_assert(addr_parse("ff02::9", &op.daemon.group));
    ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
    ck_assert(addr_parse("10.0.0.9", &op.daemon.group));
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op.daemon.group = (struct addr){ 0 };
    op.daemon.role = 0;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op.kind = IPVS_OP_STOP_DAEMON;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op.daemon = (struct ipvs_daemon){ .role = IPVS_BACKUP };
    ck_assert_int_eq(ipvs_allow_check(&any, &op), 0);
    op.kind = IPVS_OP_START_DAEMON;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
}
END_TEST

START_TEST(names_of_interfaces)
{
    static const char *const good[] = { "lo", "eth0.100", "br-lan", "0123456789abcde" };
    static const char *const bad[] = { "", ".", "..", "a/b", "a b", "a:1", "a\n", "\x7f" };
    struct ipvs_op op = sound_op(IPVS_OP_ADD_VIP, INSIDE);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        memset(op.interface, 0, sizeof(op.interface));
        memcpy(op.interface, good[i], strlen(good[i]));
        ck_assert_msg(ipvs_allow_check(&any, &op) == 0, "%s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        memset(op.interface, 0, sizeof(op.interface));
        memcpy(op.interface, bad[i], strlen(bad[i]));
        ck_assert_msg(ipvs_allow_check(&any, &op) == EINVAL, "%s", bad[i]);
    }
    memset(op.interface, 'a', sizeof(op.interface));
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op = sound_op(IPVS_OP_ADD_VIP, 0xe0000001U); /* multicast */
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
}
END_TEST

START_TEST(there_is_no_such_operation)
{
    struct ipvs_op op = sound_op(IPVS_OP_NONE, INSIDE);
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op.kind = IPVS_OP_KINDS;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
    op.kind = 255;
    ck_assert_int_eq(ipvs_allow_check(&any, &op), EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allow");
    TCase *tcase = tcase_create("allow");
    tcase_add_test(tcase, odd_services_of_others_may_be_deleted);
    tcase_add_loop_test(tcase, the_vip_decides, 0, (int)ARRAY_LEN(keyed));
    tcase_add_loop_test(tcase, the_key_must_be_sound, 0, (int)ARRAY_LEN(keyed));
    tcase_add_test(tcase, both_families);
    tcase_add_test(tcase, a_mark_has_no_vip);
    tcase_add_test(tcase, settings_must_be_sound);
    tcase_add_test(tcase, timeouts_and_everything);
    tcase_add_test(tcase, daemons);
    tcase_add_test(tcase, names_of_interfaces);
    tcase_add_test(tcase, there_is_no_such_operation);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
