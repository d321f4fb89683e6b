"""A described system in containers of its own images: tables made by a migration, an API, and a worker without HTTP in a group."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shaketable.errors import PartNotStarted
from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.images import SERVICES, obtain, overrides
from shaketable.real.containers.launcher import ContainerLauncher
from shaketable.real.stack.part_starter import PartStarter
from shaketable.real.world import RealWorld
from shaketable.runner import execute, traced
from shaketable.subject import Subject
from shaketable_patterns.described.subject import subject_from
from tests.containers.started import left_of, needs_docker, runs

BOOKS = Path(__file__).parents[1] / "processes" / "foreign"
ROLES = ("serve", "work", "migrate")

pytestmark = needs_docker


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    client = connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def images(engine) -> Iterator[dict[str, str]]:
    """Build an image for each role of the program, on the libraries of ours; they are removed again."""
    base = obtain(engine, SERVICES, overrides(os.environ))
    built = {role: f"shaketable-test-books-{role}:{os.getpid()}" for role in ROLES}
    for role, tag in built.items():
        lines = (
            f"FROM {base}",
            "COPY books.py /srv/books.py",
            f'ENTRYPOINT ["/venv/bin/python", "-u", "/srv/books.py", "{role}"]',
        )
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, content in (
                ("Dockerfile", "\n".join(lines).encode()),
                ("books.py", (BOOKS / "books.py").read_bytes()),
            ):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
        context.seek(0)
        engine.images.build(fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True)
    yield built
    for tag in built.values():
        engine.images.remove(tag, force=True)


@pytest.fixture(scope="module")
def world() -> Iterator[RealWorld]:
    opened = RealWorld("containers", lambda _: ContainerLauncher())
    yield opened
    opened.close()


def variant(folder: Path, images: dict[str, str], *changes: tuple[str, str]) -> Subject:
    """Return the books as they are described, each part by its image."""
    text = (BOOKS / "books.toml").read_text()
    for role, tag in images.items():
        old = f'command = ["{{python}}", "-u", "books.py", "{role}"]'
        assert text.count(old) == 1, role
        text = text.replace(old, f'image = "{tag}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "books.toml"
    file.write_text(text)
    return subject_from(file)


def test_a_migration_makes_the_tables_and_a_worker_is_ready_as_a_member_of_its_group(world, images, tmp_path):
    subject = variant(tmp_path, images)
    assert subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history) == []
    run = traced(world, subject, subject.pattern.workload(subject))
    written = {
        (event.process, verb, table)
        for event in run.history
        if event.name == "commit"
        for verb, table, _ in event.value["writes"]
    }
    assert {("api", "insert", "billing.invoice"), ("worker", "insert", "Account")} <= written
    delivered = {event.process for event in run.history if event.name == "deliver"}
    assert delivered == {"worker"}


@pytest.mark.parametrize(
    ("change", "said", "noted"),
    [
        (
            ("migrate.within", 'migrate.env.MIGRATION = "fails"\nmigrate.within'),
            "ended with status 1",
            "no such revision",
        ),
        (
            ("migrate.within_ms = 20000", 'migrate.env.MIGRATION = "hangs"\nmigrate.within_ms = 5000'),
            "did not end within 5 s",
            "the tables are made",
        ),
    ],
    ids=["fails", "hangs"],
)
def test_a_migration_that_fails_or_hangs_is_told_with_its_last_lines(
    engine, images, tmp_path, change, said, noted
):
    before = runs(engine)
    failing = RealWorld("containers", lambda _: ContainerLauncher())
    with pytest.raises(PartNotStarted, match=f"the migration of database 'books' failed: .*{said}") as raised:
        failing.open(variant(tmp_path, images, change))
    assert "\n" not in str(raised.value)
    assert any(noted in note for note in raised.value.__notes__)
    assert not [name for run in runs(engine) - before for name in left_of(engine, run)]


def test_a_worker_that_never_joins_its_group_is_told(images, tmp_path, monkeypatch):
    monkeypatch.setitem(PartStarter.__init__.__kwdefaults__, "ready_within_s", 5.0)
    failing = RealWorld("containers", lambda _: ContainerLauncher())
    another = ('env.SESSION_MS = "', 'env.GROUP = "others"\nenv.SESSION_MS = "')
    with pytest.raises(
        PartNotStarted, match="worker did not start: 0 members were let into consumer group 'books'"
    ):
        failing.open(variant(tmp_path, images, another))
