"""A command that starts a run and then waits to be killed: `python -m tests.processes.abandoned_command [pause]`."""

import sys

from shaketable.real.loop_thread import LoopThread
from shaketable.real.processes.launcher import ProcessLauncher
from tests.processes.launcher_contract import service, wait_healthy
from tests.processes.started import EVERYTHING


def main() -> None:
    launcher, loop = ProcessLauncher(["tests.processes.tiny_service:serve"]), LoopThread()
    loop.call(launcher.start_servers(EVERYTHING))
    loop.call(launcher.start_service(service("payment"), {}))
    loop.call(wait_healthy(launcher, "payment"))
    if "pause" in sys.argv:
        loop.call(launcher.pause("postgres"))
        loop.call(launcher.pause("payment"))
    sys.stdout.write(f"{launcher.run_folder}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
