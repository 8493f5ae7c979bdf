#!/usr/bin/env python3
"""A storm at the device door: it sheds load, stays small, and leaves the control door working. And clients that are slow, or
half there.

usage: storm_test.py SEATMETER DEVICE_CLIENT [SECONDS [CLIENTS [FACTOR]]]     default: storms of 5 s from 2 clients
The figures are printed. With FACTOR the control door's 99th percentile may be no worse than so many times the calm one; a
machine that has nothing else to do keeps to 20."""
import http.client
import os
import re
import select
import socket
import sys
import time
import urllib.parse

from device import Device, Door
from programme import PATIENCE_S, Cases, Crowd, OnSqlite, Wrong, until

CONNECTIONS, PIPELINE = 7000, 2
# Bytes of memory that a storm may cost. The address sanitizer keeps up to 256 MiB of what was freed, and as much again in
# its own records; the release build was seen to take 43 MiB.
GROWTH_MAX = 512 << 20
P99_ENOUGH_S = 0.5  # below it the factor does not matter


def percentile(latencies, part):
    return sorted(latencies)[min(len(latencies) - 1, int(part * len(latencies)))]


class Storm:
    def __init__(self, programme, client, seconds, clients, factor):
        self.programme, self.client, self.seconds, self.clients = programme, client, seconds, clients
        self.factor = factor
        self.key, _ = programme.begin().issue(2000)
        self.token = programme.token("CEDAR")
        self.service = programme.serve()
        self.path = f"{programme.folder}/journal"
        Crowd(client, "activate", self.service.device, "--journal", self.path, "--key", self.key, "--count", 2000,
              "--patience", "0.1").end()

    def control_latencies(self, enough):
        """Of one request after the other, until `enough()`."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.service.control).netloc, timeout=PATIENCE_S)
        took = []
        while not enough(took):
            begun = time.monotonic()
            connection.request("GET", "/v1/licences?limit=5", headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            answer.read()
            took.append(time.monotonic() - begun)
            if answer.status != 200:
                raise Wrong(f"the control door answers {answer.status}")
        return took

    def storm(self, kind, *words):
        calm = self.control_latencies(lambda took: len(took) >= 300)
        before = self.service.rss_bytes()
        crowds = [Crowd(self.client, "storm", self.service.device, "--seconds", self.seconds, "--connections",
                        CONNECTIONS, "--pipeline", PIPELINE, *words, seed=1) for _ in range(self.clients)]
        peak = [before]

        def is_over(_):
            peak[0] = max(peak[0], self.service.rss_bytes())
            return all(crowd.process.poll() is not None for crowd in crowds)

        stormy = self.control_latencies(is_over)
        counted = [crowd.end(may_be_wrong=True) for crowd in crowds]
        if any(one["without_retry_after"] for one in counted):
            raise Wrong(f"503 without Retry-After: {counted}")
        codes = {}
        for one in counted:
            for code, count in one["codes"].items():
                codes[code] = codes.get(code, 0) + count
        calm_p99, stormy_p99 = percentile(calm, 0.99), percentile(stormy, 0.99)
        figures = (f"{kind}: {sum(one['asked'] for one in counted) / self.seconds:.0f} requests/s asked, "
                   f"{codes.get('lease', 0) / self.seconds:.0f}/s with a lease, {codes.get('busy', 0) / self.seconds:.0f}/s shed; "
                   f"memory {before >> 20} → {peak[0] >> 20} MiB; control p99 {calm_p99 * 1000:.1f} → {stormy_p99 * 1000:.1f} ms "
                   f"({stormy_p99 / calm_p99:.1f}×, {len(stormy)} requests)")
        # Activations wait in a queue that is no longer than the door has connections: shed, or answered in turn.
        slowest_s = max(one["max_us"] for one in counted) / 1e6
        may_wait = kind == "activations" and slowest_s < PATIENCE_S
        figures += f"; the slowest answer {slowest_s:.1f} s"
        # Each client enrols the machines with key pairs of its own, and displaces those of the others.
        if set(codes) - {"lease", "busy", "too-often", "replaced"} or not (codes.get("busy") or may_wait):
            raise Wrong(f"a storm is answered {codes}; {figures}")
        if peak[0] - before > GROWTH_MAX:
            raise Wrong(f"memory grew; {figures}")
        if self.factor is not None and stormy_p99 > max(P99_ENOUGH_S, self.factor * calm_p99):
            raise Wrong(f"the control door suffered; {figures}")
        return figures

    def activations(self):
        return self.storm("activations", "--key", self.key, "--count", 2000)

    def check_ins(self):
        # Activating in the storm began the chains anew, as often as a licence may be for some hours.
        os.unlink(self.path)
        self.key, _ = self.programme.issue(2000)
        Crowd(self.client, "activate", self.service.device, "--journal", self.path, "--key", self.key, "--count", 2000,
              "--patience", "0.1").end()
        return self.storm("check-ins", "--journal", self.path)

    def afterwards(self):
        """The storm has gone by, and a device is answered as ever."""
        machine, door = Device(), Door(self.service.device)
        key, _ = self.programme.issue(1)
        until(lambda: machine.activate(door, key).code == "ok", "an activation after the storm")
        for _ in range(3):
            answer = machine.check_in(door)
            if answer.code != "ok":
                raise Wrong(f"a check-in after the storm: {answer}")

    def slow_clients(self):
        """Each kind of client that never finishes is dropped; an honest one is answered meanwhile."""
        where = urllib.parse.urlsplit(self.service.device)
        before = self.service.metrics(self.service.device)
        kinds = {
            "says nothing": b"",
            "half a head": b"POST /v1/check-in HTTP/1.1\r\nHost: door\r\nX: ",
            "half a body": b"POST /v1/check-in HTTP/1.1\r\nHost: door\r\nContent-Length: 400\r\n\r\n{\"device\":",
            # Asks for much and takes nothing.
            "does not read": b"GET /v1/keys HTTP/1.1\r\nHost: door\r\n\r\n" * 20000,
        }
        open_now, each = {}, 60
        for kind, sent in kinds.items():
            for _ in range(each if kind != "does not read" else 5):
                connection = socket.socket()
                if kind == "does not read":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.connect((where.hostname, where.port))
                connection.setblocking(False)
                rest = memoryview(sent)
                try:
                    while rest:
                        rest = rest[connection.send(rest):]
                except BlockingIOError:
                    pass
                open_now[connection] = [kind, len(sent) - len(rest)]
        machine, door = Device(), Door(self.service.device)
        key, _ = self.programme.issue(1)
        machine.activate(door, key)
        begun, ended, slowest = time.monotonic(), {}, 0.0
        drip = begun

        def all_dropped():
            nonlocal drip, slowest
            asked = time.monotonic()
            if machine.check_in(door).code not in ("ok", "too-often"):
                raise Wrong("an honest device is not answered while others are slow")
            slowest = max(slowest, time.monotonic() - asked)
            readable, _, broken = select.select(list(open_now), [], list(open_now), 0.2)
            for connection in readable + broken:
                kind = open_now[connection][0]
                if kind == "does not read" and time.monotonic() - begun < 20:
                    continue
                try:
                    if connection.recv(65536):
                        continue
                except OSError:
                    pass
                ended.setdefault(kind, []).append(time.monotonic() - begun)
                connection.close()
                open_now.pop(connection, None)
            if time.monotonic() - drip > 1:  # one more byte each second buys no more time
                drip = time.monotonic()
                for connection, (kind, _) in open_now.items():
                    if kind.startswith("half"):
                        try:
                            connection.send(b"x")
                        except OSError:
                            pass
            return not any(kind != "says nothing" for kind, _ in open_now.values())

        until(all_dropped, f"slow clients are dropped (still open: {[kind for kind, _ in open_now.values()][:3]})", 0)
        for connection in open_now:
            connection.close()
        after = self.service.metrics(self.service.device)
        grown = {name: after[name] - before.get(name, 0) for name in after
                 if re.search('"slow-', name) and after[name] > before.get(name, 0)}
        if sum(grown.values()) < 2 * each:
            raise Wrong(f"of {2 * each} clients that were dropped /metrics counts {grown}")
        took = {kind: f"{max(times):.0f} s" for kind, times in ended.items()}
        return f"dropped after {took}; counted {grown}; the honest one's slowest answer {slowest * 1000:.0f} ms"

    def memory_goes_back(self):
        """What connections cost is given back: another storm's connections cost no more than the first's."""
        def hold():
            where = urllib.parse.urlsplit(self.service.device)
            connections = []
            for _ in range(2000):
                connection = socket.create_connection((where.hostname, where.port))
                connection.sendall(b"POST /v1/check-in HTTP/1.1\r\nHost: door\r\nContent-Length: 400\r\n\r\n" + b"{" * 200)
                connections.append(connection)
            peak = self.service.rss_bytes()
            for connection in connections:
                connection.close()
            return peak

        first = hold()
        later = [hold() for _ in range(4)]
        if max(later) > first + (32 << 20):
            raise Wrong(f"2000 half requests, five times: {first >> 20} MiB, then {[one >> 20 for one in later]}")
        return f"2000 half requests at a time, five times: {first >> 20} MiB, then {[one >> 20 for one in later]}"


def main():
    seatmeter, client = sys.argv[1:3]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    clients = int(sys.argv[4]) if len(sys.argv) > 4 else 2
    factor = float(sys.argv[5]) if len(sys.argv) > 5 else None
    cases = Cases()
    with OnSqlite(seatmeter) as programme:
        storm = Storm(programme, client, seconds, clients, factor)
        cases.case("a storm of activations is shed, or answered in turn", storm.activations)
        cases.case("a storm of check-ins is shed", storm.check_ins)
        cases.case("after a storm devices are answered as ever", storm.afterwards)
        cases.case("slow clients are dropped and counted, and bother nobody", storm.slow_clients)
        cases.case("memory that connections took is given back", storm.memory_goes_back)
        cases.case("the service ends cleanly", storm.service.stop)
        cases.case("seatmeter check finds nothing", programme.check)
    cases.end()


if __name__ == "__main__":
    main()
