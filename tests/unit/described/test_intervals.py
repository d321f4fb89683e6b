"""Intervals of a service's own that do not pass as fast as a run does: told before it, and under a story of slowness."""

import pytest

from shaketable.cli.output import note_bare_intervals
from shaketable.descriptions.intervals import bare_intervals, slowness_hint
from shaketable.errors import UsageError
from shaketable.explore.judge.calibration import require_promises
from shaketable.history import History
from shaketable.report.story.story import story_of
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding
from shaketable_patterns.described.subject import subject_from
from tests.unit.described.shop_file import SHOP_FILE


@pytest.fixture
def shop(tmp_path):
    def made(env: str = "", text: str = SHOP_FILE) -> Subject:
        file = tmp_path / "shop.toml"
        file.write_text(text.replace('command = ["./api"]', f'command = ["./api"]\nenv = {{ {env} }}'))
        return subject_from(file)

    return made


@pytest.mark.parametrize(
    "setting", ['POLL_MS = "500"', 'READ_TIMEOUT = "4s"', 'RETRY_INTERVAL = "1.5"', 'LEASE_SECONDS = "10"']
)
def test_what_is_named_like_an_interval_and_is_a_bare_number_is_told(shop, setting, capsys):
    name = setting.partition(" ")[0]
    subject = shop(setting)
    (found,) = bare_intervals(subject)
    assert found.startswith(f"{name} = ")
    assert found.endswith("of part api")
    note_bare_intervals(subject, "processes")
    assert f"{name} = " in capsys.readouterr().err
    note_bare_intervals(subject, "sim")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "setting", ['POLL_MS = "{ms:500}"', 'ITEMS = "5"', 'TIMEOUT_MODE = "hard"', 'PORTS = "80"']
)
def test_what_is_scaled_or_no_interval_is_not(shop, setting):
    assert bare_intervals(shop(setting)) == ()


@pytest.mark.parametrize(("promise", "hinted"), [("OB-2", True), ("OB-3", False)])
def test_a_story_of_liveness_says_where_to_look_first(shop, promise, hinted):
    finding = Finding(promise, "never-sent", "it never came", ())
    story = story_of(shop('POLL_MS = "500"'), Schedule("shop", ()), History(), finding)
    assert ("POLL_MS = 500 of part api is not" in story.remark) == hinted
    assert bool(slowness_hint(shop())) is True


def test_a_file_without_promises_can_be_loaded_and_not_judged(shop):
    subject = shop(text=SHOP_FILE.partition("[[roles]]")[0] + SHOP_FILE[SHOP_FILE.index("[times]") :])
    assert subject.pattern.promises == ()
    with pytest.raises(
        UsageError, match=r"say what an op `leaves`, what to `observe`, or who plays which role"
    ):
        require_promises(subject)


def test_a_file_whose_roles_claim_nothing_says_what_they_lack(shop):
    text = SHOP_FILE.partition("[[roles]]")[0] + '[[roles]]\nrole = "op"\nop = "sell"\nplays = "begin"\n'
    subject = shop(text=text + SHOP_FILE[SHOP_FILE.index("[times]") :])
    with pytest.raises(UsageError, match="its roles claim no promise"):
        require_promises(subject)
