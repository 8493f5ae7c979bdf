"""Storms: what an attacker without an account does to a door, each for as long as its caller likes, from a process of
its own. tests/attack/storm_test.py holds that the door lives through them, script/bench doors how well.

A storm is a function of a door's address that makes its noise until `over` is set; `begun` is set once it blows."""
import atexit
import multiprocessing
import pathlib
import re
import resource
import socket
import subprocess
import threading
import time

from stage import Store

CONTROL_PLACES = 1024
DESCRIPTORS = 3400  # of the service: the device door takes what is left of them, some 1,900 connections
MANY = 2000  # more than either door has places
PATIENCE_S = 600  # what takes longer hangs: no machine is so slow or so busy

HEAD = b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
DEVICE_HEAD = b"POST /v1/check-in HTTP/1.1\r\nHost: x\r\n"
# What a connection may have said when its client falls silent, or goes.
HALVES = {"nothing": b"", "a byte": b"G", "empty lines": b"\r\n\r\n", "half a request line": b"GET /he", "half a head": HEAD,
          "half a body": HEAD + b"Content-Length: 200\r\n\r\n{"}


def connect(address, timeout=PATIENCE_S):
    return socket.create_connection(address, timeout=timeout)


def hold(words):
    """Fills all places, and keeps them: who loses one takes another."""
    def storm(address, begun, over):
        held = []
        while not over.is_set():
            try:
                one = connect(address)
                one.setblocking(False)
                one.send(words) if words else None
                held.append(one)
            except OSError:
                pass
            if len(held) == MANY:
                begun.set()
                held.pop(0).close()
                time.sleep(0.001)
    return storm


def leave(words):
    """Connections that end where they stand, as many as one process can make."""
    def storm(address, begun, over):
        made = 0
        while not over.is_set():
            try:
                one = connect(address)
                one.send(words) if words else None
                one.close()
            except OSError:
                pass
            made += 1
            if made == MANY:
                begun.set()
    return storm


def slow_readers(target):
    """Ask and do not read."""
    def storm(address, begun, over):
        held = []
        while not over.is_set():
            try:
                one = socket.socket()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                one.settimeout(PATIENCE_S)
                one.connect(address)
                one.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 20)
                held.append(one)
            except OSError:
                pass
            if len(held) == MANY:
                begun.set()
                held.pop(0).close()
                time.sleep(0.001)
    return storm


def drips(address, begun, over):
    """A byte of a head now and then, on all places."""
    held, made = [], 0
    while not over.is_set():
        if made < MANY:
            try:
                one = connect(address)
                one.setblocking(False)
                held.append(one)
            except OSError:
                pass
            made += 1
        else:
            begun.set()
            time.sleep(0.01)
        for one in held[-1:] if made < MANY else list(held):
            try:
                one.send(b"G")
            except OSError:
                held.remove(one)


def pipelines(address, begun, over):
    """Many requests ahead, on a few connections."""
    while not over.is_set():
        try:
            with connect(address) as one:
                one.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
                while not over.is_set() and one.recv(1 << 16):
                    begun.set()
        except OSError:
            pass


def in_threads(count, act):
    def storm(address, begun, over):
        def go_on(number):
            while not over.is_set():
                try:
                    act(address, number)
                except OSError:
                    pass
                begun.set()
        threads = [threading.Thread(target=go_on, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return storm


def ask(address, request):
    """The status and head of the answer, and its body; the connection is used once."""
    with connect(address) as one:
        one.sendall(request)
        answer = b""
        while chunk := one.recv(1 << 16):
            answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]) if head else 0, head.decode(), body


def request(method, target, body=b"", *headers):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def wrong_sign_in(email, *headers):
    body = b'{"email":"%s","password":"a wrong password"}' % email.encode()
    return request("POST", "/v1/session", body, "Content-Type: application/json", *headers)


def guess(address, number):
    ask(address, wrong_sign_in(f"nobody{number}@x.example"))


def unasked_import(address, _):
    """A large body that nobody has asked for."""
    with connect(address) as one:
        one.sendall(b"POST /v1/catalogue/import?vendor=X HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
                    b"Content-Length: 10485760\r\n\r\n")
        one.sendall(bytes(10485760 - 10))
        one.recv(1)


def forged_check_in(address, _):
    body = b'{"device":"dev_0000000000000","sequence":1}'
    ask(address, request("POST", "/v1/check-in", body))


def storms_of(door):
    """Name and storm, of "control" or "device"."""
    head = HEAD if door == "control" else DEVICE_HEAD
    for what, words in HALVES.items():
        words = words.replace(HEAD, head)
        yield f"held after {what}", hold(words)
        yield f"closed after {what}", leave(words)
    yield "slow readers", slow_readers("/openapi.yaml" if door == "control" else "/v1/keys")
    yield "a byte now and then", drips
    yield "requests ahead", pipelines
    if door == "control":
        yield "wrong sign-ins", in_threads(24, guess)
        yield "imports that nobody asked for", in_threads(26, unasked_import)
    else:
        yield "forged check-ins", in_threads(24, forged_check_in)


class Blowing:
    """A storm under way in a process of its own."""

    def __init__(self, storm, address):
        self.begun, self.over = multiprocessing.Event(), multiprocessing.Event()
        self.process = multiprocessing.Process(target=self.blow, args=(storm, address), daemon=True)

    def blow(self, storm, address):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        storm(address, self.begun, self.over)

    def __enter__(self):
        self.process.start()
        if not self.begun.wait(PATIENCE_S):
            raise AssertionError("the storm does not begin")
        return self

    def __exit__(self, *_):
        self.over.set()
        self.process.join(10)
        self.process.kill()
        self.process.join()


class Service(Store):
    """A store with a little in it, and `serve` with both doors."""

    def __init__(self, seatmeter, folder, environment=None):
        super().__init__(seatmeter, folder, f"sqlite:{folder}/store.db")
        self.environment |= environment or {}
        self.folder = folder
        self.simulate("3", "2", "4", "20", "1")

    def serve_doors(self, name, *options):
        """The process, and the addresses of its control door and of its device door (none where it has none)."""
        log = pathlib.Path(self.folder, f"{name}.log")
        with open(log, "wb") as out:
            process = subprocess.Popen([self.seatmeter, "serve", "--control", "127.0.0.1:0", *options], env=self.environment,
                                       stdout=out, stderr=out,
                                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)))
        atexit.register(process.kill)
        for _ in range(PATIENCE_S * 20):
            said = log.read_text(errors="replace")
            if control := re.search(r"Listening on http://127.0.0.1:(\d+)\n", said):
                device = re.search(r"Devices at http://127.0.0.1:(\d+)\n", said)
                return process, ("127.0.0.1", int(control[1])), device and ("127.0.0.1", int(device[1]))
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the service did not start: {log.read_text(errors='replace')}")


def healthz_s(address):
    """How long /healthz takes on a connection of its own; an answer other than 200 is an AssertionError."""
    begun = time.monotonic()
    status, head, _ = ask(address, request("GET", "/healthz"))
    if status != 200:
        raise AssertionError(f"/healthz: {head or 'no answer'}")
    return time.monotonic() - begun
