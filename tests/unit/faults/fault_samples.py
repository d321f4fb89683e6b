"""One fault of every type that there is, made from the fields of its type."""

from __future__ import annotations

import msgspec

from shaketable.fault import FAULT_TYPES, Fault, tag_of

AT = "order>postgres COMMIT orders #2"
PLACES = {
    "at": AT,
    "leg": "reply",
    "service": "order",
    "sender": "order",
    "receiver": "kafka",
    "sqlstate": "40P01",
    "topic": "order-events",
    "key": "x2",
}
STATUS = 502
NUMBER = 4_321


def sample(kind: type[Fault], number: int = NUMBER) -> Fault:
    """Return a fault of `kind`; each of its sizes is `number`."""
    written: dict[str, str | int] = {"fault": tag_of(kind)}
    for field in msgspec.structs.fields(kind):
        written[field.encode_name] = PLACES.get(field.name, STATUS if field.name == "status" else number)
    fault: Fault = msgspec.convert(written, Fault)
    return fault


SAMPLES = [sample(kind) for kind in FAULT_TYPES]
