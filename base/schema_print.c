// SPDX-License-Identifier: BSD-2-Clause
#include "base/schema.h"

#include "base/schema_value.h"

#include <inttypes.h>

/* As deep as the tables, not as any input. */
// NOLINTBEGIN(misc-no-recursion)

static void print_words(const char *const *words, struct strbuf *out)
{
    for (size_t i = 0; words[i] != NULL; i++)
        strbuf_addf(out, "%s\"%s\"", i == 0 ? "" : " | ", words[i]);
}

static const char *type_name(const struct schema_item *item)
{
    switch (item->type) {
    case SCHEMA_BOOL:
        return "true | false";
    case SCHEMA_UINT:
        return "whole number";
    case SCHEMA_DURATION:
        return "duration";
    case SCHEMA_STRING:
        return "text";
    case SCHEMA_PATH:
        return "path";
    case SCHEMA_ADDRESS:
        return "IP address";
    case SCHEMA_PREFIX:
        return "ADDRESS/BITS";
    case SCHEMA_ENDPOINT:
        return "ADDRESS:PORT";
    case SCHEMA_REF:
        return "name";
    case SCHEMA_OBJECT:
        return "object";
    case SCHEMA_MAP:
        return "object keyed by name";
    case SCHEMA_CUSTOM:
        return item->sub == NULL ? "value" : item->sub->title;
    case SCHEMA_ENUM:
    case SCHEMA_LIST:
    case SCHEMA_LATER:
        break;
    }
    return "";
}

static void print_type(const struct schema_item *item, struct strbuf *out)
{
    if (item->type == SCHEMA_ENUM) {
        print_words(schema_words(item), out);
    } else if (item->type == SCHEMA_LIST) {
        strbuf_add(out, (item->flags & SCHEMA_OR_ONE) != 0 ? "one or a list of: " : "list of: ");
        print_type(item->element, out);
    } else {
        strbuf_add(out, type_name(item));
    }
}

static void print_limit(const struct schema_item *item, uint64_t value, struct strbuf *out)
{
    char text[32];
    if (item->type == SCHEMA_DURATION) {
        schema_print_duration(value, text);
        strbuf_add(out, text);
    } else {
        strbuf_addf(out, "%" PRIu64, value);
    }
}

static void print_range(const struct schema_item *item, struct strbuf *out)
{
    if (item->type == SCHEMA_STRING && item->max != 0)
        strbuf_addf(out, ", at most %" PRIu64 " bytes", item->max);
    if (item->type != SCHEMA_UINT && item->type != SCHEMA_DURATION)
        return;
    if (item->max == 0 && item->min == 0)
        return;
    strbuf_add(out, item->max == 0 ? ", from " : ", ");
    print_limit(item, item->min, out);
    if (item->max != 0) {
        strbuf_add(out, " to ");
        print_limit(item, item->max, out);
    }
}

static void print_flags(const struct schema_item *item, struct strbuf *out)
{
    if ((item->flags & SCHEMA_NULLABLE) != 0)
        strbuf_add(out, " | null");
    if ((item->flags & SCHEMA_NONEMPTY) != 0)
        strbuf_add(out, ", not empty");
    if ((item->flags & SCHEMA_REQUIRED) != 0)
        strbuf_add(out, "; required");
    if (item->fallback != NULL)
        strbuf_addf(out, "; default %s", item->fallback);
    if ((item->flags & SCHEMA_START_ONLY) != 0)
        strbuf_add(out, "; a change needs a restart");
}

static void print_later(const struct schema_item *item, struct strbuf *out)
{
    if (item->later == NULL)
        return;
    strbuf_add(out, "    Not implemented yet: ");
    print_words(item->later, out);
    strbuf_add(out, "\n");
}

static void print_rows(const struct schema *schema, const char *parent, const char *variant,
                       struct strbuf *out);

static void print_children(const struct schema_item *item, const char *path, struct strbuf *out)
{
    char name[JSON_PATH_MAX];
    if (item->type == SCHEMA_OBJECT) {
        schema_print(item->sub, path, out);
    } else if (item->type == SCHEMA_MAP) {
        (void)json_path_key(name, sizeof(name), path, "NAME");
        schema_print(item->sub, name, out);
    } else if (item->type == SCHEMA_LIST && item->element->type == SCHEMA_OBJECT) {
        (void)json_path_index(name, sizeof(name), path, 0);
        schema_print(item->element->sub, name, out);
    }
}

static void print_row(const struct schema_item *item, const char *path, const char *variant,
                      struct strbuf *out)
{
    strbuf_add(out, path);
    if (variant != NULL)
        strbuf_addf(out, " (%s)", variant);
    strbuf_add(out, "\n    ");
    if (item->type == SCHEMA_LATER) {
        strbuf_add(out, "Not implemented yet in this version.\n");
    } else {
        print_type(item, out);
        print_range(item, out);
        print_flags(item, out);
        strbuf_add(out, "\n");
        print_later(item, out);
    }
    if (item->help != NULL)
        strbuf_addf(out, "    %s\n", item->help);
    print_children(item, path, out);
}

static void print_rows(const struct schema *schema, const char *parent, const char *variant,
                       struct strbuf *out)
{
    for (const struct schema_item *item = schema->items; item->key != NULL; item++) {
        char path[JSON_PATH_MAX];
        (void)json_path_key(path, sizeof(path), parent, item->key);
        print_row(item, path, variant, out);
    }
}

void schema_print(const struct schema *schema, const char *path, struct strbuf *out)
{
    print_rows(schema, path, NULL, out);
    for (size_t i = 0; schema->variants != NULL && schema->variants[i] != NULL; i++) {
        struct strbuf label;
        strbuf_init(&label);
        strbuf_addf(&label, "%s %s", schema->variant, schema->variants[i]->title);
        print_rows(schema->variants[i], path, label.text, out);
        strbuf_fini(&label);
    }
}

// NOLINTEND(misc-no-recursion)
