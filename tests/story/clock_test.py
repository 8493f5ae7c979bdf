#!/usr/bin/env python3
"""The machine's clock is set while the service runs: nothing is changed and no lease lasts by it, until it is accepted.

usage: clock_test.py SEATMETER LATER
LATER is the clock that is set (later.c). On SQLite, and on PostgreSQL where SEATMETER_TEST_POSTGRESQL names a server."""
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "proof"))
from device import Device, Door  # noqa: E402
from programme import Cases, Wrong, engines, until  # noqa: E402

DAY_S = 86400
# Far more than a slow machine makes of a moment, far less than what the clock is set by.
NEAR_S = DAY_S // 2


class Stage:
    def __init__(self, programme, later):
        self.programme = programme
        self.clock = pathlib.Path(programme.file("clock", "0"))
        programme.environment |= {"LD_PRELOAD": later, "SEATMETER_TEST_LATER_FILE": str(self.clock),
                                  "ASAN_OPTIONS": "verify_asan_link_order=0"}
        programme.begin()
        self.key, self.licence = programme.issue(5)
        self.token = programme.token("CEDAR")
        self.service = programme.serve()
        self.door = Door(self.service.device)
        self.device = Device()
        if self.device.activate(self.door, self.key).code != "ok":
            raise Wrong("an honest activation")

    def set_clock(self, seconds):
        other = self.clock.with_suffix(".new")
        other.write_text(str(seconds))
        other.rename(self.clock)

    def turn(self, word):
        """The status and the fault's code of turning the licence on or off through the API."""
        request = urllib.request.Request(f"{self.service.control}/v1/licences/{self.licence}/{word}", data=b"{}", headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        try:
            return urllib.request.urlopen(request).status, ""
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())["type"].rpartition("/")[2]

    def lease(self):
        answer = until(lambda: (one := self.device.check_in(self.door)).status != 429 and one, "the door has a moment", pause=0.1)
        if not answer.is_lease:
            raise Wrong(f"a check-in: {answer}")
        return answer.lease

    def lasts_from(self, ahead_s, what):
        lease = self.lease()
        if abs(lease["issued"] - time.time() - ahead_s) > NEAR_S:
            raise Wrong(f"{what}: the lease is of {lease['issued']}, and it is {time.time() + ahead_s:.0f}")
        return lease["expires"]


def ahead(stage):
    stage.set_clock(400 * DAY_S)
    stage.lasts_from(0, "a clock that was set ahead")
    if stage.turn("off") != (409, "clock-wrong"):
        raise Wrong(f"a licence was turned off by a clock that is ahead: {stage.turn('off')}")


def right_again(stage):
    stage.set_clock(0)
    for word in ("off", "on"):
        if stage.turn(word) != (200, ""):
            raise Wrong(f"{word}: {stage.turn(word)}")
    stage.lasts_from(0, "a clock that is right again")


def behind(stage):
    stage.set_clock(-3 * DAY_S)
    promised = stage.lasts_from(0, "a clock that was set back")
    if stage.turn("off") != (409, "clock-wrong"):
        raise Wrong(f"a licence was turned off by a clock that is behind: {stage.turn('off')}")
    stage.set_clock(0)
    if stage.lasts_from(0, "right again") < promised:
        raise Wrong("a promise was taken back")


def accepted(stage):
    """A machine that was wrong all the time, and was put right."""
    stage.set_clock(400 * DAY_S)
    stage.programme.say("clock", "accept")
    until(lambda: abs(stage.lease()["issued"] - time.time() - 400 * DAY_S) < NEAR_S, "leases go by the clock that was accepted")
    if stage.turn("off") != (200, ""):
        raise Wrong(f"off: {stage.turn('off')}")


def main():
    cases = Cases()
    for engine in engines():
        with engine(sys.argv[1]) as programme:
            stage = Stage(programme, sys.argv[2])
            for sentence, test in (
                    ("a clock that is set ahead changes nothing and lengthens no lease", ahead),
                    ("a clock that is right again is followed at once", right_again),
                    ("a clock that is set back changes nothing and takes no promise back", behind),
                    ("a clock that the operator accepts is followed", accepted)):
                cases.case(f"{programme.engine}: {sentence}", test, stage)
            cases.case(f"{programme.engine}: the service ends cleanly", stage.service.stop)
            cases.case(f"{programme.engine}: seatmeter check finds nothing", programme.check)
    cases.end()


if __name__ == "__main__":
    main()
