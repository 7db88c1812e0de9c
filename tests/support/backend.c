// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/backend.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define FILLERS     4 /* connections that fill the queue of a listener with backlog 0 */

enum ending { END_CLOSE, END_RESET, END_HOLD };

/* What is sent on one connection, and how. */
struct plan {
    struct strbuf head;
    const char *again; /* sent for ever after the head, or NULL */
    unsigned pace_ms;  /* one byte every so often; 0 = at once */
    enum ending ending;
};

struct connection {
    int fd;
    enum backend_face face;
    char request[REQUEST_MAX];
    size_t length;
    bool answering;
    struct plan plan;
    size_t sent;
    uint64_t next_ms; /* nothing is sent before */
};

struct backend {
    struct endpoint endpoint;
    int reserve; /* keeps the port while nobody listens */
    int wake;
    pthread_t thread;
    /* backend's thread only */
    int listener;
    int fillers[FILLERS];
    struct connection **open;
    size_t open_capacity;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum backend_face face;
    bool face_applied;
    bool stop;
    unsigned status;
    unsigned delay_ms;
    char *header;
    char *body;
    char *last_request;
    size_t accepted;
    size_t open_count; /* changed by the thread, under the lock */
    size_t peak;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "test backend: %s: %s\n", what, strerrordesc_np(errno));
    abort();
}

/* ---- listener -------------------------------------------------------------------------------- */

static int bound_socket(const struct endpoint *endpoint)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(endpoint, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(fd >= 0, "socket");
    int one = 1;
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0, "SO_REUSEADDR");
    must(bind(fd, (const struct sockaddr *)&sa, length) == 0, "bind");
    return fd;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* With a backlog of 0 and its one place taken, Linux drops what else comes. */
static void fill_backlog(struct backend *backend)
{
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(&backend->endpoint, &sa);
    for (size_t i = 0; i < FILLERS; i++) {
        backend->fillers[i] = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        must(backend->fillers[i] >= 0, "socket");
        (void)connect(backend->fillers[i], (const struct sockaddr *)&sa, length);
        struct pollfd ready = { .fd = backend->fillers[i], .events = POLLOUT };
        if (poll(&ready, 1, 20) == 0)
            return; /* this one got no answer, nor will the next */
    }
    must(false, "a full queue still accepts");
}

static void apply_face(struct backend *backend, enum backend_face face)
{
    close_fd(&backend->listener);
    for (size_t i = 0; i < FILLERS; i++)
        close_fd(&backend->fillers[i]);
    if (face == BACKEND_REFUSE)
        return;
    backend->listener = bound_socket(&backend->endpoint);
    must(listen(backend->listener, face == BACKEND_BLACKHOLE ? 0 : SOMAXCONN) == 0, "listen");
    if (face == BACKEND_BLACKHOLE)
        fill_backlog(backend);
}

/* ---- what each face says --------------------------------------------------------------------- */

static void plan_http(struct backend *backend, struct strbuf *out, const char *request)
{
    pthread_mutex_lock(&backend->lock);
    bool head = strncmp(request, "HEAD ", 5) == 0;
    strbuf_addf(out, "HTTP/1.1 %u Status\r\n%sContent-Length: %zu\r\n\r\n%s", backend->status,
                backend->header, strlen(backend->body), head ? "" : backend->body);
    pthread_mutex_unlock(&backend->lock);
}

static void plan_body(struct backend *backend, struct strbuf *out)
{
    pthread_mutex_lock(&backend->lock);
    strbuf_add(out, backend->body);
    pthread_mutex_unlock(&backend->lock);
}

static const char half_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf of it";

static void plan_make(struct backend *backend, struct connection *connection)
{
    struct plan *plan = &connection->plan;
    strbuf_init(&plan->head);
    switch (connection->face) {
    case BACKEND_CONTINUE:
        strbuf_add(&plan->head, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
        plan_http(backend, &plan->head, connection->request);
        break;
    case BACKEND_TRICKLE:
    case BACKEND_HTTP:
    case BACKEND_SLOW:
        plan_http(backend, &plan->head, connection->request);
        break;
    case BACKEND_ENDLESS_HEADERS:
        strbuf_add(&plan->head, "HTTP/1.1 200 OK\r\n");
        plan->again = "X-Again: and again and again and again and again and again\r\n";
        break;
    case BACKEND_ENDLESS_LINE:
        strbuf_add(&plan->head, "HTTP/1.1 200 OK\r\nX-Long: ");
        plan->again = "and again and again and again and again and again and again ";
        break;
    case BACKEND_HUGE_BODY:
        strbuf_add(&plan->head, "HTTP/1.1 200 OK\r\n\r\n");
        plan_body(backend, &plan->head);
        plan->again = "filling filling filling filling filling filling filling filling\n";
        break;
    case BACKEND_GARBAGE:
        strbuf_add_bytes(&plan->head, "\x16\x03\x01\x00\xff\r\n\r\n\x01\x02 HTTP/9 200\r\n\r\n",
                         26);
        break;
    case BACKEND_RESET:
    case BACKEND_CUT:
        strbuf_add(&plan->head, half_answer);
        plan_body(backend, &plan->head);
        plan->ending = connection->face == BACKEND_RESET ? END_RESET : END_CLOSE;
        break;
    case BACKEND_GREET:
    case BACKEND_REPLY:
        plan_body(backend, &plan->head);
        plan->ending = END_HOLD;
        break;
    case BACKEND_SILENT:
        plan->ending = END_HOLD;
        break;
    case BACKEND_CLOSE:
    case BACKEND_REFUSE:
    case BACKEND_BLACKHOLE:
        break;
    }
}

/* ---- connections (backend's thread) ---------------------------------------------------------- */

static void answer_start(struct backend *backend, struct connection *connection)
{
    connection->answering = true;
    plan_make(backend, connection);
    pthread_mutex_lock(&backend->lock);
    if (connection->face == BACKEND_TRICKLE)
        connection->plan.pace_ms = backend->delay_ms;
    if (connection->face == BACKEND_SLOW)
        connection->next_ms = clock_mono_ms() + backend->delay_ms;
    pthread_mutex_unlock(&backend->lock);
}

static void accept_all(struct backend *backend)
{
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof(peer);
        int fd = accept4(backend->listener, (struct sockaddr *)&peer, &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct connection *connection = MEM_NEW(struct connection);
        connection->fd = fd;
        pthread_mutex_lock(&backend->lock);
        connection->face = backend->face;
        void *open = backend->open;
        mem_grow(&open, &backend->open_capacity, backend->open_count + 1,
                 sizeof(struct connection *));
        backend->open = open;
        backend->open[backend->open_count++] = connection;
        if (backend->open_count > backend->peak)
            backend->peak = backend->open_count;
        backend->accepted++;
        pthread_cond_broadcast(&backend->changed);
        pthread_mutex_unlock(&backend->lock);
        if (connection->face == BACKEND_GREET || connection->face == BACKEND_CLOSE)
            answer_start(backend, connection);
    }
}

static void note_request(struct backend *backend, const char *request)
{
    pthread_mutex_lock(&backend->lock);
    mem_free(backend->last_request);
    backend->last_request = mem_strdup(request);
    pthread_mutex_unlock(&backend->lock);
}

/* False when the other side has closed. */
static bool connection_read(struct backend *backend, struct connection *connection)
{
    size_t room = sizeof(connection->request) - 1 - connection->length;
    char rest[256];
    bool keep = !connection->answering && room > 0;
    ssize_t n = keep ? recv(connection->fd, connection->request + connection->length, room, 0)
                     : recv(connection->fd, rest, sizeof(rest), 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    if (!keep)
        return true;
    connection->length += (size_t)n;
    if (connection->face == BACKEND_REPLY || strstr(connection->request, "\r\n\r\n") != NULL) {
        note_request(backend, connection->request);
        answer_start(backend, connection);
    }
    return true;
}

/* The bytes to send now. */
static size_t plan_next(const struct connection *connection, const char **bytes)
{
    const struct plan *plan = &connection->plan;
    size_t length = 0;
    if (connection->sent < plan->head.length) {
        *bytes = plan->head.text + connection->sent;
        length = plan->head.length - connection->sent;
    } else if (plan->again != NULL) {
        size_t cycle = strlen(plan->again);
        size_t at = (connection->sent - plan->head.length) % cycle;
        *bytes = plan->again + at;
        length = cycle - at;
    }
    return plan->pace_ms > 0 && length > 1 ? 1 : length;
}

/* False when the connection is over. */
static bool connection_write(struct connection *connection)
{
    for (unsigned round = 0; round < 64; round++) { /* then the others have their turn */
        const char *bytes = NULL;
        size_t length = plan_next(connection, &bytes);
        if (length == 0)
            return connection->plan.ending == END_HOLD;
        ssize_t n = send(connection->fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        connection->sent += (size_t)n;
        if (connection->plan.pace_ms > 0) {
            connection->next_ms = clock_mono_ms() + connection->plan.pace_ms;
            return true;
        }
    }
    return true;
}

static void connection_close(struct backend *backend, size_t index)
{
    struct connection *connection = backend->open[index];
    if (connection->answering && connection->plan.ending == END_RESET) {
        struct linger reset = { .l_onoff = 1 };
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    (void)close(connection->fd);
    if (connection->answering)
        strbuf_fini(&connection->plan.head);
    mem_free(connection);
    pthread_mutex_lock(&backend->lock);
    backend->open[index] = backend->open[--backend->open_count];
    pthread_cond_broadcast(&backend->changed);
    pthread_mutex_unlock(&backend->lock);
}

/* Has something to send that may be sent now. */
static bool wants_write(const struct connection *connection, uint64_t now)
{
    const char *bytes = NULL;
    return connection->answering && connection->next_ms <= now &&
           (plan_next(connection, &bytes) > 0 || connection->plan.ending != END_HOLD);
}

static void serve_connections(struct backend *backend, const struct pollfd *ready)
{
    uint64_t now = clock_mono_ms();
    for (size_t i = backend->open_count; i-- > 0;) {
        struct connection *connection = backend->open[i];
        bool alive = true;
        if (ready[i].revents & (POLLIN | POLLHUP | POLLERR))
            alive = connection_read(backend, connection);
        if (alive && wants_write(connection, now))
            alive = connection_write(connection);
        if (!alive)
            connection_close(backend, i);
    }
}

static int poll_timeout(const struct backend *backend)
{
    uint64_t now = clock_mono_ms();
    uint64_t wait = 60000;
    for (size_t i = 0; i < backend->open_count; i++) {
        const struct connection *connection = backend->open[i];
        uint64_t due = connection->next_ms > now ? connection->next_ms - now : 0;
        if (connection->answering && due > 0 && due < wait)
            wait = due;
    }
    return (int)wait;
}

/* False when told to stop. */
static bool take_orders(struct backend *backend)
{
    uint64_t count = 0;
    ssize_t n = read(backend->wake, &count, sizeof(count)); /* empties it */
    (void)n;
    pthread_mutex_lock(&backend->lock);
    bool stop = backend->stop;
    bool apply = !backend->face_applied && !stop;
    enum backend_face face = backend->face;
    pthread_mutex_unlock(&backend->lock);
    if (apply) {
        apply_face(backend, face);
        pthread_mutex_lock(&backend->lock);
        backend->face_applied = true;
        pthread_cond_broadcast(&backend->changed);
        pthread_mutex_unlock(&backend->lock);
    }
    return !stop;
}

static void *backend_thread(void *data)
{
    struct backend *backend = data;
    struct pollfd *ready = NULL;
    while (take_orders(backend)) {
        size_t count = backend->open_count;
        ready = mem_realloc(ready, (count + 2) * sizeof(*ready));
        uint64_t now = clock_mono_ms();
        for (size_t i = 0; i < count; i++) {
            bool out = wants_write(backend->open[i], now);
            short events = (short)(out ? POLLIN | POLLOUT : POLLIN);
            ready[i] = (struct pollfd){ .fd = backend->open[i]->fd, .events = events };
        }
        bool listens = backend->listener >= 0 && backend->fillers[0] < 0;
        ready[count] = (struct pollfd){ .fd = backend->wake, .events = POLLIN };
        ready[count + 1] =
            (struct pollfd){ .fd = listens ? backend->listener : -1, .events = POLLIN };
        (void)poll(ready, (nfds_t)(count + 2), poll_timeout(backend));
        serve_connections(backend, ready);
        if (ready[count + 1].revents != 0)
            accept_all(backend);
    }
    mem_free(ready);
    while (backend->open_count > 0)
        connection_close(backend, backend->open_count - 1);
    return NULL;
}

/* ---- for the test's thread ------------------------------------------------------------------- */

static void backend_wake(struct backend *backend)
{
    uint64_t one = 1;
    must(write(backend->wake, &one, sizeof(one)) == (ssize_t)sizeof(one), "wake");
}

void backend_set_face(struct backend *backend, enum backend_face face)
{
    pthread_mutex_lock(&backend->lock);
    backend->face = face;
    backend->face_applied = false;
    backend_wake(backend);
    while (!backend->face_applied)
        pthread_cond_wait(&backend->changed, &backend->lock);
    pthread_mutex_unlock(&backend->lock);
}

struct backend *backend_new(const char *address, enum backend_face face)
{
    struct backend *backend = MEM_NEW(struct backend);
    must(addr_parse(address, &backend->endpoint.addr), address);
    backend->reserve = bound_socket(&backend->endpoint);
    struct sockaddr_storage sa;
    socklen_t length = sizeof(sa);
    must(getsockname(backend->reserve, (struct sockaddr *)&sa, &length) == 0, "getsockname");
    must(endpoint_from_sockaddr((const struct sockaddr *)&sa, &backend->endpoint), "address");
    backend->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(backend->wake >= 0, "eventfd");
    backend->listener = -1;
    for (size_t i = 0; i < FILLERS; i++)
        backend->fillers[i] = -1;
    backend->status = 200;
    backend->delay_ms = 1000;
    backend->header = mem_strdup("");
    backend->body = mem_strdup("ok\n");
    backend->last_request = mem_strdup("");

    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&backend->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&backend->lock, NULL);
    backend->face_applied = true;
    must(pthread_create(&backend->thread, NULL, backend_thread, backend) == 0, "thread");
    backend_set_face(backend, face);
    return backend;
}

void backend_free(struct backend *backend)
{
    if (backend == NULL)
        return;
    pthread_mutex_lock(&backend->lock);
    backend->stop = true;
    backend_wake(backend);
    pthread_mutex_unlock(&backend->lock);
    pthread_join(backend->thread, NULL);
    close_fd(&backend->listener);
    for (size_t i = 0; i < FILLERS; i++)
        close_fd(&backend->fillers[i]);
    close_fd(&backend->reserve);
    close_fd(&backend->wake);
    pthread_cond_destroy(&backend->changed);
    pthread_mutex_destroy(&backend->lock);
    mem_free(backend->open);
    mem_free(backend->header);
    mem_free(backend->body);
    mem_free(backend->last_request);
    mem_free(backend);
}

struct endpoint backend_endpoint(const struct backend *backend)
{
    return backend->endpoint;
}

void backend_set_status(struct backend *backend, unsigned status)
{
    pthread_mutex_lock(&backend->lock);
    backend->status = status;
    pthread_mutex_unlock(&backend->lock);
}

void backend_set_body(struct backend *backend, const char *body)
{
    pthread_mutex_lock(&backend->lock);
    mem_free(backend->body);
    backend->body = mem_strdup(body);
    pthread_mutex_unlock(&backend->lock);
}

void backend_set_header(struct backend *backend, const char *lines)
{
    pthread_mutex_lock(&backend->lock);
    mem_free(backend->header);
    backend->header = mem_strdup(lines);
    pthread_mutex_unlock(&backend->lock);
}

void backend_set_delay(struct backend *backend, unsigned delay_ms)
{
    pthread_mutex_lock(&backend->lock);
    backend->delay_ms = delay_ms;
    pthread_mutex_unlock(&backend->lock);
}

size_t backend_accepted(struct backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    size_t accepted = backend->accepted;
    pthread_mutex_unlock(&backend->lock);
    return accepted;
}

size_t backend_peak(struct backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    size_t peak = backend->peak;
    pthread_mutex_unlock(&backend->lock);
    return peak;
}

static struct timespec after_ms(unsigned limit_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += limit_ms / 1000;
    until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

bool backend_wait_accepted(struct backend *backend, size_t at_least, unsigned limit_ms)
{
    struct timespec until = after_ms(limit_ms);
    pthread_mutex_lock(&backend->lock);
    int rc = 0;
    while (backend->accepted < at_least && rc == 0)
        rc = pthread_cond_timedwait(&backend->changed, &backend->lock, &until);
    bool reached = backend->accepted >= at_least;
    pthread_mutex_unlock(&backend->lock);
    return reached;
}

bool backend_wait_open(struct backend *backend, size_t exactly, unsigned limit_ms)
{
    struct timespec until = after_ms(limit_ms);
    pthread_mutex_lock(&backend->lock);
    int rc = 0;
    while (backend->open_count != exactly && rc == 0)
        rc = pthread_cond_timedwait(&backend->changed, &backend->lock, &until);
    bool reached = backend->open_count == exactly;
    pthread_mutex_unlock(&backend->lock);
    return reached;
}

char *backend_last_request(struct backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    char *request = mem_strdup(backend->last_request);
    pthread_mutex_unlock(&backend->lock);
    return request;
}
