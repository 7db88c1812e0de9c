// SPDX-License-Identifier: BSD-2-Clause
#include "health/http_multi.h"

#include "base/compiler.h"
#include "base/mem.h"

#define SPARE_MAX 64 /* easy handles kept, some 10 KiB each */

struct http_multi {
    CURLM *curl;
    struct check_loop *loop;
    uv_timer_t timer;
    struct check_later now; /* curl wants its turn at once */
    CURL *spare[SPARE_MAX];
    size_t spare_count;
};

/* A socket of curl's; freed in the close callback. */
struct http_socket {
    uv_poll_t poll;
    struct http_multi *multi;
    struct http_transfer *transfer; /* for which it is watched; NULL when that has ended */
    curl_socket_t fd;
};

static struct http_transfer *transfer_of(CURL *easy)
{
    char *owner = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    return (struct http_transfer *)(void *)owner;
}

static void part(struct http_socket *socket)
{
    if (socket->transfer != NULL)
        socket->transfer->socket = NULL;
    socket->transfer = NULL;
}

/* The last that is done with a transfer before its owner has it back. */
static void take_back(struct http_multi *multi, struct http_transfer *transfer)
{
    curl_multi_remove_handle(multi->curl, transfer->easy);
    if (transfer->socket != NULL)
        part(transfer->socket);
}

static void tell_done(struct http_multi *multi)
{
    CURLMsg *message = NULL;
    int left = 0;
    while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        struct http_transfer *transfer = transfer_of(message->easy_handle);
        take_back(multi, transfer); /* frees message */
        transfer->done(transfer, code);
    }
}

static void turn(struct http_multi *multi, curl_socket_t fd, int flags)
{
    int running = 0;
    curl_multi_socket_action(multi->curl, fd, flags, &running);
    tell_done(multi);
}

static void on_timer(uv_timer_t *timer)
{
    turn(CONTAINER_OF(timer, struct http_multi, timer), CURL_SOCKET_TIMEOUT, 0);
}

static void run_now(struct check_later *now)
{
    turn(CONTAINER_OF(now, struct http_multi, now), CURL_SOCKET_TIMEOUT, 0);
}

/* On an error, libuv stops watching and tells nothing else. curl is not told CURL_CSELECT_ERR, on
 * which it gives up without looking: it reads what the peer sent before its reset, and then the
 * system call says what happened. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct http_socket *socket = CONTAINER_OF(poll, struct http_socket, poll);
    int flags = 0;
    if (status < 0 || events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (status < 0 || events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    turn(socket->multi, socket->fd, flags);
}

static void on_socket_closed(uv_handle_t *handle)
{
    mem_free(CONTAINER_OF(handle, struct http_socket, poll));
}

static void socket_close(struct http_socket *socket)
{
    part(socket);
    curl_multi_assign(socket->multi->curl, socket->fd, NULL);
    uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
}

static struct http_socket *socket_new(struct http_multi *multi, curl_socket_t fd,
                                      struct http_transfer *transfer)
{
    struct http_socket *socket = MEM_NEW(struct http_socket);
    socket->multi = multi;
    socket->fd = fd;
    if (uv_poll_init(&multi->loop->uv, &socket->poll, fd) != 0) {
        mem_free(socket);
        return NULL;
    }
    curl_multi_assign(multi->curl, fd, socket);
    if (transfer->socket == NULL) {
        socket->transfer = transfer;
        transfer->socket = socket;
    }
    return socket;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    struct http_multi *multi = data;
    struct http_socket *socket = socket_data;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL)
            socket_close(socket);
        return 0;
    }
    if (socket == NULL)
        socket = socket_new(multi, fd, transfer_of(easy));
    if (socket == NULL)
        return 0; /* epoll has no room: this one ends by its timeout, the others go on */
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    uv_poll_start(&socket->poll, events, on_poll);
    return 0;
}

/* "At once" goes through the loop's next round: curl must not be called from within its own
 * callback, and a timer of 0 ms set again and again would keep libuv among its timers. */
static int on_curl_timer(CURLM *curl, long timeout_ms, void *data)
{
    (void)curl;
    struct http_multi *multi = data;
    check_loop_forget(multi->loop, &multi->now);
    uv_timer_stop(&multi->timer);
    if (timeout_ms == 0)
        check_loop_later(multi->loop, &multi->now, run_now);
    else if (timeout_ms > 0)
        uv_timer_start(&multi->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

struct http_multi *http_multi_new(struct check_loop *loop)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    CURLM *curl = curl_multi_init();
    if (curl == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    struct http_multi *multi = MEM_NEW(struct http_multi);
    multi->curl = curl;
    multi->loop = loop;
    uv_timer_init(&loop->uv, &multi->timer);
    curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
    return multi;
}

static void on_multi_closed(uv_handle_t *handle)
{
    mem_free(CONTAINER_OF(handle, struct http_multi, timer));
}

void http_multi_free(struct http_multi *multi)
{
    for (size_t i = 0; i < multi->spare_count; i++)
        curl_easy_cleanup(multi->spare[i]);
    curl_multi_cleanup(multi->curl);
    curl_global_cleanup();
    check_loop_forget(multi->loop, &multi->now);
    uv_close((uv_handle_t *)&multi->timer, on_multi_closed);
}

CURL *http_multi_take(struct http_multi *multi)
{
    return multi->spare_count > 0 ? multi->spare[--multi->spare_count] : curl_easy_init();
}

void http_multi_give(struct http_multi *multi, CURL *easy)
{
    if (multi->spare_count == SPARE_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    multi->spare[multi->spare_count++] = easy;
}

bool http_multi_add(struct http_multi *multi, struct http_transfer *transfer)
{
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    return curl_multi_add_handle(multi->curl, transfer->easy) == CURLM_OK;
}

/* The watch ends first: a socket that still connects is closed by curl (7.88) before it says that
 * there is nothing to watch, and then its number may be another thread's already. */
void http_multi_remove(struct http_multi *multi, struct http_transfer *transfer)
{
    if (transfer->socket != NULL)
        socket_close(transfer->socket);
    take_back(multi, transfer);
}
