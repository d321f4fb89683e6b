"""How a hash is padded before RSA signs it: EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017, section 9), each with what an odd signature changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shaketable_patterns.token_verifier.keys import der

OIDS = {
    "sha1": bytes.fromhex("2b0e03021a"),
    "sha256": bytes.fromhex("608648016503040201"),
    "sha384": bytes.fromhex("608648016503040202"),
    "sha512": bytes.fromhex("608648016503040203"),
}


def digest_info(hashed: str, message: bytes) -> bytes:
    """Return the DigestInfo of a message."""
    algorithm = der.sequence(der.value(der.OID, OIDS[hashed]), der.value(der.NULL, b""))
    return der.sequence(algorithm, der.value(der.OCTETS, hashlib.new(hashed, message).digest()))


def pkcs1(
    info: bytes, size: int, *, block: int = 1, fill: bytes = b"\xff", end: bytes = b"\0", behind: bytes = b""
) -> bytes:
    """Return a DigestInfo padded to `size` bytes; `behind` follows it, and takes room from the fill."""
    room = size - 2 - len(end) - len(info) - len(behind)
    return bytes([0, block]) + (fill * room)[:room] + end + info + behind


@dataclass(frozen=True, slots=True)
class Pss:
    """EMSA-PSS for a 2048-bit key, with a salt that is a hash. Each field is what an odd signature has else than a right one."""

    hashed: str
    salt: bytes | None = None
    trailer: int = 0xBC
    separator: int = 1
    fill: int = 0
    top: int = 0
    mask_hash: str = ""
    flipped_hash: int = -1
    """The byte of the hash over the message that is changed before it is signed."""
    flipped_end: int = -1
    """The byte of the hash over all that is changed afterwards."""

    def encoded(self, message: bytes, size: int) -> bytes:
        """Return the message padded to `size` bytes."""
        length = hashlib.new(self.hashed).digest_size
        digest = _flipped(hashlib.new(self.hashed, message).digest(), self.flipped_hash)
        salt = hashlib.new(self.hashed, b"salt" + message).digest() if self.salt is None else self.salt
        end = hashlib.new(self.hashed, bytes(8) + digest + salt).digest()
        block = bytes([self.fill]) * (size - len(salt) - length - 2) + bytes([self.separator]) + salt
        mask = _mask(self.mask_hash or self.hashed, end, len(block))
        masked = bytearray(a ^ b for a, b in zip(block, mask, strict=True))
        masked[0] = (masked[0] & 0x7F) | self.top
        return bytes(masked) + _flipped(end, self.flipped_end) + bytes([self.trailer])


def _flipped(data: bytes, at: int) -> bytes:
    if at < 0:
        return data
    changed = bytearray(data)
    changed[at % len(data)] ^= 1
    return bytes(changed)


def _mask(hashed: str, seed: bytes, size: int) -> bytes:
    """Return MGF1 of a seed."""
    parts = (size - 1) // hashlib.new(hashed).digest_size + 1
    return b"".join(hashlib.new(hashed, seed + n.to_bytes(4, "big")).digest() for n in range(parts))[:size]
