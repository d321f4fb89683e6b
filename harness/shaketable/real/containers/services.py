"""The services under test, each in a container of its own whose first process is a zygote."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from shaketable.errors import HarnessError, PartNotStarted, UsageError
from shaketable.real.containers.container import Box, Contents
from shaketable.real.supervision.child import Child
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.zygote_client import Family
from shaketable.subject import Part

PORT = 8080
IMAGE_USER = 10_001
_CODE = "/mounted"


class SharedFolder(RunDirectory):
    """The run's folder as the containers see it: at the same path, each service in a folder of its own."""

    def place(self, service: str) -> Path:
        """The private folder of `service`, writable by the user of its container."""
        folder = self.path / f"service-{service}"
        if not folder.is_dir():
            self.folder(folder.name, IMAGE_USER if os.geteuid() == 0 else None)
        return folder

    def pipes(self, server: str) -> Path:
        """A new folder in which a server under any user may open what we put there."""
        folder = self.folder(f"server-{server}", None)
        folder.chmod(0o711)
        return folder

    def log(self, name: str) -> Path:
        return self.path / f"service-{name}" / "log"

    def record(self, name: str, pid: int) -> None:
        """Not at all: the number is the container's, and would be somebody else's out here."""


class Service:
    """One service: a zygote in a container, and the child that is forked from it."""

    def __init__(self, name: str, folder: SharedFolder) -> None:
        self.name = name
        self._folder = folder
        self._place = folder.place(name)
        self._socket = self._place / "zygote"
        self._family = Family(f"the zygote of {name}", self._socket, folder)

    def contents(self, image: str, entries: Iterable[str]) -> Contents:
        """Its container: our code and the services' own are mounted, so that no image has to be built for a change."""
        modules = sorted({entry.partition(":")[0] for entry in entries})
        code = packages({"shaketable", *modules})
        mounts = {str(path): (f"{_CODE}/{path.name}", "ro") for path in code}
        return Contents(
            image,
            PORT,
            (str(self._socket), *modules),
            {"PYTHONPATH": f"{_CODE}:/code", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            user="" if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}",
            mounts={**mounts, str(self._place): (str(self._place), "rw")},
        )

    async def open(self, box: Box) -> None:
        """Wait until the zygote has imported everything; PartNotStarted with its last words when it cannot."""
        self.child = Child(self.name, self._family, self._folder, box.address)
        try:
            await self._family.open(box.has_ended)
        except HarnessError as error:
            if await box.is_running():
                raise HarnessError(f"{self.name} cannot start; {await box.last_words()}") from error
            head, *log = (await box.last_words()).splitlines()
            raise PartNotStarted(f"{self.name} did not start: importing it failed; {head}", log) from error

    async def start(self, entry: str, env: Mapping[str, str]) -> None:
        self.child.becomes(entry, env)
        await self.child.start()

    def close(self) -> None:
        """Hang up."""
        self._family.close()


def packages(modules: Iterable[str]) -> list[Path]:
    """Where the top-level packages of `modules` are on this machine; UsageError for one that is not a folder."""
    found = []
    for top in sorted({module.partition(".")[0] for module in modules}):
        spec = importlib.util.find_spec(top)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not places:
            raise UsageError(f"the package {top} of a service's entry is not here, or is no folder")
        found.append(Path(places[0]).resolve())
    return found


def entry_of(part: Part) -> str:
    """Its entry; UsageError when it has none."""
    if not part.entry:
        raise UsageError(
            f"{part.name} has no entry: a real world starts Part.entry, 'package.module:callable'"
        )
    return part.entry
