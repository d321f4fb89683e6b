"""Errors of the harness itself, never of a subject: a broken promise is a verdict."""

from __future__ import annotations

from collections.abc import Iterable


class HarnessError(Exception):
    """The harness, an adapter or a description is wrong; exit code 4."""


class UsageError(HarnessError):
    """The user's input cannot be used: one clear line, exit code 2, nothing executed."""


class FileFormatError(UsageError):
    """A file is malformed, truncated or of another format or version."""


class UnreadableValue(HarnessError):
    """A value that a mapping calls a quantity or an instant is neither, so what depends on it cannot be judged.

    Usual causes: a path to another field, a column that may be null, or a currency beside the number.
    """


class SubjectError(UsageError):
    """The subject's code cannot be run as it is: its author's mistake, told in one line, without a traceback."""


class NonDeterminism(SubjectError):
    """Two simulated runs of one schedule differ.

    Usual causes: a wall clock, unseeded random, the order of a set, or a real thread in the subject.
    """


class ForbiddenCall(SubjectError):
    """Code inside the simulated world touched the real one (socket, thread, wall clock, random).

    The message names the call and the port to use instead.
    """


class Deadlock(SubjectError):
    """Every task of the simulated world waits for another and no timer is left to fire."""


class InvalidCompletion(SubjectError):
    """An adapter broke its contract; the subject behind it is not to blame."""


class ServerDied(HarnessError):
    """A server of a run ended by itself, so nothing can be said of that run; what was found before it is kept.

    Usual causes: the machine is out of memory or disk, or something else killed the process or the container.
    """


class PartNotStarted(UsageError):
    """A part of the system under test did not start, so nothing can be said of it; `notes` are the end of its log.

    Usual causes: it listens on another address, lacks a setting of its environment, or ends when what it needs is down.
    """

    def __init__(self, message: str, notes: Iterable[str] = ()) -> None:
        super().__init__(message)
        for note in notes:
            self.add_note(note)


def cannot_be_made(what: str, error: BaseException) -> SubjectError:
    """Return the error to raise when the code that makes a part of the subject raised `error`."""
    words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return SubjectError(f"{what} cannot be made: its constructor raised {words}")
