"""Drawing schedules: the base of every state machine, and what its rules draw from."""
