"""For every test: no example of Hypothesis has a deadline, since a busy machine is no defect; and how many workers share them."""

import os

import pytest
from hypothesis import settings

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")

WAITING_WORKERS = 2
"""So many more workers than processors, since at most times two of them wait for servers. More would gain nothing on two
processors, and tests with limits in seconds would come too close to them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return the number of workers of `-n auto`; None leaves it to xdist, whose variable for it is set."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + WAITING_WORKERS
