// SPDX-License-Identifier: BSD-2-Clause
#include "server/ipvs_link.h"

#include "base/log.h"
#include "base/mem.h"
#include "ipvs/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_AT_ONCE 32 /* messages; the control thread has other work too */

struct request {
    struct request *next;
    uint16_t reply; /* type of message that answers it */
    union {
        ipvs_link_info_fn *info;
        ipvs_link_dump_fn *dump;
        ipvs_link_apply_fn *apply;
    } fn;
    void *data;
    struct ipvs_op *ops; /* owned */
    size_t count;
    int error; /* known without asking */
};

struct outgoing {
    struct outgoing *next;
    size_t size;
    uint8_t bytes[];
};

struct ipvs_link {
    int fd;
    int broken; /* errno: nothing will ever be answered */
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
    bool closing;
    void (*on_hello)(void *data);
    void *data;
    struct request *head; /* under way when `asked` */
    struct request **tail;
    size_t pending;
    bool asked;   /* its time runs */
    bool sent;    /* its messages went to `out` */
    bool greeted; /* there is, or was, a helper */
    uint32_t sequence;
    struct outgoing *out;
    struct outgoing **out_tail;
    struct message_in in;
    struct log_limit garbage;
    uint8_t *bytes; /* MESSAGE_SIZE_MAX */
};

static void ask_next(struct ipvs_link *link);

/* --- requests --- */

static void free_request(struct request *request)
{
    mem_free(request->ops);
    mem_free(request);
}

static void drop_outgoing(struct ipvs_link *link)
{
    while (link->out != NULL) {
        struct outgoing *next = link->out->next;
        mem_free(link->out);
        link->out = next;
    }
    link->out_tail = &link->out;
}

static struct request *pop(struct ipvs_link *link)
{
    struct request *request = link->head;
    link->head = request->next;
    if (link->head == NULL)
        link->tail = &link->head;
    link->pending--;
    return request;
}

static void tell(struct ipvs_link *link, const struct request *request, int error)
{
    if (request->reply == MESSAGE_INFO_REPLY)
        request->fn.info(request->data, error, error == 0 ? &link->in.info : NULL);
    else if (request->reply == MESSAGE_TABLE)
        request->fn.dump(request->data, error, error == 0 ? &link->in.table : NULL);
    else
        request->fn.apply(request->data, error, error == 0 ? link->in.results : NULL,
                          error == 0 ? link->in.result_count : 0);
}

/* Answers what is under way and goes on. Its callback may ask again, or free the link. */
static void finish(struct ipvs_link *link, int error)
{
    struct request *request = pop(link);
    link->asked = link->sent = false;
    drop_outgoing(link);
    (void)uv_timer_stop(&link->timer);
    tell(link, request, error);
    free_request(request);
    message_in_clear(&link->in);
    ask_next(link);
}

static void on_timer(uv_timer_t *timer)
{
    struct ipvs_link *link = timer->data;
    int error = link->head->error;
    if (error == 0)
        error = link->broken;
    finish(link, error != 0 ? error : EAGAIN);
}

/* By the loop, never within the call that asked. */
static void fail_soon(struct ipvs_link *link)
{
    (void)uv_timer_start(&link->timer, on_timer, 0, 0);
}

static void break_link(struct ipvs_link *link, int error)
{
    if (link->broken != 0)
        return;
    log_error("ipvs", "the socket to the helper is lost: %s", strerror(error));
    link->broken = error;
    (void)uv_poll_stop(&link->poll);
    if (link->asked)
        fail_soon(link);
}

/* --- sending --- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct ipvs_link *link)
{
    int events = UV_READABLE | (link->out != NULL ? UV_WRITABLE : 0);
    int rc = uv_poll_start(&link->poll, events, on_poll);
    if (rc != 0)
        break_link(link, -rc);
}

static bool enqueue(void *data, const void *bytes, size_t size)
{
    struct ipvs_link *link = data;
    struct outgoing *message = mem_alloc(sizeof(*message) + size);
    message->size = size;
    memcpy(message->bytes, bytes, size);
    *link->out_tail = message;
    link->out_tail = &message->next;
    return true;
}

static void on_send_error(struct ipvs_link *link, int error)
{
    if (error == EAGAIN)
        return;
    if (error != ENOBUFS && error != ENOMEM) {
        break_link(link, error);
        return;
    }
    /* A want of the moment: this one fails, the next may do better. */
    drop_outgoing(link);
    link->head->error = error;
    fail_soon(link);
}

static void flush(struct ipvs_link *link)
{
    while (link->out != NULL) {
        struct outgoing *message = link->out;
        ssize_t sent = send(link->fd, message->bytes, message->size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            on_send_error(link, errno);
            break;
        }
        link->out = message->next;
        if (link->out == NULL)
            link->out_tail = &link->out;
        mem_free(message);
    }
    if (link->broken == 0)
        watch(link);
}

static void send_request(struct ipvs_link *link)
{
    struct request *request = link->head;
    bool ok = true;
    link->sent = true;
    link->sequence++;
    if (request->reply == MESSAGE_INFO_REPLY)
        ok = message_send_simple(MESSAGE_INFO, link->sequence, enqueue, link);
    else if (request->reply == MESSAGE_TABLE)
        ok = message_send_simple(MESSAGE_DUMP, link->sequence, enqueue, link);
    else
        ok = message_send_ops(link->sequence, request->ops, request->count, enqueue, link);
    if (ok) {
        flush(link);
        return;
    }
    /* An operation that the helper would take for garbage. */
    drop_outgoing(link);
    request->error = EINVAL;
    fail_soon(link);
}

static void ask_next(struct ipvs_link *link)
{
    if (link->asked || link->closing || link->head == NULL)
        return;
    link->asked = true;
    if (link->head->error != 0 || link->broken != 0) {
        fail_soon(link);
        return;
    }
    /* Many operations take their time, a millisecond each being plenty. */
    (void)uv_timer_start(&link->timer, on_timer, IPVS_LINK_TIMEOUT_MS + link->head->count, 0);
    if (link->greeted)
        send_request(link);
}

/* --- receiving --- */

static void on_garbage(struct ipvs_link *link)
{
    if (log_limit_pass(&link->garbage))
        log_error("ipvs", "the helper sent what is no answer");
    message_in_clear(&link->in);
    if (link->sent)
        finish(link, EPROTO);
}

static void take_hello(struct ipvs_link *link, size_t size)
{
    struct message_in hello;
    message_in_init(&hello);
    bool ok = message_in_add(&hello, link->bytes, size);
    message_in_fini(&hello);
    if (!ok) {
        on_garbage(link);
        return;
    }
    link->greeted = true;
    if (link->sent)
        finish(link, EAGAIN); /* it was lost, or its answer will come too late to be believed */
    else if (link->asked)
        send_request(link);
    if (!link->closing && link->on_hello != NULL)
        link->on_hello(link->data);
}

static bool answers(const struct ipvs_link *link)
{
    const struct request *request = link->head;
    if (link->in.type != request->reply)
        return false;
    return link->in.type != MESSAGE_RESULTS || link->in.error != 0 ||
           link->in.result_count == request->count;
}

static void take(struct ipvs_link *link, size_t size)
{
    struct message_header header;
    if (!message_peek(link->bytes, size, &header)) {
        on_garbage(link);
        return;
    }
    if (header.type == MESSAGE_HELLO) {
        take_hello(link, size);
        return;
    }
    if (!link->sent || header.sequence != link->sequence)
        return; /* of a request that was given up */
    if (!message_in_add(&link->in, link->bytes, size) || (link->in.complete && !answers(link)))
        on_garbage(link);
    else if (link->in.complete)
        finish(link, link->in.error);
}

/* An empty message looks like the end, which only a hangup is. */
static bool hung_up(int fd)
{
    struct pollfd check = { .fd = fd };
    return poll(&check, 1, 0) == 1 && (check.revents & (POLLHUP | POLLERR)) != 0;
}

/* False when there is nothing more for now. */
static bool receive(struct ipvs_link *link)
{
    ssize_t size = recv(link->fd, link->bytes, MESSAGE_SIZE_MAX, MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR)
            break_link(link, errno);
        return errno == EINTR;
    }
    if (size == 0 && hung_up(link->fd)) {
        break_link(link, EPIPE);
        return false;
    }
    if (size > MESSAGE_SIZE_MAX)
        on_garbage(link);
    else
        take(link, (size_t)size);
    return !link->closing && link->broken == 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct ipvs_link *link = poll->data;
    if (status < 0) {
        break_link(link, -status);
        return;
    }
    if ((events & UV_WRITABLE) != 0)
        flush(link);
    for (unsigned i = 0; i < READS_AT_ONCE && link->broken == 0; i++) {
        if (!receive(link))
            break;
    }
}

/* --- for the asker --- */

static struct request *add_request(struct ipvs_link *link, uint16_t reply, void *data)
{
    struct request *request = MEM_NEW(struct request);
    request->reply = reply;
    request->data = data;
    *link->tail = request;
    link->tail = &request->next;
    link->pending++;
    return request;
}

void ipvs_link_info(struct ipvs_link *link, ipvs_link_info_fn *fn, void *data)
{
    add_request(link, MESSAGE_INFO_REPLY, data)->fn.info = fn;
    ask_next(link);
}

void ipvs_link_dump(struct ipvs_link *link, ipvs_link_dump_fn *fn, void *data)
{
    add_request(link, MESSAGE_TABLE, data)->fn.dump = fn;
    ask_next(link);
}

void ipvs_link_apply(struct ipvs_link *link, const struct ipvs_op *ops, size_t count,
                     ipvs_link_apply_fn *fn, void *data)
{
    struct request *request = add_request(link, MESSAGE_RESULTS, data);
    request->fn.apply = fn;
    if (count > MESSAGE_OPS_MAX) {
        request->error = E2BIG;
    } else if (count > 0) {
        request->ops = mem_dup(ops, count * sizeof(*ops));
        request->count = count;
    }
    ask_next(link);
}

size_t ipvs_link_pending(const struct ipvs_link *link)
{
    return link->pending;
}

/* --- life --- */

struct ipvs_link *ipvs_link_new(uv_loop_t *loop, int fd, void (*on_hello)(void *data), void *data)
{
    struct ipvs_link *link = MEM_NEW(struct ipvs_link);
    link->fd = fd;
    link->on_hello = on_hello;
    link->data = data;
    link->tail = &link->head;
    link->out_tail = &link->out;
    link->bytes = mem_alloc(MESSAGE_SIZE_MAX);
    message_in_init(&link->in);
    (void)uv_timer_init(loop, &link->timer);
    link->timer.data = link;
    link->open_handles = 1;
    int rc = uv_poll_init(loop, &link->poll, fd);
    if (rc != 0) {
        log_error("ipvs", "the socket to the helper cannot be watched: %s", uv_strerror(rc));
        link->broken = -rc;
        return link;
    }
    link->poll.data = link;
    link->open_handles++;
    watch(link);
    return link;
}

static void on_closed(uv_handle_t *handle)
{
    struct ipvs_link *link = handle->data;
    if (--link->open_handles > 0)
        return;
    (void)close(link->fd);
    message_in_fini(&link->in);
    mem_free(link->bytes);
    mem_free(link);
}

void ipvs_link_free(struct ipvs_link *link)
{
    if (link == NULL)
        return;
    link->closing = true;
    link->asked = link->sent = false;
    while (link->head != NULL)
        free_request(pop(link));
    drop_outgoing(link);
    if (link->open_handles > 1)
        uv_close((uv_handle_t *)&link->poll, on_closed);
    uv_close((uv_handle_t *)&link->timer, on_closed);
}
