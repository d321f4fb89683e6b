"""Orders on one side, their history on the other: CQRS over a broker. This page names every table, topic and path.

Services and databases (one logical database each, named like the service):

    shop      the command side: POST /orders {order, user_id, amount, days_ago} => 201
              POST /orders/<id>/payments => 201, POST /orders/<id>/cancellation => 200
              POST /orders/<id>/resends => 200 {resent}: what an operator does after a reader has lost something
              GET /balances/<user> => 200 {user_id, balance}
    history   the query side, in several instances behind one address; reads order-events and payment-events
              GET /summaries/<user> => 200 {user_id, orders, paid, as_of_ms}: the orders of the last 7 days
              GET /balances/<user> => what the command side answers: this path is never stale
              POST /rebuilds => 202 {generation}: build the view again from the first event on, while the old one answers

Tables:

    shop.orders             id, user_id, amount, status PLACED | CANCELLED, ordered_ms, version
    shop.payments           order, user_id, amount, status PAID | REFUNDED, ordered_ms (of its order), version
    shop.accounts           user_id, balance (>= 0): a payment takes from it, a refund gives back
    shop.outbox, shop.dead_letters   as in `shaketable_targets.order_system`
    history.generations     number, status LIVE | BUILDING | RETIRED: exactly one is LIVE
    history.order_summary   generation, order, user_id, amount, status, ordered_ms, version, paid, payment_version;
                            null is what is not known yet
    history.user_days       generation, user_id, day (days since 1970), orders, paid
    history.positions       generation, topic, partition, next: the offset of the first record that is not in the view yet
    history.parked          generation, topic, partition, offset, event_id, payload (JSON text), cause

Topics are keyed by order id:

    order-events      OrderPlaced, OrderCancelled {event_id, type, order, user_id, amount, ordered_ms, status, version}
    payment-events    PaymentCompleted, PaymentRefunded {event_id, type, order, amount, status, version}

Every event carries the whole state of what it is about, with a version that grows by 1, so that of two the newer one is known. The two
topics know no common order: a payment may be read before its order.

A generation of the view is read under a consumer group of its own (`history-<number>`), which starts at the first record. It goes LIVE
when it has read as far as the one that is LIVE; both are locked at that moment. What is retired is kept, to go back to.
"""
