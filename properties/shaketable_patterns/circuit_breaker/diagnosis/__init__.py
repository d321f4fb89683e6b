"""The diagnosis of a breaker that the model cannot follow: a name for each misbehaviour that a history shows.

Read `clash`, `hypothesis` and `hypotheses`, `explanation`, then `diagnosis`; `consequences` holds the findings of a search against all its runs.
"""
