#!/usr/bin/env python3
"""Every link inside the documents leads somewhere: relative links of each Markdown file to a file, anchors to a heading,
each docs/….md that code, a test or a script names to a page, and each clause (R4.3) that anything cites to docs/rules.md.

usage: links.py [ROOT]
Looks at what git tracks, or, where there is no repository, at everything but build folders. Needs no network: links to
other hosts are not followed."""
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
INLINE = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")  # its words may begin a line above
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$")
HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
NAMED = re.compile(r"(?<![\w/.])(?:docs|sdk|src|tests)/[\w./-]+\.(?:md|yaml)\b")
CLAUSE = re.compile(r"\bR\d{1,2}\.\d{1,2}\b")
CLAUSES = "docs/rules.md"
GENERATED = ("package-lock.json",)


def tracked():
    """The files that the repository has, and those about to be added."""
    asked = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode == 0:
        names = [name for name in done.stdout.split("\0") if name]
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not re.match(r"build|\.git/", name) and "node_modules/" not in name]
    return sorted(name for name in names if (ROOT / name).is_file())


def text_of(name):
    """The file's lines; none where it is no text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def prose(lines):
    """The numbered lines of a page that are no code, without what stands in backticks."""
    fence, after_blank, in_code = False, True, False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fence = not fence
            continue
        in_code = line.startswith("    ") and (after_blank or in_code)
        after_blank = not line.strip()
        if not fence and not in_code:
            yield number, re.sub(r"`[^`]*`", "", line)


def slug(heading):
    """A heading's anchor, as forges make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain))


def anchors(lines):
    found, fence = set(), False
    for line in lines:
        fence ^= line.lstrip().startswith("```")
        heading = None if fence else HEADING.match(line)
        if heading:
            base, number = slug(heading[2]), 0
            while (base if number == 0 else f"{base}-{number}") in found:
                number += 1
            found.add(base if number == 0 else f"{base}-{number}")
    return found


def links(lines):
    for number, line in prose(lines):
        targets = [match[1] for match in INLINE.finditer(line)]
        if reference := REFERENCE.match(line):
            targets.append(reference[1])
        for target in targets:
            if not re.match(r"[a-z][a-z0-9+.-]*:|//", target):
                yield number, urllib.parse.unquote(target)


def check_page(name, lines, pages, found):
    """How many links the page has; those that lead nowhere go to `found`."""
    count = 0
    for number, target in links(lines):
        count += 1
        path, _, anchor = target.partition("#")
        to = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        if not to.is_relative_to(ROOT) or not to.exists():
            found.append(f"{name}:{number}: {target}: there is no such file in the repository")
        elif anchor:
            page = str(to.relative_to(ROOT))
            if page not in pages or anchor not in anchors(pages[page]):
                found.append(f"{name}:{number}: {target}: no heading of {page} has this anchor")
    return count


def check_names(name, lines, known, clauses, found):
    """Pages and clauses that a file speaks of."""
    for number, line in enumerate(lines, 1):
        for page in NAMED.findall(line):
            if page not in known:
                found.append(f"{name}:{number}: {page}: there is no such file in the repository")
        if clauses is not None:
            for clause in CLAUSE.findall(line):
                if clause not in clauses:
                    found.append(f"{name}:{number}: {clause}: {CLAUSES} has no such clause")


def main():
    names = tracked()
    files = {name: text_of(name) for name in names if not name.endswith(GENERATED)}
    pages = {name: lines for name, lines in files.items() if name.endswith(".md")}
    known = set(names)
    clauses = re.findall(r"^- \*\*(R\d+\.\d+)\*\*", "\n".join(pages.get(CLAUSES, [])), re.M)
    found, count = [], 0
    for clause in sorted(set(clauses)):
        if clauses.count(clause) > 1:
            found.append(f"{CLAUSES}: {clause} stands there twice")
    for name, lines in pages.items():
        count += check_page(name, lines, pages, found)
    for name, lines in files.items():
        check_names(name, lines, known, set(clauses) if clauses else None, found)
    for finding in found:
        print(finding)
    print(f"{count} links of {len(pages)} pages, {len(clauses)} clauses: {len(found)} lead nowhere")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
