#!/usr/bin/env python3
"""The library's TUF client against a repository of an independent signer: what it takes, and every attack of section
1.5.2 of The Update Framework's specification that it must refuse.

usage: tuf_test.py TUF_CLIENT [unittest's own arguments]"""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "agent"))
import tuf_repository  # noqa: E402

CLIENT = str(pathlib.Path(sys.argv.pop(1)).resolve())


class Server:
    """Serves a repository's files, remembers what was asked for, and may answer other than it should."""

    def __init__(self, repository):
        self.repository = repository
        self.asked = []
        self.instead = {}
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                name = self.path.removeprefix("/tuf/")
                server.asked.append(name)
                content = server.instead.get(name, server.repository.files.get(name))
                if name.startswith("targets/"):
                    content = server.repository.target(name.removeprefix("targets/"))
                status = 404 if content is None else 200
                if isinstance(content, int):
                    status, content = content, b""
                self.send_response(status)
                self.end_headers()
                self.wfile.write(content or b"")

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that has seen enough hangs up

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/tuf"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Updates(unittest.TestCase):
    options = {}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="seatmeter-tuf.")
        self.addCleanup(self.folder.cleanup)
        self.begin(tuf_repository.Repository(**self.options))

    def begin(self, repository):
        self.repository = repository
        self.server = Server(repository)
        self.addCleanup(self.server.close)
        self.trusted = pathlib.Path(tempfile.mkdtemp(dir=self.folder.name))
        self.targets = pathlib.Path(tempfile.mkdtemp(dir=self.folder.name))
        self.init(repository.files["1.root.json"])

    def client(self, *words):
        return subprocess.run([CLIENT, "--metadata-dir", str(self.trusted), *words], capture_output=True, text=True)

    def init(self, root):
        path = pathlib.Path(self.folder.name) / "first.json"
        path.write_bytes(root)
        return self.client("init", str(path)).returncode

    def refresh(self):
        return self.client("--metadata-url", self.server.url, "refresh")

    def takes(self):
        done = self.refresh()
        self.assertEqual(done.returncode, 0, done.stderr)

    def refuses(self, *words):
        """The refresh fails, says those words, and leaves what was trusted of the roles that come after."""
        done = self.refresh()
        self.assertEqual(done.returncode, 1, "it was taken")
        self.assertTrue(done.stderr.startswith("untrusted: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def version(self, role):
        path = self.trusted / f"{role}.json"
        return json.loads(path.read_bytes())["signed"]["version"] if path.exists() else None

    def download(self, name):
        return self.client("--metadata-url", self.server.url, "--target-base-url", f"{self.server.url}/targets",
                           "--target-dir", str(self.targets), "--target-name", name, "download").returncode

    def later(self, *roles, **how):
        self.repository.publish(*(roles or ("targets", "snapshot", "timestamp")), **how)

    # What it takes

    def test_a_refresh_asks_for_each_file_once_and_an_unchanged_repository_for_two(self):
        self.takes()
        self.assertEqual(self.server.asked, ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"])
        self.server.asked.clear()
        self.takes()
        self.assertEqual(self.server.asked, ["2.root.json", "timestamp.json"])

    def test_what_is_trusted_is_kept_byte_for_byte(self):
        self.takes()
        self.assertEqual((self.trusted / "timestamp.json").read_bytes(), self.repository.files["timestamp.json"])
        self.assertEqual((self.trusted / "targets.json").read_bytes(), self.repository.files["1.targets.json"])

    def test_a_target_is_fetched_and_verified(self):
        self.repository.add("edr/stable/linux-amd64/1.0/edr.deb", b"installer")
        self.later()
        self.assertEqual(self.download("edr/stable/linux-amd64/1.0/edr.deb"), 0)
        self.assertEqual([path.read_bytes() for path in self.targets.iterdir()], [b"installer"])
        self.assertEqual(self.download("edr/stable/linux-amd64/1.1/edr.deb"), 1)

    def test_a_target_of_another_content_is_not_taken(self):
        self.repository.add("edr/stable/linux-amd64/1.0/edr.deb", b"installer")
        self.later()
        self.repository.contents["edr/stable/linux-amd64/1.0/edr.deb"] = b"something"
        self.assertEqual(self.download("edr/stable/linux-amd64/1.0/edr.deb"), 1)
        self.assertEqual(list(self.targets.iterdir()), [])

    def test_a_repository_without_consistent_snapshots_or_lengths_is_followed_too(self):
        self.begin(tuf_repository.Repository(consistent=False, describe=False))
        self.repository.add("edr.deb", b"installer")
        self.later()
        self.assertEqual(self.download("edr.deb"), 0)
        self.assertIn("targets/edr.deb", self.server.asked)

    def test_every_role_signs_with_a_threshold(self):
        self.begin(tuf_repository.Repository({"root": 2, "targets": 3, "snapshot": 2, "timestamp": 2}))
        self.takes()
        for role in ("timestamp", "snapshot", "targets"):
            with self.subTest(role):
                one_less = self.repository.signers[role][:-1]
                self.later("targets", "snapshot", "timestamp")
                names = {"timestamp": ("timestamp",), "snapshot": ("snapshot",), "targets": ("targets",)}[role]
                self.later(*names, signers=one_less)
                if role == "targets":
                    self.later("snapshot", "timestamp")
                elif role == "snapshot":
                    self.later("timestamp")
                self.refuses("not signed")
                self.later()
                self.takes()

    # Roots

    def test_the_chain_of_roots_is_followed_to_its_end(self):
        for _ in range(3):
            old = list(self.repository.signers["root"])
            self.repository.rotate("root")
            self.later("root", signers=old + self.repository.signers["root"])
        self.takes()
        self.assertEqual(self.version("root"), 4)

    def test_a_root_that_its_predecessors_keys_did_not_sign_is_refused(self):
        self.repository.rotate("root")
        self.later("root")
        self.refuses("not signed by the keys of the one before")
        self.assertEqual(self.version("root"), 1)

    def test_a_root_that_its_own_keys_did_not_sign_is_refused(self):
        old = list(self.repository.signers["root"])
        self.repository.rotate("root")
        self.later("root", signers=old)
        self.refuses("not signed by its own keys")

    def test_a_root_of_another_version_than_its_name_is_refused(self):
        self.later("root", change=lambda _, part: part.update(version=7))
        self.refuses("version 7")

    def test_a_root_whose_key_has_a_wrong_name_is_refused(self):
        def change(_, part):
            name = part["roles"]["targets"]["keyids"][0]
            part["keys"]["0" * 64] = part["keys"].pop(name)
            part["roles"]["targets"]["keyids"] = ["0" * 64]
        self.later("root", change=change)
        self.refuses("not what that role says")

    def test_an_expired_root_stops_everything_until_the_next(self):
        self.repository.days["root"] = -1
        self.later("root")
        self.refuses("expired")
        self.assertEqual(self.version("root"), 2)
        self.assertIsNone(self.version("timestamp"))
        self.repository.days["root"] = 10
        self.later("root")
        self.takes()

    def test_a_first_root_that_is_not_signed_is_no_root_of_trust(self):
        root = json.loads(self.repository.files["1.root.json"])
        root["signatures"] = []
        (self.trusted / "root.json").unlink()
        self.assertEqual(self.init(json.dumps(root).encode()), 1)
        self.assertEqual(self.refresh().returncode, 1)
        self.assertEqual(self.server.asked, [])

    def test_a_root_given_anew_goes_on_from_the_one_that_was_kept(self):
        old = list(self.repository.signers["root"])
        self.repository.rotate("root")
        self.later("root", signers=old + self.repository.signers["root"])
        self.takes()
        self.init(self.repository.files["1.root.json"])
        self.assertEqual(self.version("root"), 2)
        self.takes()

    def test_a_key_that_is_named_twice_counts_once(self):
        twin = self.repository.signers["timestamp"][0]
        self.repository.thresholds["timestamp"] = 2
        self.repository.signers["timestamp"] = [twin, twin]
        self.later("root")
        self.later("timestamp")
        self.refuses("not signed")

    def test_a_key_under_two_names_counts_once(self):
        first = self.repository.signers["timestamp"][0]
        other = tuf_repository.Signer()
        other.key = first.key
        other.public = first.public | {"note": "the same key, under another name"}
        other.id = tuf_repository.hashlib.sha256(tuf_repository.canonical(other.public)).hexdigest()
        other.public = dict(sorted(other.public.items()))
        self.repository.thresholds["timestamp"] = 2
        self.repository.signers["timestamp"] = [first, other]
        self.later("root")
        self.later("timestamp")
        self.refuses("not signed")

    # Rollback, freeze, mix and match, fast forward

    def test_an_older_timestamp_is_refused(self):
        old = self.repository.files["timestamp.json"]
        self.later()
        self.takes()
        self.repository.files["timestamp.json"] = old
        self.refuses("older")
        self.assertEqual(self.version("timestamp"), 2)

    def test_an_older_snapshot_under_a_newer_timestamp_is_refused(self):
        self.later()
        self.takes()
        self.repository.versions["snapshot"] = 0
        self.later("snapshot", "timestamp")
        self.refuses("snapshot version 1 is older")

    def test_older_targets_under_a_newer_snapshot_are_refused(self):
        self.later()
        self.takes()
        self.repository.versions["targets"] = 0
        self.later("targets", "snapshot", "timestamp")
        self.refuses("version 1 of a file after version 2")
        self.assertEqual(self.version("targets"), 2)

    def test_a_snapshot_that_no_longer_lists_a_file_is_refused(self):
        self.later("snapshot", "timestamp", change=lambda role, part: role == "snapshot" and part["meta"].update(
            {"other.json": {"version": 1}}))
        self.takes()
        self.later("snapshot", "timestamp")
        self.refuses("no longer lists")

    def test_expired_metadata_is_refused_and_what_was_trusted_stays(self):
        for role in ("timestamp", "snapshot", "targets"):
            with self.subTest(role):
                self.begin(tuf_repository.Repository())
                self.takes()
                self.repository.days[role] = -1
                self.later()
                self.refuses(role, "expired")
                self.assertEqual(self.version(role), 1)

    def test_the_same_timestamp_is_good_until_it_expires_and_then_is_a_freeze(self):
        self.repository.days["timestamp"] = -1
        self.later("timestamp")
        self.repository.versions["timestamp"] = 0
        (self.trusted / "timestamp.json").write_bytes(self.repository.files["timestamp.json"])
        self.refuses("timestamp", "expired")

    def test_files_of_two_releases_do_not_mix(self):
        first = self.repository.files["1.targets.json"]
        self.later()
        self.repository.files["2.targets.json"] = first
        self.refuses("length or hash")
        self.later()
        self.repository.files["3.snapshot.json"] = self.repository.files["2.snapshot.json"]
        self.refuses("length or hash")

    def test_a_file_of_another_role_is_refused_though_the_right_key_signed_it(self):
        self.repository.signers["timestamp"] = self.repository.signers["snapshot"]
        self.later("root", signers=self.repository.signers["root"])
        self.repository.files["timestamp.json"] = self.repository.sign(
            self.repository.part("snapshot") | {"meta": {"snapshot.json": {"version": 1}}},
            self.repository.signers["snapshot"])
        self.refuses("not what that role says")

    def test_after_a_fast_forward_new_keys_let_the_versions_begin_anew(self):
        self.repository.versions |= {"snapshot": 900, "timestamp": 900}
        self.later("snapshot", "timestamp")
        self.takes()
        self.repository.rotate("snapshot")
        self.repository.rotate("timestamp")
        self.repository.versions |= {"snapshot": 1, "timestamp": 1}
        self.later("root")
        self.later("snapshot", "timestamp")
        self.takes()
        self.assertEqual((self.version("snapshot"), self.version("timestamp")), (2, 2))

    def test_after_a_failure_the_next_refresh_goes_on(self):
        self.later()
        kept = self.repository.files.pop("2.targets.json")
        self.assertEqual(self.refresh().returncode, 1)
        self.assertEqual((self.version("timestamp"), self.version("targets")), (2, None))
        self.repository.files["2.targets.json"] = kept
        self.takes()

    # What is no metadata

    def test_endless_and_broken_files_are_refused(self):
        for name in ("2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"):
            for content in (b"", b"{", b"[]", b"null", b" " * 20_000_000, b'{"signed":{},"signatures":[]}',
                            b'{"signatures":[' + b"[" * 100 + b"]" * 100 + b'],"signed":{}}', b"\xff\xfe{}"):
                with self.subTest(name=name, content=content[:30]):
                    self.begin(tuf_repository.Repository(describe=False))
                    self.server.instead[name] = content
                    self.refuses()

    def test_a_server_that_fails_is_no_end_of_the_chain_of_roots(self):
        self.server.instead["2.root.json"] = 500
        done = self.refresh()
        self.assertEqual(done.returncode, 1)
        self.assertIn("2.root.json could not be fetched", done.stderr)

    def test_what_has_two_readings_is_refused_though_it_is_signed(self):
        signer = self.repository.signers["timestamp"]

        def serve(signed):
            signatures = [one.signature(signed) for one in signer]
            self.server.instead["timestamp.json"] = (b'{"signatures":' + tuf_repository.canonical(signatures) +
                                                     b',"signed":' + signed + b"}")
        good = tuf_repository.canonical(self.repository.part("timestamp"))
        serve(good)
        self.takes()
        for name, bad in {
            "members twice": good.replace(b'"version":1}', b'"version":1,"version":9}'),
            "members out of order": b'{"version":1,' + good[1:].replace(b',"version":1}', b"}"),
            "a fraction": good.replace(b'"version":1}', b'"version":1.0}'),
            "an exponent": good.replace(b'"version":1}', b'"version":1e0}'),
            "a zero in front": good.replace(b'"version":1}', b'"version":01}'),
            "negative": good.replace(b'"version":1}', b'"version":-1}'),
            "too large": good.replace(b'"version":1}', b'"version":9007199254740993}'),
            "another major version": good.replace(b'"spec_version":"1.', b'"spec_version":"2.'),
            "a time of another form": good.replace(b'Z","meta', b'+00:00","meta'),
        }.items():
            with self.subTest(name):
                self.assertNotEqual(good, bad)
                serve(bad)
                self.refuses()

    def test_blanks_and_escapes_change_nothing_of_what_is_signed(self):
        self.begin(tuf_repository.Repository(describe=False))
        self.repository.add("edr/\u00e4 \U0001d11e.deb", b"installer")
        self.later()
        for name in ("timestamp.json", "2.snapshot.json", "2.targets.json"):
            whole = json.loads(self.repository.files[name])
            self.server.instead[name] = json.dumps(whole, sort_keys=True, indent=2).encode()
        self.assertIn(b"\\ud834\\udd1e", self.server.instead["2.targets.json"])
        self.takes()


if __name__ == "__main__":
    unittest.main()
