// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/vip.h"

#include "base/compiler.h"

#include <check.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *addr;
    bool add;
    uint8_t family;
    uint8_t length;
    uint8_t flags;
} cases[] = {
    { "192.0.2.7", true, AF_INET, 32, 0 },
    { "192.0.2.7", false, AF_INET, 32, 0 },
    { "2001:db8::7", true, AF_INET6, 128, IFA_F_NODAD },
    { "2001:db8::7", false, AF_INET6, 128, 0 },
};

START_TEST(a_request_says_it_all)
{
    struct addr addr;
    int error = -1;
    ck_assert(addr_parse(cases[_i].addr, &addr));
    struct nl_msg *message = ipvs_vip_request(cases[_i].add, &addr, "lo", &error);
    ck_assert_ptr_nonnull(message);
    ck_assert_int_eq(error, 0);
    struct nlmsghdr *header = nlmsg_hdr(message);
    ck_assert_int_eq(header->nlmsg_type, cases[_i].add ? RTM_NEWADDR : RTM_DELADDR);
    ck_assert_int_eq(header->nlmsg_flags & (NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL),
                     cases[_i].add ? NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL : NLM_F_ACK);
    const struct ifaddrmsg *body = nlmsg_data(header);
    ck_assert_int_eq(body->ifa_family, cases[_i].family);
    ck_assert_int_eq(body->ifa_prefixlen, cases[_i].length);
    ck_assert_int_eq(body->ifa_flags, cases[_i].flags);
    ck_assert_uint_eq(body->ifa_index, if_nametoindex("lo"));
    for (int type = IFA_ADDRESS; type <= IFA_LOCAL; type++) {
        struct nlattr *attr = nlmsg_find_attr(header, sizeof(*body), type);
        ck_assert_ptr_nonnull(attr);
        ck_assert_int_eq(nla_len(attr), cases[_i].length / 8);
        ck_assert_int_eq(memcmp(nla_data(attr), addr.bytes, (size_t)nla_len(attr)), 0);
    }
    /* An IPv6 VIP is no source of the host's own packets. */
    struct nlattr *cache = nlmsg_find_attr(header, sizeof(*body), IFA_CACHEINFO);
    ck_assert((cache != NULL) == (cases[_i].add && cases[_i].family == AF_INET6));
    if (cache != NULL) {
        const struct ifa_cacheinfo *info = nla_data(cache);
        ck_assert_uint_eq(info->ifa_prefered, 0);
        ck_assert_uint_eq(info->ifa_valid, UINT32_MAX);
    }
    nlmsg_free(message);
}
END_TEST

START_TEST(requests_that_cannot_be)
{
    struct addr addr;
    int error = 0;
    ck_assert(addr_parse("192.0.2.7", &addr));
    ck_assert_ptr_null(ipvs_vip_request(true, &addr, "absent0", &error));
    ck_assert_int_eq(error, ENODEV);
    ck_assert_ptr_null(ipvs_vip_request(false, &addr, "", &error));
    ck_assert_int_eq(error, ENODEV);
    addr.family = ADDR_NONE;
    ck_assert_ptr_null(ipvs_vip_request(true, &addr, "lo", &error));
    ck_assert_int_eq(error, EAFNOSUPPORT);
}
END_TEST

START_TEST(as_wished_already_is_done)
{
    ck_assert_int_eq(ipvs_vip_result(true, 0), 0);
    ck_assert_int_eq(ipvs_vip_result(true, EEXIST), 0);
    ck_assert_int_eq(ipvs_vip_result(true, EADDRNOTAVAIL), EADDRNOTAVAIL);
    ck_assert_int_eq(ipvs_vip_result(true, EPERM), EPERM);
    ck_assert_int_eq(ipvs_vip_result(false, 0), 0);
    ck_assert_int_eq(ipvs_vip_result(false, EADDRNOTAVAIL), 0);
    ck_assert_int_eq(ipvs_vip_result(false, EEXIST), EEXIST);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vip");
    TCase *tcase = tcase_create("vip");
    tcase_add_loop_test(tcase, a_request_says_it_all, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, requests_that_cannot_be);
    tcase_add_test(tcase, as_wished_already_is_done);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
