// SPDX-License-Identifier: BSD-2-Clause
/* Aligned columns for a terminal. What the server sent is never trusted: control characters do not
 * reach the terminal. One thread. */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 10

enum table_colour { TABLE_PLAIN, TABLE_GREEN, TABLE_YELLOW, TABLE_RED, TABLE_DIM };

struct table_cell {
    char *text; /* owned */
    enum table_colour colour;
};

struct table {
    size_t columns;
    struct table_cell *cells; /* row by row; the first row is the head */
    size_t count;
    size_t capacity;
};

/* `heads` are `columns` words. */
void table_init(struct table *table, const char *const *heads, size_t columns);
void table_fini(struct table *table);
/* The next cell, from left to right; "" is shown as "-", NULL stays blank. */
void table_add(struct table *table, const char *text);
void table_add_colour(struct table *table, const char *text, enum table_colour colour);
/* Appends the lines; a column that is empty in every row but the head is left out. */
void table_print(const struct table *table, bool colour, struct strbuf *out);

/* Appends text without control characters. */
void table_add_clean(struct strbuf *out, const char *text);
