"""Systems on drivers that the harness does not use, known by a description: each mistake breaks its promise.

The right system survives the very schedules that show the mistakes. A schedule is tried three times: on a busy machine a
client may be too early or a fault too late.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shaketable.fault import CrashSender, Cut, Drop, Hold
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.world import RealWorld
from shaketable.runner import Outcome, execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.described.subject import subject_from
from tests.processes.started import needs_the_extra

TARGETS = Path(__file__).parents[3] / "target_services" / "shaketable_targets"
LOYALTY, TRIPS = TARGETS / "loyalty" / "loyalty.toml", TARGETS / "trips" / "trips.toml"
TRIES = 3
A_WHILE = Wait(20_000)

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

BUY = Do("buy", {"key": "k1", "receipt": "p1", "member": "ada", "cents": 900})
CREDITED = "worker>postgres COMMIT credits,members"
BOUGHT = "till>postgres COMMIT outbox,purchases"
CHARGE = "billing>bank POST /charges #1"


def crash_once(at: str) -> tuple[Step, ...]:
    return (Inject(CrashSender(at=f"{at} #1", leg="reply")), BUY, A_WHILE)


def asked_again_after_a_cut(at: str) -> tuple[Step, ...]:
    return (Inject(Cut(at=f"{at} #1", leg="reply")), BUY, A_WHILE, BUY, Wait(6_000))


def book(ref: str = "b1", card: str = "good", extra: str = "meal") -> Do:
    value = {"ref": ref, "departure": "ROM-0930", "price": 120, "card": card, "extra": extra}
    return Do("book", value)


CHARGED_UNHEARD = (Inject(Cut(at=CHARGE, leg="reply")), book(), A_WHILE)
CHARGED_IN_SILENCE = (Inject(Drop(at=CHARGE, leg="reply")), book(), A_WHILE)
DECLINED = (Inject(Cut(at=CHARGE, leg="request")), book(card="empty"), A_WHILE)
FAILED_FOR_A_WHILE = (
    Inject(Hold(at="seats>kafka PRODUCE seats/b1 #1", leg="reply", for_ms=200)),
    book(card="slow"),
    A_WHILE,
    Do("redrive"),
    Wait(6_000),
)
NO_VOUCHER_LEFT = (
    Inject(Cut(at="billing>bank POST /refunds #1", leg="reply")),
    book("b1", extra="lounge"),
    Wait(10_000),
    book("b2", extra="lounge"),
    A_WHILE,
)


@pytest.fixture(scope="module")
def world() -> Iterator[RealWorld]:
    opened = RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20)
    yield opened
    opened.close()


def variant(file: Path, folder: Path, **settings: str) -> Subject:
    """Return the described system with other settings in the environment of its parts."""
    text = file.read_text().replace('"-u", "', f'"-u", "{file.parent}/')
    for name, value in settings.items():
        text, found = re.subn(rf'^{name} = ".*"$', f'{name} = "{value}"', text, flags=re.MULTILINE)
        assert found == 1, name
    copy = folder / file.name
    copy.write_text(text)
    return subject_from(copy)


def run(world: RealWorld, subject: Subject, steps: tuple[Step, ...]) -> Outcome:
    return execute(world, subject, Schedule(subject.name, steps))


def broken(outcome: Outcome) -> set[tuple[str, str]]:
    return {(f.promise, f.anomaly) for j in outcome.judgements for f in j.findings}


@pytest.mark.parametrize(
    ("settings", "steps", "shown"),
    [
        ({"MARKED": "after"}, crash_once(CREDITED), ("ID-2", "double-effect")),
        ({"MARKED": "never"}, crash_once(CREDITED), ("ID-2", "double-effect")),
        ({"MARKED": "before"}, crash_once("worker>postgres COMMIT processed"), ("ID-6", "record-without-effect")),
        ({"KEY_STORED": "after"}, asked_again_after_a_cut(BOUGHT), ("ID-6", "effect-without-record")),
        ({"KEY_STORED": "after"}, asked_again_after_a_cut(BOUGHT), ("ID-2", "double-effect")),
    ],
    ids=["marked after", "never marked", "marked before", "key after: without record", "key after: bought twice"],
)  # fmt: skip
def test_each_mistake_of_the_loyalty_programme_breaks_its_promise(world, tmp_path, settings, steps, shown):
    subject = variant(LOYALTY, tmp_path, **settings)
    assert any(shown in broken(run(world, subject, steps)) for _ in range(TRIES))


@pytest.mark.parametrize(
    ("settings", "steps", "shown"),
    [
        ({"BANK_KEYS": "no", "INBOX": "no"}, CHARGED_UNHEARD, ("SG-2", "double-charge")),
        ({"BANK_TIMEOUT": "declined"}, CHARGED_IN_SILENCE, ("SG-1", "money-kept")),
        ({"RELEASE": "delete"}, DECLINED, ("SG-3", "compensated-by-delete")),
        ({"RELEASE": "never"}, DECLINED, ("SG-1", "stock-leaked")),
        ({"FAILING": "drop"}, FAILED_FOR_A_WHILE, ("DL-3", "silent-drop")),
        ({"FAILING": "drop"}, FAILED_FOR_A_WHILE, ("DL-1", "never-handled")),
    ],
    ids=["charged twice", "timeout as decline", "deleted", "not released", "dropped", "never handled"],
)
def test_each_mistake_of_the_travel_agency_breaks_its_promise(world, tmp_path, settings, steps, shown):
    subject = variant(TRIPS, tmp_path, **settings)
    assert any(shown in broken(run(world, subject, steps)) for _ in range(TRIES))


@pytest.mark.parametrize(
    ("file", "schedules"),
    [
        (
            LOYALTY,
            (
                crash_once("worker>postgres COMMIT credits,members,processed"),
                asked_again_after_a_cut("till>postgres COMMIT outbox,purchases,requests"),
            ),
        ),
        (TRIPS, (CHARGED_UNHEARD, CHARGED_IN_SILENCE, DECLINED, FAILED_FOR_A_WHILE, NO_VOUCHER_LEFT)),
    ],
    ids=["loyalty", "trips"],
)
def test_the_right_system_fits_its_description_and_survives_the_same(world, tmp_path, file, schedules):
    subject = variant(file, tmp_path)
    assert subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history) == []
    for steps in schedules:
        outcomes = [run(world, subject, steps)]
        while outcomes[-1].unknown and len(outcomes) < TRIES:
            outcomes.append(run(world, subject, steps))
        assert [broken(outcome) for outcome in outcomes] == [set()] * len(outcomes)
        assert not outcomes[-1].unknown
