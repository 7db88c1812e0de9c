// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/quorum.h"

#include "base/compiler.h"

#include <check.h>

/* `live` is walked through; `up` says after each: 1 or 0. Weight is 10 a server. */
static const struct {
    const char *live;
    const char *up;
    enum ipvs_quorum_by by;
    uint32_t quorum, hysteresis;
    uint32_t servers;
    uint32_t weight; /* of each */
} cases[] = {
    { "0121010", "0111010", IPVS_BY_COUNT, 1, 0, 4, 10 },
    { "012321", "001110", IPVS_BY_COUNT, 2, 0, 4, 10 },
    { "01232101", "00011100", IPVS_BY_COUNT, 2, 1, 4, 10 }, /* up at 3, down below 1 */
    { "34543210", "00111000", IPVS_BY_COUNT, 4, 1, 6, 10 }, /* up at 5, down below 3 */
    { "01234", "00001", IPVS_BY_COUNT, 3, 5, 4, 10 },       /* all of them is enough */
    { "4321", "1111", IPVS_BY_COUNT, 3, 5, 4, 10 },
    { "0123", "0000", IPVS_BY_COUNT, 4, 0, 3, 10 }, /* never to be reached */
    { "010", "010", IPVS_BY_COUNT, 0, 0, 4, 10 },   /* nothing live is no quorum */
    { "012321", "000100", IPVS_BY_WEIGHT, 21, 0, 4, 10 },
    { "01232101", "00011100", IPVS_BY_WEIGHT, 20, 10, 4, 10 },
    { "012321", "001110", IPVS_BY_SHARE, 50, 0, 4, 10 },
    { "012321", "000100", IPVS_BY_SHARE, 51, 0, 4, 10 },
    { "0123210", "0001100", IPVS_BY_SHARE, 50, 10, 4, 10 },
    { "123", "001", IPVS_BY_SHARE, 100, 0, 3, 10 },
    { "123", "001", IPVS_BY_SHARE, 67, 0, 3, 10 },
    { "123", "011", IPVS_BY_SHARE, 66, 0, 3, 10 },
    { "01232", "00111", IPVS_BY_SHARE, 50, 0, 4, 0 }, /* by count, without weights */
};

static struct quorum_tally tally_of(size_t i, uint64_t live)
{
    return (struct quorum_tally){ .live = live,
                                  .servers = cases[i].servers,
                                  .live_weight = live * cases[i].weight,
                                  .weight = (uint64_t)cases[i].servers * cases[i].weight };
}

START_TEST(quorum_table)
{
    struct ipvs_spec spec = { .quorum_by = cases[_i].by,
                              .quorum = cases[_i].quorum,
                              .hysteresis = cases[_i].hysteresis };
    bool up = false;
    for (size_t i = 0; cases[_i].live[i] != '\0'; i++) {
        struct quorum_tally tally = tally_of((size_t)_i, (uint64_t)(cases[_i].live[i] - '0'));
        up = quorum_holds(&spec, &tally, up);
        ck_assert_msg(up == (cases[_i].up[i] == '1'), "case %d, step %zu", _i, i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quorum");
    TCase *tcase = tcase_create("quorum");
    tcase_add_loop_test(tcase, quorum_table, 0, (int)ARRAY_LEN(cases));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
