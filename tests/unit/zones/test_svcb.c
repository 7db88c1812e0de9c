// SPDX-License-Identifier: BSD-2-Clause
#include "zones/svcb.h"

#include "tests/unit/zones/rdata_cases.h"

START_TEST(cases_as_printed)
{
    help_check(&svcb_cases[_i]);
}
END_TEST

static bool check_hex(const char *hex)
{
    uint8_t wire[512];
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        wire[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return rdata_check(RRTYPE_HTTPS, wire, length);
}

/* Bytes behind priority 1 and target ".". */
static const struct {
    const char *hex;
    bool good;
} params[] = {
    { "", true },
    { "00030002"
      "01bb",
      true },
    { "00030002"
      "01bb"
      "00040004"
      "c0000201",
      true },
    { "00040004"
      "c0000201"
      "00030002"
      "01bb",
      false }, /* out of order */
    { "00030002"
      "01bb"
      "00030002"
      "01bb",
      false }, /* twice */
    { "00030003"
      "01bb00",
      false },
    { "0003000201", false }, /* cut short */
    { "000300", false },
    { "00010000", false }, /* no id */
    { "00010001"
      "00",
      false }, /* an empty id */
    { "00010003"
      "026832",
      true },
    { "00010003"
      "036832",
      false },
    { "00020000", false }, /* no-default-alpn alone */
    { "00010003"
      "026832"
      "00020000",
      true },
    { "00040003"
      "c00002",
      false },
    { "00060010"
      "20010db8000000000000000000000001",
      true },
    { "0006000f"
      "20010db80000000000000000000000",
      false },
    { "00000002"
      "0003"
      "00030002"
      "01bb",
      true },
    { "00000002"
      "0004"
      "00030002"
      "01bb",
      false }, /* mandatory one is missing */
    { "00000002"
      "0000"
      "00030002"
      "01bb",
      false }, /* mandatory itself */
    { "00000004"
      "00030003"
      "00030002"
      "01bb",
      false },
    { "00000004"
      "00040003"
      "00030002"
      "01bb"
      "00040004"
      "c0000201",
      false },
    { "00000000"
      "00030002"
      "01bb",
      false },
    { "00080000", true },
    { "00080001"
      "00",
      false },
    { "ffff0001"
      "00",
      true },
    { "0007000b"
      "2f647b3f646e737d616263",
      true }, /* /d{?dns}abc */
    { "00070006"
      "2f647b3f787d",
      false },
    { "00070007"
      "2f647b3f646e73",
      false }, /* the brace is open */
    { "00070008"
      "2fff7b3f646e737d",
      false }, /* no UTF-8 */
};

START_TEST(wire_is_checked)
{
    char hex[256];
    (void)snprintf(hex, sizeof(hex), "000100%s", params[_i].hex);
    ck_assert_msg(check_hex(hex) == params[_i].good, "%s", params[_i].hex);
}
END_TEST

/* 10,000 parameters of which all are mandatory: linear work. */
START_TEST(many_parameters)
{
    uint8_t *wire = mem_alloc(RDATA_MAX);
    struct rdata_error error = { 0 };
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, "1 . mandatory=key1000");
    for (unsigned i = 1001; i < 10000; i++)
        strbuf_addf(&text, ",key%u", i);
    for (unsigned i = 9999; i >= 1000; i--)
        strbuf_addf(&text, " key%u", i);
    int length = help_rdata("SVCB", text.text, wire, &error);
    ck_assert_msg(length == 3 + 4 + 2 * 9000 + 4 * 9000, "%d %s", length, error.text);
    ck_assert(rdata_check(RRTYPE_SVCB, wire, (size_t)length));
    strbuf_fini(&text);
    mem_free(wire);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, cases_as_printed, 0, (int)ARRAY_LEN(svcb_cases));
    tcase_add_loop_test(tcase, wire_is_checked, 0, (int)ARRAY_LEN(params));
    tcase_add_test(tcase, many_parameters);
}

int main(void)
{
    return help_run("zones/svcb", fill, 20);
}
