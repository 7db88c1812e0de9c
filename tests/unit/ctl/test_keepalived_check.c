// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_check.h"

#include "tests/unit/ctl/keepalived_help.h"

#define PLAIN "\"interval\":\"60s\",\"timeout\":\"5s\",\"fall\":2,\"rise\":1,\"confirm_interval\":"

static const struct keepalived_timing none = KEEPALIVED_TIMING_NONE;

/* Of a server at `given` whose port in our configuration is `port`. */
static bool take(const char *text, const struct keepalived_timing *timing, uint16_t port,
                 uint16_t given, struct keepalived_checks *checks, json_t *names)
{
    struct keepalived_node *node = help_node(text);
    ck_assert_msg(node != NULL, "%s", help.error);
    return keepalived_check_take(checks, node, timing, port, given, names);
}

static void expect_json(json_t *value, const char *wanted)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    ck_assert_str_eq(text, wanted);
    free(text);
}

static const struct {
    const char *text, *checks;
    const char *note; /* "" = none */
} texts[] = {
    { "TCP_CHECK {\n}", "{\"tcp\":{\"type\":\"tcp\"," PLAIN "\"1s\"}}", "" },
    { "TCP_CHECK {\nconnect_port 80\n}", "{\"tcp\":{\"type\":\"tcp\"," PLAIN "\"1s\"}}", "" },
    { "TCP_CHECK {\nconnect_ip 10.0.0.9\nconnect_port 81\nconnect_timeout 0.5\nretry 0\n"
      "delay_loop 1.5\n}",
      "{\"tcp\":{\"type\":\"tcp\",\"address\":\"10.0.0.9\",\"port\":81,\"interval\":\"1500ms\","
      "\"timeout\":\"500ms\",\"fall\":1,\"rise\":1}}",
      "" },
    { "TCP_CHECK {\nnb_get_retry 4\ndelay_before_retry 2\n}",
      "{\"tcp\":{\"type\":\"tcp\",\"interval\":\"60s\",\"timeout\":\"5s\",\"fall\":5,\"rise\":1,"
      "\"confirm_interval\":\"2s\"}}",
      "" },
    { "TCP_CHECK {\ndelay_loop 0\nconnect_timeout 0\nretry 5000\ndelay_before_retry 0\n}",
      "{\"tcp\":{\"type\":\"tcp\",\"interval\":\"100ms\",\"timeout\":\"10ms\",\"fall\":1000,"
      "\"rise\":1,\"confirm_interval\":\"100ms\"}}",
      "k:2: delay_loop: 100 ms are taken" },
    { "HTTP_GET {\nurl {\n}\n}", "{\"http\":{\"type\":\"http\"," PLAIN "\"3s\"}}", "" },
    { "HTTP_GET {\nurl {\npath /a\nstatus_code 200 300-302\nvirtualhost w.example\n}\n}",
      "{\"http\":{\"type\":\"http\"," PLAIN "\"3s\",\"path\":\"/a\",\"host\":\"w.example\","
      "\"expect_status\":\"200,300-302\"}}",
      "" },
    { "HTTP_GET {\nvirtualhost v.example\nurl {\npath /\n}\nurl {\npath /b\n}\n}",
      "{\"http\":{\"type\":\"http\"," PLAIN "\"3s\",\"host\":\"v.example\"},\"http-2\":{\"type\":"
      "\"http\"," PLAIN "\"3s\",\"path\":\"/b\",\"host\":\"v.example\"}}",
      "" },
    { "HTTP_GET {\nurl {\npath /\ndigest 0123\n}\n}",
      "{\"http\":{\"type\":\"http\"," PLAIN "\"3s\"}}", "k:4: digest: left out: bodies are not" },
    { "HTTP_GET {\nurl {\nregex_no_match\nfoo\n}\n}",
      "{\"http\":{\"type\":\"http\"," PLAIN "\"3s\"}}",
      "k:3: regex_no_match: left out: there are" },
    { "HTTP_GET {\n}", "{}", "k:1: HTTP_GET: left out: it has no url" },
    { "SSL_GET {\nenable_sni\nurl {\npath /\n}\n}", "{\"tcp\":{\"type\":\"tcp\"," PLAIN "\"1s\"}}",
      "k:1: SSL_GET: there is no HTTPS check" },
    { "SMTP_CHECK {\n}", "{\"tcp\":{\"type\":\"tcp\"," PLAIN "\"1s\",\"expect\":\"220\"}}",
      "k:1: SMTP_CHECK: a TCP check that waits" },
    { "SMTP_CHECK {\nhost {\nconnect_port 25\n}\nhost {\nconnect_ip 10.0.0.7\n}\n}",
      "{\"tcp\":{\"type\":\"tcp\",\"port\":25," PLAIN "\"1s\",\"expect\":\"220\"},\"tcp-2\":{"
      "\"type\":\"tcp\",\"address\":\"10.0.0.7\"," PLAIN "\"1s\",\"expect\":\"220\"}}",
      "k:1: SMTP_CHECK: a TCP check that waits" },
    { "TCP_CHECK {\nbindto 10.0.0.1\nwarmup 3\n}", "{\"tcp\":{\"type\":\"tcp\"," PLAIN "\"1s\"}}",
      "k:2: bindto: left out: probes leave" },
    { "TCP_CHECK {\nnonsense 1\n}", "{\"tcp\":{\"type\":\"tcp\"," PLAIN "\"1s\"}}",
      "k:2: nonsense: left out: this is not known" },
    { "DNS_CHECK {\n}", "{}", "k:1: DNS_CHECK: left out: there is no DNS check" },
    { "MISC_CHECK {\nmisc_path x\n}", "{}", "k:1: MISC_CHECK: left out: no programs are run" },
    { "BFD_CHECK {\n}", "{}", "k:1: BFD_CHECK: left out" },
    { "PING_CHECK {\n}", "{}", "k:1: PING_CHECK: left out" },
    { "UDP_CHECK {\n}", "{}", "k:1: UDP_CHECK: left out" },
    { "FILE_CHECK {\n}", "{}", "k:1: FILE_CHECK: left out" },
    { "ODD_CHECK {\n}", "{}", "k:1: ODD_CHECK: left out: this is not known as a checker" },
};

START_TEST(checkers_become_checks)
{
    struct keepalived_checks checks;
    json_t *names = json_array();
    keepalived_checks_init(&checks, &help.report);
    ck_assert_msg(take(texts[_i].text, &none, 80, 80, &checks, names), "%s", help.error);
    expect_json(checks.object, texts[_i].checks);
    ck_assert_uint_eq(json_array_size(names), json_object_size(checks.object));
    if (texts[_i].note[0] == '\0')
        ck_assert_str_eq(help.notes.text, "");
    else
        help_expect_note(texts[_i].note);
    json_decref(names);
    keepalived_checks_fini(&checks);
}
END_TEST

START_TEST(equal_checks_are_one)
{
    struct keepalived_checks checks;
    json_t *names = json_array();
    keepalived_checks_init(&checks, &help.report);
    ck_assert(take("TCP_CHECK {\n}", &none, 80, 80, &checks, names));
    ck_assert(take("TCP_CHECK {\nretry 5\n}", &none, 80, 80, &checks, names));
    ck_assert(take("TCP_CHECK {\nconnect_timeout 5\n}", &none, 81, 81, &checks, names));
    expect_json(names, "[\"tcp\",\"tcp-2\"]");
    json_array_clear(names);
    ck_assert(take("TCP_CHECK {\nretry 5\n}", &none, 80, 80, &checks, names));
    expect_json(names, "[\"tcp-2\"]");
    ck_assert_uint_eq(json_object_size(checks.object), 2);
    json_decref(names);
    keepalived_checks_fini(&checks);
}
END_TEST

START_TEST(what_the_server_says_is_inherited)
{
    struct keepalived_checks checks;
    struct keepalived_timing timing = { .interval_ms = 1000,
                                        .timeout_ms = 2000,
                                        .retry = 3,
                                        .confirm_ms = 4000,
                                        .virtualhost = "v.example" };
    json_t *names = json_array();
    keepalived_checks_init(&checks, &help.report);
    ck_assert(take("HTTP_GET {\nretry 1\nurl {\n}\n}", &timing, 80, 80, &checks, names));
    expect_json(checks.object,
                "{\"http\":{\"type\":\"http\",\"interval\":\"1s\",\"timeout\":\"2s\","
                "\"fall\":2,\"rise\":1,\"confirm_interval\":\"4s\",\"host\":"
                "\"v.example\"}}");
    json_decref(names);
    keepalived_checks_fini(&checks);
}
END_TEST

START_TEST(a_check_needs_a_port)
{
    static const char *const without[] = { "TCP_CHECK {\n}", "HTTP_GET {\nurl {\n}\n}",
                                           "SSL_GET {\n}", "SMTP_CHECK {\n}" };
    struct keepalived_checks checks;
    json_t *names = json_array();
    keepalived_checks_init(&checks, &help.report);
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        ck_assert(take(without[i], &none, 0, 0, &checks, names));
        help_expect_note(": left out: the server has no port");
        strbuf_clear(&help.notes);
    }
    ck_assert_uint_eq(json_array_size(names), 0);
    ck_assert(take("TCP_CHECK {\n}", &none, 0, 8080, &checks, names));
    expect_json(json_object_get(json_object_get(checks.object, "tcp"), "port"), "8080");
    json_decref(names);
    keepalived_checks_fini(&checks);
}
END_TEST

static const struct {
    const char *text, *error;
} wrongs[] = {
    { "TCP_CHECK {\nconnect_ip www\n}", "k:2: connect_ip: \"www\" is not an address" },
    { "TCP_CHECK {\nconnect_port 0\n}", "k:2: connect_port: \"0\" is not a number from 1" },
    { "TCP_CHECK {\nconnect_timeout\n}", "k:2: connect_timeout: \"\" is not a number of seconds" },
    { "TCP_CHECK {\nretry x\n}", "k:2: retry: \"x\" is not a number" },
    { "HTTP_GET {\nretry x\nurl {\n}\n}", "k:2: retry: \"x\" is not a number" },
    { "HTTP_GET {\nurl {\nstatus_code 2xx\n}\n}", "k:3: status_code: \"2xx\" is not a status" },
    { "HTTP_GET {\nurl {\nstatus_code 600\n}\n}", "k:3: status_code: \"600\" is not a status" },
    { "HTTP_GET {\nurl {\nstatus_code 300-200\n}\n}", "k:3: status_code: \"300-200\" is not" },
    { "HTTP_GET {\nurl {\nstatus_code 200-\n}\n}", "k:3: status_code: \"200-\" is not" },
    { "HTTP_GET {\nurl {\npath a\n}\n}", "k:2: \"a\" is not a path" },
    { "HTTP_GET {\nurl {\npath \"/a b\"\n}\n}", "k:2: \"/a b\" is not a path" },
    { "HTTP_GET {\nurl {\nvirtualhost \"a b\"\n}\n}", "k:2: \"a b\" is not the name of a host" },
    { "SSL_GET {\nretry x\n}", "k:2: retry: \"x\" is not a number" },
    { "SMTP_CHECK {\nretry x\n}", "k:2: retry: \"x\" is not a number" },
    { "SMTP_CHECK {\nhost {\nconnect_port x\n}\n}", "k:3: connect_port: \"x\" is not a number" },
};

START_TEST(wrong_checkers_are_refused)
{
    struct keepalived_checks checks;
    json_t *names = json_array();
    keepalived_checks_init(&checks, &help.report);
    ck_assert(!take(wrongs[_i].text, &none, 80, 80, &checks, names));
    help_expect_error(wrongs[_i].error);
    json_decref(names);
    keepalived_checks_fini(&checks);
}
END_TEST

START_TEST(other_statements_are_no_timing)
{
    struct keepalived_timing timing = none;
    bool taken = true;
    ck_assert(keepalived_timing_take(&help.report, help_node("weight 1"), &timing, &taken));
    ck_assert(!taken);
    ck_assert(keepalived_timing_take(&help.report, help_node("alpha"), &timing, &taken));
    ck_assert(taken);
    help_expect_note("k:1: alpha: left out");
    ck_assert(keepalived_is_checker(help_node("TCP_CHECK")));
    ck_assert(!keepalived_is_checker(help_node("weight")));
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_loop_test(tcase, checkers_become_checks, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_test(tcase, equal_checks_are_one);
    tcase_add_test(tcase, what_the_server_says_is_inherited);
    tcase_add_test(tcase, a_check_needs_a_port);
    tcase_add_loop_test(tcase, wrong_checkers_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
    tcase_add_test(tcase, other_statements_are_no_timing);
}

HELP_MAIN("keepalived_check", add)
