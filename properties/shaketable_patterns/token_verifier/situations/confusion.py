"""Algorithms and keys that the token chooses: none, HMAC by what is public, the issuer's other keys, keys that it brings along."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from shaketable_patterns.token_verifier.keys.key_pair import KeyPair, encoded, mac
from shaketable_patterns.token_verifier.mint import Mint, changed_from
from shaketable_patterns.token_verifier.profile import Knobs
from shaketable_patterns.token_verifier.situations.situation import Answer, Situation, unless

_PUBLIC = ("RS", "PS", "ES")
_NONES: tuple[tuple[str, Any], ...] = (
    ("none", "none"), ("None", "None"), ("NONE", "NONE"), ("nOnE", "nOnE"), ("none-space", "none "), ("none-nul", "none\0"),
    ("empty", ""), ("null", None), ("missing", ...), ("number", 0), ("true", True), ("list", ["RS256", "none"]), ("object", {"alg": "none"}),
    ("unknown", "XX256"), ("lower-case", "rs256"), ("long", "RS256" * 400), ("dunder", "__class__"),
)  # fmt: skip
_FORMS = tuple(dict.fromkeys((*KeyPair("RS256", "a").public_forms(), *KeyPair("ES256", "a").public_forms())))
_GUESSES: tuple[tuple[str, bytes], ...] = (
    ("empty", b""),
    ("nul", b"\0"),
    ("zeros", bytes(32)),
    ("secret", b"secret"),
    ("null", b"null"),
    ("none", b"None"),
)
_KIDS: tuple[tuple[str, Any], ...] = (
    ("path", "../../../../../../dev/null"), ("path-empty", "/dev/null"), ("sql", "x' UNION SELECT 'secret';--"), ("url", "https://stranger.example/keys/1"),
    ("command", "key;sleep 5"), ("nul", "RS256-a\0"), ("empty", ""), ("null", None), ("number", 0), ("list", ["RS256-a"]), ("object", {"kid": "RS256-a"}),
    ("true", True), ("long", "k" * 2_000), ("dunder", "__class__"), ("upper-case", "RS256-A"), ("space", "RS256-a "),
)  # fmt: skip


def public_secrets() -> Iterator[Situation]:
    """Yield HMAC by each form of what is public."""
    for form in _FORMS:
        for algorithm in ("HS256", "HS384", "HS512"):
            yield Situation(
                f"{algorithm.lower()}-by-{form}",
                f"of {algorithm} by the public key as {form}",
                partial(_by_public, form, algorithm),
                "key-confused",
                on=_PUBLIC,
            )


def confusion() -> Iterator[Situation]:
    """Yield the others."""
    for name, alg in _NONES:
        told = "without an algorithm" if alg is ... else f"of the algorithm {_short(alg)}"
        yield Situation(
            f"alg-{name}-unsigned",
            f"{told} and without a signature",
            partial(_unsigned, alg),
            "unsigned-accepted",
        )
        yield Situation(
            f"alg-{name}", f"{told} with the issuer's signature", partial(_of_alg, alg), "key-confused"
        )
    for name, secret in _GUESSES:
        yield Situation(
            f"hmac-by-{name}",
            f"of HMAC by a secret that is {name}",
            partial(_by_guess, secret),
            "forged-accepted",
        )
        yield Situation(
            f"hmac-by-{name}-no-kid",
            f"of HMAC by a secret that is {name}, which names no key",
            partial(_by_guess, secret, kid=...),
            "forged-accepted",
        )
    yield Situation(
        "hmac-by-kid",
        "of HMAC by the name of the key",
        lambda m: _by_guess(m.key.kid.encode(), m),
        "forged-accepted",
    )
    for name, kid in _KIDS:
        told = f"whose key is named {_short(kid)}"
        yield Situation(
            f"kid-{name}-stranger",
            f"{told} and is a stranger's",
            partial(_by_stranger, kid),
            "stranger-accepted",
        )
        yield Situation(
            f"kid-{name}-hmac",
            f"{told}, of HMAC by an empty secret",
            partial(_by_guess, b"", kid=kid),
            "forged-accepted",
        )
        yield _named_else(f"kid-{name}", f"{told}, that the issuer signed", partial(_named, kid))
    yield _named_else(
        "kid-unknown",
        "whose key is named otherwise than any, that the issuer signed",
        lambda m: m.with_header(kid="other-1"),
    )
    yield _named_else(
        "kid-missing", "that names no key, that the issuer signed", lambda m: m.with_header(kid=...)
    )
    yield Situation(
        "kid-unknown-stranger",
        "by a stranger under a name that is unknown",
        lambda m: m.with_header(kid=m.stranger.kid, by=m.stranger),
        "stranger-accepted",
    )
    yield Situation(
        "kid-missing-stranger",
        "by a stranger that names no key",
        lambda m: m.with_header(kid=..., by=m.stranger),
        "stranger-accepted",
    )
    yield Situation(
        "kid-of-another",
        "by a key of the issuer's under the name of another of its keys",
        _crossed,
        "key-confused",
        answer=_if_several,
        off_profile="kid='optional'",
    )
    yield Situation(
        "key-of-another",
        "whose algorithm is another of the issuer's, by that key, under this one's name",
        _key_of_another,
        "key-confused",
        answer=_if_several,
        off_profile="kid='optional'",
    )
    for name, header in _BROUGHT.items():
        yield Situation(
            f"{name}-stranger",
            f"by a stranger, with a header {name}",
            partial(_brought, header),
            "stranger-accepted",
            on=_PUBLIC,
        )
        yield Situation(
            f"{name}-stranger-no-kid",
            f"by a stranger, with a header {name}, which names no key",
            partial(_brought, header, kid=...),
            "stranger-accepted",
            on=_PUBLIC,
        )
        yield Situation(
            f"{name}-known",
            f"that the issuer signed, with a stranger's header {name}",
            partial(_brought_by_issuer, header),
            on=_PUBLIC,
            answer="either",
        )
    yield Situation(
        "jwk-secret", "of HMAC by a secret that it brings along", _brought_secret, "stranger-accepted"
    )
    for algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
        yield Situation(
            f"signed-{algorithm}",
            f"that says {algorithm}, and is signed so by the issuer's RSA key",
            partial(_other_rsa, algorithm, algorithm),
            "key-confused",
            on=("RS", "PS"),
            answer=_if_allowed(algorithm),
        )
        yield Situation(
            f"hidden-{algorithm}",
            f"that says nothing of it, and is signed by {algorithm}",
            partial(_other_rsa, "", algorithm),
            "forged-accepted",
            on=("RS", "PS"),
            answer="either" if not algorithm else "refuse",
        )
    for algorithm in ("HS256", "HS384", "HS512"):
        yield Situation(
            f"signed-{algorithm}",
            f"of {algorithm} by the shared secret",
            partial(_other_hmac, algorithm),
            "key-confused",
            on=("HS",),
            answer=_if_allowed(algorithm),
        )


def _named_else(name: str, words: str, make: Callable[[Mint], str]) -> Situation:
    return Situation(
        name, words, make, "key-confused", answer=unless("kid", "optional"), off_profile="kid='optional'"
    )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 40 else f"{text[:20]}..."


def _unsigned(alg: Any, mint: Mint) -> str:
    return f"{mint.told(changed_from(mint.header, {'alg': alg}))}."


def _of_alg(alg: Any, mint: Mint) -> str:
    return mint.with_header(alg=alg)


def _by_public(form: str, algorithm: str, mint: Mint) -> str:
    secret = mint.key.public_forms().get(form) or form.encode()
    told = mint.told({**mint.header, "alg": algorithm})
    return f"{told}.{encoded(mac(secret, told.encode(), algorithm))}"


def _by_guess(secret: bytes, mint: Mint, **header: Any) -> str:
    algorithm = mint.key.algorithm if mint.key.family == "HS" else "HS256"
    told = mint.told(changed_from(mint.header, {"alg": algorithm, **header}))
    return f"{told}.{encoded(mac(secret, told.encode(), algorithm))}"


def _by_stranger(kid: Any, mint: Mint) -> str:
    return mint.with_header(kid=kid, by=mint.stranger)


def _named(kid: Any, mint: Mint) -> str:
    return mint.with_header(kid=kid)


def _another(mint: Mint) -> KeyPair:
    """Return the issuer's key of another type for an allowed algorithm; this key itself if there is none."""
    others = (one for one in mint.knobs.allowed if _type(one) != _type(mint.key.algorithm))
    return KeyPair(next(others, mint.key.algorithm), mint.key.generation)


def _type(algorithm: str) -> str:
    """Return what tells the types of keys apart: one for RSA serves both of its families."""
    return "RSA" if algorithm[:2] in ("RS", "PS") else algorithm[:2]


def _if_several(knobs: Knobs) -> Answer:
    """Return what refuses where the issuer has keys of several types, and a token has to name its own."""
    types = {_type(algorithm) for algorithm in knobs.allowed}
    return "refuse" if len(types) > 1 and knobs.kid == "required" else "either"


def _crossed(mint: Mint) -> str:
    """Sign by this key, and name another one."""
    return mint.with_header(kid=_another(mint).kid)


def _key_of_another(mint: Mint) -> str:
    """Sign by another key and its algorithm, and name this one."""
    other = _another(mint)
    return mint.with_header(alg=other.algorithm, by=other)


def _other_rsa(said: str, algorithm: str, mint: Mint) -> str:
    """Sign by another algorithm for RSA; where that is the key's own, under the name of a stranger's key."""
    by = mint.stranger if algorithm == mint.key.algorithm else mint.key
    return mint.with_header(alg=said or mint.key.algorithm, by=by, algorithm=algorithm)


def _other_hmac(algorithm: str, mint: Mint) -> str:
    by = mint.stranger if algorithm == mint.key.algorithm else mint.key
    return mint.with_header(alg=algorithm, by=by, algorithm=algorithm)


def _if_allowed(algorithm: str) -> Callable[[Knobs], Answer]:
    """Return the answer to an algorithm that is not its key's: where it is allowed, the issuer may mean either."""
    return lambda knobs: "either" if algorithm in knobs.allowed else "refuse"


_BROUGHT: dict[str, Callable[[KeyPair], Any]] = {
    "jwk": lambda key: key.jwk(),
    "jku": lambda _key: "https://stranger.example/keys.json",
    "x5u": lambda _key: "https://stranger.example/certificate.pem",
    "x5c": lambda key: [encoded(key.public_forms()["der"])],
    "x5t": lambda _key: encoded(bytes(20)),
    "key": lambda key: key.public_forms()["pem"].decode(),
}
"""What the header of a token may bring along: a key, or where it is."""


def _brought(header: Callable[[KeyPair], Any], mint: Mint, **more: Any) -> str:
    name = next(one for one, made in _BROUGHT.items() if made is header)
    return mint.with_header(**{name: header(mint.stranger), **more}, by=mint.stranger)


def _brought_by_issuer(header: Callable[[KeyPair], Any], mint: Mint) -> str:
    name = next(one for one, made in _BROUGHT.items() if made is header)
    return mint.with_header(**{name: header(mint.stranger)})


def _brought_secret(mint: Mint) -> str:
    secret = b"brought along, and long enough for a hash"
    algorithm = mint.key.algorithm if mint.key.family == "HS" else "HS256"
    brought = {"kty": "oct", "k": encoded(secret), "alg": algorithm}
    told = mint.told({**mint.header, "alg": algorithm, "jwk": brought})
    return f"{told}.{encoded(mac(secret, told.encode(), algorithm))}"
