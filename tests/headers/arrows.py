#!/usr/bin/env python3
"""Holds every #include of src against the law of docs/architecture.md, and finds circles between files.

A file may include what stands in its own folder, what the layer's row of the first table allows, and inside its
layer the folders to the left of its own in the second table. A circle is two or more headers that include each
other, or two or more .c files whose objects use symbols of each other, directly or through others.

usage: arrows.py BUILD_DIRECTORY SOURCE_ROOT"""
import collections
import json
import pathlib
import re
import subprocess
import sys


def rows_of(page, heading):
    """The rows of the Markdown table whose head has this cell: [(first cell, second cell)]."""
    lines = page.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| ") and heading in line)
    rows = []
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        rows.append((cells[0], cells[1]))
    return rows


def read_law(source):
    page = (source / "docs/architecture.md").read_text(encoding="utf-8")
    layers = {layer: set(re.findall(r"[a-z]+", cell)) for layer, cell in rows_of(page, "may include |")}
    left_of = {}
    for layer, cell in rows_of(page, "may include those to its left |"):
        seen = set()
        for group in re.findall(r"\{[^}]*\}|[a-z]+", cell):
            names = set(re.findall(r"[a-z]+", group))
            for name in names:
                left_of[layer, name] = set(seen)
            seen |= names
    return layers, left_of


def place(path):
    """(layer, folder or None) of a path below src."""
    parts = pathlib.PurePosixPath(path).parts
    return parts[0], parts[1] if len(parts) > 2 else None


def broken(path, included, layers, left_of):
    (layer, folder), (other_layer, other_folder) = place(path), place(included)
    if layer not in layers:
        return f"the layer {layer} has no row"
    if other_layer != layer:
        return None if other_layer in layers[layer] else f"{layer} may not include {other_layer}"
    if folder == other_folder or (layer, folder) not in left_of:
        return None if (layer, folder) in left_of or not any(key[0] == layer for key in left_of) else \
            f"the folder {folder} of {layer} has no place"
    return None if other_folder in left_of[layer, folder] else \
        f"in {layer}, {other_folder} does not stand to the left of {folder}"


def circles(needs):
    """The strongly connected components of more than one file (Tarjan)."""
    order, low, stack, found = {}, {}, [], []

    def visit(file):
        order[file] = low[file] = len(order)
        stack.append(file)
        for other in sorted(needs[file]):
            if other not in order:
                visit(other)
            if other in stack:
                low[file] = min(low[file], low[other])
        if low[file] == order[file]:
            members = []
            while not members or members[-1] != file:
                members.append(stack.pop())
            if len(members) > 1:
                found.append(sorted(members))

    for file in sorted(needs):
        if file not in order:
            visit(file)
    return found


def symbols_of_objects(build, source):
    """For each file of src that is compiled: the symbols that its object defines and those that it uses."""
    defined, used = collections.defaultdict(set), collections.defaultdict(set)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        found = re.search(r" -o (\S+\.o) ", entry["command"] + " ")
        if source / "src" not in file.parents or not found or file.suffix != ".c":
            continue
        object_file = pathlib.Path(entry["directory"]) / found[1]
        if not object_file.exists():
            continue
        name = file.relative_to(source / "src").as_posix()
        listed = subprocess.run(["nm", "-P", object_file], text=True, capture_output=True, check=True).stdout
        for line in listed.splitlines():
            symbol, kind = line.split()[:2]
            if kind in "TDBRVW":
                defined[name].add(symbol)
            elif kind == "U":
                used[name].add(symbol)
    return defined, used


def main():
    sys.setrecursionlimit(10000)
    build, source = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    layers, left_of = read_law(source)
    found, needs, count = [], collections.defaultdict(set), 0
    for file in sorted((source / "src").rglob("*.[ch]")):
        path = file.relative_to(source / "src").as_posix()
        for included in re.findall(r'^#include "([^"]+)"', file.read_text(encoding="utf-8"), re.M):
            if not (source / "src" / included).exists():
                continue
            count += 1
            why = broken(path, included, layers, left_of)
            if why:
                found.append(f"{path} includes {included}: {why}")
            needs[path].add(included)
    defined, used = symbols_of_objects(build, source)
    home = {symbol: name for name, symbols in defined.items() for symbol in symbols}
    for name, symbols in used.items():
        needs[name] |= {home[symbol] for symbol in symbols if symbol in home and home[symbol] != name}
    found += ["a circle: " + ", ".join(members) for members in circles(needs)]
    for line in found:
        print(line)
    print(f"{count} includes and {len(defined)} objects held against the law, {len(found)} break it")
    sys.exit(1 if found or not defined or not count else 0)


if __name__ == "__main__":
    main()
