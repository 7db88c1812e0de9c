// SPDX-License-Identifier: BSD-2-Clause
#include "zones/ttl.h"

#include "tests/unit/zones/zones_help.h"

static const struct {
    const char *text;
    bool good;
    uint32_t value;
} cases[] = {
    { "0", true, 0 },
    { "3600", true, 3600 },
    { "4294967295", true, UINT32_MAX },
    { "4294967296", false, 0 },
    { "99999999999999999999999", false, 0 },
    { "1h", true, 3600 },
    { "1H30M", true, 5400 },
    { "1w2d3h4m5s", true, 788645 },
    { "1W2D3H4M5S", true, 788645 },
    { "1s1w", true, 604801 },
    { "1h1h", true, 7200 },
    { "0s", true, 0 },
    { "7101w", true, 4294684800U },
    { "7102w", false, 0 },
    { "1d5", false, 0 },
    { "h", false, 0 },
    { "1hh", false, 0 },
    { "1x", false, 0 },
    { "", false, 0 },
    { "-1", false, 0 },
    { "+1", false, 0 },
    { " 1", false, 0 },
    { "1 ", false, 0 },
    { "0x10", false, 0 },
    { "1.5h", false, 0 },
};

START_TEST(parse_table)
{
    uint32_t value = 7;
    bool good = ttl_parse(cases[_i].text, strlen(cases[_i].text), &value);
    ck_assert_msg(good == cases[_i].good, "%s", cases[_i].text);
    if (good)
        ck_assert_msg(value == cases[_i].value, "%s: %u", cases[_i].text, value);
    else
        ck_assert_uint_eq(value, 7); /* left alone */
}
END_TEST

START_TEST(parse_uses_length_only)
{
    uint32_t value = 0;
    ck_assert(ttl_parse("12345", 2, &value));
    ck_assert_uint_eq(value, 12);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, parse_table, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, parse_uses_length_only);
}

int main(void)
{
    return help_run("zones/ttl", fill, 20);
}
