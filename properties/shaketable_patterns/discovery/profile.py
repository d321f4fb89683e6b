"""The knobs of a registry and its clients."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.discovery.settings import DOCUMENT, FAST, PRESERVING, TWICE, Settings

MARGIN_MS = 1_500


def profile(name: str, settings: Settings, **knobs: Knob) -> Profile:
    """Return the profile of a variant by its settings.

    `lease_length`: twice if a silent instance is kept for two declared leases, as Eureka does (the source of
    `com.netflix.eureka.lease.Lease`: `isExpired` says that it adds the duration once more and that this will not be changed),
    declared otherwise. `self_preservation`: on if nothing is evicted while too many instances are silent at once.
    `spread_ms`: so soon one replica has told the other. `warm_up_ms`: so long a registry that has just started may refuse to answer.
    """
    declared: dict[str, Knob] = {
        "heartbeat_ms": settings.heartbeat_ms,
        "lease_ms": settings.lease_ms,
        "fetch_ms": settings.fetch_ms,
        "sweep_ms": settings.sweep_ms,
        "lease_length": "twice" if settings.lease_factor == 2 else "declared",
        "self_preservation": "on" if settings.preserves else "off",
        "spread_ms": settings.retry_ms + 2 * settings.timeout_ms,
        "warm_up_ms": settings.warm_up_ms + settings.timeout_ms,
        "timeout_ms": settings.timeout_ms,
        "margin_ms": MARGIN_MS,
        "io_timeout_ms": settings.timeout_ms,
    }
    return Profile(name, declared | knobs)


HARDENED = profile("discovery-document", DOCUMENT)
LEASES_TWICE = profile("discovery-lease-twice", TWICE)
PRESERVES = profile("discovery-self-preservation", PRESERVING)
HURRIED = profile("discovery-fast", FAST)
