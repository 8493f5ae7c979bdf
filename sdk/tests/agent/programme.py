"""A programme for tests: the real server with a vendor's product, a provider, and a licence that was sold."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

# What takes longer hangs: no machine is so slow or so busy.
PATIENCE_S = 900


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)


class Programme(unittest.TestCase):
    SEATMETER = None  # the program
    PLATFORM = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="seatmeter-door.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {**os.environ, "SEATMETER_DB": f"sqlite:{self.folder}/store.db",
                            "SEATMETER_SECRET_FILE": f"{self.folder}/secret"}
        self.say("init", "--distributor", "Dist", "--code", "DIST", "--currency", "USD", "--time-zone", "UTC")
        catalogue = self.write("catalogue.csv", "sku,name,component_code,component_name\n"
                                                "EDR-1,Endpoint,firewall,Firewall\nEDR-1,Endpoint,mail,Mail\n")
        self.say("catalog", "import", str(catalogue), "--vendor", "Vendor")
        self.say("account", "add", "--kind", "provider", "--name", "Provider", "--code", "P1")
        self.say("agreement", "offer", "--buyer", "P1")
        self.say("agreement", "sign", "--buyer", "P1", "--by", "A. Person")
        self.say("account", "add", "--kind", "customer", "--name", "Customer", "--code", "C1", "--seller", "P1")
        block = json.loads(self.say("block", "order", "--provider", "P1", "--sku", "EDR-1", "--size", "10", "--json"))
        self.block = block.get("id") or block["block"]["id"]
        self.key = self.another_licence()
        self.say("sku", "terms", "EDR-1", "--ttl", "20s")
        vendor = next(account for account in self.read("account", "list") if account["kind"] == "vendor")
        self.say("product", "add", "--vendor", vendor["code"], "--code", "EDR", "--name", "Endpoint", "--skus", "EDR-1")
        self.publish("1.0", b"first")
        self.start_server()

    # The server

    def say(self, *words):
        done = subprocess.run([self.SEATMETER, *words], env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def another_licence(self):
        issued = self.say("licence", "issue", "--block", self.block, "--customer", "C1", "--seats", "2")
        return re.search(r"\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}\b", issued).group()

    def read(self, *words):
        answer = json.loads(self.say(*words, "--json"))
        return answer if isinstance(answer, list) else next(iter(
            value for value in answer.values() if isinstance(value, list)), answer)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def publish(self, version, content):
        self.say("release", "publish", str(self.write("edr.deb", content)), "--product", "EDR", "--version", version,
                 "--channel", "stable", "--platform", self.PLATFORM)

    def start_server(self):
        server = subprocess.Popen([self.SEATMETER, "serve", "--control", f"unix:{self.folder}/control", "--device",
                                   "127.0.0.1:0"], env=self.environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)

        def end():
            server.send_signal(signal.SIGTERM)
            server.communicate()
        self.server = server
        self.addCleanup(end)
        said = ""
        while True:
            line = server.stdout.readline()
            said += line
            self.assertTrue(line, said)
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            if found:
                self.url = f"http://127.0.0.1:{found.group(1)}"
                return
