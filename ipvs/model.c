// SPDX-License-Identifier: BSD-2-Clause
#include "ipvs/model.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables ------------------------------------------------------------------------------------
 */

void ipvs_table_init(struct ipvs_table *table)
{
    memset(table, 0, sizeof(*table));
}

void ipvs_service_fini(struct ipvs_service *service)
{
    mem_free(service->dests);
    service->dests = NULL;
    service->dest_count = service->dest_capacity = 0;
}

void ipvs_table_fini(struct ipvs_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        ipvs_service_fini(&table->services[i]);
    mem_free(table->services);
    memset(table, 0, sizeof(*table));
}

static void own_dests(struct ipvs_service *to, const struct ipvs_service *from)
{
    to->dests =
        from->dest_count > 0 ? mem_dup(from->dests, from->dest_count * sizeof(*from->dests)) : NULL;
    to->dest_count = to->dest_capacity = from->dest_count;
}

void ipvs_table_copy(struct ipvs_table *to, const struct ipvs_table *from)
{
    ipvs_table_fini(to);
    *to = *from;
    to->capacity = from->count;
    to->services = NULL;
    if (from->count == 0)
        return;
    to->services = mem_dup(from->services, from->count * sizeof(*from->services));
    for (size_t i = 0; i < from->count; i++)
        own_dests(&to->services[i], &from->services[i]);
}

static void make_room(struct ipvs_table *table)
{
    mem_grow((void **)&table->services, &table->capacity, table->count + 1,
             sizeof(*table->services));
}

static void put_service(struct ipvs_service *at, const struct ipvs_service *service)
{
    *at = *service;
    at->dests = NULL;
    at->dest_count = at->dest_capacity = 0;
}

struct ipvs_service *ipvs_table_add(struct ipvs_table *table, const struct ipvs_service *service)
{
    make_room(table);
    put_service(&table->services[table->count], service);
    return &table->services[table->count++];
}

struct ipvs_dest *ipvs_service_add(struct ipvs_service *service, const struct ipvs_dest *dest)
{
    mem_grow((void **)&service->dests, &service->dest_capacity, service->dest_count + 1,
             sizeof(*service->dests));
    service->dests[service->dest_count] = *dest;
    return &service->dests[service->dest_count++];
}

/* ---- order -------------------------------------------------------------------------------------
 */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int ipvs_key_compare(const struct ipvs_key *a, const struct ipvs_key *b)
{
    int order = compare_numbers(a->fwmark, b->fwmark);
    if (order == 0)
        order = compare_numbers(a->family, b->family);
    if (order != 0 || a->fwmark != 0)
        return order;
    order = compare_numbers(a->protocol, b->protocol);
    if (order == 0)
        order = addr_compare(&a->addr, &b->addr);
    return order != 0 ? order : compare_numbers(a->port, b->port);
}

static int compare_endpoint(const struct ipvs_dest *dest, const struct addr *addr, uint16_t port)
{
    int order = addr_compare(&dest->addr, addr);
    return order != 0 ? order : compare_numbers(dest->port, port);
}

int ipvs_dest_compare(const struct ipvs_dest *a, const struct ipvs_dest *b)
{
    return compare_endpoint(a, &b->addr, b->port);
}

/* An element and where it stood: equal keys stay in their order, so that the last one is known. */
struct placed {
    const void *element;
    size_t index;
};

static int by_key(const void *a, const void *b)
{
    const struct placed *left = a;
    const struct placed *right = b;
    const struct ipvs_service *s = left->element;
    const struct ipvs_service *t = right->element;
    int order = ipvs_key_compare(&s->key, &t->key);
    return order != 0 ? order : compare_numbers(left->index, right->index);
}

static int by_endpoint(const void *a, const void *b)
{
    const struct placed *left = a;
    const struct placed *right = b;
    int order = ipvs_dest_compare(left->element, right->element);
    return order != 0 ? order : compare_numbers(left->index, right->index);
}

static bool services_in_order(const struct ipvs_table *table)
{
    for (size_t i = 1; i < table->count; i++) {
        if (ipvs_key_compare(&table->services[i - 1].key, &table->services[i].key) >= 0)
            return false;
    }
    return true;
}

static bool dests_in_order(const struct ipvs_service *service)
{
    for (size_t i = 1; i < service->dest_count; i++) {
        if (ipvs_dest_compare(&service->dests[i - 1], &service->dests[i]) >= 0)
            return false;
    }
    return true;
}

static struct placed *place(const void *items, size_t count, size_t size,
                            int (*compare)(const void *, const void *))
{
    struct placed *places = MEM_NEW_ARRAY(struct placed, count);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct placed){ (const char *)items + i * size, i };
    qsort(places, count, sizeof(*places), compare);
    return places;
}

static void sort_dests(struct ipvs_service *service)
{
    if (dests_in_order(service))
        return;
    size_t count = service->dest_count;
    size_t kept = 0;
    struct ipvs_dest *old = mem_dup(service->dests, count * sizeof(*old));
    struct placed *places = place(old, count, sizeof(*old), by_endpoint);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && ipvs_dest_compare(places[i].element, places[i + 1].element) == 0)
            continue;
        memcpy(&service->dests[kept++], places[i].element, sizeof(*old));
    }
    service->dest_count = kept;
    mem_free(places);
    mem_free(old);
}

static void sort_services(struct ipvs_table *table)
{
    if (services_in_order(table))
        return;
    size_t count = table->count;
    size_t kept = 0;
    struct ipvs_service *old = mem_dup(table->services, count * sizeof(*old));
    struct placed *places = place(old, count, sizeof(*old), by_key);
    for (size_t i = 0; i < count; i++) {
        struct ipvs_service *service = &old[places[i].index];
        const struct ipvs_service *next = i + 1 < count ? places[i + 1].element : NULL;
        if (next != NULL && ipvs_key_compare(&service->key, &next->key) == 0)
            ipvs_service_fini(service);
        else
            table->services[kept++] = *service;
    }
    table->count = kept;
    mem_free(places);
    mem_free(old);
}

void ipvs_table_sort(struct ipvs_table *table)
{
    sort_services(table);
    for (size_t i = 0; i < table->count; i++)
        sort_dests(&table->services[i]);
}

size_t ipvs_table_dest_count(const struct ipvs_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        count += table->services[i].dest_count;
    return count;
}

/* ---- finding -----------------------------------------------------------------------------------
 */

/* Index of the first service that does not come before the key. */
static size_t service_place(const struct ipvs_table *table, const struct ipvs_key *key)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ipvs_key_compare(&table->services[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t dest_place(const struct ipvs_service *service, const struct addr *addr, uint16_t port)
{
    size_t low = 0;
    size_t high = service->dest_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_endpoint(&service->dests[middle], addr, port) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct ipvs_service *ipvs_table_find(const struct ipvs_table *table, const struct ipvs_key *key)
{
    size_t at = service_place(table, key);
    bool found = at < table->count && ipvs_key_compare(&table->services[at].key, key) == 0;
    return found ? &table->services[at] : NULL;
}

struct ipvs_dest *ipvs_service_find(const struct ipvs_service *service, const struct addr *addr,
                                    uint16_t port)
{
    size_t at = dest_place(service, addr, port);
    bool found = at < service->dest_count && compare_endpoint(&service->dests[at], addr, port) == 0;
    return found ? &service->dests[at] : NULL;
}

struct ipvs_service *ipvs_table_insert(struct ipvs_table *table, const struct ipvs_service *service)
{
    size_t at = service_place(table, &service->key);
    make_room(table);
    memmove(&table->services[at + 1], &table->services[at],
            (table->count - at) * sizeof(*table->services));
    table->count++;
    put_service(&table->services[at], service);
    return &table->services[at];
}

bool ipvs_table_remove(struct ipvs_table *table, const struct ipvs_key *key)
{
    struct ipvs_service *found = ipvs_table_find(table, key);
    if (found == NULL)
        return false;
    size_t at = (size_t)(found - table->services);
    ipvs_service_fini(found);
    table->count--;
    memmove(found, found + 1, (table->count - at) * sizeof(*found));
    return true;
}

struct ipvs_dest *ipvs_service_insert(struct ipvs_service *service, const struct ipvs_dest *dest)
{
    size_t at = dest_place(service, &dest->addr, dest->port);
    mem_grow((void **)&service->dests, &service->dest_capacity, service->dest_count + 1,
             sizeof(*service->dests));
    memmove(&service->dests[at + 1], &service->dests[at],
            (service->dest_count - at) * sizeof(*service->dests));
    service->dest_count++;
    service->dests[at] = *dest;
    return &service->dests[at];
}

bool ipvs_service_remove(struct ipvs_service *service, const struct addr *addr, uint16_t port)
{
    struct ipvs_dest *found = ipvs_service_find(service, addr, port);
    if (found == NULL)
        return false;
    size_t at = (size_t)(found - service->dests);
    service->dest_count--;
    memmove(found, found + 1, (service->dest_count - at) * sizeof(*found));
    return true;
}

/* ---- normal form -------------------------------------------------------------------------------
 */

void ipvs_service_normalise(struct ipvs_service *service)
{
    uint8_t full = service->key.family == ADDR_V6 ? 128 : 32;
    service->flags &= IPVS_PERSISTENT | IPVS_ONE_PACKET | IPVS_SCHED_ALL;
    if ((service->flags & IPVS_PERSISTENT) == 0) {
        service->timeout = 0;
        service->prefix = full;
    }
    if (service->prefix == 0)
        service->prefix = full;
    if (service->key.fwmark != 0) {
        service->key.protocol = 0;
        service->key.port = 0;
        service->key.addr = (struct addr){ 0 };
    }
}

void ipvs_dest_normalise(struct ipvs_dest *dest)
{
    if (dest->forward != IPVS_TUN) {
        dest->tunnel = 0;
        dest->checksum = 0;
    }
    if (dest->forward != IPVS_TUN || dest->tunnel != IPVS_GUE)
        dest->tunnel_port = 0;
    if (dest->forward == IPVS_TUN && dest->tunnel == IPVS_IPIP)
        dest->checksum = 0;
}

bool ipvs_service_same(const struct ipvs_service *a, const struct ipvs_service *b)
{
    struct ipvs_service left = *a;
    struct ipvs_service right = *b;
    ipvs_service_normalise(&left);
    ipvs_service_normalise(&right);
    return strcmp(left.scheduler, right.scheduler) == 0 && strcmp(left.engine, right.engine) == 0 &&
           left.flags == right.flags && left.timeout == right.timeout &&
           left.prefix == right.prefix;
}

bool ipvs_dest_same(const struct ipvs_dest *a, const struct ipvs_dest *b)
{
    struct ipvs_dest left = *a;
    struct ipvs_dest right = *b;
    ipvs_dest_normalise(&left);
    ipvs_dest_normalise(&right);
    return left.forward == right.forward && left.tunnel == right.tunnel &&
           left.tunnel_port == right.tunnel_port && left.checksum == right.checksum &&
           left.weight == right.weight && left.upper == right.upper && left.lower == right.lower;
}
