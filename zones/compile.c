// SPDX-License-Identifier: BSD-2-Clause
/* From the records of each node to its sets, as they go on the wire. */
#include "base/mem.h"
#include "base/wire.h"
#include "zones/build.h"
#include "zones/rdata.h"
#include "zones/rrtype.h"
#include "zones/ttl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLASS_IN    1
#define MESSAGE_MAX 65535
/* What a message holds besides one set: header, question without its name, OPT. */
#define MESSAGE_REST (12 + 4 + 11)
#define POINTER      0xc0

/* A record being sorted. */
struct item {
    const struct build_record *record;
    const uint8_t *canonical; /* its rdata in canonical form */
    uint32_t rank;            /* of its type among the sets of a node */
    uint32_t order;           /* in the file */
    bool dropped;             /* the same as an earlier one */
};

struct compiler {
    struct build *build;
    struct item *items; /* of the node at hand */
    size_t count;
    size_t capacity;
    uint8_t wire[MESSAGE_MAX]; /* of the set at hand */
    size_t length;
    uint16_t patches[MESSAGE_MAX / RRSET_FIXED * 2]; /* no type has more than two names */
    size_t patch_count;
};

/* --- sorting --- */

/* Most asked types first. */
static uint32_t type_rank(uint16_t type)
{
    if (type == RRTYPE_A)
        return 0;
    return type == RRTYPE_AAAA ? 1 : 2U + type;
}

static int by_type(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

static int by_rdata(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;
    size_t shorter =
        left->record->length < right->record->length ? left->record->length : right->record->length;
    int difference = memcmp(left->canonical, right->canonical, shorter);
    if (difference != 0)
        return difference;
    if (left->record->length != right->record->length)
        return left->record->length < right->record->length ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

static bool same_rdata(const struct item *a, const struct item *b)
{
    return a->record->length == b->record->length &&
           memcmp(a->canonical, b->canonical, a->record->length) == 0;
}

/* --- one set --- */

/* Marks all but the first of equal records (RFC 2181 section 5). The items are of one type. */
static void drop_duplicates(struct item *items, size_t count, const struct rrtype *type)
{
    uint8_t *lowered = NULL;
    size_t total = 0;
    bool lower = type != NULL && (type->flags & RRTYPE_LOWER) != 0;
    for (size_t i = 0; i < count; i++) {
        items[i].canonical = items[i].record->rdata;
        total += items[i].record->length;
    }
    if (lower) {
        lowered = mem_alloc(total);
        uint8_t *at = lowered;
        for (size_t i = 0; i < count; i++) {
            const struct build_record *record = items[i].record;
            memcpy(at, record->rdata, record->length);
            rdata_lower(record->type, at, record->length);
            items[i].canonical = at;
            at += record->length;
        }
    }
    qsort(items, count, sizeof(*items), by_rdata);
    for (size_t i = 1; i < count; i++)
        items[i].dropped = same_rdata(&items[i], &items[i - 1]);
    qsort(items, count, sizeof(*items), by_type);
    mem_free(lowered);
}

static void put_bytes(struct compiler *c, const uint8_t *bytes, size_t size)
{
    memcpy(c->wire + c->length, bytes, size);
    c->length += size;
}

/* Bytes of the name that stand before the apex, when it ends in that, letter by letter; else its
 * whole length. A root apex is shorter than a pointer to it. */
static size_t prefix_length(const struct zone *zone, const uint8_t *name, size_t length)
{
    if (zone->apex_length < 2 || length < zone->apex_length)
        return length;
    size_t prefix = length - zone->apex_length;
    if (memcmp(name + prefix, zone->apex, zone->apex_length) != 0)
        return length;
    size_t at = 0;
    while (at < prefix)
        at += 1U + name[at];
    return at == prefix ? prefix : length;
}

static void put_name(struct compiler *c, const uint8_t *name, size_t length)
{
    static const uint8_t pointer[2] = { POINTER, 0 };
    size_t prefix = prefix_length(c->build->zone, name, length);
    put_bytes(c, name, prefix);
    if (prefix == length)
        return;
    c->patches[c->patch_count++] = (uint16_t)c->length;
    put_bytes(c, pointer, sizeof(pointer));
}

static void put_rdata(struct compiler *c, const struct build_record *record, const char *layout)
{
    const uint8_t *at = record->rdata;
    size_t left = record->length;
    for (; *layout != '\0'; layout++) {
        size_t size = *layout == '2' ? 2 : 4;
        if (*layout == 'n') {
            size = name_check(at, left);
            put_name(c, at, size);
        } else {
            put_bytes(c, at, size);
        }
        at += size;
        left -= size;
    }
}

/* Signatures have the TTL of what they cover (RFC 4034 section 3): the first one's counts for those
 * of the same covered type. */
static uint32_t signature_ttl(const struct compiler *c, const struct build_record *record)
{
    for (size_t at = 0; at < c->length;) {
        const uint8_t *earlier = c->wire + at;
        if (memcmp(earlier + RRSET_FIXED, record->rdata, 2) == 0)
            return wire_get32(earlier + 6);
        at += RRSET_FIXED + wire_get16(earlier + RRSET_FIXED - 2);
    }
    return record->ttl;
}

/* False when the set grows longer than a message can carry. */
static bool put_record(struct compiler *c, const struct build_record *record,
                       const struct rrtype *type, uint32_t ttl, size_t owner_length)
{
    size_t start = c->length;
    /* What is compressed is not longer than it was. */
    if (start + RRSET_FIXED + record->length > MESSAGE_MAX - MESSAGE_REST - owner_length)
        return false;
    uint8_t head[RRSET_FIXED] = { 0 }; /* the owner pointer is set when an answer is written */
    wire_put16(head + 2, record->type);
    wire_put16(head + 4, CLASS_IN);
    wire_put32(head + 6, ttl);
    put_bytes(c, head, sizeof(head));
    if (type != NULL && type->layout != NULL)
        put_rdata(c, record, type->layout);
    else
        put_bytes(c, record->rdata, record->length);
    wire_put16(c->wire + start + RRSET_FIXED - 2, (unsigned)(c->length - start - RRSET_FIXED));
    return true;
}

static struct rrset *copy_set(struct compiler *c, uint16_t type, uint32_t ttl, size_t count,
                              size_t stride)
{
    size_t padded = (c->length + 1) & ~(size_t)1;
    struct rrset *set = arena_alloc(c->build->zone->arena,
                                    sizeof(*set) + padded + c->patch_count * sizeof(uint16_t),
                                    _Alignof(struct rrset));
    set->ttl = ttl;
    set->length = (uint32_t)c->length;
    set->type = type;
    set->count = (uint16_t)count;
    set->patches = (uint16_t)c->patch_count;
    set->stride = (uint16_t)stride;
    memcpy(set->wire, c->wire, c->length);
    memcpy(set->wire + padded, c->patches, c->patch_count * sizeof(uint16_t));
    return set;
}

static const struct build_record *second_record(const struct item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!items[i].dropped)
            return items[i].record;
    }
    return NULL;
}

/* The set of items[0..count), all of one type, in the order of the file. NULL with an error. */
static struct rrset *make_set(struct compiler *c, struct item *items, size_t count,
                              const struct build_node *node)
{
    char name[NAME_TEXT_MAX];
    char buf[RRTYPE_TEXT_MAX];
    uint16_t number = items[0].record->type;
    uint32_t ttl = items[0].record->ttl; /* as in BIND, the first one's counts for all */
    const struct rrtype *type = rrtype_by_number(number);
    bool is_signature = number == RRTYPE_RRSIG || number == RRTYPE_SIG;
    size_t kept = 0;
    size_t stride = 0;
    if (count > 1)
        drop_duplicates(items, count, type);
    const struct build_record *second = second_record(items, count);
    if (second != NULL && type != NULL && (type->flags & RRTYPE_SINGLETON) != 0) {
        build_error(c->build, second, "a second %s record at %s", type->name,
                    build_name(node->name, name));
        return NULL;
    }
    c->length = 0;
    c->patch_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t start = c->length;
        if (items[i].dropped)
            continue;
        uint32_t own = is_signature ? signature_ttl(c, items[i].record) : ttl;
        if (!put_record(c, items[i].record, type, own, node->name_length)) {
            build_error(c->build, items[i].record,
                        "the %s records at %s do not fit into one message",
                        rrtype_name(number, buf), build_name(node->name, name));
            return NULL;
        }
        size_t size = c->length - start;
        stride = kept == 0 || stride == size ? size : 0;
        kept++;
    }
    c->build->zone->record_count += kept;
    return copy_set(c, number, ttl, kept, stride);
}

/* --- one node --- */

static void collect(struct compiler *c, const struct build_node *node)
{
    size_t count = 0;
    for (const struct build_record *r = node->records; r != NULL; r = r->next)
        count++;
    void *items = c->items;
    mem_grow(&items, &c->capacity, count, sizeof(*c->items));
    c->items = items;
    c->count = count;
    for (const struct build_record *r = node->records; r != NULL; r = r->next) {
        count--; /* the list begins with the last */
        c->items[count] = (struct item){
            .record = r,
            .rank = type_rank(r->type),
            .order = (uint32_t)count,
        };
    }
}

/* RFC 1034 section 3.6.2; RFC 2535 section 2.3.5 and RFC 4034 section 3 name the exceptions. */
static bool may_stand_at_cname(uint16_t type)
{
    return type == RRTYPE_CNAME || type == RRTYPE_RRSIG || type == RRTYPE_NSEC ||
           type == RRTYPE_SIG || type == RRTYPE_KEY;
}

static void check_cname(struct compiler *c, const struct build_node *node)
{
    char name[NAME_TEXT_MAX];
    const struct item *cname = NULL;
    const struct item *other = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct item *item = &c->items[i];
        if (item->record->type == RRTYPE_CNAME)
            cname = cname == NULL ? item : cname;
        else if (!may_stand_at_cname(item->record->type) &&
                 (other == NULL || item->order < other->order))
            other = item;
    }
    if (cname == NULL || other == NULL)
        return;
    build_error(c->build, (cname->order > other->order ? cname : other)->record,
                "CNAME and other data at %s", build_name(node->name, name));
}

/* RFC 5155 section 3: the first label is the hash in base32hex. */
static bool is_hash_label(const uint8_t *name)
{
    for (unsigned i = 1; i <= name[0]; i++) {
        uint8_t c = name[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'v')))
            return false;
    }
    return name[0] % 8 == 0 && name[0] > 0;
}

/* Types that may not stand at every name. */
static void check_place(struct compiler *c, const struct build_node *node,
                        const struct build_record *record)
{
    char name[NAME_TEXT_MAX];
    bool apex = node == c->build->nodes.items;
    const char *problem = NULL;
    if (record->type == RRTYPE_SOA && !apex)
        problem = "SOA belongs to the top of the zone, not to";
    else if (record->type == RRTYPE_DS && apex)
        problem = "DS belongs to the parent zone, not to"; /* RFC 4034 section 5 */
    else if (record->type == RRTYPE_NS && name_is_wildcard(node->name))
        problem = "NS may not stand at the wildcard"; /* RFC 4592 section 4.2 */
    else if (record->type == RRTYPE_NSEC3 && !is_hash_label(node->name))
        problem = "NSEC3 needs a hash as first label, not";
    if (problem != NULL)
        build_error(c->build, record, "%s %s", problem, build_name(node->name, name));
}

static void compile_node(struct compiler *c, const struct build_node *node, struct zone_node *out)
{
    const struct rrset *first = NULL;
    struct rrset *last = NULL;
    collect(c, node);
    if (c->count > 1) {
        qsort(c->items, c->count, sizeof(*c->items), by_type);
        check_cname(c, node);
    }
    for (size_t i = 0, end = 0; i < c->count; i = end) {
        while (end < c->count && c->items[end].rank == c->items[i].rank)
            end++;
        uint16_t type = c->items[i].record->type;
        check_place(c, node, c->items[i].record);
        struct rrset *set = make_set(c, c->items + i, end - i, node);
        if (set == NULL)
            continue;
        if (last == NULL)
            first = set;
        else
            last->next = set;
        last = set;
        if (type == RRTYPE_NS && node != c->build->nodes.items)
            out->flags |= ZONE_NODE_CUT;
        else if (type == RRTYPE_DNAME)
            out->flags |= ZONE_NODE_DNAME;
    }
    out->rrsets = first;
}

/* --- the zone --- */

/* The SOA with the TTL of negative answers, min(TTL, MINIMUM): RFC 2308 section 5. */
static const struct rrset *make_negative(struct arena *arena, const struct rrset *soa,
                                         uint32_t minimum)
{
    size_t patches = (size_t)soa->patches * sizeof(uint16_t);
    size_t size = sizeof(*soa) + ((soa->length + 1U) & ~1U) + patches;
    struct rrset *copy = arena_dup(arena, soa, size, _Alignof(struct rrset));
    copy->next = NULL;
    copy->ttl = soa->ttl < minimum ? soa->ttl : minimum;
    wire_put32(copy->wire + 6, copy->ttl);
    return copy;
}

static void take_soa(struct build *build)
{
    struct zone *zone = build->zone;
    const struct rrset *soa = zone_node_rrset(&zone->nodes[0], RRTYPE_SOA);
    if (soa == NULL)
        return;
    const uint8_t *numbers = soa->wire + soa->length - 20;
    uint32_t minimum = wire_get32(numbers + 16);
    zone->soa = soa;
    zone->serial = wire_get32(numbers);
    minimum = minimum > TTL_MAX ? 0 : minimum;
    zone->soa_negative = make_negative(zone->arena, soa, minimum);
    zone->default_ttl = build->default_ttl_known ? build->default_ttl : minimum;
}

void compile_sets(struct build *build)
{
    struct zone *zone = build->zone;
    const struct nodes *nodes = &build->nodes;
    struct compiler *c = MEM_NEW(struct compiler);
    c->build = build;
    build->final = ARENA_NEW_ARRAY(zone->arena, struct zone_node, nodes->count);
    for (size_t i = 0; i < nodes->count; i++) {
        const struct build_node *node = &nodes->items[i];
        struct zone_node *out = &build->final[i];
        out->name = node->name;
        out->parent = node->parent;
        out->name_length = node->name_length;
        out->labels = node->labels;
        out->flags = node->flags;
        compile_node(c, node, out);
    }
    zone->nodes = build->final;
    zone->node_count = (uint32_t)nodes->count;
    take_soa(build);
    mem_free(c->items);
    mem_free(c);
}

/* A parent stands before its children in the array, so one pass is enough. */
void compile_occlusion(struct build *build)
{
    for (uint32_t i = 1; i < build->zone->node_count; i++) {
        struct zone_node *node = &build->final[i];
        const struct zone_node *parent = &build->final[node->parent];
        if ((parent->flags & ZONE_NODE_OCCLUDED) != 0)
            node->top = parent->top;
        else if ((parent->flags & (ZONE_NODE_CUT | ZONE_NODE_DNAME)) != 0)
            node->top = node->parent;
        else
            continue;
        node->flags |= ZONE_NODE_OCCLUDED;
    }
}
