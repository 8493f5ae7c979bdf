#!/usr/bin/env python3
"""Counts what ran: the test cases that the programs of a meson run, or one command, tell of.

usage: tally.py meson BUILD_DIRECTORY
       tally.py log FILE EXIT_STATUS
       tally.py failed BUILD_DIRECTORY
The last tells of each program of the meson run that did not succeed: its name, the lines that say of a failure, and the
end of what it said. The others print `N passed, N failed`. A program that tells nothing of cases is one case; one that fails without saying
which case did (a crash, a sanitizer's finding, a timeout) adds a failed one, and so does one that meson skipped."""
import json
import pathlib
import re
import sys

# (passed, failed) as the runners say it; where unittest says how many ran, the failed ones are among them.
CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)\.", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] \S+: (\d+) test\(s\)|^\[  FAILED  \] (\d+) test\(s\)", re.M)
NODE = re.compile(r"^\W+ pass (\d+)$\n(?:.*\n)*?^\W+ fail (\d+)$", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*$\s+^(?:OK|FAILED)(?: \((.*)\))?$", re.M)
OWN = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
FUZZER = re.compile(r"^\w+: \d+ inputs in \d+ s, no finding$", re.M)


def cases_of(text):
    passed = sum(int(number) for number in CMOCKA_PASSED.findall(text))
    failed = sum(int(one or other) for one, other in CMOCKA_FAILED.findall(text))
    for pattern in (NODE, OWN):
        for good, bad in pattern.findall(text):
            passed += int(good)
            failed += int(bad)
    for ran, details in UNITTEST.findall(text):
        counts = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", details)}
        bad = counts.get("failures", 0) + counts.get("errors", 0)
        failed += bad
        passed += int(ran) - bad - counts.get("skipped", 0)
    return passed + len(FUZZER.findall(text)), failed


def count(text, succeeded):
    passed, failed = cases_of(text)
    if succeeded:
        return max(passed, 1), 0
    return passed, max(failed, 1)


def meson_log(build):
    for line in (pathlib.Path(build) / "meson-logs/testlog.json").read_text().splitlines():
        run = json.loads(line)
        run["said"] = f"{run.get('stdout') or ''}\n{run.get('stderr') or ''}"
        run["succeeded"] = run["result"] in ("OK", "EXPECTEDFAIL")
        yield run


def tell_failed(build):
    for run in meson_log(build):
        if not run["succeeded"]:
            lines = run["said"].splitlines()
            telling = [line for line in lines if re.search(r"FAIL|ERROR|not ok|Error|Assertion", line)]
            print(f"{run['name']}: {run['result']} after {run['duration']:.0f} s", *telling[:20], "...", *lines[-20:], sep="\n  ")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "meson":
        runs = [(run["said"], run["succeeded"]) for run in meson_log(sys.argv[2])]
    elif len(sys.argv) == 3 and sys.argv[1] == "failed":
        return tell_failed(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "log":
        runs = [(pathlib.Path(sys.argv[2]).read_text(errors="replace"), sys.argv[3] == "0")]
    else:
        sys.exit(__doc__)
    counts = [count(*run) for run in runs]
    print(f"{sum(passed for passed, _ in counts)} passed, {sum(failed for _, failed in counts)} failed")


if __name__ == "__main__":
    main()
