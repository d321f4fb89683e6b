"""RSA signatures whose PKCS #1 padding is not quite right: each value of the DigestInfo, changed in each way that a lenient parser allows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

from shaketable_patterns.token_verifier.keys import der, padding
from shaketable_patterns.token_verifier.mint import Mint
from shaketable_patterns.token_verifier.situations.situation import Situation

_Write = Callable[[int, bytes], bytes]
"""What writes a value of a tag and a content."""


def _lengths(size: int) -> dict[str, bytes]:
    """Return lengths that say the same in another form, or something else."""
    shown = der.length(size)
    return {
        "long-form": b"\x81" + bytes([size]),
        "leading-zero": b"\x82\0" + bytes([size]),
        "one-more": der.length(size + 1),
        "one-less": der.length(size - 1 if size else 3),
        "overflow-32": b"\x85\1" + size.to_bytes(4, "big"),
        "overflow-64": b"\x89\1" + size.to_bytes(8, "big"),
        "2-31-less-1": b"\x84\x7f\xff\xff\xff",
        "2-31": b"\x84\x80\0\0\0",
        "2-32-less-1": b"\x84\xff\xff\xff\xff",
        "2-40-less-1": b"\x85" + b"\xff" * 5,
        "2-64-less-1": b"\x88" + b"\xff" * 8,
        "255": b"\xff",
        "indefinite": b"\x80",
        "cut": b"\x81",
        "missing-digits": shown[:1] if len(shown) > 1 else b"\x82\0",
    }


def _with_length(name: str, tag: int, content: bytes) -> bytes:
    return bytes([tag]) + _lengths(len(content))[name] + content


_CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "zeros-behind": lambda c: c + bytes(2),
    "zeros-in-front": lambda c: bytes(2) + c,
    "null-behind": lambda c: c + b"\5\0",
    "garbage-in-front": lambda c: b"\x49\x77" + c,
    "garbage-behind": lambda c: c + b"\x49\x77",
    "high-tag-behind": lambda c: c + b"\xbf\x7f\0",
    "explicit-null-behind": lambda c: c + b"\xa0\2\5\0",
    "implicit-null-behind": lambda c: c + b"\xa0\0",
    "undefined-tags": lambda c: b"\xaa\x02\xbb\0" + c,
    "empty": lambda _c: b"",
    "first-byte": lambda c: bytes([c[0] ^ 1]) + c[1:] if c else b"\1",
    "last-byte": lambda c: c[:-1] + bytes([c[-1] ^ 1]) if c else b"\2",
    "without-last": lambda c: c[:-1] if c else b"\3",
    "without-first": lambda c: c[1:] if c else b"\4",
    "end-marks-behind": lambda c: c + b"\0\0\0\0",
    "empty-sequence-in-front": lambda c: b"\x30\0" + c,
    "empty-sequence-behind": lambda c: c + b"\x30\0",
    "sequence-around": lambda c: der.value(der.SEQUENCE, c),
    "twice": lambda c: c + c if c else b"\5\0\5\0",
}
_TAGS = (0x00, 0x01, 0x0F, 0x1F, 0x3F, 0x7F, 0x80, 0xA0, 0xFF)
_READ_EITHER_WAY = {"null-missing"}
"""RFC 8017 says that parameters which are left out mean the same as NULL."""
_VALUES = ("info", "algorithm", "oid", "null", "octets")
_WORDS = dict(zip(_VALUES, ("DigestInfo", "AlgorithmIdentifier", "OID", "NULL", "OCTET STRING"), strict=True))


def digest_infos() -> Iterator[Situation]:
    """Yield all of them."""
    for value in _VALUES:
        for name, write in _changes().items():
            if (value, name) == ("null", "empty"):  # it is so anyway
                continue
            yield _rs(
                f"{value}-{name}",
                f"in whose PKCS #1 padding the {_WORDS[value]} is changed ({name})",
                _changed(value, write),
                f"{value}-{name}" in _READ_EITHER_WAY,
            )
    for name, words, make in _PADDINGS:
        yield _rs(name, words, make)


def _changes() -> dict[str, _Write]:
    """Return all that may be done to a value, by name."""
    return {
        **{f"length-{name}": partial(_with_length, name) for name in _lengths(0)},
        **{name: partial(_with_content, change) for name, change in _CONTENTS.items()},
        **{f"tag-{tag:02x}": partial(_with_tag, tag) for tag in _TAGS},
        "missing": lambda _tag, _c: b"",
        "only-tag": lambda tag, _c: bytes([tag]),
        "as-null": lambda _tag, c: b"\5\0" if c else b"\5\1\0",
        "composed": lambda tag, c: bytes([tag ^ 0x20]) + der.length(len(c)) + c,
        "indefinite-closed": lambda tag, c: bytes([tag | 0x20, 0x80]) + c + b"\0\0",
    }


def _with_content(change: Callable[[bytes], bytes], tag: int, content: bytes) -> bytes:
    return der.value(tag, change(content))


def _with_tag(other: int, _tag: int, content: bytes) -> bytes:
    return der.value(other, content)


def _rs(name: str, words: str, make: Callable[[Mint], str], is_either: bool = False) -> Situation:
    return Situation(
        f"pkcs1-{name}",
        words,
        make,
        "forged-accepted",
        on=("RS",),
        answer="either" if is_either else "refuse",
    )


def _hashed(mint: Mint) -> str:
    return f"sha{mint.key.algorithm[2:]}"


def _changed(value: str, write: _Write) -> Callable[[Mint], str]:
    def make(mint: Mint) -> str:
        hashed = _hashed(mint)

        def written(name: str, tag: int, content: bytes) -> bytes:
            return write(tag, content) if name == value else der.value(tag, content)

        algorithm = written("oid", der.OID, padding.OIDS[hashed]) + written("null", der.NULL, b"")
        digest = hashlib.new(hashed, mint.told().encode()).digest()
        info = written("algorithm", der.SEQUENCE, algorithm) + written("octets", der.OCTETS, digest)
        return _sealed(mint, padding.pkcs1(written("info", der.SEQUENCE, info), mint.key.rsa.size))

    return make


def _sealed(mint: Mint, padded: bytes) -> str:
    return mint.sealed(mint.key.raw(padded))


def _padded(mint: Mint, **change: object) -> str:
    info = padding.digest_info(_hashed(mint), mint.told().encode())
    return _sealed(mint, padding.pkcs1(info, mint.key.rsa.size, **change))  # type: ignore[arg-type]


def _bare_digest(mint: Mint) -> str:
    digest = hashlib.new(_hashed(mint), mint.told().encode()).digest()
    return _sealed(mint, padding.pkcs1(digest, mint.key.rsa.size))


def _of_hash(hashed: str) -> Callable[[Mint], str]:
    return lambda m: _sealed(m, padding.pkcs1(padding.digest_info(hashed, m.told().encode()), m.key.rsa.size))


def _short_fill(mint: Mint) -> str:
    """Return what the attack of Bleichenbacher (2006) leaves: eight bytes of fill, and garbage behind the DigestInfo."""
    info = padding.digest_info(_hashed(mint), mint.told().encode())
    return _padded(mint, behind=b"\x55" * (mint.key.rsa.size - 2 - 8 - 1 - len(info)))


_PADDINGS: tuple[tuple[str, str, Callable[[Mint], str]], ...] = (
    ("short-fill", "with garbage behind its DigestInfo, and little fill", _short_fill),
    ("block-0", "whose PKCS #1 block is of type 0", lambda m: _padded(m, block=0)),
    ("block-2", "whose PKCS #1 block is of type 2", lambda m: _padded(m, block=2)),
    ("fill-0", "whose PKCS #1 fill is zeros", lambda m: _padded(m, fill=b"\0")),
    ("fill-55", "whose PKCS #1 fill is not FF", lambda m: _padded(m, fill=b"\x55")),
    ("no-end", "whose PKCS #1 fill does not end", lambda m: _padded(m, end=b"")),
    ("end-ff", "whose PKCS #1 fill ends in FF", lambda m: _padded(m, end=b"\xff")),
    ("garbage", "with one byte behind its DigestInfo", lambda m: _padded(m, behind=b"\0")),
    ("bare-digest", "with a hash for a DigestInfo", _bare_digest),
    ("sha1", "whose signature is of its SHA-1", _of_hash("sha1")),
)  # fmt: skip
