"""What the issuer signed and a verifier must look at: times, audience, issuer, required claims, critical headers, names that stand twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from shaketable.components.clock import WALL_START_S
from shaketable_patterns.token_verifier.mint import Mint, changed_from, plain
from shaketable_patterns.token_verifier.profile import CLAIMS, Knobs
from shaketable_patterns.token_verifier.situations.situation import Answer, Situation, unless

_FAR_S = 10**8
_LONG_AGO = WALL_START_S - _FAR_S
_LATER = WALL_START_S + 100 * _FAR_S


def claims() -> Iterator[Situation]:
    """Yield all of them."""
    for name in CLAIMS:
        yield Situation(
            f"without-{name}",
            f"without {name}",
            partial(_changed, {name: ...}),
            "incomplete-accepted",
            answer=_if_needed(name, "accept"),
        )
        yield Situation(
            f"null-{name}",
            f"of which {name} is null",
            partial(_changed, {name: None}),
            "incomplete-accepted",
            answer=_if_needed(name, "either") if name in ("exp", "aud", "iss") else "either",
        )
    for name, aud in _WRONG_AUDIENCES.items():
        yield Situation(
            f"aud-{name}",
            f"whose audience is {name.replace('-', ' ')}",
            _of_audience(aud),
            "wrong-audience-accepted",
        )
    yield Situation(
        "aud-among-others",
        "whose audience is among others",
        _of_audience(lambda a: ["other", a]),
        answer="accept",
    )
    yield Situation(
        "aud-list-of-one",
        "whose audience is a list of it alone",
        _of_audience(lambda a: [a]),
        answer="accept",
    )
    yield Situation(
        "aud-beside-number",
        "whose audience stands beside a number",
        _of_audience(lambda a: [a, 7]),
        answer="either",
    )
    for name, iss in _WRONG_ISSUERS.items():
        yield Situation(
            f"iss-{name}",
            f"whose issuer is {name.replace('-', ' ')}",
            _of_issuer(iss),
            "wrong-issuer-accepted",
        )
    yield Situation(
        "iss-list", "whose issuer is a list of it alone", _of_issuer(lambda i: [i]), answer="either"
    )
    for name, (exp, answer) in _EXPIRIES.items():
        yield Situation(
            f"exp-{name}",
            f"whose exp is {name.replace('-', ' ')}",
            partial(_changed, {"exp": exp}),
            "expired-accepted",
            answer=answer,
            timed=True,
        )
    for name, (nbf, answer) in _BEGINNINGS.items():
        yield Situation(
            f"nbf-{name}",
            f"whose nbf is {name.replace('-', ' ')}",
            partial(_changed, {"nbf": nbf}),
            "early-accepted",
            answer=answer,
            timed=True,
        )
    yield Situation(
        "exp-text-later",
        "whose exp is text that says a time to come",
        partial(_changed, {"exp": str(_LATER)}),
        "expired-accepted",
        answer=unless("numbers", "lenient"),
        off_profile="numbers='lenient'",
    )
    yield Situation(
        "nbf-text-past",
        "whose nbf is text that says a time past",
        partial(_changed, {"nbf": str(_LONG_AGO)}),
        "early-accepted",
        answer=unless("numbers", "lenient"),
        off_profile="numbers='lenient'",
    )
    for name, iat in (("future", _LATER), ("text", "today"), ("list", []), ("infinite", float("inf"))):
        yield Situation(
            f"iat-{name}", f"whose iat is {name}", partial(_changed, {"iat": iat}), answer="either"
        )
    for name, sub in (("number", 7), ("list", ["user"]), ("empty", "")):
        yield Situation(
            f"sub-{name}", f"whose sub is {name}", partial(_changed, {"sub": sub}), answer="either"
        )
    yield Situation(
        "no-times",
        "without exp, nbf and iat",
        partial(_changed, {"exp": ..., "nbf": ..., "iat": ...}),
        "incomplete-accepted",
        answer=_if_needed_any("exp", "nbf", "iat"),
    )
    yield Situation(
        "big-number",
        "with a number of 5,000 digits among its claims",
        lambda m: m.token(claims=plain(m.claims)[:-1] + b',"n":1' + b"0" * 5_000 + b"}"),
        answer="either",
    )
    for name in ("exp", "aud", "iss"):
        yield Situation(
            f"{name}-twice-first-right",
            f"with {name} twice, of which the last is wrong",
            partial(_twice, name, True),
            _WRONG_TWICE[name],
        )
        yield Situation(
            f"{name}-twice-last-right",
            f"with {name} twice, of which the first is wrong",
            partial(_twice, name, False),
            answer="either",
        )
    yield Situation("alg-twice", "with alg twice in its header, none first", _alg_twice, answer="either")
    yield Situation(
        "spaced",
        "whose JSON has spaces",
        lambda m: m.token(header=_spaced(m.header), claims=_spaced(m.claims)),
        answer="accept",
    )
    yield Situation(
        "escaped",
        "whose JSON has escaped names",
        lambda m: m.token(claims=plain(m.claims).replace(b'"exp"', b'"\\u0065xp"')),
        answer="accept",
    )
    yield Situation(
        "utf-8",
        "with letters that are not ASCII",
        lambda m: m.token(claims=json.dumps({**m.claims, "name": "Zoë 王"}, ensure_ascii=False).encode()),
        answer="accept",
    )
    yield Situation(
        "byte-order-mark",
        "whose JSON has a byte order mark",
        lambda m: m.token(claims=b"\xef\xbb\xbf" + plain(m.claims)),
        answer="either",
    )
    yield Situation(
        "utf-16",
        "whose JSON is UTF-16",
        lambda m: m.token(claims=plain(m.claims).decode().encode("utf-16-le")),
        answer="either",
    )
    yield Situation(
        "extra-claims",
        "with claims of its own",
        lambda m: m.with_claims(tenant="t-1", scope="read write", nested={"a": [1, 2.5, None, True]}),
        answer="accept",
    )
    yield Situation(
        "exp-fraction",
        "whose times are fractions of seconds",
        lambda m: m.with_claims(exp=m.issued_at + m.life_s + 0.5, nbf=m.issued_at - 0.5),
        answer="either",
    )


def ordinary() -> Situation:
    """Return the token as the issuer hands it out."""
    return Situation("valid", "as the issuer hands it out", lambda m: m.valid, answer="accept")


def _changed(claims: dict[str, Any], mint: Mint) -> str:
    return mint.with_claims(**claims)


def _of_audience(change: Callable[[str], Any]) -> Callable[[Mint], str]:
    return lambda mint: mint.with_claims(aud=change(mint.knobs.audience))


def _of_issuer(change: Callable[[str], Any]) -> Callable[[Mint], str]:
    return lambda mint: mint.with_claims(iss=change(mint.knobs.issuer))


def _if_needed(name: str, otherwise: Answer) -> Callable[[Knobs], Answer]:
    """Return what refuses a token without a claim that is required; issuer and audience are, where one is expected."""
    return lambda knobs: (
        "refuse" if name in knobs.needed else "either" if name in ("iss", "aud") else otherwise
    )


def _if_needed_any(*names: str) -> Callable[[Knobs], Answer]:
    return lambda knobs: "refuse" if set(names) & set(knobs.needed) else "either"


def _twice(name: str, is_first_right: bool, mint: Mint) -> str:
    right = {name: mint.claims[name]}
    wrong = {name: _LONG_AGO if name == "exp" else "other"}
    first, last = (right, wrong) if is_first_right else (wrong, right)
    others = changed_from(mint.claims, {name: ...})
    return mint.token(claims=b"{" + b",".join(plain(one)[1:-1] for one in (first, others, last)) + b"}")


def _alg_twice(mint: Mint) -> str:
    return mint.token(header=b'{"alg":"none",' + plain(mint.header)[1:])


def _spaced(value: dict[str, Any]) -> bytes:
    return plain(value).replace(b'{"', b'{\n\t "', 1).replace(b',"', b' ,\r\n "')


_WRONG_TWICE = {"exp": "expired-accepted", "aud": "wrong-audience-accepted", "iss": "wrong-issuer-accepted"}
_WRONG_AUDIENCES: dict[str, Callable[[str], Any]] = {
    "other": lambda _a: "other",
    "empty": lambda _a: "",
    "an-empty-list": lambda _a: [],
    "a-list-of-others": lambda _a: ["other", "another"],
    "a-list-of-an-empty-one": lambda _a: [""],
    "the-beginning-of-it": lambda a: a[:-1],
    "the-end-of-it": lambda a: a[1:],
    "one-letter-of-it": lambda a: a[0],
    "longer": lambda a: f"{a}s",
    "in-another": lambda a: f"work{a}",
    "with-a-space": lambda a: f"{a} ",
    "in-capitals": lambda a: a.upper(),
    "a-list-of-letters": list,
    "a-list-of-a-list": lambda a: [[a]],
    "a-list-of-longer": lambda a: [f"{a}s", f"work{a}"],
    "an-object": lambda a: {a: True},
    "a-number": lambda _a: 7,
    "true": lambda _a: True,
    "text-of-a-list": lambda a: f'["{a}"]',
    "several-in-one-text": lambda a: f"other {a}",
}
_WRONG_ISSUERS: dict[str, Callable[[str], Any]] = {
    "other": lambda _i: "https://other.example",
    "empty": lambda _i: "",
    "the-beginning-of-it": lambda i: i[:-1],
    "one-letter-of-it": lambda i: i[0],
    "longer": lambda i: f"{i}.stranger.example",
    "with-a-slash": lambda i: f"{i}/",
    "in-capitals": lambda i: i.upper(),
    "without-tls": lambda i: i.replace("https", "http") if "https" in i else f"x{i}",
    "a-list-of-others": lambda _i: ["https://other.example"],
    "a-number": lambda _i: 7,
    "true": lambda _i: True,
    "an-object": lambda i: {i: True},
}
_EXPIRIES: dict[str, tuple[Any, Answer]] = {
    "past": (_LONG_AGO, "refuse"),
    "past-fraction": (_LONG_AGO + 0.5, "refuse"),
    "past-in-text": (str(_LONG_AGO), "refuse"),
    "text": ("never", "refuse"),
    "empty-text": ("", "refuse"),
    "zero": (0, "refuse"),
    "negative": (-_LATER, "refuse"),
    "negative-fraction": (-0.5, "refuse"),
    "true": (True, "refuse"),
    "false": (False, "refuse"),
    "a-list": ([_LATER], "refuse"),
    "an-object": ({"exp": _LATER}, "refuse"),
    "not-a-number": (float("nan"), "refuse"),
    "negative-infinity": (float("-inf"), "refuse"),
    "infinity": (float("inf"), "either"),
    "in-milliseconds": (WALL_START_S * 1_000, "either"),
    "2-63": (2**63, "either"),
    "2-64": (2**64, "either"),
    "1e300": (1e300, "either"),
    "of-400-digits": (10**400, "either"),
}
_BEGINNINGS: dict[str, tuple[Any, Answer]] = {
    "later": (_LATER, "refuse"),
    "later-fraction": (_LATER + 0.5, "refuse"),
    "later-in-text": (str(_LATER), "refuse"),
    "infinity": (float("inf"), "refuse"),
    "not-a-number": (float("nan"), "refuse"),
    "2-64": (2**64, "refuse"),
    "text": ("now", "refuse"),
    "a-list": ([0], "refuse"),
    "an-object": ({}, "refuse"),
}
