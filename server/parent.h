// SPDX-License-Identifier: BSD-2-Clause
/* With IPVS, gslbd is three processes, all of the same program: the server, which answers and has
 * no right but to bind its ports; the helper, the only one that may change the kernel's IPVS table;
 * and this, their parent, which starts both, starts the helper again when it dies, and hands
 * signals on. It opens no network, reads nothing once it runs, and keeps what it needs to start a
 * helper: CAP_NET_ADMIN. One thread. */
#pragma once

#include "base/errlist.h"
#include "server/config.h"

struct parent;

/* `program` is what is executed as server and helper, `name` its argv[0] (both borrowed for the
 * parent's life). Takes what it needs out of `config`; starts nothing yet. Returns owned; NULL with
 * errors. */
struct parent *parent_new(const struct config *config, const char *program, const char *name,
                          struct errlist *errors);
void parent_free(struct parent *parent); /* NULL is allowed */
/* Starts both and stays until the server has ended; the helper is ended after it. Returns the
 * server's exit status; a server that was killed takes us along by the same signal. SIGHUP, SIGTERM
 * and SIGINT should be blocked by the caller, so that none is lost. */
int parent_run(struct parent *parent);

/* How long to wait before a helper is started that has died `deaths` times in a row while young:
 * not at all the first time, then ever longer, up to five seconds. Milliseconds. */
uint64_t parent_delay_ms(unsigned deaths);
