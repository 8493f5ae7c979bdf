#!/usr/bin/env python3
"""seatmeter-agent.exe and libseatmeter-1.dll under Wine against the real server, which runs on Linux: a machine is activated,
keeps its lease as a service and in a console, is updated, is turned off, and says so.

usage: windows_test.py SEATMETER DIRECTORY [unittest's own arguments]      DIRECTORY: where Meson has built sdk for Windows
What Wine cannot show: access lists (it keeps a file's mode and no list), TLS by Schannel, an event log that can be read, and
a loss of power."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import fake_door
import tuf_repository
from programme import PATIENCE_S, Programme, wait_until

SEATMETER, BUILT = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
WINE = shutil.which("wine64") or "/usr/lib/wine/wine64"
SERVER = shutil.which("wineserver") or "/usr/lib/wine/wineserver64"
HOOK = '@echo off\r\n>>"%~dp0hook.log" set SEATMETER_\r\n>>"%~dp0hook.log" echo end\r\n'


def setUpModule():
    """A computer of its own, with the agent where programs are."""
    global computer, environment, program, wine_log
    computer = pathlib.Path(tempfile.mkdtemp(prefix="seatmeter-windows."))
    unittest.addModuleCleanup(shutil.rmtree, computer, ignore_errors=True)
    environment = {**os.environ, "WINEPREFIX": str(computer / "wine"), "WINEDEBUG": "-all",
                   "WINEDLLOVERRIDES": "mscoree,mshtml="}
    unittest.addModuleCleanup(subprocess.run, [SERVER, "-k", "-w"], env=environment)
    subprocess.run([WINE, "cmd", "/c", "exit"], env=environment, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=PATIENCE_S)
    # Where no program runs, Wine goes down after a while, with its services.
    user = subprocess.Popen([WINE, "cmd"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    unittest.addModuleCleanup(user.communicate, b"exit\r\n")
    folder = computer / "wine/drive_c/Program Files/Seatmeter"
    folder.mkdir()
    program = folder / "seatmeter-agent.exe"
    shutil.copy(BUILT / "agent/seatmeter-agent.exe", program)


def windows(path):
    """The path as Windows' programs call it."""
    inside = str(path).removeprefix(f"{computer}/wine/drive_c")
    return ("Z:" if inside == str(path) else "C:") + inside.replace("/", "\\")


class Machine:
    """What a test does on it; `self.folder` is the test's, outside of it."""

    def begin(self):
        self.state = computer / "wine/drive_c/ProgramData/Seatmeter"
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)
        self.hook = self.folder / "hook.cmd"
        self.hook.write_bytes(HOOK.encode())

    def agent(self, *words, given=None):
        return subprocess.run([WINE, program, *words], env=environment, capture_output=True, text=True, input=given,
                              timeout=PATIENCE_S)

    def start(self, *words):
        daemon = subprocess.Popen([WINE, program, "run", *words], env=environment, stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        self.assertIn("runs for", daemon.stderr.readline())
        return daemon

    def stop(self, daemon):
        daemon.send_signal(signal.SIGINT)  # as Ctrl+C
        self.assertEqual(daemon.wait(PATIENCE_S), 0)

    def told(self, event):
        log = self.folder / "hook.log"
        starts = log.read_text(errors="replace").split("end\n") if log.exists() else []
        facts = [dict(line.split("=", 1) for line in start.splitlines() if "=" in line) for start in starts]
        return [one for one in facts if one.get("SEATMETER_EVENT") == event]


class Windows(Machine, Programme):
    SEATMETER, PLATFORM = str(SEATMETER), "windows-amd64"

    def setUp(self):
        super().setUp()
        self.begin()
        self.root = next(word for word in self.say("key", "root").split() if re.fullmatch(r"[A-Za-z0-9_-]{43}", word))
        self.say("licence", "on", self.key)

    def activate(self, *words):
        with urllib.request.urlopen(f"{self.url}/tuf/1.root.json") as answer:
            tuf_root = self.write("root.json", answer.read())
        return self.agent("activate", "--server", self.url, "--root", self.root, "--product", "EDR", "--key", "-", "--version",
                          "1.0", "--tuf-root", windows(tuf_root), "--hook", windows(self.hook), *words,
                          given=f"\ufeff{self.key}\r\n")

    def activated(self, *words):
        done = self.activate(*words)
        self.assertEqual(done.returncode, 0, done.stderr)

    def service(self, *words):
        done = self.agent(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def last_seen(self):
        return self.read("device", "list")[0]["seen_at"]

    def status(self):
        done = self.agent("status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_commands_from_activation_to_release(self):
        self.activated("--name", "Prüfstand")
        self.assertNotIn(self.key, "".join(path.read_text(errors="replace") for path in self.state.iterdir() if path.is_file()))
        status = self.status()
        self.assertEqual((status["decision"], status["sku"], status["seats"]), ("work", "EDR-1", 2))
        device = self.read("device", "list")[0]
        self.assertEqual(device["name"], "Prüfstand", device)
        self.assertEqual(self.agent("check-in").returncode, 0)
        self.assertIn("no newer", self.agent("update").stdout)
        content = os.urandom(300_000)
        self.publish("1.1", content)
        wait_until(lambda: self.agent("update").returncode == 0 and self.told("update-ready"), "the update")
        ready = self.told("update-ready")[0]["SEATMETER_UPDATE_FILE"]
        self.assertEqual(ready, "C:\\ProgramData\\Seatmeter\\updates\\1.1\\edr.deb")
        self.assertEqual((self.state / "updates/1.1/edr.deb").read_bytes(), content)
        self.say("licence", "off", self.key)
        self.agent("check-in")
        wait_until(lambda: self.agent("check").returncode == 1, "the lease's end")
        self.assertIn("(off)", self.agent("check").stdout)
        self.assertEqual(self.status()["code"], "off")
        self.say("licence", "on", self.key)
        wait_until(lambda: self.agent("check-in").returncode == 0, "work again")
        self.assertEqual(self.agent("release").returncode, 0)
        self.assertEqual(self.agent("check").returncode, 1)

    def test_the_service_keeps_the_lease_and_tells_the_hook_when_it_is_off(self):
        self.activated()
        self.service("install")
        self.addCleanup(self.agent, "uninstall")
        self.assertIn("runs with this state directory already", self.agent("run").stderr)
        seen = self.last_seen()
        wait_until(lambda: self.last_seen() != seen, "a check-in of the service's own")
        wait_until(lambda: self.told("decision-changed"), "work told")
        self.assertEqual(self.told("decision-changed")[0]["SEATMETER_DECISION"], "work")
        self.service("install")  # as an update would: stopped, changed and started again
        self.say("licence", "off", self.key)
        wait_until(lambda: self.told("decision-changed")[-1]["SEATMETER_DECISION"] == "stop", "stop told")
        self.assertEqual(self.told("decision-changed")[-1]["SEATMETER_CODE"], "off")
        self.service("uninstall")
        self.assertEqual(self.agent("uninstall").returncode, 2)
        self.assertEqual(self.status()["code"], "off")  # the state stays

    def test_a_service_without_settings_says_so_and_runs_not(self):
        done = self.agent("install")
        self.addCleanup(self.agent, "uninstall")
        self.assertEqual(done.returncode, 2)
        self.assertIn("does not start", done.stderr)

    def test_what_others_could_have_put_into_the_state_directory_is_not_believed(self):
        self.activated()
        self.state.chmod(0o777)
        done = self.agent("check")
        self.assertEqual((done.returncode, "Seatmeter is not believed" in done.stderr), (2, True), done.stderr)
        self.state.chmod(0o750)
        self.assertEqual(self.agent("check").returncode, 0)
        program.parent.chmod(0o777)
        self.addCleanup(program.parent.chmod, 0o755)
        self.assertIn("is not believed", self.agent("install").stderr)

    def test_in_a_console_it_runs_until_ctrl_c_and_answers_a_nudge(self):
        self.activated()
        daemon = self.start()
        self.publish("1.1", b"newer")
        self.assertIn("was asked to look", self.agent("update").stdout)
        wait_until(lambda: (self.told("update-ready"), self.agent("update"))[0], "the update")
        self.stop(daemon)

    def test_a_product_with_the_dll_works_until_it_is_turned_off(self):
        folder = self.folder / "product"
        folder.mkdir()
        for name in ("src/libseatmeter-1.dll", "examples/protected.exe"):
            shutil.copy(BUILT / name, folder)
        product = subprocess.Popen([WINE, folder / "protected.exe", self.url, self.root, windows(folder / "store"), self.key],
                                   env=environment, stdout=subprocess.PIPE, text=True)
        self.addCleanup(product.stdout.close)
        self.addCleanup(product.kill)
        self.assertIn("working: ok", product.stdout.readline())
        self.say("licence", "off", self.key)
        while not (line := product.stdout.readline()).startswith("stopped: off"):
            self.assertIn("working: ", line)
        self.say("licence", "on", self.key)
        while "working: ok" not in (line := product.stdout.readline()):
            self.assertIn("stopped: off", line)

    def test_a_product_that_waits_asks_again_after_a_restart_without_the_key(self):
        folder = self.folder / "product"
        folder.mkdir()
        for name in ("src/libseatmeter-1.dll", "examples/protected.exe"):
            shutil.copy(BUILT / name, folder)
        later = self.another_licence()
        for key, says in (([later], "stopped: not-on-yet"), ([], "working: ok")):
            if not key:
                self.say("licence", "on", later)
            product = subprocess.Popen([WINE, folder / "protected.exe", self.url, self.root, windows(folder / "store"), *key],
                                       env=environment, stdout=subprocess.PIPE, text=True)
            self.addCleanup(product.stdout.close)
            self.addCleanup(product.kill)
            while says not in (line := product.stdout.readline()):
                self.assertIn("stopped: not-on-yet", line)
            product.kill()
            product.wait(PATIENCE_S)

    def test_without_a_server_it_says_why_and_the_lease_goes_on(self):
        self.activated()
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(PATIENCE_S)
        done = self.agent("check-in")
        self.assertEqual((done.returncode, "(unreachable)" in done.stderr), (1, True), done.stderr)
        self.assertIn("cannot be connected to", done.stderr)
        self.assertEqual(self.agent("check").returncode, 0)


class Mishaps(Machine, unittest.TestCase):
    """Against a door of an independent implementation, which answers late or wrongly."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="seatmeter-windows.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.begin()
        self.repository = tuf_repository.Repository()
        self.door = fake_door.Door(self.repository)
        self.addCleanup(self.door.close)
        self.addCleanup(self.door.go_on.set)
        self.server = ["--server", self.door.url, "--root", self.door.root.x, "--product", "EDR"]
        (self.folder / "root.json").write_bytes(self.repository.files["1.root.json"])

    def activate(self, *words):
        done = self.agent("activate", *self.server, "--key", "-", "--version", "1.0", "--tuf-root",
                          windows(self.folder / "root.json"), "--hook", windows(self.hook), *words,
                          given=f"{self.door.licence_key}\r\n")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_machine_that_is_given_its_identity_is_the_same_device_however_often_it_starts(self):
        for start in range(2):
            self.activate("--machine-id", "pod-0.edr", "--state", windows(self.folder / f"start{start}"))
        self.assertEqual(len(self.door.devices), 1)
        self.activate("--machine-id", "pod-1.edr", "--state", windows(self.folder / "pod1"))
        self.assertEqual(len(self.door.devices), 2)
        state = ["--state", windows(self.folder / "pod1")]
        self.assertEqual(self.agent("check-in", *state).returncode, 0, "it was kept")
        done = self.agent("check", "--machine-id", "pod-2.edr", *state)
        self.assertEqual((done.returncode, "(lease-of-another)" in done.stdout), (1, True), done.stdout)

    def test_a_proxy_goes_before_windows(self):
        self.door.prefix = "http://localhost:1"
        self.server[1] = "http://localhost:1"  # where nobody listens
        self.activate("--proxy", self.door.url)
        self.assertEqual(self.agent("check-in").returncode, 0, "it was kept")
        done = self.agent("check-in", "--proxy", "none")
        self.assertEqual((done.returncode, "(unreachable)" in done.stderr), (1, True), done.stderr)
        self.door.prefix = ""
        done = self.agent("check-in", "--server", self.door.url, "--proxy", "none")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_certificates_of_authorities_are_windows_own(self):
        done = self.agent("activate", *self.server, "--key", self.door.licence_key, "--ca-file",
                          windows(self.folder / "authority.pem"))
        self.assertEqual((done.returncode, "Windows takes no --ca-file" in done.stderr), (2, True), done.stderr)
        self.assertEqual(self.door.requests, [])

    def test_a_licence_key_goes_to_no_host_that_an_address_hides(self):
        port = self.door.url.rsplit(":", 1)[1]
        for server in ("http://licences.example", f"http://127.0.0.1:80@127.0.0.1:{port}", f"http://localhost@127.0.0.1:{port}",
                       f"http://@127.0.0.1:{port}", "http://127.0.0.1.example", "http://127.0.0.1\\@licences.example"):
            with self.subTest(server):
                done = self.agent("activate", *self.server, "--server", server, "--key", self.door.licence_key)
                self.assertEqual((done.returncode, "https://" in done.stderr), (2, True), done.stderr)
        self.assertEqual(self.door.requests, [])

    def test_lost_garbled_and_forged_answers_stop_nothing(self):
        self.door.mishaps = ["lost", ("busy", 1)]
        self.activate()
        self.assertEqual((len(self.door.devices), self.door.count("/v1/activate")), (1, 3))
        for mishap in ("lost", "garbage", "forged", "down"):
            with self.subTest(mishap):
                self.door.mishaps = [mishap]
                self.assertEqual(self.agent("check-in").returncode, 1)
                self.assertEqual(self.agent("check").returncode, 0)
        self.assertEqual(self.agent("check-in").returncode, 0)
        self.assertIsNone(self.door.devices["dev_0000000000001"].code)

    def test_a_download_that_was_killed_goes_on_where_it_was(self):
        content = os.urandom(3_000_000)
        self.repository.add("EDR/stable/windows-amd64/1.1/edr.msi", content)
        self.repository.publish("targets", "snapshot", "timestamp")
        self.activate()
        self.door.stall_after = 1_000_000
        daemon = self.start()
        self.assertIn("was asked to look", self.agent("update").stdout)
        part = self.state / "updates/1.1/edr.msi.part"
        wait_until(lambda: part.exists() and part.stat().st_size >= 900_000, "a part")
        daemon.kill()
        daemon.wait()
        self.assertEqual([path.name for path in part.parent.iterdir()], ["edr.msi.part"])
        self.door.stall_after = None
        self.door.go_on.set()
        self.assertEqual(self.agent("update").returncode, 0)
        self.assertEqual((self.state / "updates/1.1/edr.msi").read_bytes(), content)
        ranges = [request["range"] for request in self.door.requests if request["path"].startswith("/tuf/targets/")]
        self.assertIsNone(ranges[0])
        self.assertGreaterEqual(int(ranges[-1].removeprefix("bytes=").removesuffix("-")), 900_000)

    def test_it_stops_at_once_in_the_middle_of_an_exchange(self):
        self.repository.add("EDR/stable/windows-amd64/1.1/edr.msi", os.urandom(2_000_000))
        self.repository.publish("targets", "snapshot", "timestamp")
        self.activate()
        self.door.stall_after = 1_000_000
        daemon = self.start()
        self.agent("update")
        wait_until(lambda: self.door.count("/tuf/targets/") >= 1, "a download")
        begun = time.monotonic()
        self.stop(daemon)
        self.assertLess(time.monotonic() - begun, 25)  # an exchange that is silent it gives up after 30

    def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(self):
        other = windows(self.folder / "other")
        elsewhere = ["--state", other, *self.server]
        self.activate()
        self.hook.write_text(f'@"{windows(program)}" run {" ".join(elsewhere)}\r\n')  # which does not end by itself
        daemon = self.start("--hook-limit", "3s")
        wait_until(lambda: (self.folder / "other/lock").exists(), "the hook's child")
        self.assertIn("runs with this state directory already", self.agent("run", *elsewhere).stderr)
        wait_until(lambda: "took longer than 3 s and was ended" in daemon.stderr.readline(), "the hook's end")
        self.stop(daemon)
        self.stop(self.start(*elsewhere))


if __name__ == "__main__":
    unittest.main()
