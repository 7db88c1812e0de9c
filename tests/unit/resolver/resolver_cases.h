// SPDX-License-Identifier: BSD-2-Clause
/* What the rich scene (tests/support/rich.c) answers, asked afresh each time: every row of
 * docs/protocol.md has one here. */
#pragma once

#define SOA                                                                                        \
    "NS example.test. 60 SOA ns1.example.test. hostmaster.example.test. 2024010101 7200 600 "      \
    "86400 60\n"
#define SOA_CHILD                                                                                  \
    "NS child.example.test. 45 SOA ns.child.example.test. hostmaster.child.example.test. 9 7200 "  \
    "600 86400 45\n"
#define SOA_OTHER                                                                                  \
    "NS other.test. 30 SOA ns.example.test. hostmaster.other.test. 7 7200 600 86400 30\n"
#define SOA_UNDER                                                                                  \
    "NS under.far.example.test. 45 SOA ns.under.far.example.test. "                                \
    "hostmaster.under.far.example.test. 9 7200 600 86400 45\n"
#define SUB                                                                                        \
    "NS sub.example.test. 300 NS ns.sub.example.test.\n"                                           \
    "NS sub.example.test. 300 NS ns2.example.test.\n"                                              \
    "NS sub.example.test. 300 NS ns.other.test.\n"                                                 \
    "AR ns.sub.example.test. 300 A 192.0.2.90\n"                                                   \
    "AR ns.sub.example.test. 300 AAAA 2001:db8::90\n"                                              \
    "AR ns2.example.test. 300 A 192.0.2.54\n"                                                      \
    "AR ns2.example.test. 300 AAAA 2001:db8::54\n"
#define WWW "AN www.example.test. 300 A 192.0.2.1\n"

static const struct {
    const char *ask;
    const char *want;
} cases[] = {
    /* positive */
    { "www.example.test A", "NOERROR aa\n" WWW },
    { "www.example.test AAAA", "NOERROR aa\nAN www.example.test. 300 AAAA 2001:db8::1\n" },
    { "www.example.test A tcp", "NOERROR aa\n" WWW },
    { "multi.example.test A", "NOERROR aa\n"
                              "AN multi.example.test. 300 A 192.0.2.1\n"
                              "AN multi.example.test. 300 A 192.0.2.2\n"
                              "AN multi.example.test. 300 A 192.0.2.3\n" },
    { "mx.example.test MX", "NOERROR aa\n"
                            "AN mx.example.test. 300 MX 10 mail.example.test.\n"
                            "AN mx.example.test. 300 MX 20 mail.other.test.\n"
                            "AN mx.example.test. 300 MX 30 backup.example.test.\n" },
    { "srv.example.test SRV",
      "NOERROR aa\nAN srv.example.test. 300 SRV 1 2 3 www.example.test.\n" },
    { "ptr.example.test PTR", "NOERROR aa\nAN ptr.example.test. 300 PTR www.example.test.\n" },
    { "type65280.example.test TYPE65280",
      "NOERROR aa\nAN type65280.example.test. 300 TYPE65280 \\# 4 01020304\n" },
    { "example.test SOA", "NOERROR aa\nAN example.test. 3600 SOA ns1.example.test. "
                          "hostmaster.example.test. 2024010101 7200 600 86400 60\n" },
    { "example.test NS", "NOERROR aa\n"
                         "AN example.test. 300 NS ns1.example.test.\n"
                         "AN example.test. 300 NS ns2.example.test.\n" },
    { "ns.sub.example.test A", "NOERROR\n" SUB },

    /* header and case (RFC 4343) */
    { "www.example.test A rd cd", "NOERROR aa rd cd\n" WWW },
    { "www.example.test A ad z aa tc ra", "NOERROR aa\n" WWW },
    { "wWw.Example.tESt A", "NOERROR aa\nAN wWw.Example.tESt. 300 A 192.0.2.1\n" },
    { "Nx.Example.tESt A", "NXDOMAIN aa\nNS Example.tESt. 60 SOA ns1.Example.tESt. "
                           "hostmaster.Example.tESt. 2024010101 7200 600 86400 60\n" },

    /* negative (RFC 2308, RFC 8020) */
    { "nx.example.test A", "NXDOMAIN aa\n" SOA },
    { "a.b.c.nx.example.test A", "NXDOMAIN aa\n" SOA },
    { "below.www.example.test A", "NXDOMAIN aa\n" SOA },
    { "www.example.test TXT", "NOERROR aa\n" SOA },
    { "example.test A", "NOERROR aa\n" SOA },
    { "ent.example.test A", "NOERROR aa\n" SOA },
    { "b.ent.example.test ANY", "NOERROR aa\n" SOA },
    { "nx.other.test A", "NXDOMAIN aa\n" SOA_OTHER },
    { "x.under.far.example.test A", "NXDOMAIN aa\n" SOA_UNDER },

    /* not ours */
    { "outside.invalid A", "REFUSED\n" },
    { "test A rd edns=1232 do", "REFUSED rd\nOPT 1232 do\n" },
    { ". NS", "REFUSED\n" },

    /* wildcards (RFC 4592) */
    { "q.wild.example.test A", "NOERROR aa\nAN q.wild.example.test. 300 A 192.0.2.77\n" },
    { "a.b.wild.example.test TXT", "NOERROR aa\nAN a.b.wild.example.test. 300 TXT \"wild\"\n" },
    { "q.wild.example.test AAAA", "NOERROR aa\n" SOA },
    { "*.wild.example.test A", "NOERROR aa\nAN *.wild.example.test. 300 A 192.0.2.77\n" },
    { "sub.wild.example.test A", "NOERROR aa\nAN sub.wild.example.test. 300 A 192.0.2.78\n" },
    { "z.sub.wild.example.test A", "NXDOMAIN aa\n" SOA },
    { "y.wild.example.test A", "NOERROR aa\n" SOA },
    { "q.y.wild.example.test A", "NXDOMAIN aa\n" SOA },
    { "q.wc.example.test A",
      "NOERROR aa\nAN q.wc.example.test. 300 CNAME www.example.test.\n" WWW },
    { "q.wloop.example.test A", "NOERROR aa\n"
                                "AN q.wloop.example.test. 300 CNAME x.wloop.example.test.\n"
                                "AN x.wloop.example.test. 300 CNAME x.wloop.example.test.\n" },

    /* aliases (RFC 1034 section 4.3.2, RFC 6604) */
    { "alias3.example.test A", "NOERROR aa\n"
                               "AN alias3.example.test. 300 CNAME alias2.example.test.\n"
                               "AN alias2.example.test. 300 CNAME alias.example.test.\n"
                               "AN alias.example.test. 300 CNAME www.example.test.\n" WWW },
    { "alias3.example.test CNAME",
      "NOERROR aa\nAN alias3.example.test. 300 CNAME alias2.example.test.\n" },
    { "alias3.example.test ANY",
      "NOERROR aa\nAN alias3.example.test. 300 CNAME alias2.example.test.\n" },
    { "toapex.example.test MX", "NOERROR aa\n"
                                "AN toapex.example.test. 300 CNAME example.test.\n"
                                "AN example.test. 300 MX 10 mail.example.test.\n" },
    { "tonx.example.test A",
      "NXDOMAIN aa\nAN tonx.example.test. 300 CNAME nothing.example.test.\n" SOA },
    { "tonodata.example.test A",
      "NOERROR aa\nAN tonodata.example.test. 300 CNAME a.b.ent.example.test.\n" SOA },
    { "toout.example.test A",
      "NOERROR aa\nAN toout.example.test. 300 CNAME www.outside.invalid.\n" },
    { "toother.example.test A", "NOERROR aa\n"
                                "AN toother.example.test. 300 CNAME www.other.test.\n"
                                "AN www.other.test. 600 A 198.51.100.1\n" },
    { "back.other.test A", "NOERROR aa\nAN back.other.test. 600 CNAME www.example.test.\n" WWW },
    { "tochild.example.test A", "NOERROR aa\n"
                                "AN tochild.example.test. 300 CNAME www.child.example.test.\n"
                                "AN www.child.example.test. 600 A 203.0.113.1\n" },
    { "tochildapex.example.test A",
      "NOERROR aa\nAN tochildapex.example.test. 300 CNAME child.example.test.\n" SOA_CHILD },
    { "tochildapex.example.test DS",
      "NOERROR aa\n"
      "AN tochildapex.example.test. 300 CNAME child.example.test.\n"
      "AN child.example.test. 300 DS 12346 13 2 "
      "0000000000000000000000000000000000000000000000000000000000000001\n" },
    { "self.child.example.test DS",
      "NOERROR aa\n"
      "AN self.child.example.test. 600 CNAME child.example.test.\n"
      "AN child.example.test. 300 DS 12346 13 2 "
      "0000000000000000000000000000000000000000000000000000000000000001\n" },
    { "zigzag.example.test A", "NOERROR aa\n"
                               "AN zigzag.example.test. 300 CNAME zig.child.example.test.\n"
                               "AN zig.child.example.test. 600 CNAME zag.child.example.test.\n"
                               "AN zag.child.example.test. 600 CNAME www.example.test.\n" WWW },
    { "zigzag.example.test TXT", "NOERROR aa\n"
                                 "AN zigzag.example.test. 300 CNAME zig.child.example.test.\n"
                                 "AN zig.child.example.test. 600 CNAME zag.child.example.test.\n"
                                 "AN zag.child.example.test. 600 CNAME www.example.test.\n" SOA },
    { "todeleg.example.test A",
      "NOERROR aa\nAN todeleg.example.test. 300 CNAME x.sub.example.test.\n" SUB },
    { "tocut.example.test A",
      "NOERROR aa\nAN tocut.example.test. 300 CNAME sub.example.test.\n" SUB },
    { "towild.example.test A", "NOERROR aa\n"
                               "AN towild.example.test. 300 CNAME foo.wild.example.test.\n"
                               "AN foo.wild.example.test. 300 A 192.0.2.77\n" },
    { "loop1.example.test A", "NOERROR aa\n"
                              "AN loop1.example.test. 300 CNAME loop2.example.test.\n"
                              "AN loop2.example.test. 300 CNAME loop1.example.test.\n" },
    { "selfloop.example.test A",
      "NOERROR aa\nAN selfloop.example.test. 300 CNAME selfloop.example.test.\n" },
    { "alias.example.test DS",
      "NOERROR aa\nAN alias.example.test. 300 CNAME www.example.test.\n" SOA },

    /* DNAME (RFC 6672) */
    { "a.dn.example.test A", "NOERROR aa\n"
                             "AN dn.example.test. 300 DNAME dtarget.example.test.\n"
                             "AN a.dn.example.test. 300 CNAME a.dtarget.example.test.\n"
                             "AN a.dtarget.example.test. 300 A 192.0.2.80\n" },
    { "A.dN.example.test A", "NOERROR aa\n"
                             "AN dN.example.test. 300 DNAME dtarget.example.test.\n"
                             "AN A.dN.example.test. 300 CNAME A.dtarget.example.test.\n"
                             "AN A.dtarget.example.test. 300 A 192.0.2.80\n" },
    { "dn.example.test A", "NOERROR aa\n" SOA },
    { "dn.example.test TXT", "NOERROR aa\nAN dn.example.test. 300 TXT \"owner\"\n" },
    { "dn.example.test DNAME",
      "NOERROR aa\nAN dn.example.test. 300 DNAME dtarget.example.test.\n" },
    { "a.dn.example.test CNAME", "NOERROR aa\n"
                                 "AN dn.example.test. 300 DNAME dtarget.example.test.\n"
                                 "AN a.dn.example.test. 300 CNAME a.dtarget.example.test.\n" },
    { "a.dn.example.test ANY", "NOERROR aa\n"
                               "AN dn.example.test. 300 DNAME dtarget.example.test.\n"
                               "AN a.dn.example.test. 300 CNAME a.dtarget.example.test.\n"
                               "AN a.dtarget.example.test. 300 A 192.0.2.80\n" },
    { "a.dn.example.test DNAME", "NOERROR aa\n"
                                 "AN dn.example.test. 300 DNAME dtarget.example.test.\n"
                                 "AN a.dn.example.test. 300 CNAME a.dtarget.example.test.\n" SOA },
    { "x.dn.example.test A", "NXDOMAIN aa\n"
                             "AN dn.example.test. 300 DNAME dtarget.example.test.\n"
                             "AN x.dn.example.test. 300 CNAME x.dtarget.example.test.\n" SOA },
    { "todname.example.test A", "NOERROR aa\n"
                                "AN todname.example.test. 300 CNAME foo.dn.example.test.\n"
                                "AN dn.example.test. 300 DNAME dtarget.example.test.\n"
                                "AN foo.dn.example.test. 300 CNAME foo.dtarget.example.test.\n"
                                "AN foo.dtarget.example.test. 300 CNAME www.example.test.\n" WWW },
    { "www.dnother.example.test A", "NOERROR aa\n"
                                    "AN dnother.example.test. 300 DNAME other.test.\n"
                                    "AN www.dnother.example.test. 300 CNAME www.other.test.\n"
                                    "AN www.other.test. 600 A 198.51.100.1\n" },
    { "www.dnout.example.test A", "NOERROR aa\n"
                                  "AN dnout.example.test. 300 DNAME outside.invalid.\n"
                                  "AN www.dnout.example.test. 300 CNAME www.outside.invalid.\n" },
    { "a.dnloop1.example.test A",
      "NOERROR aa\n"
      "AN dnloop1.example.test. 300 DNAME dnloop2.example.test.\n"
      "AN a.dnloop1.example.test. 300 CNAME a.dnloop2.example.test.\n"
      "AN dnloop2.example.test. 300 DNAME dnloop1.example.test.\n"
      "AN a.dnloop2.example.test. 300 CNAME a.dnloop1.example.test.\n" },

    /* delegations */
    { "sub.example.test A", "NOERROR\n" SUB },
    { "www.sub.example.test A rd", "NOERROR rd\n" SUB },
    { "sub.example.test NS", "NOERROR\n" SUB },
    { "sub.example.test ANY", "NOERROR\n" SUB },
    { "x.sub.example.test DS", "NOERROR\n" SUB },
    { "X.sUb.example.test A", "NOERROR\n"
                              "NS sUb.example.test. 300 NS ns.sub.example.test.\n"
                              "NS sUb.example.test. 300 NS ns2.example.test.\n"
                              "NS sUb.example.test. 300 NS ns.other.test.\n"
                              "AR ns.sub.example.test. 300 A 192.0.2.90\n"
                              "AR ns.sub.example.test. 300 AAAA 2001:db8::90\n"
                              "AR ns2.example.test. 300 A 192.0.2.54\n"
                              "AR ns2.example.test. 300 AAAA 2001:db8::54\n" },
    { "nods.example.test A", "NOERROR\nNS nods.example.test. 300 NS ns.outside.invalid.\n" },
    { "x.grand.child.example.test A",
      "NOERROR\n"
      "NS grand.child.example.test. 600 NS ns.grand.child.example.test.\n"
      "AR ns.grand.child.example.test. 600 A 192.0.2.92\n" },
    { "child.example.test NS",
      "NOERROR aa\nAN child.example.test. 600 NS ns.child.example.test.\n" },
    { "www.child.example.test A", "NOERROR aa\nAN www.child.example.test. 600 A 203.0.113.1\n" },

    /* DS at a cut: the parent's (RFC 4035 section 3.1.4.1) */
    { "sub.example.test DS", "NOERROR aa\nAN sub.example.test. 300 DS 12345 13 2 "
                             "0000000000000000000000000000000000000000000000000000000000000000\n" },
    { "nods.example.test DS", "NOERROR aa\n" SOA },
    { "child.example.test DS",
      "NOERROR aa\nAN child.example.test. 300 DS 12346 13 2 "
      "0000000000000000000000000000000000000000000000000000000000000001\n" },
    { "www.child.example.test DS", "NOERROR aa\n" SOA_CHILD },
    { "grand.child.example.test DS", "NOERROR aa\n" SOA_CHILD },
    { "under.far.example.test DS", "NOERROR\n"
                                   "NS far.example.test. 300 NS ns.far.example.test.\n"
                                   "AR ns.far.example.test. 300 A 192.0.2.93\n" },
    { "other.test DS", "NOERROR aa\n" SOA_OTHER },
    { "example.test DS", "NOERROR aa\n" SOA },
    { "test DS", "REFUSED\n" },

    /* ANY (RFC 8482) */
    { "www.example.test ANY", "NOERROR aa\n" WWW },
    { "pool.example.test ANY", "NOERROR aa\n"
                               "AN pool.example.test. 30 A 192.0.2.101\n"
                               "AN pool.example.test. 30 A 192.0.2.102\n"
                               "AN pool.example.test. 30 A 192.0.2.103\n" },
    { "v6only.example.test ANY", "NOERROR aa\nAN v6only.example.test. 20 AAAA 2001:db8::107\n" },
    { "bound.example.test ANY", "NOERROR aa\nAN bound.example.test. 20 A 192.0.2.109\n" },
    { "nodatapool.example.test ANY", "NOERROR aa\n" SOA },
    { "failpool.example.test ANY", "SERVFAIL\n" },

    /* pools */
    { "pool.example.test A", "NOERROR aa\n"
                             "AN pool.example.test. 30 A 192.0.2.101\n"
                             "AN pool.example.test. 30 A 192.0.2.102\n"
                             "AN pool.example.test. 30 A 192.0.2.103\n" },
    { "PoOl.example.test AAAA", "NOERROR aa\n"
                                "AN PoOl.example.test. 30 AAAA 2001:db8::101\n"
                                "AN PoOl.example.test. 30 AAAA 2001:db8::102\n" },
    { "pool.example.test TXT", "NOERROR aa\n" SOA },
    { "poolttl.example.test A", "NOERROR aa\nAN poolttl.example.test. 5 A 192.0.2.104\n" },
    { "first.example.test A", "NOERROR aa\nAN first.example.test. 20 A 192.0.2.105\n" },
    { "first.example.test AAAA", "NOERROR aa\n" SOA },
    { "window.example.test A", "NOERROR aa\n"
                               "AN window.example.test. 20 A 192.0.2.111\n"
                               "AN window.example.test. 20 A 192.0.2.112\n" },
    { "nodatapool.example.test A", "NOERROR aa\n" SOA },
    { "failpool.example.test A edns=1232", "SERVFAIL\nOPT 1232\n" },
    { "tofail.example.test A", "SERVFAIL\n" },
    { "emptyfile.example.test A", "NOERROR aa\n" SOA },
    { "emptyfile.example.test AAAA", "NOERROR aa\n" SOA },
    { "emptyfile.example.test ANY", "NOERROR aa\nAN emptyfile.example.test. 300 TXT \"left\"\n" },
    { "q.pwild.example.test A", "NOERROR aa\nAN q.pwild.example.test. 20 A 192.0.2.108\n" },
    { "bound.example.test A", "NOERROR aa\nAN bound.example.test. 20 A 192.0.2.109\n" },
    { "bound.example.test TXT", "NOERROR aa\nAN bound.example.test. 300 TXT \"hidden\"\n" },
    { "other.test A", "NOERROR aa\n"
                      "AN other.test. 20 A 198.51.100.7\n"
                      "AN other.test. 20 A 198.51.100.8\n" },
    { "topool.example.test A", "NOERROR aa\n"
                               "AN topool.example.test. 300 CNAME pool.example.test.\n"
                               "AN pool.example.test. 30 A 192.0.2.101\n"
                               "AN pool.example.test. 30 A 192.0.2.102\n"
                               "AN pool.example.test. 30 A 192.0.2.103\n" },

    /* EDNS (RFC 6891, RFC 5001) */
    { "www.example.test A edns=1232", "NOERROR aa\n" WWW "OPT 1232\n" },
    { "www.example.test A edns=4096 do", "NOERROR aa\n" WWW "OPT 1232 do\n" },
    { "www.example.test A edns=0 tcp", "NOERROR aa\n" WWW "OPT 1232\n" },
    { "www.example.test A edns=1232 nsid", "NOERROR aa\n" WWW "OPT 1232 000300046e6f6465\n" },
    { "www.example.test A edns=1232 version=1 do nsid", "BADVERS\nOPT 1232 do\n" },
    { "www.example.test A edns=1232 version=255", "BADVERS\nOPT 1232\n" },

    /* classes, opcodes, QTYPEs */
    { "www.example.test A class=3", "REFUSED\n" },
    { "www.example.test A class=255", "NOERROR\n" WWW },
    { "nx.example.test A class=255", "NXDOMAIN\n" SOA },
    { "www.example.test A class=0 edns=1232", "REFUSED\nOPT 1232\n" },
    { "www.example.test A opcode=2 rd cd ad z tc ra aa edns=1232", "NOTIMP opcode2 no-question\n" },
    { "example.test SOA opcode=4", "NOTIMP opcode4 no-question\n" },
    { "example.test SOA opcode=5", "NOTIMP opcode5 no-question\n" },
    { "www.example.test A opcode=15 rd", "NOTIMP opcode15 no-question\n" },
    { "www.example.test TYPE0", "NOERROR aa\n" SOA },
    { "www.example.test OPT", "NOERROR aa\n" SOA },
    { "www.example.test TSIG", "NOERROR aa\n" SOA },
    { "www.example.test TKEY", "NOERROR aa\n" SOA },
    { "www.example.test MAILB", "NOERROR aa\n" SOA },
    { "www.example.test RRSIG", "NOERROR aa\n" SOA },
    { "www.example.test TYPE65535", "NOERROR aa\n" SOA },
    { "example.test AXFR", "NOTIMP\n" },
    { "example.test AXFR tcp", "REFUSED\n" },
    { "www.example.test AXFR tcp", "NOTAUTH\n" },
    { "outside.invalid AXFR tcp", "NOTAUTH\n" },
    { "example.test IXFR", "REFUSED\n" },
    { "example.test IXFR tcp", "REFUSED\n" },
    { "www.example.test IXFR", "NOTAUTH\n" },
    { "www.example.test A qr", "nothing" },

    /* truncation */
    { "big.example.test TXT", "NOERROR aa tc\n" },
    { "big.example.test TXT edns=1232 do rd", "NOERROR aa tc rd\nOPT 1232 do\n" },
    { "bigpool.example.test A", "NOERROR aa tc\n" },
    { "an-alias-that-is-long-enough.example.test TXT tcp edns=1232", "NOERROR aa tc\nOPT 1232\n" },
};
