// SPDX-License-Identifier: BSD-2-Clause
/* A DNS worker: one thread, one libuv loop, its own SO_REUSEPORT UDP sockets and TCP listeners. It
 * reads the published state and nothing else of the control thread's. The control thread makes it,
 * gives it states, and ends it. */
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
    unsigned tcp_max; /* open TCP connections of this worker, at least 1 */
    size_t
        tcp_unsent_max; /* bytes that may wait for slow readers; beyond it the slowest is cut off */
    uint64_t
        tcp_idle_ms; /* an idle connection is closed after this long (RFC 7766 section 6.2.3) */
};

/* Opens the sockets (still with the rights to bind low ports). Returns owned; NULL with errors that
 * name the address. */
struct errlist;
struct worker *worker_new(const struct worker_options *options, struct errlist *errors);
/* `fn` is called on the worker's thread each time it has taken a newer state; it must not block.
 * Before worker_start. */
void worker_on_acknowledged(struct worker *worker, void (*fn)(void *data), void *data);
/* Starts the thread with its first state. False on failure. */
bool worker_start(struct worker *worker, const struct state *state);
/* Puts a newer state into its slot and wakes it. Control thread. */
void worker_publish(struct worker *worker, const struct state *state);
/* Generation that the worker serves. Any thread. */
uint64_t worker_generation(const struct worker *worker);
struct stats *worker_stats(struct worker *worker);
/* Asks it to finish what is in flight and end. Control thread. */
void worker_stop(struct worker *worker);
/* Waits for the end of its thread; nothing happens when it never started. */
void worker_join(struct worker *worker);
/* After worker_join. NULL is allowed. */
void worker_free(struct worker *worker);
