#!/usr/bin/env python3
"""A month with a vendor's real catalogue, by the command alone: 40 providers, 400 customers, blocks of 50 of its SKUs.

usage: catalogue_month.py SEATMETER CATALOGUE [PROVIDERS CUSTOMERS]
Every policy and tier mode is in use on every edge. The month is reported, closed, audited, and recomputed by
recompute.py from the exports. Chance is seeded."""
import csv
import datetime
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

RECOMPUTE = pathlib.Path(__file__).parents[1] / "recompute/recompute.py"
POLICIES = ["peak", "snapshot", "any", "daily"]
MODES = ["flat", "volume", "graduated"]


class Programme:
    def __init__(self, seatmeter, folder):
        self.seatmeter = seatmeter
        self.folder = pathlib.Path(folder)
        self.environment = {**os.environ, "SEATMETER_DB": f"sqlite:{folder}/store.db"}

    def say(self, *words):
        done = subprocess.run([self.seatmeter, *map(str, words)], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def price(self, chance, skus, seller, buyer, cents):
        """A price for each SKU, policies and tier modes taking turns."""
        rows = ["sku,currency,effective_from,policy,tier_mode,tier_from,unit_price"]
        for sku in skus:
            policy, mode = chance.choice(POLICIES), chance.choice(MODES)
            for tier, percent in [(1, 100)] if mode == "flat" else [(1, 100), (11, 85), (51, 70)]:
                rows.append(f'"{sku}",USD,2025-01-01,{policy},{mode},{tier},{cents * percent / 10000:.4f}')
        path = self.folder / "prices.csv"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        self.say("price", "import", path, "--seller", seller, *(["--buyer", buyer] if buyer else []))


def main():
    seatmeter, catalogue = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    provider_count, customer_count = (int(word) for word in (sys.argv[3:5] or ["40", "400"]))
    if not pathlib.Path(catalogue).exists():
        print(f"SKIPPED: {catalogue} is not there")
        return
    chance = random.Random(7)
    last_month = datetime.date.today().replace(day=1) - datetime.timedelta(days=1)
    month = last_month.strftime("%Y-%m")
    with tempfile.TemporaryDirectory(prefix="seatmeter-month.") as folder:
        programme = Programme(seatmeter, folder)
        say = programme.say
        say("init", "--distributor", "Northwind", "--currency", "USD", "--time-zone", "UTC")
        began = time.monotonic()
        said = say("catalog", "import", catalogue, "--vendor", "Microsoft")
        print(f"{said.splitlines()[-1]} imported in {time.monotonic() - began:.2f} s")
        skus = [row["code"] for row in json.loads(say("catalog", "list", "--json"))["items"]]
        used = chance.sample(skus, 50)
        programme.price(chance, used, "MICROSOFT", "NORTHWIND", 200)
        programme.price(chance, used, "NORTHWIND", "", 300)
        blocks = {}
        for number in range(provider_count):
            provider = f"P{number:03}"
            say("account", "add", "--kind", "provider", "--name", f"Provider {number}", "--code", provider)
            say("agreement", "offer", "--buyer", provider)
            say("agreement", "sign", "--buyer", provider, "--by", "its owner")
            own = [used[(number * 5 + i) % 50] for i in range(5)]
            programme.price(chance, own, provider, "", 900)
            for sku in own:
                block = json.loads(
                    say("block", "order", "--provider", provider, "--sku", sku, "--size", 50, "--json"))["id"]
                blocks.setdefault(provider, []).append([block, 50])
        for number in range(customer_count):
            provider = f"P{number % provider_count:03}"
            customer = f"C{number:04}"
            say("account", "add", "--kind", "customer", "--name", f"Customer {number}", "--code", customer,
                "--seller", provider)
            block = chance.choice([block for block in blocks[provider] if block[1] > 0])
            seats = chance.randint(1, min(9, block[1]))
            block[1] -= seats
            licence = say("licence", "issue", "--block", block[0], "--customer", customer, "--seats", seats).split()[1]
            day, hour = chance.randint(1, 12), chance.randint(0, 23)
            say("licence", "on", licence, "--at", f"{month}-{day:02}T{hour:02}:30")
            if chance.random() < 0.5:
                day += chance.randint(1, 10)
                say("licence", "off", licence, "--at", f"{month}-{day:02}T12:00")
                if chance.random() < 0.5:
                    say("licence", "on", licence, "--at", f"{month}-{day:02}T{chance.randint(13, 23):02}:00")
        for number in range(provider_count):
            for step in ("submit", "approve"):
                say("report", step, "--provider", f"P{number:03}", "--month", month)
        print(say("month", "close", month).splitlines()[-1])
        print(say("check").splitlines()[-1])
        for kind in ("events", "prices", "lines"):
            (programme.folder / f"{kind}.csv").write_text(say("export", kind), encoding="utf-8")
        lines = list(csv.DictReader(io.StringIO((programme.folder / "lines.csv").read_text(encoding="utf-8"))))
        edges = {(line["seller"], line["buyer"]) for line in lines}
        # A snapshot of what was turned off is nothing; most edges have something to bill.
        assert len(edges) > (provider_count + customer_count) // 2, f"{len(edges)} edges were billed"
        done = subprocess.run([sys.executable, str(RECOMPUTE), folder], capture_output=True, text=True)
        print(done.stdout.splitlines()[-1] if done.stdout else done.stderr)
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
