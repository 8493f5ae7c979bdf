#!/usr/bin/env python3
"""The example of a product as its user meets it: started, stopped, and started again without the licence key.

usage: example_test.py PROTECTED [unittest's own arguments]"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import fake_door

PROTECTED = str(pathlib.Path(sys.argv.pop(1)).resolve())
PATIENCE_S = 900  # what takes longer hangs


class Example(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="seatmeter-example.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.door = fake_door.Door()
        self.addCleanup(self.door.close)

    def start(self, *key):
        product = subprocess.Popen([PROTECTED, self.door.url, self.door.root.x, str(self.folder / "store"), *key],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(product.stdout.close)
        self.addCleanup(self.end, product)
        return product

    def end(self, product):
        if product.poll() is None:
            product.kill()
        product.wait()

    def says(self, product, words):
        """Reads on until it says so."""
        while words not in (line := product.stdout.readline()):
            self.assertNotEqual(line, "", f"it ended before it said {words}")

    def test_one_that_waits_works_after_a_restart_without_the_key_once_the_licence_is_on(self):
        self.door.code = "not-on-yet"
        product = self.start(self.door.licence_key)
        self.says(product, "stopped: not-on-yet")
        self.says(product, "stopped: not-on-yet")  # and has not ended
        self.end(product)
        self.door.code = "ok"
        self.says(self.start(), "working: ok")

    def test_one_that_runs_works_again_once_the_licence_is_on_again(self):
        self.door.renew, self.door.ttl = 1, 4
        product = self.start(self.door.licence_key)
        self.says(product, "working: ok")
        self.door.code = "off"
        self.says(product, "stopped: off")
        self.door.code, self.door.ttl = "ok", 86400
        self.says(product, "working: ok")

    def test_one_that_was_never_activated_ends_and_says_so(self):
        product = self.start()
        self.assertIn("stopped: not-activated", product.stdout.read())
        self.assertEqual(product.wait(PATIENCE_S), 3)


if __name__ == "__main__":
    unittest.main()
