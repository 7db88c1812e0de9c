// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/restore_line.h"

#include "base/compiler.h"
#include "base/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES      1024
#define WORDS_MAX           64
#define PERSISTENCE_DEFAULT 360 /* seconds of a bare -p */

/* ---- what there is -----------------------------------------------------------------------------
 */

enum option_id {
    OPTION_SERVICE,
    OPTION_IPV6,
    OPTION_SCHEDULER,
    OPTION_ENGINE,
    OPTION_PERSISTENT,
    OPTION_MASK,
    OPTION_ONE_PACKET,
    OPTION_FLAGS,
    OPTION_SERVER,
    OPTION_FORWARD,
    OPTION_TUNNEL,
    OPTION_TUNNEL_PORT,
    OPTION_CHECKSUM,
    OPTION_WEIGHT,
    OPTION_UPPER,
    OPTION_LOWER,
    OPTION_INTERFACE,
    OPTION_SYNC_ID,
    OPTION_MAX_LENGTH,
    OPTION_GROUP,
    OPTION_PORT,
    OPTION_TTL,
    OPTION_COUNT,
    OPTION_COMMAND, /* `detail` is the enum restore_command */
    OPTION_REFUSED, /* of ipvsadm, but of no use in such a file */
};

#define BIT(option) (1U << (option))
#define KEY_OPTIONS (BIT(OPTION_SERVICE) | BIT(OPTION_IPV6))
#define SERVICE_OPTIONS                                                                            \
    (KEY_OPTIONS | BIT(OPTION_SCHEDULER) | BIT(OPTION_ENGINE) | BIT(OPTION_PERSISTENT) |           \
     BIT(OPTION_MASK) | BIT(OPTION_ONE_PACKET) | BIT(OPTION_FLAGS))
#define SERVER_OPTIONS                                                                             \
    (KEY_OPTIONS | BIT(OPTION_SERVER) | BIT(OPTION_FORWARD) | BIT(OPTION_TUNNEL) |                 \
     BIT(OPTION_TUNNEL_PORT) | BIT(OPTION_CHECKSUM) | BIT(OPTION_WEIGHT) | BIT(OPTION_UPPER) |     \
     BIT(OPTION_LOWER))
#define DAEMON_OPTIONS                                                                             \
    (BIT(OPTION_INTERFACE) | BIT(OPTION_SYNC_ID) | BIT(OPTION_MAX_LENGTH) | BIT(OPTION_GROUP) |    \
     BIT(OPTION_PORT) | BIT(OPTION_TTL))

static const uint32_t allowed[] = {
    [RESTORE_ADD_SERVICE] = SERVICE_OPTIONS,
    [RESTORE_EDIT_SERVICE] = SERVICE_OPTIONS,
    [RESTORE_DELETE_SERVICE] = KEY_OPTIONS,
    [RESTORE_ADD_SERVER] = SERVER_OPTIONS,
    [RESTORE_EDIT_SERVER] = SERVER_OPTIONS,
    [RESTORE_DELETE_SERVER] = KEY_OPTIONS | BIT(OPTION_SERVER),
    [RESTORE_CLEAR] = 0,
    [RESTORE_TIMEOUTS] = 0,
    [RESTORE_START_DAEMON] = DAEMON_OPTIONS,
    [RESTORE_STOP_DAEMON] = 0,
};

enum option_value { VALUE_NONE, VALUE_ONE, VALUE_MAYBE, VALUE_THREE };

struct option {
    char letter; /* 0 = long only */
    const char *name;
    enum option_id id;
    enum option_value value;
    unsigned detail;
};

#define FWMARK_DETAIL 0 /* of OPTION_SERVICE, else the protocol */

static const struct option options[] = {
    { 'A', "add-service", OPTION_COMMAND, VALUE_NONE, RESTORE_ADD_SERVICE },
    { 'E', "edit-service", OPTION_COMMAND, VALUE_NONE, RESTORE_EDIT_SERVICE },
    { 'D', "delete-service", OPTION_COMMAND, VALUE_NONE, RESTORE_DELETE_SERVICE },
    { 'a', "add-server", OPTION_COMMAND, VALUE_NONE, RESTORE_ADD_SERVER },
    { 'e', "edit-server", OPTION_COMMAND, VALUE_NONE, RESTORE_EDIT_SERVER },
    { 'd', "delete-server", OPTION_COMMAND, VALUE_NONE, RESTORE_DELETE_SERVER },
    { 'C', "clear", OPTION_COMMAND, VALUE_NONE, RESTORE_CLEAR },
    { 0, "set", OPTION_COMMAND, VALUE_THREE, RESTORE_TIMEOUTS },
    { 0, "start-daemon", OPTION_COMMAND, VALUE_ONE, RESTORE_START_DAEMON },
    { 0, "stop-daemon", OPTION_COMMAND, VALUE_ONE, RESTORE_STOP_DAEMON },
    { 't', "tcp-service", OPTION_SERVICE, VALUE_ONE, IPVS_TCP },
    { 'u', "udp-service", OPTION_SERVICE, VALUE_ONE, IPVS_UDP },
    { 0, "sctp-service", OPTION_SERVICE, VALUE_ONE, IPVS_SCTP },
    { 'f', "fwmark-service", OPTION_SERVICE, VALUE_ONE, FWMARK_DETAIL },
    { '6', "ipv6", OPTION_IPV6, VALUE_NONE, 0 },
    { 's', "scheduler", OPTION_SCHEDULER, VALUE_ONE, 0 },
    { 0, "pe", OPTION_ENGINE, VALUE_ONE, 0 },
    { 'p', "persistent", OPTION_PERSISTENT, VALUE_MAYBE, 0 },
    { 'M', "netmask", OPTION_MASK, VALUE_ONE, 0 },
    { 'o', "ops", OPTION_ONE_PACKET, VALUE_NONE, 0 },
    { 'b', "sched-flags", OPTION_FLAGS, VALUE_ONE, 0 },
    { 'r', "real-server", OPTION_SERVER, VALUE_ONE, 0 },
    { 'g', "gatewaying", OPTION_FORWARD, VALUE_NONE, IPVS_DR },
    { 'i', "ipip", OPTION_FORWARD, VALUE_NONE, IPVS_TUN },
    { 'm', "masquerading", OPTION_FORWARD, VALUE_NONE, IPVS_NAT },
    { 0, "tun-type", OPTION_TUNNEL, VALUE_ONE, 0 },
    { 0, "tun-port", OPTION_TUNNEL_PORT, VALUE_ONE, 0 },
    { 0, "tun-nocsum", OPTION_CHECKSUM, VALUE_NONE, IPVS_NOCSUM },
    { 0, "tun-csum", OPTION_CHECKSUM, VALUE_NONE, IPVS_CSUM },
    { 0, "tun-remcsum", OPTION_CHECKSUM, VALUE_NONE, IPVS_REMCSUM },
    { 'w', "weight", OPTION_WEIGHT, VALUE_ONE, 0 },
    { 'x', "u-threshold", OPTION_UPPER, VALUE_ONE, 0 },
    { 'y', "l-threshold", OPTION_LOWER, VALUE_ONE, 0 },
    { 0, "mcast-interface", OPTION_INTERFACE, VALUE_ONE, 0 },
    { 0, "syncid", OPTION_SYNC_ID, VALUE_ONE, 0 },
    { 0, "sync-maxlen", OPTION_MAX_LENGTH, VALUE_ONE, 0 },
    { 0, "mcast-group", OPTION_GROUP, VALUE_ONE, 0 },
    { 0, "mcast-port", OPTION_PORT, VALUE_ONE, 0 },
    { 0, "mcast-ttl", OPTION_TTL, VALUE_ONE, 0 },
    { 'Z', "zero", OPTION_REFUSED, VALUE_NONE, 0 },
    { 'L', "list", OPTION_REFUSED, VALUE_NONE, 0 },
    { 'l', "list", OPTION_REFUSED, VALUE_NONE, 0 },
    { 'S', "save", OPTION_REFUSED, VALUE_NONE, 0 },
    { 'R', "restore", OPTION_REFUSED, VALUE_NONE, 0 },
    { 'n', "numeric", OPTION_REFUSED, VALUE_NONE, 0 },
    { 'h', "help", OPTION_REFUSED, VALUE_NONE, 0 },
};

/* ---- the line being read -----------------------------------------------------------------------
 */

struct reader {
    char text[LINE_MAX_BYTES + 1]; /* the line, cut into words */
    const char *words[WORDS_MAX];
    size_t word_count;
    size_t at; /* next word */
    uint32_t seen;
    const char *values[OPTION_COUNT];
    unsigned details[OPTION_COUNT];
    const struct option *command;
    const char *command_values[3];
    char *message;
};

PRINTF(2, 3) static bool fail(struct reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reader->message, RESTORE_MESSAGE_MAX, format, args);
    va_end(args);
    return false;
}

static bool read_words(struct reader *reader, const char *text, size_t length)
{
    if (length > LINE_MAX_BYTES)
        return fail(reader, "the line is longer than %d bytes", LINE_MAX_BYTES);
    memcpy(reader->text, text, length);
    bool in_word = false;
    for (size_t i = 0; i < length; i++) {
        char c = reader->text[i];
        if (c == ' ' || c == '\t') {
            reader->text[i] = '\0';
            in_word = false;
            continue;
        }
        if (c < '!' || c > '~')
            return fail(reader, "there is a byte that is not printable ASCII");
        if (in_word)
            continue;
        if (reader->word_count == WORDS_MAX)
            return fail(reader, "the line has more than %d words", WORDS_MAX);
        reader->words[reader->word_count++] = &reader->text[i];
        in_word = true;
    }
    return true;
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].letter == letter)
            return &options[i];
    }
    return NULL;
}

static const struct option *find_name(const char *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    }
    return NULL;
}

static bool take_command(struct reader *reader, const struct option *option, const char *value)
{
    if (reader->command != NULL)
        return fail(reader, "--%s: the line has a command already, --%s", option->name,
                    reader->command->name);
    reader->command = option;
    reader->command_values[0] = value;
    if (option->value != VALUE_THREE)
        return true;
    for (size_t i = 1; i < 3; i++) {
        if (reader->at == reader->word_count)
            return fail(reader, "--%s needs three numbers of seconds: TCP, TCP after FIN, UDP",
                        option->name);
        reader->command_values[i] = reader->words[reader->at++];
    }
    return true;
}

/* `value` is what stands in the same word, NULL if nothing does. */
static bool take_option(struct reader *reader, const struct option *option, const char *value)
{
    if (option->id == OPTION_REFUSED)
        return fail(reader, "--%s does not belong here: such a file only tells what the table is",
                    option->name);
    if (option->value == VALUE_NONE && value != NULL)
        return fail(reader, "--%s has no value", option->name);
    bool next = reader->at < reader->word_count;
    bool maybe = option->value == VALUE_MAYBE;
    if (value == NULL && option->value != VALUE_NONE && next &&
        (!maybe || reader->words[reader->at][0] != '-'))
        value = reader->words[reader->at++];
    if (value == NULL && (option->value == VALUE_ONE || option->value == VALUE_THREE))
        return fail(reader, "--%s needs a value", option->name);
    if (option->id == OPTION_COMMAND)
        return take_command(reader, option, value);
    if ((reader->seen & BIT(option->id)) != 0)
        return fail(reader, "--%s: %s", option->name,
                    "this, or what excludes it, is there already");
    reader->seen |= BIT(option->id);
    reader->values[option->id] = value;
    reader->details[option->id] = option->detail;
    return true;
}

static bool take_long(struct reader *reader, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct option *option = find_name(word + 2, length - 2);
    if (option == NULL)
        return fail(reader, "\"%.60s\" is not an option of ipvsadm", word);
    return take_option(reader, option, equals != NULL ? equals + 1 : NULL);
}

/* Letters may be bundled; the rest of the word behind one that has a value is the value. */
static bool take_letters(struct reader *reader, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        const struct option *option = find_letter(*at);
        if (option == NULL)
            return fail(reader, "\"-%c\" is not an option of ipvsadm", *at);
        if (option->value == VALUE_NONE) {
            if (!take_option(reader, option, NULL))
                return false;
            continue;
        }
        const char *rest = at + 1;
        rest += *rest == '=';
        return take_option(reader, option, *rest != '\0' ? rest : NULL);
    }
    return true;
}

static bool take_words(struct reader *reader)
{
    const char *first = reader->words[0];
    const char *slash = strrchr(first, '/');
    if (strcmp(slash != NULL ? slash + 1 : first, "ipvsadm") == 0)
        reader->at = 1;
    while (reader->at < reader->word_count) {
        const char *word = reader->words[reader->at++];
        if (word[0] != '-' || word[1] == '\0')
            return fail(reader, "\"%.60s\" is not expected here: options begin with \"-\"", word);
        if (!(word[1] == '-' ? take_long(reader, word) : take_letters(reader, word)))
            return false;
    }
    if (reader->command == NULL)
        return fail(reader, "the line has no command such as -A or -a");
    uint32_t bad = reader->seen & ~allowed[reader->command->detail];
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].id < OPTION_COUNT && (bad & BIT(options[i].id)) != 0 &&
            options[i].detail == reader->details[options[i].id])
            return fail(reader, "--%s does not go with --%s", options[i].name,
                        reader->command->name);
    }
    return true;
}

/* ---- values ------------------------------------------------------------------------------------
 */

static bool read_number(struct reader *reader, const char *what, const char *text, uint64_t min,
                        uint64_t max, uint64_t *out)
{
    if (parse_u64(text, strlen(text), max, out) && *out >= min)
        return true;
    return fail(reader, "\"%.60s\" is not a %s: a number from %llu to %llu", text, what,
                (unsigned long long)min, (unsigned long long)max);
}

/* The same for an option; `out` stays as it is when the option is absent. */
static bool read_option(struct reader *reader, enum option_id id, const char *what, uint64_t min,
                        uint64_t max, uint32_t *out)
{
    uint64_t number = 0;
    if ((reader->seen & BIT(id)) == 0)
        return true;
    if (!read_number(reader, what, reader->values[id], min, max, &number))
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool read_port(struct reader *reader, const char *text, uint16_t *out)
{
    uint64_t port = 0;
    if (!parse_u64(text, strlen(text), UINT16_MAX, &port))
        return fail(reader,
                    "\"%.60s\" is not a port number (names are not looked up: ipvsadm-save -n "
                    "prints numbers)",
                    text);
    *out = (uint16_t)port;
    return true;
}

/* "ADDRESS", "ADDRESS:PORT", "[ADDRESS]", "[ADDRESS]:PORT"; the port stays when there is none. */
static bool read_endpoint(struct reader *reader, const char *text, struct addr *addr,
                          uint16_t *port)
{
    char host[ADDR_TEXT_MAX];
    bool v6 = text[0] == '[';
    const char *start = v6 ? text + 1 : text;
    size_t length = strcspn(start, v6 ? "]" : ":");
    const char *rest = start + length + (v6 && start[length] == ']');
    if (length < sizeof(host)) {
        memcpy(host, start, length);
        host[length] = '\0';
    }
    if (!v6 && strchr(text, ':') != strrchr(text, ':'))
        return fail(reader, "\"%.60s\": write an IPv6 address in brackets: [ADDRESS]:PORT", text);
    bool closed = !v6 || start[length] == ']';
    if (!closed || length >= sizeof(host) || !addr_parse(host, addr) ||
        (addr->family == ADDR_V6) != v6)
        return fail(reader,
                    "\"%.60s\" is not an address with port (names are not looked up: ipvsadm-save "
                    "-n prints numbers)",
                    text);
    if (*rest == '\0')
        return true;
    if (*rest != ':')
        return fail(reader, "\"%.60s\": behind the address \":PORT\" is expected", text);
    return read_port(reader, rest + 1, port);
}

/* ipvsadm itself prints marks of 2^31 and more as negative numbers. */
static bool read_mark(struct reader *reader, const char *text, uint32_t *out)
{
    uint64_t mark = 0;
    bool negative = text[0] == '-';
    if (negative && parse_u64(text + 1, strlen(text + 1), UINT64_C(1) << 31, &mark) && mark > 0) {
        *out = (uint32_t)(UINT64_C(0x100000000) - mark);
        return true;
    }
    if (!read_number(reader, "firewall mark", text, 1, UINT32_MAX, &mark))
        return false;
    *out = (uint32_t)mark;
    return true;
}

static bool read_key(struct reader *reader, struct ipvs_key *key)
{
    bool v6 = (reader->seen & BIT(OPTION_IPV6)) != 0;
    if ((reader->seen & BIT(OPTION_SERVICE)) == 0)
        return fail(reader, "--%s needs a service: -t, -u, --sctp-service or -f",
                    reader->command->name);
    const char *text = reader->values[OPTION_SERVICE];
    if (reader->details[OPTION_SERVICE] == FWMARK_DETAIL) {
        key->family = v6 ? ADDR_V6 : ADDR_V4;
        return read_mark(reader, text, &key->fwmark);
    }
    if (v6)
        return fail(reader, "-6 goes with -f only");
    key->protocol = (uint8_t)reader->details[OPTION_SERVICE];
    if (!read_endpoint(reader, text, &key->addr, &key->port))
        return false;
    key->family = key->addr.family;
    return true;
}

/* ---- services ----------------------------------------------------------------------------------
 */

static bool read_word(struct reader *reader, enum option_id id, char *out, size_t size)
{
    const char *text = reader->values[id];
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        return fail(reader, "\"%.60s\" is longer than %zu bytes, or empty", text, size - 1);
    memcpy(out, text, length + 1);
    return true;
}

/* Bits of a mask of ones then zeroes; -1 of another one. */
static int mask_bits(const struct addr *mask)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++)
        value = value << 8 | mask->bytes[i];
    int bits = 0;
    while (bits < 32 && (value << bits & 0x80000000U) != 0)
        bits++;
    uint32_t rest = bits < 32 ? value << bits : 0;
    return rest == 0 && bits > 0 ? bits : -1;
}

static bool read_mask(struct reader *reader, struct ipvs_service *service)
{
    struct addr mask;
    const char *text = reader->values[OPTION_MASK];
    uint32_t bits = 0;
    if ((reader->seen & BIT(OPTION_MASK)) == 0)
        return true;
    if ((reader->seen & BIT(OPTION_PERSISTENT)) == 0)
        return fail(reader, "-M says how persistence groups clients: add -p, or drop it");
    if (service->key.family == ADDR_V6) {
        if (!read_option(reader, OPTION_MASK, "prefix length", 1, 128, &bits))
            return false;
        service->prefix = (uint8_t)bits;
        return true;
    }
    if (!addr_parse(text, &mask) || mask.family != ADDR_V4 || mask_bits(&mask) < 0)
        return fail(reader, "\"%.60s\" is not a network mask such as 255.255.255.0", text);
    service->prefix = (uint8_t)mask_bits(&mask);
    return true;
}

static bool add_flag(struct reader *reader, struct ipvs_service *service, const char *text,
                     size_t length)
{
    char name[16] = "";
    uint32_t bit = 0;
    if (length < sizeof(name))
        memcpy(name, text, length);
    if (!ipvs_flag_find(service->scheduler, name, &bit))
        return fail(reader, "\"%.*s\" is not a flag of scheduler %s, which has %s, %s, %s",
                    (int)(length < 60 ? length : 60), text, service->scheduler,
                    ipvs_flag_name(service->scheduler, IPVS_SCHED1),
                    ipvs_flag_name(service->scheduler, IPVS_SCHED2),
                    ipvs_flag_name(service->scheduler, IPVS_SCHED3));
    service->flags |= bit;
    return true;
}

static bool read_flags(struct reader *reader, struct ipvs_service *service)
{
    const char *text = reader->values[OPTION_FLAGS];
    if ((reader->seen & BIT(OPTION_FLAGS)) == 0)
        return true;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!add_flag(reader, service, text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool read_service(struct reader *reader, struct ipvs_service *service)
{
    memcpy(service->scheduler, "wlc", sizeof("wlc"));
    if ((reader->seen & BIT(OPTION_SCHEDULER)) != 0 &&
        !read_word(reader, OPTION_SCHEDULER, service->scheduler, sizeof(service->scheduler)))
        return false;
    if ((reader->seen & BIT(OPTION_ENGINE)) != 0 &&
        !read_word(reader, OPTION_ENGINE, service->engine, sizeof(service->engine)))
        return false;
    if ((reader->seen & BIT(OPTION_PERSISTENT)) != 0) {
        service->flags |= IPVS_PERSISTENT;
        service->timeout = PERSISTENCE_DEFAULT;
        if (reader->values[OPTION_PERSISTENT] != NULL &&
            !read_option(reader, OPTION_PERSISTENT, "persistence in seconds", 1, IPVS_TIMEOUT_MAX,
                         &service->timeout))
            return false;
    }
    if ((reader->seen & BIT(OPTION_ONE_PACKET)) != 0)
        service->flags |= IPVS_ONE_PACKET;
    if (!read_mask(reader, service) || !read_flags(reader, service))
        return false;
    ipvs_service_normalise(service);
    return true;
}

/* ---- servers -----------------------------------------------------------------------------------
 */

static bool read_tunnel(struct reader *reader, struct ipvs_dest *dest)
{
    static const uint32_t any = BIT(OPTION_TUNNEL) | BIT(OPTION_TUNNEL_PORT) | BIT(OPTION_CHECKSUM);
    uint32_t port = 0;
    if ((reader->seen & any) != 0 && dest->forward != IPVS_TUN)
        return fail(reader, "--tun-... goes with -i only");
    if ((reader->seen & BIT(OPTION_TUNNEL)) != 0 &&
        !ipvs_tunnel_find(reader->values[OPTION_TUNNEL], &dest->tunnel))
        return fail(reader, "\"%.60s\" is not a tunnel: ipip, gue or gre",
                    reader->values[OPTION_TUNNEL]);
    if ((reader->seen & BIT(OPTION_CHECKSUM)) != 0 && dest->tunnel == IPVS_IPIP)
        return fail(reader, "an ipip tunnel has no checksum");
    if ((reader->seen & BIT(OPTION_TUNNEL_PORT)) != 0 && dest->tunnel != IPVS_GUE)
        return fail(reader, "--tun-port goes with --tun-type gue only");
    if (!read_option(reader, OPTION_TUNNEL_PORT, "port", 1, UINT16_MAX, &port))
        return false;
    dest->tunnel_port = (uint16_t)port;
    if ((reader->seen & BIT(OPTION_CHECKSUM)) != 0)
        dest->checksum = (uint8_t)reader->details[OPTION_CHECKSUM];
    return true;
}

static bool read_server(struct reader *reader, const struct ipvs_key *key, struct ipvs_dest *dest)
{
    if ((reader->seen & BIT(OPTION_SERVER)) == 0)
        return fail(reader, "--%s needs a server: -r ADDRESS:PORT", reader->command->name);
    dest->port = key->port;
    return read_endpoint(reader, reader->values[OPTION_SERVER], &dest->addr, &dest->port);
}

static bool read_server_settings(struct reader *reader, struct ipvs_dest *dest)
{
    dest->forward = IPVS_DR;
    dest->weight = 1;
    if ((reader->seen & BIT(OPTION_FORWARD)) != 0)
        dest->forward = (uint8_t)reader->details[OPTION_FORWARD];
    if (!read_tunnel(reader, dest) ||
        !read_option(reader, OPTION_WEIGHT, "weight", 0, IPVS_WEIGHT_MAX, &dest->weight) ||
        !read_option(reader, OPTION_UPPER, "threshold", 0, INT32_MAX, &dest->upper) ||
        !read_option(reader, OPTION_LOWER, "threshold", 0, INT32_MAX, &dest->lower))
        return false;
    ipvs_dest_normalise(dest);
    return true;
}

/* ---- timeouts and daemons ----------------------------------------------------------------------
 */

static bool read_timeouts(struct reader *reader, struct ipvs_timeouts *out)
{
    uint32_t *const places[] = { &out->tcp, &out->tcp_fin, &out->udp };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        uint64_t seconds = 0;
        if (!read_number(reader, "timeout in seconds", reader->command_values[i], 0,
                         IPVS_TIMEOUT_MAX, &seconds))
            return false;
        *places[i] = (uint32_t)seconds;
    }
    return true;
}

static bool is_multicast(const struct addr *addr)
{
    return addr->family == ADDR_V4 ? (addr->bytes[0] & 0xf0) == 0xe0 : addr->bytes[0] == 0xff;
}

static bool read_role(struct reader *reader, struct ipvs_daemon *daemon)
{
    const char *text = reader->command_values[0];
    if (strcmp(text, "master") == 0)
        daemon->role = IPVS_MASTER;
    else if (strcmp(text, "backup") == 0)
        daemon->role = IPVS_BACKUP;
    else
        return fail(reader, "\"%.60s\" is not a role: master or backup", text);
    return true;
}

static bool read_daemon(struct reader *reader, struct ipvs_daemon *daemon)
{
    uint32_t length = 0;
    uint32_t port = 0;
    uint32_t ttl = 0;
    if ((reader->seen & BIT(OPTION_INTERFACE)) == 0)
        return fail(reader, "--start-daemon needs --mcast-interface");
    if (!read_word(reader, OPTION_INTERFACE, daemon->interface, sizeof(daemon->interface)))
        return false;
    if (strpbrk(daemon->interface, "/:") != NULL)
        return fail(reader, "\"%s\" is not the name of an interface", daemon->interface);
    const char *group = reader->values[OPTION_GROUP];
    if ((reader->seen & BIT(OPTION_GROUP)) != 0 &&
        (!addr_parse(group, &daemon->group) || !is_multicast(&daemon->group)))
        return fail(reader, "\"%.60s\" is not a multicast address", group);
    if (!read_option(reader, OPTION_SYNC_ID, "sync id", 0, 255, &daemon->id) ||
        !read_option(reader, OPTION_MAX_LENGTH, "length", 1, 65507, &length) ||
        !read_option(reader, OPTION_PORT, "port", 1, UINT16_MAX, &port) ||
        !read_option(reader, OPTION_TTL, "ttl", 1, 255, &ttl))
        return false;
    daemon->max_length = (uint16_t)length;
    daemon->port = (uint16_t)port;
    daemon->ttl = (uint8_t)ttl;
    return true;
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

static bool read_command(struct reader *reader, struct restore_line *out)
{
    switch (out->command) {
    case RESTORE_NOTHING:
    case RESTORE_CLEAR:
        return true;
    case RESTORE_TIMEOUTS:
        return read_timeouts(reader, &out->timeouts);
    case RESTORE_STOP_DAEMON:
        return read_role(reader, &out->daemon);
    case RESTORE_START_DAEMON:
        return read_role(reader, &out->daemon) && read_daemon(reader, &out->daemon);
    case RESTORE_DELETE_SERVICE:
        return read_key(reader, &out->service.key);
    case RESTORE_ADD_SERVICE:
    case RESTORE_EDIT_SERVICE:
        return read_key(reader, &out->service.key) && read_service(reader, &out->service);
    case RESTORE_DELETE_SERVER:
        return read_key(reader, &out->service.key) &&
               read_server(reader, &out->service.key, &out->dest);
    case RESTORE_ADD_SERVER:
    case RESTORE_EDIT_SERVER:
        return read_key(reader, &out->service.key) &&
               read_server(reader, &out->service.key, &out->dest) &&
               read_server_settings(reader, &out->dest);
    }
    return false;
}

bool restore_line_read(const char *text, size_t length, struct restore_line *out, char *message)
{
    struct reader reader = { .message = message };
    *out = (struct restore_line){ .command = RESTORE_NOTHING };
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL && text[length - 1] != '\0')
        length--;
    size_t start = 0;
    while (start < length && (text[start] == ' ' || text[start] == '\t'))
        start++;
    if (start == length || text[start] == '#')
        return true;
    if (!read_words(&reader, text, length) || !take_words(&reader))
        return false;
    out->command = (enum restore_command)reader.command->detail;
    return read_command(&reader, out);
}
