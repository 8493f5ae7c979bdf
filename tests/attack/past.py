"""The past: a provider that wants back what it used, by each change that can be dated."""
import datetime

from machine import offline_request
from writes import compare, snapshot

LATE = datetime.timedelta(seconds=1)


def nothing_that_a_device_had_is_taken_back_in_the_past(stage, found):
    """A machine works under a licence from the moment it is on; then its provider dates the end before that."""
    licence = stage.issue("P0001", stage.block("P0001", stage.sku), "C00001")
    key = stage.say("P0001", "GET", f"/v1/licences/{licence}/key")["key"]
    stage.say("P0001", "POST", "/v1/offline-leases", offline_request(key, "worker"))
    last = stage.say("P0001", "GET", f"/v1/licences/{licence}/events")["items"][-1]["at"]
    at = datetime.datetime.fromisoformat(last.replace("Z", "+00:00"))
    customer = stage.who["C00001"].id
    before = snapshot(stage)
    for instant in (last, (at - LATE).isoformat(), at.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()):
        for target in (f"/v1/licences/{licence}/off", f"/v1/licences/{licence}/retire", f"/v1/accounts/{customer}/turn-off"):
            answer = stage.client.ask(stage.who["P0001"], "POST", target, {"at": instant}, {"If-Match": "*"})
            if answer.status != 409:
                found(f"POST {target} at {instant}, where it was on since {last}: {answer}")
    compare(before, snapshot(stage), "what was dated before a device's use", found)
    undone = stage.say("P0001", "POST", f"/v1/licences/{licence}/undo", {})
    if undone["instead"] != "off":
        found(f"an undo took back what a device had: {undone}")
