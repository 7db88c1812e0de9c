// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdfield.h"

#include "tests/unit/zones/rdata_cases.h"

START_TEST(cases_as_printed)
{
    help_check(&rdspecial_cases[_i]);
}
END_TEST

START_TEST(special_kinds_have_both_ways)
{
    static const char codes[] = "mcCDKIRENQXZy";
    for (const char *code = codes; *code != '\0'; code++) {
        ck_assert_ptr_nonnull(rdfield_special(*code));
        ck_assert(rdfield_special(*code)->write != NULL);
    }
    ck_assert_ptr_null(rdfield_special('a'));
    ck_assert_ptr_null(rdfield_special('\x80'));
}
END_TEST

/* Each mnemonic of an algorithm gives its number (RFC 8624 and BIND's names). */
START_TEST(algorithm_mnemonics)
{
    static const struct help_case cases[] = {
        { "DNSKEY", "256 3 RSASHA256 AwEA", "256 3 8 AwEA" },
        { "DNSKEY", "256 3 ecdsap256sha256 AwEA", "256 3 13 AwEA" },
        { "DNSKEY", "256 3 ED25519 AwEA", "256 3 15 AwEA" },
        { "DNSKEY", "256 3 ED448 AwEA", "256 3 16 AwEA" },
        { "DNSKEY", "256 3 NSEC3RSASHA1 AwEA", "256 3 7 AwEA" },
        { "DNSKEY", "256 3 RSASHA1-NSEC3-SHA1 AwEA", "256 3 7 AwEA" },
        { "DS", "1 PRIVATEOID 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
          "1 254 1 2BB183AF5F22588179A53B0A98631FAD1A292118" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        help_check(&cases[i]);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, cases_as_printed, 0, (int)ARRAY_LEN(rdspecial_cases));
    tcase_add_test(tcase, special_kinds_have_both_ways);
    tcase_add_test(tcase, algorithm_mnemonics);
}

int main(void)
{
    return help_run("zones/rdspecial", fill, 20);
}
