// SPDX-License-Identifier: BSD-2-Clause
/* $GENERATE as BIND has it: a template for the owner and one for the rdata, in which $ stands for
 * the counter, ${offset,width,base} for the counter shifted and formatted, $$ for a dollar, and \
 * keeps the next character as it is. */
#include "base/parse.h"
#include "base/strbuf.h"
#include "zones/scanner.h"

#include <stdio.h>
#include <string.h>

#define WIDTH_MAX 127 /* as in BIND; no name or number is longer with sense */

struct range {
    uint64_t start;
    uint64_t stop;
    uint64_t step;
};

struct modifier {
    int64_t offset;
    uint64_t width;
    char base;
};

static bool parse_range(const struct rdata_token *token, struct range *range)
{
    const char *end = token->text + token->length;
    const char *dash = memchr(token->text, '-', token->length);
    if (dash == NULL)
        return false;
    const char *slash = memchr(dash, '/', (size_t)(end - dash));
    const char *stop_end = slash == NULL ? end : slash;
    range->step = 1;
    if (slash != NULL && !parse_u64(slash + 1, (size_t)(end - slash) - 1, INT32_MAX, &range->step))
        return false;
    return parse_u64(token->text, (size_t)(dash - token->text), INT32_MAX, &range->start) &&
           parse_u64(dash + 1, (size_t)(stop_end - dash) - 1, INT32_MAX, &range->stop) &&
           range->step > 0 && range->start <= range->stop;
}

/* {offset}, {offset,width} or {offset,width,base}; returns the bytes used, 0 for bad ones. */
static size_t parse_modifier(const char *text, size_t left, struct modifier *out)
{
    const char *close = memchr(text, '}', left);
    if (close == NULL)
        return 0;
    const char *at = text + 1;
    const char *ends[3] = { close, close, close };
    unsigned parts = 0;
    for (const char *p = at; p <= close; p++) {
        if (*p != ',' && p != close)
            continue;
        if (parts == 3)
            return 0;
        ends[parts++] = p;
    }
    bool negative = *at == '-';
    uint64_t offset = 0;
    at += negative ? 1 : 0;
    if (!parse_u64(at, (size_t)(ends[0] - at), INT32_MAX, &offset))
        return 0;
    out->offset = negative ? -(int64_t)offset : (int64_t)offset;
    if (parts > 1 &&
        !parse_u64(ends[0] + 1, (size_t)(ends[1] - ends[0]) - 1, WIDTH_MAX, &out->width))
        return 0;
    if (parts > 2) {
        if (ends[2] - ends[1] != 2 || strchr("doxXnN", ends[1][1]) == NULL)
            return 0;
        out->base = ends[1][1];
    }
    return (size_t)(close - text) + 1;
}

/* Hexadecimal digits, the last first, with dots between: what ip6.arpa needs. The width counts
 * the dots too, so that an even one ends in a dot. */
static void add_nibbles(struct strbuf *out, uint64_t value, uint64_t width, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        strbuf_add_bytes(out, &digits[value & 15], 1);
        value >>= 4;
        width -= width > 0 ? 1 : 0;
        if (width == 0 && value == 0)
            break;
        strbuf_add_bytes(out, ".", 1);
        width -= width > 0 ? 1 : 0;
    } while (width > 0 || value > 0);
}

static bool add_number(struct strbuf *out, uint64_t counter, const struct modifier *modifier)
{
    int64_t value = (int64_t)counter + modifier->offset;
    int width = (int)modifier->width;
    if (value < 0 && modifier->base != 'd')
        return false;
    switch (modifier->base) {
    case 'd':
        strbuf_addf(out, "%0*lld", width, (long long)value);
        break;
    case 'o':
        strbuf_addf(out, "%0*llo", width, (unsigned long long)value);
        break;
    case 'x':
        strbuf_addf(out, "%0*llx", width, (unsigned long long)value);
        break;
    case 'X':
        strbuf_addf(out, "%0*llX", width, (unsigned long long)value);
        break;
    default:
        add_nibbles(out, (uint64_t)value, modifier->width, modifier->base == 'N');
        break;
    }
    return true;
}

/* What stands behind the $ at `text`, `left` bytes: puts the counter or a dollar. Returns the bytes
 * used in *used; false for a bad modifier. */
static bool add_counter(struct strbuf *out, uint64_t counter, const char *text, size_t left,
                        size_t *used)
{
    struct modifier modifier = { .base = 'd' };
    *used = 0;
    if (left > 0 && *text == '$') {
        strbuf_add_bytes(out, "$", 1);
        *used = 1;
        return true;
    }
    if (left > 0 && *text == '{') {
        *used = parse_modifier(text, left, &modifier);
        if (*used == 0)
            return false;
    }
    return add_number(out, counter, &modifier);
}

/* Text of a template for one value of the counter. */
static bool fill_template(const struct rdata_token *template, uint64_t counter, struct strbuf *out)
{
    const char *text = template->text;
    strbuf_clear(out);
    for (size_t i = 0; i < template->length; i++) {
        size_t left = template->length - i - 1; /* behind text[i] */
        if (text[i] == '\\' && left > 0) {
            /* In quotes, \" is a quote that does not end the template. */
            size_t skip = template->quoted && text[i + 1] == '"' ? 1 : 0;
            strbuf_add_bytes(out, text + i + skip, 2 - skip);
            i++;
        } else if (text[i] == '$') {
            size_t used = 0;
            if (!add_counter(out, counter, text + i + 1, left, &used))
                return false;
            i += used;
        } else {
            strbuf_add_bytes(out, text + i, 1);
        }
    }
    return true;
}

/* One directive at work. */
struct generator {
    struct scan *scan;
    const struct rdata_token *owner;
    const struct rdata_token *rdata;
    struct scan_head head;
    unsigned line;
    struct strbuf text;
    struct entry entry; /* tokens of the rdata made */
};

static bool generate_one(struct generator *g, uint64_t counter)
{
    uint8_t owner[NAME_MAX_LEN];
    const char *problem = NULL;
    struct source source;
    struct source_error error = { 0 };
    if (!fill_template(g->owner, counter, &g->text)) {
        scan_error(g->scan, g->line, "$GENERATE: bad ${offset,width,base} in the owner");
        return false;
    }
    if (name_from_text(g->text.text, g->text.length, g->scan->origin, owner, &problem) == 0) {
        scan_error(g->scan, g->line, "$GENERATE: '%.64s' is not a name: %s", g->text.text, problem);
        return false;
    }
    if (!fill_template(g->rdata, counter, &g->text)) {
        scan_error(g->scan, g->line, "$GENERATE: bad ${offset,width,base} in the rdata");
        return false;
    }
    source_open_text(&source, g->text.text, g->text.length, g->line);
    g->entry.count = 0;
    if (source_next(&source, &g->entry, &error) == SOURCE_BAD) {
        scan_error(g->scan, g->line, "$GENERATE: in the rdata: %s", error.text);
        return false;
    }
    return scan_emit(g->scan, owner, &g->head, g->entry.tokens, g->entry.count, g->line);
}

static void run(struct generator *g, const struct range *range)
{
    strbuf_init(&g->text);
    for (uint64_t i = range->start; i <= range->stop && !g->scan->stopped; i += range->step) {
        if (!generate_one(g, i)) /* the others would most likely fail the same way */
            break;
    }
    strbuf_fini(&g->text);
    entry_fini(&g->entry);
}

void scan_generate(struct scan *scan)
{
    const struct entry *entry = &scan->entry;
    const struct rdata_token *tokens = entry->tokens;
    struct range range;
    struct generator generator = { .scan = scan, .owner = &tokens[2], .line = entry->line };
    if (tokens[1].quoted || !parse_range(&tokens[1], &range)) {
        scan_error(scan, tokens[1].line,
                   "$GENERATE: '%.*s' is not a range (such as 1-254 or "
                   "0-100/4)",
                   tokens[1].length > 64 ? 64 : (int)tokens[1].length, tokens[1].text);
        return;
    }
    uint64_t count = (range.stop - range.start) / range.step + 1;
    uint64_t most = scan->options->generate_max;
    most = most == 0 ? SCAN_GENERATE_MAX : most;
    if (count > most) {
        scan_error(scan, entry->line, "$GENERATE: %llu records, at most %llu are allowed",
                   (unsigned long long)count, (unsigned long long)most);
        return;
    }
    if (!scan_read_head(scan, tokens, entry->count, 3, &generator.head))
        return;
    if (generator.head.rdata + 1 != entry->count) {
        scan_error(scan, entry->line,
                   "$GENERATE: one word of rdata is needed; put it in quotes when it has spaces");
        return;
    }
    generator.rdata = &tokens[generator.head.rdata];
    run(&generator, &range);
}
