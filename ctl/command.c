// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/command.h"

#include "base/addr.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/parse.h"
#include "ctl/ipvs_command.h"
#include "ctl/request.h"

#include <string.h>

static bool fail(struct command_context *ctx, const char *what, const char *rest)
{
    (void)snprintf(ctx->error, sizeof(ctx->error), "%.300s %s", what, rest);
    return false;
}

/* --- looking --- */

static bool run_status(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/status");
    (void)words;
    (void)count;
    return request_send(ctx, "GET", &path, NULL, show_status);
}

static bool run_ready(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/ready");
    (void)words;
    (void)count;
    return request_send(ctx, "GET", &path, NULL, show_ready);
}

static bool run_metrics(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/metrics");
    (void)words;
    (void)count;
    return request_send(ctx, "GET", &path, NULL, NULL);
}

static bool run_checks(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/checks");
    (void)words;
    (void)count;
    return request_send(ctx, "GET", &path, NULL, show_checks);
}

static bool run_pools(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/pools");
    if (count > 0)
        client_add_part(&path, words[0]);
    return request_send(ctx, "GET", &path, NULL, count > 0 ? show_pool : show_pools);
}

static bool run_zones(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/zones");
    if (count > 0)
        client_add_part(&path, words[0]);
    return request_send(ctx, "GET", &path, NULL, count > 0 ? show_zone : show_zones);
}

static bool run_explain(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/explain");
    client_add_param(&path, "name", words[0]);
    client_add_param(&path, "type", count > 1 ? words[1] : NULL);
    client_add_param(&path, "client", ctx->options->client);
    client_add_param(&path, "ecs", ctx->options->ecs);
    return request_send(ctx, "GET", &path, NULL, show_explain);
}

static bool run_events(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/events");
    (void)words;
    (void)count;
    client_add_param(&path, "after", ctx->options->after);
    bool ok = request_events(ctx, path.text);
    strbuf_fini(&path);
    return ok;
}

/* --- changing --- */

/* "POOL/MEMBER": `end` is its own path behind that; false with an error. */
static bool member_path(struct command_context *ctx, const char *target, const char *end,
                        struct strbuf *out)
{
    const char *slash = strchr(target, '/');
    if (slash == NULL || slash == target || slash[1] == '\0')
        return fail(ctx, target, "is not POOL/MEMBER");
    char *pool = mem_strdup(target);
    pool[slash - target] = '\0';
    *out = request_path("/v1/pools");
    client_add_part(out, pool);
    strbuf_add(out, "/members");
    client_add_part(out, slash + 1);
    strbuf_add(out, end);
    mem_free(pool);
    return true;
}

static bool run_state(struct command_context *ctx, const char *const *words, const char *state)
{
    struct strbuf path;
    struct addr addr;
    bool member = strchr(words[0], '/') != NULL;
    if (member && !member_path(ctx, words[0], "/state", &path))
        return false;
    if (!member && !addr_parse(words[0], &addr))
        return fail(ctx, words[0], "is neither POOL/MEMBER nor an IP address");
    if (!member) {
        path = request_path("/v1/backends");
        client_add_part(&path, words[0]);
        strbuf_add(&path, "/state");
    }
    json_t *body = json_pack("{s:s}", "state", state);
    request_add_why(ctx, body);
    return request_send(ctx, "PUT", &path, body, member ? show_member : show_backend);
}

static bool run_down(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words, "down");
}

static bool run_up(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words, "up");
}

static bool run_drain(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words, "drain");
}

static bool run_auto(struct command_context *ctx, const char *const *words, size_t count)
{
    (void)count;
    return run_state(ctx, words, "auto");
}

static bool run_weight(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path;
    json_t *body = NULL;
    (void)count;
    if (!member_path(ctx, words[0], "/weight", &path))
        return false;
    if (request_weight(ctx, words[1], &body))
        return request_send(ctx, "PUT", &path, body, show_member);
    strbuf_fini(&path);
    return false;
}

static bool run_overrides(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path("/v1/overrides");
    if (count == 0)
        return request_send(ctx, "GET", &path, NULL, show_overrides);
    if (count != 2 || strcmp(words[0], "delete") != 0) {
        strbuf_fini(&path);
        return fail(ctx, "usage:", "gslbctl overrides [delete ID]");
    }
    client_add_part(&path, words[1]);
    return request_send(ctx, "DELETE", &path, NULL, show_deleted);
}

static bool run_reload(struct command_context *ctx, const char *const *words, size_t count)
{
    struct strbuf path = request_path(count > 0 ? "/v1/zones" : "/v1/reload");
    if (count > 0) {
        client_add_part(&path, words[0]);
        strbuf_add(&path, "/reload");
    }
    bool force = (ctx->options->given & OPTION_FORCE) != 0;
    if (force && count > 0) {
        strbuf_fini(&path);
        return fail(ctx, "--force", "is for reloads of everything: a zone takes no server away");
    }
    json_t *body = force ? json_pack("{s:b}", "force", 1) : NULL;
    return request_send(ctx, "POST", &path, body, show_reload);
}

/* "POOL/MEMBER=down" or "POOL/MEMBER=5" into the overlay's members. */
static bool add_pretence(struct command_context *ctx, const char *word, json_t *members)
{
    const char *equals = strchr(word, '=');
    uint64_t weight = 0;
    if (equals == NULL)
        return fail(ctx, word, "is not POOL/MEMBER=STATE or POOL/MEMBER=WEIGHT");
    char *target = mem_strdup(word);
    target[equals - word] = '\0';
    json_t *member = json_object_get(members, target);
    if (member == NULL) {
        member = json_object();
        (void)json_object_set_new(members, target, member);
    }
    if (parse_u64(equals + 1, strlen(equals + 1), REQUEST_WEIGHT_MAX, &weight))
        (void)json_object_set_new(member, "weight", json_integer((json_int_t)weight));
    else
        (void)json_object_set_new(member, "state", json_string(equals + 1));
    mem_free(target);
    return true;
}

static bool run_simulate(struct command_context *ctx, const char *const *words, size_t count)
{
    json_t *members = json_object();
    bool typed = count > 1 && strchr(words[1], '=') == NULL;
    for (size_t i = typed ? 2 : 1; i < count; i++) {
        if (!add_pretence(ctx, words[i], members)) {
            json_decref(members);
            return false;
        }
    }
    json_t *body = json_pack("{s:s, s:s, s:{s:o}}", "name", words[0], "type",
                             typed ? words[1] : "A", "overlay", "members", members);
    struct strbuf path = request_path("/v1/simulate");
    return request_send(ctx, "POST", &path, body, show_simulate);
}

/* --- the table --- */

#define WHY (OPTION_REASON | OPTION_FOR)

static const struct command table[] = {
    { "status", "", 0, 0, 0, run_status, "version, generation, counts, alarms" },
    { "pools", "[POOL]", 0, 1, 0, run_pools, "all pools, or one with its members" },
    { "down", "POOL/MEMBER|ADDRESS", 1, 1, WHY, run_down, "take out of the answers" },
    { "up", "POOL/MEMBER|ADDRESS", 1, 1, WHY, run_up, "keep in the answers, whatever checks say" },
    { "drain", "POOL/MEMBER|ADDRESS", 1, 1, WHY, run_drain,
      "let clients go elsewhere as TTLs end" },
    { "auto", "POOL/MEMBER|ADDRESS", 1, 1, WHY, run_auto, "back to what checks say" },
    { "weight", "POOL/MEMBER N|auto", 2, 2, WHY, run_weight,
      "set a weight, or back to the file's" },
    { "overrides", "[delete ID]", 0, 2, 0, run_overrides, "all overrides, or take one away" },
    { "explain", "NAME [TYPE]", 1, 2, OPTION_CLIENT | OPTION_ECS, run_explain,
      "how a query is answered, step by step" },
    { "simulate", "NAME [TYPE] [POOL/MEMBER=STATE|WEIGHT...]", 1, OPTIONS_WORDS_MAX, 0,
      run_simulate, "shares of the addresses if it were so" },
    { "checks", "", 0, 0, 0, run_checks, "all targets and their verdicts" },
    { "zones", "[ZONE]", 0, 1, 0, run_zones, "all zones, or one with its names" },
    { "reload", "[ZONE]", 0, 1, OPTION_FORCE, run_reload,
      "load config, zones and databases again" },
    { "events", "", 0, 0, OPTION_AFTER, run_events, "what happens, as it happens" },
    { "ready", "", 0, 0, 0, run_ready, "whether queries are answered" },
    { "metrics", "", 0, 0, 0, run_metrics, "Prometheus metrics" },
    { "ipvs", "COMMAND [ARGUMENT...]", 1, OPTIONS_WORDS_MAX, OPTIONS_EVERY, ipvs_command_unknown,
      "the kernel's load balancer: gslbctl ipvs --help" },
};

const struct command *command_find(const char *const *words, size_t count)
{
    const char *name = count > 0 ? words[0] : "";
    const struct command *ipvs = NULL;
    if (strcmp(name, "ipvs") == 0 && count > 1)
        ipvs = ipvs_command_find(words[1]);
    if (ipvs != NULL)
        return ipvs;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

size_t command_words(const struct command *command)
{
    return strchr(command->name, ' ') == NULL ? 1 : 2;
}

bool command_check(const struct command *command, const struct options *options, char *error,
                   size_t error_size)
{
    size_t count = options->word_count - command_words(command);
    const char *stray = options_stray(options, OPTIONS_GLOBAL | command->options);
    if (stray != NULL)
        (void)snprintf(error, error_size, "%s does not go with %s", stray, command->name);
    else if (count < command->min || count > command->max)
        (void)snprintf(error, error_size, "usage: gslbctl %s%s%s", command->name,
                       command->arguments[0] != '\0' ? " " : "", command->arguments);
    else
        return true;
    return false;
}

static void help_all(struct strbuf *out)
{
    strbuf_add(out, "usage: gslbctl [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:\n");
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        strbuf_addf(out, "  %-10s %-29s %s\n", table[i].name,
                    strlen(table[i].arguments) > 29 ? "NAME [TYPE] [CHANGE...]"
                                                    : table[i].arguments,
                    table[i].summary);
    strbuf_add(out, "\nOptions:\n");
    options_help(OPTIONS_GLOBAL, out);
    strbuf_add(out, "\n'gslbctl COMMAND --help' tells more. Manual: gslbctl(1).\n");
}

void command_help(const struct command *command, struct strbuf *out)
{
    if (command == NULL) {
        help_all(out);
        return;
    }
    if (strcmp(command->name, "ipvs") == 0) {
        ipvs_command_help(out);
        return;
    }
    strbuf_addf(out, "usage: gslbctl %s%s%s\n\n%s\n\nOptions:\n", command->name,
                command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
    options_help(command->options | OPTIONS_GLOBAL, out);
}
