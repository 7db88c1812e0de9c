// SPDX-License-Identifier: BSD-2-Clause
/* On families that every kernel has: the controller of generic netlink, and routing. */
#include "ipvs/netlink.h"

#include "base/compiler.h"

#include <check.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ipvs_netlink *netlink;

static void set_up(void)
{
    netlink = ipvs_netlink_new(NETLINK_GENERIC);
}

static void tear_down(void)
{
    ipvs_netlink_free(netlink);
}

/* Asks for a family by name; NULL = for all. */
static bool add_question(int flags, const char *name)
{
    struct nl_msg *message = nlmsg_alloc();
    ck_assert_ptr_nonnull(
        genlmsg_put(message, 0, 0, GENL_ID_CTRL, 0, flags, CTRL_CMD_GETFAMILY, 1));
    if (name != NULL)
        ck_assert_int_eq(nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name), 0);
    bool added = ipvs_netlink_add(netlink, message);
    nlmsg_free(message);
    return added;
}

/* What came, by request. */
struct seen {
    unsigned messages[IPVS_NETLINK_BATCH];
    bool is_controller[IPVS_NETLINK_BATCH];
};

static void on_message(void *ctx, size_t request, struct nlmsghdr *message)
{
    struct seen *seen = ctx;
    struct nlattr *set[CTRL_ATTR_MAX + 1];
    ck_assert_uint_lt(request, IPVS_NETLINK_BATCH);
    seen->messages[request]++;
    ck_assert(genlmsg_valid_hdr(message, 0));
    ck_assert_int_ge(genlmsg_parse(message, 0, set, CTRL_ATTR_MAX, NULL), 0);
    ck_assert_ptr_nonnull(set[CTRL_ATTR_FAMILY_NAME]);
    if (strcmp(nla_get_string(set[CTRL_ATTR_FAMILY_NAME]), "nlctrl") == 0)
        seen->is_controller[request] = true;
}

START_TEST(an_answer_and_its_acknowledgement)
{
    struct seen seen = { 0 };
    int result = -1;
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    ck_assert_uint_eq(ipvs_netlink_count(netlink), 1);
    ck_assert_int_eq(ipvs_netlink_run(netlink, &result, on_message, &seen), 0);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(seen.messages[0], 1);
    ck_assert(seen.is_controller[0]);
    ck_assert_uint_eq(ipvs_netlink_count(netlink), 0);
}
END_TEST

START_TEST(an_error)
{
    int result = -1;
    ck_assert(add_question(NLM_F_ACK, "no such family"));
    ck_assert_int_eq(ipvs_netlink_run(netlink, &result, NULL, NULL), 0);
    ck_assert_int_eq(result, ENOENT);
}
END_TEST

/* More than once, for the numbers of requests go on. */
START_TEST(a_full_batch_with_errors_between)
{
    for (unsigned round = 0; round < 5; round++) {
        struct seen seen = { 0 };
        int results[IPVS_NETLINK_BATCH];
        for (unsigned i = 0; i < IPVS_NETLINK_BATCH; i++)
            ck_assert(add_question(NLM_F_ACK, i % 3 == round % 3 ? "no such" : "nlctrl"));
        ck_assert(!add_question(NLM_F_ACK, "nlctrl"));
        ck_assert_int_eq(ipvs_netlink_run(netlink, results, on_message, &seen), 0);
        for (unsigned i = 0; i < IPVS_NETLINK_BATCH; i++) {
            ck_assert_int_eq(results[i], i % 3 == round % 3 ? ENOENT : 0);
            ck_assert_uint_eq(seen.messages[i], i % 3 == round % 3 ? 0 : 1);
        }
    }
}
END_TEST

START_TEST(a_dump_to_its_end)
{
    struct seen seen = { 0 };
    int results[2];
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    ck_assert(add_question(NLM_F_DUMP, NULL));
    ck_assert_int_eq(ipvs_netlink_run(netlink, results, on_message, &seen), 0);
    ck_assert_int_eq(results[0], 0);
    ck_assert_int_eq(results[1], 0);
    ck_assert_uint_eq(seen.messages[0], 1);
    ck_assert_uint_ge(seen.messages[1], 1);
    ck_assert(seen.is_controller[1]);
    /* The socket is ready for the next one. */
    ck_assert(add_question(NLM_F_DUMP, NULL));
    ck_assert_int_eq(ipvs_netlink_run(netlink, results, NULL, NULL), 0);
    ck_assert_int_eq(results[0], 0);
}
END_TEST

START_TEST(one_dump_at_a_time)
{
    struct seen seen = { 0 };
    int results[2];
    ck_assert(add_question(NLM_F_DUMP, NULL));
    ck_assert(add_question(NLM_F_DUMP, NULL));
    ck_assert_int_eq(ipvs_netlink_run(netlink, results, on_message, &seen), 0);
    ck_assert_int_eq(results[0], 0);
    ck_assert_int_eq(results[1], EBUSY);
    ck_assert_uint_eq(seen.messages[1], 0);
}
END_TEST

/* Nobody waits for what does not come. */
START_TEST(a_request_that_is_not_answered)
{
    int results[3];
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    struct nl_msg *message = nlmsg_alloc_simple(NLMSG_NOOP, 0); /* no wish for an answer */
    ck_assert(ipvs_netlink_add(netlink, message));
    nlmsg_free(message);
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    ck_assert_int_eq(ipvs_netlink_run(netlink, results, NULL, NULL), 0);
    ck_assert_int_eq(results[0], 0);
    ck_assert_int_eq(results[1], EINTR);
    ck_assert_int_eq(results[2], 0);
}
END_TEST

START_TEST(nothing_was_added)
{
    int before = dup(STDIN_FILENO);
    (void)close(before);
    ck_assert_int_eq(ipvs_netlink_run(netlink, NULL, NULL, NULL), 0);
    int after = dup(STDIN_FILENO);
    ck_assert_int_eq(before, after); /* it opened nothing */
    (void)close(after);
    ipvs_netlink_free(NULL);
}
END_TEST

START_TEST(closing_forgets_what_waits)
{
    int result = -1;
    ck_assert_int_eq(ipvs_netlink_open(netlink), 0);
    ck_assert_int_eq(ipvs_netlink_open(netlink), 0);
    ck_assert(add_question(NLM_F_ACK, "no such"));
    ipvs_netlink_close(netlink);
    ipvs_netlink_close(netlink);
    ck_assert_uint_eq(ipvs_netlink_count(netlink), 0);
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    ck_assert_int_eq(ipvs_netlink_run(netlink, &result, NULL, NULL), 0);
    ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(a_protocol_that_is_not_there)
{
    int results[2] = { 0, 0 };
    tear_down();
    netlink = ipvs_netlink_new(255);
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    ck_assert(add_question(NLM_F_ACK, "nlctrl"));
    ck_assert_int_eq(ipvs_netlink_run(netlink, results, NULL, NULL), EPROTONOSUPPORT);
    ck_assert_int_eq(results[0], EPROTONOSUPPORT);
    ck_assert_int_eq(results[1], EPROTONOSUPPORT);
    ck_assert_uint_eq(ipvs_netlink_count(netlink), 0);
}
END_TEST

/* Larger messages fill the buffer before the number does. */
START_TEST(a_message_that_does_not_fit)
{
    struct nl_msg *large = nlmsg_alloc_size(40000);
    ck_assert_ptr_nonnull(nlmsg_put(large, 0, 0, NLMSG_NOOP, 30000, 0));
    ck_assert(ipvs_netlink_add(netlink, large));
    ck_assert(ipvs_netlink_add(netlink, large));
    ck_assert(!ipvs_netlink_add(netlink, large));
    ck_assert_uint_eq(ipvs_netlink_count(netlink), 2);
    nlmsg_free(large);
}
END_TEST

static void count_loopback(void *ctx, size_t request, struct nlmsghdr *message)
{
    (void)request;
    ck_assert_int_eq(message->nlmsg_type, RTM_NEWLINK);
    ++*(unsigned *)ctx;
}

START_TEST(routing_speaks_the_same)
{
    struct rtgenmsg body = { .rtgen_family = AF_UNSPEC };
    unsigned links = 0;
    int result = -1;
    tear_down();
    netlink = ipvs_netlink_new(NETLINK_ROUTE);
    struct nl_msg *message = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
    ck_assert_int_eq(nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO), 0);
    ck_assert(ipvs_netlink_add(netlink, message));
    nlmsg_free(message);
    ck_assert_int_eq(ipvs_netlink_run(netlink, &result, count_loopback, &links), 0);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_ge(links, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("netlink");
    TCase *tcase = tcase_create("netlink");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_answer_and_its_acknowledgement);
    tcase_add_test(tcase, an_error);
    tcase_add_test(tcase, a_full_batch_with_errors_between);
    tcase_add_test(tcase, a_dump_to_its_end);
    tcase_add_test(tcase, one_dump_at_a_time);
    tcase_add_test(tcase, a_request_that_is_not_answered);
    tcase_add_test(tcase, nothing_was_added);
    tcase_add_test(tcase, closing_forgets_what_waits);
    tcase_add_test(tcase, a_protocol_that_is_not_there);
    tcase_add_test(tcase, a_message_that_does_not_fit);
    tcase_add_test(tcase, routing_speaks_the_same);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
