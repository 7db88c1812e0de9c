// SPDX-License-Identifier: BSD-2-Clause
#include "base/schema.h"

#include "base/addr.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a table with every kind of row --- */

struct inner {
    uint64_t number;
    const char *must;
};

struct thing {
    struct schema_named named;
    const char *text;
    uint64_t size;
    bool size_given;
};

struct shape {
    struct schema_named named;
    int kind;
    uint64_t common;
    uint64_t radius;
    uint64_t side;
};

struct all {
    bool flag;
    uint64_t count;
    uint64_t pause;
    struct schema_list list;
    struct schema_list many;
    struct inner inner;
    struct inner extra;
    bool extra_given;
    struct schema_map things;
    struct schema_map free_names;
    struct schema_map shapes;
    uint64_t length; /* CUSTOM: of a text */
    const char *maybe;
    bool maybe_given;
};

static const struct schema_item inner_items[] = {
    { .key = "number",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct inner, number),
      .fallback = "7" },
    { .key = "must",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct inner, must) },
    { .key = NULL },
};
static const struct schema inner_schema = { "inner", sizeof(struct inner), inner_items, NULL,
                                            NULL };

static const struct schema_item thing_items[] = {
    { .key = "text", .type = SCHEMA_STRING, .offset = offsetof(struct thing, text) },
    { .key = "size",
      .type = SCHEMA_UINT,
      .offset = offsetof(struct thing, size),
      .present = offsetof(struct thing, size_given),
      .min = 1,
      .max = 9 },
    { .key = NULL },
};
static const struct schema thing_schema = { "thing", sizeof(struct thing), thing_items, NULL,
                                            NULL };

static const char *const kinds[] = { "circle", "square", NULL };
static const char *const kinds_later[] = { "blob", NULL };
static const struct schema_item circle_items[] = {
    { .key = "radius",
      .type = SCHEMA_UINT,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct shape, radius) },
    { .key = NULL },
};
static const struct schema_item square_items[] = {
    { .key = "side", .type = SCHEMA_UINT, .offset = offsetof(struct shape, side), .fallback = "4" },
    { .key = NULL },
};
static const struct schema circle = { "circle", sizeof(struct shape), circle_items, NULL, NULL };
static const struct schema square = { "square", sizeof(struct shape), square_items, NULL, NULL };
static const struct schema *const variants[] = { &circle, &square, NULL };
static const struct schema_item shape_items[] = {
    { .key = "kind",
      .type = SCHEMA_ENUM,
      .flags = SCHEMA_REQUIRED,
      .offset = offsetof(struct shape, kind),
      .words = kinds,
      .later = kinds_later },
    { .key = "common", .type = SCHEMA_UINT, .offset = offsetof(struct shape, common) },
    { .key = NULL },
};
static const struct schema shape_schema = { "shape", sizeof(struct shape), shape_items, "kind",
                                            variants };

static bool parse_length(struct schema_context *ctx, const struct schema_item *item, json_t *value,
                         const char *path, void *out)
{
    (void)item;
    if (!json_is_string(value))
        return schema_type_error(ctx, value, path, "something to measure");
    *(uint64_t *)out = json_string_length(value);
    return true;
}

static const struct schema_item number_element = { .type = SCHEMA_UINT, .max = 100 };

static const struct schema_item all_items[] = {
    { .key = "flag",
      .type = SCHEMA_BOOL,
      .offset = offsetof(struct all, flag),
      .fallback = "true" },
    { .key = "count",
      .type = SCHEMA_UINT,
      .flags = SCHEMA_START_ONLY,
      .offset = offsetof(struct all, count),
      .fallback = "3" },
    { .key = "pause",
      .type = SCHEMA_DURATION,
      .offset = offsetof(struct all, pause),
      .fallback = "\"2s\"" },
    { .key = "list",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_NONEMPTY,
      .offset = offsetof(struct all, list),
      .element = &number_element,
      .fallback = "[1, 2]" },
    { .key = "many",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE | SCHEMA_START_ONLY,
      .offset = offsetof(struct all, many),
      .element = &number_element },
    { .key = "inner",
      .type = SCHEMA_OBJECT,
      .offset = offsetof(struct all, inner),
      .sub = &inner_schema },
    { .key = "extra",
      .type = SCHEMA_OBJECT,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct all, extra),
      .present = offsetof(struct all, extra_given),
      .sub = &inner_schema },
    { .key = "things",
      .type = SCHEMA_MAP,
      .flags = SCHEMA_OR_FIRST,
      .offset = offsetof(struct all, things),
      .sub = &thing_schema },
    { .key = "free_names",
      .type = SCHEMA_MAP,
      .flags = SCHEMA_ANY_NAME | SCHEMA_NONEMPTY,
      .offset = offsetof(struct all, free_names),
      .sub = &thing_schema },
    { .key = "shapes",
      .type = SCHEMA_MAP,
      .offset = offsetof(struct all, shapes),
      .sub = &shape_schema },
    { .key = "length",
      .type = SCHEMA_CUSTOM,
      .offset = offsetof(struct all, length),
      .parse = parse_length },
    { .key = "maybe",
      .type = SCHEMA_STRING,
      .flags = SCHEMA_NULLABLE,
      .offset = offsetof(struct all, maybe),
      .present = offsetof(struct all, maybe_given) },
    { .key = "someday", .type = SCHEMA_LATER },
    { .key = NULL },
};
static const struct schema all_schema = { "all", sizeof(struct all), all_items, NULL, NULL };

/* --- reading --- */

static struct errlist errors;
static struct arena *arena;
static struct json_doc doc;
static struct all out;

static void setup(void)
{
    errlist_init(&errors);
    arena = arena_new(0);
    doc = (struct json_doc){ .file = NULL };
    memset(&out, 0xaa, sizeof(out));
}

static void teardown(void)
{
    json_doc_fini(&doc);
    arena_free(arena);
    errlist_fini(&errors);
}

static bool read_text(const char *text)
{
    json_doc_fini(&doc);
    ck_assert_msg(json_doc_parse(&doc, "f", text, strlen(text), &errors), "%s", text);
    struct schema_context ctx = { .doc = &doc, .arena = arena, .errors = &errors };
    return schema_read(&ctx, &all_schema, doc.root, "", &out);
}

START_TEST(defaults_are_filled)
{
    ck_assert(read_text("{}"));
    ck_assert(errlist_empty(&errors));
    ck_assert(out.flag);
    ck_assert_uint_eq(out.count, 3);
    ck_assert_uint_eq(out.pause, 2000);
    ck_assert_uint_eq(out.list.count, 2);
    ck_assert_uint_eq(((uint64_t *)out.list.items)[1], 2);
    ck_assert_uint_eq(out.many.count, 0);
    ck_assert_uint_eq(out.inner.number, 7); /* of a section that is absent, too */
    ck_assert_ptr_null(out.inner.must);
    ck_assert(!out.extra_given);
    ck_assert_uint_eq(out.things.count, 0);
    ck_assert_ptr_null(out.maybe);
    ck_assert(!out.maybe_given);
}
END_TEST

START_TEST(values_are_read)
{
    ck_assert(
        read_text("{\"flag\": false, \"count\": 12, \"pause\": 0.5, \"list\": [5], \"many\": 6,"
                  " \"inner\": {\"must\": \"m\"}, \"extra\": {\"must\": \"n\", \"number\": 1},"
                  " \"length\": \"four\", \"maybe\": \"x\"}"));
    ck_assert(!out.flag);
    ck_assert_uint_eq(out.count, 12);
    ck_assert_uint_eq(out.pause, 500);
    ck_assert_uint_eq(out.list.count, 1);
    ck_assert_uint_eq(((uint64_t *)out.list.items)[0], 5);
    ck_assert_uint_eq(out.many.count, 1);
    ck_assert_uint_eq(((uint64_t *)out.many.items)[0], 6);
    ck_assert_str_eq(out.inner.must, "m");
    ck_assert_uint_eq(out.inner.number, 7);
    ck_assert(out.extra_given);
    ck_assert_uint_eq(out.extra.number, 1);
    ck_assert_uint_eq(out.length, 4);
    ck_assert_str_eq(out.maybe, "x");
    ck_assert(out.maybe_given);
}
END_TEST

START_TEST(null_is_absent_where_allowed)
{
    ck_assert(read_text("{\"maybe\": null, \"extra\": null}"));
    ck_assert(!out.maybe_given);
    ck_assert(!out.extra_given);
    ck_assert(!read_text("{\"count\": null}"));
    ck_assert_str_eq(errors.lines[0], "f:1:11: count: must be a whole number, not null");
}
END_TEST

START_TEST(maps_keep_order_names_and_paths)
{
    ck_assert(read_text(
        "{\"things\": {\"b\": {\"text\": \"1\"}, \"a\": \"2\", \"c.d\": {\"size\": 3}}}"));
    const struct thing *things = out.things.items;
    ck_assert_uint_eq(out.things.count, 3);
    ck_assert_str_eq(things[0].named.name, "b");
    ck_assert_str_eq(things[0].named.path, "things.b");
    ck_assert_str_eq(things[0].text, "1");
    ck_assert(!things[0].size_given);
    ck_assert_str_eq(things[1].named.name, "a");
    ck_assert_str_eq(things[1].text, "2"); /* stands for {"text": "2"} */
    ck_assert_str_eq(things[2].named.path, "things[\"c.d\"]");
    ck_assert(things[2].size_given);
    ck_assert(read_text("{\"free_names\": {\"a b/@\": {}}}"));
}
END_TEST

START_TEST(variants_have_their_own_keys)
{
    ck_assert(read_text("{\"shapes\": {\"a\": {\"kind\": \"circle\", \"radius\": 2, \"common\": 1},"
                        " \"b\": {\"kind\": \"square\"}}}"));
    const struct shape *shapes = out.shapes.items;
    ck_assert_int_eq(shapes[0].kind, 0);
    ck_assert_uint_eq(shapes[0].radius, 2);
    ck_assert_uint_eq(shapes[0].side, 0);
    ck_assert_int_eq(shapes[1].kind, 1);
    ck_assert_uint_eq(shapes[1].side, 4);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} refused[] = {
    { "[]", "f:1:1: must be an object, not a list" },
    { "{\"flag\": 1}", "f:1:10: flag: must be true or false, not a number" },
    { "{\"flga\": true}", "f:1:2: flga: unknown key, did you mean \"flag\"?" },
    { "{\"Count\": 1}", "f:1:2: Count: unknown key, did you mean \"count\"?" },
    { "{\"$schema\": 1}",
      "f:1:2: [\"$schema\"]: unknown key; there are flag, count, pause, list, "
      "many, inner, extra, things, free_names, shapes, length, maybe, someday" },
    { "{\"inner\": {\"must\": \"\", \"//\": 1}}",
      "f:1:24: inner[\"//\"]: unknown key; there are number, must" },
    { "{\"inner\": {}}", "f:1:11: inner.must: is required, but missing" },
    { "{\"inner\": 5}", "f:1:11: inner: must be an object, not a number" },
    { "{\"inner\": null}", "f:1:11: inner: must be an object, not null" },
    { "{\"list\": 5}", "f:1:10: list: must be a list, not a number" },
    { "{\"list\": []}", "f:1:10: list: must not be empty" },
    { "{\"list\": [1, \"x\"]}", "f:1:14: list[1]: must be a whole number, not text" },
    { "{\"many\": 101}", "f:1:10: many: 101 is above the maximum 100" },
    { "{\"many\": [101]}", "f:1:11: many[0]: 101 is above the maximum 100" },
    { "{\"things\": []}", "f:1:12: things: must be an object keyed by name, not a list" },
    { "{\"things\": {\"a\": 5}}", "f:1:18: things.a: must be an object, not a number" },
    { "{\"things\": {\"a\": {\"size\": 0}}}", "f:1:27: things.a.size: 0 is below the minimum 1" },
    { "{\"free_names\": {}}", "f:1:16: free_names: must not be empty" },
    { "{\"someday\": {\"anything\": 1}}", "f:1:2: someday: not implemented yet in this version" },
    { "{\"length\": 1}", "f:1:12: length: must be something to measure, not a number" },
    { "{\"shapes\": {\"a\": {\"kind\": \"circle\", \"radius\": 1, \"side\": 1}}}",
      "f:1:50: shapes.a.side: not a key of kind \"circle\", but of \"square\"" },
    { "{\"shapes\": {\"a\": {\"kind\": \"square\", \"sied\": 1}}}",
      "f:1:37: shapes.a.sied: unknown key, did you mean \"side\"?" },
    { "{\"shapes\": {\"a\": {\"kind\": \"circle\"}}}",
      "f:1:18: shapes.a.radius: is required, but missing" },
    { "{\"shapes\": {\"a\": {\"kind\": \"blob\", \"edges\": 1, \"side\": 2}}}",
      "f:1:27: shapes.a.kind: \"blob\" is not implemented yet in this version; there are circle, "
      "square" },
    { "{\"shapes\": {\"a\": {\"side\": 2}}}", "f:1:18: shapes.a.kind: is required, but missing" },
};

START_TEST(what_is_wrong_is_refused)
{
    ck_assert(!read_text(refused[_i].text));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_str_eq(errors.lines[0], refused[_i].error);
}
END_TEST

static const char *const bad_names[] = {
    "",    ".a",       "-a", "a b",
    "a/b", "\xc3\xa9", "@",  "a234567890123456789012345678901234567890123456789012345678901234"
};

START_TEST(map_names_are_held_to_their_form)
{
    char text[200];
    (void)snprintf(text, sizeof(text), "{\"things\": {\"%s\": {}}}", bad_names[_i]);
    ck_assert(!read_text(text));
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "f:1:13: things"));
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "a name has 1 to 63 letters"));
    (void)snprintf(text, sizeof(text), "{\"things\": {\"%.63s\": {}}}",
                   "_a.b-C9xxxxxxxxxxxxxxxxxxxx"
                   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    ck_assert(read_text(text));
}
END_TEST

START_TEST(all_errors_are_reported_and_the_rest_is_read)
{
    ck_assert(!read_text("{\"flag\": 1, \"count\": \"x\", \"bogus\": 1, \"list\": [1, \"y\", 3],\n"
                         "\"things\": {\"a\": {\"size\": 10, \"text\": \"kept\"}, \"b\": 7}}"));
    ck_assert_uint_eq(errors.count, 6);
    ck_assert_uint_eq(out.count, 3); /* the default */
    ck_assert_uint_eq(out.list.count, 3);
    ck_assert_uint_eq(((uint64_t *)out.list.items)[1], 0);
    ck_assert_uint_eq(((uint64_t *)out.list.items)[2], 3);
    ck_assert_uint_eq(out.things.count, 2);
    const struct thing *things = out.things.items;
    ck_assert_str_eq(things[0].text, "kept");
    ck_assert(things[0].size_given);
    ck_assert_str_eq(things[1].named.name, "b");
    ck_assert(!things[0].named.unread);
    ck_assert(things[1].named.unread);
    ck_assert(!read_text("{\"things\": {\"a\": \"text\"}, \"free_names\": {\"b\": \"text\"}}"));
    things = out.things.items;
    ck_assert(!things[0].named.unread);
    things = out.free_names.items;
    ck_assert(things[0].named.unread);
}
END_TEST

/* --- what a reload may not change --- */

static const struct {
    const char *before;
    const char *after;
    const char *error; /* NULL: the same */
} changes[] = {
    { "{}", "{}", NULL },
    { "{}", "{\"count\": 3}", NULL }, /* the default */
    { "{\"count\": 4}", "{\"count\": 4, \"flag\": false}", NULL },
    { "{\"many\": 5}", "{\"many\": [5]}", NULL },
    { "{}", "{\"count\": 4}", "f:1:11: count: a change here needs a restart (restart needed)" },
    { "{\"count\": 4}", "{}", "f:1:1: count: a change here needs a restart (restart needed)" },
    { "{\"many\": [5]}", "{\"many\": [5, 6]}",
      "f:1:10: many: a change here needs a restart (restart needed)" },
    { "{\"many\": 5}", "{}", "f:1:1: many: a change here needs a restart (restart needed)" },
};

START_TEST(start_only_rows_are_compared)
{
    json_t *before = json_loads(changes[_i].before, 0, NULL);
    const char *text = changes[_i].after;
    ck_assert(json_doc_parse(&doc, "f", text, strlen(text), &errors));
    struct schema_context ctx = { .doc = &doc, .errors = &errors };
    ck_assert_int_eq(schema_same_start_only(&ctx, &all_schema, before, doc.root, ""),
                     changes[_i].error == NULL);
    if (changes[_i].error == NULL)
        ck_assert(errlist_empty(&errors));
    else
        ck_assert_str_eq(errors.lines[0], changes[_i].error);
    json_decref(before);
}
END_TEST

struct section {
    uint64_t port;
    uint64_t other;
};
struct sections {
    struct section first;
    struct section second;
    bool second_given;
};

static const struct schema_item section_items[] = {
    { .key = "port",
      .type = SCHEMA_UINT,
      .flags = SCHEMA_START_ONLY,
      .offset = offsetof(struct section, port),
      .fallback = "1" },
    { .key = "other", .type = SCHEMA_UINT, .offset = offsetof(struct section, other) },
    { .key = NULL },
};
static const struct schema section_schema = { "section", sizeof(struct section), section_items,
                                              NULL, NULL };
static const struct schema_item sections_items[] = {
    { .key = "first",
      .type = SCHEMA_OBJECT,
      .offset = offsetof(struct sections, first),
      .sub = &section_schema },
    { .key = "second",
      .type = SCHEMA_OBJECT,
      .offset = offsetof(struct sections, second),
      .present = offsetof(struct sections, second_given),
      .sub = &section_schema },
    { .key = NULL },
};
static const struct schema sections_schema = { "sections", sizeof(struct sections), sections_items,
                                               NULL, NULL };

static const struct {
    const char *before;
    const char *after;
    bool same;
} section_changes[] = {
    { "{}", "{\"first\": {}}", true },
    { "{}", "{\"first\": {\"port\": 1, \"other\": 2}}", true },
    { "{}", "{\"first\": {\"port\": 2}}", false },
    { "{}", "{\"second\": {}}", false }, /* absent means none of it, not its defaults */
    { "{\"second\": {\"port\": 1}}", "{\"second\": {}}", true },
    { "{\"second\": {}}", "{}", false },
};

START_TEST(start_only_rows_of_optional_sections)
{
    json_t *before = json_loads(section_changes[_i].before, 0, NULL);
    const char *text = section_changes[_i].after;
    ck_assert(json_doc_parse(&doc, "f", text, strlen(text), &errors));
    struct schema_context ctx = { .doc = &doc, .errors = &errors };
    ck_assert_int_eq(schema_same_start_only(&ctx, &sections_schema, before, doc.root, ""),
                     section_changes[_i].same);
    json_decref(before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = tcase_create("schema");
    tcase_add_test(tcase, defaults_are_filled);
    tcase_add_test(tcase, values_are_read);
    tcase_add_test(tcase, null_is_absent_where_allowed);
    tcase_add_test(tcase, maps_keep_order_names_and_paths);
    tcase_add_test(tcase, variants_have_their_own_keys);
    tcase_add_loop_test(tcase, what_is_wrong_is_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_loop_test(tcase, map_names_are_held_to_their_form, 0,
                        sizeof(bad_names) / sizeof(bad_names[0]));
    tcase_add_test(tcase, all_errors_are_reported_and_the_rest_is_read);
    tcase_add_loop_test(tcase, start_only_rows_are_compared, 0,
                        sizeof(changes) / sizeof(changes[0]));
    tcase_add_loop_test(tcase, start_only_rows_of_optional_sections, 0,
                        sizeof(section_changes) / sizeof(section_changes[0]));
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
