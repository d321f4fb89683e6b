"""The recipe of an image: its files, and for the services also what pip installs and their code."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import tomllib
from pathlib import Path

BASE = "base"
TICKET_SHOP = "ticket-shop"
NAMES = (BASE, "postgres", "redis", "toxiproxy", "kafka", "services", TICKET_SHOP)
_IN_GO = ("toxiproxy", TICKET_SHOP)
_HERE = Path(__file__).parent
_PROJECT = _HERE.parent
_CODE = {
    "harness": (
        "shaketable/__init__.py",
        "shaketable/entry_point.py",
        "shaketable/commits/__init__.py",
        "shaketable/commits/feeds.py",
        "shaketable/commits/prepared.py",
        "shaketable/ports.py",
        "shaketable/real/__init__.py",
        "shaketable/parent_death.py",
        "shaketable/real/zygote.py",
    ),
    "target_services": ("shaketable_targets",),
}  # a source root of the project, and what of it the image gets
_GIVEN = (
    "aiokafka",
    "httpx",
)  # the services need them too; every installation has them, so the extra does not


def digest_of(name: str) -> str:
    """Return a digest that changes whenever something changes that the image is made of."""
    said = hashlib.sha256()
    if name == BASE:
        said.update((_HERE / "base.py").read_bytes())
        return said.hexdigest()[:16]
    said.update(digest_of(BASE).encode())
    with tempfile.TemporaryDirectory() as folder:
        fill(name, Path(folder))
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                said.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
                said.update(path.read_bytes())
    return said.hexdigest()[:16]


def fill(name: str, context: Path) -> None:
    """Put everything that belongs to the image `name` into the folder `context`."""
    shutil.copytree(_HERE / name, context, dirs_exist_ok=True)
    if name in _IN_GO:
        stages = (_HERE / folder / "Dockerfile" for folder in ("go", name))
        (context / "Dockerfile").write_text("\n".join(stage.read_text() for stage in stages))
    if name == TICKET_SHOP:
        (context / "code").mkdir()
        for pattern in ("*.go", "go.mod", "go.sum"):
            for path in sorted(
                (_PROJECT / "target_services" / "shaketable_targets" / "ticket_shop").glob(pattern)
            ):
                shutil.copy(path, context / "code")
    if name != "services":
        return
    shutil.copy(_PROJECT / "constraints.txt", context)
    (context / "requirements.txt").write_text("".join(f"{one}\n" for one in _requirements()))
    for root, part in ((root, part) for root, parts in _CODE.items() for part in parts):
        source, target = _PROJECT / root / part, context / "code" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "ticket_shop"))
        else:
            shutil.copy(source, target)


def _requirements() -> list[str]:
    project = tomllib.loads((_PROJECT / "pyproject.toml").read_text())["project"]
    given = [one for one in project["dependencies"] if one.startswith(_GIVEN)]
    return sorted([*given, *project["optional-dependencies"]["services"]])
