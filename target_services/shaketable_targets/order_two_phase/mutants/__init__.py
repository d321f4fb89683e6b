"""Mistakes of coordinators and of participants, one a class."""
