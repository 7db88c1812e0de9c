// SPDX-License-Identifier: BSD-2-Clause
/* The request target in parts: path segments and query parameters, percent-decoded after they were
 * cut (RFC 3986 section 2.4), so that %2F stays inside its segment. Any thread, no state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HTTP_SEGMENTS_MAX  8
#define HTTP_PARAMS_MAX    16
#define HTTP_URI_TEXT_SIZE 4096 /* longer targets are refused before */

struct http_param {
    const char *name;
    const char *value; /* "" when there was no '=' */
};

struct http_uri {
    char text[2 * HTTP_URI_TEXT_SIZE]; /* the decoded parts, each NUL-terminated */
    size_t used;
    size_t segment_count; /* "/" has none; an empty segment counts: "/a/" has two */
    const char *segments[HTTP_SEGMENTS_MAX];
    size_t param_count;
    struct http_param params[HTTP_PARAMS_MAX];
};

/* Target as it stood in the request line ("/v1/pools/a%2Fb?x=1"). NULL when all is well, else a
 * constant text that says what is wrong: too long, not beginning with '/', bad or NUL
 * percent-encoding, bytes that are not UTF-8, too many parts. */
const char *http_uri_parse(const char *target, struct http_uri *out);
/* Value of the first parameter of that name, or NULL. */
const char *http_uri_param(const struct http_uri *uri, const char *name);
