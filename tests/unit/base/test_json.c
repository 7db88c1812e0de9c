// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct errlist errors;

static void setup(void)
{
    errlist_init(&errors);
}

static void teardown(void)
{
    errlist_fini(&errors);
}

static bool parse(struct json_doc *doc, const char *text)
{
    return json_doc_parse(doc, "f.json", text, strlen(text), &errors);
}

static const struct {
    const char *text;
    const char *error; /* how the only error begins */
} broken[] = {
    { "{\"a\": 1,}", "f.json:1:9: " },
    { "{\"a\": nope}", "f.json:1:7: " },
    { "{\"a\": tru}", "f.json:1:7: " },
    { "[\n  1,\n  bbbbbbb]", "f.json:3:3: " },
    { "[1 2]", "f.json:1:4: " },
    { "{\"a\":[1,2}", "f.json:1:10: " },
    { "{\"a\" 1}", "f.json:1:6: " },
    { "{\"\xc3\xa9\": tru}", "f.json:1:8: " }, /* columns count bytes */
    { "[\"abc", "f.json:1:2: " },
    { "", "f.json:1:1: " },
    { "{", "f.json:1:2: " },
    { "{\n", "f.json:2:1: " },
    { "{} x", "f.json:1:4: " },
    { "[01]", "f.json:1:2: " },
    { "[1e999]", "f.json:1:2: " },
    { "['a']", "f.json:1:2: " },
    { "// no comments\n{}", "f.json:1:1: " },
    { "[\"a\nb\"]", "f.json:1:2: " },
    { "[\"\\u0000\"]", "f.json:1:2: " },
    { "[\"\\ud800\"]", "f.json:1:2: " },
    { "[\"a\xff\"]", "f.json:1:4: byte 0xff is not valid UTF-8" },
    { "{}\n\n \xc3", "f.json:3:2: byte 0xc3 is not valid UTF-8" },
    { "[\"\xed\xa0\x80\"]", "f.json:1:3: byte 0xed is not valid UTF-8" },
};

START_TEST(syntax_errors_have_their_place)
{
    struct json_doc doc;
    ck_assert(!parse(&doc, broken[_i].text));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_msg(strncmp(errors.lines[0], broken[_i].error, strlen(broken[_i].error)) == 0,
                  "%s: %s", broken[_i].text, errors.lines[0]);
    ck_assert_uint_gt(strlen(errors.lines[0]), strlen("f.json:1:1: "));
    ck_assert_ptr_null(doc.root);
    ck_assert_ptr_null(doc.text);
}
END_TEST

START_TEST(a_nul_byte_is_an_error)
{
    struct json_doc doc;
    ck_assert(!json_doc_parse(&doc, "f", "[1]\0", 4, &errors));
    ck_assert(!json_doc_parse(&doc, "f", "[\"a\0\"]", 6, &errors));
    ck_assert_uint_eq(errors.count, 2);
}
END_TEST

static char *nested(unsigned depth)
{
    struct strbuf text;
    strbuf_init(&text);
    for (unsigned i = 0; i < depth; i++)
        strbuf_add(&text, i % 2 == 0 ? "[" : "{\"k\":");
    if (depth % 2 == 1)
        strbuf_add(&text, "1");
    else
        strbuf_add(&text, "2");
    for (unsigned i = depth; i > 0; i--)
        strbuf_add(&text, i % 2 == 1 ? "]" : "}");
    char *result = strbuf_take(&text);
    strbuf_fini(&text);
    return result;
}

START_TEST(depth_is_limited)
{
    struct json_doc doc;
    for (unsigned depth = 1; depth <= 64; depth++) {
        char *text = nested(depth);
        ck_assert(parse(&doc, text));
        json_doc_fini(&doc);
        free(text);
    }
    char *text = nested(65);
    ck_assert(!parse(&doc, text));
    free(text);
    text = nested(5000);
    ck_assert(!parse(&doc, text));
    free(text);
    ck_assert_uint_eq(errors.count, 2);
    /* 32 times `[` and 32 times `{"k":` come before the 65th bracket. */
    ck_assert_ptr_eq(strstr(errors.lines[0], "f.json:1:193: [0].k[0].k"), errors.lines[0]);
    ck_assert_ptr_nonnull(strstr(errors.lines[0], "deeper than 64"));
}
END_TEST

START_TEST(duplicate_keys_are_all_reported)
{
    static const char text[] = "{ \"a\": 1,\n"
                               "  \"b\": { \"x\": 1, \"x\": 2, \"y\": {}, \"x\": 3 },\n"
                               "  \"a\": [ { \"k\": 1 }, { \"k\": 2, \"\\u006b\": 3 } ],\n"
                               "  \"example.test\": { \"@\": 1, \"@\": 2 } }";
    static const char *const expected[] = {
        "f.json:2:18: b.x: duplicate key, first seen at 2:10",
        "f.json:2:35: b.x: duplicate key, first seen at 2:10",
        "f.json:3:3: a: duplicate key, first seen at 1:3",
        "f.json:3:32: a[1].k: duplicate key, first seen at 3:24",
        "f.json:4:29: [\"example.test\"][\"@\"]: duplicate key, first seen at 4:21",
    };
    struct json_doc doc;
    ck_assert(!parse(&doc, text));
    ck_assert_uint_eq(errors.count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < errors.count; i++)
        ck_assert_str_eq(errors.lines[i], expected[i]);
}
END_TEST

START_TEST(parse_on_keeps_a_document_with_duplicates)
{
    static const char text[] = "{\"a\": 1, \"a\": 2}";
    struct json_doc doc;
    ck_assert(json_doc_parse_on(&doc, "f", text, strlen(text), &errors));
    ck_assert_uint_eq(errors.count, 1);
    /* Both jansson and the places mean the last one. */
    ck_assert_int_eq(json_integer_value(json_object_get(doc.root, "a")), 2);
    ck_assert_uint_eq(json_locate(&doc, "a", false).column, 15);
    json_doc_fini(&doc);
    ck_assert(!json_doc_parse_on(&doc, "f", "{", 1, &errors));
    ck_assert_ptr_null(doc.text);
}
END_TEST

START_TEST(equal_keys_in_different_objects_are_fine)
{
    struct json_doc doc;
    ck_assert(parse(&doc, "[{\"a\": {\"a\": \"a\"}}, {\"a\": [\"a\", \"a\"]}]"));
    ck_assert(errlist_empty(&errors));
    json_doc_fini(&doc);
}
END_TEST

START_TEST(any_value_may_be_the_root)
{
    struct json_doc doc;
    ck_assert(parse(&doc, " \"text\"\n"));
    ck_assert_str_eq(json_string_value(doc.root), "text");
    json_doc_fini(&doc);
}
END_TEST

static const char placed[] = "{\n"
                             "  \"server\": { \"listen\": [ \"a\" , \"b\" ],\n"
                             "\t\"n\" : -1.5e3},\n"
                             "  \"zones\": {\"example.test\": {\"names\": {\"@\" :\"web\", "
                             "\"q\\\"\\\\\": null}}},\n"
                             "  \"\": true, \"\xc3\xa9\": {\"x\": 1}, \"last\": \"}]\\\"{\" }\n";

static const struct {
    const char *path;
    unsigned line, column;         /* of the value */
    unsigned key_line, key_column; /* of the key */
} places[] = {
    { "", 1, 1, 1, 1 },
    { "server", 2, 13, 2, 3 },
    { "server.listen", 2, 25, 2, 15 },
    { "server.listen[0]", 2, 27, 2, 27 },
    { "server.listen[1]", 2, 33, 2, 33 },
    { "server.listen[2]", 2, 25, 2, 15 }, /* what does not exist: its parent */
    { "server.listen.x", 2, 25, 2, 15 },
    { "server.n", 3, 8, 3, 2 },
    { "server.n[0]", 3, 8, 3, 2 },
    { "server.unknown.deeper", 2, 13, 2, 3 },
    { "server[0]", 2, 13, 2, 3 },
    { "zones[\"example.test\"]", 4, 29, 4, 13 },
    { "zones[\"example.test\"].names[\"@\"]", 4, 45, 4, 40 },
    { "zones[\"example.test\"].names[\"q\\\"\\\\\"]", 4, 61, 4, 52 },
    { "zones.example.test", 4, 12, 4, 3 },
    { "[\"\"]", 5, 7, 5, 3 },
    { "[\"\xc3\xa9\"].x", 5, 25, 5, 20 },
    { "last", 5, 37, 5, 29 },
    { "last[\"un", 5, 37, 5, 29 }, /* a path that was cut */
    { "last[", 5, 37, 5, 29 },
    { "last[1", 5, 37, 5, 29 },
    { "last.", 5, 37, 5, 29 },
};

START_TEST(locate_finds_values_and_keys)
{
    struct json_doc doc;
    ck_assert(parse(&doc, placed));
    struct json_place value = json_locate(&doc, places[_i].path, false);
    struct json_place key = json_locate(&doc, places[_i].path, true);
    ck_assert_msg(value.line == places[_i].line && value.column == places[_i].column,
                  "value of %s at %u:%u", places[_i].path, value.line, value.column);
    ck_assert_msg(key.line == places[_i].key_line && key.column == places[_i].key_column,
                  "key of %s at %u:%u", places[_i].path, key.line, key.column);
    json_doc_fini(&doc);
}
END_TEST

START_TEST(errors_have_place_and_path)
{
    struct json_doc doc;
    ck_assert(parse(&doc, placed));
    json_error(&doc, &errors, "server.n", "%d is too %s", 5, "much");
    json_error_key(&doc, &errors, "server.n", "unknown key");
    json_error(&doc, &errors, "", "must be an object");
    ck_assert_str_eq(errors.lines[0], "f.json:3:8: server.n: 5 is too much");
    ck_assert_str_eq(errors.lines[1], "f.json:3:2: server.n: unknown key");
    ck_assert_str_eq(errors.lines[2], "f.json:1:1: must be an object");
    json_doc_fini(&doc);
}
END_TEST

static const struct {
    const char *parent;
    const char *key;
    const char *path;
} paths[] = {
    { "", "server", "server" },
    { "pools", "web-1_A", "pools.web-1_A" },
    { "zones", "example.test", "zones[\"example.test\"]" },
    { "", "a b", "[\"a b\"]" },
    { "a[1]", "@", "a[1][\"@\"]" },
    { "a", "", "a[\"\"]" },
    { "a", "x\"y\\z\n", "a[\"x\\\"y\\\\z\\u000a\"]" },
    { "a", "\xc3\xa9", "a[\"\xc3\xa9\"]" },
};

START_TEST(path_key_quotes_what_is_no_word)
{
    char path[JSON_PATH_MAX];
    size_t length = json_path_key(path, sizeof(path), paths[_i].parent, paths[_i].key);
    ck_assert_str_eq(path, paths[_i].path);
    ck_assert_uint_eq(length, strlen(path));
}
END_TEST

START_TEST(paths_are_cut_at_the_size)
{
    char path[8];
    ck_assert_uint_eq(json_path_key(path, sizeof(path), "parent", "key"), 7);
    ck_assert_str_eq(path, "parent.");
    ck_assert_uint_eq(json_path_index(path, sizeof(path), "ab", 123456), 7);
    ck_assert_str_eq(path, "ab[1234");
    ck_assert_uint_eq(json_path_index(path, sizeof(path), "ab", 7), 5);
    ck_assert_str_eq(path, "ab[7]");
}
END_TEST

/* Whatever json_path_key prints, json_locate finds. */
START_TEST(paths_lead_back)
{
    static const char *const keys[] = { "a",  "a.b", "a[0]", "[\"x\"]", "\"", "\\",
                                        "\n", "\t",  "\x7f", "",        " ",  "\xf0\x9f\x98\x80" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *root = json_pack("{s:i, s:{s:i}, s:i}", "before", 1, keys[i], "x", 2, "after", 3);
        for (size_t flags = 0; flags < 2; flags++) {
            char *text = json_dumps(root, flags == 0 ? JSON_INDENT(1) : JSON_ENSURE_ASCII);
            struct json_doc doc;
            ck_assert(parse(&doc, text));
            char path[JSON_PATH_MAX];
            (void)json_path_key(path, sizeof(path), "", keys[i]);
            (void)json_path_key(path, sizeof(path), path, "x");
            struct json_place place = json_locate(&doc, path, false);
            const char *line = doc.text;
            for (unsigned k = 1; k < place.line; k++)
                line = strchr(line, '\n') + 1;
            ck_assert_int_eq(line[place.column - 1], '2');
            json_doc_fini(&doc);
            free(text);
        }
        json_decref(root);
    }
}
END_TEST

START_TEST(load_reads_files)
{
    char file[] = "/tmp/test_json_XXXXXX";
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "{\"a\": 1}\n", 9), 9);
    (void)close(fd);
    struct json_doc doc;
    ck_assert(json_doc_load(&doc, file, 9, &errors));
    ck_assert_str_eq(doc.file, file);
    ck_assert_str_eq(doc.text, "{\"a\": 1}\n");
    json_doc_fini(&doc);
    ck_assert(!json_doc_load(&doc, file, 8, &errors));
    ck_assert_ptr_nonnull(strstr(errors.lines[0], ": larger than 8 bytes"));
    (void)unlink(file);
    ck_assert(!json_doc_load(&doc, file, 9, &errors));
    ck_assert_ptr_nonnull(strstr(errors.lines[1], ": cannot read: No such file or directory"));
    ck_assert(!json_doc_load(&doc, "/tmp", 9, &errors));
    ck_assert_ptr_nonnull(strstr(errors.lines[2], "/tmp: cannot read: Is a directory"));
    ck_assert_ptr_null(doc.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    tcase_add_loop_test(tcase, syntax_errors_have_their_place, 0,
                        sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tcase, a_nul_byte_is_an_error);
    tcase_add_test(tcase, depth_is_limited);
    tcase_add_test(tcase, duplicate_keys_are_all_reported);
    tcase_add_test(tcase, parse_on_keeps_a_document_with_duplicates);
    tcase_add_test(tcase, equal_keys_in_different_objects_are_fine);
    tcase_add_test(tcase, any_value_may_be_the_root);
    tcase_add_loop_test(tcase, locate_finds_values_and_keys, 0, sizeof(places) / sizeof(places[0]));
    tcase_add_test(tcase, errors_have_place_and_path);
    tcase_add_loop_test(tcase, path_key_quotes_what_is_no_word, 0,
                        sizeof(paths) / sizeof(paths[0]));
    tcase_add_test(tcase, paths_are_cut_at_the_size);
    tcase_add_test(tcase, paths_lead_back);
    tcase_add_test(tcase, load_reads_files);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
