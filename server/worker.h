// SPDX-License-Identifier: BSD-2-Clause
/* A DNS worker: one thread, one libuv loop, its own SO_REUSEPORT UDP sockets and TCP listeners. It reads the published state and nothing else of the
 * control thread's. The control thread makes it, gives it states, and ends it. */
#pragma once

#include "base/addr.h"
#include "resolver/resolver.h"

#include <stdbool.h>
#include <stddef.h>

struct worker;

struct worker_options {
    unsigned index;
    const struct endpoint *listen;
    size_t listen_count;
    const struct state *state; /* the first one */
    void (*acknowledged)(void *data); /* called on the worker's thread after it took a newer state; must not block */
    void *data;
    unsigned tcp_max;          /* open TCP connections of this worker */
};

/* Opens the sockets (still with the rights to bind low ports). Returns owned; NULL with errors that name the address. */
struct errlist;
struct worker *worker_new(const struct worker_options *options, struct errlist *errors);
/* Starts the thread. False on failure. */
bool worker_start(struct worker *worker);
/* Puts a newer state into its slot and wakes it. Control thread. */
void worker_publish(struct worker *worker, const struct state *state);
/* Generation that the worker serves. Any thread. */
uint64_t worker_generation(const struct worker *worker);
struct stats *worker_stats(struct worker *worker);
/* Asks it to finish what is in flight and end; then worker_free joins and frees. Control thread. */
void worker_stop(struct worker *worker);
void worker_free(struct worker *worker);
