"""The order history described for any world: its parts, tables and client, how it is tried, and its mapping onto the read model's roles."""
