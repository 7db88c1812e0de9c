// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a zone file. What loads must print to text that loads again to the same text; what
// does not load must say why. The names of the zone are looked up, and bound names put in, on the
// way.
#include "base/mem.h"
#include "base/name.h"
#include "zones/zone.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t apex[] = "\7example\4test";
static const uint8_t bound[] = "\1a\7example\4test";
static const uint8_t deep[] = "\1*\3new\7example\4test";

static struct zone *load(const char *text, size_t size, uint64_t seed, bool with_bindings)
{
    struct errlist errors;
    struct zone_binding bindings[] = {
        { .owner = bound, .flags = ZONE_BIND_A | ZONE_BIND_AAAA | ZONE_BIND_OVERRIDE },
        { .owner = deep, .flags = ZONE_BIND_A },
    };
    struct zone_spec spec = {
        .apex = apex,
        .file = "fuzz",
        .seed = seed,
        .bindings = bindings,
        .binding_count = with_bindings ? 2 : 0,
    };
    errlist_init(&errors);
    struct zone *zone = zone_load_text(&spec, text, size, &errors);
    bool bad_binding = bindings[0].error != ZONE_BINDING_OK || bindings[1].error != ZONE_BINDING_OK;
    if ((zone != NULL) != (errlist_empty(&errors) && !bad_binding))
        abort();
    errlist_fini(&errors);
    return zone;
}

static void look_up_all(const struct zone *zone)
{
    for (uint32_t i = 0; i < zone->node_count; i++) {
        const struct zone_node *node = &zone->nodes[i];
        struct name_hashes hashes;
        struct zone_found found;
        name_hash_all(node->name, zone->seed, &hashes);
        if (zone_node_at(zone, node->name, hashes.hash[hashes.labels]) != node)
            abort();
        zone_find(zone, node->name, &hashes, &found);
        if (found.encloser != node)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone *zone = load((const char *)data, size, 1, false);
    zone_unref(load((const char *)data, size, 3, true));
    if (zone == NULL)
        return 0;
    struct strbuf text, again;
    strbuf_init(&text);
    strbuf_init(&again);
    look_up_all(zone);
    zone_print(zone, &text);
    struct zone *second = load(text.text, text.length, 2, false);
    if (second == NULL)
        abort();
    zone_print(second, &again);
    if (text.length != again.length || memcmp(text.text, again.text, text.length) != 0)
        abort();
    zone_unref(second);
    zone_unref(zone);
    strbuf_fini(&text);
    strbuf_fini(&again);
    return 0;
}
