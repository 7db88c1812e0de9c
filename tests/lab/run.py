#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests of the IPVS lab: each tests/lab/test_*.py in a guest kernel of its own (run.sh), two at a
time, told as the system tests are.

    run.py [--build DIR] [-j N] [FILE | FILE:TEST ...]      e.g. run.py test_forward.py:Forward.test_nat

With LAB_GUEST=qemu the guests are of qemu (run-qemu.sh), with five times the time, and without FILE they are some
of the files only.
"""
import importlib.util
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RUN_SH = os.path.join(HERE, "run.sh")
SKIPPED = 77  # its status where it cannot run
# guest -> (name of the suite, its files (empty: all), factor of their time limits)
GUESTS = {"uml": ("lab", [], 1),
          "qemu": ("lab-qemu", ["test_guest.py", "test_kernel.py", "test_schedulers.py", "test_forward.py",
                                "test_reconcile.py", "test_texts.py"], 5)}


def system_runner():
    """tests/system/run.py, whose name is the same as ours."""
    spec = importlib.util.spec_from_file_location("system_run", os.path.join(HERE, "..", "system", "run.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    runner = system_runner()
    args = runner.arguments()
    build = os.path.abspath(args.build)
    suite, files, slower = GUESTS[os.environ.get("LAB_GUEST", "uml")]
    if args.files:
        suite, files = None, args.files
    time_limit = runner.time_limit
    runner.time_limit = lambda path: slower * time_limit(path)
    # Says whether a guest starts here at all, makes what it needs, and which kernel it is.
    tried = subprocess.run([RUN_SH, "-b", build, "uname", "-sr"], stdin=subprocess.DEVNULL, check=False)
    if tried.returncode != 0:
        failed = tried.returncode != SKIPPED or bool(os.environ.get("CI"))
        runner.tell_totals([0, int(failed), 0], build, suite)
        sys.exit(int(failed))

    def run_file(target):
        limit = runner.time_limit(target.partition(":")[0]) - 5  # before run_file's, so that the guest ends cleanly
        return runner.run_file(target, "/run/build", ["env", f"LAB_SECONDS={limit}", RUN_SH, "-b", build])

    totals = runner.run_all(runner.find_targets(HERE, files), args.j, run_file)
    runner.tell_totals(totals, build, suite)
    sys.exit(1 if totals[1] or not totals[0] else 0)


if __name__ == "__main__":
    main()
