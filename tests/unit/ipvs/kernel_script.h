// SPDX-License-Identifier: BSD-2-Clause
/* A kernel with IPVS that is played: stands in for libc's send and recv on the sockets of the code
 * under test, answers as the real one does, and misbehaves on order. While it is off, calls go to
 * the real one. What the real one does with the requests is seen in tests/lab/ipvs_kernel.c. */
#pragma once

#include "base/mem.h"
#include "ipvs/attr.h"

#include <check.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SCRIPT_QUEUE 4096

static struct {
    bool on;
    bool no_module;
    uint16_t family;      /* its number at this time */
    int refuse;           /* errno for all commands of the family but the question for its number */
    unsigned lost;        /* so many times reading finds that answers were lost */
    unsigned changed;     /* so many dumps are marked as disturbed */
    unsigned interrupted; /* so many times reading ends by a signal */
    unsigned services;
    unsigned dests;
    bool malformed_service, malformed_dest, malformed_config, too_many_daemons, long_reply;
    /* seen */
    unsigned questions, sends, dumps, ops;
    /* answers under way; owned */
    struct nl_msg *queue[SCRIPT_QUEUE];
    size_t first, last;
} script;

static inline void script_clear(void)
{
    while (script.first < script.last)
        nlmsg_free(script.queue[script.first++]);
    script.first = script.last = 0;
}

static inline struct nl_msg *script_reply(const struct nlmsghdr *request, int type, int flags,
                                          uint8_t command)
{
    ck_assert_uint_lt(script.last, SCRIPT_QUEUE);
    struct nl_msg *message = nlmsg_alloc();
    (void)genlmsg_put(message, 0, request->nlmsg_seq, type, 0, flags, command, 1);
    script.queue[script.last++] = message;
    return message;
}

static inline void script_end(const struct nlmsghdr *request, int type, int error, int flags)
{
    struct nlmsgerr body = { .error = -error, .msg = *request };
    ck_assert_uint_lt(script.last, SCRIPT_QUEUE);
    struct nl_msg *message = nlmsg_alloc();
    (void)nlmsg_put(message, 0, request->nlmsg_seq, type, 0, flags);
    (void)nlmsg_append(message, &body, type == NLMSG_DONE ? 4 : sizeof(body), NLMSG_ALIGNTO);
    script.queue[script.last++] = message;
}

static inline struct ipvs_op script_service(unsigned i)
{
    struct ipvs_op op = { .kind = IPVS_OP_ADD_SERVICE, .service = { .scheduler = "wlc" } };
    op.service.key = (struct ipvs_key){ .family = ADDR_V4, .fwmark = i + 1 };
    return op;
}

static inline void script_dump(const struct nlmsghdr *request, uint8_t command)
{
    int flags = NLM_F_MULTI;
    script.dumps++;
    if (script.changed > 0) {
        script.changed--;
        flags |= NLM_F_DUMP_INTR;
    }
    for (unsigned i = 0; command == IPVS_COMMAND_GET_SERVICE && i < script.services; i++) {
        struct ipvs_op op = script_service(i);
        struct nl_msg *message =
            script_reply(request, script.family, flags, IPVS_COMMAND_NEW_SERVICE);
        if (!script.malformed_service)
            ck_assert_int_eq(ipvs_attr_put_op(message, &op), 0);
    }
    for (unsigned i = 0; command == IPVS_COMMAND_GET_DEST && i < script.dests; i++) {
        struct ipvs_op op = script_service(0);
        struct nl_msg *message = script_reply(request, script.family, flags, IPVS_COMMAND_NEW_DEST);
        op.kind = IPVS_OP_ADD_DEST;
        op.dest.addr = (struct addr){ ADDR_V4, { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
        if (!script.malformed_dest)
            ck_assert_int_eq(ipvs_attr_put_op(message, &op), 0);
    }
    for (unsigned i = 0; command == IPVS_COMMAND_GET_DAEMON && script.too_many_daemons && i < 3;
         i++) {
        struct ipvs_op op = { .kind = IPVS_OP_START_DAEMON,
                              .daemon = { .role = IPVS_MASTER, .interface = "eth0" } };
        struct nl_msg *message =
            script_reply(request, script.family, flags, IPVS_COMMAND_NEW_DAEMON);
        ck_assert_int_eq(ipvs_attr_put_op(message, &op), 0);
    }
    script_end(request, NLMSG_DONE, 0, flags);
}

static inline void script_question(const struct nlmsghdr *request)
{
    script.questions++;
    if (script.no_module) {
        script_end(request, NLMSG_ERROR, ENOENT, 0);
        return;
    }
    struct nl_msg *message = script_reply(request, GENL_ID_CTRL, 0, CTRL_CMD_NEWFAMILY);
    if (script.family != 0)
        (void)nla_put_u16(message, CTRL_ATTR_FAMILY_ID, script.family);
    script_end(request, NLMSG_ERROR, 0, 0);
}

static inline void script_command(const struct nlmsghdr *request, uint8_t command)
{
    if (command == IPVS_COMMAND_GET_INFO) {
        struct nl_msg *message = script_reply(request, script.family, 0, IPVS_COMMAND_SET_INFO);
        (void)nla_put_u32(message, IPVS_INFO_VERSION, 0x010201);
        if (!script.malformed_config)
            (void)nla_put_u32(message, IPVS_INFO_SIZE, 512);
    } else if (command == IPVS_COMMAND_GET_CONFIG) {
        struct nl_msg *message = script_reply(request, script.family, 0, IPVS_COMMAND_SET_CONFIG);
        (void)nla_put_u32(message, IPVS_ATTR_TIMEOUT_TCP, 1);
        (void)nla_put_u32(message, IPVS_ATTR_TIMEOUT_TCP_FIN, 2);
        if (!script.malformed_config)
            (void)nla_put_u32(message, IPVS_ATTR_TIMEOUT_UDP, 3);
    } else {
        script.ops++;
    }
    script_end(request, NLMSG_ERROR, 0, 0);
}

static inline void script_take(struct nlmsghdr *request)
{
    const struct genlmsghdr *header = nlmsg_data(request);
    if (request->nlmsg_type == GENL_ID_CTRL)
        script_question(request);
    else if (request->nlmsg_type != script.family || script.no_module)
        script_end(request, NLMSG_ERROR, ENOENT, 0);
    else if (script.refuse != 0)
        script_end(request, NLMSG_ERROR, script.refuse, 0);
    else if ((request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
        script_dump(request, header->cmd);
    else
        script_command(request, header->cmd);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    if (!script.on)
        return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
    script.sends++;
    script_clear();
    struct nlmsghdr *copy = mem_dup(bytes, size);
    struct nlmsghdr *request = copy;
    int left = (int)size;
    for (; nlmsg_ok(request, left); request = nlmsg_next(request, &left))
        script_take(request);
    mem_free(copy);
    return (ssize_t)size;
}

static inline ssize_t script_fail(int error)
{
    errno = error;
    return -1;
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
    if (!script.on)
        return syscall(SYS_recvfrom, fd, to, size, flags, NULL, NULL);
    if (script.interrupted > 0) {
        script.interrupted--;
        return script_fail(EINTR);
    }
    if (script.lost > 0) {
        script.lost--;
        return script_fail(ENOBUFS);
    }
    if (script.long_reply)
        return (ssize_t)size + 1;
    if (script.first == script.last)
        return script_fail(EAGAIN);
    struct nl_msg *message = script.queue[script.first++];
    size_t length = nlmsg_hdr(message)->nlmsg_len;
    ck_assert_uint_le(length, size);
    memcpy(to, nlmsg_hdr(message), length);
    nlmsg_free(message);
    return (ssize_t)length;
}
