// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdfield.h"

#include "tests/unit/zones/rdata_cases.h"

START_TEST(cases_as_printed)
{
    help_check(&rdfield_cases[_i]);
}
END_TEST

/* Wire form, byte for byte, of the common types. */
static const struct {
    const char *type;
    const char *text;
    const char *hex;
} wires[] = {
    { "A", "192.0.2.255", "c00002ff" },
    { "AAAA", "2001:db8::1", "20010db8000000000000000000000001" },
    { "NS", "a",
      "0161076578616d706c650474657374"
      "00" },
    { "NS", "@", "076578616d706c65047465737400" },
    { "NS", ".", "00" },
    { "MX", "10 a.", "000a016100" },
    { "SRV", "1 2 65535 A.", "00010002ffff014100" },
    { "SOA", "a. b. 4294967295 1h 1m 1w 0",
      "016100016200ffffffff00000e100000003c00093a8000000000" },
    { "TXT", "a \"b c\" \"\"", "01610362206300" },
    { "CAA", "128 issue ca.x",
      "800569737375"
      "6563612e78" },
    { "URI", "1 2 \"x\"", "0001000278" },
    { "IPN", "18446744073709551615", "ffffffffffffffff" },
};

START_TEST(wire_form)
{
    uint8_t wire[512];
    char hex[1024] = "";
    struct rdata_error error = { 0 };
    int length = help_rdata(wires[_i].type, wires[_i].text, wire, &error);
    ck_assert_msg(length > 0, "%s: %s", wires[_i].text, error.text);
    for (int i = 0; i < length; i++)
        (void)snprintf(hex + 2 * (size_t)i, 3, "%02x", wire[i]);
    ck_assert_str_eq(hex, wires[_i].hex);
}
END_TEST

/* An error names its token; a missing one stands behind the last. */
static const struct {
    const char *type;
    const char *text;
    size_t token;
} places[] = {
    { "MX", "70000 a", 0 },        { "MX", "1 a..b", 1 },     { "MX", "1", 1 },
    { "MX", "1 a b", 2 },          { "SRV", "1 2 x d", 2 },   { "A", "", 0 },
    { "SOA", "a b 1 2 3 4 x", 6 }, { "TXT", "a b \\300", 2 }, { "TLSA", "1 1 1 ab zz", 4 },
};

START_TEST(error_names_the_token)
{
    uint8_t *wire = mem_alloc(RDATA_MAX);
    struct rdata_error error = { 0 };
    ck_assert_int_eq(help_rdata(places[_i].type, places[_i].text, wire, &error), -1);
    ck_assert_msg(error.token == places[_i].token, "%s %s: %zu", places[_i].type, places[_i].text,
                  error.token);
    ck_assert_uint_gt(strlen(error.text), 0);
    mem_free(wire);
}
END_TEST

/* 65535 bytes of rdata, and one more. */
START_TEST(rdata_has_a_limit)
{
    uint8_t *wire = mem_alloc(RDATA_MAX);
    struct rdata_error error = { 0 };
    struct strbuf text;
    strbuf_init(&text);
    for (unsigned i = 0; i < 65535; i++)
        strbuf_add(&text, "\"\" ");
    ck_assert_int_eq(help_rdata("TXT", text.text, wire, &error), 65535);
    strbuf_add(&text, "\"\"");
    ck_assert_int_eq(help_rdata("TXT", text.text, wire, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "65535"));
    strbuf_fini(&text);
    mem_free(wire);
}
END_TEST

START_TEST(plain_kinds_have_both_ways)
{
    static const char codes[] = "124UpnsSOdgvuaAtx";
    for (const char *code = codes; *code != '\0'; code++) {
        ck_assert_ptr_nonnull(rdfield_plain(*code));
        ck_assert(rdfield_plain(*code)->write != NULL);
    }
    ck_assert_ptr_null(rdfield_plain('V'));
    ck_assert_ptr_null(rdfield_plain('\xff'));
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, cases_as_printed, 0, (int)ARRAY_LEN(rdfield_cases));
    tcase_add_loop_test(tcase, wire_form, 0, (int)ARRAY_LEN(wires));
    tcase_add_loop_test(tcase, error_names_the_token, 0, (int)ARRAY_LEN(places));
    tcase_add_test(tcase, rdata_has_a_limit);
    tcase_add_test(tcase, plain_kinds_have_both_ways);
}

int main(void)
{
    return help_run("zones/rdfield", fill, 20);
}
