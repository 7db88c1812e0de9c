// SPDX-License-Identifier: BSD-2-Clause
/* One request of a command, from path to output. One thread. */
#pragma once

#include "ctl/command.h"

struct request {
    const char *method;
    const char *path;
    json_t *body;  /* taken; NULL = none */
    show_fn *show; /* NULL = the answer is printed as it is */
    /* After printing: false with ctx->error when the answer tells of a failure. NULL = it cannot */
    bool (*judge)(struct command_context *ctx, const json_t *root);
};

/* Sends, and prints the answer: its JSON with --json, else by `show`. False with ctx->error. */
bool request_run(struct command_context *ctx, const struct request *request);
/* Same, but the answer is handed over instead of printed: owned, NULL with ctx->error. */
json_t *request_get(struct command_context *ctx, const char *path);
/* What was made of an answer: as JSON with --json, else by `show`. */
void request_print(struct command_context *ctx, const json_t *root, show_fn *show);
/* GET without end: events are printed as they come. */
bool request_events(struct command_context *ctx, const char *path);
/* Sets ctx->error: one line, without control characters, since part of it may be the server's. */
void request_fail(struct command_context *ctx, const char *text);

/* --- parts of requests --- */

#define REQUEST_WEIGHT_MAX 65535

/* request_run of these; takes `path` and `body`. */
bool request_send(struct command_context *ctx, const char *method, struct strbuf *path,
                  json_t *body, show_fn *show);
/* Owned. */
struct strbuf request_path(const char *text);
/* The options --reason and --for. */
void request_add_why(struct command_context *ctx, json_t *body);
/* "5" or "auto" as the body that sets a weight, owned; false with ctx->error. */
bool request_weight(struct command_context *ctx, const char *text, json_t **body);
