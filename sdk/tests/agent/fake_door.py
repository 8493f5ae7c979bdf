"""A device door for tests, after docs/device-protocol.md alone: it shares no code with the server or the library.

It is obedient by default; `mishaps` are what goes wrong with the next requests, one each, in order."""
import base64
import hashlib
import http.server
import json
import os
import socket
import ssl
import struct
import threading
import time

import ed25519


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SigningKey:
    """A key with the name that RFC 7638 gives it."""

    def __init__(self):
        self.key = ed25519.Key()
        self.x = encode(self.key.public)
        thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{self.x}"}}'.encode()).digest()
        self.kid = encode(thumbprint)[:16]

    def jws(self, kind, payload):
        header = json.dumps({"alg": "EdDSA", "typ": kind, "kid": self.kid}, separators=(",", ":"))
        signed = f"{encode(header.encode())}.{encode(payload)}"
        return f"{signed}.{encode(self.key.sign(signed.encode()))}"

    def jwk(self):
        return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": self.x}


class Device:
    def __init__(self, number, fingerprint):
        self.id = f"dev_{number:013d}"
        self.fingerprint = fingerprint
        self.start(None, None)

    def start(self, device_key, link):
        self.device_key = device_key
        self.check_in_key = os.urandom(32)
        self.sequence = 0
        self.link = link
        self.previous = None
        self.promised = 0
        self.code = None  # what this device alone is told


WORDS = {"off": "The licence is turned off. Ask your provider to turn it on.",
         "clone-seen": "Another copy of this device has checked in. This one must be activated anew with the licence key.",
         "released": "The device was released. Activate it again to use a seat."}


class Door:
    def __init__(self, repository=None):
        self.root = SigningKey()
        self.lease_key = SigningKey()
        self.keys_version = 1
        self.licence_key = "00000-00000-00000-00000-00000"  # all check digits of nothing are nothing
        self.repository = repository
        self.code = "ok"
        self.ttl = 86400
        self.renew = None
        self.grace = 0
        self.components = ["firewall", "mail"]
        self.seats = 10
        self.clock_ahead = 0
        self.devices = {}
        self.mishaps = []
        self.stall_after = None  # a download stops after so many bytes until `go_on` is set
        self.go_on = threading.Event()
        self.requests = []
        self.connections = 0
        self.prefix = ""  # of what a proxy is asked for, taken off
        self.changed = threading.Condition()
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                door.serve(self, b"")

            def do_POST(self):
                door.serve(self, self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                door.connections += 1
                return super().get_request()

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def speak_tls(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = self.url.replace("http://", "https://")

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return int(time.time()) + self.clock_ahead

    # What tests ask for

    def count(self, path):
        return sum(1 for request in self.requests if request["path"].startswith(path))

    # HTTP

    def serve(self, handler, body):
        handler.path = handler.path.removeprefix(self.prefix)
        with self.changed:
            mishap = self.mishaps.pop(0) if self.mishaps and handler.command == "POST" else None
            self.requests.append({"method": handler.command, "path": handler.path, "body": body, "mishap": mishap,
                                  "range": handler.headers.get("Range"), "at": time.monotonic()})
            self.changed.notify_all()
        if mishap == "down":
            return self.drop(handler)
        if isinstance(mishap, tuple) and mishap[0] == "busy":
            return self.send(handler, 503, b'{"code":"busy","words":"The server is busy. Try again later."}',
                             {"Retry-After": str(mishap[1])})
        if mishap == "garbage":
            return self.send(handler, 200, os.urandom(500))
        if mishap == "forged":
            own, self.lease_key = self.lease_key, SigningKey()
            status, answer, headers = self.answer(handler, body)
            self.lease_key = own
            return self.send(handler, status, answer, headers)
        status, answer, headers = self.answer(handler, body)
        if mishap == "lost":
            return self.drop(handler)
        if mishap == "held":
            self.go_on.wait()
        return self.send(handler, status, answer, headers)

    def drop(self, handler):
        """Ends the connection as a cable that is pulled would look in the end."""
        handler.close_connection = True
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.rfile.close()
        handler.wfile = open(os.devnull, "wb")

    def send(self, handler, status, answer, headers=None):
        handler.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            handler.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        if self.stall_after is not None and handler.path.startswith("/tuf/targets/") and status in (200, 206):
            handler.wfile.write(answer[:self.stall_after])
            handler.wfile.flush()
            self.go_on.wait()
            answer = answer[self.stall_after:]
        handler.wfile.write(answer)

    def refusal(self, status, code):
        return status, json.dumps({"code": code, "words": WORDS.get(code, code)}).encode(), {}

    def answer(self, handler, body):
        path = handler.path
        if path == "/v1/keys":
            return 200, json.dumps({"keys": self.key_set()}).encode(), {}
        if path in ("/v1/activate", "/v1/check-in", "/v1/release"):
            try:
                with self.changed:
                    return self.activate(body) if path == "/v1/activate" else self.check_in(body, path)
            except (ValueError, KeyError):
                return self.refusal(400, "malformed-request")
        if path.startswith("/tuf/targets/"):
            return self.target(handler, path)
        if path.startswith("/tuf/") and self.repository is not None:
            content = self.repository.files.get(path[len("/tuf/"):])
            return (200, content, {}) if content is not None else self.refusal(404, "unknown-target")
        return self.refusal(404, "unknown-target")

    # The protocol

    def key_set(self):
        members = {"version": self.keys_version, "issued": self.now(), "keys": [self.lease_key.jwk()],
                   "roots": [self.root.x]}
        return self.root.jws("seatmeter-keys", json.dumps(members, separators=(",", ":")).encode())

    def rotate_lease_key(self):
        self.lease_key = SigningKey()
        self.keys_version += 1

    def lease(self, device, sequence, link):
        now = self.now()
        code = device.code or self.code
        lease = {"decision": "work" if code == "ok" else "stop", "code": code, "device": device.id,
                 "fingerprint": device.fingerprint, "sequence": sequence, "link": link, "issued": now}
        if code == "ok":
            lease |= {"renew_after": now + (self.renew if self.renew is not None else self.ttl // 2),
                      "warn_after": now + self.ttl, "expires": now + self.ttl + self.grace}
            device.promised = lease["expires"]
        else:
            end = now if device.code else max(device.promised, now)  # a device's own end is at once
            lease |= {"renew_after": now + (self.renew if self.renew is not None else 900), "warn_after": end,
                      "expires": end, "words": WORDS.get(code, code)}
        return lease | {"keys": self.keys_version, "licence": "lic_0000000000001", "seats": self.seats, "sku": "EDR-1",
                        "components": self.components, "advice": []}

    def envelope(self, lease):
        """The lease as one leaf among three of a tree (RFC 6962 section 2.1)."""
        text = json.dumps(lease, separators=(",", ":")).encode()
        leaves = [hashlib.sha256(b"\0" + content).digest() for content in (b"before", text, b"after")]
        pair = hashlib.sha256(b"\1" + leaves[0] + leaves[1]).digest()
        root = hashlib.sha256(b"\1" + pair + leaves[2]).digest()
        head = json.dumps({"root": encode(root), "size": 3, "issued": lease["issued"]}, separators=(",", ":"))
        return {"lease": encode(text), "index": 1, "size": 3, "path": [encode(leaves[0]), encode(leaves[2])],
                "head": self.lease_key.jws("seatmeter-head", head.encode())}

    def activate(self, body):
        members = json.loads(body)
        text = "\n".join(["seatmeter-activate-1", members["key"], members["device_key"], members["fingerprint"],
                          members["link"], str(members["time"])])
        if not ed25519.verify(decode(members["device_key"]), text.encode(), decode(members["signature"])):
            return self.refusal(401, "credential-wrong")
        if members["key"] != self.licence_key:
            return self.refusal(404, "unknown-key")
        if self.code != "ok":
            return self.refusal(403, self.code)
        device = next((one for one in self.devices.values() if one.fingerprint == members["fingerprint"]), None)
        if device is None:
            device = Device(len(self.devices) + 1, members["fingerprint"])
            self.devices[device.id] = device
        if device.device_key != members["device_key"] or device.code is not None:
            device.start(members["device_key"], members["link"])
        device.name = members.get("name")
        device.version = members.get("version")
        device.reported = members.get("components")
        answer = {"device": device.id, "check_in_key": encode(device.check_in_key)}
        return 200, json.dumps(answer | self.envelope(self.lease(device, 0, members["link"]))).encode(), {}

    def offline(self, request):
        """What the programme gives back for an offline site's request."""
        _, answer, _ = self.activate(request)
        return json.dumps({"key_set": self.key_set()} | json.loads(answer)).encode()

    def check_in(self, body, path):
        members = json.loads(body)
        device = self.devices.get(members["device"])
        if device is None:
            return self.refusal(404, "unknown-device")
        covered, _, rest = body.rpartition(b',"mac"')
        if not rest or hashlib.blake2b(covered, key=device.check_in_key, digest_size=32).digest() != decode(
                members["mac"]):
            return self.refusal(401, "credential-wrong")
        if (path == "/v1/release") != (members.get("action") == "release"):
            return self.refusal(400, "malformed-request")
        is_retry = (members["sequence"], members["link"]) == (device.sequence, device.link)
        if not is_retry and (members["sequence"], members["previous"]) != (device.sequence + 1, device.link):
            clone = Device(0, device.fingerprint)
            clone.id, clone.code, clone.promised = device.id, "clone-seen", 0
            return 200, json.dumps(self.envelope(self.lease(clone, members["sequence"], members["link"]))).encode(), {}
        device.sequence, device.link = members["sequence"], members["link"]
        device.version = members.get("version", device.version)
        device.name = members.get("name", device.name)
        device.reported = members.get("components", device.reported)
        if path == "/v1/release":
            device.code = "released"
        lease = self.lease(device, members["sequence"], members["link"])
        return 200, json.dumps(self.envelope(lease)).encode(), {}

    # Updates

    def may_download(self, handler, path):
        words = (handler.headers.get("Authorization") or "").split(" ")
        if len(words) != 4 or words[0] != "Seatmeter" or words[1] not in self.devices:
            return "credential-wrong"
        device = self.devices[words[1]]
        text = f"GET {path} {words[2]}".encode()
        if hashlib.blake2b(text, key=device.check_in_key, digest_size=32).digest() != decode(words[3]) or abs(
                int(words[2]) - self.now()) > 3600:
            return "credential-wrong"
        code = device.code or self.code
        return None if code == "ok" else code

    def target(self, handler, path):
        refused = self.may_download(handler, path)
        if refused is not None:
            return self.refusal(401 if refused == "credential-wrong" else 403, refused)
        content = self.repository.target(path[len("/tuf/targets/"):])
        if content is None:
            return self.refusal(404, "unknown-target")
        status, headers, begin = 200, {"Accept-Ranges": "bytes"}, 0
        wanted = handler.headers.get("Range")
        if wanted is not None:
            begin = int(wanted[len("bytes="):].split("-")[0])
            if begin >= len(content):
                return 416, b"", {"Content-Range": f"bytes */{len(content)}"}
            status = 206
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        return status, content[begin:], headers
