"""The front of restaurants described for any world: its parts, who is outside, its client, how it is tried, and its mapping."""
