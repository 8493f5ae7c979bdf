#!/usr/bin/env python3
"""seatmeter-agent as a machine's owner meets it: the real program against a device door of an independent
implementation, which answers late, wrongly or not at all.

usage: agent_test.py SEATMETER_AGENT [unittest's own arguments]"""
import errno
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import fake_door
import tuf_repository

AGENT = str(pathlib.Path(sys.argv.pop(1)).resolve())
# What takes longer hangs: no machine is so slow or so busy. An exchange that is silent the agent gives up after 30 s.
PATIENCE_S, WITHIN_AN_EXCHANGE_S = 900, 25
HOOK = """#!/bin/sh
env | grep ^SEATMETER_ | sort | tr '\\n' '\\t' >>"$(dirname "$0")/hook.log"
echo >>"$(dirname "$0")/hook.log"
"""


def wait_until(condition, what):
    """Asks again and again until it holds."""
    end = time.monotonic() + PATIENCE_S
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.02)


def fill(path):
    """Writes until the disk is full."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, bytes(4096)) > 0:
            pass
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
    finally:
        os.close(descriptor)


class Agent(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="seatmeter-agent.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.repository = tuf_repository.Repository()
        self.door = fake_door.Door(self.repository)
        self.addCleanup(self.door.close)
        self.addCleanup(self.door.go_on.set)
        self.state = self.folder / "state"
        self.root_file = self.folder / "root.json"
        self.root_file.write_bytes(self.repository.files["1.root.json"])
        self.version_file = self.folder / "VERSION"
        self.version_file.write_text("1.0\n")
        self.config = self.folder / "agent.conf"
        self.config.write_text("# nothing yet\n")
        self.daemons = []
        self.addCleanup(self.end_daemons)

    def end_daemons(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait()
            daemon.stderr.close()

    # Helpers

    def words(self, *words, state=None):
        return [AGENT, *words, "--config", str(self.config), "--state", str(state or self.state)]

    def say(self, *words, state=None, given=None):
        return subprocess.run(self.words(*words, state=state), capture_output=True, text=True, input=given)

    def activate(self, *words, state=None):
        return self.say("activate", "--server", self.door.url, "--root", self.door.root.x, "--product", "EDR",
                        "--key", self.door.licence_key, "--version-file", str(self.version_file), *words, state=state)

    def activated(self, *words, state=None):
        done = self.activate(*words, state=state)
        self.assertEqual(done.returncode, 0, done.stderr)

    def start(self, *words):
        daemon = subprocess.Popen(self.words("run", *words), stderr=subprocess.PIPE, text=True)
        self.daemons.append(daemon)
        while "runs for" not in (line := daemon.stderr.readline()):  # from then on it answers signals
            self.assertNotEqual(line, "", "it ended")
        return daemon

    def stop(self, daemon):
        begun = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(PATIENCE_S), 0)
        return time.monotonic() - begun

    def status(self, state=None):
        done = self.say("status", "--json", state=state)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def hook(self, text=HOOK):
        path = self.folder / "hook"
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def told(self, event=None):
        """What the hook was told: a dictionary for each start."""
        log = self.folder / "hook.log"
        if not log.exists():
            return []
        starts = [dict(fact.split("=", 1) for fact in line.split("\t") if "=" in fact)
                  for line in log.read_text().splitlines()]
        return [facts for facts in starts if event in (None, facts.get("SEATMETER_EVENT"))]

    def release(self, version, content, product="EDR", name="edr.deb"):
        self.repository.add(f"{product}/stable/linux-test/{version}/{name}", content)
        self.repository.publish("targets", "snapshot", "timestamp")

    # Activation

    def test_an_activation_keeps_what_later_commands_need(self):
        self.activated("--components", "firewall,mail", "--name", "PC-17")
        device = self.door.devices["dev_0000000000001"]
        self.assertEqual((device.name, device.version, device.reported), ("PC-17", "1.0", ["firewall", "mail"]))
        self.assertEqual(self.say("check").returncode, 0)
        status = self.status()
        self.assertEqual((status["decision"], status["code"], status["sku"], status["components"]),
                         ("work", "ok", "EDR-1", ["firewall", "mail"]))
        self.assertNotIn(self.door.licence_key, "".join(path.read_text(errors="replace")
                                                        for path in self.state.iterdir() if path.is_file()))

    def test_the_licence_key_may_come_from_a_file_or_from_standard_input(self):
        key_file = self.folder / "key"
        key_file.write_text(self.door.licence_key + "\n")
        common = ["--server", self.door.url, "--root", self.door.root.x, "--product", "EDR"]
        self.assertEqual(self.say("activate", *common, "--key-file", str(key_file)).returncode, 0)
        self.assertEqual(self.say("activate", *common, "--key", "-", given=self.door.licence_key + "\n",
                                  state=self.folder / "other").returncode, 0)

    def test_a_text_may_begin_with_a_byte_order_mark(self):
        mark = b"\xef\xbb\xbf"
        self.config.write_bytes(mark + f"server = {self.door.url}\r\nroot = {self.door.root.x}\r\n".encode())
        key_file = self.folder / "key"
        key_file.write_bytes(mark + self.door.licence_key.encode() + b"\r\n")
        self.version_file.write_bytes(mark + b"1.7\r\n")
        done = self.say("activate", "--product", "EDR", "--key-file", str(key_file), "--version-file",
                        str(self.version_file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.door.devices["dev_0000000000001"].version, "1.7")

    def test_a_setting_that_cannot_be_is_named(self):
        root = self.door.root.x
        for option, value in (("--root", root[:42]), ("--root", root[:-1] + "!"), ("--root", f"{root},{root[1:]}"),
                              ("--root", ",".join([root] * 5)), ("--root", ","), ("--product", "P" * 129),
                              ("--components", "c" * 51), ("--components", ",".join(["c"] * 33))):
            with self.subTest(option=option, value=value):
                done = self.activate(option, value)
                self.assertEqual(done.returncode, 2)
                self.assertIn(option, done.stderr)
        self.assertEqual(self.door.requests, [])

    def test_of_several_roots_any_may_have_signed(self):
        others = [fake_door.SigningKey().x for _ in range(3)]
        self.activated("--root", ",".join(others + [self.door.root.x]))
        self.assertEqual(self.say("check").returncode, 0)

    def test_a_long_name_is_cut_between_two_characters(self):
        self.activated("--name", "é" * 51 + "x")
        self.activated("--name", "x" + "é" * 51, state=self.folder / "other")
        self.assertEqual({device.name for device in self.door.devices.values()}, {"x" + "é" * 49})

    def test_a_copied_state_says_what_to_do(self):
        self.activated()
        store = self.state / "store" / "seatmeter.store"
        self.assertTrue(store.exists())
        done = self.say("status", "--product", "MAIL")  # what the lease is of is another machine's
        self.assertIn("lease-of-another", done.stdout)
        self.assertIn("Activate this one with the licence key", done.stdout)

    def test_a_refused_activation_says_why_in_words(self):
        self.door.licence_key = "another"
        done = self.say("activate", "--server", self.door.url, "--root", self.door.root.x, "--product", "EDR", "--key",
                        "00000-00000-00000-00000-00000")
        self.assertEqual((done.returncode, "(unknown-key)" in done.stderr), (1, True))
        self.door.code = "retired"
        self.door.licence_key = "00000-00000-00000-00000-00000"
        done = self.activate()
        self.assertEqual((done.returncode, "(retired)" in done.stderr), (1, True))

    def test_an_activation_that_came_too_early_waits_and_becomes_a_licence_by_itself(self):
        for number, code in enumerate(("not-on-yet", "off", "suspended-by-provider", "no-seat-left")):
            with self.subTest(code):
                self.door.code = code
                self.state = self.folder / code
                done = self.activate("--hook", self.hook(), "--name", code)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(f"({code})", done.stderr)
                self.assertIn("waits", done.stderr)
                checked = self.say("check")
                self.assertEqual((checked.returncode, f"({code})" in checked.stdout), (1, True), checked.stdout)
                asked = self.door.count("/v1/activate")
                daemon = self.start()
                wait_until(lambda: self.door.count("/v1/activate") > asked, "the daemon's question")
                wait_until(lambda: self.told("decision-changed") and
                           self.told("decision-changed")[-1]["SEATMETER_CODE"] == code, "why it stops told")
                self.door.code = "ok"
                daemon.send_signal(signal.SIGUSR1)
                wait_until(lambda: self.told("decision-changed")[-1]["SEATMETER_DECISION"] == "work", "work told")
                self.stop(daemon)
                self.assertEqual(self.say("check").returncode, 0)
                self.assertNotIn(self.door.licence_key,
                                 "".join(path.read_text(errors="replace") for path in
                                         self.state.rglob("*") if path.is_file()))
                self.assertEqual(len(self.door.devices), 1)

    def test_a_machine_that_changes_its_key_gives_its_seat_back(self):
        self.activated()
        self.door.licence_key = "00000-00000-00000-00000-01EXA"
        before = self.door.devices["dev_0000000000001"]
        before.fingerprint = "under the licence of that key"
        self.activated()
        self.assertEqual(before.code, "released")
        self.assertEqual(self.say("check").returncode, 0)
        self.assertEqual(self.say("check-in").returncode, 0)

    def test_an_activation_whose_answer_was_lost_takes_one_seat(self):
        self.door.mishaps = ["lost", ("busy", 1)]
        self.activated()
        self.assertEqual(len(self.door.devices), 1)
        self.assertEqual(self.door.count("/v1/activate"), 3)

    def test_an_activation_at_a_silent_server_says_that_it_waits_and_ends(self):
        self.door.mishaps = ["held"]
        begun = time.monotonic()
        done = self.activate()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"waits for {self.door.url}", done.stderr)
        self.assertIn("no answer came within half a minute (unreachable)", done.stderr)
        self.assertGreater(time.monotonic() - begun, 25)
        self.assertEqual(self.door.count("/v1/activate"), 1)

    def test_an_activation_that_is_tried_again_says_so(self):
        self.door.mishaps = ["lost", ("busy", 1)]
        done = self.activate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"(?s)asked for again.*\(unreachable\).*asked for again.*\(busy\)")

    def test_a_licence_key_goes_to_no_server_without_tls(self):
        port = self.door.url.rsplit(":", 1)[1]  # the door listens at 127.0.0.1, which each of these must not reach
        for server in ("http://licences.example", "http://127.0.0.1.example", "http://localhost.example",
                       "http://127.0.0.2:80", f"http://127.0.0.1:80@127.0.0.1:{port}", f"http://localhost@127.0.0.1:{port}",
                       f"http://name:word@127.0.0.1:{port}", f"http://@127.0.0.1:{port}", "http://127.0.0.1\\@licences.example",
                       "https://licences.example@127.0.0.2", "ftp://127.0.0.1", "127.0.0.1", "http://", "http:///127.0.0.1",
                       "http://[::1].example"):
            with self.subTest(server):
                done = self.activate("--server", server)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("https://", done.stderr)
        self.assertEqual(self.door.requests, [])
        self.activated("--server", self.door.url.replace("http://127.0.0.1", "HTTP://localhost"))

    def test_an_activation_at_a_server_of_another_root_is_none(self):
        self.door.root = fake_door.SigningKey()
        pinned = fake_door.SigningKey().x
        done = self.say("activate", "--server", self.door.url, "--root", pinned, "--product", "EDR", "--key",
                        self.door.licence_key)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertNotEqual(self.say("check", "--server", self.door.url, "--root", pinned, "--product",
                                     "EDR").returncode, 0)

    def test_what_nobody_knows_in_the_configuration_is_refused(self):
        self.activated()
        for line in ("colour = blue", "key = 00000", "no equals sign", "hook-limit = soon"):
            with self.subTest(line):
                self.config.write_text(f"# a comment\n{line}\n")
                done = self.say("status")
                self.assertEqual(done.returncode, 2)
                self.assertIn("line 2", done.stderr)
        self.assertEqual(self.say("stauts").returncode, 2)
        self.assertEqual(self.say("status", "--sever", "x").returncode, 2)

    def test_an_option_goes_before_the_configuration_and_that_before_the_activation(self):
        self.activated("--name", "first")
        self.config.write_text("product = OTHER\n")
        self.assertEqual(self.status()["product"], "OTHER")
        self.assertEqual(json.loads(self.say("status", "--json", "--product=EDR").stdout)["product"], "EDR")

    def given_to_another_user(self):
        """The state as a service's user has it: root's commands become that user."""
        if os.geteuid() != 0:
            self.skipTest("only root becomes another user")
        self.activated()
        for path in [self.state, *self.state.rglob("*")]:
            os.chown(path, 65534, 65534)

    def test_root_reads_what_is_kept_as_the_states_owner(self):
        self.given_to_another_user()
        secret = self.folder / "roots-alone"
        secret.write_text("what nobody else may read\n")
        secret.chmod(0o600)
        kept = self.state / "settings"
        for lead in (os.link, os.symlink):  # a file of root's that the owner has led there
            kept.unlink()
            lead(secret, kept)
            for command in ("check", "status", "run", "release"):
                with self.subTest(command=command, lead=lead.__name__):
                    done = self.say(command)
                    self.assertEqual(done.returncode, 2)
                    self.assertIn("settings cannot be read", done.stderr)
                    self.assertNotIn("line 1", done.stderr)
                    self.assertNotIn("nobody", done.stdout + done.stderr)

    def test_a_pipe_that_the_states_owner_put_there_hangs_no_command(self):
        self.given_to_another_user()
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        kept = (self.state / "settings").read_text()
        os.chown(self.folder, 65534, 65534)
        (self.state / "settings").write_text(kept + f"version-file = {pipe}\ntuf-root = {pipe}\n")
        self.assertEqual(self.say("check").returncode, 0)
        (self.state / "settings").write_text(kept + f"ca-file = {pipe}\n")
        self.assertEqual(self.say("check-in").returncode, 2)
        (self.state / "settings").write_text(kept)
        for name in ("told", "lock", "store/seatmeter.lock", "store/seatmeter.store"):
            with self.subTest(name):
                (self.state / name).unlink(missing_ok=True)
                os.mkfifo(self.state / name)
                subprocess.run(self.words("check-in"), capture_output=True, timeout=PATIENCE_S)
                (self.state / name).unlink()
        (self.state / "settings").unlink()
        os.mkfifo(self.state / "settings")
        done = self.say("check")
        self.assertEqual((done.returncode, "no plain file" in done.stderr), (2, True), done.stderr)

    def test_a_command_that_lacks_settings_makes_no_directory(self):
        self.assertEqual(self.say("check").returncode, 2)
        self.assertFalse(self.state.exists())

    # Networks and identities that are not the system's

    def test_a_certificate_of_ones_own_authority_is_trusted_where_it_is_named(self):
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=door", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.door.speak_tls(certificate, key)
        done = self.activate()
        self.assertEqual((done.returncode, "certificate" in done.stderr.lower()), (1, True), done.stderr)
        self.assertEqual(self.door.connections, 1, "what cannot succeed is not tried again")
        done = self.activate("--ca-file", str(self.folder / "nothing.pem"))
        self.assertEqual((done.returncode, self.door.connections <= 2), (1, True), done.stderr)
        self.activated("--ca-file", str(certificate))
        self.assertEqual(self.say("check-in").returncode, 0, "it was kept")
        self.config.write_text(f"ca-file = {certificate}\nserver = {self.door.url}\nroot = {self.door.root.x}\n"
                               "product = EDR\n")
        self.assertEqual(self.say("activate", "--key", self.door.licence_key, state=self.folder / "other").returncode, 0)

    def test_a_proxy_goes_before_the_environments(self):
        nowhere = "http://127.0.0.1:9"  # where nobody listens
        self.door.prefix = "http://localhost:1"
        done = self.say("activate", "--server", "http://localhost:1", "--proxy", self.door.url, "--root",
                        self.door.root.x, "--product", "EDR", "--key", self.door.licence_key)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.say("check-in").returncode, 0, "it was kept")
        self.door.prefix = ""
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        for proxy, status in (("none", 0), (nowhere, 1)):
            done = subprocess.run(self.words("check-in", "--server", self.door.url, "--proxy", proxy),
                                  capture_output=True, text=True, env=environment | {"http_proxy": nowhere})
            self.assertEqual(done.returncode, status, done.stderr)

    def test_a_container_that_is_given_its_identity_takes_one_seat_however_often_it_starts(self):
        for start in range(3):
            self.activated("--machine-id", "pod-0.edr", state=self.folder / f"start{start}")
        self.assertEqual(len(self.door.devices), 1)
        self.activated("--machine-id", "pod-1.edr", state=self.folder / "pod1")
        self.assertEqual(len(self.door.devices), 2)
        self.assertEqual(self.say("check-in", state=self.folder / "pod1").returncode, 0, "it was kept")
        done = self.say("check", "--machine-id", "pod-2.edr", state=self.folder / "pod1")
        self.assertEqual((done.returncode, "(lease-of-another)" in done.stdout), (1, True))

    def test_a_renamed_machine_tells_its_new_name_once(self):
        self.activated("--name", "PC-17")
        self.assertEqual(self.say("check-in").returncode, 0)
        self.assertNotIn(b'"name"', self.door.requests[-1]["body"], "it was heard")
        self.assertEqual(self.say("check-in", "--name", 'PC-18 "new"').returncode, 0)
        self.assertEqual(self.door.devices["dev_0000000000001"].name, 'PC-18 "new"')
        self.door.mishaps = ["down"]
        self.assertEqual(self.say("check-in", "--name", "PC-19").returncode, 1)
        self.assertEqual(self.say("check-in", "--name", "PC-19").returncode, 0)
        self.assertEqual(self.door.devices["dev_0000000000001"].name, "PC-19")
        self.assertEqual(self.say("check-in", "--name", "PC-19").returncode, 0)
        self.assertNotIn(b'"name"', self.door.requests[-1]["body"])

    def test_the_hosts_name_is_not_kept_so_that_it_can_change(self):
        self.activated()
        self.assertNotIn("name =", (self.state / "settings").read_text())
        self.activated("--name", "PC-17")
        self.assertIn("name = PC-17", (self.state / "settings").read_text())

    # The daemon

    def test_the_lease_is_renewed_when_it_is_due_and_the_hook_is_told(self):
        self.door.renew = 1
        self.activated("--hook", self.hook())
        daemon = self.start()
        wait_until(lambda: len(self.told("lease-changed")) >= 3, "leases told")
        self.stop(daemon)
        facts = self.told("lease-changed")[-1]
        self.assertEqual((facts["SEATMETER_DECISION"], facts["SEATMETER_SKU"], facts["SEATMETER_SEATS"],
                          facts["SEATMETER_COMPONENTS"]), ("work", "EDR-1", "10", "firewall,mail"))
        self.assertEqual([facts["SEATMETER_CODE"] for facts in self.told("decision-changed")], ["ok"])

    def test_a_restart_tells_nothing_twice(self):
        self.activated("--hook", self.hook())
        for _ in range(2):
            daemon = self.start()
            wait_until(lambda: self.told("lease-changed"), "the lease told")
            self.stop(daemon)
        self.assertEqual(len(self.told()), 2)

    def test_lost_garbled_and_forged_answers_stop_nothing(self):
        self.door.renew = 1
        self.activated()
        self.door.mishaps = ["lost", "garbage", "forged", "down"]
        daemon = self.start()
        while self.door.mishaps:  # after each it would wait longer by itself
            left = len(self.door.mishaps)
            daemon.send_signal(signal.SIGUSR1)
            wait_until(lambda: len(self.door.mishaps) < left, "the next mishap")
        answered = self.door.count("/v1/check-in")
        daemon.send_signal(signal.SIGUSR1)
        wait_until(lambda: self.door.count("/v1/check-in") > answered, "a check-in after them")
        self.stop(daemon)
        status = self.status()
        self.assertEqual((status["decision"], status["code"]), ("work", "ok"))
        self.assertIsNone(self.door.devices["dev_0000000000001"].code)

    def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(self):
        self.door.renew, self.door.ttl = 1, 100  # by itself it would wait six seconds at most
        self.activated()
        self.door.mishaps = [("busy", 7)]
        daemon = self.start()
        wait_until(lambda: self.door.count("/v1/check-in") >= 2, "two check-ins")
        self.stop(daemon)
        first, second = [request["at"] for request in self.door.requests if request["path"] == "/v1/check-in"][:2]
        self.assertGreaterEqual(second - first, 7)

    def test_off_stops_at_the_leases_end_and_on_again_works_at_the_next_check_in(self):
        self.door.renew, self.door.ttl = 1, 4
        self.activated("--hook", self.hook())
        daemon = self.start()
        wait_until(lambda: self.told("decision-changed"), "work told")
        self.door.code = "off"
        wait_until(lambda: self.told("decision-changed")[-1]["SEATMETER_DECISION"] == "stop", "stop told")
        facts = self.told("decision-changed")[-1]
        self.assertEqual((facts["SEATMETER_CODE"], facts["SEATMETER_WORDS"]), ("off", fake_door.WORDS["off"]))
        checked = self.say("check")
        self.assertEqual((checked.returncode, "(off)" in checked.stdout), (1, True))
        self.door.code, self.door.ttl = "ok", 86400
        wait_until(lambda: self.told("decision-changed")[-1]["SEATMETER_DECISION"] == "work", "work told again")
        self.stop(daemon)
        self.assertEqual(self.say("check").returncode, 0)

    def test_of_two_copies_of_a_machine_the_second_is_told_that_it_is_a_clone(self):
        self.activated()
        copy = self.folder / "copy"
        shutil.copytree(self.state, copy)
        self.assertEqual(self.say("check-in").returncode, 0)
        done = self.say("check-in", state=copy)
        self.assertIn("(clone-seen)", done.stdout + done.stderr)
        self.assertEqual(self.say("check-in").returncode, 0)

    def test_a_new_lease_key_is_followed(self):
        self.activated()
        self.door.rotate_lease_key()
        self.assertEqual(self.say("check-in").returncode, 0)
        self.assertEqual(self.status()["decision"], "work")

    def test_a_signal_has_it_check_in_now(self):
        self.activated("--hook", self.hook())
        daemon = self.start()
        wait_until(lambda: self.told("lease-changed"), "the first lease told")
        for number, which in enumerate((signal.SIGHUP, signal.SIGUSR1), 1):
            daemon.send_signal(which)
            wait_until(lambda: self.door.count("/v1/check-in") >= number, "a check-in")
        self.stop(daemon)

    def test_it_stops_at_once_in_the_middle_of_an_exchange(self):
        self.door.renew = 1
        self.activated()
        self.door.mishaps = ["held"]
        daemon = self.start()
        wait_until(lambda: not self.door.mishaps, "the exchange that is held")
        self.assertLess(self.stop(daemon), WITHIN_AN_EXCHANGE_S)

    def test_it_stops_at_once_in_the_middle_of_a_hook_and_tells_it_again_later(self):
        begun = self.folder / "begun"
        self.activated("--hook", self.hook(f"#!/bin/sh\ntouch {begun}\nexec sleep 86400\n"))
        daemon = self.start("--hook-limit", "1d")
        wait_until(begun.exists, "the hook")
        self.stop(daemon)
        self.hook()
        self.stop_after_telling(self.start())

    def stop_after_telling(self, daemon):
        wait_until(lambda: self.told("decision-changed") and self.told("lease-changed"), "both told")
        self.stop(daemon)

    def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(self):
        child = self.folder / "child"
        self.activated("--hook", self.hook(f"#!/bin/sh\nsleep 300 &\necho $! >{child}.new\nmv {child}.new {child}\nwait\n"))
        daemon = self.start("--hook-limit", "1s")
        number = int(wait_until(lambda: child.exists() and child.read_text(), "the hook's child"))

        def is_gone():
            try:
                return pathlib.Path(f"/proc/{number}/stat").read_text().split()[2] == "Z"
            except FileNotFoundError:
                return True
        wait_until(is_gone, "the child's end")
        self.stop(daemon)

    def test_a_hook_is_given_facts_and_no_shell(self):
        self.door.components = ["$(touch broken)", "`id`", "a;b"]
        self.activated("--hook", self.hook())
        daemon = self.start()
        self.stop_after_telling(daemon)
        self.assertEqual(self.told("lease-changed")[0]["SEATMETER_COMPONENTS"], "$(touch broken),`id`,a;b")
        self.assertFalse(list(self.folder.rglob("broken")))

    def test_one_process_at_a_time_runs_in_a_state_directory(self):
        self.activated("--tuf-root", str(self.root_file), "--platform", "linux-test", "--hook", self.hook())
        daemon = self.start()
        wait_until(lambda: self.told(), "the first one told")
        done = self.say("run")
        self.assertEqual(done.returncode, 2)
        self.assertIn(str(daemon.pid), done.stderr)
        asked = self.door.count("/v1/check-in")
        self.assertEqual(self.say("update").returncode, 0)
        wait_until(lambda: self.door.count("/v1/check-in") > asked, "the daemon's look")
        self.stop(daemon)

    def test_it_waits_for_an_activation_that_comes_later(self):
        self.config.write_text(f"server = {self.door.url}\nroot = {self.door.root.x}\nproduct = EDR\n"
                               f"hook = {self.hook()}\n")
        daemon = self.start()
        wait_until(lambda: self.told("decision-changed"), "stop told")
        self.assertEqual(self.told()[0]["SEATMETER_CODE"], "not-activated")
        self.activated()
        wait_until(lambda: self.told("decision-changed")[-1]["SEATMETER_DECISION"] == "work", "work told")
        self.stop(daemon)

    # Updates

    def with_updates(self, *words):
        self.activated("--tuf-root", str(self.root_file), "--platform", "linux-test", *words)

    def test_a_newer_version_is_fetched_verified_and_told(self):
        self.release("1.0", b"old")
        self.release("1.9", b"newer")
        self.release("1.10-beta.1", b"before the newest")
        self.release("1.10", b"newest" * 1000)
        self.release("2.0", b"another product's", product="MAIL")
        self.with_updates("--hook", self.hook())
        daemon = self.start()
        daemon.send_signal(signal.SIGHUP)
        facts = wait_until(lambda: self.told("update-ready"), "the update told")[0]
        self.assertEqual(facts["SEATMETER_UPDATE_VERSION"], "1.10")
        self.assertEqual(pathlib.Path(facts["SEATMETER_UPDATE_FILE"]).read_bytes(), b"newest" * 1000)
        self.assertEqual(facts["SEATMETER_INSTALLED_VERSION"], "1.0")
        self.version_file.write_text("1.10\n")
        daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: not self.status()["update"], "nothing newer")
        wait_until(lambda: self.door.devices["dev_0000000000001"].version == "1.10", "the version reported")
        self.assertEqual(list((self.state / "updates").iterdir()), [])
        self.stop(daemon)
        self.assertEqual(len(self.told("update-ready")), 1)

    def test_a_hook_that_fails_is_told_of_the_update_again(self):
        self.release("1.1", b"newer")
        self.with_updates("--hook", self.hook("#!/bin/sh\nexit 1\n"))
        self.assertEqual(self.say("update").returncode, 1)
        self.hook()
        self.assertEqual(self.say("update").returncode, 0)
        self.assertEqual(len(self.told("update-ready")), 1)
        self.assertEqual(self.door.count("/tuf/targets/"), 1)

    def test_an_update_is_refused_at_once_when_the_licence_is_off(self):
        self.release("1.1", b"newer")
        self.with_updates()
        self.door.code = "off"
        done = self.say("update")
        self.assertEqual(done.returncode, 1)
        self.assertIn(fake_door.WORDS["off"], done.stderr)
        self.assertIn("(off)", done.stderr)
        self.assertEqual(self.say("check").returncode, 0, "the lease still runs")

    def test_an_update_of_another_content_is_not_taken(self):
        self.release("1.1", b"what was released")
        self.with_updates()
        self.repository.contents["EDR/stable/linux-test/1.1/edr.deb"] = b"what was slipped in"
        for content in (b"what was slippd in", b"what was released and more", b"what was replaced"):
            self.repository.contents["EDR/stable/linux-test/1.1/edr.deb"] = content
            done = self.say("update")
            self.assertEqual(done.returncode, 1)
            self.assertIn("(update-untrusted)", done.stderr)
            self.assertEqual([path for path in self.state.glob("updates/*/*")], [])

    def test_a_repository_of_another_root_is_not_believed(self):
        self.release("1.1", b"newer")
        self.with_updates()
        self.door.repository = tuf_repository.Repository()
        self.door.repository.add("EDR/stable/linux-test/9.9/edr.deb", b"evil")
        self.door.repository.publish("root", "targets", "snapshot", "timestamp")
        done = self.say("update")
        self.assertEqual(done.returncode, 1)
        self.assertIn("(update-untrusted)", done.stderr)

    def test_the_root_of_trust_may_be_named_by_its_hash(self):
        self.release("1.1", b"newer")
        digest = fake_door.hashlib.sha256(self.root_file.read_bytes()).hexdigest()
        self.activated("--tuf-root-sha256", digest, "--platform", "linux-test")
        self.assertEqual(self.say("update").returncode, 0)
        done = self.activate("--tuf-root-sha256", "0" * 64, state=self.folder / "other")
        self.assertEqual(done.returncode, 2)
        self.assertIn("hash", done.stderr)

    def test_a_download_that_was_killed_goes_on_where_it_was(self):
        content = os.urandom(3_000_000)
        self.release("1.1", content)
        self.with_updates("--hook", self.hook())
        self.door.stall_after = 1_000_000
        daemon = self.start()
        daemon.send_signal(signal.SIGHUP)
        part = self.state / "updates/1.1/edr.deb.part"
        wait_until(lambda: part.exists() and part.stat().st_size >= 900_000, "a part")
        daemon.kill()
        daemon.wait()
        self.assertEqual([path.name for path in part.parent.iterdir()], ["edr.deb.part"])
        self.door.stall_after = None
        self.door.go_on.set()
        daemon = self.start()
        daemon.send_signal(signal.SIGHUP)
        facts = wait_until(lambda: self.told("update-ready"), "the update told")[0]
        self.assertEqual(pathlib.Path(facts["SEATMETER_UPDATE_FILE"]).read_bytes(), content)
        ranges = [request["range"] for request in self.door.requests if request["path"].startswith("/tuf/targets/")]
        self.assertIsNone(ranges[0])
        self.assertGreaterEqual(int(ranges[-1].removeprefix("bytes=").removesuffix("-")), 900_000)
        self.stop(daemon)

    def test_a_part_that_power_loss_garbled_is_fetched_anew(self):
        content = os.urandom(500_000)
        self.release("1.1", content)
        self.with_updates()
        folder = self.state / "updates/1.1"
        folder.mkdir(parents=True)
        (folder / "edr.deb.part").write_bytes(bytes(200_000))
        done = self.say("update")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(pathlib.Path(done.stdout.strip()).read_bytes(), content)
        self.assertEqual(self.door.count("/tuf/targets/"), 2)

    def test_a_long_download_gives_way_to_a_check_in_that_is_due(self):
        content = os.urandom(2_000_000)
        self.release("1.1", content)
        self.door.renew = 6
        self.with_updates("--hook", self.hook())
        self.door.stall_after = 1_000_000
        daemon = self.start()
        daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: self.door.count("/tuf/targets/") >= 1, "a download")
        asked = self.door.count("/v1/check-in")
        wait_until(lambda: self.door.count("/v1/check-in") > asked, "a check-in in its middle")
        self.door.stall_after = None
        self.door.go_on.set()
        facts = wait_until(lambda: self.told("update-ready"), "the update told")[0]
        self.assertEqual(pathlib.Path(facts["SEATMETER_UPDATE_FILE"]).read_bytes(), content)
        self.stop(daemon)

    def on_a_small_disk(self, size):
        """A file system of its own for the state; only root may make one."""
        place = self.folder / "small"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)],
                          capture_output=True).returncode != 0:
            self.skipTest("file systems cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=True)
        self.state = place / "state"
        return place

    def files_of_updates(self):
        return [path for path in self.state.glob("updates/*/*")]

    def test_an_update_that_does_not_fit_is_refused_before_its_first_byte_and_costs_no_lease(self):
        place = self.on_a_small_disk("3m")
        self.release("1.1", os.urandom(4_000_000))
        self.door.renew = 1
        self.with_updates()
        done = self.say("update")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"[0-9]\.[0-9] MB are missing on the disk of {place}.*needs 4\.0 MB.*\(disk-full\)")
        self.assertEqual(self.door.count("/tuf/targets/"), 0)
        daemon = self.start()
        daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: "(disk-full)" in daemon.stderr.readline(), "the daemon's refusal")
        asked = self.door.count("/v1/check-in")
        wait_until(lambda: self.door.count("/v1/check-in") >= asked + 2, "check-ins after it")
        self.stop(daemon)
        self.assertEqual(self.files_of_updates(), [])
        self.assertEqual(self.say("check").returncode, 0)

    def test_a_disk_that_others_fill_meanwhile_ends_the_download_and_removes_its_part(self):
        place = self.on_a_small_disk("12m")
        self.release("1.1", os.urandom(6_000_000))
        self.with_updates()
        self.door.stall_after = 1_000_000
        update = subprocess.Popen(self.words("update"), stderr=subprocess.PIPE, text=True)
        wait_until(lambda: any(path.stat().st_size > 500_000 for path in self.files_of_updates()), "a part")
        fill(place / "others")
        self.door.stall_after = None
        self.door.go_on.set()
        words = update.communicate()[1]
        self.assertEqual((update.returncode, "(disk-full)" in words), (1, True), words)
        self.assertIn(str(place), words)
        self.assertEqual(self.files_of_updates(), [])
        self.assertEqual(self.say("check-in").returncode, 0)
        (place / "others").unlink()
        self.assertEqual(self.say("update").returncode, 0)

    def test_an_activation_on_a_full_disk_says_so_and_succeeds_once_there_is_room(self):
        place = self.on_a_small_disk("1m")
        self.state.mkdir()
        fill(place / "others")
        done = self.activate()
        self.assertEqual((done.returncode, "(disk-full)" in done.stderr), (1, True), done.stderr)
        self.assertEqual(self.door.devices, {})
        (place / "others").unlink()
        self.activated()

    def test_what_is_superseded_gives_its_room_to_the_newest(self):
        self.on_a_small_disk("9m")
        self.release("1.1", os.urandom(4_000_000))
        self.with_updates()
        self.assertEqual(self.say("update").returncode, 0)
        self.release("1.2", os.urandom(4_000_000))
        done = self.say("update")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([path.parent.name for path in self.files_of_updates()], ["1.2"])

    def test_a_part_that_fills_the_disk_gives_way_to_the_lease(self):
        place = self.on_a_small_disk("3m")
        self.door.renew = 1
        self.with_updates()
        folder = self.state / "updates" / "1.1"  # as an earlier version of the agent may have left it
        folder.mkdir(parents=True)
        fill(folder / "edr.deb.part")
        for path in (self.state / "store").glob("*.old"):
            path.unlink()
        fill(place / "others")
        daemon = self.start()
        asked = self.door.count("/v1/check-in")
        wait_until(lambda: self.door.count("/v1/check-in") >= asked + 3, "check-ins")
        self.stop(daemon)
        self.assertEqual(self.files_of_updates(), [])
        self.assertEqual(self.say("check").returncode, 0)

    # Off-line, and the end

    def test_a_machine_without_network_takes_its_lease_from_a_file(self):
        common = ["--server", "https://nowhere.example", "--root", self.door.root.x, "--product", "EDR"]
        request, answer = self.folder / "request", self.folder / "answer"
        done = self.say("offline-request", str(request), "--key", self.door.licence_key, *common)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(request.stat().st_mode & 0o777, 0o600)
        answer.write_bytes(self.door.offline(request.read_bytes()))
        done = self.say("offline-accept", str(answer))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.say("check").returncode, 0)
        answer.write_bytes(answer.read_bytes()[:-20] + b"}")
        self.assertEqual(self.say("offline-accept", str(answer)).returncode, 1)
        self.assertEqual(self.say("check").returncode, 0)

    def test_a_request_is_for_its_owner_alone_whatever_was_in_its_place(self):
        common = ["--server", self.door.url, "--root", self.door.root.x, "--product", "EDR", "--key", self.door.licence_key]
        request, link, target = self.folder / "request", self.folder / "link", self.folder / "target"
        request.write_text("what was there")
        request.chmod(0o666)
        target.write_text("what was there")
        target.chmod(0o666)
        link.symlink_to(target)
        with open(request) as reader:  # somebody has it open
            for path, written in ((request, request), (link, target)):
                done = self.say("offline-request", str(path), *common)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(written.stat().st_mode & 0o777, 0o600)
                self.assertIn(self.door.licence_key, written.read_text())
            self.assertEqual(reader.read(), "what was there")
        done = self.say("offline-request", "/dev/stdout", *common)
        self.assertIn(self.door.licence_key, done.stdout)

    def test_a_released_device_stops_and_can_be_activated_again(self):
        self.activated()
        self.assertEqual(self.say("release").returncode, 0)
        self.assertEqual(self.say("check").returncode, 1)
        self.assertEqual(self.status()["code"], "released")
        self.activated()
        self.assertEqual(self.say("check").returncode, 0)

    def test_check_never_says_work_without_a_lease(self):
        self.assertNotEqual(self.say("check").returncode, 0)
        common = ["--server", self.door.url, "--root", self.door.root.x, "--product", "EDR"]
        done = self.say("check", *common)
        self.assertEqual((done.returncode, "(not-activated)" in done.stdout), (1, True))
        self.activated()
        for path in (self.state / "store").iterdir():
            path.write_bytes(b"broken")
        self.assertEqual(self.say("check").returncode, 1)


if __name__ == "__main__":
    unittest.main()
