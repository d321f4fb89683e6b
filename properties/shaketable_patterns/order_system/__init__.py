"""The order system described for any world: parts, tables, topics, third parties, and how a client acts."""
