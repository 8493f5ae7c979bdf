"""The attacker's HTTP client: one connection that is kept, every answer watched.

Each answer is searched for secrets: pieces of text of which it is known who may read them. What was asked and how it
was answered is noted per operation, so that the suite can prove at its end that none was forgotten."""
import collections
import http.client
import json
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The stable end of a problem's type, or nothing."""
        if self.headers.get("content-type") != "application/problem+json":
            return ""
        return self.json()["type"].rpartition("/")[2]

    def shape(self, word):
        """All that an asker can tell, but for the word it gave itself, the request's number and the time."""
        headers = {name: value for name, value in self.headers.items()
                   if name not in ("date", "x-request-id", "request-id", "content-length")}
        if self.headers.get("content-type") != "application/problem+json":
            return self.status, headers, self.body
        problem = self.json()
        del problem["request_id"]
        return self.status, headers, json.dumps(problem, sort_keys=True, ensure_ascii=False).replace(word, "…")

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


class Secret:
    """A piece of text, and the accounts (by identifier) that may read it."""

    def __init__(self, text, readers, what):
        self.text, self.readers, self.what = text.encode(), frozenset(readers), what
        self.bare = self.text.strip(b'",')


class Client:
    def __init__(self, url, operations):
        self.host = urllib.parse.urlsplit(url).netloc
        self.operations = operations
        self.connection = None
        self.secrets = []
        self.leaks = {}
        self.seen = collections.defaultdict(set)  # operation → of "granted", "refused", "unauthenticated"
        self.count = 0

    def send(self, method, target, body, headers):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, timeout=900)
            try:
                self.connection.request(method, target, body, headers)
                response = self.connection.getresponse()
                return Answer(response.status, {name.lower(): value for name, value in reversed(response.getheaders())},
                              response.read())
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise

    def ask(self, who, method, target, body=None, headers=None, token=None, cookie=None):
        """Asks as `who` (something with .id and .token; None: nobody). A dict is sent as JSON, other text as CSV and
        bytes as PNG. `token` and `cookie` go before who's own token; an empty cookie is none."""
        headers = dict(headers or {})
        if cookie:
            headers["Cookie"] = f"seatmeter_session={cookie}"
        elif cookie is None and (token is not None or who is not None):
            headers["Authorization"] = f"Bearer {token or who.token}"
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        elif isinstance(body, str):
            body = body.encode()
            headers.setdefault("Content-Type", "text/csv")
        elif body is not None:
            headers.setdefault("Content-Type", "image/png")
        answer = self.send(method, target, body, headers)
        self.count += 1
        self.note(who, method, target, answer)
        self.watch(who, method, target, body or b"", answer)
        return answer

    def note(self, who, method, target, answer):
        path = target.partition("?")[0]
        for operation in self.operations:
            if operation.matches(method, path):
                kind = ("granted" if answer.status < 300 else
                        "unauthenticated" if answer.status == 401 else
                        "refused" if answer.status in (403, 404) else None)
                if kind:
                    self.seen[operation.name].add(kind)
                return

    def watch(self, who, method, target, sent, answer):
        if answer.status >= 500:
            self.leaks[(method, target, answer.status)] = f"{method} {target} failed: {answer}"
        readable = answer.body + "\n".join(answer.headers.values()).encode("latin-1", "replace")
        asked = urllib.parse.unquote_plus(target).encode() + sent
        for secret in self.secrets:
            if secret.text in readable and (who is None or who.id not in secret.readers) and secret.bare not in asked:
                key = (secret.what.split(":")[0], method, target.partition("?")[0], who and who.code)
                self.leaks.setdefault(key, f"{secret.what} ({secret.text.decode()}) was shown to "
                                           f"{who.code if who else 'nobody in particular'} by {method} {target}")
