"""How much memory the containers of one run hold, by what the Docker engine tells."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.owner import RUN


def container_megabytes(run: str) -> float:
    """The sum over all containers of `run`; file pages that the kernel can drop at once are left out."""
    client = connect()
    try:
        containers = client.containers.list(filters={"label": f"{RUN}={run}"})
        with ThreadPoolExecutor(len(containers)) as threads:  # the engine takes a second for each
            return sum(threads.map(_megabytes, containers))
    finally:
        client.close()


def _megabytes(container: Any) -> float:
    memory = container.stats(stream=False)["memory_stats"]
    details = memory.get("stats", {})
    droppable = details.get("inactive_file", details.get("total_inactive_file", 0))
    return float(memory["usage"] - droppable) / 2**20
