// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/netlink.h"

#include "base/mem.h"

#include <errno.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills pieces of a dump of up to 32 KiB for a reader with that much room. */
#define READ_SIZE     65536
#define SEND_SIZE     65536
#define SOCKET_BUFFER (1 << 20) /* far more than the answers to a batch */
#define PENDING       (-1)

struct ipvs_netlink {
    int protocol;
    int fd;            /* -1 while closed */
    uint32_t sequence; /* of the first request of the next run */
    size_t count;
    size_t size;
    /* Sent and read as bytes; messages in them start at multiples of 4. */
    _Alignas(struct nlmsghdr) uint8_t out[SEND_SIZE];
    _Alignas(struct nlmsghdr) uint8_t in[READ_SIZE];
};

/* One run under way. */
struct run {
    struct ipvs_netlink *netlink;
    int *results;
    size_t pending;
    bool disturbed[IPVS_NETLINK_BATCH];
    ipvs_netlink_fn *on_message;
    void *ctx;
};

struct ipvs_netlink *ipvs_netlink_new(int protocol)
{
    struct ipvs_netlink *netlink = MEM_NEW(struct ipvs_netlink);
    netlink->protocol = protocol;
    netlink->fd = -1;
    return netlink;
}

void ipvs_netlink_close(struct ipvs_netlink *netlink)
{
    if (netlink->fd >= 0)
        (void)close(netlink->fd);
    netlink->fd = -1;
    netlink->count = netlink->size = 0;
}

void ipvs_netlink_free(struct ipvs_netlink *netlink)
{
    if (netlink == NULL)
        return;
    ipvs_netlink_close(netlink);
    mem_free(netlink);
}

/* With CAP_NET_ADMIN beyond the system's limit, else up to it. */
static void enlarge(int fd, int force, int plain)
{
    const int size = SOCKET_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size)); /* smaller works, slower */
}

int ipvs_netlink_open(struct ipvs_netlink *netlink)
{
    if (netlink->fd >= 0)
        return 0;
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    const int on = 1;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, netlink->protocol);
    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) != 0) {
        int error = errno;
        (void)close(fd);
        return error;
    }
    enlarge(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    /* Errors need not come with a copy of the request; kernels before 4.2 send it all the same. */
    (void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    netlink->fd = fd;
    return 0;
}

bool ipvs_netlink_add(struct ipvs_netlink *netlink, struct nl_msg *message)
{
    struct nlmsghdr *header = nlmsg_hdr(message);
    size_t room = NLMSG_ALIGN(header->nlmsg_len);
    if (netlink->count == IPVS_NETLINK_BATCH || room > sizeof(netlink->out) - netlink->size)
        return false;
    header->nlmsg_flags |= NLM_F_REQUEST;
    header->nlmsg_seq = netlink->sequence + (uint32_t)netlink->count;
    header->nlmsg_pid = 0;
    uint8_t *to = netlink->out + netlink->size;
    memset(to, 0, room);
    memcpy(to, header, header->nlmsg_len);
    netlink->size += room;
    netlink->count++;
    return true;
}

size_t ipvs_netlink_count(const struct ipvs_netlink *netlink)
{
    return netlink->count;
}

static int send_all(struct ipvs_netlink *netlink)
{
    ssize_t sent = 0;
    do {
        sent = send(netlink->fd, netlink->out, netlink->size, 0);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno;
    return (size_t)sent == netlink->size ? 0 : EIO;
}

/* The negative errno of an NLMSG_ERROR or NLMSG_DONE; 0 when there is none. */
static int error_of(struct nlmsghdr *message)
{
    int error = 0;
    if (nlmsg_datalen(message) >= (int)sizeof(error))
        memcpy(&error, nlmsg_data(message), sizeof(error));
    return error < 0 ? -error : 0;
}

static void settle(struct run *run, size_t request, int error)
{
    run->results[request] = error == 0 && run->disturbed[request] ? EINTR : error;
    run->pending--;
}

static void settle_rest(struct run *run, int error)
{
    for (size_t i = 0; i < run->netlink->count; i++) {
        if (run->results[i] == PENDING)
            settle(run, i, error);
    }
}

static void take_message(struct run *run, struct nlmsghdr *message)
{
    /* Of an answer to something else the difference is large, or the request is settled. */
    size_t request = message->nlmsg_seq - run->netlink->sequence;
    if (request >= run->netlink->count || run->results[request] != PENDING)
        return;
    if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
        run->disturbed[request] = true;
    if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
        settle(run, request, error_of(message));
    else if (message->nlmsg_type >= NLMSG_MIN_TYPE && run->on_message != NULL)
        run->on_message(run->ctx, request, message);
}

/* The kernel works inside our calls: when sending returns, all acknowledgements are there, and what
 * goes on of a dump is made while its last piece is read. So there is never a reason to wait, and a
 * request still without an answer gets none: the kernel holds back the answer of one that it ended
 * with EINTR, the code of a dump that goes on. */
static int read_some(struct run *run)
{
    struct ipvs_netlink *netlink = run->netlink;
    ssize_t got = recv(netlink->fd, netlink->in, sizeof(netlink->in), MSG_TRUNC | MSG_DONTWAIT);
    if (got < 0 && errno == EINTR)
        return 0;
    if (got < 0 && errno == EAGAIN) {
        settle_rest(run, EINTR);
        return 0;
    }
    if (got < 0)
        return errno;
    if ((size_t)got > sizeof(netlink->in))
        return EMSGSIZE;
    int left = (int)got;
    struct nlmsghdr *message = (struct nlmsghdr *)(void *)netlink->in;
    for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left))
        take_message(run, message);
    return 0;
}

int ipvs_netlink_run(struct ipvs_netlink *netlink, int *results, ipvs_netlink_fn *on_message,
                     void *ctx)
{
    struct run run = { netlink, results, netlink->count, { false }, on_message, ctx };
    size_t count = netlink->count;
    for (size_t i = 0; i < count; i++)
        results[i] = PENDING;
    int error = count == 0 ? 0 : ipvs_netlink_open(netlink);
    if (error == 0 && count > 0)
        error = send_all(netlink);
    while (error == 0 && run.pending > 0)
        error = read_some(&run);
    settle_rest(&run, error);
    netlink->sequence += (uint32_t)count;
    netlink->count = netlink->size = 0;
    if (error != 0)
        ipvs_netlink_close(netlink);
    return error;
}
