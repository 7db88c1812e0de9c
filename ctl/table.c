// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/table.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

#define GAP "  "

static const char *const escapes[] = {
    [TABLE_PLAIN] = "",       [TABLE_GREEN] = "\033[32m", [TABLE_YELLOW] = "\033[33m",
    [TABLE_RED] = "\033[31m", [TABLE_DIM] = "\033[2m",
};

/* C0, DEL and C1 (U+0080 to U+009F) can drive a terminal. */
static bool is_control(const unsigned char *text, size_t size)
{
    return text[0] < 0x20 || text[0] == 0x7f || (size == 2 && text[0] == 0xc2 && text[1] < 0xa0);
}

void table_add_clean(struct strbuf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t size = utf8_char_size(text, left);
        bool bad = size == 0 || is_control((const unsigned char *)text, size);
        size = size == 0 ? 1 : size;
        if (bad)
            strbuf_add(out, "?");
        else
            strbuf_add_bytes(out, text, size);
        text += size;
        left -= size;
    }
}

void table_init(struct table *table, const char *const *heads, size_t columns)
{
    *table = (struct table){ .columns = columns };
    for (size_t i = 0; i < columns; i++)
        table_add(table, heads[i]);
}

void table_fini(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        mem_free(table->cells[i].text);
    mem_free(table->cells);
    *table = (struct table){ 0 };
}

void table_add_colour(struct table *table, const char *text, enum table_colour colour)
{
    struct strbuf clean;
    strbuf_init(&clean);
    if (text != NULL)
        table_add_clean(&clean, text[0] == '\0' ? "-" : text);
    void *cells = table->cells;
    mem_grow(&cells, &table->capacity, table->count + 1, sizeof(*table->cells));
    table->cells = cells;
    table->cells[table->count++] =
        (struct table_cell){ .text = strbuf_take(&clean), .colour = colour };
    strbuf_fini(&clean);
}

void table_add(struct table *table, const char *text)
{
    table_add_colour(table, text, TABLE_PLAIN);
}

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

struct column {
    size_t width;
    bool used; /* some row has more than "-" */
};

static void measure(const struct table *table, struct column columns[TABLE_COLUMNS_MAX])
{
    memset(columns, 0, TABLE_COLUMNS_MAX * sizeof(*columns));
    for (size_t i = 0; i < table->count; i++) {
        struct column *column = &columns[i % table->columns];
        size_t width = width_of(table->cells[i].text);
        column->width = width > column->width ? width : column->width;
        bool empty = width == 0 || strcmp(table->cells[i].text, "-") == 0;
        if (i >= table->columns && !empty)
            column->used = true;
    }
}

static void print_cell(const struct table_cell *cell, size_t width, bool last, bool colour,
                       struct strbuf *out)
{
    bool coloured = colour && cell->colour != TABLE_PLAIN;
    strbuf_addf(out, "%s%s%s", coloured ? escapes[cell->colour] : "", cell->text,
                coloured ? "\033[0m" : "");
    for (size_t i = width_of(cell->text); i < width && !last; i++)
        strbuf_add(out, " ");
    strbuf_add(out, last ? "" : GAP);
}

static void end_line(struct strbuf *out)
{
    while (out->length > 0 && out->text[out->length - 1] == ' ')
        out->text[--out->length] = '\0';
    strbuf_add(out, "\n");
}

void table_print(const struct table *table, bool colour, struct strbuf *out)
{
    struct column columns[TABLE_COLUMNS_MAX];
    if (table->columns == 0)
        return;
    measure(table, columns);
    size_t last = 0;
    for (size_t c = 0; c < table->columns; c++)
        last = columns[c].used ? c : last;
    for (size_t i = 0; i < table->count; i++) {
        size_t c = i % table->columns;
        if (columns[c].used || c == last)
            print_cell(&table->cells[i], columns[c].width, c == last, colour, out);
        if (c == last)
            end_line(out);
    }
}
