#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the system tests: each tests/system/test_*.py in a process and session of its own, two at a time,
each with a time limit (its TIME_LIMIT, default 120 s). Prints one line a test case, the whole output of
what failed, and at last "N passed, M failed".

    run.py [--build DIR] [-j N] [FILE | FILE:TEST ...]      e.g. run.py test_reload.py:Reload.test_hup
"""
import argparse
import concurrent.futures
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "##"  # starts the lines with which a child tells its parent of one case


class LineResult(unittest.TestResult):
    """Tells each case in one line, and what went wrong below it."""

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.told = False

    def tell(self, verdict, test, detail=""):
        self.told = True
        name = test.id().split(".", 1)[-1]
        print(f"{MARK} {verdict:5} {name} {time.monotonic() - getattr(self, 'started', 0):.2f}")
        if detail:
            print("\n".join("      " + line for line in detail.rstrip().split("\n")))
        sys.stdout.flush()

    def addSuccess(self, test):
        self.tell("ok", test)

    def addError(self, test, err):
        super().addError(test, err)
        if not hasattr(self, "started"):
            self.started = time.monotonic()
        self.tell("FAIL", test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell("FAIL", test, self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.tell("FAIL", subtest, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell("skip", test, reason)


def run_one(path, only):
    """In the child: runs one file's cases."""
    sys.path[:0] = [os.path.dirname(os.path.abspath(path)), HERE]
    name = os.path.basename(path)[:-3]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromName(only, module) if only else loader.loadTestsFromModule(module)
    result = LineResult()
    suite.run(result)
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


def time_limit(path):
    with open(path, encoding="utf-8") as f:
        found = re.search(r"^TIME_LIMIT = (\d+)", f.read(), re.M)
    return int(found.group(1)) if found else 120


def run_file(target, build, wrapper=()):
    """In the parent: returns (passed, failed, skipped, text). `wrapper` is a command to run the child by."""
    path, _, only = target.partition(":")
    limit = time_limit(path)
    child = subprocess.Popen(
        [*wrapper, sys.executable, "-B", os.path.abspath(__file__), "--one", target, "--build", build],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True)
    started = time.monotonic()
    try:
        output, _ = child.communicate(timeout=limit)
        late = False
    except subprocess.TimeoutExpired:
        late = True
    # A daemon that outlived its test is in the child's session; nobody else is.
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if late:
        output, _ = child.communicate()

    name = os.path.basename(path)[:-3]
    lines, passed, failed, skipped = [], 0, 0, 0
    for line in output.splitlines():
        told = re.match(rf"{MARK} (\w+) +(\S.*) ([\d.]+)$", line)
        if not told:
            if failed or not line.startswith(MARK):
                lines.append(line)
            continue
        verdict, case, seconds = told.groups()
        passed += verdict == "ok"
        failed += verdict == "FAIL"
        skipped += verdict == "skip"
        lines.append(f"{verdict:5} {name}: {case} ({seconds} s)")
    if late:
        failed += 1
        lines.append(f"FAIL  {name}: not over after {limit} s")
    elif child.returncode != 0 and failed == 0:
        failed += 1
        lines.append(f"FAIL  {name}: ended with {child.returncode}")
    lines.append(f"      {name}: {time.monotonic() - started:.1f} s")
    return passed, failed, skipped, "\n".join(lines)


def find_targets(folder, files):
    """The named files of the folder, or all of its tests."""
    targets = [os.path.join(folder, os.path.basename(f)) for f in files]
    if not targets:
        targets = sorted(os.path.join(folder, f) for f in os.listdir(folder)
                         if re.fullmatch(r"test_\w+\.py", f))
    # the slow ones first, so that the lanes end together
    return sorted(targets, key=lambda t: -time_limit(t.partition(":")[0]))


def run_all(targets, jobs, run):
    """run(target) for each, `jobs` at a time, printing as they end; returns [passed, failed, skipped]."""
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run, t) for t in targets]
        for future in concurrent.futures.as_completed(futures):
            *counts, text = future.result()
            totals = [a + b for a, b in zip(totals, counts)]
            print(text, flush=True)
    return totals


def tell_totals(totals, build, suite):
    """Prints the sums, and notes them for the whole run where `suite` is given."""
    if suite:
        os.makedirs(os.path.join(build, "results"), exist_ok=True)
        with open(os.path.join(build, "results", suite), "w", encoding="ascii") as f:
            f.write(f"{totals[0]} {totals[1]}\n")
    if totals[2]:
        print(f"{totals[2]} skipped")
    print(f"{totals[0]} passed, {totals[1]} failed")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--one", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("-j", type=int, default=2)
    parser.add_argument("files", nargs="*")
    return parser.parse_args()


def main():
    args = arguments()
    build = os.path.abspath(args.build)
    os.environ["GSLB_BUILD"] = build
    for variable in ("http_proxy", "https_proxy", "all_proxy", "GSLB_API"):
        os.environ.pop(variable, None)
        os.environ.pop(variable.upper(), None)
    if args.one:
        path, _, only = args.one.partition(":")
        sys.exit(run_one(path, only))

    totals = run_all(find_targets(HERE, args.files), args.j, lambda target: run_file(target, build))
    tell_totals(totals, build, None if args.files else "system")
    sys.exit(1 if totals[1] or not totals[0] else 0)


if __name__ == "__main__":
    main()
