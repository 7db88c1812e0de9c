// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/ipvs_answer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct ipvs_table table;
static struct ipvs_info info;
static json_t *root;

static void set_up(void)
{
    ipvs_table_init(&table);
    info = (struct ipvs_info){ 0 };
    root = NULL;
}

static void tear_down(void)
{
    ipvs_table_fini(&table);
    json_decref(root);
}

static bool read_kernel(const char *text)
{
    root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    return ipvs_answer_kernel(root, &table, &info);
}

#define SERVICE(address, servers)                                                                  \
    "{\"key\":\"tcp " address ":80\",\"address\":\"" address                                       \
    "\",\"port\":80,\"protocol\":\"tcp\",\"family\":\"ipv4\",\"scheduler\":\"wlc\",\"servers\":"   \
    "[" servers "]}"
#define DEST(address, forward)                                                                     \
    "{\"address\":\"" address "\",\"port\":80,\"forward\":\"" forward "\",\"weight\":3}"

START_TEST(kernel_is_ours_and_foreign_sorted)
{
    ck_assert(read_kernel("{\"version\":\"1.2.1\",\"size\":4096,\"services\":[{\"kernel\":" SERVICE(
        "192.0.2.9",
        DEST("10.0.0.1",
             "dr")) "},{\"kernel\":null}],\"foreign\":[" SERVICE("192.0.2."
                                                                 "1",
                                                                 "") "],"
                                                                     "\"timeouts\":{\"tcp\":900,"
                                                                     "\"tcp_fin\":120,\"udp\":300},"
                                                                     "\"sync\":[{\"role\":"
                                                                     "\"master\","
                                                                     "\"interface\":\"eth0\","
                                                                     "\"id\":5}]}"));
    ck_assert_uint_eq(info.version, 0x010201);
    ck_assert_uint_eq(info.connection_table_size, 4096);
    ck_assert_uint_eq(table.count, 2);
    ck_assert_uint_eq(table.services[0].key.addr.bytes[3], 1);
    ck_assert_uint_eq(table.services[1].dest_count, 1);
    ck_assert_uint_eq(table.services[1].dests[0].forward, IPVS_DR);
    ck_assert_uint_eq(table.timeouts.tcp_fin, 120);
    ck_assert_uint_eq(table.daemon_count, 1);
    ck_assert_uint_eq(table.daemons[0].id, 5);
}
END_TEST

static const char *const bad[] = {
    "{}",
    "[]",
    "{\"services\":7}",
    "{\"services\":[{\"kernel\":{}}]}",
    "{\"services\":[],\"foreign\":[null]}",
    "{\"services\":[],\"foreign\":[],\"timeouts\":{\"tcp\":\"x\"}}",
    "{\"services\":[],\"foreign\":[],\"sync\":[{}]}",
};

START_TEST(bad_row)
{
    ck_assert_msg(!read_kernel(bad[_i]), "%s", bad[_i]);
}
END_TEST

static const struct {
    const char *text;
    unsigned version;
} versions[] = {
    { "1.2.1", 0x010201 }, { "1.2", 0x0102 }, { "", 0 }, { "1.x", 0 }, { "1.2.300", 0 },
};

START_TEST(version_row)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "{\"version\":\"%s\",\"services\":[]}", versions[_i].text);
    ck_assert(read_kernel(text));
    ck_assert_uint_eq(info.version, versions[_i].version);
}
END_TEST

static struct ipvs_service *read_service(const char *text)
{
    root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    return ipvs_answer_service(root, &table);
}

START_TEST(service_has_its_dead_servers_too)
{
    struct ipvs_service *service = read_service("{\"desired\":" SERVICE(
        "192.0.2.1",
        DEST("10.0.0.1",
             "dr")) ",\"servers\":["
                    "{\"name\":\"a\",\"address\":\"10.0.0.1\",\"port\":80},"
                    "{\"name\":\"b\",\"address\":\"10.0.0.2\",\"port\":80},"
                    "{\"name\":\"c\",\"address\":\"10.0.0.3\",\"port\":80,\"forward\":\"tun\","
                    "\"tunnel\":{\"type\":\"gue\",\"port\":6080,\"checksum\":\"csum\"}},"
                    "{\"name\":\"d\",\"address\":\"nonsense\",\"port\":80}]}");
    ck_assert_ptr_nonnull(service);
    ck_assert_uint_eq(service->dest_count, 3);
    ck_assert_uint_eq(service->dests[0].weight, 3);
    ck_assert_uint_eq(service->dests[1].forward, IPVS_DR);
    ck_assert_uint_eq(service->dests[2].forward, IPVS_TUN);
    ck_assert_uint_eq(service->dests[2].tunnel, IPVS_GUE);
    ck_assert_uint_eq(service->dests[2].tunnel_port, 6080);
    ck_assert_uint_eq(service->dests[2].checksum, IPVS_CSUM);
}
END_TEST

START_TEST(service_by_its_key_alone)
{
    struct ipvs_service *service =
        read_service("{\"key\":\"fwmark 7\",\"desired\":null,\"kernel\":null,\"servers\":["
                     "{\"name\":\"a\",\"address\":\"10.0.0.1\",\"port\":80},"
                     "{\"name\":\"b\",\"address\":\"10.0.0.2\",\"port\":80,\"forward\":\"nat\"}]}");
    ck_assert_ptr_nonnull(service);
    ck_assert_uint_eq(service->key.fwmark, 7);
    ck_assert_uint_eq(service->dest_count, 1); /* of the other one nothing is known */
    ck_assert_uint_eq(service->dests[0].addr.bytes[3], 2);
}
END_TEST

START_TEST(service_from_the_kernel)
{
    struct ipvs_service *service = read_service(
        "{\"desired\":null,\"kernel\":" SERVICE("192.0.2.1", DEST("10.0.0.1", "tun")) "}");
    ck_assert_ptr_nonnull(service);
    ck_assert_uint_eq(service->dests[0].forward, IPVS_TUN);
}
END_TEST

START_TEST(service_of_another_form)
{
    static const char *const texts[] = { "{}", "{\"key\":\"x\"}", "{\"desired\":{}}", "[]" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_ptr_null(read_service(texts[i]));
        json_decref(root);
        root = NULL;
    }
}
END_TEST

START_TEST(find_by_name)
{
    root = json_loads("{\"services\":[{},7,{\"name\":\"a\"},{\"name\":\"b\"}]}", 0, NULL);
    ck_assert_ptr_eq(ipvs_answer_find(root, "b"),
                     json_array_get(json_object_get(root, "services"), 3));
    ck_assert_ptr_null(ipvs_answer_find(root, "c"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ipvs_answer");
    TCase *tcase = tcase_create("ipvs_answer");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, kernel_is_ours_and_foreign_sorted);
    tcase_add_loop_test(tcase, bad_row, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_loop_test(tcase, version_row, 0, (int)(sizeof(versions) / sizeof(versions[0])));
    tcase_add_test(tcase, service_has_its_dead_servers_too);
    tcase_add_test(tcase, service_by_its_key_alone);
    tcase_add_test(tcase, service_from_the_kernel);
    tcase_add_test(tcase, service_of_another_form);
    tcase_add_test(tcase, find_by_name);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
