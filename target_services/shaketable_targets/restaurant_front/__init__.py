"""The front of restaurants: what is looked up outside behind breakers and pools, and orders whose mail follows. Its paths and tables:

    GET /restaurants/<restaurant> => 200 {restaurant, name, source, why}: source guide | cache | default
    GET /coupons/<code> => 200 {code, percent, source, why}: source coupons | nothing, with a message
    POST /orders {item, quantity} => 201 {order}; 409 if it is sold out; 503 {error, why} if that cannot be known now

Each request has an id in its header `x-request-id`, which is passed on to each party that is asked for its sake; that of an order is its name.
`why` says what kept the front from an answer of the outside: "" nothing, failed it was asked in vain, open the breaker lets no call
through, full every permit of its pool is taken. Whatever is answered instead comes out of the front's own memory.

Outside, each behind a breaker and a pool of its own (`settings`):

    guide     GET /restaurants/<restaurant> => 200 {restaurant, name}
    stock     GET /stock/<item> => 200 {item, available}
    coupons   GET /coupons/<code> => 200 {code, percent}

and the mail gateway, which no request waits for: POST mailer /mails {order}, with an idempotency-key.

Tables of the database `front`:

    orders   id, item, quantity
    mails    order, status PENDING | SENT, owed_ms: committed with the order, sent by a worker every `poll_interval_ms`
"""
