// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/reconcile.h"

#include "base/compiler.h"
#include "base/rng.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define RUNS 2000

/* ---- tables of a text --------------------------------------------------------------------------
 */

/* One service "KEY" with "ADDR:PORT=WEIGHT" servers; scheduler wlc. */
static struct ipvs_service *add_service(struct ipvs_table *table, const char *key)
{
    struct ipvs_service service = { .scheduler = "wlc" };
    ck_assert(ipvs_key_parse(key, &service.key));
    ipvs_service_normalise(&service);
    return ipvs_table_add(table, &service);
}

static void add_dest(struct ipvs_service *service, const char *endpoint, uint32_t weight)
{
    struct endpoint at;
    ck_assert(endpoint_parse(endpoint, &at));
    ipvs_service_add(service,
                     &(struct ipvs_dest){ .addr = at.addr, .port = at.port, .weight = weight });
}

struct fixture {
    struct ipvs_table desired, actual;
    struct ipvs_keys owned;
    struct ipvs_plan plan;
    enum ipvs_mode mode;
    bool daemons;
};

static void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    ipvs_table_init(&f->desired);
    ipvs_table_init(&f->actual);
    ipvs_keys_init(&f->owned);
    ipvs_plan_init(&f->plan);
}

static void teardown(struct fixture *f)
{
    ipvs_table_fini(&f->desired);
    ipvs_table_fini(&f->actual);
    ipvs_keys_fini(&f->owned);
    ipvs_plan_fini(&f->plan);
}

static void own(struct fixture *f, const char *key)
{
    struct ipvs_key parsed;
    ck_assert(ipvs_key_parse(key, &parsed));
    (void)ipvs_keys_add(&f->owned, &parsed);
}

static void reconcile(struct fixture *f)
{
    ipvs_table_sort(&f->desired);
    ipvs_table_sort(&f->actual);
    ipvs_reconcile(&(struct ipvs_reconcile){ .desired = &f->desired,
                                             .actual = &f->actual,
                                             .owned = &f->owned,
                                             .mode = f->mode,
                                             .daemons = f->daemons },
                   &f->plan);
}

static void expect(const struct fixture *f, const char *lines)
{
    char got[4096] = "";
    size_t length = 0;
    for (size_t i = 0; i < f->plan.count; i++) {
        char key[IPVS_OP_TEXT_MAX];
        ipvs_op_print_key(&f->plan.ops[i], key);
        length += (size_t)snprintf(got + length, sizeof(got) - length, "%s %s\n",
                                   ipvs_op_name(f->plan.ops[i].kind), key);
    }
    ck_assert_str_eq(got, lines);
}

static void apply(struct fixture *f)
{
    for (size_t i = 0; i < f->plan.count; i++)
        ck_assert_int_eq(ipvs_table_apply(&f->actual, &f->plan.ops[i]), 0);
}

START_TEST(keys_are_a_sorted_set)
{
    static const char *const texts[] = { "tcp 192.0.2.9:80", "fwmark 7", "udp 192.0.2.1:53",
                                         "tcp [2001:db8::1]:80", "tcp 192.0.2.1:80" };
    struct ipvs_keys keys;
    ipvs_keys_init(&keys);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct ipvs_key key;
        ck_assert(ipvs_key_parse(texts[i], &key));
        ck_assert(!ipvs_keys_has(&keys, &key));
        ck_assert(!ipvs_keys_remove(&keys, &key));
        ck_assert(ipvs_keys_add(&keys, &key));
        ck_assert(!ipvs_keys_add(&keys, &key));
        ck_assert(ipvs_keys_has(&keys, &key));
    }
    for (size_t i = 1; i < keys.count; i++)
        ck_assert_int_lt(ipvs_key_compare(&keys.items[i - 1], &keys.items[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct ipvs_key key;
        ck_assert(ipvs_key_parse(texts[i], &key));
        ck_assert(ipvs_keys_remove(&keys, &key));
        ck_assert(!ipvs_keys_has(&keys, &key));
    }
    ck_assert_uint_eq(keys.count, 0);
    ipvs_keys_fini(&keys);
}
END_TEST

/* ---- the plan, case by case --------------------------------------------------------------------
 */

START_TEST(plan_of_equal_tables_is_empty)
{
    struct fixture f;
    setup(&f);
    add_dest(add_service(&f.desired, "tcp 192.0.2.1:80"), "10.0.0.1:80", 5);
    struct ipvs_service *have = add_service(&f.actual, "tcp 192.0.2.1:80");
    add_dest(have, "10.0.0.1:80", 5);
    /* what does not apply makes no difference, nor do counters */
    have->prefix = 0;
    have->dests[0].tunnel_port = 4000;
    have->dests[0].active = 17;
    have->stats.connections = 99;
    reconcile(&f);
    expect(&f, "");
    ck_assert_uint_eq(f.plan.live, 1);
    ck_assert_uint_eq(f.plan.live_removed, 0);
    ck_assert_uint_eq(f.plan.foreign.count, 0);
    teardown(&f);
}
END_TEST

START_TEST(plan_makes_before_it_breaks)
{
    struct fixture f;
    setup(&f);
    f.desired.timeouts.udp = 60;
    struct ipvs_service *want = add_service(&f.desired, "tcp 192.0.2.1:80");
    snprintf(want->scheduler, sizeof(want->scheduler), "rr");
    add_dest(want, "10.0.0.1:80", 9); /* more */
    add_dest(want, "10.0.0.2:80", 1); /* less */
    add_dest(want, "10.0.0.4:80", 1); /* new */
    want = add_service(&f.desired, "tcp 192.0.2.9:80");
    add_dest(want, "10.0.0.2:80", 1);
    add_dest(want, "10.0.0.1:80", 1);
    struct ipvs_service *have = add_service(&f.actual, "tcp 192.0.2.1:80");
    add_dest(have, "10.0.0.1:80", 5);
    add_dest(have, "10.0.0.2:80", 5);
    add_dest(have, "10.0.0.3:80", 5); /* gone */
    have = add_service(&f.actual, "tcp 192.0.2.0:80");
    add_dest(have, "10.0.0.1:80", 5);
    add_dest(have, "10.0.0.2:80", 0);
    own(&f, "tcp 192.0.2.0:80");
    own(&f, "tcp 192.0.2.77:80"); /* ours, but it is not there */
    reconcile(&f);
    expect(&f, "set_timeouts timeouts\n"
               "add_service tcp 192.0.2.9:80\n"
               "add_server tcp 192.0.2.9:80 -> 10.0.0.1:80\n"
               "add_server tcp 192.0.2.9:80 -> 10.0.0.2:80\n"
               "edit_server tcp 192.0.2.1:80 -> 10.0.0.1:80\n"
               "add_server tcp 192.0.2.1:80 -> 10.0.0.4:80\n"
               "edit_service tcp 192.0.2.1:80\n"
               "edit_server tcp 192.0.2.1:80 -> 10.0.0.2:80\n"
               "delete_server tcp 192.0.2.1:80 -> 10.0.0.3:80\n"
               "delete_service tcp 192.0.2.0:80\n");
    ck_assert_uint_eq(f.plan.live, 4);
    ck_assert_uint_eq(f.plan.live_removed, 2);
    teardown(&f);
}
END_TEST

START_TEST(operations_tell_before_and_after)
{
    struct fixture f;
    setup(&f);
    struct ipvs_service *want = add_service(&f.desired, "tcp 192.0.2.1:80");
    snprintf(want->scheduler, sizeof(want->scheduler), "rr");
    add_dest(want, "10.0.0.1:80", 3);
    struct ipvs_service *have = add_service(&f.actual, "tcp 192.0.2.1:80");
    have->stats.connections = 5;
    add_dest(have, "10.0.0.1:80", 4);
    have->dests[0].active = 7;
    have->dests[0].stats.in_bytes = 7;
    add_dest(have, "10.0.0.2:80", 8);
    add_service(&f.actual, "udp 192.0.2.1:53");
    own(&f, "udp 192.0.2.1:53");
    reconcile(&f);
    ck_assert_uint_eq(f.plan.count, 4);
    const struct ipvs_op *op = &f.plan.ops[0];
    ck_assert_int_eq(op->kind, IPVS_OP_EDIT_SERVICE);
    ck_assert_str_eq(op->service.scheduler, "rr");
    ck_assert_str_eq(op->service_from.scheduler, "wlc");
    ck_assert_ptr_null(op->service.dests);
    ck_assert_uint_eq(op->service_from.stats.connections, 0);
    op = &f.plan.ops[1];
    ck_assert_int_eq(op->kind, IPVS_OP_EDIT_DEST);
    ck_assert_str_eq(op->service.scheduler, ""); /* the key alone */
    ck_assert_uint_eq(op->dest.weight, 3);
    ck_assert_uint_eq(op->dest_from.weight, 4);
    ck_assert_uint_eq(op->dest.active, 0);
    ck_assert_uint_eq(op->dest_from.active, 0);
    ck_assert_uint_eq(op->dest_from.stats.in_bytes, 0);
    op = &f.plan.ops[2];
    ck_assert_int_eq(op->kind, IPVS_OP_DELETE_DEST);
    ck_assert_uint_eq(op->dest_from.weight, 8);
    ck_assert_str_eq(op->service.scheduler, "");
    ck_assert_str_eq(op->service_from.scheduler, "");
    op = &f.plan.ops[3];
    ck_assert_int_eq(op->kind, IPVS_OP_DELETE_SERVICE);
    ck_assert_str_eq(op->service_from.scheduler, "wlc");
    ck_assert_str_eq(op->service.scheduler, "");
    teardown(&f);
}
END_TEST

START_TEST(foreign_services_are_listed_and_left_alone)
{
    struct fixture f;
    setup(&f);
    add_dest(add_service(&f.actual, "tcp 192.0.2.5:80"), "10.0.0.1:80", 4);
    add_service(&f.actual, "fwmark 3");
    reconcile(&f);
    expect(&f, "");
    ck_assert_uint_eq(f.plan.foreign.count, 2);
    ck_assert(ipvs_keys_has(&f.plan.foreign, &f.actual.services[0].key));
    ck_assert(ipvs_keys_has(&f.plan.foreign, &f.actual.services[1].key));
    ck_assert_uint_eq(f.plan.live, 0);
    f.mode = IPVS_OBSERVE;
    reconcile(&f);
    expect(&f, "");
    ck_assert_uint_eq(f.plan.foreign.count, 2);
    f.mode = IPVS_EXCLUSIVE;
    reconcile(&f);
    expect(&f, "delete_service tcp 192.0.2.5:80\ndelete_service fwmark 3\n");
    ck_assert_uint_eq(f.plan.foreign.count, 0);
    ck_assert_uint_eq(f.plan.live, 1);
    ck_assert_uint_eq(f.plan.live_removed, 1);
    teardown(&f);
}
END_TEST

START_TEST(a_changed_key_is_another_object)
{
    struct fixture f;
    setup(&f);
    add_dest(add_service(&f.desired, "tcp 192.0.2.1:81"), "10.0.0.1:80", 4);
    add_dest(add_service(&f.actual, "tcp 192.0.2.1:80"), "10.0.0.1:80", 4);
    add_dest(add_service(&f.desired, "tcp 192.0.2.3:80"), "10.0.0.1:81", 4);
    add_dest(add_service(&f.actual, "tcp 192.0.2.3:80"), "10.0.0.1:80", 4);
    own(&f, "tcp 192.0.2.1:80");
    reconcile(&f);
    expect(&f, "add_service tcp 192.0.2.1:81\n"
               "add_server tcp 192.0.2.1:81 -> 10.0.0.1:80\n"
               "add_server tcp 192.0.2.3:80 -> 10.0.0.1:81\n"
               "delete_server tcp 192.0.2.3:80 -> 10.0.0.1:80\n"
               "delete_service tcp 192.0.2.1:80\n");
    teardown(&f);
}
END_TEST

START_TEST(timeouts_of_zero_are_left)
{
    struct fixture f;
    setup(&f);
    f.actual.timeouts = (struct ipvs_timeouts){ 900, 120, 300 };
    reconcile(&f);
    expect(&f, "");
    f.desired.timeouts = (struct ipvs_timeouts){ 900, 0, 0 };
    reconcile(&f);
    expect(&f, "");
    f.desired.timeouts.tcp_fin = 60;
    reconcile(&f);
    expect(&f, "set_timeouts timeouts\n");
    apply(&f);
    ck_assert_uint_eq(f.actual.timeouts.tcp, 900);
    ck_assert_uint_eq(f.actual.timeouts.tcp_fin, 60);
    ck_assert_uint_eq(f.actual.timeouts.udp, 300);
    teardown(&f);
}
END_TEST

/* ---- sync daemons ------------------------------------------------------------------------------
 */

static const struct ipvs_daemon plain = { .role = IPVS_MASTER, .interface = "eth0", .id = 3 };
static const struct ipvs_daemon told = { .role = IPVS_MASTER,
                                         .interface = "eth0",
                                         .id = 3,
                                         .max_length = 1460,
                                         .group = { ADDR_V4, { 224, 0, 0, 81 } },
                                         .port = 8848,
                                         .ttl = 1 };

static void daemons(struct fixture *f, const struct ipvs_daemon *want,
                    const struct ipvs_daemon *have, const char *plan)
{
    f->daemons = true;
    f->desired.daemon_count = want != NULL;
    if (want != NULL)
        f->desired.daemons[0] = *want;
    f->actual.daemon_count = have != NULL;
    if (have != NULL)
        f->actual.daemons[0] = *have;
    reconcile(f);
    expect(f, plan);
}

#define STOP  "stop_daemon sync daemon master\n"
#define START "start_daemon sync daemon master\n"

START_TEST(daemons_are_restarted_only_when_they_differ)
{
    struct fixture f;
    setup(&f);
    daemons(&f, NULL, NULL, "");
    daemons(&f, &plain, NULL, START);
    daemons(&f, NULL, &told, STOP);
    daemons(&f, &plain, &told, "");
    daemons(&f, &told, &told, "");
    daemons(&f, &told, &plain, STOP START); /* max_length alone differs */
    struct ipvs_daemon other = told;
    other.max_length = 1400;
    daemons(&f, &plain, &other, "");
    daemons(&f, &told, &other, STOP START);
    other = told;
    other.group.bytes[3] = 82;
    daemons(&f, &plain, &other, STOP START);
    other = told;
    other.port = 8849;
    daemons(&f, &plain, &other, STOP START);
    other = told;
    other.ttl = 2;
    daemons(&f, &plain, &other, STOP START);
    other = told;
    other.id = 4;
    daemons(&f, &plain, &other, STOP START);
    other = told;
    other.interface[3] = '1';
    daemons(&f, &plain, &other, STOP START);
    struct ipvs_daemon small = { .role = IPVS_BACKUP, .interface = "eth0", .max_length = 100 };
    other = small;
    other.max_length = 1024;
    daemons(&f, &small, &other, ""); /* what a backup takes at least */
    f.daemons = false;
    reconcile(&f);
    expect(&f, "");
    teardown(&f);
}
END_TEST

START_TEST(a_changed_role_stops_before_it_starts)
{
    struct fixture f;
    setup(&f);
    struct ipvs_daemon backup = plain;
    backup.role = IPVS_BACKUP;
    daemons(&f, &backup, &told, STOP "start_daemon sync daemon backup\n");
    apply(&f);
    ck_assert_uint_eq(f.actual.daemon_count, 1);
    ck_assert_int_eq(f.actual.daemons[0].role, IPVS_BACKUP);
    reconcile(&f);
    expect(&f, "");
    teardown(&f);
}
END_TEST

/* ---- properties of any two tables --------------------------------------------------------------
 */

static void random_dest(struct rng *rng, struct ipvs_service *service, unsigned host)
{
    char text[ENDPOINT_TEXT_MAX];
    snprintf(text, sizeof(text), "10.0.0.%u:%u", host, 80 + rng_below(rng, 2));
    add_dest(service, text, rng_below(rng, 3) == 0 ? 0 : 1 + rng_below(rng, 3));
    struct ipvs_dest *dest = &service->dests[service->dest_count - 1];
    dest->forward = (uint8_t)rng_below(rng, 4);
    if (dest->forward == IPVS_TUN && rng_below(rng, 2) == 0) {
        dest->tunnel = IPVS_GUE;
        dest->tunnel_port = 6080;
    }
    dest->upper = rng_below(rng, 2) * 100;
    dest->active = rng_below(rng, 10);
    ipvs_dest_normalise(dest);
}

static void random_table(struct rng *rng, struct ipvs_table *table)
{
    static const char *const keys[] = { "tcp 192.0.2.1:80", "tcp 192.0.2.2:80", "udp 192.0.2.1:80",
                                        "fwmark 1", "fwmark 2" };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (rng_below(rng, 3) == 0)
            continue;
        struct ipvs_service *service = add_service(table, keys[i]);
        if (rng_below(rng, 3) == 0)
            snprintf(service->scheduler, sizeof(service->scheduler), "sh");
        if (rng_below(rng, 3) == 0) {
            service->flags |= IPVS_PERSISTENT;
            service->timeout = 60 * (1 + rng_below(rng, 2));
        }
        for (unsigned host = 1; host <= 5; host++) {
            if (rng_below(rng, 2) == 0)
                random_dest(rng, service, host);
        }
    }
    table->timeouts.tcp = rng_below(rng, 3) * 100;
    table->timeouts.udp = rng_below(rng, 3) * 10;
    ipvs_table_sort(table);
}

static bool is_ours(const struct fixture *f, const struct ipvs_key *key)
{
    return f->mode == IPVS_EXCLUSIVE || ipvs_table_find(&f->desired, key) != NULL ||
           ipvs_keys_has(&f->owned, key);
}

static void assert_same_service(const struct ipvs_service *a, const struct ipvs_service *b)
{
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert(ipvs_service_same(a, b));
    ck_assert_uint_eq(a->dest_count, b->dest_count);
    for (size_t i = 0; i < a->dest_count; i++) {
        ck_assert_int_eq(ipvs_dest_compare(&a->dests[i], &b->dests[i]), 0);
        ck_assert(ipvs_dest_same(&a->dests[i], &b->dests[i]));
    }
}

/* What is there now is what is wanted, and what is not ours is as it was. */
static void assert_reached(const struct fixture *f, const struct ipvs_table *before)
{
    for (size_t i = 0; i < f->desired.count; i++)
        assert_same_service(&f->desired.services[i],
                            ipvs_table_find(&f->actual, &f->desired.services[i].key));
    size_t foreign = 0;
    for (size_t i = 0; i < before->count; i++) {
        const struct ipvs_service *old = &before->services[i];
        const struct ipvs_service *now = ipvs_table_find(&f->actual, &old->key);
        if (!is_ours(f, &old->key)) {
            assert_same_service(old, now);
            ck_assert(ipvs_keys_has(&f->plan.foreign, &old->key));
            foreign++;
        } else if (ipvs_table_find(&f->desired, &old->key) == NULL) {
            ck_assert_ptr_null(now);
        }
    }
    ck_assert_uint_eq(f->plan.foreign.count, foreign);
    ck_assert_uint_eq(f->actual.count, f->desired.count + foreign);
}

/* Counted anew, by looking up instead of merging. */
static size_t count_dest_differences(const struct ipvs_service *want,
                                     const struct ipvs_service *have)
{
    size_t count = 0;
    for (size_t i = 0; i < want->dest_count; i++) {
        const struct ipvs_dest *other =
            ipvs_service_find(have, &want->dests[i].addr, want->dests[i].port);
        count += other == NULL || !ipvs_dest_same(&want->dests[i], other);
    }
    for (size_t i = 0; i < have->dest_count; i++)
        count += ipvs_service_find(want, &have->dests[i].addr, have->dests[i].port) == NULL;
    return count;
}

static size_t count_differences(const struct fixture *f)
{
    const struct ipvs_timeouts *want = &f->desired.timeouts;
    size_t count = (want->tcp != 0 && want->tcp != f->actual.timeouts.tcp) ||
                   (want->udp != 0 && want->udp != f->actual.timeouts.udp);
    for (size_t i = 0; i < f->desired.count; i++) {
        const struct ipvs_service *service = &f->desired.services[i];
        const struct ipvs_service *have = ipvs_table_find(&f->actual, &service->key);
        if (have == NULL)
            count += 1 + service->dest_count;
        else
            count += !ipvs_service_same(service, have) + count_dest_differences(service, have);
    }
    for (size_t i = 0; i < f->actual.count; i++) {
        const struct ipvs_key *key = &f->actual.services[i].key;
        count += is_ours(f, key) && ipvs_table_find(&f->desired, key) == NULL;
    }
    return count;
}

static bool serves(const struct ipvs_service *service)
{
    for (size_t i = 0; service != NULL && i < service->dest_count; i++) {
        if (service->dests[i].weight > 0)
            return true;
    }
    return false;
}

/* No service that serves before and after is without a server now. */
static void assert_still_serving(const struct fixture *f, const struct ipvs_table *before)
{
    for (size_t i = 0; i < f->desired.count; i++) {
        const struct ipvs_service *after = &f->desired.services[i];
        if (serves(after) && serves(ipvs_table_find(before, &after->key)))
            ck_assert(serves(ipvs_table_find(&f->actual, &after->key)));
    }
}

static bool is_weight_up(const struct ipvs_op *op)
{
    return op->kind == IPVS_OP_ADD_DEST ||
           (op->kind == IPVS_OP_EDIT_DEST && op->dest.weight > op->dest_from.weight);
}

static bool is_weight_down(const struct ipvs_op *op)
{
    return op->kind == IPVS_OP_DELETE_DEST ||
           (op->kind == IPVS_OP_EDIT_DEST && op->dest.weight < op->dest_from.weight) ||
           op->kind == IPVS_OP_DELETE_SERVICE;
}

static void apply_watched(struct fixture *f, const struct ipvs_table *before)
{
    bool down = false;
    for (size_t i = 0; i < f->plan.count; i++) {
        const struct ipvs_op *op = &f->plan.ops[i];
        down = down || is_weight_down(op);
        if (op->kind >= IPVS_OP_ADD_DEST) /* the key alone */
            ck_assert_str_eq(op->service.scheduler, "");
        ck_assert(!(down && is_weight_up(op)));
        if (op->kind != IPVS_OP_SET_TIMEOUTS)
            ck_assert(is_ours(f, &op->service.key));
        ck_assert_int_eq(ipvs_table_apply(&f->actual, op), 0);
        assert_still_serving(f, before);
    }
}

START_TEST(any_table_becomes_any_other)
{
    struct rng rng;
    rng_seed(&rng, (uint64_t)_i);
    for (unsigned run = 0; run < RUNS; run++) {
        struct fixture f;
        struct ipvs_table before;
        setup(&f);
        ipvs_table_init(&before);
        f.mode = rng_below(&rng, 4) == 0 ? IPVS_EXCLUSIVE : IPVS_SHARED;
        random_table(&rng, &f.desired);
        random_table(&rng, &f.actual);
        ipvs_table_copy(&before, &f.actual);
        for (size_t i = 0; i < before.count; i++) {
            if (rng_below(&rng, 2) == 0)
                (void)ipvs_keys_add(&f.owned, &before.services[i].key);
        }
        size_t differences = count_differences(&f);
        reconcile(&f);
        ck_assert_uint_eq(f.plan.count, differences);
        apply_watched(&f, &before);
        assert_reached(&f, &before);
        reconcile(&f);
        expect(&f, "");
        ck_assert_uint_eq(f.plan.live_removed, 0);
        ipvs_table_fini(&before);
        teardown(&f);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reconcile");
    TCase *tcase = tcase_create("reconcile");
    tcase_add_test(tcase, keys_are_a_sorted_set);
    tcase_add_test(tcase, plan_of_equal_tables_is_empty);
    tcase_add_test(tcase, plan_makes_before_it_breaks);
    tcase_add_test(tcase, operations_tell_before_and_after);
    tcase_add_test(tcase, foreign_services_are_listed_and_left_alone);
    tcase_add_test(tcase, a_changed_key_is_another_object);
    tcase_add_test(tcase, timeouts_of_zero_are_left);
    tcase_add_test(tcase, daemons_are_restarted_only_when_they_differ);
    tcase_add_test(tcase, a_changed_role_stops_before_it_starts);
    tcase_add_loop_test(tcase, any_table_becomes_any_other, 1, 5);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
