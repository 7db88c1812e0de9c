// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/show.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1767225600000 /* 2026-01-01T00:00:00Z */

#define WEB                                                                                        \
    "{\"name\":\"web\",\"key\":\"tcp 192.0.2.1:80\",\"state\":\"up\",\"reason\":\"2 of 3 servers " \
    "are up\",\"live\":true,\"quorum\":true,\"share\":0.667,\"until\":null,\"pools\":[\"web/l4\"," \
    "\"all/l4\"],\"servers\":["                                                                    \
    "{\"name\":\"rs1\",\"address\":\"10.0.0.1\",\"port\":80,\"state\":\"up\",\"weight\":5,"        \
    "\"effective_weight\":5,\"verdict\":\"up\",\"last\":{\"reason\":\"status 200\",\"ms\":0.4},"   \
    "\"since\":\"2025-12-31T12:00:00.000Z\",\"until\":null,\"override\":null},"                    \
    "{\"name\":\"rs2\",\"address\":\"2001:db8::2\",\"port\":8080,\"state\":\"draining\","          \
    "\"weight\":5,\"effective_weight\":0,\"verdict\":\"up\",\"last\":null,"                        \
    "\"since\":\"2025-12-31T12:00:00.000Z\",\"until\":\"2026-01-01T00:03:00.000Z\","               \
    "\"override\":{\"state\":\"drain\",\"author\":\"alice\",\"reason\":\"new disk\"}}],"           \
    "\"override\":null,\"desired\":null,\"kernel\":{\"servers\":[{\"address\":\"10.0.0.1\","       \
    "\"port\":80,\"active\":7,\"inactive\":2},{\"address\":\"10.0.0.1\",\"port\":81,"              \
    "\"active\":9,\"inactive\":9}]}"

#define WEB_TEXT                                                                                   \
    "web (tcp 192.0.2.1:80) is up: 2 of 3 servers are up\n"                                        \
    "share 67 %, has quorum, in DNS for web/l4, all/l4\n"                                          \
    "SERVER  STATE     ADDRESS             WEIGHT  CONNECTIONS  VERDICT  SINCE  LAST            "  \
    "    ENDS IN  OVERRIDE\n"                                                                      \
    "rs1     up        10.0.0.1:80         5       7 + 2        up       12 h   status 200, 0.4 "  \
    "ms  -        -\n"                                                                             \
    "rs2     draining  [2001:db8::2]:8080  0 of 5  -            up       12 h   -               "  \
    "    3 min    drain by alice: new disk\n"

#define ADD "{\"op\":\"add_server\",\"key\":\"k\",\"from\":\"\",\"to\":\"nat, weight 1\""

static const struct {
    show_fn *fn;
    const char *json;
    const char *text;
} rows[] = {
    { show_ipvs_status,
      "{\"available\":true,\"version\":\"1.2.1\",\"mode\":\"shared\",\"foreign\":[{}],\"services\":"
      "[" WEB "}]}",
      "IPVS 1.2.1, mode shared, 1 services, 1 foreign\n\n" WEB_TEXT },
    { show_ipvs_status,
      "{\"available\":false,\"reason\":\"no module ip_vs\",\"mode\":\"observe\",\"services\":["
      "{\"name\":\"a\",\"key\":\"fwmark 7\",\"state\":\"draining\",\"reason\":\"asked for\","
      "\"live\":false,\"quorum\":false,\"share\":0,\"pools\":[\"p/m\"],"
      "\"until\":\"2026-01-01T00:01:00.000Z\","
      "\"override\":{\"state\":\"drain\",\"author\":\"local\",\"reason\":\"\"}},"
      "{\"name\":\"b\"}]}",
      "IPVS is not available: no module ip_vs, mode observe, 2 services, 0 foreign\n\n"
      "a (fwmark 7) is draining: asked for\n"
      "share 0 %, below quorum, not in DNS for p/m, ends in 60 s, drain by local\n\n"
      "b () is : \nshare 0 %, below quorum, in no pool\n" },
    { show_ipvs_status, "{\"available\":false,\"reason\":\"no section\",\"services\":[]}",
      "IPVS is not available: no section, 0 services, 0 foreign\n" },
    { show_ipvs_service, WEB ",\"generation\":7,\"saved\":true}",
      WEB_TEXT "generation 7 is served\n" },
    { show_ipvs_service,
      "{\"name\":\"w\",\"servers\":[{\"name\":\"a\",\"address\":\"10.0.0.1\",\"port\":80,"
      "\"weight\":5,\"effective_weight\":0,\"weight_override\":{\"weight\":0,\"author\":\"bob\"}},"
      "{\"name\":\"b\",\"address\":\"10.0.0.2\",\"port\":80,\"weight\":5,"
      "\"override\":{\"state\":\"up\",\"author\":\"eve\"},"
      "\"weight_override\":{\"weight\":7,\"author\":\"bob\",\"reason\":\"new disk\"}}]}",
      "w () is : \nshare 0 %, below quorum, in no pool\n"
      "SERVER  ADDRESS      WEIGHT  OVERRIDE\n"
      "a       10.0.0.1:80  0 of 5  weight 0 by bob\n"
      "b       10.0.0.2:80  5       up by eve, weight 7 by bob: new disk\n"
      "generation 0 is served\n" },
    { show_ipvs_service, "{\"name\":\"two\\nlines\",\"generation\":7,\"saved\":false}",
      "two?lines () is : \nshare 0 %, below quorum, in no pool\n"
      "generation 7 is served, not saved to disk\n" },
    { show_ipvs_plan, "{\"operations\":[" ADD "}],\"held\":[]}",
      "OPERATION   KEY  TO\nadd_server  k    nat, weight 1\n" },
    { show_ipvs_plan, "{\"operations\":[],\"held\":[]}", "nothing to do\n" },
    { show_ipvs_plan, "{}", "nothing to do\n" },
    { show_ipvs_plan,
      "{\"operations\":[],\"held\":[{\"op\":\"delete_server\",\"key\":\"k\",\"from\":\"nat\"}]}",
      "1 deletions are held back, since they take too many servers at once (gslbctl ipvs apply "
      "--force makes them):\n"
      "OPERATION      KEY  FROM\ndelete_server  k    nat\n" },
    { show_ipvs_apply,
      "{\"operations\":[" ADD ",\"result\":\"ok\"}," ADD
      ",\"result\":\"error\",\"error\":\"no such service\"}]}",
      "OPERATION   KEY  TO             RESULT  ERROR\n"
      "add_server  k    nat, weight 1  ok      -\n"
      "add_server  k    nat, weight 1  error   no such service\n" },
    { show_ipvs_restore,
      "{\"operations\":[" ADD
      "}],\"applied\":false,\"skipped\":[\"tcp 192.0.2.1:80\",\"fwmark 7\"]}",
      "OPERATION   KEY  TO\nadd_server  k    nat, weight 1\n"
      "left alone, since the configuration manages them: tcp 192.0.2.1:80, fwmark 7\n"
      "nothing is changed yet: --apply does it\n" },
    { show_ipvs_restore, "{\"operations\":[" ADD ",\"result\":\"ok\"}],\"applied\":true}",
      "OPERATION   KEY  TO             RESULT\nadd_server  k    nat, weight 1  ok\n" },
    { show_ipvs_restore, "{\"operations\":[],\"applied\":false,\"skipped\":[]}",
      "nothing to do\n" },
    { show_ipvs_zero, "{}", "the counters are zero\n" },
};

START_TEST(show_row)
{
    struct strbuf out;
    struct show show = { .out = &out, .now_ms = NOW_MS };
    json_t *root = json_loads(rows[_i].json, 0, NULL);
    ck_assert_ptr_nonnull(root);
    strbuf_init(&out);
    rows[_i].fn(&show, root);
    ck_assert_str_eq(out.text, rows[_i].text);
    strbuf_fini(&out);
    json_decref(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("show_ipvs");
    TCase *tcase = tcase_create("show_ipvs");
    tcase_add_loop_test(tcase, show_row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
