#!/usr/bin/env python3
"""docs/getting-started.md is true: every command of it is run, in order, and prints what the document says.

usage: getting_started_test.py SEATMETER LATER DOCUMENT
LATER is the clock that is ahead (later.c); it makes now the day on which the document's example was run. Identifiers and
keys differ from run to run: each of the document's stands for what was printed in its place. "…" stands for anything. A
command under which the document has nothing may print what it likes. The part on devices needs a machine, and is the
story's."""
import calendar
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

RUN_ON = calendar.timegm((2026, 11, 28, 12, 0, 0))
NAMES = re.compile(r"[a-z]{3}_[0-9A-Z]{13}|\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}\b")
ENDS_BEFORE = "seatmeter licence snippet"


def files_of(text):
    """A file's name in back quotes, and its bytes in the next block."""
    blocks = re.finditer(r"`([a-z-]+\.csv)`(?:(?!\n    )[\s\S])*?\n\n((?:    [^\n$][^\n]*\n)+)", text)
    return {block[1]: "".join(line[4:] + "\n" for line in block[2].splitlines()) for block in blocks}


def commands_of(text):
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line, at = lines[at], at + 1
        if not line.startswith("    $ "):
            continue
        command, printed = line[6:], []
        while command.endswith("\\"):
            command, at = command[:-1] + lines[at].strip(), at + 1
        while at < len(lines) and (lines[at].startswith("    ") or is_inside(lines, at)):
            if lines[at].startswith("    $ "):
                break
            printed, at = printed + [lines[at][4:]], at + 1
        yield command, printed


def is_inside(lines, at):
    """An empty line of what was printed: the block goes on behind it."""
    return lines[at] == "" and at + 1 < len(lines) and lines[at + 1].startswith("    ")


class Reader:
    """Follows the document, and knows what each name in it stands for."""

    def __init__(self, seatmeter, later, directory):
        self.seatmeter, self.directory, self.names = seatmeter, directory, {}
        self.environment = {**os.environ, "LD_PRELOAD": later, "SEATMETER_DB": "sqlite:seatmeter.db",
                            "SEATMETER_TEST_LATER": str(RUN_ON - int(time.time())),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def translate(self, text):
        for written, real in self.names.items():
            text = text.replace(written, real)
        return text

    def learn(self, printed, said):
        for written, real in zip(NAMES.findall(printed), NAMES.findall(said)):
            if written not in self.names:
                self.names[written] = real
                if "-" in written:
                    self.names.setdefault(written[-5:], real[-5:])

    def pattern(self, printed):
        lines = []
        for line in printed:
            if line.strip() == "…":
                lines.append(r"[\s\S]*?")
            else:
                words = [re.escape(word).replace("…", ".*?") for word in self.translate(line).split()]
                lines.append(r"\s+".join(words))
        return r"\s*".join(lines) + r"\s*"

    def follow(self, command, printed):
        words = shlex.split(self.translate(command))
        done = subprocess.run([self.seatmeter, *words[1:]], cwd=self.directory, env=self.environment, text=True,
                              capture_output=True)
        said = done.stdout + done.stderr
        self.learn("\n".join(printed), said)
        if printed and not re.fullmatch(self.pattern(printed), said.lstrip()):
            sys.exit(f"$ {command}\nThe document says:\n" + "\n".join(printed) + f"\nIt said (exit {done.returncode}):\n{said}")
        if not printed and done.returncode != 0:
            sys.exit(f"$ {command}\nexit {done.returncode}: {said}")


def main():
    seatmeter, later, document = (os.path.abspath(argument) for argument in sys.argv[1:4])
    text = pathlib.Path(document).read_text(encoding="utf-8")
    count = 0
    with tempfile.TemporaryDirectory() as directory:
        for name, body in files_of(text).items():
            (pathlib.Path(directory) / name).write_text(body, encoding="utf-8")
        reader = Reader(seatmeter, later, directory)
        for command, printed in commands_of(text):
            if command.startswith(ENDS_BEFORE):
                break
            reader.follow(command, printed)
            count += 1
    if count < 25:
        sys.exit(f"only {count} commands were found in the document")
    print(f"{count} commands print what the document says")


if __name__ == "__main__":
    main()
