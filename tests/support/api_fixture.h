// SPDX-License-Identifier: BSD-2-Clause
/* The control API in the test's own process, on top of control_fixture: requests go over real
 * sockets. What cannot be set up aborts. One at a time. */
#pragma once

#include "server/api.h"
#include "tests/support/control_fixture.h"
#include "tests/support/http_client.h"

#include <jansson.h>

struct api_fixture {
    struct control_fixture control;
    struct api *api;
    uint16_t port; /* of the TCP listener */
    char socket[160];
};

/* Pools: web (a: two families, b: weight 4, c: disabled), far (failover p, s), top (weighted over
 * both), checked (x, which nobody listens at). Names: www, *.wild, top, far, checked, and alias ->
 * www. The API listens on TCP and on a Unix socket; `api_keys` is further JSON of its section, such
 * as "\"tokens_file\": \"tokens\"" (with the file `tokens` of that text), or NULL. */
void api_fixture_start(struct api_fixture *fixture, const char *api_keys, const char *tokens);
void api_fixture_stop(struct api_fixture *fixture);
/* Starts the API again after api_free. */
void api_fixture_listen(struct api_fixture *fixture);

/* One request over the Unix socket; `body` NULL = none. Returns the status; *out, when given, is
 * the answer's JSON, owned, NULL when it is none. */
unsigned api_fixture_call(struct api_fixture *fixture, const char *method, const char *target,
                          const char *body, json_t **out);
/* Same over TCP with further header lines ("A: b\r\n", or ""). */
unsigned api_fixture_tcp(struct api_fixture *fixture, const char *method, const char *target,
                         const char *headers, const char *body, struct http_client_answer *out);
/* The value at a path of keys and indexes, "pools.0.name"; borrowed, NULL when absent. */
const json_t *api_fixture_at(const json_t *root, const char *path);
/* Text of a value: the string itself, numbers and words as JSON prints them; "" when absent.
 * Valid until the next call. */
const char *api_fixture_text(const json_t *root, const char *path);
