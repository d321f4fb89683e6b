"""The files of a certificate's folder, against its manifest, the digest that was kept of it, and its signature."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shaketable.errors import FileFormatError
from shaketable.report import manifest
from shaketable.report.data_file import read_limited
from shaketable.report.signature import SIZE_BYTES, Verifier
from shaketable.report.verification.check_outcome import Check

_OURS = ("certificate.json", "report.html", "junit.xml", "counterexamples/")
_SIZE_MAX_BYTES = 16 * 1024 * 1024


def check_files(folder: Path, expected: str, verifier: Verifier | None) -> Iterator[Check]:
    """Yield what is wrong with the files in `folder`; `expected` is the root digest that was kept, or "".

    A file that no manifest lists is told as `unknown` where one of ours could stand, else as `ok`.
    """
    try:
        files, root = manifest.load(folder)
    except FileFormatError as error:
        yield Check("missing", f"what the folder held when it was written is not known: {error}")
        return
    if expected and root != expected.lower():
        yield Check("changed", f"the digest of the folder is {root}, not {expected.lower()}")
    for name, how in manifest.changed(folder, files).items():
        if how == "changed":
            yield Check("changed", f"{folder / name} was changed since the certificate was written")
        else:
            yield Check("missing", how)
    for name in ("certificate.json", "report.html", "junit.xml"):
        if name not in files:
            yield Check("changed", f"{folder / manifest.MANIFEST} does not list {name}")
    for name in manifest.unlisted(folder, files):
        if name.startswith(_OURS):
            yield Check("changed", f"{folder / name} is none of the files that were written")
    if verifier is not None:
        yield from _signature(folder, verifier)


def _signature(folder: Path, verifier: Verifier) -> Iterator[Check]:
    path = folder / manifest.SIGNATURE
    try:
        signature = read_limited(path, SIZE_BYTES, "a signature")
        listed = read_limited(folder / manifest.MANIFEST, _SIZE_MAX_BYTES, "a manifest")
    except FileFormatError as error:
        yield Check("changed" if path.exists() else "missing", f"the signature cannot be checked: {error}")
        return
    if not verifier.accepts(signature, listed):
        yield Check("changed", f"{path} is no signature of this folder by that key")


def told(folder: Path) -> list[str]:
    """Return the files in the folder that its manifest does not list and that are none of ours: nothing is said of them."""
    try:
        files, _ = manifest.load(folder)
    except FileFormatError:
        return []
    return [name for name in manifest.unlisted(folder, files) if not name.startswith(_OURS)]
