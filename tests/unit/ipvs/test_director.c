// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/director.h"

#include "base/compiler.h"
#include "tests/support/ipvs_stage.h"

#include <string.h>

#define SECOND 1000

/* ---- gate and failures -------------------------------------------------------------------------
 */

START_TEST(a_vip_enters_dns_after_the_kernel_has_it)
{
    struct stage s;
    stage_setup(&s, 2);
    s.in.kernel_known = false;
    stage_step(&s);
    stage_is(&s, "waiting", false);
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "not known yet"));
    s.in.kernel_known = true;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b10");
    stage_is(&s, "waiting", false);
    ck_assert(ipvs_director_quorum(s.director));
    stage_step(&s);
    stage_is(&s, "up", true);
    s.in.vip = IPVS_USE_FAILED; /* the probe through the VIP */
    stage_step(&s);
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "probe"));
    stage_wants(&s, "a10 b10");
    stage_is(&s, "waiting", false);
    s.in.vip = IPVS_USE_UP;
    stage_step(&s);
    stage_is(&s, "up", true);
    ipvs_table_fini(&s.kernel); /* ipvsadm -C */
    stage_step_and_apply(&s);
    stage_is(&s, "waiting", false);
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "does not have"));
    stage_step(&s);
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(without_a_kernel_health_alone_decides)
{
    struct stage s;
    stage_setup(&s, 1);
    s.in.gate = s.in.kernel_known = false;
    stage_step(&s);
    stage_is(&s, "up", true);
    s.uses[0] = IPVS_USE_DRAIN; /* nothing to wait for */
    stage_step(&s);
    stage_server_is(&s, 0, "drained");
    stage_is(&s, "down", false);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_weight_of_another_in_the_kernel_does_not_open_the_gate)
{
    struct stage s;
    stage_setup(&s, 1);
    stage_found(&s, 1, 0);
    stage_found(&s, 7, 10);
    stage_step(&s);
    stage_wants(&s, "a10 g0"); /* g is drained, being none of ours */
    stage_is(&s, "waiting", false);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_dead_server_leaves_at_once_or_gets_no_weight)
{
    struct stage s;
    stage_setup(&s, 3);
    stage_settle(&s);
    s.uses[1] = IPVS_USE_FAILED;
    stage_step(&s);
    stage_wants(&s, "a10 c10");
    stage_server_is(&s, 1, "down");
    ck_assert(!stage_view(&s, 1).present);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 2.0 / 3, 1e-9);
    s.spec.quiesce = true;
    stage_step(&s);
    stage_wants(&s, "a10 b0 c10");
    ck_assert(stage_view(&s, 1).present);
    s.uses[1] = IPVS_USE_DOWN; /* an operator's word is a removal in any case */
    stage_step(&s);
    stage_wants(&s, "a10 c10");
    stage_server_is(&s, 1, "admin_down");
    s.servers[2].disabled = true;
    ipvs_director_adopt(s.director, &s.spec);
    stage_step(&s);
    stage_wants(&s, "a10");
    stage_server_is(&s, 2, "disabled");
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.5, 1e-9);
    s.servers[0].disabled = s.servers[1].disabled = true;
    ipvs_director_adopt(s.director, &s.spec);
    stage_step(&s);
    ck_assert_double_eq(ipvs_director_share(s.director), 0);
    stage_teardown(&s);
}
END_TEST

static const enum ipvs_use ends[] = { IPVS_USE_FAILED, IPVS_USE_DOWN, IPVS_USE_DRAIN };

START_TEST(the_last_server_stays_until_dns_has_forgotten_the_vip)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    stage_is(&s, "up", true);
    s.uses[0] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    stage_wants(&s, "b10");
    s.uses[1] = (uint8_t)ends[_i];
    stage_step_and_apply(&s);
    stage_wants(&s, "b10");
    stage_is(&s, "down", false);
    stage_pass(&s, 60 * SECOND); /* a worker that takes its time */
    stage_wants(&s, "b10");
    ck_assert(stage_view(&s, 1).present);
    ck_assert_uint_eq(stage_view(&s, 1).weight, 10);
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    stage_wants(&s, ends[_i] == IPVS_USE_DRAIN ? "b0" : "");
    s.uses[0] = IPVS_USE_UP;
    stage_settle(&s);
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(all_that_died_in_one_moment_stay_for_dns)
{
    struct stage s;
    stage_setup(&s, 2);
    stage_settle(&s);
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    stage_step(&s);
    stage_wants(&s, "a10 b10");
    stage_is(&s, "down", false);
    s.uses[0] = IPVS_USE_UP; /* and one of them is back */
    stage_step(&s);
    stage_wants(&s, "a10");
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(weights_of_operators_are_used)
{
    static const uint32_t weights[] = { 3, 70000, 0 };
    struct stage s;
    stage_setup(&s, 3);
    s.in.weights = weights;
    stage_step(&s);
    stage_wants(&s, "a3 b65535 c0");
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 1, 1e-9);
    s.uses[1] = IPVS_USE_FAILED;
    stage_step(&s);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.1, 1e-9);
    stage_teardown(&s);
}
END_TEST

START_TEST(servers_without_weight_do_not_count_as_live)
{
    static const uint32_t one[] = { 0, 4 };
    struct stage s;
    stage_setup(&s, 2);
    s.servers[0].dest.weight = s.servers[1].dest.weight = 0;
    stage_settle(&s);
    stage_wants(&s, "a0 b0");
    stage_is(&s, "down", false);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0, 1e-9);
    s.in.weights = one;
    stage_settle(&s);
    stage_is(&s, "up", true);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.5, 1e-9); /* by count */
    stage_teardown(&s);
}
END_TEST

/* ---- quorum and the sorry server ---------------------------------------------------------------
 */

START_TEST(below_quorum_dns_is_closed_and_servers_stay)
{
    struct stage s;
    stage_setup(&s, 3);
    s.spec.quorum = 2;
    stage_settle(&s);
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    stage_step(&s);
    stage_wants(&s, "c10");
    stage_is(&s, "down", false);
    ck_assert(!ipvs_director_quorum(s.director));
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "1 of 3"));
    s.in.in_dns = false;
    stage_step(&s);
    stage_wants(&s, "c10");
    stage_teardown(&s);
}
END_TEST

START_TEST(the_sorry_server_takes_over_at_once_and_leaves_last)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.has_sorry = true;
    stage_settle(&s);
    stage_wants(&s, "a10 b10");
    s.uses[0] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    s.uses[1] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    stage_wants(&s, "s1"); /* though DNS may still answer it */
    stage_is(&s, "sorry", false);
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    stage_wants(&s, "s1");
    s.uses[1] = IPVS_USE_UP;
    stage_step(&s);
    stage_wants(&s, "b10 s1"); /* until the kernel has the real one */
    stage_is(&s, "waiting", false);
    stage_apply(&s);
    stage_step_and_apply(&s);
    stage_wants(&s, "b10");
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(live_servers_stay_beside_the_sorry_server_when_asked)
{
    struct stage s;
    stage_setup(&s, 3);
    s.spec.has_sorry = true;
    s.spec.quorum = 2;
    stage_settle(&s);
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    stage_wants(&s, "s1");
    stage_server_is(&s, 2, "up");
    ck_assert(!stage_view(&s, 2).present);
    s.spec.sorry_keeps = true;
    stage_step_and_apply(&s);
    stage_wants(&s, "c10 s1");
    stage_is(&s, "sorry", false);
    s.uses[0] = IPVS_USE_UP;
    stage_step_and_apply(&s);
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 c10");
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_sorry_server_may_be_one_of_the_real_ones)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.has_sorry = true;
    s.spec.sorry = stage_dest(1, 1);
    s.spec.quiesce = true;
    stage_settle(&s);
    stage_wants(&s, "a10 b10");
    s.uses[0] = s.uses[1] = IPVS_USE_FAILED;
    stage_step_and_apply(&s);
    stage_wants(&s, "a1 b0");
    stage_is(&s, "sorry", false);
    s.in.in_dns = false;
    s.uses[0] = IPVS_USE_UP;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b0");
    stage_settle(&s);
    stage_wants(&s, "a10 b0");
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

/* ---- drain of the service ----------------------------------------------------------------------
 */

START_TEST(a_service_is_drained_in_stages)
{
    bool retired = _i == 1;
    struct stage s;
    stage_setup(&s, 3);
    s.spec.quiesce = true;
    stage_settle(&s);
    stage_connections(&s, 1, 5, 0, 0);
    s.uses[2] = IPVS_USE_FAILED;
    if (retired) {
        ipvs_director_adopt(s.director, NULL);
        ipvs_director_adopt(s.director, NULL);
        ck_assert_ptr_ne(ipvs_director_spec(s.director), &s.spec);
        ck_assert_str_eq(ipvs_director_spec(s.director)->servers[1].name, "b");
        s.in.retired = true;
    } else {
        s.in.vip = IPVS_USE_DRAIN;
    }
    stage_step_and_apply(&s); /* out of DNS first */
    stage_wants(&s, "a10 b10 c0");
    stage_is(&s, "draining", false);
    stage_pass(&s, 10 * SECOND); /* a worker still answers it */
    stage_wants(&s, "a10 b10 c0");
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    uint64_t left = s.in.now_ms;
    stage_wants(&s, "a10 b10 c0");
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), left + 30 * SECOND);
    ck_assert_uint_eq(ipvs_director_until_ms(s.director), left + 330 * SECOND);
    stage_pass(&s, 30 * SECOND - 1);
    stage_wants(&s, "a10 b10 c0");
    stage_pass(&s, 1);
    stage_wants(&s, "a0 b0");
    ck_assert_uint_eq(ipvs_director_until_ms(s.director), left + 330 * SECOND);
    ck_assert(ipvs_director_wants_counters(s.director));
    stage_pass(&s, 10 * SECOND); /* b has none */
    stage_wants(&s, "a0");
    stage_server_is(&s, 1, "drained");
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "1 server "));
    stage_connections(&s, 1, 0, 0, 0);
    stage_pass(&s, SECOND);
    stage_wants(&s, "none");
    stage_is(&s, "drained", false);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), 0);
    stage_pass(&s, SECOND);
    stage_wants(&s, "none");
    ck_assert(!ipvs_director_wants_counters(s.director));
    s.in.retired = false;
    s.in.vip = IPVS_USE_UP;
    ipvs_director_adopt(s.director, &s.spec);
    stage_settle(&s);
    stage_wants(&s, "a10 b10 c0");
    stage_is(&s, "up", true);
    stage_teardown(&s);
}
END_TEST

START_TEST(the_tail_is_that_of_the_pool_that_has_gone)
{
    struct stage s;
    stage_setup(&s, 1);
    stage_settle(&s);
    s.in.vip = IPVS_USE_DRAIN;
    s.in.tail_ms = 0; /* the reload has taken the pool away, too */
    stage_step_and_apply(&s);
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    stage_pass(&s, 30 * SECOND - 1);
    stage_wants(&s, "a10");
    stage_pass(&s, 1);
    stage_wants(&s, "a0");
    stage_teardown(&s);
}
END_TEST

START_TEST(a_lowered_ttl_shortens_the_tail)
{
    struct stage s;
    stage_setup(&s, 1);
    stage_settle(&s);
    s.in.tail_ms = 10 * SECOND;
    stage_step_and_apply(&s);
    s.in.vip = IPVS_USE_DRAIN;
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), s.in.now_ms + 10 * SECOND);
    ck_assert_ptr_nonnull(strstr(ipvs_director_reason(s.director), "caches"));
    stage_teardown(&s);
}
END_TEST

START_TEST(a_service_that_was_never_in_dns_has_no_tail)
{
    struct stage s;
    stage_setup(&s, 1);
    s.in.tail_ms = 0;
    stage_step_and_apply(&s);
    s.in.vip = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    stage_wants(&s, "a0");
    stage_teardown(&s);
}
END_TEST

/* The kernel would not take it, or has not got it yet. */
START_TEST(a_service_that_was_never_made_is_not_made_to_be_drained)
{
    struct stage s;
    stage_setup(&s, 1);
    s.in.kernel_known = true;
    stage_step(&s);
    stage_is(&s, "waiting", false);
    stage_wants(&s, "a10");
    s.in.retired = true;
    stage_step(&s);
    stage_wants(&s, "none");
    stage_is(&s, "drained", false);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_drained_service_ends_at_the_limit)
{
    struct stage s;
    stage_setup(&s, 1);
    s.spec.has_sorry = true;
    stage_settle(&s);
    stage_connections(&s, 1, 5, 0, 0);
    s.in.vip = IPVS_USE_DRAIN;
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    stage_pass(&s, 30 * SECOND);
    stage_wants(&s, "a0"); /* no sorry server comes */
    stage_pass(&s, 300 * SECOND - 1);
    stage_wants(&s, "a0");
    stage_pass(&s, 1);
    stage_wants(&s, "none");
    stage_is(&s, "drained", false);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_sorry_server_is_drained_with_its_service)
{
    struct stage s;
    stage_setup(&s, 1);
    s.spec.has_sorry = true;
    s.uses[0] = IPVS_USE_FAILED;
    stage_settle(&s);
    stage_wants(&s, "s1");
    stage_connections(&s, 99, 5, 0, 0);
    s.in.vip = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    stage_pass(&s, 30 * SECOND);
    stage_wants(&s, "s0");
    stage_is(&s, "draining", false);
    stage_connections(&s, 99, 0, 0, 0);
    stage_pass(&s, 5 * SECOND);
    stage_wants(&s, "none");
    stage_is(&s, "drained", false);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_drained_service_stays_drained_over_a_restart)
{
    struct stage s;
    stage_setup(&s, 2);
    s.in.vip = IPVS_USE_DRAIN;
    if (_i == 1)
        stage_found(&s, 1, 0);
    stage_step_and_apply(&s);
    stage_wants(&s, _i == 1 ? "a0" : "none");
    stage_is(&s, _i == 1 ? "draining" : "drained", false);
    stage_pass(&s, 2 * SECOND);
    stage_wants(&s, "none");
    stage_is(&s, "drained", false);
    stage_teardown(&s);
}
END_TEST

START_TEST(a_service_that_is_down_goes_when_dns_has_forgotten_it)
{
    struct stage s;
    stage_setup(&s, 4);
    s.spec.has_sorry = _i == 1;
    s.spec.slow_start_ms = 100 * SECOND;
    s.spec.quiesce = true;
    s.uses[2] = IPVS_USE_FAILED;
    stage_settle(&s);
    stage_connections(&s, 4, 1, 0, 0);
    s.uses[3] = IPVS_USE_DRAIN;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b10 c0 d0");
    s.in.vip = IPVS_USE_DOWN;
    stage_step_and_apply(&s);
    stage_wants(&s, "a10 b10");
    stage_is(&s, "admin_down", false);
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    stage_wants(&s, "none");
    stage_pass(&s, 50 * SECOND);
    s.in.vip = IPVS_USE_UP;
    stage_settle(&s);
    stage_wants(&s, "a10 b10 c0");
    stage_is(&s, "up", true);
    s.in.vip = IPVS_USE_DOWN;
    s.in.retired = true;
    stage_step_and_apply(&s);
    stage_is(&s, "draining", false);
    stage_wants(&s, "a10 b10");
    s.in.in_dns = false;
    stage_step_and_apply(&s);
    stage_wants(&s, "none");
    stage_teardown(&s);
}
END_TEST

/* ---- load --------------------------------------------------------------------------------------
 */

START_TEST(load_lowers_the_share)
{
    struct stage s;
    stage_setup(&s, 2);
    if (_i == 1)
        ck_assert(ipvs_key_parse("udp 192.0.2.1:53", &s.spec.service.key));
    s.spec.load = _i == 2 ? IPVS_LOAD_RATE : IPVS_LOAD_CONNECTIONS;
    s.spec.capacity = 100;
    s.in.tail_ms = 0;
    stage_settle(&s);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 1, 1e-9);
    ck_assert(ipvs_director_wants_counters(s.director));
    ck_assert_uint_eq(ipvs_director_next_ms(s.director), s.in.now_ms + SECOND);
    if (_i == 2)
        ipvs_table_find(&s.kernel, &s.spec.service.key)->stats.connection_rate = 120;
    else
        stage_connections(&s, 1, _i == 0 ? 120 : 0, _i == 0 ? 1000 : 120, 0);
    for (unsigned i = 0; i < 100; i++)
        stage_pass(&s, SECOND);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.1, 0.05);
    stage_wants(&s, "a10 b10"); /* weights are left alone */
    s.spec.load = IPVS_LOAD_NONE;
    stage_step(&s);
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 1, 1e-9);
    ck_assert(!ipvs_director_wants_counters(s.director));
    stage_teardown(&s);
}
END_TEST

START_TEST(connections_of_a_server_on_its_way_out_are_no_load)
{
    struct stage s;
    stage_setup(&s, 2);
    s.spec.load = IPVS_LOAD_CONNECTIONS;
    s.spec.capacity = 100;
    stage_settle(&s);
    stage_connections(&s, 1, 10, 0, 0);
    stage_connections(&s, 2, 1000, 0, 0);
    s.uses[1] = IPVS_USE_DRAIN;
    for (unsigned i = 0; i < 60; i++)
        stage_pass(&s, SECOND);
    stage_wants(&s, "a10 b0");
    ck_assert_double_eq_tol(ipvs_director_share(s.director), 0.5, 1e-9);
    stage_teardown(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("director");
    TCase *tcase = tcase_create("director");
    tcase_add_test(tcase, a_vip_enters_dns_after_the_kernel_has_it);
    tcase_add_test(tcase, without_a_kernel_health_alone_decides);
    tcase_add_test(tcase, a_weight_of_another_in_the_kernel_does_not_open_the_gate);
    tcase_add_test(tcase, a_dead_server_leaves_at_once_or_gets_no_weight);
    tcase_add_loop_test(tcase, the_last_server_stays_until_dns_has_forgotten_the_vip, 0,
                        (int)ARRAY_LEN(ends));
    tcase_add_test(tcase, all_that_died_in_one_moment_stay_for_dns);
    tcase_add_test(tcase, weights_of_operators_are_used);
    tcase_add_test(tcase, servers_without_weight_do_not_count_as_live);
    tcase_add_test(tcase, below_quorum_dns_is_closed_and_servers_stay);
    tcase_add_test(tcase, the_sorry_server_takes_over_at_once_and_leaves_last);
    tcase_add_test(tcase, live_servers_stay_beside_the_sorry_server_when_asked);
    tcase_add_test(tcase, a_sorry_server_may_be_one_of_the_real_ones);
    tcase_add_loop_test(tcase, a_service_is_drained_in_stages, 0, 2);
    tcase_add_test(tcase, the_tail_is_that_of_the_pool_that_has_gone);
    tcase_add_test(tcase, a_lowered_ttl_shortens_the_tail);
    tcase_add_test(tcase, a_service_that_was_never_in_dns_has_no_tail);
    tcase_add_test(tcase, a_service_that_was_never_made_is_not_made_to_be_drained);
    tcase_add_test(tcase, a_drained_service_ends_at_the_limit);
    tcase_add_test(tcase, a_sorry_server_is_drained_with_its_service);
    tcase_add_loop_test(tcase, a_drained_service_stays_drained_over_a_restart, 0, 2);
    tcase_add_loop_test(tcase, a_service_that_is_down_goes_when_dns_has_forgotten_it, 0, 2);
    tcase_add_loop_test(tcase, load_lowers_the_share, 0, 3);
    tcase_add_test(tcase, connections_of_a_server_on_its_way_out_are_no_load);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
