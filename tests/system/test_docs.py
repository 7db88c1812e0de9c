# SPDX-License-Identifier: BSD-2-Clause
"""The documents say what is true: every config in them passes gslbd -t, the config reference is that of the
program, the API page knows every route."""
import json
import os
import re
import shutil
import subprocess
import unittest

import lib

SECTIONS = {"server", "api", "geo", "zones", "checks", "pools", "ipvs", "keys"}


def documents():
    folder = os.path.join(lib.TOP, "docs")
    paths = [os.path.join(lib.TOP, "README.md")] + [
        os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(".md")]
    return sorted(p for p in paths if os.path.exists(p))


def configs():
    """(where, config) of each JSON block that is a config: an object with nothing but sections in it."""
    for path in documents():
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for match in re.finditer(r"^( *)```json\n(.*?)^ *```", text, re.M | re.S):
            where = f"{os.path.relpath(path, lib.TOP)}:{text.count(chr(10), 0, match.start()) + 1}"
            try:
                value = json.loads(match.group(2))
            except ValueError:
                value = None  # an API reply cut short, for instance; test_blocks_are_json looks at it
            if isinstance(value, dict) and value and set(value) <= SECTIONS:
                yield where, value


class Configs(lib.Case):
    def check(self, config, folder):
        """gslbd -t on it in `folder`; files that it names are made up where there are none."""
        tokens = config.get("api", {}).get("tokens_file")
        if tokens:
            with open(os.path.join(folder, os.path.basename(tokens)), "w", encoding="utf-8") as f:
                f.write("oncall operate " + "0" * 64 + "\n")
            config["api"]["tokens_file"] = os.path.basename(tokens)
        for name, zone in config.get("zones", {}).items():
            path = os.path.join(folder, zone["file"])
            if not os.path.exists(path) and not os.path.isabs(zone["file"]):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                owners = [key for key, value in zone.get("names", {}).items() if isinstance(value, dict)
                          and "pool" not in value]
                with open(path, "w", encoding="utf-8") as f:
                    f.write(lib.ZONE.replace("example.test.", name.rstrip(".") + "."))
                    f.writelines(f"{owner} IN A 192.0.2.123\n" for owner in owners)
        with open(os.path.join(folder, "gslb.json"), "w", encoding="utf-8") as f:
            json.dump(config, f, indent=2)
        return subprocess.run([lib.GSLBD, "-t", "-c", os.path.join(folder, "gslb.json")], capture_output=True,
                              text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)

    def here(self, config):
        """As it is, but for what this machine lacks: the user, the group and their folders."""
        config = json.loads(json.dumps(config))
        server = config.get("server", {})
        server.pop("user", None)
        config.get("api", {}).pop("unix_group", None)
        if server.get("state_dir", "").startswith("/"):
            server["state_dir"] = "."
        return config

    def test_every_config_in_the_documents(self):
        found = list(configs())
        self.assertGreaterEqual(len(found), 3)
        for i, (where, config) in enumerate(found):
            with self.subTest(where):
                daemon = self.gslbd(start=False)
                done = self.check(self.here(config), os.path.join(daemon.dir))
                self.assertEqual(done.returncode, 0, f"example {i}: {done.stderr}")

    def test_shipped_demo_config(self):
        done = subprocess.run([lib.GSLBD, "-t", "-c", os.path.join(lib.TOP, "gslb.json")], capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_sample_config_of_the_package(self):
        daemon = self.gslbd(start=False)
        shutil.copy(os.path.join(lib.TOP, "packaging", "example.com.zone"), daemon.dir)
        with open(os.path.join(lib.TOP, "packaging", "gslb.json"), encoding="utf-8") as f:
            done = self.check(self.here(json.load(f)), daemon.dir)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_package_is_installed_whole(self):
        root = os.path.join(self.gslbd(start=False).dir, "root")
        subprocess.run(["make", "-s", "-o", "all", "install", f"BUILD={lib.BUILD}", f"DESTDIR={root}", "PREFIX=/usr"], cwd=lib.TOP,
                       check=True, timeout=300, stdout=subprocess.DEVNULL,
                       env={k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"})
        for path in ("usr/sbin/gslbd", "usr/bin/gslbctl", "usr/lib/systemd/system/gslbd.service",
                     "usr/lib/sysusers.d/gslb.conf", "etc/gslb/gslb.json.sample", "usr/share/man/man8/gslbd.8",
                     "usr/share/man/man1/gslbctl.1", "usr/share/gslb/gslbd-ipvs.conf"):
            self.assertTrue(os.path.exists(os.path.join(root, path)), path)
        with open(os.path.join(root, "usr/lib/systemd/system/gslbd.service"), encoding="utf-8") as f:
            unit = f.read()
        self.assertIn("ExecStart=/usr/sbin/gslbd -c /etc/gslb/gslb.json\n", unit)
        self.assertNotIn("@", unit.replace("@system-service", "").replace("@privileged @resources", ""))


class Reference(lib.Case):
    def read(self, *path):
        with open(os.path.join(lib.TOP, *path), encoding="utf-8") as f:
            return f.read()

    def test_config_page_is_the_schema(self):
        schema = subprocess.run([lib.GSLBD, "--schema"], capture_output=True, text=True, check=True, timeout=20).stdout
        page = self.read("docs", "config.md")
        self.assertGreater(len(schema.splitlines()), 40)
        missing = [line for line in schema.splitlines() if line.strip() not in page]
        self.assertEqual(missing, [])

    def test_ipvs_page_knows_every_key(self):
        schema = subprocess.run([lib.GSLBD, "--schema"], capture_output=True, text=True, check=True, timeout=20).stdout
        keys = {line.split(".")[-1].strip() for line in schema.splitlines() if re.match(r"ipvs\.", line)} - {"NAME"}
        self.assertGreater(len(keys), 30)
        page = self.read("docs", "ipvs.md")
        self.assertEqual([key for key in sorted(keys) if not re.search(rf"`[^`]*\b{key}\b[^`]*`", page)], [])

    def test_api_page_knows_every_route(self):
        daemon = self.gslbd()
        page = self.read("docs", "api.md")
        for path, methods in daemon.get("/v1/openapi.json")["paths"].items():
            plain = re.sub(r"\{(\w+)\}", lambda m: m.group(1).upper(), path)
            for method in methods:
                self.assertIn(f"{method.upper()} {plain}", page)

    @staticmethod
    def help(program):
        """Help on the program, and on each command that it names."""
        def ask(*words):
            return subprocess.run([os.path.join(lib.BUILD, program), *words, "--help"], capture_output=True, text=True,
                                  check=True, timeout=20).stdout
        text = ask()
        if program == "gslbctl":
            verbs = re.findall(r"(?m)^  (ipvs \w+) ", ask("ipvs"))
            commands = re.findall(r"(?m)^  (\w+) ", text)
            text += "".join(ask(*command.split()) for command in commands + verbs)
        return text

    def test_man_pages_know_every_flag(self):
        for program, page in (("gslbd", "gslbd.8"), ("gslbctl", "gslbctl.1")):
            usage = self.help(program)
            text = self.read("docs", "man", page).replace("\\-", "-")
            flags = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", usage))
            self.assertGreaterEqual(len(flags), 3)
            self.assertEqual([flag for flag in flags if flag not in text], [], page)

    def test_links_lead_somewhere(self):
        for path in documents():
            with open(path, encoding="utf-8") as f:
                text = f.read()
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue(os.path.exists(os.path.join(os.path.dirname(path), target)), f"{path}: {target}")


if __name__ == "__main__":
    unittest.main()
