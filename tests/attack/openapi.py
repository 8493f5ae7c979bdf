"""The operations of docs/openapi.yaml: a tiny reader of its `paths`, which are written in one regular shape."""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    template: str
    public: bool

    def matches(self, method, path):
        return method == self.method and re.fullmatch(re.sub(r"\{[a-z0-9]+\}", "[^/]+", self.template), path)


def operations(file):
    """All of them, those with fixed words before those with parameters in the same place."""
    found, template, method, name, public = [], None, None, None, False

    def end():
        if name:
            found.append(Operation(name, method, template, public))

    for line in file.read_text(encoding="utf-8").splitlines():
        if line == "components:":
            break
        if words := re.fullmatch(r"  (/\S*):", line):
            end()
            template, name = words[1], None
        elif words := re.fullmatch(r"    (get|post|put|patch|delete):", line):
            end()
            method, name, public = words[1].upper(), None, False
        elif words := re.fullmatch(r"      operationId: (\S+)", line):
            name = words[1]
        elif line == "      security: []":
            public = True
    end()
    return sorted(found, key=lambda operation: operation.template.count("{"))
