// SPDX-License-Identifier: BSD-2-Clause
// Whole files; samples with all that becomes of them are in tests/keepalived.
#include "ctl/keepalived.h"

#include "tests/unit/ctl/keepalived_help.h"

#include <jansson.h>

#define VS "virtual_server 192.0.2.1 80 {\nprotocol TCP\nreal_server 10.0.0.1 80 {\n}\n}\n"

static struct strbuf json;

static void set_up(void)
{
    strbuf_init(&json);
}

static void tear_down(void)
{
    strbuf_fini(&json);
}

static bool import(const char *text)
{
    help_write("k", text);
    help.report.failed =
        !keepalived_import(help.path, &json, &help.notes, help.error, sizeof(help.error));
    return !help.report.failed;
}

static void expect_ipvs(const char *key, const char *wanted)
{
    json_t *root = json_loads(json.text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    json_t *value = json_object_get(json_object_get(root, "ipvs"), key);
    char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;
    if (wanted == NULL)
        ck_assert_ptr_null(text);
    else
        ck_assert_str_eq(text, wanted);
    free(text);
    json_decref(root);
}

START_TEST(a_small_file_becomes_a_small_configuration)
{
    ck_assert_msg(import(VS), "%s", help.error);
    ck_assert_str_eq(json.text, "{\n"
                                "  \"ipvs\": {\n"
                                "    \"services\": {\n"
                                "      \"vs-192.0.2.1-tcp-80\": {\n"
                                "        \"address\": \"192.0.2.1\",\n"
                                "        \"port\": 80,\n"
                                "        \"protocol\": \"tcp\",\n"
                                "        \"scheduler\": \"wlc\",\n"
                                "        \"forward\": \"nat\",\n"
                                "        \"servers\": {\n"
                                "          \"rs-10.0.0.1-80\": {\n"
                                "            \"address\": \"10.0.0.1\"\n"
                                "          }\n"
                                "        }\n"
                                "      }\n"
                                "    }\n"
                                "  }\n"
                                "}\n");
    ck_assert_str_eq(help.notes.text, "");
}
END_TEST

static const struct {
    const char *text; /* before a virtual server */
    const char *key, *value;
} globals[] = {
    { "global_defs {\nlvs_timeouts tcp 1 tcpfin 2 udp 3\n}\n", "timeouts",
      "{\"tcp\":\"1s\",\"tcp_fin\":\"2s\",\"udp\":\"3s\"}" },
    { "global_defs {\nlvs_timeouts udp 3\n}\n", "timeouts", "{\"udp\":\"3s\"}" },
    { "global_defs {\nlvs_sync_daemon eth0\n}\n", "sync",
      "{\"role\":\"both\",\"interface\":\"eth0\"}" },
    { "global_defs {\nlvs_sync_daemon eth0 id 5 maxlen 1400 port 8849 ttl 2 group ff02::81\n}\n",
      "sync",
      "{\"role\":\"both\",\"interface\":\"eth0\",\"id\":5,\"maxlen\":1400,\"port\":8849,\"ttl\":2,"
      "\"group\":\"ff02::81\"}" },
    { "global_defs {\nlvs_sync_daemon eth0 inst V\n}\nvrrp_instance V {\nvirtual_router_id 7\n}\n",
      "sync", "{\"role\":\"follow\",\"interface\":\"eth0\",\"id\":7}" },
    { "global_defs {\nlvs_sync_daemon eth0 V id 9\n}\nvrrp_instance V {\nvirtual_router_id 7\n}\n",
      "sync", "{\"role\":\"follow\",\"interface\":\"eth0\",\"id\":9}" },
    { "vrrp_instance V {\nlvs_sync_daemon_inteface eth1\nvirtual_router_id 7\n}\n", "sync",
      "{\"role\":\"follow\",\"interface\":\"eth1\",\"id\":7}" },
    { "vrrp_instance V {\nlvs_sync_daemon_interface eth1\n}\n", "sync",
      "{\"role\":\"follow\",\"interface\":\"eth1\"}" },
    { "vrrp_instance V {\n}\n", "sync", NULL },
};

START_TEST(globals_are_taken_over)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "%s" VS, globals[_i].text);
    ck_assert_msg(import(text.text), "%s", help.error);
    expect_ipvs(globals[_i].key, globals[_i].value);
    strbuf_fini(&text);
}
END_TEST

static const struct {
    const char *text, *note;
} notes[] = {
    { "global_defs {\nrouter_id x\n}\n", "k:1: global_defs: what is for VRRP, mail" },
    { "global_defs {\nlvs_flush\n}\n", "k:2: lvs_flush: left out: the table is never flushed" },
    { "global_defs {\nlvs_flush_on_stop VS\n}\n", "k:2: lvs_flush_on_stop: left out: services" },
    { "global_defs {\nlvs_notify_fifo x\n}\n", "k:2: lvs_notify_fifo: left out" },
    { "global_defs {\nnftables_ipvs\n}\n", "k:2: nftables_ipvs: left out: each address" },
    { "vrrp_instance V {\n}\n", "k:1: vrrp_instance V: left out: keep it in keepalived: run "
                                "\"keepalived --vrrp\" beside gslbd" },
    { "vrrp_sync_group G {\n}\n", "k:1: vrrp_sync_group G: left out: keep it in keepalived" },
    { "vrrp_script s {\n}\n", "k:1: vrrp_script s: left out: keep it in keepalived" },
    { "bfd_instance b {\n}\n", "k:1: bfd_instance b: left out: keep it in keepalived" },
    { "static_routes {\n}\n", "k:1: static_routes: left out: keep it in keepalived" },
    { "SSL {\n}\n", "k:1: SSL: left out: there is no HTTPS check" },
    { "net_namespace blue\n", "k:1: net_namespace blue: left out: start gslbd in the namespace" },
    { "use_pid_dir\n", "k:1: use_pid_dir: left out: it is for keepalived itself" },
    { "@one vrrp_script s {\n}\n", "k:1: @one vrrp_script: left out" },
    { "vrrp_instance V {\nvirtual_ipaddress {\n192.0.2.1/24 dev eth0\n}\n}\n",
      "k:6: VRRP moves 192.0.2.1: vip.require_local is taken" },
    { "vrrp_instance V {\nvirtual_ipaddress_excluded {\n@one 192.0.2.1\nx\n}\n}\n",
      "k:7: VRRP moves 192.0.2.1: vip.require_local is taken" },
};

START_TEST(what_is_left_out_is_told)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "%s" VS, notes[_i].text);
    ck_assert_msg(import(text.text), "%s", help.error);
    help_expect_note(notes[_i].note);
    strbuf_fini(&text);
}
END_TEST

static const struct {
    const char *text, *error;
} wrongs[] = {
    { "", "k: there is no virtual_server with a real_server in it" },
    { "vrrp_instance V {\n}\n", "k: there is no virtual_server with" },
    { "virtual_server 192.0.2.1 80 {\n}\n", "k: there is no virtual_server with" },
    { VS "virtual_server 192.0.2.1 80 {\n", "k:6: the block \"virtual_server\" is never closed" },
    { VS "}\n", "k:6: \"}\" without" },
    { "@one virtual_server 192.0.2.1 80 {\n}\n", "k:1: lines with \"@\" and \"~\"" },
    { "@one $X=1\n", "k:1: lines with \"@\" and \"~\"" },
    { "~LST(A, 1, 2) virtual_server 192.0.2.${A} 80 {\n}\n", "k:1: lines with \"@\" and \"~\"" },
    { "global_defs {\nlvs_timeouts http 5\n}\n", "k:2: lvs_timeouts: \"http\" is not tcp" },
    { "global_defs {\nlvs_timeouts tcp\n}\n", "k:2: lvs_timeouts: \"\" is not a number" },
    { "global_defs {\nlvs_sync_daemon\n}\n", "k:2: lvs_sync_daemon: \"\" is not the name of an" },
    { "global_defs {\nlvs_sync_daemon 0123456789abcdef\n}\n", "k:2: lvs_sync_daemon: \"0123" },
    { "global_defs {\nlvs_sync_daemon e id 256\n}\n", "k:2: lvs_sync_daemon: \"256\" is not" },
    { "global_defs {\nlvs_sync_daemon e group x\n}\n", "k:2: \"x\" is not an address" },
    { "vrrp_instance V {\nlvs_sync_daemon_interface\n}\n", "k:2: lvs_sync_daemon_interface: \"\"" },
    { "vrrp_instance V {\nlvs_sync_daemon_interface e\nvirtual_router_id x\n}\n",
      "k:3: virtual_router_id: \"x\" is not a number" },
};

START_TEST(wrong_files_are_refused_without_json)
{
    ck_assert(!import(wrongs[_i].text));
    help_expect_error(wrongs[_i].error);
    ck_assert_str_eq(json.text, "");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error)
{
    ck_assert(!keepalived_import(help.path, &json, &help.notes, help.error, sizeof(help.error)));
    ck_assert_ptr_nonnull(strstr(help.error, "No such file"));
}
END_TEST

START_TEST(servers_of_the_other_family_exclude_the_sync_daemon)
{
    ck_assert(import("global_defs {\nlvs_sync_daemon eth0\n}\n"
                     "virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_kind TUN\n"
                     "real_server 2001:db8::1 80 {\n}\n}\n"));
    expect_ipvs("sync", NULL);
    help_expect_note("k: lvs_sync_daemon: left out: the kernel refuses servers of the other "
                     "address family (2001:db8::1)");
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_small_file_becomes_a_small_configuration);
    tcase_add_loop_test(tcase, globals_are_taken_over, 0, sizeof(globals) / sizeof(*globals));
    tcase_add_loop_test(tcase, what_is_left_out_is_told, 0, sizeof(notes) / sizeof(*notes));
    tcase_add_loop_test(tcase, wrong_files_are_refused_without_json, 0,
                        sizeof(wrongs) / sizeof(*wrongs));
    tcase_add_test(tcase, a_file_that_is_not_there_is_an_error);
    tcase_add_test(tcase, servers_of_the_other_family_exclude_the_sync_daemon);
}

HELP_MAIN("keepalived", add)
