// SPDX-License-Identifier: BSD-2-Clause
#include "server/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/http_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SWEEP_MS      1000
#define SHUTDOWN_RUNS 16

/* --- the loop --- */

static void on_timer(uv_timer_t *timer);

/* The library says when it wants to run again; 0 means now, which is the loop's next round. */
static void arm_timer(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (server->closing)
        return;
    bool wanted = MHD_get_timeout(server->daemon, &ms) == MHD_YES;
    if (server->again || wanted)
        (void)uv_timer_start(&server->timer, on_timer, server->again ? 0 : ms, 0);
    else
        (void)uv_timer_stop(&server->timer);
}

static void run(struct http_server *server)
{
    server->again = false;
    (void)MHD_run(server->daemon);
    arm_timer(server);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

void http_kick(struct http_server *server)
{
    server->again = true;
    if (!server->closing)
        (void)uv_timer_start(&server->timer, on_timer, 0, 0);
}

void http_cut(struct http_connection *slot)
{
    slot->deadline_ms = 0;
    (void)shutdown(slot->fd, SHUT_RDWR);
}

void http_deadline(struct http_connection *slot, bool set)
{
    slot->deadline_ms = set ? clock_mono_ms() + slot->server->options.timeout_ms : 0;
}

/* The library has an idle time-out only; a client that sends a byte now and then would never meet
 * it. */
static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    uint64_t now = clock_mono_ms();
    for (struct http_connection *slot = server->connections; slot != NULL; slot = slot->next)
        if (slot->deadline_ms != 0 && now >= slot->deadline_ms)
            http_cut(slot);
}

/* --- connections --- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct http_connection *slot = MEM_NEW(struct http_connection);
        slot->server = server;
        slot->fd = info == NULL ? -1 : info->connect_fd;
        LIST_PUSH(server->connections, slot);
        http_deadline(slot, true);
        *socket_context = slot;
    } else if (*socket_context != NULL) {
        struct http_connection *slot = *socket_context;
        LIST_REMOVE(slot);
        mem_free(slot);
        *socket_context = NULL;
        http_kick(server); /* at its limit, the library accepts again when it runs the next time */
    }
}

/* --- start and end --- */

static void on_library_log(void *cls, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void on_library_log(void *cls, const char *format, va_list args)
{
    char text[512];
    (void)cls;
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\r\n")] = '\0';
    log_debug("api", "http: %s", text);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, int fd)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    unsigned idle_s = (unsigned)(server->options.timeout_ms / 1000) + 5;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, http_on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log,
        NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, http_on_request_line, server,
        MHD_OPTION_END);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    if (--server->handles == 0) {
        mem_free(server->path);
        mem_free(server);
    }
}

static void close_handles(struct http_server *server)
{
    uv_close((uv_handle_t *)&server->poll, on_handle_closed);
    uv_close((uv_handle_t *)&server->timer, on_handle_closed);
    uv_close((uv_handle_t *)&server->sweep, on_handle_closed);
}

static void start_handles(struct http_server *server, int epoll_fd)
{
    uv_loop_t *loop = server->options.loop;
    server->handles = 3;
    (void)uv_poll_init(loop, &server->poll, epoll_fd);
    (void)uv_timer_init(loop, &server->timer);
    (void)uv_timer_init(loop, &server->sweep);
    server->poll.data = server->timer.data = server->sweep.data = server;
    (void)uv_poll_start(&server->poll, UV_READABLE, on_poll);
    (void)uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    arm_timer(server);
}

/* Takes `fd`. */
static bool serve(struct http_server *server, int fd, const char *place, struct errlist *errors)
{
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        (void)close(fd);
        errlist_add(errors, "%s: the HTTP server does not start", place);
        return false;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    start_handles(server, info->epoll_fd);
    return true;
}

static struct http_server *new_server(const struct http_options *options)
{
    struct http_server *server = MEM_NEW(struct http_server);
    server->options = *options;
    server->group = HTTP_NO_GROUP;
    if (server->options.timeout_ms == 0)
        server->options.timeout_ms = HTTP_TIMEOUT_MS;
    return server;
}

struct http_server *http_listen_tcp(const struct http_options *options,
                                    const struct endpoint *endpoint, const char *place,
                                    struct errlist *errors)
{
    int fd = http_socket_tcp(endpoint, place, errors);
    if (fd < 0)
        return NULL;
    struct http_server *server = new_server(options);
    struct sockaddr_storage sa;
    socklen_t size = sizeof(sa);
    struct endpoint bound = *endpoint;
    if (getsockname(fd, (struct sockaddr *)&sa, &size) == 0)
        (void)endpoint_from_sockaddr((const struct sockaddr *)&sa, &bound);
    server->port = bound.port;
    if (serve(server, fd, place, errors))
        return server;
    mem_free(server);
    return NULL;
}

struct http_server *http_listen_unix(const struct http_options *options, const char *path,
                                     gid_t group, const char *place, struct errlist *errors)
{
    struct http_server *server = new_server(options);
    server->is_unix = true;
    server->group = group;
    server->path = mem_strdup(path);
    int fd = http_socket_unix(path, group, &server->made, place, errors);
    if (fd >= 0 && serve(server, fd, place, errors))
        return server;
    if (fd >= 0)
        http_socket_remove(path, &server->made);
    mem_free(server->path);
    mem_free(server);
    return NULL;
}

bool http_regroup(struct http_server *server, gid_t group)
{
    if (!server->is_unix || server->group == group)
        return true;
    if (!http_socket_regroup(server->path, group))
        return false;
    server->group = group;
    return true;
}

uint16_t http_port(const struct http_server *server)
{
    return server->port;
}

/* The library must not be stopped while connections sleep. */
static void wake_all(struct http_server *server)
{
    static const char body[] =
        "{\"error\":{\"code\":\"unavailable\",\"message\":\"the server stops\"}}";
    while (server->waiting != NULL) {
        struct http_request *request = server->waiting;
        if (request->gone != NULL)
            request->gone(request->gone_data);
        struct http_reply reply = { .status = 503, .content_type = "application/json" };
        reply.body = mem_strdup(body);
        reply.length = sizeof(body) - 1;
        http_respond(request, &reply);
    }
    for (struct http_stream *stream = server->streams; stream != NULL; stream = stream->next)
        http_stream_end(stream);
}

void http_free(struct http_server *server)
{
    if (server == NULL)
        return;
    server->closing = true;
    wake_all(server);
    for (int i = 0; i < SHUTDOWN_RUNS; i++)
        (void)MHD_run(server->daemon);
    (void)uv_poll_stop(&server->poll);
    MHD_stop_daemon(server->daemon);
    if (server->path != NULL)
        http_socket_remove(server->path, &server->made);
    close_handles(server);
}
