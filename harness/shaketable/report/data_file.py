"""Files as data: reading within a limit, writing all or nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from shaketable.errors import FileFormatError, UsageError


def read_limited(path: Path, size_max_bytes: int, what: str) -> bytes:
    """The bytes of a regular file; FileFormatError if it is too large, of another kind or unreadable.

    A pipe or a device would block or never end, so only regular files are opened.
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


def write_whole(path: Path, data: bytes) -> str:
    """Write `data` so that a reader sees the old file or the new one, never half; returns its sha256."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)
    return sha256(data)


def sha256(data: bytes) -> str:
    """The digest a certificate carries for a file."""
    return hashlib.sha256(data).hexdigest()
