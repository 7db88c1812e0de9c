// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "server/worker_internal.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct control_fixture fixture;
static uint8_t framed[DNSMSG_QUERY_MAX + 2];
static size_t framed_size;

/* A zone with an answer of some 60 kB, so that a client that does not read can be made to block us.
 */
static void setup(void)
{
    struct strbuf zone;
    bool tcp = false;
    strbuf_init(&zone);
    strbuf_add(&zone, CONTROL_ZONE);
    for (int i = 0; i < 230; i++) {
        strbuf_addf(&zone, "big TXT \"%03d", i);
        for (int j = 0; j < 24; j++)
            strbuf_add(&zone, "0123456789");
        strbuf_add(&zone, "\"\n");
    }
    control_fixture_init(&fixture, zone.text);
    control_fixture_config(&fixture, CONTROL_SECTIONS);
    ck_assert_msg(control_fixture_start(&fixture), "%s",
                  fixture.errors.count > 0 ? fixture.errors.lines[0] : "?");
    strbuf_fini(&zone);
    framed_size = dnsmsg_query("plain.example.test A", framed + 2, &tcp) + 2;
    wire_put16(framed, (unsigned)framed_size - 2);
}

static void teardown(void)
{
    control_fixture_fini(&fixture);
}

/* With other limits. */
static void restart(unsigned tcp_max, uint64_t tcp_idle_ms)
{
    control_fixture_stop(&fixture);
    fixture.tcp_max = tcp_max;
    fixture.tcp_idle_ms = tcp_idle_ms;
    ck_assert(control_fixture_start(&fixture));
}

/* From that address, 0 = any of ours. `rcvbuf` 0 = as the system has it. */
static int client_from(const char *from, int rcvbuf)
{
    struct sockaddr_storage address;
    const struct timeval limit = { .tv_sec = 10 };
    int one = 1;
    socklen_t length = endpoint_to_sockaddr(&fixture.listen, &address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
    if (rcvbuf != 0)
        ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)), 0);
    if (from != NULL) {
        struct sockaddr_in own = { .sin_family = AF_INET };
        ck_assert_int_eq(inet_pton(AF_INET, from, &own.sin_addr), 1);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
    }
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, length), 0);
    return fd;
}

static int client(void)
{
    return client_from(NULL, 0);
}

static void send_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        ck_assert_int_gt(n, 0);
        bytes += n;
        length -= (size_t)n;
    }
}

/* Reads one framed answer; returns its id, or -1 at the end. */
static int read_answer(int fd, size_t *size)
{
    static uint8_t answer[65535];
    uint8_t head[2];
    size_t done = 0;
    if (recv(fd, head, 2, MSG_WAITALL) != 2)
        return -1;
    *size = wire_get16(head);
    while (done < *size) {
        ssize_t n = recv(fd, answer + done, *size - done, 0);
        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    ck_assert_uint_ge(*size, DNS_HEADER);
    return wire_get16(answer);
}

START_TEST(pipelined_queries_are_all_answered)
{
    enum { COUNT = 3000 };
    size_t size = 0;
    int fd = client();
    uint8_t *all = mem_alloc(COUNT * framed_size);
    bool *seen = mem_calloc(COUNT, sizeof(*seen));
    for (unsigned i = 0; i < COUNT; i++) {
        memcpy(all + i * framed_size, framed, framed_size);
        wire_put16(all + i * framed_size + 2, i);
    }
    send_all(fd, all, COUNT * framed_size);
    for (unsigned i = 0; i < COUNT; i++) {
        int id = read_answer(fd, &size);
        ck_assert_int_ge(id, 0);
        ck_assert_int_lt(id, COUNT);
        ck_assert(!seen[id]);
        seen[id] = true;
    }
    (void)close(fd);
    mem_free(all);
    mem_free(seen);
}
END_TEST

START_TEST(one_query_in_many_segments)
{
    size_t size = 0;
    int fd = client();
    for (size_t i = 0; i < framed_size; i++)
        send_all(fd, framed + i, 1);
    /* And the next one begins in the segment that ends this. */
    send_all(fd, framed, framed_size - 1);
    ck_assert_int_ge(read_answer(fd, &size), 0);
    send_all(fd, framed + framed_size - 1, 1);
    ck_assert_int_ge(read_answer(fd, &size), 0);
    (void)close(fd);
}
END_TEST

START_TEST(half_closed_clients_get_their_answer)
{
    size_t size = 0;
    int fd = client();
    send_all(fd, framed, framed_size);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_int_ge(read_answer(fd, &size), 0);
    ck_assert_int_eq(read_answer(fd, &size), -1);
    (void)close(fd);
}
END_TEST

START_TEST(what_is_not_dns_is_cut_off)
{
    static const uint8_t tiny[] = { 0, 5, 1, 2, 3, 4, 5 };
    size_t size = 0;
    int fd = client();
    send_all(fd, tiny, sizeof(tiny));
    ck_assert_int_eq(read_answer(fd, &size), -1);
    (void)close(fd);
}
END_TEST

/* 2,000 answers of 60 kB wait for a client that reads late: all come, in pieces, and others are
 * served meanwhile. */
START_TEST(slow_readers_get_all_and_hold_up_nobody)
{
    enum { COUNT = 2000 };
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    size_t size = 0;
    int slow = client();
    int quick = client();
    size_t length = dnsmsg_query("big.example.test TXT", query + 2, &tcp);
    wire_put16(query, (unsigned)length);
    for (unsigned i = 0; i < COUNT; i++) {
        wire_put16(query + 2, i);
        send_all(slow, query, length + 2);
    }
    send_all(quick, framed, framed_size);
    ck_assert_int_ge(read_answer(quick, &size), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        ck_assert_int_eq(read_answer(slow, &size), (int)i);
        ck_assert_uint_gt(size, 50000);
    }
    (void)close(slow);
    (void)close(quick);
}
END_TEST

/* What has come is answered before the end, even what no worker has looked at yet. */
START_TEST(the_end_answers_what_has_come)
{
    enum { COUNT = 1500, CLIENTS = 32 }; /* more than the workers get done meanwhile */
    size_t size = 0;
    int fds[CLIENTS];
    uint8_t *all = mem_alloc(COUNT * framed_size);
    for (unsigned i = 0; i < COUNT; i++) {
        memcpy(all + i * framed_size, framed, framed_size);
        wire_put16(all + i * framed_size + 2, i);
    }
    for (int c = 0; c < CLIENTS; c++) {
        fds[c] = client();
        send_all(fds[c], framed, framed_size); /* it is accepted once this is answered */
        ck_assert_int_ge(read_answer(fds[c], &size), 0);
    }
    for (int c = 0; c < CLIENTS; c++)
        send_all(fds[c], all, COUNT * framed_size);
    control_fixture_stop(&fixture);
    for (int c = 0; c < CLIENTS; c++) {
        for (int i = 0; i < COUNT; i++)
            ck_assert_int_eq(read_answer(fds[c], &size), i);
        ck_assert_int_eq(read_answer(fds[c], &size), -1);
        (void)close(fds[c]);
    }
    mem_free(all);
}
END_TEST

static void *read_slowly(void *data)
{
    static size_t count;
    size_t size = 0;
    int fd = *(int *)data;
    for (count = 0; read_answer(fd, &size) >= 0; count++)
        (void)usleep(1000);
    return &count;
}

/* A client that takes its answers late gets them all the same; one that never does holds the end up
 * for a moment only. */
START_TEST(the_end_waits_for_slow_readers_but_not_for_ever)
{
    enum { COUNT = 200 }; /* more than the sockets hold */
    uint8_t query[DNSMSG_QUERY_MAX];
    bool tcp = false;
    void *count = NULL;
    pthread_t reader;
    int slow = client();
    int never = client();
    size_t length = dnsmsg_query("big.example.test TXT", query + 2, &tcp);
    wire_put16(query, (unsigned)length);
    for (unsigned i = 0; i < COUNT; i++)
        send_all(slow, query, length + 2);
    for (unsigned i = 0; i < 2000; i++)
        send_all(never, query, length + 2);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_slowly, &slow), 0);
    (void)usleep(100000); /* both are accepted */
    uint64_t begin = clock_mono_ms();
    control_fixture_stop(&fixture);
    ck_assert_uint_lt(clock_mono_ms() - begin, 4000);
    ck_assert_int_eq(pthread_join(reader, &count), 0);
    ck_assert_uint_eq(*(size_t *)count, COUNT);
    (void)close(slow);
    (void)close(never);
}
END_TEST

/* At the limit the one that has been idle longest goes, and the new one is served. Two workers
 * share the connections by hash, so enough are opened to fill both. */
START_TEST(the_longest_idle_makes_room)
{
    enum { COUNT = 200 };
    size_t size = 0;
    int fds[COUNT];
    restart(8, 0);
    struct worker **workers = listen_workers(fixture.set);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client();
        send_all(fds[i], framed, framed_size);
        ck_assert_int_ge(read_answer(fds[i], &size), 0);
    }
    ck_assert_int_eq(read_answer(fds[0], &size), -1);
    uint64_t open = 0;
    for (unsigned i = 0; i < listen_worker_count(fixture.set); i++)
        open += stats_get(&worker_stats(workers[i])->tcp_open);
    ck_assert_uint_le(open, 16);
    send_all(fds[COUNT - 1], framed, framed_size);
    ck_assert_int_ge(read_answer(fds[COUNT - 1], &size), 0);
    for (int i = 0; i < COUNT; i++)
        (void)close(fds[i]);
}
END_TEST

/* Whoever takes all places drives out itself, not the others. */
START_TEST(a_greedy_source_makes_room_itself)
{
    enum { COUNT = 100 };
    size_t size = 0;
    int fds[COUNT];
    restart(8, 0);
    int modest = client_from("127.0.0.5", 0);
    send_all(modest, framed, framed_size);
    ck_assert_int_ge(read_answer(modest, &size), 0);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client_from("127.0.0.6", 0);
        send_all(fds[i], framed, framed_size);
        ck_assert_int_ge(read_answer(fds[i], &size), 0);
    }
    ck_assert_int_eq(read_answer(fds[0], &size), -1);
    send_all(modest, framed, framed_size);
    ck_assert_int_ge(read_answer(modest, &size), 0);
    for (int i = 0; i < COUNT; i++)
        (void)close(fds[i]);
    (void)close(modest);
}
END_TEST

static uint64_t open_now(void)
{
    uint64_t open = 0;
    for (unsigned i = 0; i < listen_worker_count(fixture.set); i++)
        open += stats_get(&worker_stats(listen_workers(fixture.set)[i])->tcp_open);
    return open;
}

/* What waits for clients that do not read is limited for all of them together, and those that read
 * are none the worse for it. */
START_TEST(clients_that_never_read_cannot_fill_the_memory)
{
    enum { COUNT = 60, QUERIES = 500 };
    static uint8_t queries[QUERIES * 64];
    bool tcp = false;
    size_t size = 0;
    int fds[COUNT];
    size_t length = dnsmsg_query("big.example.test TXT", queries + 2, &tcp) + 2;
    ck_assert_uint_le(length, 64);
    wire_put16(queries, (unsigned)length - 2);
    for (int q = 1; q < QUERIES; q++)
        memcpy(queries + (size_t)q * length, queries, length);
    fixture.tcp_unsent_max = 1;
    restart(0, 0);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client_from(NULL, 4096);
        (void)send(fds[i], queries, QUERIES * length, MSG_NOSIGNAL);
    }
    for (int i = 0; i < 250 && open_now() > 0; i++)
        (void)usleep(10000);
    ck_assert_uint_eq(open_now(), 0);
    int quick = client();
    send_all(quick, framed, framed_size);
    ck_assert_int_ge(read_answer(quick, &size), 0);
    for (int i = 0; i < COUNT; i++)
        (void)close(fds[i]);
    (void)close(quick);
}
END_TEST

/* The longest message there is, in pieces; what lies behind the question is an error. */
START_TEST(a_long_message_in_pieces_is_one)
{
    enum { SIZE = 65535 };
    size_t size = 0;
    int fd = client();
    uint8_t *message = mem_alloc(SIZE + 2);
    memcpy(message, framed, framed_size);
    wire_put16(message, SIZE);
    wire_put16(message + 2, 4711);
    send_all(fd, framed, framed_size);
    for (size_t at = 0; at < SIZE + 2; at += 7)
        send_all(fd, message + at, at + 7 < SIZE + 2 ? 7 : SIZE + 2 - at);
    send_all(fd, framed, framed_size);
    int first = wire_get16(framed + 2);
    ck_assert_int_eq(read_answer(fd, &size), first);
    ck_assert_int_eq(read_answer(fd, &size), 4711);
    ck_assert_uint_lt(size, 512);
    ck_assert_int_eq(read_answer(fd, &size), first);
    (void)close(fd);
    mem_free(message);
}
END_TEST

START_TEST(what_came_before_rubbish_is_answered)
{
    uint8_t bytes[DNSMSG_QUERY_MAX + 4];
    size_t size = 0;
    int fd = client();
    memcpy(bytes, framed, framed_size);
    wire_put16(bytes + framed_size, 0);
    send_all(fd, bytes, framed_size + 2);
    ck_assert_int_ge(read_answer(fd, &size), 0);
    ck_assert_int_eq(read_answer(fd, &size), -1);
    (void)close(fd);
}
END_TEST

START_TEST(idle_connections_end)
{
    size_t size = 0;
    restart(0, 100);
    int fd = client();
    /* A beginning of a message is no activity: slow writers are idle too. */
    send_all(fd, framed, 3);
    ck_assert_int_eq(read_answer(fd, &size), -1);
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp");
    TCase *tcase = tcase_create("tcp");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, pipelined_queries_are_all_answered);
    tcase_add_test(tcase, one_query_in_many_segments);
    tcase_add_test(tcase, half_closed_clients_get_their_answer);
    tcase_add_test(tcase, what_is_not_dns_is_cut_off);
    tcase_add_test(tcase, slow_readers_get_all_and_hold_up_nobody);
    tcase_add_test(tcase, the_end_answers_what_has_come);
    tcase_add_test(tcase, the_end_waits_for_slow_readers_but_not_for_ever);
    tcase_add_test(tcase, the_longest_idle_makes_room);
    tcase_add_test(tcase, a_greedy_source_makes_room_itself);
    tcase_add_test(tcase, clients_that_never_read_cannot_fill_the_memory);
    tcase_add_test(tcase, a_long_message_in_pieces_is_one);
    tcase_add_test(tcase, what_came_before_rubbish_is_answered);
    tcase_add_test(tcase, idle_connections_end);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
