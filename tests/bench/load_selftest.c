// SPDX-License-Identifier: BSD-2-Clause
#include "load.h"

#include <stdio.h>
#include <string.h>

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
    failed += check(stats.answered == 1 && stats.stray == 2, "answers nobody waits for");

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
        { 2, 0x04, "QR not set" },        { 5, 0, "no question" },
        { 13, 'b', "other question" },    { 13, 'A', "case of the question changed" },
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
        size_t length = answer_make(slot, answer);
        answer[cases[i].at] = cases[i].value;
        load_flight_answer(&flight, &stats, answer, length, 1);
        failed += check(stats.bad == 1 && stats.answered == 1, cases[i].what);
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

int load_selftest(void)
{
    int failed = test_encode() + test_longest_name() + test_queries() + test_flight() +
                 test_bad_answers() + test_ids() + test_quantiles() + test_budget();
    printf("dnsload: selftest: %s\n", failed == 0 ? "ok" : "FAILED");
    return failed == 0 ? 0 : 1;
}
