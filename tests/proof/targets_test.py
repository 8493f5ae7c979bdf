#!/usr/bin/env python3
"""An attacker at the update repository: a file goes to a device that may have it, by a header of its own for that file
and about now, and to nobody else.

usage: targets_test.py SEATMETER
On SQLite, and on PostgreSQL where SEATMETER_TEST_POSTGRESQL names a server."""
import os
import re
import sys
import time

from device import Device, Door
from programme import Cases, Wrong, engines, until

CONTENT = "the guard, version %s\n" * 3000


class Stage:
    def __init__(self, programme):
        self.programme = programme.begin()
        self.key, self.licence = programme.issue(50)
        self.mail_key, self.mail_licence = programme.issue(50, sku="MAIL")
        for product, sku in (("GUARD", "EPP"), ("LETTERS", "MAIL")):
            programme.say("product", "add", "--vendor", "CONTOSO", "--code", product, "--name", product.title(), "--skus", sku)
            self.publish(product, "1.0.0")
        self.service = programme.serve()
        self.door = Door(self.service.device)
        self.device, self.other = Device(), Device()
        for device, key in ((self.device, self.key), (self.other, self.mail_key)):
            if device.activate(self.door, key).code != "ok":
                raise Wrong("an honest activation")
        self.targets = self.read_targets()
        self.guard, self.letters = self.target("GUARD", "1.0.0"), self.target("LETTERS", "1.0.0")

    def publish(self, product, version):
        path = self.programme.file(f"{product}-{version}.bin", product + CONTENT.replace("%s", version))
        self.programme.say("release", "publish", path, "--product", product, "--version", version, "--channel", "stable",
                           "--platform", "linux-amd64")

    def metadata(self, name):
        answer = self.door.ask("GET", f"/tuf/{name}.json")
        if answer.status != 200:
            raise Wrong(f"/tuf/{name}.json: {answer}")
        return answer.json()["signed"]

    def read_targets(self):
        snapshot = self.metadata("timestamp")["meta"]["snapshot.json"]["version"]
        targets = self.metadata(f"{snapshot}.snapshot")["meta"]["targets.json"]["version"]
        return self.metadata(f"{targets}.targets")["targets"]

    def target(self, product, version):
        """Its address, with the hash in front of the file's name, as consistent snapshots have it."""
        path = f"{product}/stable/linux-amd64/{version}/{product}-{version}.bin"
        folder, _, name = path.rpartition("/")
        return f"/tuf/targets/{folder}/{self.targets[path]['hashes']['sha256']}.{name}"

    def get(self, target, device=None, headers=None, **how):
        device = device or self.device
        return self.door.ask("GET", target, headers=headers if headers is not None else device.target_header(target, **how))


def refused(answer, statuses, codes, what):
    if answer.status not in statuses or (codes and answer.code not in codes) or b"the guard" in answer.body:
        raise Wrong(f"{what}: {answer}")


def served(answer, product, what="an honest download"):
    if answer.status != 200 or answer.body != (product + CONTENT.replace("%s", "1.0.0")).encode():
        raise Wrong(f"{what}: {answer}")


def honest(stage):
    served(stage.get(stage.guard), "GUARD")
    served(stage.get(stage.letters, stage.other), "LETTERS")
    part = stage.get(stage.guard, headers={**stage.device.target_header(stage.guard), "Range": "bytes=10-19"})
    if part.status != 206 or part.body != (b"GUARD" + CONTENT.replace("%s", "1.0.0").encode())[10:20]:
        raise Wrong(f"a part of the file: {part}")


def headers(stage):
    me, now = stage.device, int(time.time())
    good = me.target_header(stage.guard)["Authorization"]
    scheme, name, when, mac = good.split(" ")
    tries = {
        "no header": None, "nothing": "", "the scheme alone": scheme, "another scheme": good.replace(scheme, "Bearer"),
        "no time": f"{scheme} {name} {mac}", "a word more": good + " x", "a MAC cut short": good[:-1],
        "a MAC with padding": good + "=", "a licence as the device": good.replace(name, stage.licence),
        "another's device": good.replace(name, stage.other.id), "an unknown device": good.replace(name, "dev_0123456789ABC"),
        "a time of before 1970": good.replace(when, "-5"), "a time beyond 64 bits": good.replace(when, "9" * 30),
        "a time with a sign": good.replace(when, f"+{when}"),
        "two devices": f"{good}, {good}",
        "a check-in's MAC": f"{scheme} {name} {when} {stage_mac(me)}",
    }
    for what, value in tries.items():
        answer = stage.get(stage.guard, headers={} if value is None else {"Authorization": value})
        refused(answer, (400, 401), {"credential-wrong", "malformed-request", ""}, what)
    for off in (-3700, 3700, -86400, 86400, -now):
        refused(stage.get(stage.guard, at=int(time.time()) + off), (401,), {"credential-wrong"}, f"a header that is {off} s off")
    for off in (-3500, 3500):
        served(stage.get(stage.guard, at=int(time.time()) + off), "GUARD", f"a header that is {off} s off")
    for what, how in {"another's MAC": {"key": stage.other.key}, "a MAC for another file": {"signed": stage.letters},
                      "a MAC for the folder": {"signed": "/tuf/targets/"}, "a key of zeros": {"key": bytes(32)}}.items():
        refused(stage.get(stage.guard, **how), (401,), {"credential-wrong"}, what)
    served(stage.get(stage.guard), "GUARD", "the honest one afterwards")


def stage_mac(device):
    return device.check_in_body().rpartition(b'"mac":"')[2].rstrip(b'"}').decode()


def other_products(stage):
    refused(stage.get(stage.letters), (403,), {"not-entitled"}, "a product that the licence is not for")
    refused(stage.get(stage.guard, stage.other), (403,), {"not-entitled"}, "a product that the licence is not for")


def paths(stage):
    """With the right header for just that address, nothing but published files comes."""
    folder, _, name = stage.guard.rpartition("/")
    tries = ["/tuf/targets/", "/tuf/targets", "/tuf/targets/.", "/tuf/targets/..", "/tuf/targets/../timestamp.json",
             "/tuf/targets/../../secret", "/tuf/targets/../../../../etc/passwd", "/tuf/targets//etc/passwd",
             f"{folder}/", f"{folder}//{name}", f"{folder}/./{name}", f"{folder}/../1.0.0/{name}", f"{stage.guard}/",
             f"{stage.guard}/..", f"{stage.guard}%00", f"{folder}/%2e%2e/1.0.0/{name}", f"{folder}%2f{name}",
             f"{folder}/..%2f..%2f..%2fetc%2fpasswd", f"{folder}\\{name}", f"{folder}/{name[:64]}.", f"{folder}/{name[65:]}",
             f"{folder}/{'0' * 64}.{name[65:]}", f"{folder}/{name.upper()}", stage.guard.replace("stable", "nightly"),
             stage.guard.replace("GUARD", "LETTERS", 1), f"/tuf/targets/{'x/' * 2000}", f"/tuf/targets/{'..%2f' * 200}",
             "/tuf/../tuf/root.json", "/tuf/..%2f..%2fsecret", "/tuf/.json", "/tuf/x/timestamp.json", "/tuf/1.root.json%00",
             "/tuf/" + "9" * 60 + ".json", "/tuf/timestamp.json/.."]
    for target in tries:
        answer = stage.get(target)
        refused(answer, (400, 401, 403, 404, 410, 414, 431), None, target[:100])
        if any(word in answer.body for word in (b"root:", b"hello", os.fsencode(stage.programme.folder))):
            raise Wrong(f"{target}: {answer}")
    served(stage.get(stage.guard), "GUARD", "the honest one afterwards")


def loads(stage):
    metrics = stage.door.ask("GET", "/metrics").body.decode()
    return int(re.search(r"metadata_loads_total (\d+)", metrics).group(1))


def crowd(stage):
    """Names that nobody has are many; they take the places of one another, not of what every client asks for."""
    snapshot = stage.metadata("timestamp")["meta"]["snapshot.json"]["version"]
    known = ["timestamp", "root", "1.root", f"{snapshot}.snapshot"]
    for name in known:
        stage.metadata(name)
    for version in range(1000, 1100):
        answer = stage.door.ask("GET", f"/tuf/{version}.root.json")
        if answer.status != 404:
            raise Wrong(f"/tuf/{version}.root.json: {answer}")
    before = loads(stage)
    for name in known:
        stage.metadata(name)
    if loads(stage) != before:
        raise Wrong(f"{loads(stage) - before} of {known} were crowded out of memory")


def ranges(stage):
    whole = ("GUARD" + CONTENT.replace("%s", "1.0.0")).encode()
    for value in ("bytes=0-", "bytes=-5", "bytes=5-4", "bytes=999999-", "bytes=-0", "bytes=0-0,5-9", "bytes=a-b", "items=0-5",
                  "bytes=" + ",".join(f"{at}-{at}" for at in range(300)), f"bytes={'9' * 40}-", "bytes=--5", "bytes=5-+9"):
        answer = stage.get(stage.guard, headers={**stage.device.target_header(stage.guard), "Range": value})
        if answer.status not in (200, 206, 400, 416, 431):
            raise Wrong(f"Range: {value[:60]}: {answer.status}")
        if answer.status == 206 and answer.body not in whole or answer.status == 200 and answer.body != whole:
            raise Wrong(f"Range: {value[:60]}: other bytes")


def states(stage):
    """Off, released, withdrawn: at once, and by its code."""
    me = stage.device
    stage.programme.say("licence", "off", stage.licence)
    until(lambda: stage.get(stage.guard).code == "off", "a licence that is off gets no file")
    stage.programme.say("licence", "on", stage.licence)
    until(lambda: stage.get(stage.guard).status == 200, "on again")
    stage.publish("GUARD", "1.1.0")
    until(lambda: any("1.1.0" in path for path in stage.read_targets()), "the new release is in the repository")
    stage.targets = stage.read_targets()
    fresh = stage.target("GUARD", "1.1.0")
    if stage.get(fresh).status != 200:
        raise Wrong("a new release is not served")
    stage.programme.say("release", "withdraw", "GUARD/1.1.0", "--reason", "It does not start.")
    until(lambda: stage.get(fresh).code == "version-withdrawn", "a withdrawn release is not served")
    if stage.get(fresh).json()["reason"] != "It does not start.":
        raise Wrong(f"the reason is not told: {stage.get(fresh)}")
    me.release(stage.door)
    refused(stage.get(stage.guard), (403,), {"released"}, "a released device")


def expired(stage):
    stage.programme.say("sku", "terms", "EPP", "--ttl", "10s")
    machine = Device()

    def has_short_lease():
        lease = Device.activate(probe := Device(), stage.door, stage.key).lease
        return lease["expires"] - lease["issued"] == 10 and probe

    until(has_short_lease, "the terms are known")
    lease = machine.activate(stage.door, stage.key).lease
    served(stage.get(stage.guard, machine), "GUARD")
    until(lambda: stage.get(stage.guard, machine).code == "lease-expired", "a lease that has expired opens nothing")
    if time.time() < lease["expires"]:
        raise Wrong("the lease ended early")
    machine.check_in(stage.door)
    served(stage.get(stage.guard, machine), "GUARD", "after the next check-in")


def main():
    cases = Cases()
    for engine in engines():
        with engine(sys.argv[1]) as programme:
            stage = Stage(programme)
            for sentence, test in (
                    ("who may have a file gets it, whole and in parts", honest),
                    ("a header that is not the device's own, for that file and about now, opens nothing", headers),
                    ("other products' files are refused", other_products),
                    ("no address leads out of the repository", paths),
                    ("names that nobody has crowd nothing out of memory", crowd),
                    ("odd ranges give no other bytes", ranges),
                    ("a lease that has expired opens nothing", expired),
                    ("off, released and withdrawn are refused at once", states)):
                cases.case(f"{programme.engine}: {sentence}", test, stage)
            cases.case(f"{programme.engine}: the service ends cleanly", stage.service.stop)
            cases.case(f"{programme.engine}: seatmeter check finds nothing", programme.check)
    cases.end()


if __name__ == "__main__":
    main()
