// SPDX-License-Identifier: BSD-2-Clause
/* Sets as they go on the wire, and the errors of single names. */
#include "base/wire.h"
#include "tests/unit/zones/zones_help.h"

static void check_bytes(const uint8_t *got, size_t length, const char *hex)
{
    char text[2048] = "";
    ck_assert_uint_lt(length * 2, sizeof(text));
    for (size_t i = 0; i < length; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", got[i]);
    ck_assert_str_eq(text, hex);
}

/* Owner pointer zero, type, class IN, TTL, length, rdata. */
START_TEST(addresses_on_the_wire)
{
    struct zone *zone =
        help_load(HELP_BASE "w 60 A 192.0.2.7\nw A 192.0.2.8\nw AAAA 2001:db8::1\n");
    const struct zone_node *node = help_node(zone, "w.example.test.");
    const struct rrset *a = zone_node_rrset(node, RRTYPE_A);
    const struct rrset *aaaa = zone_node_rrset(node, RRTYPE_AAAA);
    ck_assert_uint_eq(a->count, 2);
    ck_assert_uint_eq(a->stride, 16);
    ck_assert_uint_eq(a->length, 32);
    ck_assert_uint_eq(a->ttl, 60); /* the first one's, for both */
    ck_assert_uint_eq(a->patches, 0);
    check_bytes(a->wire, a->length,
                "0000000100010000003c0004c0000207"
                "0000000100010000003c0004c0000208");
    ck_assert_uint_eq(aaaa->stride, 28);
    ck_assert_uint_eq(aaaa->ttl, 300);
    check_bytes(aaaa->wire, aaaa->length,
                "0000001c00010000012c001020010db8000000000000000000000001");
    zone_unref(zone);
}
END_TEST

/* Names of RFC 1035 types end in a pointer to the apex; the patches say where the pointers are. */
START_TEST(names_point_to_the_apex)
{
    struct zone *zone = help_load(HELP_BASE "m MX 10 ns\nm MX 20 mail.other.\nm MX 30 @\n"
                                            "s SRV 1 2 3 ns\nc CNAME ns.EXAMPLE.test.\n"
                                            "d CNAME xexample.test.\n");
    const struct rrset *mx = zone_node_rrset(help_node(zone, "m.example.test."), RRTYPE_MX);
    ck_assert_uint_eq(mx->stride, 0);
    ck_assert_uint_eq(mx->patches, 2);
    check_bytes(mx->wire, mx->length,
                "0000000f00010000012c0007000a026e73c000"
                "0000000f00010000012c000e0014046d61696c056f7468657200"
                "0000000f00010000012c0004001ec000");
    ck_assert_uint_eq(rrset_patches(mx)[0], 17);
    ck_assert_uint_eq(rrset_patches(mx)[1], 59);
    /* not a type of RFC 1035; not letter by letter the apex; not at a label's start */
    const struct rrset *srv = zone_node_rrset(help_node(zone, "s.example.test."), RRTYPE_SRV);
    ck_assert_uint_eq(srv->patches, 0);
    ck_assert_uint_eq(srv->length, RRSET_FIXED + 6 + 17);
    const struct rrset *c = zone_node_rrset(help_node(zone, "c.example.test."), RRTYPE_CNAME);
    ck_assert_uint_eq(c->patches, 0);
    const struct rrset *d = zone_node_rrset(help_node(zone, "d.example.test."), RRTYPE_CNAME);
    ck_assert_uint_eq(d->patches, 0);
    zone_unref(zone);
}
END_TEST

START_TEST(soa_and_its_negative_twin)
{
    static const struct {
        const char *text;
        uint32_t ttl;
        uint32_t negative;
        uint32_t default_ttl;
    } soas[] = {
        { "$TTL 300\n@ SOA ns h 7 2 3 4 60\n@ NS n.\n", 300, 60, 300 },
        { "@ 30 SOA ns h 7 2 3 4 60\n@ NS n.\n", 30, 30, 60 },
        { "@ SOA ns h 7 2 3 4 60\n@ NS n.\n", 60, 60, 60 },
        { "$TTL 10\n@ 500 SOA ns h 7 2 3 4 4294967295\n@ NS n.\n", 500, 0, 10 },
    };
    for (size_t i = 0; i < ARRAY_LEN(soas); i++) {
        struct zone *zone = help_load(soas[i].text);
        ck_assert_uint_eq(zone->serial, 7);
        ck_assert_uint_eq(zone->soa->ttl, soas[i].ttl);
        ck_assert_uint_eq(wire_get32(zone->soa->wire + 6), soas[i].ttl);
        ck_assert_uint_eq(zone->soa_negative->ttl, soas[i].negative);
        ck_assert_uint_eq(wire_get32(zone->soa_negative->wire + 6), soas[i].negative);
        ck_assert_uint_eq(zone->soa_negative->patches, 2);
        ck_assert_uint_eq(zone->default_ttl, soas[i].default_ttl);
        ck_assert_ptr_eq(zone->soa, zone_node_rrset(&zone->nodes[0], RRTYPE_SOA));
        zone_unref(zone);
    }
}
END_TEST

/* A, AAAA, then by number; records in the order of the file; equal ones once. */
START_TEST(order_and_duplicates)
{
    static const uint16_t order[] = { 1, 28, 15, 16, 257 };
    struct zone *zone = help_load(
        HELP_BASE "w CAA 0 issue x\nw TXT b\nw TXT a\nw TXT b\nw MX 1 NS\nw MX 1 ns\nw AAAA ::2\n"
                  "w AAAA ::1\nw A 192.0.2.9\nw A 192.0.2.1\nw 5 A 192.0.2.9\n");
    const struct zone_node *node = help_node(zone, "w.example.test.");
    const struct rrset *set = node->rrsets;
    for (size_t i = 0; i < ARRAY_LEN(order); i++, set = set->next)
        ck_assert_uint_eq(set->type, order[i]);
    ck_assert_ptr_null(set);
    const struct rrset *a = zone_node_rrset(node, RRTYPE_A);
    ck_assert_uint_eq(a->count, 2);
    ck_assert_uint_eq(a->wire[15], 9);
    ck_assert_uint_eq(a->wire[31], 1);
    ck_assert_uint_eq(zone_node_rrset(node, RRTYPE_MX)->count, 1);
    ck_assert_uint_eq(zone_node_rrset(node, RRTYPE_TXT)->count, 2);
    ck_assert_uint_eq(zone->record_count, 3 + 8);
    zone_unref(zone);
}
END_TEST

/* RFC 4034 section 3: a signature has the TTL of what it covers. */
START_TEST(signatures_keep_their_ttls)
{
    struct zone *zone =
        help_load(HELP_BASE "ns 300 RRSIG A 8 3 300 20300101000000 20200101000000 1 @ AwEA\n"
                            "ns 60 RRSIG NSEC 8 3 60 20300101000000 20200101000000 1 @ AwEA\n"
                            "ns 9 RRSIG A 8 3 300 20300101000000 20200101000000 2 @ AwEA\n"
                            "ns 60 NSEC @ A RRSIG NSEC\n");
    const struct rrset *set = zone_node_rrset(help_node(zone, "ns.example.test."), RRTYPE_RRSIG);
    ck_assert_uint_eq(set->count, 3);
    ck_assert_uint_ne(set->stride, 0);
    ck_assert_uint_eq(wire_get32(set->wire + 6), 300);
    ck_assert_uint_eq(wire_get32(set->wire + set->stride + 6), 60);
    ck_assert_uint_eq(wire_get32(set->wire + 2U * set->stride + 6), 300);
    zone_unref(zone);
}
END_TEST

/* Sets are limited by the message only, not to 100 records. */
START_TEST(large_sets)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, HELP_BASE);
    /* (65535 - 27 - 16) / 16 = 4093 */
    for (unsigned i = 0; i < 4093; i++)
        strbuf_addf(&text, "w A 10.0.%u.%u\n", i >> 8, i & 255);
    struct zone *zone = help_load(text.text);
    ck_assert_uint_eq(zone_node_rrset(help_node(zone, "w.example.test."), RRTYPE_A)->count, 4093);
    zone_unref(zone);
    strbuf_add(&text, "w A 10.1.1.1\n");
    char *errors = help_errors(text.text);
    ck_assert_str_eq(errors, "test.zone:4098: the A records at w.example.test. do not fit into one "
                             "message\n");
    mem_free(errors);
    strbuf_fini(&text);
}
END_TEST

static const struct {
    const char *text;
    const char *errors; /* NULL: loads */
} names[] = {
    { "a CNAME b\na A 192.0.2.1\n", "test.zone:6: CNAME and other data at a.example.test.\n" },
    { "a A 192.0.2.1\na CNAME b\n", "test.zone:6: CNAME and other data at a.example.test.\n" },
    { "a CNAME b\na DNAME b\n", "test.zone:6: CNAME and other data at a.example.test.\n" },
    { "a CNAME b\na TYPE65400 \\# 0\n", "test.zone:6: CNAME and other data at a.example.test.\n" },
    { "a CNAME b\na DNSKEY 256 3 8 AwEA\n",
      "test.zone:6: CNAME and other data at a.example.test.\n" },
    { "a CNAME b\na CNAME c\n", "test.zone:6: a second CNAME record at a.example.test.\n" },
    { "a CNAME b\na CNAME B\n", NULL },
    { "a CNAME b\na NSEC c CNAME\na KEY 256 3 8 AwEA\n", NULL },
    { "a CNAME b\na RRSIG CNAME 8 3 300 20300101000000 20200101000000 1 @ AwEA\n", NULL },
    { "a CNAME b\nx.a A 192.0.2.1\n", NULL },
    { "@ CNAME b\n", "test.zone:5: CNAME and other data at example.test.\n" },
    { "a DNAME b\na DNAME c\n", "test.zone:6: a second DNAME record at a.example.test.\n" },
    { "a DNAME b\nx.a A 192.0.2.1\na A 192.0.2.1\n", NULL }, /* as BIND; x.a is occluded */
    { "a DNAME b\na NS x.\n", NULL },
    { "@ SOA a b 2 2 3 4 5\n", "test.zone:5: a second SOA record at example.test.\n" },
    { "@ SOA ns h 1 2 3 4 5\n", NULL },
    { "x SOA a b 1 2 3 4 5\n",
      "test.zone:5: SOA belongs to the top of the zone, not to x.example.test.\n" },
    { "@ DS 1 8 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n",
      "test.zone:5: DS belongs to the parent zone, not to example.test.\n" },
    { "*.w NS x.\n", "test.zone:5: NS may not stand at the wildcard *.w.example.test.\n" },
    { "a NSEC3 1 0 0 - 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM A\n",
      "test.zone:5: NSEC3 needs a hash as first label, not a.example.test.\n" },
    { "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM NSEC3 1 0 0 - 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM A\n", NULL },
    /* several at once */
    { "a CNAME b\na A 192.0.2.1\nb A x\nc CNAME d\nc CNAME e\n",
      "test.zone:7: A: 'x' is not an IPv4 address\n"
      "test.zone:6: CNAME and other data at a.example.test.\n"
      "test.zone:9: a second CNAME record at c.example.test.\n" },
};

START_TEST(rules_of_names)
{
    char text[1024];
    (void)snprintf(text, sizeof(text), "%s%s", HELP_BASE, names[_i].text);
    if (names[_i].errors == NULL) {
        zone_unref(help_load(text));
        return;
    }
    char *errors = help_errors(text);
    ck_assert_str_eq(errors, names[_i].errors);
    mem_free(errors);
}
END_TEST

START_TEST(occlusion)
{
    static const struct {
        const char *name;
        unsigned flags;
        const char *top;
    } expected[] = {
        { "example.test.", 0, NULL },
        { "cut.example.test.", ZONE_NODE_CUT, NULL },
        { "a.cut.example.test.", ZONE_NODE_OCCLUDED, "cut.example.test." },
        { "b.a.cut.example.test.", ZONE_NODE_OCCLUDED | ZONE_NODE_CUT, "cut.example.test." },
        { "c.b.a.cut.example.test.", ZONE_NODE_OCCLUDED, "cut.example.test." },
        { "d.example.test.", ZONE_NODE_DNAME, NULL },
        { "x.d.example.test.", ZONE_NODE_OCCLUDED | ZONE_NODE_DNAME, "d.example.test." },
        { "y.x.d.example.test.", ZONE_NODE_OCCLUDED, "d.example.test." },
        { "free.example.test.", 0, NULL },
    };
    struct zone *zone =
        help_load(HELP_BASE "c.b.a.cut A 192.0.2.1\nb.a.cut NS n.\ncut NS ns\ny.x.d TXT y\n"
                            "x.d DNAME z.\nd DNAME z.\nfree A 192.0.2.2\n");
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        const struct zone_node *node = help_node(zone, expected[i].name);
        ck_assert_ptr_nonnull(node);
        ck_assert_msg(node->flags == expected[i].flags, "%s: %u", expected[i].name, node->flags);
        if (expected[i].top != NULL)
            ck_assert_ptr_eq(&zone->nodes[node->top], help_node(zone, expected[i].top));
    }
    zone_unref(zone);
}
END_TEST

/* The apex is never a cut, and DNAME there occludes all else. */
START_TEST(dname_at_the_apex)
{
    struct zone *zone =
        help_load("$TTL 300\n@ SOA ns.o. h.o. 1 2 3 4 5\n@ NS ns.o.\n@ DNAME o.\nx TXT y\n");
    ck_assert_uint_eq(zone->nodes[0].flags, ZONE_NODE_DNAME);
    ck_assert_uint_eq(help_node(zone, "x.example.test.")->flags, ZONE_NODE_OCCLUDED);
    zone_unref(zone);
}
END_TEST

static void fill(TCase *tcase)
{
    tcase_add_test(tcase, addresses_on_the_wire);
    tcase_add_test(tcase, names_point_to_the_apex);
    tcase_add_test(tcase, soa_and_its_negative_twin);
    tcase_add_test(tcase, order_and_duplicates);
    tcase_add_test(tcase, signatures_keep_their_ttls);
    tcase_add_test(tcase, large_sets);
    tcase_add_loop_test(tcase, rules_of_names, 0, (int)ARRAY_LEN(names));
    tcase_add_test(tcase, occlusion);
    tcase_add_test(tcase, dname_at_the_apex);
}

int main(void)
{
    return help_run("zones/compile", fill, 20);
}
