// SPDX-License-Identifier: BSD-2-Clause
/* Routes of the IPVS module (docs/api.md, docs/ipvs.md). What asks the kernel waits for the helper.
 */
#include "ipvs/restore.h"
#include "server/api_internal.h"

#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- requests that wait ------------------------------------------------------------------------
 */

struct waiting {
    struct api *api;
    struct http_request *request; /* NULL when the server went first */
    bool restore;
    char *file; /* owned; of a restore: how messages call the text */
};

static void on_gone(void *data)
{
    ((struct waiting *)data)->request = NULL;
}

static struct waiting *wait_new(const struct api_call *call)
{
    struct waiting *waiting = MEM_NEW(struct waiting);
    waiting->api = call->api;
    waiting->request = call->request;
    http_defer(call->request, on_gone, waiting);
    return waiting;
}

static void on_looked(void *data, const struct control_ipvs_done *done)
{
    struct waiting *waiting = data;
    (void)done;
    if (waiting->request != NULL)
        api_reply_json(waiting->api, waiting->request, 200, api_view_ipvs(waiting->api->control));
    mem_free(waiting);
}

void api_get_ipvs(struct api_call *call)
{
    control_ipvs_look(call->control, on_looked, wait_new(call));
}

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : api_view_text(text);
}

/* `result` < 0 = was not applied. */
static json_t *op_object(const struct ipvs_op *op, int result)
{
    char key[IPVS_OP_TEXT_MAX];
    char from[IPVS_OP_TEXT_MAX];
    char to[IPVS_OP_TEXT_MAX];
    char error[IPVS_OP_TEXT_MAX];
    ipvs_op_print_key(op, key);
    ipvs_op_print_from(op, from);
    ipvs_op_print_to(op, to);
    json_t *object =
        json_pack("{s:s, s:o, s:o, s:o}", "op", ipvs_op_name(op->kind), "key", api_view_text(key),
                  "from", text_or_null(from), "to", text_or_null(to));
    if (result >= 0)
        (void)json_object_set_new(object, "result", json_string(result == 0 ? "ok" : "error"));
    if (result > 0) {
        ipvs_op_print_error(op, result, error);
        (void)json_object_set_new(object, "error", api_view_text(error));
    }
    return object;
}

static json_t *plan_list(const struct ipvs_plan *plan, const int *results)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->count; i++)
        (void)json_array_append_new(list,
                                    op_object(&plan->ops[i], results != NULL ? results[i] : -1));
    return list;
}

static json_t *key_list(const struct ipvs_keys *keys)
{
    char text[IPVS_TEXT_MAX];
    json_t *list = json_array();
    for (size_t i = 0; i < keys->count; i++) {
        ipvs_key_print(&keys->items[i], text);
        (void)json_array_append_new(list, api_view_text(text));
    }
    return list;
}

static void reply_unavailable(struct api *api, struct http_request *request, int error)
{
    char why[IPVS_OP_TEXT_MAX];
    ipvs_print_unavailable(error, why);
    api_reply_error(api, request, 503, NULL, "%s", why);
}

/* As a mistake in the text is answered. */
static void reply_refused(const struct waiting *waiting, const struct ipvs_op *op)
{
    char why[IPVS_OP_TEXT_MAX];
    char line[PATH_MAX + IPVS_OP_TEXT_MAX];
    ipvs_op_print_error(op, EACCES, why);
    (void)snprintf(line, sizeof(line), "%s: %s", waiting->file, why);
    api_reply_error_with(waiting->api, waiting->request, 422,
                         json_pack("{s:[o]}", "errors", api_view_text(line)), NULL,
                         "the text is refused, nothing was changed");
}

static void wait_free(struct waiting *waiting)
{
    mem_free(waiting->file);
    mem_free(waiting);
}

static void on_done(void *data, const struct control_ipvs_done *done)
{
    struct waiting *waiting = data;
    if (waiting->request != NULL && done->error != 0) {
        reply_unavailable(waiting->api, waiting->request, done->error);
    } else if (waiting->request != NULL && done->refused != NULL) {
        reply_refused(waiting, done->refused);
    } else if (waiting->request != NULL) {
        json_t *object = json_pack("{s:o}", "operations", plan_list(done->plan, done->results));
        if (waiting->restore) {
            (void)json_object_set_new(object, "applied", json_boolean(done->results != NULL));
            (void)json_object_set_new(object, "skipped", key_list(done->skipped));
        } else {
            (void)json_object_set_new(object, "held", plan_list(done->held, NULL));
        }
        api_reply_json(waiting->api, waiting->request, 200, object);
    }
    wait_free(waiting);
}

void api_post_ipvs_plan(struct api_call *call)
{
    control_ipvs_plan(call->control, on_done, wait_new(call));
}

/* False when it has answered: in the mode observe nothing is written. */
static bool may_write(struct api_call *call)
{
    const struct config_ipvs *config = &control_world(call->control)->config->ipvs;
    if (!config->present || config->mode != IPVS_OBSERVE)
        return true;
    api_reply_error(call->api, call->request, 409, NULL,
                    "ipvs.mode is \"observe\": nothing is written to the kernel");
    return false;
}

void api_post_ipvs_apply(struct api_call *call)
{
    bool force = json_is_true(json_object_get(call->body, "force"));
    if (may_write(call))
        control_ipvs_apply(call->control, force, on_done, wait_new(call));
}

/* ---- restore -----------------------------------------------------------------------------------
 */

static void reply_bad_text(struct api_call *call, const struct errlist *errors)
{
    json_t *list = json_array();
    for (size_t i = 0; i < errors->count; i++)
        (void)json_array_append_new(list, api_view_text(errors->lines[i]));
    api_reply_error_with(call->api, call->request, 422, json_pack("{s:o}", "errors", list), NULL,
                         "the text is refused, nothing was changed");
}

void api_post_ipvs_restore(struct api_call *call)
{
    const json_t *text = json_object_get(call->body, "text");
    const char *file = api_body_text(call, "file");
    bool write = json_is_true(json_object_get(call->body, "apply"));
    bool exact = json_is_true(json_object_get(call->body, "exact"));
    struct ipvs_table table;
    struct errlist errors;
    if (write && !may_write(call))
        return;
    ipvs_table_init(&table);
    errlist_init(&errors);
    if (restore_parse(file != NULL ? file : "restore", json_string_value(text),
                      json_string_length(text), &table, &errors)) {
        struct waiting *waiting = wait_new(call);
        waiting->restore = true;
        waiting->file = mem_strdup(file != NULL ? file : "restore");
        control_ipvs_restore(call->control, &table, exact, write, on_done, waiting);
    } else {
        reply_bad_text(call, &errors);
    }
    errlist_fini(&errors);
    ipvs_table_fini(&table);
}

/* ---- zero --------------------------------------------------------------------------------------
 */

/* The service that a name of the request means; POOL_NONE when it has answered. */
static uint32_t find_service(struct api_call *call, const char *name)
{
    uint32_t service = world_service(control_world(call->control), name);
    if (service == POOL_NONE)
        api_reply_error(call->api, call->request, 404, NULL, "there is no IPVS service %s", name);
    return service;
}

/* The kernel is there, but has no such service just now, or says no. */
static void reply_conflict(const struct waiting *waiting, const struct ipvs_op *op, int error)
{
    char why[IPVS_OP_TEXT_MAX];
    ipvs_op_print_error(op, error, why);
    api_reply_error(waiting->api, waiting->request, 409, NULL, "%s", why);
}

static void on_zeroed(void *data, const struct control_ipvs_done *done)
{
    struct waiting *waiting = data;
    int refused = done->results != NULL ? done->results[0] : 0;
    if (waiting->request != NULL && done->error != 0)
        reply_unavailable(waiting->api, waiting->request, done->error);
    else if (waiting->request != NULL && refused != 0)
        reply_conflict(waiting, &done->plan->ops[0], refused);
    else if (waiting->request != NULL)
        api_reply_json(waiting->api, waiting->request, 200, json_object());
    wait_free(waiting);
}

void api_post_ipvs_zero(struct api_call *call)
{
    const char *name = api_body_text(call, "service");
    const struct ipvs_key *key = NULL;
    if (!may_write(call))
        return;
    if (name != NULL) {
        uint32_t service = find_service(call, name);
        if (service == POOL_NONE)
            return;
        key = &control_world(call->control)->services[service].config->spec.service.key;
    }
    control_ipvs_zero(call->control, key, on_zeroed, wait_new(call));
}

/* ---- overrides ---------------------------------------------------------------------------------
 */

struct change {
    struct waiting waiting;
    char *service;
};

static void on_served(void *data, uint64_t generation, bool saved)
{
    struct change *change = data;
    struct waiting *waiting = &change->waiting;
    if (waiting->request != NULL) {
        json_t *object = api_view_ipvs_named(waiting->api->control, change->service);
        (void)json_object_set_new(object, "generation", json_integer((json_int_t)generation));
        (void)json_object_set_new(object, "saved", json_boolean(saved));
        api_reply_json(waiting->api, waiting->request, 200, object);
    }
    mem_free(change->service);
    mem_free(change);
}

/* Directors decide now, so that what is waited for is marked. */
static void wait_served(struct api_call *call)
{
    struct change *change = MEM_NEW(struct change);
    change->waiting.api = call->api;
    change->waiting.request = call->request;
    change->service = mem_strdup(call->params[0]);
    http_defer(call->request, on_gone, &change->waiting);
    control_ipvs_decide(call->control);
    control_when_served(call->control, on_served, change);
}

static struct control_override_words words_of(const struct api_call *call)
{
    return (struct control_override_words){ .reason = api_body_text(call, "reason"),
                                            .author = call->who->name,
                                            .until_ms = api_body_until(call) };
}

/* The server that the path names, POOL_NONE when it has answered. */
static uint32_t find_server(struct api_call *call, uint32_t service)
{
    uint32_t server = world_server(control_world(call->control), service, call->params[1]);
    if (server == POOL_NONE)
        api_reply_error(call->api, call->request, 404, NULL, "the IPVS service %s has no server %s",
                        call->params[0], call->params[1]);
    return server;
}

void api_put_service_state(struct api_call *call)
{
    struct control_override_words words = words_of(call);
    uint32_t service = find_service(call, call->params[0]);
    if (service == POOL_NONE)
        return;
    (void)control_override_service_state(call->control, service, POOL_NONE,
                                         api_state_of(api_body_text(call, "state")), &words);
    wait_served(call);
}

void api_put_server_state(struct api_call *call)
{
    struct control_override_words words = words_of(call);
    uint32_t service = find_service(call, call->params[0]);
    uint32_t server = service != POOL_NONE ? find_server(call, service) : POOL_NONE;
    if (server == POOL_NONE)
        return;
    (void)control_override_service_state(call->control, service, server,
                                         api_state_of(api_body_text(call, "state")), &words);
    wait_served(call);
}

void api_put_server_weight(struct api_call *call)
{
    struct control_override_words words = words_of(call);
    const json_t *weight = json_object_get(call->body, "weight");
    uint32_t service = find_service(call, call->params[0]);
    uint32_t server = service != POOL_NONE ? find_server(call, service) : POOL_NONE;
    if (server == POOL_NONE)
        return;
    (void)control_override_server_weight(call->control, service, server, json_is_null(weight),
                                         (uint32_t)json_integer_value(weight), &words);
    wait_served(call);
}
