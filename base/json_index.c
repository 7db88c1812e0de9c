// SPDX-License-Identifier: BSD-2-Clause
#include "base/json_index.h"

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/strmap.h"

#include <stdint.h>
#include <string.h>

struct json_index {
    const char *text;
    size_t length;
    struct strmap *paths; /* path -> index in hits; NULL until asked */
    struct json_hit *hits;
    size_t hit_count;
    size_t hit_capacity;
    size_t *lines; /* offsets of the lines; NULL until asked */
    size_t line_count;
    size_t line_capacity;
};

struct json_index *json_index_new(const char *text, size_t length)
{
    struct json_index *index = MEM_NEW(struct json_index);
    index->text = text;
    index->length = length;
    return index;
}

void json_index_free(struct json_index *index)
{
    if (index == NULL)
        return;
    strmap_free(index->paths);
    mem_free(index->hits);
    mem_free(index->lines);
    mem_free(index);
}

/* --- paths --- */

static void add_hit(struct json_index *index, const char *path, size_t key, size_t value)
{
    void *hits = index->hits;
    mem_grow(&hits, &index->hit_capacity, index->hit_count + 1, sizeof(*index->hits));
    index->hits = hits;
    index->hits[index->hit_count] = (struct json_hit){ key, value };
    (void)strmap_put(index->paths, path, index->hit_count++);
}

static void fill_paths(struct json_index *index)
{
    struct json_walk walk;
    json_walk_init(&walk, index->text, index->length);
    index->paths = strmap_new();
    for (;;) {
        enum json_event event = json_walk_next(&walk);
        if (event == JSON_EVENT_END || event == JSON_EVENT_DEEP)
            break;
        if (event == JSON_EVENT_VALUE)
            add_hit(index, walk.path.text, walk.key, walk.offset);
    }
    json_walk_fini(&walk);
}

/* The length of the first step of `path`; 0 when there is none, or it is malformed because it was
 * cut. */
static size_t step_length(const char *path)
{
    size_t length = strlen(path);
    if (path[0] == '[' && path[1] == '"') {
        size_t end = json_walk_string(path, length, 1, NULL);
        return end < length && path[end] == ']' ? end + 1 : 0;
    }
    if (path[0] == '[') {
        size_t digits = strspn(path + 1, "0123456789");
        return path[1 + digits] == ']' ? digits + 2 : 0;
    }
    return (path[0] == '.') + strcspn(path + (path[0] == '.'), ".[");
}

static const struct json_hit *hit_at(const struct json_index *index, const char *path)
{
    uint64_t number = 0;
    return strmap_get(index->paths, path, &number) ? &index->hits[number] : NULL;
}

struct json_hit json_index_find(struct json_index *index, const char *path)
{
    if (index->paths == NULL)
        fill_paths(index);
    const struct json_hit *best = hit_at(index, path);
    if (best != NULL)
        return *best;
    /* Step by step as far as it goes. */
    best = hit_at(index, "");
    char *prefix = mem_strdup(path);
    size_t used = 0;
    for (size_t step = step_length(path); step > 0; step = step_length(path + used)) {
        used += step;
        prefix[used] = '\0';
        const struct json_hit *hit = hit_at(index, prefix);
        if (hit == NULL)
            break;
        best = hit;
        prefix[used] = path[used];
    }
    mem_free(prefix);
    return best != NULL ? *best : (struct json_hit){ 0, 0 };
}

/* --- lines --- */

static void add_line(struct json_index *index, size_t offset)
{
    void *lines = index->lines;
    mem_grow(&lines, &index->line_capacity, index->line_count + 1, sizeof(*index->lines));
    index->lines = lines;
    index->lines[index->line_count++] = offset;
}

static void fill_lines(struct json_index *index)
{
    add_line(index, 0);
    for (size_t i = 0; i < index->length; i++) {
        if (index->text[i] == '\n')
            add_line(index, i + 1);
    }
}

void json_index_place(struct json_index *index, size_t offset, unsigned *line, unsigned *column)
{
    if (index->lines == NULL)
        fill_lines(index);
    size_t end = offset < index->length ? offset : index->length;
    size_t low = 0;
    size_t high = index->line_count;
    /* lines[low] <= end < lines[high] */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (index->lines[middle] <= end)
            low = middle;
        else
            high = middle;
    }
    *line = (unsigned)low + 1;
    *column = (unsigned)(end - index->lines[low]) + 1;
}
