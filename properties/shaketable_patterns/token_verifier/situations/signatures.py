"""Signatures that are none: cut, moved, of other claims, odd numbers of ECDSA and RSA, odd PSS; and odd ones that are right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from shaketable_patterns.token_verifier.keys import curve, der, secrets
from shaketable_patterns.token_verifier.keys.key_pair import encoded, joined
from shaketable_patterns.token_verifier.keys.padding import Pss
from shaketable_patterns.token_verifier.mint import Mint, changed_from, plain
from shaketable_patterns.token_verifier.situations.situation import Situation, unless

_RSA = ("RS", "PS")
_LEADING_ZERO = 394
"""The first hash that is a nonce whose point has an x with a leading zero byte."""


def signatures() -> Iterator[Situation]:
    """Yield all of them."""
    for name, words, make in _FORGED:
        yield Situation(name, words, make, "forged-accepted")
    for name, words, make in _FORGED_RSA:
        yield Situation(name, words, make, "forged-accepted", on=_RSA)
    for name, words, make in _FORGED_EC:
        yield Situation(name, words, make, "forged-accepted", on=("ES",))
    for (r, of_r), (s, of_s) in ((r, s) for r in _EDGES for s in _EDGES):
        yield Situation(
            f"r-{r}-s-{s}",
            f"whose signature is r = {r} and s = {s}",
            _numbers(of_r, of_s),
            "forged-accepted",
            on=("ES",),
        )
    for name, words, pss in _ODD_PSS:
        yield Situation(f"pss-{name}", words, _padded_by(pss), "forged-accepted", on=("PS",))
    for length in (0, 1, 20, 31, 33, 190):
        yield Situation(f"pss-salt-{length}", f"whose PSS salt has {length} bytes", _salted(bytes(length)), "other-form-accepted", on=("PS",), answer=unless("encoding", "lenient"), off_profile="encoding='lenient'")  # fmt: skip
    for name, fill in (("zeros", b"\0"), ("ones", b"\xff")):
        yield Situation(
            f"pss-salt-{name}",
            f"whose PSS salt is all {name}",
            _salted_full(fill),
            on=("PS",),
            answer="accept",
        )
    yield Situation(
        "leading-zero",
        "whose signature has a leading zero byte",
        _leading_zero,
        on=("ES", "HS"),
        answer="accept",
    )
    yield Situation(
        "no-leading-zero",
        "whose leading zero byte is cut off",
        lambda m: m.sealed(_leading_zero_bytes(m)[1:]),
        "forged-accepted",
        on=("ES",),
    )
    yield Situation(
        "negated",
        "whose ECDSA signature has n - s for s, which is as right",
        _negated,
        on=("ES",),
        answer="either",
    )


def _flip(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def _signature(mint: Mint) -> bytes:
    return mint.key.sign(mint.told().encode())


def _tampered(mint: Mint) -> str:
    """Return the token with another subject and role, and its signature as it was."""
    told = mint.told(None, {**mint.claims, "sub": "admin", "roles": ["admin"]})
    return f"{told}.{mint.parts[2]}"


def _moved(mint: Mint, **header: object) -> str:
    told = mint.told(changed_from(mint.header, header))
    return f"{told}.{mint.parts[2]}"


def _of_another(mint: Mint) -> str:
    other = mint.with_claims(sub="another").split(".")
    return f"{mint.told()}.{other[2]}"


def _numbers(r: int, s: int) -> Callable[[Mint], str]:
    return lambda mint: mint.sealed(joined(r, s))


def _ecdsa(mint: Mint) -> tuple[int, int]:
    return curve.signature(secrets.scalar(mint.key.generation), mint.told().encode())


def _der_encoded(mint: Mint) -> str:
    r, s = _ecdsa(mint)
    return mint.sealed(der.sequence(der.integer(r), der.integer(s)))


def _negated(mint: Mint) -> str:
    r, s = _ecdsa(mint)
    return mint.sealed(joined(r, curve.N - s))


def _swapped(mint: Mint) -> str:
    r, s = _ecdsa(mint)
    return mint.sealed(joined(s, r))


def _wider(mint: Mint, size: int) -> str:
    return mint.sealed(joined(*_ecdsa(mint), size))


def _replaced(mint: Mint, *, r: int | None = None, s: int | None = None, size: int = 32) -> str:
    of_r, of_s = _ecdsa(mint)
    return mint.sealed(joined(of_r if r is None else r, of_s if s is None else s, size))


def _leading_zero_bytes(mint: Mint) -> bytes:
    nonce = int.from_bytes(hashlib.sha256(f"leading {_LEADING_ZERO}".encode()).digest(), "big") % curve.N
    return joined(*curve.signature(secrets.scalar(mint.key.generation), mint.told().encode(), nonce))


def _leading_zero(mint: Mint) -> str:
    if mint.key.family == "ES":
        return mint.sealed(_leading_zero_bytes(mint))
    for n in range(4_096):  # one in 256 begins with a zero
        told = mint.told(None, {**mint.claims, "jti": f"leading-{n}"})
        if not (found := mint.key.sign(told.encode()))[0]:
            break
    return f"{told}.{encoded(found)}"


def _rsa_number(mint: Mint, number: Callable[[int, int], int], more: int = 0) -> str:
    """Seal with a number made of the signature and the modulus, in `more` bytes than a signature has."""
    numbers = mint.key.rsa
    made = number(int.from_bytes(_signature(mint), "big"), numbers.n)
    return mint.sealed(made.to_bytes(numbers.size + more, "big"))


def _hashed_of(mint: Mint) -> str:
    return f"sha{mint.key.algorithm[2:]}"


def _padded_by(change: Callable[[str], Pss]) -> Callable[[Mint], str]:
    def make(mint: Mint) -> str:
        padded = change(_hashed_of(mint)).encoded(mint.told().encode(), mint.key.rsa.size)
        return mint.sealed(mint.key.raw(padded))

    return make


def _salted(salt: bytes) -> Callable[[Mint], str]:
    return _padded_by(lambda hashed: Pss(hashed, salt=salt))


def _salted_full(fill: bytes) -> Callable[[Mint], str]:
    return _padded_by(lambda hashed: Pss(hashed, salt=fill * hashlib.new(hashed).digest_size))


_EDGES = (("0", 0), ("1", 1), ("n-1", curve.N - 1), ("n", curve.N))
_FORGED: tuple[tuple[str, str, Callable[[Mint], str]], ...] = (
    ("signature-first-bit", "whose signature has another first byte", lambda m: m.sealed(_flip(_signature(m), 0))),
    ("signature-last-bit", "whose signature has another last byte", lambda m: m.sealed(_flip(_signature(m), -1))),
    ("signature-truncated", "whose signature lacks its last byte", lambda m: m.sealed(_signature(m)[:-1])),
    ("signature-half", "whose signature is cut in half", lambda m: m.sealed(_signature(m)[: len(_signature(m)) // 2])),
    ("signature-one-byte", "whose signature is its first byte", lambda m: m.sealed(_signature(m)[:1])),
    ("signature-longer", "with zero bytes behind its signature", lambda m: m.sealed(_signature(m) + bytes(20))),
    ("signature-zeros-in-front", "with zero bytes in front of its signature", lambda m: m.sealed(bytes(2) + _signature(m))),
    ("signature-zeros", "whose signature is all zeros", lambda m: m.sealed(bytes(len(_signature(m))))),
    ("signature-ones", "whose signature is all ones", lambda m: m.sealed(b"\xff" * len(_signature(m)))),
    ("signature-of-another", "with the signature of another token", _of_another),
    ("signature-of-payload", "whose signature is of the payload alone", lambda m: m.sealed(m.key.sign(m.parts[1].encode()))),
    ("signature-of-header", "whose signature is of the header alone", lambda m: m.sealed(m.key.sign(m.parts[0].encode()))),
    ("tampered-claims", "whose subject was changed after it was signed", _tampered),
    ("tampered-expiry", "whose expiry was moved after it was signed", lambda m: f"{m.told(None, {**m.claims, 'exp': m.issued_at + 10**9})}.{m.parts[2]}"),
    ("tampered-header", "whose header was changed after it was signed", lambda m: _moved(m, typ="at+jwt")),
    ("tampered-spaces", "whose header got spaces after it was signed", lambda m: f"{encoded(plain(m.header).replace(b',', b', '))}.{m.parts[1]}.{m.parts[2]}"),
    ("by-stranger", "that a stranger signed in the name of the issuer's key", lambda m: m.token(by=m.stranger)),
)  # fmt: skip
_FORGED_RSA: tuple[tuple[str, str, Callable[[Mint], str]], ...] = (
    ("rsa-zero", "whose RSA signature is 0", lambda m: _rsa_number(m, lambda _s, _n: 0)),
    ("rsa-one", "whose RSA signature is 1", lambda m: _rsa_number(m, lambda _s, _n: 1)),
    ("rsa-n-minus-1", "whose RSA signature is the modulus less 1", lambda m: _rsa_number(m, lambda _s, n: n - 1)),
    ("rsa-n", "whose RSA signature is the modulus", lambda m: _rsa_number(m, lambda _s, n: n)),
    ("rsa-not-reduced", "whose RSA signature has the modulus added", lambda m: _rsa_number(m, lambda s, n: s + n, 1)),
    ("rsa-negated", "whose RSA signature is subtracted from the modulus", lambda m: _rsa_number(m, lambda s, n: n - s)),
)  # fmt: skip
_FORGED_EC: tuple[tuple[str, str, Callable[[Mint], str]], ...] = (
    ("ecdsa-der", "whose ECDSA signature is in DER", _der_encoded),
    ("ecdsa-too-long", "whose ECDSA numbers have 33 bytes each", lambda m: _wider(m, 33)),
    ("ecdsa-much-too-long", "whose ECDSA numbers have 1,000 bytes each", lambda m: _wider(m, 1_000)),
    ("ecdsa-r-too-big", "whose r has 2**256 added", lambda m: _replaced(m, r=_ecdsa(m)[0] + 2**256, size=33)),
    ("ecdsa-s-too-big", "whose s has n added", lambda m: _replaced(m, s=_ecdsa(m)[1] + curve.N, size=33)),
    ("ecdsa-swapped", "whose r and s are exchanged", _swapped),
    ("ecdsa-r-is-p", "whose r is the field's prime", lambda m: _replaced(m, r=curve.P)),
)  # fmt: skip
_ODD_PSS: tuple[tuple[str, str, Callable[[str], Pss]], ...] = (
    ("hash-first", "whose hash has another first bit", lambda h: Pss(h, flipped_hash=0)),
    ("hash-middle", "whose hash has another bit in its middle", lambda h: Pss(h, flipped_hash=15)),
    ("hash-last", "whose hash has another last bit", lambda h: Pss(h, flipped_hash=31)),
    ("end-first", "whose outer hash has another first bit", lambda h: Pss(h, flipped_end=0)),
    ("end-last", "whose outer hash has another last bit", lambda h: Pss(h, flipped_end=31)),
    ("fill", "whose PSS padding is not zeros", lambda h: Pss(h, fill=1)),
    ("separator", "whose PSS padding does not end in 1", lambda h: Pss(h, separator=2)),
    ("separator-0", "whose PSS padding ends in 0", lambda h: Pss(h, separator=0)),
    ("trailer", "whose PSS trailer is not BC", lambda h: Pss(h, trailer=0xCC)),
    ("trailer-0", "whose PSS trailer is 0", lambda h: Pss(h, trailer=0)),
    ("top-bit", "whose PSS block has its top bit set", lambda h: Pss(h, top=0x80)),
    ("mask-hash", "whose PSS mask is of SHA-1", lambda h: Pss(h, mask_hash="sha1")),
    ("sha1", "whose PSS is of SHA-1 throughout", lambda _h: Pss("sha1")),
)  # fmt: skip
