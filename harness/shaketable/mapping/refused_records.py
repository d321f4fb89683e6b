"""The records that a broker refused for good, as the receipts of the harness say: no promise is broken by what they lack."""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.boundary import address_key, record_address
from shaketable.mapping.history_index import HistoryIndex


def refused_records(index: HistoryIndex) -> dict[str, int]:
    """Return the addresses of all records that were refused as too large, each with the first receipt that says so."""
    return index.once("refused-records", lambda: _read(index))


def _read(index: HistoryIndex) -> dict[str, int]:
    found: dict[str, int] = {}
    if index.faulted("too_large"):
        for event in index.events:
            if event.kind == "receipt" and event.name == "too_large":
                for address in event.value.get("refused", ()):
                    found.setdefault(address, event.index)
    return found


def was_refused(index: HistoryIndex, topics: Iterable[str], of: str, others: Iterable[str], by: int) -> bool:
    """Tell whether a record about `of` may have been refused on one of these topics before event `by`.

    Its key is `of` as far as is known. A refused key that is none of `others` either, which all may be on these topics, is not
    known to be of another record.
    """
    refused = refused_records(index)
    if not refused:
        return False
    for topic in topics:
        on_topic = {
            one for one, at in refused.items() if at < by and one.startswith(f"{address_key(topic)}/")
        }
        if record_address(topic, of) in on_topic or on_topic - {record_address(topic, one) for one in others}:
            return True
    return False
