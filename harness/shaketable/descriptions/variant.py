"""A variant of a described system: the same but for a name and settings, so that two of them can be compared."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from shaketable.descriptions.description import Description, Name
from shaketable.errors import FileFormatError


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that says only what differs from the description `like`, which stands in the same folder.

    `env` holds, by part, values of variables that the part has there: one that it has not is most likely misspelt.
    """

    format: Literal["shaketable/description"]
    version: Literal[2]
    like: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(toml|json)$")]
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)?$")]
    summary: str = ""
    env: dict[Name, dict[str, str]]


def is_variant(text: object) -> bool:
    """Tell whether a decoded file names the description that it is like."""
    return isinstance(text, dict) and "like" in text


def variant_of(base: Description, variant: Variant, source: str) -> Description:
    """Return `base` with the name, the summary and the settings of `variant`.

    Raises FileFormatError for a part or a variable that `base` does not have, and for a variant that is called like it.
    """
    parts = {part.name: part for part in base.parts}
    if variant.name == base.name:
        raise FileFormatError(
            f"{source}: {variant.like} is called {base.name!r} too; give the variant a name of its own"
        )
    for name, env in variant.env.items():
        if name not in parts:
            raise FileFormatError(
                f"{source}: env.{name}: {variant.like} has no such part; there are {', '.join(parts)}"
            )
        part = parts[name]
        for variable in env:
            if variable not in part.env:
                raise FileFormatError(
                    f"{source}: env.{name}.{variable}: this part has no such variable in {variant.like}; "
                    f"there are {', '.join(part.env) or 'none'}"
                )
        parts[name] = msgspec.structs.replace(part, env={**part.env, **env})
    return msgspec.structs.replace(
        base, name=variant.name, summary=variant.summary or base.summary, parts=tuple(parts.values())
    )
