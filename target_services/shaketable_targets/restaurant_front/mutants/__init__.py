"""Fronts with one mistake each, of the kind that people make."""
