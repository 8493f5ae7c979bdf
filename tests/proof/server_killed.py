#!/usr/bin/env python3
"""Kills `seatmeter serve` at random moments while devices activate and check in, and holds what is there afterwards
against what was answered.

usage: server_killed.py SEATMETER DEVICE_CLIENT TIMES [SEED]
One crowd of devices lives through all kills: it never sees an answer that it must not (another device's number, a clone
where there is none, a credential that is void), every activation it was answered is there, and no seat is held twice. On
SQLite, and on PostgreSQL where SEATMETER_TEST_POSTGRESQL names a server."""
import random
import sys
import time
import urllib.parse

from programme import Cases, Crowd, Wrong, engines, until
from race_test import journal

RATE = 1200  # requests a second, a quarter of them activations
# All that an honest device may be told here.
HONEST = {"ok", "no-seat-left", "busy", "too-often"}


class Killed:
    def __init__(self, programme, client, times, chance):
        self.programme, self.client, self.times, self.chance = programme, client, times, chance
        attempts = times * 150 + 400
        self.count, self.seats = attempts, attempts // 2
        self.key, self.licence = programme.begin().issue(self.seats)
        self.service = programme.serve()
        self.address = urllib.parse.urlsplit(self.service.device).netloc
        self.path = f"{programme.folder}/journal"
        self.slowest = 0.0

    def start_again(self):
        begun = time.monotonic()
        self.service = self.programme.serve(device=self.address)
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def kills(self):
        self.live = live = Crowd(self.client, "live", self.service.device, "--journal", self.path, "--key", self.key, "--count",
                     self.count, "--rate", RATE, "--connections", 24, "--patience", "0.2", "--verify", 20)
        under_load = 0
        for _ in range(self.times):
            before = self.answered()
            until(lambda: self.answered() > before or self.refused(), "activations are answered")
            time.sleep(self.chance.uniform(0, 0.4))  # chance, not waiting: the moment of the kill
            under_load += live.process.poll() is None
            self.service.kill()
            self.start_again()
        if under_load != self.times:
            raise Wrong("the crowd ended early")
        before = self.answered()
        until(lambda: self.answered() > before or self.refused() or before >= self.seats, "the crowd goes on after the last kill")
        self.counted = live.stop()
        strange = set(self.counted["codes"]) - HONEST
        if strange or self.counted["wrong"] or self.counted["forged"]:
            raise Wrong(f"honest devices were told {strange}: {self.counted}")
        if not self.counted["lost"]:
            raise Wrong("no request was under way at any kill")
        return (f"{self.counted['answered']} answers, {self.counted['lost']} connections broken with requests under way, "
                f"codes {self.counted['codes']}; the slowest start {self.slowest:.2f} s")

    def lines(self, word):
        try:
            with open(self.path, encoding="ascii") as lines:
                return sum(line.startswith(word) for line in lines)
        except FileNotFoundError:
            return 0

    def answered(self):
        return self.lines("device ")

    def refused(self):
        return self.lines("refused ") > 0

    def chains_go_on(self):
        """Each once more, and it is no clone."""
        many = len(journal(self.path))
        codes = Crowd(self.client, "check-in", self.service.device, "--journal", self.path, "--count", many,
                      "--connections", 8, "--patience", "0.2").end()["codes"]
        if set(codes) - HONEST:
            raise Wrong(f"after the kills honest devices are told {codes}")
        return f"{many} devices: {codes}"

    def activations_are_there(self):
        """The same machines are the same devices, and take no second seat."""
        before, again = journal(self.path), f"{self.programme.folder}/again"
        held = self.held()
        Crowd(self.client, "activate", self.service.device, "--journal", again, "--key", self.key, "--count", self.count,
              "--connections", 24, "--patience", "0.2").end()
        after = journal(again)
        lost = {number: name for number, name in before.items() if after.get(number) != name}
        if lost:
            raise Wrong(f"{len(lost)} of {len(before)} answered activations are gone or are another device: "
                        f"{dict(list(lost.items())[:3])}, now {[after.get(number) for number in list(lost)[:3]]}")
        if not held <= self.held() <= self.seats or len(after) > self.seats:
            raise Wrong(f"{held} seats were held, now {self.held()} of {self.seats}, by {len(after)} devices")
        return f"{len(before)} answered activations, {self.held()} of {self.seats} seats"

    def held(self):
        return int(self.programme.query("select count(*) from devices where seat is not null")[0][0])

    def no_seat_twice(self):
        twice = self.programme.query("select licence_id, seat from devices where seat is not null "
                                     "group by licence_id, seat having count(*) > 1")
        beyond = self.programme.query(f"select id from devices where seat > {self.seats}")
        if twice or beyond:
            raise Wrong(f"seats held twice {twice[:5]}, beyond the licence's {beyond[:5]}")


def main():
    seatmeter, client, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    chance = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    cases = Cases()
    for engine in engines():
        with engine(seatmeter) as programme:
            killed = Killed(programme, client, times, chance)
            case = lambda sentence, test: cases.case(f"{programme.engine}: {sentence}", test)
            case(f"killed {times} times, the door never tells an honest device anything wrong", killed.kills)
            killed.live.process.kill()  # where it goes on after a failure
            case("no seat is held twice", killed.no_seat_twice)
            case("every chain goes on, none is taken for a clone", killed.chains_go_on)
            case("every activation that was answered is there", killed.activations_are_there)
            case("the service ends cleanly", killed.service.stop)
            case("seatmeter check finds nothing", programme.check)
    cases.end()


if __name__ == "__main__":
    main()
