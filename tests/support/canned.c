// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/canned.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

static int listen_tcp(struct canned *canned)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    socklen_t size = sizeof(sa);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&sa, size) == 0, "bind");
    must(getsockname(fd, (struct sockaddr *)&sa, &size) == 0, "getsockname");
    canned->port = ntohs(sa.sin_port);
    (void)snprintf(canned->url, sizeof(canned->url), "http://127.0.0.1:%u", (unsigned)canned->port);
    return fd;
}

static int listen_unix(struct canned *canned, const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    (void)snprintf(canned->path, sizeof(canned->path), "%s", path);
    (void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
    (void)snprintf(canned->url, sizeof(canned->url), "unix:%.50s", path);
    (void)unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0, "bind");
    return fd;
}

/* Head, and as much body as Content-Length says. */
static void read_request(int fd, int out)
{
    char text[65536];
    size_t used = 0;
    for (;;) {
        ssize_t got = read(fd, text + used, sizeof(text) - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
        text[used] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strstr(text, "Content-Length: ");
        if (end == NULL)
            continue;
        size_t wanted = length == NULL || length > end ? 0 : strtoul(length + 16, NULL, 10);
        if (used >= (size_t)(end + 4 - text) + wanted)
            break;
    }
    must(write(out, text, used) == (ssize_t)used, "write");
}

static void serve(int listener, int out, const char *answer)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(1);
        read_request(fd, out);
        (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
        (void)close(fd);
    }
}

void canned_start(struct canned *canned, const char *answer, const char *path)
{
    int pipe_ends[2];
    *canned = (struct canned){ 0 };
    int listener = path == NULL ? listen_tcp(canned) : listen_unix(canned, path);
    must(listen(listener, 8) == 0, "listen");
    must(pipe(pipe_ends) == 0, "pipe");
    canned->pid = fork();
    must(canned->pid >= 0, "fork");
    if (canned->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(pipe_ends[0]);
        serve(listener, pipe_ends[1], answer);
    }
    (void)close(pipe_ends[1]);
    (void)close(listener);
    canned->requests = pipe_ends[0];
}

static void end_child(struct canned *canned)
{
    if (canned->pid == 0)
        return;
    (void)kill(canned->pid, SIGKILL);
    (void)waitpid(canned->pid, NULL, 0);
    canned->pid = 0;
}

char *canned_requests(struct canned *canned)
{
    char bytes[4096];
    struct strbuf text;
    strbuf_init(&text);
    end_child(canned);
    for (;;) {
        ssize_t got = read(canned->requests, bytes, sizeof(bytes));
        if (got <= 0)
            break;
        strbuf_add_bytes(&text, bytes, (size_t)got);
    }
    char *owned = strbuf_take(&text);
    strbuf_fini(&text);
    return owned;
}

void canned_stop(struct canned *canned)
{
    end_child(canned);
    (void)close(canned->requests);
    if (canned->path[0] != '\0')
        (void)unlink(canned->path);
}
