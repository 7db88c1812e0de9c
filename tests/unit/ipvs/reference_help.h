// SPDX-License-Identifier: BSD-2-Clause
/* What ipvsadm 1.31 printed for a table: tests/unit/ipvs/reference/. The tests run in the top
 * folder. */
#pragma once

#include "base/mem.h"
#include "ipvs/restore.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole file; free with mem_free. */
static inline char *reference_file(const char *name, size_t *length)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "tests/unit/ipvs/reference/%s", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t size = (size_t)1 << 16;
    char *text = mem_alloc(size);
    *length = fread(text, 1, size - 1, file);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

/* The lines between "== NAME" and the next "== "; free with mem_free. */
static inline char *reference_section(const char *name)
{
    char head[64];
    size_t length = 0;
    char *text = reference_file("ipvsadm.txt", &length);
    (void)snprintf(head, sizeof(head), "== %s\n", name);
    char *start = strstr(text, head);
    ck_assert_msg(start != NULL, "no section %s", name);
    start += strlen(head);
    char *end = strstr(start, "== ");
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    char *section = mem_strdup(start);
    mem_free(text);
    return section;
}

/* The table that ipvsadm printed, without counters. */
static inline void reference_table(struct ipvs_table *table)
{
    size_t length = 0;
    struct errlist errors;
    char *text = reference_file("table.ipvsadm", &length);
    errlist_init(&errors);
    ipvs_table_init(table);
    bool good = restore_parse("table.ipvsadm", text, length, table, &errors);
    ck_assert_msg(good, "%s", errors.count > 0 ? errors.lines[0] : "");
    errlist_fini(&errors);
    mem_free(text);
}
