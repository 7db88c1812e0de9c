// SPDX-License-Identifier: BSD-2-Clause
#include "health/override.h"

#include "base/mem.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ID_LIMIT ((uint64_t)1 << 53) /* a saved id beyond it is not one of ours */

struct override_store {
    struct override **by_age;    /* owned, in order of creation */
    struct override **by_target; /* the same ones, sorted by target_compare */
    size_t count;
    size_t age_capacity;
    size_t target_capacity;
    uint64_t last_id;
};

static int target_compare(const struct override *a, const struct override *b)
{
    if (a->scope != b->scope)
        return a->scope < b->scope ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->scope == OVERRIDE_BACKEND)
        return addr_compare(&a->address, &b->address);
    int order = strcmp(a->pool, b->pool);
    return order != 0 ? order : strcmp(a->member, b->member);
}

/* Index of the first one that is not before `key`; *found says whether it is for the same target.
 */
static size_t target_search(const struct override_store *store, const struct override *key,
                            bool *found)
{
    size_t low = 0;
    size_t high = store->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (target_compare(store->by_target[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < store->count && target_compare(store->by_target[low], key) == 0;
    return low;
}

static size_t age_index(const struct override_store *store, const struct override *wanted)
{
    size_t i = 0;
    while (store->by_age[i] != wanted)
        i++;
    return i;
}

static struct override *id_find(const struct override_store *store, const char *id)
{
    for (size_t i = 0; i < store->count; i++) {
        if (strcmp(store->by_age[i]->id, id) == 0)
            return store->by_age[i];
    }
    return NULL;
}

static void array_insert(struct override ***array, size_t *capacity, size_t count, size_t index,
                         struct override *item)
{
    void *grown = *array;
    mem_grow(&grown, capacity, count + 1, sizeof(struct override *));
    *array = grown;
    memmove(*array + index + 1, *array + index, (count - index) * sizeof(struct override *));
    (*array)[index] = item;
}

static void array_remove(struct override **array, size_t count, size_t index)
{
    memmove(array + index, array + index + 1, (count - index - 1) * sizeof(struct override *));
}

/* `stored` is in the store. */
static void store_remove(struct override_store *store, struct override *stored)
{
    bool found = false;
    size_t index = target_search(store, stored, &found);
    array_remove(store->by_target, store->count, index);
    array_remove(store->by_age, store->count, age_index(store, stored));
    store->count--;
    mem_free(stored);
}

/* Fields that do not belong to its scope and kind are emptied, texts ended. Returns owned. */
static struct override *override_copy(const struct override *value)
{
    struct override *copy = mem_dup(value, sizeof(*value));
    copy->id[sizeof(copy->id) - 1] = '\0';
    copy->pool[sizeof(copy->pool) - 1] = '\0';
    copy->member[sizeof(copy->member) - 1] = '\0';
    copy->reason[sizeof(copy->reason) - 1] = '\0';
    copy->author[sizeof(copy->author) - 1] = '\0';
    if (copy->scope != OVERRIDE_BACKEND) {
        copy->address = (struct addr){ 0 };
    } else {
        copy->pool[0] = '\0';
        copy->member[0] = '\0';
    }
    if (copy->kind == OVERRIDE_KIND_STATE)
        copy->weight = 0;
    else
        copy->state = OVERRIDE_NONE;
    return copy;
}

static void new_id(struct override_store *store, struct override *stored)
{
    (void)snprintf(stored->id, sizeof(stored->id), "o%" PRIu64, ++store->last_id);
}

/* Takes `item`, in place of the one for the same target. */
static void store_put(struct override_store *store, struct override *item)
{
    bool found = false;
    size_t index = target_search(store, item, &found);
    if (found)
        store_remove(store, store->by_target[index]);
    array_insert(&store->by_target, &store->target_capacity, store->count, index, item);
    array_insert(&store->by_age, &store->age_capacity, store->count, store->count, item);
    store->count++;
}

struct override_store *override_store_new(void)
{
    return MEM_NEW(struct override_store);
}

void override_store_free(struct override_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        mem_free(store->by_age[i]);
    mem_free(store->by_age);
    mem_free(store->by_target);
    mem_free(store);
}

const struct override *override_set(struct override_store *store, const struct override *value)
{
    struct override *item = override_copy(value);
    new_id(store, item);
    store_put(store, item);
    return item;
}

/* The number in an id of ours, 0 for any other text. */
static uint64_t id_number(const char *id)
{
    uint64_t number = 0;
    if (id[0] != 'o' || !parse_u64(id + 1, strlen(id + 1), ID_LIMIT, &number))
        return 0;
    return number;
}

void override_restore(struct override_store *store, const struct override *value)
{
    struct override *item = override_copy(value);
    uint64_t number = id_number(item->id);
    if (number == 0 || id_find(store, item->id) != NULL)
        new_id(store, item); /* a damaged file: an id still names one thing */
    else if (number > store->last_id)
        store->last_id = number;
    store_put(store, item);
}

bool override_clear(struct override_store *store, enum override_scope scope,
                    enum override_kind kind, const char *pool, const char *member,
                    const struct addr *address)
{
    struct override key = { .scope = scope, .kind = kind };
    if (scope != OVERRIDE_BACKEND) {
        (void)snprintf(key.pool, sizeof(key.pool), "%s", pool);
        (void)snprintf(key.member, sizeof(key.member), "%s", member);
    } else {
        key.address = *address;
    }
    bool found = false;
    size_t index = target_search(store, &key, &found);
    if (found)
        store_remove(store, store->by_target[index]);
    return found;
}

bool override_clear_id(struct override_store *store, const char *id)
{
    struct override *stored = id_find(store, id);
    if (stored != NULL)
        store_remove(store, stored);
    return stored != NULL;
}

size_t override_expire(struct override_store *store, int64_t now_ms, int64_t *next_ms)
{
    size_t removed = 0;
    *next_ms = 0;
    for (size_t i = 0; i < store->count;) {
        struct override *stored = store->by_age[i];
        if (stored->until_ms != 0 && stored->until_ms <= now_ms) {
            store_remove(store, stored);
            removed++;
            continue;
        }
        if (stored->until_ms != 0 && (*next_ms == 0 || stored->until_ms < *next_ms))
            *next_ms = stored->until_ms;
        i++;
    }
    return removed;
}

size_t override_count(const struct override_store *store)
{
    return store->count;
}

const struct override *override_at(const struct override_store *store, size_t index)
{
    return store->by_age[index];
}

static const struct override *find_named(const struct override_store *store,
                                         enum override_scope scope, enum override_kind kind,
                                         const char *first, const char *second)
{
    struct override key = { .scope = scope, .kind = kind };
    (void)snprintf(key.pool, sizeof(key.pool), "%s", first);
    (void)snprintf(key.member, sizeof(key.member), "%s", second);
    bool found = false;
    size_t index = target_search(store, &key, &found);
    return found ? store->by_target[index] : NULL;
}

const struct override *override_of_member(const struct override_store *store,
                                          enum override_kind kind, const char *pool,
                                          const char *member)
{
    return find_named(store, OVERRIDE_MEMBER, kind, pool, member);
}

const struct override *override_of_service(const struct override_store *store,
                                           enum override_kind kind, const char *service,
                                           const char *server)
{
    return find_named(store, OVERRIDE_SERVICE, kind, service, server);
}

const struct override *override_of_backend(const struct override_store *store,
                                           const struct addr *address)
{
    struct override key = { .scope = OVERRIDE_BACKEND, .address = *address };
    bool found = false;
    size_t index = target_search(store, &key, &found);
    return found ? store->by_target[index] : NULL;
}

void override_print_target(const struct override *override, char *out)
{
    const char *slash = override->member[0] != '\0' ? "/" : "";
    if (override->scope == OVERRIDE_BACKEND)
        addr_print(&override->address, out);
    else
        (void)snprintf(out, OVERRIDE_TARGET_MAX, "%s%s%s%s",
                       override->scope == OVERRIDE_SERVICE ? "ipvs:" : "", override->pool, slash,
                       override->member);
}

const char *override_state_name(enum override_state state)
{
    switch (state) {
    case OVERRIDE_UP:
        return "up";
    case OVERRIDE_DOWN:
        return "down";
    case OVERRIDE_DRAIN:
        return "drain";
    case OVERRIDE_NONE:
        break;
    }
    return "none";
}
