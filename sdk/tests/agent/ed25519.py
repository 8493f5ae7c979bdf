"""Ed25519 as RFC 8032 section 5.1 has it, in plain integers: an implementation that shares nothing with the library's.

Slow (some milliseconds a signature) and not constant in time: for tests."""
import hashlib
import os

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(first, second):
    """Points in extended coordinates (X, Y, Z, T), section 5.1.4."""
    a = (first[1] - first[0]) * (second[1] - second[0]) % P
    b = (first[1] + first[0]) * (second[1] + second[0]) % P
    c = 2 * first[3] * second[3] * D % P
    d = 2 * first[2] * second[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def compress(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


class Key:
    def __init__(self, seed=None):
        self.seed = seed or os.urandom(32)
        digest = hashlib.sha512(self.seed).digest()
        scalar = int.from_bytes(digest[:32], "little")
        self.scalar = scalar & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.public = compress(multiply(self.scalar, BASE))

    def sign(self, message):
        nonce = number(self.prefix, message)
        point = compress(multiply(nonce, BASE))
        challenge = number(point, self.public, message)
        return point + ((nonce + challenge * self.scalar) % ORDER).to_bytes(32, "little")


def decompress(encoded):
    value = int.from_bytes(encoded, "little")
    y, sign = value & (2**255 - 1), value >> 255
    x = recover_x(y, sign)
    return x, y, 1, x * y % P


def verify(public, message, signature):
    point, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or scalar >= ORDER:
        return False
    challenge = number(point, public, message)
    left = multiply(scalar, BASE)
    right = add(decompress(point), multiply(challenge, decompress(public)))
    return compress(left) == compress(right)
