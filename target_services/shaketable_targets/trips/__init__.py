"""A travel agency on Starlette, asyncpg and aiokafka: a trip is a seat, a charge and a voucher, or nothing of them."""
