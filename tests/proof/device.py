"""A device in Python, from docs/device-protocol.md alone, for the suites that tamper with what one says.

Ed25519 comes from libsodium through ctypes, everything else from Python's own library."""
import base64
import ctypes
import ctypes.util
import hashlib
import http.client
import json
import os
import time
import urllib.parse

from programme import PATIENCE_S

sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
if sodium.sodium_init() < 0:
    raise OSError("libsodium does not start")


def text_of(some):
    return base64.urlsafe_b64encode(some).rstrip(b"=").decode()


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_pair(seed=None):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_seed_keypair(public, secret, seed or os.urandom(32))
    return public.raw, secret.raw


def sign(secret, message):
    signature = ctypes.create_string_buffer(64)
    sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), secret)
    return signature.raw


def is_signed(public, message, signature):
    return len(signature) == 64 and len(public) == 32 and sodium.crypto_sign_verify_detached(
        signature, message, ctypes.c_ulonglong(len(message)), public) == 0


def mac_of(key, message):
    return hashlib.blake2b(message, key=key, digest_size=32).digest()


def dumped(body):
    return json.dumps(body, separators=(",", ":")).encode()


def jws_parts(jws):
    """Header, payload and what is signed with its signature; nothing is verified."""
    header, payload, signature = jws.split(".")
    return (json.loads(bytes_of(header)), json.loads(bytes_of(payload)), f"{header}.{payload}".encode(),
            bytes_of(signature))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def is_lease(self):
        return self.status == 200 and self.json().get("lease") is not None

    @property
    def lease(self):
        return json.loads(bytes_of(self.json()["lease"]))

    @property
    def code(self):
        """The code, whether signed in a lease or not; of a file: nothing."""
        if self.headers.get("content-type", "").split(";")[0] != "application/json":
            return ""
        body = self.json()
        return self.lease["code"] if "lease" in body else body.get("code", "")

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


class Door:
    """The device door at an address (http://HOST:PORT), over one connection that is kept. Told that the door is busy, as on a
    machine with much else to do, it asks again."""

    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.connection = None

    def ask(self, method, target, body=None, headers=None):
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self.ask_once(method, target, body, headers)
            if answer.status != 503 or answer.code != "busy" or time.monotonic() > end:
                return answer
            time.sleep(0.05)

    def ask_once(self, method, target, body, headers):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, timeout=PATIENCE_S)
            try:
                self.connection.putrequest(method, target, skip_accept_encoding=True)
                for name, value in {**({} if body is None else {"Content-Type": "application/json",
                                                                "Content-Length": str(len(body))}),
                                    **(headers or {})}.items():
                    self.connection.putheader(name, value)
                self.connection.endheaders(body)
                response = self.connection.getresponse()
                return Answer(response.status, {name.lower(): value for name, value in response.getheaders()},
                              response.read())
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise

    def key_set(self):
        """The lease keys by their key id, verified by a root that the set names."""
        _, payload, signed, signature = jws_parts(self.ask("GET", "/v1/keys").json()["keys"])
        if not any(is_signed(bytes_of(root), signed, signature) for root in payload["roots"]):
            raise AssertionError("the key set is signed by none of its roots")
        return {key["kid"]: bytes_of(key["x"]) for key in payload["keys"]}


def proven(envelope, keys):
    """The lease, verified: signature, hash tree, all."""
    leaf = bytes_of(envelope["lease"])
    header, head, signed, signature = jws_parts(envelope["head"])
    if header["alg"] != "EdDSA" or header["typ"] != "seatmeter-head" or not is_signed(keys[header["kid"]], signed, signature):
        raise AssertionError("the head is not signed by a key of the set")
    node, index, last = hashlib.sha256(b"\0" + leaf).digest(), envelope["index"], envelope["size"] - 1
    for step in map(bytes_of, envelope["path"]):
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\1" + step + node).digest()
            while index % 2 == 0 and index > 0:
                index, last = index // 2, last // 2
        else:
            node = hashlib.sha256(b"\1" + node + step).digest()
        index, last = index // 2, last // 2
    if last != 0 or node != bytes_of(head["root"]) or head["size"] != envelope["size"]:
        raise AssertionError("the path does not lead from the lease to what is signed")
    return json.loads(leaf)


class Device:
    """One machine. `number` makes it again; without one it is a new machine."""

    def __init__(self, number=None):
        seed = os.urandom(32) if number is None else hashlib.sha256(f"device {number}".encode()).digest()
        self.public, self.secret = key_pair(hashlib.sha256(b"key" + seed).digest())
        self.fingerprint = hashlib.sha256(b"machine" + seed).digest()
        self.id, self.key, self.sequence, self.link = None, None, 0, os.urandom(8)

    def activation(self, licence_key, **changes):
        """The body, signed after `changes`; a signature among them goes as it is, and None leaves a member out. A machine
        that was activated enrols anew, with another key pair."""
        if self.id is not None:
            self.public, self.secret = key_pair()
        body = {"key": licence_key, "device_key": text_of(self.public), "fingerprint": text_of(self.fingerprint),
                "link": text_of(os.urandom(8)), "time": int(time.time()), "name": "PC-17", "version": "1.0.0", **changes}
        signed = "\n".join(["seatmeter-activate-1"] + [str(body[name]) for name in
                                                      ("key", "device_key", "fingerprint", "link", "time")])
        body.setdefault("signature", text_of(sign(self.secret, signed.encode())))
        return dumped({name: value for name, value in body.items() if value is not None})

    def take(self, body, answer):
        """What an answer to an activation gives."""
        if answer.is_lease:
            given = answer.json()
            self.id, self.key = given["device"], bytes_of(given["check_in_key"])
            self.sequence, self.link = 0, bytes_of(json.loads(body)["link"])
        return answer

    def activate(self, door, licence_key, **changes):
        body = self.activation(licence_key, **changes)
        return self.take(body, door.ask("POST", "/v1/activate", body))

    def check_in_body(self, mac=None, key=None, **changes):
        body = {"device": self.id, "sequence": self.sequence + 1, "previous": text_of(self.link),
                "link": text_of(os.urandom(8)), "time": int(time.time()), **changes}
        plain = dumped(body)[:-1]
        return plain + b',"mac":"' + text_of(mac or mac_of(key or self.key, plain)).encode() + b'"}'

    def advance(self, body, answer):
        if answer.is_lease:
            sent = json.loads(body)
            self.sequence, self.link = sent["sequence"], bytes_of(sent["link"])
        return answer

    def check_in(self, door, **changes):
        body = self.check_in_body(**changes)
        return self.advance(body, door.ask("POST", "/v1/check-in", body))

    def release(self, door):
        body = self.check_in_body(action="release")
        return self.advance(body, door.ask("POST", "/v1/release", body))

    def target_header(self, target, at=None, key=None, device=None, signed=None):
        at = int(time.time()) if at is None else at
        mac = mac_of(key or self.key, f"GET {signed or target} {at}".encode())
        return {"Authorization": f"Seatmeter {device or self.id} {at} {text_of(mac)}"}

    def get_target(self, door, target, **how):
        return door.ask("GET", target, headers=self.target_header(target, **how))

    def copy(self):
        """A clone of its disk."""
        other = Device.__new__(Device)
        other.__dict__.update(self.__dict__)
        return other
