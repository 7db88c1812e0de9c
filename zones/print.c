// SPDX-License-Identifier: BSD-2-Clause
#include "zones/print.h"

#include "base/mem.h"
#include "base/wire.h"
#include "zones/rdata.h"
#include "zones/zone.h"

#include <stdlib.h>
#include <string.h>

/* One record of a set, to be sorted. */
struct line {
    const uint8_t *canonical;
    size_t length;
    uint32_t ttl;
    unsigned index;
};

struct printer {
    const struct zone *zone;
    struct strbuf *out;
    struct strbuf text; /* of one rdata */
    uint8_t rdata[RDATA_MAX];
    struct line *lines;
    size_t line_capacity;
    const struct rrset **sets;
    size_t set_capacity;
};

static int by_name(const void *a, const void *b)
{
    const struct zone_node *const *left = a;
    const struct zone_node *const *right = b;
    return name_compare((*left)->name, (*right)->name);
}

static int by_type(const void *a, const void *b)
{
    const struct rrset *const *left = a;
    const struct rrset *const *right = b;
    return (int)(*left)->type - (int)(*right)->type;
}

/* RFC 4034 section 6.3. */
static int by_rdata(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;
    size_t shorter = left->length < right->length ? left->length : right->length;
    int difference = memcmp(left->canonical, right->canonical, shorter);
    if (difference != 0)
        return difference;
    return left->length < right->length ? -1 : left->length > right->length;
}

static void sort_lines(struct printer *p, const struct rrset *set, struct arena *arena)
{
    const uint8_t *record = set->wire;
    void *lines = p->lines;
    mem_grow(&lines, &p->line_capacity, set->count, sizeof(*p->lines));
    p->lines = lines;
    for (unsigned i = 0; i < set->count; i++) {
        size_t length = zone_rdata(p->zone, set, i, p->rdata);
        rdata_lower(set->type, p->rdata, length);
        p->lines[i] = (struct line){
            .canonical = arena_dup(arena, p->rdata, length, 1),
            .length = length,
            .ttl = wire_get32(record + 6),
            .index = i,
        };
        record += RRSET_FIXED + wire_get16(record + RRSET_FIXED - 2);
    }
    qsort(p->lines, set->count, sizeof(*p->lines), by_rdata);
}

static void print_line(struct printer *p, const char *owner, const struct rrset *set,
                       const struct line *line)
{
    char buf[RRTYPE_TEXT_MAX];
    size_t length = zone_rdata(p->zone, set, line->index, p->rdata);
    strbuf_addf(p->out, "%s %u IN %s", owner, line->ttl, rrtype_name(set->type, buf));
    strbuf_clear(&p->text);
    rdata_to_text(set->type, p->rdata, length, &p->text);
    strbuf_add_bytes(p->out, " ", p->text.length > 0 ? 1 : 0); /* APL may be empty */
    strbuf_add_bytes(p->out, p->text.text, p->text.length);
    strbuf_add_bytes(p->out, "\n", 1);
}

static void print_set(struct printer *p, const char *owner, const struct rrset *set)
{
    if (set->count == 1) {
        const struct line only = { .ttl = wire_get32(set->wire + 6) };
        print_line(p, owner, set, &only);
        return;
    }
    struct arena *arena = arena_new(0);
    sort_lines(p, set, arena);
    for (unsigned i = 0; i < set->count; i++)
        print_line(p, owner, set, &p->lines[i]);
    arena_free(arena);
}

static void print_node(struct printer *p, const struct zone_node *node)
{
    char owner[NAME_TEXT_MAX];
    size_t count = 0;
    for (const struct rrset *set = node->rrsets; set != NULL; set = set->next) {
        void *sets = p->sets;
        mem_grow(&sets, &p->set_capacity, count + 1, sizeof(struct rrset *));
        p->sets = sets;
        p->sets[count++] = set;
    }
    qsort(p->sets, count, sizeof(struct rrset *), by_type);
    (void)name_to_text(node->name, owner);
    for (size_t i = 0; i < count; i++) {
        if (p->sets[i] != p->zone->soa)
            print_set(p, owner, p->sets[i]);
    }
}

/* Those that have records only: to sort the names in between too takes longer than all else. */
static size_t list_nodes(const struct zone *zone, const struct zone_node **order)
{
    size_t count = 0;
    for (uint32_t i = 0; i < zone->node_count; i++) {
        if (zone->nodes[i].rrsets != NULL)
            order[count++] = &zone->nodes[i];
    }
    return count;
}

void zone_print(const struct zone *zone, struct strbuf *out)
{
    char apex[NAME_TEXT_MAX];
    struct printer *p = MEM_NEW(struct printer);
    p->zone = zone;
    p->out = out;
    strbuf_init(&p->text);
    const struct zone_node **order = MEM_NEW_ARRAY(const struct zone_node *, zone->node_count);
    size_t count = list_nodes(zone, order);
    qsort(order, count, sizeof(struct zone_node *), by_name);
    (void)name_to_text(zone->apex, apex);
    print_set(p, apex, zone->soa);
    for (size_t i = 0; i < count; i++)
        print_node(p, order[i]);
    strbuf_fini(&p->text);
    mem_free(order);
    mem_free(p->sets);
    mem_free(p->lines);
    mem_free(p);
}

bool zone_check_print(const char *name, const char *file, struct strbuf *out,
                      struct errlist *errors)
{
    uint8_t apex[NAME_MAX_LEN];
    const char *problem = NULL;
    if (name_from_text(name, strlen(name), NULL, apex, &problem) == 0) {
        errlist_add(errors, "%s:1: '%s' is not the name of a zone: %s", file, name, problem);
        return false;
    }
    struct zone_spec spec = { .apex = apex, .file = file };
    struct zone *zone = zone_load(&spec, errors);
    if (zone == NULL)
        return false;
    zone_print(zone, out);
    zone_unref(zone);
    return true;
}
