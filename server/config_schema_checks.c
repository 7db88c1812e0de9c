// SPDX-License-Identifier: BSD-2-Clause
#include "server/config_raw.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define END                                                                                        \
    {                                                                                              \
        .key = NULL                                                                                \
    }
#define PORT_MAX 65535
#define DAY_MS   UINT64_C(86400000)
#define TEXT_MAX 4096 /* what a check sends or looks for */

/* --- what goes into a request must not be able to end a line of it --- */

/* RFC 9110 section 5.6.2 */
static bool is_token(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    size_t length = strspn(text, allowed);
    return length > 0 && text[length] == '\0';
}

/* Bytes from `low` to 0x7e, and those of UTF-8; at least one. */
static bool is_printable(const char *text, unsigned char low)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < low || byte == 0x7f)
            return false;
    }
    return true;
}

static bool keep_text(struct schema_context *ctx, json_t *value, const char *path, bool good,
                      const char *wanted, const char **out)
{
    const char *text = json_string_value(value);
    if (!good) {
        json_error(ctx->doc, ctx->errors, path, "\"%.80s\" is not %s", text, wanted);
        return false;
    }
    *out = arena_strdup(ctx->arena, text);
    return true;
}

static bool parse_method(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                         const char *path, void *out)
{
    (void)item;
    static const char wanted[] = "an HTTP method such as \"GET\"";
    const char *text = json_string_value(value);
    if (text == NULL)
        return schema_type_error(ctx, value, path, wanted);
    return keep_text(ctx, value, path, is_token(text), wanted, out);
}

static bool parse_url_path(struct schema_context *ctx, const struct schema_item *item,
                           json_t *value, const char *path, void *out)
{
    (void)item;
    static const char wanted[] = "a URL path that begins with \"/\" and has no spaces";
    const char *text = json_string_value(value);
    if (text == NULL)
        return schema_type_error(ctx, value, path, wanted);
    return keep_text(ctx, value, path, *text == '/' && is_printable(text, '!'), wanted, out);
}

static bool parse_host(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                       const char *path, void *out)
{
    (void)item;
    static const char wanted[] = "a host name, perhaps with port";
    const char *text = json_string_value(value);
    if (text == NULL)
        return schema_type_error(ctx, value, path, wanted);
    bool good = is_printable(text, '!') && strpbrk(text, "/?#@\\\"<>") == NULL;
    return keep_text(ctx, value, path, good, wanted, out);
}

struct status_set {
    uint8_t bits[75];
};

static bool parse_status(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                         const char *path, void *out)
{
    (void)item;
    struct status_set *set = out;
    char number[24] = "";
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        (void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = number;
    }
    if (text == NULL)
        return schema_type_error(ctx, value, path, "status codes such as \"200-299,304\"");
    if (check_status_parse(text, set->bits))
        return true;
    json_error(ctx->doc, ctx->errors, path,
               "\"%.80s\" is not a list of status codes from 100 to 599 such as \"200\", "
               "\"200-299\" or \"200,204,300-399\"",
               text);
    return false;
}

static bool parse_header(struct schema_context *ctx, const char *name, json_t *value,
                         const char *path, struct check_header *out)
{
    const char *text = json_string_value(value);
    if (!is_token(name)) {
        json_error_key(ctx->doc, ctx->errors, path, "not the name of an HTTP header");
        return false;
    }
    if (text == NULL)
        return schema_type_error(ctx, value, path, "text");
    if (*text != '\0' && !is_printable(text, ' ')) {
        json_error(ctx->doc, ctx->errors, path, "a header cannot hold control characters");
        return false;
    }
    *out = (struct check_header){ .name = arena_strdup(ctx->arena, name),
                                  .value = arena_strdup(ctx->arena, text) };
    const struct check_http_args alone = {
        .method = "GET", .path = "/", .headers = out, .header_count = 1
    };
    const char *why = "";
    if (check_http_valid(&alone, &why))
        return true;
    json_error(ctx->doc, ctx->errors, path, "%s", why);
    return false;
}

static bool parse_headers(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                          const char *path, void *out)
{
    (void)item;
    struct schema_list *list = out;
    if (!json_is_object(value))
        return schema_type_error(ctx, value, path, "an object of header names and values");
    struct check_header *headers =
        ARENA_NEW_ARRAY(ctx->arena, struct check_header, json_object_size(value));
    *list = (struct schema_list){ .items = headers };
    bool good = true;
    const char *name = NULL;
    json_t *text = NULL;
    json_object_foreach (value, name, text) {
        char header[JSON_PATH_MAX];
        (void)json_path_key(header, sizeof(header), path, name);
        if (parse_header(ctx, name, text, header, &headers[list->count]))
            list->count++;
        else
            good = false;
    }
    return good;
}

#define TITLE(name, text, type)                                                                    \
    static const struct schema name = { .title = (text), .size = sizeof(type) }

/* Of the answer, and so any name. */
static bool parse_header_name(struct schema_context *ctx, const struct schema_item *item,
                              json_t *value, const char *path, void *out)
{
    (void)item;
    static const char wanted[] = "the name of an HTTP header";
    const char *text = json_string_value(value);
    if (text == NULL)
        return schema_type_error(ctx, value, path, wanted);
    return keep_text(ctx, value, path, is_token(text), wanted, out);
}

TITLE(method_title, "HTTP method", const char *);
TITLE(url_path_title, "URL path", const char *);
TITLE(host_title, "HOST or HOST:PORT", const char *);
TITLE(status_title, "status codes", struct status_set);
TITLE(header_title, "name of an HTTP header", const char *);
TITLE(headers_title, "object of header names and values", struct schema_list);

/* --- by type --- */

static const struct schema_item tcp_items[] = {
    { .key = "send",
      .type = SCHEMA_STRING,
      .offset = offsetof(struct raw_check, tcp.send),
      .max = TEXT_MAX,
      .help = "Sent after connecting." },
    { .key = "expect",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_check, tcp.expect),
      .max = TEXT_MAX,
      .help =
          "Text that the first 4 KiB of the answer must contain; absent = connecting is enough." },
    END,
};

static const struct schema tcp_schema = { .title = "tcp",
                                          .size = sizeof(struct raw_check),
                                          .items = tcp_items };

static const struct schema_item http_items[] = {
    { .key = "method",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_check, http.method),
      .parse = parse_method,
      .sub = &method_title,
      .fallback = "\"GET\"",
      .help = "Method of the request." },
    { .key = "path",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_check, http.path),
      .parse = parse_url_path,
      .sub = &url_path_title,
      .fallback = "\"/\"",
      .help = "What to ask for." },
    { .key = "host",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_check, http.host),
      .parse = parse_host,
      .sub = &host_title,
      .help = "Host header; absent = the address." },
    { .key = "headers",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_check, headers),
      .parse = parse_headers,
      .sub = &headers_title,
      .help = "More headers of the request." },
    { .key = "expect_status",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_check, http.expect_status),
      .parse = parse_status,
      .sub = &status_title,
      .fallback = "\"200-299\"",
      .help = "Status codes that pass." },
    { .key = "expect_body",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_NONEMPTY,
      .offset = offsetof(struct raw_check, http.expect_body),
      .max = TEXT_MAX,
      .help = "Text that the first 64 KiB of the body must contain." },
    { .key = "weight_header",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct raw_check, http.weight_header),
      .parse = parse_header_name,
      .sub = &header_title,
      .help = "Header of the answer that tells in percent, such as 75, how much of its weight the "
              "member or server is to have; 0 = none while others are up. Absent = all." },
    { .key = "expect_regex", .type = SCHEMA_LATER },
    END,
};

static const struct schema http_schema = { .title = "http",
                                           .size = sizeof(struct raw_check),
                                           .items = http_items };

/* --- all types: words and variants by enum check_type_id --- */

static const char *const types[] = { [CHECK_TCP] = "tcp", [CHECK_HTTP] = "http", NULL };
static const struct schema *const variants[] = {
    [CHECK_TCP] = &tcp_schema, [CHECK_HTTP] = &http_schema, NULL
};
static const char *const types_later[] = { "tls", "https", "grpc", "dns",    "icmp",
                                           "udp", "exec",  "file", "push",   "agent",
                                           "all", "any",   "not",  "k_of_n", NULL };

static const struct schema_item check_items[] = {
    { .key = "type",
      .type = SCHEMA_ENUM,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct raw_check, type),
      .words = types,
      .later = types_later,
      .help = "What is asked." },
    { .key = "interval",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct raw_check, interval_ms),
      .min = 100,
      .max = DAY_MS,
      .fallback = "\"5s\"",
      .help = "Time between two probes of an address, with some jitter." },
    { .key = "timeout",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct raw_check, timeout_ms),
      .min = 10,
      .max = DAY_MS,
      .fallback = "\"2s\"",
      .help = "A probe that takes longer has failed." },
    { .key = "fall",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_check, fall),
      .min = 1,
      .max = 1000,
      .fallback = "3",
      .help = "Failures in a row that take an address down." },
    { .key = "rise",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_check, rise),
      .min = 1,
      .max = 1000,
      .fallback = "2",
      .help = "Passes in a row that bring it up again." },
    { .key = "confirm_interval",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct raw_check, confirm_interval_ms),
      .min = 100,
      .max = DAY_MS,
      .fallback = "\"1s\"",
      .help = "Time between probes while the last results contradict the verdict." },
    { .key = "port",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct raw_check, port),
      .min = 1,
      .max = PORT_MAX,
      .help = "Port to probe; absent = the member's, else the type's own (http 80)." },
    { .key = "address",
      .type = SCHEMA_ADDRESS,
      .offset = offsetof(struct raw_check, address),
      .present = offsetof(struct raw_check, has_address),
      .help = "Probe this address instead of the member's." },
    END,
};

const struct schema config_schema_check = { .title = "check",
                                            .size = sizeof(struct raw_check),
                                            .items = check_items,
                                            .variant = "type",
                                            .variants = variants };
