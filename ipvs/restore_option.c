// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/restore_option.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what there is -----------------------------------------------------------------------------
 */

#define BIT(option) (1U << (option))
#define KEY_OPTIONS (BIT(RESTORE_OPTION_SERVICE) | BIT(RESTORE_OPTION_IPV6))
#define SERVICE_OPTIONS                                                                            \
    (KEY_OPTIONS | BIT(RESTORE_OPTION_SCHEDULER) | BIT(RESTORE_OPTION_ENGINE) |                    \
     BIT(RESTORE_OPTION_PERSISTENT) | BIT(RESTORE_OPTION_MASK) | BIT(RESTORE_OPTION_ONE_PACKET) |  \
     BIT(RESTORE_OPTION_FLAGS))
#define SERVER_OPTIONS                                                                             \
    (KEY_OPTIONS | BIT(RESTORE_OPTION_SERVER) | BIT(RESTORE_OPTION_FORWARD) |                      \
     BIT(RESTORE_OPTION_TUNNEL) | BIT(RESTORE_OPTION_TUNNEL_PORT) | BIT(RESTORE_OPTION_CHECKSUM) | \
     BIT(RESTORE_OPTION_WEIGHT) | BIT(RESTORE_OPTION_UPPER) | BIT(RESTORE_OPTION_LOWER))
#define DAEMON_OPTIONS                                                                             \
    (BIT(RESTORE_OPTION_INTERFACE) | BIT(RESTORE_OPTION_SYNC_ID) |                                 \
     BIT(RESTORE_OPTION_MAX_LENGTH) | BIT(RESTORE_OPTION_GROUP) | BIT(RESTORE_OPTION_PORT) |       \
     BIT(RESTORE_OPTION_TTL))

static const uint32_t allowed[] = {
    [RESTORE_ADD_SERVICE] = SERVICE_OPTIONS,
    [RESTORE_EDIT_SERVICE] = SERVICE_OPTIONS,
    [RESTORE_DELETE_SERVICE] = KEY_OPTIONS,
    [RESTORE_ADD_SERVER] = SERVER_OPTIONS,
    [RESTORE_EDIT_SERVER] = SERVER_OPTIONS,
    [RESTORE_DELETE_SERVER] = KEY_OPTIONS | BIT(RESTORE_OPTION_SERVER),
    [RESTORE_CLEAR] = 0,
    [RESTORE_TIMEOUTS] = 0,
    [RESTORE_START_DAEMON] = DAEMON_OPTIONS,
    [RESTORE_STOP_DAEMON] = 0,
};

enum option_value { VALUE_NONE, VALUE_ONE, VALUE_MAYBE, VALUE_THREE };

struct restore_option {
    char letter; /* 0 = long only */
    const char *name;
    enum restore_option_id id;
    enum option_value value;
    unsigned detail;
};

static const struct restore_option options[] = {
    { 'A', "add-service", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_ADD_SERVICE },
    { 'E', "edit-service", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_EDIT_SERVICE },
    { 'D', "delete-service", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_DELETE_SERVICE },
    { 'a', "add-server", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_ADD_SERVER },
    { 'e', "edit-server", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_EDIT_SERVER },
    { 'd', "delete-server", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_DELETE_SERVER },
    { 'C', "clear", RESTORE_OPTION_COMMAND, VALUE_NONE, RESTORE_CLEAR },
    { 0, "set", RESTORE_OPTION_COMMAND, VALUE_THREE, RESTORE_TIMEOUTS },
    { 0, "start-daemon", RESTORE_OPTION_COMMAND, VALUE_ONE, RESTORE_START_DAEMON },
    { 0, "stop-daemon", RESTORE_OPTION_COMMAND, VALUE_ONE, RESTORE_STOP_DAEMON },
    { 't', "tcp-service", RESTORE_OPTION_SERVICE, VALUE_ONE, IPVS_TCP },
    { 'u', "udp-service", RESTORE_OPTION_SERVICE, VALUE_ONE, IPVS_UDP },
    { 0, "sctp-service", RESTORE_OPTION_SERVICE, VALUE_ONE, IPVS_SCTP },
    { 'f', "fwmark-service", RESTORE_OPTION_SERVICE, VALUE_ONE, RESTORE_FWMARK },
    { '6', "ipv6", RESTORE_OPTION_IPV6, VALUE_NONE, 0 },
    { 's', "scheduler", RESTORE_OPTION_SCHEDULER, VALUE_ONE, 0 },
    { 0, "pe", RESTORE_OPTION_ENGINE, VALUE_ONE, 0 },
    { 'p', "persistent", RESTORE_OPTION_PERSISTENT, VALUE_MAYBE, 0 },
    { 'M', "netmask", RESTORE_OPTION_MASK, VALUE_ONE, 0 },
    { 'o', "ops", RESTORE_OPTION_ONE_PACKET, VALUE_NONE, 0 },
    { 'b', "sched-flags", RESTORE_OPTION_FLAGS, VALUE_ONE, 0 },
    { 'r', "real-server", RESTORE_OPTION_SERVER, VALUE_ONE, 0 },
    { 'g', "gatewaying", RESTORE_OPTION_FORWARD, VALUE_NONE, IPVS_DR },
    { 'i', "ipip", RESTORE_OPTION_FORWARD, VALUE_NONE, IPVS_TUN },
    { 'm', "masquerading", RESTORE_OPTION_FORWARD, VALUE_NONE, IPVS_NAT },
    { 0, "tun-type", RESTORE_OPTION_TUNNEL, VALUE_ONE, 0 },
    { 0, "tun-port", RESTORE_OPTION_TUNNEL_PORT, VALUE_ONE, 0 },
    { 0, "tun-nocsum", RESTORE_OPTION_CHECKSUM, VALUE_NONE, IPVS_NOCSUM },
    { 0, "tun-csum", RESTORE_OPTION_CHECKSUM, VALUE_NONE, IPVS_CSUM },
    { 0, "tun-remcsum", RESTORE_OPTION_CHECKSUM, VALUE_NONE, IPVS_REMCSUM },
    { 'w', "weight", RESTORE_OPTION_WEIGHT, VALUE_ONE, 0 },
    { 'x', "u-threshold", RESTORE_OPTION_UPPER, VALUE_ONE, 0 },
    { 'y', "l-threshold", RESTORE_OPTION_LOWER, VALUE_ONE, 0 },
    { 0, "mcast-interface", RESTORE_OPTION_INTERFACE, VALUE_ONE, 0 },
    { 0, "syncid", RESTORE_OPTION_SYNC_ID, VALUE_ONE, 0 },
    { 0, "sync-maxlen", RESTORE_OPTION_MAX_LENGTH, VALUE_ONE, 0 },
    { 0, "mcast-group", RESTORE_OPTION_GROUP, VALUE_ONE, 0 },
    { 0, "mcast-port", RESTORE_OPTION_PORT, VALUE_ONE, 0 },
    { 0, "mcast-ttl", RESTORE_OPTION_TTL, VALUE_ONE, 0 },
    { 'Z', "zero", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
    { 'L', "list", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
    { 'l', "list", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
    { 'S', "save", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
    { 'R', "restore", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
    { 'n', "numeric", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
    { 'h', "help", RESTORE_OPTION_REFUSED, VALUE_NONE, 0 },
};

/* ---- reading ---------------------------------------------------------------------------------
 */

bool restore_fail(struct restore_reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reader->message, RESTORE_MESSAGE_MAX, format, args);
    va_end(args);
    return false;
}

static bool read_words(struct restore_reader *reader, const char *text, size_t length)
{
    if (length > RESTORE_LINE_MAX)
        return restore_fail(reader, "the line is longer than %d bytes", RESTORE_LINE_MAX);
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
            return restore_fail(reader, "there is a byte that is not printable ASCII");
        if (in_word)
            continue;
        if (reader->word_count == RESTORE_WORDS_MAX)
            return restore_fail(reader, "the line has more than %d words", RESTORE_WORDS_MAX);
        reader->words[reader->word_count++] = &reader->text[i];
        in_word = true;
    }
    return true;
}

static const struct restore_option *find_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].letter == letter)
            return &options[i];
    }
    return NULL;
}

static const struct restore_option *find_name(const char *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    }
    return NULL;
}

static bool take_command(struct restore_reader *reader, const struct restore_option *option,
                         const char *value)
{
    if (reader->command != NULL)
        return restore_fail(reader, "--%s: the line has a command already, --%s", option->name,
                            reader->command->name);
    reader->command = option;
    reader->command_values[0] = value;
    if (option->value != VALUE_THREE)
        return true;
    for (size_t i = 1; i < 3; i++) {
        if (reader->at == reader->word_count)
            return restore_fail(reader,
                                "--%s needs three numbers of seconds: TCP, TCP after FIN, UDP",
                                option->name);
        reader->command_values[i] = reader->words[reader->at++];
    }
    return true;
}

/* `value` is what stands in the same word, NULL if nothing does. */
static bool take_option(struct restore_reader *reader, const struct restore_option *option,
                        const char *value)
{
    if (option->id == RESTORE_OPTION_REFUSED)
        return restore_fail(reader,
                            "--%s does not belong here: such a file only tells what the table is",
                            option->name);
    if (option->value == VALUE_NONE && value != NULL)
        return restore_fail(reader, "--%s has no value", option->name);
    bool next = reader->at < reader->word_count;
    bool maybe = option->value == VALUE_MAYBE;
    if (value == NULL && option->value != VALUE_NONE && next &&
        (!maybe || reader->words[reader->at][0] != '-'))
        value = reader->words[reader->at++];
    if (value == NULL && (option->value == VALUE_ONE || option->value == VALUE_THREE))
        return restore_fail(reader, "--%s needs a value", option->name);
    if (option->id == RESTORE_OPTION_COMMAND)
        return take_command(reader, option, value);
    if ((reader->seen & BIT(option->id)) != 0)
        return restore_fail(reader, "--%s: this, or what excludes it, is there already",
                            option->name);
    reader->seen |= BIT(option->id);
    reader->values[option->id] = value;
    reader->details[option->id] = option->detail;
    return true;
}

static bool take_long(struct restore_reader *reader, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct restore_option *option = find_name(word + 2, length - 2);
    if (option == NULL)
        return restore_fail(reader, "\"%.60s\" is not an option of ipvsadm", word);
    return take_option(reader, option, equals != NULL ? equals + 1 : NULL);
}

/* Letters may be bundled; the rest of the word behind one that has a value is the value. */
static bool take_letters(struct restore_reader *reader, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        const struct restore_option *option = find_letter(*at);
        if (option == NULL)
            return restore_fail(reader, "\"-%c\" is not an option of ipvsadm", *at);
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

static bool take_words(struct restore_reader *reader)
{
    assert(reader->word_count > 0);
    const char *first = reader->words[0];
    const char *slash = strrchr(first, '/');
    if (strcmp(slash != NULL ? slash + 1 : first, "ipvsadm") == 0)
        reader->at = 1;
    while (reader->at < reader->word_count) {
        const char *word = reader->words[reader->at++];
        if (word[0] != '-' || word[1] == '\0')
            return restore_fail(reader, "\"%.60s\" is not expected here: options begin with \"-\"",
                                word);
        if (!(word[1] == '-' ? take_long(reader, word) : take_letters(reader, word)))
            return false;
    }
    if (reader->command == NULL)
        return restore_fail(reader, "the line has no command such as -A or -a");
    uint32_t bad = reader->seen & ~allowed[reader->command->detail];
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].id < RESTORE_OPTION_COUNT && (bad & BIT(options[i].id)) != 0 &&
            options[i].detail == reader->details[options[i].id])
            return restore_fail(reader, "--%s does not go with --%s", options[i].name,
                                reader->command->name);
    }
    return true;
}

bool restore_option_read(struct restore_reader *reader, const char *text, size_t length)
{
    return read_words(reader, text, length) && take_words(reader);
}

bool restore_option_given(const struct restore_reader *reader, enum restore_option_id id)
{
    return (reader->seen & BIT(id)) != 0;
}

enum restore_command restore_option_command(const struct restore_reader *reader)
{
    return (enum restore_command)reader->command->detail;
}

const char *restore_option_command_name(const struct restore_reader *reader)
{
    return reader->command->name;
}
