// SPDX-License-Identifier: BSD-2-Clause
/* The server in the test's own process: a folder with config and zone, workers on a free loopback
 * port, the control thread's loop run by the test. What cannot be set up aborts. One at a time. */
#pragma once

#include "server/control.h"
#include "server/listen.h"

#include <stdbool.h>

struct control_fixture {
    char dir[64];
    char config[96];
    struct endpoint listen; /* UDP and TCP */
    uv_loop_t loop;
    struct listen_set *set;
    struct control *control;
    struct errlist errors; /* of the start that failed */
    unsigned tcp_max;      /* set before the start: the workers' limits, 0 = as they are */
    uint64_t tcp_idle_ms;
    size_t tcp_unsent_max;
    int ipvs_fd; /* socket to a helper, for a config with "ipvs"; -1 after init */
};

/* Makes the folder. `zone` is the text of example.test.zone. */
void control_fixture_init(struct control_fixture *fixture, const char *zone);
/* Writes gslb.json: `sections` is JSON text behind the "server" section, such as "\"pools\": {...},
 * \"zones\": {...}"; the zone's file is "example.test.zone". The state folder is "state". */
void control_fixture_config(struct control_fixture *fixture, const char *sections);
/* False when control_new refused: see errors. */
bool control_fixture_start(struct control_fixture *fixture);
void control_fixture_stop(struct control_fixture *fixture);
/* Stops if need be, removes the folder. */
void control_fixture_fini(struct control_fixture *fixture);
/* Writes a file of the folder. */
void control_fixture_write(const struct control_fixture *fixture, const char *name,
                           const char *text);

/* Runs the loop until `condition` holds; false after `limit_ms`. */
bool control_fixture_until(struct control_fixture *fixture, bool (*condition)(void *data),
                           void *data, unsigned limit_ms);
/* Runs the loop until every worker serves what has been changed so far. */
void control_fixture_served(struct control_fixture *fixture);
/* Asks in the words of dnsmsg_query over the real sockets ("tcp" among them); returns
 * dnsmsg_print's text, owned, or NULL when no answer came within 2 s. */
char *control_fixture_dig(struct control_fixture *fixture, const char *words);
