"""The door itself: tokens, identifiers, cursors, versions, Idempotency-Key; and that no operation was forgotten."""
import datetime
import os
import subprocess
import time
import urllib.parse

from reads import kinds, pages
from stage import PASSWORD

PUBLIC = ("signIn", "acceptInvitation", "getIndex", "getOpenapi", "getHealth", "getReadiness", "getMetrics", "openInstallPage",
          "getInstallFile")
# Where there is no thing of another's to name.
NOT_ANOTHER_S = PUBLIC + ("getSession", "signOut", "changePassword", "switchAccount", "getRootKeys")


def an_empty_database(address):
    """On the server that tests have for themselves."""
    name = f"attack_{os.getpid()}"
    subprocess.run(["psql", "-q", address, "-c", f"create database {name}"], check=True)
    return address.replace("/postgres?", f"/{name}?")


def filled(operation, stage, kind_ids):
    """The operation's address, with things that are there."""
    target = operation.template
    for kind, name in {**kind_ids, "month": "2024-03", "what": "lines", "platform": "linux-amd64",
                       "sha256": "0" * 64}.items():
        target = target.replace(f"{{{kind}}}", name)
    return target


def own_things(stage):
    """Things of P0001."""
    tree, own = stage.tree, stage.who["P0001"].id
    found = {kind: next(one["id"] for one in things.values() if sees(own, one))
             for kind, (things, sees, _) in kinds(stage).items()}
    return found | {"account": own, "charge": stage.made["charge of P0001 to C00001"],
                    "job": stage.made["job of P0001"], "token": stage.who["P0001"].reader_id,
                    "link": stage.made["install link of P0001"], "invitation": stage.made["invitation of P0001"]}


def short_token(stage, who):
    """A token and when it expires: soon, but so that it can be made before."""
    for seconds in (1.5, 15, 150, 1500):
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        answer = stage.client.ask(who, "POST", "/v1/tokens", {"name": "short", "scopes": "read",
                                                              "expires_at": soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
        if answer.status == 201:
            return soon, answer.json()
    raise AssertionError(f"a token that expires cannot be made: {answer}")


def without_a_token_that_holds_nothing_is_told(stage, found):
    client, own = stage.client, stage.who["P0001"]
    things = own_things(stage)
    soon, expiring = short_token(stage, own)
    revoked = stage.say(own, "POST", "/v1/tokens", {"name": "revoked", "scopes": "read"})
    stage.say(own, "DELETE", f"/v1/tokens/{revoked['token']['id']}")
    bad = {"none": None, "made up": "smt_" + "A" * 43, "revoked": revoked["secret"],
           "of another programme": stage.stranger()["secret"], "cut": own.token[:-1], "an identifier": own.token_id}
    time.sleep(max(0.0, (soon - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) + 0.1)
    bad["expired"] = expiring["secret"]
    for operation in client.operations:
        if operation.name in PUBLIC:
            if not operation.public and operation.name != "getMetrics":
                found(f"{operation.name} is public by this suite, not by its description")
            continue
        for what, token in bad.items():
            answer = client.ask(None, operation.method, filled(operation, stage, things), token=token)
            if answer.status != 401:
                found(f"{operation.name} with a token that is {what}: {answer}")
        answer = client.ask(None, operation.method, filled(operation, stage, things), cookie=own.token)
        if answer.status not in (401, 403):
            found(f"{operation.name} with a token as a cookie: {answer}")
    for target in ("/", "/openapi.yaml", "/healthz", "/readyz", "/metrics"):
        if client.ask(None, "GET", target).status != 200:
            found(f"GET {target} does not answer")
    if client.ask(own, "GET", "/metrics").status == 200:
        found("an API token reads the metrics")
    signing_in(stage, found)


def signing_in(stage, found):
    """A wrong password and an unknown address are answered alike."""
    address = "owner@p0001.example"
    wrong = stage.client.ask(None, "POST", "/v1/session", {"email": address, "password": "wrong horse battery"})
    unknown = stage.client.ask(None, "POST", "/v1/session", {"email": "nobody@p0001.example", "password": PASSWORD})
    if wrong.status != 401 or wrong.shape(address) != unknown.shape("nobody@p0001.example"):
        found(f"signing in tells who is there: {wrong} {unknown}")
    own = stage.who["P0001"]
    cookie = sign_in(stage, address, own)
    me = stage.client.ask(own, "GET", "/v1/session", cookie=cookie)
    if me.status != 200:
        found(f"a session is not one: {me}")
    if stage.client.ask(None, "DELETE", "/v1/session", cookie=cookie).status != 403:
        found("a change by cookie needs no sign of our own page")
    for method, target, body in (("POST", "/v1/session/password", {"old_password": PASSWORD, "new_password": PASSWORD + "!"}),
                                 ("DELETE", "/v1/session", None)):
        answer = stage.client.ask(own, method, target, body, {"Seatmeter-CSRF": "1"}, cookie=cookie)
        if answer.status != 204:
            found(f"{method} {target}: {answer}")
    if stage.client.ask(None, "GET", "/v1/session", cookie=cookie).status != 401:
        found("a session goes on after its end")


def sign_in(stage, email, who):
    answer = stage.client.ask(who, "POST", "/v1/session", {"email": email, "password": PASSWORD}, cookie="")
    if answer.status != 201:
        raise AssertionError(f"{email} cannot sign in: {answer}")
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


def a_token_that_does_not_read_reads_nothing(stage, found):
    client, own, things = stage.client, stage.who["P0001"], own_things(stage)
    token = stage.say(own, "POST", "/v1/tokens", {"name": "blind", "scopes": "billing:write"})["secret"]
    for operation in client.operations:
        if operation.method == "GET" and operation.name not in NOT_ANOTHER_S:
            answer = client.ask(own, "GET", filled(operation, stage, things), token=token)
            if answer.status != 403 or answer.problem() != "right-missing":
                found(f"{operation.name} with a token for billing alone: {answer}")


def an_identifier_of_another_kind_or_programme_is_unknown(stage, found):
    things, stranger, own = own_things(stage), stage.stranger(), stage.who["P0001"]
    for operation in stage.client.operations:
        wanted = next((kind for kind in things if f"{{{kind}}}" in operation.template), None)
        if wanted is None:
            continue
        words = {kind: name for kind, name in things.items() if kind != wanted}
        words |= {f"{kind} of another programme": name for kind, name in stranger.items() if kind not in ("key", "secret")}
        for what, word in words.items():
            target = filled(operation, stage, things | {wanted: word}) + QUERIES.get(operation.name, "")
            body = BODIES.get(operation.name, {}) if operation.method in ("POST", "PATCH", "PUT") else None
            body = png_body() if operation.name == "putLogo" else body
            answer = stage.client.ask(own, operation.method, target, body, {"If-Match": "*"})
            if answer.status != 404:
                found(f"{operation.name} of the {what} as {wanted}: {answer}")


# The least that these need to be asked in earnest.
BODIES = {"signAgreement": {"signed_by": "x"}, "agreeMove": {"agreed_by": "x"}, "amendAgreement": {"from": "2031-01"}, "acceptTerms": {"accepted_by": "x"},
          "enlargeBlock": {"size": 60}, "resizeLicence": {"seats": 1},
          "adjustReport": {"customer": "C00001", "sku": "x", "units": 1, "reason": "x"}, "rejectReport": {"reason": "x"},
          "refuseCorrection": {"reason": "x"},
          "creditInvoice": {"reason": "x"}, "editUser": {"name": "x"}, "editAccount": {"name": "x"},
          "entitleProduct": {"skus": ["x"]}, "withdrawRelease": {"reason": "x"},
          "putLeaseTerms": {"ttl_s": 60, "grace_s": 0, "offline_ttl_s": 60, "silent_s": 60}}
QUERIES = {"writeLicenceSnippets": "?server=https://x.example", "writeCustomerSnippets": "?server=https://x.example"}


def png_body():
    from stage import png
    return png("x")


def root_keys_are_the_same_for_everybody(stage, found):
    answers = {stage.client.ask(viewer, "GET", "/v1/root-keys").body for viewer in stage.who.values()}
    if len(answers) != 1 or b"public_key" not in answers.pop():
        found("root keys differ from account to account")


def a_cursor_is_of_one_list_and_one_account(stage, found):
    client, lists = stage.client, ("/v1/accounts", "/v1/agreements", "/v1/skus", "/v1/prices", "/v1/blocks", "/v1/licences",
                                   "/v1/devices", "/v1/invoices", "/v1/tokens", "/v1/audit")
    own = stage.who["MERIDIAN"], stage.who["P0001"], stage.who["P0002"]
    cursors = {}
    for viewer in own:
        for target in lists:
            cursor = client.ask(viewer, "GET", f"{target}?limit=1").json()["next"]
            if cursor is not None:
                cursors[viewer.code, target] = urllib.parse.quote(cursor)
    for (code, target), cursor in cursors.items():
        for viewer in own:
            for other in lists:
                answer = client.ask(viewer, "GET", f"{other}?limit=1&cursor={cursor}")
                right = (viewer.code, other) == (code, target)
                if (answer.status == 200) != right or (not right and answer.problem() != "malformed-cursor"):
                    found(f"{viewer.code} uses the cursor that {code} got of {target} for {other}: {answer}")


def a_version_tells_nothing_of_what_is_not_seen(stage, found):
    """Neither asking whether it changed nor demanding a version."""
    own, foreign = stage.who["P0001"], stage.who["P0002"]
    tree = stage.tree
    for kind, (things, sees, templates) in kinds(stage).items():
        one = next((one for one in things.values() if sees(foreign.id, one) and not sees(own.id, one)), None)
        if one is None:
            continue
        target = templates[0].format(id=one["id"])
        etag = stage.client.ask(foreign, "GET", target).headers.get("etag", '"1"')
        for headers in ({"If-None-Match": etag}, {"If-None-Match": "*"}, {"If-Match": etag}, {"If-Match": '"9"'}):
            answer = stage.client.ask(own, "GET", target, headers=headers)
            if answer.status != 404:
                found(f"P0001 GET {target} {headers}: {answer}")
    block = next(one["id"] for one in tree.blocks.values() if tree.sees_block(foreign.id, one))
    for version in ('"1"', '"99"', "*"):
        answer = stage.client.ask(own, "PATCH", f"/v1/blocks/{block}", {"size": 999}, {"If-Match": version})
        if answer.status != 404:
            found(f"P0001 enlarges {block} at {version}: {answer}")


def a_key_used_by_two_accounts_is_two_keys(stage, found):
    client, headers = stage.client, {"Idempotency-Key": "one-key-for-all"}
    body = {"code": "KEPT", "name": "Kept"}
    made = {}
    for code in ("P0001", "P0002", "P0003"):
        for attempt in ("first", "again"):
            answer = client.ask(stage.who[code], "POST", "/v1/services", body, headers)
            made.setdefault(code, set()).add(answer.json().get("id"))
            if answer.status != 201:
                found(f"{code} cannot use a key that another account uses ({attempt}): {answer}")
    if any(len(one) != 1 for one in made.values()) or len(set.union(*made.values())) != len(made):
        found(f"answers kept for one account went to another: {made}")
    answer = client.ask(stage.who["P0001"], "POST", "/v1/services", body, headers, token=stage.who["P0001"].reader)
    if answer.status != 403:
        found(f"a token that reads is given what a token that writes was answered: {answer}")
    answer = client.ask(stage.who["P0004"], "POST", "/v1/services", {**body, "seller": stage.who["P0001"].id}, headers)
    if answer.status != 404:
        found(f"P0004 with the same key in the name of P0001: {answer}")
    secrets = {client.ask(stage.who[code], "POST", "/v1/tokens", {"name": "kept", "scopes": "read"},
                          {"Idempotency-Key": "tokens"}).json()["secret"] for code in ("P0001", "P0002", "P0001")}
    if len(secrets) != 2:
        found("a token kept for one account went to another")
    stage.reload()


def every_operation_was_attacked(stage, found):
    """Each was given to somebody, refused to somebody whose it is not, and refused without a token."""
    for operation in stage.client.operations:
        needed = {"granted"}
        if operation.name not in NOT_ANOTHER_S:
            needed |= {"unauthenticated", "refused"}
        if missing := needed - stage.client.seen[operation.name]:
            found(f"{operation.name} ({operation.method} {operation.template}) was not {' or '.join(sorted(missing))}")
