// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/save.h"

#include "tests/unit/ipvs/reference_help.h"
#include "tests/unit/ipvs/table_random.h"

static struct ipvs_table table;
static struct strbuf out;

static void set_up(void)
{
    ipvs_table_init(&table);
    strbuf_init(&out);
}

static void tear_down(void)
{
    ipvs_table_fini(&table);
    strbuf_fini(&out);
}

static void save(bool plain)
{
    struct save_options options = { .plain = plain };
    strbuf_clear(&out);
    save_print(&table, &options, &out);
}

START_TEST(plain_is_what_ipvsadm_save_prints)
{
    reference_table(&table);
    char *wanted = reference_section("save");
    save(true);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
}
END_TEST

START_TEST(a_large_mark_is_negative_in_plain_text_only)
{
    struct ipvs_service service = { .key = { .family = ADDR_V4, .fwmark = 4000000000U },
                                    .scheduler = "ovf" };
    (void)ipvs_table_add(&table, &service);
    char *wanted = reference_section("save of a large mark");
    save(true);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
    save(false);
    ck_assert_str_eq(out.text, "-A -f 4000000000 -s ovf\n");
}
END_TEST

START_TEST(thresholds_timeouts_and_daemons_are_kept)
{
    struct ipvs_service service = { .key = { .family = ADDR_V4, .fwmark = 7 }, .scheduler = "rr" };
    struct ipvs_dest dest = { .addr = { .family = ADDR_V4, .bytes = { 10, 0, 0, 1 } },
                              .forward = IPVS_TUN,
                              .tunnel = IPVS_GUE,
                              .tunnel_port = 6080,
                              .weight = 3,
                              .upper = 100,
                              .lower = 50 };
    struct ipvs_service *added = ipvs_table_add(&table, &service);
    (void)ipvs_service_add(added, &dest);
    dest = (struct ipvs_dest){ .addr = dest.addr, .port = 1, .forward = IPVS_NAT, .upper = 9 };
    (void)ipvs_service_add(added, &dest);
    table.timeouts = (struct ipvs_timeouts){ .tcp = 900, .tcp_fin = 120, .udp = 300 };
    table.daemons[0] = (struct ipvs_daemon){ .role = IPVS_MASTER, .interface = "eth0", .id = 3 };
    table.daemons[1] = (struct ipvs_daemon){ .role = IPVS_BACKUP,
                                             .interface = "eth0.10",
                                             .id = 4,
                                             .max_length = 1472,
                                             .port = 8848,
                                             .ttl = 2 };
    ck_assert(addr_parse("ff02::81", &table.daemons[1].group));
    table.daemon_count = 2;
    save(false);
    ck_assert_str_eq(out.text,
                     "-A -f 7 -s rr\n"
                     "-a -f 7 -r 10.0.0.1:0 -i -w 3 --tun-type gue --tun-port 6080 --tun-nocsum -x "
                     "100 -y 50\n"
                     "-a -f 7 -r 10.0.0.1:1 -m -w 0 -x 9\n"
                     "# ipvsadm --set 900 120 300\n"
                     "# ipvsadm --start-daemon master --mcast-interface eth0 --syncid 3\n"
                     "# ipvsadm --start-daemon backup --mcast-interface eth0.10 --syncid 4 "
                     "--sync-maxlen 1472 --mcast-group ff02::81 --mcast-port 8848 --mcast-ttl 2\n");
    save(true);
    ck_assert_str_eq(out.text,
                     "-A -f 7 -s rr\n"
                     "-a -f 7 -r 10.0.0.1:0 -i -w 3 --tun-type gue --tun-port 6080 --tun-nocsum\n"
                     "-a -f 7 -r 10.0.0.1:1 -m -w 0\n");
}
END_TEST

static void parse_back(struct ipvs_table *again)
{
    struct errlist errors;
    errlist_init(&errors);
    ipvs_table_init(again);
    bool good = restore_parse("saved", out.text, out.length, again, &errors);
    ck_assert_msg(good, "%s\n%s", errors.count > 0 ? errors.lines[0] : "", out.text);
    errlist_fini(&errors);
}

/* Plain text loses the thresholds and nothing else. */
static void drop_thresholds(void)
{
    for (size_t i = 0; i < table.count; i++) {
        for (size_t d = 0; d < table.services[i].dest_count; d++)
            table.services[i].dests[d].upper = table.services[i].dests[d].lower = 0;
    }
}

START_TEST(what_is_saved_restores_to_the_same_table)
{
    uint64_t state = (uint64_t)_i + 1;
    struct ipvs_table again;
    random_table(&state, &table);
    save(false);
    parse_back(&again);
    assert_same_tables(&table, &again);
    ipvs_table_fini(&again);
    save(true);
    parse_back(&again);
    drop_thresholds();
    assert_same_tables(&table, &again);
    ipvs_table_fini(&again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("save");
    TCase *tcase = tcase_create("save_print");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, plain_is_what_ipvsadm_save_prints);
    tcase_add_test(tcase, a_large_mark_is_negative_in_plain_text_only);
    tcase_add_test(tcase, thresholds_timeouts_and_daemons_are_kept);
    tcase_add_loop_test(tcase, what_is_saved_restores_to_the_same_table, 0, 500);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
