// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/server/config_cases.h"

#include <stdlib.h>

#define OPEN                                                                                       \
    "is no loopback address: whoever reaches it could steer the server; give api.tokens_file, or " \
    "listen on 127.0.0.1, ::1 or a Unix socket"

static const struct config_case cases[] = {
    { "{'server': {'listen': ['127.0.0.1:53', '127.0.0.1:54', '127.0.0.2:53', '[::1]:53']}}",
      { NULL } },
    { "{'server': {'listen': ['127.0.0.1:53', '[::1]:53', '127.0.0.1:53', '[0:0::1]:53']}}",
      { "1:52: server.listen[2]: is given twice", "1:68: server.listen[3]: is given twice" } },
    /* What was refused already is not compared, and the others keep their places. */
    { "{'server': {'listen': ['x', 'y', '[::1]:53', '[::1]:53']}}",
      { "1:24: server.listen[0]: \"x\" is not an address with port such as \"192.0.2.1:53\" or "
        "\"[2001:db8::1]:53\"",
        "1:29: server.listen[1]: \"y\" is not an address with port such as \"192.0.2.1:53\" or "
        "\"[2001:db8::1]:53\"",
        "1:46: server.listen[3]: is given twice" } },
    { "{'api': {'listen': ['unix:a', 'unix:b', 'unix:a']}}",
      { "1:41: api.listen[2]: is given twice" } },
    { "{'api': {'listen': ['127.0.0.1:8053', '127.0.0.1:8053']}}",
      { "1:39: api.listen[1]: is given twice" } },
    { "{'api': {'listen': ['127.0.0.1:5300']}}",
      { "1:21: api.listen[0]: is in server.listen too" } },
    { "{'api': {'listen': ['127.9.9.9:8053', '[::1]:8053', '[::ffff:127.0.0.1]:8053']}}",
      { NULL } },
    { "{'api': {'listen': ['0.0.0.0:8053', '192.0.2.1:8053', '[::]:8053', '[2001:db8::1]:1']}}",
      { "1:21: api.listen[0]: " OPEN, "1:37: api.listen[1]: " OPEN, "1:55: api.listen[2]: " OPEN,
        "1:68: api.listen[3]: " OPEN } },
    { "{'api': {'listen': ['0.0.0.0:8053'], 'tokens_file': 'tokens'}}", { NULL } },
    { "{'api': {'listen': ['0.0.0.0:8053'], 'tokens_file': null}}",
      { "1:21: api.listen[0]: " OPEN } },
};

START_TEST(listeners)
{
    run_case(&cases[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_listen");
    TCase *tcase = tcase_create("config_listen");
    tcase_add_loop_test(tcase, listeners, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
