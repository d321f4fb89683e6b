"""A lending library on psycopg and confluent-kafka: a desk that lends several volumes at once, and a teller that announces each."""
