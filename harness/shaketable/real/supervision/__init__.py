"""Processes of a run: forked, named for good, recorded, signalled and removed."""
