// SPDX-License-Identifier: BSD-2-Clause
/* The command line: options may stand anywhere, before or behind the command. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_WORDS_MAX 64

enum option_bit {
    OPTION_API = 1,
    OPTION_TOKEN_FILE = 2,
    OPTION_JSON = 4,
    OPTION_HELP = 8,
    OPTION_VERSION = 16,
    OPTION_REASON = 32,
    OPTION_FOR = 64,
    OPTION_CLIENT = 128,
    OPTION_ECS = 256,
    OPTION_AFTER = 512,
    OPTION_STATS = 1 << 10,
    OPTION_RATE = 1 << 11,
    OPTION_THRESHOLDS = 1 << 12,
    OPTION_PERSISTENT_CONN = 1 << 13,
    OPTION_TUN_INFO = 1 << 14,
    OPTION_TIMEOUT = 1 << 15,
    OPTION_DAEMON = 1 << 16,
    OPTION_EXACT = 1 << 17,
    OPTION_PLAIN = 1 << 18,
    OPTION_APPLY = 1 << 19,
    OPTION_FORCE = 1 << 20,
    OPTION_ALL = 1 << 21,
    OPTION_UNDO = 1 << 22,
    OPTION_CONNECTIONS = 1 << 23,
};
#define OPTIONS_EVERY  (~0U)
#define OPTIONS_GLOBAL (OPTION_API | OPTION_TOKEN_FILE | OPTION_JSON | OPTION_HELP | OPTION_VERSION)

struct options {
    unsigned given; /* bits */
    const char *api;
    const char *token_file;
    const char *reason;
    const char *span; /* --for */
    const char *client;
    const char *ecs;
    const char *after;
    const char *words[OPTIONS_WORDS_MAX]; /* what is no option: the command and its arguments */
    size_t word_count;
};

/* Borrows the strings of `argv`. False with a message in `error`. */
bool options_parse(int argc, const char *const *argv, struct options *out, char *error,
                   size_t error_size);
/* Name of the first option that is given and not in `allowed`, or NULL. */
const char *options_stray(const struct options *options, unsigned allowed);
/* One line for each option in `bits`, for help texts. */
struct strbuf;
void options_help(unsigned bits, struct strbuf *out);
