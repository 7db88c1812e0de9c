// SPDX-License-Identifier: BSD-2-Clause
/* What the files api_*.c share: the call that a handler gets, the route table's row, replies. One
 * more route = one row in api_routes.c and its handler. Control thread. */
#pragma once

#include "base/log.h"
#include "base/strbuf.h"
#include "server/api.h"
#include "server/control.h"
#include "server/http.h"
#include "server/tokens.h"

#include <jansson.h>

#define API_PARAMS_MAX  2
#define API_STATUS_MAX  600
#define API_STREAMS_MAX 32 /* readers of /v1/events over all listeners: others must get in, too */
#define API_NOT_FOUND   SIZE_MAX
#define API_WEIGHT_MAX  65535

struct api_stream;

struct api {
    struct control *control;
    struct http_server **servers;
    size_t server_count;
    struct tokens *tokens; /* NULL = loopback TCP needs none */
    uint64_t requests[API_STATUS_MAX];
    struct log_limit denied;
    struct api_stream *streams;
    unsigned stream_count;
    uint32_t subscription;
    uv_timer_t *keep_alive;
    struct statuspage *page;
};

struct api_identity {
    char name[TOKEN_NAME_MAX + 8];
    enum token_role role;
};

struct api_route;

struct api_call {
    struct api *api;
    struct control *control;
    struct http_request *request;
    const struct api_route *route;
    const struct api_identity *who;
    const char *params[API_PARAMS_MAX]; /* the path's {parts}, decoded; borrowed from the request */
    json_t *body;                       /* an object, checked against route->fields; NULL = none */
};

enum api_type {
    API_TEXT, /* at most 255 bytes */
    API_LONG_TEXT,
    API_WORD,
    API_WEIGHT,
    API_TIME_SPAN,
    API_OBJECT,
    API_BOOL
};

/* One key of a body, or one query parameter. */
struct api_field {
    const char *key; /* NULL ends the table */
    enum api_type type;
    bool required;
    const char *const *words; /* API_WORD, NULL-terminated */
    const char *help;
};

struct api_route {
    const char *method;
    const char *path; /* "/v1/pools/{pool}" */
    enum token_role role;
    void (*handle)(struct api_call *call);
    const struct api_field *fields; /* of the body; NULL = takes none */
    const struct api_field *query;  /* NULL = takes none */
    const char *summary;
};

/* --- routes (api_routes.c) --- */

const struct api_route *api_routes(size_t *count);
/* The route of that method and path; params are filled. NULL with `allow` ("GET, PUT") when the
 * path exists with other methods, with "" when it does not. */
const struct api_route *api_route_find(const char *method, const struct http_uri *uri,
                                       const char *params[API_PARAMS_MAX], char *allow,
                                       size_t allow_size);

/* --- replies (api_reply.c); each answers the request, which is not to be used afterwards --- */

void api_reply(struct api *api, struct http_request *request, const struct http_reply *reply);
/* Takes `body`. */
void api_reply_json(struct api *api, struct http_request *request, unsigned status, json_t *body);
/* `path`: the key or parameter at fault, NULL = the request's path. The code follows from the
 * status. */
void api_reply_error(struct api *api, struct http_request *request, unsigned status,
                     const char *path, const char *format, ...) PRINTF(5, 6);
/* The same object with `extra` (taken, may be NULL) merged in and further headers. */
void api_reply_error_with(struct api *api, struct http_request *request, unsigned status,
                          json_t *extra, const struct http_header *header, const char *message);
const char *api_error_code(unsigned status);
/* The status page; with 401 it asks for a token. */
void api_reply_page(struct api *api, struct http_request *request, unsigned status);

/* --- bodies and parameters (api_body.c) --- */

/* Reads the body into call->body by the route's table; false when it has answered with an error. */
bool api_body_read(struct api_call *call);
/* Checks the query parameters against the route's table; false when it has answered. */
bool api_query_check(struct api_call *call);
/* Checks one object against a table; false when it has answered. `path` is the object's, "" = the
 * body's root. */
bool api_object_check(struct api_call *call, json_t *object, const struct api_field *fields,
                      const char *path);
/* Value of a text key, NULL when absent. */
const char *api_body_text(const struct api_call *call, const char *key);
const char *api_query(const struct api_call *call, const char *name);
/* The key "for" as Unix time at which it ends, 0 when absent. */
int64_t api_body_until(const struct api_call *call);

/* --- views (api_view.c): what the API shows of the world; each returns owned --- */

json_t *api_view_text(const char *text); /* also when it is not UTF-8 */
json_t *api_view_time(int64_t unix_ms);  /* null for 0 */
json_t *api_view_addr(const struct addr *addr);
json_t *api_view_last(const struct prober_status *status); /* null before the first result */
json_t *api_view_override(struct control *control, const struct override *override);
json_t *api_view_member(struct control *control, uint32_t pool, uint32_t member);
json_t *api_view_pool(struct control *control, uint32_t pool);
json_t *api_view_zone(struct control *control, size_t zone);
json_t *api_view_ipvs(struct control *control); /* api_ipvs_view.c, and the next */
/* Appends a step for each service that answers at that VIP: director, and real server where it can
 * be known. */
void api_view_ipvs_explain(struct control *control, const struct addr *vip, json_t *steps);
/* "SERVICE/SERVER" -> server, of the real servers with that address. */
json_t *api_view_ipvs_reals(struct control *control, const struct addr *addr);
/* One service of the config; empty when there is none of that name (any more). */
json_t *api_view_ipvs_named(struct control *control, const char *name);
/* Index of a zone by name, in any case, with or without final dot; API_NOT_FOUND. */
size_t api_find_zone(const struct control *control, const char *name);

/* --- who asks (api_auth.c) --- */

enum api_auth { API_AUTH_OK, API_AUTH_NEEDED /* 401 */, API_AUTH_REFUSED /* 403 */ };
enum api_auth api_authenticate(const struct api *api, const struct http_request *request,
                               struct api_identity *out);

/* The word of a body's "state". */
enum override_state api_state_of(const char *word);

/* --- handlers --- */

void api_get_status(struct api_call *call);
void api_get_ready(struct api_call *call);
void api_get_pools(struct api_call *call);
void api_get_pool(struct api_call *call);
void api_put_member_state(struct api_call *call);
void api_put_member_weight(struct api_call *call);
void api_put_backend_state(struct api_call *call);
void api_get_overrides(struct api_call *call);
void api_delete_override(struct api_call *call);
void api_get_explain(struct api_call *call);
void api_post_simulate(struct api_call *call);
void api_get_checks(struct api_call *call);
void api_post_push(struct api_call *call);
void api_get_zones(struct api_call *call);
void api_get_zone(struct api_call *call);
void api_post_zone_reload(struct api_call *call);
void api_post_reload(struct api_call *call);
void api_get_ipvs(struct api_call *call);
void api_post_ipvs_plan(struct api_call *call);
void api_post_ipvs_apply(struct api_call *call);
void api_post_ipvs_restore(struct api_call *call);
void api_post_ipvs_zero(struct api_call *call);
void api_put_service_state(struct api_call *call);
void api_put_server_state(struct api_call *call);
void api_put_server_weight(struct api_call *call);
void api_get_events(struct api_call *call);
void api_get_openapi(struct api_call *call);
void api_get_metrics(struct api_call *call);
void api_get_page(struct api_call *call);

/* --- events (api_events.c) --- */

void api_events_start(struct api *api);
void api_events_stop(struct api *api);
