"""A read model in a description file: its roles are read, what a calm run never shows is told, and the page's roles are the file's."""

import re
import tomllib
from pathlib import Path

import pytest

from shaketable.errors import FileFormatError
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable_patterns.described.read_model import misplayed
from shaketable_patterns.described.subject import subject_from
from shaketable_patterns.projection.facts import ReadModelReader
from tests.unit.read_model.till import CURSOR, LEFT, ROLES, SPENT, Till, without

ROOT = Path(__file__).parents[3]
LOYALTY = ROOT / "target_services" / "shaketable_targets" / "loyalty" / "loyalty.toml"
PAGE = (ROOT / "docs" / "patterns" / "read-model.md").read_text()


def told(till, roles=ROLES):
    mapping = Mapping(roles)
    return list(misplayed(ReadModelReader(mapping, Indexing(mapping.tables()))(till.quiet())))


def test_a_calm_run_that_shows_everything_contradicts_nothing():
    till = Till()
    till.sold_and_shown()
    till.ask(90)
    till.left(500)
    assert told(till) == []


def test_each_role_that_a_calm_run_never_shows_is_told():
    said = "\n".join(told(Till()))
    for words in (
        "projection cards.source: no row of sale",
        "projection cards.view: no row of card",
        "projection cards.record: no record on sale.changed",
        "total spent.counts: nothing counts",
        "total spent.view: no row of spend",
        "question.says: no answer to spent",
        "position.rows: no row of cursor",
    ):
        assert words in said


def test_a_question_about_no_total_is_told():
    till = Till()
    till.left(500)
    assert "question.total: no total is named 'purse'" in told(till, without(LEFT, total="purse"))
    assert told(till, tuple(role for role in ROLES if role not in (SPENT, CURSOR)))


def test_the_roles_of_the_page_are_those_of_the_loyalty_programme():
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    declared = tomllib.loads(LOYALTY.read_text())["roles"]
    assert [role for role in tomllib.loads(block)["roles"] if role not in declared] == []
    claimed = {promise.id for promise in subject_from(LOYALTY).pattern.promises}
    assert claimed >= {"PJ-1", "PJ-2", "PJ-3"}


@pytest.mark.parametrize("table", ["question", "rebuild"])
def test_an_op_that_is_not_there_is_told(table, tmp_path):
    fields = 'of = "field.x"\ntotal = "credits"\nsays = "answer.x"\n' if table == "question" else ""
    file = tmp_path / "loyalty.toml"
    role = f'[[roles]]\nrole = "{table}"\nop = "count"\n{fields}\n'
    file.write_text(LOYALTY.read_text().replace("[knobs]", f"{role}[knobs]"))
    with pytest.raises(FileFormatError, match="there is no op 'count'"):
        subject_from(file)
