"""Roles that are given by half, or name what is not there: each is refused in one line, not judged by less in silence."""

from pathlib import Path

import pytest

from shaketable.errors import FileFormatError
from shaketable_patterns.described.subject import subject_from

_A_LISTING = '[[roles]]\nrole = "listing"'
_ANOTHER_QUEUE = """[[roles]]
role = "queue"
rows = { database = "desk", table = "tickets" }
of = "col.ref"
active = { "col.state" = "open" }
order = "col.opened_at"
key = "='urgent'"
member = "col.ref"
"""
TARGETS = Path(__file__).parents[3] / "target_services" / "shaketable_targets"


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("clinic/clinic.toml", 'processes = ["desk"]', 'processes = ["desks"]', "there is no process 'desks'; there are desk, "),
        ("clinic/clinic.toml", 'processes = ["desk"]', "processes = []", "a driver names no processes"),
        ("clinic/clinic.toml", 'log = "$admissions", of = "col.no", ', "", "of a driver's log say both"),
        ("clinic/clinic.toml", 'log = "$admissions", of', "of", "of a driver's log say both"),
        ("price_list/price_list.toml", 'given = "col.token"', "", "of a lock's own rows say both"),
        ("tours/tours.toml", '"flights-{}"', '"flights"', "prepared_as of branch 'flight' is 'flights'"),
        ("tours/tours.toml", '"flights-{}"', '"{}-{}"', "prepared_as of branch 'flight' is '{}-{}'"),
        ("tours/tours.toml", 'name = "hotel"', 'name = "flight"', "two branches are called 'flight'"),
        ("tours/tours.toml", '"col.verdict" = "rollback"', '"col.verdict" = "commit"', "commit and abort of a decision are the same"),
        ("tours/tours.toml", "lock_ms_max = 10000", "lock_ms_max = -1", "lock_ms_max is -1, and must not be below 0"),
        ("tours/tours.toml", "resolve_ms = 30000", "resolve_ms = -1", "resolve_ms is -1, and must not be below 0"),
        ("tours/tours.toml", 'in_doubt = "blocks"', 'in_doubt = "block"', "in_doubt is 'block', and may be blocks or bounded"),
        ("helpdesk/helpdesk.toml", 'part = "desk"', 'part = "desks"', "part: there is no part 'desks'; there are desk"),
        ("helpdesk/helpdesk.toml", 'part = "desk"', 'store = "valkey"', "no link of protocol redis goes to 'valkey'; there are redis"),
        ("helpdesk/helpdesk.toml", 'part = "desk"', 'store = ""', "no link of protocol redis goes to ''"),
        ("helpdesk/helpdesk.toml", _A_LISTING, _ANOTHER_QUEUE + _A_LISTING, "there are two queues, and one is judged: say by `place`"),
        ("helpdesk/helpdesk.toml", "heal_ms = 20000", "heal_ms = 0", "knobs: heal_ms is 0, and must be"),
        ("helpdesk/helpdesk.toml", "heal_ms = 20000", "heal_ms = -1", "knobs: heal_ms is -1, and must not be below 0"),
        ("helpdesk/helpdesk.toml", "lag_ms = 8000", "lag_ms = 90000", "is healed within heal_ms + grace_ms = 32000"),
        ("helpdesk/helpdesk.toml", "lag_ms = 8000", "lag_ms = true", "knobs: lag_ms is True, and must be a whole number"),
        ("helpdesk/helpdesk.toml", 'fill = "guarded"', 'fill = "sometimes"', "fill is 'sometimes', and may be guarded, checked, expires"),
        ("helpdesk/helpdesk.toml", 'fill = "guarded"', "fill = 3", "fill is 3, and may be"),
        ("loyalty/loyalty.toml", 'amount = "=1"', "", "total 'credits' has a view: declare view_of and amount"),
    ],
)  # fmt: skip
def test_a_role_that_is_given_by_half_is_refused(
    tmp_path: Path, file: str, right: str, wrong: str, said: str
) -> None:
    text = (TARGETS / file).read_text()
    assert right in text
    path = tmp_path / Path(file).name
    path.write_text(text.replace(right, wrong))
    refused(path, said)


def refused(path: Path, said: str) -> None:
    with pytest.raises(FileFormatError) as told:
        subject_from(path)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def without(text: str, role: str) -> str:
    tables = text.split("[[")
    return "[[".join(table for table in tables if f'role = "{role}"' not in table)


def test_a_decision_without_branches_and_a_branch_alone_are_refused(tmp_path: Path) -> None:
    text = (TARGETS / "tours" / "tours.toml").read_text()
    path = tmp_path / "tours.toml"
    path.write_text(without(text, "branch"))
    refused(path, "two branches or more: declare them, beside the 0")
    alone = text.index('[[roles]]\nrole = "branch"\nname = "hotel"')
    path.write_text(text[:alone] + text[text.index("[[roles]] # a decision") :])
    refused(path, "two branches or more: declare them, beside the 1")


REPLICAS = """
[[roles]]
role = "replica"
name = "desk"
rows = { database = "flights", table = "planes" }
of = "col.flight"
says = "col.seats"
version = "col.seats"

[[roles]]
role = "replica"
name = "till"
rows = { database = "hotels", table = "houses" }
of = "col.hotel"
says = "col.rooms"
version = "col.rooms"

[[roles]]
role = "writing"
op = "book"
of = "field.tour"
says = "field.flight"
at = "field.hotel"
version = "answer.body.version"

[[roles]]
role = "reading"
op = "book"
of = "field.tour"
at = "field.hotel"
version = "answer.body.version"
reader = "field.tour"
own_writes = false
"""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('name = "till"', 'name = "desk"', "two replicas are called 'desk'"),
        ("own_writes = false", "own_writes = true", "declare reader of the writing, too"),
        ('reader = "field.tour"\nown_writes = false', "monotonic = true", "declare reader, too"),
        ("", "", ""),
    ],
)
def test_replicas_that_do_not_agree_are_refused(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    path = tmp_path / "tours.toml"
    text = (TARGETS / "tours" / "tours.toml").read_text()
    path.write_text(text + REPLICAS.replace(right, wrong, 1))
    if said:
        refused(path, said)
    else:
        assert "EC-1" in {promise.id for promise in subject_from(path).pattern.promises}


def test_a_replica_that_is_no_process_is_refused_where_partitions_are_judged(tmp_path: Path) -> None:
    path = tmp_path / "tours.toml"
    text = (TARGETS / "tours" / "tours.toml").read_text()
    path.write_text(text.replace("[knobs]", '[knobs]\nunder_partition = "refuse"') + REPLICAS)
    refused(path, "replica 'till' is named like no process, so that it is never seen cut off")
    path.write_text(text + REPLICAS[: REPLICAS.index('[[roles]]\nrole = "replica"\nname = "till"')])
    refused(path, "two replicas or more: declare them, beside the 1")


@pytest.mark.parametrize(
    ("role", "same"),
    [
        ("copy", 'same = { "col.topic" = "body.topic", "col.state" = "body.state" }'),
        ("lookup", 'same = { "col.topic" = "answer.body.topic", "col.state" = "answer.body.state" }'),
    ],
)
def test_a_copy_or_a_lookup_that_compares_nothing_claims_nothing(
    tmp_path: Path, role: str, same: str
) -> None:
    text = (TARGETS / "helpdesk" / "helpdesk.toml").read_text()
    assert same in text
    path = tmp_path / "helpdesk.toml"
    path.write_text(text.replace(same, "same = {}"))
    left = subject_from(path).pattern.not_claimed
    assert {(one.promise, one.missing) for one in left} == {("HC-2", (f"{role}.same",))}
