// SPDX-License-Identifier: BSD-2-Clause
/* Routes that look at the process, pools, overrides, zones. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/version.h"
#include "server/api_internal.h"
#include "server/metrics.h"
#include "server/openapi.h"
#include "server/statuspage.h"
#include "zones/zonedb.h"

#include <string.h>
#include <strings.h>

static json_t *alarm_list(const struct alarms *alarms)
{
    json_t *list = json_array();
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        const struct alarm *alarm = alarms_at(alarms, i);
        json_t *object = json_object();
        (void)json_object_set_new(object, "key", api_view_text(alarm->key));
        (void)json_object_set_new(object, "text", api_view_text(alarm->text));
        (void)json_object_set_new(object, "since", api_view_time(alarm->since_ms));
        (void)json_array_append_new(list, object);
    }
    return list;
}

void api_get_status(struct api_call *call)
{
    struct control *control = call->control;
    const struct world *world = control_world(control);
    unsigned up = 0;
    unsigned down = 0;
    unsigned unknown = 0;
    unsigned disabled = 0;
    control_member_counts(control, &up, &down, &unknown, &disabled);
    int64_t uptime_s = (clock_wall_ms() - control_started_ms(control)) / 1000;
    json_t *status = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:{s:i, s:i, s:i, s:i}, s:o}", "version", GSLB_VERSION,
        "generation", (json_int_t)control_generation(control), "uptime_s", (json_int_t)uptime_s,
        "zones", (json_int_t)zonedb_count(world->zonedb), "pools", (json_int_t)world->pools.count,
        "workers", (json_int_t)control_worker_count(control), "members", "up", (int)up, "down",
        (int)down, "unknown", (int)unknown, "disabled", (int)disabled, "alarms",
        alarm_list(control_alarms(control)));
    (void)json_object_set_new(status, "started", api_view_time(control_started_ms(control)));
    api_reply_json(call->api, call->request, 200, status);
}

void api_get_ready(struct api_call *call)
{
    if (control_ready(call->control))
        api_reply_json(call->api, call->request, 200, json_pack("{s:b}", "ready", 1));
    else
        api_reply_error(call->api, call->request, 503, NULL, "queries are not answered yet");
}

void api_get_pools(struct api_call *call)
{
    json_t *list = json_array();
    size_t count = control_world(call->control)->pools.count;
    for (uint32_t i = 0; i < count; i++)
        (void)json_array_append_new(list, api_view_pool(call->control, i));
    api_reply_json(call->api, call->request, 200, json_pack("{s:o}", "pools", list));
}

void api_get_pool(struct api_call *call)
{
    uint32_t pool = world_pool(control_world(call->control), call->params[0]);
    if (pool == POOL_NONE)
        api_reply_error(call->api, call->request, 404, NULL, "there is no pool %s",
                        call->params[0]);
    else
        api_reply_json(call->api, call->request, 200, api_view_pool(call->control, pool));
}

void api_get_overrides(struct api_call *call)
{
    const struct override_store *store = control_overrides(call->control);
    json_t *list = json_array();
    for (size_t i = 0; i < override_count(store); i++)
        (void)json_array_append_new(list, api_view_override(call->control, override_at(store, i)));
    api_reply_json(call->api, call->request, 200, json_pack("{s:o}", "overrides", list));
}

void api_get_zones(struct api_call *call)
{
    json_t *list = json_array();
    size_t count = zonedb_count(control_world(call->control)->zonedb);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, api_view_zone(call->control, i));
    api_reply_json(call->api, call->request, 200, json_pack("{s:o}", "zones", list));
}

void api_get_zone(struct api_call *call)
{
    size_t zone = api_find_zone(call->control, call->params[0]);
    if (zone == API_NOT_FOUND)
        api_reply_error(call->api, call->request, 404, NULL, "there is no zone %s",
                        call->params[0]);
    else
        api_reply_json(call->api, call->request, 200, api_view_zone(call->control, zone));
}

void api_get_openapi(struct api_call *call)
{
    api_reply_json(call->api, call->request, 200, openapi_build());
}

void api_get_metrics(struct api_call *call)
{
    struct strbuf text;
    strbuf_init(&text);
    metrics_write(call->control, call->api->requests, API_STATUS_MAX, &text);
    struct http_reply reply = { .status = 200,
                                .content_type = "text/plain; version=0.0.4; charset=utf-8" };
    reply.length = text.length;
    reply.body = strbuf_take(&text);
    strbuf_fini(&text);
    api_reply(call->api, call->request, &reply);
}

void api_get_page(struct api_call *call)
{
    api_reply_page(call->api, call->request, 200);
}
