// SPDX-License-Identifier: BSD-2-Clause
/* An IPVS helper in a thread over a table in memory, for tests of the control thread. One at a
 * time. */
#pragma once

#include "ipvs/allow.h"
#include "ipvs/fake.h"

#include <pthread.h>

struct ipvs_fixture {
    struct ipvs_fake *fake;
    struct ipvs_backend backend;
    struct ipvs_allow allow;
    pthread_t thread;
    int helper_fd;
    int server_fd; /* for control_options.ipvs_fd, which takes it over */
};

void ipvs_fixture_init(struct ipvs_fixture *fixture); /* the table is empty, nothing runs */
/* A new socket pair and a new thread on it. The server's end is in server_fd. */
void ipvs_fixture_start(struct ipvs_fixture *fixture);
/* The server has closed its end: waits for the thread. The table stays. */
void ipvs_fixture_stop(struct ipvs_fixture *fixture);
void ipvs_fixture_fini(struct ipvs_fixture *fixture);

/* The table as text, one line a service and a destination: "tcp 192.0.2.1:80 wlc\n  10.0.0.1:80
 * nat, weight 1\n". Owned (mem_free). */
char *ipvs_fixture_table(struct ipvs_fixture *fixture);
