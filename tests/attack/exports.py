"""Exports and margins: of each account exactly its own rows, named by what it may know of."""
import collections
import csv
import decimal
import io

from stage import LAST_CLOSED

KINDS = ("events", "licences", "prices", "terms", "lines", "ledger", "agreements", "adjustments", "charges", "accounts",
         "skus", "months", "midnights", "moves")
ACCOUNTS = ("provider", "customer", "seller", "buyer", "account", "owner", "from", "to", "successor")
SKUS = ("sku",)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


class Names:
    """What the words of an export mean to its reader; None: the operator, to whom they are the store's labels."""

    def __init__(self, stage, viewer=None):
        tree = stage.tree
        self.tree, self.viewer = tree, viewer
        self.accounts = [one for one in tree.accounts if viewer is None or tree.may_name(viewer, one)]
        self.skus = [one["id"] for one in tree.skus.values() if viewer is None or tree.sees_sku(viewer, one) or
                     tree.is_or_is_above(viewer, one["owner"])]

    def account(self, word):
        if word == "" or word.startswith("acc_"):
            return word
        return next((one for one in self.accounts if self.tree.code[one] == word), f"?{word}")

    def sku(self, word):
        if word == "" or word.startswith("sku_"):
            return word
        return next((one for one in self.skus if self.tree.skus[one]["code"] == word), f"?{word}")

    def invoice(self, word, seller):
        if word.startswith("inv_") or not word:
            return word
        return next((name for name, one in self.tree.invoices.items() if one["number"] == word and
                     (seller is None or self.tree.parties(one)[0] == seller)), f"?{word}")

    def meaning(self, kind, row):
        """The row with identifiers for names."""
        plain = dict(row)
        for column in row:
            if column in ACCOUNTS and (kind, column) != ("ledger", "account"):
                plain[column] = self.account(row[column])
            elif column in SKUS:
                plain[column] = self.sku(row[column])
        if "invoice" in row:
            plain["invoice"] = self.invoice(row["invoice"], plain.get("seller"))
        return plain


def may_read(tree, viewer, kind, row, terms):
    """Whether the row, in identifiers, is the reader's; `terms` are those of all signed agreements."""
    if kind in ("events", "licences"):
        return tree.sees_licence(viewer, tree.licences[row["licence"]])
    if kind == "ledger":
        return tree.parties(tree.invoices[row["invoice"]])[0] == viewer  # its own books
    if kind == "charges":
        return tree.sees_of_edge(viewer, tree.charges[row["charge"]])
    if kind == "agreements":
        return tree.sees_agreement(viewer, tree.agreements[row["agreement"]])
    if kind == "accounts":
        return tree.is_or_is_above(viewer, row["account"])
    if kind == "skus":
        return tree.sees_sku(viewer, tree.skus[row["sku"]])
    if kind == "midnights":  # of the zones of its own agreements, in any month's terms
        return any(viewer in (one["seller"], one["buyer"]) and one["time_zone"] == row["time_zone"] for one in terms)
    if kind == "moves":
        return tree.sees_move(viewer, tree.moves[row["move"]])
    return viewer in (row["seller"], row["buyer"])


def shown(tree, viewer, kind, row):
    """A part's bundle is told to those who see the bundle's licence, so not to the part's vendor."""
    if kind == "licences" and row["parent"] and not tree.sees_licence(viewer, tree.licences[row["parent"]]):
        return {**row, "parent": ""}
    if kind == "moves":  # the old side is not told what came of it, nor the new one what was before
        old, new = ("customer", "licence"), ("successor", "successor_licence")
        hidden = [*(() if tree.is_or_is_above(viewer, row["customer"]) else old[1:]),
                  *(() if tree.is_or_is_above(viewer, row["successor"]) else new)]
        return {**row, **{column: "" for column in hidden}}
    return row


def all_shown(tree, viewer, kind, rows):
    """Postings are told by their place in the reader's books."""
    if kind == "ledger":
        places = {posting: place for place, posting in enumerate(sorted({int(row["posting"]) for row in rows}), 1)}
        return [{**row, "posting": str(places[int(row["posting"])])} for row in rows]
    return [shown(tree, viewer, kind, row) for row in rows]


def counted(rows):
    """As a bag."""
    return collections.Counter(tuple(sorted(row.items())) for row in rows)


def each_export_has_exactly_the_rows_of_its_reader(stage, found):
    everything = Names(stage)
    terms = [everything.meaning("agreements", row) for row in rows_of(stage.store.say("export", "agreements"))
             if row["signed_at"]]
    for kind in KINDS:
        whole = [everything.meaning(kind, row) for row in rows_of(stage.store.say("export", kind))]
        for viewer in stage.some_accounts():
            answer = stage.client.ask(viewer, "GET", f"/v1/exports/{kind}")
            if answer.status != 200:
                found(f"{viewer.code} exports no {kind}: {answer}")
                continue
            names = Names(stage, viewer.id)
            listed = counted([names.meaning(kind, row) for row in rows_of(answer.body.decode())])
            right = counted(all_shown(stage.tree, viewer.id, kind, [row for row in whole if
                                                                    may_read(stage.tree, viewer.id, kind, row, terms)]))
            for what, some in (("beyond what it may see", listed - right), ("not given", right - listed)):
                if some:
                    found(f"{viewer.code} exports {kind}: {what}: {dict(next(iter(some)))} and so on, {len(some)} rows")


def names_in_an_export_do_not_tell_of_others(stage, found):
    """An identifier stands for a code only where the reader itself knows another of that code."""
    tree = stage.tree
    for viewer in stage.some_accounts():
        names = Names(stage, viewer.id)
        accounts = collections.Counter(tree.code[one] for one in names.accounts)
        skus = collections.Counter(tree.skus[one]["code"] for one in names.skus)
        for kind in KINDS:
            for row in rows_of(stage.client.ask(viewer, "GET", f"/v1/exports/{kind}").body.decode()):
                for column, word in row.items():
                    if word in tree.accounts and word not in names.accounts:
                        continue  # who is not named at all
                    shared = (accounts[tree.code[word]] if word and word.startswith("acc_") else
                              skus[tree.skus[word]["code"]] if word and word.startswith("sku_") else 2)
                    if shared < 2:
                        found(f"{viewer.code} exports {kind}: {column} is {word}, as somebody else has that code")


def numbers_of(rows):
    return sorted(int(row["sequence"]) for row in rows)


def numbers_count_nothing_of_others(stage, found):
    """Each provider's events count from 1 without a gap, in exports and in each licence's own list; postings do in the books
    of each account."""
    tree, everything = stage.tree, Names(stage)
    events = collections.defaultdict(list)
    for row in (everything.meaning("events", row) for row in rows_of(stage.store.say("export", "events"))):
        events[row["provider"]].append(row)
    for provider, rows in events.items():
        if numbers_of(rows) != list(range(1, len(rows) + 1)):
            found(f"the events of {tree.code[provider]} are numbered {numbers_of(rows)[:9]} …")
    of_licence = collections.defaultdict(list)
    for row in (row for rows in events.values() for row in rows):
        of_licence[row["licence"]].append(row)
    for viewer in stage.some_accounts():
        names, own = Names(stage, viewer.id), collections.defaultdict(list)
        for row in rows_of(stage.client.ask(viewer, "GET", "/v1/exports/events").body.decode()):
            own[names.account(row["provider"])].append(row)
        for provider, rows in own.items():
            if max(numbers_of(rows)) > len(events[provider]):
                found(f"{viewer.code} reads number {max(numbers_of(rows))} of {len(events[provider])} events")
            if tree.is_or_is_above(viewer.id, provider) and len(rows) == len(events[provider]) and (
                    numbers_of(rows) != list(range(1, len(rows) + 1))):
                found(f"{viewer.code} cannot read the log of {tree.code[provider]} in order")
        postings = {int(row["posting"])
                    for row in rows_of(stage.client.ask(viewer, "GET", "/v1/exports/ledger").body.decode())}
        if postings != set(range(1, len(postings) + 1)):
            found(f"{viewer.code} has postings {sorted(postings)[:9]} …")
        for licence in list(tree.licences.values())[::stage.step]:
            if tree.sees_licence(viewer.id, licence):
                listed = stage.client.ask(viewer, "GET", f"/v1/licences/{licence['id']}/events?limit=500").json()["items"]
                if numbers_of(listed) != numbers_of(of_licence[licence["id"]]):
                    found(f"{viewer.code} reads the events {numbers_of(listed)} of {licence['id']}")


def margins_are_of_own_edges(stage, found):
    everything = Names(stage)
    lines = [everything.meaning("lines", row) for row in rows_of(stage.store.say("export", "lines", "--month", LAST_CLOSED))]
    for viewer in stage.some_accounts():
        for group in ("total", "buyer", "customer", "sku", "customer-sku"):
            answer = stage.client.ask(viewer, "GET", f"/v1/margins?month={LAST_CLOSED}&group={group}").json()
            totals = {one["currency"]: one for one in answer["totals"]}
            for side, column in (("revenue", "seller"), ("cost", "buyer")):
                sums = collections.Counter()
                for row in lines:
                    if row[column] == viewer.id:
                        sums[row["currency"]] += decimal.Decimal(row["amount"])
                for currency, amount in sums.items():
                    if decimal.Decimal(totals.get(currency, {side: 0})[side]) != amount:
                        found(f"{viewer.code} has the {side} {totals} in {currency}, not {amount}")
            forecast = stage.client.ask(viewer, "GET", f"/v1/margins?month=2024-03&group={group}&forecast=true")
            if forecast.status != 200:
                found(f"{viewer.code} forecasts nothing: {forecast}")
