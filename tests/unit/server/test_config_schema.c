// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

/* Sections server and api. */
static const struct config_case cases[] = {
    { "{}", { NULL } },
    { "[]", { "1:1: must be an object, not a list" } },
    { "{'server': {'listen': ['127.0.0.1:53', '[::]:53'], 'workers': 4, 'user': 'gslb',"
      "'state_dir': 'x', 'nsid': 'n', 'partial_reload': true,"
      "'log': {'format': 'json', 'level': 'debug'}}}",
      { NULL } },
    { "{'server': {'user': null, 'state_dir': null, 'nsid': null}, 'api': null}", { NULL } },
    { "{'server': {'listen': []}}", { "1:23: server.listen: must not be empty" } },
    { "{'server': {'listen': '127.0.0.1:53'}}",
      { "1:23: server.listen: must be a list, not text" } },
    { "{'server': {'workers': 257}}", { "1:24: server.workers: 257 is above the maximum 256" } },
    { "{'server': {'user': ''}}", { "1:21: server.user: must not be empty" } },
    { "{'server': {'log': {'format': 'xml', 'level': 'warning'}}}",
      { "1:31: server.log.format: \"xml\" is none of text, json",
        "1:47: server.log.level: \"warning\" is none of error, warn, info, debug" } },
    { "{'server': {'log': 'json'}}", { "1:20: server.log: must be an object, not text" } },
    { "{'sever': {}}", { "1:2: sever: unknown key, did you mean \"server\"?" } },
    { "{'geo': {'database': 'x'}, 'ipvs': {}, 'keys': {}}",
      { "1:2: geo: not implemented yet in this version",
        "1:40: keys: not implemented yet in this version" } },
    { "{'api': {'listen': ['127.0.0.1:8053', '[::1]:8053', 'unix:/run/x.sock']}}", { NULL } },
    { "{'api': {'tls': null}}", { NULL } },
    { "{'api': {'tls': {}}}", { "1:10: api.tls: not implemented yet in this version" } },
    { "{'api': {'listen': [8053]}}",
      { "1:21: api.listen[0]: must be \"ADDRESS:PORT\" or \"unix:PATH\", not a number" } },
    { "{'api': {'listen': ['unix:', '127.0.0.1']}}",
      { "1:21: api.listen[0]: \"unix:\" needs the path of a socket",
        "1:30: api.listen[1]: \"127.0.0.1\" is neither an address with port such as "
        "\"127.0.0.1:8053\" nor \"unix:PATH\"" } },
    { "{'api': {'listen': ['unix:/23456789/123456789/123456789/123456789/123456789/123456789/"
      "123456789/123456789/123456789/123456789/12345678']}}",
      { "1:21: api.listen[0]: the path of a Unix socket has at most 107 bytes, this one 108" } },
};

START_TEST(server_and_api)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(defaults)
{
    struct config *config = must_load("{}");
    ck_assert_uint_eq(config->server.listen.count, 1);
    const struct endpoint *listen = config->server.listen.items;
    char text[ENDPOINT_TEXT_MAX];
    endpoint_print(&listen[0], text);
    ck_assert_str_eq(text, "127.0.0.1:5300");
    ck_assert_uint_eq(config->server.workers, 0);
    ck_assert_ptr_null(config->server.user);
    ck_assert_ptr_null(config->server.state_dir);
    ck_assert_str_eq(config->server.nsid, "");
    ck_assert(!config->server.partial_reload);
    ck_assert_int_eq(config->server.log.format, LOG_FORMAT_TEXT);
    ck_assert_int_eq(config->server.log.level, LOG_LEVEL_INFO);
    ck_assert(!config->api.present);
    config_free(config);
}
END_TEST

START_TEST(words_mean_the_enums)
{
    static const char *const levels[] = { "error", "warn", "info", "debug" };
    for (int i = 0; i < 4; i++) {
        char json[80];
        (void)snprintf(json, sizeof(json), "{'server': {'log': {'level': '%s', 'format': 'json'}}}",
                       levels[i]);
        struct config *config = must_load(json);
        ck_assert_int_eq(config->server.log.level, i);
        ck_assert_int_eq(config->server.log.format, LOG_FORMAT_JSON);
        config_free(config);
    }
    ck_assert_int_eq(LOG_LEVEL_DEBUG, 3);
}
END_TEST

START_TEST(api_values)
{
    struct config *config = must_load("{'api': {}}");
    ck_assert(config->api.present);
    const struct config_api_listen *listen = config->api.listen.items;
    ck_assert_uint_eq(config->api.listen.count, 1);
    ck_assert_uint_eq(listen[0].endpoint.port, 8053);
    ck_assert(addr_is_loopback(&listen[0].endpoint.addr));
    config_free(config);
    config =
        must_load("{'api': {'listen': ['unix:a.sock'], 'tokens_file': 't', 'unix_group': 'g'}}");
    listen = config->api.listen.items;
    ck_assert(listen[0].is_unix);
    ck_assert_str_eq(listen[0].path, "a.sock");
    ck_assert_str_eq(config->api.tokens_file, "t");
    ck_assert_str_eq(config->api.unix_group, "g");
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_schema");
    TCase *tcase = tcase_create("config_schema");
    tcase_add_loop_test(tcase, server_and_api, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, words_mean_the_enums);
    tcase_add_test(tcase, api_values);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
