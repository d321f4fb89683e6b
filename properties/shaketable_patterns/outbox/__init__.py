"""The transactional outbox and its relay: every committed event arrives, and nothing else does (OB)."""
