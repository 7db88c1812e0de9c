// SPDX-License-Identifier: BSD-2-Clause
/* The API's client: one request at a time over TCP or a Unix socket (libcurl). One thread. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_DEFAULT_API "http://127.0.0.1:8053"

struct client;

struct client_answer {
    long status; /* HTTP */
    struct strbuf body;
};

/* `api` is http://HOST:PORT, https://HOST:PORT or unix:/PATH; `token` may be NULL. Returns owned;
 * NULL with a message in `error`. */
struct client *client_new(const char *api, const char *token, char *error, size_t error_size);
void client_free(struct client *client); /* NULL is allowed */

/* Adds "/" and the part percent-encoded. */
void client_add_part(struct strbuf *path, const char *part);
/* Adds '?' or '&', name=value; nothing when `value` is NULL. */
void client_add_param(struct strbuf *path, const char *name, const char *value);

/* One request; `body` is JSON text or NULL. False when there was no answer, with a message. The
 * answer must be freed by client_answer_fini in any case. */
bool client_call(struct client *client, const char *method, const char *path, const char *body,
                 struct client_answer *out, char *error, size_t error_size);
void client_answer_fini(struct client_answer *answer);

/* Called with each piece of an endless answer; false ends it. */
typedef bool client_piece_fn(void *data, const char *bytes, size_t length);
/* GET without end. An answer other than 200 is collected in `out` instead. False when the
 * connection failed. */
bool client_stream(struct client *client, const char *path, client_piece_fn *fn, void *data,
                   struct client_answer *out, char *error, size_t error_size);
