"""Which file a worker of `make test` gets next: half of the workers take those that wait for servers first, the others those that compute.

Else all workers wait for servers at once, which leaves the processors idle, and then all compute, which leaves none for servers.
"""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

TOGETHER = "tests/architecture"
"""These parse all files, once a process."""
APART = "tests/architecture/test_adding_a_fault.py"
"""It parses nothing, and takes long by itself."""
WAITING = ("tests/conformance/", "tests/processes/")


def waits(file: str) -> bool:
    """Tell whether the tests of this file wait for servers most of their time."""
    return file.startswith(WAITING)


class MixedFiles(LoadFileScheduling):
    """Whole files in the order in which they are collected, of one kind as long as there are any."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER if file.startswith(f"{TOGETHER}/") and file != APART else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        wanted = int(node.gateway.id.removeprefix("gw")) % 2 == 0
        file = next((file for file in self.workqueue if waits(file) == wanted), None)
        if file is not None:
            self.workqueue.move_to_end(file, last=False)
        super()._assign_work_unit(node)
