"""A TUF repository made by a signer of its own: nothing of it is the server's or the library's code.

Everything about it can be made wrong, for what a client must refuse."""
import copy
import datetime
import hashlib
import json

import ed25519

ROLES = ("root", "timestamp", "snapshot", "targets")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def expiry(days):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    def __init__(self):
        self.key = ed25519.Key()
        self.public = {"keytype": "ed25519", "keyval": {"public": self.key.public.hex()}, "scheme": "ed25519"}
        self.id = hashlib.sha256(canonical(self.public)).hexdigest()

    def signature(self, signed):
        return {"keyid": self.id, "sig": self.key.sign(signed).hex()}


class Repository:
    """`files` are what is served, by name; `parts` are the signed parts of what comes next."""

    def __init__(self, thresholds=None, consistent=True, describe=True):
        self.thresholds = {role: 1 for role in ROLES} | (thresholds or {})
        self.signers = {role: [Signer() for _ in range(self.thresholds[role])] for role in ROLES}
        self.consistent = consistent
        self.describe = describe  # whether lengths and hashes of metadata are given
        self.versions = dict.fromkeys(ROLES, 0)
        self.days = {"root": 365, "timestamp": 1, "snapshot": 7, "targets": 90}
        self.targets = {}
        self.contents = {}
        self.files = {}
        self.published = {}
        self.publish("root", "targets", "snapshot", "timestamp")

    def add(self, path, content, custom=None):
        description = {"hashes": {"sha256": hashlib.sha256(content).hexdigest()}, "length": len(content)}
        if custom is not None:
            description["custom"] = custom
        self.targets[path] = description
        self.contents[path] = content

    def remove(self, path):
        del self.targets[path]

    def rotate(self, role):
        self.signers[role] = [Signer() for _ in range(self.thresholds[role])]

    def meta(self, role):
        description = {"version": self.versions[role]}
        if self.describe:
            served = self.published[role]
            description |= {"length": len(served), "hashes": {"sha256": hashlib.sha256(served).hexdigest()}}
        return {f"{role}.json": description}

    def part(self, role):
        part = {"_type": role, "spec_version": "1.0.31", "version": self.versions[role],
                "expires": expiry(self.days[role])}
        if role == "root":
            part["consistent_snapshot"] = self.consistent
            part["keys"] = {signer.id: signer.public for signers in self.signers.values() for signer in signers}
            part["roles"] = {name: {"keyids": [signer.id for signer in self.signers[name]],
                                    "threshold": self.thresholds[name]} for name in ROLES}
        elif role == "targets":
            part["targets"] = copy.deepcopy(self.targets)
        else:
            part["meta"] = self.meta("snapshot" if role == "timestamp" else "targets")
        return part

    def sign(self, part, signers):
        signed = canonical(part)
        signatures = [signer.signature(signed) for signer in signers]
        return b'{"signatures":' + canonical(signatures) + b',"signed":' + signed + b"}"

    def serve(self, role, content, version):
        self.published[role] = content
        if role == "root":
            self.files[f"{version}.root.json"] = content
        elif role == "timestamp" or not self.consistent:
            self.files[f"{role}.json"] = content
        else:
            self.files[f"{version}.{role}.json"] = content

    def publish(self, *roles, change=None, signers=None):
        """Makes and serves the next version of each role; `change` may alter a signed part before it is signed."""
        for role in roles:
            self.versions[role] += 1
            part = self.part(role)
            if change is not None:
                change(role, part)
            self.serve(role, self.sign(part, self.signers[role] if signers is None else signers),
                       self.versions[role])

    def target_file(self, path):
        """The name under which a target is served."""
        if not self.consistent:
            return path
        folder, _, name = path.rpartition("/")
        return (f"{folder}/" if folder else "") + f"{self.targets[path]['hashes']['sha256']}.{name}"

    def target(self, served):
        """The content of what is served under that name."""
        for path in self.targets:
            if self.target_file(path) == served:
                return self.contents[path]
        return None
