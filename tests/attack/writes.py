"""Writing: every operation that changes something, by everybody whose business it is not, and at last by the one whose
it is, which proves that nothing else was wrong with what the others sent."""
import collections
import hashlib
import sqlite3
import subprocess
import urllib.parse
from dataclasses import dataclass, field

from doors import sign_in
from machine import offline_request
from stage import LAST_CLOSED, OPEN, SCOPES, png

# What a refused request may change, and what the service does each minute, or of a job in its time.
UNLISTED = ("sessions", "sign_in_failures", "idempotency", "heartbeat", "jobs", "job_edges")


def snapshot(stage):
    """Table → all that stands in it, as a hash. A sequence of PostgreSQL's is no table: what is rolled back leaves a gap."""
    engine, _, path = stage.store.database.partition(":")
    if engine == "sqlite":
        store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        names = [name for name, in store.execute("select name from sqlite_master where type = 'table'")]
        tables = {name: map(repr, store.execute(f'select * from "{name}"').fetchall()) for name in names}
        store.close()
    else:
        tables, name = collections.defaultdict(list), ""
        for line in subprocess.run(["pg_dump", "--data-only", stage.store.database], check=True, capture_output=True,
                                   text=True).stdout.splitlines():
            name = line.split()[1].rpartition(".")[2] if line.startswith("COPY ") else "" if line == "\\." else name
            tables[name] += [line] if name and not line.startswith(("\\", "--")) else []
    return {name: hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest() for name, rows in tables.items()
            if name not in UNLISTED}


def compare(before, after, what, found):
    for name, content in after.items():
        if before.get(name) != content:
            found(f"{what} changed {name}")


@dataclass
class Write:
    operation: str
    who: str  # whose it is
    method: str
    target: str
    body: object
    sees: object  # viewer → whether it sees what it may not change: then it is told 403, else 404
    also: tuple = ()  # who else may
    headers: dict = field(default_factory=lambda: {"If-Match": "*"})


def writes(stage):
    """In an order in which they can all be done."""
    if "writes" in stage.made:
        return stage.made["writes"]
    tree, who, made = stage.tree, stage.who, stage.made
    ids = {code: one.id for code, one in who.items()}

    def knows(*codes):
        return lambda viewer: all(tree.knows(viewer, ids[code]) for code in codes)

    def edge(seller, buyer):
        one = next(one for one in tree.agreements.values()
                   if one["seller"]["id"] == ids[seller] and one["buyer"]["id"] == ids[buyer])
        return lambda viewer: tree.sees_agreement(viewer, one)

    def agreement(seller, buyer):
        return next(name for name, one in tree.agreements.items()
                    if one["seller"]["id"] == ids[seller] and one["buyer"]["id"] == ids[buyer])

    def licence(name):
        return lambda viewer: tree.sees_licence(viewer, tree.licences[made[name]])

    def issued(seller):
        """Invoices of a seller that can be paid, written off or credited."""
        return [one for one in tree.invoices.values() if one["state"] == "issued" and one["kind"] == "invoice" and
                tree.parties(one)[0] == ids[seller] and one["month"] == LAST_CLOSED]

    def device(name):
        return next(one["id"] for one in tree.devices.values() if one["licence"] == made[name])

    def sku_seen(name):
        return lambda viewer: tree.sees_sku(viewer, tree.skus[name])

    def invoice(one):
        return lambda viewer: tree.sees_of_edge(viewer, one)

    def product_seen(viewer):
        return tree.sees_product(viewer, tree.products[made["product"]])

    def move_seen(viewer):
        return tree.sees_move(viewer, tree.moves[made["move"]])

    def nobody_else(_):
        return False

    def correction(one):
        return lambda viewer: tree.sees_of_edge(viewer, one)

    def corrected(reason, seller):
        return next(one for one in tree.corrections.values() if one["reason"] == reason and one["seller"]["code"] == seller)

    to_d01 = corrected("corrected by MERIDIAN for D01", "D01")
    to_p0004 = corrected("corrected by MERIDIAN for D01", "P0004")
    own = corrected("corrected by P0001 for C00001", "P0001")

    lease_terms = {"ttl_s": 3600, "grace_s": 60, "offline_ttl_s": 7200, "silent_s": 86400}
    price = {"seller": ids["P0001"], "buyer": ids["C00001"], "sku": stage.sku, "effective_from": "2031-01-01",
             "tiers": [{"unit_price": "19.5"}]}
    table = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
    imported = urllib.parse.urlencode({"seller": ids["P0001"], "buyer": ids["C00001"]})
    customer, sku = made["row of P0001"]
    block = made["block of P0001"]
    paid, written_off, credited = issued("P0002")[0], issued("P0003")[0], issued("P0002")[1]
    spare = stage.say("P0001", "POST", "/v1/tokens", {"name": "spare", "scopes": "read"})["token"]["id"]
    report = f"/v1/accounts/{ids['P0001']}/reports/{OPEN}"
    found = [
        Write("addAccount", "P0001", "POST", "/v1/accounts",
              {"kind": "customer", "name": "New", "code": "NEW", "seller": ids["P0001"]}, knows("P0001")),
        Write("addAccount", "MERIDIAN", "POST", "/v1/accounts",
              {"kind": "provider", "name": "New", "code": "P0009", "seller": ids["MERIDIAN"]}, knows("MERIDIAN")),
        Write("editAccount", "P0003", "PATCH", f"/v1/accounts/{ids['C00003']}", {"name": "Edited"}, knows("C00003"),
              ("C00003",)),
        Write("editAccount", "P0003", "PATCH", f"/v1/accounts/{ids['C00003']}", {"code": "EDITED"}, knows("C00003"),
              ("MERIDIAN",)),
        Write("putLogo", "P0003", "PUT", f"/v1/accounts/{ids['C00003']}/logo", png("new"), knows("C00003"), ("C00003",)),
        Write("deleteLogo", "P0001", "DELETE", f"/v1/accounts/{ids['C00001']}/logo", None, knows("C00001"), ("C00001",)),
        Write("offerAgreement", "MERIDIAN", "POST", "/v1/agreements",
              {"seller": ids["MERIDIAN"], "buyer": ids["P0006"], "payment_days": 9}, knows("MERIDIAN", "P0006"), (), {}),
        Write("offerAgreement", "MERIDIAN", "POST", "/v1/agreements",
              {"seller": ids["MERIDIAN"], "buyer": ids["P0005"], "payment_days": 9}, knows("MERIDIAN", "P0005"), (), {}),
        Write("signAgreement", "P0006", "POST", f"/v1/agreements/{agreement('MERIDIAN', 'P0006')}/sign",
              {"signed_by": "Ada"}, edge("MERIDIAN", "P0006")),
        Write("amendAgreement", "MERIDIAN", "POST", f"/v1/agreements/{agreement('MERIDIAN', 'P0001')}/terms",
              {"from": made["next month"], "payment_days": 45}, edge("MERIDIAN", "P0001")),
        Write("acceptTerms", "P0001", "POST", f"/v1/agreements/{agreement('MERIDIAN', 'P0001')}/terms/2/accept",
              {"accepted_by": "Ada"}, edge("MERIDIAN", "P0001")),
        Write("withdrawTerms", "MERIDIAN", "POST", f"/v1/agreements/{agreement('MERIDIAN', 'P0001')}/terms/3/withdraw", {},
              edge("MERIDIAN", "P0001"), ("P0001",)),
        Write("editAgreement", "P0006", "PATCH", f"/v1/agreements/{agreement('MERIDIAN', 'P0006')}",
              {"bills_elsewhere": True}, edge("MERIDIAN", "P0006")),
        Write("editAgreement", "P0006", "PATCH", f"/v1/agreements/{agreement('MERIDIAN', 'P0006')}",
              {"names_to_vendors": True}, edge("MERIDIAN", "P0006")),
        Write("suspendAgreement", "P0002", "POST", f"/v1/agreements/{agreement('P0002', 'C00008')}/suspend", {"reason": "x"},
              edge("P0002", "C00008")),
        Write("suspendAgreement", "MERIDIAN", "POST", f"/v1/agreements/{agreement('MERIDIAN', 'P0006')}/suspend", {},
              edge("MERIDIAN", "P0006")),
        Write("suspendAgreement", "TALOS", "POST", f"/v1/agreements/{agreement('TALOS', 'MERIDIAN')}/suspend", {},
              edge("TALOS", "MERIDIAN")),
        Write("resumeAgreement", "TALOS", "POST", f"/v1/agreements/{agreement('TALOS', 'MERIDIAN')}/resume", {},
              edge("TALOS", "MERIDIAN")),
        Write("resumeAgreement", "P0003", "POST", f"/v1/agreements/{agreement('P0003', 'C00009')}/resume", {},
              edge("P0003", "C00009")),
        Write("terminateAgreement", "P0002", "POST", f"/v1/agreements/{agreement('P0002', 'C00010')}/terminate", {},
              edge("P0002", "C00010")),
        Write("proposeMove", "MERIDIAN", "POST", "/v1/moves",
              {"customer": ids["C00003"], "to": ids["P0001"], "month": made["next month"]}, nobody_else),
        Write("agreeMove", "P0001", "POST", f"/v1/moves/{made['move']}/agree", {"agreed_by": "Ada"}, move_seen,
              ("P0002", "C00001")),
        Write("withdrawMove", "MERIDIAN", "POST", f"/v1/moves/{made['move']}/withdraw", {}, move_seen,
              ("P0001", "P0002", "C00001")),
        Write("composeBundle", "P0001", "POST", "/v1/bundles",
              {"seller": ids["P0001"], "code": "NEWB", "name": "New", "parts": [{"sku": stage.sku}]}, knows("P0001")),
        Write("addService", "P0001", "POST", "/v1/services", {"seller": ids["P0001"], "code": "NEWS", "name": "New"},
              knows("P0001")),
        Write("putLeaseTerms", "P0001", "PUT", f"/v1/skus/{made['bundle of P0001']}/lease-terms", lease_terms,
              sku_seen(made["bundle of P0001"])),
        Write("putLeaseTerms", "AEGIS", "PUT", f"/v1/skus/{stage.sku}/lease-terms", lease_terms, sku_seen(stage.sku)),
        Write("importCatalogue", "NIMBUS", "POST", f"/v1/catalogue/import?vendor={ids['NIMBUS']}", "sku,name\nNEW,New\n",
              knows("NIMBUS"), ("MERIDIAN",)),
        Write("addProduct", "AEGIS", "POST", "/v1/products",
              {"vendor": ids["AEGIS"], "code": "NEWP", "name": "New", "skus": [stage.sku]}, knows("AEGIS"), ("MERIDIAN",)),
        Write("entitleProduct", "AEGIS", "POST", f"/v1/products/{made['product']}/skus", {"skus": [stage.other_sku]},
              product_seen, ("MERIDIAN",)),
        Write("uploadArtifact", "AEGIS", "PUT", f"/v1/artifacts/{hashlib.sha256(b'new').hexdigest()}?vendor={ids['AEGIS']}",
              b"new", knows("AEGIS"), ("MERIDIAN",), {"Content-Type": "application/octet-stream"}),
        Write("publishRelease", "AEGIS", "POST", "/v1/releases",
              {"product": made["product"], "version": "2.0", "channel": "beta", "artifacts": [
                  {"platform": "linux-amd64", "file_name": "shield.deb", "sha256": made["artifact"]}]},
              product_seen, ("MERIDIAN",)),
        Write("promoteRelease", "AEGIS", "POST", f"/v1/releases/{made['release 1.0']}/promote", {}, product_seen, ("MERIDIAN",)),
        Write("withdrawRelease", "AEGIS", "POST", f"/v1/releases/{made['release 1.2']}/withdraw", {"reason": "x"},
              product_seen, ("MERIDIAN",)),
        Write("makeInstallLink", "P0002", "POST", f"/v1/licences/{made['licence of C00002']}/install-links", {},
              licence("licence of C00002")),
        Write("revokeInstallLink", "P0001", "DELETE", f"/v1/install-links/{made['install link of P0001']}", None, nobody_else),
        Write("setPrice", "P0001", "POST", "/v1/prices", price, knows("P0001")),
        Write("withdrawPrice", "P0001", "POST", "/v1/prices/withdraw",
              {"seller": ids["P0001"], "buyer": ids["C00001"], "sku": stage.sku, "effective_from": "2031-01-01"}, knows("P0001")),
        Write("importPrices", "P0001", "POST", f"/v1/prices/import?{imported}", f"{table}{sku},USD,2032-01-01,peak,flat,1,9.9\n",
              knows("P0001")),
        Write("orderBlock", "P0001", "POST", "/v1/blocks", {"provider": ids["P0001"], "sku": stage.sku, "size": 5},
              knows("P0001")),
        Write("enlargeBlock", "P0001", "PATCH", f"/v1/blocks/{block}", {"size": 70}, nobody_else),
        Write("issueLicences", "P0001", "POST", "/v1/licences", {"block": block, "customer": ids["C00001"], "seats": 1},
              nobody_else),
        Write("closeBlock", "P0001", "POST", f"/v1/blocks/{block}/close", {}, nobody_else),
        Write("releaseDevice", "P0001", "POST", f"/v1/devices/{device('licence of C00001')}/release", {}, nobody_else,
              ("C00001",)),
        Write("releaseDevice", "C00003", "POST", f"/v1/devices/{device('licence of C00003')}/release", {}, nobody_else,
              ("P0003",)),
        Write("turnLicenceOn", "P0001", "POST", f"/v1/licences/{made['idle licence of C00001']}/on", {},
              licence("idle licence of C00001")),
        Write("resizeLicence", "P0004", "POST", f"/v1/licences/{made['licence of C00004']}/seats", {"seats": 3},
              licence("licence of C00004")),
        Write("issueOfflineLease", "P0001", "POST", "/v1/offline-leases",
              offline_request(stage.keys[made["licence of C00001"]], "PC-1"), nobody_else),
        Write("turnLicenceOff", "P0001", "POST", f"/v1/licences/{made['licence of C00001']}/off", {},
              licence("licence of C00001")),
        Write("turnLicenceOff", "P0001", "POST", f"/v1/licences/{made['licence of a bundle']}/off", {},
              licence("licence of a bundle")),
        Write("undoLicence", "P0001", "POST", f"/v1/licences/{made['licence of a bundle']}/undo", {},
              licence("licence of a bundle")),
        Write("retireLicence", "P0003", "POST", f"/v1/licences/{made['licence of C00003']}/retire", {},
              licence("licence of C00003")),
        Write("turnCustomerOff", "P0002", "POST", f"/v1/accounts/{ids['C00005']}/turn-off", {}, knows("C00005")),
        Write("undoTurnOff", "P0002", "POST", f"/v1/accounts/{ids['C00005']}/undo-turn-off", {}, knows("C00005")),
        Write("adjustReport", "P0001", "POST", f"{report}/adjustments",
              {"customer": customer, "sku": sku, "units": 5, "reason": "x"}, edge("MERIDIAN", "P0001")),
        Write("submitReport", "P0001", "POST", f"{report}/submit", {}, edge("MERIDIAN", "P0001")),
        Write("approveReport", "MERIDIAN", "POST", f"/v1/accounts/{ids['P0002']}/reports/{OPEN}/approve", {},
              edge("MERIDIAN", "P0002")),
        Write("rejectReport", "D01", "POST", f"/v1/accounts/{ids['P0004']}/reports/{OPEN}/reject", {"reason": "x"},
              edge("D01", "P0004")),
        Write("payInvoice", "P0002", "POST", f"/v1/invoices/{paid['id']}/pay", {}, invoice(paid)),
        Write("writeOffInvoice", "P0003", "POST", f"/v1/invoices/{written_off['number']}/write-off", {}, invoice(written_off)),
        Write("creditInvoice", "P0002", "POST", f"/v1/invoices/{credited['id']}/credit", {"reason": "x"}, invoice(credited)),
        Write("addCharge", "P0001", "POST", "/v1/charges",
              {"seller": ids["P0001"], "buyer": ids["C00001"], "month": OPEN, "description": "x", "unit_price": "1"},
              edge("P0001", "C00001")),
        Write("addCharge", "MERIDIAN", "POST", "/v1/charges",
              {"seller": ids["MERIDIAN"], "buyer": ids["D01"], "month": OPEN, "description": "x", "unit_price": "1",
               "customer": ids["C00004"]}, edge("MERIDIAN", "D01")),
        Write("removeCharge", "MERIDIAN", "DELETE", f"/v1/charges/{made['charge of MERIDIAN to P0001']}", None,
              edge("MERIDIAN", "P0001")),
        Write("removeCharge", "MERIDIAN", "DELETE", f"/v1/charges/{made['charge of MERIDIAN to P0005']}", None, nobody_else),
        Write("addCorrection", "P0001", "POST", "/v1/corrections",
              {**made["correction of P0001 to C00001"], "units": 2, "reason": "x"}, knows("P0001")),
        Write("addCorrection", "MERIDIAN", "POST", "/v1/corrections",
              {**made["correction of MERIDIAN to D01"], "units": 2, "reason": "x"}, knows("MERIDIAN")),
        Write("acceptCorrection", "D01", "POST", f"/v1/corrections/{to_d01['id']}/accept", {}, correction(to_d01)),
        Write("refuseCorrection", "P0004", "POST", f"/v1/corrections/{to_p0004['id']}/refuse", {"reason": "x"},
              correction(to_p0004)),
        Write("removeCorrection", "P0001", "DELETE", f"/v1/corrections/{own['id']}", None, correction(own)),
        Write("inviteUser", "P0001", "POST", "/v1/invitations",
              {"account": ids["P0001"], "email": "new@x.example", "name": "New", "role": "viewer"}, knows("P0001")),
        Write("revokeInvitation", "P0001", "DELETE", f"/v1/invitations/{made['invitation of P0001']}", None, nobody_else),
        Write("editUser", "P0001", "PATCH", f"/v1/users/{made['technician of P0001']}", {"role": "owner"}, nobody_else),
        Write("unlockUser", "P0001", "POST", f"/v1/users/{made['technician of P0001']}/unlock", {}, nobody_else),
        Write("createToken", "P0001", "POST", "/v1/tokens", {"account": ids["P0001"], "name": "new", "scopes": SCOPES},
              knows("P0001")),
        Write("revokeToken", "P0001", "DELETE", f"/v1/tokens/{spare}", None, nobody_else),
        Write("pauseJob", "P0001", "POST", f"/v1/jobs/{made['job of P0001']}/pause", {}, nobody_else),
        Write("resumeJob", "P0001", "POST", f"/v1/jobs/{made['job of P0001']}/resume", {}, nobody_else),
        Write("closeMonth", "P0003", "POST", f"/v1/months/{OPEN}/close", {"seller": ids["P0003"]}, knows("P0003")),
    ]
    made["writes"] = found
    return found


READ_OF_SECRETS = (("GET", "/v1/users"), ("GET", "/v1/invitations"), ("GET", "/v1/tokens"))


def a_token_that_reads_writes_nothing(stage, found):
    asked, before = writes(stage), snapshot(stage)
    for write in asked:
        own = stage.who[write.who]
        answer = stage.client.ask(own, write.method, write.target, write.body, write.headers, token=own.reader)
        if answer.status != 403 or answer.problem() != "right-missing":
            found(f"{write.operation} with a token of {write.who} that reads: {answer}")
    own = stage.who["P0001"]
    for method, target in READ_OF_SECRETS + (("GET", f"/v1/licences/{stage.made['licence of C00001']}/key"),
                                             ("GET", f"/v1/accounts/{stage.who['C00001'].id}/licence-keys"),
                                             ("GET", f"/v1/accounts/{stage.who['C00001'].id}/snippets?server=https://x.example"),
                                             ("GET", f"/v1/licences/{stage.made['licence of C00001']}/snippets?server=https://x.example"),
                                             ("GET", f"/v1/users/{stage.made['owner of P0001']}")):
        answer = stage.client.ask(own, method, target, token=own.reader)
        if answer.status != 403:
            found(f"{method} {target} with a token that reads: {answer}")
    compare(before, snapshot(stage), "a token that reads", found)


def a_user_who_views_writes_nothing(stage, found):
    """Nor one who may a part of it, beyond that part; nor does anybody rise by himself."""
    viewer = sign_in(stage, "viewer@p0001.example", stage.who["P0001"])
    technician = sign_in(stage, "technician@p0001.example", stage.who["P0001"])
    before = snapshot(stage)
    csrf = {"Seatmeter-CSRF": "1", "If-Match": "*"}
    for write in writes(stage):
        if write.who == "P0001":
            answer = stage.client.ask(stage.who["P0001"], write.method, write.target, write.body, csrf, cookie=viewer)
            if answer.status != 403:
                found(f"{write.operation} by a viewer: {answer}")
    for write in writes(stage):
        if write.who == "P0001" and write.operation in ("setPrice", "importPrices", "addCharge", "editUser", "createToken",
                                                         "inviteUser", "adjustReport", "submitReport", "addCorrection"):
            answer = stage.client.ask(stage.who["P0001"], write.method, write.target, write.body, csrf, cookie=technician)
            if answer.status != 403:
                found(f"{write.operation} by a technician: {answer}")
    compare(before, snapshot(stage), "a user without the right", found)
    rising(stage, found)


def rising(stage, found):
    """A token for users alone makes no owner of anybody, and no token of more scopes."""
    own = stage.who["P0001"]
    narrow = stage.say(own, "POST", "/v1/tokens", {"name": "narrow", "scopes": "read users:write"})["secret"]
    before = snapshot(stage)
    owner, technician = stage.made["owner of P0001"], stage.made["technician of P0001"]
    user = {"email": "riser@x.example", "name": "Riser", "role": "owner"}
    for method, target, body in (("POST", "/v1/invitations", user), ("POST", "/v1/invitations", {**user, "role": "technician"}),
                                 ("PATCH", f"/v1/users/{owner}", {"name": "Fallen"}),
                                 ("PATCH", f"/v1/users/{technician}", {"active": False}),
                                 ("PATCH", f"/v1/users/{stage.made['viewer of P0001']}", {"role": "finance"}),
                                 ("POST", "/v1/tokens", {"name": "wide", "scopes": "read licences:write"}),
                                 ("POST", "/v1/tokens", {"name": "wide", "scopes": SCOPES})):
        answer = stage.client.ask(own, method, target, body, {"If-Match": "*"}, token=narrow)
        if answer.status != 403:
            found(f"{method} {target} {body} with a token for users alone: {answer}")
    compare(before, snapshot(stage), "a token for users alone", found)


def nobody_changes_what_is_another_s(stage, found):
    asked, before = writes(stage), snapshot(stage)
    for write in asked:
        for code, viewer in stage.who.items():
            if code == write.who or code in write.also:
                continue
            answer = stage.client.ask(viewer, write.method, write.target, write.body, write.headers)
            right = 403 if write.sees(viewer.id) else 404
            if answer.status != right:
                found(f"{write.operation} of {write.who} by {code}: {answer} is not {right}")
    compare(before, snapshot(stage), "somebody whose business it is not", found)


def bodies(stage):
    """Own things with others' among them: who, operation, address, body, what it may be answered."""
    who, made = stage.who, stage.made
    ids = {code: one.id for code, one in who.items()}
    price = {"sku": stage.sku, "effective_from": "2033-01-01", "tiers": [{"unit_price": "1"}]}
    charge = {"month": OPEN, "description": "x", "unit_price": "1"}
    correction = {**made["correction of P0001 to C00001"], "reason": "x"}
    own_block, foreign_block = made["block of P0002"], made["block of P0001"]
    unknown = (404,)
    known = (403, 404, 409, 422)
    yield "P0002", "POST", "/v1/licences", {"block": foreign_block, "customer": ids["C00002"], "seats": 1}, unknown
    yield "P0002", "POST", "/v1/licences", {"block": own_block, "customer": ids["C00001"], "seats": 1}, unknown
    yield "P0002", "POST", "/v1/licences", {"block": own_block, "customer": "C00001", "seats": 1}, unknown
    yield "P0002", "POST", "/v1/licences", {"block": own_block, "customer": ids["SHADOW"], "seats": 1}, unknown
    yield "P0002", "POST", "/v1/licences", {"block": own_block, "customer": ids["MERIDIAN"], "seats": 1}, known
    for sku in (made["bundle of P0001"], made["service of P0001"]):
        yield "P0002", "POST", "/v1/blocks", {"sku": sku, "size": 5}, unknown
        yield "P0002", "POST", "/v1/prices", {**price, "sku": sku}, unknown
        yield "P0002", "POST", "/v1/bundles", {"code": "X", "name": "X", "parts": [{"sku": sku}]}, unknown
    yield "P0002", "POST", "/v1/prices", {**price, "buyer": ids["C00001"]}, unknown
    yield "P0002", "POST", "/v1/prices", {**price, "buyer": ids["MERIDIAN"]}, known
    yield "MERIDIAN", "POST", "/v1/prices", {**price, "seller": ids["P0001"], "buyer": ids["C00001"]}, (403,)
    yield "MERIDIAN", "POST", "/v1/prices", {**price, "buyer": ids["C00001"]}, known
    yield "MERIDIAN", "POST", "/v1/prices", {**price, "buyer": ids["P0004"]}, known
    yield "P0002", "POST", "/v1/accounts", {"kind": "customer", "name": "X", "seller": ids["P0001"]}, unknown
    yield "P0002", "POST", "/v1/accounts", {"kind": "provider", "name": "X", "seller": ids["MERIDIAN"]}, (403,)
    yield "P0002", "POST", "/v1/accounts", {"kind": "provider", "name": "X"}, known
    yield "D01", "POST", "/v1/accounts", {"kind": "vendor", "name": "X"}, known
    yield "C00001", "POST", "/v1/accounts", {"kind": "customer", "name": "X"}, known
    yield "P0002", "PATCH", f"/v1/accounts/{ids['P0002']}", {"code": "P0001"}, (403,)
    yield "AEGIS", "PATCH", f"/v1/accounts/{ids['AEGIS']}", {"code": "NIMBUS"}, (403,)
    yield "P0002", "POST", "/v1/agreements", {"buyer": ids["C00001"]}, unknown
    yield "P0002", "POST", "/v1/agreements", {"seller": ids["P0001"], "buyer": ids["C00002"]}, unknown
    yield "MERIDIAN", "POST", "/v1/agreements", {"buyer": ids["C00001"]}, known
    yield "MERIDIAN", "POST", "/v1/agreements", {"seller": ids["D01"], "buyer": ids["P0004"]}, (403,)
    yield "P0002", "POST", "/v1/agreements", {"seller": ids["MERIDIAN"], "buyer": ids["P0002"]}, (403,)
    yield "P0002", "POST", "/v1/charges", {**charge, "buyer": ids["C00001"]}, unknown
    yield "P0002", "POST", "/v1/charges", {**charge, "seller": ids["P0001"], "buyer": ids["C00002"]}, unknown
    yield "P0002", "POST", "/v1/charges", {**charge, "buyer": ids["C00002"], "customer": ids["C00001"]}, unknown
    yield "P0002", "POST", "/v1/charges", {**charge, "buyer": ids["C00002"], "customer": ids["C00005"]}, known
    yield "MERIDIAN", "POST", "/v1/charges", {**charge, "buyer": ids["P0001"], "customer": ids["C00004"]}, known
    yield "P0001", "POST", "/v1/corrections", {**correction, "customer": ids["C00003"]}, unknown
    yield "P0001", "POST", "/v1/corrections", {**correction, "giver": ids["P0003"]}, unknown
    yield "P0001", "POST", "/v1/corrections", {"licence": made["licence of C00003"], "at": f"{LAST_CLOSED}-15", "seats": 0,
                                               "reason": "x"}, unknown
    yield "P0001", "POST", "/v1/corrections", {**correction, "sku": made["bundle of P0002"]}, unknown
    yield "P0002", "POST", "/v1/corrections", correction, unknown
    yield "P0001", "POST", f"/v1/accounts/{ids['P0001']}/reports/{OPEN}/adjustments", {
        "customer": ids["C00003"], "sku": stage.sku, "units": 1, "reason": "x"}, unknown
    yield "P0002", "POST", f"/v1/months/{OPEN}/close", {"seller": ids["P0001"]}, unknown
    yield "P0002", "POST", f"/v1/months/{OPEN}/close", {"seller": ids["MERIDIAN"]}, (403,)
    yield "P0002", "POST", "/v1/invitations", {"account": ids["MERIDIAN"], "email": "y@x.example", "name": "Y",
                                               "role": "owner"}, (403,)
    yield "P0002", "POST", "/v1/tokens", {"account": ids["C00002"], "name": "y", "scopes": "read"}, (403,)
    yield "P0002", "POST", "/v1/licences/find", {"key": stage.stranger()["key"]}, unknown
    release = {"version": "3", "channel": "beta",
               "artifacts": [{"platform": "x", "file_name": "x", "sha256": made["artifact"]}]}
    yield "NIMBUS", "POST", "/v1/products", {"code": "X1", "name": "X", "skus": [stage.sku]}, unknown
    yield "AEGIS", "POST", "/v1/products", {"code": "shield", "name": "X"}, known
    for product in ("SHIELD", "AEGIS/SHIELD", f"{ids['AEGIS']}/SHIELD", made["product"]):
        yield "NIMBUS", "POST", "/v1/releases", {**release, "product": product}, unknown
    yield "AEGIS", "POST", "/v1/releases", {**release, "product": made["product"],
                                            "artifacts": [{**release["artifacts"][0], "sha256": "0" * 64}]}, known
    for vendor in (ids["NIMBUS"], "NIMBUS", "Nimbus of Secrets"):
        target = f"/v1/catalogue/import?{urllib.parse.urlencode({'vendor': vendor})}"
        yield "AEGIS", "POST", target, "sku,name\nX,X\n", unknown
        yield "P0002", "POST", target, "sku,name\nX,X\n", unknown
    header = "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
    yield "P0002", "POST", "/v1/prices/import", f"{header}{made['bundle of P0001']},USD,2034-01-01,peak,flat,1,1\n", known
    yield "P0002", "POST", f"/v1/prices/import?buyer={ids['C00001']}", f"{header}x,USD,2034-01-01,peak,flat,1,1\n", unknown


def naming_others_in_a_body_changes_nothing(stage, found):
    before = snapshot(stage)
    for code, method, target, body, right in bodies(stage):
        answer = stage.client.ask(stage.who[code], method, target, body, {"If-Match": "*"} if method == "PATCH" else {})
        if answer.status not in right:
            found(f"{code} {method} {target} {body}: {answer} is not {right}")
    compare(before, snapshot(stage), "naming others in a body", found)


def the_rightful_one_can_do_all_of_it(stage, found):
    """From here on what is new may be anybody's: the answers are no longer watched."""
    stage.client.secrets = []
    before = snapshot(stage)
    for write in writes(stage):
        answer = stage.client.ask(stage.who[write.who], write.method, write.target, write.body, write.headers)
        if answer.status >= 300:
            found(f"{write.operation} by {write.who}, whose it is: {answer}")
    for target in (made := stage.made["path of P0002"], f"{made}/linux-amd64"):
        if (answer := stage.client.ask(None, "GET", target)).status != 200:
            found(f"an install link does not open {target}: {answer}")
    after = snapshot(stage)
    for table in ("products", "product_skus", "releases", "artifact_uploads", "install_links", "tuf_metadata", "accounts", "agreements", "skus", "prices", "blocks", "licences", "licence_events", "reports",
                  "invoices", "charges", "corrections", "users", "invitations", "tokens", "audit"):
        if before[table] == after[table]:
            found(f"a snapshot would not have told that {table} changed")


def a_close_leaves_other_sellers_reports_alone(stage, found):
    """Past a deadline the system approves what was measured, for the seller that closes: P0003 has closed the month."""
    reports = {(one["provider"]["code"], one["month"]): one["state"] for one in stage.store.read("report", "list")["items"]}
    for provider, state in (("P0001", "submitted"), ("P0003", "rejected"), ("P0004", "rejected")):
        if reports[provider, OPEN] != state:
            found(f"the report of {provider} is {reports[provider, OPEN]} since another closed its month, not {state}")
    stage.store.say("check")
