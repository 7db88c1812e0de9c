// SPDX-License-Identifier: BSD-2-Clause
#include "base/parse.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool parse_u64(const char *text, size_t length, uint64_t max, uint64_t *out)
{
    if (length == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

bool parse_duration_ms(const char *text, uint64_t *out_ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t value = 0;
        if (strcmp(text + digits, units[i].unit) != 0)
            continue;
        if (!parse_u64(text, digits, UINT64_MAX / units[i].ms, &value))
            return false;
        *out_ms = value * units[i].ms;
        return true;
    }
    return false;
}

/* Years 0000 to 9999, which is what four digits can say. */
#define TIME_MIN_MS INT64_C(-62167219200000)
#define TIME_MAX_MS INT64_C(253402300799999)

void parse_time_print(int64_t unix_ms, char *out)
{
    int64_t ms = unix_ms < TIME_MIN_MS ? TIME_MIN_MS : unix_ms;
    ms = ms > TIME_MAX_MS ? TIME_MAX_MS : ms;
    int64_t fraction = ms % 1000;
    fraction = fraction < 0 ? fraction + 1000 : fraction;
    time_t seconds = (time_t)((ms - fraction) / 1000);
    struct tm tm = { 0 };
    (void)gmtime_r(&seconds, &tm); /* cannot fail in this range */
    size_t length = strftime(out, PARSE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    /* glibc's %Y does not pad years below 1000. */
    if (length != 19)
        length = (size_t)snprintf(out, PARSE_TIME_MAX, "%04d-%02d-%02dT%02d:%02d:%02d",
                                  (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday,
                                  tm.tm_hour, tm.tm_min, tm.tm_sec);
    (void)snprintf(out + length, PARSE_TIME_MAX - length, ".%03dZ", (int)fraction);
}

/* Reads exactly the digits and literals of `pattern`, in which '0' stands for a digit. */
static bool matches(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*pattern == '0' ? !digit : *text != *pattern)
            return false;
    }
    return true;
}

static int number(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* ".5Z", ".678Z", "Z"; digits beyond the third are cut. */
static bool parse_fraction(const char *text, int *ms)
{
    static const int scale[] = { 100, 10, 1 };
    *ms = 0;
    if (*text == '.') {
        size_t digits = strspn(text + 1, "0123456789");
        if (digits == 0 || digits > 9)
            return false;
        for (size_t i = 0; i < digits && i < 3; i++)
            *ms += (text[1 + i] - '0') * scale[i];
        text += 1 + digits;
    }
    return strcmp(text, "Z") == 0;
}

bool parse_time(const char *text, int64_t *unix_ms)
{
    int ms = 0;
    if (!matches(text, "0000-00-00T00:00:00") || !parse_fraction(text + 19, &ms))
        return false;
    struct tm asked = { .tm_year = number(text, 4) - 1900,
                        .tm_mon = number(text + 5, 2) - 1,
                        .tm_mday = number(text + 8, 2),
                        .tm_hour = number(text + 11, 2),
                        .tm_min = number(text + 14, 2),
                        .tm_sec = number(text + 17, 2) };
    struct tm made = asked;
    time_t seconds = timegm(&made);
    /* timegm carries 31 April into May: a date that was changed does not exist. */
    if (made.tm_mon != asked.tm_mon || made.tm_mday != asked.tm_mday ||
        made.tm_hour != asked.tm_hour || made.tm_min != asked.tm_min || made.tm_sec != asked.tm_sec)
        return false;
    *unix_ms = (int64_t)seconds * 1000 + ms;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool parse_hex(const char *text, uint8_t *out, size_t size)
{
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
