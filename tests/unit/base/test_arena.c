// SPDX-License-Identifier: BSD-2-Clause
#include "base/arena.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_filled(const unsigned char *bytes, size_t size, unsigned char byte)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != byte)
            return false;
    }
    return true;
}

/* Each object is filled with its own byte: an overlap shows as a changed byte. */
START_TEST(alloc_is_aligned_zeroed_and_disjoint)
{
    enum { COUNT = 3000 };
    struct arena *arena = arena_new(_i == 0 ? 0 : 100);
    static unsigned char *objects[COUNT];
    static size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t align = (size_t)1 << (i % 7);
        sizes[i] = i % 50 == 0 ? 70000 : i * 7 % 300;
        objects[i] = arena_alloc(arena, sizes[i], align);
        ck_assert_uint_eq((uintptr_t)objects[i] % align, 0);
        ck_assert(is_filled(objects[i], sizes[i], 0));
        memset(objects[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(is_filled(objects[i], sizes[i], (unsigned char)(i % 251 + 1)));
    arena_free(arena);
}
END_TEST

START_TEST(size_tells_what_was_taken)
{
    struct arena *arena = arena_new(4096);
    size_t empty = arena_size(arena);
    (void)arena_alloc(arena, 10, 1);
    size_t small = arena_size(arena);
    ck_assert_uint_ge(small, empty + 4096);
    (void)arena_alloc(arena, 10, 1);
    ck_assert_uint_eq(arena_size(arena), small);
    (void)arena_alloc(arena, 1000000, 64);
    ck_assert_uint_ge(arena_size(arena), small + 1000000);
    ck_assert_uint_le(arena_size(arena), small + 1001000);
    arena_free(arena);
}
END_TEST

START_TEST(large_object_leaves_the_rest_of_a_chunk_in_use)
{
    struct arena *arena = arena_new(4096);
    char *first = arena_alloc(arena, 8, 8);
    (void)arena_alloc(arena, 100000, 8);
    char *second = arena_alloc(arena, 8, 8);
    ck_assert_ptr_eq(second, first + 8);
    arena_free(arena);
}
END_TEST

START_TEST(overhead_is_small_for_many_small_objects)
{
    struct arena *arena = arena_new(0);
    for (int i = 0; i < 1000000; i++)
        (void)arena_alloc(arena, 24, 8);
    /* The last chunk may be empty but for its first object. */
    ck_assert_uint_le(arena_size(arena), 24000000 + 5 * 1024 * 1024);
    arena_free(arena);
}
END_TEST

START_TEST(dup_copies)
{
    struct arena *arena = arena_new(0);
    ck_assert_str_eq(arena_strdup(arena, "text"), "text");
    ck_assert_str_eq(arena_strdup(arena, ""), "");
    uint64_t numbers[] = { 7, 8, 9 };
    const uint64_t *copy = arena_dup(arena, numbers, sizeof(numbers), 8);
    ck_assert_mem_eq(copy, numbers, sizeof(numbers));
    const int *none = ARENA_NEW_ARRAY(arena, int, 0);
    ck_assert_ptr_nonnull(none);
    struct arena *unused = arena_new(0);
    arena_free(unused);
    arena_free(NULL);
    arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_loop_test(tcase, alloc_is_aligned_zeroed_and_disjoint, 0, 2);
    tcase_add_test(tcase, size_tells_what_was_taken);
    tcase_add_test(tcase, large_object_leaves_the_rest_of_a_chunk_in_use);
    tcase_add_test(tcase, overhead_is_small_for_many_small_objects);
    tcase_add_test(tcase, dup_copies);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
