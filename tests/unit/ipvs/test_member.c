// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/member.h"

#include "base/compiler.h"
#include "tests/support/ipvs_stage.h"

#include <math.h>
#include <stdio.h>

#define SECOND 1000

/* ---- slow start --------------------------------------------------------------------------------
 */

START_TEST(a_server_that_comes_back_gets_its_weight_slowly)
{
    struct stage s;
    stage_setup(&s, 3);
    s.spec.slow_start_ms = 9 * SECOND; /* nine steps from 1 to 10 */
    stage_settle(&s);
    stage_wants(&s, "a10 b10 c10"); /* all are new */
    s.uses[1] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    s.uses[1] = IPVS_USE_UP;
    stage_step_and_apply(&s);
    uint64_t start = s.in.now_ms;
    for (uint32_t weight = 1; weight < 10; weight++) {
        stage_server_is(&s, 1, "warming");
        ck_assert_uint_eq(stage_view(&s, 1).weight, weight);
        ck_assert_uint_eq(stage_view(&s, 1).until_ms, start + 9 * SECOND);
        ck_assert_double_eq_tol(ipvs_director_share(s.director), (20 + weight) / 30.0, 1e-9);
        ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + weight * SECOND);
        stage_pass(&s, SECOND);
    }
    stage_wants(&s, "a10 b10 c10");
    stage_server_is(&s, 1, "up");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), 0);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_ramp_needs_others_that_carry_the_load)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.slow_start_ms = 10 * SECOND;
    stage_settle(&s);
    s.uses[0] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    s.uses[0] = IPVS_USE_UP;
    stage_step_and_apply(&s);
    stage_wants(&s, "a1 b10");
    s.uses[1] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10");
    stage_server_is(&s, 0, "up");
    stage_teardown(&s);
}
END_TEST

START_TEST(no_ramp_for_schedulers_that_hash_or_rank)
{
    static const char *const schedulers[] = { "sh", "mh", "dh", "fo", "ovf" };
    for (size_t i = 0; i < ARRAY_LEN(schedulers); i++) {
        struct stage s;
        stage_setup(&s, 2);
        (void)snprintf(s.spec.service.scheduler, IPVS_SCHEDULER_MAX, "%s", schedulers[i]);
        s.spec.slow_start_ms = 10 * SECOND;
        stage_settle(&s);
        s.uses[0] = IPVS_USE_FAILED;
        stage_step_and_apply(&s);
        s.uses[0] = IPVS_USE_UP;
        stage_step_and_apply(&s);
        stage_wants(&s, "a10 b10");
        stage_teardown(&s);
    }
}
END_TEST

/* ---- restarts and reloads ----------------------------------------------------------------------
 */

START_TEST(a_restart_takes_over_what_the_kernel_has)
{
    struct stage s;
    stage_setup(&s, 4);
    s.spec.slow_start_ms = 100 * SECOND;
    stage_found(&s, 1, 10);
    stage_found(&s, 2, 3);
    stage_found(&s, 3, 0);
    s.in.kernel_known = false;
    stage_step(&s); /* nothing is known yet, and nothing is done */
    stage_is(&s, "waiting", false);
    s.in.kernel_known = true;
    stage_step(&s);
    stage_wants(&s, "a10 b10 c1 d1"); /* c has been waiting for its weight, d is new */
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_restart_with_an_equal_table_writes_nothing)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.slow_start_ms = 100 * SECOND;
    s.spec.has_sorry = true;
    stage_found(&s, 1, 10);
    stage_found(&s, 2, 10);
    stage_step(&s);
    stage_wants(&s, "a10 b10");
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_restart_drains_what_the_definition_no_longer_has)
{
    struct stage s;
    stage_setup(&s, 1);
    stage_found(&s, 1, 10);
    stage_found(&s, 2, 10);
    stage_connections(&s, 2, 5, 0, 0);
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b0");
    stage_pass(&s, 10 * SECOND);
    stage_wants(&s, "a10 b0");
    stage_connections(&s, 2, 0, 9, 0);
    stage_pass(&s, SECOND);
    stage_wants(&s, "a10");
    stage_teardown(&s);
}
END_TEST

START_TEST(a_restart_knows_the_sorry_server)
{
    struct stage s;
    stage_setup(&s, 1);
    s.spec.has_sorry = true;
    stage_found(&s, STAGE_SORRY, 1);
    s.in.kernel_known = false;
    stage_step(&s);
    stage_wants(&s, "a10"); /* before the kernel has told */
    s.in.kernel_known = true;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 s1");
    stage_step_and_apply(&s);
    stage_wants(&s, "a10"); /* not drained as a stranger would be */
    stage_teardown(&s);
}
END_TEST

START_TEST(a_restart_goes_on_with_a_drain)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_found(&s, 1, 0);
    stage_found(&s, 2, 10);
    stage_connections(&s, 1, 3, 0, 0);
    s.uses[0] = IPVS_USE_DRAIN;
    s.in.kernel_known = false;
    stage_step(&s);
    stage_server_is(&s, 0, "draining");
    ck_assert_uint_eq(stage_view(&s, 0).until_ms, 0); /* it is not known what is there */
    s.in.now_ms += 5 * SECOND;
    s.in.kernel_known = true;
    stage_step_and_apply(&s);
    stage_wants(&s, "a0 b10");
    ck_assert_uint_eq(stage_view(&s, 0).until_ms, s.in.now_ms + 300 * SECOND);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_reload_keeps_states_drains_and_warms)
{
    struct stage s;
    stage_setup(&s, 3);
    s.spec.slow_start_ms = 9 * SECOND;
    stage_settle(&s);
    stage_connections(&s, 1, 1, 0, 0);
    struct ipvs_spec other = s.spec; /* without a, with d; c has another weight */
    struct ipvs_server_spec servers[] = { s.servers[3], s.servers[2], s.servers[1] };
    servers[1].dest.weight = 7;
    other.servers = servers;
    ipvs_director_adopt(s.director, &other);
    ck_assert_ptr_eq(ipvs_director_spec(s.director), &other);
    stage_step_and_apply(&s);
    stage_wants(&s, "a0 b10 c7 d1");
    stage_server_is(&s, 0, "warming");
    stage_server_is(&s, 2, "up");
    ck_assert(ipvs_director_wants_counters(s.director));
    stage_pass(&s, 9 * SECOND);
    stage_wants(&s, "a0 b10 c7 d10");
    ipvs_director_adopt(s.director, &s.spec); /* and a is back: its drain is called off */
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b10 c10 d0");
    stage_pass(&s, 3 * SECOND);
    stage_wants(&s, "a10 b10 c10");
    stage_teardown(&s);
}
END_TEST

START_TEST(a_reload_that_replaces_all_servers_ramps_none)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.slow_start_ms = 9 * SECOND;
    stage_settle(&s);
    struct ipvs_spec other = s.spec;
    other.servers = s.servers + 2;
    ipvs_director_adopt(s.director, &other);
    stage_step_and_apply(&s);
    stage_wants(&s, "a0 b0 c10 d10");
    stage_teardown(&s);
}
END_TEST

/* ---- drain of a server -------------------------------------------------------------------------
 */

START_TEST(a_drain_waits_for_connections_up_to_its_limit)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    stage_connections(&s, 1, 3, 50, 0);
    uint64_t start = s.in.now_ms;
    s.uses[0] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    stage_wants(&s, "a0 b10");
    stage_server_is(&s, 0, "draining");
    ck_assert_uint_eq(stage_view(&s, 0).until_ms, start + 300 * SECOND);
    ck_assert(ipvs_director_wants_counters(s.director));
    stage_pass(&s, 200 * SECOND);
    stage_wants(&s, "a0 b10");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + 300 * SECOND);
    if (_i == 0)
        stage_connections(&s, 1, 0, 50, 0); /* inactive ones of TCP do not matter */
    else
        s.in.now_ms = start + 300 * SECOND;
    stage_step_and_apply(&s);
    stage_wants(&s, "b10");
    stage_server_is(&s, 0, "drained");
    ck_assert_uint_eq(stage_view(&s, 0).until_ms, 0);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), 0);
    ck_assert(!ipvs_director_wants_counters(s.director));
    stage_pass(&s, SECOND);
    stage_server_is(&s, 0, "drained");
    s.uses[0] = IPVS_USE_UP;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b10");
    stage_teardown(&s);
}
END_TEST

START_TEST(a_drain_is_not_over_before_the_counters_can_tell)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    s.uses[0] = IPVS_USE_DRAIN;
    uint64_t start = s.in.now_ms;
    stage_step_and_apply(&s);
    stage_pass(&s, 1);
    stage_wants(&s, "a0 b10");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + 2 * SECOND);
    stage_pass(&s, 2 * SECOND - 1);
    stage_wants(&s, "b10");
    stage_teardown(&s);
}
END_TEST

START_TEST(a_drain_looks_again_when_the_counters_can_tell)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    stage_connections(&s, 1, 3, 0, 0);
    uint64_t start = s.in.now_ms;
    s.uses[0] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + 2 * SECOND);
    stage_pass(&s, 2 * SECOND);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), start + 300 * SECOND);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_drain_believes_no_counters_from_before_it)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    s.uses[0] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    s.in.stale_ms = 9 * SECOND; /* a slow dump, and a long pause after it */
    stage_pass(&s, 10 * SECOND);
    stage_wants(&s, "a0 b10");
    s.in.stale_ms = SECOND;
    stage_step_and_apply(&s);
    stage_wants(&s, "b10");
    stage_server_is(&s, 0, "drained");
    stage_teardown(&s);
}
END_TEST

START_TEST(a_drain_that_is_called_off_is_an_edit_of_the_weight)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.slow_start_ms = 100 * SECOND;
    stage_settle(&s);
    stage_connections(&s, 1, 3, 0, 0);
    s.uses[0] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    stage_pass(&s, 50 * SECOND);
    s.uses[0] = IPVS_USE_UP;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b10"); /* no slow start: it has been at work all the time */
    stage_teardown(&s);
}
END_TEST

START_TEST(udp_and_persistence_are_waited_for)
{
    struct stage s;
    stage_setup(&s, 2);
    if (_i == 0) {
        ck_assert(ipvs_key_parse("udp 192.0.2.1:53", &s.spec.service.key));
    } else if (_i == 1) {
        s.spec.service.flags |= IPVS_PERSISTENT;
        s.spec.service.timeout = 60;
    } else {
        ck_assert(ipvs_key_parse("fwmark 7", &s.spec.service.key));
    }
    stage_settle(&s);
    stage_connections(&s, 1, 0, 7, 7);
    s.uses[0] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    stage_pass(&s, 100 * SECOND);
    stage_wants(&s, "a0 b10");
    stage_connections(&s, 1, 0, _i == 1 ? 7 : 0, _i == 1 ? 0 : 7);
    stage_pass(&s, SECOND);
    stage_wants(&s, "b10");
    stage_teardown(&s);
}
END_TEST

START_TEST(the_end_of_a_drain_is_estimated)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    uint64_t start = s.in.now_ms;
    s.uses[0] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    for (unsigned i = 0; i < 20; i++) { /* lifetimes of 10 s */
        stage_connections(&s, 1, (uint32_t)lround(1000 * exp(-(double)i / 10)), 0, 0);
        stage_pass(&s, SECOND);
    }
    double expected = (double)start + (log(1000) + 0.5772) * 10 * SECOND;
    ck_assert_double_eq_tol((double)stage_view(&s, 0).until_ms, expected, 3 * SECOND);
    ck_assert_uint_eq(ipvs_director_until_ms(s.director), 0); /* the service is not draining */
    stage_teardown(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("member");
    TCase *tcase = tcase_create("member");
    tcase_add_test(tcase, a_server_that_comes_back_gets_its_weight_slowly);
    tcase_add_test(tcase, a_ramp_needs_others_that_carry_the_load);
    tcase_add_test(tcase, no_ramp_for_schedulers_that_hash_or_rank);
    tcase_add_test(tcase, a_restart_takes_over_what_the_kernel_has);
    tcase_add_test(tcase, a_restart_with_an_equal_table_writes_nothing);
    tcase_add_test(tcase, a_restart_drains_what_the_definition_no_longer_has);
    tcase_add_test(tcase, a_restart_knows_the_sorry_server);
    tcase_add_test(tcase, a_restart_goes_on_with_a_drain);
    tcase_add_test(tcase, a_reload_keeps_states_drains_and_warms);
    tcase_add_test(tcase, a_reload_that_replaces_all_servers_ramps_none);
    tcase_add_loop_test(tcase, a_drain_waits_for_connections_up_to_its_limit, 0, 2);
    tcase_add_test(tcase, a_drain_is_not_over_before_the_counters_can_tell);
    tcase_add_test(tcase, a_drain_looks_again_when_the_counters_can_tell);
    tcase_add_test(tcase, a_drain_believes_no_counters_from_before_it);
    tcase_add_test(tcase, a_drain_that_is_called_off_is_an_edit_of_the_weight);
    tcase_add_loop_test(tcase, udp_and_persistence_are_waited_for, 0, 3);
    tcase_add_test(tcase, the_end_of_a_drain_is_estimated);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
