"""Two tellers of a library on drivers that the harness does not use, known by descriptions: one reads the log, one is woken."""

import pytest

from shaketable.fault import Crash, CrashSender
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

LIBRARY = TARGETS / "library" / "library.toml"
WOKEN = LIBRARY.with_stem("library_woken")

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

LEND = Do("lend", {"loan": "l1", "volumes": 3})
IN_ITS_MIDDLE = (
    Inject(CrashSender(at="teller>kafka PRODUCE lent/l1 #2", leg="request", down_ms=100)),
    LEND,
    Wait(15_000),
)
"""The teller loses power between the first and the second volume of one transaction."""
AWAY = (Inject(Crash(service="teller", down_ms=3_000)), LEND, Wait(15_000))


def test_a_slot_that_is_moved_with_each_row_loses_the_rest_of_a_transaction(tmp_path):
    mistake = Mistake("moved with each row", IN_ITS_MIDDLE, ("OB-2", "never-sent"), {"ADVANCED": "row"})
    assert not_shown(LIBRARY, tmp_path, (mistake,)) == []


def test_the_right_teller_fits_its_description_and_survives_the_same(tmp_path):
    survives(LIBRARY, tmp_path, (IN_ITS_MIDDLE,))


@campaign
def test_one_that_is_woken_and_asks_for_all_rows_misses_what_woke_it_not_and_reads_the_whole_table(tmp_path):
    settings = {"POLLS": "no", "QUERY": "all"}
    mistakes = (
        Mistake("never polls", AWAY, ("OB-2", "never-sent"), settings),
        Mistake("asks for all", (LEND, Wait(6_000)), ("OB-8", "reads-whole-table"), settings),
    )
    assert not_shown(WOKEN, tmp_path, mistakes) == []
