"""Tables on the pages of the patterns: each module here prints one, measured in simulation, and `tests.pattern_pages` writes it down."""
