// SPDX-License-Identifier: BSD-2-Clause
/* gslbctl's commands: one table row each. One more command = one row and its function. One thread.
 */
#pragma once

#include "ctl/client.h"
#include "ctl/options.h"
#include "ctl/show.h"

#include <stdio.h>

#define COMMAND_ERROR_MAX 512

/* What a command works with. */
struct command_context {
    const struct options *options;
    struct client *client;
    FILE *out;
    bool colour;
    char error[COMMAND_ERROR_MAX]; /* one line, when the command fails */
};

struct command {
    const char *name;      /* one word, or two */
    const char *arguments; /* for the usage line */
    size_t min, max;       /* how many */
    unsigned options;      /* bits, besides the global ones */
    bool (*run)(struct command_context *ctx, const char *const *words, size_t count);
    const char *summary;
};

/* The command that the words begin with; NULL when there is none of that name. */
const struct command *command_find(const char *const *words, size_t count);
/* How many words name it: "ipvs list" takes two. */
size_t command_words(const struct command *command);
/* Checks number of arguments and options; false with a message. */
bool command_check(const struct command *command, const struct options *options, char *error,
                   size_t error_size);
/* Help on one command, or on all of them (NULL). */
void command_help(const struct command *command, struct strbuf *out);
