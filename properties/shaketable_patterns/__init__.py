"""The patterns: promises, checkers, machines, and the catalogue of shipped subjects."""
