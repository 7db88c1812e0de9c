# SPDX-License-Identifier: BSD-2-Clause
"""The zone files of tests/zones: `gslbd --check-zone` beside BIND's `named-checkzone`. Both must take or refuse
a file alike and see the same records, but for what the file itself says in its head, each with a reason that
docs/zone-files.md explains:

    ; bind: refuses: WHY      we load it, BIND does not
    ; bind: accepts: WHY      we refuse it, BIND does not
    ; bind: ttl: WHY          the records are equal but for TTLs
"""
import collections
import glob
import os
import re
import subprocess
import unittest

import lib

TIME_LIMIT = 240
ZONES = os.path.join(lib.TOP, "tests", "zones")
BIND = ["named-checkzone", "-D", "-s", "full", "-o", "-", "-i", "local"]

# Types whose last field BIND breaks by spaces into pieces.
IN_PIECES = {"DNSKEY", "CDNSKEY", "KEY", "RKEY", "RRSIG", "SIG", "DS", "CDS", "DLV", "TA", "TLSA", "SMIMEA", "SSHFP",
             "ZONEMD", "OPENPGPKEY", "DHCID", "CERT", "IPSECKEY", "HIP", "SINK", "DOA", "HHIT", "BRID", "NULL"}
# SvcParamKeys that BIND 9.18 knows by number only (RFC 9461, RFC 9540)
SVC_KEYS = {"key7": "dohpath", "key8": "ohttp"}

Record = collections.namedtuple("Record", "owner ttl type rdata")


def head(path):
    """The zone's name, and what the file says of BIND: (verdict, reason) or (None, None)."""
    with open(path, encoding="utf-8-sig", errors="replace") as f:
        lines = f.read(4096).splitlines()
    name = re.fullmatch(r"; zone: (\S+)", lines[0]).group(1)
    for line in lines[1:]:
        told = re.fullmatch(r"; bind: (refuses|accepts|ttl): (.+)", line)
        if told:
            return name, told.groups()
        if not line.startswith(";"):
            break
    return name, (None, None)


def run(command, path):
    """In the file's folder, where BIND looks for what it includes."""
    return subprocess.run(command + [os.path.basename(path)], cwd=os.path.dirname(path), capture_output=True,
                          timeout=60, check=False)


def normal_rdata(rrtype, rdata):
    rdata = re.sub(r"[ \t]+", " ", rdata) if '"' not in rdata else rdata
    if rrtype in IN_PIECES or rrtype.startswith("TYPE"):
        rdata = rdata.replace(" ", "")
    if rrtype in ("SVCB", "HTTPS"):
        rdata = re.sub(r"\bkey[78]\b", lambda m: SVC_KEYS[m.group()], rdata)
    return rdata


def records(output):
    found = []
    for line in output.decode("latin-1").split("\n"):
        if not line or line.startswith(";"):
            continue
        owner, ttl, rrclass, rrtype, *rest = line.split(None, 4)
        assert rrclass == "IN", line
        found.append(Record(owner.lower(), int(ttl), rrtype, normal_rdata(rrtype, "".join(rest))))
    return found


def key(name):
    """Sorts names in canonical order (RFC 4034 section 6.1)."""
    plain = re.sub(rb"\\(\d{3}|.)", lambda m: bytes([int(m[1])]) if m[1].isdigit() and len(m[1]) == 3 else m[1],
                   name.encode("latin-1").replace(b"\\.", b"\\046"))
    if b"\\046" in name.encode("latin-1") or b"\\." in name.encode("latin-1"):
        return None  # a dot inside of a label: not told apart here
    return [label.lower() for label in reversed(plain.rstrip(b".").split(b"."))]


class Fixtures(unittest.TestCase):
    def files(self, *folders):
        found = sorted(path for folder in folders for path in glob.glob(os.path.join(ZONES, folder, "*.zone")))
        self.assertGreaterEqual(len(found), 4)
        return found

    def check(self, path, name):
        done = run([lib.GSLBD, "--check-zone", name], path)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done

    def test_enough(self):
        self.assertGreaterEqual(len(self.files("realistic", "odd", "big", "wrong")), 120)

    def test_same_records(self):
        """Good files, record by record."""
        for path in self.files("realistic", "odd", "big"):
            name, (verdict, _) = head(path)
            with self.subTest(os.path.relpath(path, ZONES)):
                ours = self.check(path, name)
                self.assertEqual(ours.returncode, 0, ours.stderr)
                self.assertEqual(ours.stderr, b"")
                theirs = run(BIND + [name], path)
                self.assertEqual(theirs.returncode != 0, verdict == "refuses", theirs.stderr)
                if verdict == "refuses":
                    continue
                a, b = records(ours.stdout), records(theirs.stdout)
                if verdict == "ttl":
                    self.assertNotEqual(sorted(a), sorted(b))
                    a, b = ([r._replace(ttl=0) for r in one] for one in (a, b))
                self.assertEqual(sorted(a), sorted(b))

    def test_same_refusals(self):
        """Wrong files: all errors as the file tells, and BIND refuses too."""
        for path in self.files("wrong"):
            name, (verdict, _) = head(path)
            with self.subTest(os.path.relpath(path, ZONES)):
                ours = self.check(path, name)
                self.assertEqual(ours.returncode, 1)
                self.assertEqual(ours.stdout, b"")
                told = ours.stderr.decode("latin-1").splitlines()
                with open(path, encoding="latin-1") as f:
                    expected = re.findall(r"^; expect-error: (?:(\S+):)?(\d+) (.*)$", f.read(), re.M)
                self.assertEqual(len(told), len(expected), told)
                for line, (included, number, message) in zip(told, expected):
                    self.assertTrue(line.startswith(f"{included or os.path.basename(path)}:{number}: {message}"), line)
                theirs = run(BIND + [name], path)
                self.assertEqual(theirs.returncode == 0, verdict == "accepts", theirs.stdout[-2000:])

    def test_form(self):
        """One record a line, single spaces, owners absolute and in lower case, SOA first, canonical order."""
        for path in self.files("realistic", "odd", "big"):
            name, _ = head(path)
            with self.subTest(os.path.relpath(path, ZONES)):
                lines = self.check(path, name).stdout.decode("latin-1").split("\n")
                self.assertEqual(lines.pop(), "")
                self.assertEqual(len(set(lines)), len(lines))
                apex = name if name.endswith(".") else name + "."
                self.assertRegex(lines[0], f"^{re.escape(apex)} \\d+ IN SOA ")
                owners = []
                for line in lines:
                    match = re.fullmatch(r"(\S*\.) (\d+) IN ([A-Z0-9-]+)( \S.*)?", line)
                    self.assertIsNotNone(match, line)
                    owner = match.group(1)
                    self.assertEqual(owner, owner.lower())
                    if '"' not in line:
                        self.assertNotIn("  ", line)
                    if not owners or owners[-1] != owner:
                        owners.append(owner)
                self.assertEqual(len(set(owners)), len(owners), "an owner stands in two places")
                keys = [k for k in map(key, owners) if k is not None]
                self.assertEqual(keys, sorted(keys))

    def test_reasons_are_documented(self):
        """Each file that differs from BIND is named in the document, and none else."""
        with open(os.path.join(lib.TOP, "docs", "zone-files.md"), encoding="utf-8") as f:
            text = f.read()
        for path in self.files("realistic", "odd", "big", "wrong"):
            short = os.path.relpath(path, ZONES)
            self.assertEqual(f"`{short}`" in text, head(path)[1][0] is not None, short)


if __name__ == "__main__":
    unittest.main()
