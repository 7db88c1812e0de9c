// SPDX-License-Identifier: BSD-2-Clause
#include "server/metrics_ipvs.h"

#include "base/compiler.h"
#include "server/control.h"

void metrics_ipvs_available(struct metrics *metrics)
{
    struct control_ipvs_status status;
    control_ipvs_status(metrics->control, &status);
    if (status.present)
        metrics_put_count(metrics, NULL, 0, status.available);
}

void metrics_ipvs_operations(struct metrics *metrics)
{
    static const char *const results[] = { "ok", "error" };
    struct control_ipvs_status status;
    control_ipvs_status(metrics->control, &status);
    for (unsigned kind = IPVS_OP_ADD_SERVICE; status.present && kind < IPVS_OP_KINDS; kind++) {
        for (size_t r = 0; r < ARRAY_LEN(results); r++) {
            struct metrics_label labels[] = { { "op", ipvs_op_name(kind) },
                                              { "result", results[r] } };
            metrics_put_count(metrics, labels, 2, status.counts->operations[kind][r]);
        }
    }
}

void metrics_ipvs_repairs(struct metrics *metrics)
{
    struct control_ipvs_status status;
    control_ipvs_status(metrics->control, &status);
    if (status.present)
        metrics_put_count(metrics, NULL, 0, status.counts->repairs);
}

/* ---- services ----------------------------------------------------------------------------------
 */

typedef void service_fn(struct metrics *metrics, const struct control_service *service,
                        struct metrics_label *labels);

/* False for what no config has any more: its name may be that of another one by now, and two
 * samples with the same labels make a reader refuse all of them. */
static bool get_service(const struct metrics *metrics, size_t index, struct control_service *out)
{
    control_ipvs_service(metrics->control, index, out);
    return out->service != POOL_NONE;
}

/* labels[0] is the service; a second one is the function's. */
static void each_service(struct metrics *metrics, service_fn *fn)
{
    struct control_ipvs_status status;
    struct control_service service;
    control_ipvs_status(metrics->control, &status);
    for (size_t i = 0; i < status.directors; i++) {
        if (!get_service(metrics, i, &service))
            continue;
        struct metrics_label labels[2] = { { "service", service.name } };
        fn(metrics, &service, labels);
    }
}

static void one_up(struct metrics *metrics, const struct control_service *service,
                   struct metrics_label *labels)
{
    metrics_put_count(metrics, labels, 1, ipvs_director_live(service->director));
}

void metrics_ipvs_service_up(struct metrics *metrics)
{
    each_service(metrics, one_up);
}

static void one_share(struct metrics *metrics, const struct control_service *service,
                      struct metrics_label *labels)
{
    metrics_put_real(metrics, labels, 1, ipvs_director_share(service->director));
}

void metrics_ipvs_share(struct metrics *metrics)
{
    each_service(metrics, one_share);
}

static void one_connections(struct metrics *metrics, const struct control_service *service,
                            struct metrics_label *labels)
{
    if (service->kernel != NULL)
        metrics_put_count(metrics, labels, 1, service->kernel->stats.connections);
}

void metrics_ipvs_connections(struct metrics *metrics)
{
    each_service(metrics, one_connections);
}

/* `count` labels are there; room for one more. */
static void put_both(struct metrics *metrics, struct metrics_label *labels, size_t count,
                     uint64_t in, uint64_t out)
{
    labels[count] = (struct metrics_label){ "direction", "in" };
    metrics_put_count(metrics, labels, count + 1, in);
    labels[count].value = "out";
    metrics_put_count(metrics, labels, count + 1, out);
}

static void one_packets(struct metrics *metrics, const struct control_service *service,
                        struct metrics_label *labels)
{
    if (service->kernel != NULL)
        put_both(metrics, labels, 1, service->kernel->stats.in_packets,
                 service->kernel->stats.out_packets);
}

void metrics_ipvs_packets(struct metrics *metrics)
{
    each_service(metrics, one_packets);
}

static void one_bytes(struct metrics *metrics, const struct control_service *service,
                      struct metrics_label *labels)
{
    if (service->kernel != NULL)
        put_both(metrics, labels, 1, service->kernel->stats.in_bytes,
                 service->kernel->stats.out_bytes);
}

void metrics_ipvs_bytes(struct metrics *metrics)
{
    each_service(metrics, one_bytes);
}

/* ---- servers -----------------------------------------------------------------------------------
 */

/* Writes the samples of one server; `dest` is all zeroes when the kernel has none. labels[0] and
 * [1] are service and server; a third one is the function's. */
typedef void server_fn(struct metrics *metrics, const struct ipvs_dest *dest,
                       struct metrics_label *labels);

static const struct ipvs_dest *kernel_dest(const struct control_service *service,
                                           const struct ipvs_dest *wanted)
{
    static const struct ipvs_dest absent;
    const struct ipvs_dest *dest =
        service->kernel != NULL ? ipvs_service_find(service->kernel, &wanted->addr, wanted->port)
                                : NULL;
    return dest != NULL ? dest : &absent;
}

static void each_server(struct metrics *metrics, server_fn *fn)
{
    struct control_ipvs_status status;
    struct control_service service;
    control_ipvs_status(metrics->control, &status);
    for (size_t i = 0; i < status.directors; i++) {
        if (!get_service(metrics, i, &service))
            continue;
        const struct ipvs_spec *spec = ipvs_director_spec(service.director);
        for (size_t s = 0; s < spec->server_count; s++) {
            struct metrics_label labels[3] = { { "service", service.name },
                                               { "server", spec->servers[s].name } };
            fn(metrics, kernel_dest(&service, &spec->servers[s].dest), labels);
        }
    }
}

static void one_weight(struct metrics *metrics, const struct ipvs_dest *dest,
                       struct metrics_label *labels)
{
    metrics_put_count(metrics, labels, 2, dest->weight);
}

void metrics_ipvs_server_weight(struct metrics *metrics)
{
    each_server(metrics, one_weight);
}

static void one_active(struct metrics *metrics, const struct ipvs_dest *dest,
                       struct metrics_label *labels)
{
    metrics_put_count(metrics, labels, 2, dest->active);
}

void metrics_ipvs_server_active(struct metrics *metrics)
{
    each_server(metrics, one_active);
}

static void one_inactive(struct metrics *metrics, const struct ipvs_dest *dest,
                         struct metrics_label *labels)
{
    metrics_put_count(metrics, labels, 2, dest->inactive);
}

void metrics_ipvs_server_inactive(struct metrics *metrics)
{
    each_server(metrics, one_inactive);
}

static void one_total(struct metrics *metrics, const struct ipvs_dest *dest,
                      struct metrics_label *labels)
{
    metrics_put_count(metrics, labels, 2, dest->stats.connections);
}

void metrics_ipvs_server_connections(struct metrics *metrics)
{
    each_server(metrics, one_total);
}

static void server_packets(struct metrics *metrics, const struct ipvs_dest *dest,
                           struct metrics_label *labels)
{
    put_both(metrics, labels, 2, dest->stats.in_packets, dest->stats.out_packets);
}

void metrics_ipvs_server_packets(struct metrics *metrics)
{
    each_server(metrics, server_packets);
}

static void server_bytes(struct metrics *metrics, const struct ipvs_dest *dest,
                         struct metrics_label *labels)
{
    put_both(metrics, labels, 2, dest->stats.in_bytes, dest->stats.out_bytes);
}

void metrics_ipvs_server_bytes(struct metrics *metrics)
{
    each_server(metrics, server_bytes);
}
