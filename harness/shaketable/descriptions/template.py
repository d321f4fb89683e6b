"""Fills in requests: `{field}` in a path, a header or a JSON body stands for a field of the op's value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from shaketable.history import Json

_FIELD = re.compile(r"\{([A-Za-z_][\w-]*)\}")


def fields_of(template: Json) -> Iterator[str]:
    """Yield the fields that `template` asks for, at any depth."""
    if isinstance(template, str):
        yield from (found[1] for found in _FIELD.finditer(template))
    elif isinstance(template, Mapping):
        for key, item in template.items():
            yield from fields_of(key)
            yield from fields_of(item)
    elif isinstance(template, list | tuple):
        for item in template:
            yield from fields_of(item)


def filled(template: Json, value: Mapping[str, Json]) -> Json:
    """Return `template` filled in; a string that is one `{field}` and nothing else becomes the field as it is."""
    if isinstance(template, str):
        whole = _FIELD.fullmatch(template)
        return value[whole[1]] if whole else _FIELD.sub(lambda found: str(value[found[1]]), template)
    if isinstance(template, Mapping):
        return {str(filled(key, value)): filled(item, value) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [filled(item, value) for item in template]
    return template


def filled_path(template: str, value: Mapping[str, Json]) -> str:
    """Return a path filled in, escaped so that a value stays within its segment."""
    return _FIELD.sub(lambda found: quote(str(value[found[1]]), safe="~"), template)
