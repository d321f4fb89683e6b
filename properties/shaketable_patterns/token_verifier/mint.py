"""The mint of one token: its key, its times, and what the issuer would say of the bearer; situations change one thing of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shaketable.components.clock import WALL_START_S
from shaketable_patterns.token_verifier.keys.key_pair import KeyPair, encoded
from shaketable_patterns.token_verifier.profile import Knobs

Claims = dict[str, Any]


@dataclass(frozen=True)
class Mint:
    """Makes tokens by a key of the issuer's. `issued_s` are seconds since the run began, `life_s` those until the token expires."""

    key: KeyPair
    issued_s: int
    life_s: int
    knobs: Knobs

    @property
    def stranger(self) -> KeyPair:
        """A key of the same algorithm that is trusted by no one."""
        return KeyPair(self.key.algorithm, "x")

    @property
    def issued_at(self) -> int:
        """When it is issued, as NumericDate."""
        return WALL_START_S + self.issued_s

    @cached_property
    def claims(self) -> Claims:
        """What the issuer says: all claims that a profile can require are there."""
        return {
            "iss": self.knobs.issuer,
            "sub": f"user-{self.issued_s}",
            "aud": self.knobs.audience,
            "iat": self.issued_at,
            "nbf": self.issued_at,
            "exp": self.issued_at + self.life_s,
            "jti": f"{self.key.kid}-{self.issued_s}-{self.life_s}",
            "roles": ["reader"],
        }

    @cached_property
    def header(self) -> Claims:
        return {"alg": self.key.algorithm, "kid": self.key.kid, "typ": "JWT"}

    @cached_property
    def valid(self) -> str:
        """The token as the issuer hands it out."""
        return self.token()

    @property
    def parts(self) -> list[str]:
        """Header, payload and signature of the valid token."""
        return self.valid.split(".")

    def with_claims(self, **changed: Any) -> str:
        """Return a token that the issuer signed with other claims; one of `...` is left out."""
        return self.token(claims=changed_from(self.claims, changed))

    def with_header(self, *, by: KeyPair | None = None, algorithm: str = "", **changed: Any) -> str:
        """Return a token with another header, signed by a key, the issuer's unless it is given; one of `...` is left out."""
        return self.token(header=changed_from(self.header, changed), by=by, algorithm=algorithm)

    def token(
        self,
        *,
        header: Claims | bytes | None = None,
        claims: Claims | bytes | None = None,
        by: KeyPair | None = None,
        algorithm: str = "",
    ) -> str:
        """Return a token of a header and claims, each as it is or as its bytes, that `by` signed."""
        told = self.told(header, claims)
        return f"{told}.{encoded((by or self.key).sign(told.encode(), algorithm))}"

    def told(self, header: Claims | bytes | None = None, claims: Claims | bytes | None = None) -> str:
        """Return what is signed: header and payload."""
        shown = (self.header if header is None else header, self.claims if claims is None else claims)
        return ".".join(encoded(one if isinstance(one, bytes) else plain(one)) for one in shown)

    def sealed(self, signature: bytes) -> str:
        """Return the valid header and payload with another signature."""
        return f"{self.told()}.{encoded(signature)}"


def plain(value: Any) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def changed_from(given: Claims, changed: Claims) -> Claims:
    """Return members with some changed, added, or left out."""
    return {name: one for name, one in {**given, **changed}.items() if one is not ...}
