// SPDX-License-Identifier: BSD-2-Clause
/* From what the directors want to changes of the kernel's table. */
#include "server/control_ipvs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ALARM_APPLY "ipvs_apply"
#define ALARM_FIGHT "ipvs_fight:"
#define ALARM_SIZE  (sizeof(ALARM_FIGHT) + IPVS_TEXT_MAX)

/* ---- what is wanted ----------------------------------------------------------------------------
 */

/* Services are borrowed from the directors: only the array is the table's. */
static void add_services(const struct control_ipvs *ipvs, struct ipvs_table *out)
{
    out->services = MEM_NEW_ARRAY(struct ipvs_service, ipvs->count);
    for (size_t i = 0; i < ipvs->count; i++) {
        const struct control_director *director = ipvs->directors[i];
        const struct ipvs_service *desired = ipvs_director_desired(director->director);
        if (desired != NULL)
            out->services[out->count++] = *desired;
    }
}

static bool any_is_local(const struct control_ipvs *ipvs, bool required_only)
{
    const struct config_ipvs *config = &ipvs->control->world->config->ipvs;
    for (size_t i = 0; i < config->service_count; i++) {
        const struct config_service *service = &config->services[i];
        bool counts = service->require_local || !required_only;
        if (counts && service->spec.service.key.fwmark == 0 && ipvs->host != NULL &&
            hostaddr_has(ipvs->host, &service->spec.service.key.addr))
            return true;
    }
    return false;
}

static bool any_requires(const struct config_ipvs *config)
{
    for (size_t i = 0; i < config->service_count; i++) {
        if (config->services[i].require_local)
            return true;
    }
    return false;
}

static void add_daemon(struct ipvs_table *out, const struct ipvs_daemon *daemon, unsigned role)
{
    struct ipvs_daemon *at = &out->daemons[out->daemon_count++];
    *at = *daemon;
    at->role = (uint8_t)role;
}

/* The master first, as the kernel tells them. */
static void add_daemons(const struct control_ipvs *ipvs, struct ipvs_table *out)
{
    const struct config_ipvs *config = &ipvs->control->world->config->ipvs;
    enum config_sync_role role = config->sync_role;
    if (role == CONFIG_SYNC_FOLLOW)
        role = any_is_local(ipvs, any_requires(config)) ? CONFIG_SYNC_MASTER : CONFIG_SYNC_BACKUP;
    if (role == CONFIG_SYNC_MASTER || role == CONFIG_SYNC_BOTH)
        add_daemon(out, &config->sync, IPVS_MASTER);
    if (role == CONFIG_SYNC_BACKUP || role == CONFIG_SYNC_BOTH)
        add_daemon(out, &config->sync, IPVS_BACKUP);
}

/* Ours are: those with a director, and what the state file knows. What is held is nobody's. */
static void collect_owned(const struct control_ipvs *ipvs, bool force, struct ipvs_keys *out)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        if (!ipvs->directors[i]->held || force)
            (void)ipvs_keys_add(out, &ipvs->directors[i]->key);
    }
}

/* ---- addresses ---------------------------------------------------------------------------------
 */

static void add_op(struct ipvs_plan *plan, const struct ipvs_op *op)
{
    mem_grow((void **)&plan->ops, &plan->capacity, plan->count + 1, sizeof(*plan->ops));
    plan->ops[plan->count++] = *op;
}

/* An address shows up late (a link that is down, duplicate detection): what has been asked for is
 * not asked again at once. */
static bool is_under_way(const struct control_director *director, bool wanted)
{
    return director->vip_ms != 0 && director->vip_wanted == wanted &&
           clock_mono_ms() - director->vip_ms < CONTROL_IPVS_VIP_MS;
}

/* Services of several ports share an address: it goes with the last of them. */
static bool is_needed(const struct control_ipvs *ipvs, const struct addr *vip)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        const struct control_director *director = ipvs->directors[i];
        if (director->key.fwmark == 0 && addr_equal(&director->key.addr, vip) &&
            (director->held || ipvs_director_desired(director->director) != NULL))
            return true;
    }
    return false;
}

bool control_ipvs_vip_stays(const struct control_ipvs *ipvs,
                            const struct control_director *director)
{
    return director->interface[0] != '\0' && director->key.fwmark == 0 && ipvs->host != NULL &&
           hostaddr_has(ipvs->host, &director->key.addr) && !is_needed(ipvs, &director->key.addr);
}

/* VIPs that we put on an interface: there once the kernel has the service, gone with the last one
 * that has it. */
static void add_vips(const struct control_ipvs *ipvs, struct ipvs_plan *plan)
{
    if (ipvs->host == NULL)
        return;
    for (size_t i = 0; i < ipvs->count; i++) {
        struct control_director *director = ipvs->directors[i];
        if (director->interface[0] == '\0' || director->key.fwmark != 0 || director->held)
            continue;
        bool wanted = ipvs_director_desired(director->director) != NULL;
        if (wanted == hostaddr_has(ipvs->host, &director->key.addr)) {
            director->vip_ms = 0;
            continue;
        }
        if (is_under_way(director, wanted) || (!wanted && is_needed(ipvs, &director->key.addr)))
            continue;
        struct ipvs_op op = { .kind = wanted ? IPVS_OP_ADD_VIP : IPVS_OP_DELETE_VIP };
        op.service.key = director->key;
        memcpy(op.interface, director->interface, sizeof(op.interface));
        add_op(plan, &op);
    }
}

/* ---- the plan ----------------------------------------------------------------------------------
 */

/* Also where whatever is not desired goes (exclusive). */
static void leave_out_held(const struct control_ipvs *ipvs, struct ipvs_plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct control_director *director =
            control_ipvs_find(ipvs, &plan->ops[i].service.key);
        if (director == NULL || !director->held)
            plan->ops[kept++] = plan->ops[i];
    }
    plan->count = kept;
}

static void make(const struct control_ipvs *ipvs, bool force, struct ipvs_plan *out)
{
    const struct config_ipvs *config = &ipvs->control->world->config->ipvs;
    struct ipvs_table desired = { .timeouts = config->timeouts };
    struct ipvs_keys owned;
    ipvs_keys_init(&owned);
    add_services(ipvs, &desired);
    if (!ipvs->removing)
        add_daemons(ipvs, &desired);
    collect_owned(ipvs, force, &owned);
    struct ipvs_reconcile input = {
        .desired = &desired,
        .actual = &ipvs->actual,
        .owned = &owned,
        .mode = config->mode == IPVS_EXCLUSIVE ? IPVS_EXCLUSIVE : IPVS_SHARED,
        .daemons = config->sync_role != CONFIG_SYNC_NONE,
    };
    ipvs_reconcile(&input, out);
    if (ipvs->braking && !force)
        leave_out_held(ipvs, out);
    add_vips(ipvs, out);
    ipvs_keys_fini(&owned);
    mem_free(desired.services);
}

/* What only a forced plan has. */
static void collect_held(const struct control_ipvs *ipvs, struct ipvs_plan *held)
{
    struct ipvs_plan forced;
    ipvs_plan_init(&forced);
    make(ipvs, true, &forced);
    for (size_t i = 0; i < forced.count; i++) {
        const struct control_director *director =
            control_ipvs_find(ipvs, &forced.ops[i].service.key);
        if (director != NULL && director->held)
            add_op(held, &forced.ops[i]);
    }
    ipvs_plan_fini(&forced);
}

void control_ipvs_make_plan(struct control_ipvs *ipvs, bool force, struct ipvs_plan *out,
                            struct ipvs_plan *held)
{
    if (force) {
        for (size_t i = 0; i < ipvs->count; i++)
            ipvs->directors[i]->held = false;
        control_ipvs_step(ipvs);
    }
    make(ipvs, false, out);
    if (held != NULL && ipvs->braking)
        collect_held(ipvs, held);
}

/* ---- others' hands -----------------------------------------------------------------------------
 */

static void note_repair(struct control_ipvs *ipvs, struct control_director *director,
                        uint64_t now_ms)
{
    char alarm[ALARM_SIZE];
    bool fought = director->repairs >= CONTROL_IPVS_FIGHT_COUNT; /* see end_fights */
    if (director->repairs == 0 ||
        (!fought && now_ms - director->fight_ms > CONTROL_IPVS_FIGHT_MS)) {
        director->fight_ms = now_ms;
        director->repairs = 0;
    }
    if (director->repaired_ms == now_ms && director->repairs > 0)
        return; /* one repair, of several servers */
    director->repairs++;
    director->repaired_ms = now_ms;
    if (director->repairs < CONTROL_IPVS_FIGHT_COUNT)
        return;
    (void)snprintf(alarm, sizeof(alarm), ALARM_FIGHT "%.*s", IPVS_TEXT_MAX - 1, director->name);
    alarms_raise(
        ipvs->control->alarms, alarm,
        "somebody else keeps changing the IPVS service %s: it is repaired every %d s only; "
        "find the other writer (gslbctl ipvs doctor)",
        director->name, CONTROL_IPVS_CALM_MS / 1000);
}

void control_ipvs_end_fight(struct control_ipvs *ipvs, struct control_director *director)
{
    char alarm[ALARM_SIZE];
    if (director->repairs == 0)
        return;
    director->repairs = 0;
    director->calming = false;
    (void)snprintf(alarm, sizeof(alarm), ALARM_FIGHT "%.*s", IPVS_TEXT_MAX - 1, director->name);
    alarms_clear(ipvs->control->alarms, alarm);
}

/* The fight is over when nothing had to be repaired for a while. */
static void end_fights(struct control_ipvs *ipvs, uint64_t now_ms)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        struct control_director *director = ipvs->directors[i];
        if (now_ms - director->repaired_ms >= CONTROL_IPVS_FIGHT_MS)
            control_ipvs_end_fight(ipvs, director);
    }
}

/* Everything was as we want it, and now it is not: somebody else's hand. A service that is fought
 * over is left alone for a while. */
void control_ipvs_judge_drift(struct control_ipvs *ipvs)
{
    uint64_t now_ms = clock_mono_ms();
    size_t repairs = 0;
    struct ipvs_plan plan;
    end_fights(ipvs, now_ms);
    if (!ipvs->settled || ipvs->control->world->config->ipvs.mode == IPVS_OBSERVE)
        return;
    ipvs_plan_init(&plan);
    make(ipvs, false, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        struct control_director *director = control_ipvs_find(ipvs, &plan.ops[i].service.key);
        if (director == NULL)
            continue;
        director->calming = director->repairs >= CONTROL_IPVS_FIGHT_COUNT &&
                            director->repaired_ms != now_ms &&
                            now_ms - director->repaired_ms < CONTROL_IPVS_CALM_MS;
        if (director->calming)
            continue;
        note_repair(ipvs, director, now_ms);
        repairs++;
    }
    ipvs->counts.repairs += repairs;
    if (repairs > 0)
        log_warn("ipvs",
                 "the kernel's table was changed by somebody else: %zu operations repair it",
                 repairs);
    ipvs_plan_fini(&plan);
}

static void leave_out_calming(struct control_ipvs *ipvs, struct ipvs_plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct control_director *director =
            control_ipvs_find(ipvs, &plan->ops[i].service.key);
        if (director == NULL || !director->calming)
            plan->ops[kept++] = plan->ops[i];
    }
    plan->count = kept;
}

/* ---- applying ----------------------------------------------------------------------------------
 */

static void tell_op(struct control_ipvs *ipvs, const struct ipvs_op *op, int error)
{
    char key[IPVS_OP_TEXT_MAX];
    char to[IPVS_OP_TEXT_MAX];
    char why[IPVS_OP_TEXT_MAX] = "";
    ipvs_op_print_key(op, key);
    ipvs_op_print_to(op, to);
    if (error != 0)
        ipvs_op_print_error(op, error, why);
    if (error != 0)
        log_error("ipvs", "%s failed: %s", ipvs_op_name(op->kind), why);
    else
        log_info("ipvs", "%s %s%s%s", ipvs_op_name(op->kind), key, to[0] != '\0' ? ": " : "", to);
    events_emit(ipvs->control->events, "ipvs",
                json_pack("{s:s, s:s, s:s, s:s, s:s}", "op", ipvs_op_name(op->kind), "key", key,
                          "to", to, "result", error == 0 ? "ok" : "error", "error", why));
}

/* What somebody else has done in the meantime is not our failure; the next dump tells. */
static bool is_benign(const struct ipvs_op *op, int error)
{
    switch (op->kind) {
    case IPVS_OP_ADD_SERVICE:
    case IPVS_OP_ADD_DEST:
    case IPVS_OP_START_DAEMON:
        return error == EEXIST;
    case IPVS_OP_DELETE_SERVICE:
    case IPVS_OP_DELETE_DEST:
    case IPVS_OP_STOP_DAEMON:
        return error == ESRCH || error == ENOENT;
    default:
        return false;
    }
}

struct outcome {
    size_t failed;
    size_t stale; /* the table was not as we had it */
    char first[IPVS_OP_TEXT_MAX];
};

/* What is deleted is not ours to delete any more, also where another interface has the address. */
static void note_vip(struct control_director *director, const struct ipvs_op *op)
{
    director->vip_ms = clock_mono_ms();
    director->vip_wanted = op->kind == IPVS_OP_ADD_VIP;
    if (op->kind == IPVS_OP_DELETE_VIP && director->service == POOL_NONE)
        director->interface[0] = '\0';
}

static void take_result(struct control_ipvs *ipvs, const struct ipvs_op *op, int error,
                        struct outcome *outcome)
{
    ipvs->counts.operations[op->kind][error != 0]++;
    struct control_director *director = control_ipvs_find(ipvs, &op->service.key);
    if (error == 0 && director != NULL &&
        (op->kind == IPVS_OP_ADD_VIP || op->kind == IPVS_OP_DELETE_VIP))
        note_vip(director, op);
    if (error == 0) {
        (void)ipvs_table_apply(&ipvs->actual, op);
        if (op->kind == IPVS_OP_DELETE_SERVICE)
            ipvs->owned_changed |= ipvs_keys_remove(&ipvs->owned, &op->service.key);
        return;
    }
    outcome->stale++;
    if (is_benign(op, error))
        return;
    if (outcome->failed++ == 0)
        ipvs_op_print_error(op, error, outcome->first);
}

/* Also when what failed is not wanted any more, or somebody else has done it. */
static void end_failures(struct control_ipvs *ipvs)
{
    alarms_clear(ipvs->control->alarms, ALARM_APPLY);
    ipvs->retry_ms = 0;
}

static void judge_outcome(struct control_ipvs *ipvs, const struct outcome *outcome)
{
    if (outcome->stale == 0) {
        end_failures(ipvs);
        return;
    }
    if (outcome->failed > 0)
        alarms_raise(ipvs->control->alarms, ALARM_APPLY, "%zu changes of the IPVS table failed: %s",
                     outcome->failed, outcome->first);
    /* Nothing is written on the strength of a picture that has proved wrong. */
    ipvs->retry = true;
    ipvs->failed = outcome->failed > 0;
    ipvs->retry_ms = ipvs->retry_ms == 0 ? CONTROL_IPVS_RETRY_MS : 2 * ipvs->retry_ms;
    if (ipvs->retry_ms > CONTROL_IPVS_RETRY_MAX_MS)
        ipvs->retry_ms = CONTROL_IPVS_RETRY_MAX_MS;
    control_ipvs_poll_in(ipvs, outcome->failed > 0 && !ipvs->wished ? ipvs->retry_ms : 0);
}

static void drop_plan(struct control_ipvs *ipvs)
{
    ipvs_plan_fini(&ipvs->plan);
    ipvs_plan_init(&ipvs->plan);
}

static void take_results(struct control_ipvs *ipvs, const int *results, size_t count)
{
    struct outcome outcome = { 0 };
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        bool failed = results[i] != 0;
        if (i < CONTROL_IPVS_EVENTS_MAX || (failed && told < CONTROL_IPVS_EVENTS_MAX)) {
            tell_op(ipvs, &ipvs->plan.ops[i], results[i]);
            told += failed;
        }
        take_result(ipvs, &ipvs->plan.ops[i], results[i], &outcome);
    }
    if (count > CONTROL_IPVS_EVENTS_MAX)
        log_info("ipvs", "%zu operations in all", count);
    if (ipvs->host != NULL)
        (void)hostaddr_read(ipvs->host); /* the kernel has told of new addresses by now */
    judge_outcome(ipvs, &outcome);
}

static void on_applied(void *data, int error, const int *results, size_t count)
{
    struct control_ipvs *ipvs = data;
    ipvs->busy = false;
    if (error != 0) {
        /* How much was done is not known: look again. */
        ipvs->retry = ipvs->failed = true;
        control_ipvs_poll_in(ipvs, CONTROL_IPVS_RETRY_MS);
    } else {
        take_results(ipvs, results, count);
    }
    if (ipvs->job != NULL)
        control_ipvs_job_done(ipvs, error, error == 0 ? results : NULL);
    drop_plan(ipvs);
    control_ipvs_step(ipvs);
    control_ipvs_next(ipvs);
}

static void send_plan(struct control_ipvs *ipvs)
{
    ipvs_link_apply(ipvs->link, ipvs->plan.ops, ipvs->plan.count, on_applied, ipvs);
}

/* What we are about to make is written down before it is made: whatever happens then, the next
 * process knows what is ours. Services of a restore are not. */
static void note_owned(struct control_ipvs *ipvs)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        const struct control_director *director = ipvs->directors[i];
        if (!director->held && ipvs_director_desired(director->director) != NULL)
            ipvs->owned_changed |= ipvs_keys_add(&ipvs->owned, &director->key);
    }
}

void control_ipvs_start_apply(struct control_ipvs *ipvs)
{
    ipvs->busy = true;
    ipvs->settled = ipvs->wished = false;
    note_owned(ipvs);
    if (ipvs->owned_changed)
        control_ipvs_save(ipvs, send_plan);
    else
        send_plan(ipvs);
}

void control_ipvs_sync(struct control_ipvs *ipvs)
{
    ipvs->settled = false;
    if (ipvs->busy || ipvs->retry || ipvs->link == NULL || !control_ipvs_usable(ipvs) ||
        ipvs->control->world == NULL || ipvs->control->world->config->ipvs.mode == IPVS_OBSERVE)
        return;
    drop_plan(ipvs);
    make(ipvs, false, &ipvs->plan);
    leave_out_calming(ipvs, &ipvs->plan);
    ipvs->settled = ipvs->plan.count == 0;
    if (ipvs->settled)
        end_failures(ipvs);
    else
        control_ipvs_start_apply(ipvs);
}
