// SPDX-License-Identifier: BSD-2-Clause
#include "base/schema.h"

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

static const char *const words[] = { "a", "b", NULL };
static const char *const later[] = { "c", NULL };
static const struct schema_item element = { .type = SCHEMA_ENDPOINT };
static const struct schema_item one_items[] = {
    { .key = "x", .type = SCHEMA_UINT, .min = 1, .help = "Only of a." },
    { .key = NULL },
};
static const struct schema one = { .title = "a", .items = one_items };
static const struct schema two = { .title = "b", .items = one_items + 1 };
static const struct schema *const variants[] = { &one, &two, NULL };
static const struct schema_item entry_items[] = {
    { .key = "kind",
      .type = SCHEMA_ENUM,
      .flags = SCHEMA_REQUIRED,
      .words = words,
      .later = later,
      .help = "Which." },
    { .key = NULL },
};
static const struct schema entry = {
    .title = "entry", .items = entry_items, .variant = "kind", .variants = variants
};
static const struct schema_item items[] = {
    { .key = "listen",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_NONEMPTY | SCHEMA_START_ONLY,
      .element = &element,
      .fallback = "[\"127.0.0.1:53\"]",
      .help = "Where." },
    { .key = "wait",
      .type = SCHEMA_DURATION,
      .min = 100,
      .max = 86400000,
      .fallback = "\"5s\"",
      .help = "How long." },
    { .key = "name", .type = SCHEMA_STRING, .flags = SCHEMA_NULLABLE, .max = 128, .help = "Who." },
    { .key = "refs",
      .type = SCHEMA_LIST,
      .flags = SCHEMA_OR_ONE,
      .element = &(const struct schema_item){ .type = SCHEMA_REF },
      .help = "Which." },
    { .key = "map", .type = SCHEMA_MAP, .sub = &entry, .help = "Entries." },
    { .key = "tls", .type = SCHEMA_LATER },
    { .key = NULL },
};
static const struct schema schema = { .title = "all", .items = items };

START_TEST(every_key_is_printed)
{
    static const char expected[] =
        "listen\n"
        "    list of: ADDRESS:PORT, not empty; default [\"127.0.0.1:53\"]; a "
        "change needs a restart\n"
        "    Where.\n"
        "wait\n"
        "    duration, 100ms to 1d; default \"5s\"\n"
        "    How long.\n"
        "name\n"
        "    text, at most 128 bytes | null\n"
        "    Who.\n"
        "refs\n"
        "    one or a list of: name\n"
        "    Which.\n"
        "map\n"
        "    object keyed by name\n"
        "    Entries.\n"
        "map.NAME.kind\n"
        "    \"a\" | \"b\"; required\n"
        "    Not implemented yet: \"c\"\n"
        "    Which.\n"
        "map.NAME.x (kind a)\n"
        "    whole number, from 1\n"
        "    Only of a.\n"
        "tls\n"
        "    Not implemented yet in this version.\n";
    struct strbuf out;
    strbuf_init(&out);
    schema_print(&schema, "", &out);
    ck_assert_str_eq(out.text, expected);
    strbuf_fini(&out);
}
END_TEST

START_TEST(paths_begin_with_the_given_one)
{
    struct strbuf out;
    strbuf_init(&out);
    schema_print(&one, "checks.NAME", &out);
    ck_assert_str_eq(out.text, "checks.NAME.x\n    whole number, from 1\n    Only of a.\n");
    strbuf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema_print");
    TCase *tcase = tcase_create("schema_print");
    tcase_add_test(tcase, every_key_is_printed);
    tcase_add_test(tcase, paths_begin_with_the_given_one);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
