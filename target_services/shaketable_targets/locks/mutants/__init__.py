"""The reference locks with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.locks.key_lock import KeyLock
from shaketable_targets.locks.mutants import key_locks, row_locks
from shaketable_targets.locks.row_lock import RowLock

ROW_MUTANTS: tuple[tuple[type[RowLock], str], ...] = (
    (row_locks.LooksThenTakes, "LK-1"),
    (row_locks.ReleasesAnyOwner, "LK-2"),
    (row_locks.ExtendsWhatIsOver, "LK-2"),
    (row_locks.TakesSilenceForYes, "LK-3"),
    (row_locks.BelievesBeforeItAsks, "LK-3"),
    (row_locks.BelievesForEver, "LK-4"),
    (row_locks.ForgetsBeforeRelease, "LK-5"),
    (row_locks.ShortensOnFailure, "LK-6"),
    (row_locks.NeverExpires, "LK-7"),
    (row_locks.ForgetsAtLeast, "LK-8"),
    (row_locks.CountsFromOne, "LK-9"),
    (row_locks.GoesByItsOwnClock, "LK-10"),
)
KEY_MUTANTS: tuple[tuple[type[KeyLock], str], ...] = (
    (key_locks.ComparesThenDeletes, "LK-2"),
    (key_locks.TakesTheCallersWord, "LK-2"),
    (key_locks.RenewsAnyOwner, "LK-2"),
    (key_locks.RenewalDies, "LK-4"),
    (key_locks.NeverRenews, "LK-4"),
    (key_locks.RenewsAfterRelease, "LK-5"),
    (key_locks.ExpiresInASecondCommand, "LK-7"),
)
"""Each mutant and the promise that must kill it."""
