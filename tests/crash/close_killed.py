#!/usr/bin/env python3
"""Kills a month's close at random moments, or interrupts it, goes on with it, and asks for the same invoices, once each.

usage: close_killed.py SEATMETER TIMES [SEED]
On SQLite, and on PostgreSQL where SEATMETER_TEST_POSTGRESQL names a server. Then runs two closes at once: one wins,
the other says so. Each is done TIMES times."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

MONTH = "2026-02"
SECRET = "5e" * 32  # the same in every copy, so that identifiers are the same


class Store:
    """A programme whose last month is reported and open, and fresh copies of it."""

    def __init__(self, seatmeter, directory, seed):
        self.seatmeter = seatmeter
        self.directory = directory
        self.environment = dict(os.environ, SEATMETER_SECRET=SECRET)
        self.prepare()
        self.run(self.original, "simulate", "--seed", str(seed), "--rich", "--providers", "12", "--customers", "120",
                 "--licences", "1500", "--months", "2", "--no-close")

    def command(self, url, *words):
        return [self.seatmeter, *words, "--db", url]

    def run(self, url, *words):
        done = subprocess.run(self.command(url, *words), env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, url, *words):
        return subprocess.Popen(self.command(url, *words), env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def outcome(self, url):
        """Everything that a close must leave, whenever and however often it ran."""
        lines = self.run(url, "export", "lines", "--month", MONTH)
        invoices = self.run(url, "invoice", "list", "--month", MONTH)
        balances = self.run(url, "ledger", "balances")
        self.run(url, "check")
        return lines, invoices, balances


class SqliteStore(Store):
    name = "SQLite"

    def prepare(self):
        self.original = f"sqlite:{self.directory}/original.db"

    def copy(self):
        for path in pathlib.Path(self.directory).glob("copy.db*"):
            path.unlink()
        shutil.copyfile(f"{self.directory}/original.db", f"{self.directory}/copy.db")
        return f"sqlite:{self.directory}/copy.db"


class PostgresStore(Store):
    name = "PostgreSQL"

    def prepare(self):
        self.server = os.environ["SEATMETER_TEST_POSTGRESQL"]
        self.database = f"killed_{os.getpid()}"
        self.sql(f"create database {self.database}")
        self.original = self.url(self.database)

    def url(self, database):
        parts = urllib.parse.urlsplit(self.server)
        return urllib.parse.urlunsplit(parts._replace(path="/" + database)).replace("postgresql:/", "postgresql:///", 1) \
            if not parts.netloc else urllib.parse.urlunsplit(parts._replace(path="/" + database))

    def sql(self, statement):
        subprocess.run(["psql", "-q", "-d", self.server, "-c", statement], check=True)

    def copy(self):
        self.sql(f"drop database if exists {self.database}_copy with (force)")
        self.sql(f"create database {self.database}_copy template {self.database}")
        return self.url(f"{self.database}_copy")


def kill_closes(store, times, chance):
    url = store.copy()
    began = time.monotonic()
    store.run(url, "month", "close", MONTH)
    length = time.monotonic() - began
    wanted = store.outcome(url)
    assert wanted[0].count("\n") > 100, "the month must have something to bill"
    cut_short = 0
    for attempt in range(times):
        url = store.copy()
        close = store.start(url, "month", "close", MONTH)
        try:
            close.communicate(timeout=chance.uniform(0, length))
        except subprocess.TimeoutExpired:
            close.send_signal(signal.SIGKILL)
            close.communicate()
        cut_short += close.returncode == -signal.SIGKILL
        go_on(store, url, by_job=attempt % 2 == 0)
        if store.outcome(url) != wanted:
            sys.exit(f"{store.name}: attempt {attempt}: another outcome than without a kill")
    print(f"{store.name}: {times} closes, {cut_short} killed under way (a close takes {length:.2f} s): "
          "the same invoices, once each")
    return wanted


def go_on(store, url, by_job):
    """What is left is closed by the job that is there, or by asking for the close again."""
    left = [job["id"] for job in json.loads(store.run(url, "job", "list", "--json"))["items"] if job["state"] != "done"]
    if by_job and left:
        store.run(url, "job", "resume", left[0])
    else:
        store.run(url, "month", "close", MONTH)


def interrupt_closes(store, times, chance, wanted):
    """Ctrl-C pauses: nothing is held then, and the job goes on."""
    paused = 0
    for attempt in range(times):
        url = store.copy()
        close = store.start(url, "month", "close", MONTH)
        try:
            _, said = close.communicate(timeout=chance.uniform(0, 1))
        except subprocess.TimeoutExpired:
            close.send_signal(signal.SIGINT)
            _, said = close.communicate()
        if "(job-paused)" in said:
            paused += 1
            states = [job["state"] for job in json.loads(store.run(url, "job", "list", "--json"))["items"]]
            if close.returncode != 2 or states[-1] != "paused":
                sys.exit(f"{store.name}: a close that was interrupted: exit {close.returncode}, jobs {states}: {said}")
            store.run(url, "check")
        go_on(store, url, by_job=True)
        if store.outcome(url) != wanted:
            sys.exit(f"{store.name}: interruption {attempt}: another outcome than without one")
    print(f"{store.name}: {times} closes, {paused} interrupted and gone on with: the same invoices, once each")


def race_closes(store, times, wanted):
    for attempt in range(times):
        url = store.copy()
        both = [store.start(url, "month", "close", MONTH) for _ in range(2)]
        said = [close.communicate()[0] for close in both]
        late = [text for text in said if "is closed already" in text or ": 0 edges closed now, " in text]
        if [close.returncode for close in both] != [0, 0] or len(late) != 1:
            sys.exit(f"{store.name}: two closes at once said\n{said[0]}\n{said[1]}")
        if store.outcome(url) != wanted:
            sys.exit(f"{store.name}: two closes at once: another outcome than one")
    print(f"{store.name}: {times} times two closes at once: one won, the other said so")


def main():
    seatmeter, times = str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    chance = random.Random(seed)
    kinds = [SqliteStore]
    if "SEATMETER_TEST_POSTGRESQL" in os.environ:
        kinds.append(PostgresStore)
    else:
        print("SKIPPED on PostgreSQL: SEATMETER_TEST_POSTGRESQL names no server")
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="seatmeter-killed.") as directory:
            store = kind(seatmeter, directory, seed)
            wanted = kill_closes(store, times, chance)
            interrupt_closes(store, max(2, times // 5), chance, wanted)
            race_closes(store, max(1, times // 10), wanted)


if __name__ == "__main__":
    main()
