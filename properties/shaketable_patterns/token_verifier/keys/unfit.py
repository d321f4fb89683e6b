"""Keys that are unfit to verify anything: too short, meant for something else, or not what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_ENCRYPTS = ["encrypt", "decrypt", "wrapKey", "unwrapKey"]


@dataclass(frozen=True)
class Unfit:
    """One way to be unfit: `words` follow "a key"; `on` are the families that can be so; `change` is what its JWK has else."""

    words: str
    on: tuple[str, ...]
    change: dict[str, Any] = field(default_factory=dict)


UNFIT: dict[str, Unfit] = {
    "short": Unfit("of 1,024 bits, or of a secret shorter than its hash", ("RS", "PS", "HS")),
    "one": Unfit("whose public exponent is 1", ("RS", "PS")),
    "roca": Unfit("whose primes have the form of CVE-2017-15361", ("RS", "PS")),
    "empty": Unfit("that is an empty secret", ("HS",)),
    "enc": Unfit("whose use is enc", ("RS", "PS", "ES", "HS"), {"use": "enc"}),
    "odd-use": Unfit("whose use is unknown", ("RS", "PS", "ES", "HS"), {"use": "sign-and-more"}),
    "ops": Unfit(
        "whose key_ops are those of encryption", ("RS", "PS", "ES", "HS"), {"use": ..., "key_ops": _ENCRYPTS}
    ),
    "other-alg": Unfit("of P-256 that says ES384", ("ES",), {"alg": "ES384"}),
    "odd-alg": Unfit("whose algorithm is unknown", ("RS", "PS", "ES", "HS"), {"alg": "XX256"}),
    "off-curve": Unfit(
        "whose point is not on its curve", ("ES",), {"y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}
    ),
    "other-curve": Unfit("of P-256 that says P-384", ("ES",), {"crv": "P-384"}),
    "other-kty": Unfit("of P-256 that says RSA", ("ES",), {"kty": "RSA"}),
    "aes-gcm": Unfit("that is one of A256GCM", ("HS",), {"alg": "A256GCM", "use": ...}),
    "aes-kw": Unfit("that is one of A256KW", ("HS",), {"alg": "A256KW", "use": ...}),
    "twice": Unfit("that stands twice under one name", ("RS", "PS", "ES", "HS")),
}
