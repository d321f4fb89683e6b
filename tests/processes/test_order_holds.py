"""An order that the simulated world found is made by holds on real servers, and shows the same there."""

import re

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from shaketable.cli import main
from shaketable.runner import execute
from shaketable.schedule import Expected, dumps
from shaketable.world_choice import close_worlds, world_for
from tests.mutants.orders.locks import LOCK_EXPIRY
from tests.mutants.orders.stored import held, stored
from tests.processes.started import needs_the_extra

pytestmark = needs_the_extra


@pytest.fixture
def closing():
    yield
    close_worlds()


@pytest.mark.usefixtures("closing")
def test_replay_makes_the_order_of_a_file_by_holds_and_says_so(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(".")
    file = tmp_path / "lost-update.json"
    expected = Expected("OD-LOST", "lost-update")
    file.write_bytes(dumps(replace(stored()["lost-update"], expected=expected)))
    arguments = ["replay", str(file), "--subject", "tests.mutants.orders.rows:lost_update"]
    done = CliRunner().invoke(main, [*arguments, "--world", "processes", "--times", "3"])
    assert done.exit_code == 0, done.output
    assert "the world processes decides no orders: one hold makes this one" in done.stderr
    assert "hold the reply of stock>postgres SELECT stock #1" in done.stdout
    shown = re.search(r"(\d) of 3 failed the same way", done.stdout)
    assert shown is not None
    assert int(shown[1]) >= 2


@pytest.mark.usefixtures("closing")
def test_the_twin_stays_right_though_the_same_messages_are_held():
    by_holds = held(LOCK_EXPIRY, stored()[LOCK_EXPIRY.name])
    assert by_holds is not None
    for subject, is_shown in ((LOCK_EXPIRY.wrong, True), (LOCK_EXPIRY.right, False)):
        outcome = execute(world_for(subject, "processes"), subject, by_holds.schedule)
        assert outcome.unknown == ""
        assert bool(outcome.findings) == is_shown
