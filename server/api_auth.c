// SPDX-License-Identifier: BSD-2-Clause
#include "base/addr.h"
#include "server/api_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECRET_MAX 1024

/* The kernel says who is at the other end; tokens are for the network. */
static enum api_auth of_process(const struct http_peer *peer, struct api_identity *out)
{
    if (peer->uid != 0 && peer->uid != geteuid() && !peer->in_group)
        return API_AUTH_REFUSED;
    (void)snprintf(out->name, sizeof(out->name), "uid:%lu", (unsigned long)peer->uid);
    out->role = TOKEN_ADMIN;
    return API_AUTH_OK;
}

static enum api_auth of_token(const struct tokens *tokens, const char *header,
                              struct api_identity *out)
{
    static const char scheme[] = "Bearer ";
    if (header == NULL || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
        return API_AUTH_NEEDED;
    const char *secret = header + sizeof(scheme) - 1;
    secret += strspn(secret, " ");
    size_t length = strlen(secret);
    if (length == 0 || length > SECRET_MAX)
        return API_AUTH_NEEDED;
    const struct token *token = tokens_find(tokens, secret, length);
    if (token == NULL)
        return API_AUTH_NEEDED;
    (void)snprintf(out->name, sizeof(out->name), "%s", token->name);
    out->role = token->role;
    return API_AUTH_OK;
}

enum api_auth api_authenticate(const struct api *api, const struct http_request *request,
                               struct api_identity *out)
{
    const struct http_peer *peer = http_request_peer(request);
    if (peer->is_unix)
        return of_process(peer, out);
    if (api->tokens != NULL)
        return of_token(api->tokens, http_request_header(request, "Authorization"), out);
    if (!addr_is_loopback(&peer->from.addr))
        return API_AUTH_REFUSED;
    (void)snprintf(out->name, sizeof(out->name), "local");
    out->role = TOKEN_ADMIN;
    return API_AUTH_OK;
}
