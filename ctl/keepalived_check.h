// SPDX-License-Identifier: BSD-2-Clause
/* keepalived's checkers as checks of our configuration. Equal ones become one, which is the point
 * of naming them. One thread. */
#pragma once

#include "base/strmap.h"
#include "ctl/keepalived_value.h"

/* What a virtual server says for its real servers, and they for their checkers; < 0 and NULL = not
 * said. */
struct keepalived_timing {
    int64_t interval_ms;
    int64_t timeout_ms;
    int64_t retry;
    int64_t confirm_ms;
    const char *virtualhost;
};
#define KEEPALIVED_TIMING_NONE                                                                     \
    {                                                                                              \
        .interval_ms = -1, .timeout_ms = -1, .retry = -1, .confirm_ms = -1                         \
    }

struct keepalived_checks {
    struct keepalived_report *report;
    json_t *object;      /* the section "checks" so far; owned */
    struct strmap *seen; /* text of a check -> its number */
    json_t *names;       /* by number; owned */
};
void keepalived_checks_init(struct keepalived_checks *checks, struct keepalived_report *report);
void keepalived_checks_fini(struct keepalived_checks *checks);

/* A statement of timing (or one that is left out with a note): *taken tells whether it was one.
 * False with an error. */
bool keepalived_timing_take(struct keepalived_report *report, const struct keepalived_node *node,
                            struct keepalived_timing *timing, bool *taken);
bool keepalived_is_checker(const struct keepalived_node *node);
/* Puts what the checker of a server asks into the checks, and their names behind `names`; none,
 * with a note, where we have no such check. `port` is the server's in our configuration, `given`
 * the one that it has in keepalived's, where checks go (0 = none). False with an error. */
bool keepalived_check_take(struct keepalived_checks *checks, const struct keepalived_node *node,
                           const struct keepalived_timing *timing, uint16_t port, uint16_t given,
                           json_t *names);
