// SPDX-License-Identifier: BSD-2-Clause
/* $ORIGIN, $INCLUDE (RFC 1035 section 5.1), $TTL (RFC 2308 section 4), $GENERATE (BIND). */
#include "base/mem.h"
#include "zones/scanner.h"

#include <string.h>
#include <strings.h>

struct directive {
    const char *name;
    void (*run)(struct scan *scan);
    size_t least; /* tokens, the directive itself included */
    size_t most;
    const char *form;
};

static bool read_origin(struct scan *scan, const struct rdata_token *token, uint8_t *out)
{
    const char *problem = NULL;
    if (name_from_text(token->text, token->length, scan->origin, out, &problem) > 0)
        return true;
    scan_error(scan, token->line, "'%.*s' is not a name: %s",
               token->length > 64 ? 64 : (int)token->length, token->text, problem);
    return false;
}

static void run_origin(struct scan *scan)
{
    uint8_t origin[NAME_MAX_LEN];
    if (read_origin(scan, &scan->entry.tokens[1], origin))
        memcpy(scan->origin, origin, name_length(origin));
}

static void run_ttl(struct scan *scan)
{
    uint32_t ttl = 0;
    const struct rdata_token *token = &scan->entry.tokens[1];
    if (token->quoted || !ttl_parse(token->text, token->length, &ttl)) {
        scan_error(scan, token->line, "'%.*s' is not a TTL (such as 3600 or 1h)",
                   token->length > 64 ? 64 : (int)token->length, token->text);
        return;
    }
    scan->default_ttl = ttl > TTL_MAX ? 0 : ttl; /* RFC 2181 section 8 */
    scan->default_ttl_known = true;
}

/* `name` as seen from the folder of the file that includes it; returns owned. */
static char *join(const char *including, const struct rdata_token *name)
{
    const char *slash = strrchr(including, '/');
    size_t folder = slash == NULL || name->text[0] == '/' ? 0 : (size_t)(slash - including) + 1;
    char *path = mem_alloc(folder + name->length + 1);
    memcpy(path, including, folder);
    memcpy(path + folder, name->text, name->length);
    return path;
}

static void run_include(struct scan *scan)
{
    uint8_t origin[NAME_MAX_LEN];
    const struct rdata_token *name = &scan->entry.tokens[1];
    unsigned line = name->line;
    memcpy(origin, scan->origin, sizeof(origin));
    if (scan->level->source.fd < 0) {
        scan_error(scan, line, "$INCLUDE works in files only");
        return;
    }
    if (name->length == 0 || memchr(name->text, '\0', name->length) != NULL) {
        scan_error(scan, line, "$INCLUDE needs the name of a file");
        return;
    }
    if (scan->entry.count > 2 && !read_origin(scan, &scan->entry.tokens[2], origin))
        return;
    char *path = join(scan->level->file, name);
    if (scan_push(scan, path, line))
        memcpy(scan->origin, origin, sizeof(scan->origin));
    mem_free(path);
}

static const struct directive directives[] = {
    { "$ORIGIN", run_origin, 2, 2, "$ORIGIN name" },
    { "$TTL", run_ttl, 2, 2, "$TTL period" },
    { "$INCLUDE", run_include, 2, 3, "$INCLUDE file [origin]" },
    { "$GENERATE", scan_generate, 5, 7,
      "$GENERATE start-stop[/step] owner [TTL] [class] type rdata, the rdata in quotes when it has "
      "spaces" },
};

void scan_directive(struct scan *scan)
{
    const struct rdata_token *name = &scan->entry.tokens[0];
    for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
        const struct directive *directive = &directives[i];
        if (strlen(directive->name) != name->length ||
            strncasecmp(directive->name, name->text, name->length) != 0)
            continue;
        if (scan->entry.count < directive->least || scan->entry.count > directive->most)
            scan_error(scan, scan->entry.line, "the form is: %s", directive->form);
        else
            directive->run(scan);
        return;
    }
    scan_error(scan, scan->entry.line, "unknown directive '%.*s'",
               name->length > 64 ? 64 : (int)name->length, name->text);
}
