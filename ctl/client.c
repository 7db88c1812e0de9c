// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/client.h"

#include "base/mem.h"

#include <curl/curl.h>

#include <stdio.h>
#include <string.h>

#define ANSWER_MAX      (256UL * 1024 * 1024)
#define CONNECT_SECONDS 5L
#define ANSWER_SECONDS  600L /* a reload may load big zones */
#define SILENCE_SECONDS 60L  /* of a stream, which has a comment each 15 s */

struct client {
    CURL *curl;
    char *base; /* URL without the final slash */
    char *socket;
    struct curl_slist *headers;
};

static bool fail(char *error, size_t error_size, const char *message)
{
    (void)snprintf(error, error_size, "%s", message);
    return false;
}

/* Takes the parts of `api`. */
static bool set_base(struct client *client, const char *api, char *error, size_t error_size)
{
    if (strncmp(api, "unix:/", 6) == 0) {
        client->socket = mem_strdup(api + 5);
        client->base = mem_strdup("http://localhost");
        return true;
    }
    if (strncmp(api, "http://", 7) != 0 && strncmp(api, "https://", 8) != 0)
        return fail(error, error_size, "the API's address must be http://HOST:PORT or unix:/PATH");
    client->base = mem_strdup(api);
    size_t length = strlen(client->base);
    while (length > 0 && client->base[length - 1] == '/')
        client->base[--length] = '\0';
    return true;
}

static void add_header(struct client *client, const char *text)
{
    struct curl_slist *longer = curl_slist_append(client->headers, text);
    client->headers = longer != NULL ? longer : client->headers;
}

/* The server knows no names of hosts, so that no web page can use one; we may say localhost. */
static bool set_headers(struct client *client, const char *token, char *error, size_t error_size)
{
    add_header(client, "Host: localhost");
    add_header(client, "Expect:");
    if (token == NULL)
        return true;
    if (token[0] == '\0' || token[strcspn(token, "\r\n\t ")] != '\0')
        return fail(error, error_size, "the token is empty or has white space in it");
    struct strbuf line;
    strbuf_init(&line);
    strbuf_addf(&line, "Authorization: Bearer %s", token);
    add_header(client, line.text);
    strbuf_fini(&line);
    return true;
}

struct client *client_new(const char *api, const char *token, char *error, size_t error_size)
{
    struct client *client = MEM_NEW(struct client);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == 0)
        client->curl = curl_easy_init();
    if (client->curl == NULL)
        (void)fail(error, error_size, "libcurl does not start");
    if (client->curl != NULL && set_base(client, api, error, error_size) &&
        set_headers(client, token, error, error_size))
        return client;
    client_free(client);
    return NULL;
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    curl_slist_free_all(client->headers);
    curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    mem_free(client->base);
    mem_free(client->socket);
    mem_free(client);
}

static void add_encoded(struct strbuf *out, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            strbuf_add_bytes(out, text, 1);
        else
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

/* A part "." or ".." would be taken for the way up: its dots are encoded, too. */
void client_add_part(struct strbuf *path, const char *part)
{
    strbuf_add(path, "/");
    if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0)
        strbuf_add(path, part[1] == '\0' ? "%2E" : "%2E%2E");
    else
        add_encoded(path, part);
}

void client_add_param(struct strbuf *path, const char *name, const char *value)
{
    if (value == NULL)
        return;
    strbuf_addf(path, "%c%s=", strchr(path->text, '?') == NULL ? '?' : '&', name);
    add_encoded(path, value);
}

static size_t collect(char *bytes, size_t size, size_t count, void *data)
{
    struct client_answer *answer = data;
    if (answer->body.length + size * count > ANSWER_MAX)
        return 0;
    strbuf_add_bytes(&answer->body, bytes, size * count);
    return size * count;
}

/* Everything that a request needs but where its answer goes. The environment's proxies are not for
 * us: a token must not go astray. */
static struct curl_slist *prepare(struct client *client, const char *url, const char *method,
                                  const char *body)
{
    CURL *curl = client->curl;
    struct curl_slist *headers = NULL;
    for (const struct curl_slist *h = client->headers; h != NULL; h = h->next)
        headers = curl_slist_append(headers, h->data);
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    if (client->socket != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    if (body != NULL) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

static bool perform(struct client *client, struct curl_slist *headers, struct client_answer *out,
                    char *error, size_t error_size)
{
    char reason[CURL_ERROR_SIZE] = "";
    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(client->curl);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &out->status);
    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    if (code == CURLE_OK)
        return true;
    (void)snprintf(error, error_size, "%s: %s",
                   client->socket != NULL ? client->socket : client->base,
                   reason[0] != '\0' ? reason : curl_easy_strerror(code));
    error[strcspn(error, "\r\n")] = '\0';
    return false;
}

static void url_of(const struct client *client, const char *path, struct strbuf *out)
{
    strbuf_init(out);
    strbuf_addf(out, "%s%s", client->base, path);
}

bool client_call(struct client *client, const char *method, const char *path, const char *body,
                 struct client_answer *out, char *error, size_t error_size)
{
    struct strbuf url;
    out->status = 0;
    strbuf_init(&out->body);
    url_of(client, path, &url);
    struct curl_slist *headers = prepare(client, url.text, method, body);
    (void)curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, ANSWER_SECONDS);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, collect);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, out);
    bool ok = perform(client, headers, out, error, error_size);
    strbuf_fini(&url);
    return ok;
}

void client_answer_fini(struct client_answer *answer)
{
    strbuf_fini(&answer->body);
}

struct stream {
    CURL *curl;
    client_piece_fn *fn;
    void *data;
    bool ended; /* fn wanted no more */
    struct client_answer *out;
};

static size_t pass_on(char *bytes, size_t size, size_t count, void *data)
{
    struct stream *stream = data;
    long status = 0;
    (void)curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return collect(bytes, size, count, stream->out);
    stream->ended = !stream->fn(stream->data, bytes, size * count);
    return stream->ended ? 0 : size * count;
}

bool client_stream(struct client *client, const char *path, client_piece_fn *fn, void *data,
                   struct client_answer *out, char *error, size_t error_size)
{
    struct stream stream = { .curl = client->curl, .fn = fn, .data = data, .out = out };
    struct strbuf url;
    out->status = 0;
    strbuf_init(&out->body);
    url_of(client, path, &url);
    struct curl_slist *headers = prepare(client, url.text, "GET", NULL);
    (void)curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, SILENCE_SECONDS);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, pass_on);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &stream);
    bool ok = perform(client, headers, out, error, error_size) || stream.ended;
    strbuf_fini(&url);
    return ok;
}
