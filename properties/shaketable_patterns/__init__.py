"""The patterns: promises, checkers and machines; their compositions; the catalogue of shipped subjects."""
