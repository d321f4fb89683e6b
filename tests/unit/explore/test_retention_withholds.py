"""What a retention deleted before it was read is not held against a subject."""

from __future__ import annotations

import pytest

from shaketable.checker import judge
from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Judgement, Verdict
from tests.unit.explore.counter_subject import ENDS, SUM, SumChecker


def judged(*receipts: tuple[str, Json]) -> dict[str, Judgement]:
    history = History()
    history.add(0, "invoke", "client", "add", {"amount": 3})
    history.add(0, "effect", "counter", "level", 2)
    for name, value in receipts:
        fault = history.add(0, "fault", "kafka", name, {})
        history.add(0, "receipt", "kafka", name, {"what": "it landed", **value}, fault)
    return {one.promise: one for one in judge([SumChecker()], history, Profile("none", {}))}


def test_nothing_is_found_where_records_were_deleted_that_a_group_had_not_read() -> None:
    found = judged(("retention", {"begins": {"orders/0": 2}, "unread": ["billing", "mail"]}))
    assert found[SUM.id].verdict is Verdict.UNKNOWN
    assert found[SUM.id].reason is not None
    assert found[SUM.id].reason.kind == "retention"
    assert "billing, mail had not read" in found[SUM.id].unknown
    assert found[ENDS.id].verdict is Verdict.CERTIFIED, "what holds all the same holds"


@pytest.mark.parametrize(
    "receipts", [(), (("retention", {"begins": {"orders/0": 2}, "unread": []}),), (("crash", {}),)]
)
def test_what_all_had_read_excuses_nothing(receipts: tuple[tuple[str, Json], ...]) -> None:
    assert judged(*receipts)[SUM.id].verdict is Verdict.VIOLATED
