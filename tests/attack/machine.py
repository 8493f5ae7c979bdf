"""A machine without a network: what it writes into a file to be activated by, as docs/device-protocol.md has it."""
import base64
import hashlib
import pathlib
import subprocess
import tempfile


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def offline_request(key, name):
    """The file's members, signed with a key pair of the machine's own."""
    with tempfile.TemporaryDirectory() as folder:
        pair, text = pathlib.Path(folder, "pair.pem"), pathlib.Path(folder, "text")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", pair], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", pair, "-pubout", "-outform", "DER"], check=True,
                                capture_output=True).stdout[-32:]
        body = {"key": key, "device_key": base64url(public), "fingerprint": base64url(hashlib.sha256(name.encode()).digest()),
                "link": base64url(hashlib.sha256(public).digest()[:8]), "time": 1764000000}
        text.write_text("\n".join(["seatmeter-activate-1", *map(str, body.values())]))
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", pair, "-rawin", "-in", text], check=True,
                                   capture_output=True).stdout
        return {**body, "signature": base64url(signature)}
