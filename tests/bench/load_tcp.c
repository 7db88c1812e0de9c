// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bench/load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_SIZE (2 + 65535)

// A kept connection with pipelined queries. fd is -1 after the server closed it, until it is opened
// again.
struct tcp_conn {
    int fd;
    struct load_flight flight;
    uint8_t *in;
    size_t in_length;
    uint8_t *out;
    size_t out_length, out_at;
};

struct tcp_rig {
    struct load_run *run;
    struct tcp_conn *conns;
    unsigned count;
};

static void conn_open(struct tcp_conn *conn, const struct load_options *options)
{
    const int on = 1;
    conn->fd = load_connect(options);
    conn->in_length = conn->out_length = conn->out_at = 0;
    if (conn->fd >= 0)
        (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); // speed only
}

static void conn_close(struct tcp_conn *conn)
{
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
}

static bool rig_open(struct tcp_rig *rig, struct load_run *run)
{
    const struct load_options *options = run->options;
    rig->run = run;
    rig->conns = load_alloc(options->sockets, sizeof(*rig->conns));
    for (; rig->count < options->sockets; rig->count++) {
        struct tcp_conn *conn = &rig->conns[rig->count];
        conn_open(conn, options);
        if (conn->fd < 0) {
            perror("dnsload: connect");
            return false;
        }
        load_flight_init(&conn->flight, options->window, &run->rng);
        conn->in = load_alloc(IN_SIZE, 1);
        conn->out = load_alloc(options->window, LOAD_QUERY_MAX);
    }
    return true;
}

static void rig_close(struct tcp_rig *rig)
{
    for (unsigned i = 0; i < rig->count; i++) {
        struct tcp_conn *conn = &rig->conns[i];
        conn_close(conn);
        load_flight_fini(&conn->flight);
        free(conn->in);
        free(conn->out);
    }
    free(rig->conns);
}

// ---- out
// --------------------------------------------------------------------------------------------

static void conn_fill(struct tcp_rig *rig, struct tcp_conn *conn, uint64_t now)
{
    uint64_t budget = load_run_budget(rig->run, now);
    conn->out_length = conn->out_at = 0;
    for (; budget > 0 && conn->flight.free_count > 0; budget--) {
        const uint8_t *query = load_queries_next(&rig->run->queries);
        struct load_slot *slot = load_flight_take(&conn->flight, query, now, &rig->run->rng);
        uint8_t *out = conn->out + conn->out_length;
        size_t length = 2 + load_query_length(query);
        memcpy(out, query, length);
        out[2] = (uint8_t)(slot->id >> 8);
        out[3] = (uint8_t)slot->id;
        conn->out_length += length;
        rig->run->stats.sent++;
    }
}

static bool conn_send(struct tcp_rig *rig, struct tcp_conn *conn, uint64_t now)
{
    if (conn->out_at == conn->out_length)
        conn_fill(rig, conn, now);
    if (conn->out_at == conn->out_length)
        return false;
    ssize_t sent = send(conn->fd, conn->out + conn->out_at, conn->out_length - conn->out_at,
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        conn->out_at += (size_t)sent;
    else if (errno != EAGAIN)
        conn_close(conn);
    return sent > 0;
}

// ---- in
// ---------------------------------------------------------------------------------------------

// Takes all whole answers out of the buffer and moves the rest to its front.
static void conn_parse(struct tcp_rig *rig, struct tcp_conn *conn)
{
    uint64_t now = load_clock_ns();
    size_t at = 0;
    while (conn->in_length - at >= 2) {
        size_t length = load_query_length(conn->in + at);
        if (conn->in_length - at - 2 < length)
            break;
        load_flight_answer(&conn->flight, &rig->run->stats, conn->in + at + 2, length, now);
        at += 2 + length;
    }
    conn->in_length -= at;
    memmove(conn->in, conn->in + at, conn->in_length);
}

static bool conn_receive(struct tcp_rig *rig, struct tcp_conn *conn)
{
    ssize_t got =
        recv(conn->fd, conn->in + conn->in_length, IN_SIZE - conn->in_length, MSG_DONTWAIT);
    if (got > 0) {
        conn->in_length += (size_t)got;
        conn_parse(rig, conn);
        return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        conn_close(conn);
    return false;
}

static bool conn_turn(struct tcp_rig *rig, struct tcp_conn *conn, uint64_t now)
{
    bool moved = conn->fd >= 0 && conn_receive(rig, conn);
    if (conn->fd >= 0)
        moved |= conn_send(rig, conn, now);
    return moved;
}

// Queries on a closed connection are lost; it is opened again if there is more to send.
static void rig_expire(struct tcp_rig *rig, uint64_t now)
{
    const struct load_options *options = rig->run->options;
    if (!load_run_expiry_due(rig->run, now) || now < options->timeout_ns)
        return;
    for (unsigned i = 0; i < rig->count; i++) {
        struct tcp_conn *conn = &rig->conns[i];
        bool closed = conn->fd < 0;
        load_flight_expire(&conn->flight, &rig->run->stats,
                           closed ? UINT64_MAX : now - options->timeout_ns);
        if (closed && load_run_budget(rig->run, now) > 0)
            conn_open(conn, options);
    }
}

static void rig_wait(const struct tcp_rig *rig)
{
    struct pollfd *watched = load_alloc(rig->count, sizeof(*watched));
    for (unsigned i = 0; i < rig->count; i++)
        watched[i] = (struct pollfd){ .fd = rig->conns[i].fd, .events = POLLIN };
    (void)poll(watched, rig->count, 1); // whatever it says, all connections are looked at next
    free(watched);
}

bool load_tcp_run(struct load_run *run)
{
    struct tcp_rig rig = { .run = run };
    bool good = rig_open(&rig, run);
    load_run_start(run);
    uint64_t now = run->start_ns;
    while (good && !load_run_over(run, now)) {
        bool moved = false;
        for (unsigned i = 0; i < rig.count; i++)
            moved |= conn_turn(&rig, &rig.conns[i], now);
        if (!moved && run->options->block)
            rig_wait(&rig);
        now = load_clock_ns();
        rig_expire(&rig, now);
    }
    rig_close(&rig);
    return good;
}
