"""A loyalty programme on psycopg and confluent-kafka: a till that takes purchases, and a worker that credits points."""
