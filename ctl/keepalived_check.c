// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/keepalived_check.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_DEFAULT_MS     60000
#define TIMEOUT_DEFAULT_MS      5000
#define RETRY_DEFAULT           1
#define CONFIRM_DEFAULT_MS      1000
#define CONFIRM_HTTP_DEFAULT_MS 3000
#define RETRY_MAX               999
/* The least that our configuration takes. */
#define INTERVAL_MIN_MS 100
#define TIMEOUT_MIN_MS  10

void keepalived_checks_init(struct keepalived_checks *checks, struct keepalived_report *report)
{
    *checks = (struct keepalived_checks){
        .report = report, .object = json_object(), .seen = strmap_new(), .names = json_array()
    };
}

void keepalived_checks_fini(struct keepalived_checks *checks)
{
    json_decref(checks->object);
    json_decref(checks->names);
    strmap_free(checks->seen);
}

/* A server that says the same twice is asked once. */
static void add_name(json_t *names, json_t *name)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (json_equal(json_array_get(names, i), name))
            return;
    }
    (void)json_array_append(names, name);
}

/* The name of a check that asks the same, or a new one: its type, with a number from the second on.
 * Takes `check`. */
static void add_check(struct keepalived_checks *checks, json_t *check, json_t *names)
{
    char name[64];
    uint64_t number = 0;
    char *text = json_dumps(check, JSON_COMPACT);
    const char *type = json_string_value(json_object_get(check, "type"));
    if (!strmap_get(checks->seen, text, &number)) {
        (void)snprintf(name, sizeof(name), "%s", type);
        for (unsigned i = 2; json_object_get(checks->object, name) != NULL; i++)
            (void)snprintf(name, sizeof(name), "%s-%u", type, i);
        number = json_array_size(checks->names);
        (void)json_array_append_new(checks->names, json_string(name));
        (void)json_object_set(checks->object, name, check);
        (void)strmap_put(checks->seen, text, number);
    }
    add_name(names, json_array_get(checks->names, (size_t)number));
    free(text);
    json_decref(check);
}

/* ---- timing ------------------------------------------------------------------------------------
 */

static bool take_retry(struct keepalived_report *report, const struct keepalived_node *node,
                       struct keepalived_timing *timing)
{
    uint64_t retry = 0;
    if (!keepalived_number(report, node, 1, 0, UINT32_MAX, &retry))
        return false;
    if (retry > RETRY_MAX)
        keepalived_note(report, node->place, "%s: %d is taken instead of %" PRIu64,
                        keepalived_word(node, 0), RETRY_MAX, retry);
    timing->retry = retry > RETRY_MAX ? RETRY_MAX : (int64_t)retry;
    return true;
}

static bool take_timer(struct keepalived_report *report, const struct keepalived_node *node,
                       int64_t min, int64_t *out)
{
    if (!keepalived_timer(report, node, out))
        return false;
    if (*out < min)
        keepalived_note(report, node->place,
                        "%s: %" PRId64 " ms are taken, the least that there is",
                        keepalived_word(node, 0), min);
    *out = *out < min ? min : *out;
    return true;
}

bool keepalived_timing_take(struct keepalived_report *report, const struct keepalived_node *node,
                            struct keepalived_timing *timing, bool *taken)
{
    *taken = true;
    if (keepalived_is(node, "delay_loop"))
        return take_timer(report, node, INTERVAL_MIN_MS, &timing->interval_ms);
    if (keepalived_is(node, "connect_timeout"))
        return take_timer(report, node, TIMEOUT_MIN_MS, &timing->timeout_ms);
    if (keepalived_is(node, "delay_before_retry"))
        return take_timer(report, node, INTERVAL_MIN_MS, &timing->confirm_ms);
    if (keepalived_is(node, "retry") || keepalived_is(node, "nb_get_retry"))
        return take_retry(report, node, timing);
    if (keepalived_is(node, "virtualhost")) {
        timing->virtualhost = node->count > 1 ? keepalived_word(node, 1) : NULL;
        return true;
    }
    *taken = keepalived_is(node, "warmup") || keepalived_is(node, "alpha");
    if (keepalived_is(node, "warmup"))
        keepalived_note(report, node->place, "warmup: left out: probes are spread in time anyway");
    if (keepalived_is(node, "alpha"))
        keepalived_note(report, node->place,
                        "alpha: left out: a server counts as up until its check has failed; with "
                        "server.state_dir the last verdicts are known at the start");
    return true;
}

/* ---- what all checkers have --------------------------------------------------------------------
 */

struct checker {
    struct keepalived_checks *checks;
    const struct keepalived_node *node;
    struct keepalived_timing timing;
    struct addr address;  /* instead of the server's; family ADDR_NONE = the server's */
    uint16_t port;        /* to ask; 0 = none */
    uint16_t server_port; /* that need not be said */
};

static const struct {
    const char *keyword, *reason;
} left_out[] = {
    { "bindto", "probes leave from the address that the kernel chooses" },
    { "bind_to", "probes leave from the address that the kernel chooses" },
    { "bind_if", "probes leave by the interface that the kernel chooses" },
    { "bind_port", "probes leave from the port that the kernel chooses" },
    { "fwmark", "probes have no mark" },
    { "log_all_failures", "each probe's last result is in \"gslbctl checks\" and the metrics" },
    { "http_protocol", "HTTP/1.1 is spoken" },
    { "fast_recovery", "all paths are asked at once anyway" },
    { "enable_sni", "there is no TLS check in this version" },
    { "sni_name", "there is no TLS check in this version" },
    { "tls_compliant", "there is no TLS check in this version" },
    { "helo_name", "only the server's greeting is looked at" },
};

static void leave_out(const struct checker *checker, const struct keepalived_node *node)
{
    const char *reason = "this is not known as an option of a checker";
    for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
        if (keepalived_is(node, left_out[i].keyword))
            reason = left_out[i].reason;
    }
    keepalived_note(checker->checks->report, node->place, "%.60s: left out: %s",
                    keepalived_word(node, 0), reason);
}

static bool take_common(struct checker *checker, const struct keepalived_node *node)
{
    struct keepalived_report *report = checker->checks->report;
    uint64_t port = 0;
    bool taken = false;
    uint16_t unused = 0;
    if (keepalived_is(node, "connect_ip"))
        return keepalived_endpoint(report, node, 1, &checker->address, &unused);
    if (keepalived_is(node, "connect_port")) {
        if (!keepalived_number(report, node, 1, 1, UINT16_MAX, &port))
            return false;
        checker->port = (uint16_t)port;
        return true;
    }
    if (!keepalived_timing_take(report, node, &checker->timing, &taken))
        return false;
    if (!taken)
        leave_out(checker, node);
    return true;
}

/* All statements but the blocks `but`. */
static bool take_all(struct checker *checker, const struct keepalived_node *block, const char *but)
{
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        if (!keepalived_is(node, but) && !take_common(checker, node))
            return false;
    }
    return true;
}

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

/* Owned. */
static json_t *new_check(const struct checker *checker, const char *type)
{
    const struct keepalived_timing *timing = &checker->timing;
    bool http = strcmp(type, "http") == 0;
    int64_t retry = timing->retry >= 0 ? timing->retry : RETRY_DEFAULT;
    int64_t confirm = http ? CONFIRM_HTTP_DEFAULT_MS : CONFIRM_DEFAULT_MS;
    json_t *check = json_object();
    set(check, "type", json_string(type));
    if (checker->address.family != ADDR_NONE) {
        char address[ADDR_TEXT_MAX];
        addr_print(&checker->address, address);
        set(check, "address", json_string(address));
    }
    if (checker->port != 0 && checker->port != checker->server_port)
        set(check, "port", json_integer(checker->port));
    set(check, "interval",
        keepalived_duration(timing->interval_ms >= 0 ? timing->interval_ms : INTERVAL_DEFAULT_MS));
    set(check, "timeout",
        keepalived_duration(timing->timeout_ms >= 0 ? timing->timeout_ms : TIMEOUT_DEFAULT_MS));
    set(check, "fall", json_integer(1 + retry));
    set(check, "rise", json_integer(1));
    if (retry > 0)
        set(check, "confirm_interval",
            keepalived_duration(timing->confirm_ms >= 0 ? timing->confirm_ms : confirm));
    return check;
}

/* A server for all ports (or with a mark only) has none to connect to. */
static bool has_port(const struct checker *checker)
{
    if (checker->port != 0)
        return true;
    keepalived_note(checker->checks->report, checker->node->place,
                    "%s: left out: the server has no port, and there is no connect_port",
                    keepalived_word(checker->node, 0));
    return false;
}

/* ---- HTTP --------------------------------------------------------------------------------------
 */

static bool read_code(const char *text, size_t length, uint64_t *out)
{
    return parse_u64(text, length, 599, out) && *out >= 100;
}

static bool is_status(const char *word)
{
    uint64_t first = 0;
    uint64_t last = 0;
    size_t length = strcspn(word, "-");
    if (!read_code(word, length, &first))
        return false;
    return word[length] == '\0' ||
           (read_code(word + length + 1, strlen(word + length + 1), &last) && first <= last);
}

/* "200 301-303" as "200,301-303". */
static bool read_status(struct checker *checker, const struct keepalived_node *node,
                        struct strbuf *out)
{
    for (size_t i = 1; i < node->count; i++) {
        const char *word = keepalived_word(node, i);
        if (!is_status(word))
            return keepalived_fail(checker->checks->report, node->place,
                                   "status_code: \"%.60s\" is not a status code from 100 to 599, "
                                   "or a range of them",
                                   word);
        strbuf_addf(out, "%s%s", out->length > 0 ? "," : "", word);
    }
    return true;
}

static void note_url(const struct checker *checker, const struct keepalived_node *node)
{
    const char *reason = "this is not known as an option of a url";
    if (keepalived_is(node, "digest"))
        reason = "bodies are not hashed: \"expect_body\" looks for a text in them";
    else if (strncmp(keepalived_word(node, 0), "regex", strlen("regex")) == 0)
        reason = "there are no expressions in this version: \"expect_body\" looks for a text";
    keepalived_note(checker->checks->report, node->place, "%.60s: left out: %s",
                    keepalived_word(node, 0), reason);
}

/* Bytes that a request line or a Host header takes, as our configuration sees it. */
static bool is_clean(const char *text, const char *banned)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr(banned, *c) != NULL)
            return false;
    }
    return *text != '\0';
}

struct url {
    const char *path;
    const char *host; /* NULL = none */
    struct strbuf status;
};

static bool read_url(struct checker *checker, const struct keepalived_node *block, struct url *url)
{
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        if (keepalived_is(node, "path"))
            url->path = keepalived_word(node, 1);
        else if (keepalived_is(node, "virtualhost"))
            url->host = keepalived_word(node, 1);
        else if (!keepalived_is(node, "status_code"))
            note_url(checker, node);
        else if (!read_status(checker, node, &url->status))
            return false;
    }
    if (*url->path != '/' || !is_clean(url->path, ""))
        return keepalived_fail(checker->checks->report, block->place,
                               "\"%.60s\" is not a path that can be asked for", url->path);
    if (url->host != NULL && !is_clean(url->host, "/?#@\\\"<>"))
        return keepalived_fail(checker->checks->report, block->place,
                               "\"%.60s\" is not the name of a host", url->host);
    return true;
}

static bool take_url(struct checker *checker, const struct keepalived_node *block, json_t *names)
{
    struct url url = { .path = "/", .host = checker->timing.virtualhost };
    strbuf_init(&url.status);
    bool good = read_url(checker, block, &url);
    if (good) {
        json_t *check = new_check(checker, "http");
        if (strcmp(url.path, "/") != 0)
            set(check, "path", json_string(url.path));
        if (url.host != NULL)
            set(check, "host", json_string(url.host));
        if (url.status.length > 0)
            set(check, "expect_status", json_string(url.status.text));
        add_check(checker->checks, check, names);
    }
    strbuf_fini(&url.status);
    return good;
}

static bool take_http(struct checker *checker, json_t *names)
{
    const struct keepalived_node *block = checker->node;
    bool any = false;
    if (!take_all(checker, block, "url") || !has_port(checker))
        return !checker->checks->report->failed;
    for (const struct keepalived_node *node = block->first; node != NULL; node = node->next) {
        if (!keepalived_is(node, "url"))
            continue;
        any = true;
        if (!take_url(checker, node, names))
            return false;
    }
    if (!any)
        keepalived_note(checker->checks->report, block->place,
                        "%s: left out: it has no url, keepalived ignores it, too",
                        keepalived_word(block, 0));
    return true;
}

/* ---- TCP and what is asked by it ---------------------------------------------------------------
 */

static bool take_tcp(struct checker *checker, json_t *names)
{
    if (!take_all(checker, checker->node, "") || !has_port(checker))
        return !checker->checks->report->failed;
    add_check(checker->checks, new_check(checker, "tcp"), names);
    return true;
}

static bool take_ssl(struct checker *checker, json_t *names)
{
    if (!take_all(checker, checker->node, "url") || !has_port(checker))
        return !checker->checks->report->failed;
    keepalived_note(checker->checks->report, checker->node->place,
                    "SSL_GET: there is no HTTPS check in this version: a TCP check of the port is "
                    "taken, which does not see an answer of the application");
    add_check(checker->checks, new_check(checker, "tcp"), names);
    return true;
}

static void add_smtp(const struct checker *checker, json_t *names)
{
    if (!has_port(checker))
        return;
    json_t *check = new_check(checker, "tcp");
    set(check, "expect", json_string("220"));
    add_check(checker->checks, check, names);
}

/* Old files say in blocks `host` whom to ask. */
static bool take_smtp(struct checker *checker, json_t *names)
{
    bool hosts = false;
    if (!take_all(checker, checker->node, "host"))
        return false;
    keepalived_note(checker->checks->report, checker->node->place,
                    "SMTP_CHECK: a TCP check that waits for the greeting (220) is taken; there is "
                    "no HELO");
    for (const struct keepalived_node *node = checker->node->first; node != NULL;
         node = node->next) {
        struct checker host = *checker;
        if (!keepalived_is(node, "host"))
            continue;
        hosts = true;
        if (!take_all(&host, node, ""))
            return false;
        add_smtp(&host, names);
    }
    if (!hosts)
        add_smtp(checker, names);
    return true;
}

/* ---- all of them -------------------------------------------------------------------------------
 */

static const struct kind {
    const char *keyword;
    bool (*take)(struct checker *checker, json_t *names); /* NULL = we have no such check */
    const char *reason;
} kinds[] = {
    { "TCP_CHECK", take_tcp, NULL },
    { "HTTP_GET", take_http, NULL },
    { "SSL_GET", take_ssl, NULL },
    { "SMTP_CHECK", take_smtp, NULL },
    { "DNS_CHECK", NULL, "there is no DNS check in this version" },
    { "MISC_CHECK", NULL,
      "no programs are run in this version: a script of yours can say \"gslbctl ipvs down|auto "
      "SERVICE/SERVER\"" },
    { "BFD_CHECK", NULL, "there is no BFD here" },
    { "PING_CHECK", NULL, "there is no ICMP check in this version" },
    { "UDP_CHECK", NULL, "there is no UDP check in this version" },
    { "FILE_CHECK", NULL,
      "no files are watched in this version: \"gslbctl ipvs weight SERVICE/SERVER N\" changes a "
      "weight" },
};

static const struct kind *find_kind(const struct keepalived_node *node)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (keepalived_is(node, kinds[i].keyword))
            return &kinds[i];
    }
    return NULL;
}

bool keepalived_is_checker(const struct keepalived_node *node)
{
    return find_kind(node) != NULL;
}

bool keepalived_check_take(struct keepalived_checks *checks, const struct keepalived_node *node,
                           const struct keepalived_timing *timing, uint16_t port, uint16_t given,
                           json_t *names)
{
    const struct kind *kind = find_kind(node);
    struct checker checker = {
        .checks = checks, .node = node, .timing = *timing, .port = given, .server_port = port
    };
    if (kind != NULL && kind->take != NULL)
        return kind->take(&checker, names);
    keepalived_note(checks->report, node->place, "%s: left out: %s", keepalived_word(node, 0),
                    kind != NULL ? kind->reason : "this is not known as a checker");
    return true;
}
