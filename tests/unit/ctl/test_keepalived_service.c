// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_service.h"

#include "tests/unit/ctl/keepalived_help.h"

static struct keepalived_import import;

static void set_up(void)
{
    import = (struct keepalived_import){ .report = &help.report,
                                         .services = json_object(),
                                         .vips = strmap_new() };
    keepalived_checks_init(&import.checks, &help.report);
}

static void tear_down(void)
{
    keepalived_checks_fini(&import.checks);
    json_decref(import.services);
    strmap_free(import.vips);
}

/* Takes the virtual servers of a text. */
static bool take(const char *text)
{
    help_write("k", text);
    import.root = keepalived_scan(help.path, help.arena, &help.report);
    ck_assert_msg(import.root != NULL, "%s", help.error);
    for (const struct keepalived_node *node = import.root->first; node != NULL; node = node->next) {
        if (keepalived_is(node, "virtual_server") && !keepalived_service_take(&import, node))
            return false;
    }
    return true;
}

#define RS      "real_server 10.0.0.1 80 {\n}\n"
#define SERVERS "\"servers\":{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\"}}"
#define HEAD    "\"address\":\"192.0.2.1\",\"port\":80,\"protocol\":\"tcp\",\"scheduler\":\"wlc\""

static const struct {
    const char *text; /* in a virtual server 192.0.2.1:80, TCP */
    const char *service;
} texts[] = {
    { RS, "{" HEAD ",\"forward\":\"nat\"," SERVERS "}" },
    { "lb_algo mh\nmh-port\nsh-port\n" RS,
      "{\"address\":\"192.0.2.1\",\"port\":80,\"protocol\":\"tcp\",\"scheduler\":\"mh\",\"flags\":["
      "\"mh-port\"],\"forward\":\"nat\"," SERVERS "}" },
    { "persistence_timeout 60\npersistence_granularity 255.255.255.0\n" RS,
      "{" HEAD ",\"persistence\":\"60s\",\"persistence_prefix\":24,\"forward\":\"nat\"," SERVERS
      "}" },
    { "persistence_granularity 255.255.255.0\npersistence_engine sip\nops\n" RS,
      "{" HEAD ",\"forward\":\"nat\"," SERVERS "}" },
    { "protocol UDP\npersistence_timeout 60\npersistence_engine sip\nops\n" RS,
      "{\"address\":\"192.0.2.1\",\"port\":80,\"protocol\":\"udp\",\"scheduler\":\"wlc\","
      "\"persistence\":\"60s\",\"engine\":\"sip\",\"one_packet\":true,\"forward\":\"nat\"," SERVERS
      "}" },
    { "quorum 3\n" RS,
      "{" HEAD ",\"forward\":\"nat\",\"quorum\":1,\"quorum_by\":\"weight\"," SERVERS "}" },
    { "inhibit_on_failure\n" RS,
      "{" HEAD ",\"forward\":\"nat\",\"on_fail\":\"quiesce\"," SERVERS "}" },
    { "lb_kind DR\nsorry_server 10.0.0.9 81\n" RS,
      "{" HEAD ",\"forward\":\"dr\",\"sorry\":{\"address\":\"10.0.0.9\"}," SERVERS "}" },
    { "sorry_server 10.0.0.9 81\nsorry_server_lvs_method DR\n" RS,
      "{" HEAD
      ",\"forward\":\"nat\",\"sorry\":{\"address\":\"10.0.0.9\",\"forward\":\"dr\"}," SERVERS "}" },
    { "ha_suspend\n" RS,
      "{" HEAD ",\"forward\":\"nat\",\"vip\":{\"require_local\":true}," SERVERS "}" },
    { "weight 3\nquorum 4\nhysteresis 2\nreal_server 10.0.0.1 {\n}\nreal_server 10.0.0.2 {\n}\n",
      "{" HEAD ",\"forward\":\"nat\",\"quorum\":4,\"quorum_by\":\"weight\",\"hysteresis\":2,"
      "\"servers\":{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\",\"weight\":3},\"rs-10.0.0.2-80\":{"
      "\"address\":\"10.0.0.2\",\"weight\":3}}}" },
    { "real_server 10.0.0.1 {\nTCP_CHECK {\n}\n}\nreal_server 10.0.0.2 {\nTCP_CHECK {\n}\n}\n",
      "{" HEAD
      ",\"forward\":\"nat\",\"check\":\"tcp\",\"servers\":{\"rs-10.0.0.1-80\":{\"address\":"
      "\"10.0.0.1\"},\"rs-10.0.0.2-80\":{\"address\":\"10.0.0.2\"}}}" },
    { "real_server 10.0.0.1 {\nTCP_CHECK {\n}\n}\nreal_server 10.0.0.2 {\n}\n",
      "{" HEAD ",\"forward\":\"nat\",\"servers\":{\"rs-10.0.0.1-80\":{\"address\":\"10.0.0.1\","
      "\"check\":\"tcp\"},\"rs-10.0.0.2-80\":{\"address\":\"10.0.0.2\",\"check\":[]}}}" },
};

START_TEST(services_are_made)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "virtual_server 192.0.2.1 80 {\nprotocol TCP\n%s}\n", texts[_i].text);
    ck_assert_msg(take(text.text), "%s", help.error);
    bool udp = strstr(texts[_i].text, "UDP") != NULL;
    json_t *service =
        json_object_get(import.services, udp ? "vs-192.0.2.1-udp-80" : "vs-192.0.2.1-tcp-80");
    ck_assert_ptr_nonnull(service);
    char *json = json_dumps(service, JSON_COMPACT);
    ck_assert_str_eq(json, texts[_i].service);
    free(json);
    strbuf_fini(&text);
}
END_TEST

static const struct {
    const char *text;
    const char *names[6];
} groups[] = {
    { "virtual_server 2001:db8::1 80 {\nprotocol TCP\nlb_kind TUN\n" RS "}\n",
      { "vs-2001-db8--1-tcp-80" } },
    { "virtual_server fwmark 7 {\n" RS "}\n", { "vs-fwmark-7" } },
    { "virtual_server fwmark 7 {\nreal_server 2001:db8::1 {\n}\n}\n", { "vs-fwmark-7-ipv6" } },
    { "virtual_server fwmark 7 {\nip_family inet6\nlb_kind TUN\n" RS "}\n",
      { "vs-fwmark-7-ipv6" } },
    { "virtual_server_group G {\n192.0.2.1 80\n192.0.2.2-3 81\nfwmark 7\nfwmark 8 inet\n}\n"
      "virtual_server group G {\nprotocol TCP\n" RS "}\n",
      { "vs-192.0.2.1-tcp-80", "vs-192.0.2.2-tcp-81", "vs-192.0.2.3-tcp-81", "vs-fwmark-7",
        "vs-fwmark-8" } },
    { "virtual_server group G {\nprotocol TCP\npersistence_timeout 9\n" RS "}\n"
      "virtual_server_group F {\n192.0.2.9\n}\nvirtual_server_group G {\n192.0.2.1\n}\n",
      { "vs-192.0.2.1-tcp-0" } },
    { "virtual_server 192.0.2.1 80 {\nprotocol TCP\n}\n", { NULL } },
};

START_TEST(groups_become_services)
{
    size_t count = 0;
    ck_assert_msg(take(groups[_i].text), "%s", help.error);
    for (; groups[_i].names[count] != NULL; count++)
        ck_assert_msg(json_object_get(import.services, groups[_i].names[count]) != NULL, "%s",
                      groups[_i].names[count]);
    ck_assert_uint_eq(json_object_size(import.services), count);
}
END_TEST

START_TEST(a_group_says_the_same_once)
{
    ck_assert(take("virtual_server_group G {\n192.0.2.1 80\n192.0.2.2-9 81\n}\n"
                   "virtual_server group G {\nprotocol TCP\nreal_server 10.0.0.1 80 {\nfoo\n}\n}\n"
                   "virtual_server 192.0.2.99 80 {\nprotocol TCP\nreal_server 10.0.0.1 80 {\nbar\n}"
                   "\n}\n"));
    const char *first = strstr(help.notes.text, "foo: left out");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "foo: left out"));
    help_expect_note("bar: left out");
}
END_TEST

START_TEST(a_mark_cannot_be_local)
{
    ck_assert(take("virtual_server fwmark 7 {\nha_suspend\n" RS "}\n"));
    json_t *service = json_object_get(import.services, "vs-fwmark-7");
    ck_assert_ptr_nonnull(service);
    ck_assert_ptr_null(json_object_get(service, "vip"));
    help_expect_note("k:2: ha_suspend: left out");
}
END_TEST

START_TEST(addresses_of_vrrp_must_be_local)
{
    (void)strmap_put(import.vips, "192.0.2.1", 1);
    ck_assert(take("virtual_server 192.0.2.1 80 {\nprotocol TCP\n" RS "}\n"
                   "virtual_server 192.0.2.2 80 {\nprotocol TCP\n" RS "}\n"));
    json_t *moves = json_object_get(import.services, "vs-192.0.2.1-tcp-80");
    json_t *stays = json_object_get(import.services, "vs-192.0.2.2-tcp-80");
    ck_assert(json_is_true(json_object_get(json_object_get(moves, "vip"), "require_local")));
    ck_assert_ptr_null(json_object_get(stays, "vip"));
    help_expect_note("k:1: VRRP moves 192.0.2.1: vip.require_local is taken");
}
END_TEST

static const struct {
    const char *text, *error;
} wrongs[] = {
    { "virtual_server {\n}\n", "k:1: virtual_server: \"\" is not an address" },
    { "virtual_server www 80 {\n}\n", "k:1: virtual_server: \"www\" is not an address" },
    { "virtual_server 192.0.2.1 http {\n}\n", "k:1: virtual_server: \"http\" is not a number" },
    { "virtual_server 0.0.0.0 80 {\n}\n", "k:1: the unspecified address" },
    { "virtual_server 192.0.2.1 {\n" RS "}\n", "k:1: a virtual server without a port needs a" },
    { "virtual_server fwmark 0 {\n" RS "}\n", "k:1: virtual_server: \"0\" is not a number from 1" },
    { "virtual_server group X {\n" RS "}\n", "k:1: there is no virtual_server_group \"X\"" },
    { "virtual_server_group G {\nwww 80\n}\nvirtual_server group G {\n" RS "}\n",
      "k:2: \"www\" is not an address, or a range" },
    { "virtual_server_group G {\n192.0.2.1 x\n}\nvirtual_server group G {\n" RS "}\n",
      "k:2: 192.0.2.1: \"x\" is not a number" },
    { "virtual_server_group G {\nfwmark x\n}\nvirtual_server group G {\n" RS "}\n",
      "k:2: fwmark: \"x\" is not a number" },
    { "virtual_server_group G {\n192.0.2.1 80\n192.0.2.1-2 80\n}\nvirtual_server group G {\n" RS
      "}\n",
      "k:5: the same virtual server is there already (vs-192.0.2.1-udp-80)" },
    { "virtual_server 192.0.2.1 80 {\n" RS "}\nvirtual_server 192.0.2.1 80 {\n" RS "}\n",
      "k:5: the same virtual server is there already" },
    { "virtual_server 192.0.2.1 80 {\npersistence_timeout 5\npersistence_granularity "
      "255.0.255.0\n" RS "}\n",
      "k:3: \"255.0.255.0\" is not a network mask" },
    { "virtual_server 192.0.2.1 80 {\npersistence_timeout 5\npersistence_granularity 33\n" RS "}\n",
      "k:3: \"33\" is not a network mask" },
    { "virtual_server 192.0.2.1 80 {\nsorry_server www 80\n" RS "}\n",
      "k:2: sorry_server: \"www\" is not an address" },
    { "virtual_server 192.0.2.1 80 {\nsorry_server 2001:db8::1 80\n" RS "}\n",
      "k:2: 2001:db8::1: a server of the other address family" },
    { "virtual_server 192.0.2.1 80 {\nreal_server x {\n}\n}\n",
      "k:2: real_server: \"x\" is not an address" },
};

START_TEST(wrong_services_are_refused)
{
    ck_assert(!take(wrongs[_i].text));
    help_expect_error(wrongs[_i].error);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, services_are_made, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_loop_test(tcase, groups_become_services, 0, sizeof(groups) / sizeof(*groups));
    tcase_add_test(tcase, a_group_says_the_same_once);
    tcase_add_test(tcase, a_mark_cannot_be_local);
    tcase_add_test(tcase, addresses_of_vrrp_must_be_local);
    tcase_add_loop_test(tcase, wrong_services_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
}

HELP_MAIN("keepalived_service", add)
