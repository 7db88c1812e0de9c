// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/options.h"

#include "base/compiler.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

#define NO_FIELD SIZE_MAX

static const struct option_row {
    const char *name;
    unsigned bit;
    size_t field; /* of struct options; NO_FIELD = takes no value */
    const char *value;
    const char *help;
} table[] = {
    { "--api", OPTION_API, offsetof(struct options, api), "URL",
      "http://HOST:PORT or unix:/PATH; else GSLB_API, else http://127.0.0.1:8053" },
    { "--token-file", OPTION_TOKEN_FILE, offsetof(struct options, token_file), "FILE",
      "file with the API token; else GSLB_TOKEN holds the token itself" },
    { "--json", OPTION_JSON, NO_FIELD, NULL, "print the API's JSON as it comes" },
    { "--reason", OPTION_REASON, offsetof(struct options, reason), "TEXT",
      "why; kept with the override" },
    { "--for", OPTION_FOR, offsetof(struct options, span), "TIME",
      "how long: 30s, 10m, 2h, 1d; then the override ends by itself" },
    { "--client", OPTION_CLIENT, offsetof(struct options, client), "IP",
      "address of the client that asks" },
    { "--ecs", OPTION_ECS, offsetof(struct options, ecs), "SUBNET", "client subnet, IP/LENGTH" },
    { "--after", OPTION_AFTER, offsetof(struct options, after), "ID",
      "begin behind the event with this number" },
    { "--stats", OPTION_STATS, NO_FIELD, NULL, "connections, packets and bytes" },
    { "--rate", OPTION_RATE, NO_FIELD, NULL, "the same a second" },
    { "--thresholds", OPTION_THRESHOLDS, NO_FIELD, NULL, "limits of connections" },
    { "--persistent-conn", OPTION_PERSISTENT_CONN, NO_FIELD, NULL,
      "numbers of clients that are bound to a server" },
    { "--tun-info", OPTION_TUN_INFO, NO_FIELD, NULL, "kinds of tunnels" },
    { "--connections", OPTION_CONNECTIONS, NO_FIELD, NULL,
      "connections on this host instead of the table" },
    { "--timeout", OPTION_TIMEOUT, NO_FIELD, NULL, "timeouts of connections instead of the table" },
    { "--daemon", OPTION_DAEMON, NO_FIELD, NULL, "sync daemons instead of the table" },
    { "--exact", OPTION_EXACT, NO_FIELD, NULL,
      "list: numbers in full; restore: services that are not in the text go" },
    { "--plain", OPTION_PLAIN, NO_FIELD, NULL, "what ipvsadm-save prints, and no more" },
    { "--apply", OPTION_APPLY, NO_FIELD, NULL, "do it, not only show it" },
    { "--force", OPTION_FORCE, NO_FIELD, NULL, "even past ipvs.max_remove" },
    { "--all", OPTION_ALL, NO_FIELD, NULL, "forwarding methods that no service uses, too" },
    { "--undo", OPTION_UNDO, NO_FIELD, NULL, "the script that takes it back" },
    { "--help", OPTION_HELP, NO_FIELD, NULL, "this text" },
    { "--version", OPTION_VERSION, NO_FIELD, NULL, "print the version" },
};

/* "--name", "--name=value" */
static const struct option_row *find(const char *text, size_t length)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, text, length) == 0)
            return &table[i];
    return NULL;
}

/* Takes the option at argv[*at], and its value. */
static bool take_option(int argc, const char *const *argv, int *at, struct options *out,
                        char *error, size_t error_size)
{
    const char *text = strcmp(argv[*at], "-h") == 0 ? "--help" : argv[*at];
    const char *equals = strchr(text, '=');
    const struct option_row *row =
        find(text, equals == NULL ? strlen(text) : (size_t)(equals - text));
    if (row == NULL) {
        (void)snprintf(error, error_size, "unknown option %s, see gslbctl --help", text);
        return false;
    }
    bool takes = row->field != NO_FIELD;
    const char *value = equals == NULL ? NULL : equals + 1;
    if (takes && value == NULL && *at + 1 < argc)
        value = argv[++*at];
    if (takes != (value != NULL)) {
        (void)snprintf(error, error_size, "%s takes %s value", row->name, takes ? "a" : "no");
        return false;
    }
    out->given |= row->bit;
    if (takes)
        *(const char **)(void *)((char *)out + row->field) = value;
    return true;
}

bool options_parse(int argc, const char *const *argv, struct options *out, char *error,
                   size_t error_size)
{
    bool only_words = false;
    *out = (struct options){ 0 };
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!take_option(argc, argv, &i, out, error, error_size))
                return false;
        } else if (out->word_count == OPTIONS_WORDS_MAX) {
            (void)snprintf(error, error_size, "too many arguments");
            return false;
        } else {
            out->words[out->word_count++] = argv[i];
        }
    }
    return true;
}

const char *options_stray(const struct options *options, unsigned allowed)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if ((options->given & table[i].bit & ~allowed) != 0)
            return table[i].name;
    return NULL;
}

void options_help(unsigned bits, struct strbuf *out)
{
    char head[32];
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if ((table[i].bit & bits) == 0)
            continue;
        (void)snprintf(head, sizeof(head), "%s%s%s", table[i].name,
                       table[i].value == NULL ? "" : " ",
                       table[i].value == NULL ? "" : table[i].value);
        strbuf_addf(out, "  %-19s %s\n", head, table[i].help);
    }
}
