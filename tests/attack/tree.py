"""Who may see what, from the rules of docs/rules.md (R2) alone, over what the operator reads of a store.

Nothing here asks the API: it is what the API's answers are compared with."""


class Tree:
    def __init__(self, read):
        """`read(*words)` is the JSON that the command prints."""
        kinds = "account", "agreement", "block", "licence", "device", "report", "invoice", "charge", "job", "correction", "catalog", \
            "product", "release", "move"
        listed = {kind: read(kind, "list")["items"] for kind in kinds}
        self.accounts = {one["id"]: one for one in listed["account"]}
        self.seller = {one["id"]: one["seller"] and one["seller"]["id"] for one in listed["account"]}
        self.kind = {one["id"]: one["kind"] for one in listed["account"]}
        self.code = {one["id"]: one["code"] for one in listed["account"]}
        self.agreements = {one["id"]: one for one in listed["agreement"]}
        self.edges = {(one["seller"]["code"], one["buyer"]["code"]): (one["seller"]["id"], one["buyer"]["id"])
                      for one in listed["agreement"]}
        self.skus = {one["id"]: one for one in listed["catalog"]}
        self.blocks = {one["id"]: one for one in listed["block"]}
        self.licences = {}
        for one in listed["licence"]:
            whole = read("licence", "show", one["id"]) if self.skus[one["sku"]["id"]]["kind"] == "bundle" else one
            for licence in [whole, *whole.get("parts", [])]:
                self.licences[licence["id"]] = licence
        self.devices = {one["id"]: one for one in listed["device"]}
        self.products = {one["id"]: one for one in listed["product"]}
        self.releases = {one["id"]: one for one in listed["release"]}
        self.moves = {one["id"]: one for one in listed["move"]}
        self.reports = {one["id"]: one for one in listed["report"]}
        self.invoices = {one["id"]: one for one in listed["invoice"]}
        self.charges = {one["id"]: one for one in listed["charge"]}
        self.jobs = {one["id"]: one for one in listed["job"]}
        self.corrections = {one["id"]: one for one in listed["correction"]}
        self.users = {one["id"]: one for account in self.accounts
                      for one in read("user", "list", "--account", account)["items"]}
        self.invitations = {one["id"]: one for one in read("invitation", "list")["items"]}
        self.tokens = {one["id"]: one for account in self.accounts
                       for one in read("token", "list", "--account", account)["items"]}

    # ---- accounts

    def above(self, account):
        """The account and those above it, up to the distributor."""
        found = []
        while account:
            found.append(account)
            account = self.seller[account]
        return found

    def is_or_is_above(self, viewer, account):
        return viewer in self.above(account)

    def sees_job(self, viewer, job):
        """The seller whose edges are closed; what the operator closes, none."""
        return job["seller"] is not None and job["seller"]["id"] == viewer

    def is_vendor(self, account):
        return self.kind[account] == "vendor"

    def knows(self, viewer, account):
        """Itself, what is below it, its seller, the parties of its agreements."""
        return (self.is_or_is_above(viewer, account) or self.seller[viewer] == account or
                any({viewer, account} == {one["seller"]["id"], one["buyer"]["id"]} for one in self.agreements.values()))

    def supplied(self, vendor):
        """The providers and customers that have licences of the vendor's SKUs."""
        return {one[side]["id"] for one in self.licences.values() for side in ("provider", "customer")
                if self.skus[one["sku"]["id"]]["owner"] == vendor}

    def may_name(self, viewer, account):
        """Whose name and code an account reads somewhere: besides those it knows, the owners of the SKUs it can
        license. A vendor reads no more than the identifiers of those who have licences of its SKUs, unless they are shown to it. The
        parties of a move read each other's."""
        return (self.knows(viewer, account) or self.in_one_move(viewer, account) or
                self.is_or_is_above(account, viewer) or
                (self.is_vendor(account) and not self.is_vendor(viewer)) or self.is_shown(viewer, account))

    def lets_read(self, seller, buyer):
        """Whether the agreement of the edge, which is in force, lets vendors read names."""
        return any(one["names_to_vendors"] and one["state"] in ("signed", "suspended") and
                   (one["seller"]["id"], one["buyer"]["id"]) == (seller, buyer) for one in self.agreements.values())

    def is_shown(self, vendor, account):
        """A provider or a customer to a vendor that has licences there: the distributor and the provider both let it."""
        provider = self.seller[account] if self.kind[account] == "customer" else account
        return (self.is_vendor(vendor) and self.kind[provider] == "provider" and account in self.supplied(vendor) and
                self.lets_read(self.seller[provider], provider) and
                any(self.lets_read(vendor, one) for one in self.accounts if self.kind[one] == "distributor"))

    def may_identify(self, viewer, account):
        return self.may_name(viewer, account) or (self.is_vendor(viewer) and account in self.supplied(viewer))

    def in_one_move(self, viewer, account):
        return any({viewer, account} <= {one[side]["id"] for side in ("customer", "from", "to")} for one in self.moves.values())

    # ---- edges

    def parties(self, thing):
        """Of an invoice or report, which names them by code, or of anything with its agreement."""
        if "agreement" in thing:
            one = self.agreements[thing["agreement"]]
            return one["seller"]["id"], one["buyer"]["id"]
        return self.edges[(thing["seller"]["code"], thing["buyer"]["code"])]

    def sees_agreement(self, viewer, agreement):
        return viewer == agreement["seller"]["id"] or (
            viewer == agreement["buyer"]["id"] and agreement["state"] != "draft")

    def sees_of_edge(self, viewer, thing):
        if "agreement" in thing:
            return self.sees_agreement(viewer, self.agreements[thing["agreement"]])
        return viewer in self.parties(thing)

    def sees_price(self, viewer, price):
        """`price` as the operator's list has it; the standard price of a seller holds for all its buyers."""
        seller = price["seller"]["id"]
        if viewer == seller:
            return True
        if price["buyer"] and price["buyer"]["id"] != viewer:
            return False
        return any(one["seller"]["id"] == seller and one["buyer"]["id"] == viewer and one["state"] != "draft"
                   for one in self.agreements.values())

    # ---- things

    def sees_sku(self, viewer, sku):
        """A vendor's: the vendor and all who are no vendors. A seller's own: the seller and all below it."""
        if self.is_vendor(sku["owner"]):
            return viewer == sku["owner"] or not self.is_vendor(viewer)
        return self.is_or_is_above(sku["owner"], viewer)

    def sees_product(self, viewer, product):
        """As a vendor's SKU."""
        return viewer == product["vendor"] or not self.is_vendor(viewer)

    def sees_release(self, viewer, release):
        return self.sees_product(viewer, self.products[release["product"]["id"]])

    def has(self, viewer, release):
        """Its vendor, and who has or provides a licence that entitles to it and counts."""
        product = self.products[release["product"]["id"]]
        skus = {one["id"] for one in product["skus"]}
        return viewer == product["vendor"] or any(
            one["sku"]["id"] in skus and one["counted_seats"] > 0 and
            viewer in (one["provider"]["id"], one["customer"]["id"]) for one in self.licences.values())

    def sees_block(self, viewer, block):
        return viewer == block["provider"]["id"]

    def sees_licence(self, viewer, licence):
        """The provider, the customer, those above the provider, and the vendor whose SKU it is. A part of a bundle: of
        these the vendor, whoever composed the bundle and those above."""
        owner = self.skus[licence["sku"]["id"]]["owner"]
        if licence["parent"] and viewer != owner:
            bundle = self.skus[self.licences[licence["parent"]]["sku"]["id"]]
            if not self.is_or_is_above(viewer, bundle["owner"]):
                return False
        return (viewer == licence["customer"]["id"] or self.is_or_is_above(viewer, licence["provider"]["id"]) or
                viewer == self.skus[licence["sku"]["id"]]["owner"])

    def sees_device(self, viewer, device):
        return viewer in (device["provider"]["id"], device["customer"]["id"])

    def sees_move(self, viewer, move):
        """Its parties, and who stands above both providers."""
        old, new = move["from"]["id"], move["to"]["id"]
        return viewer in (move["customer"]["id"], old, new, move["successor"]) or (
            self.is_or_is_above(viewer, old) and self.is_or_is_above(viewer, new))

    def sees_own(self, viewer, thing):
        """Users, invitations and tokens."""
        return viewer == thing["account"]["id"]

    def lists_licence(self, viewer, licence):
        """A part of a bundle is shown with its bundle; its vendor, who does not see the bundle, finds it in the list."""
        if self.is_vendor(viewer):
            return viewer == self.skus[licence["sku"]["id"]]["owner"]
        return licence["parent"] is None and self.sees_licence(viewer, licence)
