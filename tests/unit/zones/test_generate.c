// SPDX-License-Identifier: BSD-2-Clause
/* $GENERATE; what each makes was checked against BIND 9.18. */
#include "tests/unit/zones/scan_help.h"

#define E "example.test."

static const struct scan_help_case cases[] = {
    { "$GENERATE 1-3 a$ 1 A 192.0.2.$",
      "1 a1." E " 1 A 192.0.2.1|1 a2." E " 1 A 192.0.2.2|1 a3." E " 1 A 192.0.2.3|" },
    { "$GENERATE 1-9/4 a${0,3,d} 1 A 192.0.2.$",
      "1 a001." E " 1 A 192.0.2.1|1 a005." E " 1 A 192.0.2.5|1 a009." E " 1 A 192.0.2.9|" },
    { "$GENERATE 10-11 a${-10,2,x} 60 IN A 192.0.2.${1}",
      "1 a00." E " 60 A 192.0.2.11|1 a01." E " 60 A 192.0.2.12|" },
    { "$GENERATE 10-10 a${0,4,X}-${0,4,o}-$$-\\$ IN 60 A 192.0.2.$",
      "1 a000A-0012-\\$-\\$." E " 60 A 192.0.2.10|" },
    { "$GENERATE 5-6 a${-7} 1 A 192.0.2.1",
      "1 a-2." E " 1 A 192.0.2.1|1 a-1." E " 1 A 192.0.2.1|" },
    { "$GENERATE 1-1 a${0,0,d}b${1,0}c${2,3} 1 A 192.0.2.1", "1 a1b2c003." E " 1 A 192.0.2.1|" },
    { "$GENERATE 0-1 a${0,20,d} 1 A 192.0.2.$", "1 a00000000000000000000." E " 1 A 192.0.2.0|1 "
                                                "a00000000000000000001." E " 1 A 192.0.2.1|" },
    { "$GENERATE 15-16 ${0,1,n} 1 A 192.0.2.1",
      "1 f." E " 1 A 192.0.2.1|1 0.1." E " 1 A 192.0.2.1|" },
    { "$GENERATE 15-15 c.${0,7,N}.q 1 A 192.0.2.1", "1 c.F.0.0.0.q." E " 1 A 192.0.2.1|" },
    { "$GENERATE 18-18 b.${0,8,n}q 1 A 192.0.2.1", "1 b.2.1.0.0.q." E " 1 A 192.0.2.1|" },
    { "$GENERATE 1-2 a$ 1 MX \"10 mail$\"",
      "1 a1." E " 1 MX 10 mail1." E "|1 a2." E " 1 MX 10 mail2." E "|" },
    { "$GENERATE 1-1 a$ 1 TXT \"\\\"a;b $\\\" \\\"c\\\"\"", "1 a1." E " 1 TXT \"a;b 1\" \"c\"|" },
    { "$GENERATE 1-1 a$ 1 TXT \"a;b\"", "1 a1." E " 1 TXT \"a\"|" }, /* a comment, as in BIND */
    { "$GENERATE 1-2 a$ 1 TYPE65400 \"\\# 1 0$\"",
      "1 a1." E " 1 TYPE65400 \\# 1 01|1 a2." E " 1 TYPE65400 \\# 1 02|" },
    { "$GENERATE 0-2/2 a$ 1h AAAA 2001:db8::${0,0,x}",
      "1 a0." E " 3600 AAAA 2001:db8::|1 a2." E " 3600 AAAA 2001:db8::2|" },
    { "$generate 1-1 @ 1 NS n$.", "1 " E " 1 NS n1.|" },
    { "$ORIGIN sub\n$GENERATE 1-1 $ 1 CNAME $.x", "2 1.sub." E " 1 CNAME 1.x.sub." E "|" },
    { "$TTL 5\n$GENERATE 1-1 $ A 192.0.2.1 ; comment", "2 1." E " 5 A 192.0.2.1|" },
    /* the owner in force stays */
    { "x 1 A 192.0.2.9\n$GENERATE 1-1 a$ 1 A 192.0.2.$\n 1 A 192.0.2.8",
      "1 x." E " 1 A 192.0.2.9|2 a1." E " 1 A 192.0.2.1|3 x." E " 1 A 192.0.2.8|" },
    { "$GENERATE 1-1 a\\044$ 1 A 192.0.2.1", "1 a,1." E " 1 A 192.0.2.1|" },
    /* the limit of the tests is 100 */
    { "$GENERATE 1-101 a$ 1 A 192.0.2.1",
      "!f:1: $GENERATE: 101 records, at most 100 are allowed|" },
    { "$GENERATE 0-2147483647/2147483647 a$ 1 A 192.0.2.1",
      "1 a0." E " 1 A 192.0.2.1|1 a2147483647." E " 1 A 192.0.2.1|" },
    /* one error for all that would follow */
    { "$GENERATE 254-259 a$ 1 A 192.0.2.$",
      "1 a254." E " 1 A 192.0.2.254|1 a255." E " 1 A 192.0.2.255|!f:1: A: '192.0.2.256' is not an "
      "IPv4 address|" },
};

START_TEST(records_made)
{
    scan_help_check(&cases[_i]);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    { "3-1 a$ 1 A 192.0.2.$", "is not a range" },
    { "1-3/0 a$ 1 A 192.0.2.$", "is not a range" },
    { "1 a$ 1 A 192.0.2.$", "is not a range" },
    { "1-x a$ 1 A 192.0.2.$", "is not a range" },
    { "-1-2 a$ 1 A 192.0.2.$", "is not a range" },
    { "1-2/1x a$ 1 A 192.0.2.$", "is not a range" },
    { "1-2147483648 a$ 1 A 192.0.2.$", "is not a range" },
    { "\"1-2\" a$ 1 A 192.0.2.$", "is not a range" },
    { "1-3 a$", "the form is" },
    { "1-3 a$ 1 IN", "ends before its type" },
    { "1-3 a$ 1 IN A", "one word of rdata" },
    { "1-3 a$ 1 MX 10 mail$", "one word of rdata" },
    { "1-3 a$ 1 A 192.0.2.$ x y", "the form is" },
    { "1-3 a${1,2,q} 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${1,2 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${} 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${,,} 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${1,2,d,} 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${1,2,dd} 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${1,128,d} 1 A 192.0.2.$", "in the owner" },
    { "1-3 a${-5,2,x} 1 A 192.0.2.$", "in the owner" }, /* below zero only in decimal */
    { "1-3 a$ 1 A 192.0.2.${", "in the rdata" },
    { "1-3 a..$ 1 A 192.0.2.$", "is not a name" },
    { "1-3 a$ 1 OPT x", "is for questions" },
    { "1-3 a$ 1 FOO x", "unknown type" },
    { "1-3 a$ 1 TXT \"\\\"x\"", "quotes are not closed" },
};

START_TEST(directive_refused)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "\n$GENERATE %s", refused[_i].text);
    char *got = scan_help_text(text, strlen(text));
    ck_assert_msg(strncmp(got, "!f:2: ", 6) == 0 && strstr(got, refused[_i].message) != NULL,
                  "%s: %s", text, got);
    ck_assert_ptr_eq(strchr(got, '|'), got + strlen(got) - 1); /* one error */
    mem_free(got);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, records_made, 0, (int)ARRAY_LEN(cases));
    tcase_add_loop_test(tcase, directive_refused, 0, (int)ARRAY_LEN(refused));
}

int main(void)
{
    return help_run("zones/generate", fill, 20);
}
