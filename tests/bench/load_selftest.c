// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Says what failed, and counts it.
static int check(bool good, const char *what)
{
    if (!good)
        fprintf(stderr, "dnsload: selftest: %s\n", what);
    return good ? 0 : 1;
}

static const struct load_options plain = { .window = 4, .seed = 7 };
static const struct load_options with_edns = { .window = 4, .edns = 1232, .dnssec_ok = true };

static int test_encode(void)
{
    static const uint8_t expected[] = { 0,   27, 0,   0,    0, 0,   0,  1,   0,   0,
                                        0,   0,  0,   0,    1, 'a', 4,  't', 'e', 's',
                                        't', 2,  '.', '\t', 0, 0,   28, 0,   1 };
    static const char *const wrong[] = {
        "a.test",
        "a.test A x",
        "a.test BOGUS",
        "a..test A",
        ".a A",
        "\\999.test A",
        "a\\25 A",
        "a.test TYPE",
        "a.test TYPE65536",
        "a.test TYPE1x",
        "\\ A",
        "0123456789012345678901234567890123456789012345678901234567890123.test A",
    };
    uint8_t out[LOAD_QUERY_MAX];
    size_t length = load_query_encode("a.test.\\.\\009 AAAA\n", &plain, out);
    int failed = check(length == sizeof(expected) && memcmp(out, expected, length) == 0, "encode");
    failed += check(load_query_encode(". NS", &plain, out) == 2 + 12 + 1 + 4, "encode the root");
    failed += check(load_query_encode("a TYPE65", &plain, out) == 2 + 12 + 3 + 4 && out[18] == 65,
                    "encode a numbered type");
    failed +=
        check(load_query_encode("a A", &with_edns, out) == 2 + 12 + 3 + 4 + 11 && out[13] == 1 &&
                  out[23] == 41 && out[24] == 4 && out[25] == 0xd0 && out[28] == 0x80,
              "encode an OPT record");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        failed += check(load_query_encode(wrong[i], &plain, out) == 0, wrong[i]);
    return failed;
}

static int test_longest_name(void)
{
    char line[300];
    uint8_t out[LOAD_QUERY_MAX];
    for (size_t i = 0; i < 254; i++)
        line[i] = i % 64 == 63 ? '.' : 'x';
    memcpy(line + 253, " A", 3); // 253 characters are 255 octets on the wire
    int failed = check(load_query_encode(line, &with_edns, out) == LOAD_QUERY_MAX, "longest name");
    memcpy(line + 253, "x A", 4);
    return failed + check(load_query_encode(line, &with_edns, out) == 0, "name too long");
}

static int test_queries(void)
{
    static const char text[] = "# comment\na. A\n\nbb. A\nccc. A\ndddd. A\n";
    struct load_queries queries;
    bool seen[64] = { false }, again[64] = { false };
    if (!load_queries_parse(&queries, text, &plain))
        return check(false, "parse queries");
    for (int i = 0; i < 4; i++)
        seen[load_query_length(load_queries_next(&queries))] = true;
    for (int i = 0; i < 4; i++)
        again[load_query_length(load_queries_next(&queries))] = true;
    int failed = check(queries.count == 4, "count of queries");
    for (size_t length = 19; length <= 22; length++)
        failed += check(seen[length] && again[length], "each query once in a round");
    load_queries_fini(&queries);
    return failed;
}

// Makes an answer to what is in `slot`.
static size_t answer_make(const struct load_slot *slot, uint8_t *answer)
{
    size_t length = load_query_length(slot->query);
    memcpy(answer, slot->query + 2, length);
    answer[0] = (uint8_t)(slot->id >> 8);
    answer[1] = (uint8_t)slot->id;
    answer[2] = 0x84;
    return length;
}

static int test_flight(void)
{
    struct load_rng rng = { 5 };
    struct load_flight flight;
    struct load_stats stats = { 0 };
    uint8_t query[LOAD_QUERY_MAX], answer[LOAD_QUERY_MAX];
    (void)load_query_encode("a.test A", &plain, query); // known to be good
    load_flight_init(&flight, plain.window, &rng);

    struct load_slot *slot = load_flight_take(&flight, query, 1000, &rng);
    size_t length = answer_make(slot, answer);
    int failed = check(load_flight_busy(&flight) == 1, "one in flight");
    load_flight_answer(&flight, &stats, answer, length, 3000);
    failed += check(stats.answered == 1 && stats.bad == 0 && stats.empty == 1 &&
                        load_flight_busy(&flight) == 0,
                    "answer matched");
    load_flight_answer(&flight, &stats, answer, length, 3000);
    load_flight_answer(&flight, &stats, answer, 11, 3000);
    slot = load_flight_take(&flight, query, 4000, &rng); // the same slot: an id of its own
    load_flight_answer(&flight, &stats, answer, length, 4500);
    load_flight_release(&flight, slot);
    failed += check(stats.answered == 1 && stats.stray == 3, "answers nobody waits for");

    for (unsigned i = 0; i < plain.window; i++)
        slot = load_flight_take(&flight, query, 5000 + i, &rng);
    load_flight_expire(&flight, &stats, 5003);
    failed += check(stats.lost == 3 && load_flight_busy(&flight) == 1, "lost after the deadline");
    load_flight_release(&flight, slot);
    failed += check(load_flight_busy(&flight) == 0, "released");
    load_flight_fini(&flight);
    return failed;
}

// What is wrong with an answer is seen; the first answer is always compared with its question.
static int test_bad_answers(void)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *what;
    } cases[] = {
        { 2, 0x84, NULL }, // good
        { 2, 0x04, "QR not set" },
        { 5, 0, "no question" },
        { 13, 'b', "other question" },
        { 13, 'A', "case of the question changed" },
        { 18, 99, "last label changed" },
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct load_rng rng = { i };
        struct load_flight flight;
        struct load_stats stats = { 0 };
        uint8_t query[LOAD_QUERY_MAX], answer[LOAD_QUERY_MAX];
        (void)load_query_encode("a.test A", &with_edns, query); // known to be good
        load_flight_init(&flight, plain.window, &rng);
        struct load_slot *slot = load_flight_take(&flight, query, 0, &rng);
        size_t length = answer_make(slot, answer) - 11; // no OPT record in the answer
        answer[cases[i].at] = cases[i].value;
        load_flight_answer(&flight, &stats, answer, length, 1);
        failed += check(stats.answered == 1, "answer counted");
        failed += check(stats.bad == (cases[i].what != NULL),
                        cases[i].what != NULL ? cases[i].what : "good answer taken for bad");
        load_flight_fini(&flight);
    }
    return failed;
}

// Ids name their slot, and differ from one query to the next in the same slot.
static int test_ids(void)
{
    struct load_rng rng = { 3 };
    struct load_flight flight;
    uint8_t query[LOAD_QUERY_MAX];
    uint16_t last = 0;
    int same = 0;
    (void)load_query_encode("a.test A", &plain, query); // known to be good
    load_flight_init(&flight, 32, &rng);
    for (int i = 0; i < 1000; i++) {
        struct load_slot *slot = load_flight_take(&flight, query, 0, &rng);
        same += slot->id == last;
        last = slot->id;
        load_flight_release(&flight, slot);
    }
    load_flight_fini(&flight);
    return check(same <= 4, "ids are random"); // one in 2048 is equal by chance
}

static int test_quantiles(void)
{
    struct load_stats stats = { 0 };
    for (uint64_t i = 1; i <= 1000; i++)
        load_stats_latency(&stats, i * 1000);
    double median = load_stats_quantile(&stats, 0.5), last = load_stats_quantile(&stats, 0.99);
    int failed = check(median > 500 * 0.97 && median < 500 * 1.03, "median");
    failed += check(last > 990 * 0.97 && last < 990 * 1.03, "99th percentile");
    load_stats_latency(&stats, 0);
    load_stats_latency(&stats, UINT64_MAX);
    struct load_stats none = { 0 };
    return failed + check(load_stats_quantile(&none, 0.5) == 0, "no answers");
}

static int test_budget(void)
{
    struct load_options options = { .rate = 1000 };
    struct load_run run = { .options = &options, .stop_ns = 2 * LOAD_NS };
    int failed = check(load_run_budget(&run, LOAD_NS / 2) == 500, "budget by rate");
    options.count = 300;
    failed += check(load_run_budget(&run, LOAD_NS / 2) == 300, "budget by count");
    failed += check(load_run_budget(&run, 2 * LOAD_NS) == 0, "budget after the end");
    run.stats.sent = 300;
    failed += check(!load_run_over(&run, LOAD_NS / 2), "answers are awaited");
    run.stats.answered = 299;
    run.stats.lost = 1;
    return failed + check(load_run_over(&run, LOAD_NS / 2), "over");
}

// ---- against a server of our own that misbehaves in known ways
// ----------------------------------------

#define QUERIES     1000
#define DROP_EVERY  50  // UDP: every 50th query is not answered,
#define TWICE_EVERY 7   // every 7th, unless dropped, is answered twice
#define CLOSE_AFTER 100 // TCP: a connection is closed after so many answers

// Answers queries with themselves; never returns.
static void echo_udp(int fd)
{
    for (unsigned number = 1;; number++) {
        uint8_t query[LOAD_ANSWER_MAX];
        struct sockaddr_in peer;
        socklen_t peer_length = sizeof(peer);
        ssize_t length =
            recvfrom(fd, query, sizeof(query), 0, (struct sockaddr *)&peer, &peer_length);
        if (length < LOAD_HEADER_SIZE || number % DROP_EVERY == 0)
            continue;
        query[2] |= 0x80;
        for (int times = number % TWICE_EVERY == 0 ? 2 : 1; times > 0; times--)
            (void)sendto(fd, query, (size_t)length, 0, (struct sockaddr *)&peer, peer_length);
    }
}

static bool read_whole(int fd, uint8_t *bytes, size_t length)
{
    return recv(fd, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

static void echo_tcp_connection(int fd)
{
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); // speed only
    for (int number = 0; number < CLOSE_AFTER; number++) {
        uint8_t query[LOAD_QUERY_MAX];
        if (!read_whole(fd, query, 2))
            break;
        size_t length = load_query_length(query);
        if (length > LOAD_QUERY_MAX - 2 || !read_whole(fd, query + 2, length))
            break;
        query[4] |= 0x80;
        // in two pieces, so that answers arrive cut up
        (void)send(fd, query, length + 1, MSG_NOSIGNAL);
        (void)send(fd, query + length + 1, 1, MSG_NOSIGNAL);
    }
    close(fd);
}

static void echo_tcp(int fd)
{
    for (;;) {
        int connection = accept(fd, NULL, NULL);
        if (connection >= 0)
            echo_tcp_connection(connection);
    }
}

// A socket on a free port of loopback, its address put into `options`. -1 if there is none.
static int echo_socket(struct load_options *options)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, options->tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, length) != 0 ||
        (options->tcp && listen(fd, 16) != 0) ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        close(fd);
        return -1;
    }
    memcpy(&options->target, &address, length);
    options->target_len = length;
    return fd;
}

// Runs against an echoing child; what was counted is in `stats`.
static bool run_echo(struct load_options *options, struct load_stats *stats)
{
    struct load_run *run = load_alloc(1, sizeof(*run));
    int fd = echo_socket(options);
    pid_t child = fd < 0 ? -1 : fork();
    if (child == 0) {
        if (options->tcp)
            echo_tcp(fd);
        echo_udp(fd);
    }
    run->options = options;
    bool good =
        child > 0 && load_queries_parse(&run->queries, "a.test A\nbb.test A\nc.test A\n", options);
    good = good && (options->tcp ? load_tcp_run(run) : load_udp_run(run));
    if (child > 0) {
        (void)kill(child, SIGKILL); // it cannot end by itself
        (void)waitpid(child, NULL, 0);
    }
    if (fd >= 0)
        close(fd);
    *stats = run->stats;
    load_queries_fini(&run->queries);
    free(run);
    return good;
}

static const struct load_options echo_options = {
    .count = QUERIES,
    .timeout_ns = LOAD_NS / 4,
    .sockets = 2,
    .window = 8,
    .block = true,
};

static int test_udp(bool gso)
{
    struct load_options options = echo_options;
    struct load_stats stats;
    uint64_t dropped = 0, twice = 0;
    options.gso = gso;
    if (!run_echo(&options, &stats))
        return check(false, "run over UDP");
    for (unsigned number = 1; number <= QUERIES; number++) {
        dropped += number % DROP_EVERY == 0;
        twice += number % DROP_EVERY != 0 && number % TWICE_EVERY == 0;
    }
    // the second copy of the very last answer may come when nobody listens any more
    return check(stats.sent == QUERIES && stats.lost == dropped, "UDP: lost queries counted") +
           check(stats.answered == QUERIES - dropped && stats.bad == 0, "UDP: answers counted") +
           check(stats.stray == twice || stats.stray + 1 == twice, "UDP: second answers counted");
}

static int test_tcp(void)
{
    struct load_options options = echo_options;
    struct load_stats stats;
    options.tcp = true;
    options.sockets = 1; // the child serves one connection at a time
    if (!run_echo(&options, &stats))
        return check(false, "run over TCP");
    uint64_t closed = QUERIES / CLOSE_AFTER;
    return check(stats.sent == QUERIES && stats.answered + stats.lost == QUERIES,
                 "TCP: all accounted for") +
           check(stats.lost > 0 && stats.lost <= closed * options.window,
                 "TCP: queries on a closed connection are lost") +
           check(stats.bad == 0 && stats.stray == 0, "TCP: answers in pieces");
}

int load_selftest(void)
{
    int failed = test_encode() + test_longest_name() + test_queries() + test_flight() +
                 test_bad_answers() + test_ids() + test_quantiles() + test_budget() +
                 test_udp(true) + test_udp(false) + test_tcp();
    printf("dnsload: selftest: %s\n", failed == 0 ? "ok" : "FAILED");
    return failed == 0 ? 0 : 1;
}
