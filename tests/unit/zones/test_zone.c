// SPDX-License-Identifier: BSD-2-Clause
#include "zones/zone.h"

#include "base/rng.h"
#include "base/wire.h"
#include "tests/unit/zones/zones_help.h"

static const char zone_text[] =
    HELP_BASE "host1 A 192.0.2.1\n* TXT wild\nsub.* TXT not-wild\n_ssh._tcp.host1 SRV 1 2 3 ns\n"
              "cut NS ns.cut\nns.cut A 192.0.2.2\ndeep.ns.cut A 192.0.2.3\nd DNAME other.\nd A "
              "192.0.2.4\nbelow.d TXT x\na.b.c.ent TXT x\n*.e.f TXT g\n";

/* RFC 4592 section 2.2.1 and more: what is found, the node, the closest encloser. */
static const struct {
    const char *name;
    enum zone_match match;
    const char *node;
    const char *encloser;
} finds[] = {
    { "example.test.", ZONE_EXACT, "example.test.", "example.test." },
    { "host1.example.test.", ZONE_EXACT, "host1.example.test.", "host1.example.test." },
    { "HOST1.Example.Test.", ZONE_EXACT, "host1.example.test.", "host1.example.test." },
    { "host3.example.test.", ZONE_WILDCARDED, "*.example.test.", "example.test." },
    { "foo.bar.example.test.", ZONE_WILDCARDED, "*.example.test.", "example.test." },
    { "*.example.test.", ZONE_EXACT, "*.example.test.", "*.example.test." },
    { "sub.*.example.test.", ZONE_EXACT, "sub.*.example.test.", "sub.*.example.test." },
    { "x.*.example.test.", ZONE_ABSENT, "*.example.test.", "*.example.test." },
    { "x.host1.example.test.", ZONE_ABSENT, "host1.example.test.", "host1.example.test." },
    { "_telnet._tcp.host1.example.test.", ZONE_ABSENT, "_tcp.host1.example.test.",
      "_tcp.host1.example.test." },
    { "_tcp.host1.example.test.", ZONE_EXACT, "_tcp.host1.example.test.",
      "_tcp.host1.example.test." },
    { "cut.example.test.", ZONE_DELEGATED, "cut.example.test.", "cut.example.test." },
    { "ns.cut.example.test.", ZONE_DELEGATED, "cut.example.test.", "ns.cut.example.test." },
    { "x.deep.ns.cut.example.test.", ZONE_DELEGATED, "cut.example.test.",
      "deep.ns.cut.example.test." },
    { "y.cut.example.test.", ZONE_DELEGATED, "cut.example.test.", "cut.example.test." },
    { "d.example.test.", ZONE_EXACT, "d.example.test.", "d.example.test." },
    { "x.d.example.test.", ZONE_DNAMED, "d.example.test.", "d.example.test." },
    { "below.d.example.test.", ZONE_DNAMED, "d.example.test.", "below.d.example.test." },
    { "x.y.below.d.example.test.", ZONE_DNAMED, "d.example.test.", "below.d.example.test." },
    { "ent.example.test.", ZONE_EXACT, "ent.example.test.", "ent.example.test." },
    { "b.c.ent.example.test.", ZONE_EXACT, "b.c.ent.example.test.", "b.c.ent.example.test." },
    { "x.b.c.ent.example.test.", ZONE_ABSENT, "b.c.ent.example.test.", "b.c.ent.example.test." },
    { "x.y.z.c.ent.example.test.", ZONE_ABSENT, "c.ent.example.test.", "c.ent.example.test." },
    { "q.e.f.example.test.", ZONE_WILDCARDED, "*.e.f.example.test.", "e.f.example.test." },
    { "q.f.example.test.", ZONE_ABSENT, "f.example.test.", "f.example.test." },
};

START_TEST(find_table)
{
    struct zone *zone = help_load(zone_text);
    struct zone_found found = help_find(zone, finds[_i].name);
    ck_assert_msg(found.match == finds[_i].match, "%s: %d", finds[_i].name, found.match);
    ck_assert_ptr_eq(found.node, help_node(zone, finds[_i].node));
    ck_assert_ptr_eq(found.encloser, help_node(zone, finds[_i].encloser));
    zone_unref(zone);
}
END_TEST

/* Cut and DNAME at one name: the cut comes first (a zone ends there). */
START_TEST(cut_before_dname)
{
    struct zone *zone = help_load(HELP_BASE "a DNAME b\na NS x.\n");
    ck_assert_int_eq(help_find(zone, "a.example.test.").match, ZONE_DELEGATED);
    ck_assert_int_eq(help_find(zone, "x.a.example.test.").match, ZONE_DELEGATED);
    zone_unref(zone);
}
END_TEST

/* A wildcard that has no records of its own still covers (RFC 4592 section 2.2.3). */
START_TEST(empty_wildcard)
{
    struct zone *zone = help_load(HELP_BASE "x.*.w TXT y\n");
    struct zone_found found = help_find(zone, "q.w.example.test.");
    ck_assert_int_eq(found.match, ZONE_WILDCARDED);
    ck_assert_ptr_null(found.node->rrsets);
    zone_unref(zone);
}
END_TEST

START_TEST(root_zone)
{
    struct help_name apex = help_name(".");
    struct errlist errors;
    errlist_init(&errors);
    static const char text[] = ". 1 SOA a. b. 1 2 3 4 5\n. 1 NS ns.\nns. 1 A 192.0.2.1\n"
                               "test. 1 NS ns.test.\nns.test. 1 A 192.0.2.2\n";
    struct zone_spec spec = { .apex = apex.wire, .file = "root", .seed = HELP_SEED };
    struct zone *zone = zone_load_text(&spec, text, sizeof(text) - 1, &errors);
    ck_assert_ptr_nonnull(zone);
    ck_assert_uint_eq(zone->apex_length, 1);
    ck_assert_int_eq(help_find(zone, ".").match, ZONE_EXACT);
    ck_assert_int_eq(help_find(zone, "ns.").match, ZONE_EXACT);
    ck_assert_int_eq(help_find(zone, "x.y.").match, ZONE_ABSENT);
    ck_assert_int_eq(help_find(zone, "a.b.test.").match, ZONE_DELEGATED);
    ck_assert_uint_eq(zone->soa->patches, 0); /* a pointer is longer than the root */
    zone_unref(zone);
    errlist_fini(&errors);
}
END_TEST

/* --- against a model: the same questions answered by looking at every node --- */

static const struct zone_node *slow_node(const struct zone *zone, const uint8_t *name)
{
    for (uint32_t i = 0; i < zone->node_count; i++) {
        if (name_equal(zone->nodes[i].name, name))
            return &zone->nodes[i];
    }
    return NULL;
}

static struct zone_found slow_find(const struct zone *zone, const uint8_t *name)
{
    struct zone_found found = { .match = ZONE_ABSENT };
    const uint8_t *suffix = name;
    while (slow_node(zone, suffix) == NULL)
        suffix = name_skip(suffix, 1);
    found.encloser = slow_node(zone, suffix);
    found.node = found.encloser;
    /* from the top down: the first cut or DNAME above (or for a cut, at) the name decides */
    for (unsigned labels = zone->apex_labels + 1U; labels <= name_labels(name); labels++) {
        const struct zone_node *node = slow_node(zone, name_skip(name, name_labels(name) - labels));
        if (node == NULL)
            break;
        bool at = labels == name_labels(name);
        bool dname = zone_node_rrset(node, RRTYPE_DNAME) != NULL && !at;
        if (zone_node_rrset(node, RRTYPE_NS) == NULL && !dname)
            continue;
        found.node = node;
        found.match = zone_node_rrset(node, RRTYPE_NS) != NULL ? ZONE_DELEGATED : ZONE_DNAMED;
        return found;
    }
    if (suffix == name) {
        found.match = ZONE_EXACT;
        return found;
    }
    uint8_t star[NAME_MAX_LEN + 2] = { 1, '*' };
    memcpy(star + 2, suffix, name_length(suffix));
    if (slow_node(zone, star) != NULL) {
        found.node = slow_node(zone, star);
        found.match = ZONE_WILDCARDED;
    }
    return found;
}

static void random_owner(struct rng *rng, struct strbuf *out)
{
    static const char *const labels[] = { "a", "b", "c", "*", "d" };
    unsigned depth = 1 + rng_below(rng, 5);
    for (unsigned i = 0; i < depth; i++)
        strbuf_addf(out, "%s%s", i > 0 ? "." : "", labels[rng_below(rng, ARRAY_LEN(labels))]);
}

START_TEST(find_like_the_model)
{
    struct rng rng;
    rng_seed(&rng, (uint64_t)_i + 1);
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, HELP_BASE);
    for (unsigned i = 0; i < 25; i++) {
        struct strbuf owner;
        strbuf_init(&owner);
        random_owner(&rng, &owner);
        uint32_t kind = rng_below(&rng, 12);
        if (kind == 0 && owner.text[0] != '*')
            strbuf_addf(&text, "%s NS x.\n", owner.text);
        else if (kind == 1)
            strbuf_addf(&text, "%s DNAME x.\n", owner.text);
        else
            strbuf_addf(&text, "%s TXT x\n", owner.text);
        strbuf_fini(&owner);
    }
    struct errlist errors;
    errlist_init(&errors);
    struct zone *zone = help_load_bound(text.text, NULL, 0, &errors);
    for (unsigned i = 0; zone != NULL && i < 300; i++) {
        struct strbuf name;
        strbuf_init(&name);
        random_owner(&rng, &name);
        strbuf_add(&name, ".example.test.");
        struct help_name wire = help_name(name.text);
        struct zone_found expected = slow_find(zone, wire.wire);
        struct zone_found got = help_find(zone, name.text);
        ck_assert_msg(got.match == expected.match && got.node == expected.node &&
                          got.encloser == expected.encloser,
                      "%s in\n%s: %d, not %d", name.text, text.text, got.match, expected.match);
        strbuf_fini(&name);
    }
    ck_assert_msg(zone != NULL || errors.count > 0, "refused without a reason");
    zone_unref(zone);
    errlist_fini(&errors);
    strbuf_fini(&text);
}
END_TEST

/* The longest name there is, under each depth of what exists. */
START_TEST(many_labels)
{
    struct strbuf text, name;
    strbuf_init(&text);
    strbuf_init(&name);
    strbuf_add(&text, HELP_BASE);
    for (unsigned i = 0; i < 60; i++)
        strbuf_add(&text, i == 0 ? "a" : ".a");
    strbuf_add(&text, " TXT x\n");
    struct zone *zone = help_load(text.text);
    for (unsigned under = 0; under <= 60; under += 7) {
        strbuf_clear(&name);
        strbuf_addf(&name, "b");
        for (unsigned i = under; i < 110; i++)
            strbuf_add(&name, ".c");
        for (unsigned i = 0; i < under; i++)
            strbuf_add(&name, ".a");
        strbuf_add(&name, ".example.test.");
        struct zone_found found = help_find(zone, name.text);
        ck_assert_int_eq(found.match, ZONE_ABSENT);
        ck_assert_uint_eq(found.encloser->labels, under + 2);
    }
    zone_unref(zone);
    strbuf_fini(&text);
    strbuf_fini(&name);
}
END_TEST

/* --- records read back --- */

START_TEST(rdata_is_uncompressed)
{
    struct zone *zone = help_load(HELP_BASE "m MX 10 Mail\nm MX 5 x.y.\nm MX 7 @\n");
    const struct rrset *set = zone_node_rrset(help_node(zone, "m.example.test."), RRTYPE_MX);
    static const char *const expected[] = { "10 Mail.example.test.", "5 x.y.", "7 example.test." };
    uint8_t *rdata = mem_alloc(RDATA_MAX);
    ck_assert_uint_eq(set->count, 3);
    for (unsigned i = 0; i < set->count; i++) {
        struct strbuf text;
        strbuf_init(&text);
        size_t length = zone_rdata(zone, set, i, rdata);
        rdata_to_text(RRTYPE_MX, rdata, length, &text);
        ck_assert_str_eq(text.text, expected[i]);
        strbuf_fini(&text);
    }
    size_t length = zone_rdata(zone, zone->soa, 0, rdata);
    ck_assert_uint_eq(length, 17 + 16 + 20); /* ns., h., five numbers */
    mem_free(rdata);
    zone_unref(zone);
}
END_TEST

START_TEST(references_count)
{
    struct zone *zone = help_load(HELP_BASE);
    struct zone *again = zone_ref(zone);
    ck_assert_ptr_eq(again, zone);
    zone_unref(zone);
    ck_assert_uint_eq(again->serial, 1); /* still there; the sanitizers watch */
    zone_unref(again);
    zone_unref(NULL);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_loop_test(tcase, find_table, 0, (int)ARRAY_LEN(finds));
    tcase_add_test(tcase, cut_before_dname);
    tcase_add_test(tcase, empty_wildcard);
    tcase_add_test(tcase, root_zone);
    tcase_add_loop_test(tcase, find_like_the_model, 0, 60);
    tcase_add_test(tcase, many_labels);
    tcase_add_test(tcase, rdata_is_uncompressed);
    tcase_add_test(tcase, references_count);
}

int main(void)
{
    return help_run("zones/zone", fill, 20);
}
