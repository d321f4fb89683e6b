"""certificate.json: verdicts as words, read back strictly.

Beside every list of promises stands the verdict that follows from it, for people and scripts that read no further.
It is derived, so reading the file back checks it: a certificate with an edited verdict is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import msgspec

from shaketable.certificate import FORMAT, VERSION, Certificate
from shaketable.errors import FileFormatError
from shaketable.history import Json
from shaketable.report.data_file import read_limited
from shaketable.verdict import Verdict

SIZE_MAX_BYTES = 64 * 1024 * 1024
_WORDS = {verdict.name.lower(): verdict for verdict in Verdict}


def dumps(certificate: Certificate) -> bytes:
    """Return the file's bytes: indented JSON; equal certificates give equal bytes."""
    tree = msgspec.to_builtins(certificate)
    for subject, result in zip(tree["subjects"], certificate.subjects, strict=True):
        for promise, judged in zip(subject["promises"], result.promises, strict=True):
            promise["verdict"] = judged.verdict.name.lower()
        subject["verdict"] = result.verdict.name.lower()
    tree["verdict"] = certificate.verdict.name.lower()
    head = {key: tree.pop(key) for key in ("format", "version", "verdict")}
    return msgspec.json.format(msgspec.json.encode(head | tree), indent=1) + b"\n"


def loads(data: bytes, source: str = "the file") -> Certificate:
    """Read a certificate. Raises FileFormatError, which names the first error found."""
    try:
        tree = msgspec.json.decode(data)
        _check_format(tree, source)
        claimed = _take_verdicts(tree)
        certificate = msgspec.convert(tree, Certificate)
        unknown = _unknown_field(tree, msgspec.to_builtins(certificate))
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(f"{source} is no shaketable certificate: {error}") from None
    if unknown:
        raise FileFormatError(f"{source} is no shaketable certificate: unknown field {unknown!r}")
    follows = [certificate.verdict, *(s.verdict for s in certificate.subjects)]
    if claimed != follows:
        raise FileFormatError(f"{source} contradicts itself: a verdict does not follow from its promises")
    return certificate


def load(path: Path) -> Certificate:
    """Read a certificate from `path`. Raises FileFormatError when the file is unreadable or invalid."""
    return loads(read_limited(path, SIZE_MAX_BYTES, "a certificate"), str(path))


def is_ours(path: Path) -> bool:
    """Tell whether `path` is a file that declares itself a shaketable certificate, of any version."""
    try:
        tree = msgspec.json.decode(read_limited(path, SIZE_MAX_BYTES, "a certificate"))
    except (FileFormatError, msgspec.DecodeError, RecursionError, ValueError, OverflowError):
        return False
    return isinstance(tree, dict) and tree.get("format") == FORMAT


def _check_format(tree: Json, source: str) -> None:
    found = (tree.get("format"), tree.get("version")) if isinstance(tree, dict) else (None, None)
    if found != (FORMAT, VERSION):
        raise FileFormatError(
            f"{source} is no shaketable certificate of version {VERSION}: "
            f"its format is {_shown(found[0])} and its version {_shown(found[1])}"
        )


def _shown(value: Json) -> str:
    return repr(value)[:40]


def _take_verdicts(tree: Json) -> list[Verdict]:
    """Turn words into verdicts in place; remove the derived verdicts and return them, the certificate's first."""
    claimed = [_verdict(tree.pop("verdict", None))]
    for subject in _items(tree, "subjects"):
        claimed.append(_verdict(subject.pop("verdict", None)))
        for promise in _items(subject, "promises"):
            promise["verdict"] = int(_verdict(promise.get("verdict")))
    return claimed


def _verdict(word: Json) -> Verdict:
    if not isinstance(word, str) or word not in _WORDS:
        raise msgspec.ValidationError(f"a verdict is one of {', '.join(_WORDS)}, not {_shown(word)}")
    return _WORDS[word]


def _items(tree: dict[str, Json], name: str) -> list[dict[str, Json]]:
    items = tree.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise msgspec.ValidationError(f"{name!r} must be a list of objects")
    return cast("list[dict[str, Json]]", items)


def _unknown_field(given: Json, understood: Json, path: str = "") -> str:
    """Return the path of the first field that is in `given` and not in `understood`, or ""."""
    if isinstance(given, dict) and isinstance(understood, dict):
        for key, value in given.items():
            here = f"{path}.{key}" if path else str(key)
            if key not in understood:
                return here
            if deeper := _unknown_field(value, understood[key], here):
                return deeper
    elif isinstance(given, list) and isinstance(understood, (list, tuple)):
        for n, (item, known) in enumerate(zip(given, understood, strict=False)):
            if deeper := _unknown_field(item, known, f"{path}[{n}]"):
                return deeper
    return ""
