// SPDX-License-Identifier: BSD-2-Clause
/* Names of the numbers in the model, and the model as text. */
#include "base/compiler.h"
#include "base/parse.h"
#include "ipvs/model.h"

#include <stdio.h>
#include <string.h>

struct word {
    const char *name;
    uint8_t value;
};

static const struct word protocols[] = { { "tcp", IPVS_TCP },
                                         { "udp", IPVS_UDP },
                                         { "sctp", IPVS_SCTP } };
static const struct word forwards[] = {
    { "nat", IPVS_NAT }, { "local", IPVS_LOCAL }, { "tun", IPVS_TUN }, { "dr", IPVS_DR }
};
static const struct word tunnels[] = { { "ipip", IPVS_IPIP },
                                       { "gue", IPVS_GUE },
                                       { "gre", IPVS_GRE } };
static const struct word checksums[] = { { "none", IPVS_NOCSUM },
                                         { "csum", IPVS_CSUM },
                                         { "remcsum", IPVS_REMCSUM } };

static const char *name_of(const struct word *words, size_t count, unsigned value)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].value == value)
            return words[i].name;
    }
    return NULL;
}

static bool find_word(const struct word *words, size_t count, const char *name, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].name, name) == 0) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

const char *ipvs_protocol_name(unsigned protocol)
{
    return name_of(protocols, ARRAY_LEN(protocols), protocol);
}

bool ipvs_protocol_find(const char *name, uint8_t *out)
{
    return find_word(protocols, ARRAY_LEN(protocols), name, out);
}

const char *ipvs_forward_name(unsigned forward)
{
    return name_of(forwards, ARRAY_LEN(forwards), forward);
}

bool ipvs_forward_find(const char *name, uint8_t *out)
{
    return find_word(forwards, ARRAY_LEN(forwards), name, out);
}

const char *ipvs_tunnel_name(unsigned tunnel)
{
    return name_of(tunnels, ARRAY_LEN(tunnels), tunnel);
}

bool ipvs_tunnel_find(const char *name, uint8_t *out)
{
    return find_word(tunnels, ARRAY_LEN(tunnels), name, out);
}

const char *ipvs_checksum_name(unsigned checksum)
{
    return name_of(checksums, ARRAY_LEN(checksums), checksum);
}

bool ipvs_checksum_find(const char *name, uint8_t *out)
{
    return find_word(checksums, ARRAY_LEN(checksums), name, out);
}

/* ---- schedulers and their flags ----------------------------------------------------------------
 */

static const char *const schedulers[] = { "rr",  "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh",
                                          "sed", "nq",  "fo", "ovf", "mh",   "twos",  NULL };

const char *const *ipvs_schedulers(void)
{
    return schedulers;
}

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(name, *list) == 0)
            return true;
    }
    return false;
}

bool ipvs_scheduler_known(const char *name)
{
    return is_one_of(name, schedulers);
}

bool ipvs_scheduler_is_hash(const char *name)
{
    static const char *const list[] = { "sh", "dh", "mh", NULL };
    return is_one_of(name, list);
}

bool ipvs_scheduler_is_rank(const char *name)
{
    static const char *const list[] = { "fo", "ovf", NULL };
    return is_one_of(name, list);
}

static const struct flag {
    const char *scheduler; /* NULL = any; a scheduler's own names come first */
    const char *name;
    uint32_t bit;
} flags[] = {
    { "sh", "sh-fallback", IPVS_SCHED1 }, { "sh", "sh-port", IPVS_SCHED2 },
    { "mh", "mh-fallback", IPVS_SCHED1 }, { "mh", "mh-port", IPVS_SCHED2 },
    { NULL, "flag-1", IPVS_SCHED1 },      { NULL, "flag-2", IPVS_SCHED2 },
    { NULL, "flag-3", IPVS_SCHED3 },
};

bool ipvs_flag_find(const char *scheduler, const char *name, uint32_t *out)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        bool fits = flags[i].scheduler == NULL || strcmp(flags[i].scheduler, scheduler) == 0;
        if (fits && strcmp(flags[i].name, name) == 0) {
            *out = flags[i].bit;
            return true;
        }
    }
    return false;
}

const char *ipvs_flag_name(const char *scheduler, uint32_t bit)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        bool fits = flags[i].scheduler == NULL || strcmp(flags[i].scheduler, scheduler) == 0;
        if (fits && flags[i].bit == bit)
            return flags[i].name;
    }
    return "";
}

/* ---- texts -------------------------------------------------------------------------------------
 */

void ipvs_key_print(const struct ipvs_key *key, char *out)
{
    char at[ENDPOINT_TEXT_MAX];
    struct endpoint endpoint = { .addr = key->addr, .port = key->port };
    if (key->fwmark != 0) {
        (void)snprintf(out, IPVS_TEXT_MAX, "fwmark %u%s", (unsigned)key->fwmark,
                       key->family == ADDR_V6 ? " ipv6" : "");
        return;
    }
    const char *protocol = ipvs_protocol_name(key->protocol);
    endpoint_print(&endpoint, at);
    (void)snprintf(out, IPVS_TEXT_MAX, "%s %s", protocol != NULL ? protocol : "?", at);
}

static bool parse_mark(const char *text, struct ipvs_key *out)
{
    uint64_t mark = 0;
    const char *blank = strchr(text, ' ');
    size_t length = blank != NULL ? (size_t)(blank - text) : strlen(text);
    if (!parse_u64(text, length, UINT32_MAX, &mark) || mark == 0)
        return false;
    if (blank != NULL && strcmp(blank, " ipv6") != 0)
        return false;
    *out =
        (struct ipvs_key){ .family = blank != NULL ? ADDR_V6 : ADDR_V4, .fwmark = (uint32_t)mark };
    return true;
}

bool ipvs_key_parse(const char *text, struct ipvs_key *out)
{
    char protocol[8];
    struct endpoint endpoint;
    const char *blank = strchr(text, ' ');
    if (blank == NULL || (size_t)(blank - text) >= sizeof(protocol))
        return false;
    memcpy(protocol, text, (size_t)(blank - text));
    protocol[blank - text] = '\0';
    if (strcmp(protocol, "fwmark") == 0)
        return parse_mark(blank + 1, out);
    *out = (struct ipvs_key){ 0 };
    if (!ipvs_protocol_find(protocol, &out->protocol) || !endpoint_parse(blank + 1, &endpoint))
        return false;
    out->family = endpoint.addr.family;
    out->addr = endpoint.addr;
    out->port = endpoint.port;
    return true;
}

void ipvs_dest_print(const struct ipvs_dest *dest, char *out)
{
    struct endpoint endpoint = { .addr = dest->addr, .port = dest->port };
    char at[ENDPOINT_TEXT_MAX];
    endpoint_print(&endpoint, at);
    (void)snprintf(out, IPVS_TEXT_MAX, "%s", at);
}

/* Text that stays within IPVS_TEXT_MAX. */
struct line {
    char *out;
    size_t used;
};

static void add(struct line *line, const char *text)
{
    size_t room = IPVS_TEXT_MAX - line->used;
    int length = snprintf(line->out + line->used, room, "%s%s", line->used > 0 ? ", " : "", text);
    line->used += (size_t)length < room ? (size_t)length : room - 1;
}

static void add_number(struct line *line, const char *name, unsigned long number)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%s %lu", name, number);
    add(line, text);
}

void ipvs_service_print_settings(const struct ipvs_service *service, char *out)
{
    struct line line = { .out = out };
    char text[64];
    out[0] = '\0';
    add(&line, service->scheduler);
    if ((service->flags & IPVS_PERSISTENT) != 0) {
        uint8_t full = service->key.family == ADDR_V6 ? 128 : 32;
        (void)snprintf(text, sizeof(text), "persistent %u s", (unsigned)service->timeout);
        add(&line, text);
        (void)snprintf(text, sizeof(text), "clients by /%u", (unsigned)service->prefix);
        if (service->prefix != 0 && service->prefix != full)
            add(&line, text);
    }
    if (service->engine[0] != '\0') {
        (void)snprintf(text, sizeof(text), "engine %s", service->engine);
        add(&line, text);
    }
    if ((service->flags & IPVS_ONE_PACKET) != 0)
        add(&line, "one-packet");
    for (uint32_t bit = IPVS_SCHED1; bit <= IPVS_SCHED3; bit <<= 1) {
        if ((service->flags & bit) != 0)
            add(&line, ipvs_flag_name(service->scheduler, bit));
    }
}

void ipvs_dest_print_settings(const struct ipvs_dest *dest, char *out)
{
    struct line line = { .out = out };
    const char *forward = ipvs_forward_name(dest->forward);
    out[0] = '\0';
    add(&line, forward != NULL ? forward : "?");
    if (dest->forward == IPVS_TUN && dest->tunnel != IPVS_IPIP) {
        const char *tunnel = ipvs_tunnel_name(dest->tunnel);
        add(&line, tunnel != NULL ? tunnel : "?");
        if (dest->tunnel == IPVS_GUE)
            add_number(&line, "port", dest->tunnel_port);
        const char *checksum = ipvs_checksum_name(dest->checksum);
        if (dest->checksum != IPVS_NOCSUM)
            add(&line, checksum != NULL ? checksum : "?");
    }
    add_number(&line, "weight", dest->weight);
    if (dest->upper != 0)
        add_number(&line, "upper", dest->upper);
    if (dest->lower != 0)
        add_number(&line, "lower", dest->lower);
}
