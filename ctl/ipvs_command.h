// SPDX-License-Identifier: BSD-2-Clause
/* The commands that begin with "ipvs": one table row each, as in command.c. One thread. */
#pragma once

#include "ctl/command.h"

/* By the word behind "ipvs"; NULL when there is none of that name. */
const struct command *ipvs_command_find(const char *verb);
/* A line for each of them. */
void ipvs_command_help(struct strbuf *out);
/* Fails, and says what there is. */
bool ipvs_command_unknown(struct command_context *ctx, const char *const *words, size_t count);
