#!/usr/bin/env python3
"""seatmeter-agent against the real server: a vendor releases, a provider sells, a machine is activated, updated, turned
off and on again.

usage: door_test.py SEATMETER SEATMETER_AGENT TUF_CLIENT [unittest's own arguments]
On SQLite and, where SEATMETER_TEST_POSTGRESQL names a server, the programme's own tests hold both engines alike; here one is
enough."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

from programme import PATIENCE_S, Programme, wait_until

SEATMETER, AGENT, TUF_CLIENT = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(3))
HOOK = """#!/bin/sh
env | grep ^SEATMETER_ | sort | tr '\\n' '\\t' >>"$(dirname "$0")/hook.log"
echo >>"$(dirname "$0")/hook.log"
"""
PLATFORM = "linux-test"


class Door(Programme):
    SEATMETER, PLATFORM = SEATMETER, PLATFORM

    # The machine

    def agent(self, *words, state="state"):
        return subprocess.run([AGENT, *words, "--config", "/dev/null", "--state", str(self.folder / state)],
                              capture_output=True, text=True)

    def activate(self, key=None, state="state"):
        self.root = self.say("key", "root").split()
        self.root = next(word for word in self.root if re.fullmatch(r"[A-Za-z0-9_-]{43}", word))
        self.hook = self.write("hook", HOOK)
        self.hook.chmod(0o755)
        with urllib.request.urlopen(f"{self.url}/tuf/1.root.json") as answer:
            self.tuf_root = self.write("root.json", answer.read())
        return self.agent("activate", "--server", self.url, "--root", self.root, "--product", "EDR", "--key", key or self.key,
                          "--tuf-root", str(self.tuf_root), "--platform", PLATFORM, "--version", "1.0", "--hook",
                          str(self.hook), state=state)

    def told(self, event):
        log = self.folder / "hook.log"
        starts = [dict(fact.split("=", 1) for fact in line.split("\t") if "=" in fact)
                  for line in log.read_text().splitlines()] if log.exists() else []
        return [facts for facts in starts if facts["SEATMETER_EVENT"] == event]

    def status(self):
        return json.loads(self.agent("status", "--json").stdout)

    def test_a_machine_that_is_deployed_before_its_licence_is_on_works_once_it_is(self):
        done = self.activate()
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("(not-on-yet)", done.stderr)
        self.assertIn("(not-on-yet)", self.agent("check").stdout)
        self.say("licence", "on", self.key)
        wait_until(lambda: self.agent("check-in").returncode == 0, "the licence")
        self.assertEqual(self.agent("check").returncode, 0)

    def test_a_machine_that_changes_its_licence_gives_its_seat_back(self):
        self.say("licence", "on", self.key)
        self.assertEqual(self.activate().returncode, 0)
        other = self.another_licence()
        self.say("licence", "on", other)
        wait_until(lambda: self.activate(other).returncode == 0, "the other licence")
        self.assertEqual(self.agent("check").returncode, 0)
        devices = self.read("device", "list")
        self.assertEqual(sorted(device["state"] for device in devices), ["active", "released"])

    def test_of_machines_of_one_image_the_displaced_work_to_their_leases_end_and_the_provider_sees_it(self):
        self.say("licence", "on", self.key)
        machines = ["state", "twin", "triplet"]  # one identifier, as nobody ran sysprep
        wait_until(lambda: self.activate().returncode == 0, "the licence")
        ends = []
        for machine in machines[1:]:
            ends.append(json.loads(self.agent("status", "--json", state=machines[len(ends)]).stdout)["expires"])
            self.assertEqual(self.activate(state=machine).returncode, 0)
        self.assertEqual(self.read("device", "list", "--clones"), [])
        for machine, end in zip(machines, ends):
            self.assertEqual(self.agent("check-in", state=machine).returncode, 0, "it works on")
            status = json.loads(self.agent("status", "--json", state=machine).stdout)
            self.assertEqual((status["decision"], status["code"]), ("work", "replaced"))
            self.assertIn("Activate this one anew", status["words"])
            self.assertLessEqual(status["expires"], ends[-1])
            self.assertGreaterEqual(status["expires"], end)
        wait_until(lambda: self.read("device", "list", "--clones"), "the clone at the provider's")
        self.assertEqual(self.agent("check-in", state="triplet").returncode, 0)
        self.assertEqual(json.loads(self.agent("status", "--json", state="triplet").stdout)["code"], "ok")
        for machine in machines[:2]:
            wait_until(lambda: self.agent("check", state=machine).returncode == 1, "the lease's end")
            self.assertIn("(replaced)", self.agent("check", state=machine).stdout)
        self.assertEqual(self.activate(state="state").returncode, 0)  # as a device of its own
        self.assertEqual(len(self.read("device", "list")), 2)

    def test_a_lease_by_file_is_written_for_its_owner_alone(self):
        self.say("licence", "on", self.key)
        root = re.search(r"\b[A-Za-z0-9_-]{43}\b", self.say("key", "root")).group()
        request, lease = self.folder / "request.json", self.folder / "lease.json"
        done = self.agent("offline-request", str(request), "--server", self.url, "--root", root, "--product", "EDR", "--key",
                          self.key)
        self.assertEqual(done.returncode, 0, done.stderr)
        for place in (lease, self.folder / "lease.json.part"):  # what is there is not written through
            place.write_text("what was there")
            place.chmod(0o666)
        self.say("lease", "issue", str(request), "--output", str(lease))
        self.assertIn("check_in_key", lease.read_text())
        self.assertEqual(lease.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.agent("offline-accept", str(lease)).returncode, 0)

    def test_a_renamed_machine_is_renamed_at_its_provider(self):
        self.say("licence", "on", self.key)
        wait_until(lambda: self.activate().returncode == 0, "the licence")
        self.assertEqual(self.agent("check-in", "--name", "Büro-3").returncode, 0)
        wait_until(lambda: [device["name"] for device in self.read("device", "list")] == ["Büro-3"], "the name")

    def test_from_activation_to_off_and_on_again(self):
        self.say("licence", "on", self.key)
        done = self.activate()
        self.assertEqual(done.returncode, 0, done.stderr)
        status = self.status()
        self.assertEqual((status["sku"], sorted(status["components"]), status["seats"]),
                         ("EDR-1", ["firewall", "mail"], 2))
        self.assertEqual(self.agent("check-in").returncode, 0)
        self.assertIn("no newer", self.agent("update").stdout)
        daemon = subprocess.Popen([AGENT, "run", "--config", "/dev/null", "--state", str(self.folder / "state")],
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        self.assertIn("runs for", daemon.stderr.readline())
        content = os.urandom(300_000)
        self.publish("1.1", content)

        def ask():
            daemon.send_signal(signal.SIGHUP)
            return self.told("update-ready")

        wait_until(lambda: (ask(), time.sleep(1))[0], "the update")
        facts = self.told("update-ready")[0]
        self.assertEqual(facts["SEATMETER_UPDATE_VERSION"], "1.1")
        self.assertEqual(pathlib.Path(facts["SEATMETER_UPDATE_FILE"]).read_bytes(), content)

        self.publish("1.2", b"after it was turned off")
        self.say("licence", "off", self.key)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(PATIENCE_S), 0)

        def refused():
            done = self.agent("update")
            return done.returncode == 1 and "(off)" in done.stderr and "turned off" in done.stderr
        wait_until(refused, "the refusal")
        self.agent("check-in")
        wait_until(lambda: self.agent("check").returncode == 1, "the lease's end")
        self.assertEqual(self.status()["code"], "off")
        self.say("licence", "on", self.key)
        wait_until(lambda: self.agent("check-in").returncode == 0, "work again")
        self.assertEqual(self.agent("update").returncode, 0)
        self.assertEqual(self.agent("release").returncode, 0)
        self.assertEqual(self.agent("check").returncode, 1)

    def test_the_update_repository_is_followed_over_new_keys(self):
        client = self.folder / "client"
        client.mkdir()
        with urllib.request.urlopen(f"{self.url}/tuf/1.root.json") as answer:
            root = self.write("root.json", answer.read())

        def run(*words):
            done = subprocess.run([TUF_CLIENT, "--metadata-dir", str(client), "--metadata-url", f"{self.url}/tuf",
                                   *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

        def version(role):
            return json.loads((client / f"{role}.json").read_bytes())["signed"]["version"]
        run("init", str(root))
        run("refresh")
        for role in ("root", "timestamp", "snapshot", "targets"):
            before = version("root")
            self.say("release", "rotate-key", "--role", role)
            self.publish(f"2.{role}", role.encode())

            def follows():
                run("refresh")
                return version("root") > before
            wait_until(follows, f"the new key of {role}")
        targets = json.loads((client / "targets.json").read_bytes())["signed"]["targets"]
        wait_until(lambda: (run("refresh"), f"EDR/stable/{PLATFORM}/2.targets/edr.deb" in json.loads(
            (client / "targets.json").read_bytes())["signed"]["targets"])[1], "the last release")
        self.assertIn(f"EDR/stable/{PLATFORM}/1.0/edr.deb", targets)


if __name__ == "__main__":
    unittest.main()
