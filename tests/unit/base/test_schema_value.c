// SPDX-License-Identifier: BSD-2-Clause
#include "base/schema_value.h"

#include "base/addr.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct errlist errors;
static struct arena *arena;
static struct json_doc doc;
static struct schema_context ctx;

static void setup(void)
{
    errlist_init(&errors);
    arena = arena_new(0);
    doc = (struct json_doc){ .file = NULL };
    ctx = (struct schema_context){
        .doc = &doc, .arena = arena, .errors = &errors, .folder = "/etc/gslb"
    };
}

static void teardown(void)
{
    json_doc_fini(&doc);
    arena_free(arena);
    errlist_fini(&errors);
}

static bool read_one(const struct schema_item *item, const char *json, void *out)
{
    json_doc_fini(&doc);
    ck_assert_msg(json_doc_parse(&doc, "f", json, strlen(json), &errors), "%s", json);
    return schema_read_scalar(&ctx, item, doc.root, "", out);
}

static const char *const words[] = { "round_robin", "weighted", "all", NULL };
static const char *const later[] = { "geo", NULL };

static const struct schema_item uint_row = { .type = SCHEMA_UINT, .min = 2, .max = 65535 };
static const struct schema_item any_uint_row = { .type = SCHEMA_UINT };
static const struct schema_item duration_row = { .type = SCHEMA_DURATION,
                                                 .min = 100,
                                                 .max = 3600000 };
static const struct schema_item string_row = { .type = SCHEMA_STRING,
                                               .max = 5,
                                               .flags = SCHEMA_NONEMPTY };
static const struct schema_item path_row = { .type = SCHEMA_PATH };
static const struct schema_item enum_row = { .type = SCHEMA_ENUM, .words = words, .later = later };
static const struct schema_item address_row = { .type = SCHEMA_ADDRESS };
static const struct schema_item prefix_row = { .type = SCHEMA_PREFIX };
static const struct schema_item endpoint_row = { .type = SCHEMA_ENDPOINT };
static const struct schema_item ref_row = { .type = SCHEMA_REF, .flags = SCHEMA_NONEMPTY };
static const struct schema_item bool_row = { .type = SCHEMA_BOOL };

static const struct {
    const struct schema_item *row;
    const char *json;
    uint64_t value;
} numbers[] = {
    { &uint_row, "2", 2 },
    { &uint_row, "65535", 65535 },
    { &any_uint_row, "0", 0 },
    { &any_uint_row, "9223372036854775807", INT64_MAX },
    { &duration_row, "\"100ms\"", 100 },
    { &duration_row, "\"1h\"", 3600000 },
    { &duration_row, "0.5", 500 },
    { &duration_row, "2", 2000 },
    { &duration_row, "1e1", 10000 },
    { &duration_row, "0.1004", 100 },
};

START_TEST(numbers_are_read)
{
    uint64_t value = 0;
    ck_assert_msg(read_one(numbers[_i].row, numbers[_i].json, &value), "%s", numbers[_i].json);
    ck_assert_uint_eq(value, numbers[_i].value);
}
END_TEST

#define DURATIONS                                                                                  \
    "a duration such as \"500ms\", \"2s\", \"10m\", \"1h\", \"1d\" or a number of seconds"

static const struct {
    const struct schema_item *row;
    const char *json;
    const char *message;
} refused[] = {
    { &uint_row, "1", "1 is below the minimum 2" },
    { &uint_row, "-5", "-5 is below the minimum 2" },
    { &uint_row, "70000", "70000 is above the maximum 65535" },
    { &uint_row, "5.0", "must be a whole number, not a number with a fraction" },
    { &uint_row, "\"5\"", "must be a whole number, not text" },
    { &uint_row, "true", "must be a whole number, not true or false" },
    { &any_uint_row, "-1", "-1 is below the minimum 0" },
    { &duration_row, "\"99ms\"", "\"99ms\" is below the minimum 100ms" },
    { &duration_row, "0.05", "0.05 is below the minimum 100ms" },
    { &duration_row, "\"2h\"", "\"2h\" is above the maximum 1h" },
    { &duration_row, "1e300", "1e300 is not " DURATIONS },
    { &duration_row, "-1", "-1 is not " DURATIONS },
    { &duration_row, "\"5\"", "\"5\" is not " DURATIONS },
    { &duration_row, "\"5 s\"", "\"5 s\" is not " DURATIONS },
    { &duration_row, "[]", "must be " DURATIONS ", not a list" },
    { &string_row, "\"\"", "must not be empty" },
    { &string_row, "\"123456\"", "is longer than 5 bytes" },
    { &string_row, "1", "must be text, not a number" },
    { &path_row, "\"\"", "must not be empty" },
    { &path_row, "{}", "must be a path, not an object" },
    { &enum_row, "\"al\"", "\"al\" is none of round_robin, weighted, all" },
    { &enum_row, "\"weihgted\"",
      "\"weihgted\" is none of round_robin, weighted, all; did you mean \"weighted\"?" },
    { &enum_row, "\"geo\"",
      "\"geo\" is not implemented yet in this version; there are round_robin, weighted, all" },
    { &enum_row, "3", "must be one of round_robin, weighted, all, not a number" },
    { &address_row, "\"1.2.3\"", "\"1.2.3\" is not an IPv4 or IPv6 address" },
    { &address_row, "5", "must be an IPv4 or IPv6 address, not a number" },
    { &prefix_row, "\"192.0.2.1/24\"",
      "\"192.0.2.1/24\" is not a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\", with all "
      "bits "
      "beyond its length zero" },
    { &prefix_row, "null", "must be a prefix such as \"192.0.2.0/24\", not null" },
    { &endpoint_row, "\"127.0.0.1\"",
      "\"127.0.0.1\" is not an address with port such as \"192.0.2.1:53\" or "
      "\"[2001:db8::1]:53\"" },
    { &endpoint_row, "\"127.0.0.1:0\"",
      "\"127.0.0.1:0\" is not an address with port such as \"192.0.2.1:53\" or "
      "\"[2001:db8::1]:53\"" },
    { &endpoint_row, "53",
      "must be an address with port such as \"192.0.2.1:53\" or \"[2001:db8::1]:53\", not a "
      "number" },
    { &ref_row, "[]", "must be a name, not a list" },
    { &ref_row, "\"\"", "must not be empty" },
    { &bool_row, "0", "must be true or false, not a number" },
    { &bool_row, "\"true\"", "must be true or false, not text" },
};

START_TEST(what_is_wrong_is_refused)
{
    char expected[400];
    unsigned char before[64];
    unsigned char value[64];
    memset(before, 0x5a, sizeof(before));
    memcpy(value, before, sizeof(value));
    ck_assert_msg(!read_one(refused[_i].row, refused[_i].json, value), "%s", refused[_i].json);
    (void)snprintf(expected, sizeof(expected), "f:1:1: %s", refused[_i].message);
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_str_eq(errors.lines[0], expected);
    ck_assert_mem_eq(value, before, sizeof(value));
}
END_TEST

START_TEST(text_is_read)
{
    const char *text = NULL;
    ck_assert(read_one(&string_row, "\"12345\"", &text));
    ck_assert_str_eq(text, "12345");
    struct schema_named named;
    ck_assert(read_one(&ref_row, "\"web\"", &named));
    ck_assert_str_eq(named.name, "web");
    ck_assert_str_eq(named.path, "");
    int index = -1;
    ck_assert(read_one(&enum_row, "\"all\"", &index));
    ck_assert_int_eq(index, 2);
    bool flag = false;
    ck_assert(read_one(&bool_row, "true", &flag));
    ck_assert(flag);
}
END_TEST

START_TEST(addresses_are_read)
{
    struct addr addr;
    ck_assert(read_one(&address_row, "\"2001:db8::1\"", &addr));
    ck_assert_int_eq(addr.family, ADDR_V6);
    struct prefix prefix;
    ck_assert(read_one(&prefix_row, "\"10.0.0.0/8\"", &prefix));
    ck_assert_uint_eq(prefix.bits, 8);
    struct endpoint endpoint;
    ck_assert(read_one(&endpoint_row, "\"[::1]:53\"", &endpoint));
    ck_assert_uint_eq(endpoint.port, 53);
}
END_TEST

START_TEST(paths_are_relative_to_the_file)
{
    const char *path = NULL;
    ck_assert(read_one(&path_row, "\"a.zone\"", &path));
    ck_assert_str_eq(path, "/etc/gslb/a.zone");
    ck_assert(read_one(&path_row, "\"/srv/a.zone\"", &path));
    ck_assert_str_eq(path, "/srv/a.zone");
    static const char *const here[] = { NULL, "", "." };
    for (size_t i = 0; i < 3; i++) {
        ctx.folder = here[i];
        ck_assert_str_eq(schema_path(&ctx, "a.zone"), "a.zone");
    }
}
END_TEST

START_TEST(durations_are_printed_short)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } durations[] = { { 0, "0s" },         { 1, "1ms" },       { 999, "999ms" },
                      { 1000, "1s" },      { 1500, "1500ms" }, { 60000, "1m" },
                      { 90000, "90s" },    { 3600000, "1h" },  { 86400000, "1d" },
                      { 172800000, "2d" }, { 90000000, "25h" } };
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        char text[32];
        schema_print_duration(durations[i].ms, text);
        ck_assert_str_eq(text, durations[i].text);
    }
}
END_TEST

static const struct {
    const char *word;
    const char *nearest;
} near[] = {
    { "listen", "listen" },
    { "lisen", "listen" },
    { "lsiten", "listen" },
    { "listens", "listen" },
    { "LISTEN", NULL },
    { "xlistenx", "listen" },
    { "lixtexx", NULL },
    { "ttl", "ttl" },
    { "tll", "ttl" },
    { "tlt", "ttl" },
    { "ltl", "ttl" },
    { "lxt", NULL },
    { "tt", NULL },
    { "t", NULL },
    { "txx", NULL },
    { "members", "members" },
    { "member", "members" },
    { "memebr", "members" },
    { "", NULL },
    { "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", NULL },
};

START_TEST(nearest_is_near)
{
    static const char *const known[] = { "listen", "ttl", "members" };
    const char *nearest = schema_nearest(near[_i].word, known, 3);
    if (near[_i].nearest == NULL)
        ck_assert_msg(nearest == NULL, "%s: %s", near[_i].word, nearest);
    else
        ck_assert_str_eq(nearest, near[_i].nearest);
}
END_TEST

START_TEST(sizes_fit_the_types)
{
    ck_assert_uint_eq(schema_value_size(&bool_row), sizeof(bool));
    ck_assert_uint_eq(schema_value_size(&uint_row), sizeof(uint64_t));
    ck_assert_uint_eq(schema_value_size(&string_row), sizeof(char *));
    ck_assert_uint_eq(schema_value_size(&enum_row), sizeof(int));
    ck_assert_uint_eq(schema_value_size(&address_row), sizeof(struct addr));
    ck_assert_uint_eq(schema_value_size(&endpoint_row), sizeof(struct endpoint));
    ck_assert_uint_eq(schema_value_size(&ref_row), sizeof(struct schema_named));
    const struct schema sub = { .size = 123 };
    const struct schema_item object = { .type = SCHEMA_OBJECT, .sub = &sub };
    ck_assert_uint_eq(schema_value_size(&object), 123);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema_value");
    TCase *tcase = tcase_create("schema_value");
    tcase_add_loop_test(tcase, numbers_are_read, 0, sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_loop_test(tcase, what_is_wrong_is_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tcase, text_is_read);
    tcase_add_test(tcase, addresses_are_read);
    tcase_add_test(tcase, paths_are_relative_to_the_file);
    tcase_add_test(tcase, durations_are_printed_short);
    tcase_add_loop_test(tcase, nearest_is_near, 0, sizeof(near) / sizeof(near[0]));
    tcase_add_test(tcase, sizes_fit_the_types);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
