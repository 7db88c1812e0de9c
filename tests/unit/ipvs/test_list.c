// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/list.h"

#include "tests/unit/ipvs/reference_help.h"

static const struct ipvs_info info = { .version = 0x010201, .connection_table_size = 4096 };
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

/* The kernel's counters when the reference was made: a client's SYNs that nobody answered. */
static void add_reference_counters(void)
{
    static const struct ipvs_stats stats = { .connections = 1, .in_packets = 7, .in_bytes = 420 };
    struct ipvs_key key;
    ck_assert(ipvs_key_parse("tcp 192.0.2.1:80", &key));
    struct ipvs_service *service = ipvs_table_find(&table, &key);
    ck_assert_ptr_nonnull(service);
    ck_assert_uint_eq(service->dest_count, 3);
    service->stats = stats;
    service->dests[1].stats = stats;
}

static const struct {
    const char *section;
    enum list_columns columns;
} references[] = {
    { "list", LIST_DEFAULT },
    { "list--stats", LIST_STATS },
    { "list--rate", LIST_RATE },
    { "list--thresholds", LIST_THRESHOLDS },
    { "list--persistent-conn", LIST_PERSISTENT },
    { "list--tun-info", LIST_TUNNEL },
};

START_TEST(prints_what_ipvsadm_prints)
{
    struct list_options options = { .columns = references[_i].columns };
    ipvs_table_fini(&table);
    reference_table(&table);
    add_reference_counters();
    char *wanted = reference_section(references[_i].section);
    list_print(&table, &info, &options, &out);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
}
END_TEST

static const struct {
    const char *section;
    enum list_columns columns;
} empties[] = {
    { "empty", LIST_DEFAULT },
    { "empty--stats", LIST_STATS },
    { "empty--rate", LIST_RATE },
    { "empty--thresholds", LIST_THRESHOLDS },
    { "empty--persistent-conn", LIST_PERSISTENT },
    { "empty--tun-info", LIST_TUNNEL },
};

START_TEST(an_empty_table_has_headers)
{
    struct list_options options = { .columns = empties[_i].columns };
    char *wanted = reference_section(empties[_i].section);
    list_print(&table, &info, &options, &out);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
}
END_TEST

START_TEST(a_large_mark_is_negative_as_there)
{
    struct list_options options = { .columns = LIST_DEFAULT };
    struct ipvs_service service = { .key = { .family = ADDR_V4, .fwmark = 4000000000U },
                                    .scheduler = "ovf" };
    (void)ipvs_table_add(&table, &service);
    char *wanted = reference_section("list of a large mark");
    list_print(&table, &info, &options, &out);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
}
END_TEST

static void add_key(const char *text, const char *const *servers)
{
    struct ipvs_service service = { .scheduler = "rr" };
    ck_assert(ipvs_key_parse(text, &service.key));
    struct ipvs_service *added = ipvs_table_add(&table, &service);
    for (size_t i = 0; servers != NULL && servers[i] != NULL; i++) {
        struct ipvs_dest dest = { .port = 80 };
        ck_assert(addr_parse(servers[i], &dest.addr));
        (void)ipvs_service_add(added, &dest);
    }
}

/* As ipvsadm 1.31 has put them. */
START_TEST(order_is_that_of_ipvsadm)
{
    static const char *const keys[] = { "udp 10.9.0.100:53", "tcp 10.9.0.100:80",
                                        "fwmark 7 ipv6",     "tcp [2001:db8::1]:1",
                                        "fwmark 7",          "tcp 192.0.2.1:80",
                                        "tcp 192.0.2.1:0",   "fwmark 4000000000",
                                        "tcp [fd00::1]:1" };
    static const char *const sorted[] = { "fwmark 4000000000",   "tcp 192.0.2.1:0",
                                          "tcp 192.0.2.1:80",    "tcp 10.9.0.100:80",
                                          "udp 10.9.0.100:53",   "tcp [fd00::1]:1",
                                          "tcp [2001:db8::1]:1", "fwmark 7",
                                          "fwmark 7 ipv6" };
    static const char *const servers[] = { "10.0.0.2", "192.0.2.9", "10.0.0.1", NULL };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        add_key(keys[i], servers);
    list_sort(&table);
    ck_assert_uint_eq(table.count, sizeof(sorted) / sizeof(sorted[0]));
    for (size_t i = 0; i < table.count; i++) {
        char text[IPVS_TEXT_MAX];
        ipvs_key_print(&table.services[i].key, text);
        ck_assert_str_eq(text, sorted[i]);
    }
    const struct ipvs_dest *dests = table.services[0].dests;
    ck_assert_uint_eq(dests[0].addr.bytes[0], 192);
    ck_assert_uint_eq(dests[1].addr.bytes[3], 1);
    ck_assert_uint_eq(dests[2].addr.bytes[3], 2);
}
END_TEST

START_TEST(daemons_are_printed_master_first)
{
    struct ipvs_daemon backup = { .role = IPVS_BACKUP, .interface = "d0", .id = 4, .port = 8848 };
    struct ipvs_daemon master = { .role = IPVS_MASTER, .interface = "d0", .port = 9000 };
    backup.max_length = 1452;
    backup.ttl = 1;
    master.max_length = 1200;
    master.ttl = 2;
    ck_assert(addr_parse("ff02::81", &backup.group));
    ck_assert(addr_parse("224.0.0.99", &master.group));
    table.daemons[0] = backup;
    table.daemons[1] = master;
    table.daemon_count = 2;
    char *wanted = reference_section("daemons");
    list_print_daemons(&table, &out);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
    strbuf_clear(&out);
    table.daemons[0] = (struct ipvs_daemon){ .role = IPVS_BACKUP, .interface = "eth0", .id = 255 };
    table.daemon_count = 1;
    list_print_daemons(&table, &out);
    ck_assert_str_eq(out.text, "backup sync daemon (mcast=eth0, syncid=255)\n");
}
END_TEST

START_TEST(timeouts_are_printed)
{
    struct ipvs_timeouts timeouts = { .tcp = 800, .tcp_fin = 100, .udp = 250 };
    char *wanted = reference_section("list--timeout");
    list_print_timeouts(&timeouts, &out);
    ck_assert_str_eq(out.text, wanted);
    mem_free(wanted);
}
END_TEST

/* By the source of ipvsadm: the units begin at 10^8, 10^9, 10^11 and 10^14. */
static const struct {
    uint64_t number;
    const char *text, *exact;
} numbers[] = {
    { 0, "        0", "        0" },
    { 12345678, " 12345678", " 12345678" },
    { 99999999, " 99999999", " 99999999" },
    { 100000000, "  100000K", " 100000000" },
    { 999999999, "  999999K", " 999999999" },
    { 1000000000, "    1000M", " 1000000000" },
    { 99999999999, "   99999M", " 99999999999" },
    { 100000000000, "     100G", " 100000000000" },
    { 99999999999999, "   99999G", " 99999999999999" },
    { 100000000000000, "     100T", " 100000000000000" },
    { UINT64_MAX, "18446744T", " 18446744073709551615" },
};

static void print_number(uint64_t number, enum list_columns columns, bool exact)
{
    struct list_options options = { .columns = columns, .exact = exact };
    struct ipvs_service service = { .key = { .family = ADDR_V4, .fwmark = 1 }, .scheduler = "rr" };
    struct ipvs_dest dest = { .addr = { .family = ADDR_V4, .bytes = { 10, 0, 0, 1 } } };
    service.stats.out_bytes = service.stats.out_byte_rate = number;
    dest.stats.out_bytes = dest.stats.out_byte_rate = number;
    dest.stats.connection_rate = number;
    ipvs_table_fini(&table);
    (void)ipvs_service_add(ipvs_table_add(&table, &service), &dest);
    strbuf_clear(&out);
    list_print(&table, &info, &options, &out);
}

static void expect_tail(const char *tail)
{
    char line[128];
    (void)snprintf(line, sizeof(line), "        0%s\n", tail);
    const char *service = strstr(out.text, "FWM  1 ");
    ck_assert_ptr_nonnull(service);
    ck_assert_ptr_nonnull(strstr(service, line));
    const char *dest = strstr(out.text, "  -> 10.0.0.1:0 ");
    ck_assert_ptr_nonnull(dest);
    ck_assert_ptr_nonnull(strstr(dest, line));
}

START_TEST(big_numbers_get_units)
{
    print_number(numbers[_i].number, LIST_STATS, false);
    expect_tail(numbers[_i].text);
    print_number(numbers[_i].number, LIST_STATS, true);
    expect_tail(numbers[_i].exact);
    print_number(numbers[_i].number, LIST_RATE, false);
    expect_tail(numbers[_i].text);
    print_number(numbers[_i].number, LIST_RATE, true);
    expect_tail(numbers[_i].exact);
}
END_TEST

START_TEST(rates_of_servers_are_not_shortened)
{
    print_number(123456789, LIST_RATE, false);
    ck_assert_ptr_nonnull(
        strstr(out.text, "  -> 10.0.0.1:0                   123456789        0        0        0  "
                         "123456K\n"));
}
END_TEST

START_TEST(connections_have_their_columns)
{
    struct ipvs_service service = { .key = { .family = ADDR_V4, .fwmark = 1 }, .scheduler = "rr" };
    struct ipvs_dest dest = { .addr = { .family = ADDR_V4, .bytes = { 10, 0, 0, 1 } },
                              .forward = IPVS_LOCAL,
                              .weight = 12,
                              .active = 3,
                              .inactive = 1234567890,
                              .persistent = 56 };
    struct list_options options = { .columns = LIST_DEFAULT };
    (void)ipvs_service_add(ipvs_table_add(&table, &service), &dest);
    list_print(&table, &info, &options, &out);
    ck_assert_ptr_nonnull(strstr(
        out.text, "  -> 10.0.0.1:0                   Local   12     3          1234567890\n"));
    options.columns = LIST_PERSISTENT;
    list_print(&table, &info, &options, &out);
    ck_assert_ptr_nonnull(
        strstr(out.text,
               "  -> 10.0.0.1:0                   12        56          3          1234567890\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *tcase = tcase_create("list_print");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, prints_what_ipvsadm_prints, 0,
                        sizeof(references) / sizeof(*references));
    tcase_add_loop_test(tcase, an_empty_table_has_headers, 0, sizeof(empties) / sizeof(*empties));
    tcase_add_test(tcase, a_large_mark_is_negative_as_there);
    tcase_add_loop_test(tcase, big_numbers_get_units, 0, sizeof(numbers) / sizeof(*numbers));
    tcase_add_test(tcase, rates_of_servers_are_not_shortened);
    tcase_add_test(tcase, connections_have_their_columns);
    tcase_add_test(tcase, order_is_that_of_ipvsadm);
    tcase_add_test(tcase, daemons_are_printed_master_first);
    tcase_add_test(tcase, timeouts_are_printed);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
