"""By when a queue has to be right again."""

from __future__ import annotations

from shaketable.mapping.troubles import Trouble
from shaketable.profile import Profile

_BUSY_PERIODS_MAX = 2


class Deadlines:
    """By when a queue must be right again, of what was declared and of what went wrong.

    A live change shows within `lag_ms` while nothing is wrong, and later by as much as something is late. Behind anything that may have lost
    something it has `heal_ms` and `grace_ms` from the end of the trouble on. A busy machine may make one healing fail, and the next one, but
    not all: it gives `_BUSY_PERIODS_MAX` periods more.
    """

    __slots__ = ("_healed_ms", "_lag_ms", "troubles")

    def __init__(self, troubles: list[Trouble], profile: Profile) -> None:
        self._healed_ms = profile.int("heal_ms") + profile.int("grace_ms")
        self._lag_ms = profile.int("lag_ms") if "lag_ms" in profile.knobs else self._healed_ms
        self.troubles = troubles

    def after(self, since_ms: int, by_ms: int, lag_ms: int | None = None) -> int:
        """Return when at the latest what began to be wrong at `since_ms` is right again, as far as is known at `by_ms`."""
        due_ms, busy_ms = since_ms + (self._lag_ms if lag_ms is None else lag_ms), 0
        for trouble in self.troubles:
            if trouble.begin_ms > by_ms:
                break
            if trouble.busy:
                busy_ms = trouble.end_ms + self._healed_ms
            elif not trouble.delays:
                due_ms = max(due_ms, trouble.end_ms + self._healed_ms)
            elif trouble.begin_ms <= due_ms:
                due_ms = max(due_ms, trouble.end_ms + self._lag_ms)
        return max(due_ms, min(busy_ms, due_ms + _BUSY_PERIODS_MAX * self._healed_ms))

    def missed(self, since_ms: int, until_ms: int, lag_ms: int | None = None) -> bool:
        """Tell whether what was wrong from `since_ms` to `until_ms` should have been right at some time before its end."""
        moments = [one.begin_ms for one in self.troubles if since_ms < one.begin_ms < until_ms]
        return any(moment > self.after(since_ms, moment - 1, lag_ms) for moment in (*moments, until_ms))

    def came_of_a_loss(self, since_ms: int, until_ms: int) -> bool:
        """Tell whether anything may have lost something within a heal period before or during this time."""
        return any(
            not one.delays and one.begin_ms <= until_ms and one.end_ms + self._healed_ms >= since_ms
            for one in self.troubles
        )

    def calm_since_ms(self, at_ms: int) -> int:
        """Return the end of the last trouble that had begun at this time; 0 without one."""
        return max((one.end_ms for one in self.troubles if one.begin_ms <= at_ms), default=0)

    def samples(self, end_ms: int) -> list[int]:
        """Return the moments before which things were as right as they would become: those before a trouble, and the end."""
        return [*sorted({one.begin_ms for one in self.troubles if not one.busy}), end_ms]

    def healed_at(self, at_ms: int) -> bool:
        """Tell whether nothing that was lost before this moment is still to be healed."""
        return all(
            one.end_ms + (self._lag_ms if one.delays else self._healed_ms) < at_ms
            for one in self.troubles
            if one.begin_ms < at_ms
        )
