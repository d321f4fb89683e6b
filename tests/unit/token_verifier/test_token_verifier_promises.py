"""Handwritten histories, red and green, for each anomaly of a token verifier."""

from __future__ import annotations

from pathlib import Path

import pytest
from verifier_history import VerifierHistory, claims, profile

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.token_verifier.profile import GATEWAY, knobs_of
from shaketable_patterns.token_verifier.promises import PROMISES

LENIENT = profile(encoding="lenient", numbers="lenient", max_bytes=0, unfit_keys="unchecked")


def history() -> VerifierHistory:
    return VerifierHistory()


def test_tokens_that_are_answered_as_they_have_to_be_break_nothing() -> None:
    green = (
        history().presents().refused("alg-none-unsigned").refused("aud-other").wait(601 + 10 + 1).refused()
    )
    assert green.found() == []
    assert green.exercised("TV-1") == 1
    assert green.exercised("TV-2") == 2
    assert green.exercised("TV-6") == 1


@pytest.mark.parametrize(
    ("made", "broken"),
    [
        ("alg-none-unsigned", "TV-1 unsigned-accepted VIOLATION"),
        ("no-signature", "TV-1 unsigned-accepted VIOLATION"),
        ("tampered-claims", "TV-1 forged-accepted VIOLATION"),
        ("r-0-s-0", "TV-1 forged-accepted VIOLATION"),
        ("hs256-by-pem", "TV-1 key-confused VIOLATION"),
        ("kid-of-another", "TV-1 key-confused OFF-PROFILE"),
        ("jwk-stranger", "TV-1 stranger-accepted VIOLATION"),
        ("exp-past", "TV-2 expired-accepted VIOLATION"),
        ("nbf-later", "TV-2 early-accepted VIOLATION"),
        ("aud-longer", "TV-2 wrong-audience-accepted VIOLATION"),
        ("iss-with-a-slash", "TV-2 wrong-issuer-accepted VIOLATION"),
        ("without-exp", "TV-2 incomplete-accepted VIOLATION"),
        ("signature-newline", "TV-5 other-form-accepted OFF-PROFILE"),
        ("exp-text-later", "TV-2 expired-accepted OFF-PROFILE"),
        ("crit-unknown", "TV-5 critical-ignored VIOLATION"),
        ("oversize", "TV-5 oversize-accepted OFF-PROFILE"),
    ],
)
def test_a_token_that_has_to_be_refused_and_is_accepted_breaks_its_promise(made: str, broken: str) -> None:
    red = history().presents().presents(made)
    (finding,) = red.findings()
    assert f"{finding.promise} {finding.anomaly} {finding.level}" == broken
    assert [red.history[i].process for i in finding.witness] == ["call-2", "call-2"]
    assert history().presents().refused(made).found() == []


def test_what_a_profile_allows_is_no_finding() -> None:
    for made in ("signature-newline", "exp-text-later", "oversize"):
        assert history().presents(made).found(LENIENT) == []
    assert history().presents("kid-missing").found(profile(kid="optional")) == []
    assert history().presents("without-exp").found(profile(required="iss aud")) == []
    assert history().presents("hs256-by-pem").found(LENIENT) == ["TV-1 key-confused VIOLATION"]


def test_none_and_false_are_refusals() -> None:
    for answer in (False, None):
        one = history()
        process, event = one._begin("verify", made="alg-none", key="ES256-a", issued_s=0, life_s=600)
        one.add("ok", process, "verify", {"result": answer}, event)
        assert one.found() == []


def test_a_token_is_expired_a_second_behind_its_leeway_and_either_at_it() -> None:
    assert history().wait(610).presents().found() == []
    assert history().wait(610).refused().found() == []
    red = history().wait(612).presents()
    (finding,) = red.findings()
    assert (finding.promise, finding.anomaly) == ("TV-2", "expired-accepted")
    assert "which expired 12 s ago, and the leeway is 10 s" in finding.message


def test_a_token_is_early_a_second_before_its_leeway() -> None:
    assert history().presents(issued_s=11).found() == []
    assert history().presents(issued_s=12).found() == ["TV-2 early-accepted VIOLATION"]
    assert history().refused(issued_s=12).found() == []
    assert history().refused(issued_s=5).found() == ["TV-6 valid-refused VIOLATION"]


def test_once_the_wall_clock_was_stepped_times_say_nothing() -> None:
    assert history().steps_clock().wait(5_000).presents().found() == []
    assert history().steps_clock().presents("alg-none").found() == ["TV-1 key-confused VIOLATION"]


def test_claims_that_were_not_signed_break_tv_3() -> None:
    wrong = {**claims(), "sub": "admin"}
    assert history().presents(gets=wrong).found() == ["TV-3 claims-differ VIOLATION"]
    assert history().presents(gets={}).found() == ["TV-3 claims-differ VIOLATION"]
    assert history().presents(gets=[1]).found() == ["TV-3 claims-differ VIOLATION"]
    assert history().presents(gets={**claims(), "verified_at": 1}).found() == []


def test_of_a_claim_that_stands_twice_the_last_counts_or_the_token_is_refused() -> None:
    assert history().presents("exp-twice-last-right").found() == []
    assert history().refused("exp-twice-last-right").found() == []
    assert history().presents("exp-twice-first-right").found() == ["TV-2 expired-accepted VIOLATION"]
    first = {**claims(), "aud": "other"}
    assert history().presents("aud-twice-last-right", gets=first).found() == ["TV-3 claims-differ VIOLATION"]


def test_an_error_that_is_no_refusal_breaks_tv_4_unless_any_is_declared_or_a_fault_raised_it() -> None:
    def crashed(fault: str = "") -> VerifierHistory:
        return history().presents("payload-null", error="TypeError", rejected=False, fault=fault)

    assert crashed().found() == ["TV-4 crashed VIOLATION"]
    assert crashed("lose").found() == []
    assert crashed().found(profile(refusals="any")) == []


@pytest.mark.parametrize(
    "made", ["valid", "leading-zero", "spaced", "escaped", "utf-8", "at-the-limit", "aud-among-others"]
)
def test_a_valid_token_that_is_refused_breaks_tv_6_unless_a_fault_met_it(made: str) -> None:
    assert history().refused(made).found() == ["TV-6 valid-refused VIOLATION"]
    assert history().presents(made, error="Refused", fault="lose").found() == []
    assert history().presents(made, gets={**claims(), "jti": "other"}).found() in (
        ["TV-3 claims-differ VIOLATION"],
        [],
    )


def test_a_new_key_that_is_refused_breaks_tv_7() -> None:
    assert history().trusts("a b").presents(key="ES256-b").found() == []
    assert history().trusts("a b").refused(key="ES256-b").found() == ["TV-7 new-key-refused VIOLATION"]


def test_a_key_that_is_not_in_the_set_yet_is_a_strangers() -> None:
    assert history().presents(key="ES256-b").found() == ["TV-1 stranger-accepted VIOLATION"]
    assert history().refused(key="ES256-b").trusts("b").found() == []


def test_an_old_key_is_good_within_its_grace_and_not_after() -> None:
    def rotated(wait_s: int) -> VerifierHistory:
        return history().trusts("b").wait(wait_s)

    assert rotated(290).presents().found() == []
    assert rotated(290).refused().found() == ["TV-7 old-key-refused VIOLATION"]
    for at_s in (299, 300, 301):  # either, as it is at the edge
        assert rotated(at_s).presents().found() == rotated(at_s).refused().found() == []
    assert rotated(302).refused().found() == []
    assert rotated(302).presents().found() == ["TV-7 old-key-accepted VIOLATION"]
    assert rotated(3).presents().found(profile(grace_s=0)) == ["TV-7 old-key-accepted VIOLATION"]


def test_what_is_not_known_of_a_key_set_is_not_judged() -> None:
    assert history().trusts("b", error="Timeout").refused().found() == []
    assert history().trusts("b", error="Timeout").presents(key="ES256-b").found() == []
    assert history().trusts("b").crash().refused().found() == []  # a new incarnation knows no old key
    overlapping = history()
    first, at_first = overlapping._begin("trust", keys="b")
    overlapping.trusts("a")
    overlapping.add("ok", first, "trust", {"result": None}, at_first)
    assert overlapping.wait(1_000).refused(life_s=10_000).found() == []


def test_an_unfit_key_that_is_used_breaks_tv_8_where_keys_are_looked_at() -> None:
    for kid in ("ES256-enc", "RS256-short", "RS256-one", "ES256-other-alg"):
        assert history().trusts(f"a {kid}").presents(key=kid).found() == ["TV-8 unfit-key-used VIOLATION"]
        assert history().trusts(f"a {kid}").presents(key=kid).found(LENIENT) == []
        assert history().trusts(f"a {kid}").refused(key=kid).found() == []


def test_every_anomaly_has_a_red_history_above() -> None:
    text = Path(__file__).read_text()
    assert [a for promise in PROMISES for a in promise.anomalies if f" {a} " not in text] == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"algorithms": "RS256 none"}, "algorithms must be some of RS256"),
        ({"required": "exp role"}, "required must be some of iss"),
        ({"leeway_s": -1}, "must not be negative"),
        ({"max_bytes": 100}, "an ordinary token is longer than max_bytes=100"),
        ({"audience": 7}, "Expected `str`, got `int`"),
        ({"colour": "red"}, "unknown field `colour`"),
    ],
)
def test_a_profile_that_is_no_verifiers_is_refused(knobs: dict[str, str | int], said: str) -> None:
    with pytest.raises(UsageError, match="does not describe a token verifier") as error:
        knobs_of(Profile("mine", {**GATEWAY.knobs, **knobs}))
    assert said in str(error.value)
