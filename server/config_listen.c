// SPDX-License-Identifier: BSD-2-Clause
#include "server/config_raw.h"

#include <string.h>

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
    /* Family 0: an element that was refused already. */
    return a->addr.family != ADDR_NONE && a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void complain(struct config_build *build, const char *list, size_t index,
                     const char *message)
{
    char path[JSON_PATH_MAX];
    (void)json_path_index(path, sizeof(path), list, index);
    json_error(&build->config->doc, build->errors, path, "%s", message);
}

static void check_server(struct config_build *build)
{
    const struct schema_list *list = &build->raw->server.listen;
    const struct endpoint *endpoints = list->items;
    for (size_t i = 1; i < list->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (same_endpoint(&endpoints[i], &endpoints[k])) {
                complain(build, "server.listen", i, "is given twice");
                break;
            }
        }
    }
}

static bool same_listen(const struct config_api_listen *a, const struct config_api_listen *b)
{
    if (a->is_unix || b->is_unix)
        return a->is_unix && b->is_unix && strcmp(a->path, b->path) == 0;
    return same_endpoint(&a->endpoint, &b->endpoint);
}

/* DNS over TCP and the API cannot both have the port. */
static bool is_dns_port(const struct config_build *build, const struct config_api_listen *listen)
{
    const struct endpoint *endpoints = build->raw->server.listen.items;
    for (size_t i = 0; i < build->raw->server.listen.count; i++) {
        if (!listen->is_unix && same_endpoint(&endpoints[i], &listen->endpoint))
            return true;
    }
    return false;
}

static void check_api_listen(struct config_build *build, size_t index)
{
    const struct config_api *api = &build->raw->api;
    const struct config_api_listen *all = api->listen.items;
    const struct config_api_listen *listen = &all[index];
    for (size_t k = 0; k < index; k++) {
        if (same_listen(listen, &all[k])) {
            complain(build, "api.listen", index, "is given twice");
            break;
        }
    }
    if (is_dns_port(build, listen))
        complain(build, "api.listen", index, "is in server.listen too");
    if (!listen->is_unix && listen->endpoint.addr.family != ADDR_NONE && api->tokens_file == NULL &&
        !addr_is_loopback(&listen->endpoint.addr))
        complain(build, "api.listen", index,
                 "is no loopback address: whoever reaches it could steer the server; give "
                 "api.tokens_file, or listen on 127.0.0.1, ::1 or a Unix socket");
}

void config_check_listen(struct config_build *build)
{
    check_server(build);
    if (!build->raw->api.present)
        return;
    for (size_t i = 0; i < build->raw->api.listen.count; i++)
        check_api_listen(build, i);
}
