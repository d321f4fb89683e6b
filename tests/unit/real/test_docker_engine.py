"""The message when no Docker engine answers, and that nothing is left behind."""

from __future__ import annotations

import gc
import warnings

import pytest

from shaketable.errors import HarnessError
from shaketable.real.containers.docker_engine import connect


@pytest.mark.parametrize("is_there", [False, True], ids=["no such socket", "nothing listens"])
def test_no_engine_is_said_in_one_line_and_no_socket_stays_open(tmp_path, monkeypatch, is_there):
    door = tmp_path / "docker.sock"
    if is_there:
        door.touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{door}")
    gc.collect()
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(HarnessError, match="no Docker engine answers") as refused:
            connect()
        gc.collect()
    assert "\n" not in str(refused.value)
    assert not [warning for warning in left if "socket" in str(warning.message)]
