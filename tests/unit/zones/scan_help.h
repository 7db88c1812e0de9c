// SPDX-License-Identifier: BSD-2-Clause
/* Records of a scan as text, for the tests of scan.c, directive.c and generate.c. */
#pragma once

#include "tests/unit/zones/zones_help.h"
#include "zones/scan.h"

/* "LINE owner TTL TYPE rdata|" for each record, - for an unknown TTL. */
static inline bool scan_help_record(void *data, const struct scan_record *record)
{
    char owner[NAME_TEXT_MAX];
    char type[RRTYPE_TEXT_MAX];
    struct strbuf *out = data;
    (void)name_to_text(record->owner, owner);
    strbuf_addf(out, "%u %s ", record->line, owner);
    if (record->ttl_known)
        strbuf_addf(out, "%u", record->ttl);
    else
        strbuf_add(out, "-");
    strbuf_addf(out, " %s ", rrtype_name(record->type, type));
    rdata_to_text(record->type, record->rdata, record->rdata_length, out);
    strbuf_add(out, "|");
    return true;
}

/* What the text scans to, then "!FILE:LINE: message|" for each error; free with mem_free. */
static inline char *scan_help_text(const char *text, size_t length)
{
    struct help_name origin = help_name("example.test.");
    struct errlist errors;
    struct strbuf out;
    struct scan_files *files = NULL;
    errlist_init(&errors);
    strbuf_init(&out);
    struct scan_options options = {
        .file = "f",
        .origin = origin.wire,
        .record = scan_help_record,
        .data = &out,
        .errors = &errors,
        .generate_max = 100,
    };
    bool good = scan_text(&options, text, length, &files);
    ck_assert_int_eq(good, errlist_empty(&errors));
    for (size_t i = 0; i < errors.count; i++)
        strbuf_addf(&out, "!%s|", errors.lines[i]);
    scan_files_free(files);
    errlist_fini(&errors);
    char *result = strbuf_take(&out);
    strbuf_fini(&out);
    return result;
}

struct scan_help_case {
    const char *text;
    const char *expected;
};

static inline void scan_help_check(const struct scan_help_case *c)
{
    char *got = scan_help_text(c->text, strlen(c->text));
    ck_assert_msg(strcmp(got, c->expected) == 0, "%s\ngot  %s\nwant %s", c->text, got, c->expected);
    mem_free(got);
}
