"""Redrives that came when nothing was wrong any more, and whether one of them had to end a letter.

Several patterns ask for it: such a redrive closes the letter, and with it the saga that waited for it ends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from shaketable.history import Op
from shaketable.mapping.calm_since import busy_until_ms, healed_since_ms, patience_ms
from shaketable.mapping.dead_letters import Filed, Letters
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.ops import Asked
from shaketable.profile import Profile

_TIMEOUT_MS_MIN = 1_000
"""No time-out is taken to be shorter, where the profile names none."""
_LETTERS_A_REDRIVE = 10
"""What one redrive takes up at least, unless the profile's `batch_size` says less."""


class CalmRedrives:
    """The redrives of a run that were answered, and asked for after the last fault and all time-outs that it can cause.

    On a machine that was busy then only those count in which nothing can have timed out.
    """

    __slots__ = ("_batch", "_by_subject", "_filed_at", "_redrives")

    def __init__(
        self, redrives: Iterable[Asked], letters: Letters, index: HistoryIndex, profile: Profile
    ) -> None:
        knobs = profile.knobs
        wait_ms = patience_ms(profile)
        over_ms, idle_ms = healed_since_ms(index) + wait_ms, busy_until_ms(index) + wait_ms
        self._batch = max(1, min(int(knobs.get("batch_size", _LETTERS_A_REDRIVE)), _LETTERS_A_REDRIVE))
        self._redrives = {
            one.at: one
            for one in redrives
            if one.op.outcome == "ok"
            and one.op.invoked.time_ms >= over_ms
            and (one.op.invoked.time_ms >= idle_ms or _timed_nothing_out(one.op, profile))
        }
        self._by_subject: dict[str, list[int]] = {}
        for at in sorted(self._redrives):
            self._by_subject.setdefault(self._redrives[at].of, []).append(at)
        self._filed_at: dict[str, list[int]] = {}
        """Where the letters of each consumer were filed."""
        for letter in letters.every if self._redrives else ():
            self._filed_at.setdefault(letter.consumer, []).append(letter.at)
        for filed in self._filed_at.values():
            filed.sort()

    def __bool__(self) -> bool:
        return bool(self._redrives)

    def met(self, letter: Filed) -> Asked | None:
        """Return the last redrive that took this letter up; None if none must have, or its fate is not told by a row.

        A redrive is of all letters, of one consumer's, of an event or of what that is about. It may take up a batch at a
        time, so as many must have come as there are batches of letters that were filed no later.
        """
        if not isinstance(letter.what, Change):
            return None
        subjects = dict.fromkeys(("", letter.consumer, letter.about, letter.of))
        found = [
            (ats, bisect_right(ats, letter.at)) for one in subjects if (ats := self._by_subject.get(one))
        ]
        count = sum(len(ats) - first for ats, first in found)
        earlier = bisect_right(self._filed_at.get(letter.consumer, ()), letter.at)
        if not count or count * self._batch < earlier:
            return None
        return self._redrives[max(ats[-1] for ats, first in found if first < len(ats))]


def _timed_nothing_out(op: Op, profile: Profile) -> bool:
    """Tell whether a redrive was answered sooner than any time-out can be over, however busy the machine."""
    times_ms = [int(value) for name, value in profile.knobs.items() if name.endswith("timeout_ms") and value]
    return op.completed is not None and (
        op.completed.time_ms - op.invoked.time_ms < min(times_ms, default=_TIMEOUT_MS_MIN)
    )
