"""Verifiers of signed tokens: the reference on PyJWT, its mutants, and adapters of two libraries."""
