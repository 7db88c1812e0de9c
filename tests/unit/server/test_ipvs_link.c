// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/fake.h"
#include "ipvs/helper.h"
#include "server/ipvs_link.h"
#include "tests/unit/ipvs/message_help.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the callbacks saw, in order. */
struct answer {
    char kind; /* 'i', 'd', 'a' */
    int error;
    size_t count; /* services, or results */
    int last;     /* the last result */
};

static struct {
    uv_loop_t loop;
    uv_timer_t tick; /* so that one turn of the loop never waits for long */
    struct ipvs_link *link;
    int peer;    /* the helper's end, played by the test */
    int link_fd; /* the link's own */
    unsigned hellos;
    struct answer answers[32];
    size_t count;
    struct message_in in; /* what the peer has received last */
} t;

static void on_hello(void *data)
{
    (void)data;
    t.hellos++;
}

static struct answer *add(char kind, int error)
{
    ck_assert_uint_lt(t.count, ARRAY_LEN(t.answers));
    t.answers[t.count] = (struct answer){ .kind = kind, .error = error };
    return &t.answers[t.count++];
}

static void on_info(void *data, int error, const struct ipvs_info *info)
{
    (void)data;
    ck_assert((error == 0) == (info != NULL));
    add('i', error)->count = info != NULL ? info->connection_table_size : 0;
}

static void on_dump(void *data, int error, const struct ipvs_table *table)
{
    (void)data;
    ck_assert((error == 0) == (table != NULL));
    add('d', error)->count = table != NULL ? table->count : 0;
}

static void on_apply(void *data, int error, const int *results, size_t count)
{
    (void)data;
    struct answer *answer = add('a', error);
    answer->count = count;
    answer->last = count > 0 ? results[count - 1] : 0;
}

static void on_tick(uv_timer_t *tick)
{
    (void)tick;
}

static void setup(void)
{
    int fds[2];
    memset(&t, 0, sizeof(t));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    ck_assert_int_eq(uv_loop_init(&t.loop), 0);
    ck_assert_int_eq(uv_timer_init(&t.loop, &t.tick), 0);
    ck_assert_int_eq(uv_timer_start(&t.tick, on_tick, 10, 10), 0);
    uv_unref((uv_handle_t *)&t.tick);
    t.link_fd = fds[0];
    t.peer = fds[1];
    t.link = ipvs_link_new(&t.loop, fds[0], on_hello, NULL);
    message_in_init(&t.in);
}

static void teardown(void)
{
    ipvs_link_free(t.link);
    uv_close((uv_handle_t *)&t.tick, NULL);
    (void)uv_run(&t.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&t.loop), 0);
    if (t.peer >= 0)
        (void)close(t.peer);
    message_in_fini(&t.in);
}

static bool say(void *data, const void *bytes, size_t size)
{
    (void)data;
    return send(t.peer, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void hello(void)
{
    ck_assert(message_send_simple(MESSAGE_HELLO, 0, say, NULL));
}

/* One turn of the loop that does not wait. */
static void turn(void)
{
    (void)uv_run(&t.loop, UV_RUN_NOWAIT);
}

static void until_answers(size_t count)
{
    while (t.count < count)
        (void)uv_run(&t.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(t.count, count);
}

static void until_hellos(unsigned count)
{
    while (t.hellos < count)
        (void)uv_run(&t.loop, UV_RUN_ONCE);
}

/* The peer takes one whole request into t.in. */
static void peer_take(void)
{
    static uint8_t bytes[MESSAGE_SIZE_MAX];
    message_in_clear(&t.in);
    while (!t.in.complete) {
        ssize_t size = recv(t.peer, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (size < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            (void)uv_run(&t.loop, UV_RUN_ONCE);
            continue;
        }
        ck_assert(message_in_add(&t.in, bytes, (size_t)size));
    }
}

static bool peer_has_nothing(void)
{
    char byte = 0;
    turn();
    return recv(t.peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

static void reply_info(uint32_t sequence, uint32_t size)
{
    struct ipvs_info info = { 0x010201, size };
    ck_assert(message_send_info(sequence, 0, &info, say, NULL));
}

START_TEST(nothing_is_said_before_hello)
{
    ipvs_link_info(t.link, on_info, NULL);
    ck_assert(peer_has_nothing());
    ck_assert_uint_eq(ipvs_link_pending(t.link), 1);
    hello();
    peer_take();
    ck_assert_uint_eq(t.in.type, MESSAGE_INFO);
    ck_assert_uint_eq(t.hellos, 1);
    reply_info(t.in.sequence, 4096);
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, 0);
    ck_assert_uint_eq(t.answers[0].count, 4096);
    ck_assert_uint_eq(ipvs_link_pending(t.link), 0);
}
END_TEST

START_TEST(one_at_a_time_in_order)
{
    struct ipvs_op op = help_add_service(1);
    struct ipvs_table table;
    int result = EEXIST;
    hello();
    until_hellos(1);
    ipvs_link_dump(t.link, on_dump, NULL);
    ipvs_link_apply(t.link, &op, 1, on_apply, NULL);
    op.kind = IPVS_OP_NONE; /* it was copied */
    ipvs_link_info(t.link, on_info, NULL);
    ck_assert_uint_eq(ipvs_link_pending(t.link), 3);
    peer_take();
    ck_assert_uint_eq(t.in.type, MESSAGE_DUMP);
    ck_assert(peer_has_nothing());
    ipvs_table_init(&table);
    ck_assert(message_send_table(t.in.sequence, ENOENT, &table, say, NULL));
    peer_take();
    ck_assert_uint_eq(t.in.type, MESSAGE_APPLY);
    ck_assert_uint_eq(t.in.op_count, 1);
    ck_assert(message_send_results(t.in.sequence, &result, 1, say, NULL));
    peer_take();
    ck_assert_uint_eq(t.in.type, MESSAGE_INFO);
    reply_info(t.in.sequence, 1);
    until_answers(3);
    ck_assert_int_eq(t.answers[0].kind, 'd');
    ck_assert_int_eq(t.answers[0].error, ENOENT);
    ck_assert_int_eq(t.answers[1].kind, 'a');
    ck_assert_int_eq(t.answers[1].error, 0);
    ck_assert_uint_eq(t.answers[1].count, 1);
    ck_assert_int_eq(t.answers[1].last, EEXIST);
    ck_assert_int_eq(t.answers[2].kind, 'i');
}
END_TEST

START_TEST(no_operations_are_answered_too)
{
    hello();
    ipvs_link_apply(t.link, NULL, 0, on_apply, NULL);
    peer_take();
    ck_assert_uint_eq(t.in.op_count, 0);
    ck_assert(message_send_results(t.in.sequence, NULL, 0, say, NULL));
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, 0);
}
END_TEST

START_TEST(a_new_helper_fails_what_was_under_way)
{
    hello();
    ipvs_link_info(t.link, on_info, NULL);
    ipvs_link_dump(t.link, on_dump, NULL);
    peer_take();
    uint32_t lost = t.in.sequence;
    hello();
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, EAGAIN);
    ck_assert_uint_eq(t.hellos, 2);
    /* What waited is asked; an answer to what was lost is not taken for its own. */
    peer_take();
    ck_assert_uint_eq(t.in.type, MESSAGE_DUMP);
    reply_info(lost, 9);
    struct ipvs_table table;
    ipvs_table_init(&table);
    ck_assert(message_send_table(t.in.sequence, 0, &table, say, NULL));
    until_answers(2);
    ck_assert_int_eq(t.answers[1].kind, 'd');
    ck_assert_int_eq(t.answers[1].error, 0);
}
END_TEST

START_TEST(an_answer_torn_by_death)
{
    struct tape tape = { 0 };
    enum { COUNT = 40000 };
    int *results = MEM_NEW_ARRAY(int, COUNT);
    hello();
    ipvs_link_dump(t.link, on_dump, NULL);
    peer_take();
    ck_assert(message_send_results(t.in.sequence, results, COUNT, tape_add, &tape));
    ck_assert_uint_gt(tape.count, 1);
    ck_assert(say(NULL, tape.bytes[0], tape.sizes[0]));
    hello();
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, EAGAIN);
    ipvs_link_info(t.link, on_info, NULL);
    peer_take();
    reply_info(t.in.sequence, 2);
    until_answers(2);
    ck_assert_int_eq(t.answers[1].error, 0);
    tape_clear(&tape);
    mem_free(results);
}
END_TEST

START_TEST(unsent_rest_is_dropped_with_its_request)
{
    enum { COUNT = 20000 };
    struct ipvs_op *ops = MEM_NEW_ARRAY(struct ipvs_op, COUNT);
    static uint8_t bytes[MESSAGE_SIZE_MAX];
    struct message_header header = { 0 };
    for (uint32_t i = 0; i < COUNT; i++)
        ops[i] = help_add_service(i + 1);
    hello();
    until_hellos(1);
    ipvs_link_apply(t.link, ops, COUNT, on_apply, NULL); /* more than the socket holds */
    ipvs_link_info(t.link, on_info, NULL);
    hello();
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, EAGAIN);
    unsigned pieces = 0;
    while (header.type != MESSAGE_INFO) {
        ssize_t size = recv(t.peer, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (size < 0) {
            (void)uv_run(&t.loop, UV_RUN_ONCE);
            continue;
        }
        ck_assert(message_peek(bytes, (size_t)size, &header));
        pieces += header.type == MESSAGE_APPLY;
    }
    ck_assert_uint_ge(pieces, 1);
    ck_assert_uint_lt(pieces, 10);
    reply_info(header.sequence, 3);
    until_answers(2);
    ck_assert_int_eq(t.answers[1].error, 0);
    mem_free(ops);
}
END_TEST

static void send_garbage(int kind)
{
    static uint8_t noise[MESSAGE_SIZE_MAX + 10];
    int results[2] = { 0, 0 };
    memset(noise, 0x5a, sizeof(noise));
    switch (kind) {
    case 0:
        ck_assert(say(NULL, noise, 7));
        break;
    case 1:
        ck_assert(say(NULL, noise, sizeof(noise)));
        break;
    case 2:
        ck_assert_int_eq(send(t.peer, noise, 0, MSG_NOSIGNAL), 0);
        break;
    case 3: /* not what was asked */
        ck_assert(message_send_info(t.in.sequence, EPERM, NULL, say, NULL));
        break;
    case 4: /* more results than operations */
        ck_assert(message_send_results(t.in.sequence, results, 2, say, NULL));
        break;
    default: /* a request */
        ck_assert(message_send_simple(MESSAGE_DUMP, t.in.sequence, say, NULL));
    }
}

START_TEST(garbage_fails_the_request_and_no_more)
{
    struct ipvs_op op = help_add_service(1);
    hello();
    ipvs_link_apply(t.link, &op, 1, on_apply, NULL);
    peer_take();
    send_garbage(_i);
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, EPROTO);
    ipvs_link_info(t.link, on_info, NULL);
    peer_take();
    reply_info(t.in.sequence, 5);
    until_answers(2);
    ck_assert_int_eq(t.answers[1].error, 0);
}
END_TEST

START_TEST(garbage_unasked_is_ignored)
{
    hello();
    for (int kind = 0; kind < 6; kind++)
        send_garbage(kind);
    hello();
    until_hellos(2);
    ipvs_link_info(t.link, on_info, NULL);
    peer_take();
    reply_info(t.in.sequence, 5);
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, 0);
}
END_TEST

START_TEST(silence_ends)
{
    uint64_t start = uv_hrtime();
    hello();
    ipvs_link_info(t.link, on_info, NULL);
    peer_take();
    uint32_t late = t.in.sequence;
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, EAGAIN);
    ck_assert_uint_ge((uv_hrtime() - start) / 1000000, IPVS_LINK_TIMEOUT_MS - 100);
    ipvs_link_info(t.link, on_info, NULL);
    peer_take();
    reply_info(late, 1);
    reply_info(t.in.sequence, 2);
    until_answers(2);
    ck_assert_int_eq(t.answers[1].error, 0);
    ck_assert_uint_eq(t.answers[1].count, 2);
}
END_TEST

START_TEST(what_no_helper_takes)
{
    struct ipvs_op op = { .kind = IPVS_OP_KINDS };
    struct ipvs_op *many = MEM_NEW_ARRAY(struct ipvs_op, MESSAGE_OPS_MAX + 1);
    hello();
    until_hellos(1);
    ipvs_link_apply(t.link, &op, 1, on_apply, NULL);
    ipvs_link_apply(t.link, many, MESSAGE_OPS_MAX + 1, on_apply, NULL);
    ck_assert_uint_eq(t.count, 0); /* never within the call */
    until_answers(2);
    ck_assert_int_eq(t.answers[0].error, EINVAL);
    ck_assert_int_eq(t.answers[1].error, E2BIG);
    ck_assert(peer_has_nothing());
    mem_free(many);
}
END_TEST

START_TEST(a_lost_socket_is_lost)
{
    hello();
    ipvs_link_info(t.link, on_info, NULL);
    ipvs_link_dump(t.link, on_dump, NULL);
    peer_take();
    (void)close(t.peer);
    t.peer = -1;
    until_answers(2);
    ipvs_link_info(t.link, on_info, NULL);
    ck_assert_uint_eq(t.count, 2);
    until_answers(3);
    for (size_t i = 0; i < 3; i++)
        ck_assert(t.answers[i].error == EPIPE || t.answers[i].error == ECONNRESET);
}
END_TEST

START_TEST(a_descriptor_that_cannot_be_watched)
{
    ipvs_link_free(t.link);
    t.link = ipvs_link_new(&t.loop, -1, on_hello, NULL);
    ipvs_link_info(t.link, on_info, NULL);
    until_answers(1);
    ck_assert_int_eq(t.answers[0].error, EBADF);
}
END_TEST

static void free_link(void *data, int error, const struct ipvs_info *info)
{
    (void)data;
    (void)info;
    (void)add('i', error);
    ipvs_link_free(t.link);
    t.link = NULL;
}

static void ask_again(void *data, int error, const struct ipvs_info *info)
{
    (void)data;
    (void)info;
    (void)add('i', error);
    ipvs_link_info(t.link, free_link, NULL);
}

START_TEST(callbacks_may_ask_and_free)
{
    hello();
    ipvs_link_info(t.link, ask_again, NULL);
    ipvs_link_dump(t.link, on_dump, NULL);
    peer_take();
    reply_info(t.in.sequence, 1);
    peer_take();
    ck_assert_uint_eq(t.in.type, MESSAGE_DUMP); /* it was there first */
    struct ipvs_table none;
    ipvs_table_init(&none);
    ck_assert(message_send_table(t.in.sequence, EPERM, &none, say, NULL));
    peer_take();
    ipvs_link_dump(t.link, on_dump, NULL); /* will not be answered */
    reply_info(t.in.sequence, 1);
    hello();
    until_answers(3);
    (void)uv_run(&t.loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(t.count, 3);
    ck_assert_uint_eq(t.hellos, 1);
}
END_TEST

/* --- with the real helper, in a thread --- */

static struct {
    struct ipvs_fake *fake;
    struct ipvs_backend backend;
    struct ipvs_allow allow;
    pthread_t thread;
} real;

static void *run(void *arg)
{
    (void)arg;
    /* As the parent does: it is started again and again on the same socket. */
    while (helper_run(t.peer, &real.backend, &real.allow) != 0)
        continue;
    return NULL;
}

static void start_helper(void)
{
    real.fake = ipvs_fake_new();
    real.backend = ipvs_fake_backend(real.fake);
    ck_assert_int_eq(pthread_create(&real.thread, NULL, run, NULL), 0);
}

static void stop_helper(void)
{
    ipvs_link_free(t.link);
    t.link = NULL;
    (void)uv_run(&t.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(pthread_join(real.thread, NULL), 0);
    ipvs_fake_free(real.fake);
}

START_TEST(the_real_helper_does_it)
{
    enum { COUNT = 5000 };
    struct ipvs_op *ops = MEM_NEW_ARRAY(struct ipvs_op, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        ops[i] = help_add_service(i % (COUNT - 1) + 1); /* the last one is there already */
    start_helper();
    ipvs_link_info(t.link, on_info, NULL);
    ipvs_link_apply(t.link, ops, COUNT, on_apply, NULL);
    ipvs_link_dump(t.link, on_dump, NULL);
    until_answers(3);
    ck_assert_uint_eq(t.answers[0].count, 4096);
    ck_assert_uint_eq(t.answers[1].count, COUNT);
    ck_assert_int_eq(t.answers[1].last, EEXIST);
    ck_assert_uint_eq(t.answers[2].count, COUNT - 1);
    stop_helper();
    mem_free(ops);
}
END_TEST

/* Each time it dies of garbage on the same socket; whatever was asked is answered, now or with
 * EAGAIN, and what is asked afterwards is done. */
START_TEST(the_real_helper_dies_often)
{
    start_helper();
    until_hellos(1);
    for (unsigned i = 0; i < 10; i++) {
        size_t before = t.count;
        ck_assert_int_eq(send(t.link_fd, "kill", 4, MSG_NOSIGNAL), 4);
        ipvs_link_dump(t.link, on_dump, NULL);
        until_answers(before + 1);
        ck_assert(t.answers[before].error == 0 || t.answers[before].error == EAGAIN);
        until_hellos(i + 2);
        ipvs_link_info(t.link, on_info, NULL);
        until_answers(before + 2);
        ck_assert_int_eq(t.answers[before + 1].error, 0);
    }
    stop_helper();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ipvs_link");
    TCase *tcase = tcase_create("ipvs_link");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, nothing_is_said_before_hello);
    tcase_add_test(tcase, one_at_a_time_in_order);
    tcase_add_test(tcase, no_operations_are_answered_too);
    tcase_add_test(tcase, a_new_helper_fails_what_was_under_way);
    tcase_add_test(tcase, an_answer_torn_by_death);
    tcase_add_test(tcase, unsent_rest_is_dropped_with_its_request);
    tcase_add_loop_test(tcase, garbage_fails_the_request_and_no_more, 0, 6);
    tcase_add_test(tcase, garbage_unasked_is_ignored);
    tcase_add_test(tcase, silence_ends);
    tcase_add_test(tcase, what_no_helper_takes);
    tcase_add_test(tcase, a_lost_socket_is_lost);
    tcase_add_test(tcase, a_descriptor_that_cannot_be_watched);
    tcase_add_test(tcase, callbacks_may_ask_and_free);
    tcase_add_test(tcase, the_real_helper_does_it);
    tcase_add_test(tcase, the_real_helper_dies_often);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
