// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/api_fixture.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char zone[] = "$TTL 300\n"
                           "@ SOA ns1 admin 7 3600 600 86400 60\n"
                           "@ NS ns1\n"
                           "@ MX 10 mail\n"
                           "ns1 A 192.0.2.53\n"
                           "plain A 192.0.2.80\n"
                           "alias CNAME www\n"
                           "loop CNAME loop2\n"
                           "loop2 CNAME loop\n";

static const char sections[] =
    "\"pools\": {"
    " \"web\": {\"policy\": \"round_robin\", \"ttl\": 20, \"members\": {"
    "  \"a\": {\"address\": [\"192.0.2.1\", \"2001:db8::1\"], \"port\": 8080},"
    "  \"b\": {\"address\": \"192.0.2.2\", \"weight\": 4},"
    "  \"c\": {\"address\": \"192.0.2.3\", \"disabled\": true}}},"
    " \"far\": {\"policy\": \"failover\", \"members\": {"
    "  \"p\": {\"address\": \"198.51.100.1\"}, \"s\": {\"address\": \"198.51.100.2\"}}},"
    " \"top\": {\"policy\": \"weighted\", \"members\": {"
    "  \"near\": {\"pool\": \"web\", \"weight\": 3}, \"away\": {\"pool\": \"far\"},"
    "  \"own\": {\"address\": \"192.0.2.2\", \"weight\": 4}}},"
    " \"checked\": {\"policy\": \"round_robin\", \"check\": \"conn\", \"members\": {"
    "  \"x\": {\"address\": \"127.0.0.1\", \"port\": 1}}}},"
    "\"checks\": {\"conn\": {\"type\": \"tcp\", \"interval\": \"1s\", \"timeout\": \"500ms\"}},"
    "\"zones\": {\"example.test\": {\"file\": \"example.test.zone\", \"names\": {"
    "  \"www\": \"web\", \"*.wild\": \"web\", \"top\": \"top\", \"far\": \"far\","
    "  \"checked\": {\"pool\": \"checked\", \"ttl\": 5}}}}";

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "api_fixture: %s\n", what);
    abort();
}

static uint16_t free_port(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    socklen_t size = sizeof(sa);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&sa, size) == 0, "bind");
    must(getsockname(fd, (struct sockaddr *)&sa, &size) == 0, "getsockname");
    (void)close(fd);
    return ntohs(sa.sin_port);
}

void api_fixture_listen(struct api_fixture *fixture)
{
    struct errlist errors;
    errlist_init(&errors);
    fixture->api = api_new(fixture->control.control, &errors);
    if (fixture->api == NULL)
        must(false, errors.count > 0 ? errors.lines[0] : "no API");
    errlist_fini(&errors);
}

void api_fixture_start(struct api_fixture *fixture, const char *api_keys, const char *tokens)
{
    char text[8192];
    (void)signal(SIGPIPE, SIG_IGN);
    control_fixture_init(&fixture->control, zone);
    fixture->port = free_port();
    (void)snprintf(fixture->socket, sizeof(fixture->socket), "%s/api.sock", fixture->control.dir);
    int length = snprintf(text, sizeof(text),
                          "\"api\": {\"listen\": [\"127.0.0.1:%u\", \"unix:api.sock\"]%s%s}, %s",
                          (unsigned)fixture->port, api_keys == NULL ? "" : ", ",
                          api_keys == NULL ? "" : api_keys, sections);
    must(length > 0 && (size_t)length < sizeof(text), "the config is too long");
    control_fixture_config(&fixture->control, text);
    if (tokens != NULL)
        control_fixture_write(&fixture->control, "tokens", tokens);
    if (!control_fixture_start(&fixture->control))
        must(false, fixture->control.errors.lines[0]);
    api_fixture_listen(fixture);
}

void api_fixture_stop(struct api_fixture *fixture)
{
    api_free(fixture->api);
    fixture->api = NULL;
    control_fixture_fini(&fixture->control);
}

static char *request_text(const char *method, const char *target, const char *headers,
                          const char *body)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", method, target, headers);
    if (body != NULL)
        strbuf_addf(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                    strlen(body));
    strbuf_addf(&text, "Connection: close\r\n\r\n%s", body == NULL ? "" : body);
    char *owned = strbuf_take(&text);
    strbuf_fini(&text);
    return owned;
}

static unsigned exchange(struct api_fixture *fixture, int fd, char *request,
                         struct http_client_answer *out)
{
    must(fd >= 0, "connect");
    must(http_client_send(&fixture->control.loop, fd, request, strlen(request)), "send");
    must(http_client_read(&fixture->control.loop, fd, 5000, out), "no answer within 5 s");
    mem_free(request);
    (void)close(fd);
    return out->status;
}

unsigned api_fixture_call(struct api_fixture *fixture, const char *method, const char *target,
                          const char *body, json_t **out)
{
    struct http_client_answer answer;
    unsigned status = exchange(fixture, http_client_unix(fixture->socket),
                               request_text(method, target, "", body), &answer);
    if (out != NULL)
        *out = answer.body == NULL ? NULL : json_loads(answer.body, 0, NULL);
    http_client_fini(&answer);
    return status;
}

unsigned api_fixture_tcp(struct api_fixture *fixture, const char *method, const char *target,
                         const char *headers, const char *body, struct http_client_answer *out)
{
    return exchange(fixture, http_client_tcp(fixture->port),
                    request_text(method, target, headers, body), out);
}

const json_t *api_fixture_at(const json_t *root, const char *path)
{
    while (root != NULL && *path != '\0') {
        char key[128];
        size_t length = strcspn(path, ".");
        must(length < sizeof(key), "the key is too long");
        memcpy(key, path, length);
        key[length] = '\0';
        root = json_is_array(root) ? json_array_get(root, strtoul(key, NULL, 10))
                                   : json_object_get(root, key);
        path += path[length] == '.' ? length + 1 : length;
    }
    return root;
}

const char *api_fixture_text(const json_t *root, const char *path)
{
    static char text[4096];
    const json_t *value = api_fixture_at(root, path);
    if (value == NULL)
        return "";
    if (json_is_string(value))
        return json_string_value(value);
    size_t length = json_dumpb(value, text, sizeof(text) - 1,
                               JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    must(length < sizeof(text), "the value is too long");
    text[length] = '\0';
    return text;
}
