"""manifest.json: the digest of every file of a certificate's folder. Its own digest is the root of them all.

Who keeps that one line, or checks the signature of this one file, notices any change in the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from shaketable.errors import FileFormatError
from shaketable.report.data_file import decoded, read_limited, sha256

FORMAT = "shaketable/manifest"
VERSION = 1
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
_SIZE_MAX_BYTES = 16 * 1024 * 1024
_FILE_MAX_BYTES = 256 * 1024 * 1024
_LISTED_MAX = 100_000


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    files: dict[str, str]
    format: str = FORMAT
    version: int = VERSION


_DECODER = msgspec.json.Decoder(_File)


def dumps(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest's bytes; `files` are by their path relative to the folder. Equal files give equal bytes."""
    digests = {name: sha256(data) for name, data in sorted(files.items())}
    return msgspec.json.format(msgspec.json.encode(_File(digests)), indent=1) + b"\n"


def load(folder: Path) -> tuple[dict[str, str], str]:
    """Read the folder's manifest: the digests by path, and its own, the root. Raises FileFormatError."""
    data = read_limited(folder / MANIFEST, _SIZE_MAX_BYTES, "a manifest")
    file = decoded(_DECODER, data, f"{folder / MANIFEST} is no shaketable manifest")
    if (file.format, file.version) != (FORMAT, VERSION):
        raise FileFormatError(f"{folder / MANIFEST} is no shaketable manifest of version {VERSION}")
    return file.files, sha256(data)


def changed(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return the files of the manifest that are not what was written, each with `changed` or the reason it cannot be read."""
    found: dict[str, str] = {}
    for name, digest in files.items():
        try:
            data = (
                read_limited(folder / name, _FILE_MAX_BYTES, "a file of a certificate")
                if is_inside(name)
                else b""
            )
        except FileFormatError as error:
            found[name] = str(error)
        else:
            if sha256(data) != digest:
                found[name] = "changed"
    return found


def is_inside(name: str) -> bool:
    """Tell whether `name` is a plain path inside the folder; a manifest is untrusted input."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and all(part not in {"", ".", ".."} for part in parts)


def unlisted(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return the files in the folder, at most so many, that its manifest does not list; neither do they have to be there."""
    ours = {*files, MANIFEST, SIGNATURE}
    found: list[str] = []
    waiting = [folder]
    while waiting and len(found) < _LISTED_MAX:
        place = waiting.pop()
        try:
            paths = sorted(place.iterdir())
        except OSError:
            found.append(place.relative_to(folder).as_posix())
            continue
        for path in paths:
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)
            elif (name := path.relative_to(folder).as_posix()) not in ours:
                found.append(name)
    return found
