// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/json.h"

#include "tests/unit/ipvs/table_random.h"

#include <stdlib.h>

static struct ipvs_table table;

static void set_up(void)
{
    ipvs_table_init(&table);
}

static void tear_down(void)
{
    ipvs_table_fini(&table);
}

static void expect_text(json_t *object, const char *wanted)
{
    char *text = json_dumps(object, JSON_COMPACT);
    ck_assert_str_eq(text, wanted);
    free(text);
    json_decref(object);
}

static struct ipvs_service *add_service(const char *key)
{
    struct ipvs_service service = { .scheduler = "sh", .prefix = 24 };
    ck_assert(ipvs_key_parse(key, &service.key));
    return ipvs_table_add(&table, &service);
}

START_TEST(what_does_not_apply_is_left_out)
{
    struct ipvs_service *service = add_service("tcp 192.0.2.1:80");
    expect_text(ipvs_json_service(service, false),
                "{\"key\":\"tcp 192.0.2.1:80\",\"address\":\"192.0.2.1\",\"port\":80,"
                "\"protocol\":\"tcp\",\"family\":\"ipv4\",\"scheduler\":\"sh\",\"servers\":[]}");
    service = add_service("fwmark 7 ipv6");
    expect_text(ipvs_json_service(service, false),
                "{\"key\":\"fwmark 7 ipv6\",\"fwmark\":7,\"family\":\"ipv6\",\"scheduler\":\"sh\","
                "\"servers\":[]}");
}
END_TEST

START_TEST(everything_is_told)
{
    struct ipvs_service *service = add_service("udp [2001:db8::1]:53");
    struct ipvs_dest dest = { .forward = IPVS_TUN,
                              .tunnel = IPVS_GUE,
                              .tunnel_port = 6080,
                              .checksum = IPVS_REMCSUM,
                              .port = 53,
                              .weight = 5,
                              .upper = 100,
                              .lower = 50,
                              .active = 1,
                              .inactive = 2,
                              .persistent = 3 };
    ck_assert(addr_parse("10.0.0.1", &dest.addr));
    dest.stats.in_bytes = UINT64_MAX;
    service->flags = IPVS_PERSISTENT | IPVS_ONE_PACKET | IPVS_SCHED1 | IPVS_SCHED2;
    service->timeout = 300;
    memcpy(service->engine, "sip", sizeof("sip"));
    service->stats.out_byte_rate = 9;
    (void)ipvs_service_add(service, &dest);
    expect_text(
        ipvs_json_service(service, true),
        "{\"key\":\"udp [2001:db8::1]:53\",\"address\":\"2001:db8::1\",\"port\":53,"
        "\"protocol\":\"udp\",\"family\":\"ipv6\",\"scheduler\":\"sh\",\"flags\":[\"sh-fallback\","
        "\"sh-port\"],\"persistence\":300,\"persistence_prefix\":24,\"engine\":\"sip\","
        "\"one_packet\":true,\"stats\":{\"connections\":0,\"in_packets\":0,\"out_packets\":0,"
        "\"in_bytes\":0,\"out_bytes\":0,\"connection_rate\":0,\"in_packet_rate\":0,"
        "\"out_packet_rate\":0,\"in_byte_rate\":0,\"out_byte_rate\":9},\"servers\":[{\"address\":"
        "\"10.0.0.1\",\"port\":53,\"forward\":\"tun\",\"weight\":5,\"upper\":100,\"lower\":50,"
        "\"tunnel\":{\"type\":\"gue\",\"port\":6080,\"checksum\":\"remcsum\"},\"active\":1,"
        "\"inactive\":2,\"persistent\":3,\"stats\":{\"connections\":0,\"in_packets\":0,"
        "\"out_packets\":0,\"in_bytes\":9223372036854775807,\"out_bytes\":0,\"connection_rate\":0,"
        "\"in_packet_rate\":0,\"out_packet_rate\":0,\"in_byte_rate\":0,\"out_byte_rate\":0}}]}");
}
END_TEST

static void add_counters(uint64_t *state, struct ipvs_stats *stats)
{
    stats->connections = random_next(state) >> 1;
    stats->in_packets = random_next(state) >> 2;
    stats->out_packets = random_next(state) >> 3;
    stats->in_bytes = random_next(state) >> 4;
    stats->out_bytes = random_next(state) >> 5;
    stats->connection_rate = random_next(state) >> 6;
    stats->in_packet_rate = random_next(state) >> 7;
    stats->out_packet_rate = random_next(state) >> 8;
    stats->in_byte_rate = random_next(state) >> 9;
    stats->out_byte_rate = random_next(state) >> 10;
}

static void assert_same_counters(const struct ipvs_table *a, const struct ipvs_table *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct ipvs_service *left = &a->services[i];
        const struct ipvs_service *right = &b->services[i];
        ck_assert_mem_eq(&left->stats, &right->stats, sizeof(left->stats));
        for (size_t d = 0; d < left->dest_count; d++) {
            ck_assert_uint_eq(left->dests[d].active, right->dests[d].active);
            ck_assert_uint_eq(left->dests[d].inactive, right->dests[d].inactive);
            ck_assert_uint_eq(left->dests[d].persistent, right->dests[d].persistent);
            ck_assert_mem_eq(&left->dests[d].stats, &right->dests[d].stats,
                             sizeof(left->dests[d].stats));
        }
    }
}

START_TEST(services_come_back_as_they_were)
{
    uint64_t state = (uint64_t)_i + 1;
    struct ipvs_table again;
    ipvs_table_init(&again);
    random_table(&state, &table);
    for (size_t i = 0; i < table.count; i++) {
        add_counters(&state, &table.services[i].stats);
        for (size_t d = 0; d < table.services[i].dest_count; d++) {
            table.services[i].dests[d].active = (uint32_t)random_next(&state);
            table.services[i].dests[d].inactive = (uint32_t)random_next(&state);
            table.services[i].dests[d].persistent = (uint32_t)random_next(&state);
            add_counters(&state, &table.services[i].dests[d].stats);
        }
        json_t *object = ipvs_json_service(&table.services[i], true);
        ck_assert(ipvs_json_read_service(object, &again));
        json_decref(object);
    }
    assert_same_tables(&table, &again);
    assert_same_counters(&table, &again);
    ipvs_table_fini(&again);
}
END_TEST

START_TEST(timeouts_come_back)
{
    struct ipvs_timeouts timeouts = { .tcp = 900, .tcp_fin = 120, .udp = 300 };
    struct ipvs_timeouts again;
    json_t *object = ipvs_json_timeouts(&timeouts);
    ck_assert(ipvs_json_read_timeouts(object, &again));
    ck_assert_uint_eq(again.tcp, 900);
    ck_assert_uint_eq(again.tcp_fin, 120);
    ck_assert_uint_eq(again.udp, 300);
    expect_text(object, "{\"tcp\":900,\"tcp_fin\":120,\"udp\":300}");
    object = json_pack("{s:s}", "tcp", "900");
    ck_assert(!ipvs_json_read_timeouts(object, &again));
    ck_assert(!ipvs_json_read_timeouts(NULL, &again));
    json_decref(object);
}
END_TEST

START_TEST(daemons_come_back)
{
    struct ipvs_daemon daemon = { .role = IPVS_BACKUP, .interface = "eth0", .id = 7 };
    struct ipvs_daemon again;
    json_t *object = ipvs_json_daemon(&daemon);
    ck_assert(ipvs_json_read_daemon(object, &again));
    ck_assert_mem_eq(&daemon, &again, sizeof(daemon));
    expect_text(object, "{\"role\":\"backup\",\"interface\":\"eth0\",\"id\":7}");
    daemon = (struct ipvs_daemon){ .role = IPVS_MASTER, .interface = "b", .max_length = 1472 };
    daemon.port = 8848;
    daemon.ttl = 3;
    ck_assert(addr_parse("224.0.0.81", &daemon.group));
    object = ipvs_json_daemon(&daemon);
    ck_assert(ipvs_json_read_daemon(object, &again));
    ck_assert_mem_eq(&daemon, &again, sizeof(daemon));
    expect_text(object,
                "{\"role\":\"master\",\"interface\":\"b\",\"id\":0,\"group\":\"224.0.0.81\","
                "\"port\":8848,\"ttl\":3,\"maxlen\":1472}");
}
END_TEST

static const char *const wrong_daemons[] = {
    "{}",
    "[]",
    "{\"role\": \"both\"}",
    "{\"role\": 1}",
    "{\"role\": \"master\", \"interface\": \"0123456789abcdef\"}",
    "{\"role\": \"master\", \"interface\": 1}",
    "{\"role\": \"master\", \"group\": \"x\"}",
    "{\"role\": \"master\", \"port\": 65536}",
    "{\"role\": \"master\", \"ttl\": 256}",
    "{\"role\": \"master\", \"maxlen\": -1}",
    "{\"role\": \"master\", \"id\": 1.5}",
};

START_TEST(wrong_daemons_are_refused)
{
    struct ipvs_daemon daemon;
    json_t *object = json_loads(wrong_daemons[_i], 0, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert(!ipvs_json_read_daemon(object, &daemon));
    json_decref(object);
}
END_TEST

/* Each replaces one key of a good service; a NULL value takes it away. */
static const struct {
    const char *key, *value;
} wrong_services[] = {
    { "family", NULL },
    { "family", "\"inet\"" },
    { "family", "\"ipv6\"" },
    { "fwmark", "-1" },
    { "fwmark", "4294967296" },
    { "fwmark", "\"7\"" },
    { "address", NULL },
    { "address", "\"www\"" },
    { "port", "65536" },
    { "port", "true" },
    { "protocol", "\"icmp\"" },
    { "protocol", NULL },
    { "scheduler", NULL },
    { "scheduler", "1" },
    { "scheduler", "\"0123456789abcdef\"" },
    { "engine", "\"0123456789abcdef\"" },
    { "engine", "null" },
    { "flags", "\"sh-port\"" },
    { "flags", "[\"mh-port\"]" },
    { "flags", "[1]" },
    { "one_packet", "1" },
    { "persistence", "\"5m\"" },
    { "persistence_prefix", "33" },
    { "stats", "[]" },
    { "stats", "{\"in_bytes\": -1}" },
    { "servers", "{}" },
    { "servers", "[1]" },
    { "servers", "[{}]" },
    { "servers", "[{\"address\": \"10.0.0.1\"}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"fullnat\"}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"nat\", \"weight\": -1}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"nat\", \"tunnel\": {}}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"tun\", \"tunnel\": {}}]" },
    { "servers",
      "[{\"address\": \"10.0.0.1\", \"forward\": \"tun\", \"tunnel\": {\"type\": \"vxlan\"}}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"tun\", \"tunnel\": {\"type\": "
                 "\"gre\", \"checksum\": 1}}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"tun\", \"tunnel\": {\"type\": "
                 "\"gue\", \"port\": 65536}}]" },
    { "servers", "[{\"address\": \"10.0.0.1\", \"forward\": \"nat\"}, null]" },
};

START_TEST(wrong_services_are_refused)
{
    static const char good[] =
        "{\"address\": \"192.0.2.1\", \"port\": 80, \"protocol\": \"tcp\", \"family\": \"ipv4\","
        "\"scheduler\": \"sh\", \"persistence\": 300}";
    json_t *object = json_loads(good, 0, NULL);
    ck_assert(ipvs_json_read_service(object, &table));
    ck_assert_uint_eq(table.count, 1);
    const char *value = wrong_services[_i].value;
    if (value == NULL)
        ck_assert_int_eq(json_object_del(object, wrong_services[_i].key), 0);
    else
        (void)json_object_set_new(object, wrong_services[_i].key,
                                  json_loads(value, JSON_DECODE_ANY, NULL));
    ck_assert(!ipvs_json_read_service(object, &table));
    ck_assert_uint_eq(table.count, 1);
    json_decref(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("ipvs_json");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_does_not_apply_is_left_out);
    tcase_add_test(tcase, everything_is_told);
    tcase_add_loop_test(tcase, services_come_back_as_they_were, 0, 200);
    tcase_add_test(tcase, timeouts_come_back);
    tcase_add_test(tcase, daemons_come_back);
    tcase_add_loop_test(tcase, wrong_daemons_are_refused, 0,
                        sizeof(wrong_daemons) / sizeof(*wrong_daemons));
    tcase_add_loop_test(tcase, wrong_services_are_refused, 0,
                        sizeof(wrong_services) / sizeof(*wrong_services));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
