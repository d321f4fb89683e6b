"""The orders of the order system by two-phase commit: a coordinator with a log, and two participants. This page names every table and path.

Services and databases (one logical database each, named like the service, all on one PostgreSQL):

    order       the coordinator: POST /orders {order, user_id, item, quantity, amount} => 201 {order, status}
                GET /orders/<order> => 200 {order, status}: the log, for participants in doubt
    payment     a participant: POST /transactions/<order>/preparation {user_id, amount, ...} => 200 {vote: yes | no}
                POST /transactions/<order>/commitment | rollback => 200
    inventory   a participant; the same with {item, quantity, ...}

Tables:

    order.orders              id, user_id, item, quantity, amount, status PREPARING | CONFIRMED | CANCELLED,
                              told (whether every participant has acknowledged): the coordinator's log
    payment.accounts          user_id, balance (>= 0)
    payment.charges           order, user_id, amount
    inventory.stock           item, available (>= 0)
    inventory.reservations    order, item, quantity

A participant does its part and leaves it prepared (PREPARE TRANSACTION) as `<service>/<order>`. The decision is written to the log before any
participant is told. What the log does not decide when its coordinator comes back is rolled back, and so is what it does not know: that is
called presumed abort. A participant that is in doubt for a poll asks the log. Participants are asked one after the other, in one order,
so that two orders do not wait for each other.
"""
