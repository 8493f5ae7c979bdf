#!/usr/bin/env python3
"""Stores of earlier versions are upgraded by this program and stay clean: every migration is held against them.

usage: upgrade_test.py SEATMETER [postgresql]
Beside this file stand the dumps of one programme as the first version with schema 6 kept it, on either engine, and its
backup: four closed months in several zones and currencies with bundles, terms, adjustments, corrections and credit
notes, a correction and a charge that wait, a user, signing keys. Each of them is upgraded or restored, audited, billed
on, explained, exported and recomputed. "postgresql": on SEATMETER_TEST_POSTGRESQL, which is emptied."""
import json
import lzma
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
RECOMPUTE = HERE.parent / "recompute" / "recompute.py"
EXPORTS = ["events", "prices", "lines", "agreements", "terms", "licences", "adjustments", "months", "midnights"]


class Store:
    def __init__(self, seatmeter, url):
        self.seatmeter, self.url = seatmeter, url

    def say(self, *words):
        done = subprocess.run([self.seatmeter, *words, "--db", self.url], text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def ask(self, *words):
        return json.loads(self.say(*words, "--json"))

    def is_clean(self):
        said = self.say("check").splitlines()[-1]
        if ": 0 violations" not in said:
            sys.exit(said)
        return said

    def explain_all(self, numbers):
        """Every line of the documents is what it was billed as."""
        explained = 0
        for number in numbers:
            for line in self.ask("invoice", "show", number)["lines"]:
                answer = self.ask("invoice", "explain", number, str(line["position"]))
                if not answer["agrees"] or answer.get("rules", 1) != 1:
                    sys.exit(f"{number} line {line['position']}: {json.dumps(answer)}")
                explained += 1
        return explained

    def recompute(self, directory):
        for kind in EXPORTS:
            (directory / f"{kind}.csv").write_text(self.say("export", kind), encoding="utf-8")
        done = subprocess.run([sys.executable, str(RECOMPUTE), str(directory)], text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"recompute: {done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout.splitlines()[-1]


def unpacked(name):
    return lzma.decompress((HERE / name).read_bytes())


def empty(url, directory):
    if url.startswith("sqlite:"):
        for file in directory.glob("store.db*"):
            file.unlink()
    else:
        subprocess.run(["psql", "-q", "-d", url, "-c", "drop schema public cascade; create schema public"], check=True,
                       stderr=subprocess.DEVNULL)


def fill_from_dump(url, directory):
    if url.startswith("sqlite:"):
        with sqlite3.connect(directory / "store.db") as connection:
            connection.executescript(unpacked("schema-6.sqlite.sql.xz").decode())
        connection.close()
    else:
        subprocess.run(["psql", "-q", "-d", url, "-v", "ON_ERROR_STOP=1", "-f", "-"], check=True,
                       input=unpacked("schema-6.postgresql.sql.xz"), stdout=subprocess.DEVNULL)


def live_on(store, directory):
    """What an upgraded store must be able to do."""
    print(store.is_clean())
    owner = next(one for account in store.ask("account", "list")["items"]
                 for one in store.ask("user", "list", "--account", account["id"])["items"])
    if (owner["email"], owner["role"], owner["active"]) != ("owner@p.example", "owner", True):
        sys.exit(f"the user is another: {owner}")
    distributor = store.ask("account", "list")["items"][0]["id"]
    other = store.ask("user", "add", "--account", distributor, "--email", owner["email"], "--name", "Owner",
                      "--role", "viewer", "--known")
    if other["account"]["id"] != distributor:
        sys.exit(f"the user of before is no person: {other}")
    invoices = store.ask("invoice", "list")["items"]
    numbers = [invoice["number"] for invoice in invoices if invoice["kind"] != "credit-note"][::22]
    print(f"{store.explain_all(numbers)} lines of {len(numbers)} documents explained")
    print(store.recompute(directory))
    closed = store.say("month", "close", "2026-01").splitlines()
    print(closed[-1])
    lines = store.say("export", "lines", "--month", "2026-01")
    if "counted again" not in lines:
        sys.exit("the correction that waited was not billed")
    print(store.is_clean())
    print(store.recompute(directory))


def main():
    seatmeter = str(pathlib.Path(sys.argv[1]).resolve())
    on_postgresql = sys.argv[2:] == ["postgresql"]
    if on_postgresql and "SEATMETER_TEST_POSTGRESQL" not in os.environ:
        print("SKIPPED: SEATMETER_TEST_POSTGRESQL names no server")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="seatmeter-upgrade.") as name:
        directory = pathlib.Path(name)
        secret = directory / "secret"
        shutil.copyfile(HERE / "schema-6-secret.txt", secret)
        secret.chmod(0o600)
        os.environ["SEATMETER_SECRET_FILE"] = str(secret)
        url = os.environ["SEATMETER_TEST_POSTGRESQL"] if on_postgresql else f"sqlite:{directory}/store.db"
        store = Store(seatmeter, url)
        empty(url, directory)
        fill_from_dump(url, directory)
        print(store.say("upgrade").strip())
        print(store.say("upgrade").strip())
        live_on(store, directory)
        empty(url, directory)
        backup = directory / "old.backup"
        backup.write_bytes(unpacked("schema-6.backup.xz"))
        print(store.say("restore", str(backup), "--older").strip())
        live_on(store, directory)


if __name__ == "__main__":
    main()
