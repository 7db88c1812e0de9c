// SPDX-License-Identifier: BSD-2-Clause
#include "base/clock.h"
#include "ipvs/hostaddr.h"
#include "tests/support/netns.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Each case runs in a forked process with a network of its own, where Check cannot look. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

static struct addr addr_of(const char *text)
{
    struct addr addr = { 0 };
    if (!addr_parse(text, &addr))
        abort();
    return addr;
}

static bool has(const struct hostaddr *hostaddr, const char *text)
{
    struct addr addr = addr_of(text);
    return hostaddr_has(hostaddr, &addr);
}

/* Waits for the kernel's word; false when it does not come within seconds. */
static bool await(struct hostaddr *hostaddr, const char *text, bool present)
{
    uint64_t end = clock_mono_ms() + 5000;
    bool changed = false;
    while (clock_mono_ms() < end) {
        if (has(hostaddr, text) == present)
            return changed;
        struct pollfd wait = { .fd = hostaddr_fd(hostaddr), .events = POLLIN };
        (void)poll(&wait, 1, 100);
        changed = hostaddr_read(hostaddr) || changed;
    }
    return false;
}

/* `ip address add|del TEXT/BITS dev lo` by hand. */
static bool change(uint16_t type, const char *text, uint8_t bits)
{
    struct addr addr = addr_of(text);
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg body;
        struct rtattr attribute;
        uint8_t bytes[16];
    } request = {
        .header = { .nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(struct ifaddrmsg)) +
                                            sizeof(struct rtattr) + addr_size(&addr)),
                    .nlmsg_type = type,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
        .body = { .ifa_family = addr.family == ADDR_V4 ? AF_INET : AF_INET6,
                  .ifa_prefixlen = bits,
                  .ifa_flags = IFA_F_NODAD,
                  .ifa_index = if_nametoindex("lo") },
        .attribute = { .rta_len = (uint16_t)(sizeof(struct rtattr) + addr_size(&addr)),
                       .rta_type = IFA_LOCAL },
    };
    uint8_t reply[512];
    int error = -1;
    memcpy(request.bytes, addr.bytes, addr_size(&addr));
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd >= 0 && send(fd, &request, request.header.nlmsg_len, 0) > 0 &&
        recv(fd, reply, sizeof(reply), 0) >= (ssize_t)(NLMSG_HDRLEN + sizeof(error)))
        memcpy(&error, reply + NLMSG_HDRLEN, sizeof(error));
    (void)close(fd);
    return error == 0;
}

static bool set_up(bool up)
{
    struct ifreq request = { .ifr_name = "lo" };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    request.ifr_flags = up ? IFF_UP : 0;
    int rc = ioctl(fd, SIOCSIFFLAGS, &request);
    (void)close(fd);
    return rc == 0;
}

static int coming_and_going(void)
{
    static const char *const texts[] = { "192.0.2.7", "2001:db8::7" };
    static const uint8_t bits[] = { 32, 128 };
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    EXPECT(change(RTM_NEWADDR, "192.0.2.1", 32));
    struct hostaddr *hostaddr = hostaddr_open();
    EXPECT(hostaddr != NULL);
    EXPECT(has(hostaddr, "127.0.0.1"));
    EXPECT(has(hostaddr, "192.0.2.1")); /* it was there before we looked */
    EXPECT(!has(hostaddr, "192.0.2.2"));
    EXPECT(!hostaddr_read(hostaddr));
    for (size_t i = 0; i < 2; i++) {
        EXPECT(!has(hostaddr, texts[i]));
        EXPECT(change(RTM_NEWADDR, texts[i], bits[i]));
        EXPECT(await(hostaddr, texts[i], true));
        EXPECT(change(RTM_DELADDR, texts[i], bits[i]));
        EXPECT(await(hostaddr, texts[i], false));
    }
    hostaddr_close(hostaddr);
    return 0;
}

static int an_interface_that_is_down(void)
{
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    EXPECT(change(RTM_NEWADDR, "192.0.2.1", 32));
    struct hostaddr *hostaddr = hostaddr_open();
    EXPECT(has(hostaddr, "192.0.2.1"));
    EXPECT(set_up(false));
    EXPECT(await(hostaddr, "192.0.2.1", false));
    EXPECT(set_up(true));
    EXPECT(await(hostaddr, "192.0.2.1", true));
    hostaddr_close(hostaddr);
    return 0;
}

/* With two prefixes it is there twice, and has to go twice. */
static int the_same_address_twice(void)
{
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    struct hostaddr *hostaddr = hostaddr_open();
    EXPECT(change(RTM_NEWADDR, "192.0.2.1", 32));
    EXPECT(change(RTM_NEWADDR, "192.0.2.1", 24));
    EXPECT(await(hostaddr, "192.0.2.1", true));
    EXPECT(change(RTM_DELADDR, "192.0.2.1", 32));
    EXPECT(change(RTM_NEWADDR, "198.51.100.1", 32)); /* after this word the former has come too */
    EXPECT(await(hostaddr, "198.51.100.1", true));
    EXPECT(has(hostaddr, "192.0.2.1"));
    EXPECT(change(RTM_DELADDR, "192.0.2.1", 24));
    EXPECT(await(hostaddr, "192.0.2.1", false));
    hostaddr_close(hostaddr);
    return 0;
}

/* More is told than the socket holds: the list is right all the same. */
static int an_overrun(void)
{
    char text[32];
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    struct hostaddr *hostaddr = hostaddr_open();
    int small = 1;
    EXPECT(setsockopt(hostaddr_fd(hostaddr), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
    for (unsigned i = 1; i < 250; i++) {
        (void)snprintf(text, sizeof(text), "10.9.0.%u", i);
        EXPECT(change(RTM_NEWADDR, text, 32));
    }
    EXPECT(await(hostaddr, "10.9.0.249", true));
    for (unsigned i = 1; i < 250; i++) {
        (void)snprintf(text, sizeof(text), "10.9.0.%u", i);
        EXPECT(has(hostaddr, text));
        EXPECT(change(RTM_DELADDR, text, 32));
    }
    EXPECT(await(hostaddr, "10.9.0.249", false));
    for (unsigned i = 1; i < 250; i++) {
        (void)snprintf(text, sizeof(text), "10.9.0.%u", i);
        EXPECT(!has(hostaddr, text));
    }
    EXPECT(has(hostaddr, "127.0.0.1"));
    hostaddr_close(hostaddr);
    return 0;
}

/* Only the kernel is believed: this comes from ourselves, by the socket's own port. */
static int words_of_others(void)
{
    static const uint8_t noise[64] = { 0xff };
    struct sockaddr_nl us = { .nl_family = AF_NETLINK };
    socklen_t size = sizeof(us);
    if (!netns_enter())
        return NETNS_FORBIDDEN;
    struct hostaddr *hostaddr = hostaddr_open();
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    EXPECT(getsockname(hostaddr_fd(hostaddr), (struct sockaddr *)&us, &size) == 0);
    us.nl_groups = 0;
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg body;
        struct rtattr attribute;
        uint8_t bytes[4];
    } lie = {
        .header = { .nlmsg_len = sizeof(lie), .nlmsg_type = RTM_NEWADDR },
        .body = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1 },
        .attribute = { .rta_len = 8, .rta_type = IFA_LOCAL },
        .bytes = { 192, 0, 2, 99 },
    };
    EXPECT(sendto(fd, &lie, sizeof(lie), 0, (struct sockaddr *)&us, sizeof(us)) > 0);
    EXPECT(sendto(fd, noise, sizeof(noise), 0, (struct sockaddr *)&us, sizeof(us)) > 0);
    (void)close(fd);
    EXPECT(!hostaddr_read(hostaddr));
    EXPECT(!has(hostaddr, "192.0.2.99"));
    EXPECT(has(hostaddr, "127.0.0.1"));
    hostaddr_close(hostaddr);
    hostaddr_close(NULL);
    return 0;
}

static int (*const cases[])(void) = { coming_and_going, an_interface_that_is_down,
                                      the_same_address_twice, an_overrun, words_of_others };

START_TEST(in_a_network_of_its_own)
{
    int status = netns_fork(cases[_i]);
    if (status == NETNS_FORBIDDEN)
        (void)puts("hostaddr: no network namespace here, not tested");
    else
        ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(needs_no_rights)
{
    struct hostaddr *hostaddr = hostaddr_open();
    ck_assert_ptr_nonnull(hostaddr);
    ck_assert_int_ge(hostaddr_fd(hostaddr), 0);
    ck_assert(has(hostaddr, "127.0.0.1"));
    hostaddr_close(hostaddr);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostaddr");
    TCase *tcase = tcase_create("hostaddr");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, in_a_network_of_its_own, 0, 5);
    tcase_add_test(tcase, needs_no_rights);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
