"""A command that opens the world and then waits to be ended: `python -m tests.containers.abandoned_command`.

It says "opening" before and the run's name afterwards.
"""

import sys

from shaketable.real.containers.launcher import ContainerLauncher
from shaketable.real.world import RealWorld
from tests.containers.started import hardened


def main() -> None:
    def make(_: object) -> ContainerLauncher:
        launcher = ContainerLauncher()
        say(launcher.run)
        return launcher

    world = RealWorld("containers", make)
    try:
        world.open(hardened())
        say("open")
        sys.stdin.read()
    except KeyboardInterrupt:
        say("interrupted")
    finally:
        world.close()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
