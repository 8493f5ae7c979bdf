#!/usr/bin/env python3
"""Both doors in a storm: /healthz answers through every one of them; what is no HTTP is refused; limits hold for a client
in whatever form its address comes; nobody's noise holds up another's change; memory is bounded and given back.

usage: storm_test.py SEATMETER"""
import json
import pathlib
import re
import signal
import sys
import tempfile
import threading
import time

import storms
from storms import ask, request, wrong_sign_in

# A sanitizer keeps freed memory for a while, which is none of the door's.
QUIET_SANITIZER = {"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}
CASE = {"control": (b"POST /v1/session", b"Content-Type: application/json\r\n"), "device": (b"POST /v1/check-in", b"")}
MIB = 1 << 20


def eventually(condition, what, found):
    until = time.monotonic() + storms.PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            found(f"never: {what}")
            return
        time.sleep(0.02)


def healthz_answers_through_every_storm(stage, found):
    for door, address in stage.doors.items():
        for what, storm in storms.storms_of(door):
            worst = 0.0
            try:
                with storms.Blowing(storm, address):
                    for _ in range(10):
                        for other in stage.doors.values():  # a storm at one door leaves the other working
                            worst = max(worst, storms.healthz_s(other))
            except (AssertionError, OSError) as error:
                found(f"{what} at the {door} door: {error!r}")
            print(f"     {door}: {what}: {worst * 1000:.0f} ms at the worst", flush=True)


def connections_of(stage):
    _, _, body = ask(stage.control, request("GET", "/metrics"))
    return int(body.split(b"\nseatmeter_http_connections ")[1].split()[0])


def a_connection_whose_client_has_gone_is_gone(stage, found):
    for what, words in storms.HALVES.items():
        for closes in (lambda one: one.close(), lambda one: one.shutdown(storms.socket.SHUT_WR)):
            ones = [storms.connect(stage.control) for _ in range(100)]
            for one in ones:
                one.send(words) if words else None
                closes(one)
            eventually(lambda: connections_of(stage) <= 5, f"connections that ended after {what} are closed", found)


def spoilt_requests(door):
    """Requests that RFC 9112 lets us refuse, each with another behind it that must not be answered."""
    line, more = CASE[door]
    start = line + b" HTTP/1.1\r\nHost: x\r\n" + more
    yield "two differing lengths", start + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"
    yield "two equal lengths", start + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"
    yield "a list of lengths", start + b"Content-Length: 2, 2\r\n\r\n{}"
    yield "a signed length", start + b"Content-Length: +2\r\n\r\n{}"
    yield "a length and chunks", start + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    yield "chunks and a length", start + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"
    yield "a coding that is not known", start + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
    yield "a blank before the colon", start + b"Content-Length : 2\r\n\r\n{}"
    yield "a blank before a name", start + b" Content-Length: 2\r\n\r\n{}"
    yield "a folded line", start + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"
    yield "a bare CR", start + b"X: a\rContent-Length: 40\r\nContent-Length: 2\r\n\r\n{}"
    yield "a bare LF", start + b"X: a\nContent-Length: 2\r\n\r\n{}"
    yield "a bare LF at the end", start + b"Content-Length: 2\r\n\n{}"
    yield "a NUL", start + b"X: a\0b\r\nContent-Length: 2\r\n\r\n{}"
    yield "a NUL in the target", line + b"\0 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    yield "a bare LF after the request line", line + b" HTTP/1.1\nHost: x\r\n" + more + b"Content-Length: 2\r\n\r\n{}"
    yield "no host", line + b" HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
    for name in (b"Host", b"Origin", b"Authorization", b"Idempotency-Key", b"Cookie", b"Content-Type", b"Range", b"If-Match",
                 b"Expect"):
        doubled = name + (b": 100-continue\r\n" if name == b"Expect" else b": x\r\n")
        yield f"two {name.decode()} lines", start + doubled * 2 + b"Content-Length: 2\r\n\r\n{}"
    yield "another version", line + b" HTTP/1.2\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    if door == "control":
        chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
        for what, body in (("a chunk's bare LF", b"2\n{}\r\n0\r\n\r\n"), ("a last chunk's bare LF", b"2\r\n{}\r\n0\n\r\n"),
                           ("bytes behind a chunk", b"2\r\n{}x\r\n0\r\n\r\n"), ("a size that is none", b"0x2\r\n{}\r\n0\r\n\r\n"),
                           ("a size beyond all bounds", b"fffffffffffffffff\r\n{}"), ("a negative size", b"-2\r\n{}\r\n0\r\n\r\n"),
                           ("a trailer's bare LF", b"2\r\n{}\r\n0\r\nX: y\n\r\n")):
            yield what, chunked + body


def what_is_no_http_is_refused_and_nothing_behind_it_is_answered(stage, found):
    for door, address in stage.doors.items():
        for what, spoilt in spoilt_requests(door):
            with storms.connect(address) as one:
                one.sendall(spoilt + request("GET", "/healthz"))
                answer = b""
                try:
                    while chunk := one.recv(1 << 16):
                        answer += chunk
                except ConnectionResetError:
                    pass
            statuses = [int(status) for status in re.findall(rb"HTTP/1.1 (\d{3}) ", answer)]
            if len(statuses) != 1 or statuses[0] not in (400, 411, 505):
                found(f"{what} at the {door} door: {statuses}")


def chunks_are_a_body_as_any(stage, found):
    body = b'{"email":"nobody@x.example","password":"a wrong password"}'
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7))
    whole = (b"POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n")
    status, head, _ = ask(stage.control, whole)
    if status != 401:
        found(f"a sign-in in chunks: {head}")
    status, head, _ = ask(stage.control, request("POST", "/v1/accounts", b"{" + bytes(20000), f"Authorization: Bearer {stage.token}",
                                                 "Content-Type: application/json"))
    if status != 400:
        found(f"a body that is asked for first and is no JSON: {head}")


def a_flood_of_sign_ins_holds_up_no_other_change(stage, found):
    busy = []

    def note_busy():
        status, head, _ = ask(stage.control, wrong_sign_in("somebody@x.example"))
        if status == 503 and "Retry-After" in head:
            busy.append(head)

    body = json.dumps({"code": "FLOOD", "name": "Flood"}).encode()
    with storms.Blowing(storms.in_threads(24, storms.guess), stage.control):
        eventually(lambda: note_busy() or busy, "a sign-in beyond those that wait is told 503 with Retry-After", found)
        for number in range(5):
            status, head, answer = ask(stage.control, request(
                "POST", "/v1/services", body.replace(b"FLOOD", b"FLOOD%d" % number), "Content-Type: application/json",
                f"Authorization: Bearer {stage.token}"))
            if status != 201:
                found(f"a change during a flood of sign-ins: {head} {answer}")


def who_signed_in_before_signs_in_through_a_flood_of_one_network(stage, found):
    """And so does somebody else, from another network."""
    right = b'{"email":"door@x.example","password":"the right password"}'

    def sign_in(address, *headers):
        return ask(stage.forwarded, request("POST", "/v1/session", right, "Content-Type: application/json",
                                            f"X-Forwarded-For: {address}", *headers))

    status, head, _ = sign_in("192.0.2.77")
    if status != 201:
        return found(f"a sign-in: {head}")
    mark = next(line.split(": ", 1)[1].split(";")[0] for line in head.split("\r\n")
                if line.lower().startswith("set-cookie: seatmeter_known="))

    def guess(address, number):
        ask(address, wrong_sign_in(f"nobody{number}@x.example", f"X-Forwarded-For: 2001:db8:7:{number % 65536:x}::1"))

    with storms.Blowing(storms.in_threads(24, guess), stage.forwarded):
        for what, address, headers in (("a browser that is known", "192.0.2.77", (f"Cookie: {mark}",)),
                                       ("another network", "198.51.100.77", ())):
            statuses = [sign_in(address, *headers)[0] for _ in range(5)]
            if statuses != [201] * 5:
                found(f"{what}, through a flood of sign-ins from one /48: {statuses}")


def resident_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def begin_import(stage, *headers):
    lines = ["POST /v1/catalogue/import?vendor=X HTTP/1.1", "Host: x", "Content-Type: text/csv", "Content-Length: 10485760", *headers]
    one = storms.connect(stage.control)
    one.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return one


def send_most(one):
    try:
        one.sendall(bytes(10485760 - 10))
    except OSError:
        pass  # it was refused


def bodies_are_asked_for_first_and_bounded_and_given_back(stage, found):
    before = resident_bytes(stage.process)
    with begin_import(stage, "Expect: 100-continue") as one:
        if (answer := one.recv(100)).split()[1:2] != [b"401"]:
            found(f"an import without a sign-in is not refused before its body: {answer}")
    with begin_import(stage, "Expect: 100-continue", f"Authorization: Bearer {stage.token}") as one:
        if (answer := one.recv(100)).split()[1:2] != [b"100"]:
            found(f"an import that may come is not asked for: {answer}")
    for bound, headers in ((32 * MIB, ()), (330 * MIB, (f"Authorization: Bearer {stage.token}",))):
        ones = [begin_import(stage, *headers) for _ in range(40)]
        senders = [threading.Thread(target=send_most, args=(one,)) for one in ones]
        for sender in senders:
            sender.start()
        most = 0
        while any(sender.is_alive() for sender in senders):
            most = max(most, resident_bytes(stage.process) - before)
            time.sleep(0.01)
        most = max(most, resident_bytes(stage.process) - before)
        for one in ones:
            one.close()
        print(f"     40 imports {'with' if headers else 'without'} a sign-in: {most // MIB} MiB more", flush=True)
        if most > bound:
            found(f"40 imports {headers} take {most // MIB} MiB")
        eventually(lambda: resident_bytes(stage.process) - before < 64 * MIB, "memory of bodies is given back", found)


def an_address_is_one_client_in_whatever_form_it_comes(stage, found):
    """26 wrong sign-ins: ten are answered, as one client has ten failures, the others are too many."""
    forms = {"a forged line before the proxy's own": lambda i: (f"X-Forwarded-For: 203.0.113.{i}", "X-Forwarded-For: 198.51.100.8"),
             "a forged entry": lambda i: (f"X-Forwarded-For: 203.0.113.{i}, 198.51.100.9",),
             "an IPv6 /64": lambda i: (f"X-Forwarded-For: 2001:db8:1:2::{i:x}",),
             "an IPv4 address, also as IPv6": lambda i: ("X-Forwarded-For: " + ("::ffff:" if i % 2 else "") + "198.51.100.12",),
             "ports": lambda i: (f"X-Forwarded-For: 198.51.100.10:{4000 + i}",),
             "ports of IPv6": lambda i: (f"X-Forwarded-For: [2001:db8:1:3::{i:x}]:{4000 + i}",),
             "nothing that is an address": lambda i: (f"X-Forwarded-For: unknown{i}",)}
    for number, (what, form) in enumerate(forms.items()):
        statuses = [ask(stage.forwarded, wrong_sign_in(f"m{number}.{i}@x.example", *form(i)))[0] for i in range(26)]
        if statuses != [401] * 10 + [429] * 16:
            found(f"{what}: {statuses}")


def metrics_are_for_this_machine_and_no_page_or_proxy(stage, found):
    for door, address in stage.doors.items():
        plain = b"GET /metrics HTTP/1.1\r\nConnection: close\r\nHost: "
        if ask(address, plain + b"127.0.0.1\r\n\r\n")[0] != 200:
            found(f"the {door} door's metrics are not there for this machine")
        for host, more in ((b"evil.example", b""), (b"localhost.evil.example", b""), (b"127.evil.example", b""),
                           (b"localhost", b"Via: 1.1 x\r\n"), (b"localhost", b"X-Real-IP: 1.1.1.1\r\n"),
                           (b"localhost", b"Forwarded: for=1.1.1.1\r\n"), (b"localhost", b"X-Forwarded-For: 127.0.0.1\r\n")):
            status, head, _ = ask(address, plain + host + b"\r\n" + more + b"\r\n")
            if status not in (401, 403):
                found(f"the {door} door's metrics for {host} {more}: {head}")


TESTS = (what_is_no_http_is_refused_and_nothing_behind_it_is_answered, chunks_are_a_body_as_any,
         metrics_are_for_this_machine_and_no_page_or_proxy, an_address_is_one_client_in_whatever_form_it_comes,
         bodies_are_asked_for_first_and_bounded_and_given_back, a_connection_whose_client_has_gone_is_gone,
         who_signed_in_before_signs_in_through_a_flood_of_one_network, a_flood_of_sign_ins_holds_up_no_other_change, healthz_answers_through_every_storm)


class Stage:
    def __init__(self, seatmeter, folder):
        service = storms.Service(seatmeter, folder, QUIET_SANITIZER)
        self.token, _ = service.token("P0001")
        if not self.token:
            raise AssertionError("no token")
        service.add_user("P0001", "door@x.example", "viewer", stdin="the right password\n")
        self.process, self.control, device = service.serve_doors("both", "--device", "127.0.0.1:0")
        self.behind, self.forwarded, _ = service.serve_doors("forwarded", "--device", "none", "--trust-forwarded")
        self.doors = {"control": self.control, "device": device}
        self.logs = [pathlib.Path(folder, f"{name}.log") for name in ("both", "forwarded")]

    def end(self, found):
        for process, log in zip((self.process, self.behind), self.logs):
            process.send_signal(signal.SIGTERM)
            code, said = process.wait(storms.PATIENCE_S), log.read_text(errors="replace")
            if code != 0 or "Sanitizer" in said or "runtime error" in said:
                found(f"the service ended with {code}: {said[-3000:]}")


def main():
    findings = []
    with tempfile.TemporaryDirectory(prefix="seatmeter-storm.") as folder:
        stage = Stage(str(pathlib.Path(sys.argv[1]).resolve()), folder)
        for test in TESTS:
            begun, before = time.monotonic(), len(findings)
            name = test.__name__.replace("_", " ")
            try:
                test(stage, lambda finding: findings.append(f"{name}: {finding}"))
            except (AssertionError, KeyError, OSError, IndexError, ValueError) as error:
                findings.append(f"{name}: ended early: {error!r}")
            print(f"{'ok  ' if len(findings) == before else 'FAIL'} {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        stage.end(findings.append)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
