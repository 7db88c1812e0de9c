// SPDX-License-Identifier: BSD-2-Clause
#include "server/worker.h"

#include "base/errlist.h"
#include "base/mem.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(opens_or_says_which_address)
{
    struct endpoint listen[2] = { { .port = 0 }, { .port = 5353 } };
    struct errlist errors;
    struct worker_options options = {
        .listen = listen, .listen_count = 2, .tcp_max = 1, .tcp_idle_ms = 1000
    };
    errlist_init(&errors);
    ck_assert(addr_parse("127.0.0.1", &listen[0].addr) &&
              addr_parse("198.51.100.77", &listen[1].addr));
    ck_assert_ptr_null(worker_new(&options, &errors));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "198.51.100.77:5353"));
    options.listen_count = 1;
    struct worker *worker = worker_new(&options, &errors);
    ck_assert_ptr_nonnull(worker);
    ck_assert_uint_eq(worker_generation(worker), 0);
    /* Never started: nothing to stop or to wait for. */
    worker_stop(worker);
    worker_join(worker);
    worker_free(worker);
    worker_free(NULL);
    errlist_fini(&errors);
}
END_TEST

START_TEST(takes_each_newer_state_and_counts)
{
    struct control_fixture f;
    control_fixture_init(&f, CONTROL_ZONE);
    control_fixture_config(&f, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&f));
    for (int i = 0; i < 20; i++) {
        ck_assert(
            control_override_member_weight(f.control, 0, 0, false, (uint32_t)i + 2, NULL, "jo", 0));
        control_fixture_served(&f);
        for (unsigned w = 0; w < 2; w++)
            ck_assert_uint_eq(worker_generation(listen_workers(f.set)[w]),
                              control_generation(f.control));
        mem_free(control_fixture_dig(&f, "www.example.test A"));
        mem_free(control_fixture_dig(&f, "nope.example.test A tcp"));
    }
    uint64_t udp = 0;
    uint64_t tcp = 0;
    uint64_t missing = 0;
    uint64_t answers = 0;
    for (unsigned w = 0; w < 2; w++) {
        const struct stats *stats = control_worker_stats(f.control, w);
        udp += stats_get(&stats->queries[STATS_UDP]);
        tcp += stats_get(&stats->queries[STATS_TCP]);
        missing += stats_get(&stats->responses[DNS_NXDOMAIN]);
        answers +=
            stats_get_member(stats, control_world(f.control)->pools.pools[0].members[0].stat);
    }
    ck_assert_uint_eq(udp, 20);
    ck_assert_uint_eq(tcp, 20);
    ck_assert_uint_eq(missing, 20);
    ck_assert_uint_eq(answers, 20);
    control_fixture_fini(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker");
    TCase *tcase = tcase_create("worker");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, opens_or_says_which_address);
    tcase_add_test(tcase, takes_each_newer_state_and_counts);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
