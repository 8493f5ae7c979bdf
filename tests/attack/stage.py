"""The programme that is attacked: two closed months by `seatmeter simulate`, and on top of them a month under way with
everything in it that one account must not learn of another, made by its rightful owners through the API.

Texts, prices and keys made here are secrets: the client watches every answer for them."""
import atexit
import datetime
import hashlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time
import types
import urllib.parse
import zlib

from client import Client, Secret
from tree import Tree

SCOPES = ("read accounts:write catalogue:write prices:write licences:write reports:write billing:write users:write")
LAST_CLOSED, OPEN = "2024-02", "2024-03"
PASSWORD = "correct horse battery"


def png(text):
    """One pixel, with a comment."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
            chunk(b"tEXt", b"Comment\0" + text.encode()) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


class Store:
    """A store and the command over it."""

    def __init__(self, seatmeter, folder, database):
        self.seatmeter, self.database = seatmeter, database
        self.environment = {**os.environ, "SEATMETER_DB": database, "SEATMETER_SECRET_FILE": f"{folder}/secret",
                            "SEATMETER_ARTIFACTS": f"{folder}/artifacts"}

    def say(self, *words, stdin=None):
        done = subprocess.run([self.seatmeter, *words], env=self.environment, capture_output=True, text=True, input=stdin)
        if done.returncode != 0:
            raise AssertionError(f"seatmeter {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def read(self, *words):
        return json.loads(self.say(*words, "--json"))

    def simulate(self, seed, providers, customers, licences, months):
        self.say("simulate", "--rich", "--seed", seed, "--providers", providers, "--customers", customers,
                 "--licences", licences, "--months", months, "--from", "2024-01")

    def token(self, account, scopes=SCOPES, *more):
        made = self.read("token", "create", "--account", account, "--name", f"of {account}", "--scopes", scopes, *more)
        return made["secret"], made["token"]["id"]

    def add_user(self, account, email, role, *more, stdin=None):
        return json.loads(self.say("user", "add", "--account", account, "--email", email, "--name", f"{role} of {account}",
                                   "--role", role, *more, "--json", stdin=stdin))["id"]

    def invitation_link(self, invitation):
        """As the operator sends it."""
        return self.say("invitation", "link", invitation).strip()

    def run_sql(self, text):
        """Past the programme."""
        engine, _, path = self.database.partition(":")
        if engine == "sqlite":
            with sqlite3.connect(path, timeout=60) as store:
                store.executescript(text)
            store.close()
        else:
            subprocess.run(["psql", "-q", self.database, "-c", text], check=True)

    def activate_everything(self):
        """A device under every licence with a key that was ever on, as an activation leaves it. Its name is a secret."""
        bytes32 = "x'" + "5a" * 32 + "'" if self.database.startswith("sqlite") else "'\\x" + "5a" * 32 + "'"
        self.run_sql(f"""
            insert into devices (id, licence_id, fingerprint, public_key, state, seat, name, activated_at_us, clones)
              select l.id, l.id, {bytes32}, {bytes32}, 'active', 1, 'MACHINE-' || l.id || '-SECRET', l.first_on_at_us, l.id % 2
              from licences l where l.parent_id is null and l.first_on_at_us is not null;
            insert into device_seen (device_id, sequence, link, seen_at_s, lease_expires_s)
              select id, 1, 1, activated_at_us / 1000000 + 1, activated_at_us / 1000000 + 86401 from devices;
            """)
        if not self.database.startswith("sqlite"):
            self.run_sql("select setval('devices_numbers', max(id) + 1, false) from devices")

    def serve(self):
        """Starts the service; where it listens stands in what it prints, before it logs requests."""
        self.log = pathlib.Path(self.environment["SEATMETER_SECRET_FILE"]).with_name("log")
        with open(self.log, "wb") as log:
            self.server = subprocess.Popen([self.seatmeter, "serve", "--control", "127.0.0.1:0", "--device", "none"], env=self.environment,
                                           stderr=log, stdout=log)
        atexit.register(self.server.kill)  # should setting up fail
        for _ in range(18000):  # a quarter of an hour: no machine is so slow or so busy
            if words := re.search(r"Listening on (\S+)\n", self.log.read_text(errors="replace")):
                return words[1]
            if self.server.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the service did not start: {self.log.read_text(errors='replace')}")

    def stop(self):
        """Its exit code and what it printed."""
        self.server.send_signal(signal.SIGTERM)
        try:
            code = self.server.wait(timeout=900)
        except subprocess.TimeoutExpired:
            self.server.kill()
            code = "nothing: it had to be killed"
        return code, self.log.read_text(errors="replace")


class Stage:
    """`who` has each account by its code: id, code, token (all scopes), reader (read alone)."""

    def __init__(self, seatmeter, operations, database=None, step=1, seed="3"):
        self.step = step  # every how many-th thing is tried
        self.folder = tempfile.TemporaryDirectory(prefix="seatmeter-attack.")
        self.store = Store(seatmeter, self.folder.name, database or f"sqlite:{self.folder.name}/store.db")
        self.store.simulate(seed, "4", "10", "60", "2")
        self.client = Client(self.store.serve(), operations)
        self.who, self.by_id, self.secrets, self.made = {}, {}, [], {}
        for account in self.store.read("account", "list")["items"]:
            self.admit(account)
        sellers = {one["code"]: one["seller"] and one["seller"]["code"] for one in self.store.read("account", "list")["items"]}
        assert (sellers["D01"], sellers["P0004"], sellers["P0001"]) == ("MERIDIAN", "D01", "MERIDIAN"), "choose another seed"
        self.make_people()
        self.make_accounts()
        self.let_vendors_read()
        self.make_catalogue()
        self.make_month()
        self.make_delivery()
        self.store.activate_everything()
        self.tree = Tree(self.store.read)
        self.keep_secrets()

    def admit(self, account, name=None):
        token, token_id = self.store.token(account["id"])
        one = types.SimpleNamespace(id=account["id"], code=account["code"], token=token, token_id=token_id)
        reader = self.say(one, "POST", "/v1/tokens", {"name": "reader", "scopes": "read"})
        one.reader, one.reader_id = reader["secret"], reader["token"]["id"]
        self.who[name or one.code] = self.by_id[one.id] = one
        return one

    def say(self, who, method, target, body=None, headers=None, **more):
        """What the rightful one asks is done."""
        who = self.who[who] if isinstance(who, str) else who
        answer = self.client.ask(who, method, target, body, headers or {"If-Match": "*"}, **more)
        if answer.status >= 300:
            raise AssertionError(f"{who.code} could not {method} {target} {body}: {answer}")
        return answer.json() if answer.body.startswith((b"{", b"[")) else answer.body

    def secret(self, text, readers, what):
        """`readers`: codes, identifiers, or a function of the tree that gives identifiers."""
        self.secrets.append((text, readers, what))
        return text

    # ---- who there is

    def make_people(self):
        """Users, and what every account says of itself alone."""
        for one in list(self.who.values()):
            self.say(one, "PATCH", f"/v1/accounts/{one.id}",
                     {"email": f"{one.code}-private@x.example".lower(), "tax_number": f"TAX-{one.code}-77",
                      "name": f"{one.code.title()} of Secrets", "address": f"{one.code} Hidden Lane"})
        for code, role in (("MERIDIAN", "owner"), ("AEGIS", "owner"), ("P0001", "owner"), ("P0001", "technician"),
                           ("P0001", "viewer"), ("P0002", "owner"), ("C00001", "owner")):
            email = self.secret(f"{role}@{code.lower()}.example", [code], "a user's address")
            self.made[f"{role} of {code}"] = self.store.add_user(code, email, role, stdin=PASSWORD + "\n")
        for code in ("MERIDIAN", "P0001", "P0002"):
            email = self.secret(f"invited@{code.lower()}.example", [code], "an invited address")
            self.made[f"invitation of {code}"] = self.say(code, "POST", "/v1/invitations",
                                                          {"email": email, "name": f"guest of {code}", "role": "viewer"})["id"]
        for code in ("MERIDIAN", "P0001", "C00001"):
            self.say(code, "PUT", f"/v1/accounts/{code}/logo", png(f"logo of {code}"))

    def make_accounts(self):
        """A customer whose code is another provider's too, and providers whose agreements are not signed."""
        shadow = self.say("P0001", "POST", "/v1/accounts", {"kind": "customer", "name": "Shadow", "code": "C00002"})
        self.admit(shadow, "SHADOW")
        for code in ("P0005", "P0006"):
            self.admit(self.say("MERIDIAN", "POST", "/v1/accounts",
                                {"kind": "provider", "name": f"{code} of Secrets", "code": code}))
        for code, is_draft in (("P0005", True), ("P0006", False)):
            terms = self.secret(f"terms kept for {code}", ["MERIDIAN"] + ([] if is_draft else [code]), "terms")
            agreement = self.say("MERIDIAN", "POST", "/v1/agreements",
                                 {"buyer": code, "as_draft": is_draft, "terms": terms})
            self.made[f"agreement of {code}"] = agreement["id"]
        signed = self.say("P0001", "GET", f"/v1/agreements?buyer={self.who['P0001'].id}")["items"][0]["id"]
        running = datetime.date.today().replace(day=15) + datetime.timedelta(days=31)
        for month in (f"{running:%Y-%m}", f"{running + datetime.timedelta(days=31):%Y-%m}"):
            terms = self.secret(f"terms from {month} for P0001", ["MERIDIAN", "P0001"], "terms")
            self.say("MERIDIAN", "POST", f"/v1/agreements/{signed}/terms", {"from": month, "terms": terms})
        self.made["next month"] = f"{running:%Y-%m}"
        self.made["move"] = self.say("MERIDIAN", "POST", "/v1/moves", {
            "customer": self.who["C00001"].id, "to": self.who["P0002"].id, "month": self.made["next month"]})["id"]

    def let_vendors_read(self):
        """Of two vendors one is let by the distributor, of four providers two: one vendor reads two providers' names."""
        for who, seller, buyer in (("MERIDIAN", "AEGIS", "MERIDIAN"), ("P0001", "MERIDIAN", "P0001"), ("P0004", "D01", "P0004")):
            agreement = self.say(who, "GET", f"/v1/agreements?seller={self.who[seller].id}&buyer={self.who[buyer].id}")["items"][0]
            self.say(who, "PATCH", f"/v1/agreements/{agreement['id']}", {"names_to_vendors": True})

    # ---- what is sold

    def price(self, seller, buyer, sku, amount, readers):
        self.secret(amount, readers, "a price")
        body = {"seller": self.who[seller].id, "sku": sku, "effective_from": "2030-01-01",
                "tiers": [{"unit_price": amount}]}
        if buyer:
            body["buyer"] = self.who[buyer].id
        self.say(seller, "POST", "/v1/prices", body)

    def make_catalogue(self):
        listed = self.say("AEGIS", "GET", "/v1/skus?limit=2")["items"]
        self.sku, self.other_sku = listed[0]["id"], listed[1]["id"]
        for seller in ("P0001", "P0002", "MERIDIAN"):
            name = self.secret(f"Starter of {seller}", lambda tree, code=seller: self.in_line(tree, code), "a bundle")
            code = "STARTER" if seller != "MERIDIAN" else "DISTRIBUTED"
            bundle = self.say(seller, "POST", "/v1/bundles", {
                "code": code, "name": name, "parts": [{"sku": self.sku, "quantity": 3}, {"sku": self.other_sku}]})
            self.made[f"bundle of {seller}"] = bundle["id"]
        for seller in ("P0001", "P0002", "D01"):
            self.made[f"service of {seller}"] = self.say(
                seller, "POST", "/v1/services", {"code": "SETUP", "name": f"Setup by {seller}"})["id"]
        self.price("AEGIS", "MERIDIAN", self.sku, "3.333319", ["AEGIS", "MERIDIAN"])
        self.price("MERIDIAN", None, self.sku, "9.191919", ["MERIDIAN", "D01", "P0001", "P0002", "P0003", "P0006"])
        self.price("MERIDIAN", "P0001", self.sku, "7.654321", ["MERIDIAN", "P0001"])
        self.price("MERIDIAN", "P0005", self.sku, "23.232319", ["MERIDIAN"])
        self.price("D01", "P0004", self.sku, "5.555519", ["D01", "P0004"])
        self.price("P0001", "C00001", self.sku, "13.371337", ["P0001", "C00001"])
        self.price("P0001", None, self.made["bundle of P0001"], "171.717171", ["P0001", "C00001", "SHADOW"])
        self.price("P0002", "C00002", self.sku, "11.110019", ["P0002", "C00002"])

    # ---- a month under way

    def block(self, provider, sku, size=50):
        return self.say(provider, "POST", "/v1/blocks", {"provider": self.who[provider].id, "sku": sku, "size": size})["id"]

    def issue(self, provider, block, customer, on=True):
        made = self.say(provider, "POST", "/v1/licences",
                        {"block": block, "customer": self.who[customer].id, "seats": 2})["items"][0]
        if on:
            self.say(provider, "POST", f"/v1/licences/{made['licence']['id']}/on", {})
        return made["licence"]["id"]

    def report(self, provider, *steps):
        """Adjusts the report of the open month, and takes the further steps: who, what."""
        target = f"/v1/accounts/{self.who[provider].id}/reports/{OPEN}"
        row = next(row for row in self.say(provider, "GET", target)["rows"])
        seller = self.say(provider, "GET", target)["seller"]["code"]
        reason = self.secret(f"adjusted by {provider}", [provider, seller], "the reason of an adjustment")
        self.made[f"row of {provider}"] = row["customer"]["code"], row["sku"]["code"]
        self.say(provider, "POST", f"{target}/adjustments", {"customer": row["customer"]["code"],
                                                             "sku": row["sku"]["code"], "units": 1, "reason": reason})
        for who, what in steps:
            body = {}
            if what == "reject":
                body = {"reason": self.secret(f"rejected by {who}", [provider, who], "the reason of a rejection")}
            self.say(who, "POST", f"{target}/{what}", body)

    def charge(self, seller, buyer, readers=None, month=OPEN):
        description = self.secret(f"work of {seller} for {buyer}", readers or [seller, buyer], "a charge")
        self.made[f"charge of {seller} to {buyer}"] = self.say(seller, "POST", "/v1/charges", {
            "seller": self.who[seller].id, "buyer": self.who[buyer].id, "month": month, "description": description,
            "unit_price": "77.77"})["id"]

    def job(self, seller):
        """A close of a month that has not ended: it fails, and can be put aside and tried again."""
        asked = self.say(seller, "POST", "/v1/months/2099-12/close", {}, {"Prefer": "respond-async"})
        while self.say(seller, "GET", f"/v1/jobs/{asked['id']}")["state"] != "failed":
            time.sleep(0.05)
        self.made[f"job of {seller}"] = asked["id"]

    def invoices(self, seller, buyer):
        asked = urllib.parse.urlencode({"seller": self.who[seller].id, "buyer": self.who[buyer].id, "month": LAST_CLOSED})
        return self.say(seller, "GET", f"/v1/invoices?{asked}")["items"]

    def correct(self, seller, buyer):
        """One of what was billed for an end customer."""
        lines = self.say(seller, "GET", f"/v1/invoices/{self.invoices(seller, buyer)[0]['id']}")["lines"]
        line = next(one for one in lines if one["customer"] and one["sku"] and one["policy"])

        def on_path(tree):
            """Who is on the path of the customer's SKU: its owner, where that is a vendor, and everybody between."""
            customer = next(one["id"] for one in tree.accounts.values() if one["code"] == line["customer"]["code"])
            owners = [one["owner"] for one in tree.skus.values() if one["code"] == line["sku"]]
            return tree.above(customer) + [owner for owner in owners if tree.is_vendor(owner)]

        body = {"giver": self.who[seller].id, "month": LAST_CLOSED, "units": 1,
                "customer": line["customer"]["code"], "sku": line["sku"],
                "reason": self.secret(f"corrected by {seller} for {buyer}", on_path, "a correction")}
        self.say(seller, "POST", "/v1/corrections", body)
        self.made[f"correction of {seller} to {buyer}"] = body

    def make_month(self):
        for provider, customer in (("P0001", "C00001"), ("P0002", "C00002"), ("P0003", "C00003"), ("P0004", "C00004")):
            block = self.made[f"block of {provider}"] = self.block(provider, self.sku)
            self.made[f"licence of {customer}"] = self.issue(provider, block, customer)
            self.made[f"idle licence of {customer}"] = self.issue(provider, block, customer, on=False)
        bundles = self.block("P0001", self.made["bundle of P0001"])
        self.made["licence of a bundle"] = self.issue("P0001", bundles, "SHADOW")
        self.report("P0001")
        self.report("P0002", ("P0002", "submit"))
        self.report("P0003", ("P0003", "submit"), ("MERIDIAN", "reject"))
        self.report("P0004", ("P0004", "submit"))
        for seller, buyer in (("AEGIS", "MERIDIAN"), ("MERIDIAN", "P0001"), ("MERIDIAN", "D01"), ("D01", "P0004"),
                              ("P0001", "C00001"), ("P0002", "C00002")):
            self.charge(seller, buyer)
        # An edge without a signature takes charges of about now alone.
        self.job("P0001")
        self.charge("MERIDIAN", "P0005", ["MERIDIAN"], time.strftime("%Y-%m"))
        for seller, buyer in (("MERIDIAN", "D01"), ("MERIDIAN", "P0001"), ("P0001", "C00001"), ("D01", "P0004")):
            self.correct(seller, buyer)
        reason = self.secret("credited by P0004", ["P0004", "C00004"], "the reason of a credit")
        self.say("P0004", "POST", f"/v1/invoices/{self.invoices('P0004', 'C00004')[0]['id']}/credit", {"reason": reason})
        agreements = self.say("P0003", "GET", f"/v1/agreements?buyer={self.who['C00009'].id}")["items"]
        self.say("P0003", "POST", f"/v1/agreements/{agreements[0]['id']}/suspend", {"reason": "late"})

    def artifact(self, content):
        """Uploaded for AEGIS."""
        name = hashlib.sha256(content).hexdigest()
        self.say("AEGIS", "PUT", f"/v1/artifacts/{name}", content, {"Content-Type": "application/octet-stream"})
        return name

    def make_delivery(self):
        """A product of AEGIS with a release on each channel, and links to install it with."""
        product = self.say("AEGIS", "POST", "/v1/products", {"code": "SHIELD", "name": "Shield", "skus": [self.sku]})
        self.made["product"] = product["id"]
        for version, channel in (("1.0", "beta"), ("1.1", "stable"), ("1.2", "beta")):
            name = self.artifact(f"shield {version}".encode())
            release = self.say("AEGIS", "POST", "/v1/releases", {
                "product": "SHIELD", "version": version, "channel": channel,
                "artifacts": [{"platform": "linux-amd64", "file_name": "shield.deb", "sha256": name}]})
            self.made[f"release {version}"] = release["id"]
        self.made["artifact"] = self.artifact(b"shield 2.0")
        for provider, customer in (("P0001", "C00001"), ("P0002", "C00002")):
            link = self.say(provider, "POST", f"/v1/licences/{self.made[f'licence of {customer}']}/install-links", {})
            self.made[f"install link of {provider}"] = link["id"]
            self.made[f"path of {provider}"] = link["path"]

    # ---- what must not be read

    def in_line(self, tree, code):
        """Those below, who can buy it, and those above, who see its licences."""
        own = self.who[code].id
        return {one for one in tree.accounts if tree.is_or_is_above(own, one) or tree.is_or_is_above(one, own)}

    def keep_secrets(self):
        """From here on the client watches for them all."""
        tree = self.tree

        def readers(sees, thing):
            return {viewer for viewer in tree.accounts if sees(viewer, thing)}

        kept = []
        for text, who, what in self.secrets:
            found = who(tree) if callable(who) else {self.who[code].id if code in self.who else code for code in who}
            kept.append(Secret(text, found, what))
        for one in tree.accounts.values():
            named = readers(tree.may_name, one["id"])
            known = readers(tree.knows, one["id"])
            alike = {viewer for other in tree.accounts.values() if other["code"] == one["code"]
                     for viewer in readers(tree.may_name, other["id"])}
            kept += [Secret(one["id"], readers(tree.may_identify, one["id"]), f"an account's identifier: {one['code']}"),
                     Secret(one["name"], named, f"an account's name: {one['code']}"),
                     Secret(f'"{one["code"]}"', alike, f"an account's code: {one['code']}"),
                     Secret(f',{one["code"]},', alike, f"an account's code: {one['code']}")]
            if one["email"]:
                kept += [Secret(one["email"], known, f"an account's e-mail: {one['code']}"),
                         Secret(one["tax_number"], known, f"an account's tax number: {one['code']}"),
                         Secret(one["address"], known, f"an account's address: {one['code']}")]
            if one["has_logo"]:
                kept.append(Secret(f"logo of {one['code']}", known, f"a logo: {one['code']}"))
        for things, sees, what in ((tree.agreements, tree.sees_agreement, "an agreement"),
                                   (tree.blocks, tree.sees_block, "a block"), (tree.licences, tree.sees_licence, "a licence"),
                                   (tree.reports, tree.sees_of_edge, "a report"),
                                   (tree.invoices, tree.sees_of_edge, "an invoice"),
                                   (tree.charges, tree.sees_of_edge, "a charge"),
                                   (tree.corrections, tree.sees_of_edge, "a correction"),
                                   (tree.users, tree.sees_own, "a user"), (tree.skus, tree.sees_sku, "a SKU")):
            for one in things.values():
                if what == "a SKU" and tree.is_vendor(one["owner"]):
                    continue
                seen = readers(sees, one)
                if what == "a SKU":  # the licences of a bundle name it to whoever sees them
                    seen |= {viewer for licence in tree.licences.values() if licence["sku"]["id"] == one["id"]
                             for viewer in readers(tree.sees_licence, licence)}
                kept.append(Secret(one["id"], seen, what))
                if what == "an invoice":
                    kept.append(Secret(one["number"], seen, what))
        for one in tree.devices.values():
            seen = readers(tree.sees_device, one)
            kept += [Secret(one["id"], seen, "a device"), Secret(one["name"], seen, "a machine's name")]
        self.keys = {}
        for one in tree.licences.values():
            if one["parent"] is None and one["state"] != "retired":
                provider = one["provider"]["id"]
                key = self.say(self.by_id[provider], "GET", f"/v1/licences/{one['id']}/key")["key"]
                self.keys[one["id"]] = key
                kept.append(Secret(key, {provider}, "a licence key"))
        self.client.secrets = kept

    def stranger(self):
        """An identifier of each kind, and a token, that are right in another programme."""
        if "stranger" in self.made:
            return self.made["stranger"]
        other = Store(self.store.seatmeter, self.folder.name, f"sqlite:{self.folder.name}/other.db")
        other.environment["SEATMETER_SECRET_FILE"] = f"{self.folder.name}/other-secret"
        other.simulate("9", "1", "2", "6", "1")
        other.activate_everything()
        found = {"sku" if kind == "catalog" else kind: other.read(kind, "list")["items"][0]["id"]
                 for kind in ("account", "agreement", "block", "licence", "device", "report", "invoice", "catalog")}
        found["key"] = other.say("licence", "key", found["licence"]).strip()
        found["user"] = other.add_user("P0001", "a@b.example", "owner", stdin=PASSWORD + "\n")
        found["invitation"] = json.loads(other.say("user", "invite", "--account", "P0001", "--email", "c@b.example",
                                                   "--name", "C", "--role", "viewer", "--json"))["invitation"]["id"]
        found["secret"], found["token"] = other.token("P0001")
        vendor = next(one["id"] for one in other.read("account", "list")["items"] if one["kind"] == "vendor")
        found["product"] = other.read("product", "add", "--vendor", vendor, "--code", "X", "--name", "X")["id"]
        installer = pathlib.Path(self.folder.name) / "x.deb"
        installer.write_bytes(b"x")
        found["release"] = other.read("release", "publish", str(installer), "--product", "X", "--version", "1",
                                      "--channel", "stable", "--platform", "linux-amd64")["id"]
        sold = other.read("agreement", "list")["items"][-1]
        found["charge"] = other.read("charge", "add", "--seller", sold["seller"]["id"], "--buyer", sold["buyer"]["id"],
                                     "--month", OPEN, "--description", "x", "--unit-price", "1")["id"]
        moved = other.read("account", "list", "--kind", "customer")["items"][0]["id"]
        other.say("account", "add", "--kind", "provider", "--name", "X", "--code", "PX")
        billed = next(one for one in other.read("invoice", "list")["items"] if one["seller"]["code"] == "P0001")
        line = next(one for one in other.read("invoice", "show", billed["id"])["lines"] if one["customer"] and one["policy"])
        found["correction"] = other.read("correction", "add", "--giver", "P0001", "--month", billed["month"], "--customer",
                                         line["customer"]["code"], "--sku", line["sku"], "--units", "1",
                                         "--reason", "x")["items"][0]["id"]
        found["job"] = other.read("job", "list")["items"][0]["id"]
        found["move"] = other.read("move", "propose", moved, "--to", "PX", "--month", self.made["next month"])["id"]
        self.made["stranger"] = found
        return found

    def reload(self):
        """Reads the store again, after the rightful have changed it."""
        self.tree = Tree(self.store.read)

    def some_accounts(self):
        """All on SQLite; a sample where only a sample is asked for."""
        return list(self.by_id.values())[::self.step]
