#!/usr/bin/env python3
"""Recomputes every bill of a programme from its exports alone, to the cent.

Written from the rules in docs/ and not from the C code, so that the two can be wrong only in different ways.
usage: recompute.py DIRECTORY
The directory holds what `seatmeter export events|prices|lines|agreements|licences|adjustments|months|midnights`
printed, as events.csv, prices.csv, … Without the last five every zone is UTC and no report was adjusted.
Prints each difference; exit 1 if there is any; the last line counts what was compared."""
import csv
import datetime
import pathlib
import sys
from collections import defaultdict
from fractions import Fraction
from zoneinfo import ZoneInfo

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MINOR_DIGITS = defaultdict(lambda: 2, JPY=0, KRW=0, CLP=0, VND=0, ISK=0, KWD=3, BHD=3, TND=3, JOD=3, OMR=3)


def read(directory, name):
    path = directory / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def microseconds(moment):
    delta = moment - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def midnight(zone, day):
    """The first instant of a civil day: where the zone skips midnight, the first one that exists."""
    local = datetime.datetime(day.year, day.month, day.day, tzinfo=zone)
    instant = local.astimezone(datetime.timezone.utc)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        before = instant - datetime.timedelta(hours=25)  # find the gap's end between two instants
        low, high = microseconds(before), microseconds(instant + datetime.timedelta(hours=25))
        while high - low > 1:
            middle = (low + high) // 2
            there = (EPOCH + datetime.timedelta(microseconds=middle)).astimezone(zone).replace(tzinfo=None)
            low, high = (low, middle) if there >= local.replace(tzinfo=None) else (middle, high)
        return high
    return microseconds(instant)


def instant_of(word):
    return microseconds(datetime.datetime.fromisoformat(word.replace("Z", "+00:00"))) if word else None


def month_before(month):
    return (datetime.date.fromisoformat(f"{month}-01") - datetime.timedelta(days=1)).isoformat()[:7]


def month_days(month):
    year, number = map(int, month.split("-"))
    first = datetime.date(year, number, 1)
    after = datetime.date(year + number // 12, number % 12 + 1, 1)
    return [first + datetime.timedelta(days=n) for n in range((after - first).days + 1)]


def half_away(value):
    magnitude = (abs(value) * 2 + 1) // 2
    return int(magnitude) if value >= 0 else -int(magnitude)


def cents(quantity, unit_price, currency):
    return half_away(quantity * unit_price * 10 ** MINOR_DIGITS[currency])


def measure(changes, policy, bounds, start):
    """(parts, parts per unit) of one customer's SKU; changes are (instant, licence, seats) in log order."""
    end = bounds[-1]
    days = len(bounds) - 1
    if start >= end:
        return 0, days if policy == "daily" else 1
    seats = {}
    highest = defaultdict(int)  # of each licence
    steps = []                  # (instant, S from there on)
    index = 0
    while index < len(changes) and changes[index][0] <= start:
        seats[changes[index][1]] = changes[index][2]
        index += 1
    for licence, count in seats.items():
        highest[licence] = count
    steps.append((start, sum(seats.values())))
    while index < len(changes) and changes[index][0] < end:
        instant = changes[index][0]
        touched = set()
        while index < len(changes) and changes[index][0] == instant:
            seats[changes[index][1]] = changes[index][2]
            touched.add(changes[index][1])
            index += 1
        for licence in touched:
            highest[licence] = max(highest[licence], seats[licence])
        steps.append((instant, sum(seats.values())))
    if policy == "peak":
        return max(total for _, total in steps), 1
    if policy == "snapshot":
        return steps[-1][1], 1
    if policy == "any":
        return sum(highest.values()), 1
    parts = 0
    for first, after in zip(bounds, bounds[1:]):
        if after <= start:
            continue
        inside = [total for instant, total in steps if first < instant < after]
        carried = [total for instant, total in steps if instant <= max(first, start)]
        parts += max(inside + carried[-1:])
    return parts, days


def allocate(total, weights):
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def rate(price, parts_per_unit, charged):
    """charged: [(who, parts)] in the order of names. Gives [(who, parts, unit price)]."""
    tiers = price["tiers"]
    total = sum(parts for _, parts in charged)
    if price["tier_mode"] != "graduated":
        unit = tiers[0][1]
        for first, unit_price in tiers:
            if first * parts_per_unit <= total:
                unit = unit_price
        return [(who, parts, unit) for who, parts in charged]
    left = [parts for _, parts in charged]
    lines = []
    for k, (first, unit_price) in enumerate(tiers):
        in_tier = sum(left)
        if k + 1 < len(tiers):
            size = (tiers[k + 1][0] - max(first, 1)) * parts_per_unit
            in_tier = min(in_tier, size)
        if in_tier == 0:
            break
        shares = allocate(in_tier, left)
        for i, share in enumerate(shares):
            if share:
                lines.append((charged[i][0], share, unit_price))
                left[i] -= share
    lines += [(who, 0, tiers[0][1]) for who, parts in charged if parts == 0]
    return lines


class Programme:
    def __init__(self, directory):
        # (seller, buyer) → its agreements that were signed → the rows of their terms, by the month that they begin
        self.agreements = defaultdict(lambda: defaultdict(list))
        for row in read(directory, "agreements"):
            if row["signed_at"]:
                self.agreements[(row["seller"], row["buyer"])][row["agreement"]].append(row)
        self.closed = {(row["seller"], row["buyer"], row["month"]): row for row in read(directory, "months")}
        self.kept = {(row["time_zone"], row["date"]): instant_of(row["begins"]) for row in read(directory, "midnights")}
        self.billed = {row["licence"]: (int(row["first_edge"]), int(row["last_edge"]))
                       for row in read(directory, "licences")}
        # (seller, buyer, sku) → currency → effective_from → price
        self.prices = defaultdict(lambda: defaultdict(dict))
        for row in read(directory, "prices"):
            if row.get("withdrawn_at"):
                continue
            key = (row["seller"], row["buyer"], row["sku"])
            price = self.prices[key][row["currency"]].setdefault(row["effective_from"], dict(row, tiers=[]))
            price["tiers"].append((int(row["tier_from"]), Fraction(row["unit_price"])))
            price["terms"] = row
        self.rules = defaultdict(str)  # (seller, buyer, month) → the version that it was closed by
        for row in read(directory, "lines"):
            self.rules[(row["seller"], row["buyer"], row["month"])] = row.get("rules") or ""
        self.rules.update((key, row["rules"]) for key, row in self.closed.items())
        self.adjusted = defaultdict(dict)  # (month, seller, buyer) → (customer, sku) → units
        self.corrected = defaultdict(dict)  # the same, of corrections that were billed; the last one counts. Where
        late = defaultdict(list)            # that is a late event, all late events of the place are in its stead
        for row in read(directory, "adjustments"):
            edge = (row["month"], row["seller"], row["buyer"])
            if row["kind"] == "adjustment":
                self.adjusted[edge][(row["customer"], row["sku"])] = int(row["units"])
            elif row["invoice"]:
                late[edge + (row["customer"], row["sku"])] += [row] if row["licence"] else []
                self.corrected[edge][(row["customer"], row["sku"])] = \
                    list(late[edge + (row["customer"], row["sku"])]) if row["licence"] else int(row["units"])
        self.seller_of = {}
        buyers = {buyer for _, buyer, _ in self.prices} | {buyer for _, buyer in self.agreements}
        edges = {(seller, buyer) for seller, buyer, _ in self.prices} | set(self.agreements)
        self.vendors = {seller for seller, _ in edges} - buyers
        for seller, buyer in edges:
            if seller not in self.vendors:
                self.seller_of[buyer] = seller
        self.groups = defaultdict(list)  # (customer, sku) → changes
        self.first_on = {}
        self.provider_of = {}
        for row in read(directory, "events"):
            if row["event"] == "undo" or row["voided_by"]:
                continue  # what was undone and the undo itself are not metered
            key = (row["customer"], row["sku"])
            instant = instant_of(row["time"])
            self.groups[key].append((instant, row["licence"], int(row["seats"])))
            self.provider_of[row["customer"]] = row["provider"]
            if row["event"] == "on":
                self.first_on.setdefault((row["customer"], row["sku"], row["licence"]), instant)
        for changes in self.groups.values():
            changes.sort(key=lambda change: change[0])  # stable: log order at one instant

    def depth(self, account):
        depth = 0 if account in self.vendors else 1
        while account in self.seller_of:
            account = self.seller_of[account]
            depth += 1
        return depth

    def is_below(self, customer, account):
        at = customer
        while at in self.seller_of or at in self.provider_of:
            at = self.seller_of.get(at) or self.provider_of.get(at)
            if at == account:
                return True
        return False

    def on_edge(self, customer, sku, seller, buyer):
        """The changes of a group that this edge is billed for: a bundle below its composer, its parts above."""
        if customer != buyer and not self.is_below(customer, buyer):
            return []
        depth = self.depth(seller)
        inside = lambda licence: self.billed.get(licence, (0, 127))[0] <= depth <= self.billed.get(licence, (0, 127))[1]
        return [change for change in self.groups[(customer, sku)] if inside(change[1])]

    def price_for(self, seller, buyer, sku, currency, days):
        of_currencies = self.prices.get((seller, buyer, sku), {})
        # A world without agreements has one currency.
        dated = of_currencies.get(currency or next(iter(of_currencies), None), {})
        first, last = days[0].isoformat(), days[-2].isoformat()
        in_force = [date for date in sorted(dated) if date <= first]
        coming = [date for date in sorted(dated) if first < date <= last]
        return dated[in_force[-1]] if in_force else dated[coming[0]] if coming else None

    def midnight(self, time_zone, day):
        """As it was when a month with that day was closed in the zone, else as time zone data has it today."""
        return self.kept.get((time_zone, day.isoformat())) or midnight(ZoneInfo(time_zone), day)

    def terms_of(self, seller, buyer, month, wanted):
        """The terms of the agreement that answers for a month: the one that closed it, else the last that was in force
        in it or, where the month is wanted all the same, the first that came after, else the last before."""
        of_edge = self.agreements.get((seller, buyer), {})
        days = month_days(month)
        before = after = None
        if wanted and (seller, buyer, month) in self.closed:
            closed_by = self.closed[(seller, buyer, month)]["agreement"]
            return [row for row in of_edge[closed_by] if row["from_month"] <= month][-1]
        for rows in reversed(of_edge.values()):
            terms = [row for row in rows if row["from_month"] <= month][-1]
            begins, ends = (self.midnight(terms["time_zone"], day) for day in (days[0], days[-1]))
            signed_at, ended_at = instant_of(terms["signed_at"]), instant_of(terms["ended_at"])
            if signed_at < ends and (ended_at is None or ended_at > begins):
                return terms
            if signed_at >= ends:
                after = terms
            else:
                before = before or terms
        return (after or before or {}) if wanted else {}

    def bounds_of(self, seller, buyer, month):
        """The instants at which the month's days begin, and its end."""
        time_zone = self.terms_of(seller, buyer, month, True).get("time_zone") or "UTC"
        days = month_days(month)
        bounds = sorted({self.midnight(time_zone, day) for day in days})  # a day that the zone leaves out is none
        before = self.terms_of(seller, buyer, month_before(month), True).get("time_zone")
        if before and before != time_zone and self.rules[(seller, buyer, month)] != "1":
            begins = self.midnight(before, days[0])  # when the month before has ended
            bounds = [begins] + [bound for bound in bounds[1:] if bound > begins]
        return bounds

    def expected(self, seller, buyer, month, corrected=None):
        """{(customer, sku, unit price): [(measured, quantity, amount)]} of a month's bill. `corrected`, of
        (customer, sku), are units of corrections, which go before everything else."""
        corrected = corrected or {}
        agreement = self.terms_of(seller, buyer, month, True)
        time_zone = agreement.get("time_zone") or "UTC"
        adjusted = self.adjusted[(month, seller, buyer)]
        days = month_days(month)
        bounds = self.bounds_of(seller, buyer, month)
        bills = defaultdict(list)  # tiers of one price, all 0 say, share a key
        for sku in sorted({sku for s, b, sku in self.prices if (s, b) == (seller, buyer)}):
            price = self.price_for(seller, buyer, sku, agreement.get("currency"), days)
            if price is None:
                continue
            terms = price["terms"] or {}
            start = bounds[0]
            if terms.get("trial_end"):
                start = max(start, self.midnight(time_zone, datetime.date.fromisoformat(terms["trial_end"])))
            measured = {}
            per_unit = len(bounds) - 1 if price["policy"] == "daily" else 1
            for customer, of_sku in self.groups:
                if of_sku == sku:
                    changes = self.on_edge(customer, sku, seller, buyer)
                    if isinstance(corrected.get((customer, sku)), list):
                        changes = told_late(changes, corrected[(customer, sku)])
                    measured[customer], per_unit = measure(changes, price["policy"], bounds, start)
            charged = []
            # What was never on has no events, and can be adjusted all the same.
            names = {name for name in measured if measured[name]}
            names |= {name for name, of in [*adjusted, *corrected] if of == sku}
            for customer in sorted(names, key=str.encode):
                parts = measured.get(customer, 0)
                is_late = isinstance(corrected.get((customer, sku)), list)
                if (customer, sku) in adjusted and not is_late:
                    parts = adjusted[(customer, sku)] * per_unit
                if int(terms.get("free_months") or 0) and self.is_free(customer, sku, seller, buyer, month, terms):
                    parts = 0
                if (customer, sku) in corrected and not is_late:
                    parts = corrected[(customer, sku)] * per_unit
                charged.append((customer, parts))
            # A minimum binds who is charged for anything; by the first rules it bound everybody.
            is_charged = self.rules[(seller, buyer, month)] == "1" or any(parts > 0 for _, parts in charged)
            shortfall = is_charged and int(terms.get("minimum") or 0) * per_unit - sum(parts for _, parts in charged)
            if shortfall > 0:
                charged.append(("", shortfall))
            for customer, parts, unit in rate(price, per_unit, charged):
                quantity = Fraction(parts, per_unit)
                if terms.get("not_for_resale") == "yes":
                    unit = Fraction(0)
                bills[(customer, sku, unit)].append((Fraction(measured.get(customer, 0), per_unit), quantity,
                                                     cents(quantity, unit, price["currency"])))
        return bills

    def is_free(self, customer, sku, seller, buyer, month, terms):
        """Whether the first event on is of this month or of one of the free months before it."""
        inside = {change[1] for change in self.on_edge(customer, sku, seller, buyer)}
        firsts = [instant for (c, s, licence), instant in self.first_on.items()
                  if (c, s) == (customer, sku) and licence in inside]
        if not firsts:
            return False
        first = month
        for _ in range(int(terms["free_months"]) - 1):
            first = month_before(first)
        if self.rules[(seller, buyer, month)] in ("1", "2"):  # which counted in the zone of the month
            time_zone = self.terms_of(seller, buyer, month, True).get("time_zone") or "UTC"
            return min(firsts) >= self.midnight(time_zone, month_days(first)[0])
        return min(firsts) >= self.bounds_of(seller, buyer, first)[0]


def told_late(changes, late):
    """The changes with those that were told after the close: each says what a licence counted from then on."""
    known = {licence for _, licence, _ in changes}
    for row in late:
        at = microseconds(datetime.datetime.fromisoformat(row["at"].replace("Z", "+00:00")))
        if row["licence"] in known:
            changes = [change for change in changes if change[1] != row["licence"] or change[0] < at]
            changes = sorted([*changes, (at, row["licence"], int(row["seats"]))], key=lambda change: change[0])
    return changes


def month_of_note(note):
    return note[9:16] if note.startswith("corrects ") else None


def in_effect(rows):
    """The lines that nothing took back, or whose taker was taken back, and that take back nothing themselves."""
    taken_by = {}
    for row in rows:
        if row["takes_invoice"]:
            taken_by[(row["takes_invoice"], row["takes_line"])] = (row["invoice"], row["line"])

    def stands(key):
        return key not in taken_by or not stands(taken_by[key])

    return [row for row in rows if not row["takes_invoice"] and stands((row["invoice"], row["line"]))]


def check_corrections(programme, lines):
    """Every (edge, month, SKU) that was corrected: what was in effect behind the last close that corrected it
    sums to the bill that its corrections give. Returns how many were compared, and the differences."""
    of_edge = defaultdict(list)
    for row in lines:
        of_edge[(row["seller"], row["buyer"])].append(row)
    compared = differences = 0
    for (month, seller, buyer), corrected in sorted(programme.corrected.items()):
        rows = of_edge[(seller, buyer)]
        month_of = {}  # of use, of every line: a credit is of the month of what it credits
        for row in rows:
            taken = month_of.get((row["takes_invoice"], row["takes_line"]))
            month_of[(row["invoice"], row["line"])] = month_of_note(row["note"]) or taken or row["month"]
        expected = programme.expected(seller, buyer, month, corrected)
        for sku in sorted({sku for _, sku in corrected}):
            place = [row for row in rows
                     if row["sku"] == sku and row["policy"] and month_of[(row["invoice"], row["line"])] == month]
            answers = [i for i, row in enumerate(rows) if row["sku"] == sku and month_of_note(row["note"]) == month]
            # The documents of one close stand together: what was credited afterwards comes behind them.
            until = rows.index(rows[answers[-1]]) if answers else -1
            behind = {id(row) for row in rows[until + 1:] if row["invoice"] != rows[until]["invoice"]}
            kept = [row for row in place if id(row) not in behind]
            digits = MINOR_DIGITS[(place or rows)[0]["currency"]]
            billed = sum(half_away(Fraction(row["amount"]) * 10**digits) for row in in_effect(kept))
            total = sum(half_away(Fraction(row["amount"]) * 10**digits) for row in kept)
            wanted = sum(line[2] for key, of in expected.items() if key[1] == sku for line in of)
            compared += 1
            if not answers or billed != wanted or total != wanted:
                differences += 1
                print(f"{seller} → {buyer} {month} {sku}: {billed} in effect, {total} in all, {wanted} as corrected")
    return compared, differences


def check_months(programme, billed):
    """Every closed month runs as it says, and one without metered lines has nothing that they would be of."""
    differences = 0
    for (seller, buyer, month), row in sorted(programme.closed.items()):
        bounds = programme.bounds_of(seller, buyer, month)
        if (instant_of(row["begins"]), instant_of(row["ends"])) != (bounds[0], bounds[-1]):
            differences += 1
            print(f"{seller} → {buyer} {month} runs from {row['begins']} to {row['ends']}, not {bounds[0]} to {bounds[-1]}")
        if row["billing"] == "here" and (seller, buyer, month) not in billed:
            for key, owed in programme.expected(seller, buyer, month).items():
                differences += 1
                print(f"{seller} → {buyer} {month} has no bill, but {key}: {owed}")
    return differences


def check_documents(lines):
    """No invoice is below 0 and no credit note above; no line is credited twice."""
    differences = 0
    net = defaultdict(Fraction)
    credited = set()
    notes = set()
    for row in lines:
        net[row["invoice"]] += Fraction(row["amount"])
        if row["note"].startswith("credits "):
            notes.add(row["invoice"])
            key = (row["takes_invoice"], row["takes_line"])
            if not key[0] or key in credited:
                differences += 1
                print(f"{row['invoice']} line {row['line']} credits {key} which is none or was credited before")
            credited.add(key)
    for invoice, amount in net.items():
        if invoice in notes and amount > 0:
            differences += 1
            print(f"credit note {invoice} asks for {amount}")
    return differences


def main():
    directory = pathlib.Path(sys.argv[1])
    programme = Programme(directory)
    billed = defaultdict(list)
    lines = read(directory, "lines")
    for row in lines:
        # Charges, corrections and credits are not metered.
        if row["policy"] and not row["note"].startswith(("corrects ", "credits ")):
            billed[(row["seller"], row["buyer"], row["month"])].append(row)
    compared = differences = 0
    policies = set()
    for (seller, buyer, month), rows in sorted(billed.items()):
        expected = programme.expected(seller, buyer, month)
        currency_digits = MINOR_DIGITS[rows[0]["currency"]]
        for row in rows:
            compared += 1
            policies.add(row["policy"])
            key = (row["customer"], row["sku"], Fraction(row["unit_price"]))
            quantity = Fraction(row["quantity"])
            owed = sorted(expected[key], key=lambda line: abs(line[1] - quantity))
            want = owed[0] if owed else None
            expected[key] = owed[1:]
            amount = half_away(Fraction(row["amount"]) * 10**currency_digits)
            if want is None:
                problem = "is not owed"
            elif amount != want[2]:
                problem = f"should be {want[2]} minor units"
            elif abs(quantity - want[1]) > Fraction(1, 2_000_000):
                problem = f"quantity should be {float(want[1]):.6f}"
            elif abs(Fraction(row["measured"]) - want[0]) > Fraction(1, 2_000_000):
                problem = f"measured should be {float(want[0]):.6f}"
            else:
                continue
            differences += 1
            print(f"{seller} → {buyer} {month}: {dict(row)} {problem}")
        for key, want in ((key, line) for key, owed in expected.items() for line in owed):
            differences += 1
            print(f"{seller} → {buyer} {month}: no line for {key}: measured {want[0]}, quantity {want[1]}, {want[2]}")
    corrections, more = check_corrections(programme, lines)
    differences += more + check_documents(lines) + check_months(programme, billed)
    print(f"{corrections} corrected bills compared")
    print(f"{compared} lines on {len(billed)} bills compared, policies {', '.join(sorted(policies))}: "
          f"{differences} differences")
    sys.exit(1 if differences or not compared else 0)


if __name__ == "__main__":
    main()
