// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rrtype.h"

#include "tests/unit/zones/zones_help.h"
#include "zones/rdfield.h"

#include <ctype.h>
#include <ldns/ldns.h>

START_TEST(names_numbers_round_trip)
{
    unsigned rows = 0;
    for (unsigned n = 0; n <= UINT16_MAX; n++) {
        const struct rrtype *type = rrtype_by_number((uint16_t)n);
        char buf[RRTYPE_TEXT_MAX];
        const char *name = rrtype_name((uint16_t)n, buf);
        char lower[RRTYPE_TEXT_MAX];
        uint16_t number = 0;
        ck_assert(rrtype_parse(name, strlen(name), &number));
        ck_assert_uint_eq(number, n);
        for (size_t i = 0; i <= strlen(name); i++)
            lower[i] = (char)tolower((unsigned char)name[i]);
        ck_assert(rrtype_parse(lower, strlen(lower), &number));
        ck_assert_uint_eq(number, n);
        if (type != NULL) {
            ck_assert_uint_eq(type->number, n);
            ck_assert_str_eq(type->name, name);
            rows++;
        }
    }
    ck_assert_uint_ge(rows, 95);
}
END_TEST

/* What ldns knows by name, we know by that name. */
START_TEST(ldns_types_are_known)
{
    unsigned known = 0;
    for (unsigned n = 1; n <= UINT16_MAX; n++) {
        const ldns_rr_descriptor *row = ldns_rr_descript((uint16_t)n);
        if (row == NULL || row->_name == NULL || row->_type != (ldns_rr_type)n)
            continue;
        const struct rrtype *type = rrtype_by_number((uint16_t)n);
        if (strncmp(row->_name, "TYPE", 4) == 0)
            continue;
        ck_assert_msg(type != NULL, "%u %s", n, row->_name);
        ck_assert_str_eq(type->name, row->_name);
        known++;
    }
    ck_assert_uint_ge(known, 70);
}
END_TEST

static const char *const refused[] = {
    "", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "TYPE 1", "FOO", "AA", "AAA", "MXX", "M", "CLASS1",
};

START_TEST(parse_refuses)
{
    uint16_t number = 0;
    ck_assert(!rrtype_parse(refused[_i], strlen(refused[_i]), &number));
}
END_TEST

START_TEST(parse_bytes)
{
    uint16_t number = 0;
    ck_assert(!rrtype_parse("A\0A", 3, &number));
    ck_assert(rrtype_parse("AAAAx", 4, &number)); /* only the length given counts */
    ck_assert_uint_eq(number, RRTYPE_AAAA);
    ck_assert(rrtype_parse("type00028", 9, &number));
    ck_assert_uint_eq(number, 28);
}
END_TEST

START_TEST(meta_types)
{
    static const uint16_t meta[] = { 0, 41, 128, 200, 249, 250, 251, 252, 253, 254, 255 };
    static const uint16_t data[] = { 1, 40, 42, 127, 256, 257, 32768, 65535 };
    for (size_t i = 0; i < ARRAY_LEN(meta); i++)
        ck_assert_msg(rrtype_is_meta(meta[i]), "%u", meta[i]);
    for (size_t i = 0; i < ARRAY_LEN(data); i++)
        ck_assert_msg(!rrtype_is_meta(data[i]), "%u", data[i]);
}
END_TEST

/* A layout is needed by exactly those types that may be compressed, and says the same as the
 * fields. */
START_TEST(rows_are_consistent)
{
    for (unsigned n = 0; n <= UINT16_MAX; n++) {
        const struct rrtype *type = rrtype_by_number((uint16_t)n);
        if (type == NULL)
            continue;
        ck_assert_int_eq((type->flags & RRTYPE_COMPRESS) != 0, type->layout != NULL);
        ck_assert_int_eq((type->flags & RRTYPE_META) != 0, rrtype_is_meta((uint16_t)n));
        if (type->layout != NULL) {
            ck_assert_uint_eq(strlen(type->layout), strlen(type->fields));
            for (size_t i = 0; type->layout[i] != '\0'; i++)
                ck_assert(type->layout[i] == type->fields[i] ||
                          (type->layout[i] == '4' && type->fields[i] == 'p'));
        }
        if ((type->flags & RRTYPE_LOWER) != 0)
            ck_assert_ptr_nonnull(strchr(type->fields, 'n'));
    }
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_test(tcase, names_numbers_round_trip);
    tcase_add_test(tcase, ldns_types_are_known);
    tcase_add_loop_test(tcase, parse_refuses, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(tcase, parse_bytes);
    tcase_add_test(tcase, meta_types);
    tcase_add_test(tcase, rows_are_consistent);
}

int main(void)
{
    return help_run("zones/rrtype", fill, 20);
}
