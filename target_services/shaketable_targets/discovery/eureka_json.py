"""Instances and listings in the JSON that Eureka's clients and servers exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shaketable.ports import Json


def instance_json(app: str, id_: str, address: str, stamp: int, *, beats_s: int, lasts_s: int) -> Json:
    """Return what an instance registers with."""
    host, _, port = address.partition(":")
    return {
        "instanceId": id_,
        "app": app,
        "hostName": host,
        "ipAddr": host,
        "vipAddress": app.lower(),
        "status": "UP",
        "port": {"$": int(port), "@enabled": "true"},
        "dataCenterInfo": {
            "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo",
            "name": "MyOwn",
        },
        "leaseInfo": {"renewalIntervalInSecs": beats_s, "durationInSecs": lasts_s},
        "lastDirtyTimestamp": str(stamp),
    }


def applications_json(instances: Iterable[Json]) -> Json:
    """Return a listing: instances by application, in the order of their names."""
    by_app: dict[str, list[Json]] = {}
    for instance in sorted(instances, key=lambda one: (str(one.get("app")), str(one.get("instanceId")))):
        by_app.setdefault(str(instance.get("app")), []).append(instance)
    count = sum(len(found) for found in by_app.values())
    return {
        "applications": {
            "versions__delta": "1",
            "apps__hashcode": f"UP_{count}_" if count else "",
            "application": [{"name": app, "instance": found} for app, found in by_app.items()],
        }
    }


def instances_in(listing: Json) -> Iterator[Json]:
    """Yield the instances of a listing."""
    for application in listing["applications"]["application"]:
        yield from application["instance"]


def places_in(listing: Json) -> list[Json]:
    """Return of each instance of a listing what tells it apart, and where it is."""
    return [
        {"id": one["instanceId"], "address": f"{one['ipAddr']}:{one['port']['$']}"}
        for one in instances_in(listing)
    ]
