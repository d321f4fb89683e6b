"""The promises of a token verifier, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, TV"

TV_1 = Promise(
    "TV-1",
    "a token is accepted only if a trusted key signed it, by that key's algorithm, which is allowed",
    "safety",
    ("unsigned-accepted", "forged-accepted", "key-confused", "stranger-accepted"),
    _SOURCE,
)
TV_2 = Promise(
    "TV-2",
    "a token is accepted only within its times, from its issuer, for its audience, with the required claims",
    "safety",
    (
        "expired-accepted",
        "early-accepted",
        "wrong-audience-accepted",
        "wrong-issuer-accepted",
        "incomplete-accepted",
    ),
    _SOURCE,
)
TV_3 = Promise(
    "TV-3", "the claims that are returned are those that were signed", "safety", ("claims-differ",), _SOURCE
)
TV_4 = Promise(
    "TV-4",
    "whatever is presented, a token is accepted or refused, and nothing else comes out",
    "safety",
    ("crashed",),
    _SOURCE,
)
TV_5 = Promise(
    "TV-5",
    "a token has one form: canonical, within the size, without critical headers that are not understood",
    "safety",
    ("other-form-accepted", "critical-ignored", "oversize-accepted"),
    _SOURCE,
)
TV_6 = Promise("TV-6", "a valid token is accepted", "safety", ("valid-refused",), _SOURCE)
TV_7 = Promise(
    "TV-7",
    "a new key is accepted at once, a key that left the set until its grace is over and not after",
    "safety",
    ("new-key-refused", "old-key-refused", "old-key-accepted"),
    _SOURCE,
)
TV_8 = Promise("TV-8", "a key that is unfit to verify is not used", "safety", ("unfit-key-used",), _SOURCE)

PROMISES = (TV_1, TV_2, TV_3, TV_4, TV_5, TV_6, TV_7, TV_8)
