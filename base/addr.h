// SPDX-License-Identifier: BSD-2-Clause
/* IP addresses, endpoints and prefixes. Any thread, no state. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

struct addr {
    uint8_t family;    /* enum addr_family */
    uint8_t bytes[16]; /* network order; unused bytes are zero */
};

struct endpoint {
    struct addr addr;
    uint16_t port; /* host order */
};

struct prefix {
    struct addr addr; /* bits beyond `bits` are zero */
    uint8_t bits;
};

#define ADDR_TEXT_MAX     46
#define ENDPOINT_TEXT_MAX 56

/* Strict: dotted quad with four decimal parts, or RFC 4291 text without zone index. */
bool addr_parse(const char *text, struct addr *out);
void addr_print(const struct addr *addr, char *out); /* RFC 5952; ADDR_TEXT_MAX bytes */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *addr);
bool addr_is_any(const struct addr *addr);
unsigned addr_size(const struct addr *addr); /* 4 or 16 bytes */

/* "192.0.2.1:53", "[2001:db8::1]:53", "*:53" is refused. */
bool endpoint_parse(const char *text, struct endpoint *out);
void endpoint_print(const struct endpoint *endpoint, char *out); /* ENDPOINT_TEXT_MAX bytes */
/* Returns the length of the sockaddr written. */
socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *out);
/* IPv4-mapped IPv6 addresses become IPv4. False for other families. */
bool endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *out);

/* "192.0.2.0/24"; bits beyond the length must be zero. */
bool prefix_parse(const char *text, struct prefix *out);
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
