"""A small foreign system: trips that are paid, then given a room and a visa on parallel branches."""

from shaketable.mapping.consumers import Consumer
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Becomes, Call, Record, Rows
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.saga.clauses import SAGA_RULES
from shaketable_patterns.saga.roles import Conserved, Driver, Outcome, Saga, Step, Tells
from tests.unit.mapping.shop_history import Shop

TRIPS = Rows("travel", "trip", ("nr",))
DEBITS = Rows("money", "debit", ("trip",))
HOLDS = Rows("hotel", "hold", ("no",))
TOWNS = Rows("hotel", "town", ("name",))
PARKED = Letter(
    Becomes(Rows("money", "parked", ("msg",)), of="col.trip"),
    about="col.msg",
    consumer="='money'",
    closed={"col.fixed": True},
    alert=Record(("pager",), of="body.msg"),
)
LOG = Rows("desk", "course", ("trip",))
DESK = Driver(processes=("desk-1", "desk-2"), log=LOG, of="col.trip", epoch="col.turn", files="desk")
HELD = Becomes(HOLDS, of="col.trip", on="enters", where={"col.open": True}, amount="col.nights")
LET_GO = Becomes(HOLDS, of="col.trip", on="leaves", where={"col.open": True}, amount="col.nights")
GRANTED = Record(("visa.granted",), of="body.trip")
REFUSED = Record(("bank.said",), of="body.trip", where={"body.what": "no"})
PAY = Step(
    name="pay",
    do=Call("bank", "debits", of="field.trip", amount="field.cents"),
    undo=Call("bank", "credits", of="field.trip", amount="field.cents"),
    resource="money",
    amount="col.price",
    failed=(REFUSED,),
    pending=(Becomes(DEBITS, of="col.trip", on="enters", where={"col.state": "returning"}),),
    finished=Becomes(DEBITS, of="col.trip", on="enters", where={"col.state": "returned"}),
    given_up=(PARKED,),
    done="paid",
    undone="paid back",
)
ROOM = Step(
    name="room",
    do=HELD,
    undo=LET_GO,
    resource="stock",
    amount="col.nights",
    same={"col.town": "col.town"},
    after=("pay",),
    failed=(Record(("hotel.full",), of="body.trip"),),
    done="held",
    undone="let go",
)
VISA = Step(name="visa", do=GRANTED, undo=Record(("visa.revoked",), of="body.trip"), after=("pay",))
SAGA = Saga(
    instance=Becomes(TRIPS, of="col.nr"),
    status="col.stage",
    steps=(PAY, ROOM, VISA),
    ends={"booked": ("pay", "room", "visa"), "called-off": ()},
    backward=("backing-out", "called-off"),
    exclusive=((Outcome("held", HELD), Outcome("full", ROOM.failed[0])),),
    conserved=(
        Conserved(
            rows=TOWNS,
            of="col.name",
            parts=("col.free", "col.held"),
            held="col.held",
            by="room",
            by_of="col.town",
        ),
    ),
    waits=(PARKED,),
    consumers=(
        Consumer(
            group="hotel",
            takes=Record(("trip.paid",), of="body.trip", id="body.msg"),
            done=(HELD,),
            once=(HELD,),
        ),
    ),
    tells=(
        Tells(
            effect=Call("post", "cards", of="field.trip"),
            says="field.text",
            words={"booked": "enjoy", "called-off": "sorry"},
        ),
    ),
    drivers=(DESK,),
)
ASK = OpRole(op="ask", plays="begin", of="field.trip")
REDRIVE = OpRole(op="fix", plays="redrive")


class Trips(Shop):
    """Tells of trips; the town Ulm has five nights to give away."""

    def __init__(self) -> None:
        super().__init__()
        self.free, self.held = 5, 0
        rows = [{"name": "Ulm", "free": self.free, "held": 0}]
        self._add("state", "hotel", "rows", {"db": "hotel", "table": "town", "rows": rows})

    def ask(self, trip=7, nights=2, price=90, town="Ulm"):
        self.op("ask", trip=trip)
        self.stage(trip, "asked", verb="insert", nights=nights, price=price, town=town)

    def stage(self, trip, stage, verb="update", **columns):
        row = {"nr": trip, "stage": stage, "nights": 2, "price": 90, "town": "Ulm", **columns}
        self.commit((verb, "trip", row), db="travel")

    def course(self, by, turn, trip=7, verb="update"):
        self.commit((verb, "course", {"trip": trip, "turn": turn}), db="desk", by=by)

    def crash(self, process):
        self._add("crash", process, "", None)

    def later(self, ms):
        self._now_ms += ms

    def pay(self, trip=7, cents=90):
        self.entry("bank", "debits", trip=str(trip), cents=cents)

    def pay_back(self, trip=7, cents=90):
        self.entry("bank", "credits", trip=str(trip), cents=cents)

    def debit(self, state, trip=7, verb="update"):
        self.commit((verb, "debit", {"trip": trip, "state": state}), db="money", by="money")

    def hold(self, trip=7, nights=2, town="Ulm", *, open_=True, no=None, shelf=True, verb=None):
        step = nights if open_ else -nights
        if shelf:
            self.free, self.held = self.free - step, self.held + step
        kept = {"no": no or trip, "trip": trip, "town": town, "nights": nights, "open": open_}
        self.commit(
            ("update", "town", {"name": "Ulm", "free": self.free, "held": self.held}),
            (verb or ("insert" if open_ else "update"), "hold", kept),
            db="hotel",
            by="hotel",
        )

    def let_go(self, trip=7, nights=2, **more):
        self.hold(trip, nights, open_=False, **more)

    def visa(self, trip=7, what="granted"):
        self.append(f"visa.{what}", {"trip": trip})

    def park(self, trip=7, *, alert=True):
        row = {"msg": "m1", "trip": trip, "fixed": False}
        self.commit(("insert", "parked", row), db="money", by="money")
        if alert:
            self.append("pager", {"msg": "m1"})

    def given_twice(self, trip=7, second="hotel-1"):
        self.append("trip.paid", {"trip": trip, "msg": "m9"})
        self.deliver("trip.paid", 0, "hotel", "hotel-1")
        self.deliver("trip.paid", 0, "hotel", second)

    def book(self, trip=7):
        self.ask(trip)
        self.pay(trip)
        self.hold(trip)
        self.visa(trip)
        self.stage(trip, "booked")


def findings(trips, role=SAGA, *others, quiet=True, **knobs):
    history = trips.quiet(quiet)
    found = judged(Mapping((role, ASK, *others)), SAGA_RULES)
    profile = Profile("trips", knobs)
    return [
        finding
        for checker in found.checkers
        for judgement in checker.check(history, profile)
        for finding in judgement.findings
    ]


def breaches(trips, role=SAGA, *others, quiet=True, **knobs):
    found = findings(trips, role, *others, quiet=quiet, **knobs)
    return sorted({(finding.promise, finding.anomaly) for finding in found})
