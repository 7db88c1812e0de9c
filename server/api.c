// SPDX-License-Identifier: BSD-2-Clause
#include "server/api.h"

#include "base/json.h"
#include "base/mem.h"
#include "server/api_internal.h"
#include "server/statuspage.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#define ALARM_ACCESS "api_access"
#define PLACE_MAX    512
#define GROUP_BUFFER (64 * 1024)

/* --- requests --- */

static const struct http_header challenge = { "WWW-Authenticate", "Bearer realm=\"gslbd\"" };

void api_reply_page(struct api *api, struct http_request *request, unsigned status)
{
    size_t length = 0;
    const char *html = statuspage_html(api->page, &length);
    const struct http_header headers[] = {
        { "Content-Security-Policy", statuspage_policy(api->page) },
        { "Referrer-Policy", "no-referrer" },
        challenge,
    };
    struct http_reply reply = { .status = status, .content_type = "text/html; charset=utf-8" };
    reply.headers = headers;
    reply.header_count = status == 401 ? 3 : 2;
    reply.body = mem_dup(html, length);
    reply.length = length;
    api_reply(api, request, &reply);
}

/* Without a token there is nothing to see but the page, which then asks for one. */
static void refuse_stranger(struct api *api, struct http_request *request, enum api_auth auth,
                            const struct api_route *route)
{
    if (log_limit_pass(&api->denied))
        log_warn("api", "%s without right: %s", http_method(request),
                 auth == API_AUTH_NEEDED ? "no token, or none that is known" : "not admitted");
    if (auth == API_AUTH_REFUSED)
        api_reply_error(api, request, 403, NULL, "you are not admitted here");
    else if (route != NULL && route->handle == api_get_page)
        api_reply_page(api, request, 401);
    else
        api_reply_error_with(api, request, 401, NULL, &challenge,
                             "a known token is needed: Authorization: Bearer TOKEN");
}

static void refuse_path(struct api *api, struct http_request *request, const char *allow)
{
    if (allow[0] == '\0') {
        api_reply_error(api, request, 404, NULL, "there is nothing here");
        return;
    }
    struct http_header header = { "Allow", allow };
    api_reply_error_with(api, request, 405, NULL, &header,
                         "this method does not go with this path");
}

/* A GET has no body; every other body was held to be JSON. */
static bool body_allowed(const struct api_call *call)
{
    size_t length = 0;
    (void)http_request_body(call->request, &length);
    if (length == 0 || strcmp(call->route->method, "GET") != 0)
        return true;
    api_reply_error(call->api, call->request, 400, NULL, "GET takes no body");
    return false;
}

static void handle(struct api_call *call)
{
    if (call->who->role < call->route->role) {
        api_reply_error(call->api, call->request, 403, NULL, "%s has the role %s, this needs %s",
                        call->who->name, token_role_name(call->who->role),
                        token_role_name(call->route->role));
        return;
    }
    if (!body_allowed(call) || !api_query_check(call) || !api_body_read(call))
        return;
    if (strcmp(call->route->method, "GET") != 0)
        log_info("api", "%s %s by %s", call->route->method, call->route->path, call->who->name);
    call->route->handle(call);
    json_decref(call->body);
}

static void on_request(void *data, struct http_request *request)
{
    struct api *api = data;
    struct api_identity who;
    char allow[64];
    const struct http_refusal *refusal = http_request_refusal(request);
    if (refusal != NULL) {
        api_reply_error(api, request, refusal->status, NULL, "%s", refusal->message);
        return;
    }
    struct api_call call = { .api = api, .control = api->control, .request = request, .who = &who };
    call.route = api_route_find(http_method(request), http_request_uri(request), call.params, allow,
                                sizeof(allow));
    enum api_auth auth = api_authenticate(api, request, &who);
    if (auth != API_AUTH_OK)
        refuse_stranger(api, request, auth, call.route);
    else if (call.route == NULL)
        refuse_path(api, request, allow);
    else
        handle(&call);
}

/* --- start --- */

/* The group's number; false with an error that names the place. HTTP_NO_GROUP when none is asked
 * for. */
static bool find_group(const struct config *config, gid_t *out, struct errlist *errors)
{
    *out = HTTP_NO_GROUP;
    if (config->api.unix_group == NULL)
        return true;
    struct group group;
    struct group *found = NULL;
    char *buffer = mem_alloc(GROUP_BUFFER);
    int error = getgrnam_r(config->api.unix_group, &group, buffer, GROUP_BUFFER, &found);
    if (found != NULL)
        *out = found->gr_gid;
    else
        json_error(&config->doc, errors, "api.unix_group", "there is no group %s%s%s",
                   config->api.unix_group, error != 0 ? ": " : "",
                   error != 0 ? strerror(error) : "");
    mem_free(buffer);
    return found != NULL;
}

static bool load_tokens(const struct config *config, struct tokens **out, struct errlist *errors)
{
    *out = NULL;
    if (config->api.tokens_file == NULL)
        return true;
    *out = tokens_load(config->api.tokens_file, errors);
    return *out != NULL;
}

void api_check(const struct config *config, struct errlist *errors)
{
    struct tokens *tokens = NULL;
    gid_t group = HTTP_NO_GROUP;
    if (!config->api.present)
        return;
    (void)find_group(config, &group, errors);
    (void)load_tokens(config, &tokens, errors);
    tokens_free(tokens);
}

/* "FILE:LINE:COL: api.listen[N]" */
static void place_of(const struct config *config, size_t index, char *out, size_t size)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "api.listen[%zu]", index);
    struct json_place place = json_locate(&config->doc, path, false);
    (void)snprintf(out, size, "%s:%u:%u: %s", config->doc.file, place.line, place.column, path);
}

static struct http_server *listen_one(struct api *api, const struct config *config, size_t index,
                                      gid_t group, struct errlist *errors)
{
    const struct config_api_listen *items = config->api.listen.items;
    const struct config_api_listen *listen = &items[index];
    struct http_options options = { .loop = control_loop(api->control),
                                    .handler = on_request,
                                    .data = api };
    char place[PLACE_MAX];
    char address[ENDPOINT_TEXT_MAX];
    place_of(config, index, place, sizeof(place));
    if (listen->is_unix) {
        log_info("api", "listening on unix:%s", listen->path);
        return http_listen_unix(&options, listen->path, group, place, errors);
    }
    endpoint_print(&listen->endpoint, address);
    log_info("api", "listening on %s%s", address,
             api->tokens == NULL ? ", without tokens: everybody on this machine is admin" : "");
    return http_listen_tcp(&options, &listen->endpoint, place, errors);
}

static bool listen_all(struct api *api, const struct config *config, struct errlist *errors)
{
    gid_t group = HTTP_NO_GROUP;
    if (!find_group(config, &group, errors) || !load_tokens(config, &api->tokens, errors))
        return false;
    bool ok = true;
    api->servers = MEM_NEW_ARRAY(struct http_server *, config->api.listen.count);
    for (size_t i = 0; i < config->api.listen.count; i++) {
        struct http_server *server = listen_one(api, config, i, group, errors);
        if (server != NULL)
            api->servers[api->server_count++] = server;
        ok = ok && server != NULL;
    }
    return ok;
}

struct api *api_new(struct control *control, struct errlist *errors)
{
    const struct config *config = control_world(control)->config;
    if (!config->api.present)
        return NULL;
    struct api *api = MEM_NEW(struct api);
    api->control = control;
    api->page = statuspage_new();
    api_events_start(api);
    if (listen_all(api, config, errors))
        return api;
    api_free(api);
    return NULL;
}

/* Everything or nothing: what cannot be had leaves tokens and group as they were. */
static bool load_again(struct api *api, const struct config *config, struct errlist *errors)
{
    struct tokens *tokens = NULL;
    gid_t group = HTTP_NO_GROUP;
    if (!find_group(config, &group, errors) || !load_tokens(config, &tokens, errors))
        return false;
    for (size_t i = 0; i < api->server_count; i++)
        if (!http_regroup(api->servers[i], group))
            json_error(&config->doc, errors, "api.unix_group", "%s", strerror(errno));
    if (!errlist_empty(errors)) {
        tokens_free(tokens);
        return false;
    }
    tokens_free(api->tokens);
    api->tokens = tokens;
    return true;
}

void api_reload(struct api *api)
{
    if (api == NULL)
        return;
    struct alarms *alarms = control_alarms(api->control);
    struct errlist errors;
    errlist_init(&errors);
    if (load_again(api, control_world(api->control)->config, &errors)) {
        alarms_clear(alarms, ALARM_ACCESS);
    } else {
        for (size_t i = 0; i < errors.count; i++)
            log_error("api", "%s", errors.lines[i]);
        alarms_raise(alarms, ALARM_ACCESS, "access to the API stays as it was: %s",
                     errors.lines[0]);
    }
    errlist_fini(&errors);
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    for (size_t i = 0; i < api->server_count; i++)
        http_free(api->servers[i]);
    api_events_stop(api);
    tokens_free(api->tokens);
    statuspage_free(api->page);
    mem_free(api->servers);
    mem_free(api);
}
