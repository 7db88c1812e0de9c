// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdio.h>
#include <stdlib.h>

#define WEIGHED(keys, check)                                                                       \
    "{'checks': {'h': {'type': 'http'}, 'w': {'type': 'http', 'weight_header': 'X-Weight'}},\n"    \
    "'ipvs': {'services': {'v': {" keys ", 'address': '192.0.2.1', 'port': 80, "                   \
    "'servers': {'a': {'address': '10.0.0.1', 'check': " check "}}}}}}"
#define NO                                                                                         \
    "is not for schedulers sh, dh, mh (a new weight moves clients) and fo, ovf (the weight is a "  \
    "rank)"
#define NO_HEADER "a check with \"weight_header\" " NO

static const struct config_case cases[] = {
    { WEIGHED("'scheduler': 'sh', 'slow_start': 0", "'h'"), { NULL } },
    { WEIGHED("'scheduler': 'sh', 'slow_start': '30s'", "'h'"),
      { "2:62: ipvs.services.v.slow_start: " NO } },
    { WEIGHED("'scheduler': 'wrr', 'check': 'w', 'slow_start': '30s'", "'w'"), { NULL } },
    { WEIGHED("'check': ['h', 'w']", "[]"), { NULL } },
    { WEIGHED("'scheduler': 'sh', 'check': 'h'", "'h'"), { NULL } },
    { WEIGHED("'scheduler': 'mh', 'vip': {'check': 'w'}", "'h'"), { NULL } }, /* weighs nothing */
    { WEIGHED("'scheduler': 'sh', 'check': ['h', 'w']", "'h'"),
      { "2:57: ipvs.services.v.check: " NO_HEADER } },
    { WEIGHED("'scheduler': 'dh', 'check': 'h'", "['w', 'h']"),
      { "2:148: ipvs.services.v.servers.a.check: " NO_HEADER } },
    { WEIGHED("'scheduler': 'fo', 'check': 'w'", "'w'"),
      { "2:57: ipvs.services.v.check: " NO_HEADER,
        "2:148: ipvs.services.v.servers.a.check: " NO_HEADER } },
    { WEIGHED("'scheduler': 'mh', 'slow_start': '1s', 'check': 'w'", "'h'"),
      { "2:62: ipvs.services.v.slow_start: " NO, "2:77: ipvs.services.v.check: " NO_HEADER } },
    { WEIGHED("'scheduler': 'ovf', 'check': 'w'", "'h'"),
      { "2:58: ipvs.services.v.check: " NO_HEADER } },
};

START_TEST(weights)
{
    run_case(&cases[_i]);
}
END_TEST

START_TEST(schedulers_that_bear_it)
{
    const char *const *name = ipvs_schedulers();
    for (; *name != NULL; name++) {
        static const char fixed[] = "sh dh mh fo ovf";
        char json[400];
        struct errlist errors;
        (void)snprintf(json, sizeof(json), WEIGHED("'scheduler': '%s', 'slow_start': '1s'", "'w'"),
                       *name);
        errlist_init(&errors);
        struct config *config = load_quoted(json, &errors);
        ck_assert_msg((config == NULL) == (strstr(fixed, *name) != NULL), "%s", *name);
        config_free(config);
        errlist_fini(&errors);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_weights");
    TCase *tcase = tcase_create("config_weights");
    tcase_add_loop_test(tcase, weights, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, schedulers_that_bear_it);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
