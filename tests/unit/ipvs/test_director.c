// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/director.h"

#include "base/compiler.h"
#include "ipvs/reconcile.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SERVERS 6
#define SECOND  1000

/* A service with servers a, b, c, ... at 10.0.0.1, .2, .3, and a sorry server s at 10.0.0.99; its
 * kernel is a table in memory. */
struct stage {
    struct ipvs_spec spec;
    struct ipvs_server_spec servers[SERVERS];
    uint8_t uses[SERVERS];
    struct ipvs_table kernel;
    struct ipvs_director_input in;
    struct ipvs_director *director;
};

static struct ipvs_dest dest_at(unsigned host, uint32_t weight)
{
    struct ipvs_dest dest = { .addr = { ADDR_V4, { 10, 0, 0, (uint8_t)host } },
                              .port = 80,
                              .weight = weight };
    return dest;
}

/* `count` servers of weight 10. */
static void setup(struct stage *s, size_t count)
{
    static const char *const names[SERVERS] = { "a", "b", "c", "d", "e", "f" };
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < SERVERS; i++)
        s->servers[i] = (struct ipvs_server_spec){ .name = names[i], .dest = dest_at(i + 1, 10) };
    s->spec = (struct ipvs_spec){ .name = "web",
                                  .service = { .scheduler = "wlc" },
                                  .servers = s->servers,
                                  .server_count = count,
                                  .quorum = 1,
                                  .sorry = dest_at(99, 1),
                                  .drain_ms = 300 * SECOND };
    ck_assert(ipvs_key_parse("tcp 192.0.2.1:80", &s->spec.service.key));
    ipvs_service_normalise(&s->spec.service);
    ipvs_table_init(&s->kernel);
    s->in = (struct ipvs_director_input){
        .now_ms = 1000 * SECOND, .tail_ms = 30 * SECOND, .kernel_known = true, .gate = true
    };
    s->in.uses = s->uses;
}

static void teardown(struct stage *s)
{
    ipvs_director_free(s->director);
    ipvs_table_fini(&s->kernel);
}

static void step(struct stage *s)
{
    if (s->director == NULL)
        s->director = ipvs_director_new(&s->spec);
    s->in.kernel = ipvs_table_find(&s->kernel, &s->spec.service.key);
    ipvs_director_step(s->director, &s->in);
}

/* What is desired is brought about. */
static void apply(struct stage *s)
{
    struct ipvs_table desired;
    struct ipvs_keys owned;
    struct ipvs_plan plan;
    ipvs_table_init(&desired);
    ipvs_keys_init(&owned);
    ipvs_plan_init(&plan);
    (void)ipvs_keys_add(&owned, &s->spec.service.key); /* it is empty */
    const struct ipvs_service *service = ipvs_director_desired(s->director);
    if (service != NULL) {
        struct ipvs_service *copy = ipvs_table_add(&desired, service);
        for (size_t i = 0; i < service->dest_count; i++)
            ipvs_service_add(copy, &service->dests[i]);
    }
    ipvs_reconcile(&(struct ipvs_reconcile){ &desired, &s->kernel, &owned, IPVS_SHARED, false },
                   &plan);
    for (size_t i = 0; i < plan.count; i++)
        ck_assert_int_eq(ipvs_table_apply(&s->kernel, &plan.ops[i]), 0);
    ipvs_plan_fini(&plan);
    ipvs_keys_fini(&owned);
    ipvs_table_fini(&desired);
}

static void step_and_apply(struct stage *s)
{
    step(s);
    apply(s);
}

/* Until the kernel has it and DNS has followed. */
static void settle(struct stage *s)
{
    for (unsigned i = 0; i < 4; i++) {
        step_and_apply(s);
        s->in.in_dns = ipvs_director_live(s->director);
    }
}

static void pass(struct stage *s, uint64_t ms)
{
    s->in.now_ms += ms;
    step_and_apply(s);
}

static void picture(const struct ipvs_service *service, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    if (service == NULL)
        (void)snprintf(out, size, "none");
    for (size_t i = 0; service != NULL && i < service->dest_count; i++) {
        unsigned host = service->dests[i].addr.bytes[3];
        length +=
            (size_t)snprintf(out + length, size - length, "%s%c%u", i > 0 ? " " : "",
                             host == 99 ? 's' : (int)('a' + host - 1), service->dests[i].weight);
    }
}

/* "a10 b0 s1": the servers that are desired and their weights; "none" without a service. */
#define wants(s, text)                                                                             \
    do {                                                                                           \
        char got[128];                                                                             \
        picture(ipvs_director_desired((s)->director), got, sizeof(got));                           \
        ck_assert_str_eq(got, text);                                                               \
    } while (0)

#define is(s, wanted, lives)                                                                       \
    do {                                                                                           \
        ck_assert_str_eq(ipvs_service_state_name(ipvs_director_state((s)->director)), wanted);     \
        ck_assert_int_eq(ipvs_director_live((s)->director), lives);                                \
    } while (0)

static struct ipvs_server_view view(const struct stage *s, size_t server)
{
    struct ipvs_server_view view;
    ipvs_director_server(s->director, server, &view);
    return view;
}

#define server_is(s, server, wanted)                                                               \
    ck_assert_str_eq(ipvs_server_state_name(view((s), (server)).state), wanted)

static void connections(struct stage *s, unsigned host, uint32_t active, uint32_t inactive,
                        uint32_t persistent)
{
    struct ipvs_dest wanted = dest_at(host, 0);
    struct ipvs_service *service = ipvs_table_find(&s->kernel, &s->spec.service.key);
    ck_assert_ptr_nonnull(service);
    struct ipvs_dest *dest = ipvs_service_find(service, &wanted.addr, wanted.port);
    ck_assert_ptr_nonnull(dest);
    dest->active = active;
    dest->inactive = inactive;
    dest->persistent = persistent;
}

/* The kernel has the service with these already: as after a restart. */
static void found(struct stage *s, unsigned host, uint32_t weight)
{
    struct ipvs_service *service = ipvs_table_find(&s->kernel, &s->spec.service.key);
    if (service == NULL)
        service = ipvs_table_insert(&s->kernel, &s->spec.service);
    struct ipvs_dest dest = dest_at(host, weight);
    ipvs_service_insert(service, &dest);
}

/* ---- gate and failures -------------------------------------------------------------------------
 */

START_TEST(a_vip_enters_dns_after_the_kernel_has_it)
{
    struct stage s;
    setup(&s, 2);
    s.in.kernel_known = false;
    step(&s);
    is(&s, "waiting", false);
    s.in.kernel_known = true;
    step_and_apply(&s);
    wants(&s, "a10 b10");
    is(&s, "waiting", false);
    ck_assert(ipvs_director_quorum(s.director));
    step(&s);
    is(&s, "up", true);
    s.in.vip = IPVS_USE_FAILED; /* the probe through the VIP */
    step(&s);
    wants(&s, "a10 b10");
    is(&s, "waiting", false);
    s.in.vip = IPVS_USE_UP;
    step(&s);
    is(&s, "up", true);
    ipvs_table_fini(&s.kernel); /* ipvsadm -C */
    step_and_apply(&s);
    is(&s, "waiting", false);
    step(&s);
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(without_a_kernel_health_alone_decides)
{
    struct stage s;
    setup(&s, 1);
    s.in.gate = s.in.kernel_known = false;
    step(&s);
    is(&s, "up", true);
    s.uses[0] = IPVS_USE_DRAIN; /* nothing to wait for */
    step(&s);
    server_is(&s, 0, "drained");
    is(&s, "down", false);
    teardown(&s);
}
END_TEST

START_TEST(a_weight_of_another_in_the_kernel_does_not_open_the_gate)
{
    struct stage s;
    setup(&s, 1);
    found(&s, 1, 0);
    found(&s, 7, 10);
    step(&s);
    wants(&s, "a10 g0"); /* g is drained, being none of ours */
    is(&s, "waiting", false);
    teardown(&s);
}
END_TEST

START_TEST(a_dead_server_leaves_at_once_or_gets_no_weight)
{
    struct stage s;
    setup(&s, 3);
    settle(&s);
    s.uses[1] = IPVS_USE_FAILED;
    step(&s);
    wants(&s, "a10 c10");
    server_is(&s, 1, "down");
    ck_assert(!view(&s, 1).present);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 2.0 / 3, 1e-9);
    s.spec.quiesce = true;
    step(&s);
    wants(&s, "a10 b0 c10");
    ck_assert(view(&s, 1).present);
    s.uses[1] = IPVS_USE_DOWN; /* an operator's word is a removal in any case */
    step(&s);
    wants(&s, "a10 c10");
    server_is(&s, 1, "admin_down");
    s.servers[2].disabled = true;
    ipvs_director_adopt(s.director, &s.spec);
    step(&s);
    wants(&s, "a10");
    server_is(&s, 2, "disabled");
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.5, 1e-9);
    teardown(&s);
}
END_TEST

static const enum ipvs_use ends[] = { IPVS_USE_FAILED, IPVS_USE_DOWN, IPVS_USE_DRAIN };

START_TEST(the_last_server_stays_until_dns_has_forgotten_the_vip)
{
    struct stage s;
    setup(&s, 2);
    settle(&s);
    is(&s, "up", true);
    s.uses[0] = IPVS_USE_FAILED;
    step_and_apply(&s);
    wants(&s, "b10");
    s.uses[1] = (uint8_t)ends[_i];
    step_and_apply(&s);
    wants(&s, "b10");
    is(&s, "down", false);
    pass(&s, 60 * SECOND); /* a worker that takes its time */
    wants(&s, "b10");
    ck_assert(view(&s, 1).present);
    ck_assert_uint_eq(view(&s, 1).weight, 10);
    s.in.in_dns = false;
    step_and_apply(&s);
    wants(&s, ends[_i] == IPVS_USE_DRAIN ? "b0" : "");
    s.uses[0] = IPVS_USE_UP;
    settle(&s);
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(all_that_died_in_one_moment_stay_for_dns)
{
    struct stage s;
    setup(&s, 2);
    settle(&s);
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    step(&s);
    wants(&s, "a10 b10");
    is(&s, "down", false);
    s.uses[0] = IPVS_USE_UP; /* and one of them is back */
    step(&s);
    wants(&s, "a10");
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(weights_of_operators_are_used)
{
    static const uint32_t weights[] = { 3, 70000, 0 };
    struct stage s;
    setup(&s, 3);
    s.in.weights = weights;
    step(&s);
    wants(&s, "a3 b65535 c0");
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 1, 1e-9);
    s.uses[1] = IPVS_USE_FAILED;
    step(&s);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.1, 1e-9);
    teardown(&s);
}
END_TEST

START_TEST(servers_without_weight_do_not_count_as_live)
{
    static const uint32_t one[] = { 0, 4 };
    struct stage s;
    setup(&s, 2);
    s.servers[0].dest.weight = s.servers[1].dest.weight = 0;
    settle(&s);
    wants(&s, "a0 b0");
    is(&s, "down", false);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0, 1e-9);
    s.in.weights = one;
    settle(&s);
    is(&s, "up", true);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.5, 1e-9); /* by count */
    teardown(&s);
}
END_TEST

/* ---- quorum and the sorry server ---------------------------------------------------------------
 */

START_TEST(below_quorum_dns_is_closed_and_servers_stay)
{
    struct stage s;
    setup(&s, 3);
    s.spec.quorum = 2;
    settle(&s);
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    step(&s);
    wants(&s, "c10");
    is(&s, "down", false);
    ck_assert(!ipvs_director_quorum(s.director));
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "1 of 3"));
    s.in.in_dns = false;
    step(&s);
    wants(&s, "c10");
    teardown(&s);
}
END_TEST

START_TEST(the_sorry_server_takes_over_at_once_and_leaves_last)
{
    struct stage s;
    setup(&s, 2);
    s.spec.has_sorry = true;
    settle(&s);
    wants(&s, "a10 b10");
    s.uses[0] = IPVS_USE_FAILED;
    step_and_apply(&s);
    s.uses[1] = IPVS_USE_FAILED;
    step_and_apply(&s);
    wants(&s, "s1"); /* though DNS may still answer it */
    is(&s, "sorry", false);
    s.in.in_dns = false;
    step_and_apply(&s);
    wants(&s, "s1");
    s.uses[1] = IPVS_USE_UP;
    step(&s);
    wants(&s, "b10 s1"); /* until the kernel has the real one */
    is(&s, "waiting", false);
    apply(&s);
    step_and_apply(&s);
    wants(&s, "b10");
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(live_servers_stay_beside_the_sorry_server_when_asked)
{
    struct stage s;
    setup(&s, 3);
    s.spec.has_sorry = true;
    s.spec.quorum = 2;
    settle(&s);
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    step_and_apply(&s);
    wants(&s, "s1");
    server_is(&s, 2, "up");
    ck_assert(!view(&s, 2).present);
    s.spec.sorry_keeps = true;
    step_and_apply(&s);
    wants(&s, "c10 s1");
    is(&s, "sorry", false);
    s.uses[0] = IPVS_USE_UP;
    step_and_apply(&s);
    step_and_apply(&s);
    wants(&s, "a10 c10");
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(a_sorry_server_may_be_one_of_the_real_ones)
{
    struct stage s;
    setup(&s, 2);
    s.spec.has_sorry = true;
    s.spec.sorry = dest_at(1, 1);
    s.spec.quiesce = true;
    settle(&s);
    wants(&s, "a10 b10");
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    step_and_apply(&s);
    wants(&s, "a1 b0");
    is(&s, "sorry", false);
    s.in.in_dns = false;
    s.uses[0] = IPVS_USE_UP;
    step_and_apply(&s);
    wants(&s, "a10 b0");
    settle(&s);
    wants(&s, "a10 b0");
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

/* ---- slow start --------------------------------------------------------------------------------
 */

START_TEST(a_server_that_comes_back_gets_its_weight_slowly)
{
    struct stage s;
    setup(&s, 3);
    s.spec.slow_start_ms = 9 * SECOND; /* nine steps from 1 to 10 */
    settle(&s);
    wants(&s, "a10 b10 c10"); /* all are new */
    s.uses[1] = IPVS_USE_FAILED;
    step_and_apply(&s);
    s.uses[1] = IPVS_USE_UP;
    step_and_apply(&s);
    uint64_t start = s.in.now_ms;
    for (uint32_t weight = 1; weight < 10; weight++) {
        server_is(&s, 1, "warming");
        ck_assert_uint_eq(view(&s, 1).weight, weight);
        ck_assert_uint_eq(view(&s, 1).until_ms, start + 9 * SECOND);
        ck_assert_double_eq_tol(ipvs_director_share(s.director), (20 + weight) / 30.0, 1e-9);
        ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + weight * SECOND);
        pass(&s, SECOND);
    }
    wants(&s, "a10 b10 c10");
    server_is(&s, 1, "up");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), 0);
    teardown(&s);
}
END_TEST

START_TEST(a_ramp_needs_others_that_carry_the_load)
{
    struct stage s;
    setup(&s, 2);
    s.spec.slow_start_ms = 10 * SECOND;
    settle(&s);
    s.uses[0] = IPVS_USE_FAILED;
    step_and_apply(&s);
    s.uses[0] = IPVS_USE_UP;
    step_and_apply(&s);
    wants(&s, "a1 b10");
    s.uses[1] = IPVS_USE_FAILED;
    step_and_apply(&s);
    wants(&s, "a10");
    server_is(&s, 0, "up");
    teardown(&s);
}
END_TEST

START_TEST(no_ramp_for_schedulers_that_hash_or_rank)
{
    static const char *const schedulers[] = { "sh", "mh", "dh", "fo", "ovf" };
    for (size_t i = 0; i < ARRAY_LEN(schedulers); i++) {
        struct stage s;
        setup(&s, 2);
        (void)snprintf(s.spec.service.scheduler, IPVS_SCHEDULER_MAX, "%s", schedulers[i]);
        s.spec.slow_start_ms = 10 * SECOND;
        settle(&s);
        s.uses[0] = IPVS_USE_FAILED;
        step_and_apply(&s);
        s.uses[0] = IPVS_USE_UP;
        step_and_apply(&s);
        wants(&s, "a10 b10");
        teardown(&s);
    }
}
END_TEST

/* ---- restarts and reloads ----------------------------------------------------------------------
 */

START_TEST(a_restart_takes_over_what_the_kernel_has)
{
    struct stage s;
    setup(&s, 4);
    s.spec.slow_start_ms = 100 * SECOND;
    found(&s, 1, 10);
    found(&s, 2, 3);
    found(&s, 3, 0);
    s.in.kernel_known = false;
    step(&s); /* nothing is known yet, and nothing is done */
    is(&s, "waiting", false);
    s.in.kernel_known = true;
    step(&s);
    wants(&s, "a10 b10 c1 d1"); /* c has been waiting for its weight, d is new */
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(a_restart_with_an_equal_table_writes_nothing)
{
    struct stage s;
    setup(&s, 2);
    s.spec.slow_start_ms = 100 * SECOND;
    s.spec.has_sorry = true;
    found(&s, 1, 10);
    found(&s, 2, 10);
    step(&s);
    wants(&s, "a10 b10");
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(a_restart_drains_what_the_definition_no_longer_has)
{
    struct stage s;
    setup(&s, 1);
    found(&s, 1, 10);
    found(&s, 2, 10);
    connections(&s, 2, 5, 0, 0);
    step_and_apply(&s);
    wants(&s, "a10 b0");
    pass(&s, 10 * SECOND);
    wants(&s, "a10 b0");
    connections(&s, 2, 0, 9, 0);
    pass(&s, SECOND);
    wants(&s, "a10");
    teardown(&s);
}
END_TEST

START_TEST(a_reload_keeps_states_drains_and_warms)
{
    struct stage s;
    setup(&s, 3);
    s.spec.slow_start_ms = 9 * SECOND;
    settle(&s);
    connections(&s, 1, 1, 0, 0);
    struct ipvs_spec other = s.spec; /* without a, with d; c has another weight */
    struct ipvs_server_spec servers[] = { s.servers[3], s.servers[2], s.servers[1] };
    servers[1].dest.weight = 7;
    other.servers = servers;
    ipvs_director_adopt(s.director, &other);
    ck_assert_ptr_eq(ipvs_director_spec(s.director), &other);
    step_and_apply(&s);
    wants(&s, "a0 b10 c7 d1");
    server_is(&s, 0, "warming");
    server_is(&s, 2, "up");
    ck_assert(ipvs_director_wants_counters(s.director));
    pass(&s, 9 * SECOND);
    wants(&s, "a0 b10 c7 d10");
    ipvs_director_adopt(s.director, &s.spec); /* and a is back: its drain is called off */
    step_and_apply(&s);
    wants(&s, "a10 b10 c10 d0");
    pass(&s, 3 * SECOND);
    wants(&s, "a10 b10 c10");
    teardown(&s);
}
END_TEST

START_TEST(a_reload_that_replaces_all_servers_ramps_none)
{
    struct stage s;
    setup(&s, 2);
    s.spec.slow_start_ms = 9 * SECOND;
    settle(&s);
    struct ipvs_spec other = s.spec;
    other.servers = s.servers + 2;
    ipvs_director_adopt(s.director, &other);
    step_and_apply(&s);
    wants(&s, "a0 b0 c10 d10");
    teardown(&s);
}
END_TEST

/* ---- drain of a server -------------------------------------------------------------------------
 */

START_TEST(a_drain_waits_for_connections_up_to_its_limit)
{
    struct stage s;
    setup(&s, 2);
    settle(&s);
    connections(&s, 1, 3, 50, 0);
    uint64_t start = s.in.now_ms;
    s.uses[0] = IPVS_USE_DRAIN;
    step_and_apply(&s);
    wants(&s, "a0 b10");
    server_is(&s, 0, "draining");
    ck_assert_uint_eq(view(&s, 0).until_ms, start + 300 * SECOND);
    ck_assert(ipvs_director_wants_counters(s.director));
    pass(&s, 200 * SECOND);
    wants(&s, "a0 b10");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + 300 * SECOND);
    if (_i == 0)
        connections(&s, 1, 0, 50, 0); /* inactive ones of TCP do not matter */
    else
        s.in.now_ms = start + 300 * SECOND;
    step_and_apply(&s);
    wants(&s, "b10");
    server_is(&s, 0, "drained");
    ck_assert_uint_eq(view(&s, 0).until_ms, 0);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), 0);
    ck_assert(!ipvs_director_wants_counters(s.director));
    pass(&s, SECOND);
    server_is(&s, 0, "drained");
    s.uses[0] = IPVS_USE_UP;
    step_and_apply(&s);
    wants(&s, "a10 b10");
    teardown(&s);
}
END_TEST

START_TEST(a_drain_is_not_over_before_the_counters_can_tell)
{
    struct stage s;
    setup(&s, 2);
    settle(&s);
    s.uses[0] = IPVS_USE_DRAIN;
    uint64_t start = s.in.now_ms;
    step_and_apply(&s);
    pass(&s, 1);
    wants(&s, "a0 b10");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + 2 * SECOND);
    pass(&s, 2 * SECOND - 1);
    wants(&s, "b10");
    teardown(&s);
}
END_TEST

START_TEST(a_drain_that_is_called_off_is_an_edit_of_the_weight)
{
    struct stage s;
    setup(&s, 2);
    s.spec.slow_start_ms = 100 * SECOND;
    settle(&s);
    connections(&s, 1, 3, 0, 0);
    s.uses[0] = IPVS_USE_DRAIN;
    step_and_apply(&s);
    pass(&s, 50 * SECOND);
    s.uses[0] = IPVS_USE_UP;
    step_and_apply(&s);
    wants(&s, "a10 b10"); /* no slow start: it has been at work all the time */
    teardown(&s);
}
END_TEST

START_TEST(udp_and_persistence_are_waited_for)
{
    struct stage s;
    setup(&s, 2);
    if (_i == 0) {
        ck_assert(ipvs_key_parse("udp 192.0.2.1:53", &s.spec.service.key));
    } else if (_i == 1) {
        s.spec.service.flags |= IPVS_PERSISTENT;
        s.spec.service.timeout = 60;
    } else {
        ck_assert(ipvs_key_parse("fwmark 7", &s.spec.service.key));
    }
    settle(&s);
    connections(&s, 1, 0, 7, 7);
    s.uses[0] = IPVS_USE_DRAIN;
    step_and_apply(&s);
    pass(&s, 100 * SECOND);
    wants(&s, "a0 b10");
    connections(&s, 1, 0, _i == 1 ? 7 : 0, _i == 1 ? 0 : 7);
    pass(&s, SECOND);
    wants(&s, "b10");
    teardown(&s);
}
END_TEST

START_TEST(the_end_of_a_drain_is_estimated)
{
    struct stage s;
    setup(&s, 2);
    settle(&s);
    uint64_t start = s.in.now_ms;
    s.uses[0] = IPVS_USE_DRAIN;
    step_and_apply(&s);
    for (unsigned i = 0; i < 20; i++) { /* lifetimes of 10 s */
        connections(&s, 1, (uint32_t)lround(1000 * exp(-(double)i / 10)), 0, 0);
        pass(&s, SECOND);
    }
    double expected = (double)start + (log(1000) + 0.5772) * 10 * SECOND;
    ck_assert_double_eq_tol((double)view(&s, 0).until_ms, expected, 3 * SECOND);
    ck_assert_uint_eq(ipvs_director_until_ms(s.director), 0); /* the service is not draining */
    teardown(&s);
}
END_TEST

/* ---- drain of the service ----------------------------------------------------------------------
 */

START_TEST(a_service_is_drained_in_stages)
{
    bool retired = _i == 1;
    struct stage s;
    setup(&s, 3);
    s.spec.quiesce = true;
    settle(&s);
    connections(&s, 1, 5, 0, 0);
    s.uses[2] = IPVS_USE_FAILED;
    if (retired) {
        ipvs_director_adopt(s.director, NULL);
        ipvs_director_adopt(s.director, NULL);
        ck_assert_ptr_ne(ipvs_director_spec(s.director), &s.spec);
        ck_assert_str_eq(ipvs_director_spec(s.director)->servers[1].name, "b");
        s.in.retired = true;
    } else {
        s.in.vip = IPVS_USE_DRAIN;
    }
    step_and_apply(&s); /* out of DNS first */
    wants(&s, "a10 b10 c0");
    is(&s, "draining", false);
    pass(&s, 10 * SECOND); /* a worker still answers it */
    wants(&s, "a10 b10 c0");
    s.in.in_dns = false;
    step_and_apply(&s);
    uint64_t left = s.in.now_ms;
    wants(&s, "a10 b10 c0");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), left + 30 * SECOND);
    ck_assert_uint_eq(ipvs_director_until_ms(s.director), left + 330 * SECOND);
    pass(&s, 30 * SECOND - 1);
    wants(&s, "a10 b10 c0");
    pass(&s, 1);
    wants(&s, "a0 b0");
    ck_assert_uint_eq(ipvs_director_until_ms(s.director), left + 330 * SECOND);
    ck_assert(ipvs_director_wants_counters(s.director));
    pass(&s, 10 * SECOND); /* b has none */
    wants(&s, "a0");
    server_is(&s, 1, "drained");
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "1 servers"));
    connections(&s, 1, 0, 0, 0);
    pass(&s, SECOND);
    wants(&s, retired ? "none" : "");
    is(&s, "drained", false);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), 0);
    pass(&s, SECOND);
    wants(&s, retired ? "none" : "");
    ck_assert(!ipvs_director_wants_counters(s.director));
    s.in.retired = false;
    s.in.vip = IPVS_USE_UP;
    ipvs_director_adopt(s.director, &s.spec);
    settle(&s);
    wants(&s, "a10 b10 c0");
    is(&s, "up", true);
    teardown(&s);
}
END_TEST

START_TEST(a_drained_service_ends_at_the_limit)
{
    struct stage s;
    setup(&s, 1);
    s.spec.has_sorry = true;
    settle(&s);
    connections(&s, 1, 5, 0, 0);
    s.in.vip = IPVS_USE_DRAIN;
    s.in.in_dns = false;
    step_and_apply(&s);
    pass(&s, 30 * SECOND);
    wants(&s, "a0"); /* no sorry server comes */
    pass(&s, 300 * SECOND - 1);
    wants(&s, "a0");
    pass(&s, 1);
    wants(&s, "");
    is(&s, "drained", false);
    teardown(&s);
}
END_TEST

START_TEST(a_sorry_server_is_drained_with_its_service)
{
    struct stage s;
    setup(&s, 1);
    s.spec.has_sorry = true;
    s.uses[0] = IPVS_USE_FAILED;
    settle(&s);
    wants(&s, "s1");
    connections(&s, 99, 5, 0, 0);
    s.in.vip = IPVS_USE_DRAIN;
    step_and_apply(&s);
    pass(&s, 30 * SECOND);
    wants(&s, "s0");
    is(&s, "draining", false);
    connections(&s, 99, 0, 0, 0);
    pass(&s, 5 * SECOND);
    wants(&s, "");
    is(&s, "drained", false);
    teardown(&s);
}
END_TEST

START_TEST(a_drained_service_stays_drained_over_a_restart)
{
    struct stage s;
    setup(&s, 2);
    s.in.vip = IPVS_USE_DRAIN;
    if (_i == 1)
        found(&s, 1, 0);
    step_and_apply(&s);
    wants(&s, _i == 1 ? "a0" : "");
    is(&s, _i == 1 ? "draining" : "drained", false);
    pass(&s, 2 * SECOND);
    wants(&s, "");
    is(&s, "drained", false);
    teardown(&s);
}
END_TEST

START_TEST(a_service_that_is_down_goes_when_dns_has_forgotten_it)
{
    struct stage s;
    setup(&s, 2);
    s.spec.has_sorry = _i == 1;
    s.spec.slow_start_ms = 100 * SECOND;
    settle(&s);
    s.in.vip = IPVS_USE_DOWN;
    step_and_apply(&s);
    wants(&s, "a10 b10");
    is(&s, "admin_down", false);
    s.in.in_dns = false;
    step_and_apply(&s);
    wants(&s, "");
    pass(&s, 50 * SECOND);
    s.in.vip = IPVS_USE_UP;
    settle(&s);
    wants(&s, "a10 b10");
    is(&s, "up", true);
    s.in.vip = IPVS_USE_DOWN;
    s.in.retired = true;
    step_and_apply(&s);
    wants(&s, "a10 b10");
    s.in.in_dns = false;
    step_and_apply(&s);
    wants(&s, "none");
    teardown(&s);
}
END_TEST

/* ---- load --------------------------------------------------------------------------------------
 */

START_TEST(load_lowers_the_share)
{
    struct stage s;
    setup(&s, 2);
    if (_i == 1)
        ck_assert(ipvs_key_parse("udp 192.0.2.1:53", &s.spec.service.key));
    s.spec.load = _i == 2 ? IPVS_LOAD_RATE : IPVS_LOAD_CONNECTIONS;
    s.spec.capacity = 100;
    s.in.tail_ms = 0;
    settle(&s);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 1, 1e-9);
    ck_assert(ipvs_director_wants_counters(s.director));
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), s.in.now_ms + SECOND);
    if (_i == 2)
        ipvs_table_find(&s.kernel, &s.spec.service.key)->stats.connection_rate = 120;
    else
        connections(&s, 1, _i == 0 ? 120 : 0, _i == 0 ? 1000 : 120, 0);
    for (unsigned i = 0; i < 100; i++)
        pass(&s, SECOND);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.1, 0.05);
    wants(&s, "a10 b10"); /* weights are left alone */
    s.spec.load = IPVS_LOAD_NONE;
    step(&s);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 1, 1e-9);
    ck_assert(!ipvs_director_wants_counters(s.director));
    teardown(&s);
}
END_TEST

static TCase *health_cases(void)
{
    TCase *tcase = tcase_create("health");
    tcase_add_test(tcase, a_vip_enters_dns_after_the_kernel_has_it);
    tcase_add_test(tcase, without_a_kernel_health_alone_decides);
    tcase_add_test(tcase, a_weight_of_another_in_the_kernel_does_not_open_the_gate);
    tcase_add_test(tcase, a_dead_server_leaves_at_once_or_gets_no_weight);
    tcase_add_loop_test(tcase, the_last_server_stays_until_dns_has_forgotten_the_vip, 0,
                        (int)ARRAY_LEN(ends));
    tcase_add_test(tcase, all_that_died_in_one_moment_stay_for_dns);
    tcase_add_test(tcase, weights_of_operators_are_used);
    tcase_add_test(tcase, servers_without_weight_do_not_count_as_live);
    tcase_add_test(tcase, below_quorum_dns_is_closed_and_servers_stay);
    tcase_add_test(tcase, the_sorry_server_takes_over_at_once_and_leaves_last);
    tcase_add_test(tcase, live_servers_stay_beside_the_sorry_server_when_asked);
    tcase_add_test(tcase, a_sorry_server_may_be_one_of_the_real_ones);
    tcase_add_test(tcase, a_server_that_comes_back_gets_its_weight_slowly);
    tcase_add_test(tcase, a_ramp_needs_others_that_carry_the_load);
    tcase_add_test(tcase, no_ramp_for_schedulers_that_hash_or_rank);
    tcase_add_loop_test(tcase, load_lowers_the_share, 0, 3);
    return tcase;
}

static TCase *change_cases(void)
{
    TCase *tcase = tcase_create("changes");
    tcase_add_test(tcase, a_restart_takes_over_what_the_kernel_has);
    tcase_add_test(tcase, a_restart_with_an_equal_table_writes_nothing);
    tcase_add_test(tcase, a_restart_drains_what_the_definition_no_longer_has);
    tcase_add_test(tcase, a_reload_keeps_states_drains_and_warms);
    tcase_add_test(tcase, a_reload_that_replaces_all_servers_ramps_none);
    tcase_add_loop_test(tcase, a_drain_waits_for_connections_up_to_its_limit, 0, 2);
    tcase_add_test(tcase, a_drain_is_not_over_before_the_counters_can_tell);
    tcase_add_test(tcase, a_drain_that_is_called_off_is_an_edit_of_the_weight);
    tcase_add_loop_test(tcase, udp_and_persistence_are_waited_for, 0, 3);
    tcase_add_test(tcase, the_end_of_a_drain_is_estimated);
    tcase_add_loop_test(tcase, a_service_is_drained_in_stages, 0, 2);
    tcase_add_test(tcase, a_drained_service_ends_at_the_limit);
    tcase_add_test(tcase, a_sorry_server_is_drained_with_its_service);
    tcase_add_loop_test(tcase, a_drained_service_stays_drained_over_a_restart, 0, 2);
    tcase_add_loop_test(tcase, a_service_that_is_down_goes_when_dns_has_forgotten_it, 0, 2);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("director");
    suite_add_tcase(suite, health_cases());
    suite_add_tcase(suite, change_cases());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
