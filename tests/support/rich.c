// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/rich.h"

#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

/* 63, 60 and 50 octets. */
#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B60 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FILL "fill-fill-fill-fill-fill."
#define AAA  A63 "." A63 "." A63 "."

static const char example_zone[] = "$TTL 300\n"
                                   "@ 3600 SOA ns1 hostmaster 2024010101 7200 600 86400 60\n"
                                   "@ NS ns1\n"
                                   "@ NS ns2\n"
                                   "@ MX 10 mail\n"
                                   "@ TXT apex\n"
                                   "ns1 A 192.0.2.53\n"
                                   "ns2 A 192.0.2.54\n"
                                   "ns2 AAAA 2001:db8::54\n"
                                   "mail A 192.0.2.25\n"
                                   "www A 192.0.2.1\n"
                                   "www AAAA 2001:db8::1\n"
                                   "multi A 192.0.2.1\n"
                                   "multi A 192.0.2.2\n"
                                   "multi A 192.0.2.3\n"
                                   "mx MX 10 mail\n"
                                   "mx MX 20 mail.other.test.\n"
                                   "mx MX 30 backup\n"
                                   "srv SRV 1 2 3 www\n"
                                   "txt TXT one\n"
                                   "txt TXT \"twenty two\"\n"
                                   "txt TXT three\n"
                                   "ptr PTR www\n"
                                   "type65280 TYPE65280 \\# 4 01020304\n"
                                   "a.b.ent TXT deep\n"
                                   /* wildcards */
                                   "*.wild A 192.0.2.77\n"
                                   "*.wild TXT wild\n"
                                   "sub.wild A 192.0.2.78\n"
                                   "x.y.wild A 192.0.2.79\n"
                                   "*.wc CNAME www\n"
                                   "*.wloop CNAME x.wloop\n"
                                   /* aliases */
                                   "alias CNAME www\n"
                                   "alias2 CNAME alias\n"
                                   "alias3 CNAME alias2\n"
                                   "tomulti CNAME multi\n"
                                   "topool CNAME pool\n"
                                   "tofail CNAME failpool\n"
                                   "toapex CNAME @\n"
                                   "toother CNAME www.other.test.\n"
                                   "toout CNAME www.outside.invalid.\n"
                                   "tonx CNAME nothing\n"
                                   "tonodata CNAME a.b.ent\n"
                                   "todeleg CNAME x.sub\n"
                                   "tocut CNAME sub\n"
                                   "tochild CNAME www.child\n"
                                   "tochildapex CNAME child\n"
                                   "towild CNAME foo.wild\n"
                                   "todname CNAME foo.dn\n"
                                   "zigzag CNAME zig.child\n"
                                   "loop1 CNAME loop2\n"
                                   "loop2 CNAME loop1\n"
                                   "selfloop CNAME selfloop\n"
                                   "$GENERATE 0-17 chain$ CNAME chain${1}\n"
                                   "chain18 A 192.0.2.99\n"
                                   /* DNAME */
                                   "dn DNAME dtarget\n"
                                   "dn TXT owner\n"
                                   "dtarget TXT target\n"
                                   "a.dtarget A 192.0.2.80\n"
                                   "foo.dtarget CNAME www\n"
                                   "dnout DNAME outside.invalid.\n"
                                   "dnother DNAME other.test.\n"
                                   "dnlong DNAME " A63 "." A63 "." B60 "\n"
                                   "dnloop1 DNAME dnloop2\n"
                                   "dnloop2 DNAME dnloop1\n"
                                   "dngrow DNAME x.dngrow2\n"
                                   "dngrow2 DNAME x.dngrow\n";

static const char example_zone_more[] =
    /* cuts */
    "sub NS ns.sub\n"
    "sub NS ns2\n"
    "sub NS ns.other.test.\n"
    "sub DS 12345 13 2 0000000000000000000000000000000000000000000000000000000000000000\n"
    "ns.sub A 192.0.2.90\n"
    "ns.sub AAAA 2001:db8::90\n"
    "www.sub A 192.0.2.91\n"
    "nods NS ns.outside.invalid.\n"
    "child NS ns.child\n"
    "child DS 12346 13 2 0000000000000000000000000000000000000000000000000000000000000001\n"
    "ns.child A 192.0.2.91\n"
    "far NS ns.far\n"
    "ns.far A 192.0.2.93\n"
    "$GENERATE 1-13 bigglue NS n$.bigglue\n"
    "$GENERATE 1-13 n$.bigglue AAAA 2001:db8::$\n"
    "$GENERATE 1-30 optglue NS server-number-$\n"
    "$GENERATE 1-30 server-number-$ A 192.0.2.$\n"
    /* the names of the last servers stand beyond the reach of a pointer, resp. of a message */
    "$GENERATE 1-400 farglue NS a-rather-long-name-for-a-server-$.farglue\n"
    "$GENERATE 1-400 a-rather-long-name-for-a-server-$.farglue AAAA 2001:db8::$\n"
    "$GENERATE 1-400 a-rather-long-name-for-a-server-$.farglue A 192.0.2.1\n"
    "$GENERATE 1-800 overglue NS a-rather-long-name-for-a-server-$.overglue\n"
    "$GENERATE 1-800 a-rather-long-name-for-a-server-$.overglue AAAA 2001:db8::$\n"
    /* sizes */
    "$GENERATE 1-20 big TXT " A63 "$\n"
    "$GENERATE 1-50 mid A 192.0.2.$\n"
    "$GENERATE 1-830 huge TXT " A63 "$\n" /* 35 octets less than a message */
    "an-alias-that-is-long-enough CNAME huge\n"
    "*." A63 "." A63 "." B60 " A 192.0.2.5\n"
    /* names so long that their answers do not fit into 512 octets: the CNAME, the DNAME, the
       CNAME made of a DNAME */
    AAA FILL "longalias CNAME " AAA A50 ".invalid.\n" AAA FILL "longdn DNAME " AAA A50
    ".invalid.\n" A63 "." A63 "." FILL "longowner DNAME " A63 "." A63 "." B60 "\n"
    /* addresses that a pool was made of */
    "emptyfile A 192.0.2.210\n"
    "emptyfile AAAA 2001:db8::210\n"
    "emptyfile TXT left\n"
    /* addresses that a pool hides */
    "bound A 192.0.2.200\n"
    "bound TXT hidden\n";

static const char other_zone[] = "$TTL 600\n"
                                 "@ SOA ns.example.test. hostmaster 7 7200 600 86400 30\n"
                                 "@ NS ns.example.test.\n"
                                 "www A 198.51.100.1\n"
                                 "mail A 198.51.100.25\n"
                                 "ns A 198.51.100.53\n"
                                 "back CNAME www.example.test.\n";

static const char child_zone[] = "$TTL 600\n"
                                 "@ SOA ns hostmaster 9 7200 600 86400 45\n"
                                 "@ NS ns\n"
                                 "ns A 192.0.2.91\n"
                                 "www A 203.0.113.1\n"
                                 "up CNAME www.example.test.\n"
                                 "self CNAME @\n"
                                 "zig CNAME zag\n"
                                 "zag CNAME www.example.test.\n"
                                 "grand NS ns.grand\n"
                                 "ns.grand A 192.0.2.92\n";

static const char under_zone[] = "$TTL 600\n"
                                 "@ SOA ns hostmaster 9 7200 600 86400 45\n"
                                 "@ NS ns\n"
                                 "ns A 192.0.2.91\n";

const char *const rich_names[] = {
    "example.test",
    "www.example.test",
    "WwW.eXAMPLE.tEST",
    "multi.example.test",
    "mx.example.test",
    "srv.example.test",
    "txt.example.test",
    "type65280.example.test",
    "ent.example.test",
    "b.ent.example.test",
    "nx.example.test",
    "a.b.c.nx.example.test",
    "q.wild.example.test",
    "a.b.wild.example.test",
    "sub.wild.example.test",
    "z.sub.wild.example.test",
    "y.wild.example.test",
    "q.y.wild.example.test",
    "*.wild.example.test",
    "q.wc.example.test",
    "q.wloop.example.test",
    "alias3.example.test",
    "tomulti.example.test",
    "topool.example.test",
    "tofail.example.test",
    "toapex.example.test",
    "toother.example.test",
    "toout.example.test",
    "tonx.example.test",
    "tonodata.example.test",
    "todeleg.example.test",
    "tocut.example.test",
    "tochild.example.test",
    "tochildapex.example.test",
    "towild.example.test",
    "todname.example.test",
    "zigzag.example.test",
    "loop1.example.test",
    "selfloop.example.test",
    "chain0.example.test",
    "chain1.example.test",
    "chain2.example.test",
    "dn.example.test",
    "a.dn.example.test",
    "foo.dn.example.test",
    "www.dnout.example.test",
    "www.dnother.example.test",
    "a.dnlong.example.test",
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.dnlong.example.test",
    "a.dnloop1.example.test",
    "a.dngrow.example.test",
    AAA FILL "longalias.example.test",
    "x." AAA FILL "longdn.example.test",
    A50 "." A63 "." A63 "." FILL "longowner.example.test",
    "sub.example.test",
    "www.sub.example.test",
    "a.b.sub.example.test",
    "nods.example.test",
    "child.example.test",
    "www.child.example.test",
    "up.child.example.test",
    "self.child.example.test",
    "grand.child.example.test",
    "x.grand.child.example.test",
    "far.example.test",
    "under.far.example.test",
    "x.under.far.example.test",
    "bigglue.example.test",
    "optglue.example.test",
    "farglue.example.test",
    "overglue.example.test",
    "big.example.test",
    "mid.example.test",
    "huge.example.test",
    "an-alias-that-is-long-enough.example.test",
    "pool.example.test",
    "poolttl.example.test",
    "first.example.test",
    "window.example.test",
    "v6only.example.test",
    "bigpool.example.test",
    "nodatapool.example.test",
    "failpool.example.test",
    "q.pwild.example.test",
    "emptyfile.example.test",
    "bound.example.test",
    "other.test",
    "www.other.test",
    "back.other.test",
    "nx.other.test",
    "outside.invalid",
    "test",
    ".",
    NULL,
};

/* In the order of the members' ids: 0 to 2 are pool.example.test's for A. */
static const struct {
    const char *owner, *a, *aaaa;
    uint32_t limit;
    bool rotate;
    uint32_t pool_ttl, own_ttl;
} pools[] = {
    { "pool.example.test", "192.0.2.101 192.0.2.102 192.0.2.103", "2001:db8::101 2001:db8::102", 0,
      true, PICKER_TTL_NONE, PICKER_TTL_NONE },
    { "poolttl.example.test", "192.0.2.104", "2001:db8::104", 0, true, 20, 5 },
    { "first.example.test", "192.0.2.105 192.0.2.106", NULL, 1, false, 20, PICKER_TTL_NONE },
    { "window.example.test", "192.0.2.111 192.0.2.112 192.0.2.113 192.0.2.114", NULL, 2, true, 20,
      PICKER_TTL_NONE },
    { "v6only.example.test", NULL, "2001:db8::107", 0, true, 20, PICKER_TTL_NONE },
    { "*.pwild.example.test", "192.0.2.108", NULL, 0, true, 20, PICKER_TTL_NONE },
    { "bound.example.test", "192.0.2.109", NULL, 0, true, 20, PICKER_TTL_NONE },
    { "other.test", "198.51.100.7 198.51.100.8", NULL, 0, true, 20, PICKER_TTL_NONE },
};

static void add_pools(struct scene *w)
{
    for (size_t i = 0; i < ARRAY_LEN(pools); i++) {
        struct picker *family[] = { NULL, NULL };
        const char *const text[] = { pools[i].a, pools[i].aaaa };
        for (size_t f = 0; f < 2; f++) {
            if (text[f] != NULL)
                family[f] =
                    scene_set(w, text[f], pools[i].limit, pools[i].rotate, pools[i].pool_ttl);
        }
        scene_pool(w, pools[i].owner, family[0], family[1], pools[i].own_ttl);
    }
    char many[1024] = "10.1.2.1";
    size_t used = strlen(many);
    for (unsigned i = 2; i <= 60; i++)
        used += (size_t)snprintf(many + used, sizeof(many) - used, " 10.1.2.%u", i);
    scene_pool(w, "bigpool.example.test", scene_set(w, many, 0, true, 20), NULL, PICKER_TTL_NONE);
    scene_pool(w, "nodatapool.example.test", picker_new_empty(PICKER_A, DNS_NOERROR, "down"), NULL,
               PICKER_TTL_NONE);
    scene_pool(w, "failpool.example.test", picker_new_empty(PICKER_A, DNS_SERVFAIL, "down"),
               picker_new_empty(PICKER_AAAA, DNS_NOERROR, "down"), PICKER_TTL_NONE);
    scene_pool_of_file(w, "emptyfile.example.test", picker_new_empty(PICKER_A, DNS_NOERROR, "down"),
                       picker_new_empty(PICKER_AAAA, DNS_NOERROR, "down"));
}

struct scene *rich_scene(void)
{
    struct scene *w = scene_new();
    struct strbuf text;
    strbuf_init(&text);
    strbuf_add(&text, example_zone);
    strbuf_add(&text, example_zone_more);
    scene_zone(w, "example.test", text.text);
    strbuf_fini(&text);
    scene_zone(w, "other.test", other_zone);
    scene_zone(w, "child.example.test", child_zone);
    scene_zone(w, "under.far.example.test", under_zone);
    add_pools(w);
    scene_nsid(w, "node");
    return w;
}
