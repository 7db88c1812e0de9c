// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_range.h"

#include "base/parse.h"

#include <stdlib.h>
#include <string.h>

void keepalived_range_next(struct keepalived_range *range)
{
    range->count--;
    for (unsigned i = addr_size(&range->addr); i > 0; i--) {
        if (++range->addr.bytes[i - 1] != 0)
            return;
    }
}

/* Addresses from one to the other; 0 when it is before it, or the range is too large. */
static uint32_t distance(const struct addr *from, const struct addr *to)
{
    unsigned size = addr_size(from);
    uint32_t start = 0;
    uint32_t end = 0;
    if (to->family != from->family || memcmp(from->bytes, to->bytes, size - 4) != 0)
        return 0;
    for (unsigned i = size - 4; i < size; i++) {
        start = start << 8 | from->bytes[i];
        end = end << 8 | to->bytes[i];
    }
    return end < start || end - start >= KEEPALIVED_RANGE_MAX ? 0 : end - start + 1;
}

/* Behind "-": an address, or its last part. */
static bool read_end(const char *text, const struct addr *from, struct addr *out)
{
    uint64_t number = 0;
    char *end = NULL;
    if (addr_parse(text, out))
        return true;
    *out = *from;
    if (from->family == ADDR_V4) {
        out->bytes[3] = 0;
        if (!parse_u64(text, strlen(text), UINT8_MAX, &number))
            return false;
        out->bytes[3] = (uint8_t)number;
        return true;
    }
    if (strspn(text, "0123456789abcdefABCDEF") != strlen(text) || *text == '\0' || strlen(text) > 4)
        return false;
    unsigned long group = strtoul(text, &end, 16);
    out->bytes[14] = (uint8_t)(group >> 8);
    out->bytes[15] = (uint8_t)group;
    return true;
}

/* Behind "/": all addresses of the network, which is written by its first. */
static bool read_network(const char *text, struct keepalived_range *out)
{
    unsigned size = addr_size(&out->addr);
    uint64_t bits = 0;
    if (!parse_u64(text, strlen(text), size * 8, &bits) || size * 8 - bits > 12)
        return false;
    unsigned host = (unsigned)(size * 8 - bits);
    for (unsigned i = 0; i < host; i++) {
        if ((out->addr.bytes[size - 1 - i / 8] >> i % 8 & 1) != 0)
            return false;
    }
    out->count = 1U << host;
    return true;
}

static bool read_range(const char *text, struct keepalived_range *out)
{
    char first[ADDR_TEXT_MAX];
    struct addr last;
    size_t length = strcspn(text, "-/");
    if (length >= sizeof(first))
        return false;
    memcpy(first, text, length);
    first[length] = '\0';
    out->count = 1;
    if (!addr_parse(first, &out->addr))
        return false;
    if (text[length] == '\0')
        return true;
    if (text[length] == '/')
        return read_network(text + length + 1, out);
    if (!read_end(text + length + 1, &out->addr, &last))
        return false;
    out->count = distance(&out->addr, &last);
    return out->count > 0;
}

bool keepalived_range_read(struct keepalived_report *report, const struct keepalived_node *node,
                           struct keepalived_range *out)
{
    const char *text = keepalived_word(node, 0);
    return read_range(text, out) ||
           keepalived_fail(report, node->place,
                           "\"%.90s\" is not an address, or a range of at most %d addresses", text,
                           KEEPALIVED_RANGE_MAX);
}
