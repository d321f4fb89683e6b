"""Described systems under the patterns: the roles of a description file, and how they are tried and calibrated."""
