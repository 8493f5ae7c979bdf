#!/usr/bin/env python3
"""What `meson install` puts where, and that it is whole: every page renders, every completion is read by its shell.

usage: install_test.py BUILD_DIRECTORY [unittest's own arguments]
The directory is built already, with everything, for the prefix /usr."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = str(pathlib.Path(sys.argv.pop(1)).resolve())
FILES = """
bin/seatmeter
bin/seatmeter-agent
include/seatmeter.h
include/seatmeter_codes.h
include/seatmeter_curl.h
include/seatmeter_updates.h
lib/systemd/system/seatmeter-agent.service
lib/systemd/system/seatmeter.service
lib/sysusers.d/seatmeter.conf
share/bash-completion/completions/seatmeter
share/doc/seatmeter-agent/seatmeter-agent.conf
share/fish/vendor_completions.d/seatmeter.fish
share/licenses/seatmeter/LICENSE
share/man/man1/seatmeter.1
share/man/man8/seatmeter-agent.8
share/zsh/site-functions/_seatmeter
"""
LIBRARIES = """
libseatmeter-curl.a
libseatmeter-curl.so
libseatmeter-curl.so.1
libseatmeter-curl.so.1.0.0
libseatmeter.a
libseatmeter.so
libseatmeter.so.1
libseatmeter.so.1.0.0
pkgconfig/seatmeter-curl.pc
pkgconfig/seatmeter.pc
"""


def run(*words, **how):
    return subprocess.run(words, check=True, capture_output=True, text=True, **how).stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="seatmeter-install.")
        cls.addClassCleanup(folder.cleanup)
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder.name)
        cls.usr = pathlib.Path(folder.name) / "usr"
        cls.lib = next(cls.usr.glob("lib/**/libseatmeter.a")).parent

    def test_everything_is_there_and_nothing_else(self):
        found = {str(path.relative_to(self.usr)) for path in self.usr.rglob("*") if not path.is_dir()}
        lib = self.lib.relative_to(self.usr)
        self.assertEqual(found, {*FILES.split(), *(str(lib / name) for name in LIBRARIES.split())})

    def test_programs_run(self):
        self.assertRegex(run(self.usr / "bin/seatmeter", "--version"), r"^seatmeter \d")
        self.assertIn("usage:", run(self.usr / "bin/seatmeter-agent", "--help"))

    def test_pages_are_in_order_and_name_every_command_and_option(self):
        for page in ("man1/seatmeter.1", "man8/seatmeter-agent.8"):
            said = subprocess.run(["mandoc", "-Tlint", "-Wwarning", self.usr / "share/man" / page], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((said.returncode, said.stdout), (0, ""), page)
        for program, page in (("seatmeter", "man1/seatmeter.1"), ("seatmeter-agent", "man8/seatmeter-agent.8")):
            shown = run("mandoc", "-Tascii", "-Owidth=200", self.usr / "share/man" / page)
            shown = re.sub(".\b", "", shown)
            overview = run(self.usr / "bin" / program, "--help")
            for words in re.findall(r"^  (--[a-z0-9-]+|[a-z]+(?:[- ][a-z]+)*)", overview, re.M):
                self.assertRegex(shown, rf"(?m)^ +{re.escape(words)}( |$)", f"{page}: {words}")

    def test_units_name_the_installed_programs(self):
        for unit in ("seatmeter", "seatmeter-agent"):
            text = (self.usr / f"lib/systemd/system/{unit}.service").read_text()
            self.assertRegex(text, rf"(?m)^ExecStart=/usr/bin/{unit} ")

    def test_completions_are_read_by_their_shells(self):
        places = {"bash": "bash-completion/completions/seatmeter", "zsh": "zsh/site-functions/_seatmeter",
                  "fish": "fish/vendor_completions.d/seatmeter.fish"}
        for shell, place in places.items():
            with self.subTest(shell):
                if shutil.which(shell) is None:
                    self.skipTest(f"{shell} is not installed")
                run(shell, "-n", self.usr / "share" / place)
        said = run("bash", "-c", f"source {self.usr}/share/{places['bash']}; COMP_WORDS=(seatmeter licence iss) COMP_CWORD=2; "
                   "_seatmeter_words; echo ${COMPREPLY[@]}")
        self.assertEqual(said, "issue\n")

    def test_a_static_library_holds_plain_objects(self):
        for name in ("libseatmeter.a", "libseatmeter-curl.a"):
            sections = run("objdump", "--section-headers", self.lib / name)
            self.assertIn(".text", sections)
            self.assertNotIn(".gnu.lto", sections)

    def test_a_product_links_what_is_installed(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.lib / "pkgconfig"),
                       "PKG_CONFIG_SYSROOT_DIR": str(self.usr.parent)}
        flags = run("pkg-config", "--cflags", "--libs", "seatmeter", env=environment).split()
        run("cc", "-x", "c", "-", "-o", self.usr / "product", *flags, input="#include <seatmeter.h>\n"
            "int main(void) { return sm_check(NULL, NULL) == 0; }\n")
        (self.usr / "product").unlink()


if __name__ == "__main__":
    unittest.main()
