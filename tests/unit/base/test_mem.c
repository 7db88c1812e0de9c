// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

START_TEST(alloc_zeroes)
{
    for (size_t size = 0; size < 5000; size += 777) {
        unsigned char *dirty = mem_alloc(size);
        memset(dirty, 0xaa, size);
        mem_free(dirty);
        unsigned char *bytes = mem_alloc(size);
        ck_assert_ptr_nonnull(bytes);
        ck_assert(all_zero(bytes, size));
        mem_free(bytes);
    }
}
END_TEST

START_TEST(alloc_aligned_is_aligned_and_zero)
{
    for (size_t size = 0; size < 300; size++) {
        unsigned char *bytes = mem_alloc_aligned(size);
        ck_assert_uint_eq((uintptr_t)bytes % CACHE_LINE, 0);
        ck_assert(all_zero(bytes, size));
        mem_free(bytes);
    }
}
END_TEST

START_TEST(dup_copies)
{
    char *text = mem_strdup("abc");
    ck_assert_str_eq(text, "abc");
    int numbers[] = { 1, 2, 3 };
    int *copy = mem_dup(numbers, sizeof(numbers));
    ck_assert_mem_eq(copy, numbers, sizeof(numbers));
    mem_free(mem_dup(NULL, 0));
    mem_free(copy);
    mem_free(text);
}
END_TEST

START_TEST(grow_doubles_and_keeps)
{
    void *array = NULL;
    size_t capacity = 0;
    size_t moves = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t before = capacity;
        mem_grow(&array, &capacity, i + 1, sizeof(size_t));
        ck_assert_uint_ge(capacity, i + 1);
        moves += capacity != before;
        ((size_t *)array)[i] = i;
    }
    ck_assert_uint_le(moves, 10);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(((size_t *)array)[i], i);
    size_t before = capacity;
    mem_grow(&array, &capacity, 10, sizeof(size_t));
    ck_assert_uint_eq(capacity, before);
    mem_free(array);
}
END_TEST

START_TEST(realloc_keeps)
{
    char *text = mem_strdup("hello");
    text = mem_realloc(text, 4096);
    ck_assert_str_eq(text, "hello");
    text = mem_realloc(text, 0);
    ck_assert_ptr_nonnull(text);
    mem_free(text);
    mem_free(NULL);
}
END_TEST

static void overflow_calloc(void)
{
    mem_free(mem_calloc(SIZE_MAX / 2, 3));
}

static void overflow_grow(void)
{
    void *array = NULL;
    size_t capacity = 0;
    mem_grow(&array, &capacity, SIZE_MAX / 4, 8);
    mem_free(array);
}

static void overflow_aligned(void)
{
    mem_free(mem_alloc_aligned(SIZE_MAX));
}

static void (*const overflows[])(void) = { overflow_calloc, overflow_grow, overflow_aligned };

START_TEST(overflow_aborts)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)close(STDERR_FILENO);
        overflows[_i]();
        _exit(0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mem");
    TCase *tcase = tcase_create("mem");
    tcase_add_test(tcase, alloc_zeroes);
    tcase_add_test(tcase, alloc_aligned_is_aligned_and_zero);
    tcase_add_test(tcase, dup_copies);
    tcase_add_test(tcase, grow_doubles_and_keeps);
    tcase_add_test(tcase, realloc_keeps);
    tcase_add_loop_test(tcase, overflow_aborts, 0, ARRAY_LEN(overflows));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
