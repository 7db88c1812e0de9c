// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/http_client.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const void *sa, socklen_t size, int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, sa, size) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

int http_client_tcp(uint16_t port)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect_to(&sa, sizeof(sa), AF_INET);
}

int http_client_unix(const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    memcpy(sa.sun_path, path, strlen(path) + 1);
    return connect_to(&sa, sizeof(sa), AF_UNIX);
}

bool http_client_turn(uv_loop_t *loop, const bool *done, unsigned limit_ms)
{
    uint64_t end = clock_mono_ms() + limit_ms;
    while (done == NULL || !*done) {
        (void)uv_run(loop, UV_RUN_NOWAIT);
        if (clock_mono_ms() >= end)
            return done == NULL || *done;
        (void)poll(NULL, 0, 1);
    }
    return true;
}

bool http_client_send(uv_loop_t *loop, int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent > 0) {
            text += sent;
            length -= (size_t)sent;
        }
        (void)uv_run(loop, UV_RUN_NOWAIT);
    }
    return true;
}

/* More bytes into `in`: >0 came, 0 the end, <0 none yet. */
static ssize_t receive(uv_loop_t *loop, int fd, struct strbuf *in)
{
    char bytes[65536];
    (void)uv_run(loop, UV_RUN_NOWAIT);
    ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0)
        strbuf_add_bytes(in, bytes, (size_t)got);
    if (got < 0 && errno != EAGAIN)
        return 0;
    if (got < 0)
        (void)poll(NULL, 0, 1);
    return got;
}

char *http_client_wait_text(uv_loop_t *loop, int fd, const char *wanted, unsigned limit_ms)
{
    struct strbuf in;
    strbuf_init(&in);
    uint64_t end = clock_mono_ms() + limit_ms;
    while (strstr(in.text, wanted) == NULL) {
        if (clock_mono_ms() >= end || receive(loop, fd, &in) == 0) {
            strbuf_fini(&in);
            return NULL;
        }
    }
    char *text = strbuf_take(&in);
    strbuf_fini(&in);
    return text;
}

void http_client_header(const struct http_client_answer *answer, const char *name, char *out,
                        size_t size)
{
    size_t length = strlen(name);
    out[0] = '\0';
    for (const char *line = strchr(answer->head, '\n'); line != NULL; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, " ");
        size_t value = strcspn(line, "\r\n");
        value = value < size ? value : size - 1;
        memcpy(out, line, value);
        out[value] = '\0';
        return;
    }
}

/* Joins chunks; false while the last one is missing. */
static bool join_chunks(const char *text, size_t length, struct http_client_answer *out)
{
    struct strbuf body;
    strbuf_init(&body);
    const char *end = text + length;
    while (text < end) {
        char *rest = NULL;
        unsigned long size = strtoul(text, &rest, 16);
        if (end - rest < (ptrdiff_t)size + 4)
            break;
        if (size == 0) {
            out->body_length = body.length;
            out->body = strbuf_take(&body);
            strbuf_fini(&body);
            return true;
        }
        strbuf_add_bytes(&body, rest + 2, size);
        text = rest + 2 + size + 2;
    }
    strbuf_fini(&body);
    return false;
}

/* True when `in` holds a whole answer. */
static bool split(const struct strbuf *in, bool ended, struct http_client_answer *out)
{
    const char *stop = strstr(in->text, "\r\n\r\n");
    if (stop == NULL)
        return false;
    const char *body = stop + 4;
    size_t left = in->length - (size_t)(body - in->text);
    mem_free(out->head);
    out->head = mem_alloc((size_t)(body - in->text) + 1);
    memcpy(out->head, in->text, (size_t)(body - in->text));
    char value[64];
    http_client_header(out, "Transfer-Encoding", value, sizeof(value));
    if (strcasecmp(value, "chunked") == 0)
        return join_chunks(body, left, out);
    http_client_header(out, "Content-Length", value, sizeof(value));
    size_t wanted = value[0] == '\0' ? left : strtoul(value, NULL, 10);
    if (left < wanted || (value[0] == '\0' && !ended))
        return false;
    out->body = mem_alloc(wanted + 1);
    memcpy(out->body, body, wanted);
    out->body_length = wanted;
    return true;
}

bool http_client_read(uv_loop_t *loop, int fd, unsigned limit_ms, struct http_client_answer *out)
{
    struct strbuf in;
    strbuf_init(&in);
    *out = (struct http_client_answer){ 0 };
    uint64_t end = clock_mono_ms() + limit_ms;
    bool whole = false;
    while (!whole && !out->closed && clock_mono_ms() < end && in.length < HTTP_CLIENT_MAX) {
        out->closed = receive(loop, fd, &in) == 0;
        whole = split(&in, out->closed, out);
    }
    /* an answer to HEAD has no body, and so is never whole */
    if (out->head != NULL && strncmp(out->head, "HTTP/1.1 ", 9) == 0)
        out->status = (unsigned)strtoul(out->head + 9, NULL, 10);
    char value[32] = "";
    if (whole)
        http_client_header(out, "Connection", value, sizeof(value));
    out->closed = out->closed || (whole && strcasecmp(value, "close") == 0);
    strbuf_fini(&in);
    return whole || out->closed;
}

void http_client_fini(struct http_client_answer *answer)
{
    mem_free(answer->head);
    mem_free(answer->body);
    *answer = (struct http_client_answer){ 0 };
}
