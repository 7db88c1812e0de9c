// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/connection.h"

#include "base/compiler.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIELDS    9
#define FIELD_MAX 48

/* Fields between blanks; what is behind the last one belongs to the persistence engine. */
static bool split(const char *line, char fields[FIELDS][FIELD_MAX])
{
    for (size_t i = 0; i < FIELDS; i++) {
        line += strspn(line, " ");
        size_t length = strcspn(line, " \n");
        if (length == 0 || length >= FIELD_MAX)
            return false;
        memcpy(fields[i], line, length);
        fields[i][length] = '\0';
        line += length;
    }
    return true;
}

/* IPv4 in eight hexadecimal digits, IPv6 as usual; the port in four hexadecimal digits. */
static bool read_endpoint(const char *address, const char *port, struct endpoint *out)
{
    uint8_t bytes[2];
    *out = (struct endpoint){ .addr = { .family = ADDR_V4 } };
    if (!parse_hex(address, out->addr.bytes, 4) &&
        (!addr_parse(address, &out->addr) || out->addr.family != ADDR_V6))
        return false;
    if (!parse_hex(port, bytes, sizeof(bytes)))
        return false;
    out->port = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

bool connection_parse(const char *line, struct connection *out)
{
    char fields[FIELDS][FIELD_MAX];
    if (!split(line, fields) || strlen(fields[0]) >= CONNECTION_WORD_MAX ||
        strlen(fields[7]) >= CONNECTION_WORD_MAX)
        return false;
    (void)snprintf(out->protocol, sizeof(out->protocol), "%.15s", fields[0]);
    (void)snprintf(out->state, sizeof(out->state), "%.15s", fields[7]);
    return read_endpoint(fields[1], fields[2], &out->client) &&
           read_endpoint(fields[3], fields[4], &out->vip) &&
           read_endpoint(fields[5], fields[6], &out->server) &&
           parse_u64(fields[8], strlen(fields[8]), UINT32_MAX, &out->expires);
}

void connection_print_titles(struct strbuf *out)
{
    strbuf_addf(out, "IPVS connection entries\npro expire %-11s %-18s %-18s %s\n", "state",
                "source", "virtual", "destination");
}

void connection_print(const struct connection *connection, struct strbuf *out)
{
    char expires[32];
    char client[ENDPOINT_TEXT_MAX];
    char vip[ENDPOINT_TEXT_MAX];
    char server[ENDPOINT_TEXT_MAX];
    endpoint_print(&connection->client, client);
    endpoint_print(&connection->vip, vip);
    endpoint_print(&connection->server, server);
    (void)snprintf(expires, sizeof(expires), "%02" PRIu64 ":%02" PRIu64, connection->expires / 60,
                   connection->expires % 60);
    strbuf_addf(out, "%-3s %-6s %-11s %-18s %-18s %s\n", connection->protocol, expires,
                connection->state, client, vip, server);
}
