"""The folder `certify --out` writes: certificate, page, counterexamples with their histories.

Every file is written whole or not at all. While they change, the certificate is one that says `interrupted`
and names no file; the real one comes last, so a certificate only ever names files that are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.certificate import Certificate, Counterexample, SubjectResult
from harness.errors import UsageError
from harness.history import History
from harness.report import certificate_file, history_file
from harness.report.data_file import sha256, write_whole
from harness.schedule import dumps as schedule_bytes

CERTIFICATE = "certificate.json"
PAGE = "report.html"
COUNTEREXAMPLES = "counterexamples"


class Case(NamedTuple):
    """A counterexample's subject and the history its schedule makes."""

    result: SubjectResult
    counterexample: Counterexample
    history: History


def file_name(subject: str, promise: str, anomaly: str) -> str:
    """`<subject>-<promise>-<anomaly>.json`, with nothing in it that a file system could trip over."""
    raw = f"{subject}-{promise}-{anomaly}"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in raw)
    if len(safe) > 120:  # long names stay distinct by their digest
        safe = f"{safe[:100]}-{sha256(raw.encode('utf-8', 'backslashreplace'))[:12]}"
    return f"{safe}.json"


def history_name(file: str) -> str:
    """The name of the history beside the schedule `file`."""
    return f"{file.removesuffix('.json')}.history.jsonl"


def check_writable(folder: Path) -> None:
    """UsageError unless `folder` is new, empty or one we wrote: nobody's files are overwritten."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; --out needs a folder")
    try:
        empty = not any(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    if not empty and not certificate_file.is_ours(folder / CERTIFICATE):
        raise UsageError(
            f"{folder} has files that are not a certificate of ours; choose a new or empty folder"
        )


def with_files(
    certificate: Certificate, histories: Mapping[str, History]
) -> tuple[Certificate, dict[str, bytes]]:
    """The certificate with names and digests of its files filled in, and those files by relative name.

    `histories` are keyed by `key(subject, promise, anomaly)`.
    """
    files: dict[str, bytes] = {}
    subjects = tuple(_named(result, histories, files) for result in certificate.subjects)
    return msgspec.structs.replace(certificate, subjects=subjects), files


def key(subject: str, counterexample: Counterexample) -> str:
    """What tells one counterexample of a certificate from all others."""
    return file_name(subject, counterexample.finding.promise, counterexample.finding.anomaly)


def _named(result: SubjectResult, histories: Mapping[str, History], files: dict[str, bytes]) -> SubjectResult:
    promises = []
    for promise in result.promises:
        named = tuple(_with_digest(result, c, histories, files) for c in promise.counterexamples)
        promises.append(msgspec.structs.replace(promise, counterexamples=named))
    return msgspec.structs.replace(result, promises=tuple(promises))


def _with_digest(
    result: SubjectResult, example: Counterexample, histories: Mapping[str, History], files: dict[str, bytes]
) -> Counterexample:
    name = key(result.subject, example)
    schedule = schedule_bytes(example.schedule)
    files[f"{COUNTEREXAMPLES}/{name}"] = schedule
    digest = ""
    if name in histories:
        history = history_file.dumps(result.subject, result.profile, histories[name])
        files[f"{COUNTEREXAMPLES}/{history_name(name)}"] = history
        digest = sha256(history)
    return msgspec.structs.replace(
        example, file=f"{COUNTEREXAMPLES}/{name}", sha256=sha256(schedule), history_sha256=digest
    )


def write(folder: Path, certificate: Certificate, files: Mapping[str, bytes], page: str) -> None:
    """Write everything; counterexamples of an earlier certificate that are no longer named are removed."""
    check_writable(folder)
    try:
        (folder / COUNTEREXAMPLES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    unfinished = msgspec.structs.replace(certificate, subjects=(), interrupted=True)
    write_whole(folder / CERTIFICATE, certificate_file.dumps(unfinished))
    for name, data in files.items():
        write_whole(folder / name, data)
    write_whole(folder / PAGE, page.encode("utf-8", "backslashreplace"))
    write_whole(folder / CERTIFICATE, certificate_file.dumps(certificate))
    _sweep(folder, files)


def _sweep(folder: Path, files: Mapping[str, bytes]) -> None:
    for path in sorted((folder / COUNTEREXAMPLES).iterdir()):
        ours = path.name.endswith((".json", ".history.jsonl"))
        if ours and path.is_file() and f"{COUNTEREXAMPLES}/{path.name}" not in files:
            path.unlink(missing_ok=True)
