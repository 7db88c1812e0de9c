// SPDX-License-Identifier: BSD-2-Clause
#include "base/strmap.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(put_get_and_replace)
{
    struct strmap *map = strmap_new();
    uint64_t value = 99;
    ck_assert(!strmap_get(map, "a", &value));
    ck_assert_uint_eq(value, 99);
    ck_assert(strmap_put(map, "a", 1));
    ck_assert(strmap_put(map, "", 2));
    ck_assert(!strmap_put(map, "a", 3));
    ck_assert_uint_eq(strmap_count(map), 2);
    ck_assert(strmap_get(map, "a", &value));
    ck_assert_uint_eq(value, 3);
    ck_assert(strmap_get(map, "", &value));
    ck_assert_uint_eq(value, 2);
    strmap_free(map);
}
END_TEST

START_TEST(survives_growth)
{
    struct strmap *map = strmap_new();
    char key[32];
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof(key), "key-%u", i);
        ck_assert(strmap_put(map, key, i));
    }
    ck_assert_uint_eq(strmap_count(map), 10000);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t value = 0;
        (void)snprintf(key, sizeof(key), "key-%u", i);
        ck_assert(strmap_get(map, key, &value));
        ck_assert_uint_eq(value, i);
    }
    uint64_t value = 0;
    ck_assert(!strmap_get(map, "key-10000", &value));
    strmap_free(map);
    strmap_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strmap");
    TCase *tcase = tcase_create("strmap");
    tcase_add_test(tcase, put_get_and_replace);
    tcase_add_test(tcase, survives_growth);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
