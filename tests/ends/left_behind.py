"""What is left of a command: processes, folders, listening ports and shared memory.

A process counts as the command's by the folder that the command was given for temporary files: it stands in the
environment that the process was started with, or the process works below it. Names play no part.
"""

import os
from pathlib import Path

from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.owner import OWNER
from shaketable.real.supervision.identity import Identity, identity_of, is_alive
from shaketable.real.supervision.run_directory import recorded

_LISTENING = "0A"
_ADDRESS, _STATE, _INODE = 1, 3, 9  # columns of /proc/net/tcp


class LeftBehind:
    """The traces of the command whose temporary files are in `folder`; nothing else may keep them there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports: set[int] = set()
        """Ports that its processes were seen to listen on."""
        self._pids: set[int] = set()
        self._before = {one["shmid"] for one in _segments()}  # of a process that had one of our numbers once

    def runs(self) -> list[Path]:
        """List the folders of its runs that are there."""
        return list(self.folder.glob("shaketable-*"))

    def processes(self) -> list[Identity]:
        """List what is alive of all that it started, itself too: by their environment, their folder, its record."""
        marked = {identity_of(pid) for pid in _pids() if self._is_marked(pid)} - {None}
        started = {one for run in self.runs() for _, one in recorded(run) if is_alive(one)}
        found = sorted(marked | started, key=lambda one: one.pid)
        self._pids |= {one.pid for one in found}
        return found

    def observe(self) -> None:
        """Remember the ports that its processes listen on now."""
        sockets = {link for one in self.processes() for link in _links(Path(f"/proc/{one.pid}/fd"))}
        self.ports |= {port for port, inode in _listening() if f"socket:[{inode}]" in sockets}

    def told(self) -> list[str]:
        """Say what is there now, a line each."""
        found = [f"process {one.pid} {command_line(one.pid)}" for one in self.processes()]
        found += [f"folder {run.name} with {sorted(p.name for p in run.glob('*'))}" for run in self.runs()]
        found += [f"port {port} listens" for port, _ in _listening() if port in self.ports]
        return found + [f"shared memory {segment}" for segment in self._orphaned()]

    def _is_marked(self, pid: int) -> bool:
        try:
            works_in = Path(os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)"))
            if works_in.is_relative_to(self.folder):
                return True
            return os.fsencode(self.folder) in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False

    def _orphaned(self) -> list[str]:
        """List segments that one of its processes made and none uses."""
        return [
            one["shmid"]
            for one in _segments()
            if int(one["cpid"]) in self._pids and not int(one["nattch"]) and one["shmid"] not in self._before
        ]


class LeftInEngine(LeftBehind):
    """The same of a command on containers: what carries our labels in a Docker engine that no one else uses meanwhile."""

    def told(self) -> list[str]:
        return [*super().told(), *_in_engine()]


def _in_engine() -> list[str]:
    client = connect()
    try:
        ours = {"label": OWNER}
        found = [f"container {one['Names'][0]}" for one in client.api.containers(all=True, filters=ours)]
        found += [f"network {one['Name']}" for one in client.api.networks(filters=ours)]
        return found + [f"volume {one['Name']}" for one in client.api.volumes(filters=ours)["Volumes"] or ()]
    finally:
        client.close()


def command_line(pid: int) -> str:
    """Return what a process was started with; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    except OSError:
        return ""


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _links(folder: Path) -> list[str]:
    try:
        return [os.readlink(entry) for entry in os.scandir(folder)]
    except OSError:  # it ended meanwhile
        return []


def _listening() -> list[tuple[int, str]]:
    """Return each listening port of this machine with the inode of its socket."""
    _, *rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return [
        (int(row[_ADDRESS].rpartition(":")[2], 16), row[_INODE]) for row in rows if row[_STATE] == _LISTENING
    ]


def _segments() -> list[dict[str, str]]:
    names, *rows = (line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines())
    return [dict(zip(names, row, strict=False)) for row in rows]
