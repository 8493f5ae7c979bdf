#!/usr/bin/env python3
"""What a vendor gets: this folder builds without the rest of the project, and the static libraries hold plain objects.

usage: alone.py SDK_FOLDER LIBRARY.a ..."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER, LIBRARIES = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]


class Alone(unittest.TestCase):
    def test_the_folder_alone_configures_with_and_without_its_tests(self):
        with tempfile.TemporaryDirectory(prefix="seatmeter-sdk.") as place:
            copy = pathlib.Path(place) / "vendor" / "sdk"
            shutil.copytree(FOLDER, copy)
            for tests in ("enabled", "disabled"):
                done = subprocess.run(["meson", "setup", str(pathlib.Path(place) / tests), str(copy), f"-Dtests={tests}"],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_static_libraries_can_be_read_by_every_linker(self):
        self.assertTrue(LIBRARIES)
        for library in LIBRARIES:
            sections = subprocess.run(["readelf", "-SW", library], check=True, capture_output=True, text=True).stdout
            self.assertIn(".text", sections)
            self.assertNotIn(".gnu.lto", sections, library)
            objects = subprocess.run(["ar", "t", library], check=True, capture_output=True, text=True).stdout.split()
            self.assertEqual(sections.count("\nFile: "), len(objects), f"{library} holds something that is no ELF object")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
