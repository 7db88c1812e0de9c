// SPDX-License-Identifier: BSD-2-Clause
#include "zones/loc.h"

#include "tests/unit/zones/rdata_cases.h"

START_TEST(cases_as_printed)
{
    help_check(&loc_cases[_i]);
}
END_TEST

/* RFC 1876 section 3: each part at its least and greatest. */
START_TEST(every_part)
{
    static const struct help_case cases[] = {
        { "LOC", "0 0 0.001 N 0 0 0.001 E 0.01m 0.01m 0.09m 0.10m",
          "0 0 0.001 N 0 0 0.001 E 0.01m "
          "0.01m 0.09m 0.10m" },
        { "LOC", "89 59 59.999 S 179 59 59.999 W 0 1 10 100",
          "89 59 59.999 S 179 59 59.999 W 0.00m 1m 10m 100m" },
        { "LOC", "90 S 180 W -100000 90000000 0 0",
          "90 0 0.000 S 180 0 0.000 W -100000.00m "
          "90000000m 0.00m 0.00m" },
        { "LOC", "1 1 N 1 1 E 0M 1M", "1 1 0.000 N 1 1 0.000 E 0.00m 1m 10000m 10m" },
        { "LOC", "91 N 0 E 0", "E: degrees" },
        { "LOC", "0 N 181 E 0", "E: degrees" },
        { "LOC", "0 60 N 0 E 0", "E: minutes" },
        { "LOC", "0 0 60 N 0 E 0", "E: seconds" },
        { "LOC", "N 0 E 0", "E: degrees" },
        { "LOC", "0 0 0 0 N 0 E 0", "E: neither N nor S" },
        { "LOC", "0 N 0 0 0 S 0", "E: neither E nor W" },
        { "LOC", "0 N 0 E --1", "E: altitude" },
        { "LOC", "0 N 0 E m", "E: altitude" },
        { "LOC", "0 N 0 E 1 99999999999999999999", "E: size" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        help_check(&cases[i]);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, cases_as_printed, 0, (int)ARRAY_LEN(loc_cases));
    tcase_add_test(tcase, every_part);
}

int main(void)
{
    return help_run("zones/loc", fill, 20);
}
