// SPDX-License-Identifier: BSD-2-Clause
/* A table in memory that answers as the kernel does, errors included, and can be told to fail. For
 * tests; thread-safe, so that a test can look and meddle while a helper thread works on it. */
#pragma once

#include "ipvs/ops.h"

struct ipvs_fake;

struct ipvs_fake *ipvs_fake_new(void);
void ipvs_fake_free(struct ipvs_fake *fake);
struct ipvs_backend ipvs_fake_backend(struct ipvs_fake *fake); /* borrowed from `fake` */

/* Everything fails with this errno until 0: ENOENT = no module, EPERM = no right. */
void ipvs_fake_unavailable(struct ipvs_fake *fake, int error);
/* The next operation of that kind fails with `error`, once. */
void ipvs_fake_fail(struct ipvs_fake *fake, unsigned kind, int error);
/* This kernel has no such scheduler: ENOENT. */
void ipvs_fake_lacks(struct ipvs_fake *fake, const char *scheduler);
/* There is no such interface, for sync daemons and VIPs: ENODEV. Any other name is one. */
void ipvs_fake_lacks_interface(struct ipvs_fake *fake, const char *interface);
/* Somebody else's hand: the change is made as if by ipvsadm. 0 or errno. */
int ipvs_fake_meddle(struct ipvs_fake *fake, const struct ipvs_op *op);
void ipvs_fake_flush(struct ipvs_fake *fake); /* ipvsadm -C */
/* Counters as if there was traffic; false when there is no such destination. */
bool ipvs_fake_connections(struct ipvs_fake *fake, const struct ipvs_key *key,
                           const struct addr *addr, uint16_t port, uint32_t active,
                           uint32_t inactive);
/* A copy of the table as it is; `out` is initialised. */
void ipvs_fake_copy(struct ipvs_fake *fake, struct ipvs_table *out);
bool ipvs_fake_has_vip(struct ipvs_fake *fake, const struct addr *addr, const char *interface);
/* Writes (operations that succeeded) and dumps so far. */
uint64_t ipvs_fake_writes(struct ipvs_fake *fake);
uint64_t ipvs_fake_dumps(struct ipvs_fake *fake);
/* Text of the operations that succeeded since the last call, one "op key" a line, for asserting
 * order; meddling is not in it. Returns owned. */
char *ipvs_fake_history(struct ipvs_fake *fake);
