"""A deterministic model of Kafka as services see it, and the ports that reach it over a channel."""
