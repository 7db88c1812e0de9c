// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_tcp.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "health/check_loop.h"
#include "health/fault.h"
#include "health/match.h"

#include <uv.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum tcp_step { TCP_CONNECTING, TCP_SENDING, TCP_READING };

struct check_attempt {
    uv_poll_t poll;
    bool polled; /* `poll` is open */
    int fd;
    int error; /* errno of a start that failed, told in the loop's next round */
    enum tcp_step step;
    size_t sent;
    size_t received;
    struct match match;
    struct check_later later;
    struct check_loop *loop;
    const struct check_tcp_args *args;
    struct endpoint target;
    check_done_fn *done;
    void *data;
};

static void attempt_delete(struct check_attempt *attempt)
{
    match_fini(&attempt->match);
    mem_free(attempt);
}

static void on_closed(uv_handle_t *handle)
{
    attempt_delete(CONTAINER_OF(handle, struct check_attempt, poll));
}

static void attempt_cancel(struct check_attempt *attempt)
{
    check_loop_forget(attempt->loop, &attempt->later);
    bool polled = attempt->polled;
    if (polled)
        uv_close((uv_handle_t *)&attempt->poll, on_closed);
    if (attempt->fd >= 0)
        (void)close(attempt->fd); /* the verdict is known; nothing more can be learnt */
    attempt->fd = -1;
    if (!polled)
        attempt_delete(attempt);
}

static void attempt_end(struct check_attempt *attempt, enum health_result result,
                        const char *reason)
{
    check_done_fn *done = attempt->done;
    void *data = attempt->data;
    const struct check_report report = { .result = result,
                                         .reason = reason,
                                         .weight = CHECK_WEIGHT_FULL };
    attempt_cancel(attempt);
    done(data, &report);
}

static void attempt_fault(struct check_attempt *attempt, int error)
{
    struct fault fault = fault_of(error, &attempt->target);
    attempt_end(attempt, fault.result, fault.reason);
}

static int socket_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof(error);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* A dead port of our own machine may be given to us as the source port, and TCP then connects the
 * socket to itself (simultaneous open): nobody answered. */
static bool connected_to_itself(int fd, const struct endpoint *target)
{
    struct sockaddr_storage sa;
    socklen_t length = sizeof(sa);
    struct endpoint self;
    return getsockname(fd, (struct sockaddr *)&sa, &length) == 0 &&
           endpoint_from_sockaddr((const struct sockaddr *)&sa, &self) &&
           self.port == target->port && addr_equal(&self.addr, &target->addr);
}

/* The steps return true when they are through, false when they wait or have ended the attempt. */
static bool step_connect(struct check_attempt *attempt)
{
    int error = socket_error(attempt->fd);
    if (error == 0 && connected_to_itself(attempt->fd, &attempt->target))
        error = ECONNREFUSED;
    if (error != 0) {
        attempt_fault(attempt, error);
        return false;
    }
    attempt->step = TCP_SENDING;
    return true;
}

static bool step_send(struct check_attempt *attempt)
{
    size_t length = attempt->args->send != NULL ? strlen(attempt->args->send) : 0;
    while (attempt->sent < length) {
        ssize_t n = send(attempt->fd, attempt->args->send + attempt->sent, length - attempt->sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            attempt_fault(attempt, errno);
        if (n < 0)
            return false;
        attempt->sent += (size_t)n;
    }
    attempt->step = TCP_READING;
    return true;
}

static void step_read(struct check_attempt *attempt)
{
    char piece[CHECK_TCP_ANSWER_MAX];
    while (!match_feed(&attempt->match, piece, 0)) {
        size_t room = sizeof(piece) - attempt->received;
        if (room == 0) {
            attempt_end(attempt, HEALTH_FAIL, "answer lacks the text");
            return;
        }
        ssize_t n = recv(attempt->fd, piece, room, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            attempt_fault(attempt, errno);
        if (n == 0)
            attempt_end(attempt, HEALTH_FAIL, "closed before the text came");
        if (n <= 0)
            return;
        attempt->received += (size_t)n;
        match_feed(&attempt->match, piece, (size_t)n);
    }
    attempt_end(attempt, HEALTH_PASS, "text found");
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* Level-triggered, so that a piece that is left over wakes the loop again. libuv stops watching
 * after an error, which the system calls above have seen and told by then. */
static void attempt_watch(struct check_attempt *attempt)
{
    uv_poll_start(&attempt->poll, attempt->step == TCP_READING ? UV_READABLE : UV_WRITABLE,
                  on_poll);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status; /* SO_ERROR, send and recv say more */
    (void)events;
    struct check_attempt *attempt = CONTAINER_OF(poll, struct check_attempt, poll);
    if (attempt->step == TCP_CONNECTING && !step_connect(attempt))
        return;
    if (attempt->step == TCP_SENDING && !step_send(attempt))
        return;
    if (attempt->args->expect == NULL) {
        attempt_end(attempt, HEALTH_PASS, attempt->args->send != NULL ? "sent" : "connected");
        return;
    }
    attempt_watch(attempt);
    if (events & UV_READABLE || status < 0)
        step_read(attempt);
}

static void run_failed_start(struct check_later *later)
{
    struct check_attempt *attempt = CONTAINER_OF(later, struct check_attempt, later);
    attempt_fault(attempt, attempt->error);
}

/* 0 or an errno. */
static int attempt_connect(struct check_attempt *attempt)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(&attempt->target, &sa);
    attempt->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt->fd < 0)
        return errno;
    if (connect(attempt->fd, (const struct sockaddr *)&sa, length) < 0 && errno != EINPROGRESS)
        return errno;
    int rc = uv_poll_init(&attempt->loop->uv, &attempt->poll, attempt->fd);
    if (rc != 0)
        return -rc;
    attempt->polled = true;
    attempt_watch(attempt);
    return 0;
}

static struct check_attempt *tcp_start(struct check_loop *loop, const struct check *check,
                                       const struct endpoint *target, check_done_fn *done,
                                       void *data)
{
    struct check_attempt *attempt = MEM_NEW(struct check_attempt);
    attempt->fd = -1;
    attempt->loop = loop;
    attempt->args = &check->args.tcp;
    attempt->target = *target;
    attempt->done = done;
    attempt->data = data;
    match_init(&attempt->match, attempt->args->expect != NULL ? attempt->args->expect : "");
    attempt->error = attempt_connect(attempt);
    if (attempt->error != 0)
        check_loop_later(loop, &attempt->later, run_failed_start);
    return attempt;
}

static void tcp_copy_args(struct arena *arena, struct check *check)
{
    struct check_tcp_args *args = &check->args.tcp;
    args->send = check_copy_text(arena, args->send);
    args->expect = check_copy_text(arena, args->expect);
}

static void tcp_print_args(struct strbuf *out, const struct check *check)
{
    check_print_text(out, "send", check->args.tcp.send);
    check_print_text(out, "expect", check->args.tcp.expect);
}

const struct check_type check_tcp_type = {
    .name = "tcp",
    .start = tcp_start,
    .cancel = attempt_cancel,
    .copy_args = tcp_copy_args,
    .print_args = tcp_print_args,
};
