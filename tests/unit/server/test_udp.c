// SPDX-License-Identifier: BSD-2-Clause
#include "base/mem.h"
#include "server/worker_internal.h"
#include "tests/support/control_fixture.h"
#include "tests/support/control_zone.h"
#include "tests/support/dnsmsg.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct control_fixture fixture;

static void setup(void)
{
    control_fixture_init(&fixture, CONTROL_ZONE);
    control_fixture_config(&fixture, CONTROL_SECTIONS);
    ck_assert(control_fixture_start(&fixture));
}

static void teardown(void)
{
    control_fixture_fini(&fixture);
}

static int client(void)
{
    struct sockaddr_storage address;
    const struct timeval limit = { .tv_sec = 5 };
    socklen_t length = endpoint_to_sockaddr(&fixture.listen, &address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, length), 0);
    return fd;
}

/* More than a batch, more than a wake-up's share; every one is answered, with its own id. */
START_TEST(every_query_of_a_burst_is_answered)
{
    enum { COUNT = 200 }; /* what the client's own buffer holds */
    uint8_t query[DNSMSG_QUERY_MAX];
    uint8_t answer[1500];
    bool seen[COUNT] = { false };
    bool tcp = false;
    int fd = client();
    size_t size = dnsmsg_query("plain.example.test A", query, &tcp);
    for (unsigned i = 0; i < COUNT; i++) {
        query[0] = (uint8_t)(i >> 8);
        query[1] = (uint8_t)i;
        ck_assert_int_eq(send(fd, query, size, 0), (ssize_t)size);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        ssize_t n = recv(fd, answer, sizeof(answer), 0);
        ck_assert_int_gt(n, 12);
        unsigned id = (unsigned)answer[0] << 8 | answer[1];
        ck_assert_uint_lt(id, COUNT);
        ck_assert(!seen[id]);
        seen[id] = true;
        ck_assert_uint_eq(answer[7], 1);
    }
    (void)close(fd);
}
END_TEST

START_TEST(silence_where_none_is_due)
{
    uint8_t query[DNSMSG_QUERY_MAX];
    uint8_t answer[1500];
    bool tcp = false;
    int fd = client();
    size_t size = dnsmsg_query("plain.example.test A id=7", query, &tcp);
    ck_assert_int_eq(send(fd, query, 11, 0), 11);
    query[2] |= 0x80;
    ck_assert_int_eq(send(fd, query, size, 0), (ssize_t)size);
    ck_assert_int_eq(send(fd, query, 0, 0), 0);
    query[2] = 0;
    query[1] = 8;
    ck_assert_int_eq(send(fd, query, size, 0), (ssize_t)size);
    /* The first that comes back is the answer to the last. */
    ck_assert_int_gt(recv(fd, answer, sizeof(answer), 0), 12);
    ck_assert_uint_eq(answer[1], 8);
    ck_assert_int_eq(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), -1);
    (void)close(fd);
}
END_TEST

/* An error of the socket, here that of an ICMP message, does not make the worker deaf. */
START_TEST(errors_of_the_socket_are_survived)
{
    struct sockaddr_storage nobody;
    struct sockaddr_storage none = { .ss_family = AF_UNSPEC };
    struct endpoint closed = { .addr = fixture.listen.addr, .port = 1 };
    socklen_t length = endpoint_to_sockaddr(&closed, &nobody);
    for (unsigned i = 0; i < listen_worker_count(fixture.set); i++) {
        int fd = dup(listen_workers(fixture.set)[i]->udp[0].fd);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&nobody, length), 0);
        ck_assert_int_eq(send(fd, "x", 1, 0), 1);
        (void)usleep(50000); /* the worker sees the error */
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&none, sizeof(none)), 0);
        (void)close(fd);
    }
    for (int i = 0; i < 20; i++) {
        char *text = control_fixture_dig(&fixture, "plain.example.test A");
        ck_assert_ptr_nonnull(text);
        mem_free(text);
    }
}
END_TEST

START_TEST(open_says_what_is_wrong)
{
    struct endpoint endpoint = { .port = 5353 };
    char error[128] = "";
    bool pktinfo = true;
    ck_assert(addr_parse("198.51.100.77", &endpoint.addr));
    ck_assert_int_eq(udp_open(&endpoint, &pktinfo, error, sizeof(error)), -1);
    ck_assert_str_eq(error, strerror(EADDRNOTAVAIL));
    ck_assert(!pktinfo);
}
END_TEST

/* Wildcard listeners need the address that was asked, for both families. */
START_TEST(wildcards_ask_for_packet_information)
{
    static const char *const wildcards[] = { "0.0.0.0", "::" };
    for (size_t i = 0; i < 2; i++) {
        struct endpoint endpoint = { .port = 0 };
        char error[128] = "";
        bool pktinfo = false;
        int value = 0;
        socklen_t length = sizeof(value);
        ck_assert(addr_parse(wildcards[i], &endpoint.addr));
        int fd = udp_open(&endpoint, &pktinfo, error, sizeof(error));
        ck_assert_msg(fd >= 0, "%s", error);
        ck_assert(pktinfo);
        ck_assert_int_eq(getsockopt(fd, i == 0 ? IPPROTO_IP : IPPROTO_IPV6,
                                    i == 0 ? IP_PKTINFO : IPV6_RECVPKTINFO, &value, &length),
                         0);
        ck_assert_int_eq(value, 1);
        (void)close(fd);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("udp");
    TCase *served = tcase_create("served");
    TCase *sockets = tcase_create("sockets");
    tcase_set_timeout(served, 60);
    tcase_add_checked_fixture(served, setup, teardown);
    tcase_add_test(served, every_query_of_a_burst_is_answered);
    tcase_add_test(served, silence_where_none_is_due);
    tcase_add_test(served, errors_of_the_socket_are_survived);
    tcase_add_test(sockets, open_says_what_is_wrong);
    tcase_add_test(sockets, wildcards_ask_for_packet_information);
    suite_add_tcase(suite, served);
    suite_add_tcase(suite, sockets);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
