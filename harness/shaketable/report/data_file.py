"""Files as data: reads have a size limit, writes are atomic."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from shaketable.errors import FileFormatError, UsageError

T = TypeVar("T")


def read_limited(path: Path, size_max_bytes: int, what: str) -> bytes:
    """Read a regular file; `what` names it in messages ("a certificate").

    Raises FileFormatError when the file is too large, not a regular file or unreadable. Only regular files are
    opened, because a pipe or a device could block or never end.
    """
    try:
        if path.exists() and not path.is_file():
            raise FileFormatError(f"{path} is not a file; {what} is one")
        with path.open("rb") as file:
            data = file.read(size_max_bytes + 1)
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a NUL in it
        raise FileFormatError(f"{str(path)!r} cannot be read: {error}") from None
    if len(data) > size_max_bytes:
        raise FileFormatError(f"{path} is too large: {what} has at most {size_max_bytes} bytes")
    return data


def decoded(decoder: msgspec.json.Decoder[T], data: bytes, problem: str) -> T:
    """Decode JSON strictly. Raises FileFormatError, `problem` and the first error found, for whatever bytes these are."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(f"{problem}: {error}") from None


def write_whole(path: Path, data: bytes) -> str:
    """Replace `path` atomically, so that a reader sees the old file or the new one; return the sha256 of `data`.

    Raises UsageError when the file cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)
    return sha256(data)


def check_can_write(path: Path) -> None:
    """Raise UsageError unless `path` can be written, so that a search is not made in vain; nothing is left behind.

    The folders above it are made for a moment and a small file is written in the last one, since only that shows everything:
    rights, a file in the way, a name too long, a disk that is full or cannot be written.
    """
    made: list[Path] = []
    probe = path.with_name(f".{path.name[:100]}.{os.getpid()}.probe")
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; a file is to be written there")
        for folder in reversed(path.parents):
            if not folder.exists():
                folder.mkdir()
                made.append(folder)
        if len(os.fsencode(path.name)) > os.pathconf(path.parent, "PC_NAME_MAX"):
            raise UsageError(f"{path} cannot be written: File name too long")
        probe.write_bytes(b"\n" * 4096)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    except ValueError as error:  # a name with a NUL in it
        raise UsageError(f"{str(path)!r} cannot be written: {error}") from None
    finally:
        with suppress(OSError, ValueError):
            probe.unlink(missing_ok=True)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()


def sha256(data: bytes) -> str:
    """Return the digest that a certificate stores for a file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
