// SPDX-License-Identifier: BSD-2-Clause
#include "server/config_raw.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

/* The rows: one key each, in the order in which `gslbd --schema` prints them. */

#define END                                                                                        \
    {                                                                                              \
        .key = NULL                                                                                \
    }
#define NSID_MAX 128

/* --- server --- */

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warn", "info", "debug", NULL };

static const struct schema_item log_items[] = {
    { .key = "format",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct config_log, format),
      .words = log_formats,
      .fallback = "\"text\"",
      .help = "Form of the log lines on stderr." },
    { .key = "level",
      .type = SCHEMA_ENUM,
      .offset = offsetof(struct config_log, level),
      .words = log_levels,
      .fallback = "\"info\"",
      .help = "The least important lines that are written." },
    END,
};

static const struct schema log_schema = { .title = "log",
                                          .size = sizeof(struct config_log),
                                          .items = log_items };

static const struct schema_item endpoint_element = { .type = SCHEMA_ENDPOINT };

static const struct schema_item server_items[] = {
    { .key = "listen",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_NONEMPTY | SCHEMA_START_ONLY,
      .offset = offsetof(struct config_server, listen),
      .element = &endpoint_element,
      .fallback = "[\"127.0.0.1:5300\"]",
      .help = "Where queries are answered, over UDP and TCP." },
    { .key = "workers",
      .type = SCHEMA_UINT,
      .flags = SCHEMA_START_ONLY,
      .offset = offsetof(struct config_server, workers),
      .max = 256,
      .fallback = "0",
      .help = "Threads that answer queries; 0 = one a core." },
    { .key = "user",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_NULLABLE | SCHEMA_NONEMPTY | SCHEMA_START_ONLY,
      .offset = offsetof(struct config_server, user),
      .help = "Whom to become when started as root; absent = stay, with a warning." },
    { .key = "state_dir",
      .type = SCHEMA_PATH,
      .flags = SCHEMA_NULLABLE | SCHEMA_START_ONLY,
      .offset = offsetof(struct config_server, state_dir),
      .help =
          "Folder for verdicts and overrides that outlive a restart; absent = nothing is saved, "
          "with a warning." },
    { .key = "nsid",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct config_server, nsid),
      .max = NSID_MAX,
      .fallback = "\"\"",
      .help = "Text given to clients that ask which server answers (RFC 5001); \"\" = none." },
    { .key = "partial_reload",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct config_server, partial_reload),
      .fallback = "false",
      .help = "At a reload, publish what is good and keep the last good version of a bad zone, "
              "instead of refusing all." },
    { .key = "log",
      .type = SCHEMA_OBJECT,
      .offset = offsetof(struct config_server, log),
      .sub = &log_schema,
      .help = "Logging." },
    END,
};

static const struct schema server_schema = { .title = "server",
                                             .size = sizeof(struct config_server),
                                             .items = server_items };

/* --- api --- */

static bool parse_unix(struct schema_context *ctx, const char *text, const char *path,
                       struct config_api_listen *out)
{
    const char *file = schema_path(ctx, text);
    if (*text == '\0') {
        json_error(ctx->doc, ctx->errors, path, "\"unix:\" needs the path of a socket");
        return false;
    }
    if (strlen(file) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        json_error(ctx->doc, ctx->errors, path,
                   "the path of a Unix socket has at most 107 bytes, this one %zu", strlen(file));
        return false;
    }
    *out = (struct config_api_listen){ .is_unix = true, .path = file };
    return true;
}

static bool parse_api_listen(struct schema_context *ctx, const struct schema_item *item,
                             json_t *value, const char *path, void *out)
{
    (void)item;
    struct config_api_listen *listen = out;
    const char *text = json_string_value(value);
    struct endpoint endpoint;
    if (text == NULL)
        return schema_type_error(ctx, value, path, "\"ADDRESS:PORT\" or \"unix:PATH\"");
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(ctx, text + 5, path, listen);
    if (!endpoint_parse(text, &endpoint) || endpoint.port == 0) {
        json_error(ctx->doc, ctx->errors, path,
                   "\"%.80s\" is neither an address with port such as \"127.0.0.1:8053\" nor "
                   "\"unix:PATH\"",
                   text);
        return false;
    }
    *listen = (struct config_api_listen){ .endpoint = endpoint };
    return true;
}

static const struct schema api_listen_schema = { .title = "ADDRESS:PORT or unix:PATH",
                                                 .size = sizeof(struct config_api_listen) };

static const struct schema_item api_listen_element = { .type = SCHEMA_CUSTOM,
                                                       .parse = parse_api_listen,
                                                       .sub = &api_listen_schema };

static const struct schema_item api_items[] = {
    { .key = "listen",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_NONEMPTY | SCHEMA_START_ONLY,
      .offset = offsetof(struct config_api, listen),
      .element = &api_listen_element,
      .fallback = "[\"127.0.0.1:8053\"]",
      .help = "Where the control API is served; an address off loopback needs tokens_file." },
    { .key = "tokens_file",
      .type = SCHEMA_PATH,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct config_api, tokens_file),
      .help = "Lines NAME ROLE SHA256-HEX, role read, operate or admin; with it every TCP listener "
              "asks for a token." },
    { .key = "unix_group",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_NULLABLE | SCHEMA_NONEMPTY,
      .offset = offsetof(struct config_api, unix_group),
      .help =
          "Group whose members may use the Unix socket, besides root and the server's own user." },
    { .key = "tls", .type = SCHEMA_LATER, .flags = SCHEMA_NULLABLE },
    END,
};

static const struct schema api_schema = { .title = "api",
                                          .size = sizeof(struct config_api),
                                          .items = api_items };

/* --- the document --- */

static const struct schema_item root_items[] = {
    { .key = "server",
      .type = SCHEMA_OBJECT,
      .offset = offsetof(struct raw_config, server),
      .sub = &server_schema,
      .help = "The process." },
    { .key = "api",
      .type = SCHEMA_OBJECT,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct raw_config, api),
      .present = offsetof(struct raw_config, api.present),
      .sub = &api_schema,
      .help = "The control API; absent = none." },
    { .key = "zones",
      .type = SCHEMA_MAP,
      .flags = SCHEMA_ANY_NAME,
      .offset = offsetof(struct raw_config, zones),
      .sub = &config_schema_zone,
      .help = "The zones, keyed by their domain name." },
    { .key = "checks",
      .type = SCHEMA_MAP,
      .offset = offsetof(struct raw_config, checks),
      .sub = &config_schema_check,
      .help = "How to find out whether an address is up." },
    { .key = "pools",
      .type = SCHEMA_MAP,
      .offset = offsetof(struct raw_config, pools),
      .sub = &config_schema_pool,
      .help = "Sets of addresses that answer for names." },
    { .key = "geo", .type = SCHEMA_LATER },
    { .key = "ipvs",
      .type = SCHEMA_OBJECT,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct raw_config, ipvs),
      .present = offsetof(struct raw_config, ipvs.present),
      .sub = &config_schema_ipvs,
      .help = "The kernel's virtual servers on this host; absent = IPVS is left alone." },
    { .key = "keys", .type = SCHEMA_LATER },
    END,
};

const struct schema config_schema = { .title = "gslb.json",
                                      .size = sizeof(struct raw_config),
                                      .items = root_items };
