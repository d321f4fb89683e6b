"""SR-1 to SR-5 on handwritten histories: each anomaly red, and what a correct registry may do green."""

from __future__ import annotations

import pytest

from shaketable.checker import judge
from shaketable.verdict import Finding
from shaketable_patterns.discovery.profile import HARDENED, LEASES_TWICE, PRESERVES
from shaketable_patterns.discovery.subjects import hardened
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_targets.discovery.settings import MEMBERS
from tests.unit.service_registry.registry_story import Story

ONE, TWO, THREE = MEMBERS
CHECKERS = {subject.profile.name: subject.pattern.checkers for subject in hardened()}
BOUNDS = Bounds(HARDENED)
GONE_MS = BOUNDS.gone_ms(is_direct=False, is_twice=False)
SHOWN_MS = BOUNDS.shown_ms(is_direct=False)
BACK_MS = BOUNDS.back_ms(is_direct=False)


def findings(story: Story, profile=HARDENED) -> list[Finding]:
    judged = judge(CHECKERS[profile.name], story.history, profile)
    return [finding for judgement in judged for finding in judgement.findings]


def broken(story: Story, profile=HARDENED) -> set[tuple[str, str]]:
    return {(finding.promise, finding.anomaly) for finding in findings(story, profile)}


def exercised(story: Story, promise: str, clause: str, profile=HARDENED) -> int:
    (judgement,) = [j for j in judge(CHECKERS[profile.name], story.history, profile) if j.promise == promise]
    return dict(judgement.clauses)[clause]


def test_a_live_instance_that_is_not_listed_is_missing():
    assert broken(Story().listed(ONE, TWO)) == {("SR-1", "missing")}
    assert broken(Story().listed(*MEMBERS)) == set()


def test_one_lost_heartbeat_is_no_reason_to_be_missing():
    story = Story().cut_off(ONE, BOUNDS.one_heartbeat_ms).wait(60_000)
    assert broken(story.listed(TWO, THREE)) == {("SR-1", "missing")}


def test_more_lost_heartbeats_are_a_reason():
    story = Story().cut_off(ONE, 2 * BOUNDS.heartbeat_ms).wait(70_000)
    assert broken(story.listed(TWO, THREE)) == set()


def test_a_step_of_a_wall_clock_is_no_reason():
    assert broken(Story().steps("registry-1").wait(60_000).listed(TWO, THREE)) == {("SR-1", "missing")}


def test_a_start_is_waited_for():
    assert broken(Story(starts_ms=20_000).listed()) == set()


def test_with_self_preservation_a_mass_silence_empties_nothing():
    def story(*left: str) -> Story:
        cut = Story().listed(*MEMBERS).wait(10)
        for name in MEMBERS:
            cut.cut_off(name, 400_000)
        return cut.wait(GONE_MS).listed(*left)

    assert broken(story(), PRESERVES) == {("SR-1", "emptied")}
    assert broken(story(*MEMBERS), PRESERVES) == set()
    assert exercised(story(*MEMBERS), "SR-1", "a mass silence empties nothing", PRESERVES) == 1
    assert broken(story()) == set()


def test_a_silent_instance_that_is_listed_for_too_long_outlives_its_lease():
    assert broken(Story().crashes(ONE).wait(GONE_MS).listed(*MEMBERS)) == {("SR-2", "outlives-its-lease")}
    assert broken(Story().crashes(ONE).wait(GONE_MS).listed(TWO, THREE)) == set()
    assert broken(Story().crashes(ONE).wait(GONE_MS - 1_000).listed(*MEMBERS)) == set()


def test_a_lease_of_twice_its_length_is_off_profile_where_it_is_not_declared_and_right_where_it_is():
    story = Story().crashes(ONE).wait(GONE_MS + 1_000).listed(*MEMBERS)
    (finding,) = findings(story)
    assert (finding.level, finding.off_profile) == ("OFF-PROFILE", "lease_length=twice")
    assert broken(story, LEASES_TWICE) == set()
    long_ms = BOUNDS.gone_ms(is_direct=False, is_twice=True)
    assert broken(Story().crashes(ONE).wait(long_ms).listed(*MEMBERS), LEASES_TWICE) == {
        ("SR-2", "outlives-its-lease")
    }


def test_a_registry_that_was_away_excuses_a_long_lease():
    story = Story().crashes(ONE).wait(30_000).crashes("registry-1").wait(5_000).restarts("registry-1")
    assert broken(story.wait(GONE_MS - 35_000).listed(*MEMBERS)) == set()


def test_who_left_is_listed_no_more_once_it_was_told_and_fetched():
    assert broken(Story().leaves(ONE).wait(SHOWN_MS).listed(*MEMBERS)) == {("SR-3", "still-listed")}
    assert broken(Story().leaves(ONE).wait(SHOWN_MS).listed(TWO, THREE)) == set()
    assert broken(Story().leaves(ONE).wait(5_000).listed(*MEMBERS)) == set()


def test_who_left_and_is_listed_again_without_a_registration_is_resurrected():
    story = Story().leaves(ONE).wait(10_000).listed(TWO, THREE).wait(5_000)
    assert broken(story.listed(*MEMBERS)) == {("SR-3", "resurrected")}


def test_who_came_back_or_restarted_is_listed_again():
    left = Story().leaves(ONE).wait(SHOWN_MS).listed(TWO, THREE)
    assert broken(left.joins(ONE).wait(1_000).listed(*MEMBERS)) == set()
    left = Story().leaves(ONE).wait(SHOWN_MS).listed(TWO, THREE)
    assert broken(left.crashes(ONE).restarts(ONE, "10.0.0.8").wait(1_000).listed(*MEMBERS)) == set()


def test_a_lost_instance_that_does_not_come_back_is_blamed_when_nothing_hinders_it():
    story = Story().cut_off(ONE, 300_000).wait(300_000 + BACK_MS + 100)
    assert broken(story.listed(TWO, THREE)) == {("SR-4", "not-back")}
    story = Story().cut_off(ONE, 300_000).wait(300_000 + BACK_MS - 1_000)
    assert broken(story.listed(TWO, THREE)) == set()


@pytest.mark.parametrize("old", ["10.0.0.1", "10.0.0.4"])
def test_an_address_of_an_earlier_start_is_old(old):
    story = Story().crashes(ONE).restarts(ONE, "10.0.0.4").wait(BACK_MS)
    story.crashes(ONE).restarts(ONE, "10.0.0.5").wait(BACK_MS + 100)
    assert broken(story.listed(TWO, THREE, rooms_1=old)) == {("SR-4", "old-address")}


def test_an_address_that_a_dead_start_is_given_late_is_not_the_one_to_be_listed():
    story = Story().crashes(ONE).restarts(ONE, "10.0.0.4").placed(ONE, "10.0.0.5").wait(BACK_MS + 100)
    assert broken(story.listed(TWO, THREE, rooms_1="10.0.0.4")) == set()


def test_replicas_that_differ_in_calm_are_blamed():
    story = Story().listed(*MEMBERS, at="registry-1")
    assert ("SR-5", "replicas-differ") in broken(story.listed(ONE, TWO, at="registry-2"))
    alike = Story().listed(*MEMBERS, at="registry-1").listed(*MEMBERS, at="registry-2")
    assert broken(alike) == set()
    assert exercised(alike, "SR-5", "replicas agree") == 3


def test_replicas_may_differ_while_they_do_not_reach_each_other():
    story = Story().cut_off("registry-1", 60_000, ("registry-2",)).leaves(ONE).wait(20_000)
    story.listed(*MEMBERS, at="registry-1").listed(TWO, THREE, at="registry-2")
    assert broken(story) == set()


def test_a_client_that_reaches_no_registry_keeps_what_it_has():
    def story() -> Story:
        return Story().cut_off("desk-1", 90_000).wait(2_000).listed(*MEMBERS).wait(40_000)

    assert broken(story().listed()) == {("SR-5", "copy-lost")}
    assert broken(story().refused()) == {("SR-5", "copy-lost")}
    assert broken(story().listed(*MEMBERS)) == set()
    reached = Story().cut_off("desk-1", 90_000, ("registry-1",)).wait(2_000).listed(*MEMBERS).wait(40_000)
    assert exercised(reached.listed(), "SR-5", "copies are kept") == 0


def test_a_registry_that_starts_again_takes_no_live_instance_away():
    def story() -> Story:
        lost = Story().listed(*MEMBERS).crashes("registry-1").wait(5_000).restarts("registry-1")
        return lost.wait(20_000)

    assert broken(story().listed()) == {("SR-5", "outage-empties")}
    assert broken(story().listed(*MEMBERS)) == set()


def test_a_busy_machine_lets_things_be_known_later_and_no_more():
    def story(*, after_ms: int, late_ms: int) -> Story:
        told = Story().leaves(ONE).wait(after_ms)
        told.add("phase", "harness", "busy", {"late_ms": late_ms})
        return told.listed(*MEMBERS)

    assert broken(story(after_ms=SHOWN_MS, late_ms=500)) == set()
    assert broken(story(after_ms=SHOWN_MS + 600, late_ms=500)) == {("SR-3", "still-listed")}
    assert broken(story(after_ms=SHOWN_MS + 1_600, late_ms=1_500)) == set()
    assert broken(story(after_ms=2 * SHOWN_MS + 1_600, late_ms=1_500)) == {("SR-3", "still-listed")}


def test_an_address_that_a_start_is_given_before_it_is_told_to_be_ready_is_no_old_one():
    story = Story().crashes(ONE).placed(ONE, "10.0.0.4").restarts(ONE).wait(BACK_MS + 100)
    assert broken(story.listed(TWO, THREE, rooms_1="10.0.0.4")) == set()
