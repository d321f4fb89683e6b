"""The order system described for any world: parts, tables, topics, third parties, client, nemesis and machine."""
