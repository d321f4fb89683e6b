"""The page docs/public-defects.md: each defect, the version that has it, the one that has not, and the story that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tests.public_defects.defect import Defect
from tests.public_defects.judging import ROOT, Judged
from tests.public_defects.table import DEFECTS

PAGE = ROOT / "docs" / "public-defects.md"
STORE = ROOT / "docs" / "public-defects.json"
Results = dict[str, Judged]
"""What was found, by the defect's name and the version, with a space between."""


def stored() -> Results:
    """Return what was found when each version was judged last."""
    return msgspec.json.decode(STORE.read_bytes(), type=Results) if STORE.exists() else {}


def store(results: Results) -> None:
    """Store what was found, of the table's versions alone."""
    names = [f"{defect.name} {version}" for defect in DEFECTS for version in defect.versions]
    kept = {name: results[name] for name in names if name in results}
    STORE.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")


def _at(defect: Defect, version: str, results: Results) -> Judged:
    return results[f"{defect.name} {version}"]


def holds(defect: Defect, results: Results) -> bool:
    """Tell whether the affected version shows the defect, and the fixed one, if there is one, does not."""
    shown = [_at(defect, version, results).shows(defect) is not None for version in defect.versions]
    return shown == [True, False][: len(shown)] and _is_judged(defect, results)


def _is_judged(defect: Defect, results: Results) -> bool:
    return not any(_at(defect, version, results).calibration for version in defect.versions)


def page(defects: Sequence[Defect], results: Results) -> str:
    """Return the text of the page."""
    return "\n".join(_lines(defects, results)) + "\n"


def _lines(defects: Sequence[Defect], results: Results) -> Iterator[str]:
    found = sum(holds(defect, results) for defect in defects)
    gone = sum(bool(defect.fixed) and holds(defect, results) for defect in defects)
    yield from (
        "# Defects from public trackers",
        "",
        "Made by `python -m tests.public_defects`, which installs each version into a folder of its own and lets the machine of its kind judge it there,",
        "with seed 0 and without a word of what is wrong. A defect is reproduced when the affected version shows the anomaly and the fixed version, where there is",
        "one, is searched as long and does not.",
        "",
        f"{found} of {len(defects)} are reproduced; {gone} of these are gone at the fixed version, and the others have none that is published.",
        "",
        "| defect | library | affected | fixed | promise and anomaly | steps | what is wrong |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    for defect in defects:
        shown = _at(defect, defect.affected, results).shows(defect)
        steps = str(shown.steps) if shown and holds(defect, results) else "not reproduced"
        cells = (
            defect.reference,
            defect.package,
            defect.affected,
            defect.fixed or "none yet",
            f"{defect.promise}, {defect.anomaly.replace('-', ' ')}",
            steps,
            defect.what,
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield from ("", "## Stories", "")
    for defect in defects:
        shown = _at(defect, defect.affected, results).shows(defect)
        told = shown.message if shown else "nothing was found"
        yield f"- {defect.package} {defect.affected}, {defect.reference}: {told}."
