"""The stories of listings that are replayed on real servers, and how the replays are judged."""

from __future__ import annotations

import pytest

from shaketable.certificate import Confirmation
from tests.listed_stories import exit_code, listed


def tried(reproduced: int, runs: int, outcome: str = "confirmed") -> Confirmation:
    return Confirmation(world="processes", reproduced=reproduced, runs=runs, outcome=outcome)


def test_every_story_of_a_listing_on_a_page_says_what_it_is_expected_to_show():
    stories = list(listed())
    assert len(stories) > 10
    assert [name for name, schedule, _ in stories if schedule.expected is None] == []
    assert {subject.name.partition("/")[0] for _, _, subject in stories} >= {
        "order-saga",
        "order-outbox",
        "waiting-list",
    }


@pytest.mark.parametrize(
    ("replays", "code"),
    [
        ([tried(10, 10), tried(9, 10)], 0),
        ([tried(10, 10), tried(8, 10)], 1),
        ([tried(10, 10), tried(0, 10, "refuted")], 1),
        ([tried(10, 10), tried(0, 10, "unknown")], 3),
        ([tried(8, 10), tried(0, 0, "unknown")], 1),
    ],
)
def test_nine_of_ten_replays_have_to_show_it(replays, code):
    assert exit_code(replays) == code
