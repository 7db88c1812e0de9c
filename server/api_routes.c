// SPDX-License-Identifier: BSD-2-Clause
/* The route table: one row a route, with who may call it and what it takes. Dispatch, bodies, the
 * roles and the description at /v1/openapi.json all follow from it. */
#include "base/compiler.h"
#include "server/api_internal.h"

#include <stdio.h>
#include <string.h>

#define REASON                                                                                     \
    {                                                                                              \
        .key = "reason", .type = API_TEXT, .help = "Why; kept with the override."                  \
    }
#define SPAN                                                                                       \
    {                                                                                              \
        .key = "for", .type = API_TIME_SPAN, .help = "When it ends by itself: \"10m\" or seconds." \
    }
#define END                                                                                        \
    {                                                                                              \
        .key = NULL                                                                                \
    }

static const char *const state_words[] = { "up", "down", "drain", "auto", NULL };
static const char *const result_words[] = { "pass", "fail", NULL };

static const struct api_field state_fields[] = {
    { .key = "state",
      .type = API_WORD,
      .required = true,
      .words = state_words,
      .help = "auto takes the override away." },
    REASON,
    SPAN,
    END,
};

static const struct api_field weight_fields[] = {
    { .key = "weight", .type = API_WEIGHT, .required = true, .help = "null = back to the file." },
    REASON,
    SPAN,
    END,
};

static const struct api_field simulate_fields[] = {
    { .key = "name", .type = API_TEXT, .required = true, .help = "A name that a pool answers." },
    { .key = "type", .type = API_TEXT, .help = "A (default) or AAAA." },
    { .key = "overlay", .type = API_OBJECT, .help = "What to pretend, by members." },
    END,
};

static const struct api_field push_fields[] = {
    { .key = "address", .type = API_TEXT, .required = true, .help = "The target." },
    { .key = "result", .type = API_WORD, .required = true, .words = result_words, .help = "" },
    REASON,
    END,
};

static const struct api_field apply_fields[] = {
    { .key = "force", .type = API_BOOL, .help = "Also what ipvs.max_remove holds back." },
    END,
};

static const struct api_field restore_fields[] = {
    { .key = "text",
      .type = API_LONG_TEXT,
      .required = true,
      .help = "As ipvsadm-save prints it." },
    { .key = "file", .type = API_TEXT, .help = "Name for messages." },
    { .key = "apply", .type = API_BOOL, .help = "false: show the plan only." },
    { .key = "exact",
      .type = API_BOOL,
      .help = "Foreign services that the text lacks are deleted." },
    END,
};

static const struct api_field zero_fields[] = {
    { .key = "service", .type = API_TEXT, .help = "One service; absent = everything." },
    END,
};

static const struct api_field reload_fields[] = {
    { .key = "force",
      .type = API_BOOL,
      .help = "Even if it takes away more than ipvs.max_remove." },
    END,
};

static const struct api_field explain_query[] = {
    { .key = "name", .type = API_TEXT, .required = true, .help = "The name asked for." },
    { .key = "type", .type = API_TEXT, .help = "The type, A when absent." },
    { .key = "client", .type = API_TEXT, .help = "Address of the client." },
    { .key = "ecs", .type = API_TEXT, .help = "Client subnet, ADDRESS/LENGTH." },
    END,
};

static const struct api_field events_query[] = {
    { .key = "after", .type = API_TEXT, .help = "Like the header Last-Event-ID." },
    END,
};

static const struct api_route table[] = {
    { "GET", "/v1/status", TOKEN_READ, api_get_status, NULL, NULL,
      "Version, generation, counts, alarms" },
    { "GET", "/v1/ready", TOKEN_READ, api_get_ready, NULL, NULL, "200 when it answers queries" },
    { "GET", "/v1/pools", TOKEN_READ, api_get_pools, NULL, NULL, "All pools with their members" },
    { "GET", "/v1/pools/{pool}", TOKEN_READ, api_get_pool, NULL, NULL, "One pool" },
    { "PUT", "/v1/pools/{pool}/members/{member}/state", TOKEN_OPERATE, api_put_member_state,
      state_fields, NULL, "Override a member's state" },
    { "PUT", "/v1/pools/{pool}/members/{member}/weight", TOKEN_OPERATE, api_put_member_weight,
      weight_fields, NULL, "Override a member's weight" },
    { "PUT", "/v1/backends/{address}/state", TOKEN_OPERATE, api_put_backend_state, state_fields,
      NULL, "Override the state of every member with the address" },
    { "GET", "/v1/overrides", TOKEN_READ, api_get_overrides, NULL, NULL, "All overrides" },
    { "DELETE", "/v1/overrides/{id}", TOKEN_OPERATE, api_delete_override, NULL, NULL,
      "Take an override away" },
    { "GET", "/v1/explain", TOKEN_READ, api_get_explain, NULL, explain_query,
      "How a query is answered, step by step" },
    { "POST", "/v1/simulate", TOKEN_READ, api_post_simulate, simulate_fields, NULL,
      "Shares that a name's addresses would get" },
    { "GET", "/v1/checks", TOKEN_READ, api_get_checks, NULL, NULL,
      "All targets and their verdicts" },
    { "POST", "/v1/checks/{check}/push", TOKEN_OPERATE, api_post_push, push_fields, NULL,
      "Report a result to a check of type push" },
    { "GET", "/v1/zones", TOKEN_READ, api_get_zones, NULL, NULL, "All zones" },
    { "GET", "/v1/zones/{zone}", TOKEN_READ, api_get_zone, NULL, NULL, "One zone" },
    { "POST", "/v1/zones/{zone}/reload", TOKEN_ADMIN, api_post_zone_reload, NULL, NULL,
      "Load a zone again" },
    { "GET", "/v1/ipvs", TOKEN_READ, api_get_ipvs, NULL, NULL, "IPVS services" },
    { "POST", "/v1/ipvs/plan", TOKEN_READ, api_post_ipvs_plan, NULL, NULL, "What apply would do" },
    { "POST", "/v1/ipvs/apply", TOKEN_ADMIN, api_post_ipvs_apply, apply_fields, NULL,
      "Bring the kernel in line" },
    { "POST", "/v1/ipvs/restore", TOKEN_ADMIN, api_post_ipvs_restore, restore_fields, NULL,
      "Compare text of ipvsadm-save with the kernel, apply the difference" },
    { "POST", "/v1/ipvs/zero", TOKEN_ADMIN, api_post_ipvs_zero, zero_fields, NULL,
      "Set counters to zero" },
    { "PUT", "/v1/ipvs/services/{service}/state", TOKEN_OPERATE, api_put_service_state,
      state_fields, NULL, "Override the state of an IPVS service, in DNS and kernel" },
    { "PUT", "/v1/ipvs/services/{service}/servers/{server}/state", TOKEN_OPERATE,
      api_put_server_state, state_fields, NULL, "Override the state of a real server" },
    { "PUT", "/v1/ipvs/services/{service}/servers/{server}/weight", TOKEN_OPERATE,
      api_put_server_weight, weight_fields, NULL, "Override the weight of a real server" },
    { "POST", "/v1/reload", TOKEN_ADMIN, api_post_reload, reload_fields, NULL,
      "Load config, zones and databases again" },
    { "GET", "/v1/events", TOKEN_READ, api_get_events, NULL, events_query, "Server-sent events" },
    { "GET", "/v1/openapi.json", TOKEN_READ, api_get_openapi, NULL, NULL, "This description" },
    { "GET", "/metrics", TOKEN_READ, api_get_metrics, NULL, NULL, "Prometheus metrics" },
    { "GET", "/", TOKEN_READ, api_get_page, NULL, NULL, "The status page" },
};

const struct api_route *api_routes(size_t *count)
{
    *count = ARRAY_LEN(table);
    return table;
}

/* True when the path's parts fit the pattern's; {parts} fit anything but the empty text. */
static bool matches(const char *pattern, const struct http_uri *uri,
                    const char *params[API_PARAMS_MAX])
{
    size_t taken = 0;
    size_t segment = 0;
    while (pattern[0] == '/' && pattern[1] != '\0') {
        pattern++;
        size_t length = strcspn(pattern, "/");
        if (segment == uri->segment_count)
            return false;
        const char *part = uri->segments[segment++];
        if (pattern[0] == '{') {
            if (part[0] == '\0' || taken == API_PARAMS_MAX)
                return false;
            params[taken++] = part;
        } else if (strlen(part) != length || strncmp(part, pattern, length) != 0) {
            return false;
        }
        pattern += length;
    }
    return segment == uri->segment_count;
}

const struct api_route *api_route_find(const char *method, const struct http_uri *uri,
                                       const char *params[API_PARAMS_MAX], char *allow,
                                       size_t allow_size)
{
    size_t used = 0;
    allow[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (!matches(table[i].path, uri, params))
            continue;
        if (strcmp(table[i].method, method) == 0)
            return &table[i];
        int length = snprintf(allow + used, allow_size - used, "%s%s", used == 0 ? "" : ", ",
                              table[i].method);
        used += (size_t)length < allow_size - used ? (size_t)length : 0;
    }
    return NULL;
}
