"""A variant of a description says what differs and nothing else; what it cannot mean is said in one line."""

from pathlib import Path

import pytest
from shop_history import SHOP

from shaketable.descriptions.file import read
from shaketable.errors import FileFormatError
from shaketable.explore.judge.subject_digest import digest
from shaketable.real.servers.registry import servers
from shaketable_patterns.described.subject import subject_from

CURSOR = SHOP / "cursor.toml"
HARDENED = SHOP / "hardened.toml"


def beside_the_shop(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the variant with one thing in it said otherwise, in a folder that has a copy of what it is like."""
    (folder / HARDENED.name).write_bytes(HARDENED.read_bytes())
    text = CURSOR.read_text()
    assert old in text
    (folder / CURSOR.name).write_text(text.replace(old, new, 1))
    return folder / CURSOR.name


def test_a_variant_differs_in_name_summary_and_what_it_sets():
    base, variant = read(HARDENED, servers())[0], read(CURSOR, servers())[0]
    assert (variant.name, variant.roles) == ("ticket-shop/cursor", base.roles)
    assert variant.parts[0].env == {**base.parts[0].env, "TICKET_RELAY": "cursor"}
    assert base.parts[0].env["TICKET_RELAY"] == "publish-first"


def test_the_digest_of_a_variant_follows_what_it_is_like_too(tmp_path):
    file = beside_the_shop(tmp_path)
    before = digest(subject_from(file))
    with (tmp_path / HARDENED.name).open("a") as like:
        like.write("# another word\n")
    assert digest(subject_from(file)) != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("TICKET_RELAY", "TICKET_RELAI", "env.shop.TICKET_RELAI: this part has no such variable in hardened.toml"),
        ("env.shop", "env.shap", "env.shap: hardened.toml has no such part; there are shop"),
        ('"cursor"', '"{kafak}"', "part shop, TICKET_RELAY: {kafak} is none of"),
        ("ticket-shop/cursor", "ticket-shop/hardened", "hardened.toml is called 'ticket-shop/hardened' too"),
        ('like = "hardened.toml"', 'like = "harder.toml"', "harder.toml is no file"),
        ('like = "hardened.toml"', 'like = "../hardened.toml"', "like"),
        ('like = "hardened.toml"', 'like = "cursor.toml"', "unknown field `like`"),
        ("version = 2", "version = 1", "version"),
        ("summary", "sumary", "sumary"),
    ],
)  # fmt: skip
def test_a_mistake_of_a_variant_is_named(tmp_path, old, new, said):
    with pytest.raises(FileFormatError) as refused:
        read(beside_the_shop(tmp_path, old, new), servers())
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
