// SPDX-License-Identifier: BSD-2-Clause
#include "server/api_message.h"

#include "base/name.h"
#include "resolver/query.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t message[API_QUERY_MAX];

static size_t query(const char *text, uint16_t type, const char *subnet)
{
    uint8_t name[NAME_MAX_LEN];
    const char *error = NULL;
    struct prefix prefix;
    ck_assert_uint_gt(name_from_text(text, strlen(text), NULL, name, &error), 0);
    if (subnet != NULL)
        ck_assert(prefix_parse(subnet, &prefix));
    return api_message_query(name, type, subnet == NULL ? NULL : &prefix, message);
}

START_TEST(query_is_what_the_server_parses)
{
    struct query parsed;
    size_t size = query("WWW.example.test", 28, NULL);
    ck_assert_int_eq(query_parse(message, size, 0, &parsed), QUERY_OK);
    ck_assert_uint_eq(parsed.qtype, 28);
    ck_assert_uint_eq(parsed.qclass, DNS_IN);
    ck_assert(!parsed.has_edns);
    ck_assert_uint_eq(size, 12 + 18 + 4);
    size = query("www.example.test", 1, "192.0.2.0/24");
    ck_assert_int_eq(query_parse(message, size, 0, &parsed), QUERY_OK);
    ck_assert(parsed.has_edns);
    ck_assert_uint_eq(parsed.edns_payload, 1232);
}
END_TEST

static const struct {
    const char *subnet;
    const uint8_t option[24]; /* from the option's code on */
    size_t length;
} subnets[] = {
    { "192.0.2.0/24", { 0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2 }, 11 },
    { "10.128.0.0/9", { 0, 8, 0, 6, 0, 1, 9, 0, 10, 128 }, 10 },
    { "0.0.0.0/0", { 0, 8, 0, 4, 0, 1, 0, 0 }, 8 },
    { "2001:db8::/32", { 0, 8, 0, 8, 0, 2, 32, 0, 0x20, 1, 0x0d, 0xb8 }, 12 },
};

START_TEST(subnet_row)
{
    size_t size = query("a.test", 1, subnets[_i].subnet);
    size_t length = subnets[_i].length;
    ck_assert_mem_eq(message + size - length, subnets[_i].option, length);
    ck_assert_uint_eq(message[size - length - 1], length); /* rdata length of OPT */
}
END_TEST

START_TEST(longest_query_fits)
{
    char text[256];
    for (size_t i = 0; i < 253; i++)
        text[i] = i % 64 == 63 ? '.' : 'a';
    text[253] = '\0';
    size_t size = query(text, 1, "2001:db8:1:2:3:4:5:6/128");
    ck_assert_uint_le(size, API_QUERY_MAX);
}
END_TEST

struct seen {
    char text[1024];
};

static void note(void *data, enum api_section section, uint32_t ttl, const char *line)
{
    struct seen *seen = data;
    size_t used = strlen(seen->text);
    (void)snprintf(seen->text + used, sizeof(seen->text) - used, "%d %u %s\n", (int)section,
                   (unsigned)ttl, line);
}

#define HEAD                     0, 0, 0x84, 0
#define WWW                      3, 'w', 'w', 'w', 4, 't', 'e', 's', 't', 0
#define PTR(n)                   0xc0, (n)
#define FIXED(type, ttl, length) 0, (type), 0, 1, 0, 0, 0, (ttl), 0, (length)

static const struct {
    const uint8_t bytes[128];
    size_t length;
    bool ok;
    unsigned rcode;
    const char *text;
} messages[] = {
    { { HEAD, 0, 0, 0, 0, 0, 0, 0, 0 }, 12, true, 0, "" },
    { { 0, 0, 0x84, 3, 0, 0, 0, 0, 0, 0, 0, 0 }, 12, true, 3, "" },
    { { HEAD, 0, 1, 0, 1, 0, 0, 0, 0, WWW, 0, 1, 0, 1, PTR(12), FIXED(1, 20, 4), 192, 0, 2, 1 },
      42,
      true,
      0,
      "0 20 www.test. 20 IN A 192.0.2.1\n" },
    /* MX with a compressed name, NS in the authority section */
    { { HEAD,
        0,
        1,
        0,
        1,
        0,
        1,
        0,
        0,
        WWW,
        0,
        15,
        0,
        1,
        PTR(12),
        FIXED(15, 9, 4),
        0,
        10,
        PTR(12),
        PTR(16),
        FIXED(2, 8, 2),
        PTR(12) },
      56,
      true,
      0,
      "0 9 www.test. 9 IN MX 10 www.test.\n1 8 test. 8 IN NS www.test.\n" },
    /* OPT carries the upper bits of the rcode; it is no record to show */
    { { HEAD, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 0xd0, 1, 0, 0, 0, 0, 0 }, 23, true, 16, "" },
    /* malformed ones */
    { { HEAD, 0, 1, 0, 0, 0, 0, 0, 0 }, 12, false, 0, "" },
    { { HEAD, 0, 0, 0, 1, 0, 0, 0, 0, PTR(12), FIXED(1, 1, 0) }, 24, false, 0, "" },
    { { HEAD, 0, 0, 0, 1, 0, 0, 0, 0, PTR(200), FIXED(1, 1, 0) }, 24, false, 0, "" },
    { { HEAD, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 0, FIXED(1, 1, 0) }, 24, false, 0, "" },
    { { HEAD, 0, 0, 0, 1, 0, 0, 0, 0, 0, FIXED(1, 1, 200) }, 23, false, 0, "" },
    { { HEAD, 0, 0, 0, 1, 0, 0, 0, 0, 0, FIXED(15, 1, 2), 0, 10 }, 25, false, 0, "" },
    { { HEAD, 0, 0, 0, 1, 0, 0, 0, 0, 0, FIXED(2, 1, 1), 0xc0, 0 }, 25, false, 0, "" },
    { { HEAD }, 4, false, 0, "" },
    { { 0 }, 0, false, 0, "" },
};

START_TEST(print_row)
{
    struct seen seen = { "" };
    unsigned rcode = 0;
    /* a copy of just its size, so that sanitizers see a step beyond */
    uint8_t *copy = malloc(messages[_i].length + 1);
    memcpy(copy, messages[_i].bytes, messages[_i].length);
    ck_assert(api_message_print(copy, messages[_i].length, &rcode, note, &seen) == messages[_i].ok);
    ck_assert_str_eq(seen.text, messages[_i].text);
    if (messages[_i].ok)
        ck_assert_uint_eq(rcode, messages[_i].rcode);
    free(copy);
}
END_TEST

START_TEST(rcode_names)
{
    char text[16];
    ck_assert_str_eq(api_message_rcode(0, text), "NOERROR");
    ck_assert_str_eq(api_message_rcode(3, text), "NXDOMAIN");
    ck_assert_str_eq(api_message_rcode(5, text), "REFUSED");
    ck_assert_str_eq(api_message_rcode(16, text), "BADVERS");
    ck_assert_str_eq(api_message_rcode(15, text), "RCODE15");
    ck_assert_str_eq(api_message_rcode(4095, text), "RCODE4095");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_message");
    TCase *tcase = tcase_create("api_message");
    tcase_add_test(tcase, query_is_what_the_server_parses);
    tcase_add_loop_test(tcase, subnet_row, 0, (int)(sizeof(subnets) / sizeof(subnets[0])));
    tcase_add_test(tcase, longest_query_fits);
    tcase_add_loop_test(tcase, print_row, 0, (int)(sizeof(messages) / sizeof(messages[0])));
    tcase_add_test(tcase, rcode_names);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
