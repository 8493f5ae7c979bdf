"""Persons: nobody learns by inviting who is there, gets in by another's link, or reads one account while acting for
another. Past the watched part of the suite: the secrets of two accounts are one person's here."""
import time

from doors import sign_in
from reads import kinds, sample
from stage import PASSWORD

CSRF = {"Seatmeter-CSRF": "1"}
GUESS = "not the right password"


def invite(stage, who, email):
    return stage.client.ask(stage.who[who], "POST", "/v1/invitations", {"email": email, "name": "Guest", "role": "viewer"})


def accept(stage, link, password=PASSWORD):
    return stage.client.ask(None, "POST", "/v1/invitations/accept", {"link": link, "password": password})


def of_form(answer, email):
    """What an inviter can tell of an answer, but for what it gave itself and what is new each time."""
    body = {name: value for name, value in answer.json().items() if name not in ("id", "created_at", "expires_at")}
    assert body.pop("email") == email
    headers = {name for name in answer.headers}
    return answer.status, headers, body


def seconds(stage, target, body, tries=7):
    """The least that it takes: what else the machine does adds, and takes nothing away."""
    least = 60.0
    for _ in range(tries):
        begun = time.perf_counter()
        stage.client.ask(stage.who["P0001"], "POST", target, body)
        least = min(least, time.perf_counter() - begun)
    return least


def inviting_tells_nothing(stage, found):
    """A person of another account, one of an account that is above, and nobody: answered alike, and as fast."""
    emails = ("owner@p0002.example", "owner@meridian.example", "nobody-at-all@p0002.example")
    forms = [of_form(invite(stage, "P0001", email), email) for email in emails]
    if any(form != forms[0] for form in forms) or forms[0][0] != 201:
        found(f"inviting tells who is there: {forms}")
    again = [of_form(invite(stage, "P0001", email), email) for email in emails]
    if again != forms:
        found(f"inviting again tells who is there: {again}")
    password = seconds(stage, "/v1/session", {"email": "nobody@x.example", "password": GUESS}, tries=2)
    times = [seconds(stage, "/v1/invitations", {"email": email, "name": "Guest", "role": "viewer"}) for email in emails]
    if max(times) - min(times) > password / 2:
        found(f"inviting takes as long as looking at a password for some: {times}, a password {password}")
    listed = {one["email"] for one in stage.say("P0001", "GET", "/v1/invitations")["items"]}
    if not set(emails) <= listed:
        found(f"an invitation is missing: {listed}")
    if {one["email"] for one in stage.say("P0001", "GET", "/v1/users")["items"]} & set(emails):
        found("an invitation made a user by itself")


def a_link_lets_in_its_owner_alone(stage, found):
    """Not who guesses, nor who has a link that is over, nor whoever else got one of a person that is there."""
    known, new = "owner@p0002.example", "newcomer@x.example"
    ids = {email: invite(stage, "P0001", email).json()["id"] for email in (known, new, "gone@x.example")}
    stage.say("P0001", "DELETE", f"/v1/invitations/{ids['gone@x.example']}")
    links = {email: [stage.store.invitation_link(ids[email]) for _ in range(2)] for email in (known, new)}
    for what, link in {"made up": "smi_" + "A" * 43, "replaced": links[new][0], "an identifier": ids[new],
                       "cut": links[new][1][:-1], "empty": "", "a token": stage.who["P0001"].token}.items():
        answer = accept(stage, link)
        if answer.status != 404 or answer.problem() != "unknown-invitation":
            found(f"an invitation is accepted by a link that is {what}: {answer}")
    answer = accept(stage, links[known][1], GUESS)
    if answer.status != 401 or answer.problem() != "sign-in-failed":
        found(f"a link takes a person over: {answer}")
    if stage.client.ask(None, "POST", "/v1/session", {"email": known, "password": GUESS}).status != 401:
        found("a link set the password of a person that was there")
    own = sign_in(stage, known, stage.who["P0002"])
    if stage.client.ask(stage.who["P0002"], "GET", "/v1/session", cookie=own).status != 200:
        found("an invitation of another account locked a person out")
    answer = accept(stage, links[new][1])
    if answer.status != 201:
        found(f"the owner of a new address cannot accept: {answer}")
    answer = accept(stage, links[new][1])
    if answer.status != 404:
        found(f"a link works twice: {answer}")


def a_person_of_two_accounts_acts_for_one(stage, found):
    """A session for P0002 is answered as P0002's own token is, whatever its person may do for P0001."""
    client, first, second = stage.client, stage.who["P0001"], stage.who["P0002"]
    stage.store.add_user("P0001", "both@x.example", "owner", stdin=PASSWORD + "\n")
    guest = stage.store.add_user("P0002", "both@x.example", "owner", "--known")
    answer = client.ask(None, "POST", "/v1/session", {"email": "both@x.example", "password": PASSWORD, "account": "P0002"})
    cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    for kind, (things, _, templates) in kinds(stage).items():
        for one in sample(stage, kind, things):
            target = templates[0].format(id=one["id"])
            asked, right = client.ask(second, "GET", target, cookie=cookie), client.ask(second, "GET", target)
            if (asked.status, asked.status != 200 and asked.problem()) != (right.status, right.status != 200 and right.problem()):
                found(f"GET {target} for P0002 by a person of P0001 too: {asked}, its token is answered {right}")
    for account, right in (("MERIDIAN", 404), ("NOSUCH", 404), (first.id, 200), ("P0002", 200)):
        answer = client.ask(second, "PATCH", "/v1/session", {"account": account}, CSRF, cookie=cookie)
        if answer.status != right:
            found(f"a session is switched to {account}: {answer}")
    if client.ask(second, "PATCH", "/v1/session", {"account": first.id}).problem() != "not-a-user":
        found("a token is switched to another account")
    other = sign_in(stage, "both@x.example", first)
    stage.say("P0002", "PATCH", f"/v1/users/{guest}", {"active": False})
    if client.ask(second, "GET", "/v1/session", cookie=cookie).status != 401:
        found("a session for P0002 outlives its user there")
    if client.ask(first, "GET", "/v1/session", cookie=other).status != 200:
        found("the end of a user of P0002 ended its person's session for P0001")
    if client.ask(first, "PATCH", "/v1/session", {"account": "P0002"}, CSRF, cookie=other).status != 404:
        found("a session goes on to an account whose user has ended")
