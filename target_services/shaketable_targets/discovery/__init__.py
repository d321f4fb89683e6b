"""A registry of services in two replicas, instances that are registered there, and desks that ask where those are.

This page names every service and path. The registries speak the REST of Eureka, in JSON, so that a Eureka client can talk to them:

    POST   /eureka/apps/APP         {instance}  => 204: registers an instance, or replaces what is known of it
    PUT    /eureka/apps/APP/ID                  => 200, or 404 for one that is not known: it is to register again
    DELETE /eureka/apps/APP/ID                  => 200, or 404
    GET    /eureka/apps, /APP, /APP/ID          => 200, or 503 by a registry that has just started and knows too little

Between replicas the same requests carry the header `x-netflix-discovery-replication`. `last-dirty-timestamp` says of which
registration a heartbeat or a deregistration speaks; without it, of the latest one.

    instances   rooms-1, rooms-2, rooms-3   POST /leave, POST /join => 200, or 503 where no registry answered
    desks       desk-1, desk-2              GET /instances => 200 {instances: [{id, address}]}: the copy that it has; 503 before it has one

An instance is given its address by the platform that starts it: POST /addresses {instance} => 200 {address, generation}; each
start gets another address, and a greater generation.
"""
