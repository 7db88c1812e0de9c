// SPDX-License-Identifier: BSD-2-Clause
/* The fixtures of tests/zones/: their first line names the zone; those that must be refused list
 * their errors, "; expect-error: [FILE:]LINE words". The tests run in the top folder. */
#pragma once

#include "tests/unit/zones/zones_help.h"

#include <glob.h>

#define FIXTURES_GOOD                                                                              \
    "tests/zones/realistic/*.zone", "tests/zones/odd/*.zone", "tests/zones/big/*.zone"
#define FIXTURES_BAD "tests/zones/wrong/*.zone"

/* All paths of the patterns; free with globfree. */
static inline void fixture_list(const char *const *patterns, size_t count, glob_t *out)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(glob(patterns[i], i == 0 ? 0 : GLOB_APPEND, NULL, out) == 0, "%s",
                      patterns[i]);
}

/* The whole file; free with mem_free. */
static inline char *fixture_text(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t size = (size_t)4 << 20;
    char *text = mem_alloc(size);
    *length = fread(text, 1, size - 1, file);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

/* What stands behind "; zone: " on the first line. */
static inline struct help_name fixture_zone(const char *text)
{
    char name[256] = "";
    const char *at = strstr(text, "; zone: ");
    ck_assert(at != NULL && at - text <= 3); /* a byte order mark may stand before it */
    at += strlen("; zone: ");
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, " \r\n"), at);
    return help_name(name);
}
