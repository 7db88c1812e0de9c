// SPDX-License-Identifier: BSD-2-Clause
/* DNS over TCP (RFC 7766): pipelined queries, all answers of one read in one write, idle
 * connections ended, the longest idle one evicted at the limit, readers that do not read cut off.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "server/worker_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_MESSAGE_MAX 65535
#define TCP_IN_SIZE     (TCP_MESSAGE_MAX + 2)
#define TCP_OUT_SIZE    (4 * (TCP_MESSAGE_MAX + 2))
#define TCP_PARTIAL_MIN 512
#define TCP_BACKLOG     1024
#define TCP_SWEEP_MS    500
/* A client that has not taken its answers for this long is cut off. */
#define TCP_WRITE_MS 5000
/* At the end: how long clients may take for their last answers, and how much of what they go on to
 * send is still read in one go. */
#define TCP_END_MS    1000
#define TCP_END_READS 64

struct tcp_connection {
    uv_tcp_t handle;
    uv_write_t write;
    struct worker *worker;
    struct tcp_connection *older; /* by last activity */
    struct tcp_connection *newer;
    uint64_t active_ms; /* last whole query, or the start of the pending write */
    uint8_t *partial;   /* beginning of a message that has not wholly come; owned */
    size_t partial_length;
    size_t partial_capacity;
    uint8_t *unsent; /* being written; owned. While there is one, nothing is read */
    size_t unsent_length;
    uint16_t source; /* slot in the worker's tcp_sources */
    bool closing;
};

int tcp_open(const struct endpoint *endpoint, char *error, size_t error_size)
{
    struct sockaddr_storage address;
    socklen_t length = endpoint_to_sockaddr(endpoint, &address);
    int one = 1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0 ||
        (endpoint->addr.family == ADDR_V6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0) ||
        bind(fd, (struct sockaddr *)&address, length) != 0) {
        (void)snprintf(error, error_size, "%s", strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    return fd;
}

/* --- the list by last activity, oldest first --- */

static void list_remove(struct tcp_connection *connection)
{
    struct worker *worker = connection->worker;
    if (connection->older != NULL)
        connection->older->newer = connection->newer;
    else
        worker->tcp_oldest = connection->newer;
    if (connection->newer != NULL)
        connection->newer->older = connection->older;
    else
        worker->tcp_newest = connection->older;
    connection->older = connection->newer = NULL;
}

static void list_append(struct tcp_connection *connection)
{
    struct worker *worker = connection->worker;
    connection->older = worker->tcp_newest;
    connection->newer = NULL;
    if (worker->tcp_newest != NULL)
        worker->tcp_newest->newer = connection;
    else
        worker->tcp_oldest = connection;
    worker->tcp_newest = connection;
}

static void touch(struct tcp_connection *connection)
{
    connection->active_ms = uv_now(&connection->worker->loop);
    list_remove(connection);
    list_append(connection);
}

/* --- closing --- */

static void on_closed(uv_handle_t *handle)
{
    struct tcp_connection *connection = handle->data;
    mem_free(connection->partial);
    mem_free(connection->unsent);
    mem_free(connection);
}

/* At the end the timer is the last to go. */
static void end_sweep(struct worker *worker)
{
    if (worker->tcp_ending && worker->tcp_oldest == NULL &&
        !uv_is_closing((uv_handle_t *)&worker->tcp_sweep))
        uv_close((uv_handle_t *)&worker->tcp_sweep, NULL);
}

static void connection_close(struct tcp_connection *connection)
{
    if (connection->closing)
        return;
    struct worker *worker = connection->worker;
    connection->closing = true;
    list_remove(connection);
    tcp_sources_remove(&worker->tcp_sources, connection->source);
    worker->tcp_unsent -= connection->unsent_length;
    worker->tcp_count--;
    atomic_store_explicit(&worker->stats->tcp_open, worker->tcp_count, memory_order_relaxed);
    uv_close((uv_handle_t *)&connection->handle, on_closed);
    end_sweep(worker);
}

/* --- answering --- */

static void on_written(uv_write_t *write, int status);

/* The one that has kept its answers waiting longest. The caller's own may be the one. */
static void cut_slowest(struct worker *worker)
{
    struct tcp_connection *slowest = worker->tcp_oldest;
    while (slowest != NULL && slowest->unsent == NULL)
        slowest = slowest->newer;
    if (slowest != NULL)
        connection_close(slowest);
}

/* Sends what stands in the worker's buffer; what the socket does not take waits, and reading stops
 * meanwhile, so that a client that does not read costs at most one buffer. False when the
 * connection is closed. */
static bool flush(struct tcp_connection *connection, size_t length)
{
    struct worker *worker = connection->worker;
    if (length == 0)
        return true;
    uv_buf_t buf = uv_buf_init((char *)worker->tcp_out, (unsigned)length);
    int written = uv_try_write((uv_stream_t *)&connection->handle, &buf, 1);
    if (written == UV_EAGAIN)
        written = 0;
    if (written < 0) {
        connection_close(connection);
        return false;
    }
    size_t rest = length - (size_t)written;
    if (rest == 0)
        return true;
    connection->unsent = mem_dup(worker->tcp_out + written, rest);
    connection->unsent_length = rest;
    worker->tcp_unsent += rest;
    touch(connection);
    buf = uv_buf_init((char *)connection->unsent, (unsigned)rest);
    connection->write.data = connection;
    (void)uv_read_stop((uv_stream_t *)&connection->handle);
    if (uv_write(&connection->write, (uv_stream_t *)&connection->handle, &buf, 1, on_written) !=
        0) {
        connection_close(connection);
        return false;
    }
    if (worker->tcp_unsent > worker->options.tcp_unsent_max && !worker->tcp_ending)
        cut_slowest(worker);
    return !connection->closing;
}

/* Answers one message into the worker's buffer at `at`; returns the bytes added. */
static size_t answer_message(struct worker *worker, const uint8_t *message, size_t length,
                             size_t at)
{
    struct resolver_request *request = worker->tcp_request;
    request->packet = message;
    request->size = length;
    request->tcp = true;
    resolver_parse(worker->state, request);
    size_t size = resolver_answer(worker->state, &worker->scratch, request,
                                  worker->tcp_out + at + 2, TCP_MESSAGE_MAX);
    if (size == 0)
        return 0;
    wire_put16(worker->tcp_out + at, (unsigned)size);
    return size + 2;
}

/* Answers all whole messages of `bytes`; returns how many bytes were used up, or SIZE_MAX when the
 * connection is closed. Stops early when an answer has to wait for the client. */
static size_t answer_all(struct tcp_connection *connection, const uint8_t *bytes, size_t length)
{
    struct worker *worker = connection->worker;
    size_t used = 0;
    size_t out = 0;
    while (length - used >= 2 && connection->unsent == NULL) {
        size_t size = wire_get16(bytes + used);
        if (length - used - 2 < size)
            break;
        /* Too short for a header: not DNS (RFC 7766 section 8 knows no such message). What came
         * before it is answered. */
        if (size < DNS_HEADER) {
            if (flush(connection, out))
                connection_close(connection);
            return SIZE_MAX;
        }
        out += answer_message(worker, bytes + used + 2, size, out);
        used += size + 2;
        if (TCP_OUT_SIZE - out < TCP_MESSAGE_MAX + 2) {
            if (!flush(connection, out))
                return SIZE_MAX;
            out = 0;
        }
    }
    return flush(connection, out) ? used : SIZE_MAX;
}

/* Keeps what is left for the next read. */
static void keep(struct tcp_connection *connection, const uint8_t *bytes, size_t length)
{
    uint8_t *old = connection->partial;
    connection->partial = length > 0 ? mem_dup(bytes, length) : NULL;
    connection->partial_length = connection->partial_capacity = length;
    mem_free(old);
}

/* Bytes of the message that has begun to come, as far as is known. */
static size_t wanted(const struct tcp_connection *connection)
{
    return connection->partial_length < 2 ? 2 : wire_get16(connection->partial) + 2U;
}

static void serve(struct tcp_connection *connection, const uint8_t *bytes, size_t length)
{
    size_t used = answer_all(connection, bytes, length);
    if (used == SIZE_MAX)
        return;
    if (used > 0)
        touch(connection);
    keep(connection, bytes + used, length - used);
}

/* A read goes into the worker's one buffer, or behind the beginning of the message that is kept, up
 * to its end: a message that comes byte by byte is not copied again with each of them. Room for it
 * is made as it comes, since its announced length costs the sender nothing. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct tcp_connection *connection = handle->data;
    size_t length = connection->partial_length;
    if (length == 0) {
        *buf = uv_buf_init((char *)connection->worker->tcp_in, TCP_IN_SIZE);
        return;
    }
    if (length == connection->partial_capacity) {
        connection->partial_capacity = length < TCP_PARTIAL_MIN ? TCP_PARTIAL_MIN : 2 * length;
        connection->partial = mem_realloc(connection->partial, connection->partial_capacity);
    }
    size_t end = wanted(connection);
    if (end > connection->partial_capacity)
        end = connection->partial_capacity;
    *buf = uv_buf_init((char *)connection->partial + length, (unsigned)(end - length));
}

/* `size` bytes have come to where on_alloc said. */
static void received(struct tcp_connection *connection, size_t size)
{
    if (connection->partial_length == 0) {
        serve(connection, connection->worker->tcp_in, size);
        return;
    }
    connection->partial_length += size;
    if (connection->partial_length >= 2 && connection->partial_length == wanted(connection))
        serve(connection, connection->partial, connection->partial_length);
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    (void)buf;
    struct tcp_connection *connection = stream->data;
    if (nread == 0)
        return;
    if (nread < 0) {
        /* A client may close its side after the last query and still wait for the answers: they are
         * with the kernel already, since nothing is read while one waits here. */
        connection_close(connection);
        return;
    }
    worker_refresh(connection->worker);
    received(connection, (size_t)nread);
}

/* Answers what has come already, for the end. Closing over unread bytes would reset the connection
 * under the answers. */
static void finish(struct tcp_connection *connection)
{
    uv_os_fd_t fd = -1;
    (void)uv_read_stop((uv_stream_t *)&connection->handle);
    bool more = uv_fileno((uv_handle_t *)&connection->handle, &fd) == 0;
    for (int i = 0; more && i < TCP_END_READS && connection->unsent == NULL; i++) {
        uv_buf_t buf;
        on_alloc((uv_handle_t *)&connection->handle, 0, &buf);
        ssize_t size = recv(fd, buf.base, buf.len, MSG_DONTWAIT);
        if (size > 0)
            received(connection, (size_t)size);
        more = size > 0 && !connection->closing;
    }
    if (connection->unsent == NULL) /* else on_written goes on */
        connection_close(connection);
}

/* The client has taken what waited: first the messages that had come meanwhile, then more. */
static void on_written(uv_write_t *write, int status)
{
    struct tcp_connection *connection = write->data;
    mem_free(connection->unsent);
    connection->unsent = NULL;
    if (connection->closing)
        return;
    connection->worker->tcp_unsent -= connection->unsent_length;
    connection->unsent_length = 0;
    if (status != 0) {
        connection_close(connection);
        return;
    }
    touch(connection);
    worker_refresh(connection->worker);
    serve(connection, connection->partial, connection->partial_length);
    if (connection->closing || connection->unsent != NULL)
        return;
    if (connection->worker->tcp_ending)
        finish(connection);
    else if (uv_read_start((uv_stream_t *)&connection->handle, on_alloc, on_read) != 0)
        connection_close(connection);
}

/* --- accepting --- */

/* At the limit the one that has been idle longest goes; but a source that has a large part of the
 * places makes room itself, so that it cannot drive out the others. */
static void make_room(struct worker *worker, uint16_t source)
{
    struct tcp_connection *victim = worker->tcp_oldest;
    if (worker->tcp_count < worker->options.tcp_max || victim == NULL)
        return;
    if (tcp_sources_greedy(&worker->tcp_sources, source, worker->options.tcp_max)) {
        while (victim->source != source)
            victim = victim->newer;
    }
    connection_close(victim);
}

static uint16_t source_of(const struct worker *worker, int fd)
{
    struct sockaddr_storage peer = { 0 };
    struct endpoint from = { 0 };
    socklen_t size = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0) /* else it is gone already */
        (void)endpoint_from_sockaddr((struct sockaddr *)&peer, &from);
    return tcp_sources_slot(&worker->tcp_sources, &from.addr);
}

static void add(struct tcp_connection *connection)
{
    struct worker *worker = connection->worker;
    uv_os_fd_t fd = -1;
    (void)uv_fileno((uv_handle_t *)&connection->handle, &fd);
    connection->source = source_of(worker, fd);
    make_room(worker, connection->source);
    list_append(connection);
    tcp_sources_add(&worker->tcp_sources, connection->source);
    connection->active_ms = uv_now(&worker->loop);
    worker->tcp_count++;
    stats_add(&worker->stats->tcp_accepted, 1);
    atomic_store_explicit(&worker->stats->tcp_open, worker->tcp_count, memory_order_relaxed);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct tcp_listener *listener = server->data;
    struct worker *worker = listener->worker;
    if (status < 0) {
        static struct log_limit limit;
        if (log_limit_pass(&limit))
            log_warn("tcp", "a connection could not be accepted: %s", uv_strerror(status));
        return;
    }
    struct tcp_connection *connection = MEM_NEW(struct tcp_connection);
    connection->worker = worker;
    connection->handle.data = connection;
    (void)uv_tcp_init(&worker->loop, &connection->handle);
    int rc = uv_accept(server, (uv_stream_t *)&connection->handle);
    add(connection);
    if (rc != 0 || uv_read_start((uv_stream_t *)&connection->handle, on_alloc, on_read) != 0) {
        connection_close(connection);
        return;
    }
    (void)uv_tcp_nodelay(&connection->handle, 1);
}

/* The list is in order of activity, so the sweep ends at the first one that is young enough for
 * either limit. */
static void on_sweep(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    uint64_t now = uv_now(&worker->loop);
    uint64_t idle = worker->options.tcp_idle_ms;
    uint64_t write = idle < TCP_WRITE_MS ? idle : TCP_WRITE_MS;
    struct tcp_connection *connection = worker->tcp_oldest;
    while (connection != NULL && now - connection->active_ms >= write) {
        struct tcp_connection *next = connection->newer;
        if (connection->unsent != NULL || now - connection->active_ms >= idle)
            connection_close(connection);
        connection = next;
    }
}

bool tcp_listen(struct tcp_listener *listener)
{
    if (uv_tcp_init(&listener->worker->loop, &listener->handle) != 0)
        return false;
    listener->handle.data = listener;
    return uv_tcp_open(&listener->handle, listener->fd) == 0 &&
           uv_listen((uv_stream_t *)&listener->handle, TCP_BACKLOG, on_connection) == 0;
}

bool tcp_start(struct worker *worker)
{
    worker->tcp_in = mem_alloc(TCP_IN_SIZE);
    worker->tcp_out = mem_alloc(TCP_OUT_SIZE);
    worker->tcp_request = MEM_NEW(struct resolver_request);
    tcp_sources_init(&worker->tcp_sources, rng_entropy());
    worker->tcp_sweep.data = worker;
    return uv_timer_init(&worker->loop, &worker->tcp_sweep) == 0 &&
           uv_timer_start(&worker->tcp_sweep, on_sweep, TCP_SWEEP_MS, TCP_SWEEP_MS) == 0;
}

static void on_end(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    while (worker->tcp_oldest != NULL)
        connection_close(worker->tcp_oldest);
}

void tcp_stop(struct worker *worker)
{
    for (size_t i = 0; i < worker->socket_count; i++) {
        worker->tcp[i].fd = -1; /* libuv closes it */
        uv_close((uv_handle_t *)&worker->tcp[i].handle, NULL);
    }
    worker->tcp_ending = true;
    (void)uv_timer_start(&worker->tcp_sweep, on_end, TCP_END_MS, 0);
    /* Who is answered goes to the end of the list, and is found there with nothing left to do. */
    for (struct tcp_connection *c = worker->tcp_oldest, *next = NULL; c != NULL; c = next) {
        next = c->newer;
        finish(c);
    }
    end_sweep(worker);
}
