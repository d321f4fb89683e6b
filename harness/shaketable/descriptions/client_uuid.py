"""UUIDs that a client makes: the same in every run of a schedule, and known by their look.

The first eight digits are left to the run, whose namespace writes itself there; the rest is version 5 of RFC 9562, a hash.
"""

from __future__ import annotations

import re
import uuid

NO_RUN = "00000000"
MARK = "5ab1"
"""The digits behind the first hyphen, by which such a UUID is known."""
CLIENT_UUID = re.compile(
    rf"(?<![0-9a-f])(?P<run>[0-9a-f]{{4}})[0-9a-f]{{4}}(?P<rest>-?{MARK}-?5[0-9a-f]{{3}}-?8[0-9a-f]{{3}}-?[0-9a-f]{{12}})(?![0-9a-f])",
    re.IGNORECASE,
)
"""One in a text, however it is written: in upper case, or without hyphens. Its `run` and its `rest`."""


def uuid_of(field: str, number: int) -> str:
    """Return the UUID of the `number`-th op's field."""
    digits = uuid.uuid5(uuid.NAMESPACE_URL, f"{field}/{number}").hex
    return f"{NO_RUN}-{MARK}-5{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def rest_of(identifier: str) -> str:
    """Return such a UUID without its first eight digits; "" for anything else."""
    found = CLIENT_UUID.fullmatch(identifier)
    return found["rest"] if found else ""
