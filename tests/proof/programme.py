"""A programme with real programs: a store on SQLite or PostgreSQL, the command over it, and the service.

Waiting is for conditions alone: until() asks again and again until something is so."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

SANITIZER = re.compile(r"Sanitizer|runtime error:")
# What takes longer hangs: no machine is so slow or so busy.
PATIENCE_S = 900
PRICES = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"


class Wrong(AssertionError):
    """What a test found."""


def until(question, what, pause=0.01):
    """The first true answer; the pause is between questions."""
    end = time.monotonic() + PATIENCE_S
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Wrong(f"{what}: not so after {PATIENCE_S} s")
        time.sleep(pause)


class Service:
    """`seatmeter serve`, with the doors that are asked for."""

    def __init__(self, programme, *words, device="127.0.0.1:0"):
        self.programme = programme
        programme.services += 1
        self.log = pathlib.Path(programme.folder) / f"serve-{programme.services}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([programme.seatmeter, "serve", "--control", "127.0.0.1:0", "--device", device,
                                             *words], env=programme.environment, stdout=log, stderr=log)
        programme.running.append(self)
        self.device = None if device == "none" else self.where("Devices at")
        self.control = self.where("Listening on")

    def where(self, says):
        return until(lambda: self.url(says), f"the service says where it is {says}")

    def url(self, says):
        found = re.search(rf"^{says} (http://[0-9.]+:\d+)$", self.said(), re.M)
        if self.process.poll() is not None:
            raise Wrong(f"the service ended with {self.process.returncode}: {self.said()[-3000:]}")
        return found and found[1]

    def said(self):
        return self.log.read_text(errors="replace")

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def metrics(self, url):
        """The samples by name with labels."""
        text = urllib.request.urlopen(f"{url}/metrics", timeout=PATIENCE_S).read().decode()
        return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", text, re.M)}

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.watch_for_sanitizers()
        self.programme.running.remove(self)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Wrong(f"the service did not end: {self.said()[-3000:]}") from None
        self.programme.running.remove(self)
        self.watch_for_sanitizers()
        if code != 0:
            raise Wrong(f"the service ended with {code}: {self.said()[-3000:]}")

    def watch_for_sanitizers(self):
        if SANITIZER.search(self.said()):
            raise Wrong(f"a sanitizer found something: {self.said()[-6000:]}")


class Programme:
    """A store with one vendor, one distributor, one provider, one customer and, after begin(), a block of `SEATS`."""

    engine = "SQLite"

    def __init__(self, seatmeter):
        self.seatmeter = str(pathlib.Path(seatmeter).resolve())
        self.temporary = tempfile.TemporaryDirectory(prefix="seatmeter-proof.")
        self.folder = self.temporary.name
        self.running, self.services = [], 0
        self.environment = {**os.environ, "SEATMETER_SECRET_FILE": f"{self.folder}/secret",
                            "SEATMETER_ARTIFACTS": f"{self.folder}/artifacts", "SEATMETER_DB": self.make_store()}

    def make_store(self):
        return f"sqlite:{self.folder}/store.db"

    def drop_store(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in list(self.running):
            service.process.kill()
            service.process.wait()
        self.drop_store()
        self.temporary.cleanup()

    def run(self, *words, stdin=None):
        return subprocess.run([self.seatmeter, *words], env=self.environment, capture_output=True, text=True, input=stdin)

    def say(self, *words, stdin=None):
        done = self.run(*words, stdin=stdin)
        if done.returncode != 0:
            raise Wrong(f"seatmeter {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, *words):
        return json.loads(self.say(*words, "--json"))

    def file(self, name, content):
        path = pathlib.Path(self.folder) / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    def serve(self, *words, **doors):
        return Service(self, *words, **doors)

    def begin(self, zone="America/New_York"):
        self.say("init", "--distributor", "Northwind", "--currency", "USD", "--time-zone", zone)
        self.say("catalog", "import", self.file("skus.csv", "sku,name\nEPP,Endpoint\nMAIL,Mail\n"), "--vendor", "Contoso")
        self.say("price", "import", self.file("cost.csv", PRICES + "EPP,USD,2026-01-01,peak,flat,1,2.00\n"
                                              "MAIL,USD,2026-01-01,daily,flat,1,31.00\n"),
                 "--seller", "CONTOSO", "--buyer", "NORTHWIND")
        self.say("price", "import", self.file("list.csv", PRICES + "EPP,USD,2026-01-01,peak,flat,1,3.00\n"
                                              "MAIL,USD,2026-01-01,daily,flat,1,62.00\n"), "--seller", "NORTHWIND")
        self.say("account", "add", "--kind", "provider", "--name", "Cedar IT", "--code", "CEDAR")
        self.say("agreement", "offer", "--buyer", "CEDAR")
        self.say("agreement", "sign", "--buyer", "CEDAR", "--by", "Ada Cedar")
        self.say("account", "add", "--kind", "customer", "--name", "Harbour Dental", "--code", "DENTAL", "--seller", "CEDAR")
        return self

    def block(self, size, sku="EPP", provider="CEDAR"):
        return self.ask("block", "order", "--provider", provider, "--sku", sku, "--size", str(size))["id"]

    def issue(self, seats, sku="EPP", is_on=True, customer="DENTAL", provider="CEDAR", at=None):
        """Key and identifier of a licence."""
        key, licence = self.say("licence", "issue", "--block", self.block(seats, sku, provider), "--customer", customer,
                                "--seats", str(seats)).split()
        if is_on:
            self.say("licence", "on", licence, *(["--at", at] if at else []))
        return key, licence

    def token(self, account, scopes="read licences:write"):
        return self.ask("token", "create", "--account", account, "--name", "proof", "--scopes", scopes)["secret"]

    def check(self):
        said = self.run("check")
        if said.returncode != 0 or " 0 violations" not in said.stdout:
            raise Wrong(f"{self.engine}: seatmeter check: {said.stdout}{said.stderr}")

    def query(self, statement):
        """Rows of the store, past the programs; a list of lists of text."""
        raise NotImplementedError


class OnSqlite(Programme):
    def query(self, statement):
        import sqlite3
        with sqlite3.connect(f"file:{self.folder}/store.db?mode=ro", uri=True) as store:
            return [[str(value) for value in row] for row in store.execute(statement)]


class OnPostgres(Programme):
    engine = "PostgreSQL"
    made = 0

    def make_store(self):
        OnPostgres.made += 1
        self.server = os.environ["SEATMETER_TEST_POSTGRESQL"]
        self.database = f"proof_{os.getpid()}_{OnPostgres.made}"
        self.sql(self.server, f"create database {self.database}")
        parts = urllib.parse.urlsplit(self.server)
        url = urllib.parse.urlunsplit(parts._replace(path="/" + self.database))
        return url if parts.netloc else url.replace("postgresql:/", "postgresql:///", 1)

    @staticmethod
    def sql(url, statement):
        return subprocess.run(["psql", "-qtAF", "\t", "-d", url, "-c", statement], check=True, capture_output=True, text=True).stdout

    def drop_store(self):
        self.sql(self.server, f"drop database {self.database} with (force)")

    def query(self, statement):
        return [line.split("\t") for line in self.sql(self.environment["SEATMETER_DB"], statement).splitlines()]


def engines():
    """SQLite, and PostgreSQL where there is one."""
    if "SEATMETER_TEST_POSTGRESQL" in os.environ:
        return OnSqlite, OnPostgres
    print("SKIPPED on PostgreSQL: SEATMETER_TEST_POSTGRESQL names no server")
    return (OnSqlite,)


class Crowd:
    """device_client at work."""

    def __init__(self, client, mode, url, *words, seed=1):
        self.mode = mode
        self.process = subprocess.Popen([client, mode, "--address", urllib.parse.urlsplit(url).netloc, "--seed", str(seed),
                                         *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def line(self):
        """The next line of a watch."""
        text = self.process.stdout.readline()
        if not text:
            raise Wrong(f"{self.mode} ended: {self.process.stderr.read()}")
        return json.loads(text)

    def end(self, may_be_wrong=False):
        """What it counted, once it has ended by itself."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        if not out or (self.process.returncode != 0 and not may_be_wrong):
            raise Wrong(f"{self.mode}: exit {self.process.returncode}: {out}{err[-4000:]}")
        return json.loads(out.splitlines()[-1])

    def stop(self, **how):
        self.process.terminate()
        return self.end(**how)


class Cases:
    """Runs sentences and counts them as tests/tally.py reads it."""

    def __init__(self):
        self.passed = self.failed = 0

    def case(self, sentence, test, *arguments):
        begun = time.monotonic()
        try:
            said = test(*arguments)
            self.passed += 1
        except Exception as error:  # whatever it is, the other cases still run
            self.failed += 1
            if not isinstance(error, Wrong):
                import traceback
                traceback.print_exc()
            said = f"FAILED: {error}"
        print(f"{sentence} ({time.monotonic() - begun:.1f} s){': ' + str(said) if said else ''}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
