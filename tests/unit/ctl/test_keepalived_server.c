// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_server.h"

#include "tests/unit/ctl/keepalived_help.h"

static struct keepalived_checks checks;
static struct keepalived_servers servers;
static struct keepalived_parent parent;

static void set_up(void)
{
    static const struct keepalived_timing none = KEEPALIVED_TIMING_NONE;
    keepalived_checks_init(&checks, &help.report);
    keepalived_servers_init(&servers);
    parent = (struct keepalived_parent){
        .report = &help.report, .checks = &checks, .timing = none, .weight = 1
    };
    ck_assert(ipvs_key_parse("tcp 192.0.2.1:80", &parent.key));
}

static void tear_down(void)
{
    keepalived_servers_fini(&servers);
    keepalived_checks_fini(&checks);
    keepalived_method_fini(&parent.method);
}

static bool take(const char *text)
{
    struct keepalived_node *node = help_node(text);
    ck_assert_msg(node != NULL, "%s", help.error);
    return keepalived_server_take(&parent, node, &servers);
}

static void expect_json(json_t *value, const char *wanted)
{
    char *text = json_dumps(value, JSON_COMPACT);
    ck_assert_str_eq(text, wanted);
    free(text);
}

static const struct {
    const char *text, *key;
    unsigned forward; /* of the service */
    const char *servers;
    const char *note; /* "" = none */
} texts[] = {
    { "real_server 10.0.0.1 80 {\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}", "" },
    { "real_server 10.0.0.1 {\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}", "" },
    { "real_server 10.0.0.1 0 {\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}", "" },
    { "real_server 10.0.0.1 81 {\nweight 0\nuthreshold 9\nlthreshold 8\n}", "tcp 192.0.2.1:80",
      IPVS_NAT,
      "{\"rs-10.0.0.1-81\":{\"address\":\"10.0.0.1\",\"port\":81,\"weight\":0,\"upper\":9,"
      "\"lower\":8}}",
      "" },
    { "real_server 10.0.0.1 81 {\nlb_kind DR\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\",\"forward\":\"dr\"}}",
      "k:1: port 81: taken for checks only" },
    { "real_server 10.0.0.1 81 {\nlvs_method NAT\n}", "tcp 192.0.2.1:80", IPVS_DR,
      "{\"rs-10.0.0.1-81\":{\"address\":\"10.0.0.1\",\"port\":81,\"forward\":\"nat\"}}", "" },
    { "real_server 10.0.0.1 81 {\n}", "fwmark 1", IPVS_DR,
      "{\"rs-10.0.0.1\":{\"address\":\"10.0.0.1\"}}", "k:1: port 81: left out but for checks" },
    { "real_server 10.0.0.1 81 {\n}", "fwmark 1", IPVS_NAT,
      "{\"rs-10.0.0.1-81\":{\"address\":\"10.0.0.1\",\"port\":81}}", "" },
    { "real_server 2001:db8::1 {\nlvs_method TUN type gre\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-2001-db8--1-80\":{\"address\":\"2001:db8::1\",\"forward\":\"tun\",\"tunnel\":{"
      "\"type\":\"gre\"}}}",
      "" },
    { "real_server 10.0.0.1 {\nlthreshold 5\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}", "k:2: lthreshold: left out" },
    { "real_server 10.0.0.1 {\nsmtp_alert on\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}", "k:2: smtp_alert: left out: no mail" },
    { "real_server 10.0.0.1 {\nfoo\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}", "k:2: foo: left out: this is not known" },
    { "real_server 10.0.0.1 {\nPING_CHECK {\n}\n}", "tcp 192.0.2.1:80", IPVS_NAT,
      "{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}",
      "k:1: real_server 10.0.0.1: none of its checks is left" },
};

START_TEST(servers_are_made)
{
    ck_assert(ipvs_key_parse(texts[_i].key, &parent.key));
    parent.method.forward = (uint8_t)texts[_i].forward;
    ck_assert_msg(take(texts[_i].text), "%s", help.error);
    expect_json(servers.object, texts[_i].servers);
    ck_assert_uint_eq(json_array_size(servers.checks), 1);
    if (texts[_i].note[0] == '\0')
        ck_assert_str_eq(help.notes.text, "");
    else
        help_expect_note(texts[_i].note);
}
END_TEST

START_TEST(weights_and_quiesced_servers_are_counted)
{
    parent.weight = 5;
    ck_assert(take("real_server 10.0.0.1 {\ninhibit_on_failure\n}"));
    ck_assert(take("real_server 10.0.0.2 {\nweight 2\ninhibit_on_failure no\n}"));
    ck_assert_uint_eq(servers.weight, 7);
    ck_assert_uint_eq(servers.quiesced, 1);
}
END_TEST

START_TEST(the_same_server_counts_once)
{
    ck_assert(take("real_server 10.0.0.1 {\n}"));
    ck_assert(take("real_server 10.0.0.1 80 {\nweight 2\n}"));
    ck_assert_uint_eq(servers.weight, 1);
    ck_assert_uint_eq(json_array_size(servers.checks), 1);
    help_expect_note("k:1: real_server 10.0.0.1: left out: it is there already");
}
END_TEST

START_TEST(checks_come_after_all_settings)
{
    ck_assert(take("real_server 10.0.0.1 {\nTCP_CHECK {\n}\nconnect_timeout 1\nretry 0\n}"));
    expect_json(servers.checks, "[[\"tcp\"]]");
    json_t *check = json_object_get(checks.object, "tcp");
    ck_assert_str_eq(json_string_value(json_object_get(check, "timeout")), "1s");
    ck_assert_int_eq(json_integer_value(json_object_get(check, "fall")), 1);
}
END_TEST

static const struct {
    const char *text, *error;
} wrongs[] = {
    { "real_server {\n}", "k:1: real_server: \"\" is not an address" },
    { "real_server www 80 {\n}", "k:1: real_server: \"www\" is not an address" },
    { "real_server 10.0.0.1 http {\n}", "k:1: real_server: \"http\" is not a number" },
    { "real_server 2001:db8::1 80 {\n}", "k:1: 2001:db8::1: a server of the other address family" },
    { "real_server 10.0.0.1 {\nweight 65536\n}", "k:2: weight: \"65536\" is not a number" },
    { "real_server 10.0.0.1 {\nuthreshold -1\n}", "k:2: uthreshold: \"-1\" is not a number" },
    { "real_server 10.0.0.1 {\nlthreshold x\n}", "k:2: lthreshold: \"x\" is not a number" },
    { "real_server 10.0.0.1 {\ninhibit_on_failure 5\n}", "k:2: inhibit_on_failure: \"5\" is" },
    { "real_server 10.0.0.1 {\nlb_kind TUN type gue\n}", "k:2: a port belongs to a gue tunnel" },
    { "real_server 10.0.0.1 {\nretry x\n}", "k:2: retry: \"x\" is not a number" },
    { "real_server 10.0.0.1 {\n@one weight 5\n}", "k:2: lines with \"@\" and \"~\"" },
    { "real_server 10.0.0.1 {\n~SEQ(A,1,2) weight 5\n}", "k:2: lines with \"@\" and \"~\"" },
    { "real_server 10.0.0.1 {\nTCP_CHECK {\nretry x\n}\n}", "k:3: retry: \"x\" is not a number" },
};

START_TEST(wrong_servers_are_refused)
{
    ck_assert(!take(wrongs[_i].text));
    help_expect_error(wrongs[_i].error);
    ck_assert_uint_eq(json_object_size(servers.object), 0);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, servers_are_made, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_test(tcase, weights_and_quiesced_servers_are_counted);
    tcase_add_test(tcase, the_same_server_counts_once);
    tcase_add_test(tcase, checks_come_after_all_settings);
    tcase_add_loop_test(tcase, wrong_servers_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
}

HELP_MAIN("keepalived_server", add)
