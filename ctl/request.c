// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/request.h"

#include "base/clock.h"
#include "base/parse.h"
#include "ctl/sse.h"
#include "ctl/table.h"

#include <stdlib.h>
#include <string.h>

void request_fail(struct command_context *ctx, const char *text)
{
    struct strbuf clean;
    strbuf_init(&clean);
    table_add_clean(&clean, text);
    (void)snprintf(ctx->error, sizeof(ctx->error), "%s", clean.text);
    strbuf_fini(&clean);
}

/* A reload that was refused comes with all that is wrong: a line each. */
static void print_lines(struct command_context *ctx, const json_t *lines)
{
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const char *line = json_string_value(json_array_get(lines, i));
        table_add_clean(&text, line == NULL ? "" : line);
        strbuf_add(&text, "\n");
    }
    (void)fputs(text.text, ctx->out);
    strbuf_fini(&text);
}

static bool refused(struct command_context *ctx, const struct client_answer *answer)
{
    char text[64];
    json_t *root = json_loadb(answer->body.text, answer->body.length, 0, NULL);
    const char *message =
        json_string_value(json_object_get(json_object_get(root, "error"), "message"));
    (void)snprintf(text, sizeof(text), "the server answers with HTTP status %ld", answer->status);
    request_fail(ctx, message != NULL ? message : text);
    if ((ctx->options->given & OPTION_JSON) != 0 && root != NULL)
        (void)fputs(answer->body.text, ctx->out);
    else
        print_lines(ctx, json_object_get(root, "errors"));
    json_decref(root);
    return false;
}

void request_print(struct command_context *ctx, const json_t *root, show_fn *show)
{
    if ((ctx->options->given & OPTION_JSON) != 0) {
        (void)json_dumpf(root, ctx->out, JSON_COMPACT);
        (void)fputs("\n", ctx->out);
        return;
    }
    struct strbuf text;
    strbuf_init(&text);
    struct show how = { .out = &text, .colour = ctx->colour, .now_ms = clock_wall_ms() };
    show(&how, root);
    (void)fputs(text.text, ctx->out);
    strbuf_fini(&text);
}

static bool print_answer(struct command_context *ctx, const struct client_answer *answer,
                         const struct request *request)
{
    bool plain = request->show == NULL || (ctx->options->given & OPTION_JSON) != 0;
    if (plain)
        (void)fwrite(answer->body.text, 1, answer->body.length, ctx->out);
    if (plain && request->judge == NULL)
        return true;
    json_t *root = json_loadb(answer->body.text, answer->body.length, 0, NULL);
    if (root == NULL) {
        request_fail(ctx, "the server's answer is not JSON; is this the API of gslbd?");
        return false;
    }
    if (!plain)
        request_print(ctx, root, request->show);
    bool ok = request->judge == NULL || request->judge(ctx, root);
    json_decref(root);
    return ok;
}

bool request_run(struct command_context *ctx, const struct request *request)
{
    struct client_answer answer;
    char *body = request->body == NULL ? NULL : json_dumps(request->body, JSON_COMPACT);
    json_decref(request->body);
    bool ok = client_call(ctx->client, request->method, request->path, body, &answer, ctx->error,
                          sizeof(ctx->error));
    if (ok)
        ok = answer.status == 200 ? print_answer(ctx, &answer, request) : refused(ctx, &answer);
    client_answer_fini(&answer);
    free(body);
    return ok;
}

json_t *request_get(struct command_context *ctx, const char *path)
{
    struct client_answer answer;
    json_t *root = NULL;
    bool ok = client_call(ctx->client, "GET", path, NULL, &answer, ctx->error, sizeof(ctx->error));
    if (ok && answer.status == 200) {
        root = json_loadb(answer.body.text, answer.body.length, 0, NULL);
        if (root == NULL)
            request_fail(ctx, "the server's answer is not JSON; is this the API of gslbd?");
    } else if (ok) {
        (void)refused(ctx, &answer);
    }
    client_answer_fini(&answer);
    return root;
}

/* --- parts of requests --- */

bool request_send(struct command_context *ctx, const char *method, struct strbuf *path,
                  json_t *body, show_fn *show)
{
    struct request request = { method, path->text, body, show, NULL };
    bool ok = request_run(ctx, &request);
    strbuf_fini(path);
    return ok;
}

struct strbuf request_path(const char *text)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_add(&path, text);
    return path;
}

void request_add_why(struct command_context *ctx, json_t *body)
{
    if (ctx->options->reason != NULL)
        (void)json_object_set_new(body, "reason", json_string(ctx->options->reason));
    if (ctx->options->span != NULL)
        (void)json_object_set_new(body, "for", json_string(ctx->options->span));
}

bool request_weight(struct command_context *ctx, const char *text, json_t **body)
{
    uint64_t weight = 0;
    bool given = strcmp(text, "auto") != 0;
    if (given && !parse_u64(text, strlen(text), REQUEST_WEIGHT_MAX, &weight)) {
        (void)snprintf(ctx->error, sizeof(ctx->error),
                       "%.300s is not a weight: a number from 0 to 65535, or auto", text);
        return false;
    }
    *body = json_pack("{s:o}", "weight", given ? json_integer((json_int_t)weight) : json_null());
    request_add_why(ctx, *body);
    return true;
}

/* --- events --- */

static void print_event(struct command_context *ctx, const char *id, const char *type,
                        json_t *object)
{
    struct strbuf text;
    strbuf_init(&text);
    struct show how = { .out = &text, .colour = ctx->colour, .now_ms = clock_wall_ms() };
    if ((ctx->options->given & OPTION_JSON) != 0) {
        json_t *line = json_pack("{s:s, s:s, s:O}", "id", id, "event", type, "data", object);
        char *dump = json_dumps(line, JSON_COMPACT);
        strbuf_addf(&text, "%s\n", dump == NULL ? "{}" : dump);
        free(dump);
        json_decref(line);
    } else {
        show_event(&how, type, object);
    }
    (void)fputs(text.text, ctx->out);
    (void)fflush(ctx->out);
    strbuf_fini(&text);
}

static void on_event(void *data, const char *id, const char *type, const char *text)
{
    json_t *object = json_loads(text, 0, NULL);
    if (object != NULL)
        print_event(data, id, type, object);
    json_decref(object);
}

static bool on_piece(void *data, const char *bytes, size_t length)
{
    return sse_feed(data, bytes, length);
}

bool request_events(struct command_context *ctx, const char *path)
{
    struct client_answer answer;
    struct sse sse;
    sse_init(&sse, on_event, ctx);
    bool ok =
        client_stream(ctx->client, path, on_piece, &sse, &answer, ctx->error, sizeof(ctx->error));
    if (ok && answer.status == 200)
        request_fail(ctx, "the server has ended the stream");
    else if (ok)
        (void)refused(ctx, &answer);
    client_answer_fini(&answer);
    sse_fini(&sse);
    return false;
}
