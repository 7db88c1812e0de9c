// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ipvs_stage.h"

#include "ipvs/reconcile.h"

#include <stdio.h>
#include <string.h>

#define SECOND 1000

struct ipvs_dest stage_dest(unsigned host, uint32_t weight)
{
    struct ipvs_dest dest = { .addr = { ADDR_V4, { 10, 0, 0, (uint8_t)host } },
                              .port = 80,
                              .weight = weight };
    return dest;
}

void stage_setup(struct stage *s, size_t count)
{
    static const char *const names[STAGE_SERVERS] = { "a", "b", "c", "d", "e", "f" };
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < STAGE_SERVERS; i++)
        s->servers[i] =
            (struct ipvs_server_spec){ .name = names[i], .dest = stage_dest(i + 1, 10) };
    s->spec = (struct ipvs_spec){ .name = "web",
                                  .service = { .scheduler = "wlc" },
                                  .servers = s->servers,
                                  .server_count = count,
                                  .quorum = 1,
                                  .sorry = stage_dest(99, 1),
                                  .drain_ms = 300 * SECOND };
    ck_assert(ipvs_key_parse("tcp 192.0.2.1:80", &s->spec.service.key));
    ipvs_service_normalise(&s->spec.service);
    ipvs_table_init(&s->kernel);
    s->in = (struct ipvs_director_input){
        .now_ms = 1000 * SECOND, .tail_ms = 30 * SECOND, .kernel_known = true, .gate = true
    };
    s->in.uses = s->uses;
}

void stage_teardown(struct stage *s)
{
    ipvs_director_free(s->director);
    ipvs_table_fini(&s->kernel);
}

void stage_step(struct stage *s)
{
    if (s->director == NULL)
        s->director = ipvs_director_new(&s->spec);
    s->in.kernel = ipvs_table_find(&s->kernel, &s->spec.service.key);
    ipvs_director_step(s->director, &s->in);
}

void stage_apply(struct stage *s)
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

void stage_step_and_apply(struct stage *s)
{
    stage_step(s);
    stage_apply(s);
}

void stage_settle(struct stage *s)
{
    for (unsigned i = 0; i < 4; i++) {
        stage_step_and_apply(s);
        s->in.in_dns = ipvs_director_live(s->director);
    }
}

void stage_pass(struct stage *s, uint64_t ms)
{
    s->in.now_ms += ms;
    stage_step_and_apply(s);
}

void stage_picture(const struct ipvs_service *service, char *out, size_t size)
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

struct ipvs_server_view stage_view(const struct stage *s, size_t server)
{
    struct ipvs_server_view view;
    ipvs_director_server(s->director, server, &view);
    return view;
}

void stage_connections(struct stage *s, unsigned host, uint32_t active, uint32_t inactive,
                       uint32_t persistent)
{
    struct ipvs_dest wanted = stage_dest(host, 0);
    struct ipvs_service *service = ipvs_table_find(&s->kernel, &s->spec.service.key);
    ck_assert_ptr_nonnull(service);
    struct ipvs_dest *dest = ipvs_service_find(service, &wanted.addr, wanted.port);
    ck_assert_ptr_nonnull(dest);
    dest->active = active;
    dest->inactive = inactive;
    dest->persistent = persistent;
}

void stage_found(struct stage *s, unsigned host, uint32_t weight)
{
    struct ipvs_service *service = ipvs_table_find(&s->kernel, &s->spec.service.key);
    if (service == NULL)
        service = ipvs_table_insert(&s->kernel, &s->spec.service);
    struct ipvs_dest dest = stage_dest(host, weight);
    ipvs_service_insert(service, &dest);
}
