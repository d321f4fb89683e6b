"""The knobs of the shop's gateway."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_patterns.shop_gateway.tokens import KNOBS, jwks
from shaketable_patterns.shop_gateway.values import ROUTES
from shaketable_targets.shop_gateway.config import GatewayConfig, Route

CONFIG = GatewayConfig(
    routes=tuple(Route(prefix, instances) for prefix, instances in ROUTES.items()),
    keys=jwks(),
    algorithms=KNOBS.allowed,
    issuer=KNOBS.issuer,
    audience=KNOBS.audience,
    required=KNOBS.needed,
    leeway_s=KNOBS.leeway_s,
    token_bytes_max=KNOBS.max_bytes,
)
IO_TIMEOUT_MS = 5_000
_SLACK_MS = 500
"""For what real servers need beside the time-outs."""
_LOOK_MS = CONFIG.probe_interval_ms + CONFIG.probe_timeout_ms + _SLACK_MS
"""From one look at an instance to the next, at most."""


def profile(name: str, **knobs: Knob) -> Profile:
    """Return the profile of a variant.

    `prompt_ms`: how long an answer takes at most where no instance can be reached. `detect_ms`: after so long a dead instance gets no request
    any more; `return_ms`: after so long one that is back gets its share, and everything that was wrong has no consequence; `lag_ms`: after so
    long every gateway knows a change of the list. `burst` and `per_s`: the limit of a user.
    """
    declared: dict[str, Knob] = {
        "io_timeout_ms": IO_TIMEOUT_MS,
        "prompt_ms": IO_TIMEOUT_MS + CONFIG.attempts_max * CONFIG.upstream_timeout_ms + 2 * _SLACK_MS,
        "detect_ms": CONFIG.missed_max * _LOOK_MS,
        "return_ms": _LOOK_MS + IO_TIMEOUT_MS,
        "lag_ms": _LOOK_MS,
        "burst": CONFIG.burst,
        "per_s": CONFIG.per_s,
    }
    return Profile(name, declared | knobs)


HARDENED = profile("shop-gateway")
