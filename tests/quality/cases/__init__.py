"""Small subjects and schedules that came out wrong once, each of a kind; see `tests/quality/test_cases.py`."""
