// SPDX-License-Identifier: BSD-2-Clause
#include "server/metrics_put.h"

#include <check.h>

START_TEST(samples_as_the_format_wants_them)
{
    struct strbuf out;
    strbuf_init(&out);
    struct metrics metrics = { .name = "m", .out = &out };
    struct metrics_label labels[] = { { "a", "x" }, { "b", "q\"\\\n" } };
    metrics_put_count(&metrics, NULL, 0, 7);
    metrics_put_count(&metrics, labels, 2, UINT64_MAX);
    metrics_put_real(&metrics, labels, 1, 0.5);
    metrics_put_head(&metrics, "_sum", labels, 1);
    ck_assert_str_eq(out.text, "m 7\n"
                               "m{a=\"x\",b=\"q\\\"\\\\\\n\"} 18446744073709551615\n"
                               "m{a=\"x\"} 0.500\n"
                               "m_sum{a=\"x\"} ");
    strbuf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_put");
    TCase *tcase = tcase_create("metrics_put");
    tcase_add_test(tcase, samples_as_the_format_wants_them);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
