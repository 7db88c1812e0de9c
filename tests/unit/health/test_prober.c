// SPDX-License-Identifier: BSD-2-Clause
#include "health/prober.h"

#include "base/clock.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "tests/support/backend.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS   10000
#define EVENTS_MAX 500

/* What the probe thread has told, for the test's thread to wait on. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told;
static struct prober_status events[EVENTS_MAX];
static size_t event_count;

static struct prober *prober;
static struct check check;

static void on_event(void *data, const struct prober_status *status)
{
    (void)data;
    pthread_mutex_lock(&lock);
    if (event_count < EVENTS_MAX)
        events[event_count++] = *status;
    pthread_cond_broadcast(&told);
    pthread_mutex_unlock(&lock);
}

static bool wait_events(size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LIMIT_MS / 1000;
    int rc = 0;
    pthread_mutex_lock(&lock);
    while (event_count < count && rc == 0)
        rc = pthread_cond_timedwait(&told, &lock, &until);
    bool enough = event_count >= count;
    pthread_mutex_unlock(&lock);
    return enough;
}

/* Only after wait_events: the slots up to its count do not change any more. */
static struct prober_status event_at(size_t index)
{
    pthread_mutex_lock(&lock);
    struct prober_status status = events[index];
    pthread_mutex_unlock(&lock);
    return status;
}

static void init_world(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&told, &attr);
    pthread_condattr_destroy(&attr);
    event_count = 0;
    check = (struct check){ .name = "t",
                            .type = CHECK_HTTP,
                            .interval_ms = 100,
                            .timeout_ms = 5000,
                            .confirm_interval_ms = 20,
                            .limits = { .fall = 3, .rise = 2 },
                            .args.http.path = "/healthz" };
    (void)check_status_parse("200-299", check.args.http.expect_status);
    prober = prober_new(on_event, NULL);
}

static void set_up(void)
{
    init_world();
    ck_assert_ptr_nonnull(prober);
}

static void tear_down(void)
{
    prober_free(prober);
    pthread_cond_destroy(&told);
}

static void set_one(struct backend *backend, uint32_t id, enum health_verdict seed)
{
    struct prober_target target = { .id = id,
                                    .check = &check,
                                    .endpoint = backend_endpoint(backend),
                                    .seed = seed,
                                    .seed_since_ms = 1234 };
    prober_set_targets(prober, &target, 1);
}

START_TEST(first_result_is_told_and_kept)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    int64_t before = clock_wall_ms();
    set_one(backend, 7, HEALTH_UNKNOWN);
    ck_assert(wait_events(1));
    struct prober_status event = event_at(0);
    ck_assert_uint_eq(event.id, 7);
    ck_assert_int_eq(event.verdict, HEALTH_UP);
    ck_assert_int_eq(event.result, HEALTH_PASS);
    ck_assert_str_eq(event.reason, "status 200");
    ck_assert_int_ge(event.since_ms, before);
    ck_assert_int_ge(event.at_ms, before);
    ck_assert_double_gt(event.duration_ms, 0.0);
    ck_assert_int_ge(event.next_in_ms, 0);

    struct prober_status status;
    ck_assert(prober_get(prober, 7, &status));
    ck_assert_int_eq(status.verdict, HEALTH_UP);
    ck_assert(status.probed);
    ck_assert(!prober_get(prober, 8, &status));
    char *request = backend_last_request(backend);
    ck_assert_ptr_nonnull(strstr(request, "GET /healthz HTTP/1.1\r\n"));
    mem_free(request);
    backend_free(backend);
}
END_TEST

START_TEST(killed_and_revived)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    set_one(backend, 1, HEALTH_UNKNOWN);
    ck_assert(wait_events(1));
    backend_set_face(backend, BACKEND_REFUSE);
    ck_assert(wait_events(3)); /* suspect, then down */
    ck_assert_int_eq(event_at(1).verdict, HEALTH_UP);
    ck_assert(event_at(1).suspect);
    ck_assert_int_eq(event_at(2).verdict, HEALTH_DOWN);
    ck_assert(!event_at(2).suspect);
    ck_assert_str_eq(event_at(2).reason, "connection refused");
    backend_set_face(backend, BACKEND_HTTP);
    ck_assert(wait_events(5));
    ck_assert_int_eq(event_at(3).verdict, HEALTH_DOWN);
    ck_assert(event_at(3).suspect);
    ck_assert_int_eq(event_at(4).verdict, HEALTH_UP);
    ck_assert_int_ge(event_at(4).since_ms, event_at(2).since_ms);
    backend_free(backend);
}
END_TEST

START_TEST(seed_stands_until_proved_wrong)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct prober_status status;
    set_one(backend, 3, HEALTH_DOWN);
    ck_assert(prober_get(prober, 3, &status)); /* at once, before any probe */
    ck_assert_int_eq(status.verdict, HEALTH_DOWN);
    ck_assert_int_eq(status.since_ms, 1234);
    uint64_t start = clock_mono_ms();
    prober_wait_first(prober, LIMIT_MS); /* nothing to wait for */
    ck_assert_uint_lt(clock_mono_ms() - start, LIMIT_MS / 2);
    ck_assert(wait_events(2)); /* first result, then up by rise */
    ck_assert_int_eq(event_at(0).verdict, HEALTH_DOWN);
    ck_assert_int_eq(event_at(0).since_ms, 1234);
    ck_assert(event_at(0).suspect);
    ck_assert_int_eq(event_at(1).verdict, HEALTH_UP);
    backend_free(backend);
}
END_TEST

START_TEST(weights_are_seeded_and_told)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct prober_status status;
    struct prober_target target = { .id = 3,
                                    .check = &check,
                                    .endpoint = backend_endpoint(backend),
                                    .seed = HEALTH_UP,
                                    .seed_weight = 40 };
    check.args.http.weight_header = "X-Weight";
    backend_set_header(backend, "X-Weight: 40\r\n");
    prober_set_targets(prober, &target, 1);
    ck_assert(prober_get(prober, 3, &status));
    ck_assert_uint_eq(status.weight, 40);
    ck_assert(wait_events(1));
    ck_assert_uint_eq(event_at(0).weight, 40);
    backend_set_header(backend, "X-Weight: 70\r\n");
    ck_assert(wait_events(2)); /* for the weight alone */
    ck_assert_int_eq(event_at(1).verdict, HEALTH_UP);
    ck_assert_uint_eq(event_at(1).weight, 70);
    target.id = 4; /* new, without a seed: what its fields say does not matter */
    target.seed = HEALTH_UNKNOWN;
    prober_set_targets(prober, &target, 1);
    ck_assert(prober_get(prober, 4, &status));
    ck_assert(status.probed || status.weight == CHECK_WEIGHT_FULL);
    backend_free(backend);
}
END_TEST

START_TEST(wait_first_sees_all_first_results)
{
    struct backend *good = backend_new("127.0.0.1", BACKEND_HTTP);
    struct backend *bad = backend_new("127.0.0.1", BACKEND_REFUSE);
    struct prober_target targets[60];
    for (uint32_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct backend *backend = i % 3 == 0 ? bad : good;
        targets[i] = (struct prober_target){ .id = 1000 - i,
                                             .check = &check,
                                             .endpoint = backend_endpoint(backend) };
    }
    prober_set_targets(prober, targets, ARRAY_LEN(targets));
    prober_wait_first(prober, LIMIT_MS);
    for (uint32_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct prober_status status;
        ck_assert(prober_get(prober, 1000 - i, &status));
        ck_assert_int_eq(status.verdict, i % 3 == 0 ? HEALTH_DOWN : HEALTH_UP);
    }
    backend_free(good);
    backend_free(bad);
}
END_TEST

START_TEST(wait_first_gives_up)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_SILENT);
    struct prober_status status;
    set_one(backend, 1, HEALTH_UNKNOWN);
    uint64_t start = clock_mono_ms();
    prober_wait_first(prober, 150);
    ck_assert_uint_ge(clock_mono_ms() - start, 149);
    ck_assert(prober_get(prober, 1, &status));
    ck_assert_int_eq(status.verdict, HEALTH_UNKNOWN);
    ck_assert(!status.probed);
    /* a set without it ends the wait of whoever waits */
    prober_set_targets(prober, NULL, 0);
    prober_wait_first(prober, LIMIT_MS);
    ck_assert_uint_lt(clock_mono_ms() - start, LIMIT_MS / 2);
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
    backend_free(backend);
}
END_TEST

START_TEST(set_targets_keeps_and_drops)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct prober_status status;
    set_one(backend, 1, HEALTH_UNKNOWN);
    ck_assert(wait_events(1));
    int64_t since = event_at(0).since_ms;
    set_one(backend, 1, HEALTH_DOWN); /* the seed is for new ones only */
    ck_assert(prober_get(prober, 1, &status));
    ck_assert_int_eq(status.verdict, HEALTH_UP);
    ck_assert_int_eq(status.since_ms, since);
    set_one(backend, 2, HEALTH_DOWN);
    ck_assert(!prober_get(prober, 1, &status));
    ck_assert(prober_get(prober, 2, &status));
    ck_assert_int_eq(status.verdict, HEALTH_DOWN);
    backend_free(backend);
}
END_TEST

/* A seed in a set that another set overtakes is not lost. */
START_TEST(set_targets_in_quick_succession)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_REFUSE);
    check.interval_ms = 60000;
    for (unsigned round = 0; round < 50; round++) {
        set_one(backend, 1, round == 0 ? HEALTH_UP : HEALTH_UNKNOWN);
        struct prober_status status;
        ck_assert(prober_get(prober, 1, &status));
        ck_assert_int_eq(status.verdict, HEALTH_UP);
    }
    backend_free(backend);
}
END_TEST

START_TEST(free_with_attempts_under_way)
{
    struct backend *backend =
        backend_new("127.0.0.1", _i == 0 ? BACKEND_SILENT : BACKEND_BLACKHOLE);
    struct prober_target targets[40];
    struct check tcp = check;
    tcp.type = CHECK_TCP;
    tcp.args.tcp = (struct check_tcp_args){ .expect = "never" };
    for (uint32_t i = 0; i < ARRAY_LEN(targets); i++) {
        targets[i] = (struct prober_target){ .id = i,
                                             .check = i % 2 == 0 ? &check : &tcp,
                                             .endpoint = backend_endpoint(backend) };
    }
    prober_set_targets(prober, targets, ARRAY_LEN(targets));
    if (_i == 0)
        ck_assert(backend_wait_accepted(backend, ARRAY_LEN(targets), LIMIT_MS));
    prober_free(prober);
    prober = NULL;
    ck_assert(backend_wait_open(backend, 0, LIMIT_MS));
    ck_assert_uint_eq(event_count, 0);
    backend_free(backend);
}
END_TEST

START_TEST(metrics_count)
{
    struct backend *good = backend_new("127.0.0.1", BACKEND_HTTP);
    struct backend *bad = backend_new("127.0.0.1", BACKEND_REFUSE);
    struct prober_metrics metrics;
    prober_get_metrics(prober, &metrics);
    ck_assert_uint_eq(metrics.attempts[HEALTH_PASS], 0);
    check.interval_ms = 60000;
    const struct prober_target targets[] = {
        { .id = 1, .check = &check, .endpoint = backend_endpoint(good) },
        { .id = 2, .check = &check, .endpoint = backend_endpoint(good) },
        { .id = 3, .check = &check, .endpoint = backend_endpoint(bad) },
    };
    prober_set_targets(prober, targets, ARRAY_LEN(targets));
    prober_wait_first(prober, LIMIT_MS);
    prober_get_metrics(prober, &metrics);
    ck_assert_uint_eq(metrics.attempts[HEALTH_PASS], 2);
    ck_assert_uint_eq(metrics.attempts[HEALTH_FAIL], 1);
    ck_assert_uint_eq(metrics.attempts[HEALTH_NO_VERDICT], 0);
    ck_assert_uint_eq(metrics.late, 0);
    ck_assert_double_gt(metrics.duration_sum_ms, 0.0);
    for (size_t i = 1; i < PROBER_BUCKETS; i++) {
        ck_assert_double_gt(prober_bucket_ms[i], prober_bucket_ms[i - 1]);
        ck_assert_uint_ge(metrics.duration_bucket[i], metrics.duration_bucket[i - 1]);
    }
    ck_assert_uint_eq(metrics.duration_bucket[PROBER_BUCKETS - 1], 3);
    backend_free(good);
    backend_free(bad);
}
END_TEST

/* Without descriptors nothing is learnt about a target, and nothing is said about it. */
START_TEST(no_descriptors_is_no_verdict)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = { .rlim_cur = 0, .rlim_max = before.rlim_max };
    setrlimit(RLIMIT_NOFILE, &none);
    set_one(backend, 1, HEALTH_UNKNOWN);
    ck_assert(wait_events(1));
    setrlimit(RLIMIT_NOFILE, &before);
    ck_assert_int_eq(event_at(0).result, HEALTH_NO_VERDICT);
    ck_assert_int_eq(event_at(0).verdict, HEALTH_UNKNOWN);
    ck_assert_str_eq(event_at(0).reason, "local: no descriptors left");
    ck_assert(wait_events(2)); /* and when they are back */
    ck_assert_int_eq(event_at(1).verdict, HEALTH_UP);
    backend_free(backend);
}
END_TEST

/* ---- the process is stopped for longer than the timeout ---------------------------------------
 */

/* Exit status 0: the attempt that was under way was void. A failure would leave the target suspect.
 */
static int stopped_child(int ready)
{
    init_world();
    struct backend *backend = backend_new("127.0.0.1", BACKEND_SILENT);
    if (prober == NULL)
        return 1;
    check.interval_ms = 50;
    check.timeout_ms = 1000;
    set_one(backend, 1, HEALTH_UP);
    if (!backend_wait_accepted(backend, 1, LIMIT_MS) || write(ready, "r", 1) != 1)
        return 2;
    if (!wait_events(1))
        return 3;
    struct prober_status event = event_at(0);
    prober_free(prober);
    backend_free(backend);
    return event.result == HEALTH_NO_VERDICT && event.verdict == HEALTH_UP && !event.suspect ? 0
                                                                                             : 4;
}

START_TEST(stopped_process_blames_nobody)
{
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(stopped_child(ready[1]));
    char byte = 0;
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    kill(pid, SIGSTOP);
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    (void)poll(NULL, 0, 1300); /* what is tested is that time goes by */
    kill(pid, SIGCONT);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    close(ready[0]);
    close(ready[1]);
}
END_TEST

/* ---- threads ----------------------------------------------------------------------------------
 */

static atomic_bool reading;

static void *reader(void *data)
{
    (void)data;
    struct prober_status status;
    struct prober_metrics metrics;
    while (atomic_load(&reading)) {
        for (uint32_t id = 0; id < 50; id++)
            (void)prober_get(prober, id, &status);
        prober_get_metrics(prober, &metrics);
    }
    return NULL;
}

/* For the thread sanitizer: sets change, results come and are read, all at once. */
START_TEST(threads_at_work)
{
    struct backend *backend = backend_new("127.0.0.1", BACKEND_HTTP);
    struct prober_target targets[50];
    pthread_t thread;
    check.interval_ms = 10;
    atomic_store(&reading, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, reader, NULL), 0);
    for (unsigned round = 0; round < 40; round++) {
        size_t count = 10 + round % 40;
        for (uint32_t i = 0; i < count; i++) {
            targets[i] = (struct prober_target){ .id = i + round % 7,
                                                 .check = &check,
                                                 .endpoint = backend_endpoint(backend) };
        }
        prober_set_targets(prober, targets, count);
        ck_assert(backend_wait_accepted(backend, backend_accepted(backend) + 5, LIMIT_MS));
        if (round % 10 == 9)
            backend_set_face(backend, round % 20 == 9 ? BACKEND_REFUSE : BACKEND_HTTP);
        if (round % 20 == 9)
            backend_set_face(backend, BACKEND_HTTP);
    }
    atomic_store(&reading, false);
    pthread_join(thread, NULL);
    backend_free(backend);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prober");
    TCase *alone = tcase_create("stopped"); /* forks before there are threads */
    tcase_add_test(alone, stopped_process_blames_nobody);
    suite_add_tcase(suite, alone);
    TCase *tcase = tcase_create("prober");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, first_result_is_told_and_kept);
    tcase_add_test(tcase, killed_and_revived);
    tcase_add_test(tcase, seed_stands_until_proved_wrong);
    tcase_add_test(tcase, weights_are_seeded_and_told);
    tcase_add_test(tcase, wait_first_sees_all_first_results);
    tcase_add_test(tcase, wait_first_gives_up);
    tcase_add_test(tcase, set_targets_keeps_and_drops);
    tcase_add_test(tcase, set_targets_in_quick_succession);
    tcase_add_loop_test(tcase, free_with_attempts_under_way, 0, 2);
    tcase_add_test(tcase, metrics_count);
    tcase_add_test(tcase, no_descriptors_is_no_verdict);
    tcase_add_test(tcase, threads_at_work);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
