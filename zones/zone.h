// SPDX-License-Identifier: BSD-2-Clause
/* One zone, compiled: immutable once built, read by any thread, freed by the last zone_unref.
 *
 *   apex ── node ── node            every owner name, and every empty non-terminal between, is one
 * struct zone_node in `nodes`; │       │                     nodes[0] is the apex. A flat
 * open-addressing table finds a node by the 64-bit hash of its name. rrset → rrset → NULL a node's
 * RRsets are a list, most asked types first; each holds its records as they go on the wire.
 *
 * Records on the wire: owner pointer (2 bytes, patched at answer time), type, class, TTL, rdata
 * length, rdata. Names in the rdata of RFC 1035 types that end in the zone's apex are stored as
 * prefix + 2-byte pointer; `patches` lists the offsets of these pointers, which the answer writer
 * sets to where the apex stands in the message (the question ends in it). */
#pragma once

#include "base/arena.h"
#include "base/errlist.h"
#include "base/name.h"
#include "base/strbuf.h"
#include "zones/rrtype.h"

#include <stdatomic.h>

#define RRSET_FIXED                                                                                \
    12 /* bytes of a record before its rdata: owner pointer, type, class, TTL, length */

struct rrset {
    const struct rrset *next; /* of the same node */
    uint32_t ttl;             /* of RRSIG: the first record's; each has that of what it covers */
    uint32_t length;          /* bytes of `wire` */
    uint16_t type;
    uint16_t count;   /* records, at least 1 */
    uint16_t patches; /* pointers to the apex inside */
    uint16_t stride;  /* bytes of each record when all are equally long, else 0 */
    uint8_t wire[];   /* `length` bytes, then padding to 2, then `patches` uint16_t offsets (host
                         order) */
};

static inline const uint16_t *rrset_patches(const struct rrset *set)
{
    return (const uint16_t *)(const void *)(set->wire + ((set->length + 1U) & ~1U));
}

enum zone_node_flag {
    ZONE_NODE_CUT = 1,      /* NS here, not the apex */
    ZONE_NODE_OCCLUDED = 2, /* below a cut or a DNAME: never answered, may be glue */
    ZONE_NODE_WILDCARD = 4, /* has a child "*" */
    ZONE_NODE_DNAME = 8,
    ZONE_NODE_BOUND_A = 16, /* A answered by binding */
    ZONE_NODE_BOUND_AAAA = 32,
};

struct zone_node {
    const uint8_t *name; /* wire form, lower case */
    const struct rrset *rrsets;
    uint32_t parent;  /* index of the node one label up; the apex's is itself */
    uint32_t top;     /* OCCLUDED: index of the topmost cut or DNAME node above */
    uint32_t binding; /* BOUND_*: index in the zone's bindings */
    uint8_t name_length;
    uint8_t labels;
    uint16_t flags;
};

/* Addresses that a referral needs: all A/AAAA sets in this zone of the NS targets at a cut.
 * `required` ones lie below the cut itself (RFC 9471). */
struct zone_glue {
    const struct rrset *set;
    uint16_t ns_record; /* which record of the NS set names it */
    bool required;
};

struct zone_cut {
    uint32_t node;
    uint32_t glue_count;
    const struct zone_glue *glue;
};

struct zone_slot {
    uint32_t tag;  /* upper half of the hash */
    uint32_t node; /* index + 1; 0 = empty */
};

struct zone {
    atomic_uint refs;
    struct arena *arena;
    const uint8_t *apex; /* wire form, lower case */
    uint8_t apex_length;
    uint8_t apex_labels;
    uint64_t seed; /* of the name hash */
    const struct zone_node *nodes;
    uint32_t node_count;
    uint32_t mask; /* table size - 1 */
    const struct zone_slot *table;
    const struct rrset *soa;          /* TTL as in the file */
    const struct rrset *soa_negative; /* TTL = min(TTL, MINIMUM), RFC 2308 */
    const struct zone_cut *cuts;      /* sorted by node index */
    uint32_t cut_count;
    uint32_t binding_count;
    uint64_t record_count;
    uint32_t serial;
    uint32_t default_ttl; /* $TTL, else the SOA's minimum */
    const char *file;
    int64_t loaded_ms; /* Unix time */
};

/* --- loading (zones/build.c) --- */

/* A name that a pool answers. Filled by the caller, judged by zone_load. */
enum zone_binding_flag {
    ZONE_BIND_A = 1,
    ZONE_BIND_AAAA = 2,
    ZONE_BIND_OVERRIDE = 4,  /* A/AAAA of the file are hidden instead of being an error */
    ZONE_BIND_FROM_FILE = 8, /* the pool is made of the file's own A/AAAA here: they must exist;
                                A/AAAA flags are set by the load */
};
enum zone_binding_error {
    ZONE_BINDING_OK,
    ZONE_BINDING_CONFLICT, /* the file gives A or AAAA here too */
    ZONE_BINDING_AT_CNAME,
    ZONE_BINDING_BELOW_CUT, /* at or below a cut, or below a DNAME */
    ZONE_BINDING_NOT_IN_ZONE,
    ZONE_BINDING_NO_ADDRESSES, /* FROM_FILE, and the file has no A/AAAA at this name */
    ZONE_BINDING_TWICE,
    ZONE_BINDING_SIGNED, /* the zone is signed; answers of pools cannot be, yet */
};
struct zone_binding {
    const uint8_t *owner; /* wire form, lower case, absolute */
    unsigned flags;
    enum zone_binding_error error; /* out */
};

struct zone_spec {
    const uint8_t *apex; /* wire form */
    const char *file;
    struct zone_binding *bindings;
    size_t binding_count;
    uint64_t seed;
    const atomic_bool *cancel;     /* may be NULL; polled now and then */
    atomic_uint_fast64_t *records; /* may be NULL; progress, records read so far */
};

/* Reads, checks and compiles a zone. Returns owned (one reference), or NULL with errors:
 * "FILE:LINE: message" lines added, and/or errors set in the bindings (those are the caller's to
 * report with their JSON path). Any thread (it may run long). */
struct zone *zone_load(const struct zone_spec *spec, struct errlist *errors);
/* Same from text, for tests and fuzzing; `spec->file` is the name in messages. */
struct zone *zone_load_text(const struct zone_spec *spec, const char *text, size_t length,
                            struct errlist *errors);
struct zone *zone_ref(const struct zone *zone); /* any thread */
void zone_unref(const struct zone *zone);       /* any thread; the last one frees */

/* --- lookup (zones/zone.c) --- */

enum zone_match {
    ZONE_EXACT,      /* node; may have no RRset (empty non-terminal) */
    ZONE_WILDCARDED, /* node is the wildcard that covers the name (RFC 4592) */
    ZONE_ABSENT,     /* NXDOMAIN; node is the closest encloser */
    ZONE_DELEGATED,  /* node is the cut at or above the name */
    ZONE_DNAMED,     /* node owns a DNAME, the name is below it */
};

struct zone_found {
    enum zone_match match;
    const struct zone_node *node;
    const struct zone_node *encloser; /* closest encloser: node itself when EXACT */
};

/* Touches the cache line of the table that zone_find will read first. */
void zone_prefetch(const struct zone *zone, const struct name_hashes *hashes);
/* `name` in lower case with its hashes (same seed), at or under the apex. No allocation. */
void zone_find(const struct zone *zone, const uint8_t *name, const struct name_hashes *hashes,
               struct zone_found *out);
/* The node of this very name or NULL, whatever lies above. */
const struct zone_node *zone_node_at(const struct zone *zone, const uint8_t *name, uint64_t hash);
const struct rrset *zone_node_rrset(const struct zone_node *node, uint16_t type);
const struct zone_cut *zone_cut_of(const struct zone *zone, const struct zone_node *node);

/* --- reading records back (zones/print.c, transfers, pools made of file records) --- */

/* Uncompressed rdata of record `index`; `out` has 65535 bytes. Returns its length. */
size_t zone_rdata(const struct zone *zone, const struct rrset *set, unsigned index, uint8_t *out);
/* Prints one RR a line, `owner TTL IN TYPE rdata`: SOA first, then canonical order (RFC 4034
 * section 6). */
void zone_print(const struct zone *zone, struct strbuf *out);
