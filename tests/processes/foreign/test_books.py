"""A description that uses what foreign systems have: a migration, a worker in a group, schemas, UUIDs, serials, money."""

import re
from pathlib import Path

import pytest

from shaketable.errors import PartNotStarted
from shaketable.explore.judge.calibration import calibrate
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.part_starter import PartStarter
from shaketable.real.world import RealWorld
from shaketable.runner import traced
from shaketable.subject import Subject
from shaketable_patterns.described.subject import subject_from
from tests.processes.foreign.system_variants import TRIES
from tests.processes.started import needs_the_extra

HERE = Path(__file__).parent
MONEY_MADE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

pytestmark = needs_the_extra


def variant(folder: Path, *changes: tuple[str, str]) -> Subject:
    text = (HERE / "books.toml").read_text().replace('"books.py"', f'"{HERE}/books.py"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "books.toml").write_text(text)
    return subject_from(folder / "books.toml")


def test_a_calm_run_fits_its_description_and_every_value_is_what_it_is(world, tmp_path):
    subject = variant(tmp_path)
    assert calibrate(subject, world).mismatches == ()
    run = traced(world, subject, subject.pattern.workload(subject))
    writes = [write for e in run.history if e.name == "commit" for write in e.value["writes"]]
    verb, table, row = writes[0]
    assert (verb, table, row["customer"], row["state"]) == ("insert", "billing.invoice", 1, "open")
    assert row["id"].startswith("00000000-5ab1-")
    assert row["amount"] in ("12.50", "7.10")
    assert row["lines"] == [{"price": 12.5 if row["amount"] == "12.50" else "7.10"}]
    assert MONEY_MADE.fullmatch(row["made"])
    assert {(verb, table) for verb, table, _ in writes} == {
        ("insert", "billing.invoice"), ("update", "billing.invoice"), ("insert", "Account"),
    }  # fmt: skip
    (first,) = [e.value for e in run.history if e.kind == "state"]
    assert first == {"db": "books", "table": "Account", "rows": [{"Id": 0, "total": "10.00"}]}
    crossed = {str(boundary).rpartition(" ")[0] for boundary in run.boundaries}
    assert {"api>postgres INSERT billing.invoice", "worker>postgres INSERT Account"} <= crossed
    assert f"api>kafka PRODUCE billed/{row['id']}" in crossed
    paid = [e.value for e in run.history if e.kind == "ok" and e.name == "pay"]
    assert [one["body"] for one in paid] == [{"paid": "UPDATE 1"}] * len(paid) != []


def test_two_replicas_behind_one_address_share_the_requests(world, tmp_path):
    subject = variant(tmp_path, ('name = "api"', 'name = "api"\nreplicas = 2'))
    assert any(calibrate(subject, world).mismatches == () for _ in range(TRIES))

    def share() -> bool:
        run = traced(world, subject, subject.pattern.workload(subject))
        assert {b.route.sender for b in run.boundaries} == {"client", "api", "worker"}
        return {e.process for e in run.history if e.name == "commit"} == {"api-1", "api-2", "worker"}

    assert any(share() for _ in range(TRIES))  # on a busy machine a client may give up and ask again


@pytest.mark.parametrize(
    ("change", "said", "noted"),
    [
        (
            ("migrate.within", 'migrate.env.MIGRATION = "fails"\nmigrate.within'),
            "ended with status 1",
            "no such revision",
        ),
        (
            ("migrate.within_ms = 20000", 'migrate.env.MIGRATION = "hangs"\nmigrate.within_ms = 2000'),
            "did not end within 2 s",
            "the tables are made",
        ),
        (('"migrate"]', '"no-such"]'), "ended with status 1", "KeyError: 'HTTP_HOST'"),
    ],
)
def test_a_migration_that_fails_or_hangs_is_told_with_its_last_lines(tmp_path, change, said, noted):
    world = RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20)
    with pytest.raises(PartNotStarted, match=f"the migration of database 'books' failed: .*{said}") as raised:
        world.open(variant(tmp_path, change))
    assert "\n" not in str(raised.value)
    assert any(noted in note for note in raised.value.__notes__)


def test_a_worker_that_never_joins_its_group_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(PartStarter.__init__.__kwdefaults__, "ready_within_s", 3.0)
    world = RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20)
    another = ('env.SESSION_MS = "', 'env.GROUP = "others"\nenv.SESSION_MS = "')
    with pytest.raises(
        PartNotStarted, match="worker did not start: 0 members were let into consumer group 'books'"
    ):
        world.open(variant(tmp_path, another))
