// SPDX-License-Identifier: BSD-2-Clause
#include "server/metrics.h"

#include "base/mem.h"
#include "base/version.h"
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct api_fixture fixture;

static void set_up(void)
{
    api_fixture_start(&fixture, NULL, NULL);
}

static void tear_down(void)
{
    api_fixture_stop(&fixture);
}

static char *metrics(void)
{
    uint64_t requests[600] = { [200] = 3, [404] = 1 };
    struct strbuf text;
    strbuf_init(&text);
    metrics_write(fixture.control.control, requests, 600, &text);
    char *owned = strbuf_take(&text);
    strbuf_fini(&text);
    return owned;
}

static bool has_line(const char *text, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line))
        if ((at == text || at[-1] == '\n') && at[length] == '\n')
            return true;
    return false;
}

/* Those that users rely on, and the samples of this fixture. */
static const char *const promised[] = {
    "# TYPE gslb_queries_total counter",
    "# TYPE gslb_responses_total counter",
    "# TYPE gslb_member_up gauge",
    "# TYPE gslb_member_weight gauge",
    "# TYPE gslb_pool_live_members gauge",
    "# TYPE gslb_answers_total counter",
    "# TYPE gslb_check_duration_seconds histogram",
    "# TYPE gslb_generation gauge",
    "# TYPE gslb_reload_failures_total counter",
    "# TYPE gslb_ipvs_operations_total counter",
    "gslb_queries_total{transport=\"udp\"} 0",
    "gslb_queries_total{transport=\"tcp\"} 0",
    "gslb_worker_queries_total{worker=\"1\",transport=\"udp\"} 0",
    "gslb_responses_total{rcode=\"NOERROR\"} 0",
    "gslb_responses_total{rcode=\"REFUSED\"} 0",
    "gslb_member_up{pool=\"web\",member=\"a\",family=\"a\"} 1",
    "gslb_member_up{pool=\"web\",member=\"a\",family=\"aaaa\"} 1",
    "gslb_member_up{pool=\"web\",member=\"c\",family=\"a\"} 0",
    "gslb_member_up{pool=\"checked\",member=\"x\",family=\"a\"} 0",
    "gslb_member_up{pool=\"top\",member=\"near\",family=\"aaaa\"} 1",
    "gslb_member_weight{pool=\"web\",member=\"b\"} 4",
    "gslb_pool_live_members{pool=\"web\",family=\"a\"} 2",
    "gslb_pool_live_members{pool=\"checked\",family=\"a\"} 0",
    "gslb_answers_total{pool=\"far\",member=\"s\"} 0",
    "gslb_check_targets 1",
    "gslb_zone_serial{zone=\"example.test\"} 7",
    "gslb_zone_records{zone=\"example.test\"} 8",
    "gslb_reload_failures_total 0",
    "gslb_ready 1",
    "gslb_workers 2",
    "gslb_overrides 0",
    "gslb_api_requests_total{code=\"200\"} 3",
    "gslb_api_requests_total{code=\"404\"} 1",
    ("gslb_build_info{version=\"" GSLB_VERSION "\"} 1"),
};

START_TEST(promised_line)
{
    char *text = metrics();
    ck_assert_msg(has_line(text, promised[_i]), "%s is not in\n%s", promised[_i], text);
    mem_free(text);
}
END_TEST

/* Prometheus's rules: HELP and TYPE once a metric, before its samples, which stand together; every
 * line ends; every value is a number. */
START_TEST(format_is_well_formed)
{
    char *text = metrics();
    char name[128] = "";
    size_t samples = 0;
    ck_assert(text[strlen(text) - 1] == '\n');
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        if (strncmp(line, "# HELP ", 7) == 0) {
            size_t length = strcspn(line + 7, " ");
            ck_assert_uint_gt(strlen(line + 7), length + 1);
            (void)snprintf(name, sizeof(name), "%.*s", (int)length, line + 7);
            ck_assert_int_eq(strncmp(end + 1, "# TYPE ", 7), 0);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            ck_assert_int_eq(strncmp(line + 7, name, strlen(name)), 0);
        } else {
            char *rest = NULL;
            const char *value = strrchr(line, ' ');
            ck_assert_int_eq(strncmp(line, name, strlen(name)), 0);
            ck_assert_ptr_nonnull(value);
            (void)strtod(value + 1, &rest);
            ck_assert(rest == end);
            samples++;
        }
        line = end + 1;
    }
    ck_assert_uint_gt(samples, 50);
    mem_free(text);
}
END_TEST

START_TEST(histogram_is_cumulative)
{
    char *text = metrics();
    double before = 0;
    size_t buckets = 0;
    for (const char *at = strstr(text, "gslb_check_duration_seconds_bucket{"); at != NULL;
         at = strstr(at + 1, "gslb_check_duration_seconds_bucket{")) {
        double value = strtod(strchr(at, '}') + 1, NULL);
        ck_assert(value >= before);
        before = value;
        buckets++;
    }
    ck_assert_uint_gt(buckets, 5);
    ck_assert_ptr_nonnull(strstr(text, "_bucket{le=\"+Inf\"} "));
    double count =
        strtod(strstr(text, "gslb_check_duration_seconds_count ") + strlen("gslb_check_duration_"
                                                                           "seconds_count "),
               NULL);
    ck_assert(count == before && count > 0);
    mem_free(text);
}
END_TEST

START_TEST(process_is_described)
{
    static const char *const names[] = { "\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
                                         "\nprocess_start_time_seconds " };
    char *text = metrics();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *at = strstr(text, names[i]);
        ck_assert_msg(at != NULL, "%s", names[i]);
        ck_assert(strtod(at + strlen(names[i]), NULL) > 3);
    }
    mem_free(text);
}
END_TEST

START_TEST(answers_are_counted)
{
    for (int i = 0; i < 4; i++) {
        char *answer = control_fixture_dig(&fixture.control, "far.example.test A");
        ck_assert_ptr_nonnull(answer);
        mem_free(answer);
    }
    char *text = metrics();
    ck_assert(has_line(text, "gslb_answers_total{pool=\"far\",member=\"p\"} 4"));
    ck_assert(has_line(text, "gslb_answers_total{pool=\"far\",member=\"s\"} 0"));
    ck_assert(has_line(text, "gslb_queries_total{transport=\"udp\"} 4"));
    mem_free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, promised_line, 0, (int)(sizeof(promised) / sizeof(promised[0])));
    tcase_add_test(tcase, format_is_well_formed);
    tcase_add_test(tcase, histogram_is_cumulative);
    tcase_add_test(tcase, process_is_described);
    tcase_add_test(tcase, answers_are_counted);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
