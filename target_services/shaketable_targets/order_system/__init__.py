"""An order system of four services, choreographed over a broker. This page names every table, topic and path.

Services and databases (one logical database each, named like the service):

    order         POST /orders {order, item, quantity, amount}, header idempotency-key => 201 {order, status}
                  GET /orders/<id> => 200 {order, status} or 404
                  reads payment-events and inventory-events
    payment       reads order-events (charge) and inventory-events (refund); calls `provider`
                  POST /charges {order, amount} and POST /refunds {order, amount}
    inventory     reads payment-events (reserve)
    notification  reads order-events (mail); calls `mailer` POST /mails {event, order, template}

Every service that reads a topic also has POST /dead-letters/redrive => 200 {redriven, left}.

Tables:

    order.orders            id, status PENDING | CANCELLING | CONFIRMED | CANCELLED, item, quantity, amount
    order.idempotency       key, payload_hash, status RUNNING | DONE, response (JSON text), owner, expires_ms
    order.relay_lock        name, owner, until_ms (only where relays share a lock)
    payment.payments        order, amount, status CHARGED | FAILED | REFUNDED
    inventory.stock         item, available, reserved (both >= 0; at every commit reserved is the sum of the
                            RESERVED reservations, and available + reserved never changes)
    inventory.reservations  order, item, quantity, status RESERVED | RELEASED
    notification.processed  event_id (its inbox)
    <service>.inbox         event_id (order, payment, inventory)
    <service>.outbox        id serial, event_id, aggregate, type, topic, payload (JSON text),
                            status PENDING | SENT | DEAD, created_ms, owner, attempts
    <service>.dead_letters  event_id, topic, aggregate, payload (JSON text), cause, status OPEN | REDRIVEN, buried_ms

Topics are keyed by order id:

    order-events       OrderCreated, OrderConfirmed, OrderCancelled
    payment-events     PaymentCompleted, PaymentFailed, PaymentRefunded
    inventory-events   InventoryReserved, InventoryFailed
    dead-letters       {event: <the event as it was>, cause, service, source: a topic or "outbox"}
    alerts             {type: "DeadLettered", event_id, order, cause, service}

An event is {event_id, type, order, item, quantity, amount}. A dead letter and its alert are ordinary rows of the
service's outbox (with event ids of their own, `<event_id>/letter` and `<event_id>/alert`), so that keeping a
dead letter is one transaction too. A dead letter's payload leaves out what made it too large to publish.

Flow: OrderCreated => PaymentCompleted => InventoryReserved => OrderConfirmed; PaymentFailed => OrderCancelled;
InventoryFailed => (order CANCELLING) PaymentRefunded => OrderCancelled. An order in PENDING has nothing decided;
CONFIRMED and CANCELLED are final.

A row that can never be published (larger than the broker accepts) is retried `poison_attempts_max` times, holding
back only later events of its own aggregate, then it is DEAD with a letter and an alert; later events of the
aggregate are then published, and the gap is visible on `dead-letters`. A redrive does not touch DEAD rows: a person has to
repair them.
"""
