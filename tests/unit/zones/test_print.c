// SPDX-License-Identifier: BSD-2-Clause
#include "zones/print.h"

#include "base/rng.h"
#include "tests/unit/zones/fixture_help.h"

START_TEST(canonical_order)
{
    /* names of RFC 4034 section 6.1, shuffled; types ascend; rdata as bytes, names folded */
    struct zone *zone = help_load(
        "$TTL 300\n*.z TXT x\nyljkjljk.a TXT x\n\\200.z TXT x\n@ MX 10 a.\nZ.a TXT x\na TXT x\n"
        "\\001.z TXT x\nz TXT x\nzABC.a TXT x\nz A 192.0.2.10\nz A 192.0.2.9\nz AAAA ::1\n"
        "@ NS b.\n@ NS A.\n@ SOA ns h 1 2 3 4 5\nz TXT \"\" x\nz TXT w\n");
    char *text = help_print(zone);
    ck_assert_str_eq(text, "example.test. 300 IN SOA ns.example.test. h.example.test. 1 2 3 4 5\n"
                           "example.test. 300 IN NS A.\n"
                           "example.test. 300 IN NS b.\n"
                           "example.test. 300 IN MX 10 a.\n"
                           "a.example.test. 300 IN TXT \"x\"\n"
                           "yljkjljk.a.example.test. 300 IN TXT \"x\"\n"
                           "z.a.example.test. 300 IN TXT \"x\"\n"
                           "zabc.a.example.test. 300 IN TXT \"x\"\n"
                           "z.example.test. 300 IN A 192.0.2.9\n"
                           "z.example.test. 300 IN A 192.0.2.10\n"
                           "z.example.test. 300 IN TXT \"\" \"x\"\n"
                           "z.example.test. 300 IN TXT \"w\"\n"
                           "z.example.test. 300 IN TXT \"x\"\n"
                           "z.example.test. 300 IN AAAA ::1\n"
                           "\\001.z.example.test. 300 IN TXT \"x\"\n"
                           "*.z.example.test. 300 IN TXT \"x\"\n"
                           "\\200.z.example.test. 300 IN TXT \"x\"\n");
    mem_free(text);
    zone_unref(zone);
}
END_TEST

/* Rdata without text, TTLs that differ in a set. */
START_TEST(odd_lines)
{
    struct zone *zone =
        help_load(HELP_BASE "a APL\nb TYPE65400 \\# 0\n"
                            "ns 60 RRSIG NSEC 8 3 60 20300101000000 20200101000000 1 @ AwEA\n"
                            "ns 300 RRSIG A 8 3 300 20300101000000 20200101000000 1 @ AwEA\n");
    char *text = help_print(zone);
    ck_assert_ptr_nonnull(strstr(text, "\na.example.test. 300 IN APL\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nb.example.test. 300 IN TYPE65400 \\# 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nns.example.test. 300 IN RRSIG A 8 3 300 2030"));
    ck_assert_ptr_nonnull(strstr(text, "\nns.example.test. 60 IN RRSIG NSEC 8 3 60 2030"));
    mem_free(text);
    zone_unref(zone);
}
END_TEST

/* Loads what was printed, prints it again: the same, with another seed of the table as well. */
static void check_round_trip(const struct zone *zone, const char *what)
{
    struct errlist errors;
    struct zone_spec spec = { .apex = zone->apex, .file = "again", .seed = ~zone->seed };
    char *text = help_print(zone);
    errlist_init(&errors);
    struct zone *again = zone_load_text(&spec, text, strlen(text), &errors);
    ck_assert_msg(again != NULL, "%s: %s", what, errors.count > 0 ? errors.lines[0] : "");
    char *text_again = help_print(again);
    ck_assert_msg(strcmp(text, text_again) == 0, "%s: prints differ", what);
    ck_assert_uint_eq(again->record_count, zone->record_count);
    mem_free(text_again);
    mem_free(text);
    zone_unref(again);
    errlist_fini(&errors);
}

START_TEST(fixtures_round_trip)
{
    static const char *const patterns[] = { FIXTURES_GOOD };
    glob_t list;
    fixture_list(patterns, ARRAY_LEN(patterns), &list);
    for (size_t i = 0; i < list.gl_pathc; i++) {
        struct errlist errors;
        size_t length = 0;
        errlist_init(&errors);
        char *text = fixture_text(list.gl_pathv[i], &length);
        struct help_name apex = fixture_zone(text);
        struct zone_spec spec = { .apex = apex.wire, .file = list.gl_pathv[i] };
        struct zone *zone = zone_load(&spec, &errors);
        ck_assert_msg(zone != NULL, "%s", list.gl_pathv[i]);
        check_round_trip(zone, list.gl_pathv[i]);
        zone_unref(zone);
        mem_free(text);
        errlist_fini(&errors);
    }
    globfree(&list);
}
END_TEST

/* Any bytes in owners and strings. */
START_TEST(random_bytes_round_trip)
{
    struct rng rng;
    struct strbuf text;
    rng_seed(&rng, (uint64_t)_i + 7);
    strbuf_init(&text);
    strbuf_add(&text, HELP_BASE);
    for (unsigned i = 0; i < 200; i++) {
        unsigned size = 1 + rng_below(&rng, 30);
        for (unsigned j = 0; j < size; j++)
            strbuf_addf(&text, "\\%03u%s", rng_below(&rng, 256),
                        j + 1 < size && rng_below(&rng, 8) == 0 ? "." : "");
        strbuf_add(&text, " TXT \"");
        for (unsigned j = 0; j < size; j++)
            strbuf_addf(&text, "\\%03u", rng_below(&rng, 256));
        strbuf_add(&text, "\"\n");
    }
    struct zone *zone = help_load(text.text);
    check_round_trip(zone, "random");
    zone_unref(zone);
    strbuf_fini(&text);
}
END_TEST

/* --- --check-zone --- */

START_TEST(check_zone)
{
    struct strbuf out;
    struct errlist errors;
    strbuf_init(&out);
    errlist_init(&errors);
    ck_assert(zone_check_print("example.test", "tests/zones/odd/duplicates.zone", &out, &errors));
    ck_assert_int_eq(strncmp(out.text, "example.test. 300 IN SOA ", 25), 0);
    ck_assert(errlist_empty(&errors));
    strbuf_clear(&out);
    ck_assert(!zone_check_print("example.test", "tests/zones/wrong/many.zone", &out, &errors));
    ck_assert_uint_eq(out.length, 0); /* nothing of a zone that is refused */
    ck_assert_uint_ge(errors.count, 14);
    errlist_fini(&errors);
    ck_assert(!zone_check_print("a..b", "f", &out, &errors));
    ck_assert_str_eq(errors.lines[0], "f:1: 'a..b' is not the name of a zone: empty label");
    errlist_fini(&errors);
    strbuf_fini(&out);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_test(tcase, canonical_order);
    tcase_add_test(tcase, odd_lines);
    tcase_add_test(tcase, fixtures_round_trip);
    tcase_add_loop_test(tcase, random_bytes_round_trip, 0, 5);
    tcase_add_test(tcase, check_zone);
}

int main(void)
{
    return help_run("zones/print", fill, 60);
}
