"""The promises of an API gateway, GW-1 to GW-7."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, GW"

TOKENS = Promise(
    "GW-1",
    "only a request with a token that is good reaches an instance, and one with a good token is not refused for it",
    "safety",
    ("bad-token-passed", "bad-token-answered", "good-token-refused"),
    _SOURCE,
)
ROUTES = Promise(
    "GW-2",
    "a request goes to the most specific route of its path, read once, or nowhere",
    "safety",
    ("misrouted", "path-changed", "unknown-answered"),
    _SOURCE,
)
BALANCE = Promise(
    "GW-3",
    "requests go to instances that are there, each in its turn",
    "safety",
    ("sent-to-unlisted", "dead-instance", "uneven"),
    _SOURCE,
)
ONCE = Promise(
    "GW-4",
    "a request that must not be repeated is sent to no more than one instance, and once",
    "safety",
    ("sent-twice",),
    _SOURCE,
)
IDENTITY = Promise(
    "GW-5",
    "an instance is told who sent a request by the gateway alone",
    "safety",
    ("identity-from-outside", "identity-lost"),
    _SOURCE,
)
AVAILABLE = Promise(
    "GW-6",
    "where no instance can be reached the answer is a prompt 503 on that route alone, and it serves again soon after",
    "safety",
    ("hangs", "wrong-status", "spreads", "not-back", "not-served"),
    _SOURCE,
)
LIMIT = Promise(
    "GW-7",
    "over all instances of the gateway a user has the declared limit, no more of it and no less",
    "safety",
    ("over-the-limit", "limited-early"),
    _SOURCE,
)
