"""A process that is forked while its parent dies does not outlive it, although the kernel's signal came too early for it."""

import subprocess
import sys

import pytest

# The child asks for the signal only when its parent is dead, which nothing can make sure of from outside.
LATE = """
import os
from shaketable.parent_death import die_with_parent
parent = os.getpid()
if os.fork() == 0:
    while os.getppid() == parent:
        os.sched_yield()
    die_with_parent({parent})
    os.write(1, b"it lives")
    os._exit(0)
os._exit(0)
"""


def said(parent: str) -> bytes:
    """Return what the child said; its end closes the pipe."""
    line = [sys.executable, "-c", LATE.format(parent=parent)]
    return subprocess.run(line, stdout=subprocess.PIPE, timeout=60, check=True).stdout


@pytest.mark.parametrize(("parent", "word"), [("parent", b""), ("os.getppid()", b"it lives")])
def test_it_ends_if_its_parent_is_dead_when_it_asks_for_the_signal(parent, word):
    assert said(parent) == word
