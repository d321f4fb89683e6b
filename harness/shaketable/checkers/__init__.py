"""General rules: pure functions over plain sequences that know no pattern, each with its shortest witness."""
