// SPDX-License-Identifier: BSD-2-Clause
#include "base/addr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct addr must_parse(const char *text)
{
    struct addr addr;
    ck_assert_msg(addr_parse(text, &addr), "%s", text);
    return addr;
}

static const struct {
    const char *text;
    const char *printed; /* NULL: refused */
} addresses[] = {
    { "192.0.2.1", "192.0.2.1" },
    { "0.0.0.0", "0.0.0.0" },
    { "255.255.255.255", "255.255.255.255" },
    { "192.0.2", NULL },
    { "192.0.2.256", NULL },
    { "192.0.2.01", NULL },
    { "0x7f.0.0.1", NULL },
    { "1.2.3.4.5", NULL },
    { " 1.2.3.4", NULL },
    { "1.2.3.4 ", NULL },
    { "", NULL },
    { "localhost", NULL },
    { "::", "::" },
    { "::1", "::1" },
    { "1::", "1::" },
    { "2001:DB8::0001", "2001:db8::1" },
    { "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
    { "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
    { "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
    { "::1234:5678", "::1234:5678" },
    { "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
    { "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
    { "1:0:0:0:0:0:0:0", "1::" },
    { "0:1:0:0:0:0:0:0", "0:1::" },
    { "fe80::1%lo", NULL },
    { "[::1]", NULL },
    { ":::", NULL },
    { "1::2::3", NULL },
    { "1:2:3:4:5:6:7", NULL },
    { "12345::", NULL },
};

START_TEST(parse_and_print)
{
    struct addr addr;
    bool good = addr_parse(addresses[_i].text, &addr);
    ck_assert_msg(good == (addresses[_i].printed != NULL), "%s", addresses[_i].text);
    if (!good) {
        ck_assert_int_eq(addr.family, ADDR_NONE);
        return;
    }
    char text[ADDR_TEXT_MAX];
    addr_print(&addr, text);
    ck_assert_str_eq(text, addresses[_i].printed);
    struct addr again = must_parse(text);
    ck_assert(addr_equal(&addr, &again));
}
END_TEST

START_TEST(compare_orders_family_then_bytes)
{
    struct addr a = must_parse("10.0.0.1");
    struct addr b = must_parse("10.0.0.2");
    struct addr c = must_parse("::");
    ck_assert_int_lt(addr_compare(&a, &b), 0);
    ck_assert_int_gt(addr_compare(&b, &a), 0);
    ck_assert_int_eq(addr_compare(&a, &a), 0);
    ck_assert_int_lt(addr_compare(&b, &c), 0);
    ck_assert(!addr_equal(&a, &b));
    ck_assert_uint_eq(addr_size(&a), 4);
    ck_assert_uint_eq(addr_size(&c), 16);
}
END_TEST

START_TEST(kinds_are_known)
{
    static const struct {
        const char *text;
        bool loopback, any;
    } kinds[] = { { "127.0.0.1", true, false },
                  { "127.255.0.9", true, false },
                  { "128.0.0.1", false, false },
                  { "0.0.0.0", false, true },
                  { "::1", true, false },
                  { "::2", false, false },
                  { "::", false, true },
                  { "::ffff:127.0.0.1", true, false },
                  { "::ffff:10.0.0.1", false, false },
                  { "7f00::", false, false } };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct addr addr = must_parse(kinds[i].text);
        ck_assert_msg(addr_is_loopback(&addr) == kinds[i].loopback, "%s", kinds[i].text);
        ck_assert_msg(addr_is_any(&addr) == kinds[i].any, "%s", kinds[i].text);
    }
    struct addr none = { .family = ADDR_NONE };
    ck_assert(!addr_is_any(&none));
    ck_assert(!addr_is_loopback(&none));
}
END_TEST

static const struct {
    const char *text;
    uint16_t port;
    bool good;
} endpoints[] = {
    { "192.0.2.1:53", 53, true },
    { "[2001:db8::1]:5300", 5300, true },
    { "127.0.0.1:65535", 65535, true },
    { "127.0.0.1:0", 0, true },
    { "127.0.0.1:65536", 0, false },
    { "127.0.0.1:", 0, false },
    { "127.0.0.1", 0, false },
    { "*:53", 0, false },
    { ":53", 0, false },
    { "", 0, false },
    { "::1:53", 0, false },
    { "[::1]", 0, false },
    { "[::1]53", 0, false },
    { "[::1]]:53", 0, false },
    { "[127.0.0.1]:53", 0, false },
    { "[]:53", 0, false },
    { "[:53", 0, false },
    { "[::1:53", 0, false },
    { "127.0.0.1:5 3", 0, false },
    { "127.0.0.1:-1", 0, false },
    { "0000000000000000000000000000000000000000000000000000:53", 0, false },
};

START_TEST(endpoint_parse_and_print)
{
    struct endpoint endpoint;
    ck_assert_msg(endpoint_parse(endpoints[_i].text, &endpoint) == endpoints[_i].good, "%s",
                  endpoints[_i].text);
    if (!endpoints[_i].good) {
        ck_assert_int_eq(endpoint.addr.family, ADDR_NONE);
        return;
    }
    ck_assert_uint_eq(endpoint.port, endpoints[_i].port);
    char text[ENDPOINT_TEXT_MAX];
    endpoint_print(&endpoint, text);
    ck_assert_str_eq(text, endpoints[_i].text);
}
END_TEST

START_TEST(endpoint_print_fits)
{
    struct endpoint endpoint = { .port = 65535 };
    memset(&endpoint.addr.bytes, 0xff, sizeof(endpoint.addr.bytes));
    endpoint.addr.family = ADDR_V6;
    char text[ENDPOINT_TEXT_MAX];
    endpoint_print(&endpoint, text);
    ck_assert_str_eq(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}
END_TEST

START_TEST(sockaddr_round_trip)
{
    static const char *const texts[] = { "192.0.2.1:53", "[2001:db8::1]:5300" };
    for (size_t i = 0; i < 2; i++) {
        struct endpoint endpoint;
        struct endpoint back;
        struct sockaddr_storage storage;
        ck_assert(endpoint_parse(texts[i], &endpoint));
        socklen_t length = endpoint_to_sockaddr(&endpoint, &storage);
        ck_assert_uint_eq(length,
                          i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        ck_assert(endpoint_from_sockaddr((const struct sockaddr *)&storage, &back));
        ck_assert(addr_equal(&endpoint.addr, &back.addr));
        ck_assert_uint_eq(endpoint.port, back.port);
    }
}
END_TEST

START_TEST(sockaddr_mapped_becomes_v4)
{
    struct endpoint endpoint;
    struct endpoint back;
    struct sockaddr_storage storage;
    ck_assert(endpoint_parse("[::ffff:192.0.2.7]:53", &endpoint));
    (void)endpoint_to_sockaddr(&endpoint, &storage);
    ck_assert_int_eq(storage.ss_family, AF_INET6);
    ck_assert(endpoint_from_sockaddr((const struct sockaddr *)&storage, &back));
    char text[ENDPOINT_TEXT_MAX];
    endpoint_print(&back, text);
    ck_assert_str_eq(text, "192.0.2.7:53");
    storage.ss_family = AF_UNIX;
    ck_assert(!endpoint_from_sockaddr((const struct sockaddr *)&storage, &back));
}
END_TEST

static const struct {
    const char *text;
    bool good;
} prefixes[] = {
    { "192.0.2.0/24", true },  { "0.0.0.0/0", true },      { "192.0.2.1/32", true },
    { "192.0.2.1/24", false }, { "192.0.2.0/33", false },  { "192.0.2.0/", false },
    { "192.0.2.0", false },    { "192.0.2.128/25", true }, { "192.0.2.64/25", false },
    { "2001:db8::/32", true }, { "::/0", true },           { "2001:db8::1/127", false },
    { "::1/128", true },       { "::/129", false },        { "/8", false },
    { "10.0.0.0/8/8", false }, { "10.0.0.0/+8", false },
};

START_TEST(prefix_parse_is_strict)
{
    struct prefix prefix;
    ck_assert_msg(prefix_parse(prefixes[_i].text, &prefix) == prefixes[_i].good, "%s",
                  prefixes[_i].text);
}
END_TEST

static const struct {
    const char *prefix;
    const char *address;
    bool inside;
} insides[] = {
    { "192.0.2.0/24", "192.0.2.255", true },
    { "192.0.2.0/24", "192.0.3.0", false },
    { "192.0.2.128/25", "192.0.2.127", false },
    { "192.0.2.128/25", "192.0.2.128", true },
    { "0.0.0.0/0", "1.2.3.4", true },
    { "0.0.0.0/0", "::1", false },
    { "::/0", "::1", true },
    { "2001:db8::/33", "2001:db8:7fff::", true },
    { "2001:db8::/33", "2001:db8:8000::", false },
    { "::1/128", "::1", true },
    { "::1/128", "::2", false },
    { "10.0.0.0/12", "10.15.0.1", true },
    { "10.0.0.0/12", "10.16.0.1", false },
};

START_TEST(prefix_contains_what_lies_inside)
{
    struct prefix prefix;
    ck_assert(prefix_parse(insides[_i].prefix, &prefix));
    struct addr addr = must_parse(insides[_i].address);
    ck_assert_msg(prefix_contains(&prefix, &addr) == insides[_i].inside, "%s in %s",
                  insides[_i].address, insides[_i].prefix);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("addr");
    TCase *tcase = tcase_create("addr");
    tcase_add_loop_test(tcase, parse_and_print, 0, sizeof(addresses) / sizeof(addresses[0]));
    tcase_add_test(tcase, compare_orders_family_then_bytes);
    tcase_add_test(tcase, kinds_are_known);
    tcase_add_loop_test(tcase, endpoint_parse_and_print, 0,
                        sizeof(endpoints) / sizeof(endpoints[0]));
    tcase_add_test(tcase, endpoint_print_fits);
    tcase_add_test(tcase, sockaddr_round_trip);
    tcase_add_test(tcase, sockaddr_mapped_becomes_v4);
    tcase_add_loop_test(tcase, prefix_parse_is_strict, 0, sizeof(prefixes) / sizeof(prefixes[0]));
    tcase_add_loop_test(tcase, prefix_contains_what_lies_inside, 0,
                        sizeof(insides) / sizeof(insides[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
