// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_range.h"

#include "tests/unit/ctl/keepalived_help.h"

static const struct {
    const char *text, *first, *last;
    uint32_t count;
} ranges[] = {
    { "192.0.2.1", "192.0.2.1", "192.0.2.1", 1 },
    { "192.0.2.1-10", "192.0.2.1", "192.0.2.10", 10 },
    { "192.0.2.7-7", "192.0.2.7", "192.0.2.7", 1 },
    { "192.0.2.250-192.0.3.9", "192.0.2.250", "192.0.3.9", 16 },
    { "192.0.2.8/29", "192.0.2.8", "192.0.2.15", 8 },
    { "192.0.2.1/32", "192.0.2.1", "192.0.2.1", 1 },
    { "10.0.0.0/20", "10.0.0.0", "10.0.15.255", 4096 },
    { "255.255.255.250-255", "255.255.255.250", "255.255.255.255", 6 },
    { "2001:db8::1-a", "2001:db8::1", "2001:db8::a", 10 },
    { "2001:db8::ff-101", "2001:db8::ff", "2001:db8::101", 3 },
    { "2001:db8::ffff-2001:db8::1:1", "2001:db8::ffff", "2001:db8::1:1", 3 },
    { "2001:db8::/124", "2001:db8::", "2001:db8::f", 16 },
};

START_TEST(ranges_are_gone_through)
{
    struct keepalived_range range;
    char text[ADDR_TEXT_MAX];
    ck_assert(keepalived_range_read(&help.report, help_node(ranges[_i].text), &range));
    addr_print(&range.addr, text);
    ck_assert_str_eq(text, ranges[_i].first);
    ck_assert_uint_eq(range.count, ranges[_i].count);
    while (range.count > 1)
        keepalived_range_next(&range);
    addr_print(&range.addr, text);
    ck_assert_str_eq(text, ranges[_i].last);
    keepalived_range_next(&range);
    ck_assert_uint_eq(range.count, 0);
}
END_TEST

static const char *const wrongs[] = {
    "www",
    "192.0.2.1-",
    "192.0.2.1-0",
    "192.0.2.1-256",
    "192.0.2.1-a",
    "192.0.2.1-2001:db8::1",
    "192.0.2.2-192.0.2.1",
    "192.0.2.0-192.1.2.0",
    "192.0.2.9/29",
    "192.0.2.0/33",
    "192.0.2.0/",
    "10.0.0.0/8",
    "2001:db8::1-g",
    "2001:db8::1-10000",
    "2001:db8::1-2001:db8:1::1",
    "2001:db8::/64",
    "2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999",
};

START_TEST(wrong_ranges_are_refused)
{
    struct keepalived_range range;
    ck_assert_msg(!keepalived_range_read(&help.report, help_node(wrongs[_i]), &range), "%s",
                  wrongs[_i]);
    help_expect_error("k:1: \"");
    ck_assert_ptr_nonnull(strstr(help.error, "a range of at most 4096 addresses"));
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_loop_test(tcase, ranges_are_gone_through, 0, sizeof(ranges) / sizeof(*ranges));
    tcase_add_loop_test(tcase, wrong_ranges_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
}

HELP_MAIN("keepalived_range", add)
