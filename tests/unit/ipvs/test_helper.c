// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/fake.h"
#include "ipvs/helper.h"
#include "tests/unit/ipvs/message_help.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    int ours, theirs;
    struct ipvs_fake *fake;
    struct ipvs_backend backend;
    struct ipvs_allow allow;
    pthread_t thread;
    int result;
    struct message_in in;
} t;

static void *run(void *arg)
{
    (void)arg;
    t.result = helper_run(t.theirs, &t.backend, &t.allow);
    return NULL;
}

static void receive(void)
{
    static uint8_t bytes[MESSAGE_SIZE_MAX];
    message_in_clear(&t.in);
    while (!t.in.complete) {
        ssize_t size = recv(t.ours, bytes, sizeof(bytes), 0);
        ck_assert_int_gt(size, 0);
        ck_assert(message_in_add(&t.in, bytes, (size_t)size));
    }
}

static void start(void)
{
    ck_assert_int_eq(pthread_create(&t.thread, NULL, run, NULL), 0);
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_HELLO);
}

/* Its result, once the socket is closed on our side or it ended by itself. */
static int join(void)
{
    ck_assert_int_eq(pthread_join(t.thread, NULL), 0);
    return t.result;
}

static void setup(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    t.ours = fds[0];
    t.theirs = fds[1];
    t.fake = ipvs_fake_new();
    t.backend = ipvs_fake_backend(t.fake);
    t.allow = (struct ipvs_allow){ 0 };
    message_in_init(&t.in);
}

static void teardown(void)
{
    if (t.ours >= 0)
        (void)close(t.ours);
    (void)close(t.theirs);
    message_in_fini(&t.in);
    ipvs_fake_free(t.fake);
}

static bool say(void *data, const void *bytes, size_t size)
{
    (void)data;
    return send(t.ours, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void hang_up(void)
{
    (void)close(t.ours);
    t.ours = -1;
}

START_TEST(answers_each_request)
{
    struct ipvs_op ops[] = { help_add_service(1), help_add_dest(1, 2), help_add_dest(9, 2) };
    start();
    ck_assert(message_send_simple(MESSAGE_INFO, 1, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_INFO_REPLY);
    ck_assert_uint_eq(t.in.sequence, 1);
    ck_assert_uint_eq(t.in.info.version, 0x010201);
    ck_assert(message_send_ops(2, ops, ARRAY_LEN(ops), say, NULL));
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_RESULTS);
    ck_assert_uint_eq(t.in.sequence, 2);
    ck_assert_uint_eq(t.in.result_count, 3);
    ck_assert_int_eq(t.in.results[0], 0);
    ck_assert_int_eq(t.in.results[1], 0);
    ck_assert_int_eq(t.in.results[2], ESRCH);
    ck_assert(message_send_simple(MESSAGE_DUMP, 3, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_TABLE);
    ck_assert_uint_eq(t.in.sequence, 3);
    ck_assert_uint_eq(t.in.table.count, 1);
    ck_assert_uint_eq(t.in.table.services[0].dest_count, 1);
    hang_up();
    ck_assert_int_eq(join(), 0);
}
END_TEST

START_TEST(tells_why_it_cannot)
{
    start();
    ipvs_fake_unavailable(t.fake, EPERM);
    ck_assert(message_send_simple(MESSAGE_INFO, 1, say, NULL));
    receive();
    ck_assert_int_eq(t.in.error, EPERM);
    ck_assert(message_send_simple(MESSAGE_DUMP, 2, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.type, MESSAGE_TABLE);
    ck_assert_int_eq(t.in.error, EPERM);
    hang_up();
    ck_assert_int_eq(join(), 0);
}
END_TEST

/* What is forbidden never reaches the backend; what stands beside it is done, in order. */
START_TEST(forbidden_operations_are_left_out)
{
    struct ipvs_op ops[] = { help_add_service(0x0a000001), help_add_service(0x0b000001),
                             help_add_dest(0x0a000001, 5), help_add_dest(0x0b000001, 5),
                             help_add_service(0x0a000002), help_add_service(0x0a000003) };
    static const int expected[] = { 0, EACCES, 0, EACCES, 0, EINVAL };
    memset(ops[5].service.scheduler, 'x', 3);
    t.allow.count = 1;
    ck_assert(prefix_parse("10.0.0.0/8", &t.allow.prefixes[0]));
    start();
    ck_assert(message_send_ops(2, ops, ARRAY_LEN(ops), say, NULL));
    receive();
    ck_assert_uint_eq(t.in.result_count, ARRAY_LEN(ops));
    ck_assert_mem_eq(t.in.results, expected, sizeof(expected));
    ck_assert_uint_eq(ipvs_fake_writes(t.fake), 3);
    hang_up();
    ck_assert_int_eq(join(), 0);
}
END_TEST

START_TEST(large_requests_and_replies)
{
    enum { COUNT = 10001 };
    struct ipvs_op *ops = MEM_NEW_ARRAY(struct ipvs_op, COUNT);
    ops[0] = help_add_service(1);
    for (uint32_t i = 1; i < COUNT; i++)
        ops[i] = help_add_dest(1, i);
    start();
    ck_assert(message_send_ops(2, ops, COUNT, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.result_count, COUNT);
    ck_assert(message_send_simple(MESSAGE_DUMP, 3, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.table.services[0].dest_count, COUNT - 1);
    mem_free(ops);
    hang_up();
    ck_assert_int_eq(join(), 0);
}
END_TEST

/* A request in two messages, on a tape. */
static void long_request(struct tape *tape, uint32_t sequence)
{
    enum { COUNT = 1000 };
    static struct ipvs_op ops[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        ops[i] = help_add_service(i + 1);
    ck_assert(message_send_ops(sequence, ops, COUNT, tape_add, tape));
    ck_assert_uint_ge(tape->count, 2);
}

START_TEST(the_rest_of_an_older_request_is_skipped)
{
    struct tape tape = { 0 };
    long_request(&tape, 7);
    for (size_t i = 1; i < tape.count; i++)
        ck_assert(say(NULL, tape.bytes[i], tape.sizes[i]));
    ck_assert(message_send_simple(MESSAGE_INFO, 8, say, NULL));
    start();
    receive();
    ck_assert_uint_eq(t.in.sequence, 8);
    ck_assert_uint_eq(ipvs_fake_writes(t.fake), 0);
    tape_clear(&tape);
    hang_up();
    ck_assert_int_eq(join(), 0);
}
END_TEST

START_TEST(a_request_that_was_given_up_is_forgotten)
{
    struct tape tape = { 0 };
    long_request(&tape, 7);
    start();
    ck_assert(say(NULL, tape.bytes[0], tape.sizes[0]));
    ck_assert(message_send_simple(MESSAGE_INFO, 8, say, NULL));
    receive();
    ck_assert_uint_eq(t.in.sequence, 8);
    ck_assert_uint_eq(ipvs_fake_writes(t.fake), 0);
    tape_clear(&tape);
    hang_up();
    ck_assert_int_eq(join(), 0);
}
END_TEST

START_TEST(garbage_ends_it)
{
    static uint8_t noise[MESSAGE_SIZE_MAX + 1];
    start();
    if (_i == 0) {
        ck_assert(message_send_simple(MESSAGE_INFO, 1, say, NULL));
        receive();
        memset(noise, 0xa5, sizeof(noise));
        ck_assert(say(NULL, noise, 100));
    } else if (_i == 3) {
        ck_assert(say(NULL, noise, 100)); /* as the very first */
    } else if (_i == 1) {
        ck_assert(say(NULL, noise, sizeof(noise)));
    } else {
        int result = 0;
        ck_assert(message_send_results(1, &result, 1, say, NULL)); /* that is no request */
    }
    ck_assert_int_eq(join(), EPROTO);
}
END_TEST

START_TEST(a_socket_that_is_none)
{
    struct ipvs_backend backend = ipvs_fake_backend(t.fake);
    ck_assert_int_eq(helper_run(-1, &backend, &t.allow), EBADF);
    hang_up();
    ck_assert_int_eq(helper_run(t.theirs, &backend, &t.allow), EPIPE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("helper");
    TCase *tcase = tcase_create("helper");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, answers_each_request);
    tcase_add_test(tcase, tells_why_it_cannot);
    tcase_add_test(tcase, forbidden_operations_are_left_out);
    tcase_add_test(tcase, large_requests_and_replies);
    tcase_add_test(tcase, the_rest_of_an_older_request_is_skipped);
    tcase_add_test(tcase, a_request_that_was_given_up_is_forgotten);
    tcase_add_loop_test(tcase, garbage_ends_it, 0, 4);
    tcase_add_test(tcase, a_socket_that_is_none);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
