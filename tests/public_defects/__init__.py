"""Defects that others found and told of in public, found again by the generic machines at the versions that have them.

`python -m tests.public_defects` installs each version of each library into a folder of its own, judges it there by its kind's
machine, and writes docs/public-defects.md; names of defects after it judge these alone, and write nothing. `defect` says what a
defect is, `table` names all, `adapters` holds the adapters, `installing` and `judging` are the two steps, `page` writes.
"""
