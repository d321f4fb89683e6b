"""Mistakes of a registry, its instances and its clients, one a class."""
