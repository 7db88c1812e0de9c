// SPDX-License-Identifier: BSD-2-Clause
/* The workers and their sockets, opened at start with the rights to bind low ports. Start-up
 * thread. */
#pragma once

#include "server/config.h"
#include "server/worker.h"

struct listen_set;

/* One worker a core when server.workers is 0. Returns owned; NULL with errors that name the place
 * in the config and the address, also when another process listens there already (SO_REUSEPORT
 * alone would share the queries with it in silence). */
struct listen_set *listen_open(const struct config *config, struct errlist *errors);
struct worker **listen_workers(const struct listen_set *set);
unsigned listen_worker_count(const struct listen_set *set);
/* The workers must have been joined. NULL is allowed. */
void listen_free(struct listen_set *set);
