"""HC: a queue and a cache that may be lost say again what the rows say."""
