// SPDX-License-Identifier: BSD-2-Clause
#include "server/tcp_sources.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct tcp_sources sources;

static uint16_t slot_of(const char *text)
{
    struct addr addr;
    ck_assert(addr_parse(text, &addr));
    uint16_t slot = tcp_sources_slot(&sources, &addr);
    ck_assert_uint_lt(slot, TCP_SOURCES);
    return slot;
}

START_TEST(slots_go_by_host)
{
    tcp_sources_init(&sources, 7);
    ck_assert_uint_eq(slot_of("192.0.2.1"), slot_of("192.0.2.1"));
    ck_assert_uint_ne(slot_of("192.0.2.1"), slot_of("192.0.2.2"));
    ck_assert_uint_eq(slot_of("2001:db8::1"), slot_of("2001:db8::ffff:1"));
    ck_assert_uint_ne(slot_of("2001:db8::1"), slot_of("2001:db8:0:1::1"));
    uint16_t before = slot_of("192.0.2.1");
    tcp_sources_init(&sources, 8);
    ck_assert_uint_ne(slot_of("192.0.2.1"), before);
}
END_TEST

/* Neighbours do not fall together: 256 of them fill more than half as many slots. */
START_TEST(neighbours_are_spread)
{
    bool seen[TCP_SOURCES] = { false };
    unsigned slots = 0;
    tcp_sources_init(&sources, 0);
    for (unsigned i = 0; i < 256; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "10.0.0.%u", i);
        uint16_t slot = slot_of(text);
        slots += !seen[slot];
        seen[slot] = true;
    }
    ck_assert_uint_gt(slots, 200);
}
END_TEST

START_TEST(more_than_a_quarter_is_greedy)
{
    tcp_sources_init(&sources, 7);
    for (int i = 0; i < 25; i++)
        tcp_sources_add(&sources, 3);
    ck_assert(!tcp_sources_greedy(&sources, 3, 100));
    tcp_sources_add(&sources, 3);
    ck_assert(tcp_sources_greedy(&sources, 3, 100));
    ck_assert(!tcp_sources_greedy(&sources, 4, 100));
    tcp_sources_remove(&sources, 3);
    ck_assert(!tcp_sources_greedy(&sources, 3, 100));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp_sources");
    TCase *tcase = tcase_create("tcp_sources");
    tcase_add_test(tcase, slots_go_by_host);
    tcase_add_test(tcase, neighbours_are_spread);
    tcase_add_test(tcase, more_than_a_quarter_is_greedy);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
