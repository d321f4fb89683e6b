"""Requirements of the real worlds on this machine, and how to get what is missing.

Libraries that only the real worlds import are extras of the distribution: without one the world says so in one line,
and `shaketable doctor` prints the same line.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit

_DISTRIBUTION = "shaketable"
HARNESS_LIBRARIES = ("aiokafka", "asyncpg", "cramjam", "h11", "httpx", "toxiproxy")
"""Imported by the tap, the oracles and the client of a run in every real world."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing the world needs. `how` says how to get it; without an optional one only some faults are unknown."""

    name: str
    found: bool
    how: str
    optional: bool = False


def libraries(modules: Iterable[str], extra: str) -> tuple[Requirement, ...]:
    """Return a requirement for each top-level module, found or not; none is imported to find out."""
    how = how_to_install(extra)
    return tuple(
        Requirement(f"{name} library", importlib.util.find_spec(name) is not None, how) for name in modules
    )


def how_to_install(extra: str) -> str:
    """Return the command of pip that installs this distribution with `extra`, from where it was installed.

    No index need have it: the origin is what pip wrote down (PyPA, "Recording the Direct URL Origin", PEP 610).
    """
    try:
        said = distribution(_DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        said = None
    return _from(json.loads(said), extra) if said else f"pip install '{_DISTRIBUTION}[{extra}]'"


def _from(origin: dict[str, object], extra: str) -> str:
    url = str(origin.get("url", ""))
    how = origin.get("dir_info")
    if url.startswith("file:") and isinstance(how, dict):
        edited = "-e " if how.get("editable") else ""
        return f"pip install {edited}'{unquote(urlsplit(url).path)}[{extra}]'"
    version = origin.get("vcs_info")
    scheme = f"{version['vcs']}+" if isinstance(version, dict) else ""
    return f"pip install '{_DISTRIBUTION}[{extra}] @ {scheme}{url}'"
