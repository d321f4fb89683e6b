"""The shipped token verifiers: our references, two libraries, and the references with one mistake each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from shaketable.components.clock import Clock
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable_patterns.token_verifier.kind import token_verifier
from shaketable_patterns.token_verifier.profile import GATEWAY, SHARED, knobs_of
from shaketable_patterns.token_verifier.promises import PROMISES

REFERENCE, SECRETS = "token-verifier/hardened", "token-verifier/hardened-secrets"
_LIBRARIES = {"token-verifier/pyjwt": "PyJWT", "token-verifier/python-jose": "python-jose"}
_NEEDED = ("PyJWT", "cryptography")
_NOT_BY_THEMSELVES: dict[str, Any] = {"grace_s": 0, "max_bytes": 0, "unfit_keys": "unchecked"}

PYJWT_PROFILE = Profile(
    "PyJWT as its documentation shows it",
    {**GATEWAY.knobs, **_NOT_BY_THEMSELVES, "encoding": "lenient", "numbers": "lenient"},
)
"""It says in its code that it takes padding, as some issuers write it, and reads times by int()."""
JOSE_PROFILE = Profile(
    "python-jose as its documentation shows it", {**PYJWT_PROFILE.knobs, "algorithms": "RS256 ES256 HS256"}
)


def subjects() -> list[Subject]:
    """Return all of them in a fixed order, as far as what they need is installed."""
    if not _is_installed(*_NEEDED):
        return []
    lacking = missing()
    return [*hardened(), *(one for one in library() if one.name not in lacking), *mutants()]


def missing() -> dict[str, str]:
    """Return the subjects for which something is not installed, each with the extra that adds it."""
    if not _is_installed(*_NEEDED):
        return dict.fromkeys((REFERENCE, SECRETS, *_LIBRARIES), "libraries")
    return {name: "libraries" for name, needed in _LIBRARIES.items() if not _is_installed(needed)}


def hardened() -> list[Subject]:
    """Return our own verifiers: they keep every promise."""
    from shaketable_targets.token_verifiers.verifier import Verifier

    return [
        _ours(REFERENCE, Verifier, GATEWAY, "our reference on PyJWT, as a gateway has it: RSA and ECDSA, keys that rotate"),
        _ours(SECRETS, Verifier, SHARED, "the same with shared secrets, as one service verifies another"),
    ]  # fmt: skip


def library() -> list[Subject]:
    """Return the libraries, each as its documentation shows it."""
    return [
        token_verifier(
            "token-verifier/pyjwt",
            _pyjwt,
            profile=PYJWT_PROFILE,
            sync=True,
            time="time-machine",
            carrier="greenlets",
            summary="PyJWT 2.15.1: a key of a PyJWKSet by its name, decode with what is expected",
            library="PyJWT",
        ),
        token_verifier(
            "token-verifier/python-jose",
            _python_jose,
            profile=JOSE_PROFILE,
            sync=True,
            time="time-machine",
            carrier="greenlets",
            expects=_JOSE_BREAKS,
            summary="python-jose 3.3.0: ignores crit, and lets errors out where a time is no number",
            library="python-jose",
        ),
    ]  # fmt: skip


_JOSE_BREAKS = Expectation(
    breaks={"TV-4": ("crashed",), "TV-5": ("critical-ignored",)},
    levels={"TV-4": "VIOLATION", "TV-5": "VIOLATION"},
    reasons={
        "TV-4": "Its own document, the docstring of `jwt.decode`, says that it raises JWTClaimsError if a claim is invalid in any way; its code catches ValueError alone around "
        "`int()`, which raises TypeError for null, a list or an object, and OverflowError for a time that is infinite.",
        "TV-5": "Issue 413 and pull request 410 of mpdavis/python-jose say that `crit` is ignored; RFC 7515, section 4.1.11, says what is right.",
    },
)


def _pyjwt(_clock: Clock) -> Any:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.token_verifiers.pyjwt_adapter import PyJwtAdapter

    return PyJwtAdapter(_settings(PYJWT_PROFILE))


def _python_jose(_clock: Clock) -> Any:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.token_verifiers.python_jose_adapter import PythonJoseAdapter

    return PythonJoseAdapter(_settings(JOSE_PROFILE))


def mutants() -> Iterator[Subject]:
    """Yield the reference with one mistake each; each names the promise that must kill it."""
    if not _is_installed(*_NEEDED):
        return
    from shaketable_targets.token_verifiers.mutants import MUTANTS

    for mutant, promise in MUTANTS:
        yield _ours(_name(mutant), mutant, GATEWAY, _mistake(mutant), REFERENCE, promise)


def _ours(
    name: str, make: Any, profile: Profile, summary: str, mutant_of: str = "", kills: str = ""
) -> Subject:
    settings = _settings(profile)

    def adapter(clock: Clock) -> Any:
        return make(clock, settings)

    return token_verifier(
        name,
        adapter,
        profile=profile,
        sync=True,
        time="injected",
        carrier="greenlets",  # it does not tell threads apart, and has no locks
        expects=Expectation(may_break=frozenset(promise.id for promise in PROMISES if kills)),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _settings(profile: Profile) -> Any:
    from shaketable_targets.token_verifiers.settings import Settings

    knobs = knobs_of(profile)
    return Settings(
        knobs.allowed,
        knobs.issuer,
        knobs.audience,
        knobs.needed,
        knobs.leeway_s,
        knobs.grace_s,
        knobs.max_bytes,
    )


def _is_installed(*names: str) -> bool:
    """Tell whether distributions are there; to look for their modules would cost a search that has no use for them."""
    try:
        for name in names:
            distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _name(mutant: type[object]) -> str:
    return f"token-verifier/mutant-{re.sub(r'(?<!^)(?=[A-Z])', '-', mutant.__name__).lower()}"


def _mistake(mutant: type[object]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
