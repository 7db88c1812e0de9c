// SPDX-License-Identifier: BSD-2-Clause
#include "health/check_http.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/version.h"
#include "health/fault.h"
#include "health/http_multi.h"
#include "health/match.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RECEIVE_BUFFER 4096L /* of curl, for each attempt under way */

/* What the answer's headers say of the weight. */
struct told_weight {
    bool open;      /* between a status line and the blank line: what comes later are trailers */
    unsigned lines; /* of the header */
    bool bad;
    uint8_t percent;
};

struct check_attempt {
    struct http_transfer transfer;
    struct check_later later;
    struct check_loop *loop;
    const struct check_http_args *args;
    struct endpoint target;
    struct curl_slist *headers;
    struct match match;
    size_t header_bytes;
    size_t body_bytes;
    struct told_weight told;
    const char *refused; /* why it was not even started */
    int socket_errno;    /* of a socket that could not be made */
    bool judged;         /* the verdict is known before the answer has ended */
    enum health_result result;
    const char *reason;
    char reason_text[80];
    check_done_fn *done;
    void *data;
};

static void attempt_cancel(struct check_attempt *attempt)
{
    struct http_multi *multi = attempt->loop->http;
    check_loop_forget(attempt->loop, &attempt->later);
    if (attempt->transfer.easy != NULL) {
        http_multi_remove(multi, &attempt->transfer);
        http_multi_give(multi, attempt->transfer.easy);
    }
    curl_slist_free_all(attempt->headers);
    match_fini(&attempt->match);
    mem_free(attempt);
}

static bool tells_weight(const struct check_attempt *attempt)
{
    return attempt->result == HEALTH_PASS && attempt->told.lines > 0 && !attempt->told.bad;
}

static void attempt_end(struct check_attempt *attempt)
{
    check_done_fn *done = attempt->done;
    void *data = attempt->data;
    char reason[sizeof(attempt->reason_text)];
    struct check_report report = {
        .result = attempt->result,
        .reason = attempt->reason,
        .weight = tells_weight(attempt) ? attempt->told.percent : CHECK_WEIGHT_FULL,
    };
    if (report.reason == attempt->reason_text) {
        memcpy(reason, attempt->reason_text, sizeof(reason));
        report.reason = reason;
    }
    attempt_cancel(attempt);
    done(data, &report);
}

static void judge(struct check_attempt *attempt, enum health_result result, const char *reason)
{
    attempt->judged = true;
    attempt->result = result;
    attempt->reason = reason;
}

static void judge_fault(struct check_attempt *attempt, int error)
{
    struct fault fault = fault_of(error, &attempt->target);
    judge(attempt, fault.result, fault.reason);
}

static void print_status(struct check_attempt *attempt, long status, bool passes)
{
    char *out = attempt->reason_text;
    size_t size = sizeof(attempt->reason_text);
    const struct told_weight *told = &attempt->told;
    if (!passes || told->lines == 0)
        (void)snprintf(out, size, "status %ld", status);
    else if (told->bad)
        (void)snprintf(out, size, "status %ld, weight header ignored: not one number from 0 to 100",
                       status);
    else
        (void)snprintf(out, size, "status %ld, weight %u %%", status, (unsigned)told->percent);
}

/* Status and text, once enough has come: at the end, at the cap, or when the text is found. */
static void judge_answer(struct check_attempt *attempt)
{
    long status = 0;
    curl_easy_getinfo(attempt->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    bool passes = check_status_has(attempt->args->expect_status, status);
    print_status(attempt, status, passes);
    if (!passes)
        judge(attempt, HEALTH_FAIL, attempt->reason_text);
    else if (!match_feed(&attempt->match, "", 0))
        judge(attempt, HEALTH_FAIL, "body lacks the text");
    else
        judge(attempt, HEALTH_PASS, attempt->reason_text);
}

/* curl reports a header line over its own limit as lack of memory; a real lack shows before
 * anything was sent. */
static bool connected(struct check_attempt *attempt)
{
    curl_off_t us = 0;
    curl_easy_getinfo(attempt->transfer.easy, CURLINFO_CONNECT_TIME_T, &us);
    return us > 0;
}

static void judge_network(struct check_attempt *attempt, CURLcode code)
{
    long error = 0;
    curl_easy_getinfo(attempt->transfer.easy, CURLINFO_OS_ERRNO, &error);
    if (attempt->socket_errno != 0)
        error = attempt->socket_errno;
    if (error != 0)
        judge_fault(attempt, (int)error);
    else
        judge(attempt, HEALTH_FAIL, curl_easy_strerror(code));
}

static void judge_code(struct check_attempt *attempt, CURLcode code)
{
    switch ((int)code) { /* an int: of the hundred codes only these are told apart */
    case CURLE_OK:
        judge_answer(attempt);
        break;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        judge_network(attempt, code);
        break;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
        if (connected(attempt))
            judge(attempt, HEALTH_FAIL, "header line too long");
        else
            judge_fault(attempt, ENOMEM);
        break;
    case CURLE_GOT_NOTHING:
        judge(attempt, HEALTH_FAIL, "closed without an answer");
        break;
    case CURLE_PARTIAL_FILE:
        judge(attempt, HEALTH_FAIL, "answer cut short");
        break;
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is: anything */
    case CURLE_WEIRD_SERVER_REPLY:
        judge(attempt, HEALTH_FAIL, "answer is not HTTP");
        break;
    default:
        judge(attempt, HEALTH_FAIL, curl_easy_strerror(code));
        break;
    }
}

static void on_done(struct http_transfer *transfer, CURLcode code)
{
    struct check_attempt *attempt = CONTAINER_OF(transfer, struct check_attempt, transfer);
    if (!attempt->judged)
        judge_code(attempt, code);
    attempt_end(attempt);
}

static void run_refused(struct check_later *later)
{
    struct check_attempt *attempt = CONTAINER_OF(later, struct check_attempt, later);
    if (attempt->refused != NULL)
        judge(attempt, HEALTH_FAIL, attempt->refused);
    else
        judge_fault(attempt, ENOMEM);
    attempt_end(attempt);
}

/* Made here, so that curl cannot lose the errno, the socket is not inherited, and the connection
 * goes to the target: the URL names the same placeholder for all of them (see set_request), and
 * this callback may change the address. */
static curl_socket_t on_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct check_attempt *attempt = data;
    struct sockaddr_storage sa;
    socklen_t length = endpoint_to_sockaddr(&attempt->target, &sa);
    if (sa.ss_family != address->family || length != address->addrlen) {
        attempt->socket_errno = EAFNOSUPPORT;
        return CURL_SOCKET_BAD;
    }
    memcpy(&address->addr, &sa, length);
    int fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        attempt->socket_errno = errno;
        return CURL_SOCKET_BAD;
    }
    return fd;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "75" or "75%" with blanks around; RFC 9110 section 5.5. */
static bool parse_weight(const char *value, size_t length, uint8_t *out)
{
    uint64_t percent = 0;
    while (length > 0 && is_blank(*value)) {
        value++;
        length--;
    }
    while (length > 0 && is_blank(value[length - 1]))
        length--;
    if (length > 0 && value[length - 1] == '%')
        length--;
    if (!parse_u64(value, length, CHECK_WEIGHT_FULL, &percent))
        return false;
    *out = (uint8_t)percent;
    return true;
}

/* The header given twice is a list (RFC 9110 section 5.3), which is no number. */
static void take_weight(struct told_weight *told, const char *name, const char *line, size_t length)
{
    size_t name_length = strlen(name);
    if (!told->open || length <= name_length || line[name_length] != ':' ||
        strncasecmp(line, name, name_length) != 0)
        return;
    told->lines++;
    if (told->lines > 1 ||
        !parse_weight(line + name_length + 1, length - name_length - 1, &told->percent))
        told->bad = true;
}

/* Of several answers (100 Continue) the last one counts. */
static void look_for_weight(struct check_attempt *attempt, const char *line, size_t length)
{
    if (attempt->args->weight_header == NULL || length == 0)
        return;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0)
        attempt->told = (struct told_weight){ .open = true };
    else if (*line == '\r' || *line == '\n')
        attempt->told.open = false;
    else
        take_weight(&attempt->told, attempt->args->weight_header, line, length);
}

/* Trailers come this way too. To return less than was given ends the transfer. */
static size_t on_header(char *line, size_t size, size_t count, void *data)
{
    struct check_attempt *attempt = data;
    attempt->header_bytes += size * count;
    if (attempt->header_bytes <= CHECK_HTTP_HEADER_MAX) {
        look_for_weight(attempt, line, size * count);
        return size * count;
    }
    judge(attempt, HEALTH_FAIL, "headers too long");
    return 0;
}

/* A wrong status needs no body; a text that was found, or the cap, ends the reading. Without a text
 * to look for, the body is read all the same: an answer that breaks off is a failure. */
static size_t on_body(char *piece, size_t size, size_t count, void *data)
{
    struct check_attempt *attempt = data;
    size_t length = size * count;
    size_t room = CHECK_HTTP_BODY_MAX - attempt->body_bytes;
    size_t taken = length < room ? length : room;
    attempt->body_bytes += taken;
    bool found = match_feed(&attempt->match, piece, taken) && attempt->match.length > 0;
    long status = 0;
    curl_easy_getinfo(attempt->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (!found && taken == length && check_status_has(attempt->args->expect_status, status))
        return length;
    judge_answer(attempt);
    return length + 1; /* never what was given */
}

static bool name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!name_char(*at))
            return false;
    }
    return *text != '\0';
}

/* Printable ASCII without blanks. */
static bool is_visible(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~')
            return false;
    }
    return *text != '\0';
}

static bool is_value(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool header_frames(const char *name)
{
    static const char *const framing[] = {
        "content-length", "transfer-encoding", "connection", "upgrade", "expect", "te", "trailer"
    };
    for (size_t i = 0; i < ARRAY_LEN(framing); i++) {
        if (strcasecmp(name, framing[i]) == 0)
            return true;
    }
    return false;
}

static const char *method_of(const struct check_http_args *args)
{
    return args->method != NULL ? args->method : "GET";
}

static const char *path_of(const struct check_http_args *args)
{
    return args->path != NULL ? args->path : "/";
}

bool check_http_valid(const struct check_http_args *args, const char **why)
{
    *why = NULL;
    if (!is_token(method_of(args)) || strcmp(method_of(args), "CONNECT") == 0)
        *why = "method is not an HTTP method";
    else if (!is_visible(path_of(args)) || path_of(args)[0] != '/')
        *why = "path must start with / and have no blanks or control characters";
    else if (args->host != NULL && !is_visible(args->host))
        *why = "host has blanks or control characters";
    else if (args->weight_header != NULL && !is_token(args->weight_header))
        *why = "weight_header has characters that HTTP does not allow";
    for (size_t i = 0; *why == NULL && i < args->header_count; i++) {
        if (!is_token(args->headers[i].name))
            *why = "header name has characters that HTTP does not allow";
        else if (!is_value(args->headers[i].value))
            *why = "header value has control characters";
        else if (header_frames(args->headers[i].name))
            *why = "header is one that the check itself sets";
    }
    return *why == NULL;
}

static bool add_header(struct check_attempt *attempt, const char *name, const char *value)
{
    struct strbuf line;
    strbuf_init(&line);
    strbuf_addf(&line, *value != '\0' ? "%s: %s" : "%s;", name,
                value); /* curl's way to say empty */
    struct curl_slist *longer = curl_slist_append(attempt->headers, line.text);
    strbuf_fini(&line);
    if (longer == NULL)
        return false;
    attempt->headers = longer;
    return true;
}

/* The config's `host`, else a Host among its headers, else the address. */
static bool add_host(struct check_attempt *attempt)
{
    const struct check_http_args *args = attempt->args;
    if (args->host != NULL)
        return add_header(attempt, "Host", args->host);
    for (size_t i = 0; i < args->header_count; i++) {
        if (strcasecmp(args->headers[i].name, "Host") == 0)
            return true;
    }
    char host[ENDPOINT_TEXT_MAX];
    endpoint_print(&attempt->target, host);
    char *port = strrchr(host, ':');
    if (port != NULL && attempt->target.port == check_http_type.default_port)
        *port = '\0';
    return add_header(attempt, "Host", host);
}

/* Host comes first: curl sends the first one only. */
static bool add_headers(struct check_attempt *attempt)
{
    const struct check_http_args *args = attempt->args;
    bool ok = add_header(attempt, "Connection", "close") && add_host(attempt);
    for (size_t i = 0; ok && i < args->header_count; i++)
        ok = add_header(attempt, args->headers[i].name, args->headers[i].value);
    return ok;
}

/* What every request has: nothing that leaves this connection, this host or this thread. */
static bool set_limits(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "gslbd/" GSLB_VERSION) == CURLE_OK;
}

static bool set_callbacks(CURL *easy, struct check_attempt *attempt)
{
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, attempt) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, attempt) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, attempt) == CURLE_OK;
}

/* HEAD has no body to wait for; methods that need a body get an empty one. */
static bool set_method(CURL *easy, const char *method)
{
    if (strcmp(method, "GET") == 0)
        return true;
    if (strcmp(method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    bool bodied =
        strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    if (bodied && curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "") != CURLE_OK)
        return false;
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

/* Where the request goes, what it asks for and its Host are set apart, as the config gave them. The
 * URL is one of two for all targets since curl keeps each host of a URL in a cache that it searches
 * from end to end at every request: with 10,000 hosts that is two thirds of the time. */
static bool set_request(struct check_attempt *attempt)
{
    CURL *easy = attempt->transfer.easy;
    bool v6 = attempt->target.addr.family == ADDR_V6;
    return set_limits(easy) && set_callbacks(easy, attempt) &&
           set_method(easy, method_of(attempt->args)) && add_headers(attempt) &&
           curl_easy_setopt(easy, CURLOPT_URL, v6 ? "http://[::1]/" : "http://127.0.0.1/") ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, path_of(attempt->args)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt->headers) == CURLE_OK;
}

static struct check_attempt *http_start(struct check_loop *loop, const struct check *check,
                                        const struct endpoint *target, check_done_fn *done,
                                        void *data)
{
    struct check_attempt *attempt = MEM_NEW(struct check_attempt);
    attempt->transfer.done = on_done;
    attempt->loop = loop;
    attempt->args = &check->args.http;
    attempt->target = *target;
    attempt->done = done;
    attempt->data = data;
    const char *text = attempt->args->expect_body;
    match_init(&attempt->match, text != NULL ? text : "");
    if (check_http_valid(attempt->args, &attempt->refused))
        attempt->transfer.easy = http_multi_take(loop->http);
    if (attempt->transfer.easy == NULL || !set_request(attempt) ||
        !http_multi_add(loop->http, &attempt->transfer))
        check_loop_later(loop, &attempt->later, run_refused);
    return attempt;
}

static void http_copy_args(struct arena *arena, struct check *check)
{
    struct check_http_args *args = &check->args.http;
    struct check_header *headers = ARENA_NEW_ARRAY(arena, struct check_header, args->header_count);
    for (size_t i = 0; i < args->header_count; i++) {
        headers[i].name = check_copy_text(arena, args->headers[i].name);
        headers[i].value = check_copy_text(arena, args->headers[i].value);
    }
    args->headers = headers;
    args->method = check_copy_text(arena, args->method);
    args->path = check_copy_text(arena, args->path);
    args->host = check_copy_text(arena, args->host);
    args->expect_body = check_copy_text(arena, args->expect_body);
    args->weight_header = check_copy_text(arena, args->weight_header);
}

static void http_print_args(struct strbuf *out, const struct check *check)
{
    const struct check_http_args *args = &check->args.http;
    check_print_text(out, "method", method_of(args));
    check_print_text(out, "path", path_of(args));
    check_print_text(out, "host", args->host);
    for (size_t i = 0; i < args->header_count; i++) {
        check_print_text(out, "header", args->headers[i].name);
        check_print_text(out, "value", args->headers[i].value);
    }
    strbuf_add(out, " status=");
    for (size_t i = 0; i < sizeof(args->expect_status); i++)
        strbuf_addf(out, "%02x", args->expect_status[i]);
    check_print_text(out, "body", args->expect_body);
    if (args->weight_header != NULL) /* so that saved identities without one stay as they were */
        check_print_text(out, "weight", args->weight_header);
}

const struct check_type check_http_type = {
    .name = "http",
    .default_port = 80,
    .start = http_start,
    .cancel = attempt_cancel,
    .copy_args = http_copy_args,
    .print_args = http_print_args,
};
