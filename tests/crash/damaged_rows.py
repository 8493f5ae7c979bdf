#!/usr/bin/env python3
"""No row, whatever stands in it, ends a process: every column of a lived-in store takes values that no program writes.

usage: damaged_rows.py SEATMETER [--damages N] [--seed N] [--tables NAMES]     default: all of them
A simulated programme (closed months, bundles, corrections, credits, devices, releases, people) is damaged in one column
at a time: all rows of a table take one odd value there. Then everything is asked of it that reads that much: the audit,
a close, forecasts, reports, documents, explanations, every list and every export, and the service is started on it. An
error is right, and so is an answer; an assertion, a crash, a finding of a sanitizer or a program that does not come
back is not."""
import argparse
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

INTEGERS = [-1, 0, 1, 99, 1 << 31, (1 << 63) - 1, -(1 << 63), "x", None]
TEXTS = ["", "x", "\u00e9\u202e\x01", "9" * 5000, 7, None]
BYTES = [b"", b"\x01", bytes(300), "x", None]
HANGS_S = 60  # a program that does not come back by then hangs
# What decides whether the program may speak to the store at all is its own test.
LEFT_ALONE = {"schema_version", "sqlite_sequence"}
# Where the service keeps what it answers devices from.
OF_THE_SERVICE = {"programme", "accounts", "account_ancestors", "agreements", "amendments", "skus", "bundle_parts",
                  "components", "sku_components", "licences", "free_seats", "silent_searches", "lease_terms",
                  "signing_keys", "heartbeat", "products", "product_skus", "releases", "release_artifacts",
                  "install_links", "moves", "idempotency", "sessions", "users", "tokens"}
EXPORTS = ["events", "prices", "lines", "ledger", "accounts", "skus", "agreements", "terms", "licences", "adjustments",
           "charges"]


class Programme:
    """One lived-in store, kept aside, and copied for each damage."""

    def __init__(self, seatmeter, directory):
        self.seatmeter, self.directory = seatmeter, directory
        self.numbers = itertools.count(1)
        self.whole, self.path = directory / "whole.db", directory / "damaged.db"
        self.url = f"sqlite:{self.whole}"
        self.do("simulate", "--rich", "--seed", "3", "--providers", "2", "--customers", "8", "--licences", "24",
                "--months", "3", "--until-now")
        self.live_in()
        self.restore_whole()

    def run(self, words, given=""):
        return subprocess.run([self.seatmeter, *words, "--db", self.url], text=True, capture_output=True, input=given,
                              timeout=HANGS_S, errors="replace", cwd=self.directory)

    def do(self, *words, given=""):
        done = self.run(words, given)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, *words, given=""):
        return json.loads(self.do(*words, "--json", given=given))

    def live_in(self):
        """What the simulation has not: people, releases, links, devices."""
        accounts = self.ask("account", "list")["items"]
        self.vendor = next(one["id"] for one in accounts if one["kind"] == "vendor")
        self.providers = [one["id"] for one in accounts if one["kind"] == "provider"]
        self.customer = next(one["id"] for one in accounts if one["kind"] == "customer")
        self.distributor = next(one["id"] for one in accounts if one["kind"] == "distributor")
        self.licences = [one["id"] for one in self.ask("licence", "list")["items"]]
        self.on = next(one["id"] for one in self.ask("licence", "list", "--state", "on")["items"])
        self.invoices = self.ask("invoice", "list")["items"]
        sku = self.ask("licence", "show", self.on)["sku"]
        sku = sku["id"] if isinstance(sku, dict) else sku
        self.do("user", "add", "--account", self.distributor, "--email", "ada@example.com", "--name", "Ada", "--role",
                "owner", given="correct horse battery\n")
        self.do("token", "create", "--account", self.distributor, "--name", "t", "--scopes", "read")
        self.product = self.ask("product", "add", "--vendor", self.vendor, "--code", "EPP", "--name", "E", "--skus",
                                sku)["id"]
        (self.directory / "backups").mkdir()
        (self.directory / "installer").write_bytes(b"an installer")
        self.do("release", "publish", str(self.directory / "installer"), "--product", self.product, "--version", "1.0.0",
                "--channel", "stable", "--platform", "linux-amd64")
        self.do("licence", "install-link", self.on)
        self.do("key", "rotate")
        self.documents = [self.invoices[0]["id"], self.invoices[-1]["id"]]
        self.documents += [one["id"] for one in self.invoices if one["kind"] == "credit_note"][:1]
        for number in self.documents:
            self.do("invoice", "export", number, "--format", "pdf", "--output", str(self.directory / "pdf"))

    def restore_whole(self):
        """Tables that are still empty get a row; columns then are what can be damaged."""
        store = sqlite3.connect(self.whole)
        store.execute("pragma foreign_keys = off")
        store.execute("pragma ignore_check_constraints = on")
        self.columns = []
        for (table,) in store.execute("select name from sqlite_master where type = 'table'").fetchall():
            if table in LEFT_ALONE:
                continue
            columns = store.execute(f"pragma table_info({table})").fetchall()
            if store.execute(f"select count(*) from {table}").fetchone()[0] == 0:
                store.execute(f"insert into {table} values ({','.join('?' * len(columns))})",
                              [self.plausible(store, table, name, kind) for _, name, kind, *_ in columns])
            self.columns += [(table, name, kind.lower()) for _, name, kind, *_ in columns]
        store.commit()
        store.execute("pragma wal_checkpoint(truncate)")
        store.close()
        self.url = f"sqlite:{self.path}"
        shutil.copy(f"{self.whole}.secret", f"{self.path}.secret")

    @staticmethod
    def plausible(store, table, name, kind):
        if name.endswith("_id") and kind.lower() != "text":
            of = {"licence_id": "licences", "account_id": "accounts", "user_id": "users", "agreement_id": "agreements",
                     "customer_id": "accounts", "product_id": "products", "invoice_id": "invoices"}.get(name)
            found = store.execute(f"select min(id) from {of}").fetchone()[0] if of else None
            return found or 1
        if table == "heartbeat":  # a clock that went on since, so that nothing is refused for it
            return {"id": 1, "at_us": time.time_ns() // 1000}.get(name, 0)
        known = {"state": {"moves": "proposed"}.get(table, "active"), "currency": "EUR", "month": 24322, "entries": bytes(40)}
        return known.get(name, {"text": "x", "blob": bytes(32)}.get(kind.lower(), 1))

    def damage(self, table, column, value):
        """Whether the store took it: a unique key or a strict type may not."""
        for suffix in ("-wal", "-shm"):
            pathlib.Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.whole, self.path)
        store = sqlite3.connect(self.path)
        store.execute("pragma foreign_keys = off")
        store.execute("pragma ignore_check_constraints = on")
        for name, of in store.execute("select name, tbl_name from sqlite_master where type = 'trigger'").fetchall():
            if of == table:
                store.execute(f"drop trigger {name}")
        try:
            store.execute(f"update {table} set {column} = ?", [value])
        except sqlite3.IntegrityError:
            try:  # a key: one row takes it
                store.execute(f"update {table} set {column} = ? where rowid = (select max(rowid) from {table})", [value])
            except (sqlite3.IntegrityError, sqlite3.OperationalError):
                store.close()
                return False
        except sqlite3.OperationalError as error:
            sys.exit(f"{table}.{column}: {error}")
        store.commit()
        store.close()
        return True

    def questions(self):
        """Reading ones first, in the order in which one would look; those that change the store last."""
        yield ["check"]
        for what in ["account", "agreement", "catalog", "price", "block", "licence", "device", "product", "release",
                     "report", "invoice", "charge", "correction", "move", "user", "token", "audit", "key", "job"]:
            account = ["--account", self.distributor] if what in ("user", "token") else []
            yield [what, "list", *account]
        yield ["licence", "show", self.on]
        yield ["licence", "events", self.on]
        yield ["licence", "keys", "--customer", self.customer]
        yield ["licence", "snippet", self.on, "--server", "https://devices.example"]
        yield ["account", "show", self.providers[0]]
        yield ["release", "verify"]
        yield ["preview", "change", "off", "--customer", self.customer]
        yield ["preview", "agreement", "suspend", "--seller", self.distributor, "--buyer", self.providers[0]]
        yield ["ledger", "balances"]
        for month in ("this", "closed"):
            for account in (self.distributor, self.providers[0]):
                yield ["margin", "show", "--account", account, "--month", self.month[month], "--by", "customer-sku",
                       *(["--forecast"] if month == "this" else [])]
            yield ["report", "show", "--provider", self.providers[0], "--month", self.month[month]]
        for number in self.documents:
            yield ["invoice", "show", number]
            yield ["invoice", "explain", number, "1"]
            for form in ("text", "json", "csv", "pdf"):
                yield ["invoice", "export", number, "--format", form, "--output", "document"]
        for what in EXPORTS:
            yield ["export", what]
        line = self.line
        yield ["correction", "add", "--giver", line["seller"], "--month", line["month"],
               "--customer", line["customer"], "--sku", line["sku"], "--units", "3", "--reason", "r"]
        yield ["licence", "off", self.on]
        yield ["licence", "undo", self.on]
        yield ["invoice", "credit", self.documents[0], "--reason", "r"]
        yield ["agreement", "list"]
        yield ["customer", "off", self.customer]
        yield ["month", "close", self.month["last"]]
        yield ["month", "close", self.month["closed"]]
        yield ["backup", f"{self.directory}/backups/{next(self.numbers)}.backup"]

    def serve(self):
        """The service begins and ends, or says why it cannot."""
        said = self.directory / "said"
        with open(said, "w", encoding="utf-8") as out:
            serving = subprocess.Popen([self.seatmeter, "serve", "--control", f"unix:{self.directory}/control",
                                        "--device", f"unix:{self.directory}/device", "--db", self.url],
                                       stdout=out, stderr=subprocess.STDOUT)
            end = time.monotonic() + HANGS_S
            while serving.poll() is None and "device" not in said.read_text(errors="replace"):
                if time.monotonic() > end:
                    serving.kill()
                time.sleep(0.005)
            if serving.poll() is None:
                serving.send_signal(signal.SIGTERM)
            status = serving.wait(timeout=HANGS_S)
        return subprocess.CompletedProcess(["serve"], status, said.read_text(errors="replace"), "")

    def answers_whole(self):
        """Undamaged, it answers: so what is asked is asked rightly. A month that runs, and what is done, may be refused."""
        shutil.copy(self.whole, self.path)
        for words in self.questions():
            done = self.run(words)
            if done.returncode not in (0, 1) or (done.returncode == 1 and words[0] not in ("check", "release", "invoice")):
                if "clock-wrong" in done.stderr or "unknown-" in done.stderr:
                    sys.exit(f"{' '.join(words)}: {done.stderr}")
                print(f"refused while whole: {' '.join(words)}: {done.stdout[-200:]}{done.stderr[-300:]}")
        done = self.serve()
        if done.returncode != 0:
            sys.exit(f"serve: exit {done.returncode}\n{done.stdout}")

    def find_line(self):
        now = time.gmtime()
        count = now.tm_year * 12 + now.tm_mon - 1
        month = lambda number: f"{number // 12:04}-{number % 12 + 1:02}"
        self.month = {"this": month(count), "last": month(count - 1), "closed": month(count - 2)}
        invoice = next(one for one in self.invoices if one["kind"] == "invoice")
        shown = json.loads(subprocess.run([self.seatmeter, "invoice", "show", invoice["id"], "--json", "--db",
                                           f"sqlite:{self.whole}"], capture_output=True, text=True).stdout)
        word = lambda value: value.get("id", value.get("code")) if isinstance(value, dict) else value
        line = shown["lines"][0]
        self.line = {"seller": word(shown["seller"]), "buyer": word(shown["buyer"]), "month": shown["month"],
                     "customer": word(line["customer"]), "sku": word(line["sku"])}


def is_broken(done):
    """Told by a signal, a sanitizer's words, or a status that no command has."""
    return done.returncode < 0 or done.returncode > 100 or "Sanitizer" in done.stderr + done.stdout or \
        "runtime error" in done.stderr + done.stdout or "ssertion" in done.stderr + done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seatmeter")
    parser.add_argument("--damages", type=int, help="only so many, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", help="only of these, with commas between")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        programme = Programme(os.path.abspath(options.seatmeter), pathlib.Path(directory))
        programme.find_line()
        damages = []
        for table, column, kind in programme.columns:
            if options.tables and table not in options.tables.split(","):
                continue
            values = TEXTS if kind == "text" else BYTES if kind == "blob" else INTEGERS
            damages += [(table, column, value) for value in values]
        random.Random(options.seed).shuffle(damages)
        damages = damages[:options.damages]
        programme.answers_whole()
        broken, taken = 0, 0
        for table, column, value in damages:
            if not programme.damage(table, column, value):
                continue
            taken += 1
            asked = []
            for words in programme.questions():
                asked.append((words, lambda words=words: programme.run(words)))
            if table in OF_THE_SERVICE or table.startswith(("device", "tuf")):
                asked.insert(0, (["serve"], programme.serve))
            for words, ask in asked:
                try:
                    done = ask()
                except subprocess.TimeoutExpired:
                    done = subprocess.CompletedProcess(words, -1, "", f"no answer within {HANGS_S} s")
                if is_broken(done):
                    broken += 1
                    print(f"{table}.{column} = {str(value)[:40]!r}: {' '.join(words)}: exit {done.returncode}\n"
                          f"  {(done.stderr or done.stdout)[-700:]}", flush=True)
        print(f"{taken} damages of {len(programme.columns)} columns, {broken} broken answers")
        sys.exit(broken > 0)


if __name__ == "__main__":
    main()
