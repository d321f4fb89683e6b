"""A gateway on Starlette, PyJWT and httpx, known by a description: each mistake of it breaks its promise."""

import tomllib

import pytest

from shaketable.fault import Crash, Drop, Partition
from shaketable.schedule import Do, Inject, Wait
from shaketable_patterns.shop_gateway.tokens import token_of
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

DOOR = TARGETS / "front_door" / "front_door.toml"
CARDS = {
    "unsigned": "alg-none-unsigned",
    "for-others": "aud-other",
    "old": "expired",
    "by-the-public-key": "hs256-by-pem",
}
"""The ops whose card is not good, and of which situation it is."""

pytestmark = needs_the_extra
pytest.importorskip("jwt", reason="the extra `libraries` is not installed")


def asked(op: str, *numbers: int) -> tuple[Do | Wait, ...]:
    return tuple(step for number in numbers for step in (Do(op, {"no": f"v{number}"}), Wait(2_000)))


VISITS = asked("visit", 1, 2, 3, 4, 5, 6)
BAD_CARDS = tuple(step for number, op in enumerate(CARDS, 1) for step in asked(op, number))
SLIPS = asked("slip", 1)
POSES = asked("pose-otherwise", 1)
UNANSWERED = (
    *(Inject(Drop(at=f"door>{desk} POST /desks/v1 #1", leg="reply")) for desk in ("east", "west")),
    *asked("lend", 1),
    Wait(8_000),
    *asked("visit", 2),
)
NONE_THERE = (
    Inject(Crash(service="cellar", down_ms=60_000)),
    Wait(1_000),
    *asked("descend", 1),
    *asked("visit", 2),
)
ONE_AWAY = (
    Inject(Partition(sender="door", receiver="east", for_ms=60_000)),
    Wait(20_000),
    *asked("lend", 1, 2, 3, 4),
)
BACK = (
    Inject(Partition(sender="door", receiver="cellar", for_ms=20_000)),
    Wait(1_000),
    *asked("descend", 1),
    Wait(40_000),
    *asked("descend", 2),
)
MISTAKES = (
    Mistake("reads cards", BAD_CARDS, ("GW-1", "bad-token-passed"), {"CARDS": "read"}),
    Mistake("reads no path", SLIPS, ("GW-2", "misrouted"), {"PATHS": "as sent"}),
    Mistake("lets names in", POSES, ("GW-5", "identity-from-outside"), {"NAMES": "all"}),
    Mistake("asks the first", VISITS, ("GW-3", "uneven"), {"TURNS": "first"}),
    Mistake("sends twice", UNANSWERED, ("GW-4", "sent-twice"), {"REPEATS": "all"}),
    Mistake("tells an error", NONE_THERE, ("GW-6", "wrong-status"), {"TELLS": "500"}),
    Mistake("gives up", BACK, ("GW-6", "not-back"), {"AWAY": "given up"}),
)


def test_the_cards_of_the_description_are_those_of_the_situations():
    ops = {op["name"]: op for op in tomllib.loads(DOOR.read_text())["ops"]}
    for op, kind in {**CARDS, "visit": "valid"}.items():
        assert ops[op]["headers"]["authorization"] == f"Bearer {token_of(kind, 'ES256-a', 'u1')}", op


def test_doors_that_look_at_no_signature_and_read_no_path_break_their_promises(tmp_path):
    assert not_shown(DOOR, tmp_path, MISTAKES[:2]) == []


@campaign
def test_each_other_mistake_of_the_door_breaks_its_promise(tmp_path):
    assert not_shown(DOOR, tmp_path, MISTAKES[2:]) == []


@campaign
def test_the_right_door_fits_its_description_and_survives_the_same(tmp_path):
    survives(DOOR, tmp_path, (VISITS, BAD_CARDS, SLIPS, POSES, UNANSWERED, NONE_THERE, ONE_AWAY, BACK))
