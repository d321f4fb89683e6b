"""Mistakes of copies, one a class."""
