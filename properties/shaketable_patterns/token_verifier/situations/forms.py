"""Tokens that are no tokens, or are written otherwise than in the one form of RFC 7515, section 7.1, and RFC 4648, section 5."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from shaketable_patterns.token_verifier.keys.key_pair import encoded
from shaketable_patterns.token_verifier.mint import Mint, plain
from shaketable_patterns.token_verifier.situations.situation import Situation, unless

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def forms() -> Iterator[Situation]:
    """Yield all of them."""
    yield from (_broken(name, words, make) for name, words, make in _BROKEN)
    yield from (_other_form(name, words, make) for name, words, make in _OTHER)
    yield Situation("oversize", "longer than max_bytes", _sized(1), "oversize-accepted", answer=lambda k: "refuse" if k.max_bytes else "either", off_profile="max_bytes=0")  # fmt: skip
    yield Situation("at-the-limit", "a few bytes shorter than max_bytes", _sized(-400), answer="accept")
    yield Situation("empty-claims", "of which the payload is an empty object", lambda m: m.token(claims={}), "incomplete-accepted", answer=lambda k: "refuse" if k.needed else "either")  # fmt: skip


def _broken(name: str, words: str, make: Callable[[Mint], str]) -> Situation:
    return Situation(name, words, make, "unsigned-accepted")


def _other_form(name: str, words: str, make: Callable[[Mint], str]) -> Situation:
    return Situation(
        name,
        words,
        make,
        "other-form-accepted",
        answer=unless("encoding", "lenient"),
        off_profile="encoding='lenient'",
    )


def _sized(beyond: int) -> Callable[[Mint], str]:
    """Return what makes a valid token longer, or nearly as long, as the limit."""

    def make(mint: Mint) -> str:
        limit = mint.knobs.max_bytes or 4_096
        room = (limit + beyond - len(mint.valid)) * 3 // 4
        return mint.with_claims(note="n" * max(0, room + (8 if beyond > 0 else 0)))

    return make


def _deep(mint: Mint) -> str:
    return mint.token(claims=b'{"a":' + b"[" * 1_500 + b"]" * 1_500 + b"}")


def _unused_bits(text: str) -> str:
    """Return the text with other bits in its last digit, of those that say nothing; as it is if there are none."""
    unused = {2: 4, 3: 2}.get(len(text) % 4, 0)
    return text[:-1] + _DIGITS[_DIGITS.index(text[-1]) ^ (1 << (unused - 1))] if unused else f"{text}="


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4) if len(text) % 4 else f"{text}===="


def _json_form(mint: Mint) -> str:
    header, payload, signature = mint.parts
    return plain({"payload": payload, "protected": header, "signature": signature}).decode()


def _signed_text(mint: Mint, change: Callable[[str, str], str]) -> str:
    """Sign header and payload as `change` writes them."""
    header, payload, _ = mint.parts
    told = change(header, payload)
    return f"{told}.{encoded(mint.key.sign(told.encode()))}"


_BROKEN: tuple[tuple[str, str, Callable[[Mint], str]], ...] = (
    ("empty", "that is empty", lambda _m: ""),
    ("not-a-token", "that is a word", lambda _m: "token"),
    ("two-dots", "of two dots", lambda _m: ".."),
    ("no-signature", "without its signature", lambda m: ".".join(m.parts[:2]) + "."),
    ("no-signature-no-dot", "without its signature and its last dot", lambda m: ".".join(m.parts[:2])),
    ("no-payload", "without its payload", lambda m: f"{m.parts[0]}..{m.parts[2]}"),
    ("no-payload-no-dot", "without its payload and a dot", lambda m: f"{m.parts[0]}.{m.parts[2]}"),
    ("no-header", "without its header", lambda m: f".{m.parts[1]}.{m.parts[2]}"),
    ("no-header-no-dot", "without its header and a dot", lambda m: f"{m.parts[1]}.{m.parts[2]}"),
    ("only-payload", "of its payload and two dots", lambda m: f".{m.parts[1]}."),
    ("only-payload-no-dots", "of its payload alone", lambda m: m.parts[1]),
    ("extra-empty-part", "with a fourth part that is empty", lambda m: f"{m.valid}."),
    ("extra-part", "with a fourth part", lambda m: f"{m.valid}.{m.parts[2]}"),
    ("leading-dot", "with a dot in front", lambda m: f".{m.valid}"),
    ("json-form", "in JSON serialization", _json_form),
    ("twice", "twice, with a comma between", lambda m: f"{m.valid},{m.valid}"),
    ("bearer", "behind the word Bearer", lambda m: f"Bearer {m.valid}"),
    ("nested", "whose payload is a token", lambda m: m.token(claims=m.valid.encode(), header={**m.header, "cty": "JWT"})),
    ("payload-empty", "whose payload is empty, and signed", lambda m: m.token(claims=b"")),
    ("payload-array", "whose payload is an array", lambda m: m.token(claims=b"[" + plain(m.claims) + b"]")),
    ("payload-text", "whose payload is a JSON string", lambda m: m.token(claims=b'"exp iss aud sub"')),
    ("payload-number", "whose payload is a number", lambda m: m.token(claims=b"7")),
    ("payload-null", "whose payload is null", lambda m: m.token(claims=b"null")),
    ("payload-true", "whose payload is true", lambda m: m.token(claims=b"true")),
    ("payload-not-json", "whose payload is no JSON", lambda m: m.token(claims=plain(m.claims)[:-1])),
    ("payload-not-utf-8", "whose payload is no UTF-8", lambda m: m.token(claims=b'{"sub":"\xff\xfe"}')),
    ("payload-deep", "whose payload is nested too deeply", _deep),
    ("header-empty", "whose header is empty", lambda m: m.token(header=b"")),
    ("header-array", "whose header is an array", lambda m: m.token(header=b"[" + plain(m.header) + b"]")),
    ("header-null", "whose header is null", lambda m: m.token(header=b"null")),
    ("header-text", "whose header is a JSON string", lambda m: m.token(header=b'"alg kid"')),
    ("header-not-json", "whose header is no JSON", lambda m: m.token(header=b"{alg:RS256}")),
    ("header-not-utf-8", "whose header is no UTF-8", lambda m: m.token(header=b'{"alg":"\xff\xfe"}')),
    ("header-deep", "whose header is nested too deeply", lambda m: m.token(header=b"[" * 1_500)),
    ("not-ascii", "with a letter that is not ASCII", lambda m: f"{m.parts[0]}.{m.parts[1]}é.{m.parts[2]}"),
    ("nul", "with a NUL in its payload", lambda m: f"{m.parts[0]}.{m.parts[1]}\0.{m.parts[2]}"),
    ("one-letter", "whose header has one letter", lambda m: f"e.{m.parts[1]}.{m.parts[2]}"),
)  # fmt: skip
_OTHER: tuple[tuple[str, str, Callable[[Mint], str]], ...] = (
    ("signature-padded", "whose signature is padded", lambda m: f"{m.told()}.{_padded(m.parts[2])}"),
    ("signature-equals", "with = behind its signature", lambda m: f"{m.valid}="),
    ("signature-spaces", "with spaces in its signature", lambda m: f"{m.told()}.{m.parts[2][:9]}  {m.parts[2][9:]}"),
    ("signature-newline", "with a line break in its signature", lambda m: f"{m.told()}.{m.parts[2][:9]}\n{m.parts[2][9:]}"),
    ("signature-foreign-letter", "with a ! in its signature", lambda m: f"{m.told()}.{m.parts[2][:8]}!{m.parts[2][8:]}"),
    ("signature-foreign-end", "with !!!! behind its signature", lambda m: f"{m.valid}!!!!"),
    ("signature-unused-bits", "whose signature ends in other unused bits", lambda m: f"{m.told()}.{_unused_bits(m.parts[2])}"),
    ("space-behind", "with a space behind it", lambda m: f"{m.valid} "),
    ("space-in-front", "with a space in front", lambda m: f" {m.valid}"),
    ("newline-behind", "with a line break behind it", lambda m: f"{m.valid}\n"),
    ("tab-in-front", "with a tab in front", lambda m: f"\t{m.valid}"),
    ("signed-padding", "that was signed with padding in its header", lambda m: _signed_text(m, lambda h, p: f"{_padded(h)}.{p}")),
    ("signed-payload-padding", "that was signed with padding in its payload", lambda m: _signed_text(m, lambda h, p: f"{h}.{_padded(p)}")),
    ("signed-spaces", "that was signed with spaces in its payload", lambda m: _signed_text(m, lambda h, p: f"{h}.{p[:8]}    {p[8:]}")),
    ("signed-header-spaces", "that was signed with spaces in its header", lambda m: _signed_text(m, lambda h, p: f"{h[:8]}    {h[8:]}.{p}")),
    ("signed-newline", "that was signed with a line break in its payload", lambda m: _signed_text(m, lambda h, p: f"{h}.{p[:8]}\r\n{p[8:]}")),
    ("signed-foreign-letters", "that was signed with !!!! in its payload", lambda m: _signed_text(m, lambda h, p: f"{h}.{p[:8]}!!!!{p[8:]}")),
    ("signed-header-letters", "that was signed with ???? in its header", lambda m: _signed_text(m, lambda h, p: f"{h[:8]}????{h[8:]}.{p}")),
    ("signed-unused-bits", "that was signed with other unused bits in its payload", lambda m: _signed_text(m, lambda h, p: f"{h}.{_unused_bits(p)}")),
    ("standard-alphabet", "whose payload is in the other alphabet of base64, and signed", lambda m: _signed_text(m, lambda h, _p: f"{h}.{base64.b64encode(plain({**m.claims, 'note': '>>>???~~~'})).decode()}")),
)  # fmt: skip
