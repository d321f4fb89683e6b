"""The folder that `certify --out` writes: certificate, page, counterexamples with their histories, and the manifest of all.

Every file is written atomically. While the files change, the certificate on disk says `interrupted` and names no file;
the final one comes after them, so that a certificate never names a file that is not there, and the manifest is last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shaketable.certificate import Certificate, Counterexample, SubjectResult
from shaketable.errors import HarnessError, UsageError
from shaketable.history import History
from shaketable.report import certificate_file, history_file, manifest
from shaketable.report.data_file import check_can_write, sha256, write_whole
from shaketable.report.signature import Signer
from shaketable.schedule import dumps as schedule_bytes

CERTIFICATE = "certificate.json"
PAGE = "report.html"
JUNIT = "junit.xml"
UNFINISHED = "unfinished"
"""The folder in it that holds what a search has found so far, see `shaketable.report.unfinished_folder`."""
_COUNTEREXAMPLES = "counterexamples"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")


def schedule_path(file: str) -> str:
    """Return the path of the schedule of counterexample `file`, relative to the folder."""
    return f"{_COUNTEREXAMPLES}/{file}.json"


def history_path(file: str) -> str:
    """Return the path of the history of counterexample `file`, relative to the folder."""
    return f"{_COUNTEREXAMPLES}/{file}.history.jsonl"


def is_safe(file: str) -> bool:
    """Tell whether `file` can only name something inside the folder; a certificate is untrusted input."""
    return _SAFE.fullmatch(file) is not None


def check_writable(folder: Path) -> None:
    """Raise UsageError unless a certificate can be written to `folder`, before a search is made in vain.

    It has to be new, empty or hold a certificate: other files are never overwritten. Nothing is left behind.
    """
    try:
        exists = folder.exists()
    except OSError as error:  # such as a name that is too long
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    if exists:
        _check_ours(folder)
    check_can_write(folder / CERTIFICATE)
    for name in (PAGE, JUNIT, manifest.MANIFEST, manifest.SIGNATURE):
        if (folder / name).is_dir():
            raise UsageError(f"{folder / name} is a folder; a file is to be written there")
    examples = folder / _COUNTEREXAMPLES
    if examples.exists() and not examples.is_dir():
        raise UsageError(f"{examples} is in the way: a folder is to be made there")


def _check_ours(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; --out needs a folder")
    try:
        empty = not any(path.name != UNFINISHED for path in folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    if not empty and not certificate_file.is_ours(folder / CERTIFICATE):
        raise UsageError(
            f"{folder} has files that are not a certificate of ours; choose a new or empty folder"
        )


def with_digests(
    certificate: Certificate, histories: Mapping[str, History]
) -> tuple[Certificate, dict[str, bytes]]:
    """Return the certificate with the digests of its files filled in, and the bytes of those files by relative path.

    `histories` are keyed by the counterexample's `file`. Raises HarnessError for a `file` that is unsafe or used twice.
    """
    files: dict[str, bytes] = {}
    subjects = tuple(_digested(result, histories, files) for result in certificate.subjects)
    return msgspec.structs.replace(certificate, subjects=subjects), files


def _digested(
    result: SubjectResult, histories: Mapping[str, History], files: dict[str, bytes]
) -> SubjectResult:
    promises = []
    for promise in result.promises:
        examples = tuple(_stored(result, example, histories, files) for example in promise.counterexamples)
        promises.append(msgspec.structs.replace(promise, counterexamples=examples))
    return msgspec.structs.replace(result, promises=tuple(promises))


def _stored(
    result: SubjectResult, example: Counterexample, histories: Mapping[str, History], files: dict[str, bytes]
) -> Counterexample:
    if not is_safe(example.file) or schedule_path(example.file) in files:
        raise HarnessError(f"{example.file!r} cannot be the file of a counterexample of {result.subject}")
    schedule = files[schedule_path(example.file)] = schedule_bytes(example.schedule)
    history = b""
    if example.file in histories:
        history = history_file.dumps(result.subject, result.profile, histories[example.file])
        files[history_path(example.file)] = history
    return msgspec.structs.replace(
        example, sha256=sha256(schedule), history_sha256=sha256(history) if history else ""
    )


def write(
    folder: Path,
    certificate: Certificate,
    files: Mapping[str, bytes],
    page: bytes,
    junit: bytes = b"",
    signer: Signer | None = None,
) -> str:
    """Write all files, and remove the counterexamples of an earlier certificate that the new one does not name.

    Returns the digest over everything in the folder. Raises UsageError when the folder holds other files or cannot be
    written.
    """
    check_writable(folder)
    try:
        (folder / _COUNTEREXAMPLES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    unfinished = msgspec.structs.replace(certificate, subjects=(), interrupted=True)
    write_whole(folder / CERTIFICATE, certificate_file.dumps(unfinished))
    (folder / manifest.SIGNATURE).unlink(missing_ok=True)
    everything = {**files, PAGE: page, JUNIT: junit, CERTIFICATE: certificate_file.dumps(certificate)}
    for name, data in everything.items():
        write_whole(folder / name, data)
    _remove_stale(folder, files)
    listed = manifest.dumps(everything)
    root = write_whole(folder / manifest.MANIFEST, listed)
    if signer is not None:
        write_whole(folder / manifest.SIGNATURE, signer.sign(listed))
    return root


def page_bytes(page: str) -> bytes:
    """Return the page as it is stored; what UTF-8 cannot encode is escaped."""
    return page.encode("utf-8", "backslashreplace")


def _remove_stale(folder: Path, files: Mapping[str, bytes]) -> None:
    for path in sorted((folder / _COUNTEREXAMPLES).iterdir()):
        ours = path.name.endswith((".json", ".history.jsonl"))
        if ours and path.is_file() and f"{_COUNTEREXAMPLES}/{path.name}" not in files:
            path.unlink(missing_ok=True)
