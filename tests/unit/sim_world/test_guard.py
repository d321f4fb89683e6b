"""The guard refuses the real world by name, only while simulated code runs, and leaves no trace."""

import datetime
import logging
import random
import socket
import threading
import time
import uuid

import pytest

from shaketable.errors import ForbiddenCall
from shaketable.sim.guard import Guard


def connect() -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", 9))


CALLS = {
    "time.time": lambda: time.time(),
    "time.sleep": lambda: time.sleep(0),
    "time.monotonic": lambda: time.monotonic(),
    "random.random": lambda: random.random(),
    "uuid.uuid4": lambda: uuid.uuid4(),
    "datetime.now": lambda: datetime.datetime.now(),
    "datetime.utcnow": lambda: datetime.datetime.utcnow(),
    "socket.connect": lambda: connect(),
    "Thread.start": lambda: threading.Thread(target=print).start(),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_to_the_real_world_is_an_error_that_names_it(name):
    guard = Guard()
    guard.install()
    guard.active = threading.get_ident()
    try:
        with pytest.raises(ForbiddenCall, match=name):
            CALLS[name]()
        with pytest.raises(ForbiddenCall, match=name):
            guard.check()
    finally:
        guard.active = 0
        guard.remove()


def test_outside_simulated_code_everything_works_while_installed():
    guard = Guard()
    guard.install()
    try:
        assert datetime.datetime.now().year >= 2024
        assert time.time() > 1_000_000_000
        uuid.uuid4()
    finally:
        guard.remove()


def test_logging_is_allowed_inside():
    guard = Guard()
    guard.install()
    guard.active = threading.get_ident()
    try:
        logging.getLogger("a.service").warning("said")
        guard.check()
    finally:
        guard.active = 0
        guard.remove()


def test_removing_it_restores_every_name():
    before = (time.time, random.random, uuid.uuid4, threading.Thread.start, datetime.datetime.__dict__["now"])
    connect = socket.socket.connect
    guard = Guard()
    guard.install()
    guard.install()
    guard.remove()
    assert time.time is not before[0]
    guard.remove()
    after = (time.time, random.random, uuid.uuid4, threading.Thread.start, datetime.datetime.__dict__["now"])
    assert before == after
    assert socket.socket.connect == connect
    assert "connect" not in vars(socket.socket)
