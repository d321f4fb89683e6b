"""The program that a forked process becomes: it gives up what it does not need, ties its life to ours, and execs.

It runs in a child of the supervisor, so it imports nothing heavy.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass, field
from typing import NoReturn

ENTRY = "shaketable.real.supervision.program:exec_program"
RUN = "SHAKETABLE_RUN"
"""The variable that names the run's folder: every process of the run is started with it, and so is what that starts."""
_VARIABLE = "SHAKETABLE_PROGRAM"
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CAPABILITIES = 64  # the kernel refuses numbers it does not know
_PLAIN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run. Without `env` it gets a plain environment; without `uid` it stays the user that we are.

    The supervisor's `SHAKETABLE_RUN` is added to either environment.
    """

    argv: tuple[str, ...]
    folder: str
    uid: int | None = None
    env: dict[str, str] | None = None
    death_signal: int = signal.SIGKILL
    """The signal that the kernel sends it when its parent, the supervisor, ends."""
    also: dict[str, str] = field(default_factory=dict)
    """Variables added to a plain environment."""
    privileged: bool = False
    """True when it keeps what root may: only for a copy that keeps owners."""

    def as_env(self, supervisor: int) -> dict[str, str]:
        """Return the environment in which `exec_program` runs it, as a child of the process `supervisor`."""
        return {_VARIABLE: json.dumps(asdict(self) | {"supervisor": supervisor})}


def exec_program() -> NoReturn:
    """Turn this process into the program of its environment; what fails is in the log."""
    said = json.loads(os.environ.pop(_VARIABLE))
    uid = said["uid"]
    if not said["privileged"]:
        _drop_capabilities()
    if uid is not None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, said["death_signal"])  # only now: the kernel forgets it when the user changes
    if os.getppid() != said["supervisor"]:
        sys.exit("the supervisor is gone")
    os.umask(0o077)
    os.chdir(said["folder"])
    env = said["env"] if said["env"] is not None else _PLAIN | {"HOME": said["folder"]} | said["also"]
    run = {RUN: os.environ[RUN]} if RUN in os.environ else {}
    os.execve(said["argv"][0], said["argv"], env | run)


def _drop_capabilities() -> None:
    """Drop what root may and others may not, from the next exec on; files of its own it can still read."""
    if os.geteuid() == 0:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        for capability in range(_CAPABILITIES):
            prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
