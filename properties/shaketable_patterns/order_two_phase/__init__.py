"""The orders by two-phase commit described for any world: parts, tables and client, how they are tried, and their mapping."""
