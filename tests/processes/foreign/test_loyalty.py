"""A loyalty programme on drivers that the harness does not use, known by a description: each mistake breaks its promise."""

import pytest

from shaketable.fault import CrashSender, Cut
from shaketable.schedule import Do, Inject, Step, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

LOYALTY = TARGETS / "loyalty" / "loyalty.toml"
A_WHILE = Wait(20_000)

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

BUY = Do("buy", {"key": "k1", "receipt": "p1", "member": "ada", "cents": 900})
CREDITED = "worker>postgres COMMIT credits,members"
BOUGHT = "till>postgres COMMIT outbox,purchases"


def crash_once(at: str) -> tuple[Step, ...]:
    return (Inject(CrashSender(at=f"{at} #1", leg="reply")), BUY, A_WHILE)


def asked_again_after_a_cut(at: str) -> tuple[Step, ...]:
    return (Inject(Cut(at=f"{at} #1", leg="reply")), BUY, A_WHILE, BUY, Wait(6_000))


MISTAKES = (
    Mistake("marked after", crash_once(CREDITED), ("ID-2", "double-effect"), {"MARKED": "after"}),
    Mistake("never marked", crash_once(CREDITED), ("ID-2", "double-effect"), {"MARKED": "never"}),
    Mistake(
        "marked before",
        crash_once("worker>postgres COMMIT processed"),
        ("ID-6", "record-without-effect"),
        {"MARKED": "before"},
    ),
    Mistake(
        "marked after: counted twice", crash_once(CREDITED), ("PJ-2", "counted-twice"), {"MARKED": "after"}
    ),
    Mistake(
        "marked before: not in the view",
        crash_once("worker>postgres COMMIT processed"),
        ("PJ-1", "missing-in-view"),
        {"MARKED": "before"},
    ),
    Mistake(
        "key after: without record",
        asked_again_after_a_cut(BOUGHT),
        ("ID-6", "effect-without-record"),
        {"KEY_STORED": "after"},
    ),
    Mistake(
        "key after: bought twice",
        asked_again_after_a_cut(BOUGHT),
        ("ID-2", "double-effect"),
        {"KEY_STORED": "after"},
    ),
)


def test_mistakes_of_the_loyalty_programme_break_their_promises(tmp_path):
    assert not_shown(LOYALTY, tmp_path, MISTAKES[:2]) == []


@campaign
def test_each_other_mistake_of_the_loyalty_programme_breaks_its_promise(tmp_path):
    assert not_shown(LOYALTY, tmp_path, MISTAKES[2:]) == []


def test_the_right_loyalty_programme_fits_its_description_and_survives_the_same(tmp_path):
    crash = crash_once("worker>postgres COMMIT credits,members,processed")
    survives(
        LOYALTY, tmp_path, (crash, asked_again_after_a_cut("till>postgres COMMIT outbox,purchases,requests"))
    )
