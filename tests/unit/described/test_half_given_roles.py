"""Roles that are given by half, or name what is not there: each is refused in one line, not judged by less in silence."""

from pathlib import Path

import pytest

from shaketable.errors import FileFormatError
from shaketable_patterns.described.subject import subject_from

TARGETS = Path(__file__).parents[3] / "target_services" / "shaketable_targets"


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("clinic/clinic.toml", 'processes = ["desk"]', 'processes = ["desks"]', "there is no process 'desks'; there are desk, "),
        ("clinic/clinic.toml", 'processes = ["desk"]', "processes = []", "a driver names no processes"),
        ("clinic/clinic.toml", 'log = "$admissions", of = "col.no", ', "", "of a driver's log say both"),
        ("clinic/clinic.toml", 'log = "$admissions", of', "of", "of a driver's log say both"),
        ("price_list/price_list.toml", 'given = "col.token"', "", "of a lock's own rows say both"),
        ("loyalty/loyalty.toml", 'amount = "=1"', "", "total 'credits' has a view: declare view_of and amount"),
    ],
)  # fmt: skip
def test_a_role_that_is_given_by_half_is_refused(
    tmp_path: Path, file: str, right: str, wrong: str, said: str
) -> None:
    text = (TARGETS / file).read_text()
    assert right in text
    path = tmp_path / Path(file).name
    path.write_text(text.replace(right, wrong))
    with pytest.raises(FileFormatError) as told:
        subject_from(path)
    assert said in str(told.value)
    assert "\n" not in str(told.value)
