"""What stands in a header that the issuer signed: extensions that are critical, and what says nothing to a verifier."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shaketable_patterns.token_verifier.mint import Mint
from shaketable_patterns.token_verifier.situations.situation import Situation


def headers() -> Iterator[Situation]:
    """Yield all of them."""
    for name, crit, more in _CRITICAL:
        yield Situation(
            f"crit-{name}",
            f"with a critical header that is {name.replace('-', ' ')}",
            partial(_critical, crit, more),
            "critical-ignored",
            answer="refuse" if name in _MUST_BE_REFUSED else "either",
        )
    yield Situation(
        "b64-without-crit",
        "with b64 false, which is not critical",
        lambda m: m.with_header(b64=False),
        answer="either",
    )
    yield Situation(
        "crit-b64-true",
        "with b64 true, which is critical",
        partial(_critical, ["b64"], {"b64": True}),
        answer="either",
    )
    for name, header in _ODD_HEADERS.items():
        yield Situation(f"header-{name}", f"with a header {name}", partial(_headed, header), answer="either")


def _headed(header: dict[str, Any], mint: Mint) -> str:
    return mint.with_header(**header)


def _critical(crit: Any, more: dict[str, Any], mint: Mint) -> str:
    return mint.with_header(crit=crit, **more)


_MUST_BE_REFUSED = ("unknown", "unknown-and-missing", "one-of-two", "b64-false")
"""The others may be: RFC 7515 lets a recipient do as it likes with a list that its producer must not have written."""
_CRITICAL: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    ("unknown", ["https://stranger.example/urgent"], {"https://stranger.example/urgent": True}),
    ("unknown-and-missing", ["urgent"], {}),
    ("one-of-two", ["b64", "urgent"], {"b64": True, "urgent": 1}),
    ("empty", [], {}),
    ("text", "urgent", {"urgent": 1}),
    ("a-number", 7, {}),
    ("null", None, {}),
    ("a-list-of-numbers", [7], {}),
    ("a-registered-name", ["alg"], {}),
    ("b64-false", ["b64"], {"b64": False}),
)  # fmt: skip
_ODD_HEADERS: dict[str, dict[str, Any]] = {
    "typ-other": {"typ": "at+jwt"}, "typ-number": {"typ": 7}, "typ-missing": {"typ": ...}, "cty": {"cty": "JWT"}, "zip": {"zip": "DEF"},
    "enc": {"enc": "A128GCM"}, "unknown": {"note": "n"}, "epk": {"epk": {}},
}  # fmt: skip
