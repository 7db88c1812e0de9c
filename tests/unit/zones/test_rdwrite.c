// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdwrite.h"

#include "base/rng.h"
#include "tests/unit/zones/zones_help.h"

static struct rdfield_out over(const char *bytes, size_t length, struct strbuf *text)
{
    return (struct rdfield_out){
        .rdata = (const uint8_t *)bytes,
        .length = length,
        .text = text,
    };
}

START_TEST(get_is_bounded)
{
    struct rdfield_out out = over("abc", 3, NULL);
    ck_assert_ptr_nonnull(rdfield_get(&out, 2));
    ck_assert_uint_eq(rdfield_left(&out), 1);
    ck_assert_ptr_null(rdfield_get(&out, 2));
    ck_assert_ptr_null(rdfield_get(&out, SIZE_MAX));
    ck_assert_uint_eq(rdfield_left(&out), 1); /* a refusal takes nothing */
    ck_assert_ptr_nonnull(rdfield_get(&out, 1));
}
END_TEST

/* Words are separated by one space, none before the first. */
START_TEST(words)
{
    struct strbuf text;
    strbuf_init(&text);
    struct rdfield_out out = over("\x05"
                                  "a\"\\ \x7f"
                                  "\x01\xab",
                                  8, &text);
    ck_assert(rdfield_write_string(&out));
    ck_assert(rdfield_write_u8(&out));
    rdfield_hex(&out, rdfield_get(&out, 1), 1);
    rdfield_word(&out, "%d", 42);
    ck_assert_str_eq(text.text, "\"a\\\"\\\\ \\127\" 1 AB 42");
    strbuf_fini(&text);
}
END_TEST

static const struct {
    rdfield_write_fn *write;
    const char *bytes;
    size_t length;
    const char *expected; /* NULL: refused */
} fields[] = {
    { rdfield_write_u16, "\x01\x02", 2, "258" },
    { rdfield_write_u16, "\x01", 1, NULL },
    { rdfield_write_u32, "\xff\xff\xff\xff", 4, "4294967295" },
    { rdfield_write_u64, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "18446744073709551615" },
    { rdfield_write_name,
      "\x01"
      "a\x00",
      3, "a." },
    { rdfield_write_name,
      "\x01"
      "a",
      2, NULL },
    { rdfield_write_name, "\xc0\x0c", 2, NULL },
    { rdfield_write_name,
      "\x40"
      "a\x00",
      3, NULL },
    { rdfield_write_string,
      "\x02"
      "a",
      2, NULL },
    { rdfield_write_string, "", 0, NULL },
    { rdfield_write_strings,
      "\x00\x01"
      "a",
      3, "\"\" \"a\"" },
    { rdfield_write_strings, "", 0, NULL },
    { rdfield_write_optional_string, "", 0, "" },
    { rdfield_write_digits,
      "\x04"
      "1234",
      5, "\"1234\"" },
    { rdfield_write_digits,
      "\x04"
      "12x4",
      5, NULL },
    { rdfield_write_digits,
      "\x05"
      "1234",
      5, NULL },
    { rdfield_write_caa_tag,
      "\x02"
      "ab",
      3, "ab" },
    { rdfield_write_caa_tag,
      "\x02"
      "a-",
      3, NULL },
    { rdfield_write_caa_tag, "\x00", 1, NULL },
    { rdfield_write_type, "\xff\x78", 2, "TYPE65400" },
    { rdfield_write_hex, "", 0, NULL },
    { rdfield_write_salt, "\x00", 1, "-" },
    { rdfield_write_salt,
      "\x02"
      "a",
      2, NULL },
    { rdfield_write_time, "\x00\x00\x00\x00", 4, "19700101000000" },
    { rdfield_write_time, "\xff\xff\xff\xff", 4, "21060207062815" },
    { rdfield_write_bitmap, "\x00\x01\x40", 3, "A" },
    { rdfield_write_bitmap, "", 0, NULL },
    { rdfield_write_bitmap_or_none, "", 0, "" },
    { rdfield_write_bitmap, "\x00\x01\x40\x01\x01\x40", 6, "A CAA" },
    { rdfield_write_bitmap, "\x01\x01\x40\x00\x01\x40", 6, NULL },
    { rdfield_write_bitmap, "\x00\x00", 2, NULL },
    { rdfield_write_bitmap, "\x00\x02\x40\x00", 4, NULL },
    { rdfield_write_bitmap, "\x00\x21\x40", 3, NULL },
    { rdfield_write_bitmap, "\x00", 1, NULL },
    { rdfield_write_eui48, "\x00\x01\x02\x03\x04\xff", 6, "00-01-02-03-04-ff" },
    { rdfield_write_eui64, "\x00\x01\x02\x03\x04\xff", 6, NULL },
    { rdfield_write_locator, "\x00\x01\x00\x02\xab\xcd\x00\x00", 8, "1:2:abcd:0" },
    { rdfield_write_apl, "\x00\x01\x08\x81\x0a", 5, "!1:10.0.0.0/8" },
    { rdfield_write_apl, "\x00\x01\x21\x01\x0a", 5, NULL },
    { rdfield_write_apl, "\x00\x01\x08\x05\x0a\x01\x01\x01\x01", 9, NULL },
    { rdfield_write_apl, "\x00\x01\x08\x02\x0a\x00", 6, NULL },
    { rdfield_write_apl, "\x00\x01\x08", 3, NULL },
};

START_TEST(field_table)
{
    struct strbuf text;
    strbuf_init(&text);
    struct rdfield_out out = over(fields[_i].bytes, fields[_i].length, &text);
    struct rdfield_out check = over(fields[_i].bytes, fields[_i].length, NULL);
    bool good = fields[_i].write(&out);
    ck_assert_msg(good == (fields[_i].expected != NULL), "row %d: %s", _i, text.text);
    ck_assert_int_eq(fields[_i].write(&check), good); /* without text it judges the same */
    if (good)
        ck_assert_str_eq(text.text, fields[_i].expected);
    strbuf_fini(&text);
}
END_TEST

/* Any bytes as rdata of any type: judged without reading past the end (the sanitizers watch), and
 * what is printed, fields or \#, is read back as the same bytes. */
START_TEST(hostile_bytes)
{
    struct rng rng;
    uint8_t *again = mem_alloc(RDATA_MAX);
    rng_seed(&rng, (uint64_t)_i);
    for (unsigned round = 0; round < 400; round++) {
        uint16_t type = (uint16_t)(rng_below(&rng, 20) == 0 ? 32769 : rng_below(&rng, 265));
        size_t length = rng_below(&rng, 40);
        uint8_t *bytes = mem_alloc(length); /* just its size */
        char name[RRTYPE_TEXT_MAX];
        struct rdata_error error = { 0 };
        struct strbuf text;
        strbuf_init(&text);
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)(rng_below(&rng, 3) == 0 ? rng_next(&rng) : rng_below(&rng, 4));
        rdata_to_text(type, bytes, length, &text);
        if (rdata_check(type, bytes, length)) {
            int got = help_rdata(rrtype_name(type, name), text.text, again, &error);
            ck_assert_msg(got == (int)length && memcmp(bytes, again, length) == 0, "%s %s: %d %s",
                          name, text.text, got, error.text);
        }
        strbuf_fini(&text);
        mem_free(bytes);
    }
    mem_free(again);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_test(tcase, get_is_bounded);
    tcase_add_test(tcase, words);
    tcase_add_loop_test(tcase, field_table, 0, (int)ARRAY_LEN(fields));
    tcase_add_loop_test(tcase, hostile_bytes, 0, 20);
}

int main(void)
{
    return help_run("zones/rdwrite", fill, 20);
}
