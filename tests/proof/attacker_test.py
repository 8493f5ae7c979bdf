#!/usr/bin/env python3
"""An attacker at the device door: what is not the asker's is not given, what is not the protocol is refused, and nothing
that is tried harms an honest device.

usage: attacker_test.py SEATMETER
The store is SQLite's: the door decides from memory, the same way on both engines."""
import json
import os
import re
import socket
import sys
import time
import urllib.parse

from device import Device, Door, bytes_of, dumped, mac_of, text_of
from programme import PATIENCE_S, Cases, OnSqlite, Wrong, until

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Stage:
    def __init__(self, programme):
        self.programme = programme.begin()
        self.key, self.licence = programme.issue(500)
        programme.say("account", "add", "--kind", "provider", "--name", "Elm IT", "--code", "ELM")
        programme.say("agreement", "offer", "--buyer", "ELM")
        programme.say("agreement", "sign", "--buyer", "ELM", "--by", "Eve Elm")
        programme.say("account", "add", "--kind", "customer", "--name", "Quay Law", "--code", "LAW", "--seller", "ELM")
        self.other_key, _ = programme.issue(50, provider="ELM", customer="LAW")
        self.service = programme.serve()
        self.door = Door(self.service.device)
        self.address = urllib.parse.urlsplit(self.service.device)

    def device(self, key=None):
        machine = Device()
        answer = machine.activate(self.door, key or self.key)
        if answer.code != "ok":
            raise Wrong(f"an honest activation: {answer}")
        return machine

    def post(self, path, body):
        return self.door.ask("POST", path, body)

    def raw(self, sent):
        """All that comes until the door closes. Who waits in vain for a second says that it sends no more."""
        with socket.create_connection((self.address.hostname, self.address.port), timeout=1) as connection:
            came, end, is_open = b"", time.monotonic() + PATIENCE_S, True
            try:
                connection.sendall(sent)
            except OSError:
                pass  # refused before all was sent; the answer may still be there
            while time.monotonic() < end:
                try:
                    more = connection.recv(65536)
                    if not more:
                        return came
                    came += more
                except TimeoutError:
                    if is_open:
                        connection.shutdown(socket.SHUT_WR)
                        is_open = False
                except OSError:
                    return came
        raise Wrong(f"neither answered nor closed: {sent[:120]!r} {came[:300]!r}")

    def metrics(self):
        return self.service.metrics(self.service.device)


def expect(answer, codes, what):
    if answer.code not in codes:
        raise Wrong(f"{what}: {answer}")
    if answer.status == 200 and not answer.is_lease:
        raise Wrong(f"{what}: 200 without a lease: {answer}")


def changed(body, **changes):
    """The same body with members changed behind its signature's or MAC's back."""
    whole = json.loads(body)
    whole.update(changes)
    return dumped({name: value for name, value in whole.items() if value is not None})


def forged_activations(stage):
    machine, thief = Device(), Device()
    body = machine.activation(stage.key)
    tries = {
        "another licence's key": {"key": stage.other_key},
        "another's key pair": {"device_key": text_of(thief.public)},
        "another machine": {"fingerprint": text_of(thief.fingerprint)},
        "another link": {"link": text_of(os.urandom(8))},
        "another time": {"time": int(time.time()) - 60},
        "a signature of zeros": {"signature": text_of(bytes(64))},
        "a key of order 1, which anything signs": {"device_key": text_of(b"\x01" + bytes(31)),
                                                   "signature": text_of(b"\x01" + bytes(63))},
        "a key of zeros": {"device_key": text_of(bytes(32)), "signature": text_of(bytes(64))},
    }
    for what, changes in tries.items():
        expect(stage.post("/v1/activate", changed(body, **changes)), {"credential-wrong"}, what)
    expect(stage.post("/v1/activate", body), {"ok"}, "the honest one afterwards")


def malformed_bodies(stage):
    machine = stage.device()
    good = machine.activation(stage.key)
    check_in = machine.check_in_body()
    mac = re.search(rb',"mac":"[^"]*"', check_in)[0]
    bodies = {
        "/v1/activate": [
            b"", b"{", b"[]", b"null", b"{}", b"\0", b"\xff\xfe", b"[" * 3000, b'{"key":' * 200, good[:-1], good + b"x",
            good + good, good.replace(b'"time":', b'"time":1,"time":'), good.replace(b"{", b'{"key":"","', 1),
            *(changed(good, **{name: None}) for name in ("key", "device_key", "fingerprint", "link", "time", "signature")),
            *(machine.activation(stage.key, name=name) for name in ("x" * 101, 7, ["x"])),
            *(machine.activation(stage.key, version=version) for version in ("x" * 51, 7)),
            *(machine.activation(stage.key, components=some) for some in ("x", [7], ["x" * 51], ["x"] * 33, [["x"]])),
            *(machine.activation(stage.key, time=when) for when in ("now", -1, 1.5, 10 ** 30)),
            changed(good, link=text_of(bytes(7))), changed(good, link=text_of(bytes(9))), changed(good, signature="AA"),
            changed(good, fingerprint=text_of(bytes(31))), changed(good, device_key="!" * 43),
        ],
        "/v1/check-in": [
            b"", b"{}", b"[]", check_in[:-1], check_in + b" x", check_in[:-1] + b',"x":1}', check_in.replace(mac, b""),
            b"{" + mac[1:] + b"," + check_in[1:].replace(mac, b""), check_in.replace(b'"mac":"', b'"mac":"A'),
            *(machine.check_in_body(sequence=value) for value in (0, -1, 2 ** 31, 10 ** 30, 1.5, "1", None, [1])),
            *(machine.check_in_body(**{name: value}) for name in ("previous", "link")
              for value in ("", text_of(bytes(7)), text_of(bytes(9)), 7, None)),
            *(machine.check_in_body(time=value) for value in ("x", None, -5)),
            machine.check_in_body().replace(b'{"device"', b'{"sequence":1,"device"'),
        ],
    }
    codes = {}
    for path, some in bodies.items():
        for body in some:
            answer = stage.post(path, body)
            if answer.status not in (400, 401, 404) or answer.json().get("words", "") == "":
                raise Wrong(f"{path} {body[:200]!r}: {answer}")
            codes[answer.code] = codes.get(answer.code, 0) + 1
    expect(machine.check_in(stage.door), {"ok"}, "the honest device afterwards")
    expect(stage.post("/v1/activate", machine.activation("ABCDE-ABCDE-ABCDE-ABCDE-ABCDE")), {"malformed-key"}, "a bad key")
    return codes


def another_s_credential(stage):
    mine, theirs = stage.device(), stage.device(stage.other_key)
    tries = {
        "my MAC for another's device": mine.check_in_body(device=theirs.id, sequence=1, previous=text_of(theirs.link)),
        "a MAC of zeros": mine.check_in_body(mac=bytes(32)),
        "a MAC with a key of zeros": mine.check_in_body(key=bytes(32)),
        "a MAC with the device's public key": mine.check_in_body(key=mine.public),
        "a body changed behind its MAC": mine.check_in_body().replace(b'"sequence":1', b'"sequence":9'),
        "a MAC over the whole body": mine.check_in_body(mac=mac_of(mine.key, mine.check_in_body())),
    }
    for what, body in tries.items():
        for path in ("/v1/check-in", "/v1/release"):
            expect(stage.post(path, body), {"credential-wrong", "malformed-request"}, f"{what} at {path}")
    # A credential of before an activation with a new key pair.
    stolen = theirs.copy()
    renewed = Device()
    theirs.public, theirs.secret = renewed.public, renewed.secret
    expect(theirs.activate(stage.door, stage.other_key), {"ok"}, "activated with a new key pair")
    expect(stolen.check_in(stage.door), {"replaced", "credential-wrong"}, "the credential of before")
    for honest in (mine, theirs):
        expect(honest.check_in(stage.door), {"ok"}, "the honest device afterwards")


def replays(stage):
    machine = stage.device()
    body = machine.check_in_body()
    first = machine.advance(body, stage.post("/v1/check-in", body))
    again = stage.post("/v1/check-in", body)
    expect(again, {"ok"}, "the very same again is a retry")
    if (again.lease["sequence"], again.lease["link"]) != (first.lease["sequence"], first.lease["link"]):
        raise Wrong(f"a retry moved the chain: {first.lease} {again.lease}")
    machine.check_in(stage.door)
    old = stage.post("/v1/check-in", body)
    if old.status == 200 and old.lease["decision"] != "stop":
        raise Wrong(f"an old body gives a working lease: {old}")
    if old.is_lease and old.lease["expires"] > old.lease["issued"]:
        raise Wrong(f"an old body prolongs: {old.lease}")
    expect(machine.check_in(stage.door), {"ok"}, "the honest device, after somebody replayed an old body of its")
    ahead = machine.check_in_body(sequence=machine.sequence + 5)
    answer = stage.post("/v1/check-in", ahead)
    if answer.status == 200 and answer.lease["decision"] == "work":
        raise Wrong(f"a device that is ahead of the door is believed without a crash: {answer.lease}")
    return f"an old body is answered {old.code}"


def activations_count_once(stage):
    """Whoever has recorded what a machine said to be activated, and all that came after it, gains nothing by saying it again."""
    machine = Device()
    activation = machine.activation(stage.key)
    machine.take(activation, stage.post("/v1/activate", activation))
    expect(stage.post("/v1/activate", activation), {"ok"}, "the answer was lost")
    first = machine.check_in_body()
    machine.advance(first, stage.post("/v1/check-in", first))
    recorded, spent = {"activation": activation}, {"replaced"}

    def try_all(when):
        for what, body in recorded.items():
            answer = stage.post("/v1/activate", body)
            expect(answer, spent, f"{what}, replayed {when}")
            if answer.is_lease or b"check_in_key" in answer.body:
                raise Wrong(f"{what}, replayed {when}, gives a credential: {answer}")

    try_all("after a check-in")
    expect(machine.check_in(stage.door), {"ok"}, "the honest device afterwards")
    recorded["second activation"] = machine.activation(stage.key)
    machine.take(recorded["second activation"], stage.post("/v1/activate", recorded["second activation"]))
    expect(stage.post("/v1/activate", activation), spent, "the first activation after the second")
    expect(machine.check_in(stage.door), {"ok"}, "the device that was activated anew")
    try_all("after two activations")
    release = machine.check_in_body(action="release")
    expect(machine.advance(release, stage.post("/v1/release", release)), {"released", "ok"}, "a release")
    spent = {"replaced", "released"}
    try_all("after a release")
    third = machine.activation(stage.key)
    expect(machine.take(third, stage.post("/v1/activate", third)), {"ok"}, "activated once more")
    for path, body in (("/v1/activate", activation), ("/v1/check-in", first), ("/v1/release", release)):
        stage.post(path, body)
    expect(machine.check_in(stage.door), {"ok"}, "the device after all that was recorded is replayed in order")


def release_is_meant(stage):
    machine = stage.device()
    body = machine.check_in_body()
    answer = stage.post("/v1/release", body)
    if answer.is_lease:
        raise Wrong(f"a check-in's body releases: {answer}")
    expect(machine.check_in(stage.door), {"ok"}, "a device whose check-in was replayed at /v1/release")
    release = machine.check_in_body(action="release")
    at_check_in = machine.advance(release, stage.post("/v1/check-in", release))
    if at_check_in.status == 200:
        answer = machine.check_in(stage.door)
    else:
        answer = machine.check_in(stage.door)
    expect(answer, {"ok"}, "a device whose release was sent to /v1/check-in")
    expect(machine.release(stage.door), {"released", "ok"}, "a release")
    expect(machine.check_in(stage.door), {"released"}, "a released device")
    return f"a release at /v1/check-in is answered {at_check_in.status} {at_check_in.code}"


def clones(stage):
    machine = stage.device()
    machine.check_in(stage.door)
    clone = machine.copy()
    expect(machine.check_in(stage.door), {"ok"}, "the first of two copies")
    seen = clone.check_in(stage.door)
    expect(seen, {"clone-seen"}, "the second of two copies")
    if seen.lease["decision"] != "stop" or seen.lease["expires"] > seen.lease["issued"]:
        raise Wrong(f"a clone works on: {seen.lease}")
    expect(machine.check_in(stage.door), {"ok"}, "the first copy afterwards")
    # What is written behind, at most a second later.
    until(lambda: any(one["id"] == machine.id and one["clones"] == 1 for one in stage.programme.ask(
        "device", "list", "--licence", stage.licence)["items"]), "the provider sees the clone", 0.2)


def guesses_do_not_harm(stage):
    """Rate limits count per agent, so whoever names another's device must not use its limit up."""
    machine = stage.device()
    for _ in range(400):
        expect(stage.post("/v1/check-in", machine.check_in_body(mac=os.urandom(32))), {"credential-wrong"}, "a guessed MAC")
    expect(machine.check_in(stage.door), {"ok"}, "a device whose MAC was guessed at 400 times")


def limits_are_per_device(stage):
    """One that asks all the time is told to wait; its neighbours behind the same address are not."""
    machine, neighbour = stage.device(), stage.device()
    for asked in range(1, 5001):
        answer = machine.check_in(stage.door)
        if answer.code != "ok":
            break
    else:
        raise Wrong("5000 check-ins in a row of one device, and nobody minds")
    if answer.code != "too-often" or answer.status != 429 or int(answer.headers.get("retry-after", 0)) < 1:
        raise Wrong(f"a device that asks too often: {answer} {answer.headers}")
    expect(neighbour.check_in(stage.door), {"ok"}, "its neighbour")
    until(lambda: machine.check_in(stage.door).code == "ok", "it is answered again", 0.5)
    return f"the {asked}th check-in in a row, with Retry-After {answer.headers['retry-after']}"


def identifiers_tell_nothing(stage):
    machine = stage.device()
    wrong = stage.post("/v1/check-in", machine.check_in_body(mac=os.urandom(32)))
    unknown = set()
    for _ in range(50):
        name = "dev_" + "".join(DIGITS[digit % 32] for digit in os.urandom(13))
        answer = stage.post("/v1/check-in", machine.check_in_body(device=name))
        unknown.add((answer.status, answer.code))
    for name in ("dev_", "dev_0", machine.id[:-1], machine.id + "0", stage.licence, "dev_" + "'" * 13, "x" * 300):
        answer = stage.post("/v1/check-in", machine.check_in_body(device=name))
        if answer.status not in (400, 401, 404):
            raise Wrong(f"device {name}: {answer}")
    if not unknown <= {(404, "unknown-device"), (401, "credential-wrong"), (400, "malformed-request")}:
        raise Wrong(f"unknown devices: {unknown}")
    return f"a wrong MAC: {wrong.status} {wrong.code}; no such device: {sorted(unknown)}"


def clocks(stage):
    """A client's clock moves nothing but the advice."""
    for off in (-10 ** 9, -86400 * 400, -301, 301, 86400 * 400, 10 ** 9):
        machine, before, when = Device(), int(time.time()) - 1, int(time.time()) + off
        answer = machine.activate(stage.door, stage.key, time=when)
        for what, answer in (("activation", answer), ("check-in", machine.check_in(stage.door, time=when))):
            expect(answer, {"ok"}, f"{what} with a clock that is {off} s off")
            lease = answer.lease
            if not before <= lease["issued"] <= time.time() or not 0 < lease["expires"] - lease["issued"] <= 86400:
                raise Wrong(f"{what}: a clock {off} s off moves the lease's times: {lease}")
            if "clock-wrong" not in lease["advice"] and abs(off) > 600:
                raise Wrong(f"{what}: no advice for a clock that is {off} s off: {lease}")
    expect(machine.check_in(stage.door, ttl=10 ** 9, expires=10 ** 10, renew_after=10 ** 10), {"ok"}, "asking for longer")


def other_methods_and_places(stage):
    machine = stage.device()
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/v1/activate", "/v1/check-in", "/v1/release"):
            answer = stage.door.ask(method, path)
            if answer.status not in (400, 405, 501):
                raise Wrong(f"{method} {path}: {answer}")
    for path in ("/", "/v1", "/v1/accounts", "/v1/licences", "/v1/session", "/openapi.yaml", "/v1/check-in/", "/v1//check-in",
                 "/v1/check-in/../activate", "/V1/CHECK-IN", "/v1/check%2din", "/etc/passwd", "/../secret", "/v1/keys/x"):
        for method, body in (("GET", None), ("POST", machine.check_in_body())):
            answer = stage.door.ask(method, path, body)
            if answer.status not in (400, 404, 405):
                raise Wrong(f"{method} {path}: {answer}")
    forwarded = stage.door.ask("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    if forwarded.status == 200:
        raise Wrong("a proxy's client reads the metrics")
    expect(machine.check_in(stage.door), {"ok"}, "the honest device afterwards")


def smuggling(stage):
    """What two readers of HTTP could take for different requests is refused and ends the connection."""
    machine, victim = stage.device(), stage.device()
    body = victim.check_in_body()  # some forms may be taken, and its chain goes on
    hidden = b"GET /v1/keys HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n"

    def post(headers, sent=body, line=b"POST /v1/check-in HTTP/1.1", end=b"\r\n"):
        return line + end + b"Host: door" + end + b"".join(one + end for one in headers) + end + sent + hidden

    length = b"Content-Length: %d" % len(body)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    tries = {
        "two lengths that differ": post([length, b"Content-Length: 5"]),
        "two lengths in a list": post([b"Content-Length: %d, %d" % (len(body), len(body))]),
        "two lengths that agree": post([length, length]),
        "a length and chunks": post([length, b"Transfer-Encoding: chunked"], chunks),
        "chunks and a length": post([b"Transfer-Encoding: chunked", length], chunks),
        "chunks spelt oddly": post([length, b"Transfer-Encoding: xchunked"]),
        "chunks with a tab": post([length, b"Transfer-Encoding:\tchunked"]),
        "chunks twice": post([b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"], chunks),
        "a length with a sign": post([b"Content-Length: +%d" % len(body)]),
        "a negative length": post([b"Content-Length: -1"]),
        "a length in hexadecimal": post([b"Content-Length: 0x%x" % len(body)]),
        "a length beyond 64 bits": post([b"Content-Length: 18446744073709551617"]),
        "a length with blanks inside": post([b"Content-Length: 1 0"]),
        "a blank before the colon": post([b"Content-Length : %d" % len(body)]),
        "a folded header": post([b"X: a\r\n b", length]),
        "a header without a colon": post([b"nonsense", length]),
        "a header without a name": post([b": x", length]),
        "a zero in a header": post([b"X: a\0b", length]),
        "bare line feeds": post([length], end=b"\n"),
        "bare carriage returns": post([length], end=b"\r"),
        "no host": b"POST /v1/check-in HTTP/1.1\r\n" + length + b"\r\n\r\n" + body + hidden,
        "HTTP/0.9": b"GET /v1/keys\r\n\r\n" + hidden,
        "HTTP/2.0": post([length], line=b"POST /v1/check-in HTTP/2.0"),
        "no version": post([length], line=b"POST /v1/check-in"),
        "a blank in the address": post([length], line=b"POST /v1/check-in x HTTP/1.1"),
        "no method": post([length], line=b" /v1/check-in HTTP/1.1"),
        "TLS": bytes.fromhex("16030100c8010000c40303") + os.urandom(190),
        "a header of 100,000 bytes": post([b"X: " + b"x" * 100000, length]),
        "10,000 headers": post([b"X%d: x" % number for number in range(10000)] + [length]),
        "an address of 100,000 bytes": post([length], line=b"POST /" + b"x" * 100000 + b" HTTP/1.1"),
    }
    kept, before = [], stage.metrics()
    for what, sent in tries.items():
        came = stage.raw(sent)
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", came)]
        if b'"keys":"' in came:
            kept.append(f"{what} ({statuses})")
        elif any(not 400 <= status < 600 for status in statuses):
            raise Wrong(f"{what}: answered {statuses}: {came[:300]!r}")
    # RFC 9112 lets bare line feeds, equal lengths (6.3) and folds be taken; the door need not.
    allowed = ("two lengths that agree", "two lengths in a list", "bare line feeds", "a folded header", "chunks with a tab")
    if bad := [one for one in kept if not one.startswith(allowed)]:
        raise Wrong(f"the request behind it was answered: {'; '.join(bad)}")
    grown = {name: value - before.get(name, 0) for name, value in stage.metrics().items()
             if re.search("dropped_total.*(malformed|too-large)", name) and value > before.get(name, 0)}
    if not grown:
        raise Wrong("what was malformed is not counted in /metrics")
    grown = {re.search('why="(.*)"', name)[1]: int(count) for name, count in grown.items()}
    expect(machine.check_in(stage.door), {"ok"}, "the honest device afterwards")
    return f"taken: {kept or 'none'}; counted: {grown}"


def oversized(stage):
    before = stage.metrics()
    machine = stage.device()
    for size in (10_000, 70_000, 2_000_000):
        body = machine.activation(stage.key, components=None)[:-1] + b',"x":"' + b"x" * size + b'"}'
        answer = re.findall(rb"HTTP/1\.1 (\d{3})", stage.raw(
            b"POST /v1/activate HTTP/1.1\r\nHost: door\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body))
        if answer not in ([b"413"], []) and not (size == 10_000 and answer == [b"200"]):
            raise Wrong(f"a body of {size} bytes: {answer}")
    told = stage.raw(b"POST /v1/activate HTTP/1.1\r\nHost: door\r\nContent-Length: 9000000000\r\nExpect: 100-continue\r\n\r\n")
    if not told.startswith((b"HTTP/1.1 413", b"HTTP/1.1 417")):
        raise Wrong(f"9 GB are welcome: {told[:200]!r}")
    if not any("large" in name and value > before.get(name, 0) for name, value in stage.metrics().items()):
        raise Wrong("what was too large is not counted in /metrics")


def errors_tell_nothing(stage):
    """No answer has a path, an SQL word or an address in it, and each is JSON with code and words."""
    machine = stage.device()
    answers = [stage.post("/v1/check-in", body) for body in (b"", b"{}", machine.check_in_body(mac=bytes(32)))]
    answers += [stage.post("/v1/activate", machine.activation("00000-00000-00000-00000-00000")),
                stage.door.ask("GET", "/nowhere"), stage.door.ask("GET", "/tuf/targets/../../etc/passwd")]
    for answer in answers:
        body = answer.json()
        if set(body) - {"code", "words", "field"} or re.search(r"/|sqlite|select |0x", body["words"]):
            raise Wrong(f"an error says more than it should: {answer}")
        if any(name in answer.headers for name in ("server", "x-powered-by")):
            raise Wrong(f"a header names the program: {answer.headers}")


def main():
    cases = Cases()
    with OnSqlite(sys.argv[1]) as programme:
        stage = Stage(programme)
        for sentence, test in (
                ("forged activations are refused", forged_activations),
                ("what is not the protocol is refused with a code and words", malformed_bodies),
                ("another's credential opens nothing", another_s_credential),
                ("an activation counts once, whoever has recorded it", activations_count_once),
                ("replayed bodies neither prolong a lease nor harm the device", replays),
                ("only a release releases", release_is_meant),
                ("of two copies the second stops, and the first goes on", clones),
                ("guessing at a device's MAC does not throttle it", guesses_do_not_harm),
                ("rate limits are each device's own", limits_are_per_device),
                ("identifiers that are tried tell nothing but whether there is a device", identifiers_tell_nothing),
                ("a clock that is wrong, or a wish for longer, moves no lease", clocks),
                ("other methods and addresses lead nowhere", other_methods_and_places),
                ("requests that two readers could read differently end the connection", smuggling),
                ("oversized requests are refused before they are read", oversized),
                ("errors tell nothing of the inside", errors_tell_nothing)):
            cases.case(sentence, test, stage)
        cases.case("the service ends cleanly", stage.service.stop)
        cases.case("seatmeter check finds nothing", programme.check)
    cases.end()


if __name__ == "__main__":
    main()
