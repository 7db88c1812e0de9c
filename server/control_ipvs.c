// SPDX-License-Identifier: BSD-2-Clause
/* Life of the IPVS side: dumps, jobs of the API, start and end. */
#include "server/control_ipvs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipvs/allow.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ALARM "ipvs_unavailable"

static void begin_dump(struct control_ipvs *ipvs);

bool control_ipvs_usable(const struct control_ipvs *ipvs)
{
    return ipvs->known && ipvs->error == 0;
}

/* ---- dumps -------------------------------------------------------------------------------------
 */

static void on_poll(uv_timer_t *timer)
{
    begin_dump(timer->data);
}

void control_ipvs_poll_in(struct control_ipvs *ipvs, uint64_t ms)
{
    if (ipvs->link != NULL)
        (void)uv_timer_start(&ipvs->poll_timer, on_poll, ms, 0);
}

void control_ipvs_poll_again(struct control_ipvs *ipvs)
{
    uint64_t since = clock_mono_ms() - ipvs->dump_started_ms;
    control_ipvs_poll_in(ipvs, since < CONTROL_IPVS_RETRY_MS ? CONTROL_IPVS_RETRY_MS - since : 0);
}

static void tell_unavailable(struct control_ipvs *ipvs, int error)
{
    char why[IPVS_OP_TEXT_MAX];
    ipvs_print_unavailable(error, why);
    if (error != ipvs->error)
        log_error("ipvs", "unavailable: %s; DNS goes on", why);
    alarms_raise(ipvs->control->alarms, ALARM, "IPVS is unavailable: %s", why);
}

static void take_failure(struct control_ipvs *ipvs, int error)
{
    bool news = error != ipvs->error || !ipvs->asked;
    if (news)
        tell_unavailable(ipvs, error);
    ipvs->error = error;
    ipvs->asked = true;
    if (news)
        control_ipvs_step(ipvs);
}

static void on_info(void *data, int error, const struct ipvs_info *info)
{
    struct control_ipvs *ipvs = data;
    if (error == 0)
        ipvs->info = *info;
}

static void tell_available(struct control_ipvs *ipvs)
{
    ipvs_link_info(ipvs->link, on_info, ipvs); /* a module that is loaded later, or another one */
    alarms_clear(ipvs->control->alarms, ALARM);
    log_info("ipvs", "the kernel has %zu services with %zu servers", ipvs->actual.count,
             ipvs_table_dest_count(&ipvs->actual));
}

static void take_table(struct control_ipvs *ipvs, const struct ipvs_table *table)
{
    bool news = !ipvs->known || ipvs->error != 0;
    ipvs_table_copy(&ipvs->actual, table);
    ipvs->known = true;
    ipvs->asked = true;
    ipvs->error = 0;
    ipvs->counts.dumps++;
    ipvs->retry = false;
    if (news)
        tell_available(ipvs);
    control_ipvs_leftovers(ipvs);
}

/* The answer of a job that only looks, or that failed. */
static void finish_job(struct control_ipvs *ipvs, int error, const int *results)
{
    struct control_ipvs_job *job = ipvs->job;
    struct ipvs_plan held;
    ipvs_plan_init(&held);
    ipvs->job = NULL;
    if (error == 0 && (job->kind == IPVS_JOB_PLAN || job->kind == IPVS_JOB_APPLY) && !job->force) {
        struct ipvs_plan unused;
        ipvs_plan_init(&unused);
        control_ipvs_make_plan(ipvs, false, &unused, &held);
        ipvs_plan_fini(&unused);
    }
    struct control_ipvs_done done = { .error = error,
                                      .plan = &ipvs->plan,
                                      .results = results,
                                      .held = &held,
                                      .skipped = &job->skipped,
                                      .refused = job->refused };
    job->fn(job->data, &done);
    ipvs_plan_fini(&held);
    ipvs_table_fini(&job->wanted);
    ipvs_keys_fini(&job->skipped);
    mem_free(job);
}

void control_ipvs_job_done(struct control_ipvs *ipvs, int error, const int *results)
{
    finish_job(ipvs, error, results);
    ipvs_plan_fini(&ipvs->plan);
    ipvs_plan_init(&ipvs->plan);
}

/* What the config manages, it manages: equal or not, such a service of the text is left out. */
static void skip_managed(struct control_ipvs *ipvs, struct control_ipvs_job *job)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        if (ipvs_table_remove(&job->wanted, &ipvs->directors[i]->key))
            (void)ipvs_keys_add(&job->skipped, &ipvs->directors[i]->key);
    }
}

static void plan_restore(struct control_ipvs *ipvs, struct control_ipvs_job *job)
{
    struct ipvs_keys owned;
    ipvs_keys_init(&owned);
    skip_managed(ipvs, job);
    if (job->exact)
        control_ipvs_foreign(ipvs->control, &owned);
    struct ipvs_reconcile input = {
        .desired = &job->wanted,
        .actual = &ipvs->actual,
        .owned = &owned,
        .mode = IPVS_SHARED,
        .daemons = job->wanted.daemon_count > 0,
    };
    ipvs_reconcile(&input, &ipvs->plan);
    ipvs_keys_fini(&owned);
}

/* The helper would refuse it when the half is done. */
static const struct ipvs_op *find_refused(const struct control_ipvs *ipvs)
{
    const struct schema_list *prefixes = &ipvs->control->world->config->ipvs.allow;
    struct ipvs_allow allow = { 0 };
    for (size_t i = 0; i < prefixes->count && i < IPVS_ALLOW_MAX; i++)
        allow.prefixes[allow.count++] = ((const struct prefix *)prefixes->items)[i];
    for (size_t i = 0; i < ipvs->plan.count; i++) {
        if (ipvs_allow_check(&allow, &ipvs->plan.ops[i]) == EACCES)
            return &ipvs->plan.ops[i];
    }
    return NULL;
}

static void plan_zero(struct control_ipvs *ipvs, const struct control_ipvs_job *job)
{
    ipvs->plan.ops = mem_dup(&job->zero, sizeof(job->zero));
    ipvs->plan.count = ipvs->plan.capacity = 1;
}

/* A dump has come: what the job wants of it. True when something is to be applied. */
static bool run_job(struct control_ipvs *ipvs)
{
    struct control_ipvs_job *job = ipvs->job;
    ipvs_plan_fini(&ipvs->plan);
    ipvs_plan_init(&ipvs->plan);
    bool observe = ipvs->control->world->config->ipvs.mode == IPVS_OBSERVE;
    switch (job->kind) {
    case IPVS_JOB_LOOK:
        return false;
    case IPVS_JOB_PLAN:
        control_ipvs_make_plan(ipvs, false, &ipvs->plan, NULL);
        return false;
    case IPVS_JOB_APPLY:
        control_ipvs_make_plan(ipvs, job->force, &ipvs->plan, NULL);
        return !observe && ipvs->plan.count > 0;
    case IPVS_JOB_RESTORE:
        plan_restore(ipvs, job);
        job->refused = find_refused(ipvs);
        return job->write && !observe && ipvs->plan.count > 0 && job->refused == NULL;
    case IPVS_JOB_ZERO:
        plan_zero(ipvs, job);
        return true;
    }
    return false;
}

static bool wants_counters(const struct control_ipvs *ipvs)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        if (ipvs_director_wants_counters(ipvs->directors[i]->director))
            return true;
    }
    return false;
}

/* The helper is slow, or the table large: no more than a share of the time is spent on dumps. How
 * long one took that failed says nothing: there was a wait for an answer that did not come. */
static void schedule_poll(struct control_ipvs *ipvs, int error)
{
    /* The first one loads the module, too. */
    bool tells = error == 0 && ipvs->known;
    uint64_t took = tells ? clock_mono_ms() - ipvs->dump_started_ms : 0;
    uint64_t pause =
        took * (wants_counters(ipvs) ? CONTROL_IPVS_COUNT_SHARE : CONTROL_IPVS_POLL_SHARE);
    ipvs->poll_pause_ms = pause > CONTROL_IPVS_POLL_MS ? pause : CONTROL_IPVS_POLL_MS;
    control_ipvs_poll_in(ipvs, ipvs->poll_pause_ms);
}

static void on_dump(void *data, int error, const struct ipvs_table *table)
{
    struct control_ipvs *ipvs = data;
    ipvs->busy = false;
    schedule_poll(ipvs, error);
    if (error != 0) {
        take_failure(ipvs, error);
        if (ipvs->job != NULL)
            control_ipvs_job_done(ipvs, error, NULL);
        control_ipvs_next(ipvs);
        return;
    }
    ipvs->looked_ms = ipvs->dump_started_ms;
    take_table(ipvs, table);
    control_ipvs_judge_drift(ipvs);
    control_ipvs_step(ipvs); /* a job's plan is by the new picture, too */
    if (ipvs->job != NULL && run_job(ipvs)) {
        control_ipvs_start_apply(ipvs);
        return;
    }
    if (ipvs->job != NULL)
        control_ipvs_job_done(ipvs, 0, NULL);
    control_ipvs_next(ipvs);
}

static void begin_dump(struct control_ipvs *ipvs)
{
    ipvs->due = ipvs->busy;
    if (ipvs->busy)
        return; /* its end starts the dump */
    ipvs->busy = true;
    ipvs->dump_started_ms = clock_mono_ms();
    ipvs_link_dump(ipvs->link, on_dump, ipvs);
}

void control_ipvs_next(struct control_ipvs *ipvs)
{
    if (ipvs->busy) {
        ipvs->settled = false; /* what directors may have decided has not been compared */
        return;
    }
    if (ipvs->job == NULL && ipvs->jobs != NULL) {
        ipvs->job = ipvs->jobs;
        ipvs->jobs = ipvs->job->next;
        begin_dump(ipvs);
        return;
    }
    if (ipvs->due) { /* a stream of changes must not keep us from looking */
        begin_dump(ipvs);
        return;
    }
    control_ipvs_sync(ipvs);
    control_ipvs_save_changed(ipvs);
    if (!ipvs->busy)
        control_waiters_check(ipvs->control);
    if (!ipvs->busy && !uv_is_active((uv_handle_t *)&ipvs->poll_timer))
        control_ipvs_poll_in(ipvs, ipvs->poll_pause_ms);
}

/* The helper has started, perhaps anew: what it knows of the kernel we want to know, too. */
static void on_hello(void *data)
{
    struct control_ipvs *ipvs = data;
    control_ipvs_poll_in(ipvs, 0);
}

/* ---- jobs --------------------------------------------------------------------------------------
 */

static void refuse(control_ipvs_done_fn *fn, void *data, int error)
{
    struct ipvs_plan none = { 0 };
    struct ipvs_keys keys = { 0 };
    struct control_ipvs_done done = {
        .error = error, .plan = &none, .held = &none, .skipped = &keys
    };
    fn(data, &done);
}

static void add_job(struct control_ipvs *ipvs, struct control_ipvs_job *job)
{
    struct control_ipvs_job **end = &ipvs->jobs;
    while (*end != NULL)
        end = &(*end)->next;
    *end = job;
    control_ipvs_next(ipvs);
}

/* NULL when it has been refused. */
static struct control_ipvs_job *job_new(struct control *control, enum control_ipvs_job_kind kind,
                                        control_ipvs_done_fn *fn, void *data)
{
    if (control->ipvs == NULL || control->ipvs->link == NULL) {
        refuse(fn, data, control->ipvs == NULL ? ENOSYS : control->ipvs->error);
        return NULL;
    }
    struct control_ipvs_job *job = MEM_NEW(struct control_ipvs_job);
    job->kind = kind;
    job->fn = fn;
    job->data = data;
    return job;
}

void control_ipvs_look(struct control *control, control_ipvs_done_fn *fn, void *data)
{
    const struct control_ipvs *ipvs = control->ipvs;
    bool cheap = ipvs != NULL && ipvs->link != NULL && control_ipvs_usable(ipvs) && !ipvs->busy &&
                 ipvs->poll_pause_ms <= CONTROL_IPVS_LOOK_MS;
    struct control_ipvs_job *job = cheap ? job_new(control, IPVS_JOB_LOOK, fn, data) : NULL;
    if (job != NULL)
        add_job(control->ipvs, job);
    else
        refuse(fn, data, 0);
}

void control_ipvs_plan(struct control *control, control_ipvs_done_fn *fn, void *data)
{
    struct control_ipvs_job *job = job_new(control, IPVS_JOB_PLAN, fn, data);
    if (job != NULL)
        add_job(control->ipvs, job);
}

void control_ipvs_apply(struct control *control, bool force, control_ipvs_done_fn *fn, void *data)
{
    struct control_ipvs_job *job = job_new(control, IPVS_JOB_APPLY, fn, data);
    if (job == NULL)
        return;
    job->force = force;
    add_job(control->ipvs, job);
}

void control_ipvs_restore(struct control *control, struct ipvs_table *wanted, bool exact,
                          bool write, control_ipvs_done_fn *fn, void *data)
{
    struct control_ipvs_job *job = job_new(control, IPVS_JOB_RESTORE, fn, data);
    if (job == NULL)
        return;
    job->wanted = *wanted;
    ipvs_table_init(wanted);
    job->exact = exact;
    job->write = write;
    add_job(control->ipvs, job);
}

void control_ipvs_zero(struct control *control, const struct ipvs_key *key,
                       control_ipvs_done_fn *fn, void *data)
{
    struct control_ipvs_job *job = job_new(control, IPVS_JOB_ZERO, fn, data);
    if (job == NULL)
        return;
    job->zero.kind = IPVS_OP_ZERO;
    if (key != NULL)
        job->zero.service.key = *key;
    add_job(control->ipvs, job);
}

/* ---- this host's addresses ---------------------------------------------------------------------
 */

static void on_host(uv_poll_t *poll, int status, int events)
{
    struct control_ipvs *ipvs = poll->data;
    (void)status;
    (void)events;
    if (!hostaddr_read(ipvs->host))
        return;
    control_ipvs_judge_drift(ipvs); /* a VIP of ours that somebody has taken away */
    control_ipvs_step(ipvs);
    control_ipvs_next(ipvs);
}

static void watch_host(struct control_ipvs *ipvs)
{
    ipvs->host = hostaddr_open();
    if (ipvs->host == NULL) {
        log_error("ipvs", "the addresses of this host cannot be watched: %s", strerror(errno));
        return;
    }
    ipvs->host_poll.data = ipvs;
    ipvs->host_polled =
        uv_poll_init(ipvs->control->loop, &ipvs->host_poll, hostaddr_fd(ipvs->host)) == 0 &&
        uv_poll_start(&ipvs->host_poll, UV_READABLE, on_host) == 0;
}

/* ---- start and end -----------------------------------------------------------------------------
 */

struct control_ipvs *control_ipvs_new(struct control *control, int fd)
{
    struct control_ipvs *ipvs = MEM_NEW(struct control_ipvs);
    ipvs->control = control;
    ipvs_table_init(&ipvs->actual);
    ipvs_keys_init(&ipvs->owned);
    ipvs_plan_init(&ipvs->plan);
    ipvs->poll_pause_ms = CONTROL_IPVS_POLL_MS;
    (void)uv_timer_init(control->loop, &ipvs->poll_timer);
    (void)uv_timer_init(control->loop, &ipvs->step_timer);
    (void)uv_timer_init(control->loop, &ipvs->save_timer);
    ipvs->save_timer.data = ipvs;
    ipvs->poll_timer.data = ipvs;
    ipvs->step_timer.data = ipvs;
    watch_host(ipvs);
    if (fd >= 0)
        ipvs->link = ipvs_link_new(control->loop, fd, on_hello, ipvs);
    if (ipvs->link == NULL) {
        ipvs->error = ENOTCONN;
        ipvs->asked = true;
        return ipvs;
    }
    begin_dump(ipvs);
    return ipvs;
}

/* There is nothing left to do, or it cannot be done. */
static bool is_quiet(const struct control_ipvs *ipvs)
{
    return ipvs->link == NULL || (ipvs->asked && ipvs->error != 0) ||
           ((ipvs->settled || ipvs->failed) && !ipvs->busy) ||
           (ipvs->known && ipvs->control->world->config->ipvs.mode == IPVS_OBSERVE);
}

static bool is_drained(const struct control_ipvs *ipvs)
{
    for (size_t i = 0; i < ipvs->count; i++) {
        const struct control_director *director = ipvs->directors[i];
        if (!director->held && ipvs_director_desired(director->director) != NULL)
            return false;
    }
    return is_quiet(ipvs);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* its work is to wake the loop */
}

/* Runs the loop until `done`, or until the time is over or `*stop` is set. */
static void run_until(struct control_ipvs *ipvs, bool (*done)(const struct control_ipvs *ipvs),
                      uint64_t limit_ms, const bool *stop)
{
    uint64_t end = clock_mono_ms() + limit_ms;
    uv_timer_t tick;
    (void)uv_timer_init(ipvs->control->loop, &tick);
    (void)uv_timer_start(&tick, on_tick, 20, 20);
    while (!done(ipvs) && clock_mono_ms() < end && (stop == NULL || !*stop))
        (void)uv_run(ipvs->control->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    (void)uv_run(ipvs->control->loop, UV_RUN_NOWAIT);
}

/* And the pools say so. */
static bool is_published(const struct control_ipvs *ipvs)
{
    return is_quiet(ipvs) && !ipvs->control->dirty_any;
}

bool control_ipvs_is_done(const struct control *control)
{
    return control->ipvs == NULL || is_quiet(control->ipvs);
}

void control_ipvs_first(struct control *control, const bool *ending)
{
    if (control->ipvs != NULL)
        run_until(control->ipvs, is_published, CONTROL_IPVS_FIRST_MS, ending);
}

void control_hurry(struct control *control)
{
    control->hurry = true;
}

/* The longest that any service may take to drain, the TTL's tail and a moment for the kernel in it.
 */
static uint64_t longest_drain_ms(const struct control_ipvs *ipvs)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < ipvs->count; i++) {
        const struct control_director *director = ipvs->directors[i];
        uint64_t one = director->tail_ms + ipvs_director_spec(director->director)->drain_ms;
        longest = one > longest ? one : longest;
    }
    return longest + CONTROL_IPVS_EXIT_MS;
}

void control_ipvs_exit(struct control *control)
{
    struct control_ipvs *ipvs = control->ipvs;
    if (ipvs == NULL || control->world == NULL || !control_ipvs_usable(ipvs) ||
        control->world->config->ipvs.mode == IPVS_OBSERVE)
        return;
    switch (control->world->config->ipvs.on_exit) {
    case CONFIG_EXIT_LEAVE:
        return;
    case CONFIG_EXIT_REMOVE:
        ipvs->removing = true;
        log_info("ipvs", "on_exit: removing our services");
        control_ipvs_touch(control);
        run_until(ipvs, is_drained, CONTROL_IPVS_EXIT_MS, &control->hurry);
        return;
    case CONFIG_EXIT_DRAIN:
        ipvs->retiring = true;
        log_info("ipvs", "on_exit: draining our services; a second signal ends at once");
        control_ipvs_touch(control);
        run_until(ipvs, is_drained, longest_drain_ms(ipvs), &control->hurry);
        return;
    }
}

static void on_host_closed(uv_handle_t *handle)
{
    struct control_ipvs *ipvs = handle->data;
    hostaddr_close(ipvs->host);
    ipvs->host = NULL;
}

static void fail_jobs(struct control_ipvs *ipvs)
{
    while (ipvs->job != NULL || ipvs->jobs != NULL) {
        if (ipvs->job == NULL) {
            ipvs->job = ipvs->jobs;
            ipvs->jobs = ipvs->job->next;
        }
        control_ipvs_job_done(ipvs, ESHUTDOWN, NULL);
    }
}

void control_ipvs_free(struct control_ipvs *ipvs)
{
    if (ipvs == NULL)
        return;
    ipvs_link_free(ipvs->link);
    ipvs->link = NULL;
    fail_jobs(ipvs);
    uv_close((uv_handle_t *)&ipvs->poll_timer, NULL);
    uv_close((uv_handle_t *)&ipvs->step_timer, NULL);
    uv_close((uv_handle_t *)&ipvs->save_timer, NULL);
    if (ipvs->host_polled)
        uv_close((uv_handle_t *)&ipvs->host_poll, on_host_closed);
    (void)uv_run(ipvs->control->loop, UV_RUN_NOWAIT); /* closes them */
    hostaddr_close(ipvs->host);
    for (size_t i = 0; i < ipvs->count; i++)
        control_ipvs_director_free(ipvs->directors[i]);
    mem_free(ipvs->directors);
    mem_free(ipvs->by_service);
    ipvs_table_fini(&ipvs->actual);
    ipvs_keys_fini(&ipvs->owned);
    ipvs_plan_fini(&ipvs->plan);
    mem_free(ipvs);
}
