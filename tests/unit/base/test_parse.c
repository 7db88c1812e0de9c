// SPDX-License-Identifier: BSD-2-Clause
#include "base/parse.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    uint64_t max;
    bool good;
    uint64_t value;
} numbers[] = {
    { "0", 10, true, 0 },
    { "007", 10, true, 7 },
    { "10", 10, true, 10 },
    { "11", 10, false, 0 },
    { "", 10, false, 0 },
    { "-1", UINT64_MAX, false, 0 },
    { "+1", UINT64_MAX, false, 0 },
    { " 1", UINT64_MAX, false, 0 },
    { "1 ", UINT64_MAX, false, 0 },
    { "0x1", UINT64_MAX, false, 0 },
    { "1.0", UINT64_MAX, false, 0 },
    { "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
    { "18446744073709551616", UINT64_MAX, false, 0 },
    { "18446744073709551625", UINT64_MAX, false, 0 },
    { "99999999999999999999999", UINT64_MAX, false, 0 },
};

START_TEST(u64_is_strict)
{
    uint64_t value = 77;
    ck_assert_int_eq(parse_u64(numbers[_i].text, strlen(numbers[_i].text), numbers[_i].max, &value),
                     numbers[_i].good);
    ck_assert_uint_eq(value, numbers[_i].good ? numbers[_i].value : 77);
}
END_TEST

START_TEST(u64_uses_all_bytes_of_the_length)
{
    uint64_t value = 0;
    ck_assert(parse_u64("123456", 3, 1000, &value));
    ck_assert_uint_eq(value, 123);
    ck_assert(!parse_u64("12\0"
                         "3",
                         4, 100000, &value));
}
END_TEST

static const struct {
    const char *text;
    bool good;
    uint64_t ms;
} durations[] = {
    { "500ms", true, 500 },
    { "0s", true, 0 },
    { "2s", true, 2000 },
    { "10m", true, 600000 },
    { "1h", true, 3600000 },
    { "1d", true, 86400000 },
    { "10", false, 0 },
    { "s", false, 0 },
    { "", false, 0 },
    { "1S", false, 0 },
    { "1 s", false, 0 },
    { "1.5s", false, 0 },
    { "-1s", false, 0 },
    { "1h30m", false, 0 },
    { "1sec", false, 0 },
    { "1w", false, 0 },
    { "18446744073709551615ms", true, UINT64_MAX },
    { "18446744073709551615s", false, 0 },
    { "213503982335d", false, 0 },
    { "213503982334d", true, UINT64_C(213503982334) * 86400000 },
};

START_TEST(duration_needs_a_unit)
{
    uint64_t ms = 77;
    ck_assert_int_eq(parse_duration_ms(durations[_i].text, &ms), durations[_i].good);
    ck_assert_uint_eq(ms, durations[_i].good ? durations[_i].ms : 77);
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} times[] = {
    { 0, "1970-01-01T00:00:00.000Z" },
    { 1, "1970-01-01T00:00:00.001Z" },
    { -1, "1969-12-31T23:59:59.999Z" },
    { INT64_C(1767323045678), "2026-01-02T03:04:05.678Z" },
    { INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
    { INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
    { INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z" },
    { INT64_C(-59011459200000), "0100-01-01T00:00:00.000Z" },
};

START_TEST(time_prints_and_parses_back)
{
    char text[PARSE_TIME_MAX];
    parse_time_print(times[_i].ms, text);
    ck_assert_str_eq(text, times[_i].text);
    int64_t ms = 0;
    ck_assert(parse_time(text, &ms));
    ck_assert_int_eq(ms, times[_i].ms);
}
END_TEST

START_TEST(time_print_clamps)
{
    char text[PARSE_TIME_MAX];
    parse_time_print(INT64_MAX, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
    parse_time_print(INT64_MIN, text);
    ck_assert_str_eq(text, "0000-01-01T00:00:00.000Z");
}
END_TEST

static const char *const bad_times[] = {
    "",
    "2026",
    "2026-01-02",
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:05+00:00",
    "2026-01-02 03:04:05Z",
    "2026-01-02T03:04:05.Z",
    "2026-01-02T03:04:05.1234567890Z",
    "2026-01-02T03:04:05Zx",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T23:60:00Z",
    "2026-01-02T23:59:60Z",
    "2026-1-2T3:4:5Z",
    "-026-01-02T03:04:05Z",
};

START_TEST(time_refuses)
{
    int64_t ms = 77;
    ck_assert(!parse_time(bad_times[_i], &ms));
    ck_assert_int_eq(ms, 77);
}
END_TEST

START_TEST(time_takes_any_fraction)
{
    int64_t ms = 0;
    ck_assert(parse_time("1970-01-01T00:00:01Z", &ms));
    ck_assert_int_eq(ms, 1000);
    ck_assert(parse_time("1970-01-01T00:00:01.5Z", &ms));
    ck_assert_int_eq(ms, 1500);
    ck_assert(parse_time("1970-01-01T00:00:01.987654321Z", &ms));
    ck_assert_int_eq(ms, 1987);
}
END_TEST

START_TEST(hex_is_exact)
{
    uint8_t bytes[4] = { 0 };
    ck_assert(parse_hex("00fFA9b1", bytes, 4));
    ck_assert_mem_eq(bytes, "\x00\xff\xa9\xb1", 4);
    ck_assert(!parse_hex("00ffa9b", bytes, 4));
    ck_assert(!parse_hex("00ffa9b1c", bytes, 4));
    ck_assert(!parse_hex("00ffa9g1", bytes, 4));
    ck_assert(!parse_hex("00ffa9 1", bytes, 4));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parse");
    TCase *tcase = tcase_create("parse");
    tcase_add_loop_test(tcase, u64_is_strict, 0, sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_test(tcase, u64_uses_all_bytes_of_the_length);
    tcase_add_loop_test(tcase, duration_needs_a_unit, 0, sizeof(durations) / sizeof(durations[0]));
    tcase_add_loop_test(tcase, time_prints_and_parses_back, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_test(tcase, time_print_clamps);
    tcase_add_loop_test(tcase, time_refuses, 0, sizeof(bad_times) / sizeof(bad_times[0]));
    tcase_add_test(tcase, time_takes_any_fraction);
    tcase_add_test(tcase, hex_is_exact);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
