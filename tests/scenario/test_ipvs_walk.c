// SPDX-License-Identifier: BSD-2-Clause
/* Random walks of director, reconciler and a kernel's table together: servers die and come back,
 * operators drain and call off, definitions are reloaded and retired, connections come and end,
 * somebody flushes the table, the server is started anew, plans are done late or not at all. What
 * must always hold is asserted at each step. */
#include "base/rng.h"
#include "ipvs/reconcile.h"
#include "tests/support/ipvs_stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WALKS  250
#define STEPS  250
#define SECOND 1000

struct walk {
    struct stage stage;
    struct rng rng;
    uint32_t weights[STAGE_SERVERS];
    bool meddled; /* since the kernel was last as desired */
    bool was_quorum;
    uint64_t drain_start[STAGE_SERVERS]; /* 0 = is not draining */
    bool shown[STAGE_SERVERS];           /* by the last step */
    /* statistics, so that a walk that never gets anywhere is noticed */
    unsigned lives, sorries, drains, warms, kepts, drained;
};

static bool chance(struct walk *w, uint32_t in)
{
    return rng_below(&w->rng, in) == 0;
}

static struct ipvs_service *kernel_service(const struct walk *w)
{
    return ipvs_table_find(&w->stage.kernel, &w->stage.spec.service.key);
}

static const struct ipvs_dest *find_host(const struct ipvs_service *service, unsigned host)
{
    struct ipvs_dest key = stage_dest(host, 0);
    return service == NULL ? NULL : ipvs_service_find(service, &key.addr, key.port);
}

static bool serves(const struct ipvs_service *service)
{
    for (size_t i = 0; service != NULL && i < service->dest_count; i++) {
        if (service->dests[i].weight > 0)
            return true;
    }
    return false;
}

/* ---- events ------------------------------------------------------------------------------------
 */

static void new_definition(struct walk *w)
{
    struct ipvs_spec *spec = &w->stage.spec;
    for (unsigned i = 0; i < STAGE_SERVERS; i++) { /* always the same host at an index */
        w->stage.servers[i].dest = stage_dest(i + 1, rng_below(&w->rng, 4) * 10);
        w->stage.servers[i].disabled = chance(w, 8);
    }
    spec->server_count = 1 + rng_below(&w->rng, STAGE_SERVERS);
    spec->quiesce = chance(w, 2);
    spec->quorum_by = (enum ipvs_quorum_by)rng_below(&w->rng, 3);
    spec->quorum =
        spec->quorum_by == IPVS_BY_COUNT ? 1 + rng_below(&w->rng, 3) : 1 + rng_below(&w->rng, 60);
    spec->hysteresis =
        spec->quorum_by == IPVS_BY_COUNT ? rng_below(&w->rng, 2) : rng_below(&w->rng, 20);
    spec->has_sorry = chance(w, 2);
    spec->sorry = stage_dest(chance(w, 4) ? 1 : STAGE_SORRY, 1);
    spec->sorry_keeps = chance(w, 2);
    spec->slow_start_ms = chance(w, 2) ? 0 : 20 * SECOND;
    spec->drain_ms = rng_below(&w->rng, 3) * 20 * SECOND;
    spec->load = (enum ipvs_load)rng_below(&w->rng, 3);
    spec->capacity = rng_below(&w->rng, 3) * 20;
}

static void reload(struct walk *w)
{
    new_definition(w);
    if (w->stage.director != NULL)
        ipvs_director_adopt(w->stage.director, &w->stage.spec);
    for (size_t i = w->stage.spec.server_count; i < STAGE_SERVERS; i++) { /* leavers */
        w->drain_start[i] = w->drain_start[i] != 0 ? w->drain_start[i] : w->stage.in.now_ms;
        w->shown[i] = false;
    }
    w->shown[0] = false; /* may have been the sorry server, which just goes */
    w->stage.in.retired = false;
}

static void retire(struct walk *w)
{
    if (w->stage.director == NULL || w->stage.in.retired)
        return;
    ipvs_director_adopt(w->stage.director, NULL);
    w->stage.in.retired = true;
}

static void restart(struct walk *w)
{
    ipvs_director_free(w->stage.director);
    w->stage.director = NULL;
    w->stage.in.in_dns = false;
    w->stage.in.retired = false;
    w->stage.in.kernel_known = chance(w, 2);
    w->was_quorum = false;
    memset(w->drain_start, 0, sizeof(w->drain_start));
    memset(w->shown, 0, sizeof(w->shown));
}

static void traffic(struct walk *w)
{
    struct ipvs_service *service = kernel_service(w);
    for (size_t i = 0; service != NULL && i < service->dest_count; i++) {
        struct ipvs_dest *dest = &service->dests[i];
        dest->active = rng_below(&w->rng, dest->weight > 0 ? 20 : dest->active + 1);
        dest->inactive = rng_below(&w->rng, 10);
        service->stats.connection_rate = rng_below(&w->rng, 40);
    }
}

static void meddle(struct walk *w)
{
    struct ipvs_service *service = kernel_service(w);
    w->meddled = true;
    if (chance(w, 2) || service == NULL || service->dest_count == 0) {
        ipvs_table_fini(&w->stage.kernel);
        return;
    }
    struct ipvs_dest *dest = &service->dests[rng_below(&w->rng, (uint32_t)service->dest_count)];
    dest->weight = rng_below(&w->rng, 3);
}

static void events(struct walk *w)
{
    struct stage *s = &w->stage;
    unsigned server = rng_below(&w->rng, STAGE_SERVERS);
    s->in.now_ms += chance(w, 3) ? rng_below(&w->rng, 20 * SECOND) : rng_below(&w->rng, SECOND);
    s->in.kernel_known = s->in.kernel_known || chance(w, 2);
    if (chance(w, 2))
        s->uses[server] = chance(w, 2) ? IPVS_USE_UP : (uint8_t)rng_below(&w->rng, 4);
    if (chance(w, 20))
        memset(s->uses, IPVS_USE_FAILED, sizeof(s->uses));
    if (chance(w, 6))
        w->weights[server] = rng_below(&w->rng, 40);
    if (chance(w, 20))
        s->in.weights = chance(w, 2) ? w->weights : NULL;
    if (chance(w, 15))
        s->in.vip = chance(w, 2) ? IPVS_USE_UP : (enum ipvs_use)rng_below(&w->rng, 4);
    if (chance(w, 25))
        reload(w);
    if (chance(w, 60))
        retire(w);
    if (chance(w, 60))
        restart(w);
    if (chance(w, 30))
        meddle(w);
    traffic(w);
}

/* ---- what must hold ----------------------------------------------------------------------------
 */

static enum ipvs_use use_of(const struct walk *w, size_t i)
{
    const struct ipvs_spec *spec = ipvs_director_spec(w->stage.director);
    return spec->servers[i].disabled ? IPVS_USE_DOWN : (enum ipvs_use)w->stage.uses[i];
}

static uint32_t full_weight(const struct walk *w, size_t i)
{
    const struct ipvs_spec *spec = ipvs_director_spec(w->stage.director);
    return w->stage.in.weights != NULL ? w->stage.in.weights[i] : spec->servers[i].dest.weight;
}

static bool is_live(const struct walk *w, size_t i)
{
    return use_of(w, i) == IPVS_USE_UP && full_weight(w, i) > 0;
}

/* By the words of the documentation, in floating point. */
static bool expected_quorum(const struct walk *w)
{
    const struct ipvs_spec *spec = ipvs_director_spec(w->stage.director);
    double live = 0;
    double all = 0;
    double live_weight = 0;
    double weight = 0;
    for (size_t i = 0; i < spec->server_count; i++) {
        if (spec->servers[i].disabled)
            continue;
        all++;
        weight += spec->servers[i].dest.weight;
        live += is_live(w, i);
        live_weight += is_live(w, i) ? full_weight(w, i) : 0;
    }
    if (live == 0)
        return false;
    double have = live;
    double most = all;
    if (spec->quorum_by == IPVS_BY_WEIGHT) {
        have = live_weight;
        most = weight;
    } else if (spec->quorum_by == IPVS_BY_SHARE) {
        have = 100 * (weight > 0 ? live_weight / weight : live / all);
        most = 100;
    }
    if (w->was_quorum)
        return have >= (double)spec->quorum - spec->hysteresis - 1e-9;
    double enough = fmin((double)spec->quorum + spec->hysteresis, fmax(spec->quorum, most));
    return have >= enough - 1e-9;
}

static void check_dns(struct walk *w)
{
    const struct stage *s = &w->stage;
    const struct ipvs_director *director = s->director;
    bool quorum = expected_quorum(w);
    ck_assert_int_eq(ipvs_director_quorum(director), quorum);
    w->was_quorum = quorum;
    double share = ipvs_director_share(director);
    ck_assert(share >= 0 && share <= 1);
    ck_assert(ipvs_director_next_ms(director) == 0 ||
              ipvs_director_next_ms(director) > s->in.now_ms);
    if (!ipvs_director_live(director))
        return;
    w->lives++;
    ck_assert_int_eq(ipvs_director_state(director), IPVS_SERVICE_UP);
    ck_assert(quorum && s->in.vip == IPVS_USE_UP && !s->in.retired && s->in.kernel_known);
    bool found = false;
    for (size_t i = 0; i < ipvs_director_spec(director)->server_count; i++) {
        const struct ipvs_dest *dest = find_host(s->in.kernel, (unsigned)i + 1);
        found = found || (is_live(w, i) && dest != NULL && dest->weight > 0);
    }
    ck_assert(found);
}

static bool is_sorry(const struct walk *w, unsigned host)
{
    const struct ipvs_spec *spec = ipvs_director_spec(w->stage.director);
    return spec->has_sorry && spec->sorry.addr.bytes[3] == host;
}

/* Something that is wanted for its own sake has a weight: then nothing is kept for DNS. */
static bool has_better(const struct walk *w, const struct ipvs_service *desired)
{
    const struct ipvs_spec *spec = ipvs_director_spec(w->stage.director);
    for (size_t i = 0; i < spec->server_count; i++) {
        const struct ipvs_dest *dest = find_host(desired, (unsigned)i + 1);
        if (dest != NULL && dest->weight > 0 && is_live(w, i))
            return true;
    }
    return find_host(desired, STAGE_SORRY) != NULL;
}

static void check_drain_end(struct walk *w, size_t i, const struct ipvs_server_view *view)
{
    const struct stage *s = &w->stage;
    const struct ipvs_spec *spec = ipvs_director_spec(s->director);
    bool draining = use_of(w, i) == IPVS_USE_DRAIN && s->in.kernel_known;
    if (!draining) {
        w->drain_start[i] = 0;
    } else if (w->drain_start[i] == 0) {
        w->drain_start[i] = s->in.now_ms;
    } else if (w->shown[i] && !view->present && s->in.vip != IPVS_USE_DOWN &&
               !is_sorry(w, (unsigned)i + 1)) {
        const struct ipvs_dest *dest = find_host(s->in.kernel, (unsigned)i + 1);
        bool empty = dest == NULL || (dest->weight == 0 && dest->active == 0);
        ck_assert(empty || s->in.now_ms - w->drain_start[i] >= spec->drain_ms);
        w->drained++;
    }
    if (view->state == IPVS_SERVER_DRAINING && view->until_ms != 0)
        ck_assert_uint_le(view->until_ms, s->in.now_ms + spec->drain_ms);
    w->shown[i] = view->present;
}

static void check_server(struct walk *w, const struct ipvs_service *desired, size_t i)
{
    const struct stage *s = &w->stage;
    const struct ipvs_spec *spec = ipvs_director_spec(s->director);
    struct ipvs_server_view view = stage_view(s, i);
    const struct ipvs_dest *dest = find_host(desired, (unsigned)i + 1);
    bool serving = ipvs_director_state(s->director) < IPVS_SERVICE_DRAINING;
    ck_assert_int_eq(view.present, dest != NULL);
    ck_assert_uint_eq(view.weight, dest != NULL ? dest->weight : 0);
    check_drain_end(w, i, &view);
    w->warms += view.state == IPVS_SERVER_WARMING;
    w->drains += view.state == IPVS_SERVER_DRAINING;
    if (is_sorry(w, (unsigned)i + 1))
        return;
    bool held = !ipvs_director_quorum(s->director) && spec->has_sorry && !spec->sorry_keeps;
    if (is_live(w, i) && serving && !held) {
        ck_assert(view.present && view.weight >= 1 && view.weight <= full_weight(w, i));
        ck_assert(spec->slow_start_ms > 0 || view.weight == full_weight(w, i));
    } else if (view.weight > 0 && !is_live(w, i)) { /* kept for DNS alone */
        ck_assert(s->in.in_dns);
        ck_assert(!has_better(w, desired));
        w->kepts++;
    } else if (view.present && use_of(w, i) == IPVS_USE_FAILED) {
        ck_assert(spec->quiesce);
    } else if (view.present) {
        ck_assert_int_ne(use_of(w, i), IPVS_USE_DOWN);
    }
}

static void check_desired(struct walk *w)
{
    const struct stage *s = &w->stage;
    const struct ipvs_service *desired = ipvs_director_desired(s->director);
    const struct ipvs_spec *spec = ipvs_director_spec(s->director);
    if (desired == NULL) {
        /* Drained, or taken down by an operator; DNS has let go of it. */
        ck_assert(!s->in.in_dns);
        ck_assert(s->in.retired || s->in.vip == IPVS_USE_DRAIN || s->in.vip == IPVS_USE_DOWN);
        return;
    }
    for (size_t i = 1; i < desired->dest_count; i++)
        ck_assert_int_lt(ipvs_dest_compare(&desired->dests[i - 1], &desired->dests[i]), 0);
    for (size_t i = 0; i < spec->server_count; i++)
        check_server(w, desired, i);
    for (unsigned host = (unsigned)spec->server_count + 1; host <= STAGE_SERVERS; host++) {
        const struct ipvs_dest *leaver = find_host(desired, host);
        if (leaver != NULL && leaver->weight > 0 && !is_sorry(w, host))
            ck_assert(s->in.in_dns && !has_better(w, desired));
    }
    bool sorry = ipvs_director_state(s->director) == IPVS_SERVICE_SORRY;
    if (sorry) {
        const struct ipvs_dest *dest = find_host(desired, spec->sorry.addr.bytes[3]);
        ck_assert(dest != NULL && dest->weight > 0);
        w->sorries++;
    }
    if (spec->has_sorry && !ipvs_director_quorum(s->director))
        ck_assert_int_ne(ipvs_director_state(s->director), IPVS_SERVICE_DOWN);
    ck_assert_uint_gt(strlen(ipvs_director_reason(s->director)), 0);
}

/* Equal input at an equal time decides the same. */
static void check_idempotent(struct walk *w)
{
    struct stage *s = &w->stage;
    char before[256];
    char after[256];
    stage_picture(ipvs_director_desired(s->director), before, sizeof(before));
    bool live = ipvs_director_live(s->director);
    bool counters = ipvs_director_wants_counters(s->director);
    double share = ipvs_director_share(s->director);
    enum ipvs_service_state state = ipvs_director_state(s->director);
    uint64_t next_ms = ipvs_director_next_ms(s->director);
    uint64_t until_ms = ipvs_director_until_ms(s->director);
    stage_step(s);
    stage_picture(ipvs_director_desired(s->director), after, sizeof(after));
    ck_assert_str_eq(after, before);
    ck_assert_int_eq(ipvs_director_live(s->director), live);
    ck_assert_int_eq(ipvs_director_wants_counters(s->director), counters);
    ck_assert_int_eq(ipvs_director_state(s->director), state);
    ck_assert_double_eq(ipvs_director_share(s->director), share);
    ck_assert_uint_eq(ipvs_director_next_ms(s->director), next_ms);
    ck_assert_uint_eq(ipvs_director_until_ms(s->director), until_ms);
}

/* Whatever the plan does, the kernel has a server as long as DNS answers the VIP. */
static void apply(struct walk *w)
{
    struct stage *s = &w->stage;
    struct ipvs_table desired;
    struct ipvs_keys owned;
    struct ipvs_plan plan;
    ipvs_table_init(&desired);
    ipvs_keys_init(&owned);
    ipvs_plan_init(&plan);
    (void)ipvs_keys_add(&owned, &s->spec.service.key);
    const struct ipvs_service *service = ipvs_director_desired(s->director);
    if (service != NULL) {
        struct ipvs_service *copy = ipvs_table_add(&desired, service);
        for (size_t i = 0; i < service->dest_count; i++)
            ipvs_service_add(copy, &service->dests[i]);
    }
    ipvs_reconcile(&(struct ipvs_reconcile){ &desired, &s->kernel, &owned, IPVS_SHARED, false },
                   &plan);
    bool must_serve = s->in.in_dns && !w->meddled;
    ck_assert(!must_serve || serves(kernel_service(w)));
    for (size_t i = 0; i < plan.count; i++) {
        ck_assert_int_eq(ipvs_table_apply(&s->kernel, &plan.ops[i]), 0);
        ck_assert(!must_serve || serves(kernel_service(w)));
    }
    w->meddled = false;
    ipvs_plan_fini(&plan);
    ipvs_keys_fini(&owned);
    ipvs_table_fini(&desired);
}

static void follow_dns(struct walk *w)
{
    struct ipvs_director_input *in = &w->stage.in;
    if (ipvs_director_live(w->stage.director))
        in->in_dns = true;
    else if (chance(w, 2)) /* all workers have the new state */
        in->in_dns = false;
}

static void step_and_check(struct walk *w)
{
    stage_step(&w->stage);
    check_dns(w);
    check_desired(w);
    check_idempotent(w);
}

/* With nothing more to happen, all comes to rest. */
static void check_rest(struct walk *w)
{
    char before[256];
    char after[256];
    w->stage.in.kernel_known = true;
    for (unsigned i = 0; i < 8; i++) {
        w->stage.in.now_ms += 60 * SECOND;
        step_and_check(w);
        apply(w);
        w->stage.in.in_dns = ipvs_director_live(w->stage.director);
    }
    stage_picture(kernel_service(w), before, sizeof(before));
    stage_step_and_apply(&w->stage);
    stage_picture(kernel_service(w), after, sizeof(after));
    ck_assert_str_eq(after, before);
    ck_assert(!w->stage.in.retired || kernel_service(w) == NULL);
    enum ipvs_service_state state = ipvs_director_state(w->stage.director);
    ck_assert_int_ne(state, IPVS_SERVICE_DRAINING);
    ck_assert(state != IPVS_SERVICE_WAITING || w->stage.in.vip == IPVS_USE_FAILED);
}

static void walk(struct walk *w)
{
    stage_setup(&w->stage, 1);
    new_definition(w);
    for (unsigned i = 0; i < STEPS; i++) {
        events(w);
        step_and_check(w);
        if (ipvs_director_live(w->stage.director))
            w->stage.in.in_dns = true;
        if (w->stage.in.kernel_known && !chance(w, 5))
            apply(w);
        follow_dns(w);
    }
    check_rest(w);
    stage_teardown(&w->stage);
}

START_TEST(invariants_hold)
{
    struct walk w = { 0 };
    for (unsigned i = 0; i < WALKS; i++) {
        memset(&w.stage, 0, sizeof(w.stage));
        memset(w.drain_start, 0, sizeof(w.drain_start));
        memset(w.shown, 0, sizeof(w.shown));
        w.meddled = w.was_quorum = false;
        rng_seed(&w.rng, (uint64_t)_i * WALKS + i);
        walk(&w);
    }
    /* it has been everywhere, and often */
    ck_assert_uint_gt(w.lives, 1000);
    ck_assert_uint_gt(w.sorries, 1000);
    ck_assert_uint_gt(w.drains, 1000);
    ck_assert_uint_gt(w.warms, 1000);
    ck_assert_uint_gt(w.kepts, 100);
    ck_assert_uint_gt(w.drained, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ipvs_walk");
    TCase *tcase = tcase_create("ipvs_walk");
    tcase_add_loop_test(tcase, invariants_hold, 1, 5);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
