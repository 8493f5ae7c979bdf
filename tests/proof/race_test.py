#!/usr/bin/env python3
"""Seats under races: never oversold, never farmed.

usage: race_test.py SEATMETER DEVICE_CLIENT [DEVICES [SEATS]]     default: 10000 devices, 5000 seats
On SQLite, and on PostgreSQL where SEATMETER_TEST_POSTGRESQL names a server."""
import resource
import sys
import threading

from device import Device, Door
from programme import Cases, Crowd, Wrong, engines, until

AGAIN = 1000  # machines that are activated a second time
PATIENCE = ("--patience", "0.2")  # seconds, where the door asks for more
# The door takes 16,384 connections, and from three quarters of them on gives one that says nothing a second. The client
# opens all of its own before it says anything.
UNCROWDED = 12000


def journal(path):
    """Number → identifier of the devices that were answered with a lease."""
    return {words[1]: words[2] for words in (line.split() for line in open(path, encoding="ascii")) if words[0] == "device"}


class Race:
    def __init__(self, programme, client, devices, seats):
        self.programme, self.client, self.devices, self.seats = programme, client, devices, seats
        self.key, self.licence = programme.begin().issue(seats)
        self.service = programme.serve()
        self.first, self.again = f"{programme.folder}/first", f"{programme.folder}/again"

    def crowd(self, mode, path, *words):
        return Crowd(self.client, mode, self.service.device, "--journal", path, *PATIENCE, *words)

    def activate(self, path, count):
        at_once = min(count, UNCROWDED, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
        return self.crowd("activate", path, "--key", self.key, "--count", count, "--connections", at_once).end()

    def held(self):
        return int(self.programme.query("select count(*) from devices where seat is not null")[0][0])

    def all_at_once(self):
        counted = self.activate(self.first, self.devices)
        codes = counted["codes"]
        if codes.get("ok") != self.seats or codes.get("no-seat-left") != self.devices - self.seats:
            raise Wrong(f"{self.devices} activations of {self.seats} seats: {codes}")
        rows, seats, highest = map(int, self.programme.query(
            "select count(*), count(distinct seat), max(seat) from devices where seat is not null")[0])
        if (rows, seats, highest) != (self.seats,) * 3:
            raise Wrong(f"{rows} devices hold {seats} seats up to number {highest}")
        return (f"{counted['codes']}, {counted['per_second']:.0f}/s over {counted['connected']} connections, "
                f"{counted['verified']} leases verified whole")

    def many_again(self):
        """They are the devices that they were, and those that were refused are refused."""
        self.activate(self.again, AGAIN)
        before = {number: name for number, name in journal(self.first).items() if int(number) < AGAIN}
        if journal(self.again) != before or self.held() != self.seats:
            raise Wrong("activated again, the machines are other devices")

    def one_machine_at_once(self):
        key, _ = self.programme.issue(5)
        before, codes = self.held(), []
        body = Device().activation(key)

        def ask():
            codes.append(Door(self.service.device).ask("POST", "/v1/activate", body).json().get("device"))

        threads = [threading.Thread(target=ask) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(set(codes)) != 1 or self.held() != before + 1:
            raise Wrong(f"one machine is {set(codes)} and holds {self.held() - before} seats")

    def check_in_once(self):
        """Everybody's answer, from the chains as they were begun last."""
        with open(self.first, "a", encoding="ascii") as first, open(self.again, encoding="ascii") as again:
            first.write(again.read())
        open(self.again, "w", encoding="ascii").close()
        return self.crowd("check-in", self.first, "--count", self.seats, "--connections", 50).end()["codes"]

    def fewer_seats_and_more_again(self):
        def works(wanted):
            codes = self.check_in_once()
            self.seen = codes
            return {name: count for name, count in codes.items() if name in ("ok", "no-seat-left")} == wanted

        self.programme.say("licence", "seats", self.licence, "--seats", "10")
        until(lambda: works({"ok": 10, "no-seat-left": self.seats - 10}), "10 devices work")
        self.programme.say("licence", "seats", self.licence, "--seats", str(self.seats))
        until(lambda: works({"ok": self.seats}), "all devices work again")

    def farming(self):
        """Whoever releases and activates in a loop has no more working devices at any time than seats."""
        key, licence = self.programme.issue(2)
        door = Door(self.service.device)
        machines = [Device() for _ in range(30)]
        codes = {}
        for machine in machines:
            answer = machine.activate(door, key)
            codes[answer.code] = codes.get(answer.code, 0) + 1
            if answer.is_lease:
                machine.release(door)
        if codes != {"ok": 2, "no-seat-left": 28}:
            raise Wrong(f"30 machines, each released at once, under 2 seats: {codes}")
        first, releases = machines[0], 2
        while releases < 20:
            if first.activate(door, key).code != "ok":
                raise Wrong("the machine that holds the seat cannot take itself up again")
            answer = first.release(door)
            releases += 1
            if answer.code == "releases-exhausted":
                break
        if releases != 5:  # seats + 2 are granted
            raise Wrong(f"a licence of 2 seats was released {releases - 1} times within a month: {answer}")
        if first.check_in(door).code != "ok":
            raise Wrong("a device whose release was refused does not work on")
        shown = self.programme.ask("device", "list", "--licence", licence)["items"]
        if not any(one["state"] == "released" and one["released_at"] for one in shown):
            raise Wrong(f"releases are not shown: {shown}")

    def seat_is_free_after_the_last_lease(self):
        (key, _), (probe_key, _) = (self.programme.issue(1, sku="MAIL") for _ in range(2))
        self.programme.say("sku", "terms", "MAIL", "--ttl", "10s")
        door, one, other, probe = Door(self.service.device), Device(), Device(), Device()
        # A lease of the old terms would hold the seat for as long as it says.
        probe.activate(door, probe_key)
        until(lambda: (lease := probe.check_in(door).lease)["expires"] - lease["issued"] == 10, "the terms are known", 0.2)
        one.activate(door, key)
        one.release(door)
        if other.activate(door, key).code != "no-seat-left":
            raise Wrong("a seat is free while a lease runs on it")
        until(lambda: other.activate(door, key).code == "ok", "the seat is free once the lease has ended", 0.2)
        if one.check_in(door).code != "released":
            raise Wrong("a released device works")


def main():
    seatmeter, client = sys.argv[1:3]
    devices = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    seats = int(sys.argv[4]) if len(sys.argv) > 4 else devices // 2
    cases = Cases()
    for engine in engines():
        with engine(seatmeter) as programme:
            race = Race(programme, client, devices, seats)
            case = lambda sentence, test: cases.case(f"{programme.engine}: {sentence}", test)
            case(f"{devices} activations at once of {seats} seats give {seats} devices", race.all_at_once)
            case(f"activating {AGAIN} of them again takes no seat", race.many_again)
            case("one machine that is activated 40 times at once is one device with one seat", race.one_machine_at_once)
            case("with 10 seats 10 devices work, with all of them all", race.fewer_seats_and_more_again)
            case("release and activate in a loop farms no seats", race.farming)
            case("a released device's seat is free when its last lease has ended", race.seat_is_free_after_the_last_lease)
            case("the service ends cleanly", race.service.stop)
            case("seatmeter check finds nothing", programme.check)
    cases.end()


if __name__ == "__main__":
    main()
