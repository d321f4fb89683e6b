"""What pyproject.toml declares: the contracts of import-linter, and the project."""

import tomllib
from functools import cache
from typing import Any

from tests.architecture.sources import ROOT


@cache
def declared() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def project() -> dict[str, Any]:
    return dict(declared()["project"])


def layers() -> dict[str, list[str]]:
    """Return the layers of each container, the highest first."""
    contracts = [one for one in declared()["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    assert contracts
    return {container: one["layers"] for one in contracts for container in one["containers"]}
