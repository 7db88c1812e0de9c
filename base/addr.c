// SPDX-License-Identifier: BSD-2-Clause
#include "base/addr.h"

#include "base/parse.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool addr_parse(const char *text, struct addr *out)
{
    *out = (struct addr){ .family = ADDR_NONE };
    /* inet_pton is as strict as asked: no leading zeros, no short forms, no zone index. */
    if (inet_pton(AF_INET, text, out->bytes) == 1)
        out->family = ADDR_V4;
    else if (inet_pton(AF_INET6, text, out->bytes) == 1)
        out->family = ADDR_V6;
    else
        *out = (struct addr){ .family = ADDR_NONE };
    return out->family != ADDR_NONE;
}

static unsigned group(const struct addr *addr, unsigned index)
{
    return (unsigned)addr->bytes[2 * index] << 8 | addr->bytes[2 * index + 1];
}

/* The first longest run of at least two zero groups (RFC 5952 section 4.2); returns its length. */
static unsigned longest_zeros(const struct addr *addr, unsigned *start)
{
    unsigned best = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned length = 0;
        while (i + length < 8 && group(addr, i + length) == 0)
            length++;
        if (length > best) {
            best = length;
            *start = i;
        }
        i += length;
    }
    return best > 1 ? best : 0;
}

/* inet_ntop prints ::1234:5678 as ::18.52.86.120, which RFC 5952 section 5 keeps for known
 * prefixes. */
static void print_v6(const struct addr *addr, char *out)
{
    unsigned start = 8;
    unsigned zeros = longest_zeros(addr, &start);
    size_t at = 0;
    for (unsigned i = 0; i < 8;) {
        if (i == start) {
            at += (size_t)snprintf(out + at, ADDR_TEXT_MAX - at, "::");
            i += zeros;
            continue;
        }
        const char *colon = i == 0 || i == start + zeros ? "" : ":";
        at += (size_t)snprintf(out + at, ADDR_TEXT_MAX - at, "%s%x", colon, group(addr, i));
        i++;
    }
}

void addr_print(const struct addr *addr, char *out)
{
    const uint8_t *b = addr->bytes;
    if (addr->family == ADDR_V4)
        (void)snprintf(out, ADDR_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    else if (addr->family != ADDR_V6)
        (void)snprintf(out, ADDR_TEXT_MAX, "none");
    else if (memcmp(b, mapped_prefix, sizeof(mapped_prefix)) == 0)
        (void)snprintf(out, ADDR_TEXT_MAX, "::ffff:%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
    else
        print_v6(addr, out);
}

int addr_compare(const struct addr *a, const struct addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return addr_compare(a, b) == 0;
}

bool addr_is_loopback(const struct addr *addr)
{
    if (addr->family == ADDR_V4)
        return addr->bytes[0] == 127;
    if (addr->family != ADDR_V6)
        return false;
    if (memcmp(addr->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
        return addr->bytes[12] == 127;
    return memcmp(addr->bytes, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

bool addr_is_any(const struct addr *addr)
{
    static const uint8_t zero[16] = { 0 };
    return addr->family != ADDR_NONE && memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

unsigned addr_size(const struct addr *addr)
{
    return addr->family == ADDR_V4 ? 4 : 16;
}

/* Cuts `text` at `split` into an address of at most ADDR_TEXT_MAX bytes. */
static bool parse_part(const char *text, size_t length, struct addr *out)
{
    char part[ADDR_TEXT_MAX];
    if (length >= sizeof(part))
        return false;
    memcpy(part, text, length);
    part[length] = '\0';
    return addr_parse(part, out);
}

bool endpoint_parse(const char *text, struct endpoint *out)
{
    *out = (struct endpoint){ .port = 0 };
    bool bracket = text[0] == '[';
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (bracket && colon[-1] != ']'))
        return false;
    const char *start = bracket ? text + 1 : text;
    const char *end = bracket ? colon - 1 : colon;
    uint64_t port = 0;
    if (end < start || !parse_part(start, (size_t)(end - start), &out->addr) ||
        out->addr.family != (bracket ? ADDR_V6 : ADDR_V4) ||
        !parse_u64(colon + 1, strlen(colon + 1), UINT16_MAX, &port)) {
        *out = (struct endpoint){ .port = 0 };
        return false;
    }
    out->port = (uint16_t)port;
    return true;
}

void endpoint_print(const struct endpoint *endpoint, char *out)
{
    char text[ADDR_TEXT_MAX];
    addr_print(&endpoint->addr, text);
    bool v6 = endpoint->addr.family == ADDR_V6;
    (void)snprintf(out, ENDPOINT_TEXT_MAX, v6 ? "[%s]:%u" : "%s:%u", text, endpoint->port);
}

socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (endpoint->addr.family == ADDR_V4) {
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(endpoint->port) };
        memcpy(&v4.sin_addr, endpoint->addr.bytes, sizeof(v4.sin_addr));
        memcpy(out, &v4, sizeof(v4));
        return sizeof(v4);
    }
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(endpoint->port) };
    memcpy(&v6.sin6_addr, endpoint->addr.bytes, sizeof(v6.sin6_addr));
    memcpy(out, &v6, sizeof(v6));
    return sizeof(v6);
}

static void take_v6(const struct sockaddr_in6 *sa, struct endpoint *out)
{
    out->port = ntohs(sa->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&sa->sin6_addr)) {
        out->addr.family = ADDR_V4;
        memcpy(out->addr.bytes, sa->sin6_addr.s6_addr + sizeof(mapped_prefix), 4);
        return;
    }
    out->addr.family = ADDR_V6;
    memcpy(out->addr.bytes, &sa->sin6_addr, sizeof(sa->sin6_addr));
}

bool endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *out)
{
    *out = (struct endpoint){ .port = 0 };
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, sa, sizeof(v4));
        out->addr.family = ADDR_V4;
        out->port = ntohs(v4.sin_port);
        memcpy(out->addr.bytes, &v4.sin_addr, sizeof(v4.sin_addr));
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 v6;
    memcpy(&v6, sa, sizeof(v6));
    take_v6(&v6, out);
    return true;
}

static uint8_t mask_byte(unsigned bits, unsigned index)
{
    if (bits >= 8 * (index + 1))
        return 0xff;
    if (bits <= 8 * index)
        return 0;
    return (uint8_t)(0xff00U >> (bits - 8 * index));
}

bool prefix_parse(const char *text, struct prefix *out)
{
    *out = (struct prefix){ .bits = 0 };
    const char *slash = strchr(text, '/');
    struct addr addr;
    uint64_t bits = 0;
    if (slash == NULL || !parse_part(text, (size_t)(slash - text), &addr) ||
        !parse_u64(slash + 1, strlen(slash + 1), 8 * (uint64_t)addr_size(&addr), &bits))
        return false;
    for (unsigned i = 0; i < addr_size(&addr); i++) {
        if ((addr.bytes[i] & ~mask_byte((unsigned)bits, i)) != 0)
            return false;
    }
    *out = (struct prefix){ .addr = addr, .bits = (uint8_t)bits };
    return true;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
    if (prefix->addr.family != addr->family)
        return false;
    for (unsigned i = 0; 8 * i < prefix->bits; i++) {
        if (((prefix->addr.bytes[i] ^ addr->bytes[i]) & mask_byte(prefix->bits, i)) != 0)
            return false;
    }
    return true;
}
