// SPDX-License-Identifier: BSD-2-Clause
/* What the tests of zones/ share: names, tokens, rdata and zones from text. */
#pragma once

#include "base/compiler.h"
#include "base/mem.h"
#include "base/name.h"
#include "zones/print.h"
#include "zones/rdata.h"
#include "zones/rrtype.h"
#include "zones/source.h"
#include "zones/zone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_SEED UINT64_C(0x1234567890abcdef)
/* A zone that others stand on: four records on four lines. */
#define HELP_BASE "$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

struct help_name {
    uint8_t wire[NAME_MAX_LEN];
    size_t length;
};

static inline struct help_name help_name(const char *text)
{
    struct help_name name = { .length = 0 };
    const char *problem = NULL;
    name.length = name_from_text(text, strlen(text), NULL, name.wire, &problem);
    ck_assert_msg(name.length > 0, "%s: %s", text, problem);
    return name;
}

/* Rdata from its text, relative to example.test. Returns the length or -1. */
static inline int help_rdata(const char *type, const char *text, uint8_t *out,
                             struct rdata_error *error)
{
    struct source source;
    struct entry entry = { .tokens = NULL };
    struct source_error problem;
    uint16_t number = 0;
    struct help_name origin = help_name("example.test.");
    ck_assert_msg(rrtype_parse(type, strlen(type), &number), "%s", type);
    source_open_text(&source, text, strlen(text), 1);
    enum source_result result = source_next(&source, &entry, &problem);
    ck_assert_msg(result != SOURCE_BAD, "%s: %s", text, problem.text);
    size_t count = result == SOURCE_END ? 0 : entry.count;
    int length = rdata_from_text(number, entry.tokens, count, origin.wire, out, error);
    entry_fini(&entry);
    return length;
}

/* The rdata's text after a turn through the wire, or "ERROR: ..."; free with mem_free. */
static inline char *help_reprint(const char *type, const char *text)
{
    struct rdata_error error = { 0 };
    uint16_t number = 0;
    uint8_t *wire = mem_alloc(RDATA_MAX);
    struct strbuf out;
    strbuf_init(&out);
    int length = help_rdata(type, text, wire, &error);
    (void)rrtype_parse(type, strlen(type), &number);
    if (length < 0) {
        strbuf_addf(&out, "ERROR: %s", error.text);
    } else {
        ck_assert_msg(rdata_check(number, wire, (size_t)length), "%s %s", type, text);
        rdata_to_text(number, wire, (size_t)length, &out);
    }
    mem_free(wire);
    char *result = strbuf_take(&out);
    strbuf_fini(&out);
    return result;
}

struct help_case {
    const char *type;
    const char *text;
    const char *expected; /* NULL: as text; "E: words": an error that has the words */
};

static inline void help_check(const struct help_case *c)
{
    char *got = help_reprint(c->type, c->text);
    const char *expected = c->expected == NULL ? c->text : c->expected;
    if (strncmp(expected, "E: ", 3) == 0)
        ck_assert_msg(strncmp(got, "ERROR: ", 7) == 0 && strstr(got, expected + 3) != NULL,
                      "%s %s: got %s, not %s", c->type, c->text, got, expected);
    else
        ck_assert_msg(strcmp(got, expected) == 0, "%s %s: got %s, not %s", c->type, c->text, got,
                      expected);
    mem_free(got);
}

/* Loads text as zone example.test; NULL when it is refused. */
static inline struct zone *help_load_bound(const char *text, struct zone_binding *bindings,
                                           size_t count, struct errlist *errors)
{
    struct help_name apex = help_name("example.test.");
    struct zone_spec spec = {
        .apex = apex.wire,
        .file = "test.zone",
        .bindings = bindings,
        .binding_count = count,
        .seed = HELP_SEED,
    };
    return zone_load_text(&spec, text, strlen(text), errors);
}

/* Same; it must load. Release with zone_unref. */
static inline struct zone *help_load(const char *text)
{
    struct errlist errors;
    errlist_init(&errors);
    struct zone *zone = help_load_bound(text, NULL, 0, &errors);
    ck_assert_msg(zone != NULL, "%s", errors.count > 0 ? errors.lines[0] : "no error said");
    ck_assert(errlist_empty(&errors));
    errlist_fini(&errors);
    return zone;
}

/* All errors, each on a line; free with mem_free. The zone must be refused. */
static inline char *help_errors(const char *text)
{
    struct errlist errors;
    struct strbuf out;
    errlist_init(&errors);
    strbuf_init(&out);
    struct zone *zone = help_load_bound(text, NULL, 0, &errors);
    for (size_t i = 0; i < errors.count; i++)
        strbuf_addf(&out, "%s\n", errors.lines[i]);
    ck_assert_msg(zone == NULL, "loaded: %s", text);
    char *result = strbuf_take(&out);
    strbuf_fini(&out);
    errlist_fini(&errors);
    return result;
}

/* The zone's text; free with mem_free. */
static inline char *help_print(const struct zone *zone)
{
    struct strbuf out;
    strbuf_init(&out);
    zone_print(zone, &out);
    char *result = strbuf_take(&out);
    strbuf_fini(&out);
    return result;
}

static inline struct zone_found help_find(const struct zone *zone, const char *text)
{
    struct zone_found found;
    struct name_hashes hashes;
    struct help_name name = help_name(text);
    name_lower(name.wire, name.wire);
    name_hash_all(name.wire, zone->seed, &hashes);
    zone_prefetch(zone, &hashes);
    zone_find(zone, name.wire, &hashes, &found);
    return found;
}

static inline const struct zone_node *help_node(const struct zone *zone, const char *text)
{
    struct name_hashes hashes;
    struct help_name name = help_name(text);
    name_lower(name.wire, name.wire);
    name_hash_all(name.wire, zone->seed, &hashes);
    return zone_node_at(zone, name.wire, hashes.hash[hashes.labels]);
}

static inline int help_run(const char *name, void (*fill)(TCase *), int seconds)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    fill(tcase);
    tcase_set_timeout(tcase, seconds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
