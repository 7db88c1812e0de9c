// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_value.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DAY_S 86400U

bool keepalived_number(struct keepalived_report *report, const struct keepalived_node *node,
                       size_t word, uint64_t min, uint64_t max, uint64_t *out)
{
    const char *text = keepalived_word(node, word);
    if (parse_u64(text, strlen(text), max, out) && *out >= min)
        return true;
    return keepalived_fail(report, node->place,
                           "%s: \"%.60s\" is not a number from %" PRIu64 " to %" PRIu64,
                           keepalived_word(node, 0), text, min, max);
}

/* Of the digits behind the point the first three count, rounded up by the rest. */
static bool parse_fraction(const char *text, uint64_t *out_ms)
{
    uint64_t ms = 0;
    bool more = false;
    size_t digits = strspn(text, "0123456789");
    if (text[digits] != '\0')
        return false;
    for (size_t i = 0; i < 3; i++)
        ms = ms * 10 + (i < digits ? (uint64_t)(text[i] - '0') : 0);
    for (size_t i = 3; i < digits; i++)
        more = more || text[i] != '0';
    *out_ms = ms + more;
    return true;
}

bool keepalived_timer(struct keepalived_report *report, const struct keepalived_node *node,
                      int64_t *out_ms)
{
    const char *text = keepalived_word(node, 1);
    size_t whole = strcspn(text, ".");
    uint64_t seconds = 0;
    uint64_t ms = 0;
    if (parse_u64(text, whole, DAY_S, &seconds) &&
        (text[whole] == '\0' || parse_fraction(text + whole + 1, &ms))) {
        *out_ms = (int64_t)(seconds * 1000 + ms);
        return true;
    }
    return keepalived_fail(report, node->place,
                           "%s: \"%.60s\" is not a number of seconds up to a day",
                           keepalived_word(node, 0), text);
}

bool keepalived_bool(struct keepalived_report *report, const struct keepalived_node *node,
                     bool *out)
{
    static const char *const words[] = { "on", "true", "yes", "off", "false", "no" };
    const char *text = keepalived_word(node, 1);
    *out = true;
    if (node->count == 1)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out = i < 3;
            return true;
        }
    }
    return keepalived_fail(report, node->place, "%s: \"%.60s\" is neither on nor off",
                           keepalived_word(node, 0), text);
}

bool keepalived_endpoint(struct keepalived_report *report, const struct keepalived_node *node,
                         size_t word, struct addr *addr, uint16_t *port)
{
    uint64_t number = 0;
    const char *text = keepalived_word(node, word);
    if (!addr_parse(text, addr))
        return keepalived_fail(report, node->place, "%s: \"%.60s\" is not an address",
                               keepalived_word(node, 0), text);
    if (node->count <= word + 1)
        return true;
    if (!keepalived_number(report, node, word + 1, 0, UINT16_MAX, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

/* ---- forwarding --------------------------------------------------------------------------------
 */

void keepalived_method_fini(struct keepalived_method *method)
{
    json_decref(method->tunnel);
    method->tunnel = NULL;
}

/* One option of a tunnel; *at is its word, or the last of its words afterwards. */
static bool read_tunnel_word(struct keepalived_report *report, const struct keepalived_node *node,
                             size_t *at, json_t *tunnel)
{
    const char *word = keepalived_word(node, *at);
    uint8_t value = 0;
    uint64_t port = 0;
    if (strcmp(word, "type") == 0) {
        const char *type = keepalived_word(node, ++*at);
        (void)json_object_set_new(tunnel, "type", json_string(type));
        return ipvs_tunnel_find(type, &value) ||
               keepalived_fail(report, node->place, "\"%.60s\" is not a tunnel: ipip, gue or gre",
                               type);
    }
    if (strcmp(word, "port") == 0) {
        if (!keepalived_number(report, node, ++*at, 1, UINT16_MAX, &port))
            return false;
        (void)json_object_set_new(tunnel, "port", json_integer((json_int_t)port));
        return true;
    }
    if (strcmp(word, "csum") == 0 || strcmp(word, "remcsum") == 0) {
        (void)json_object_set_new(tunnel, "checksum", json_string(word));
        return true;
    }
    return strcmp(word, "nocsum") == 0 ||
           keepalived_fail(report, node->place, "\"%.60s\" is not an option of a tunnel", word);
}

static bool read_tunnel(struct keepalived_report *report, const struct keepalived_node *node,
                        struct keepalived_method *out)
{
    out->tunnel = json_object();
    for (size_t at = 2; at < node->count; at++) {
        if (!read_tunnel_word(report, node, &at, out->tunnel))
            return false;
    }
    const char *type = json_string_value(json_object_get(out->tunnel, "type"));
    bool gue = type != NULL && strcmp(type, "gue") == 0;
    bool gre = type != NULL && strcmp(type, "gre") == 0;
    const char *checksum = json_string_value(json_object_get(out->tunnel, "checksum"));
    if (gue != (json_object_get(out->tunnel, "port") != NULL))
        return keepalived_fail(report, node->place,
                               "a port belongs to a gue tunnel, and to no other");
    if (checksum != NULL && !gue && (!gre || strcmp(checksum, "remcsum") == 0))
        return keepalived_fail(report, node->place, "%s is not for this type of tunnel", checksum);
    return true;
}

bool keepalived_method(struct keepalived_report *report, const struct keepalived_node *node,
                       struct keepalived_method *out)
{
    const char *word = keepalived_word(node, 1);
    keepalived_method_fini(out);
    if (strcmp(word, "TUN") == 0) {
        out->forward = IPVS_TUN;
        return read_tunnel(report, node, out);
    }
    if (strcmp(word, "FNAT") == 0 || strcmp(word, "FULLNAT") == 0)
        return keepalived_fail(report, node->place,
                               "%s: %s is not in the mainline kernel: NAT with an SNAT rule on the "
                               "director does the same, see docs/ipvs.md",
                               keepalived_word(node, 0), word);
    if (strcmp(word, "NAT") != 0 && strcmp(word, "DR") != 0)
        return keepalived_fail(report, node->place, "%s: \"%.60s\" is not NAT, DR or TUN",
                               keepalived_word(node, 0), word);
    out->forward = strcmp(word, "DR") == 0 ? IPVS_DR : IPVS_NAT;
    return true;
}

json_t *keepalived_duration(int64_t ms)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%" PRId64 "%s", ms % 1000 == 0 ? ms / 1000 : ms,
                   ms % 1000 == 0 ? "s" : "ms");
    return json_string(text);
}
