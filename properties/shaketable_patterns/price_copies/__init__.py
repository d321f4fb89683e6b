"""The copies of a price list described for any world: parts, tables and client, how they are tried, and their mapping."""
