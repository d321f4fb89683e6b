"""The services under test, each in a container of its own whose first process is a zygote."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from shaketable.errors import HarnessError, PartNotStarted, UsageError
from shaketable.real.containers.container import Container, ContainerSpec
from shaketable.real.supervision.child import Child
from shaketable.real.supervision.run_directory import RunDirectory
from shaketable.real.supervision.zygote_client import ZygoteClient
from shaketable.subject import Part

PORT = 8080
IMAGE_USER = 10_001
_CODE = "/mounted"


class SharedFolder(RunDirectory):
    """The run's folder as the containers see it: at the same path, each service in a folder of its own."""

    def service_folder(self, service: str) -> Path:
        """Return the private folder of `service`, writable by the user of its container."""
        folder = self.path / f"service-{service}"
        if not folder.is_dir():
            self.folder(folder.name, IMAGE_USER if os.geteuid() == 0 else None)
        return folder

    def pipes(self, server: str) -> Path:
        """Make a folder in which a server under any user may open what we put there."""
        folder = self.folder(f"server-{server}", None)
        folder.chmod(0o711)
        return folder

    def log(self, name: str) -> Path:
        return self.path / f"service-{name}" / "log"

    def record(self, name: str, pid: int) -> None:
        """Record nothing: the number is the container's, and out here it would be another process's."""


class Service:
    """One service: a zygote in a container, and the child that is forked from it."""

    def __init__(self, name: str, folder: SharedFolder) -> None:
        self.name = name
        self._run = folder
        self._folder = folder.service_folder(name)
        self._socket = self._folder / "zygote"
        self._zygote = ZygoteClient(f"the zygote of {name}", self._socket, folder)

    def spec(self, image: str, entries: Iterable[str]) -> ContainerSpec:
        """Return its container's spec: our code and its own are mounted, so that no change needs a new image."""
        modules = sorted({entry.partition(":")[0] for entry in entries})
        code = packages({"shaketable", *modules})
        mounts = {str(path): (f"{_CODE}/{path.name}", "ro") for path in code}
        return ContainerSpec(
            image,
            PORT,
            (str(self._socket), *modules),
            {"PYTHONPATH": f"{_CODE}:/code", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            user="" if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}",
            mounts={**mounts, str(self._folder): (str(self._folder), "rw")},
        )

    async def open(self, container: Container) -> None:
        """Wait until the zygote has imported everything; PartNotStarted with the end of its log when it cannot."""
        self.child = Child(self.name, self._zygote, self._run, container.address)
        try:
            await self._zygote.open(container.has_ended)
        except HarnessError as error:
            if await container.is_running():
                raise HarnessError(f"{self.name} cannot start; {await container.log_tail()}") from error
            head, *log = (await container.log_tail()).splitlines()
            raise PartNotStarted(f"{self.name} did not start: importing it failed; {head}", log) from error

    async def start(self, entry: str, env: Mapping[str, str]) -> None:
        self.child.set_entry(entry, env)
        await self.child.start()

    def close(self) -> None:
        """Hang up."""
        self._zygote.close()


def packages(modules: Iterable[str]) -> list[Path]:
    """Find the top-level packages of `modules` on this machine; UsageError for one that is not a folder."""
    found = []
    for top in sorted({module.partition(".")[0] for module in modules}):
        spec = importlib.util.find_spec(top)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not places:
            raise UsageError(f"the package {top} of a service's entry is not here, or is no folder")
        found.append(Path(places[0]).resolve())
    return found


def entry_of(part: Part) -> str:
    """Return its entry; UsageError when it has none."""
    if not part.entry:
        raise UsageError(
            f"{part.name} has no entry: a real world starts Part.entry, 'package.module:callable'"
        )
    return part.entry
