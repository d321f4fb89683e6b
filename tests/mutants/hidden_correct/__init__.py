"""Correct variants of the order system and correct breakers, none of which may be accused; `tests.mutants.hidden_rate` looks."""
