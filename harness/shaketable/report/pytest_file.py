"""A counterexample as a pytest file: it fails while the promise is broken, and then serves as its regression test."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.report.printable import printable
from shaketable.schedule import Schedule, dumps

_TEMPLATE = '''"""{title}

Written by `shaketable replay --as-test`; run it with pytest. It passes once the promise is kept.
"""

from shaketable import parse_schedule, replay, subject_named

SCHEDULE = (
{lines}
)


def test_{name}():
    replay(parse_schedule(SCHEDULE.encode()), subject_named({subject!r}{given}))
'''


def source(schedule: Schedule, given: Sequence[str] = ()) -> str:
    """Return the file's text. `given` names the subject's factory (`package.module:factory`) if it is not shipped."""
    text = dumps(schedule).decode()
    lines = "\n".join(f"    {line!r}" for line in text.splitlines(keepends=True))
    expected = schedule.expected
    what = f" breaks {expected.promise}: {expected.anomaly}" if expected else " keeps its promises"
    return _TEMPLATE.format(
        title=_plain(printable(schedule.subject + what)) + ".",
        lines=lines,
        name=_identifier(f"{schedule.subject}_{expected.anomaly if expected else 'schedule'}"),
        subject=schedule.subject,
        given="".join(f", {spec!r}" for spec in given),
    )


def _plain(text: str) -> str:
    """Replace the characters that could end the docstring around `text`."""
    return text.replace("\\", "/").replace('"', "'")


def _identifier(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text.lower())[:100]
