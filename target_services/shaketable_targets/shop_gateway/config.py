"""What the gateway is told: its routes, whose tokens it takes, and every interval and limit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from shaketable_targets.token_verifiers.settings import Settings


@dataclass(frozen=True, slots=True)
class Route:
    """A prefix of paths, and the instances behind it."""

    prefix: str
    instances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """The settings of one gateway. Times are milliseconds."""

    routes: tuple[Route, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)
    """The issuer's key set, as a JWKS document."""
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256")
    issuer: str = "https://issuer.example"
    audience: str = "shop"
    required: tuple[str, ...] = ("iss", "sub", "aud", "exp")
    leeway_s: int = 10
    token_bytes_max: int = 8_192
    upstream_timeout_ms: int = 5_000
    attempts_max: int = 2
    """So often a request is sent that may be sent twice; one that was refused did not count."""
    probe_interval_ms: int = 5_000
    probe_timeout_ms: int = 3_000
    missed_max: int = 2
    """After so many probes in a row without an answer an instance is passed over."""
    failures_max: int = 3
    """After so many failures in a row a route is closed until a probe of it succeeds."""
    burst: int = 6
    per_s: int = 2
    """The limit of one user: so many at once, and so many a second in the long run."""

    @property
    def settings(self) -> Settings:
        """What the verifier of tokens is told."""
        return Settings(
            algorithms=self.algorithms,
            issuer=self.issuer,
            audience=self.audience,
            required=self.required,
            leeway_s=self.leeway_s,
            grace_s=0,
            max_bytes=self.token_bytes_max,
        )

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> GatewayConfig:
        """Read it from JSON text. TypeError for a setting that is unknown or missing."""
        said: dict[str, Any] = json.loads(text)
        said["routes"] = tuple(Route(one["prefix"], tuple(one["instances"])) for one in said["routes"])
        said |= {name: tuple(said[name]) for name in ("algorithms", "required") if name in said}
        return GatewayConfig(**said)
