"""The one Python block of a pattern's page, which is a whole test: run on what a team might have, right and wrong."""

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "patterns"


def tells_right_from_wrong(
    pytester: pytest.Pytester, page: str, file: str, right: str, wrong: str, told: str
) -> None:
    """Assert that the test of `page` passes with `right` in `file`, and that with `wrong` it fails by the line `told`."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL)
    named = re.match(r"# (\S+\.py)\n", block)
    assert named
    (pytester.path / named[1]).write_text(block)
    mine = pytester.path / file
    mine.write_text(right)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert wrong != right
    mine.write_text(wrong)
    ended = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines([told])
