// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "tests/unit/ipvs/message_help.h"

#include <check.h>
#include <errno.h>

#define HEADER 20 /* bytes */

static struct tape tape;
static struct message_in in;

static void setup(void)
{
    tape = (struct tape){ 0 };
    message_in_init(&in);
}

static void teardown(void)
{
    tape_clear(&tape);
    message_in_fini(&in);
}

/* Everything on the tape is taken, and only the last message completes. */
static void play(void)
{
    for (size_t i = 0; i < tape.count; i++) {
        ck_assert_uint_le(tape.sizes[i], MESSAGE_SIZE_MAX);
        ck_assert(!in.complete);
        ck_assert(message_in_add(&in, tape.bytes[i], tape.sizes[i]));
    }
    ck_assert(in.complete);
}

START_TEST(simple_ones)
{
    static const uint16_t types[] = { MESSAGE_HELLO, MESSAGE_INFO, MESSAGE_DUMP };
    ck_assert(message_send_simple(types[_i], 7, tape_add, &tape));
    ck_assert_uint_eq(tape.count, 1);
    play();
    ck_assert_uint_eq(in.type, types[_i]);
    ck_assert_uint_eq(in.sequence, 7);
    struct message_header header;
    ck_assert(message_peek(tape.bytes[0], tape.sizes[0], &header));
    ck_assert_uint_eq(header.type, types[_i]);
    ck_assert_uint_eq(header.sequence, 7);
}
END_TEST

START_TEST(info_and_its_error)
{
    struct ipvs_info info = { .version = 0x010201, .connection_table_size = 4096 };
    ck_assert(message_send_info(1, 0, &info, tape_add, &tape));
    play();
    ck_assert_uint_eq(in.info.version, 0x010201);
    ck_assert_uint_eq(in.info.connection_table_size, 4096);
    tape_clear(&tape);
    message_in_clear(&in);
    ck_assert(message_send_info(2, EPERM, &info, tape_add, &tape));
    play();
    ck_assert_int_eq(in.error, EPERM);
    ck_assert_uint_eq(in.info.version, 0);
}
END_TEST

/* Every field of an operation with a value of its own. */
static struct ipvs_op full_op(void)
{
    struct ipvs_op op = {
        .kind = IPVS_OP_EDIT_DEST,
        .interface = "eth0",
        .service = { .key = { .family = ADDR_V6, .protocol = IPVS_UDP, .port = 53 },
                     .scheduler = "sh",
                     .engine = "sip",
                     .flags = IPVS_PERSISTENT | IPVS_SCHED2,
                     .timeout = 300,
                     .prefix = 128 },
        .dest = { .port = 5353,
                  .forward = IPVS_TUN,
                  .tunnel = IPVS_GUE,
                  .tunnel_port = 6080,
                  .checksum = IPVS_CSUM,
                  .weight = 65535,
                  .upper = 100,
                  .lower = 50 },
        .timeouts = { 900, 120, 300 },
        .daemon = { .role = IPVS_BACKUP,
                    .interface = "eth1",
                    .id = 255,
                    .max_length = 1472,
                    .port = 8849,
                    .ttl = 4 },
    };
    ck_assert(addr_parse("2001:db8::1", &op.service.key.addr));
    ck_assert(addr_parse("10.0.0.9", &op.dest.addr));
    ck_assert(addr_parse("224.0.0.82", &op.daemon.group));
    return op;
}

START_TEST(an_operation_arrives_whole_without_its_past)
{
    struct ipvs_op op = full_op();
    struct ipvs_op sent = op;
    sent.service_from = op.service;
    sent.dest_from = op.dest;
    sent.service.stats.connections = 9;
    sent.dest.active = 9;
    ck_assert(message_send_ops(3, &sent, 1, tape_add, &tape));
    play();
    ck_assert_uint_eq(in.op_count, 1);
    struct ipvs_op got = in.ops[0];
    ck_assert_uint_eq(got.kind, op.kind);
    ck_assert_str_eq(got.interface, "eth0");
    ck_assert_int_eq(ipvs_key_compare(&got.service.key, &op.service.key), 0);
    ck_assert(ipvs_service_same(&got.service, &op.service));
    ck_assert_int_eq(ipvs_dest_compare(&got.dest, &op.dest), 0);
    ck_assert(ipvs_dest_same(&got.dest, &op.dest));
    ck_assert_mem_eq(&got.timeouts, &op.timeouts, sizeof(op.timeouts));
    ck_assert_str_eq(got.daemon.interface, "eth1");
    ck_assert(addr_equal(&got.daemon.group, &op.daemon.group));
    ck_assert_uint_eq(got.daemon.role, IPVS_BACKUP);
    ck_assert_uint_eq(got.daemon.id, 255);
    ck_assert_uint_eq(got.daemon.max_length, 1472);
    ck_assert_uint_eq(got.daemon.port, 8849);
    ck_assert_uint_eq(got.daemon.ttl, 4);
    ck_assert_uint_eq(got.service_from.key.family, ADDR_NONE);
    ck_assert_uint_eq(got.dest_from.port, 0);
    ck_assert_uint_eq(got.service.stats.connections, 0);
    ck_assert_uint_eq(got.dest.active, 0);
}
END_TEST

START_TEST(nothing_is_a_request_too)
{
    ck_assert(message_send_ops(3, NULL, 0, tape_add, &tape));
    play();
    ck_assert_uint_eq(in.op_count, 0);
    tape_clear(&tape);
    message_in_clear(&in);
    ck_assert(message_send_results(3, NULL, 0, tape_add, &tape));
    play();
    ck_assert_uint_eq(in.result_count, 0);
}
END_TEST

START_TEST(many_operations_and_results)
{
    enum { COUNT = 10000 };
    struct ipvs_op *ops = MEM_NEW_ARRAY(struct ipvs_op, COUNT);
    int *results = MEM_NEW_ARRAY(int, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        ops[i] = help_add_dest(1, i + 1);
        results[i] = (int)(i % 4096);
    }
    uint64_t start = clock_mono_ns();
    ck_assert(message_send_ops(4, ops, COUNT, tape_add, &tape));
    play();
    ck_assert_uint_lt(clock_mono_ns() - start, 500000000);
    ck_assert_uint_gt(tape.count, 1);
    ck_assert_uint_eq(in.op_count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(addr_equal(&in.ops[i].dest.addr, &ops[i].dest.addr));
    tape_clear(&tape);
    message_in_clear(&in);
    ck_assert(message_send_results(4, results, COUNT, tape_add, &tape));
    play();
    ck_assert_uint_eq(in.result_count, COUNT);
    ck_assert_mem_eq(in.results, results, COUNT * sizeof(*results));
    mem_free(ops);
    mem_free(results);
}
END_TEST

static void fill(struct ipvs_table *table, uint32_t services, uint32_t dests)
{
    table->timeouts = (struct ipvs_timeouts){ 900, 120, 300 };
    table->daemon_count = 2;
    table->daemons[0] = (struct ipvs_daemon){ .role = IPVS_MASTER, .interface = "eth0" };
    table->daemons[1] = (struct ipvs_daemon){ .role = IPVS_BACKUP, .interface = "eth1" };
    for (uint32_t s = 0; s < services; s++) {
        struct ipvs_service service = help_service(s + 1);
        service.stats.in_bytes = UINT64_MAX;
        struct ipvs_service *added = ipvs_table_add(table, &service);
        for (uint32_t d = 0; d < dests; d++) {
            struct ipvs_dest dest = { .addr = help_v4(d + 1),
                                      .port = 80,
                                      .weight = 5,
                                      .active = d,
                                      .stats = { .out_byte_rate = d } };
            (void)ipvs_service_add(added, &dest);
        }
    }
}

START_TEST(a_large_table)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    fill(&table, 10, 1000);
    uint64_t start = clock_mono_ns();
    ck_assert(message_send_table(5, 0, &table, tape_add, &tape));
    play();
    ck_assert_uint_lt(clock_mono_ns() - start, 500000000); /* some 5 ms without a sanitizer */
    ck_assert_uint_gt(tape.count, 10);
    ck_assert_uint_eq(in.table.count, 10);
    ck_assert_uint_eq(in.table.timeouts.tcp_fin, 120);
    ck_assert_uint_eq(in.table.daemon_count, 2);
    ck_assert_str_eq(in.table.daemons[1].interface, "eth1");
    for (size_t s = 0; s < 10; s++) {
        const struct ipvs_service *service = &in.table.services[s];
        ck_assert(ipvs_service_same(service, &table.services[s]));
        ck_assert_uint_eq(service->stats.in_bytes, UINT64_MAX);
        ck_assert_uint_eq(service->dest_count, 1000);
        for (uint32_t d = 0; d < 1000; d++) {
            ck_assert(ipvs_dest_same(&service->dests[d], &table.services[s].dests[d]));
            ck_assert_uint_eq(service->dests[d].active, d);
            ck_assert_uint_eq(service->dests[d].stats.out_byte_rate, d);
        }
    }
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(a_table_that_could_not_be_had)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    fill(&table, 1, 1);
    ck_assert(message_send_table(5, ENOENT, &table, tape_add, &tape));
    play();
    ck_assert_int_eq(in.error, ENOENT);
    ck_assert_uint_eq(in.table.count, 0);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(the_same_things_are_the_same_bytes)
{
    struct ipvs_op op = full_op();
    struct ipvs_op again;
    memset(&again, 0xa5, sizeof(again)); /* padding included */
    again.kind = op.kind;
    memcpy(again.interface, op.interface, sizeof(op.interface));
    again.service.key = op.service.key;
    memcpy(again.service.scheduler, op.service.scheduler, sizeof(op.service.scheduler));
    memcpy(again.service.engine, op.service.engine, sizeof(op.service.engine));
    again.service.flags = op.service.flags;
    again.service.timeout = op.service.timeout;
    again.service.prefix = op.service.prefix;
    again.dest = op.dest;
    again.timeouts = op.timeouts;
    again.daemon = op.daemon;
    ck_assert(message_send_ops(3, &op, 1, tape_add, &tape));
    ck_assert(message_send_ops(3, &again, 1, tape_add, &tape));
    ck_assert_uint_eq(tape.sizes[0], tape.sizes[1]);
    ck_assert_mem_eq(tape.bytes[0], tape.bytes[1], tape.sizes[0]);
}
END_TEST

/* --- what is refused --- */

static void spoil_kind(struct ipvs_op *op)
{
    op->kind = IPVS_OP_KINDS;
}
static void spoil_no_kind(struct ipvs_op *op)
{
    op->kind = IPVS_OP_NONE;
}
static void spoil_family(struct ipvs_op *op)
{
    op->service.key.family = 5;
}
static void spoil_key_family(struct ipvs_op *op)
{
    op->service.key.family = ADDR_V4; /* of an IPv6 address */
}
static void spoil_protocol(struct ipvs_op *op)
{
    op->service.key.protocol = 1;
}
static void spoil_scheduler(struct ipvs_op *op)
{
    memset(op->service.scheduler, 'a', sizeof(op->service.scheduler));
}
static void spoil_hidden(struct ipvs_op *op)
{
    op->service.scheduler[IPVS_SCHEDULER_MAX - 1] = 'x';
}
static void spoil_interface(struct ipvs_op *op)
{
    memset(op->interface, 'a', sizeof(op->interface));
}
static void spoil_flags(struct ipvs_op *op)
{
    op->service.flags |= 0x02U; /* HASHED */
}
static void spoil_prefix(struct ipvs_op *op)
{
    op->service.prefix = 129;
}
static void spoil_forward(struct ipvs_op *op)
{
    op->dest.forward = 4;
}
static void spoil_tunnel(struct ipvs_op *op)
{
    op->dest.tunnel = 3;
}
static void spoil_checksum(struct ipvs_op *op)
{
    op->dest.checksum = 3;
}
static void spoil_dest_bytes(struct ipvs_op *op)
{
    op->dest.addr.bytes[4] = 1; /* an IPv4 address has four bytes */
}
static void spoil_role(struct ipvs_op *op)
{
    op->daemon.role = 3;
}
static void spoil_id(struct ipvs_op *op)
{
    op->daemon.id = 256;
}

typedef void spoil_fn(struct ipvs_op *op);
static spoil_fn *const spoils[] = {
    spoil_kind,      spoil_no_kind,   spoil_family, spoil_key_family, spoil_protocol, spoil_hidden,
    spoil_scheduler, spoil_interface, spoil_flags,  spoil_prefix,     spoil_tunnel,   spoil_forward,
    spoil_checksum,  spoil_role,      spoil_id,     spoil_dest_bytes,
};

/* The place where two messages differ. */
static size_t difference(const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t at = 0;
    while (at < size && a[at] == b[at])
        at++;
    return at;
}

START_TEST(an_operation_that_is_unsound_is_neither_sent_nor_taken)
{
    struct ipvs_op op = full_op();
    ck_assert(message_send_ops(1, &op, 1, tape_add, &tape));
    spoils[_i](&op);
    ck_assert(!message_send_ops(1, &op, 1, tape_add, &tape));
    ck_assert_uint_eq(tape.count, 1);
}
END_TEST

/* No byte of the record may have any value: each one is tried, and what is taken is sound. */
START_TEST(any_byte_may_be_wrong)
{
    struct ipvs_op op = full_op();
    ck_assert(message_send_ops(1, &op, 1, tape_add, &tape));
    size_t size = tape.sizes[0];
    uint8_t *bytes = tape.bytes[0];
    size_t refused = 0;
    for (size_t at = 0; at < size; at++) {
        uint8_t before = bytes[at];
        for (unsigned value = 0; value < 256; value += 5) {
            bytes[at] = (uint8_t)value;
            message_in_clear(&in);
            if (!message_in_add(&in, bytes, size)) {
                refused++;
                continue;
            }
            struct tape echo = { 0 };
            if (in.complete)
                ck_assert(message_send_ops(in.sequence, in.ops, in.op_count, tape_add, &echo));
            if (echo.count == 1)
                ck_assert_uint_eq(difference(echo.bytes[0], bytes, size), size);
            tape_clear(&echo);
        }
        bytes[at] = before;
    }
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

START_TEST(any_length_but_the_right_one_is_wrong)
{
    struct ipvs_op op = full_op();
    ck_assert(message_send_ops(1, &op, 1, tape_add, &tape));
    for (size_t size = 0; size < tape.sizes[0]; size++) {
        void *cut = mem_dup(tape.bytes[0], size);
        message_in_clear(&in);
        ck_assert(!message_in_add(&in, cut, size));
        mem_free(cut);
    }
    uint8_t *longer = mem_calloc(2, MESSAGE_SIZE_MAX);
    memcpy(longer, tape.bytes[0], tape.sizes[0]);
    message_in_clear(&in);
    ck_assert(!message_in_add(&in, longer, tape.sizes[0] + 1));
    message_in_clear(&in);
    ck_assert(!message_in_add(&in, longer, MESSAGE_SIZE_MAX + 1));
    mem_free(longer);
}
END_TEST

/* A message by hand: header and `body` bytes of zero. */
static bool take(struct message_header header, size_t body)
{
    uint8_t bytes[HEADER + 64] = { 0 };
    static uint8_t magic[4];
    struct tape one = { 0 };
    ck_assert(message_send_simple(MESSAGE_INFO, 0, tape_add, &one));
    memcpy(magic, one.bytes[0], 4);
    tape_clear(&one);
    memcpy(bytes, &header, HEADER);
    memcpy(bytes, magic, 4);
    return message_in_add(&in, bytes, HEADER + body);
}

static const uint16_t both = MESSAGE_FIRST | MESSAGE_LAST;

START_TEST(headers_that_lie)
{
    const struct message_header wrong[] = {
        { .type = 0, .flags = both },
        { .type = MESSAGE_RESULTS + 1, .flags = both },
        { .type = MESSAGE_INFO, .flags = 7 },
        { .type = MESSAGE_INFO, .flags = MESSAGE_FIRST },
        { .type = MESSAGE_INFO, .flags = MESSAGE_LAST },
        { .type = MESSAGE_INFO, .flags = 0 },
        { .type = MESSAGE_INFO, .flags = both, .error = 1 },
        { .type = MESSAGE_INFO, .flags = both, .count = 1 },
        { .type = MESSAGE_HELLO, .flags = both, .count = 1 },
        { .type = MESSAGE_APPLY, .flags = both, .error = 1 },
        { .type = MESSAGE_APPLY, .flags = both, .count = 1 },
        { .type = MESSAGE_APPLY, .flags = both, .count = UINT32_MAX },
        { .type = MESSAGE_APPLY, .flags = MESSAGE_LAST },
        { .type = MESSAGE_APPLY, .flags = MESSAGE_FIRST }, /* with nothing, and not the end */
        { .type = MESSAGE_INFO_REPLY, .flags = both },
        { .type = MESSAGE_INFO_REPLY, .flags = both, .error = -1 },
        { .type = MESSAGE_INFO_REPLY, .flags = both, .error = 4096 },
        { .type = MESSAGE_INFO_REPLY, .flags = both, .error = 1, .count = 1 },
        { .type = MESSAGE_RESULTS, .flags = both, .count = 1 },
        { .type = MESSAGE_TABLE, .flags = both, .count = 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        message_in_clear(&in);
        ck_assert_msg(!take(wrong[i], 0), "%zu", i);
    }
    message_in_clear(&in);
    ck_assert(!take((struct message_header){ .type = MESSAGE_INFO, .flags = both }, 1));
    message_in_clear(&in);
    ck_assert(
        !take((struct message_header){ .type = MESSAGE_TABLE, .flags = both, .count = 1 }, 1));
}
END_TEST

START_TEST(a_stranger_among_the_pieces)
{
    const struct message_header first = {
        .type = MESSAGE_RESULTS, .flags = MESSAGE_FIRST, .sequence = 4, .count = 1
    };
    struct message_header wrong[] = { first, first, first, first };
    wrong[0].flags = MESSAGE_LAST | MESSAGE_FIRST;
    wrong[1].type = MESSAGE_TABLE;
    wrong[2].sequence = 5;
    wrong[3].error = 5;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (i > 0)
            wrong[i].flags = MESSAGE_LAST;
        wrong[i].count = 0;
        message_in_clear(&in);
        ck_assert(take(first, 4));
        ck_assert(!in.complete);
        ck_assert_msg(!take(wrong[i], 0), "%zu", i);
    }
    message_in_clear(&in);
    ck_assert(take(first, 4));
    struct message_header last = first;
    last.flags = MESSAGE_LAST;
    ck_assert(take(last, 4));
    ck_assert(in.complete);
    ck_assert_uint_eq(in.result_count, 2);
    ck_assert(!take(last, 4)); /* it was complete */
}
END_TEST

/* As another program may have made it, or a kernel that knows more than we do. */
START_TEST(what_has_no_word_is_left_out)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    fill(&table, 3, 3);
    table.services[0].key.protocol = 1;
    table.services[1].dests[1].forward = 4;
    table.services[2].dests[0].checksum = 3;
    table.services[2].dests[2].addr = (struct addr){ 0 };
    table.daemons[0].role = 3;
    ck_assert(message_send_table(1, 0, &table, tape_add, &tape));
    play();
    ck_assert_uint_eq(in.table.count, 2);
    ck_assert_uint_eq(in.table.services[0].dest_count, 2);
    ck_assert_uint_eq(in.table.services[1].dest_count, 1);
    ck_assert(addr_equal(&in.table.services[1].dests[0].addr, &table.services[2].dests[1].addr));
    ck_assert_uint_eq(in.table.daemon_count, 1);
    ck_assert_uint_eq(in.table.daemons[0].role, IPVS_BACKUP);
    ck_assert_uint_eq(in.table.timeouts.udp, 300);
    ipvs_table_fini(&table);
}
END_TEST

START_TEST(tables_that_lie)
{
    struct ipvs_table table;
    ipvs_table_init(&table);
    /* A destination before any service: the same message with the service's record cut out. */
    fill(&table, 1, 0);
    ck_assert(message_send_table(1, 0, &table, tape_add, &tape));
    struct ipvs_dest dest = { .addr = help_v4(1), .port = 80 };
    (void)ipvs_service_add(&table.services[0], &dest);
    ck_assert(message_send_table(1, 0, &table, tape_add, &tape));
    ipvs_table_fini(&table);
    ck_assert(message_send_table(1, 0, &table, tape_add, &tape));
    uint8_t bytes[4096];
    size_t timeouts = tape.sizes[2]; /* header and timeouts, with a count of 1 */
    size_t record = tape.sizes[1] - tape.sizes[0];
    memcpy(bytes, tape.bytes[2], timeouts);
    memcpy(bytes + timeouts, (uint8_t *)tape.bytes[1] + tape.sizes[0], record);
    bytes[HEADER - 4] = 2;
    ck_assert(!message_in_add(&in, bytes, timeouts + record));
    message_in_clear(&in);
    bytes[HEADER - 4] = 1;
    ck_assert(message_in_add(&in, bytes, timeouts));
}
END_TEST

START_TEST(more_operations_than_there_may_be)
{
    enum { COUNT = MESSAGE_OPS_MAX + 1 };
    struct ipvs_op *ops = MEM_NEW_ARRAY(struct ipvs_op, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        ops[i] = help_add_dest(1, i + 1);
    ck_assert(message_send_ops(4, ops, COUNT, tape_add, &tape));
    bool taken = true;
    for (size_t i = 0; i < tape.count && taken; i++)
        taken = message_in_add(&in, tape.bytes[i], tape.sizes[i]);
    ck_assert(!taken);
    ck_assert_uint_eq(in.op_count, MESSAGE_OPS_MAX);
    mem_free(ops);
}
END_TEST

static bool refuse(void *data, const void *bytes, size_t size)
{
    (void)bytes;
    ck_assert_uint_gt(size, 0);
    return ++*(unsigned *)data < 2;
}

START_TEST(giving_up_ends_the_sending)
{
    struct ipvs_table table;
    unsigned calls = 0;
    ipvs_table_init(&table);
    fill(&table, 10, 1000);
    ck_assert(!message_send_table(5, 0, &table, refuse, &calls));
    ck_assert_uint_eq(calls, 2);
    ipvs_table_fini(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *tcase = tcase_create("message");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, simple_ones, 0, 3);
    tcase_add_test(tcase, info_and_its_error);
    tcase_add_test(tcase, an_operation_arrives_whole_without_its_past);
    tcase_add_test(tcase, nothing_is_a_request_too);
    tcase_add_test(tcase, many_operations_and_results);
    tcase_add_test(tcase, a_large_table);
    tcase_add_test(tcase, a_table_that_could_not_be_had);
    tcase_add_test(tcase, the_same_things_are_the_same_bytes);
    tcase_add_loop_test(tcase, an_operation_that_is_unsound_is_neither_sent_nor_taken, 0,
                        (int)ARRAY_LEN(spoils));
    tcase_add_test(tcase, any_byte_may_be_wrong);
    tcase_add_test(tcase, any_length_but_the_right_one_is_wrong);
    tcase_add_test(tcase, headers_that_lie);
    tcase_add_test(tcase, a_stranger_among_the_pieces);
    tcase_add_test(tcase, what_has_no_word_is_left_out);
    tcase_add_test(tcase, tables_that_lie);
    tcase_add_test(tcase, more_operations_than_there_may_be);
    tcase_add_test(tcase, giving_up_ends_the_sending);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
