"""The transactional outbox and its relay: every committed event arrives, nothing else does (patterns.md, OB)."""
