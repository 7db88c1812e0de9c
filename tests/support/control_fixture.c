// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/control_fixture.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "server/worker_internal.h"
#include "tests/support/dnsmsg.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

/* A port that is free for both protocols now; nobody else on this address takes it before we do. */
static uint16_t free_port(const struct addr *addr)
{
    struct endpoint endpoint = { .addr = *addr };
    struct sockaddr_storage address;
    for (int attempt = 0; attempt < 100; attempt++) {
        endpoint.port = 0;
        socklen_t length = endpoint_to_sockaddr(&endpoint, &address);
        int udp = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int tcp = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(udp >= 0 && tcp >= 0 && bind(udp, (struct sockaddr *)&address, length) == 0, "bind");
        must(getsockname(udp, (struct sockaddr *)&address, &length) == 0, "getsockname");
        bool both = bind(tcp, (struct sockaddr *)&address, length) == 0;
        must(endpoint_from_sockaddr((struct sockaddr *)&address, &endpoint), "port");
        (void)close(udp);
        (void)close(tcp);
        if (both)
            return endpoint.port;
    }
    abort();
}

void control_fixture_write(const struct control_fixture *fixture, const char *name,
                           const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", fixture->dir, name);
    FILE *file = fopen(path, "w");
    must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

void control_fixture_init(struct control_fixture *fixture, const char *zone)
{
    memset(fixture, 0, sizeof(*fixture));
    (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/gslb-control-XXXXXX");
    must(mkdtemp(fixture->dir) != NULL, "mkdtemp");
    (void)snprintf(fixture->config, sizeof(fixture->config), "%s/gslb.json", fixture->dir);
    control_fixture_write(fixture, "example.test.zone", zone);
    must(addr_parse("127.0.0.1", &fixture->listen.addr), "address");
    fixture->listen.port = free_port(&fixture->listen.addr);
    fixture->ipvs_fd = -1;
    errlist_init(&fixture->errors);
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
}

void control_fixture_config(struct control_fixture *fixture, const char *sections)
{
    char text[16384];
    int length = snprintf(text, sizeof(text),
                          "{\"server\": {\"listen\": [\"127.0.0.1:%u\"], \"workers\": 2, "
                          "\"state_dir\": \"state\", \"log\": {\"level\": \"error\"}},\n%s}\n",
                          (unsigned)fixture->listen.port, sections);
    must(length > 0 && (size_t)length < sizeof(text), "config too long");
    control_fixture_write(fixture, "gslb.json", text);
}

bool control_fixture_start(struct control_fixture *fixture)
{
    struct config *config = config_load(fixture->config, &fixture->errors);
    if (config == NULL)
        return false;
    bool ipvs = config->ipvs.present;
    fixture->set = listen_open(config, &fixture->errors);
    config_free(config);
    if (fixture->set == NULL)
        return false;
    for (unsigned i = 0; i < listen_worker_count(fixture->set); i++) {
        struct worker_options *options = &listen_workers(fixture->set)[i]->options;
        options->tcp_max = fixture->tcp_max != 0 ? fixture->tcp_max : options->tcp_max;
        options->tcp_unsent_max =
            fixture->tcp_unsent_max != 0 ? fixture->tcp_unsent_max : options->tcp_unsent_max;
        options->tcp_idle_ms =
            fixture->tcp_idle_ms != 0 ? fixture->tcp_idle_ms : options->tcp_idle_ms;
    }
    must(uv_loop_init(&fixture->loop) == 0, "loop");
    struct control_options options = {
        .loop = &fixture->loop,
        .config_file = fixture->config,
        .workers = listen_workers(fixture->set),
        .worker_count = listen_worker_count(fixture->set),
        .ipvs = ipvs,
        .ipvs_fd = fixture->ipvs_fd,
    };
    fixture->control = control_new(&options, &fixture->errors);
    if (fixture->control != NULL)
        return true;
    listen_free(fixture->set);
    fixture->set = NULL;
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&fixture->loop) == 0, "loop has handles left");
    return false;
}

void control_fixture_stop(struct control_fixture *fixture)
{
    if (fixture->control == NULL)
        return;
    control_free(fixture->control);
    listen_free(fixture->set);
    fixture->control = NULL;
    fixture->set = NULL;
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&fixture->loop) == 0, "loop has handles left");
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

void control_fixture_fini(struct control_fixture *fixture)
{
    control_fixture_stop(fixture);
    errlist_fini(&fixture->errors);
    (void)nftw(fixture->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer; /* its work is to wake the loop */
}

bool control_fixture_until(struct control_fixture *fixture, bool (*condition)(void *data),
                           void *data, unsigned limit_ms)
{
    uint64_t deadline = clock_mono_ms() + limit_ms;
    uv_timer_t tick;
    (void)uv_timer_init(&fixture->loop, &tick);
    (void)uv_timer_start(&tick, on_tick, 10, 10);
    bool met = condition(data);
    while (!met && clock_mono_ms() < deadline) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
        met = condition(data);
    }
    uv_close((uv_handle_t *)&tick, NULL);
    (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
    return met;
}

static void set_flag(void *data, uint64_t generation, bool saved)
{
    (void)generation;
    (void)saved;
    *(bool *)data = true;
}

static bool is_set(void *data)
{
    return *(bool *)data;
}

void control_fixture_served(struct control_fixture *fixture)
{
    bool served = false;
    control_when_served(fixture->control, set_flag, &served);
    must(control_fixture_until(fixture, is_set, &served, 5000), "not served within 5 s");
}

static bool read_all(int fd, uint8_t *out, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = recv(fd, out + done, length - done, 0);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static size_t exchange(int fd, bool tcp, const uint8_t *query, size_t size, uint8_t *out)
{
    uint8_t framed[DNSMSG_QUERY_MAX + 2];
    wire_put16(framed, (unsigned)size);
    memcpy(framed + 2, query, size);
    if (!tcp) {
        must(send(fd, query, size, 0) == (ssize_t)size, "send");
        ssize_t n = recv(fd, out, 65535, 0);
        return n > 0 ? (size_t)n : 0;
    }
    must(send(fd, framed, size + 2, 0) == (ssize_t)size + 2, "send");
    if (!read_all(fd, framed, 2))
        return 0;
    size_t length = wire_get16(framed);
    return read_all(fd, out, length) ? length : 0;
}

char *control_fixture_dig(struct control_fixture *fixture, const char *words)
{
    static uint8_t answer[65535];
    uint8_t query[DNSMSG_QUERY_MAX];
    struct sockaddr_storage address;
    const struct timeval limit = { .tv_sec = 2 };
    bool tcp = false;
    size_t size = dnsmsg_query(words, query, &tcp);
    socklen_t length = endpoint_to_sockaddr(&fixture->listen, &address);
    int fd = socket(address.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0, "socket");
    must(connect(fd, (struct sockaddr *)&address, length) == 0, "connect");
    size_t got = exchange(fd, tcp, query, size, answer);
    (void)close(fd);
    return got > 0 ? dnsmsg_print(answer, got) : NULL;
}
