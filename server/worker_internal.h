// SPDX-License-Identifier: BSD-2-Clause
/* What worker.c, udp.c and tcp.c share: one worker's insides. Worker thread only, but for the
 * atomics. */
#pragma once

#include "resolver/resolver.h"
#include "server/tcp_sources.h"
#include "server/worker.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

/* Measured: 8 to 16 datagrams a system call is best, 64 costs 10 %. */
#define UDP_BATCH 16
/* Then back to the loop, so that TCP, publishes and signals get their turn under a flood. */
#define UDP_BATCHES_PER_WAKEUP 8
#define UDP_RX_SIZE            4096
#define UDP_TX_SIZE            4096
#define UDP_CONTROL_SIZE       64

/* Buffers of one batch; a worker has one, used by all its UDP sockets in turn. */
struct udp_batch {
    struct mmsghdr rx[UDP_BATCH];
    struct mmsghdr tx[UDP_BATCH];
    struct iovec rx_iov[UDP_BATCH];
    struct iovec tx_iov[UDP_BATCH];
    struct sockaddr_storage from[UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[UDP_BATCH][UDP_CONTROL_SIZE];
    struct resolver_request request[UDP_BATCH];
    uint8_t rx_bytes[UDP_BATCH][UDP_RX_SIZE];
    uint8_t tx_bytes[UDP_BATCH][UDP_TX_SIZE];
};

struct udp_socket {
    uv_poll_t poll;
    struct worker *worker;
    int fd;
    bool pktinfo; /* wildcard listener: answer from the address that was asked */
};

struct tcp_listener {
    uv_tcp_t handle;
    struct worker *worker;
    int fd;
};

struct tcp_connection;

struct worker {
    struct worker_options options;
    struct endpoint *listen;
    uv_loop_t loop;
    uv_async_t wake;
    uv_thread_t thread;
    bool started;
    void (*acknowledged)(void *data); /* from the worker's thread */
    void *acknowledged_data;
    _Atomic(const struct state *) slot; /* the newest state, put there by control */
    _Atomic uint64_t generation;        /* of the state in use */
    atomic_bool stopping;
    const struct state *state; /* in use */
    struct resolver_scratch scratch;
    struct stats *stats;
    struct udp_batch *batch;
    struct udp_socket *udp;
    struct tcp_listener *tcp;
    size_t socket_count; /* of each kind */
    /* TCP, see tcp.c */
    uv_timer_t tcp_sweep;
    struct tcp_connection *tcp_oldest; /* by last activity */
    struct tcp_connection *tcp_newest;
    unsigned tcp_count;
    struct tcp_sources tcp_sources;
    size_t tcp_unsent; /* bytes that wait for clients, of all connections */
    bool tcp_ending;
    uint8_t *tcp_in;  /* one read */
    uint8_t *tcp_out; /* answers of one read, written in one go */
    struct resolver_request *tcp_request;
};

/* Takes a newer state when there is one and says so. Between batches only: nothing may hold the old
 * one. */
void worker_refresh(struct worker *worker);

/* Opens a UDP socket for `endpoint` with SO_REUSEPORT; -1 with a message in `error`. Any thread. */
int udp_open(const struct endpoint *endpoint, bool *pktinfo, char *error, size_t error_size);
void udp_batch_init(struct udp_batch *batch);
/* Starts to watch the socket on the worker's loop. */
bool udp_start(struct udp_socket *socket);
/* Answers everything that waits in the socket, for the end. */
void udp_drain(struct udp_socket *socket);
void udp_stop(struct udp_socket *socket);

int tcp_open(const struct endpoint *endpoint, char *error, size_t error_size);
bool tcp_start(struct worker *worker);
bool tcp_listen(struct tcp_listener *listener);
void tcp_stop(struct worker *worker);
