// SPDX-License-Identifier: BSD-2-Clause
/* Tables as `ipvsadm -Ln` prints them, to the letter (ipvsadm 1.31): what scripts parse. Pure. */
#pragma once

#include "base/strbuf.h"
#include "ipvs/ops.h"

enum list_columns {
    LIST_DEFAULT,    /* Forward Weight ActiveConn InActConn */
    LIST_STATS,      /* --stats */
    LIST_RATE,       /* --rate */
    LIST_THRESHOLDS, /* --thresholds */
    LIST_PERSISTENT, /* --persistent-conn */
    LIST_TUNNEL,     /* --tun-info */
};

struct list_options {
    enum list_columns columns;
    bool exact; /* --exact: numbers in full */
};

/* Puts services and servers into the order in which ipvsadm prints them. It is not that of
 * ipvs_table_sort: addresses that are 2^31 and more apart stand the other way round there. */
void list_sort(struct ipvs_table *table);
/* Header lines and all services, as they stand in the table. */
void list_print(const struct ipvs_table *table, const struct ipvs_info *info,
                const struct list_options *options, struct strbuf *out);
/* `ipvsadm -L --timeout` and `--daemon`. */
void list_print_timeouts(const struct ipvs_timeouts *timeouts, struct strbuf *out);
void list_print_daemons(const struct ipvs_table *table, struct strbuf *out);
