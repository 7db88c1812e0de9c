// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/ipvs_host.h"

#include "base/mem.h"
#include "ctl/ipvs_answer.h"
#include "ctl/keepalived.h"
#include "ctl/request.h"
#include "ipvs/connection.h"
#include "ipvs/doctor.h"
#include "ipvs/realserver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool given(const struct command_context *ctx, unsigned option)
{
    return (ctx->options->given & option) != 0;
}

/* The text, or {"KEY": text} with --json. */
static void print_text(struct command_context *ctx, const char *key, const struct strbuf *text)
{
    if (!given(ctx, OPTION_JSON)) {
        (void)fputs(text->text, ctx->out);
        return;
    }
    json_t *root = json_pack("{s:s}", key, text->text);
    request_print(ctx, root, NULL);
    json_decref(root);
}

/* --- doctor --- */

struct examination {
    const json_t *services; /* of the API; NULL = the server was not asked */
    struct ipvs_table table;
    struct doctor_service *list; /* owned */
    size_t count;
    struct doctor_host host;
    struct doctor_report report;
};

static void take_services(struct examination *exam)
{
    size_t count = json_array_size(exam->services);
    exam->list = MEM_NEW_ARRAY(struct doctor_service, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json_t *service = json_array_get(exam->services, i);
        const json_t *vip = json_object_get(service, "vip");
        const char *name = json_string_value(json_object_get(service, "name"));
        if (name == NULL || ipvs_answer_service(service, &exam->table) == NULL)
            continue;
        exam->list[exam->count++] = (struct doctor_service){
            .name = name,
            .in_kernel = json_is_object(json_object_get(service, "kernel")),
            .vip_ours = json_is_string(json_object_get(vip, "interface")),
            .vip_elsewhere = json_is_true(json_object_get(vip, "require_local")),
        };
    }
    for (size_t i = 0; i < exam->count; i++)
        exam->list[i].service = &exam->table.services[i];
}

static void look(struct examination *exam, const char *root, bool all)
{
    doctor_host_read(root, &exam->host);
    doctor_judge(&exam->host, exam->list, exam->count, all, &exam->report);
}

/* Text of what was done, owned (free). */
static char *apply(struct examination *exam, const char *root, bool all)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (stream == NULL)
        return NULL;
    (void)doctor_apply(root, &exam->report, stream);
    (void)fclose(stream);
    look(exam, root, all);
    return text;
}

static json_t *finding_json(const struct doctor_finding *finding)
{
    struct strbuf command;
    strbuf_init(&command);
    doctor_command(finding, &command);
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "scope", doctor_scope_name(finding->scope),
                  "level", doctor_level_name(finding->level), "subject", finding->subject, "found",
                  finding->found, "why", finding->why, "command", command.text);
    strbuf_fini(&command);
    return out;
}

static void print_json(struct command_context *ctx, const struct examination *exam,
                       const char *done)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < exam->report.count; i++)
        (void)json_array_append_new(findings, finding_json(&exam->report.findings[i]));
    json_t *root = json_pack("{s:o, s:s}", "findings", findings, "done", done);
    request_print(ctx, root, NULL);
    json_decref(root);
}

static void print_report(struct command_context *ctx, const struct examination *exam,
                         const char *done)
{
    struct strbuf text;
    if (given(ctx, OPTION_JSON)) {
        print_json(ctx, exam, done);
        return;
    }
    strbuf_init(&text);
    doctor_print(&exam->report, &text);
    (void)fputs(done, ctx->out);
    (void)fputs(text.text, ctx->out);
    strbuf_fini(&text);
}

static bool verdict(struct command_context *ctx, const struct doctor_report *report)
{
    size_t wrong = 0;
    for (size_t i = 0; i < report->count; i++)
        wrong += report->findings[i].level == DOCTOR_WRONG;
    if (wrong > 0)
        (void)snprintf(ctx->error, sizeof(ctx->error), "%zu %s wrong on this host", wrong,
                       wrong == 1 ? "thing is" : "things are");
    return wrong == 0;
}

static bool examine(struct command_context *ctx, const char *root, const json_t *services)
{
    struct examination exam = { .services = services };
    bool all = given(ctx, OPTION_ALL);
    ipvs_table_init(&exam.table);
    doctor_host_init(&exam.host);
    doctor_report_init(&exam.report);
    take_services(&exam);
    look(&exam, root, all);
    char *done = given(ctx, OPTION_APPLY) ? apply(&exam, root, all) : NULL;
    print_report(ctx, &exam, done == NULL ? "" : done);
    bool ok = verdict(ctx, &exam.report);
    free(done);
    doctor_report_fini(&exam.report);
    doctor_host_fini(&exam.host);
    mem_free(exam.list);
    ipvs_table_fini(&exam.table);
    return ok;
}

bool ipvs_host_doctor(struct command_context *ctx, const char *root)
{
    if (given(ctx, OPTION_APPLY) && root[0] == '\0' && geteuid() != 0) {
        request_fail(ctx, "--apply needs root");
        return false;
    }
    json_t *answer = request_get(ctx, "/v1/ipvs");
    /* A host can be made ready before there is a server. */
    if (answer == NULL && !given(ctx, OPTION_ALL))
        return false;
    bool ok = examine(ctx, root, json_object_get(answer, "services"));
    json_decref(answer);
    return ok;
}

/* --- realserver --- */

/* The address of that server of the service; false when there is none. */
static bool find_server(const json_t *service, const char *name, struct ipvs_dest *out)
{
    const json_t *servers = json_object_get(service, "servers");
    for (size_t i = 0; i < json_array_size(servers); i++) {
        const json_t *server = json_array_get(servers, i);
        const char *other = json_string_value(json_object_get(server, "name"));
        const char *address = json_string_value(json_object_get(server, "address"));
        if (other == NULL || strcmp(other, name) != 0)
            continue;
        out->port = (uint16_t)json_integer_value(json_object_get(server, "port"));
        return address != NULL && addr_parse(address, &out->addr);
    }
    return false;
}

/* Keeps only that server; false with ctx->error. */
static bool keep_server(struct command_context *ctx, const json_t *object, const char *name,
                        struct ipvs_service *service)
{
    struct ipvs_dest wanted = { 0 };
    char text[COMMAND_ERROR_MAX];
    bool found = find_server(object, name, &wanted);
    for (size_t i = 0; found && i < service->dest_count; i++) {
        if (ipvs_dest_compare(&service->dests[i], &wanted) != 0)
            continue;
        service->dests[0] = service->dests[i];
        service->dest_count = 1;
        return true;
    }
    (void)snprintf(text, sizeof(text), "the service has no server %.200s%s", name,
                   found ? " of which the way of forwarding is known" : "");
    request_fail(ctx, text);
    return false;
}

static bool print_script(struct command_context *ctx, const char *name,
                         const struct ipvs_service *service)
{
    struct strbuf text;
    if (!realserver_is_uniform(service)) {
        request_fail(ctx, service->dest_count == 0
                              ? "of no server of the service the way of forwarding is known"
                              : "the service's servers are reached in different ways: say "
                                "SERVICE/SERVER");
        return false;
    }
    strbuf_init(&text);
    realserver_print(name, service, given(ctx, OPTION_UNDO), &text);
    print_text(ctx, "script", &text);
    strbuf_fini(&text);
    return true;
}

static bool realserver(struct command_context *ctx, const json_t *root, const char *name,
                       const char *server)
{
    struct ipvs_table table;
    char text[COMMAND_ERROR_MAX];
    const json_t *object = ipvs_answer_find(root, name);
    ipvs_table_init(&table);
    struct ipvs_service *service = object == NULL ? NULL : ipvs_answer_service(object, &table);
    if (service == NULL) {
        (void)snprintf(text, sizeof(text), "there is no IPVS service %.200s", name);
        request_fail(ctx, text);
    }
    bool ok = service != NULL && (server == NULL || keep_server(ctx, object, server, service)) &&
              print_script(ctx, name, service);
    ipvs_table_fini(&table);
    return ok;
}

bool ipvs_host_realserver(struct command_context *ctx, const char *target)
{
    json_t *root = request_get(ctx, "/v1/ipvs");
    if (root == NULL)
        return false;
    char *name = mem_strdup(target);
    char *slash = strchr(name, '/');
    if (slash != NULL)
        *slash = '\0';
    bool ok = realserver(ctx, root, name, slash == NULL ? NULL : slash + 1);
    mem_free(name);
    json_decref(root);
    return ok;
}

/* --- connections --- */

static json_t *connection_json(const struct connection *connection)
{
    char client[ENDPOINT_TEXT_MAX];
    char vip[ENDPOINT_TEXT_MAX];
    char server[ENDPOINT_TEXT_MAX];
    endpoint_print(&connection->client, client);
    endpoint_print(&connection->vip, vip);
    endpoint_print(&connection->server, server);
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "protocol", connection->protocol, "expires",
                     (json_int_t)connection->expires, "state", connection->state, "source", client,
                     "virtual", vip, "destination", server);
}

/* There may be millions: each is printed as it is read. */
static void print_connections(struct command_context *ctx, FILE *file)
{
    char line[512];
    struct connection connection;
    struct strbuf text;
    bool json = given(ctx, OPTION_JSON);
    bool any = false;
    strbuf_init(&text);
    if (!json)
        connection_print_titles(&text);
    (void)fputs(json ? "{\"connections\":[" : text.text, ctx->out);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (!connection_parse(line, &connection))
            continue;
        strbuf_clear(&text);
        if (json) {
            json_t *object = connection_json(&connection);
            (void)fputs(any ? "," : "", ctx->out);
            (void)json_dumpf(object, ctx->out, JSON_COMPACT);
            json_decref(object);
        } else {
            connection_print(&connection, &text);
        }
        (void)fputs(text.text, ctx->out);
        any = true;
    }
    (void)fputs(json ? "]}\n" : "", ctx->out);
    strbuf_fini(&text);
}

bool ipvs_host_connections(struct command_context *ctx, const char *root)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/proc/net/ip_vs_conn", root);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)snprintf(ctx->error, sizeof(ctx->error), "%s: %s", path,
                       errno == ENOENT ? "there is no IPVS on this host" : strerror(errno));
        return false;
    }
    print_connections(ctx, file);
    (void)fclose(file);
    return true;
}

/* --- import --- */

static json_t *lines_json(const char *text)
{
    json_t *lines = json_array();
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        (void)json_array_append_new(lines, json_stringn(text, length));
        text += length + (text[length] == '\n');
    }
    return lines;
}

static void print_import(struct command_context *ctx, const struct strbuf *config,
                         const struct strbuf *notes)
{
    if (given(ctx, OPTION_JSON)) {
        json_t *root = json_pack("{s:o, s:o}", "config", json_loads(config->text, 0, NULL), "notes",
                                 lines_json(notes->text));
        request_print(ctx, root, NULL);
        json_decref(root);
        return;
    }
    (void)fputs(config->text, ctx->out);
    (void)fflush(ctx->out);
    (void)fputs(notes->text, stderr);
}

bool ipvs_host_import(struct command_context *ctx, const char *file)
{
    struct strbuf config;
    struct strbuf notes;
    strbuf_init(&config);
    strbuf_init(&notes);
    bool ok = keepalived_import(file, &config, &notes, ctx->error, sizeof(ctx->error));
    if (ok)
        print_import(ctx, &config, &notes);
    strbuf_fini(&notes);
    strbuf_fini(&config);
    return ok;
}
