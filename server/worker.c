// SPDX-License-Identifier: BSD-2-Clause
#include "server/worker.h"

#include "base/errlist.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/worker_internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void worker_refresh(struct worker *worker)
{
    const struct state *newest = atomic_load_explicit(&worker->slot, memory_order_acquire);
    if (LIKELY(newest == worker->state))
        return;
    worker->state = newest;
    /* Release: whoever sees this number may free the older states. */
    atomic_store_explicit(&worker->generation, newest->generation, memory_order_release);
    worker->acknowledged(worker->acknowledged_data);
}

static bool open_one(struct worker *worker, size_t index, struct errlist *errors)
{
    const struct endpoint *endpoint = &worker->listen[index];
    char text[ENDPOINT_TEXT_MAX];
    char error[128];
    endpoint_print(endpoint, text);
    struct udp_socket *udp = &worker->udp[index];
    struct tcp_listener *tcp = &worker->tcp[index];
    udp->worker = tcp->worker = worker;
    udp->fd = udp_open(endpoint, &udp->pktinfo, error, sizeof(error));
    if (udp->fd < 0) {
        errlist_add(errors, "cannot listen on %s (UDP): %s", text, error);
        return false;
    }
    tcp->fd = tcp_open(endpoint, error, sizeof(error));
    if (tcp->fd < 0) {
        errlist_add(errors, "cannot listen on %s (TCP): %s", text, error);
        return false;
    }
    return true;
}

static void close_sockets(struct worker *worker)
{
    for (size_t i = 0; i < worker->socket_count; i++) {
        if (worker->udp[i].fd >= 0)
            (void)close(worker->udp[i].fd);
        if (worker->tcp[i].fd >= 0)
            (void)close(worker->tcp[i].fd);
    }
}

static void release(struct worker *worker)
{
    stats_fini(worker->stats);
    mem_free(worker->stats);
    mem_free(worker->listen);
    mem_free(worker->udp);
    mem_free(worker->tcp);
    mem_free(worker->batch);
    mem_free(worker->tcp_in);
    mem_free(worker->tcp_out);
    mem_free(worker->tcp_request);
    mem_free(worker);
}

struct worker *worker_new(const struct worker_options *options, struct errlist *errors)
{
    struct worker *worker = (struct worker *)mem_alloc_aligned(sizeof(*worker));
    worker->options = *options;
    worker->listen = mem_dup(options->listen, options->listen_count * sizeof(*options->listen));
    worker->options.listen = worker->listen;
    worker->socket_count = options->listen_count;
    worker->udp = MEM_NEW_ARRAY(struct udp_socket, worker->socket_count);
    worker->tcp = MEM_NEW_ARRAY(struct tcp_listener, worker->socket_count);
    worker->stats = (struct stats *)mem_alloc_aligned(sizeof(*worker->stats));
    worker->scratch.stats = worker->stats;
    rng_seed(&worker->scratch.rng, rng_entropy());
    bool ok = true;
    for (size_t i = 0; i < worker->socket_count; i++)
        worker->udp[i].fd = worker->tcp[i].fd = -1;
    for (size_t i = 0; i < worker->socket_count; i++)
        ok = open_one(worker, i, errors) && ok;
    if (ok)
        return worker;
    close_sockets(worker);
    release(worker);
    return NULL;
}

static void stop_all(struct worker *worker)
{
    for (size_t i = 0; i < worker->socket_count; i++) {
        udp_drain(&worker->udp[i]);
        udp_stop(&worker->udp[i]);
    }
    tcp_stop(worker);
    uv_close((uv_handle_t *)&worker->wake, NULL);
}

static void on_wake(uv_async_t *async)
{
    struct worker *worker = async->data;
    worker_refresh(worker);
    if (atomic_load_explicit(&worker->stopping, memory_order_acquire))
        stop_all(worker);
}

static void run(void *data)
{
    struct worker *worker = data;
    char name[16];
    sigset_t all;
    (void)snprintf(name, sizeof(name), "dns-%u", worker->options.index);
    (void)pthread_setname_np(pthread_self(), name);
    /* Signals are the control thread's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    (void)uv_run(&worker->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&worker->loop);
}

static bool start_handles(struct worker *worker)
{
    worker->wake.data = worker;
    if (uv_async_init(&worker->loop, &worker->wake, on_wake) != 0 || !tcp_start(worker))
        return false;
    for (size_t i = 0; i < worker->socket_count; i++) {
        if (!udp_start(&worker->udp[i]) || !tcp_listen(&worker->tcp[i]))
            return false;
    }
    return true;
}

void worker_on_acknowledged(struct worker *worker, void (*fn)(void *data), void *data)
{
    worker->acknowledged = fn;
    worker->acknowledged_data = data;
}

bool worker_start(struct worker *worker, const struct state *state)
{
    worker->batch = (struct udp_batch *)mem_alloc_aligned(sizeof(*worker->batch));
    udp_batch_init(worker->batch);
    worker->state = state;
    atomic_store_explicit(&worker->slot, state, memory_order_relaxed);
    atomic_store_explicit(&worker->generation, state->generation, memory_order_relaxed);
    if (uv_loop_init(&worker->loop) != 0)
        return false;
    if (!start_handles(worker) || uv_thread_create(&worker->thread, run, worker) != 0) {
        log_error("worker", "worker %u cannot start: %s", worker->options.index, strerror(errno));
        return false;
    }
    worker->started = true;
    return true;
}

void worker_publish(struct worker *worker, const struct state *state)
{
    atomic_store_explicit(&worker->slot, state, memory_order_release);
    if (worker->started) /* the first state comes with worker_start */
        (void)uv_async_send(&worker->wake);
}

uint64_t worker_generation(const struct worker *worker)
{
    return atomic_load_explicit(&worker->generation, memory_order_acquire);
}

struct stats *worker_stats(struct worker *worker)
{
    return worker->stats;
}

void worker_stop(struct worker *worker)
{
    if (!worker->started)
        return;
    atomic_store_explicit(&worker->stopping, true, memory_order_release);
    (void)uv_async_send(&worker->wake);
}

void worker_join(struct worker *worker)
{
    if (worker->started)
        (void)uv_thread_join(&worker->thread);
    worker->started = false;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    close_sockets(worker);
    release(worker);
}
