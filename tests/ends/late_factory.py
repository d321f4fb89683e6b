"""A user's factory whose module takes a while to import, and says that it is being imported by a file."""

import os
import tempfile
from pathlib import Path

Path(tempfile.gettempdir(), f"importing-{os.getpid()}").touch()

from shaketable.subject import Subject  # noqa: E402 - what follows is the while it takes
from shaketable_patterns.catalogue import subjects  # noqa: E402


def subject() -> Subject:
    """Return a subject that breaks promises."""
    return next(one for one in subjects() if one.name == "order-saga/as-listed")
