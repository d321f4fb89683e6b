"""The gateway of a shop described for any world: its parts, an attacker's client, how it is tried, and its mapping onto the roles of GW."""
