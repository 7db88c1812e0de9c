// SPDX-License-Identifier: BSD-2-Clause
#include "zones/loc.h"

#include "base/wire.h"
#include "zones/rdwrite.h"

#include <ctype.h>

#define LOC_SIZE      16
#define DEGREE_MS     UINT32_C(3600000) /* thousandths of a second of arc */
#define MIDDLE        UINT32_C(0x80000000)
#define ALTITUDE_ZERO UINT32_C(10000000)   /* cm below the reference spheroid */
#define PRECISION_MAX UINT64_C(9000000099) /* cm; 9e9 is the greatest that has a wire form */
#define SIZE_DEFAULT  0x12U
#define HORIZ_DEFAULT 0x16U
#define VERT_DEFAULT  0x13U

/* Digits with at most `decimals` of them behind a point, as a whole number of 10^-decimals. */
static bool parse_fixed(const char *text, size_t length, unsigned decimals, uint64_t *out)
{
    uint64_t value = 0;
    unsigned behind = 0; /* digits behind the point */
    bool point = false;
    bool digits = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && !point && decimals > 0) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)text[i]) || (point && behind == decimals) || value > UINT32_MAX)
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
        behind += point ? 1 : 0;
        digits = true;
    }
    for (; behind < decimals; behind++)
        value *= 10;
    *out = value;
    return digits;
}

static bool is_letter(const struct rdata_token *token, char letter)
{
    return token->length == 1 && token->text[0] == letter;
}

struct axis {
    char positive;
    char negative;
    unsigned degrees_max;
};

/* Degrees, minutes or seconds; they are added to *total as thousandths of a second. */
static bool read_part(struct rdfield_in *in, const struct rdata_token *token, unsigned part,
                      const struct axis *axis, uint64_t *total)
{
    static const char *const names[3] = { "degrees", "minutes", "seconds" };
    static const unsigned scale[3] = { DEGREE_MS, 60000, 1 };
    const uint64_t limits[3] = { axis->degrees_max, 59, 59999 };
    uint64_t value = 0;
    if (!parse_fixed(token->text, token->length, part == 2 ? 3 : 0, &value) || value > limits[part])
        return rdfield_bad(in, "is not a good number of %s", names[part]);
    *total += value * scale[part];
    return *total <= (uint64_t)axis->degrees_max * DEGREE_MS ||
           rdfield_bad(in, "is beyond %u degrees", axis->degrees_max);
}

/* Degrees, minutes and seconds, the last two of which may be left out, then the hemisphere. */
static bool read_angle(struct rdfield_in *in, const struct axis *axis)
{
    uint64_t total = 0;
    for (unsigned part = 0; part < 4; part++) {
        const struct rdata_token *token = rdfield_take_bare(in);
        if (token == NULL)
            return false;
        if (part > 0 && is_letter(token, axis->positive))
            return rdfield_put_number(in, MIDDLE + total, 4);
        if (part > 0 && is_letter(token, axis->negative))
            return rdfield_put_number(in, MIDDLE - total, 4);
        if (part < 3 && !read_part(in, token, part, axis, &total))
            return false;
    }
    return rdfield_bad(in, "is neither %c nor %c", axis->positive, axis->negative);
}

/* Metres with an optional m behind them, in centimetres. */
static bool parse_metres(const char *text, size_t length, uint64_t *out)
{
    bool unit = length > 0 && (text[length - 1] == 'm' || text[length - 1] == 'M');
    return parse_fixed(text, unit ? length - 1 : length, 2, out);
}

static bool read_altitude(struct rdfield_in *in)
{
    uint64_t value = 0;
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    unsigned sign = token->length > 0 && token->text[0] == '-' ? 1 : 0;
    bool good = parse_metres(token->text + sign, token->length - sign, &value) &&
                value <= (sign == 1 ? ALTITUDE_ZERO : UINT32_MAX - ALTITUDE_ZERO);
    if (!good)
        return rdfield_bad(in, "is not an altitude from -100000.00m to 42849672.95m");
    return rdfield_put_number(in, sign == 1 ? ALTITUDE_ZERO - value : ALTITUDE_ZERO + value, 4);
}

/* A size as one decimal digit and a power of ten, both in one byte. */
static bool read_precision(struct rdfield_in *in, uint8_t *out)
{
    uint64_t value = 0;
    unsigned exponent = 0;
    if (in->at == in->count)
        return true; /* keeps the default */
    const struct rdata_token *token = rdfield_take_bare(in);
    if (token == NULL)
        return false;
    if (!parse_metres(token->text, token->length, &value) || value > PRECISION_MAX)
        return rdfield_bad(in, "is not a size from 0m to 90000000m");
    for (; value >= 10; value /= 10)
        exponent++;
    *out = (uint8_t)(value << 4 | exponent);
    return true;
}

bool loc_read(struct rdfield_in *in)
{
    static const struct axis latitude = { 'N', 'S', 90 };
    static const struct axis longitude = { 'E', 'W', 180 };
    size_t start = in->length;
    const uint8_t head[4] = { 0, SIZE_DEFAULT, HORIZ_DEFAULT, VERT_DEFAULT };
    return rdfield_put(in, head, sizeof(head)) && read_angle(in, &latitude) &&
           read_angle(in, &longitude) && read_altitude(in) &&
           read_precision(in, &in->out[start + 1]) && read_precision(in, &in->out[start + 2]) &&
           read_precision(in, &in->out[start + 3]);
}

static bool write_angle(struct rdfield_out *out, uint32_t value, const struct axis *axis)
{
    uint32_t ms = value >= MIDDLE ? value - MIDDLE : MIDDLE - value;
    if (ms > axis->degrees_max * DEGREE_MS)
        return false;
    rdfield_word(out, "%u %u %u.%03u %c", ms / DEGREE_MS, ms / 60000 % 60, ms / 1000 % 60,
                 ms % 1000, value >= MIDDLE ? axis->positive : axis->negative);
    return true;
}

static bool write_precision(struct rdfield_out *out, uint8_t byte)
{
    uint32_t value = byte >> 4;
    unsigned exponent = byte & 15U;
    if (value > 9 || exponent > 9)
        return false;
    bool metres = exponent >= 2;
    for (unsigned i = metres ? 2 : 0; i < exponent; i++)
        value *= 10;
    rdfield_word(out, metres ? "%um" : "0.%02um", value);
    return true;
}

bool loc_write(struct rdfield_out *out)
{
    static const struct axis latitude = { 'N', 'S', 90 };
    static const struct axis longitude = { 'E', 'W', 180 };
    const uint8_t *at = rdfield_get(out, LOC_SIZE);
    if (at == NULL || at[0] != 0 || !write_angle(out, wire_get32(at + 4), &latitude) ||
        !write_angle(out, wire_get32(at + 8), &longitude))
        return false;
    uint32_t altitude = wire_get32(at + 12);
    bool below = altitude < ALTITUDE_ZERO;
    uint32_t cm = below ? ALTITUDE_ZERO - altitude : altitude - ALTITUDE_ZERO;
    rdfield_word(out, "%s%u.%02um", below ? "-" : "", cm / 100, cm % 100);
    return write_precision(out, at[1]) && write_precision(out, at[2]) &&
           write_precision(out, at[3]);
}
