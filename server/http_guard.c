// SPDX-License-Identifier: BSD-2-Clause
#include "server/http_guard.h"

#include "base/addr.h"
#include "base/parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NONE      ((struct http_refusal){ 0, NULL })
#define HOST_SIZE 128

static struct http_refusal refuse(unsigned status, const char *message)
{
    return (struct http_refusal){ .status = status, .message = message };
}

/* RFC 9112 section 6.3: what two parsers could read differently is refused, not repaired. */
static struct http_refusal check_framing(const struct http_head *head, uint64_t body_max)
{
    if (strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0)
        return refuse(505, "only HTTP/1.1 is spoken here");
    if (head->host.count != 1)
        return refuse(400, "exactly one Host header is needed");
    if (head->content_length.count + head->transfer_encoding.count > 1)
        return refuse(400, "more than one Content-Length or Transfer-Encoding header");
    if (head->authorization.count > 1 || head->content_type.count > 1 || head->origin.count > 1)
        return refuse(400, "Authorization, Content-Type and Origin may be given once only");
    if (head->transfer_encoding.count == 1 &&
        strcasecmp(head->transfer_encoding.value, "chunked") != 0)
        return refuse(501, "the only transfer encoding is chunked");
    if (head->content_length.count == 0)
        return NONE;
    uint64_t length = 0;
    const char *text = head->content_length.value;
    if (!parse_u64(text, strlen(text), UINT64_MAX, &length))
        return refuse(400, "Content-Length is not a number");
    return length > body_max ? refuse(413, "the body is too large") : NONE;
}

/* Cuts an optional port off; false when what follows the host is not a port. */
static bool split_host(const char *text, char *host)
{
    const char *end = text + strlen(text);
    const char *colon = NULL;
    if (text[0] == '[') {
        const char *bracket = strchr(text, ']');
        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
            return false;
        text++;
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
        end = bracket;
    } else {
        colon = strchr(text, ':');
        end = colon == NULL ? end : colon;
    }
    uint64_t port = 0;
    if (colon != NULL && !parse_u64(colon + 1, strlen(colon + 1), UINT16_MAX, &port))
        return false;
    if (end - text >= HOST_SIZE)
        return false;
    memcpy(host, text, (size_t)(end - text));
    host[end - text] = '\0';
    return true;
}

/* A page that rebinds its own name to our address still sends its own name: addresses and
 * "localhost" are what no foreign page can have. */
static bool host_allowed(const char *text)
{
    char host[HOST_SIZE];
    struct addr addr;
    if (!split_host(text, host))
        return false;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (!addr_parse(host, &addr))
        return false;
    return (addr.family == ADDR_V6) == (text[0] == '[');
}

static bool origin_allowed(const struct http_head *head)
{
    static const char scheme[] = "http://";
    const char *origin = head->origin.value;
    if (origin == NULL)
        return true;
    return strncasecmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
           strcasecmp(origin + sizeof(scheme) - 1, head->host.value) == 0;
}

/* Browsers say where a request comes from (Fetch Metadata); other clients say nothing. Following a
 * link to the status page is the one thing another site may cause. */
static bool fetch_allowed(const struct http_head *head)
{
    const char *site = head->sec_fetch_site.value;
    if (site == NULL || strcmp(site, "none") == 0 || strcmp(site, "same-origin") == 0)
        return true;
    const char *mode = head->sec_fetch_mode.value;
    return strcmp(head->method, "GET") == 0 && mode != NULL && strcmp(mode, "navigate") == 0;
}

/* "application/json", perhaps with parameters */
static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    if (type == NULL || strncasecmp(type, json, sizeof(json) - 1) != 0)
        return false;
    char next = type[sizeof(json) - 1];
    return next == '\0' || next == ';' || next == ' ';
}

/* Every browser of today marks what a page sends; `curl -d` and scripts do not, and need not name
 * the type of what can only be JSON. */
static bool from_browser(const struct http_head *head)
{
    return head->origin.count > 0 || head->sec_fetch_site.count > 0;
}

bool http_guard_has_body(const struct http_head *head)
{
    if (head->transfer_encoding.count > 0)
        return true;
    const char *length = head->content_length.value;
    return length != NULL && length[strspn(length, "0")] != '\0';
}

struct http_refusal http_guard_check(const struct http_head *head, bool is_unix, uint64_t body_max)
{
    struct http_refusal refusal = check_framing(head, body_max);
    if (refusal.status != 0)
        return refusal;
    if (!is_unix && !host_allowed(head->host.value))
        return refuse(403, "Host must be an IP address or localhost");
    if (!origin_allowed(head) || !fetch_allowed(head))
        return refuse(403, "requests of other sites' pages are refused");
    if (http_guard_has_body(head) && from_browser(head) && !is_json(head->content_type.value))
        return refuse(415, "a body needs Content-Type: application/json");
    return NONE;
}
