// SPDX-License-Identifier: BSD-2-Clause
/* Tables as `ipvsadm-save -n` prints them, so that ipvsadm-restore reads them; with the thresholds
 * that ipvsadm forgets (-x, -y), and with what no line of that format can say in comments (timeouts
 * and sync daemons, as the ipvsadm commands that set them). Pure. */
#pragma once

#include "base/strbuf.h"
#include "ipvs/model.h"

struct save_options {
    bool plain; /* byte for byte what ipvsadm-save prints: no thresholds, no comments */
};

void save_print(const struct ipvs_table *table, const struct save_options *options,
                struct strbuf *out);
