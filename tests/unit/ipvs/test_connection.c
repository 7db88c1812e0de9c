// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/connection.h"

#include <check.h>
#include <stdlib.h>

/* Lines as the kernel prints them, and as ipvsadm does. */
static const struct {
    const char *line;
    const char *text; /* NULL = no connection */
} rows[] = {
    { "TCP 0A010002 C350 0A010064 0050 0A090003 1F40 ESTABLISHED     899\n",
      "TCP 14:59  ESTABLISHED 10.1.0.2:50000     10.1.0.100:80      10.9.0.3:8000\n" },
    { "UDP 0A010002 C350 0A010064 0050 0A090003 1F40 UDP             300",
      "UDP 05:00  UDP         10.1.0.2:50000     10.1.0.100:80      10.9.0.3:8000\n" },
    { "TCP fd01:0000:0000:0000:0000:0000:0000:0002 D431 fd01:0000:0000:0000:0000:0000:0000:0100 "
      "0050 "
      "fd09:0000:0000:0000:0000:0000:0000:0003 1F40 FIN_WAIT        7265\n",
      "TCP 121:05 FIN_WAIT    [fd01::2]:54321    [fd01::100]:80     [fd09::3]:8000\n" },
    { "TCP 0A010002 D431 0A010064 0050 fd09:0000:0000:0000:0000:0000:0000:0003 0050 SYN_RECV 59\n",
      "TCP 00:59  SYN_RECV    10.1.0.2:54321     10.1.0.100:80      [fd09::3]:80\n" },
    { "IP  0A010000 0000 00000007 0000 0A090003 0000 NONE            30 sip callid\n",
      "IP  00:30  NONE        10.1.0.0:0         0.0.0.7:0          10.9.0.3:0\n" },
    { "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n", NULL },
    { "", NULL },
    { "\n", NULL },
    { "TCP 0A010002 C350 0A010064 0050 0A090003 1F40 ESTABLISHED\n", NULL },
    { "TCP 0A01000 C350 0A010064 0050 0A090003 1F40 ESTABLISHED 1\n", NULL },
    { "TCP 10.1.0.2 C350 0A010064 0050 0A090003 1F40 ESTABLISHED 1\n", NULL },
    { "TCP 0A010002 C35 0A010064 0050 0A090003 1F40 ESTABLISHED 1\n", NULL },
    { "TCP 0A010002 C350 0A010064 0050 0A090003 1F40 ESTABLISHED -1\n", NULL },
    { "TCP 0A010002 C350 0A010064 0050 0A090003 1F40 ESTABLISHEDESTABLISHED 1\n", NULL },
    { "TCP 0A010002000000000000000000000000000000000000000000000000000 1 1 1 1 1 1 1\n", NULL },
};

START_TEST(row)
{
    struct connection connection;
    struct strbuf out;
    bool ok = connection_parse(rows[_i].line, &connection);
    ck_assert(ok == (rows[_i].text != NULL));
    if (!ok)
        return;
    strbuf_init(&out);
    connection_print(&connection, &out);
    ck_assert_str_eq(out.text, rows[_i].text);
    strbuf_fini(&out);
}
END_TEST

START_TEST(titles)
{
    struct strbuf out;
    strbuf_init(&out);
    connection_print_titles(&out);
    ck_assert_str_eq(out.text,
                     "IPVS connection entries\n"
                     "pro expire state       source             virtual            destination\n");
    strbuf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connection");
    TCase *tcase = tcase_create("connection");
    tcase_add_loop_test(tcase, row, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, titles);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
