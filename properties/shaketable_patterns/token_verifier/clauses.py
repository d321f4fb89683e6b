"""Every clause of a token verifier, in the order of its promises."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from shaketable.checkers.rule import Rule
from shaketable.checkers.tally import Tally
from shaketable.verdict import Promise
from shaketable_patterns.token_verifier.facts import Presented, VerifierFacts
from shaketable_patterns.token_verifier.presenting_adapter import is_unfit, token_of
from shaketable_patterns.token_verifier.promises import TV_1, TV_2, TV_3, TV_4, TV_5, TV_6, TV_7, TV_8

Judge = Callable[[VerifierFacts, Tally], None]


def refused(*anomalies: str) -> Judge:
    """Return what counts the tokens that have to be refused for one of these reasons, and blames one that is accepted."""

    def judge(facts: VerifierFacts, tally: Tally) -> None:
        for one in facts.presented:
            if one.due.answer != "refuse" or one.due.anomaly not in anomalies:
                continue
            tally.exercised += 1
            if one.accepted:
                told = f"{one.told}, {one.due.words}, and it is accepted"
                tally.breach(
                    one.due.anomaly,
                    told,
                    one.due.since,
                    one.call.invoked.index,
                    one.done.index,
                    off_profile=one.due.off_profile,
                )

    return judge


def accepted(anomaly: str) -> Judge:
    """Return what counts the tokens that have to be accepted, and blames one that is refused."""

    def judge(facts: VerifierFacts, tally: Tally) -> None:
        for one in facts.presented:
            if one.due.answer != "accept" or one.due.anomaly != anomaly or not one.is_calm:
                continue
            tally.exercised += 1
            if one.refused and _is_refusal(one):
                told = f"{one.told}, {one.due.words}, and it is refused{_by(one)}"
                tally.breach(anomaly, told, one.due.since, one.call.invoked.index, one.done.index)

    return judge


def claims_are_those_signed(facts: VerifierFacts, tally: Tally) -> None:
    """Count the tokens that are accepted, and blame claims that are not those that were signed."""
    for one in facts.presented:
        if not one.accepted or not (
            one.situation.answer == "accept" or one.situation.name.endswith("-last-right")
        ):
            continue
        tally.exercised += 1
        given = {**one.call.arguments}
        payload = token_of(
            facts.knobs, given["made"], given["key"], given["issued_s"], given["life_s"]
        ).split(".")[1]
        signed = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        got = one.call.result
        differing = [
            name for name, value in signed.items() if not isinstance(got, dict) or got.get(name, ...) != value
        ]
        if differing:
            shown = repr(got.get(differing[0])) if isinstance(got, dict) else repr(got)
            told = f"{one.told}, whose {differing[0]} is {signed[differing[0]]!r}, and {shown} is returned"
            tally.breach("claims-differ", told, one.call.invoked.index, one.done.index)


def refusals_are_refusals(facts: VerifierFacts, tally: Tally) -> None:
    """Count what is not accepted, and blame an exception that means no refusal."""
    for one in facts.presented:
        if one.accepted or not one.is_calm or (is_unfit(one.kid) and facts.knobs.unfit_keys == "unchecked"):
            continue
        tally.exercised += 1
        if one.done.kind == "fail" and not one.call.refused:
            told = f"{one.told}, and {one.done.value['error']} comes out, which is no refusal"
            tally.breach("crashed", told, one.call.invoked.index, one.done.index)


def _is_refusal(one: Presented) -> bool:
    """Tell whether it is not a crash, which is another promise's."""
    return one.done.kind == "ok" or one.call.refused


def _by(one: Presented) -> str:
    return f" by {one.done.value['error']}" if one.done.kind == "fail" else ""


def _refusing(
    promise: Promise, clause: str, *anomalies: str, needs: tuple[str, ...] = ()
) -> Rule[VerifierFacts]:
    return Rule(promise, clause, refused(*anomalies), needs)


RULES: tuple[Rule[VerifierFacts], ...] = (
    _refusing(TV_1, "what is not signed is refused", "unsigned-accepted"),
    _refusing(TV_1, "a signature that is not the key's is refused", "forged-accepted"),
    _refusing(TV_1, "the token chooses neither algorithm nor key", "key-confused"),
    _refusing(TV_1, "a stranger's key is refused", "stranger-accepted"),
    _refusing(TV_2, "refused once it expired", "expired-accepted"),
    _refusing(TV_2, "refused before it begins", "early-accepted"),
    _refusing(TV_2, "refused for another audience", "wrong-audience-accepted"),
    _refusing(TV_2, "refused from another issuer", "wrong-issuer-accepted"),
    _refusing(TV_2, "refused without a required claim", "incomplete-accepted"),
    Rule(TV_3, "the claims are those that were signed", claims_are_those_signed),
    Rule(TV_4, "a refusal is a refusal", refusals_are_refusals, ("refusals=declared",)),
    _refusing(TV_5, "no other form is accepted", "other-form-accepted", needs=("encoding=strict",)),
    _refusing(TV_5, "no critical header is ignored", "critical-ignored"),
    _refusing(TV_5, "no longer token is accepted", "oversize-accepted", needs=("max_bytes",)),
    Rule(TV_6, "a valid token is accepted", accepted("valid-refused")),
    Rule(TV_7, "a new key is accepted", accepted("new-key-refused")),
    Rule(TV_7, "an old key is accepted within its grace", accepted("old-key-refused"), ("grace_s",)),
    _refusing(TV_7, "an old key is refused after its grace", "old-key-accepted"),
    _refusing(TV_8, "an unfit key is not used", "unfit-key-used", needs=("unfit_keys=refused",)),
)  # fmt: skip
