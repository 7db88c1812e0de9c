// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/show.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1767225600000 /* 2026-01-01T00:00:00Z */

static struct strbuf out;

static void set_up(void)
{
    strbuf_init(&out);
}

static void tear_down(void)
{
    strbuf_fini(&out);
}

static const char *render(show_fn *fn, const char *text)
{
    struct show show = { .out = &out, .now_ms = NOW_MS };
    json_t *root = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(root);
    strbuf_clear(&out);
    fn(&show, root);
    json_decref(root);
    return out.text;
}

#define POOL                                                                                       \
    "{\"name\":\"web\",\"policy\":\"weighted\",\"live\":{\"a\":1,\"aaaa\":0},\"members\":{"        \
    "\"a\":{\"addresses\":[{\"address\":\"192.0.2.1\",\"verdict\":\"up\",\"last\":{\"result\":"    \
    "\"pass\",\"reason\":\"status 200\",\"ms\":1.25,\"at\":\"2025-12-31T23:59:59.000Z\"},"         \
    "\"since\":\"2025-12-31T23:58:30.000Z\"},{\"address\":\"2001:db8::1\",\"verdict\":\"down\","   \
    "\"last\":null,\"since\":null}],\"state\":\"admin_down\",\"weight\":4,"                        \
    "\"effective_weight\":9,\"override\":{\"id\":\"o1\",\"target\":\"web/a\",\"state\":\"down\","  \
    "\"reason\":\"disk\",\"author\":\"alice\",\"since\":\"2025-12-31T23:00:00.000Z\",\"until\":"   \
    "null}},\"in\":{\"addresses\":[],\"pool\":\"other\",\"state\":\"up\",\"weight\":1,"            \
    "\"effective_weight\":1,\"override\":null}}}"

static const struct {
    show_fn *fn;
    const char *json;
    const char *text;
} rows[] = {
    { show_status,
      "{\"version\":\"1.2\",\"generation\":7,\"uptime_s\":7300,\"zones\":1,\"pools\":2,"
      "\"workers\":4,\"members\":{\"up\":1,\"down\":2,\"unknown\":3,\"disabled\":4},"
      "\"alarms\":[{\"key\":\"k\",\"text\":\"disk full\"}]}",
      "version 1.2, generation 7, up 2 h\n1 zones, 2 pools, 4 workers\n"
      "members: 1 up, 2 down, 3 unknown, 4 disabled\nalarm: disk full\n" },
    { show_status, "{}",
      "version , generation 0, up 0 s\n0 zones, 0 pools, 0 workers\n"
      "members: 0 up, 0 down, 0 unknown, 0 disabled\nno alarms\n" },
    { show_ready, "{\"ready\":true}", "ready\n" },
    { show_pools, "{\"pools\":[" POOL "]}",
      "POOL  POLICY    LIVE A  LIVE AAAA  MEMBERS\nweb   weighted  1       0          2\n" },
    { show_pool, POOL,
      "pool web, weighted, live: 1 A, 0 AAAA\n"
      "MEMBER  STATE       ADDRESS      VERDICT  SINCE  LAST                WEIGHT       OVERRIDE\n"
      "a       admin_down  192.0.2.1    up       90 s   status 200, 1.2 ms  9 (file: 4)  "
      "down by alice: disk\n"
      "                    2001:db8::1  down     -      -\n"
      "in      up          other        -        -      -                   1            -\n" },
    { show_member,
      "{\"pool\":\"web\",\"member\":\"a\",\"state\":\"admin_down\",\"effective_weight\":4,"
      "\"generation\":9,\"saved\":true}",
      "web/a is admin_down, weight 4, generation 9\n" },
    { show_pool,
      "{\"name\":\"web\",\"policy\":\"weighted\",\"members\":{\"l4\":{\"state\":\"up\",\"weight\":"
      "4,"
      "\"effective_weight\":2.6666666}}}",
      "pool web, weighted, live: 0 A, 0 AAAA\n"
      "MEMBER  STATE  WEIGHT\nl4      up     2.667 (file: 4)\n" },
    { show_member,
      "{\"pool\":\"web\",\"member\":\"l4\",\"state\":\"up\",\"effective_weight\":2.6666666,"
      "\"generation\":9,\"saved\":true}",
      "web/l4 is up, weight 2.667, generation 9\n" },
    { show_member,
      "{\"pool\":\"web\",\"member\":\"a\",\"state\":\"up\",\"effective_weight\":4,"
      "\"generation\":9,\"saved\":false}",
      "web/a is up, weight 4, generation 9, not saved: a restart would forget it\n" },
    { show_backend,
      "{\"address\":\"192.0.2.1\",\"members\":{\"web/a\":{\"state\":\"up\"},\"x/y\":{\"state\":"
      "\"down\"}},\"generation\":3,\"saved\":true}",
      "192.0.2.1: web/a is up, x/y is down, generation 3\n" },
    { show_backend,
      "{\"address\":\"10.0.0.1\",\"members\":{\"x/y\":{\"state\":\"up\"}},\"servers\":{\"vip/"
      "rs1\":{"
      "\"state\":\"draining\"}},\"generation\":3,\"saved\":true}",
      "10.0.0.1: x/y is up, ipvs vip/rs1 is draining, generation 3\n" },
    { show_overrides, "{\"overrides\":[]}", "no overrides\n" },
    { show_overrides,
      "{\"overrides\":[{\"id\":\"o1\",\"target\":\"web/a\",\"weight\":5,\"reason\":\"\",\"author\":"
      "\"bob\",\"since\":\"2025-12-31T00:00:00.000Z\",\"until\":\"2026-01-01T00:10:00.000Z\","
      "\"orphan\":true}]}",
      "ID  TARGET  WHAT      AUTHOR  BEFORE  ENDS IN  NOTE\n"
      "o1  web/a   weight 5  bob     24 h    10 min   orphan\n" },
    { show_deleted,
      "{\"id\":\"o1\",\"target\":\"web/a\",\"deleted\":true,\"generation\":4,\"saved\":true}",
      "o1 on web/a is taken away, generation 4\n" },
    { show_reload, "{\"generation\":12}", "reloaded, generation 12\n" },
    /* wrong types and control characters do no harm */
    { show_pools, "[]", "POOL\n" },
    { show_pool, "7", "pool , , live: 0 A, 0 AAAA\nMEMBER\n" },
    { show_overrides, "{\"overrides\":[7]}", "ID\n-\n" },
    { show_member, "{\"pool\":\"\\u001b[31m\",\"member\":{\"x\":1}}",
      "?[31m/{\"x\":1} is , weight , generation 0\n" },
};

START_TEST(show_row)
{
    const char *text = render(rows[_i].fn, rows[_i].json);
    ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("show");
    TCase *tcase = tcase_create("show");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, show_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
