"""docs/your-system.md on real servers: its file and its program run as printed, and what they are blamed for is theirs."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from shaketable.cli.commands import main
from shaketable.errors import UsageError
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.fault import Drop, Duplicate
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable_patterns.described.subject import subject_from
from tests.processes.started import needs_the_extra

PAGE = (Path(__file__).parents[3] / "docs" / "your-system.md").read_text()
WHOLE, OUTBOX, _ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
PROGRAM, _ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
RECORD = "api>kafka PRODUCE sales.sold/shop #1"
SALES = tuple(Do("sell", {"nr": f"s{n}"}) for n in range(1, 4))

pytestmark = needs_the_extra


def copied(folder: Path, *more: str) -> Path:
    """Copy the page's file and program, and return the file."""
    (folder / "shop.py").write_text(PROGRAM)
    file = folder / "shop.toml"
    file.write_text("\n".join((WHOLE, *more)))
    return file


def test_the_file_of_the_page_shows_its_boundaries(tmp_path):
    ran = CliRunner().invoke(main, ["boundaries", str(copied(tmp_path)), "--world", "processes"])
    assert ran.exit_code == 0, ran.output
    assert RECORD in ran.output
    assert "client>api POST /sales #1" in ran.output
    assert "api>postgres COMMIT message,sale #1" in ran.output


def test_there_is_nothing_to_judge_until_it_is_declared(tmp_path, world):
    subject = subject_from(copied(tmp_path))
    with pytest.raises(UsageError, match="no promise to judge: say what an op `leaves`, what to `observe`"):
        certify_subject(subject, world, Budget(runs=1), now_s=lambda: 0.0)


@pytest.mark.parametrize(
    "fault",
    [Duplicate(at=RECORD, leg="request"), Drop(at=RECORD, leg="reply"), Drop(at=RECORD, leg="request")],
)
def test_a_right_relay_is_not_blamed_for_what_happens_to_its_records(fault, tmp_path, world):
    subject = subject_from(copied(tmp_path, OUTBOX, "[knobs]\nbatch_size = 20"))
    for _ in range(2):
        ran = execute(world, subject, Schedule("shop", (Inject(fault), *SALES, Wait(20_000))))
        assert ran.reason is None
        assert ran.findings == []
        appended = [e for e in ran.history if e.name == "append"]
        assert [e.value["offset"] for e in appended] == list(range(len(appended)))
        assert len(appended) == 3 + (fault.leg == "reply" or isinstance(fault, Duplicate))
        for number in range(1, 4):
            sent = next(
                e.index
                for e in ran.history
                if e.name == "commit"
                and any(row.get("sent_at") and f"s{number}" in row["body"] for _, _, row in e.value["writes"])
            )
            assert any(e.index < sent and e.value["value"]["sale"] == f"s{number}" for e in appended)
