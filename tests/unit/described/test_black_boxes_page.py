"""docs/black-boxes.md lists every field of a description: its tables are those of the types that read the file."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import inspect

from shaketable.descriptions.description import Description
from shaketable.descriptions.variant import Variant

PAGE = (Path(__file__).parents[3] / "docs" / "black-boxes.md").read_text()


_FILES = {Description: "the file", Variant: "a variant"}


def words(kind: inspect.Type) -> str:
    """Say in words what a value of this type is."""
    match kind:
        case inspect.StrType(pattern=str(pattern)):
            return f"text like `{pattern.strip('^$').replace('|', chr(92) + '|')}`"
        case inspect.StrType():
            return "text"
        case inspect.IntType(ge=int(least), le=int(most)):
            return f"{least} to {most:,}".replace(",", " ")
        case inspect.IntType():
            return "whole number"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return " or ".join(f"`{one!r}`".replace("'", '"') for one in values if one != "")
        case inspect.VarTupleType(item_type=item):
            return f"list of {words(item)}"
        case inspect.TupleType(item_types=items):
            return f"pair of {' and '.join(dict.fromkeys(map(words, items)))}"
        case inspect.DictType(value_type=value):
            return f"table of {words(value)}"
        case inspect.UnionType(types=types):
            return " or ".join(words(one) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.StructType(cls=cls):
            return f"`{cls.__name__.removesuffix('Text').lower()}`"
        case inspect.AnyType():
            return "anything"
        case _:
            raise AssertionError(kind)


def structs(kind: inspect.Type, found: dict[type, inspect.StructType]) -> dict[type, inspect.StructType]:
    """Collect the tables that a file may have, outermost first."""
    if isinstance(kind, inspect.StructType) and kind.cls not in found:
        found[kind.cls] = kind
        for field in kind.fields:
            structs(field.type, found)
    for name in ("item_type", "value_type"):
        if inner := getattr(kind, name, None):
            structs(inner, found)
    for inner in getattr(kind, "types", ()):
        structs(inner, found)
    return found


def default(field: inspect.Field) -> str:
    """Say what stands where the file says nothing."""
    if field.required:
        return "**required**"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return "" if value in (None, "", (), {}) else f"`{msgspec.json.encode(value).decode()}`"


def lines() -> Iterator[str]:
    yield "| table | field | is | without it |"
    yield "| --- | --- | --- | --- |"
    found = structs(inspect.type_info(Description), {})
    for kind in structs(inspect.type_info(Variant), found).values():
        table = _FILES.get(kind.cls) or words(kind)
        for field in kind.fields:
            yield f"| {table} | `{field.encode_name}` | {words(field.type)} | {default(field)} |"


def test_the_page_lists_every_field_as_the_types_have_it():
    expected = "\n".join(lines())
    assert expected in PAGE, f"docs/black-boxes.md should have this table:\n{expected}"


def test_the_table_says_the_literals_the_required_fields_and_the_shapes():
    listed = set(lines())
    assert '| the file | `format` | `"shaketable/description"` | **required** |' in listed
    assert "| `table` | `key` | list of text | **required** |" in listed
    assert "| `times` | `quiet_ms` | 1 to 3 600 000 | **required** |" in listed
    assert len(listed) > 60
