"""Reading: each thing, each list, each query by each account."""
import collections
import urllib.parse

from stage import OPEN

LIMIT = 3  # of a page, so that there are many
LONG = 60  # lists beyond are paged by hundreds


def kinds(stage):
    """Kind → its things, who sees one, and the addresses of one."""
    tree = stage.tree
    return {
        "account": (tree.accounts, lambda viewer, one: tree.knows(viewer, one["id"]), ["/v1/accounts/{id}"]),
        "agreement": (tree.agreements, tree.sees_agreement, ["/v1/agreements/{id}", "/v1/agreements/{id}/terms"]),
        "sku": (tree.skus, tree.sees_sku, ["/v1/skus/{id}"]),
        "block": (tree.blocks, tree.sees_block, ["/v1/blocks/{id}"]),
        "licence": (tree.licences, tree.sees_licence, ["/v1/licences/{id}", "/v1/licences/{id}/events"]),
        "device": (tree.devices, tree.sees_device, ["/v1/devices/{id}"]),
        "product": (tree.products, tree.sees_product, ["/v1/products/{id}"]),
        "release": (tree.releases, tree.sees_release, ["/v1/releases/{id}"]),
        "move": (tree.moves, tree.sees_move, ["/v1/moves/{id}"]),
        "report": (tree.reports, tree.sees_of_edge, ["/v1/reports/{id}", "/v1/reports/{id}?format=csv"]),
        "invoice": (tree.invoices, tree.sees_of_edge, ["/v1/invoices/{id}", "/v1/invoices/{id}?format=text"]),
        "correction": (tree.corrections, tree.sees_of_edge, ["/v1/corrections/{id}"]),
        "job": (tree.jobs, tree.sees_job, ["/v1/jobs/{id}"]),
        "user": (tree.users, tree.sees_own, ["/v1/users/{id}"]),
    }


def sample(stage, kind, things):
    things = list(things.values())
    step = stage.step * (15 if kind == "sku" else 1)
    own = [one for one in things if kind == "sku" and one["kind"] != "product"]
    return things[::step] + [one for one in own if one not in things[::step]]


def unknown_shapes(stage, made_up, method="GET", body=None):
    """What each account is answered for what is not there at all."""
    kept = {}

    def of(viewer, template):
        if (viewer.id, template) not in kept:
            kept[viewer.id, template] = stage.client.ask(
                viewer, method, template.format(id=made_up), body and body(made_up)).shape(made_up)
        return kept[viewer.id, template]
    return of


def check(stage, viewer, template, word, visible, unknown, found):
    answer = stage.client.ask(viewer, "GET", template.format(id=word))
    asked = f"{viewer.code} GET {template.format(id=word)}"
    if visible and answer.status != 200:
        found(f"{asked}: not given what it may see: {answer}")
    if not visible and answer.status != 404:
        found(f"{asked}: {answer}")
    elif not visible and answer.shape(word) != unknown(viewer, template):
        found(f"{asked}: told apart from what is not there: {answer}")


def each_thing_is_there_for_those_alone_who_may_see_it(stage, found):
    tree, stranger = stage.tree, stage.stranger()
    for kind, (things, sees, templates) in kinds(stage).items():
        unknown = unknown_shapes(stage, stranger[kind])
        for number, one in enumerate(sample(stage, kind, things)):
            for viewer in stage.by_id.values():
                for template in templates[:1 + number % 2]:
                    check(stage, viewer, template, one["id"], sees(viewer.id, one), unknown, found)
    unknown = unknown_shapes(stage, "NOSUCH-2024-000001")
    for one in list(tree.invoices.values())[::stage.step]:
        for viewer in stage.by_id.values():
            check(stage, viewer, "/v1/invoices/{id}", one["number"], tree.sees_of_edge(viewer.id, one), unknown, found)
    explanations(stage, found)
    accounts_by_code(stage, found)
    parts_of_accounts(stage, found)
    keys(stage, stranger, found)
    installers(stage, stranger, found)
    machines(stage, stranger, found)


def explanations(stage, found):
    """A line is explained to the two parties of its edge alone, by licences that they see anyway, and by no key."""
    tree, client = stage.tree, stage.client
    template = "/v1/invoices/{id}/lines/1/explanation"
    unknown = unknown_shapes(stage, stage.stranger()["invoice"])
    for one in list(tree.invoices.values())[::stage.step]:
        for viewer in stage.by_id.values():
            check(stage, viewer, template, one["id"], tree.sees_of_edge(viewer.id, one), unknown, found)
            if not tree.sees_of_edge(viewer.id, one):
                continue
            answer = client.ask(viewer, "GET", template.format(id=one["id"]))
            for licence in answer.json().get("meter", {}).get("licences", []):
                if not tree.sees_licence(viewer.id, tree.licences[licence["licence"]]):
                    found(f"{viewer.code} is explained {one['id']} by {licence['licence']}, which it may not see")
            if any(key.encode() in answer.body for key in stage.keys.values()):
                found(f"{viewer.code} is explained {one['id']} with a licence key")


def accounts_by_code(stage, found):
    """A code leads to the account that the asker knows by it, whoever else has it."""
    tree = stage.tree
    unknown = unknown_shapes(stage, "NOSUCH")
    for code in sorted(set(tree.code.values())):
        for viewer in stage.by_id.values():
            meant = [one for one in tree.accounts if tree.code[one] == code and tree.knows(viewer.id, one)]
            if len(meant) < 2:
                check(stage, viewer, "/v1/accounts/{id}", code, bool(meant), unknown, found)
            if len(meant) == 1 and meant[0] not in str(stage.client.ask(viewer, "GET", f"/v1/accounts/{code}")):
                found(f"{viewer.code} GET /v1/accounts/{code}: not the one it knows")


def parts_of_accounts(stage, found):
    """Logo, licence keys, lines to deploy with and report of each account."""
    tree, client = stage.tree, stage.client
    stranger = stage.stranger()["account"]
    for template in ("/v1/accounts/{id}/logo", "/v1/accounts/{id}/licence-keys",
                     "/v1/accounts/{id}/snippets?server=https://x.example&platform=linux", f"/v1/accounts/{{id}}/reports/{OPEN}"):
        unknown = unknown_shapes(stage, stranger)
        for account in tree.accounts.values():
            for viewer in stage.by_id.values():
                target = template.format(id=account["id"])
                answer = client.ask(viewer, "GET", target)
                seller = tree.seller[account["id"]]
                known = tree.knows(viewer.id, account["id"])
                if template.endswith("logo"):
                    right = 200 if known and account["has_logo"] else 404
                elif "keys" in template or "snippets" in template:
                    is_customer = account["kind"] == "customer"
                    right = (200 if is_customer and viewer.id == seller else 409 if known and not is_customer
                             else 403 if known else 404)
                else:
                    agreement = [one for one in tree.agreements.values() if one["seller"]["id"] == seller and
                                 one["buyer"]["id"] == account["id"] and tree.sees_agreement(viewer.id, one)]
                    right = 404 if not agreement or account["kind"] == "customer" else 200 if agreement[0]["signed_at"] else 409
                if answer.status != right:
                    found(f"{viewer.code} GET {target} ({account['code']}): {answer} is not {right}")
                if not known and answer.shape(account["id"]) != unknown(viewer, template):
                    found(f"{viewer.code} GET {target}: told apart from what is not there: {answer}")


def names_are_shown_where_both_agreements_let_a_vendor_read_them(stage, found):
    """To that vendor alone, of that provider alone; and a customer sees to whom."""
    tree, client = stage.tree, stage.client
    shown = collections.Counter()
    for viewer in (one for one in stage.by_id.values() if tree.is_vendor(one.id)):
        for licence in pages(stage, viewer, "/v1/licences", True):
            for side in ("provider", "customer"):
                account = licence[side]["id"]
                right = tree.is_shown(viewer.id, account)
                shown[viewer.code, right] += 1
                if licence[side]["code"] != (tree.code[account] if right else account) or (
                        not right and "name" in licence[side]):
                    found(f"{viewer.code} reads of {tree.code[account]} {licence[side]}, and {'may' if right else 'may not'}")
    vendors = {code for code, right in shown if right}
    if vendors != {"AEGIS"} or not shown["AEGIS", False] or len({code for code, _ in shown}) < 2:
        found(f"no names to tell apart: {shown}")
    for viewer in stage.by_id.values():
        for account in pages(stage, viewer, "/v1/accounts"):
            provider = tree.seller[account["id"]] if account["kind"] == "customer" else account["id"]
            right = [one for one in tree.accounts if tree.is_vendor(one) and tree.kind.get(provider) == "provider" and
                     tree.lets_read(tree.seller[provider], provider) and
                     any(tree.lets_read(one, other) for other in tree.accounts)]
            if account["in_full"] and [one["id"] for one in account["named_to"]] != right:
                found(f"{viewer.code} reads that {account['code']} is named to {account['named_to']}, not to {right}")


def keys(stage, stranger, found):
    """A licence key is its provider's; who holds one finds the licence only where it may see it."""
    tree, client = stage.tree, stage.client
    unknown = unknown_shapes(stage, stranger["key"], "POST", lambda key: {"key": key})
    unknown_licence = unknown_shapes(stage, stranger["licence"])
    for licence_id, key in list(stage.keys.items())[::stage.step]:
        licence = tree.licences[licence_id]
        for viewer in stage.by_id.values():
            sees, own = tree.sees_licence(viewer.id, licence), viewer.id == licence["provider"]["id"]
            answer = client.ask(viewer, "GET", f"/v1/licences/{licence_id}/key")
            if answer.status != (200 if own else 403 if sees else 404):
                found(f"{viewer.code} reads the key of {licence_id}: {answer}")
            if not sees and answer.shape(licence_id) != unknown_licence(viewer, "/v1/licences/{id}/key"):
                found(f"{viewer.code} tells by its key that {licence_id} is there: {answer}")
            answer = client.ask(viewer, "GET", f"/v1/licences/{licence_id}/install-links")
            if answer.status != (200 if own else 403 if sees else 404):
                found(f"{viewer.code} reads the install links of {licence_id}: {answer}")
            if not sees and answer.shape(licence_id) != unknown_licence(viewer, "/v1/licences/{id}/install-links"):
                found(f"{viewer.code} tells by its install links that {licence_id} is there: {answer}")
            answer = client.ask(viewer, "POST", "/v1/licences/find", {"key": key})
            if answer.status != (200 if sees else 404):
                found(f"{viewer.code} finds {licence_id} by its key: {answer}")
            if not sees and answer.shape(key) != unknown(viewer, "/v1/licences/find"):
                found(f"{viewer.code} tells a key of another's from none: {answer}")


def installers(stage, stranger, found):
    """For its vendor and those with a licence that counts; the others who see it are told that they lack one."""
    template = "/v1/releases/{id}/installers/linux-amd64"
    unknown = unknown_shapes(stage, stranger["release"])
    for release in stage.tree.releases.values():
        for viewer in stage.by_id.values():
            sees, has = stage.tree.sees_release(viewer.id, release), stage.tree.has(viewer.id, release)
            answer = stage.client.ask(viewer, "GET", template.format(id=release["id"]))
            if answer.status != (200 if has else 403 if sees else 404):
                found(f"{viewer.code} downloads {release['id']}: {answer}")
            if not sees and answer.shape(release["id"]) != unknown(viewer, template):
                found(f"{viewer.code} tells that {release['id']} is there: {answer}")


def machines(stage, stranger, found):
    """Whoever sees a licence sees how many devices it has; its provider and customer which; its provider how to deploy."""
    tree, client = stage.tree, stage.client
    templates = ("/v1/devices?licence={id}", "/v1/licences/{id}/snippets?server=https://x.example")
    unknown = unknown_shapes(stage, stranger["licence"])
    for licence in list(tree.licences.values())[::2 * stage.step]:
        for viewer in stage.by_id.values():
            own, sees = viewer.id == licence["provider"]["id"], tree.sees_licence(viewer.id, licence)
            party = own or viewer.id == licence["customer"]["id"]
            if sees and "devices" not in client.ask(viewer, "GET", f"/v1/licences/{licence['id']}").json():
                found(f"{viewer.code} does not see how many devices {licence['id']} has")
            for template, granted in zip(templates, (200 if party else 403, (409 if licence["parent"] else 200) if own else 403)):
                target = template.format(id=licence["id"])
                answer = client.ask(viewer, "GET", target)
                if answer.status != (granted if sees else 404):
                    found(f"{viewer.code} GET {target}: {answer}")
                if not sees and answer.shape(licence["id"]) != unknown(viewer, template):
                    found(f"{viewer.code} GET {target}: told apart from what is not there: {answer}")
    unknown = unknown_shapes(stage, stranger["sku"])
    for sku in sample(stage, "sku", tree.skus):
        for viewer in stage.by_id.values():
            if sku["kind"] != "service":
                check(stage, viewer, "/v1/skus/{id}/lease-terms", sku["id"], tree.sees_sku(viewer.id, sku), unknown, found)


# ---- lists

def pages(stage, viewer, target, many=False):
    """All items, page by page."""
    items, cursor = [], None
    limit = 500 if many else LIMIT
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        asked = target + ("&" if "?" in target else "?") + urllib.parse.urlencode(query)
        answer = stage.client.ask(viewer, "GET", asked)
        if answer.status != 200:
            raise AssertionError(f"{viewer.code} GET {asked}: {answer}")
        page = answer.json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def lists(stage):
    """Address → what it lists, by identifier, and for whom."""
    tree = stage.tree
    named = kinds(stage)
    found = {f"/v1/{kind}s": (things, sees) for kind, (things, sees, _) in named.items()}
    found["/v1/licences"] = tree.licences, tree.lists_licence
    found["/v1/charges"] = tree.charges, tree.sees_of_edge
    found["/v1/corrections"] = tree.corrections, tree.sees_of_edge
    found["/v1/tokens"] = tree.tokens, tree.sees_own
    found["/v1/invitations"] = tree.invitations, tree.sees_own
    return found


def each_list_gives_each_account_exactly_what_it_may_see(stage, found):
    tree = stage.tree
    for target, (things, sees) in lists(stage).items():
        for viewer in stage.by_id.values():
            right = {name for name, one in things.items() if sees(viewer.id, one)}
            listed = [one["id"] for one in pages(stage, viewer, target, len(right) > LONG)]
            differs(found, f"{viewer.code} GET {target}", listed, right)
    prices = stage.store.read("price", "list")["items"]
    for viewer in stage.by_id.values():
        right = [price_key(one) for one in prices if tree.sees_price(viewer.id, one)]
        listed = [price_key(one) for one in pages(stage, viewer, "/v1/prices", True)]
        differs(found, f"{viewer.code} GET /v1/prices", listed, set(right))
        audit(stage, viewer, found)
        ledger(stage, viewer, found)


def price_key(one):
    return (one["seller"]["id"], one["buyer"] and one["buyer"]["id"], one["sku"]["id"], one["effective_from"])


def differs(found, asked, listed, right):
    if len(listed) != len(set(listed)):
        found(f"{asked}: the same twice")
    for what, some in (("beyond what it may see", set(listed) - right), ("not given", right - set(listed))):
        if some:
            found(f"{asked}: {what}: {sorted(some, key=str)[:5]} of {len(some)}")


def audit(stage, viewer, found):
    """Of another account's people an entry says the account alone."""
    entries = pages(stage, viewer, "/v1/audit", True)
    own = {one["id"] for one in [*stage.tree.users.values(), *stage.tree.tokens.values()]
           if one["account"]["id"] == viewer.id}
    for entry in entries:
        word, _, person = entry["actor"].partition(" ")
        if word in ("user", "token") and person not in own:
            found(f"{viewer.code} reads in the audit trail who {person} is")


def ledger(stage, viewer, found):
    balances = stage.client.ask(viewer, "GET", "/v1/ledger").json()["items"]
    if any(one["owner"]["code"] != viewer.code for one in balances):
        found(f"{viewer.code} reads other books than its own: {balances}")


# ---- queries

FILTERS = {  # what names an account
    "/v1/accounts": ["seller"], "/v1/agreements": ["seller", "buyer"], "/v1/skus": ["owner"],
    "/v1/prices": ["seller", "buyer"], "/v1/blocks": ["provider"], "/v1/licences": ["provider", "customer"],
    "/v1/devices": ["provider", "customer"], "/v1/products": ["vendor"],
    "/v1/reports": ["provider"], "/v1/invoices": ["seller", "buyer"], "/v1/charges": ["seller", "buyer"],
    "/v1/corrections": ["seller", "buyer"], "/v1/margins?month=2024-02": ["account"], "/v1/ledger": ["owner"],
    "/v1/users": ["account"], "/v1/invitations": ["account"], "/v1/tokens": ["account"], "/v1/audit": ["account"]}
OWN_ALONE = ("/v1/margins?month=2024-02", "/v1/ledger", "/v1/users", "/v1/invitations", "/v1/tokens", "/v1/audit",
             "/v1/blocks")


def naming_another_account_in_a_query_tells_nothing(stage, found):
    stranger = stage.stranger()["account"]
    for target, names in FILTERS.items():
        for name in names:
            template = f"{target}{'&' if '?' in target else '?'}{name}={{id}}"
            by_id, by_code = unknown_shapes(stage, stranger), unknown_shapes(stage, "NOSUCH")
            for number, account in enumerate(list(stage.by_id)[::stage.step]):
                for viewer in stage.by_id.values():
                    query(stage, viewer, template, account, account, by_id, found)
                    code = stage.tree.code[account]
                    if number % 3 == 0 and not any(stage.tree.knows(viewer.id, one) for one in stage.tree.accounts
                               if stage.tree.code[one] == code):
                        query(stage, viewer, template, account, code, by_code, found)
    foreign_things(stage, found)


def query(stage, viewer, template, account, word, unknown, found):
    tree = stage.tree
    answer = stage.client.ask(viewer, "GET", template.format(id=word))
    asked = f"{viewer.code} GET {template.format(id=word)} ({tree.code[account]})"
    if not tree.knows(viewer.id, account):
        sells = template.startswith("/v1/skus") and any(
            one["owner"] == account and tree.sees_sku(viewer.id, one) for one in tree.skus.values())
        if sells and answer.status == 200:
            return
        if answer.problem() != "unknown-account" or answer.shape(word) != unknown(viewer, template):
            found(f"{asked}: told apart from what is not there: {answer}")
        return
    own_alone = any(template.startswith(one) for one in OWN_ALONE)
    if own_alone and account != viewer.id and answer.status == 200 and (
            not template.startswith("/v1/blocks") or answer.json()["items"]):
        found(f"{asked}: {answer}")
    if account == viewer.id and answer.status != 200:
        found(f"{asked}: not given its own: {answer}")


def foreign_things(stage, found):
    """SKUs and blocks in queries."""
    tree, stranger = stage.tree, stage.stranger()
    named = (("/v1/prices?sku={id}", "sku", tree.skus, tree.sees_sku), ("/v1/blocks?sku={id}", "sku", tree.skus, tree.sees_sku),
             ("/v1/licences?sku={id}", "sku", tree.skus, tree.sees_sku),
             ("/v1/licences?block={id}", "block", tree.blocks, tree.sees_block))
    for template, kind, things, sees in named:
        unknown = unknown_shapes(stage, stranger[kind])
        for one in sample(stage, kind, things)[::4]:
            if kind == "sku" and one["kind"] == "service":  # which has neither
                continue
            for viewer in stage.by_id.values():
                check(stage, viewer, template, one["id"], sees(viewer.id, one), unknown, found)


# ---- what is left out

BRIEF = {"id", "kind", "code", "name", "address", "country", "in_full"}


def a_part_of_an_account_or_bundle_that_is_not_given_is_left_out(stage, found):
    tree, client = stage.tree, stage.client
    for viewer in stage.by_id.values():
        for account in pages(stage, viewer, "/v1/accounts"):
            shown = client.ask(viewer, "GET", f"/v1/accounts/{account['id']}")
            in_full = tree.is_or_is_above(viewer.id, account["id"])
            if account["in_full"] != in_full or (set(account) != BRIEF) != in_full or shown.json() != account:
                found(f"{viewer.code} sees of {account['code']}: {sorted(account)}")
            if ("etag" in shown.headers) != in_full:
                found(f"{viewer.code} gets of {account['code']} the headers {shown.headers}")
        for name in ("P0001", "P0002", "MERIDIAN"):
            bundle = stage.made[f"bundle of {name}"]
            if tree.sees_sku(viewer.id, tree.skus[bundle]):
                parts = client.ask(viewer, "GET", f"/v1/skus/{bundle}").json()["parts"]
                if bool(parts) != (tree.skus[bundle]["owner"] == viewer.id):
                    found(f"{viewer.code} sees what the bundle of {name} is made of: {parts}")
        for licence in tree.licences.values():
            if tree.sees_licence(viewer.id, licence) and viewer.id != licence["provider"]["id"]:
                shown = client.ask(viewer, "GET", f"/v1/licences/{licence['id']}").json()
                if any(one["block"] or one["key_hint"] for one in [shown, *shown["parts"]]):
                    found(f"{viewer.code} sees of {licence['id']} its block or its key: {shown}")
