// SPDX-License-Identifier: BSD-2-Clause
#include "server/metrics.h"

#include "base/clock.h"
#include "base/compiler.h"
#include "base/log.h"
#include "base/version.h"
#include "server/api_message.h"
#include "server/control.h"
#include "server/metrics_ipvs.h"
#include "zones/zone.h"
#include "zones/zonedb.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- queries --- */

static const char *const transports[STATS_TRANSPORTS] = { "udp", "tcp" };
static const char *const families[PICKER_FAMILIES] = { "a", "aaaa" };

static const struct stats *stats_of(const struct metrics *metrics, unsigned worker)
{
    return control_worker_stats(metrics->control, worker);
}

/* Sum over the workers of the counter at `offset` in struct stats. */
static uint64_t sum_at(const struct metrics *metrics, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < control_worker_count(metrics->control); i++) {
        const char *stats = (const char *)stats_of(metrics, i);
        sum += stats_get((const _Atomic uint64_t *)(const void *)(stats + offset));
    }
    return sum;
}

static void queries(struct metrics *metrics)
{
    for (size_t t = 0; t < STATS_TRANSPORTS; t++) {
        struct metrics_label label = { "transport", transports[t] };
        metrics_put_count(metrics, &label, 1,
                          sum_at(metrics, offsetof(struct stats, queries) + t * sizeof(uint64_t)));
    }
}

static void worker_queries(struct metrics *metrics)
{
    char worker[16];
    for (unsigned i = 0; i < control_worker_count(metrics->control); i++) {
        (void)snprintf(worker, sizeof(worker), "%u", i);
        for (size_t t = 0; t < STATS_TRANSPORTS; t++) {
            struct metrics_label labels[] = { { "worker", worker },
                                              { "transport", transports[t] } };
            metrics_put_count(metrics, labels, 2, stats_get(&stats_of(metrics, i)->queries[t]));
        }
    }
}

/* Those that have a name are always there, so that a rate can be taken from the first on. */
static void responses(struct metrics *metrics)
{
    char text[16];
    for (unsigned rcode = 0; rcode < STATS_RCODES; rcode++) {
        uint64_t value =
            sum_at(metrics, offsetof(struct stats, responses) + rcode * sizeof(uint64_t));
        const char *name = api_message_rcode(rcode, text);
        if (value == 0 && name == text)
            continue;
        struct metrics_label label = { "rcode", name };
        metrics_put_count(metrics, &label, 1, value);
    }
}

#define SUM(function, field)                                                                       \
    static void function(struct metrics *metrics)                                                  \
    {                                                                                              \
        metrics_put_count(metrics, NULL, 0, sum_at(metrics, offsetof(struct stats, field)));       \
    }
SUM(truncated, truncated)
SUM(dropped, dropped)
SUM(send_errors, send_errors)
SUM(tcp_accepted, tcp_accepted)
SUM(tcp_open, tcp_open)

/* --- pools --- */

typedef void member_fn(struct metrics *metrics, uint32_t pool, uint32_t member,
                       struct metrics_label labels[3]);

static void each_member(struct metrics *metrics, member_fn *fn)
{
    const struct poolset *set = &metrics->world->pools;
    for (uint32_t p = 0; p < set->count; p++) {
        for (uint32_t m = 0; m < set->pools[p].member_count; m++) {
            struct metrics_label labels[3] = { { "pool", set->pools[p].name },
                                               { "member", set->pools[p].members[m].name } };
            fn(metrics, p, m, labels);
        }
    }
}

/* Families that the member has, as bits. */
static unsigned member_families(const struct poolset *set, const struct pool_member *member)
{
    unsigned bits = 0;
    if (member->child != POOL_NONE)
        return pool_families(set, member->child);
    for (size_t i = 0; i < member->address_count; i++)
        bits |= member->addresses[i].addr.family == ADDR_V4 ? 1U << PICKER_A : 1U << PICKER_AAAA;
    return bits;
}

static void one_member_up(struct metrics *metrics, uint32_t pool, uint32_t member,
                          struct metrics_label labels[3])
{
    const struct poolset *set = &metrics->world->pools;
    unsigned has = member_families(set, &set->pools[pool].members[member]);
    struct control_member info;
    control_member(metrics->control, pool, member, &info);
    for (size_t f = 0; f < PICKER_FAMILIES; f++) {
        if ((has & 1U << f) == 0)
            continue;
        labels[2] = (struct metrics_label){ "family", families[f] };
        metrics_put_count(metrics, labels, 3, info.live[f]);
    }
}

static void member_up(struct metrics *metrics)
{
    each_member(metrics, one_member_up);
}

static void one_member_weight(struct metrics *metrics, uint32_t pool, uint32_t member,
                              struct metrics_label labels[3])
{
    struct control_member info;
    control_member(metrics->control, pool, member, &info);
    if (info.share < 1) /* a service that is not whole */
        metrics_put_real(metrics, labels, 2, info.share * info.effective_weight);
    else
        metrics_put_count(metrics, labels, 2, info.effective_weight);
}

static void member_weight(struct metrics *metrics)
{
    each_member(metrics, one_member_weight);
}

static void one_answers(struct metrics *metrics, uint32_t pool, uint32_t member,
                        struct metrics_label labels[3])
{
    uint32_t id = metrics->world->pools.pools[pool].members[member].stat;
    uint64_t sum = 0;
    for (unsigned i = 0; i < control_worker_count(metrics->control); i++)
        sum += stats_get_member(stats_of(metrics, i), id);
    metrics_put_count(metrics, labels, 2, sum);
}

static void answers(struct metrics *metrics)
{
    each_member(metrics, one_answers);
}

static void pool_live(struct metrics *metrics)
{
    const struct poolset *set = &metrics->world->pools;
    for (uint32_t p = 0; p < set->count; p++) {
        struct pool_status status;
        unsigned has = pool_families(set, p);
        pool_table_status(control_pools(metrics->control), p, &status);
        for (size_t f = 0; f < PICKER_FAMILIES; f++) {
            if ((has & 1U << f) == 0)
                continue;
            struct metrics_label labels[] = { { "pool", set->pools[p].name },
                                              { "family", families[f] } };
            metrics_put_count(metrics, labels, 2, status.live[f]);
        }
    }
}

/* --- checks --- */

static void check_duration(struct metrics *metrics)
{
    struct prober_metrics probes;
    char bound[32];
    prober_get_metrics(control_prober(metrics->control), &probes);
    uint64_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(probes.attempts); i++)
        total += probes.attempts[i];
    struct metrics_label label = { "le", bound };
    for (size_t i = 0; i < PROBER_BUCKETS; i++) {
        (void)snprintf(bound, sizeof(bound), "%g", prober_bucket_ms[i] / 1000);
        metrics_put_head(metrics, "_bucket", &label, 1);
        strbuf_addf(metrics->out, "%" PRIu64 "\n", probes.duration_bucket[i]);
    }
    label.value = "+Inf";
    metrics_put_head(metrics, "_bucket", &label, 1);
    strbuf_addf(metrics->out, "%" PRIu64 "\n", total);
    metrics_put_head(metrics, "_sum", NULL, 0);
    strbuf_addf(metrics->out, "%.6f\n", probes.duration_sum_ms / 1000);
    metrics_put_head(metrics, "_count", NULL, 0);
    strbuf_addf(metrics->out, "%" PRIu64 "\n", total);
}

static void check_attempts(struct metrics *metrics)
{
    struct prober_metrics probes;
    prober_get_metrics(control_prober(metrics->control), &probes);
    for (size_t i = 0; i < ARRAY_LEN(probes.attempts); i++) {
        struct metrics_label label = { "result", health_result_name((enum health_result)i) };
        metrics_put_count(metrics, &label, 1, probes.attempts[i]);
    }
}

static void checks_late(struct metrics *metrics)
{
    struct prober_metrics probes;
    prober_get_metrics(control_prober(metrics->control), &probes);
    metrics_put_count(metrics, NULL, 0, probes.late);
}

static void check_targets(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, metrics->world->target_count);
}

/* --- zones --- */

typedef void zone_fn(struct metrics *metrics, const struct zone *zone,
                     const struct metrics_label *label);

static void each_zone(struct metrics *metrics, zone_fn *fn)
{
    for (size_t i = 0; i < zonedb_count(metrics->world->zonedb); i++) {
        struct metrics_label label = { "zone", metrics->world->zones[i].name };
        fn(metrics, metrics->world->zones[i].zone, &label);
    }
}

static void one_serial(struct metrics *metrics, const struct zone *zone,
                       const struct metrics_label *label)
{
    metrics_put_count(metrics, label, 1, zone->serial);
}

static void zone_serial(struct metrics *metrics)
{
    each_zone(metrics, one_serial);
}

static void one_records(struct metrics *metrics, const struct zone *zone,
                        const struct metrics_label *label)
{
    metrics_put_count(metrics, label, 1, zone->record_count);
}

static void zone_records(struct metrics *metrics)
{
    each_zone(metrics, one_records);
}

static void one_loaded(struct metrics *metrics, const struct zone *zone,
                       const struct metrics_label *label)
{
    metrics_put_real(metrics, label, 1, (double)zone->loaded_ms / 1000);
}

static void zone_loaded(struct metrics *metrics)
{
    each_zone(metrics, one_loaded);
}

static void one_age(struct metrics *metrics, const struct zone *zone,
                    const struct metrics_label *label)
{
    metrics_put_real(metrics, label, 1, (double)(clock_wall_ms() - zone->loaded_ms) / 1000);
}

static void zone_age(struct metrics *metrics)
{
    each_zone(metrics, one_age);
}

/* --- the process --- */

static void generation(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, control_generation(metrics->control));
}

static void reload_failures(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, control_reload_failures(metrics->control));
}

static void ready(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, control_ready(metrics->control));
}

static void alarms(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, alarms_count(control_alarms(metrics->control)));
}

static void overrides(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, override_count(control_overrides(metrics->control)));
}

static void workers(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, control_worker_count(metrics->control));
}

static void log_lines_dropped(struct metrics *metrics)
{
    metrics_put_count(metrics, NULL, 0, log_dropped());
}

static void build_info(struct metrics *metrics)
{
    struct metrics_label label = { "version", GSLB_VERSION };
    metrics_put_count(metrics, &label, 1, 1);
}

static void uptime(struct metrics *metrics)
{
    metrics_put_real(metrics, NULL, 0,
                     (double)(clock_wall_ms() - control_started_ms(metrics->control)) / 1000);
}

static void start_time(struct metrics *metrics)
{
    metrics_put_real(metrics, NULL, 0, (double)control_started_ms(metrics->control) / 1000);
}

static void api_requests(struct metrics *metrics)
{
    char code[24];
    for (size_t i = 0; i < metrics->status_max; i++) {
        if (metrics->api_requests[i] == 0)
            continue;
        (void)snprintf(code, sizeof(code), "%zu", i);
        struct metrics_label label = { "code", code };
        metrics_put_count(metrics, &label, 1, metrics->api_requests[i]);
    }
}

static void cpu(struct metrics *metrics)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    metrics_put_real(metrics, NULL, 0, seconds);
}

static void resident(struct metrics *metrics)
{
    char text[128] = "";
    char *end = NULL;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return;
    bool ok = fgets(text, sizeof(text), file) != NULL;
    (void)fclose(file);
    (void)strtoull(text, &end, 10); /* the first number is the address space */
    if (ok && end != text)
        metrics_put_count(metrics, NULL, 0,
                          strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void open_files(struct metrics *metrics)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    if (folder == NULL)
        return;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    metrics_put_count(metrics, NULL, 0, count - 1); /* without the one that we look through */
}

static const struct {
    const char *name;
    const char *type;
    const char *help;
    void (*write)(struct metrics *metrics);
} table[] = {
    { "gslb_queries_total", "counter", "Queries received.", queries },
    { "gslb_worker_queries_total", "counter", "Queries received, by worker.", worker_queries },
    { "gslb_responses_total", "counter", "Answers sent.", responses },
    { "gslb_truncated_total", "counter", "Answers sent with TC.", truncated },
    { "gslb_queries_dropped_total", "counter", "Messages that are owed no answer.", dropped },
    { "gslb_send_errors_total", "counter", "Answers that could not be sent.", send_errors },
    { "gslb_tcp_connections_total", "counter", "TCP connections accepted.", tcp_accepted },
    { "gslb_tcp_connections", "gauge", "TCP connections open.", tcp_open },
    { "gslb_member_up", "gauge", "1 when the member is live for the family.", member_up },
    { "gslb_member_weight", "gauge", "Weight in effect.", member_weight },
    { "gslb_pool_live_members", "gauge", "Live members of the pool.", pool_live },
    { "gslb_answers_total", "counter", "Times that the member was in an answer.", answers },
    { "gslb_check_duration_seconds", "histogram", "Time that probes took.", check_duration },
    { "gslb_check_attempts_total", "counter", "Probes by result.", check_attempts },
    { "gslb_checks_late_total", "counter", "Probes more than an interval late.", checks_late },
    { "gslb_check_targets", "gauge", "Targets that are probed.", check_targets },
    { "gslb_zone_serial", "gauge", "Serial of the zone.", zone_serial },
    { "gslb_zone_records", "gauge", "Records of the zone.", zone_records },
    { "gslb_zone_loaded_timestamp_seconds", "gauge", "When the zone was loaded.", zone_loaded },
    { "gslb_zone_age_seconds", "gauge", "Time since the zone was loaded.", zone_age },
    { "gslb_generation", "gauge", "Generation of the published state.", generation },
    { "gslb_reload_failures_total", "counter", "Reloads that were refused.", reload_failures },
    { "gslb_ready", "gauge", "1 when queries are answered.", ready },
    { "gslb_alarms", "gauge", "Alarms that stand.", alarms },
    { "gslb_overrides", "gauge", "Overrides by operators.", overrides },
    { "gslb_workers", "gauge", "Threads that answer queries.", workers },
    { "gslb_api_requests_total", "counter", "API answers by HTTP status.", api_requests },
    { "gslb_ipvs_available", "gauge", "1 when the kernel's IPVS answers.", metrics_ipvs_available },
    { "gslb_ipvs_operations_total", "counter", "Changes made in the kernel.",
      metrics_ipvs_operations },
    { "gslb_ipvs_repairs_total", "counter", "Operations that undid what others had changed.",
      metrics_ipvs_repairs },
    { "gslb_ipvs_service_up", "gauge", "1 when DNS may answer the VIP.", metrics_ipvs_service_up },
    { "gslb_ipvs_service_share", "gauge", "Live capacity of the service, 0 to 1.",
      metrics_ipvs_share },
    { "gslb_ipvs_connections_total", "counter", "Connections to the service, by the kernel.",
      metrics_ipvs_connections },
    { "gslb_ipvs_packets_total", "counter", "Packets of the service, by the kernel.",
      metrics_ipvs_packets },
    { "gslb_ipvs_bytes_total", "counter", "Bytes of the service, by the kernel.",
      metrics_ipvs_bytes },
    { "gslb_ipvs_server_weight", "gauge", "Weight of the server in the kernel, 0 when absent.",
      metrics_ipvs_server_weight },
    { "gslb_ipvs_server_active_connections", "gauge", "Established connections of the server.",
      metrics_ipvs_server_active },
    { "gslb_ipvs_server_inactive_connections", "gauge", "Other connections of the server.",
      metrics_ipvs_server_inactive },
    { "gslb_ipvs_server_connections_total", "counter", "Connections to the server, by the kernel.",
      metrics_ipvs_server_connections },
    { "gslb_ipvs_server_packets_total", "counter", "Packets of the server, by the kernel.",
      metrics_ipvs_server_packets },
    { "gslb_ipvs_server_bytes_total", "counter", "Bytes of the server, by the kernel.",
      metrics_ipvs_server_bytes },
    { "gslb_log_lines_dropped_total", "counter", "Log lines lost.", log_lines_dropped },
    { "gslb_build_info", "gauge", "Always 1; the version is a label.", build_info },
    { "gslb_uptime_seconds", "gauge", "Time since the start.", uptime },
    { "process_start_time_seconds", "gauge", "When the process was started.", start_time },
    { "process_cpu_seconds_total", "counter", "CPU time used.", cpu },
    { "process_resident_memory_bytes", "gauge", "Memory resident.", resident },
    { "process_open_fds", "gauge", "File descriptors open.", open_files },
};

void metrics_write(struct control *control, const uint64_t *api_requests_by_status,
                   size_t status_max, struct strbuf *out)
{
    struct metrics metrics = { .control = control,
                               .world = control_world(control),
                               .api_requests = api_requests_by_status,
                               .status_max = status_max,
                               .out = out };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        metrics.name = table[i].name;
        strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", table[i].name, table[i].help,
                    table[i].name, table[i].type);
        table[i].write(&metrics);
    }
}
