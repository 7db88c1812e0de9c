// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/spec.h"

#include "base/mem.h"

#include <check.h>
#include <string.h>

START_TEST(a_copy_lives_by_itself)
{
    ipvs_spec_free(NULL);
    char *names[] = { mem_strdup("web"), mem_strdup("a"), mem_strdup("b") };
    struct ipvs_server_spec servers[] = {
        { .name = names[1], .dest = { .port = 80, .weight = 3 } },
        { .name = names[2], .dest = { .port = 81, .weight = 4 }, .disabled = true },
    };
    struct ipvs_spec spec = { .name = names[0],
                              .service = { .scheduler = "wrr" },
                              .servers = servers,
                              .server_count = 2,
                              .quorum = 2,
                              .drain_ms = 77 };
    struct ipvs_spec *copy = ipvs_spec_copy(&spec);
    for (size_t i = 0; i < 3; i++)
        mem_free(names[i]);
    memset(servers, 0, sizeof(servers));
    ck_assert_str_eq(copy->name, "web");
    ck_assert_str_eq(copy->service.scheduler, "wrr");
    ck_assert_uint_eq(copy->quorum, 2);
    ck_assert_uint_eq(copy->drain_ms, 77);
    ck_assert_uint_eq(copy->server_count, 2);
    ck_assert_str_eq(copy->servers[0].name, "a");
    ck_assert_uint_eq(copy->servers[0].dest.weight, 3);
    ck_assert(!copy->servers[0].disabled);
    ck_assert_str_eq(copy->servers[1].name, "b");
    ck_assert_uint_eq(copy->servers[1].dest.port, 81);
    ck_assert(copy->servers[1].disabled);
    ipvs_spec_free(copy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spec");
    TCase *tcase = tcase_create("spec");
    tcase_add_test(tcase, a_copy_lives_by_itself);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
