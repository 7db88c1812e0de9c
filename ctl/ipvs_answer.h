// SPDX-License-Identifier: BSD-2-Clause
/* What GET /v1/ipvs answers, as the tables of the ipvs room. One thread. */
#pragma once

#include "ipvs/ops.h"

#include <jansson.h>

/* All that the kernel has, ours and foreign, sorted; `table` is initialised. False when the answer
 * is not of the form that docs/api.md has. */
bool ipvs_answer_kernel(const json_t *root, struct ipvs_table *table, struct ipvs_info *info);
/* The service of that name, NULL when there is none. Borrowed from `root`. */
const json_t *ipvs_answer_find(const json_t *root, const char *name);
/* Appends one of "services" with all of its servers to `table`, those too that the kernel has not
 * now: a server that is being set up is down. NULL when it is not of the form. Valid until the next
 * one is added. */
struct ipvs_service *ipvs_answer_service(const json_t *service, struct ipvs_table *table);
