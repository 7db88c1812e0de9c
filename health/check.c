// SPDX-License-Identifier: BSD-2-Clause
#include "health/check.h"

#include "base/compiler.h"
#include "base/parse.h"
#include "health/check_http.h"
#include "health/check_tcp.h"

#include <inttypes.h>
#include <string.h>

/* By enum check_type_id. */
static const struct check_type *const types[] = {
    [CHECK_TCP] = &check_tcp_type,
    [CHECK_HTTP] = &check_http_type,
};

const struct check_type *check_type_get(enum check_type_id id)
{
    return types[id];
}

bool check_type_find(const char *name, enum check_type_id *id)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(types[i]->name, name) == 0) {
            *id = (enum check_type_id)i;
            return true;
        }
    }
    return false;
}

const char *check_copy_text(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strdup(arena, text) : NULL;
}

struct check *check_copy(struct arena *arena, const struct check *check)
{
    struct check *copy = arena_dup(arena, check, sizeof(*check), _Alignof(struct check));
    copy->name = check_copy_text(arena, check->name);
    types[check->type]->copy_args(arena, copy);
    return copy;
}

struct endpoint check_target(const struct check *check, const struct endpoint *member)
{
    struct endpoint target = *member;
    if (check->has_address)
        target.addr = check->address;
    if (check->port != 0)
        target.port = check->port;
    if (target.port == 0)
        target.port = types[check->type]->default_port;
    return target;
}

/* With its length, so that no text can look like the next key. */
void check_print_text(struct strbuf *out, const char *key, const char *text)
{
    if (text == NULL)
        strbuf_addf(out, " %s=-", key);
    else
        strbuf_addf(out, " %s=%zu:%s", key, strlen(text), text);
}

char *check_identity(const struct check *check, const struct endpoint *target)
{
    struct endpoint effective = check_target(check, target);
    char where[ENDPOINT_TEXT_MAX];
    endpoint_print(&effective, where);

    struct strbuf out;
    strbuf_init(&out);
    strbuf_addf(&out, "%s %s %" PRIu64 "/%" PRIu64 "/%" PRIu64 " %u/%u", types[check->type]->name,
                where, check->interval_ms, check->timeout_ms, check->confirm_interval_ms,
                check->limits.fall, check->limits.rise);
    types[check->type]->print_args(&out, check);
    char *text = strbuf_take(&out);
    strbuf_fini(&out);
    return text;
}

/* One "200" or "200-299" of `length` bytes. */
static bool status_range(const char *text, size_t length, uint64_t *low, uint64_t *high)
{
    const char *dash = memchr(text, '-', length);
    size_t first = dash != NULL ? (size_t)(dash - text) : length;
    if (first != 3 || !parse_u64(text, first, 599, low))
        return false;
    *high = *low;
    if (dash != NULL && (length != 7 || !parse_u64(dash + 1, 3, 599, high)))
        return false;
    return *low >= 100 && *low <= *high;
}

bool check_status_parse(const char *text, uint8_t set[75])
{
    uint8_t parsed[75] = { 0 };
    for (;;) {
        size_t length = strcspn(text, ",");
        uint64_t low = 0;
        uint64_t high = 0;
        if (!status_range(text, length, &low, &high))
            return false;
        for (uint64_t code = low; code <= high; code++)
            parsed[code / 8] = (uint8_t)(parsed[code / 8] | 1U << (code % 8));
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    memcpy(set, parsed, sizeof(parsed));
    return true;
}
