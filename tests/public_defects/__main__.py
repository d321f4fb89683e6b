"""`python -m tests.public_defects [NAME ...]`: install, judge, print, store what was found, and write docs/public-defects.md."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.public_defects.defect import Defect
from tests.public_defects.installing import install
from tests.public_defects.judging import judged_in
from tests.public_defects.page import PAGE, Results, holds, page, store, stored
from tests.public_defects.table import DEFECTS


def judged(defect: Defect, at: Path) -> Results:
    """Install and judge every version of it, in folders under `at`."""
    results: Results = {}
    for version in defect.versions:
        folder = at / f"{defect.name}-{version}"
        install(defect, version, folder)
        results[f"{defect.name} {version}"] = judged_in(folder, defect, version)
    return results


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.public_defects", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help="judge these alone, not all")
    names = options.parse_args().names
    for defect in DEFECTS:
        if not names or defect.name in names:
            with tempfile.TemporaryDirectory() as folder:
                results = judged(defect, Path(folder))
            print(
                f"{defect.name}: {'reproduced' if holds(defect, results) else 'NOT reproduced'}", flush=True
            )
            store(stored() | results)
    known = stored()
    if all(f"{defect.name} {version}" in known for defect in DEFECTS for version in defect.versions):
        PAGE.write_text(page(DEFECTS, known))


if __name__ == "__main__":
    main()
