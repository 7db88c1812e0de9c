// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"
#include "server/worker_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef IPV6_PMTUDISC_OMIT
#define IPV6_PMTUDISC_OMIT 5 /* linux/in6.h, which does not go together with netinet/in.h */
#endif

#define UDP_RCVBUF (4 << 20)

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Options without which the socket would be wrong; the others are wishes. */
static bool set_options(int fd, const struct endpoint *endpoint, bool pktinfo)
{
    if (!set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1))
        return false;
    /* A burst waits here while a worker is busy; without CAP_NET_ADMIN the kernel caps it at
     * net.core.rmem_max. */
    if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RCVBUF))
        (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, UDP_RCVBUF);
    if (endpoint->addr.family == ADDR_V6) {
        /* Fragmentation off and path MTU messages ignored: spoofed ICMP cannot make us fragment
         * (RFC 9715). */
        (void)set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
        return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
               (!pktinfo || set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
    }
    (void)set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    return !pktinfo || set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

int udp_open(const struct endpoint *endpoint, bool *pktinfo, char *error, size_t error_size)
{
    struct sockaddr_storage address;
    socklen_t length = endpoint_to_sockaddr(endpoint, &address);
    *pktinfo = addr_is_any(&endpoint->addr);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !set_options(fd, endpoint, *pktinfo) ||
        bind(fd, (struct sockaddr *)&address, length) != 0) {
        (void)snprintf(error, error_size, "%s", strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    return fd;
}

void udp_batch_init(struct udp_batch *batch)
{
    for (size_t i = 0; i < UDP_BATCH; i++) {
        batch->rx_iov[i] = (struct iovec){ batch->rx_bytes[i], UDP_RX_SIZE };
        batch->rx[i].msg_hdr.msg_iov = &batch->rx_iov[i];
        batch->rx[i].msg_hdr.msg_iovlen = 1;
        batch->rx[i].msg_hdr.msg_name = &batch->from[i];
        batch->tx_iov[i] = (struct iovec){ batch->tx_bytes[i], 0 };
        batch->tx[i].msg_hdr.msg_iov = &batch->tx_iov[i];
        batch->tx[i].msg_hdr.msg_iovlen = 1;
    }
}

static int receive(const struct udp_socket *socket, struct udp_batch *batch)
{
    for (size_t i = 0; i < UDP_BATCH; i++) {
        struct msghdr *header = &batch->rx[i].msg_hdr;
        header->msg_namelen = sizeof(batch->from[i]);
        header->msg_control = socket->pktinfo ? batch->control[i] : NULL;
        header->msg_controllen = socket->pktinfo ? UDP_CONTROL_SIZE : 0;
    }
    int count = 0;
    do {
        count = recvmmsg(socket->fd, batch->rx, UDP_BATCH, MSG_DONTWAIT, NULL);
    } while (count < 0 && errno == EINTR);
    return count;
}

/* The control message with the address that was asked becomes the one with the address to answer
 * from. */
static void answer_from(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            info.ipi_spec_dst = info.ipi_addr;
            info.ipi_ifindex = 0;
            memcpy(CMSG_DATA(c), &info, sizeof(info));
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                info.ipi6_ifindex = 0;
            memcpy(CMSG_DATA(c), &info, sizeof(info));
        }
    }
}

/* First all are parsed and hashed, so that the table lines of the whole batch are on their way
 * while the first is answered. */
static unsigned answer_batch(struct worker *worker, const struct udp_socket *socket, unsigned count)
{
    struct udp_batch *batch = worker->batch;
    for (unsigned i = 0; i < count; i++) {
        batch->request[i].packet = batch->rx_bytes[i];
        batch->request[i].size = batch->rx[i].msg_len;
        batch->request[i].tcp = false;
        resolver_parse(worker->state, &batch->request[i]);
    }
    unsigned answers = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t length = 0;
        /* Source port 0 cannot be answered. */
        if (((struct sockaddr_in *)&batch->from[i])->sin_port != 0)
            length = resolver_answer(worker->state, &worker->scratch, &batch->request[i],
                                     batch->tx_bytes[answers], UDP_TX_SIZE);
        if (length == 0)
            continue;
        struct msghdr *out = &batch->tx[answers].msg_hdr;
        out->msg_name = &batch->from[i];
        out->msg_namelen = batch->rx[i].msg_hdr.msg_namelen;
        out->msg_control = socket->pktinfo ? batch->control[i] : NULL;
        out->msg_controllen = socket->pktinfo ? batch->rx[i].msg_hdr.msg_controllen : 0;
        if (socket->pktinfo)
            answer_from(out);
        batch->tx_iov[answers].iov_len = length;
        answers++;
    }
    return answers;
}

/* What the kernel does not take is lost, as any datagram may be; the client asks again. One bad
 * destination does not hold up the others. */
static void send_batch(struct worker *worker, const struct udp_socket *socket, unsigned count)
{
    unsigned sent = 0;
    while (sent < count) {
        int n = sendmmsg(socket->fd, worker->batch->tx + sent, count - sent, MSG_DONTWAIT);
        if (n > 0) {
            sent += (unsigned)n;
        } else if (n == 0 || errno != EINTR) {
            stats_add(&worker->stats->send_errors, 1);
            if (n == 0 || errno == EAGAIN || errno == ENOBUFS) {
                stats_add(&worker->stats->send_errors, count - sent - 1);
                return;
            }
            sent++;
        }
    }
}

/* One batch; true when it was full, so more may wait. */
static bool serve_batch(struct udp_socket *socket)
{
    struct worker *worker = socket->worker;
    int count = receive(socket, worker->batch);
    if (count <= 0)
        return false;
    send_batch(worker, socket, answer_batch(worker, socket, (unsigned)count));
    return count == UDP_BATCH;
}

static void on_readable(uv_poll_t *poll, int status, int events);

/* The kernel has an error for the socket, such as one that ended a batch early, and libuv has
 * stopped to look at it. Errors are of single datagrams: it is taken away and life goes on. */
static void go_on(struct udp_socket *socket)
{
    static struct log_limit limit;
    int error = 0;
    socklen_t size = sizeof(error);
    (void)getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (log_limit_pass(&limit))
        log_warn("udp", "a socket reports: %s", strerror(error));
    (void)uv_poll_start(&socket->poll, UV_READABLE, on_readable);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct udp_socket *socket = poll->data;
    if (status < 0) {
        go_on(socket);
        return;
    }
    for (unsigned i = 0; i < UDP_BATCHES_PER_WAKEUP; i++) {
        worker_refresh(socket->worker);
        if (!serve_batch(socket))
            return;
    }
}

bool udp_start(struct udp_socket *socket)
{
    if (uv_poll_init(&socket->worker->loop, &socket->poll, socket->fd) != 0)
        return false;
    socket->poll.data = socket;
    return uv_poll_start(&socket->poll, UV_READABLE, on_readable) == 0;
}

/* Bounded: a flood must not keep us from ending. */
#define UDP_DRAIN_BATCHES 4096

void udp_drain(struct udp_socket *socket)
{
    for (unsigned i = 0; i < UDP_DRAIN_BATCHES && serve_batch(socket); i++)
        continue;
}

static void on_closed(uv_handle_t *handle)
{
    struct udp_socket *socket = handle->data;
    (void)close(socket->fd);
    socket->fd = -1;
}

void udp_stop(struct udp_socket *socket)
{
    (void)uv_poll_stop(&socket->poll);
    uv_close((uv_handle_t *)&socket->poll, on_closed);
}
