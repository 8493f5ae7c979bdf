#!/usr/bin/env python3
"""Compiles every header of src alone, twice included, with the flags of its room: it includes what it uses.

usage: alone.py BUILD_DIRECTORY SOURCE_ROOT"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys


def command_of_rooms(build, source):
    """For each folder of src that is compiled, how: the compiler with its flags, without what it reads and writes."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if file.suffix != ".c" or source / "src" not in file.parents or file.parent in commands:
            continue
        words = shlex.split(entry["command"])
        end = words.index("-MD") if "-MD" in words else words.index("-o")
        commands[file.parent] = words[:end] + ["-fsyntax-only", "-x", "c", "-"]
    return commands


def command_for(header, commands):
    """The command of the header's folder; of a folder of headers alone, that of the nearest one around it, or beside it."""
    for around in header.parents:
        if found := [folder for folder in sorted(commands) if folder == around or around in folder.parents]:
            return commands[found[0]]
    raise LookupError(f"nothing is compiled around {header}")


def compile_header(command, header, build):
    twice = f'#include "{header}"\n' * 2
    done = subprocess.run(command, input=twice, text=True, cwd=build, stderr=subprocess.PIPE)
    return header, done.stderr if done.returncode != 0 else ""


def main():
    build, source = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    commands = command_of_rooms(build, source)
    headers = sorted((source / "src").rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(compile_header, command_for(header, commands), header.relative_to(source / "src"), build)
                for header in headers]
        failed = [job.result() for job in jobs if job.result()[1]]
    for header, said in failed:
        print(f"{header} does not compile alone:\n{said}")
    print(f"{len(headers) - len(failed)} headers compile alone, {len(failed)} do not")
    sys.exit(1 if failed or not headers else 0)


if __name__ == "__main__":
    main()
