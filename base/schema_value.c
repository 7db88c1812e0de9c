// SPDX-License-Identifier: BSD-2-Clause
#include "base/schema_value.h"

#include "base/addr.h"
#include "base/parse.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a value of the document is quoted in a message: never more than this of it. */
#define QUOTED "\"%.80s\""

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
        return "a number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

bool schema_type_error(struct schema_context *ctx, json_t *value, const char *path,
                       const char *wanted)
{
    json_error(ctx->doc, ctx->errors, path, "must be %s, not %s", wanted, kind_of(value));
    return false;
}

/* --- words --- */

const char *const *schema_words(const struct schema_item *item)
{
    return item->word_list != NULL ? item->word_list() : item->words;
}

int schema_word_index(const char *const *words, const char *word)
{
    for (int i = 0; words != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

#define WORD_MAX 48

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned low = a < b ? a : b;
    return low < c ? low : c;
}

/* Letters to change, add, drop or swap with their neighbour (optimal string alignment). */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX + 1];
    for (unsigned k = 0; k <= b_length; k++)
        rows[0][k] = k;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned k = 1; k <= b_length; k++) {
            unsigned change = a[i - 1] == b[k - 1] ? 0 : 1;
            row[k] = smallest(above[k] + 1, row[k - 1] + 1, above[k - 1] + change);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = smallest(row[k], above2[k - 2] + 1, row[k]);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *schema_nearest(const char *word, const char *const *words, size_t count)
{
    size_t length = strlen(word);
    /* Short words are near to everything: two letters need one in common place at least. */
    unsigned best = length < 3 ? 1 : length < 5 ? 2 : 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < count && length <= WORD_MAX; i++) {
        size_t other = strlen(words[i]);
        unsigned changes = other > WORD_MAX ? best : distance(word, length, words[i], other);
        if (changes < best) {
            best = changes;
            nearest = words[i];
        }
    }
    return nearest;
}

static size_t count_words(const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    return count;
}

static void join_words(const char *const *words, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; words[i] != NULL && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", words[i]);
}

static bool read_word(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                      const char *path, int *out)
{
    const char *const *words = schema_words(item);
    char list[512];
    join_words(words, list, sizeof(list));
    const char *word = json_string_value(value);
    if (word == NULL) {
        json_error(ctx->doc, ctx->errors, path, "must be one of %s, not %s", list, kind_of(value));
        return false;
    }
    int index = schema_word_index(words, word);
    if (index >= 0) {
        *out = index;
        return true;
    }
    const char *nearest = schema_nearest(word, words, count_words(words));
    if (schema_word_index(item->later, word) >= 0)
        json_error(ctx->doc, ctx->errors, path,
                   "\"%s\" is not implemented yet in this version; there are %s", word, list);
    else if (nearest != NULL)
        json_error(ctx->doc, ctx->errors, path, QUOTED " is none of %s; did you mean \"%s\"?", word,
                   list, nearest);
    else
        json_error(ctx->doc, ctx->errors, path, QUOTED " is none of %s", word, list);
    return false;
}

/* --- numbers and durations --- */

static bool read_uint(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                      const char *path, uint64_t *out)
{
    if (!json_is_integer(value))
        return schema_type_error(ctx, value, path, "a whole number");
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number < item->min)
        json_error(ctx->doc, ctx->errors, path,
                   "%" JSON_INTEGER_FORMAT " is below the minimum %" PRIu64, number, item->min);
    else if (item->max != 0 && (uint64_t)number > item->max)
        json_error(ctx->doc, ctx->errors, path,
                   "%" JSON_INTEGER_FORMAT " is above the maximum %" PRIu64, number, item->max);
    else {
        *out = (uint64_t)number;
        return true;
    }
    return false;
}

void schema_print_duration(uint64_t ms, char *out)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
    size_t i = 0;
    while (ms % units[i].ms != 0)
        i++;
    i = ms == 0 ? 3 : i;
    (void)snprintf(out, 32, "%" PRIu64 "%s", ms / units[i].ms, units[i].unit);
}

/* More than any limit of a row, and exact as a double. */
#define SECONDS_MAX 1e12

static bool duration_of(const json_t *value, uint64_t *ms)
{
    if (json_is_string(value))
        return parse_duration_ms(json_string_value(value), ms);
    double seconds = json_number_value(value);
    if (!(seconds >= 0 && seconds <= SECONDS_MAX))
        return false;
    *ms = (uint64_t)llround(seconds * 1000);
    return true;
}

static bool read_duration(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                          const char *path, uint64_t *out)
{
    static const char wanted[] =
        "a duration such as \"500ms\", \"2s\", \"10m\", \"1h\", \"1d\" or a "
        "number of seconds";
    uint64_t ms = 0;
    if (!json_is_string(value) && !json_is_number(value))
        return schema_type_error(ctx, value, path, wanted);
    char *given = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    char limit[32];
    bool good = false;
    if (!duration_of(value, &ms)) {
        json_error(ctx->doc, ctx->errors, path, "%.80s is not %s", given, wanted);
    } else if (ms < item->min) {
        schema_print_duration(item->min, limit);
        json_error(ctx->doc, ctx->errors, path, "%s is below the minimum %s", given, limit);
    } else if (item->max != 0 && ms > item->max) {
        schema_print_duration(item->max, limit);
        json_error(ctx->doc, ctx->errors, path, "%s is above the maximum %s", given, limit);
    } else {
        *out = ms;
        good = true;
    }
    free(given); /* jansson's allocator is malloc */
    return good;
}

/* --- text and what is written as text --- */

/* NULL when it added an error. */
static const char *text_of(struct schema_context *ctx, const struct schema_item *item,
                           json_t *value, const char *path, const char *wanted)
{
    const char *text = json_string_value(value);
    if (text == NULL) {
        (void)schema_type_error(ctx, value, path, wanted);
    } else if ((item->flags & SCHEMA_NONEMPTY) != 0 && *text == '\0') {
        json_error(ctx->doc, ctx->errors, path, "must not be empty");
        text = NULL;
    } else if (item->max != 0 && json_string_length(value) > item->max) {
        json_error(ctx->doc, ctx->errors, path, "is longer than %" PRIu64 " bytes", item->max);
        text = NULL;
    }
    return text;
}

const char *schema_path(struct schema_context *ctx, const char *text)
{
    const char *folder = ctx->folder;
    if (text[0] == '/' || folder == NULL || *folder == '\0' || strcmp(folder, ".") == 0)
        return arena_strdup(ctx->arena, text);
    struct strbuf path;
    strbuf_init(&path);
    strbuf_addf(&path, "%s/%s", folder, text);
    const char *result = arena_strdup(ctx->arena, path.text);
    strbuf_fini(&path);
    return result;
}

static bool read_string(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                        const char *path, const char **out)
{
    const char *text = text_of(ctx, item, value, path, "text");
    if (text == NULL)
        return false;
    *out = arena_strdup(ctx->arena, text);
    return true;
}

static bool read_path(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                      const char *path, const char **out)
{
    const char *text = text_of(ctx, item, value, path, "a path");
    if (text != NULL && *text == '\0') {
        json_error(ctx->doc, ctx->errors, path, "must not be empty");
        text = NULL;
    }
    if (text == NULL)
        return false;
    *out = schema_path(ctx, text);
    return true;
}

static bool read_ref(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                     const char *path, struct schema_named *out)
{
    const char *text = text_of(ctx, item, value, path, "a name");
    if (text == NULL)
        return false;
    *out = (struct schema_named){ .name = arena_strdup(ctx->arena, text),
                                  .path = arena_strdup(ctx->arena, path) };
    return true;
}

static bool read_address(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                         const char *path, struct addr *out)
{
    static const char wanted[] = "an IPv4 or IPv6 address";
    struct addr addr;
    const char *text = text_of(ctx, item, value, path, wanted);
    if (text == NULL)
        return false;
    if (!addr_parse(text, &addr)) {
        json_error(ctx->doc, ctx->errors, path, QUOTED " is not %s", text, wanted);
        return false;
    }
    *out = addr;
    return true;
}

static bool read_prefix(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                        const char *path, struct prefix *out)
{
    struct prefix prefix;
    const char *text = text_of(ctx, item, value, path, "a prefix such as \"192.0.2.0/24\"");
    if (text == NULL)
        return false;
    if (!prefix_parse(text, &prefix)) {
        json_error(ctx->doc, ctx->errors, path,
                   QUOTED " is not a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\", with "
                          "all bits beyond its length zero",
                   text);
        return false;
    }
    *out = prefix;
    return true;
}

static bool read_endpoint(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                          const char *path, struct endpoint *out)
{
    static const char wanted[] = "an address with port such as \"192.0.2.1:53\" or "
                                 "\"[2001:db8::1]:53\"";
    struct endpoint endpoint;
    const char *text = text_of(ctx, item, value, path, wanted);
    if (text == NULL)
        return false;
    if (!endpoint_parse(text, &endpoint) || endpoint.port == 0) {
        json_error(ctx->doc, ctx->errors, path, QUOTED " is not %s", text, wanted);
        return false;
    }
    *out = endpoint;
    return true;
}

static bool read_bool(struct schema_context *ctx, json_t *value, const char *path, bool *out)
{
    if (!json_is_boolean(value))
        return schema_type_error(ctx, value, path, "true or false");
    *out = json_is_true(value);
    return true;
}

/* --- by type --- */

bool schema_read_scalar(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                        const char *path, void *out)
{
    switch (item->type) {
    case SCHEMA_BOOL:
        return read_bool(ctx, value, path, out);
    case SCHEMA_UINT:
        return read_uint(ctx, item, value, path, out);
    case SCHEMA_DURATION:
        return read_duration(ctx, item, value, path, out);
    case SCHEMA_STRING:
        return read_string(ctx, item, value, path, out);
    case SCHEMA_PATH:
        return read_path(ctx, item, value, path, out);
    case SCHEMA_ENUM:
        return read_word(ctx, item, value, path, out);
    case SCHEMA_ADDRESS:
        return read_address(ctx, item, value, path, out);
    case SCHEMA_PREFIX:
        return read_prefix(ctx, item, value, path, out);
    case SCHEMA_ENDPOINT:
        return read_endpoint(ctx, item, value, path, out);
    case SCHEMA_REF:
        return read_ref(ctx, item, value, path, out);
    case SCHEMA_OBJECT:
    case SCHEMA_LIST:
    case SCHEMA_MAP:
    case SCHEMA_CUSTOM:
    case SCHEMA_LATER:
        break;
    }
    return false;
}

size_t schema_value_size(const struct schema_item *item)
{
    switch (item->type) {
    case SCHEMA_BOOL:
        return sizeof(bool);
    case SCHEMA_UINT:
    case SCHEMA_DURATION:
        return sizeof(uint64_t);
    case SCHEMA_STRING:
    case SCHEMA_PATH:
        return sizeof(const char *);
    case SCHEMA_ENUM:
        return sizeof(int);
    case SCHEMA_ADDRESS:
        return sizeof(struct addr);
    case SCHEMA_PREFIX:
        return sizeof(struct prefix);
    case SCHEMA_ENDPOINT:
        return sizeof(struct endpoint);
    case SCHEMA_REF:
        return sizeof(struct schema_named);
    case SCHEMA_OBJECT:
    case SCHEMA_CUSTOM:
        return item->sub->size;
    case SCHEMA_LIST:
        return sizeof(struct schema_list);
    case SCHEMA_MAP:
        return sizeof(struct schema_map);
    case SCHEMA_LATER:
        break;
    }
    return 0;
}
