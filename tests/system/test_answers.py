# SPDX-License-Identifier: BSD-2-Clause
"""Static answers over the wire: one case for each rule that a resolver relies on (the whole set is in the
unit and scenario tests)."""
import unittest

import dns
import lib

ZONE = """$ORIGIN example.test.
$TTL 300
@        IN SOA   ns1 hostmaster 1 3600 600 86400 60
         IN NS    ns1
ns1      IN A     192.0.2.53
www      IN A     192.0.2.80
         IN AAAA  2001:db8::80
         IN TXT   "one" "two"
alias    IN CNAME chain
chain    IN CNAME www
away     IN CNAME www.elsewhere.test.
gone     IN CNAME nothere
a.ent.b  IN A     192.0.2.1
*.wild   IN A     192.0.2.81
x.wild   IN TXT   "hides the wildcard for its other types"
tree     IN DNAME other.example.test.
leaf.other IN A   192.0.2.82
long     IN DNAME {long}.example.test.
sub      IN NS    ns.sub
         IN NS    ns.outside.test.
ns.sub   IN A     192.0.2.83
below.sub IN TXT  "occluded"
odd      IN TYPE65280 \\# 4 0a000001
""".replace("{long}", ".".join(["b" * 60] * 3))


class Answers(lib.Case):
    @classmethod
    def setUpClass(cls):
        cls.daemon = lib.Gslbd({"server": {"nsid": "node-1"}}, {"example.test.zone": ZONE}).start()
        cls.server = cls.daemon.server

    @classmethod
    def tearDownClass(cls):
        cls.daemon.discard()

    def ask(self, name, rrtype="A", **options):
        return dns.udp(self.server, name, rrtype, **options)

    def assert_negative(self, message, rcode):
        self.assertEqual((message.rcode, message.answer), (rcode, []))
        self.assertEqual([(r.owner, r.type, r.ttl) for r in message.authority], [("example.test.", "SOA", 60)])
        self.assertTrue(message.flags & dns.AA)

    def test_exact(self):
        message = self.ask("www.example.test", flags=dns.RD)
        self.assertEqual((message.rcode, message.data()), (dns.NOERROR, ["192.0.2.80"]))
        self.assertEqual(message.flags & (dns.QR | dns.AA | dns.RD | dns.RA), dns.QR | dns.AA | dns.RD)
        self.assertEqual(self.ask("www.example.test", "TXT").data(), ['"one" "two"'])
        self.assertEqual(self.ask("odd.example.test", 65280).data(), ["0a000001"])

    def test_negative(self):
        self.assert_negative(self.ask("www.example.test", "MX"), dns.NOERROR)
        self.assert_negative(self.ask("nothere.example.test"), dns.NXDOMAIN)
        self.assert_negative(self.ask("ent.b.example.test"), dns.NOERROR)
        self.assert_negative(self.ask("b.example.test"), dns.NOERROR)
        self.assert_negative(self.ask("x.wild.example.test"), dns.NOERROR)
        self.assert_negative(self.ask("www.example.test", 4711), dns.NOERROR)

    def test_wildcard(self):
        message = self.ask("any.thing.wild.example.test")
        self.assertEqual([(r.owner, r.data) for r in message.answer],
                         [("any.thing.wild.example.test.", "192.0.2.81")])
        self.assert_negative(self.ask("below.x.wild.example.test"), dns.NXDOMAIN)

    def test_aliases(self):
        self.assertEqual(self.ask("alias.example.test").data(),
                         ["chain.example.test.", "www.example.test.", "192.0.2.80"])
        self.assertEqual(self.ask("alias.example.test", "CNAME").data(), ["chain.example.test."])
        away = self.ask("away.example.test")
        self.assertEqual((away.rcode, away.data()), (dns.NOERROR, ["www.elsewhere.test."]))
        gone = self.ask("gone.example.test")
        self.assertEqual((gone.rcode, gone.data()), (dns.NXDOMAIN, ["nothere.example.test."]))
        dname = self.ask("leaf.tree.example.test")
        self.assertEqual([r.type for r in dname.answer], ["DNAME", "CNAME", "A"])
        self.assertEqual(dname.data()[2], "192.0.2.82")
        too_long = self.ask("a" * 60 + ".long.example.test")
        self.assertEqual(([r.type for r in too_long.answer], too_long.rcode), (["DNAME"], dns.YXDOMAIN))

    def test_referral(self):
        for name in ("sub.example.test", "x.sub.example.test", "below.sub.example.test"):
            message = self.ask(name, "TXT")
            self.assertEqual((message.rcode, message.answer, message.flags & dns.AA), (dns.NOERROR, [], 0))
            self.assertEqual(sorted(r.data for r in message.authority), ["ns.outside.test.", "ns.sub.example.test."])
            self.assertEqual([(r.owner, r.data) for r in message.additional],
                             [("ns.sub.example.test.", "192.0.2.83")])

    def test_refused_and_header_rules(self):
        self.assertEqual(self.ask("example.org").rcode, dns.REFUSED)
        self.assertEqual(self.ask("www.example.test", rdclass=3).rcode, dns.REFUSED)
        self.assertEqual(dns.Message(dns.udp_raw(self.server, dns.query("www.example.test", questions=2))).rcode,
                         dns.FORMERR)
        raw = dns.udp_raw(self.server, dns.query("www.example.test", opcode=15, flags=0x07F0))
        self.assertEqual(raw[3] & 15, dns.NOTIMP)
        self.assertEqual((raw[2] & 0x07, raw[3] & 0xF0), (0, 0))
        self.assertEqual(self.ask("wWw.eXample.TEST").questions[0][0], "wWw.eXample.TEST.")

    def test_edns(self):
        plain = self.ask("www.example.test")
        self.assertIsNone(plain.opt)
        message = self.ask("www.example.test", additional=dns.opt(4096, options=[(3, b""), (65001, b"what")]))
        self.assertEqual((message.rcode, message.edns_version), (dns.NOERROR, 0))
        self.assertEqual(message.options, {3: b"node-1"})
        self.assertEqual(message.payload, 1232)
        bad = self.ask("www.example.test", additional=dns.opt(version=1))
        self.assertEqual((bad.rcode, bad.edns_version, bad.answer), (dns.BADVERS, 0, []))
        two = dns.udp_raw(self.server, self.with_two_opts())
        self.assertEqual(two[3] & 15, dns.FORMERR)

    @staticmethod
    def with_two_opts():
        wire = bytearray(dns.query("www.example.test", additional=dns.opt()) + dns.opt())
        wire[11] = 2
        return bytes(wire)

    def test_any_is_minimal(self):
        message = self.ask("www.example.test", "ANY")
        self.assertEqual(message.rcode, dns.NOERROR)
        self.assertEqual(len({r.type for r in message.answer}), 1)

    def test_dig_finds_nothing_to_warn_about(self):
        for args in (["www.example.test", "A"], ["alias.example.test", "AAAA"], ["sub.example.test", "NS"],
                     ["none.example.test", "A", "+dnssec"], ["example.test", "SOA", "+tcp", "+nsid"]):
            text = "\n".join(lib.dig(self.server, *args, "+norecurse"))
            self.assertNotIn("WARNING", text)
            self.assertNotIn("Warning", text)


if __name__ == "__main__":
    unittest.main()
