"""For every test: no example of Hypothesis has a deadline, since a busy machine is no defect; how many workers share them; and
garbage is looked for among what the tests make, not among what was collected of them."""

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")

WAITING_WORKERS = 2
"""So many more workers than processors: as many wait for servers (`tests/file_order.py`), which leaves processors idle."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return the number of workers of `-n auto`; None leaves it to xdist, whose variable for it is set."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + WAITING_WORKERS


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Return what says which worker gets which file; None leaves it to xdist."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.file_order import MixedFiles

    return MixedFiles(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave thousands of collected tests, which stay, out of all collections of garbage: each would go through a million objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
