// SPDX-License-Identifier: BSD-2-Clause
#include "zones/ttl.h"

/* Seconds of a unit, 0 for none. */
static uint32_t unit_seconds(char unit)
{
    switch (unit) {
    case 'w':
    case 'W':
        return 7 * 24 * 3600;
    case 'd':
    case 'D':
        return 24 * 3600;
    case 'h':
    case 'H':
        return 3600;
    case 'm':
    case 'M':
        return 60;
    case 's':
    case 'S':
        return 1;
    default:
        return 0;
    }
}

bool ttl_parse(const char *text, size_t length, uint32_t *out)
{
    uint64_t total = 0;
    uint64_t number = 0;
    bool digits = false; /* of the number being read */
    bool units = false;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        uint32_t unit = unit_seconds(text[i]);
        if (digit <= 9) {
            number = number * 10 + digit;
            digits = true;
        } else if (unit != 0 && digits) {
            total += number * unit;
            number = 0;
            digits = false;
            units = true;
        } else {
            return false;
        }
        if (number > UINT32_MAX || total > UINT32_MAX)
            return false;
    }
    if (digits == units) /* nothing at all, or a number without unit behind units */
        return false;
    *out = (uint32_t)(total + number);
    return true;
}
