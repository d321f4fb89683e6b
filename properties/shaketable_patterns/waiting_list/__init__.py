"""The waiting list described for any world: its parts, tables and client, how it is tried, and its mapping onto the roles of HC."""
