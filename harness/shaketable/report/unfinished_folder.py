"""What a search has found so far, kept beside its certificate while it goes on: all there is of it, should it be killed.

`unfinished/N` in the folder of `certify --out` is a certificate's folder of its own, which `verify`, `replay` and `shrink` read. A new one is
whole before the one before it goes, so that a whole one is there at any moment; the manifest, which comes last, says which is.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from shaketable.certificate import Certificate
from shaketable.errors import FileFormatError, UsageError
from shaketable.report import certificate_file, certificate_folder, manifest

_LOCK = ".lock"


class UnfinishedFolder:
    """A context in which what was found is kept in the folder `out`. Its end removes that; an error leaves it there if it has a story."""

    def __init__(self, out: Path) -> None:
        self._folder = out / certificate_folder.UNFINISHED
        self._at: Path | None = None
        self._lock = -1
        self._failed = False
        self._has_stories = False

    def __enter__(self) -> UnfinishedFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not self._has_stories:
            self.remove()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def write(self, certificate: Certificate, files: Mapping[str, bytes], page: bytes, junit: bytes) -> None:
        """Keep this instead of what was kept before. What cannot be written is not: the search goes on."""
        if self._failed:
            return
        before = self._at
        try:
            at = self._next()
            certificate_folder.write(at, certificate, files, page, junit)
        except (UsageError, OSError):  # such as a disk that is full: its end tells that
            self._failed = True
            return
        self._at = at
        self._has_stories = bool(files)
        if before is not None:
            _remove(before)

    def remove(self) -> None:
        """Remove what was kept, as what has come of it is elsewhere or nothing has."""
        if self._at is None:
            return
        _remove(self._at)
        self._at = None
        with suppress(OSError):  # unless something of another command is there
            if set(os.listdir(self._folder)) == {_LOCK}:
                (self._folder / _LOCK).unlink()
                self._folder.rmdir()
                self._folder.parent.rmdir()

    def _next(self) -> Path:
        """Return the next free place; the lock is held from then on until the end of this process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock < 0:
            self._lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return self._folder / str(1 + max((int(path.name) for path in _places(self._folder)), default=0))


def left_behind(out: Path) -> list[tuple[Path, Certificate]]:
    """Return what commands have found and kept in the folder `out` that never came to their end, oldest first.

    Nothing while one of them may still run.
    """
    folder = out / certificate_folder.UNFINISHED
    try:
        lock = os.open(folder / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return []
    finally:
        os.close(lock)
    found = []
    for place in sorted(_places(folder), key=lambda path: int(path.name)):
        with suppress(FileFormatError):  # one that was not whole yet; the one before it is
            manifest.load(place)
            found.append((place, certificate_file.load(place / certificate_folder.CERTIFICATE)))
    return found


def _places(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.isascii() and path.name.isdigit()]


def _remove(place: Path) -> None:
    (place / manifest.MANIFEST).unlink(missing_ok=True)  # first: from then on it is whole no longer
    shutil.rmtree(place, ignore_errors=True)
