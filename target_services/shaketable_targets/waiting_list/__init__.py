"""A waiting list whose queue is in Redis and whose truth is in PostgreSQL. This page names every table, key and path.

Every instance answers; any of them may be asked.

    POST /waitings {waiting, place, party} => 201 {waiting, place, created_ms}; 409 if there is such a one
    PUT /waitings/<id> {party} => 200 {waiting, party, invalidated}
    POST /waitings/<id>/cancellation => 200 {waiting, invalidated}; 409 unless it waits
    GET /waitings/<id> => 200 {waiting, place, party, status, version}, mostly from a cached copy
    GET /waitings/<id>/position => 200 {waiting, position}: 1 for the next; 404 if it does not wait
    GET /places/<place>/queue => 200 {waitings}: the ids in their order
    POST /places/<place>/calls => 200 {called, invalidated}: the next one is asked in; `called` is null if there is none

`invalidated` says whether the cached copy is known to be gone; while Redis cannot be reached it is not, and the copy lasts until its time
to live is over.

Tables of the database `waiting`:

    places     name
    waitings   id, place, party, status WAITING | CALLED | CANCELLED, created_ms, version

Keys:

    queue:<place>     a sorted set of the ids that wait, by created_ms; what is in it may be lost or wrong, and is healed
    waiting:<id>      the copy of a row as JSON text, for `COPY_TTL_MS`
    filling:<id>      the token of the reader that may fill that copy in, for `key_lease_ms`

A healer in each instance compares the queues with the rows every `poll_interval_ms` (60 s in the document) and mends what differs. The
order is that of created_ms, and of ids where those are equal, in the database as in the sorted set.
"""
