"""How this package is installed with one of its extras: from where it was installed, for no index need have it."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit

_PACKAGE = "shaketable"


def how_to_install(extra: str) -> str:
    """The command of pip. The origin is what pip wrote down (PyPA, "Recording the Direct URL Origin", PEP 610)."""
    try:
        said = distribution(_PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:
        said = None
    return _from(json.loads(said), extra) if said else f"pip install '{_PACKAGE}[{extra}]'"


def _from(origin: dict[str, object], extra: str) -> str:
    url = str(origin.get("url", ""))
    how = origin.get("dir_info")
    if url.startswith("file:") and isinstance(how, dict):
        edited = "-e " if how.get("editable") else ""
        return f"pip install {edited}'{unquote(urlsplit(url).path)}[{extra}]'"
    version = origin.get("vcs_info")
    scheme = f"{version['vcs']}+" if isinstance(version, dict) else ""
    return f"pip install '{_PACKAGE}[{extra}] @ {scheme}{url}'"
