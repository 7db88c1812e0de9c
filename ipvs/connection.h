// SPDX-License-Identifier: BSD-2-Clause
/* A line of /proc/net/ip_vs_conn: a connection that the kernel balances. There is no other way to
 * see one. Pure; any thread. */
#pragma once

#include "base/addr.h"
#include "base/strbuf.h"

#define CONNECTION_WORD_MAX 16

struct connection {
    char protocol[CONNECTION_WORD_MAX]; /* "TCP", "UDP", "SCT"; "IP" for a mark's template */
    char state[CONNECTION_WORD_MAX];
    uint64_t expires; /* seconds */
    struct endpoint client, vip, server;
};

/* False for anything else, such as the line with the titles. */
bool connection_parse(const char *line, struct connection *out);
/* As `ipvsadm -Lnc` has it. */
void connection_print_titles(struct strbuf *out);
void connection_print(const struct connection *connection, struct strbuf *out);
