// SPDX-License-Identifier: BSD-2-Clause
/* The server's end of the socket to the IPVS helper, on the control thread's loop: requests go out
 * one at a time, in order; each is answered once, by the loop, never within the call that asks. A
 * helper that was started anew (HELLO) or that does not answer in time fails what was asked with
 * EAGAIN; the asker tries again with a dump. Other errors of our own: EPROTO (what came is no
 * answer), E2BIG and EINVAL (operations that no helper takes), EPIPE (the socket is lost for good).
 * Nothing is sent before the first HELLO. The callbacks may ask again, and may free the link. */
#pragma once

#include "ipvs/ops.h"

#include <uv.h>

#define IPVS_LINK_TIMEOUT_MS 5000 /* and one more for each operation */

struct ipvs_link;

/* Takes `fd` over. `on_hello` (may be NULL) is called when the helper has started (again). Returns
 * owned. */
struct ipvs_link *ipvs_link_new(uv_loop_t *loop, int fd, void (*on_hello)(void *data), void *data);
/* What was asked is not answered any more. Closes; the loop has to run once more. */
void ipvs_link_free(struct ipvs_link *link); /* NULL is allowed */

/* Info, table and results are valid in the callback only, and NULL with an error. */
typedef void ipvs_link_info_fn(void *data, int error, const struct ipvs_info *info);
typedef void ipvs_link_dump_fn(void *data, int error, const struct ipvs_table *table);
/* `results` has one entry an operation when error is 0. */
typedef void ipvs_link_apply_fn(void *data, int error, const int *results, size_t count);
void ipvs_link_info(struct ipvs_link *link, ipvs_link_info_fn *fn, void *data);
void ipvs_link_dump(struct ipvs_link *link, ipvs_link_dump_fn *fn, void *data);
/* Copies `ops`. */
void ipvs_link_apply(struct ipvs_link *link, const struct ipvs_op *ops, size_t count,
                     ipvs_link_apply_fn *fn, void *data);
/* Requests that wait or are under way. */
size_t ipvs_link_pending(const struct ipvs_link *link);
