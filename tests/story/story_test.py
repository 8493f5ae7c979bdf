#!/usr/bin/env python3
"""A licence's life with the real programs, from the vendor's release to the month's bill.

usage: story_test.py SEATMETER AGENT PROTECTED LATER
LATER is the clock that is ahead (later.c), for closing the month that is being lived through. Leases run for a few seconds.
Nothing sleeps: each step waits until what it needs is so. On SQLite, and on PostgreSQL where SEATMETER_TEST_POSTGRESQL names
a server. The test ends at the first step that fails, as each needs those before it."""
import datetime
import json
import pathlib
import re
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "proof"))

from billing import billed, seats_by_day
from device import jws_parts
from programme import PATIENCE_S, Wrong, engines, until

SKU, PRODUCT, PLATFORM = "MAIL", "PROTECTED", "linux-amd64"
SEATS = 3
PRICES = {("CONTOSO", "NORTHWIND"): "31.00", ("NORTHWIND", "CEDAR"): "62.00", ("CEDAR", "DENTAL"): "99.99"}
OFF_WORDS = "The licence is turned off. Ask your provider to turn it on."

# The hook installs what is ready, and notes what it was told.
HOOK = """#!/bin/sh
set -eu
if [ "$SEATMETER_EVENT" = update-ready ]; then
    cp "$SEATMETER_UPDATE_FILE" %(installed)s.new
    mv %(installed)s.new %(installed)s
    echo "$SEATMETER_UPDATE_VERSION" >%(version)s
fi
echo "$SEATMETER_EVENT $SEATMETER_DECISION $SEATMETER_CODE ${SEATMETER_UPDATE_VERSION:--} $SEATMETER_WORDS" >>%(log)s
"""


class Story:
    def __init__(self, programme, agent, protected, later):
        self.programme, self.agent, self.protected, self.later_clock = programme, agent, protected, later
        self.home = pathlib.Path(programme.folder)
        self.state, self.hook_log, self.installed = self.home / "agent", self.home / "hook.log", self.home / "installed"
        self.version = self.home / "version"
        self.hook_log.touch()
        self.processes = []

    # -- people

    def at_the_vendor(self):
        """The vendor has a product, and its licence terms are short."""
        self.programme.begin("UTC")
        self.programme.say("price", "set", "--seller", "CEDAR", "--sku", SKU, "--unit-price", PRICES["CEDAR", "DENTAL"],
                           "--from", "2026-01-01", "--policy", "daily")
        self.programme.say("product", "add", "--vendor", "CONTOSO", "--code", PRODUCT, "--name", "Mail Guard", "--skus", SKU)
        self.programme.say("sku", "terms", SKU, "--ttl", "20s")
        self.publish("1.0.0")

    def publish(self, version):
        content = f"Mail Guard {version}\n" * 4000
        path = self.programme.file(f"mailguard-{version}.bin", content)
        self.programme.say("release", "publish", path, "--product", PRODUCT, "--version", version, "--channel", "stable",
                           "--platform", PLATFORM)
        return content

    def at_the_provider(self):
        """The provider issues a key and turns the licence on; the service runs."""
        self.key, self.licence = self.programme.issue(SEATS, sku=SKU)
        self.service = self.programme.serve()
        with urllib.request.urlopen(f"{self.service.device}/v1/keys", timeout=PATIENCE_S) as answer:
            self.root = jws_parts(json.load(answer)["keys"])[1]["roots"][0]
        with urllib.request.urlopen(f"{self.service.device}/tuf/1.root.json", timeout=PATIENCE_S) as answer:
            (self.home / "root.json").write_bytes(answer.read())

    # -- the machine

    def ask_agent(self, command, *words, ends_with=0):
        done = subprocess.run([self.agent, command, "--config", "/dev/null", "--state", str(self.state), *words],
                              capture_output=True, text=True, env=self.programme.environment)
        if done.returncode != ends_with or "Sanitizer" in done.stderr:
            raise Wrong(f"seatmeter-agent {command}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def the_agent_activates(self):
        hook = self.home / "hook"
        hook.write_text(HOOK % {"log": self.hook_log, "installed": self.installed, "version": self.version})
        hook.chmod(0o755)
        self.version.write_text("1.0.0\n")
        said = self.ask_agent("activate", "--server", self.service.device, "--root", self.root, "--product", PRODUCT,
                              "--key", self.key, "--hook", str(hook), "--version-file", str(self.version), "--platform",
                              PLATFORM, "--tuf-root", str(self.home / "root.json"), "--name", "PC-17")
        if "work" not in said:
            raise Wrong(f"activated: {said}")
        self.daemon_log = self.home / "agent.log"
        with open(self.daemon_log, "wb") as log:
            self.daemon = subprocess.Popen([self.agent, "run", "--config", "/dev/null", "--state", str(self.state)],
                                           stdout=log, stderr=log, env=self.programme.environment)
        self.processes.append(self.daemon)
        until(lambda: "runs for" in self.daemon_said(), "the agent runs")
        self.hook_was_told("decision-changed work ok")

    def daemon_said(self):
        if self.daemon.poll() is not None:
            raise Wrong(f"the agent ended: {self.daemon_log.read_text()}")
        return self.daemon_log.read_text()

    def hook_was_told(self, what, times=1):
        until(lambda: self.hook_log.read_text().count(what) >= times,
              f"the hook is told {what!r}, of {self.hook_log.read_text()!r}")

    def the_product_starts(self):
        """The product that links the library, in the agent's store."""
        log = self.home / f"protected-{len(self.processes)}.log"
        with open(log, "wb") as out:
            process = subprocess.Popen([self.protected, self.service.device, self.root, str(self.state / "store")],
                                       stdout=out, stderr=out, env=self.programme.environment)
        self.processes.append(process)
        until(lambda: "working" in log.read_text() or process.poll() is not None, "the product works")
        if process.poll() is not None:
            raise Wrong(f"the product ended: {log.read_text()}")
        return process, log

    def the_agent_updates(self, version, content):
        self.ask_agent("update")
        self.hook_was_told(f"update-ready work ok {version}")
        if self.installed.read_text() != content:
            raise Wrong(f"what is installed is not version {version}")

    # -- the story

    def it_works(self):
        self.product, self.product_log = self.the_product_starts()
        self.the_agent_updates("1.1.0", self.publish("1.1.0"))
        if (found := self.shown_device())["version"] not in ("1.0.0", "1.1.0") or found["state"] != "active":
            raise Wrong(f"the provider sees {found}")
        lease = self.agent_status()["expires"]
        until(lambda: self.agent_status()["expires"] > lease, "the lease is renewed")

    def agent_status(self):
        return json.loads(self.ask_agent("status", "--json"))

    def shown_device(self):
        return self.programme.ask("device", "list", "--licence", self.licence)["items"][0]

    def it_is_turned_off(self):
        self.wanted = self.publish("1.2.0")
        self.programme.say("licence", "off", self.licence)
        self.ask_agent("update")
        until(lambda: f"no update could be fetched: {OFF_WORDS} (off)" in self.daemon_said(),
              "the next update is refused with the right words")
        until(lambda: f"stopped: off: {OFF_WORDS}" in self.product_log.read_text(), "the product stops when its lease ends")
        self.hook_was_told("stop off - " + OFF_WORDS)
        self.ask_agent("check", ends_with=1)
        if "1.2.0" in self.version.read_text():
            raise Wrong("a licence that is off got an update")

    def it_is_turned_on_again(self):
        self.programme.say("licence", "on", self.licence)
        until(lambda: "work" in self.ask_agent_any("check-in"), "it works at the next check-in", 0.1)
        until(lambda: self.product_log.read_text().splitlines()[-1].startswith("working: ok"), "the product works again")
        self.the_agent_updates("1.2.0", self.wanted)

    def ask_agent_any(self, command):
        return subprocess.run([self.agent, command, "--config", "/dev/null", "--state", str(self.state)],
                              capture_output=True, text=True, env=self.programme.environment).stdout

    def the_agent_ends(self):
        self.daemon.terminate()
        if self.daemon.wait(timeout=PATIENCE_S) != 0 or "Sanitizer" in self.daemon_log.read_text():
            raise Wrong(f"the agent ended with {self.daemon.returncode}: {self.daemon_log.read_text()[-3000:]}")
        self.product.terminate()
        self.product.wait(timeout=PATIENCE_S)
        self.service.stop()

    def later(self, days, *words):
        environment = {**self.programme.environment, "LD_PRELOAD": self.later_clock, "SEATMETER_TEST_LATER":
                       str(days * 86400), "ASAN_OPTIONS": "verify_asan_link_order=0"}
        done = subprocess.run([self.programme.seatmeter, *words], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"{days} days later: seatmeter {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def the_month_is_billed(self):
        """It is off for good two days later; the month ends and is closed: for exactly the days that it was on."""
        month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
        self.later(2, "clock", "accept")  # the service ran a moment ago, by its heartbeat
        self.later(2, "licence", "off", self.licence)
        events = self.programme.say("export", "events")
        turns = re.findall(rf"{self.licence},{SKU},(on|off|seats)", events)
        if turns != ["on", "off", "on", "off"]:
            raise Wrong(f"the licence's events are {turns}")
        report = json.loads(self.later(40, "report", "show", "--provider", "CEDAR", "--month", month, "--json"))
        row = report["rows"][0]
        if int(row["used"]) != 1 or int(row["provisioned"]) != SEATS:
            raise Wrong(f"of {SEATS} seats one device was in use, the report says {row}")
        self.later(40, "clock", "accept")
        self.later(40, "report", "submit", "--provider", "CEDAR", "--month", month)
        self.later(40, "report", "approve", "--provider", "CEDAR", "--month", month)
        self.later(40, "month", "close", month)
        most = seats_by_day(events, self.licence, month)
        invoices = {(one["seller"]["code"], one["buyer"]["code"]): one["gross"]
                    for one in self.programme.ask("invoice", "list")["items"]}
        for edge, price in PRICES.items():
            quantity, cents = billed(most, price)
            if invoices[edge] != f"{cents // 100}.{cents % 100:02d}":
                raise Wrong(f"{edge}: {float(quantity)} units at {price} are {cents} cents, the invoice says {invoices[edge]}")
        checked = self.later(40, "check")  # by the clock that has closed the month
        if " 0 violations" not in checked:
            raise Wrong(f"seatmeter check: {checked}")
        return f"on for {sum(seats > 0 for seats in most)} days of {len(most)}, {SEATS} seats: {invoices}"

    def tell(self):
        for step in (self.at_the_vendor, self.at_the_provider, self.the_agent_activates, self.it_works,
                     self.it_is_turned_off, self.it_is_turned_on_again, self.the_agent_ends, self.the_month_is_billed):
            said = step()
            print(f"{self.programme.engine}: {step.__name__.replace('_', ' ')}{': ' + said if said else ''}", flush=True)

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def main():
    seatmeter, agent, protected, later = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:5])
    passed = failed = 0
    for engine in engines():
        with engine(seatmeter) as programme:
            story = Story(programme, agent, protected, later)
            try:
                story.tell()
                passed += 1
            except Wrong as wrong:
                failed += 1
                print(f"{programme.engine}: FAILED: {wrong}")
                if getattr(story, "daemon_log", None):
                    print(f"the agent said: {story.daemon_log.read_text()[-3000:]}")
            finally:
                story.end()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
