// SPDX-License-Identifier: BSD-2-Clause
/* One request of a command, from path to output. One thread. */
#pragma once

#include "ctl/command.h"

struct request {
    const char *method;
    const char *path;
    json_t *body;  /* taken; NULL = none */
    show_fn *show; /* NULL = the answer is printed as it is */
};

/* Sends, and prints the answer: its JSON with --json, else by `show`. False with ctx->error. */
bool request_run(struct command_context *ctx, const struct request *request);
/* Same, but the answer is handed over instead of printed: owned, NULL with ctx->error. */
json_t *request_get(struct command_context *ctx, const char *path);
/* GET without end: events are printed as they come. */
bool request_events(struct command_context *ctx, const char *path);
