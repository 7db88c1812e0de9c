// SPDX-License-Identifier: BSD-2-Clause
/* A libcurl multi handle driven by the probe thread's libuv loop: curl says which sockets and which
 * time it waits for, libuv watches them. Easy handles are kept and used again. Probe thread only.
 */
#pragma once

#include "health/check_loop.h"

#include <curl/curl.h>

#include <stdbool.h>

struct http_multi;
struct http_socket;

/* One request that is under way; lies in its owner's struct. */
struct http_transfer {
    CURL *easy;
    struct http_socket *socket; /* http_multi's own: what is watched for it */
    /* Called once, outside of curl, after which the transfer is no longer under way; not after
     * http_multi_remove. */
    void (*done)(struct http_transfer *transfer, CURLcode code);
};

/* Returns owned; NULL when curl has no memory. */
struct http_multi *http_multi_new(struct check_loop *loop);
/* No transfer is under way. The memory goes with the last close callback of the loop. */
void http_multi_free(struct http_multi *multi);
/* A fresh easy handle, all options at their defaults; NULL when curl has no memory. */
CURL *http_multi_take(struct http_multi *multi);
/* Gives back a handle that is not under way. */
void http_multi_give(struct http_multi *multi, CURL *easy);
/* Starts transfer->easy; false when curl has no memory. Borrows `transfer` until done or remove. */
bool http_multi_add(struct http_multi *multi, struct http_transfer *transfer);
/* Ends it without done. */
void http_multi_remove(struct http_multi *multi, struct http_transfer *transfer);
