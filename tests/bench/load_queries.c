// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bench/load.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct type_row {
    const char *name;
    uint16_t code;
};

static const struct type_row type_rows[] = {
    { "A", 1 },       { "NS", 2 },    { "CNAME", 5 },  { "SOA", 6 },   { "PTR", 12 },
    { "MX", 15 },     { "TXT", 16 },  { "AAAA", 28 },  { "SRV", 33 },  { "DNAME", 39 },
    { "DNSKEY", 48 }, { "SVCB", 64 }, { "HTTPS", 65 }, { "ANY", 255 }, { "CAA", 257 },
};

// Type code of a mnemonic or of TYPEnnn; -1 if it is neither.
static int type_code(const char *text)
{
    for (size_t i = 0; i < sizeof(type_rows) / sizeof(type_rows[0]); i++)
        if (strcasecmp(text, type_rows[i].name) == 0)
            return type_rows[i].code;
    if (strncasecmp(text, "TYPE", 4) != 0 || !isdigit((unsigned char)text[4]))
        return -1;
    char *end;
    unsigned long code = strtoul(text + 4, &end, 10);
    return *end == '\0' && code <= UINT16_MAX ? (int)code : -1;
}

// One octet of a name, plain or escaped (RFC 1035 section 5.1); moves `text` on. -1 if wrong.
static int name_octet(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    if (*at != '\\') {
        *text += 1;
        return *at;
    }
    if (at[1] == '\0')
        return -1;
    if (!isdigit(at[1])) {
        *text += 2;
        return at[1];
    }
    if (!isdigit(at[2]) || !isdigit(at[3]))
        return -1;
    *text += 4;
    int octet = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
    return octet <= 255 ? octet : -1;
}

// One label with its length octet in front. Returns the bytes written, 0 if it is empty or too
// long.
static size_t label_encode(const char **text, uint8_t *out)
{
    size_t length = 0;
    while (**text != '\0' && **text != '.') {
        int octet = name_octet(text);
        if (octet < 0 || length == 63)
            return 0;
        out[++length] = (uint8_t)octet;
    }
    out[0] = (uint8_t)length;
    return length > 0 ? length + 1 : 0;
}

// Absolute name, with or without its final dot. Returns the bytes written, 0 if it is wrong.
static size_t name_encode(const char *text, uint8_t *out)
{
    size_t used = 0;
    if (strcmp(text, ".") == 0)
        text++;
    while (*text != '\0') {
        uint8_t label[64];
        size_t length = label_encode(&text, label);
        if (length == 0 || used + length > 254)
            return 0;
        memcpy(out + used, label, length);
        used += length;
        if (*text == '.')
            text++;
    }
    out[used] = 0;
    return used + 1;
}

static size_t opt_encode(const struct load_options *options, uint8_t *out)
{
    if (options->edns == 0)
        return 0;
    const uint8_t opt[11] = {
        0,
        0,
        41,
        (uint8_t)(options->edns >> 8),
        (uint8_t)options->edns,
        0,
        0,
        options->dnssec_ok ? 0x80 : 0,
    };
    memcpy(out, opt, sizeof(opt));
    return sizeof(opt);
}

size_t load_query_encode(const char *line, const struct load_options *options, uint8_t *out)
{
    char name[1024], type[16], rest[2];
    if (sscanf(line, "%1023s %15s %1s", name, type, rest) != 2)
        return 0;
    int code = type_code(type);
    if (code < 0)
        return 0;

    const uint8_t header[LOAD_HEADER_SIZE] = { [5] = 1, [11] = options->edns != 0 };
    size_t used = 2;
    memcpy(out + used, header, sizeof(header));
    used += sizeof(header);
    size_t length = name_encode(name, out + used);
    if (length == 0)
        return 0;
    used += length;
    const uint8_t tail[4] = { (uint8_t)(code >> 8), (uint8_t)code, 0, 1 };
    memcpy(out + used, tail, sizeof(tail));
    used += sizeof(tail);
    used += opt_encode(options, out + used);
    out[0] = (uint8_t)((used - 2) >> 8);
    out[1] = (uint8_t)(used - 2);
    return used;
}

// Queries in the order of the file.
struct list {
    uint8_t *bytes;
    size_t size, room;
    size_t *offsets;
    size_t count, offsets_room;
};

static void *grown(void *memory, size_t *room, size_t least, size_t size)
{
    if (least <= *room)
        return memory;
    *room = least * 2;
    void *larger = realloc(memory, *room * size);
    if (larger == NULL)
        abort();
    return larger;
}

static void list_add(struct list *list, const uint8_t *query, size_t length)
{
    list->bytes = grown(list->bytes, &list->room, list->size + length, 1);
    list->offsets = grown(list->offsets, &list->offsets_room, list->count + 1, sizeof(size_t));
    list->offsets[list->count++] = list->size;
    memcpy(list->bytes + list->size, query, length);
    list->size += length;
}

// Puts the queries into one block in shuffled order (Fisher and Yates).
static void list_shuffle(struct list *list, uint64_t seed, struct load_queries *queries)
{
    struct load_rng rng = { seed };
    *queries = (struct load_queries){ .bytes = load_alloc(list->size, 1), .count = list->count };
    for (size_t left = list->count; left > 0; left--) {
        size_t pick = (size_t)(load_rng_next(&rng) % left);
        const uint8_t *query = list->bytes + list->offsets[pick];
        list->offsets[pick] = list->offsets[left - 1];
        size_t length = 2 + load_query_length(query);
        memcpy(queries->bytes + queries->size, query, length);
        queries->size += length;
    }
}

static bool queries_read(struct load_queries *queries, FILE *file, const char *name,
                         const struct load_options *options)
{
    struct list list = { .bytes = NULL };
    char *line = NULL;
    size_t room = 0, number = 0;
    bool good = true;
    while (good && getline(&line, &room, file) >= 0) {
        uint8_t query[LOAD_QUERY_MAX];
        number++;
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
            continue;
        size_t length = load_query_encode(line, options, query);
        good = length > 0;
        if (good)
            list_add(&list, query, length);
        else
            fprintf(stderr, "dnsload: %s:%zu: not a line `NAME TYPE`\n", name, number);
    }
    if (good && list.count == 0) {
        fprintf(stderr, "dnsload: %s: no queries\n", name);
        good = false;
    }
    if (good)
        list_shuffle(&list, options->seed, queries);
    free(line);
    free(list.bytes);
    free(list.offsets);
    return good;
}

bool load_queries_read(struct load_queries *queries, const struct load_options *options)
{
    FILE *file = fopen(options->queries_path, "r");
    if (file == NULL) {
        fprintf(stderr, "dnsload: %s: %s\n", options->queries_path, strerror(errno));
        return false;
    }
    bool good = queries_read(queries, file, options->queries_path, options);
    (void)fclose(file); // only read from
    return good;
}

bool load_queries_parse(struct load_queries *queries, const char *text,
                        const struct load_options *options)
{
    char *copy = strdup(text);
    FILE *file = copy == NULL ? NULL : fmemopen(copy, strlen(copy), "r");
    if (file == NULL)
        abort();
    bool good = queries_read(queries, file, "text", options);
    (void)fclose(file);
    free(copy);
    return good;
}

void load_queries_fini(struct load_queries *queries)
{
    free(queries->bytes);
    *queries = (struct load_queries){ .bytes = NULL };
}

size_t load_query_length(const uint8_t *query)
{
    return (size_t)query[0] << 8 | query[1];
}

const uint8_t *load_queries_next(struct load_queries *queries)
{
    const uint8_t *query = queries->bytes + queries->at;
    queries->at += 2 + load_query_length(query);
    if (queries->at == queries->size)
        queries->at = 0;
    return query;
}
