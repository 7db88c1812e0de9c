// SPDX-License-Identifier: BSD-2-Clause
// The small HTTP backends of `make run`: each listens on port 8081 of its own loopback address,
// answers /healthz with "ok" and anything else with "I am ADDRESS". On 127.0.0.1:8080 they are
// steered:
//     GET  /               lists them
//     POST /kill/ADDRESS   closes its listener, as a dead machine would
//     POST /revive/ADDRESS opens it again
//     POST /sick/ADDRESS   keeps it open, but /healthz answers 503 (revive heals)
// One thread, one poll loop, one short request a connection. Ends with 0 on SIGTERM or SIGINT.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKEND_PORT 8081
#define CONTROL_PORT 8080
#define CLIENTS_MAX  64
#define REQUEST_MAX  4096
#define CLIENT_MS    5000 // a client that sends no request in this time is closed

enum condition { WELL, SICK, DEAD };
static const char *const condition_names[] = { "well", "sick", "dead" };

struct site {
    const char *address;
    uint16_t port;
    bool optional; // no IPv6 here is no error
    enum condition condition;
    int fd; // the listener, -1 = closed
};

// Site 0 is the control port.
static struct site sites[] = {
    { "127.0.0.1", CONTROL_PORT, false, WELL, -1 },
    { "127.0.0.11", BACKEND_PORT, false, WELL, -1 },
    { "127.0.0.12", BACKEND_PORT, false, WELL, -1 },
    { "127.0.0.13", BACKEND_PORT, false, WELL, -1 },
    { "::1", BACKEND_PORT, true, WELL, -1 },
};
#define SITES (sizeof(sites) / sizeof(sites[0]))

struct client {
    int fd; // -1 = free slot
    struct site *site;
    size_t length;
    int64_t deadline;
    char request[REQUEST_MAX + 1];
};

static struct client clients[CLIENTS_MAX];

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int bind_site(int fd, const struct site *site)
{
    struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(site->port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(site->port) };
    if (inet_pton(AF_INET, site->address, &in4.sin_addr) == 1)
        return bind(fd, (struct sockaddr *)&in4, sizeof(in4));
    inet_pton(AF_INET6, site->address, &in6.sin6_addr);
    return bind(fd, (struct sockaddr *)&in6, sizeof(in6));
}

static bool site_open(struct site *site)
{
    if (site->fd >= 0)
        return true;
    int family = strchr(site->address, ':') != NULL ? AF_INET6 : AF_INET;
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind_site(fd, site) != 0 || listen(fd, 64) != 0) {
        fprintf(stderr, "demo-backends: %s port %d: %s\n", site->address, site->port,
                strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    site->fd = fd;
    return true;
}

static void client_close(struct client *client)
{
    close(client->fd);
    client->fd = -1;
}

static void site_close(struct site *site)
{
    if (site->fd >= 0)
        close(site->fd);
    site->fd = -1;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].fd >= 0 && clients[i].site == site)
            client_close(&clients[i]);
}

__attribute__((format(printf, 3, 4))) static void reply(struct client *client, const char *status,
                                                        const char *format, ...)
{
    char body[512];
    char text[1024];
    va_list args;
    va_start(args, format);
    int body_length = vsnprintf(body, sizeof(body), format, args);
    va_end(args);
    int length = snprintf(text, sizeof(text),
                          "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                          "Connection: close\r\n\r\n%s",
                          status, body_length, body);
    ssize_t sent = send(client->fd, text, (size_t)length, MSG_NOSIGNAL);
    (void)
        sent; // a client that is gone wants no answer, and so short a text fits the socket's buffer
}

static void list_sites(struct client *client)
{
    char body[512];
    size_t length = 0;
    for (size_t i = 1; i < SITES; i++) {
        const char *state =
            sites[i].fd < 0 ? condition_names[DEAD] : condition_names[sites[i].condition];
        int n = snprintf(body + length, sizeof(body) - length, "%s %s\n", sites[i].address, state);
        length += (size_t)n;
    }
    reply(client, "200 OK", "%s", body);
}

static struct site *find_backend(const char *address)
{
    for (size_t i = 1; i < SITES; i++)
        if (strcmp(sites[i].address, address) == 0)
            return &sites[i];
    return NULL;
}

static void control_request(struct client *client, const char *method, const char *path)
{
    static const struct {
        const char *prefix;
        enum condition condition;
    } commands[] = { { "/kill/", DEAD }, { "/revive/", WELL }, { "/sick/", SICK } };

    if (strcmp(path, "/") == 0) {
        list_sites(client);
        return;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        size_t length = strlen(commands[i].prefix);
        struct site *site =
            find_backend(strncmp(path, commands[i].prefix, length) == 0 ? path + length : "");
        if (site == NULL)
            continue;
        if (strcmp(method, "POST") != 0) {
            reply(client, "405 Method Not Allowed", "use POST\n");
            return;
        }
        site->condition = commands[i].condition;
        if (site->condition == DEAD)
            site_close(site);
        else if (!site_open(site)) {
            reply(client, "503 Service Unavailable", "%s cannot be opened\n", site->address);
            return;
        }
        reply(client, "200 OK", "%s is %s\n", site->address, condition_names[site->condition]);
        return;
    }
    reply(client, "404 Not Found", "try /, /kill/ADDRESS, /revive/ADDRESS, /sick/ADDRESS\n");
}

static void backend_request(struct client *client, const char *path)
{
    if (strcmp(path, "/healthz") != 0)
        reply(client, "200 OK", "I am %s\n", client->site->address);
    else if (client->site->condition == SICK)
        reply(client, "503 Service Unavailable", "sick\n");
    else
        reply(client, "200 OK", "ok\n");
}

// The request's first line is all that counts; the answer goes out when its headers are complete.
static void client_answer(struct client *client)
{
    char *line_end = strstr(client->request, "\r\n");
    char *path = strchr(client->request, ' ');
    char *path_end = path != NULL ? strchr(path + 1, ' ') : NULL;
    if (line_end == NULL || path_end == NULL || path_end > line_end) {
        reply(client, "400 Bad Request", "not HTTP\n");
        return;
    }
    *path++ = '\0';
    *path_end = '\0';
    if (client->site == &sites[0])
        control_request(client, client->request, path);
    else
        backend_request(client, path);
}

static void client_read(struct client *client)
{
    ssize_t n = recv(client->fd, client->request + client->length, REQUEST_MAX - client->length, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        client->length += (size_t)n;
        client->request[client->length] = '\0';
        if (strstr(client->request, "\r\n\r\n") == NULL && client->length < REQUEST_MAX)
            return;
        client_answer(client);
    }
    if (client->fd >= 0) // killing a backend closes its clients
        client_close(client);
}

static void site_accept(struct site *site)
{
    int fd = accept4(site->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &clients[i];
        if (client->fd >= 0)
            continue;
        client->fd = fd;
        client->site = site;
        client->length = 0;
        client->deadline = now_ms() + CLIENT_MS;
        return;
    }
    close(fd); // full: a demo turns away
}

static void close_late_clients(void)
{
    int64_t now = now_ms();
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].fd >= 0 && clients[i].deadline < now)
            client_close(&clients[i]);
}

// One turn of the loop; false when a signal asks to leave.
static bool serve_once(int signals)
{
    struct pollfd fds[1 + SITES + CLIENTS_MAX];
    fds[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
    for (size_t i = 0; i < SITES; i++)
        fds[1 + i] = (struct pollfd){ .fd = sites[i].fd, .events = POLLIN };
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        fds[1 + SITES + i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };

    if (poll(fds, 1 + SITES + CLIENTS_MAX, 1000) < 0)
        return errno == EINTR;
    if (fds[0].revents != 0)
        return false;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (fds[1 + SITES + i].revents != 0 && clients[i].fd == fds[1 + SITES + i].fd)
            client_read(&clients[i]);
    for (size_t i = 0; i < SITES; i++)
        if (fds[1 + i].revents != 0 && sites[i].fd == fds[1 + i].fd && sites[i].fd >= 0)
            site_accept(&sites[i]);
    close_late_clients();
    return true;
}

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals < 0)
        return 1;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        clients[i].fd = -1;
    for (size_t i = 0; i < SITES; i++)
        if (!site_open(&sites[i]) && !sites[i].optional)
            return 1;
    while (serve_once(signals))
        continue;
    return 0;
}
