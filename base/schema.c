// SPDX-License-Identifier: BSD-2-Clause
#include "base/schema.h"

#include "base/schema_value.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The functions of this file call each other as deep as the tables are nested, which is a matter of
 * the program and not of its input. */
// NOLINTBEGIN(misc-no-recursion)

#define VALUE_ALIGN _Alignof(max_align_t)

static void *field(void *out, size_t offset)
{
    return (char *)out + offset;
}

/* --- defaults --- */

static void fill_defaults(struct schema_context *ctx, const struct schema_item *items, void *out)
{
    for (const struct schema_item *item = items; item->key != NULL; item++) {
        if (item->type == SCHEMA_OBJECT)
            fill_defaults(ctx, item->sub->items, field(out, item->offset));
        if (item->fallback == NULL)
            continue;
        json_t *value = json_loads(item->fallback, JSON_DECODE_ANY, NULL);
        if (value == NULL ||
            !schema_read_value(ctx, item, value, item->key, field(out, item->offset)))
            abort(); /* the table is wrong */
        json_decref(value);
    }
}

/* --- keys --- */

static const struct schema_item *find_item(const struct schema_item *items, const char *key)
{
    for (const struct schema_item *item = items; item->key != NULL; item++) {
        if (strcmp(item->key, key) == 0)
            return item;
    }
    return NULL;
}

#define WORDS_MAX 64

struct words {
    const char *list[WORDS_MAX];
    size_t count;
};

static void add_keys(struct words *words, const struct schema_item *items)
{
    for (const struct schema_item *item = items; item->key != NULL && words->count < WORDS_MAX;
         item++)
        words->list[words->count++] = item->key;
}

/* Which rows hold for one object. */
struct rows {
    const struct schema *schema;
    const struct schema *variant; /* NULL: none, or not known */
    const char *variant_name;
};

static void unknown_key(struct schema_context *ctx, const struct rows *rows, const char *path,
                        const char *key)
{
    struct words words = { .count = 0 };
    add_keys(&words, rows->schema->items);
    if (rows->variant != NULL)
        add_keys(&words, rows->variant->items);
    const char *nearest = schema_nearest(key, words.list, words.count);
    if (nearest != NULL) {
        json_error_key(ctx->doc, ctx->errors, path, "unknown key, did you mean \"%s\"?", nearest);
        return;
    }
    struct strbuf known;
    strbuf_init(&known);
    for (size_t i = 0; i < words.count; i++)
        strbuf_addf(&known, "%s%s", i == 0 ? "" : ", ", words.list[i]);
    json_error_key(ctx->doc, ctx->errors, path, "unknown key; there are %s", known.text);
    strbuf_fini(&known);
}

/* The variant other than the object's own that has such a row. */
static const struct schema *other_variant(const struct schema *schema, const char *key)
{
    for (size_t i = 0; schema->variants != NULL && schema->variants[i] != NULL; i++) {
        if (find_item(schema->variants[i]->items, key) != NULL)
            return schema->variants[i];
    }
    return NULL;
}

/* Complains about a key that no row has. When it is not known which variant is meant, that was
 * complained about already and its keys cannot be judged. */
static bool refuse_key(struct schema_context *ctx, const struct rows *rows, const char *path,
                       const char *key)
{
    const struct schema *schema = rows->schema;
    if (schema->variant != NULL && rows->variant == NULL)
        return true;
    const struct schema *other = other_variant(schema, key);
    if (other != NULL)
        json_error_key(ctx->doc, ctx->errors, path, "not a key of %s \"%s\", but of \"%s\"",
                       schema->variant, rows->variant_name, other->title);
    else
        unknown_key(ctx, rows, path, key);
    return false;
}

static struct rows rows_of(const struct schema *schema, const json_t *object)
{
    struct rows rows = { .schema = schema };
    if (schema->variant == NULL)
        return rows;
    const struct schema_item *item = find_item(schema->items, schema->variant);
    const char *word = json_string_value(json_object_get(object, schema->variant));
    int index = item == NULL || word == NULL ? -1 : schema_word_index(schema_words(item), word);
    if (index >= 0) {
        rows.variant = schema->variants[index];
        rows.variant_name = word;
    }
    return rows;
}

/* --- objects --- */

static bool is_absent(const struct schema_item *item, const json_t *value)
{
    return value == NULL || (json_is_null(value) && (item->flags & SCHEMA_NULLABLE) != 0);
}

static bool read_key(struct schema_context *ctx, const struct rows *rows, const char *key,
                     json_t *value, const char *parent, void *out)
{
    char path[JSON_PATH_MAX];
    (void)json_path_key(path, sizeof(path), parent, key);
    const struct schema_item *item = find_item(rows->schema->items, key);
    if (item == NULL && rows->variant != NULL)
        item = find_item(rows->variant->items, key);
    if (item == NULL)
        return refuse_key(ctx, rows, path, key);
    if (is_absent(item, value))
        return true;
    if (item->present != 0)
        *(bool *)field(out, item->present) = true;
    return schema_read_value(ctx, item, value, path, field(out, item->offset));
}

static bool check_required(struct schema_context *ctx, const struct schema_item *items,
                           const json_t *object, const char *parent)
{
    bool good = true;
    for (const struct schema_item *item = items; item->key != NULL; item++) {
        if ((item->flags & SCHEMA_REQUIRED) == 0 ||
            !is_absent(item, json_object_get(object, item->key)))
            continue;
        char path[JSON_PATH_MAX];
        (void)json_path_key(path, sizeof(path), parent, item->key);
        json_error(ctx->doc, ctx->errors, path, "is required, but missing");
        good = false;
    }
    return good;
}

static bool read_object(struct schema_context *ctx, const struct schema *schema, json_t *value,
                        const char *path, void *out)
{
    fill_defaults(ctx, schema->items, out);
    if (!json_is_object(value))
        return schema_type_error(ctx, value, path, "an object");
    struct rows rows = rows_of(schema, value);
    if (rows.variant != NULL)
        fill_defaults(ctx, rows.variant->items, out);
    bool good = true;
    const char *key = NULL;
    json_t *member = NULL;
    json_object_foreach (value, key, member)
        good = read_key(ctx, &rows, key, member, path, out) && good;
    good = check_required(ctx, schema->items, value, path) && good;
    if (rows.variant != NULL)
        good = check_required(ctx, rows.variant->items, value, path) && good;
    return good;
}

bool schema_read(struct schema_context *ctx, const struct schema *schema, json_t *value,
                 const char *path, void *out)
{
    memset(out, 0, schema->size);
    return read_object(ctx, schema, value, path, out);
}

/* --- lists and maps --- */

static bool check_nonempty(struct schema_context *ctx, const struct schema_item *item, size_t count,
                           const char *path)
{
    if (count > 0 || (item->flags & SCHEMA_NONEMPTY) == 0)
        return true;
    json_error(ctx->doc, ctx->errors, path, "must not be empty");
    return false;
}

static bool read_list(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                      const char *path, struct schema_list *out)
{
    bool one = (item->flags & SCHEMA_OR_ONE) != 0 && !json_is_array(value);
    if (!one && !json_is_array(value))
        return schema_type_error(ctx, value, path, "a list");
    size_t count = one ? 1 : json_array_size(value);
    size_t size = schema_value_size(item->element);
    char *items = arena_alloc_array(ctx->arena, count, size, VALUE_ALIGN);
    *out = (struct schema_list){ .items = items, .count = count };
    bool good = check_nonempty(ctx, item, count, path);
    for (size_t i = 0; i < count; i++) {
        char element[JSON_PATH_MAX];
        (void)json_path_index(element, sizeof(element), path, i);
        good = schema_read_value(ctx, item->element, one ? value : json_array_get(value, i),
                                 one ? path : element, items + i * size) &&
               good;
    }
    return good;
}

static bool is_name(const char *key)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = strlen(key);
    return length >= 1 && length <= 63 && strchr(first, key[0]) != NULL &&
           strspn(key, more) == length;
}

static bool read_entry(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                       const char *path, void *out)
{
    const struct schema_item *first = item->sub->items;
    if ((item->flags & SCHEMA_OR_FIRST) == 0 || !json_is_string(value))
        return read_object(ctx, item->sub, value, path, out);
    fill_defaults(ctx, item->sub->items, out);
    if (first->present != 0)
        *(bool *)field(out, first->present) = true;
    return schema_read_value(ctx, first, value, path, field(out, first->offset));
}

/* Entries with errors stay, so that names which refer to them are not called dangling. */
static bool read_map(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                     const char *parent, struct schema_map *out)
{
    if (!json_is_object(value))
        return schema_type_error(ctx, value, parent, "an object keyed by name");
    size_t count = json_object_size(value);
    char *items = arena_alloc_array(ctx->arena, count, item->sub->size, VALUE_ALIGN);
    *out = (struct schema_map){ .items = items };
    bool good = check_nonempty(ctx, item, count, parent);
    const char *key = NULL;
    json_t *member = NULL;
    json_object_foreach (value, key, member) {
        char path[JSON_PATH_MAX];
        (void)json_path_key(path, sizeof(path), parent, key);
        struct schema_named *named = (void *)(items + out->count++ * item->sub->size);
        if ((item->flags & SCHEMA_ANY_NAME) == 0 && !is_name(key)) {
            json_error_key(ctx->doc, ctx->errors, path,
                           "a name has 1 to 63 letters, digits, \".\", \"_\" and \"-\", and begins "
                           "with none of \".\" and \"-\"");
            good = false;
        }
        good = read_entry(ctx, item, member, path, named) && good;
        named->name = arena_strdup(ctx->arena, key);
        named->path = arena_strdup(ctx->arena, path);
        named->unread = !json_is_object(member) &&
                        !((item->flags & SCHEMA_OR_FIRST) != 0 && json_is_string(member));
    }
    return good;
}

/* --- by type --- */

bool schema_read_value(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                       const char *path, void *out)
{
    switch ((int)item->type) {
    case SCHEMA_OBJECT:
        return read_object(ctx, item->sub, value, path, out);
    case SCHEMA_LIST:
        return read_list(ctx, item, value, path, out);
    case SCHEMA_MAP:
        return read_map(ctx, item, value, path, out);
    case SCHEMA_CUSTOM:
        return item->parse(ctx, item, value, path, out);
    case SCHEMA_LATER:
        json_error_key(ctx->doc, ctx->errors, path, "not implemented yet in this version");
        return false;
    default:
        return schema_read_scalar(ctx, item, value, path, out);
    }
}

/* --- what a reload may not change --- */

/* The value that counts, wrapped so that "a" and ["a"] are the same where they mean the same;
 * returns a reference, or NULL. */
static json_t *effective(const struct schema_item *item, const json_t *object, bool fallback)
{
    json_t *value = json_object_get(object, item->key);
    if (!is_absent(item, value))
        json_incref(value);
    else
        value = fallback && item->fallback != NULL
                    ? json_loads(item->fallback, JSON_DECODE_ANY, NULL)
                    : NULL;
    if (value == NULL || item->type != SCHEMA_LIST || json_is_array(value))
        return value;
    return json_pack("[o]", value);
}

static bool same_row(struct schema_context *ctx, const struct schema_item *item, json_t *before,
                     json_t *after, bool fallback_before, bool fallback_after, const char *path)
{
    json_t *old = effective(item, before, fallback_before);
    json_t *new = effective(item, after, fallback_after);
    bool same = old == NULL || new == NULL ? old == new : json_equal(old, new) != 0;
    if (!same)
        json_error(ctx->doc, ctx->errors, path, "a change here needs a restart (restart needed)");
    json_decref(old);
    json_decref(new);
    return same;
}

static bool same_rows(struct schema_context *ctx, const struct schema *schema, json_t *before,
                      json_t *after, bool fallback_before, bool fallback_after, const char *parent)
{
    bool good = true;
    for (const struct schema_item *item = schema->items; item->key != NULL; item++) {
        char path[JSON_PATH_MAX];
        (void)json_path_key(path, sizeof(path), parent, item->key);
        if ((item->flags & SCHEMA_START_ONLY) != 0) {
            good =
                same_row(ctx, item, before, after, fallback_before, fallback_after, path) && good;
        } else if (item->type == SCHEMA_OBJECT) {
            json_t *old = json_object_get(before, item->key);
            json_t *new = json_object_get(after, item->key);
            /* Where an absent section means "none of this", its defaults do not hold. */
            bool optional = item->present != 0;
            good = same_rows(ctx, item->sub, old, new, !(optional && is_absent(item, old)),
                             !(optional && is_absent(item, new)), path) &&
                   good;
        }
    }
    return good;
}

bool schema_same_start_only(struct schema_context *ctx, const struct schema *schema, json_t *before,
                            json_t *after, const char *path)
{
    return same_rows(ctx, schema, before, after, true, true, path);
}

// NOLINTEND(misc-no-recursion)
