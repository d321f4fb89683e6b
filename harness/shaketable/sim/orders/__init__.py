"""Orders in the simulated world: what could happen next, the policies that choose, and the deviations that replay a choice."""
