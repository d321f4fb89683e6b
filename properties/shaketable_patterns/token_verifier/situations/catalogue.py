"""Every situation by its name, and the rooms from which a machine draws."""

from __future__ import annotations

from functools import cache

from shaketable.errors import UsageError
from shaketable_patterns.token_verifier.situations.claims import claims, ordinary
from shaketable_patterns.token_verifier.situations.confusion import confusion, public_secrets
from shaketable_patterns.token_verifier.situations.digest_infos import digest_infos
from shaketable_patterns.token_verifier.situations.forms import forms
from shaketable_patterns.token_verifier.situations.headers import headers
from shaketable_patterns.token_verifier.situations.signatures import signatures
from shaketable_patterns.token_verifier.situations.situation import Situation

VALID = "valid"
_ROOMS = {
    "forms": forms,
    "public_secrets": public_secrets,
    "confusion": confusion,
    "claims": claims,
    "headers": headers,
    "signatures": signatures,
    "digest_infos": digest_infos,
}


@cache
def rooms(family: str) -> tuple[tuple[str, ...], ...]:
    """Return the names of each room's situations that can be made by a key of this family; rooms without any are left out."""
    found = (tuple(s.name for s in every() if family in s.on) for every in _ROOMS.values())
    return tuple(names for names in found if names)


@cache
def situations() -> dict[str, Situation]:
    """Return all of them."""
    listed = [ordinary(), *(situation for every in _ROOMS.values() for situation in every())]
    return {situation.name: situation for situation in listed}


def situation_named(name: str) -> Situation:
    """Return a situation. Raises UsageError for a name that is unknown."""
    if name not in situations():
        raise UsageError(f"there is no situation {name!r}; one is {VALID!r}")
    return situations()[name]
