"""docs/shelf.md: the page is what its stored schedules show today, and no library is accused without a second reason."""

from importlib.metadata import version

import pytest

from shaketable.explore.judge.expectations import expected_keys
from shaketable_patterns.bulkhead import subjects as bulkheads
from shaketable_patterns.catalogue import order_subjects, subjects
from shaketable_patterns.circuit_breaker import subjects as breakers
from shaketable_patterns.idempotency_store import subjects as stores
from shaketable_patterns.lock import subjects as locks
from shaketable_patterns.rate_limiter import subjects as limiters
from shaketable_patterns.retry import subjects as retries
from shaketable_patterns.token_verifier import subjects as verifiers
from tests import shelf

LIBRARIES = shelf.libraries()
ALL_INSTALLED = not any(
    one.missing() for one in (breakers, bulkheads, stores, locks, limiters, retries, verifiers)
)
TOLD = {subject.name: shelf.stories(subject) for subject in LIBRARIES}
each = pytest.mark.parametrize("subject", LIBRARIES, ids=[subject.name for subject in LIBRARIES])


def test_the_page_is_what_is_stored_and_what_that_shows_now():
    if not ALL_INSTALLED:
        pytest.skip("the page has libraries that are not installed here")
    assert shelf.PAGE.read_text() == shelf.page(shelf.searched()), (
        "docs/shelf.md is out of date: run `python -m tests.shelf`"
    )


@each
def test_every_anomaly_that_is_expected_has_a_story_that_shows_it(subject):
    shown = [(one.finding.promise, one.finding.anomaly) for one in TOLD[subject.name] if one.finding]
    assert len(shown) == len(TOLD[subject.name]), "a stored schedule shows its anomaly no more"
    assert sorted(shown) == sorted(expected_keys(subject))


@each
def test_a_violation_has_a_second_reason(subject):
    assert subject.library
    assert set(shelf.violations(TOLD[subject.name])) == set(subject.expects.reasons)
    for reason in subject.expects.reasons.values():
        assert any(word in reason.lower() for word in ("line", "issue", "pull request", "document"))
        assert reason.endswith(".")


@each
def test_the_stored_verdicts_are_of_this_version_and_say_what_is_expected(subject):
    known = shelf.searched()[subject.name]
    assert known.version == version(subject.library)
    assert set(known.promises) == {promise.id for promise in subject.pattern.promises}
    violated = {promise for promise, verdict in known.promises.items() if verdict == "violated"}
    expects = subject.expects
    assert set(expects.breaks) <= violated <= set(expects.breaks) | expects.may_break


def test_nothing_is_stored_that_is_on_no_shelf():
    if not ALL_INSTALLED:
        pytest.skip("some libraries are not installed here")
    told = {story.path for stories in TOLD.values() for story in stories}
    assert set(shelf.STORE.iterdir()) - told == {shelf.VERDICTS}
    assert set(shelf.searched()) == {subject.name for subject in LIBRARIES}


def test_only_libraries_of_others_are_on_the_shelf():
    shipped = {subject.name for subject in subjects() if not subject.library}
    assert {subject.name for subject in order_subjects()} | {"breaker/hardened", "lock/unfenced"} <= shipped
