// SPDX-License-Identifier: BSD-2-Clause
#include "base/wire.h"

#include <check.h>
#include <stdlib.h>

START_TEST(put_and_get_are_big_endian)
{
    uint8_t bytes[4];
    wire_put16(bytes, 0x1234);
    ck_assert_mem_eq(bytes, "\x12\x34", 2);
    ck_assert_uint_eq(wire_get16(bytes), 0x1234);
    wire_put32(bytes, 0x89abcdefU);
    ck_assert_mem_eq(bytes, "\x89\xab\xcd\xef", 4);
    ck_assert_uint_eq(wire_get32(bytes), 0x89abcdefU);
}
END_TEST

START_TEST(reader_walks)
{
    static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct wire_reader reader = { .bytes = bytes, .size = sizeof(bytes) };
    ck_assert_uint_eq(wire_take8(&reader), 1);
    ck_assert_uint_eq(wire_take16(&reader), 0x0203);
    ck_assert_uint_eq(wire_take32(&reader), 0x04050607);
    ck_assert_ptr_eq(wire_take(&reader, 2), bytes + 7);
    ck_assert(!reader.failed);
    ck_assert_ptr_eq(wire_take(&reader, 0), bytes + 9);
    ck_assert(!reader.failed);
}
END_TEST

START_TEST(reader_fails_for_good)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    struct wire_reader reader = { .bytes = bytes, .size = sizeof(bytes) };
    ck_assert_uint_eq(wire_take32(&reader), 0);
    ck_assert(reader.failed);
    ck_assert_uint_eq(reader.pos, 0);
    ck_assert_uint_eq(wire_take8(&reader), 0);
    ck_assert_uint_eq(wire_take16(&reader), 0);
    reader = (struct wire_reader){ .bytes = bytes, .size = sizeof(bytes), .pos = 1 };
    ck_assert_ptr_null(wire_take(&reader, SIZE_MAX));
    ck_assert(reader.failed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *tcase = tcase_create("wire");
    tcase_add_test(tcase, put_and_get_are_big_endian);
    tcase_add_test(tcase, reader_walks);
    tcase_add_test(tcase, reader_fails_for_good);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
