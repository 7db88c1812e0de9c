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

static const struct {
    show_fn *fn;
    const char *json;
    const char *text;
} rows[] = {
    { show_explain,
      "{\"steps\":[{\"step\":\"zone\",\"detail\":\"example.test.\"},{\"step\":\"pick\",\"detail\":"
      "\"web\"}],\"answer\":[\"www. 20 IN A 192.0.2.1\"],\"ttl\":20,\"scope\":0,\"rcode\":"
      "\"NOERROR\"}",
      "STEP  DETAIL\nzone  example.test.\npick  web\nrcode NOERROR, 1 records, ttl 20\n"
      "www. 20 IN A 192.0.2.1\n" },
    { show_simulate, "{\"shares\":{\"192.0.2.1\":0.25,\"192.0.2.22\":0.75}}",
      "ADDRESS     SHARE\n192.0.2.1   25.00 %\n192.0.2.22  75.00 %\n" },
    { show_checks,
      "{\"targets\":[{\"check\":\"http-ok\",\"address\":\"192.0.2.1\",\"port\":80,\"verdict\":"
      "\"up\",\"since\":\"2025-12-31T12:00:00.000Z\",\"last\":{\"reason\":\"status 200\",\"ms\":"
      "0.4},\"next_in_ms\":1500,\"members\":[\"a/1\",\"a/2\",\"a/3\",\"a/4\",\"a/5\"]}]}",
      "CHECK    ADDRESS    PORT  VERDICT  SINCE  LAST                NEXT IN  MEMBERS\n"
      "http-ok  192.0.2.1  80    up       12 h   status 200, 0.4 ms  1.5 s    a/1, a/2, a/3, a/4 "
      "and 1 more\n" },
    { show_zones,
      "{\"zones\":[{\"name\":\"example.test\",\"serial\":7,\"records\":12,\"names\":[1,2],"
      "\"file\":\"z\",\"loaded\":\"2025-12-22T00:00:00.000Z\"}]}",
      "ZONE          SERIAL  RECORDS  LOADED  NAMES  FILE\n"
      "example.test  7       12       10 d    2      z\n" },
    { show_zone,
      "{\"name\":\"e.test\",\"serial\":7,\"records\":12,\"names\":[{\"name\":\"www.e.test.\","
      "\"pool\":\"web\",\"ttl\":5}],\"file\":\"z\",\"loaded\":\"T\"}",
      "zone e.test, serial 7, 12 records, from z, loaded T\n"
      "NAME         POOL  TTL\nwww.e.test.  web   5\n" },
    { show_zone,
      "{\"name\":\"e.test\",\"serial\":7,\"records\":1,\"names\":[],\"file\":\"z\","
      "\"loaded\":\"T\"}",
      "zone e.test, serial 7, 1 records, from z, loaded T\n" },
    { show_checks, "{}", "CHECK\n" },
    { show_simulate, "{\"shares\":[]}", "ADDRESS\n" },
};

START_TEST(show_row)
{
    struct show show = { .out = &out, .now_ms = NOW_MS };
    json_t *root = json_loads(rows[_i].json, 0, NULL);
    ck_assert_ptr_nonnull(root);
    rows[_i].fn(&show, root);
    ck_assert_str_eq(out.text, rows[_i].text);
    json_decref(root);
}
END_TEST

START_TEST(event_is_one_line)
{
    struct show show = { .out = &out, .now_ms = NOW_MS };
    json_t *data = json_loads("{\"action\":\"set\",\"reason\":\"two\\nlines\",\"x\":\"\",\"n\":5,"
                              "\"at\":\"2026-01-01T00:00:00.000Z\"}",
                              0, NULL);
    show_event(&show, "override", data);
    ck_assert_str_eq(out.text,
                     "2026-01-01T00:00:00.000Z override action=set reason=two?lines n=5\n");
    json_decref(data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("show_lists");
    TCase *tcase = tcase_create("show_lists");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, show_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, event_is_one_line);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
