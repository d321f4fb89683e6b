"""A gateway in front of a shop, in two instances, the services behind it, and the list of their instances.

What a client sends to the gateway:

    ANY <path>, Authorization: Bearer <token>, X-Request-Id: <id> => the answer of an instance behind the route of the path;
        400 for a path that can be read in two ways, 401 for a token that is not accepted, 404 without a route, 429 above the limit,
        503 where no instance can be reached, or one did not answer a request that must not be sent twice

What the gateway sends to an instance: the path as it was read, once, and X-User, Via, X-Request-Id; no other header of a client's that
could be taken for one of them.

An instance (`shop.py`) writes what it got into the table `seen` and answers 200 {instance, request}. It answers GET /healthz.

The list (`listing.py`): GET /instances => 200 {instances}: those that are listed; PUT /instances/<name> {listed} => 200 {instance, listed}.

Tables of the database `shop`:

    seen        id, request, instance, via, method, path, identity (all that could be taken for the user's name)
    instances   name, listed

Key of Redis: `limit:<user>`, when the user's bucket will be full again.
"""
