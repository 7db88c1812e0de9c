// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_value.h"

#include "tests/unit/ctl/keepalived_help.h"

#include <inttypes.h>

START_TEST(numbers_have_limits)
{
    uint64_t number = 0;
    struct keepalived_node *node = help_node("weight 7 x");
    ck_assert(keepalived_number(&help.report, node, 1, 7, 7, &number));
    ck_assert_uint_eq(number, 7);
    ck_assert(!keepalived_number(&help.report, node, 1, 8, 9, &number));
    help_expect_error("k:1: weight: \"7\" is not a number from 8 to 9");
    ck_assert(!keepalived_number(&help.report, node, 1, 0, 6, &number));
    ck_assert(!keepalived_number(&help.report, node, 2, 0, 9, &number));
    ck_assert(!keepalived_number(&help.report, node, 3, 0, 9, &number));
}
END_TEST

static const struct {
    const char *text;
    int64_t ms; /* < 0: refused */
} timers[] = {
    { "t 6", 6000 },      { "t 0", 0 },         { "t 0.5", 500 },        { "t 2.71828", 2719 },
    { "t 1.0010", 1001 }, { "t 1.0001", 1001 }, { "t 86400", 86400000 }, { "t 86401", -1 },
    { "t", -1 },          { "t x", -1 },        { "t -1", -1 },          { "t 1.x", -1 },
    { "t .5", -1 },       { "t 1s", -1 },
};

START_TEST(timers_are_seconds)
{
    int64_t ms = 0;
    struct keepalived_node *node = help_node(timers[_i].text);
    bool good = keepalived_timer(&help.report, node, &ms);
    ck_assert_int_eq(good, timers[_i].ms >= 0);
    ck_assert_int_eq(help.report.failed, !good);
    if (good)
        ck_assert_int_eq(ms, timers[_i].ms);
}
END_TEST

static const struct {
    const char *text;
    int value; /* -1: refused */
} bools[] = {
    { "b", 1 },       { "b on", 1 }, { "b TRUE", 1 }, { "b yes", 1 },    { "b off", 0 },
    { "b false", 0 }, { "b no", 0 }, { "b 1", -1 },   { "b maybe", -1 },
};

START_TEST(bools_may_stand_alone)
{
    bool value = false;
    struct keepalived_node *node = help_node(bools[_i].text);
    bool good = keepalived_bool(&help.report, node, &value);
    ck_assert_int_eq(good ? value : -1, bools[_i].value);
}
END_TEST

START_TEST(endpoints_may_lack_the_port)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX];
    uint16_t port = 5;
    ck_assert(keepalived_endpoint(&help.report, help_node("r 10.0.0.1"), 1, &addr, &port));
    ck_assert_uint_eq(port, 5);
    ck_assert(keepalived_endpoint(&help.report, help_node("r x 2001:db8::1 80"), 2, &addr, &port));
    ck_assert_uint_eq(port, 80);
    addr_print(&addr, text);
    ck_assert_str_eq(text, "2001:db8::1");
    ck_assert(!keepalived_endpoint(&help.report, help_node("r www 80"), 1, &addr, &port));
    help_expect_error("k:1: r: \"www\" is not an address");
}
END_TEST

START_TEST(ports_are_numbers)
{
    struct addr addr;
    uint16_t port = 5;
    ck_assert(!keepalived_endpoint(&help.report, help_node("r 10.0.0.1 http"), 1, &addr, &port));
    help_expect_error("k:1: r: \"http\" is not a number from 0 to 65535");
}
END_TEST

static const struct {
    const char *text;
    unsigned forward;
    const char *tunnel; /* NULL = none */
} methods[] = {
    { "lb_kind NAT", IPVS_NAT, NULL },
    { "lb_kind DR", IPVS_DR, NULL },
    { "lb_kind TUN", IPVS_TUN, "{}" },
    { "lvs_method TUN type ipip nocsum", IPVS_TUN, "{\"type\":\"ipip\"}" },
    { "lvs_method TUN type gue port 6080", IPVS_TUN, "{\"type\":\"gue\",\"port\":6080}" },
    { "lvs_method TUN type gue port 1 remcsum", IPVS_TUN,
      "{\"type\":\"gue\",\"port\":1,\"checksum\":\"remcsum\"}" },
    { "lvs_method TUN type gre csum", IPVS_TUN, "{\"type\":\"gre\",\"checksum\":\"csum\"}" },
};

START_TEST(methods_are_read)
{
    struct keepalived_method method = { .forward = IPVS_NAT };
    ck_assert(keepalived_method(&help.report, help_node(methods[_i].text), &method));
    ck_assert_uint_eq(method.forward, methods[_i].forward);
    if (methods[_i].tunnel == NULL) {
        ck_assert_ptr_null(method.tunnel);
    } else {
        char *text = json_dumps(method.tunnel, JSON_COMPACT);
        ck_assert_str_eq(text, methods[_i].tunnel);
        free(text);
    }
    keepalived_method_fini(&method);
}
END_TEST

static const struct {
    const char *text, *error;
} wrong_methods[] = {
    { "lb_kind", "k:1: lb_kind: \"\" is not NAT, DR or TUN" },
    { "lb_kind dr", "k:1: lb_kind: \"dr\" is not NAT, DR or TUN" },
    { "lb_kind FNAT", "k:1: lb_kind: FNAT is not in the mainline kernel" },
    { "lb_kind TUN type vxlan", "k:1: \"vxlan\" is not a tunnel" },
    { "lb_kind TUN type", "k:1: \"\" is not a tunnel" },
    { "lb_kind TUN type gue", "k:1: a port belongs to a gue tunnel" },
    { "lb_kind TUN port 5", "k:1: a port belongs to a gue tunnel" },
    { "lb_kind TUN type gue port 0", "k:1: lb_kind: \"0\" is not a number" },
    { "lb_kind TUN csum", "k:1: csum is not for this type" },
    { "lb_kind TUN type gre remcsum", "k:1: remcsum is not for this type" },
    { "lb_kind TUN fast", "k:1: \"fast\" is not an option of a tunnel" },
};

START_TEST(wrong_methods_are_refused)
{
    struct keepalived_method method = { .forward = IPVS_NAT };
    ck_assert(!keepalived_method(&help.report, help_node(wrong_methods[_i].text), &method));
    help_expect_error(wrong_methods[_i].error);
    keepalived_method_fini(&method);
}
END_TEST

START_TEST(a_second_method_replaces_the_first)
{
    struct keepalived_method method = { .forward = IPVS_NAT };
    ck_assert(keepalived_method(&help.report, help_node("m TUN type gre"), &method));
    ck_assert(keepalived_method(&help.report, help_node("m DR"), &method));
    ck_assert_ptr_null(method.tunnel);
    keepalived_method_fini(&method);
}
END_TEST

START_TEST(durations_are_short)
{
    json_t *duration = keepalived_duration(6000);
    ck_assert_str_eq(json_string_value(duration), "6s");
    json_decref(duration);
    duration = keepalived_duration(6001);
    ck_assert_str_eq(json_string_value(duration), "6001ms");
    json_decref(duration);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_test(tcase, numbers_have_limits);
    tcase_add_loop_test(tcase, timers_are_seconds, 0, sizeof(timers) / sizeof(*timers));
    tcase_add_loop_test(tcase, bools_may_stand_alone, 0, sizeof(bools) / sizeof(*bools));
    tcase_add_test(tcase, endpoints_may_lack_the_port);
    tcase_add_test(tcase, ports_are_numbers);
    tcase_add_loop_test(tcase, methods_are_read, 0, sizeof(methods) / sizeof(*methods));
    tcase_add_loop_test(tcase, wrong_methods_are_refused, 0,
                        sizeof(wrong_methods) / sizeof(*wrong_methods));
    tcase_add_test(tcase, a_second_method_replaces_the_first);
    tcase_add_test(tcase, durations_are_short);
}

HELP_MAIN("keepalived_value", add)
