"""A process that has imported the services once and forks them on demand: a restart costs a fork, not an interpreter.

It is a program of its own, also the first process (PID 1) of a service's container, so it imports nothing of the
harness but `shaketable.entry_point` and `shaketable.parent_death`. It listens on a Unix socket for one JSON object a line and answers each with one:

    {"do": "start", "name": "payment", "entry": "package.module:callable", "env": {...}, "log": "/path"}
    {"do": "signal", "name": "payment", "signal": 9}
    {"do": "status"}

It forks while it is single-threaded, with no loop, pool or client yet; a child reseeds `random` and leads its own
process group. It ends with its parent (on Linux the kernel sees to it) and its children end with it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from shaketable.entry_point import load_function
from shaketable.parent_death import die_with_parent


class Zygote:
    """Serves commands until its control connection and its socket are closed by SIGTERM."""

    def __init__(self, modules: list[str]) -> None:
        for module in modules:
            importlib.import_module(module)
        self._children: dict[str, int] = {}
        self._ended: dict[str, int] = {}

    def serve(self, path: str) -> None:
        """Listen at `path`; one controller at a time."""
        Path(path).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            os.chmod(path, 0o666)  # the folder is private to the run; the controller may be another user
            listener.listen()
            listener.settimeout(0.2)
            while True:
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    self._reap()
                    continue
                with connection:
                    self._converse(connection, listener)

    def _converse(self, connection: socket.socket, listener: socket.socket) -> None:
        with connection.makefile("rwb") as stream:
            for line in (
                stream
            ):  # no limit: the connection ends with its controller, and this process with its parent
                try:
                    answer = self._do(json.loads(line), (connection, listener))
                except Exception as error:  # one bad command must not take the others' processes down
                    answer = {"error": f"{type(error).__name__}: {error}"}
                stream.write(json.dumps(answer).encode() + b"\n")
                stream.flush()

    def _do(self, command: dict[str, Any], inherited: tuple[socket.socket, ...]) -> dict[str, Any]:
        self._reap()
        match command["do"]:
            case "start":
                return {"pid": self._start(command, inherited)}
            case "signal":
                return {"done": self._signal(command["name"], command["signal"])}
            case "status":
                return {"running": self._children, "ended": self._ended}
            case other:
                raise ValueError(f"no command {other!r}")

    def _start(self, command: dict[str, Any], inherited: tuple[socket.socket, ...]) -> int:
        name = command["name"]
        if name in self._children:
            raise ValueError(f"{name} is running as {self._children[name]}")
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            for opened in inherited:
                opened.close()
            _become(command, me)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # the child does it too: whichever is first, a signal finds the group
        self._children[name] = pid
        self._ended.pop(name, None)
        return pid

    def _signal(self, name: str, number: int) -> bool:
        pid = self._children.get(name)
        if pid is None:
            return False
        os.killpg(pid, number)
        if number == signal.SIGKILL:
            os.waitpid(pid, 0)  # no limit here: the controller's end names what it waits for
            del self._children[name]
            self._ended[name] = -number
        return True

    def _reap(self) -> None:
        """Collect ended children, adopted ones too: a PID 1 is their only parent."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name, child in list(self._children.items()):
                if child == pid:
                    del self._children[name]
                    self._ended[name] = os.waitstatus_to_exitcode(status)


def _become(command: dict[str, Any], zygote: int) -> None:
    """Become the service, in the child. Never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        die_with_parent(zygote)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        log = os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(command["env"])
        random.seed()
        load_function(command["entry"])()
        code = 0
    except SystemExit as asked:  # many a SIGTERM handler ends its service so
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
        if code and not isinstance(asked.code, int):
            print(asked.code, file=sys.stderr)  # noqa: T201 - as the interpreter itself does
    except BaseException:  # the child must not return into the zygote's loop, whatever it raised
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Run `python -m shaketable.real.zygote SOCKET MODULE...`."""
    path, *modules = sys.argv[1:]
    if os.getpid() != 1:
        die_with_parent(os.getppid())  # what forked this process has seen to it until now
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Zygote(modules).serve(path)


if __name__ == "__main__":
    main()
