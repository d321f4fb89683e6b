"""What foreign services on threads have in common: JSON over HTTP from the standard library, and psycopg with an end to its patience."""
