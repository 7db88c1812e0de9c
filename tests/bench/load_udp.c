// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bench/load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// Datagrams read or sent by one call.
#define BATCH 64
// Segments of one GSO send; the kernel allows 64 and 64 kB.
#define SEGMENTS 64

struct udp_socket {
    int fd;
    struct load_flight flight;
};

struct segment_control {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

// One batch going out: queries in a row, and the messages (runs of equal length) made of them.
struct out_batch {
    uint8_t bytes[BATCH * LOAD_QUERY_MAX];
    struct load_slot *slots[BATCH];
    size_t lengths[BATCH];
    unsigned count;
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct segment_control controls[BATCH];
    unsigned queries_of[BATCH]; // queries in each message
    unsigned message_count;
};

struct in_batch {
    uint8_t bytes[BATCH][LOAD_ANSWER_MAX];
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
};

struct udp_rig {
    struct load_run *run;
    struct udp_socket *sockets;
    unsigned count;
    bool gso;
    struct out_batch out;
    struct in_batch in;
};

static bool rig_open(struct udp_rig *rig, struct load_run *run)
{
    const struct load_options *options = run->options;
    const int room = 4 << 20;
    rig->run = run;
    rig->gso = options->gso;
    rig->sockets = load_alloc(options->sockets, sizeof(*rig->sockets));
    for (; rig->count < options->sockets; rig->count++) {
        struct udp_socket *sock = &rig->sockets[rig->count];
        sock->fd = load_connect(options);
        if (sock->fd < 0) {
            perror("dnsload: socket");
            return false;
        }
        // As large as the system allows; what is lost for want of room is counted as lost.
        (void)setsockopt(sock->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
        (void)setsockopt(sock->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
        load_flight_init(&sock->flight, options->window, &run->rng);
    }
    for (unsigned i = 0; i < BATCH; i++) {
        rig->in.vectors[i] = (struct iovec){ rig->in.bytes[i], LOAD_ANSWER_MAX };
        rig->in.messages[i].msg_hdr =
            (struct msghdr){ .msg_iov = &rig->in.vectors[i], .msg_iovlen = 1 };
    }
    return true;
}

static void rig_close(struct udp_rig *rig)
{
    for (unsigned i = 0; i < rig->count; i++) {
        load_flight_fini(&rig->sockets[i].flight);
        close(rig->sockets[i].fd);
    }
    free(rig->sockets);
    free(rig);
}

// ---- out
// --------------------------------------------------------------------------------------------

static void batch_fill(struct udp_rig *rig, struct udp_socket *sock, uint64_t now)
{
    struct out_batch *out = &rig->out;
    uint64_t budget = load_run_budget(rig->run, now);
    size_t used = 0;
    out->count = 0;
    while (out->count < BATCH && out->count < budget && sock->flight.free_count > 0) {
        const uint8_t *query = load_queries_next(&rig->run->queries);
        struct load_slot *slot = load_flight_take(&sock->flight, query, now, &rig->run->rng);
        size_t length = load_query_length(query);
        memcpy(out->bytes + used, query + 2, length);
        out->bytes[used] = (uint8_t)(slot->id >> 8);
        out->bytes[used + 1] = (uint8_t)slot->id;
        out->slots[out->count] = slot;
        out->lengths[out->count++] = length;
        used += length;
    }
}

static void message_segmented(struct msghdr *message, struct segment_control *control, size_t size)
{
    uint16_t segment = (uint16_t)size;
    message->msg_control = control->bytes;
    message->msg_controllen = sizeof(control->bytes);
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(segment));
    memcpy(CMSG_DATA(header), &segment, sizeof(segment));
}

// Queries of equal length in a row become one message that the kernel cuts up (GSO): the client has
// to be much cheaper than the server, else it is the bound.
static void batch_group(struct out_batch *out, unsigned limit)
{
    size_t at = 0;
    unsigned next = 0;
    out->message_count = 0;
    while (next < out->count) {
        unsigned first = next, number = out->message_count++;
        size_t length = out->lengths[first];
        while (next < out->count && out->lengths[next] == length && next - first < limit)
            next++;
        out->queries_of[number] = next - first;
        out->vectors[number] = (struct iovec){ out->bytes + at, length * (next - first) };
        struct msghdr *message = &out->messages[number].msg_hdr;
        *message = (struct msghdr){ .msg_iov = &out->vectors[number], .msg_iovlen = 1 };
        if (next - first > 1)
            message_segmented(message, &out->controls[number], length);
        at += length * (next - first);
    }
}

// Sends what was grouped, frees the slots of the rest. False if GSO was refused.
static bool batch_send(struct udp_rig *rig, struct udp_socket *sock)
{
    struct out_batch *out = &rig->out;
    int sent = sendmmsg(sock->fd, out->messages, out->message_count, MSG_DONTWAIT);
    int error = sent < 0 ? errno : 0;
    unsigned queries = 0;
    for (int i = 0; i < sent; i++)
        queries += out->queries_of[i];
    rig->run->stats.sent += queries;
    for (unsigned i = queries; i < out->count; i++)
        load_flight_release(&sock->flight, out->slots[i]);
    return error != EIO && error != EINVAL && error != EOPNOTSUPP;
}

static bool socket_send(struct udp_rig *rig, struct udp_socket *sock, uint64_t now)
{
    batch_fill(rig, sock, now);
    if (rig->out.count == 0)
        return false;
    batch_group(&rig->out, rig->gso ? SEGMENTS : 1);
    if (!batch_send(rig, sock))
        rig->gso = false;
    return true;
}

// ---- in
// ---------------------------------------------------------------------------------------------

static bool socket_receive(struct udp_rig *rig, struct udp_socket *sock)
{
    struct in_batch *in = &rig->in;
    int count = recvmmsg(sock->fd, in->messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0)
        return false;
    uint64_t now = load_clock_ns();
    for (int i = 0; i < count; i++)
        load_flight_answer(&sock->flight, &rig->run->stats, in->bytes[i], in->messages[i].msg_len,
                           now);
    return true;
}

// Sleeps until a socket has something, at most a millisecond.
static void rig_wait(const struct udp_rig *rig)
{
    struct pollfd *watched = load_alloc(rig->count, sizeof(*watched));
    for (unsigned i = 0; i < rig->count; i++)
        watched[i] = (struct pollfd){ .fd = rig->sockets[i].fd, .events = POLLIN };
    (void)poll(watched, rig->count, 1); // whatever it says, all sockets are looked at next
    free(watched);
}

static void rig_expire(struct udp_rig *rig, uint64_t now)
{
    if (!load_run_expiry_due(rig->run, now) || now < rig->run->options->timeout_ns)
        return;
    for (unsigned i = 0; i < rig->count; i++)
        load_flight_expire(&rig->sockets[i].flight, &rig->run->stats,
                           now - rig->run->options->timeout_ns);
}

bool load_udp_run(struct load_run *run)
{
    struct udp_rig *rig = load_alloc(1, sizeof(*rig));
    bool good = rig_open(rig, run);
    load_run_start(run);
    uint64_t now = run->start_ns;
    while (good && !load_run_over(run, now)) {
        bool moved = false;
        for (unsigned i = 0; i < rig->count; i++) {
            moved |= socket_receive(rig, &rig->sockets[i]);
            moved |= socket_send(rig, &rig->sockets[i], now);
        }
        if (!moved && run->options->block)
            rig_wait(rig);
        now = load_clock_ns();
        rig_expire(rig, now);
    }
    rig_close(rig);
    return good;
}
