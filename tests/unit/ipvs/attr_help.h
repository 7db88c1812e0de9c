// SPDX-License-Identifier: BSD-2-Clause
/* A message that is written and read again, for the tests of both ways. */
#pragma once

#include "ipvs/attr.h"
#include "tests/unit/ipvs/message_help.h"

#include <check.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

/* A message under way; its attributes start after the netlink header. */
static struct nl_msg *message;

static inline void set_up(void)
{
    message = nlmsg_alloc();
    ck_assert_ptr_nonnull(message);
}

static inline void tear_down(void)
{
    nlmsg_free(message);
}

static inline struct nlattr *attrs(void)
{
    return nlmsg_attrdata(nlmsg_hdr(message), 0);
}

static inline int attrs_length(void)
{
    return nlmsg_attrlen(nlmsg_hdr(message), 0);
}

static inline void again(void)
{
    tear_down();
    set_up();
}

static inline struct nlattr *nest(int top)
{
    struct nlattr *found = nla_find(attrs(), attrs_length(), top);
    ck_assert_ptr_nonnull(found);
    return found;
}

static inline struct ipvs_service service6(void)
{
    struct ipvs_service service = { .scheduler = "mh" };
    ck_assert(ipvs_key_parse("udp [2001:db8::1]:258", &service.key));
    return service;
}

static inline void put(const struct ipvs_op *op)
{
    ck_assert_int_eq(ipvs_attr_put_op(message, op), 0);
}
