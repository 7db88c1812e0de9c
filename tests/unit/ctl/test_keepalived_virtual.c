// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_virtual.h"

#include "tests/unit/ctl/keepalived_help.h"

static struct keepalived_checks checks;
static struct keepalived_virtual virtual;

static bool read_virtual(const char *settings)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "virtual_server 192.0.2.1 80 {\n%s\n}\n", settings);
    struct keepalived_node *node = help_node(text.text);
    strbuf_fini(&text);
    ck_assert_msg(node != NULL, "%s", help.error);
    return keepalived_virtual_read(&help.report, node, &checks, &virtual);
}

START_TEST(defaults_are_keepaliveds)
{
    ck_assert(read_virtual(""));
    ck_assert_str_eq(virtual.scheduler, "wlc");
    ck_assert_uint_eq(virtual.parent.method.forward, IPVS_NAT);
    ck_assert_uint_eq(virtual.protocol, IPVS_UDP);
    help_expect_note("k:1: virtual_server: no protocol is given: UDP is taken");
    ck_assert(!virtual.persistent);
    ck_assert_uint_eq(virtual.quorum, 1);
    ck_assert_uint_eq(virtual.parent.weight, 1);
    ck_assert_int_eq(virtual.parent.timing.retry, -1);
    keepalived_virtual_fini(&virtual);
}
END_TEST

START_TEST(settings_are_read)
{
    ck_assert(read_virtual("lb_algo sh\nsh-port\nflag-3\nlb_kind TUN type gre\nops\nprotocol Sctp\n"
                           "persistence_timeout 50\npersistence_granularity 255.255.0.0\n"
                           "persistence_engine sip\nip_family inet6\nquorum 5\nhysteresis 2\n"
                           "inhibit_on_failure\nsorry_server 10.0.0.9 80\n"
                           "sorry_server_lvs_method DR\nweight 4\nha_suspend\ndelay_loop 6\n"
                           "virtualhost v.example\nreal_server x {\nnonsense\n}"));
    ck_assert_str_eq(virtual.scheduler, "sh");
    ck_assert_uint_eq(json_array_size(virtual.flags), 2);
    ck_assert_uint_eq(virtual.parent.method.forward, IPVS_TUN);
    ck_assert_ptr_nonnull(virtual.ops);
    ck_assert_uint_eq(virtual.protocol, IPVS_SCTP);
    ck_assert(virtual.persistent && virtual.quiesce && virtual.local);
    ck_assert_uint_eq(virtual.persistence, 50);
    ck_assert_str_eq(keepalived_word(virtual.granularity, 1), "255.255.0.0");
    ck_assert_str_eq(keepalived_word(virtual.engine, 1), "sip");
    ck_assert_uint_eq(virtual.family, ADDR_V6);
    ck_assert_uint_eq(virtual.quorum, 5);
    ck_assert_uint_eq(virtual.hysteresis, 2);
    ck_assert_str_eq(keepalived_word(virtual.sorry, 1), "10.0.0.9");
    ck_assert(virtual.sorry_has_method);
    ck_assert_uint_eq(virtual.sorry_method.forward, IPVS_DR);
    ck_assert_uint_eq(virtual.parent.weight, 4);
    ck_assert_int_eq(virtual.parent.timing.interval_ms, 6000);
    ck_assert_str_eq(virtual.parent.timing.virtualhost, "v.example");
    keepalived_virtual_fini(&virtual);
}
END_TEST

START_TEST(persistence_may_lack_its_time_or_be_off)
{
    ck_assert(read_virtual("persistence_timeout"));
    ck_assert_uint_eq(virtual.persistence, 360);
    ck_assert(virtual.persistent);
    keepalived_virtual_fini(&virtual);
    ck_assert(read_virtual("persistence_timeout 0"));
    ck_assert(!virtual.persistent);
    keepalived_virtual_fini(&virtual);
}
END_TEST

static const struct {
    const char *text, *note;
} notes[] = {
    { "lvs_sched fancy", "k:2: lvs_sched: there is no scheduler \"fancy\": wlc is taken" },
    { "omega", "k:2: omega: left out: no programs" },
    { "quorum_up x", "k:2: quorum_up: left out: no programs" },
    { "quorum_down x", "k:2: quorum_down: left out: no programs" },
    { "smtp_alert", "k:2: smtp_alert: left out: no mail" },
    { "snmp_name x", "k:2: snmp_name: left out: there is no SNMP" },
    { "sorry_server_inhibit", "k:2: sorry_server_inhibit: left out: the sorry server" },
    { "nat_mask 255.255.255.0", "k:2: nat_mask: left out" },
    { "alpha", "k:2: alpha: left out: a server counts as up" },
    { "warmup 5", "k:2: warmup: left out: probes are spread" },
    { "foo bar", "k:2: foo: left out: this is not known as an option of a virtual server" },
};

START_TEST(what_is_left_out_is_told)
{
    ck_assert(read_virtual(notes[_i].text));
    help_expect_note(notes[_i].note);
    keepalived_virtual_fini(&virtual);
}
END_TEST

static const struct {
    const char *text, *error;
} wrongs[] = {
    { "lb_kind dr", "k:2: lb_kind: \"dr\" is not NAT, DR or TUN" },
    { "protocol ICMP", "k:2: \"ICMP\" is not TCP, UDP or SCTP" },
    { "ip_family ipv6", "k:2: \"ipv6\" is not inet or inet6" },
    { "persistence_timeout 2678401", "k:2: persistence_timeout: \"2678401\" is not a number" },
    { "quorum 0", "k:2: quorum: \"0\" is not a number from 1" },
    { "hysteresis -1", "k:2: hysteresis: \"-1\" is not a number" },
    { "inhibit_on_failure 2", "k:2: inhibit_on_failure: \"2\" is neither" },
    { "sorry_server_lvs_method x", "k:2: sorry_server_lvs_method: \"x\" is not" },
    { "weight x", "k:2: weight: \"x\" is not a number" },
    { "delay_loop x", "k:2: delay_loop: \"x\" is not a number of seconds" },
    { "@one lb_kind DR", "k:2: lines with \"@\" and \"~\"" },
    { "~SEQ(A,1,2) foo", "k:2: lines with \"@\" and \"~\"" },
};

START_TEST(wrong_settings_are_refused)
{
    ck_assert(!read_virtual(wrongs[_i].text));
    help_expect_error(wrongs[_i].error);
    keepalived_virtual_fini(&virtual);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_test(tcase, defaults_are_keepaliveds);
    tcase_add_test(tcase, settings_are_read);
    tcase_add_test(tcase, persistence_may_lack_its_time_or_be_off);
    tcase_add_loop_test(tcase, what_is_left_out_is_told, 0, sizeof(notes) / sizeof(*notes));
    tcase_add_loop_test(tcase, wrong_settings_are_refused, 0, sizeof(wrongs) / sizeof(*wrongs));
}

HELP_MAIN("keepalived_virtual", add)
