"""Subjects that are shipped: the adapter on the shelf serves the versions of a defect too."""

from __future__ import annotations

from functools import partial

from shaketable.subject import Subject
from shaketable_patterns.catalogue import subjects


def named(name: str) -> Subject:
    """Return the shipped subject of this name."""
    (found,) = (subject for subject in subjects() if subject.name == name)
    return found


pybreaker = partial(named, "breaker/pybreaker")
powertools = partial(named, "idempotency-store/powertools")
asgi_header = partial(named, "idempotency-store/asgi-header")
redis_py = partial(named, "lock/redis-py")
redis_py_asyncio = partial(named, "lock/redis-py-asyncio")
limits_counter = partial(named, "rate-limiter/limits-counter")
backoff = partial(named, "retry/backoff")
pyjwt = partial(named, "token-verifier/pyjwt")
python_jose = partial(named, "token-verifier/python-jose")
