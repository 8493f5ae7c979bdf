#!/usr/bin/env python3
"""Simulated programmes, each audited, exported and recomputed by recompute.py, which shares no code with Seatmeter.

usage: seeds.py SEATMETER FIRST COUNT [URL]
Every second seed is a rich world (zones, currencies, bundles, terms, adjustments, corrections, amendments, moves, late
changes). URL: a store that
may be emptied instead of temporary SQLite files, "postgresql" for SEATMETER_TEST_POSTGRESQL."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

KINDS = ["events", "prices", "lines", "ledger", "agreements", "terms", "licences", "adjustments", "months", "midnights",
         "charges", "moves"]
PLAIN = ("events", "prices", "lines", "ledger")
RECOMPUTE = pathlib.Path(__file__).with_name("recompute.py")


def run(arguments, **options):
    done = subprocess.run(arguments, text=True, stdout=options.pop("stdout", subprocess.PIPE),
                          stderr=subprocess.PIPE, **options)
    return done


def one_seed(seatmeter, seed, directory, url):
    rich = ["--rich"] if seed % 2 == 0 else []
    steps = [["simulate", "--seed", str(seed), *rich, "--providers", "4", "--customers", "12", "--licences", "80",
              "--months", "3"], ["check"]]
    for step in steps:
        done = run([seatmeter, *step, "--db", url])
        if done.returncode != 0:
            return f"{step[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}", ""
    for kind in KINDS:
        # A plain world is recomputed from the events and prices alone.
        if not rich and kind not in PLAIN:
            continue
        with open(f"{directory}/{kind}.csv", "w", encoding="utf-8") as file:
            done = run([seatmeter, "export", kind, "--db", url], stdout=file)
        if done.returncode != 0:
            return f"export {kind} failed: {done.stderr}", ""
    done = run([sys.executable, str(RECOMPUTE), directory])
    return ("" if done.returncode == 0 else f"{done.stdout[-4000:]}{done.stderr[-2000:]}"), done.stdout


def main():
    seatmeter, first, count = str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2]), int(sys.argv[3])
    postgres = len(sys.argv) > 4
    if sys.argv[4:] == ["postgresql"] and "SEATMETER_TEST_POSTGRESQL" not in os.environ:
        print("SKIPPED: SEATMETER_TEST_POSTGRESQL names no server")
        sys.exit(77)
    lines = failures = 0
    policies = set()
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory(prefix="seatmeter-seed.") as directory:
            os.environ["SEATMETER_SECRET_FILE"] = f"{directory}/secret"
            url = f"sqlite:{directory}/store.db"
            if postgres:
                url = os.environ["SEATMETER_TEST_POSTGRESQL"] if sys.argv[4] == "postgresql" else sys.argv[4]
                run(["psql", "-q", "-d", url, "-c", "drop schema public cascade; create schema public"], check=True)
            problem, said = one_seed(seatmeter, seed, directory, url)
            if problem:
                failures += 1
                print(f"seed {seed}: {problem}")
            counted = re.match(r"(\d+) lines .* policies (.*?):", said.splitlines()[-1] if said else "")
            if counted:
                lines += int(counted[1])
                policies |= set(counted[2].split(", "))
        if sys.stderr.isatty():
            print(f"\rseed {seed}", end="", file=sys.stderr)
    print(f"{lines} lines recomputed, policies {', '.join(sorted(policies))}")
    print(f"{count - failures} passed, {failures} failed")
    sys.exit(1 if failures or len(policies) < min(4, count) else 0)


if __name__ == "__main__":
    main()
