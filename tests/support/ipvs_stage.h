// SPDX-License-Identifier: BSD-2-Clause
/* A director on its stage: a service with servers a, b, c, ... at 10.0.0.1, .2, .3, ... and a sorry
 * server s at 10.0.0.99, a clock that stands still, and a kernel's table in memory which follows by
 * way of the reconciler. One thread.
 *
 *     struct stage s;
 *     stage_setup(&s, 2);
 *     stage_settle(&s);
 *     s.uses[0] = IPVS_USE_FAILED;
 *     stage_step_and_apply(&s);
 *     stage_wants(&s, "b10"); */
#pragma once

#include "ipvs/director.h"

#include <check.h>

#define STAGE_SERVERS 6
#define STAGE_SORRY   99 /* its host */

/* Everything may be set between steps. */
struct stage {
    struct ipvs_spec spec;
    struct ipvs_server_spec servers[STAGE_SERVERS];
    uint8_t uses[STAGE_SERVERS];
    struct ipvs_table kernel;
    struct ipvs_director_input in;
    struct ipvs_director *director; /* made by the first step */
};

/* `count` servers of weight 10, quorum 1, a drain of 300 s, a tail of 30 s. */
void stage_setup(struct stage *s, size_t count);
void stage_teardown(struct stage *s);
struct ipvs_dest stage_dest(unsigned host, uint32_t weight);
void stage_step(struct stage *s);
/* What is desired is brought about in the kernel. */
void stage_apply(struct stage *s);
void stage_step_and_apply(struct stage *s);
/* Until the kernel has it and DNS has followed. */
void stage_settle(struct stage *s);
void stage_pass(struct stage *s, uint64_t ms); /* and step_and_apply */
/* Counters of a server that the kernel has. */
void stage_connections(struct stage *s, unsigned host, uint32_t active, uint32_t inactive,
                       uint32_t persistent);
/* The kernel has this server without our doing, as after a restart. */
void stage_found(struct stage *s, unsigned host, uint32_t weight);
struct ipvs_server_view stage_view(const struct stage *s, size_t server);
/* "a10 b0 s1": servers and weights; "none" without a service. */
void stage_picture(const struct ipvs_service *service, char *out, size_t size);

/* What is desired. */
#define stage_wants(s, text)                                                                       \
    do {                                                                                           \
        char got[128];                                                                             \
        stage_picture(ipvs_director_desired((s)->director), got, sizeof(got));                     \
        ck_assert_str_eq(got, text);                                                               \
    } while (0)

#define stage_is(s, wanted, lives)                                                                 \
    do {                                                                                           \
        ck_assert_str_eq(ipvs_service_state_name(ipvs_director_state((s)->director)), wanted);     \
        ck_assert_int_eq(ipvs_director_live((s)->director), lives);                                \
    } while (0)

#define stage_server_is(s, server, wanted)                                                         \
    ck_assert_str_eq(ipvs_server_state_name(stage_view((s), (server)).state), wanted)
