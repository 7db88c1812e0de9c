// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/ipvs_command.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "ctl/ipvs_answer.h"
#include "ctl/ipvs_host.h"
#include "ctl/request.h"
#include "ipvs/list.h"
#include "ipvs/save.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define RESTORE_MAX ((size_t)64 << 20) /* the server takes less, and says so itself */

static bool fail(struct command_context *ctx, const char *what, const char *rest)
{
    (void)snprintf(ctx->error, sizeof(ctx->error), "%.300s %s", what, rest);
    return false;
}

static bool given(const struct command_context *ctx, unsigned option)
{
    return (ctx->options->given & option) != 0;
}

/* --- the kernel's table --- */

static bool judge_available(struct command_context *ctx, const json_t *root)
{
    char text[COMMAND_ERROR_MAX];
    const char *reason = json_string_value(json_object_get(root, "reason"));
    if (json_is_true(json_object_get(root, "available")))
        return true;
    (void)snprintf(text, sizeof(text), "IPVS is not available: %.400s",
                   reason == NULL ? "no reason given" : reason);
    request_fail(ctx, text);
    return false;
}

/* Called with what the kernel has. */
typedef void print_fn(const struct command_context *ctx, const struct ipvs_table *table,
                      const struct ipvs_info *info, struct strbuf *out);

static bool print_table(struct command_context *ctx, const json_t *root, print_fn *print)
{
    struct ipvs_table table;
    struct ipvs_info info = { 0 };
    struct strbuf text;
    ipvs_table_init(&table);
    strbuf_init(&text);
    bool ok = ipvs_answer_kernel(root, &table, &info);
    if (ok) {
        list_sort(&table);
        print(ctx, &table, &info, &text);
    } else {
        request_fail(ctx, "the server's answer is not of the form that this gslbctl knows");
    }
    (void)fputs(text.text, ctx->out);
    strbuf_fini(&text);
    ipvs_table_fini(&table);
    return ok;
}

static bool run_print(struct command_context *ctx, print_fn *print)
{
    struct request request = { "GET", "/v1/ipvs", NULL, NULL, judge_available };
    if (given(ctx, OPTION_JSON))
        return request_run(ctx, &request);
    json_t *root = request_get(ctx, request.path);
    bool ok = root != NULL && judge_available(ctx, root) && print_table(ctx, root, print);
    json_decref(root);
    return ok;
}

static const struct {
    unsigned option;
    enum list_columns columns;
} columns[] = {
    { OPTION_STATS, LIST_STATS },           { OPTION_RATE, LIST_RATE },
    { OPTION_THRESHOLDS, LIST_THRESHOLDS }, { OPTION_PERSISTENT_CONN, LIST_PERSISTENT },
    { OPTION_TUN_INFO, LIST_TUNNEL },       { OPTION_TIMEOUT, LIST_DEFAULT },
    { OPTION_DAEMON, LIST_DEFAULT },        { OPTION_CONNECTIONS, LIST_DEFAULT },
};

static void print_list(const struct command_context *ctx, const struct ipvs_table *table,
                       const struct ipvs_info *info, struct strbuf *out)
{
    struct list_options options = { LIST_DEFAULT, given(ctx, OPTION_EXACT) };
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        if (given(ctx, columns[i].option))
            options.columns = columns[i].columns;
    if (given(ctx, OPTION_TIMEOUT))
        list_print_timeouts(&table->timeouts, out);
    else if (given(ctx, OPTION_DAEMON))
        list_print_daemons(table, out);
    else
        list_print(table, info, &options, out);
}

static bool run_list(struct command_context *ctx, const char *const *words, size_t count)
{
    size_t chosen = 0;
    (void)words;
    (void)count;
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        chosen += given(ctx, columns[i].option);
    if (chosen > 1)
        return fail(ctx, "one of --stats, --rate, --thresholds, --persistent-conn, --tun-info,",
                    "--connections, --timeout and --daemon at a time");
    if (given(ctx, OPTION_CONNECTIONS))
        return ipvs_host_connections(ctx, "");
    return run_print(ctx, print_list);
}

static void print_save(const struct command_context *ctx, const struct ipvs_table *table,
                       const struct ipvs_info *info, struct strbuf *out)
{
    struct save_options options = { .plain = given(ctx, OPTION_PLAIN) };
    (void)info;
    save_print(table, &options, out);
}

static bool run_save(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)words;
    (void)count;
    return run_print(ctx, print_save);
}

/* --- our services --- */

/* One service of the answer in the form of all of them. */
static json_t *only(const json_t *root, const char *name)
{
    const json_t *service = ipvs_answer_find(root, name);
    json_t *out = json_copy((json_t *)(uintptr_t)root);
    if (service != NULL)
        (void)json_object_set_new(out, "services", json_pack("[O]", (json_t *)(uintptr_t)service));
    return out;
}

static bool run_one_status(struct command_context *ctx, const char *name)
{
    json_t *root = request_get(ctx, "/v1/ipvs");
    bool found = root != NULL && ipvs_answer_find(root, name) != NULL;
    if (root != NULL && !found)
        (void)fail(ctx, "there is no IPVS service", name);
    if (found) {
        json_t *one = only(root, name);
        request_print(ctx, one, show_ipvs_status);
        json_decref(one);
    }
    json_decref(root);
    return found;
}

static bool run_status(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/ipvs");
    if (count == 0)
        return request_send(ctx, "GET", &path, NULL, show_ipvs_status);
    strbuf_fini(&path);
    return run_one_status(ctx, words[0]);
}

/* "SERVICE" or "SERVICE/SERVER": its own path with `end` behind it; false with an error. */
static bool target_path(struct command_context *ctx, const char *target, bool server,
                        const char *end, struct strbuf *out)
{
    const char *slash = strchr(target, '/');
    size_t length = slash == NULL ? strlen(target) : (size_t)(slash - target);
    if (length == 0 || (slash != NULL && slash[1] == '\0') || (server && slash == NULL))
        return fail(ctx, target, server ? "is not SERVICE/SERVER" : "is not SERVICE[/SERVER]");
    char *service = mem_strdup(target);
    service[length] = '\0';
    *out = request_path("/v1/ipvs/services");
    client_add_part(out, service);
    if (slash != NULL) {
        strbuf_add(out, "/servers");
        client_add_part(out, slash + 1);
    }
    strbuf_add(out, end);
    mem_free(service);
    return true;
}

static bool run_state(struct command_context *ctx, const char *target, const char *state)
{
    struct strbuf path;
    if (!target_path(ctx, target, false, "/state", &path))
        return false;
    json_t *body = json_pack("{s:s}", "state", state);
    request_add_why(ctx, body);
    return request_send(ctx, "PUT", &path, body, show_ipvs_service);
}

static bool run_down(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words[0], "down");
}

static bool run_up(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words[0], "up");
}

static bool run_drain(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words[0], "drain");
}

static bool run_auto(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words[0], "auto");
}

static bool run_weight(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path;
    json_t *body = NULL;
    (void)count;
    if (!target_path(ctx, words[0], true, "/weight", &path))
        return false;
    if (request_weight(ctx, words[1], &body))
        return request_send(ctx, "PUT", &path, body, show_ipvs_service);
    strbuf_fini(&path);
    return false;
}

static bool run_zero(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/ipvs/zero");
    json_t *body = count > 0 ? json_pack("{s:s}", "service", words[0]) : json_object();
    return request_send(ctx, "POST", &path, body, show_ipvs_zero);
}

/* --- plans --- */

static bool judge_results(struct command_context *ctx, const json_t *root)
{
    const json_t *operations = json_object_get(root, "operations");
    size_t held = json_array_size(json_object_get(root, "held"));
    size_t failed = 0;
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *result = json_object_get(json_array_get(operations, i), "result");
        const char *word = json_string_value(result);
        failed += result != NULL && (word == NULL || strcmp(word, "ok") != 0);
    }
    if (failed > 0)
        (void)snprintf(ctx->error, sizeof(ctx->error), "%zu of %zu operations failed", failed,
                       json_array_size(operations));
    else if (held > 0)
        (void)snprintf(ctx->error, sizeof(ctx->error),
                       "%zu deletions are held back, --force makes them", held);
    return failed == 0 && held == 0;
}

static bool run_plan(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/ipvs/plan");
    (void)words;
    (void)count;
    return request_send(ctx, "POST", &path, json_object(), show_ipvs_plan);
}

static bool run_apply(struct command_context *ctx, const char *const *words, size_t count)
{
    json_t *body = given(ctx, OPTION_FORCE) ? json_pack("{s:b}", "force", 1) : json_object();
    struct request request = { "POST", "/v1/ipvs/apply", body, show_ipvs_apply, judge_results };
    (void)words;
    (void)count;
    return request_run(ctx, &request);
}

/* The whole of FILE, or of standard input for "-". */
static bool read_text(struct command_context *ctx, const char *file, struct strbuf *out)
{
    char bytes[4096];
    size_t length = 0;
    FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    if (stream == NULL) {
        (void)snprintf(ctx->error, sizeof(ctx->error), "%.300s: %s", file, strerror(errno));
        return false;
    }
    while (out->length < RESTORE_MAX && (length = fread(bytes, 1, sizeof(bytes), stream)) > 0)
        strbuf_add_bytes(out, bytes, length);
    bool ok = ferror(stream) == 0 && out->length < RESTORE_MAX;
    if (!ok)
        (void)fail(ctx, file, ferror(stream) != 0 ? "cannot be read" : "is too large");
    if (stream != stdin)
        (void)fclose(stream);
    return ok;
}

static bool restore_text(struct command_context *ctx, const char *file, const struct strbuf *text)
{
    json_t *value = json_stringn(text->text, text->length);
    json_t *name = json_string(strcmp(file, "-") == 0 ? "stdin" : file);
    if (value == NULL) {
        json_decref(name);
        return fail(ctx, file, "is not UTF-8 text");
    }
    json_t *body =
        json_pack("{s:o, s:o, s:b, s:b}", "file", name == NULL ? json_string("FILE") : name, "text",
                  value, "apply", given(ctx, OPTION_APPLY), "exact", given(ctx, OPTION_EXACT));
    struct request request = { "POST", "/v1/ipvs/restore", body, show_ipvs_restore,
                               given(ctx, OPTION_APPLY) ? judge_results : NULL };
    return request_run(ctx, &request);
}

static bool run_restore(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf text;
    (void)count;
    strbuf_init(&text);
    bool ok = read_text(ctx, words[0], &text) && restore_text(ctx, words[0], &text);
    strbuf_fini(&text);
    return ok;
}

/* --- hosts --- */

static bool run_doctor(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)words;
    (void)count;
    return ipvs_host_doctor(ctx, "");
}

static bool run_realserver(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return ipvs_host_realserver(ctx, words[0]);
}

static bool run_import(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return ipvs_host_import(ctx, words[0]);
}

/* --- the table --- */

#define WHY (OPTION_REASON | OPTION_FOR)
#define LIST                                                                                       \
    (OPTION_STATS | OPTION_RATE | OPTION_THRESHOLDS | OPTION_PERSISTENT_CONN | OPTION_TUN_INFO |   \
     OPTION_CONNECTIONS | OPTION_TIMEOUT | OPTION_DAEMON | OPTION_EXACT)

static const struct command table[] = {
    { "ipvs list", "", 0, 0, LIST, run_list, "the kernel's table, as ipvsadm -Ln prints it" },
    { "ipvs status", "[SERVICE]", 0, 1, 0, run_status, "services, their servers, and why" },
    { "ipvs plan", "", 0, 0, 0, run_plan, "what would be changed in the kernel" },
    { "ipvs apply", "", 0, 0, OPTION_FORCE, run_apply, "change it now" },
    { "ipvs down", "SERVICE[/SERVER]", 1, 1, WHY, run_down, "take out at once" },
    { "ipvs up", "SERVICE[/SERVER]", 1, 1, WHY, run_up, "keep, whatever checks say" },
    { "ipvs drain", "SERVICE[/SERVER]", 1, 1, WHY, run_drain, "no new clients, out when empty" },
    { "ipvs auto", "SERVICE[/SERVER]", 1, 1, WHY, run_auto, "back to what checks say" },
    { "ipvs weight", "SERVICE/SERVER N|auto", 2, 2, WHY, run_weight,
      "set a weight, or back to the file's" },
    { "ipvs zero", "[SERVICE]", 0, 1, 0, run_zero, "set counters to zero" },
    { "ipvs save", "", 0, 0, OPTION_PLAIN, run_save, "the kernel's table as ipvsadm-save text" },
    { "ipvs restore", "FILE|-", 1, 1, OPTION_APPLY | OPTION_EXACT, run_restore,
      "what such a text would change; with --apply, change it" },
    { "ipvs import", "FILE", 1, 1, 0, run_import, "a keepalived.conf as our configuration" },
    { "ipvs doctor", "", 0, 0, OPTION_APPLY | OPTION_ALL, run_doctor,
      "what this director needs of its host, and how to get it" },
    { "ipvs realserver", "SERVICE[/SERVER]", 1, 1, OPTION_UNDO, run_realserver,
      "a script that sets up its real servers" },
};

const struct command *ipvs_command_find(const char *verb)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(table[i].name + strlen("ipvs "), verb) == 0)
            return &table[i];
    return NULL;
}

void ipvs_command_help(struct strbuf *out)
{
    strbuf_add(out, "usage: gslbctl ipvs COMMAND [ARGUMENT...]\n\nCommands:\n");
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        strbuf_addf(out, "  %-16s %-23s %s\n", table[i].name, table[i].arguments, table[i].summary);
    strbuf_add(out, "\n'gslbctl ipvs COMMAND --help' tells more. Manual: gslbctl(1).\n");
}

bool ipvs_command_unknown(struct command_context *ctx, const char *const *words, size_t count)
{
    char text[COMMAND_ERROR_MAX];
    (void)count;
    (void)snprintf(text, sizeof(text), "there is no command ipvs %.100s, see gslbctl ipvs --help",
                   words[0]);
    request_fail(ctx, text);
    return false;
}
