"""A deterministic model of Redis as services see it, and the port that reaches it over a channel."""
