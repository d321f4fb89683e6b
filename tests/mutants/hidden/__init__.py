"""Plausible mistakes that no checker and no generator was written for; `tests.mutants.hidden_rate` says how many are found."""
