"""The reference verifier with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.token_verifiers.mutants import of_claims, of_form, of_keys
from shaketable_targets.token_verifiers.verifier import Verifier

MUTANTS: tuple[tuple[type[Verifier], str], ...] = (
    (of_keys.ReadsUnsigned, "TV-1"),
    (of_keys.GoesByTheHeader, "TV-1"),
    (of_keys.TriesTheFirstKey, "TV-1"),
    (of_keys.TakesTheKeyAlong, "TV-1"),
    (of_keys.ForgetsTheGrace, "TV-7"),
    (of_keys.KeepsOldKeys, "TV-7"),
    (of_keys.LearnsKeysOnce, "TV-7"),
    (of_keys.TakesAnyKey, "TV-8"),
    (of_claims.ForgetsTheAudience, "TV-2"),
    (of_claims.ComparesPartOfTheAudience, "TV-2"),
    (of_claims.ComparesTheIssuersBeginning, "TV-2"),
    (of_claims.AllowsAnHour, "TV-2"),
    (of_claims.CachesPastTheEnd, "TV-2"),
    (of_claims.ForgetsTheBeginning, "TV-2"),
    (of_claims.TakesWhatNeverEnds, "TV-2"),
    (of_claims.CachesBySubject, "TV-3"),
    (of_claims.TakesOneAudience, "TV-6"),
    (of_claims.CountsSecondsTwice, "TV-6"),
    (of_form.LetsErrorsOut, "TV-4"),
    (of_form.RepairsPadding, "TV-5"),
    (of_form.IgnoresCritical, "TV-5"),
    (of_form.MeasuresAfterwards, "TV-5"),
)
"""Each mutant and the promise that must kill it."""
