"""docs/your-system.md does what it says: its blocks are read, its roles are all there are, its Python runs."""

import re
import tomllib
from pathlib import Path

import msgspec

from shaketable.descriptions.file import parse
from shaketable.real.servers.registry import servers
from shaketable_patterns.described.roles import AnyRole, mapping_of
from tests.unit.described.shop_file import SHOP_FILE, described

PAGE = (Path(__file__).parents[3] / "docs" / "your-system.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_blocks_of_the_page_are_those_of_a_file_that_is_read():
    whole, outbox, partners = blocks("toml")
    assert parse(f"{whole}\n{outbox}".encode(), "shop.toml", servers()).roles == tuple(
        tomllib.loads(outbox)["roles"]
    )
    (role,) = tomllib.loads(outbox)["roles"]
    assert role in described().roles
    (partner,) = tomllib.loads(partners)["partners"]
    assert partner["routes"][0].items() <= tomllib.loads(SHOP_FILE)["partners"][0]["routes"][0].items()


def test_the_python_of_the_page_runs_and_says_the_same_as_the_file(capsys):
    _, program = blocks("python")
    names: dict[str, object] = {}
    exec(compile(program, "docs/your-system.md", "exec"), names)
    claimed, left = capsys.readouterr().out.splitlines()
    assert claimed.startswith("['OB-1', 'OB-2', 'OB-3'")
    assert "only the owner of a claim writes" in left
    (of_the_file, *_) = mapping_of(described(), "shop.toml").roles
    shop = names["shop"]
    assert msgspec.structs.asdict(shop)["record"] == of_the_file.record
    (owes,), (declared,) = shop.owes, of_the_file.owes
    assert (owes.type, owes.change.of, owes.change.rows.table) == (
        declared.type,
        declared.change.of,
        declared.change.rows.table,
    )


def test_the_page_names_every_role_and_every_field_of_the_short_ones():
    for kind in AnyRole.__args__:
        assert f"| `{kind.__struct_config__.tag}` |" in PAGE
    for kind in AnyRole.__args__:
        starts = f"| `{kind.__struct_config__.tag}` |"
        row = [line for line in PAGE.splitlines() if line.startswith(starts)][-1]
        if "..." not in row:
            wanted = set(kind.__struct_fields__) - {"name", "where", "status"}
            assert {field for field in wanted if f"`{field}`" not in row} == set()
