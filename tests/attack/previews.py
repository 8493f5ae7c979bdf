"""Previews: each account is told what a change does to its own edges, and of nobody else's; nothing is written."""
import urllib.parse

from reads import unknown_shapes
from writes import compare, snapshot

HEADER = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"


def own_edges(stage, viewer, answer, found):
    """Of an answer 200: each edge is one of the viewer's, on the side that it says."""
    tree = stage.tree
    for edge in answer.json()["edges"]:
        one = tree.agreements[edge["agreement"]]
        side = {"revenue": one["seller"]["id"], "cost": one["buyer"]["id"]}[edge["side"]]
        if side != viewer.id:
            found(f"{viewer.code} is told of the edge {edge['seller']} → {edge['buyer']}: {answer}")


def changes(stage, stranger, found):
    """A licence's change: whoever sees the licence may ask. What is left of a block is its provider's to know."""
    tree, client = stage.tree, stage.client
    told = 0
    for change, more in (("off", {}), ("on", {}), ("seats", {"seats": 99999999})):
        unknown = unknown_shapes(stage, stranger["licence"], "POST", lambda one: {"change": change, "licences": [one], **more})
        for licence in list(tree.licences.values())[::2 * stage.step]:
            for viewer in stage.by_id.values():
                sees = tree.sees_licence(viewer.id, licence)
                answer = client.ask(viewer, "POST", "/v1/previews/change", {"change": change, "licences": [licence["id"]], **more})
                if answer.status not in ((200, 409) if sees else (404,)):
                    found(f"{viewer.code} previews {change} of {licence['id']}: {answer}")
                if not sees and answer.shape(licence["id"]) != unknown(viewer, "/v1/previews/change"):
                    found(f"{viewer.code} tells by a preview that {licence['id']} is there: {answer}")
                is_own = viewer.id == licence["provider"]["id"]
                if answer.status == 409 and answer.problem() == "seats-beyond-block" and not is_own:
                    found(f"{viewer.code} is told of the block of {licence['id']}: {answer}")
                if answer.status == 200:
                    own_edges(stage, viewer, answer, found)
                    told += len(answer.json()["edges"])
                    if answer.json()["blocks"] and not is_own:
                        found(f"{viewer.code} is told of the block of {licence['id']}: {answer}")
    if told == 0:
        found("no preview told of any edge")


def customers(stage, found):
    """All licences of a customer: a customer that is not below the viewer has none that it could ask about."""
    for customer in [one for one in stage.tree.accounts if stage.tree.kind.get(one) == "customer"][::4]:
        for viewer in stage.by_id.values():
            below = stage.tree.is_or_is_above(viewer.id, customer)
            answer = stage.client.ask(viewer, "POST", "/v1/previews/change", {"change": "off", "customer": customer})
            if (answer.status == 200) != below or answer.status not in (200, 403, 404):
                found(f"{viewer.code} previews the drop-out of {customer}: {answer}")
            if answer.status == 200:
                own_edges(stage, viewer, answer, found)


def agreements(stage, found):
    """A suspension is its seller's to preview."""
    for name, one in list(stage.tree.agreements.items())[::2]:
        for viewer in stage.by_id.values():
            answer = stage.client.ask(viewer, "POST", f"/v1/agreements/{name}/preview", {"change": "suspend"})
            right = ((200, 409) if viewer.id == one["seller"]["id"] else (403,)
                     if stage.tree.sees_agreement(viewer.id, one) else (404,))
            if answer.status not in right:
                found(f"{viewer.code} previews the suspension of {name}: {answer} is not {right}")
            if answer.status == 200:
                own_edges(stage, viewer, answer, found)


def prices(stage, found):
    """Prices are previewed by who may set them."""
    ids = {code: one.id for code, one in stage.who.items()}
    target = "/v1/previews/prices?" + urllib.parse.urlencode({"seller": ids["P0001"], "buyer": ids["C00001"]})
    body = f"{HEADER}{stage.sku},USD,2031-01-01,peak,flat,1,3\n"
    for viewer in stage.by_id.values():
        answer = stage.client.ask(viewer, "POST", target, body)
        right = ((200,) if viewer.id == ids["P0001"] else (403,) if stage.tree.knows(viewer.id, ids["P0001"]) and
                 stage.tree.knows(viewer.id, ids["C00001"]) else (403, 404))
        if answer.status not in right:
            found(f"{viewer.code} previews the prices of P0001 for C00001: {answer} is not {right}")
        if answer.status == 200:
            own_edges(stage, viewer, answer, found)


def previews_tell_of_own_edges_alone(stage, found):
    before, stranger = snapshot(stage), stage.stranger()
    changes(stage, stranger, found)
    customers(stage, found)
    agreements(stage, found)
    prices(stage, found)
    compare(before, snapshot(stage), "a preview", found)
