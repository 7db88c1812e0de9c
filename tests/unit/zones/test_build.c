// SPDX-License-Identifier: BSD-2-Clause
#include "zones/build.h"

#include "tests/unit/zones/fixture_help.h"

#include <pthread.h>

START_TEST(facts_of_a_zone)
{
    struct zone *zone = help_load(HELP_BASE "a.b TXT x\nA.B TXT y\n");
    ck_assert_uint_eq(zone->record_count, 5);
    ck_assert_uint_eq(zone->node_count, 4); /* the apex, ns, b, a.b */
    ck_assert_uint_eq(zone->apex_labels, 2);
    ck_assert_uint_eq(zone->seed, HELP_SEED);
    ck_assert_str_eq(zone->file, "test.zone");
    ck_assert_int_gt(zone->loaded_ms, INT64_C(1600000000000));
    ck_assert_uint_eq(zone->binding_count, 0);
    ck_assert_uint_eq(zone->cut_count, 0);
    for (uint32_t i = 1; i < zone->node_count; i++)
        ck_assert_uint_lt(zone->nodes[i].parent, i);
    zone_unref(zone);
}
END_TEST

START_TEST(apex_in_any_case)
{
    struct errlist errors;
    struct help_name apex = help_name("EXAMPLE.Test.");
    struct zone_spec spec = { .apex = apex.wire, .file = "f", .seed = HELP_SEED };
    errlist_init(&errors);
    struct zone *zone = zone_load_text(&spec, HELP_BASE, strlen(HELP_BASE), &errors);
    ck_assert_ptr_nonnull(zone);
    ck_assert_ptr_nonnull(help_node(zone, "ns.example.test."));
    ck_assert_int_eq(memcmp(zone->apex, "\7example\4test", 14), 0);
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

static const struct {
    const char *text;
    const char *errors;
} refused[] = {
    { HELP_BASE "x.other. A 192.0.2.1\n@ A 192.0.2.300\nxexample.test. A 192.0.2.1\n",
      "test.zone:5: x.other. is not in the zone example.test.\n"
      "test.zone:6: A: '192.0.2.300' is not an IPv4 address\n"
      "test.zone:7: xexample.test. is not in the zone example.test.\n" },
    { "x A 192.0.2.2\n@ SOA ns h 1 2 3 4 5\n@ NS ns.\n",
      "test.zone:1: no TTL: neither here, nor a $TTL, an earlier TTL or a SOA before it\n" },
};

START_TEST(refused_records)
{
    char *errors = help_errors(refused[_i].text);
    ck_assert_str_eq(errors, refused[_i].errors);
    mem_free(errors);
}
END_TEST

START_TEST(progress_and_cancel)
{
    struct strbuf text;
    struct errlist errors;
    struct help_name apex = help_name("example.test.");
    atomic_bool cancel;
    atomic_uint_fast64_t records;
    atomic_init(&cancel, false);
    atomic_init(&records, 0);
    struct zone_spec spec = {
        .apex = apex.wire, .file = "f", .cancel = &cancel, .records = &records
    };
    strbuf_init(&text);
    errlist_init(&errors);
    strbuf_add(&text, HELP_BASE "$GENERATE 1-5000 h$ A 192.0.2.1\n");
    struct zone *zone = zone_load_text(&spec, text.text, text.length, &errors);
    ck_assert_ptr_nonnull(zone);
    ck_assert_uint_eq(atomic_load(&records), 5003);
    zone_unref(zone);
    atomic_store(&cancel, true);
    ck_assert_ptr_null(zone_load_text(&spec, text.text, text.length, &errors));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_str_eq(errors.lines[0], "f:1: loading was cancelled");
    ck_assert_uint_eq(atomic_load(&records), 1024);
    errlist_fini(&errors);
    strbuf_fini(&text);
}
END_TEST

START_TEST(missing_file)
{
    struct errlist errors;
    struct help_name apex = help_name("example.test.");
    struct zone_spec spec = { .apex = apex.wire, .file = "/nonexistent/zone" };
    errlist_init(&errors);
    ck_assert_ptr_null(zone_load(&spec, &errors));
    ck_assert_uint_eq(errors.count, 1); /* not also that the SOA is missing */
    ck_assert_str_eq(errors.lines[0], "/nonexistent/zone:1: No such file or directory");
    errlist_fini(&errors);
}
END_TEST

/* Node, name, set, table: what 400,000 records at as many names need. */
START_TEST(memory_of_a_record)
{
    struct zone *zone = help_load(HELP_BASE "$GENERATE 0-399999 host$ A 192.0.2.1\n");
    ck_assert_uint_eq(zone->record_count, 400003);
    ck_assert_uint_le(arena_size(zone->arena) / zone->record_count, 130);
    zone_unref(zone);
}
END_TEST

static void *load_types(void *data)
{
    struct errlist errors;
    struct help_name apex = help_name("example.test.");
    struct zone_spec spec = { .apex = apex.wire, .file = "tests/zones/odd/all-types.zone" };
    errlist_init(&errors);
    for (unsigned i = 0; i < 20; i++) {
        struct zone *zone = zone_load(&spec, &errors);
        *(bool *)data = zone != NULL;
        zone_unref(zone);
    }
    errlist_fini(&errors);
    return NULL;
}

/* Zones load on background threads: nothing may be shared (ThreadSanitizer watches). */
START_TEST(two_threads)
{
    pthread_t threads[2];
    bool good[2] = { false, false };
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, load_types, &good[i]), 0);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert(good[0] && good[1]);
}
END_TEST

/* --- fixtures --- */

static struct zone *load_fixture(const char *path, struct errlist *errors)
{
    size_t length = 0;
    char *text = fixture_text(path, &length);
    struct help_name apex = fixture_zone(text);
    struct zone_spec spec = { .apex = apex.wire, .file = path, .seed = HELP_SEED };
    struct zone *zone = zone_load(&spec, errors);
    mem_free(text);
    return zone;
}

START_TEST(good_fixtures_load)
{
    static const char *const patterns[] = { FIXTURES_GOOD };
    glob_t list;
    fixture_list(patterns, ARRAY_LEN(patterns), &list);
    ck_assert_uint_ge(list.gl_pathc, 75);
    for (size_t i = 0; i < list.gl_pathc; i++) {
        struct errlist errors;
        errlist_init(&errors);
        struct zone *zone = load_fixture(list.gl_pathv[i], &errors);
        ck_assert_msg(zone != NULL && errlist_empty(&errors), "%s: %s", list.gl_pathv[i],
                      errors.count > 0 ? errors.lines[0] : "");
        ck_assert_uint_gt(zone->record_count, 1);
        zone_unref(zone);
        errlist_fini(&errors);
    }
    globfree(&list);
}
END_TEST

/* True when the line is the error that "[FILE:]LINE words" at `expected` asks for; the message may
 * go on behind the words, FILE is relative to the fixture's folder. */
static bool is_expected(const char *line, const char *path, const char *expected, size_t length)
{
    char want[512];
    const char *name = strrchr(path, '/') + 1;
    int place = (int)strcspn(expected, " ");
    bool other_file = memchr(expected, ':', (size_t)place) != NULL;
    (void)snprintf(want, sizeof(want), "%.*s%s%s%.*s:%.*s", (int)(name - path), path,
                   other_file ? "" : name, other_file ? "" : ":", place, expected,
                   (int)length - place, expected + place);
    return strncmp(line, want, strlen(want)) == 0;
}

static void check_errors(const char *path, const char *text, const struct errlist *errors)
{
    static const char mark[] = "; expect-error: ";
    size_t count = 0;
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at, mark)) {
        at += strlen(mark);
        ck_assert_msg(count < errors->count &&
                          is_expected(errors->lines[count], path, at, strcspn(at, "\r\n")),
                      "%s: error %zu is %s", path, count,
                      count < errors->count ? errors->lines[count] : "missing");
        count++;
    }
    ck_assert_msg(count > 0, "%s expects no error", path);
    ck_assert_msg(count == errors->count, "%s: also %s", path,
                  count < errors->count ? errors->lines[count] : "");
}

START_TEST(wrong_fixtures_name_their_errors)
{
    static const char *const patterns[] = { FIXTURES_BAD };
    glob_t list;
    fixture_list(patterns, ARRAY_LEN(patterns), &list);
    ck_assert_uint_ge(list.gl_pathc, 45);
    for (size_t i = 0; i < list.gl_pathc; i++) {
        struct errlist errors;
        size_t length = 0;
        errlist_init(&errors);
        char *text = fixture_text(list.gl_pathv[i], &length);
        struct zone *zone = load_fixture(list.gl_pathv[i], &errors);
        ck_assert_msg(zone == NULL, "%s loads", list.gl_pathv[i]);
        check_errors(list.gl_pathv[i], text, &errors);
        mem_free(text);
        errlist_fini(&errors);
    }
    globfree(&list);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_test(tcase, facts_of_a_zone);
    tcase_add_test(tcase, apex_in_any_case);
    tcase_add_loop_test(tcase, refused_records, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(tcase, progress_and_cancel);
    tcase_add_test(tcase, missing_file);
    tcase_add_test(tcase, memory_of_a_record);
    tcase_add_test(tcase, two_threads);
    tcase_add_test(tcase, good_fixtures_load);
    tcase_add_test(tcase, wrong_fixtures_name_their_errors);
}

int main(void)
{
    return help_run("zones/build", fill, 30);
}
