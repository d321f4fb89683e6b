"""The owner of a container, network or volume: our labels on everything, and whether the command behind them lives."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shaketable.real.supervision.identity import Identity, identity_of, is_alive

RUN = "shaketable"
OWNER = "shaketable.owner"
PLACE = "shaketable.place"


@dataclass(frozen=True, slots=True)
class Owner:
    """One run of one command."""

    run: str
    process: Identity
    place: str

    @property
    def labels(self) -> dict[str, str]:
        """The labels that everything of this run carries."""
        return {RUN: self.run, OWNER: f"{self.process.pid}:{self.process.started}", PLACE: self.place}


def this_command() -> Owner:
    """Make the owner of a new run of this process."""
    me = identity_of(os.getpid())
    assert me is not None
    return Owner(f"{me.pid}-{secrets.token_hex(3)}", me, _place())


def is_abandoned(labels: Mapping[str, str]) -> bool:
    """Tell whether the command that these labels name is dead.

    A pid only means something in its own pid namespace: what was started in another one that exists since the same
    boot cannot be judged from here, and is left alone.
    """
    pid, _, started = labels.get(OWNER, "").partition(":")
    boot, _, namespace = labels.get(PLACE, "").partition(" ")
    if not (pid.isdecimal() and started.isdecimal() and namespace):
        return False
    here, _, ours = _place().partition(" ")
    if boot != here:
        return True  # the machine was started again since
    return namespace == ours and not is_alive(Identity(int(pid), int(started)))


def _place() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}"
