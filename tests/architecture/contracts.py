"""The contracts of import-linter, as pyproject.toml declares them."""

import tomllib
from functools import cache
from typing import Any

from tests.architecture.sources import ROOT


@cache
def contracts(kind: str) -> tuple[dict[str, Any], ...]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = tuple(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == kind)
    assert found
    return found


def layers() -> dict[str, list[str]]:
    """Return the layers of each container, the highest first."""
    return {container: one["layers"] for one in contracts("layers") for container in one["containers"]}
