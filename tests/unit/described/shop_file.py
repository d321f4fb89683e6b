"""A description file of version 2, of a shop that exists only on paper."""

from __future__ import annotations

from shaketable.descriptions.description import Description
from shaketable.descriptions.file import parse
from shaketable.real.servers.registry import servers

SHOP_FILE = """
format = "shaketable/description"
version = 2
name = "shop"

[[parts]]
name = "api"
command = ["./api"]

[[links]]
from = "client"
to = "api"
protocol = "http"

[[links]]
from = "api"
to = "bank"
protocol = "http"

[[databases]]
name = "sales"
tables = [{ name = "sale", key = ["nr"] }, { name = "message", key = ["no"] }]
ddl = "CREATE TABLE sale (nr text PRIMARY KEY); CREATE TABLE message (no text PRIMARY KEY)"

[[topics]]
name = "sales.sold"

[[partners]]
name = "bank"
[[partners.routes]]
name = "transfers"
method = "POST"
path = "/accounts/{account}/transfers"
status = 201
answer = { done = true }
keeps = { account = "field.account", cents = "body.cents" }
honours = "header.idempotency-key"
declines = { "body.cents" = 13 }

[[ops]]
name = "sell"
to = "api"
method = "POST"
path = "/sales"
body = { nr = "{nr}" }
ok = [201]
fields.nr = { id = "s" }

[[ops]]
name = "mend"
to = "api"
method = "POST"
path = "/mend"
ok = [200]

[[roles]]
role = "outbox"
events = { database = "sales", table = "message" }
id = "col.no"
of = "col.body:$.sale"
type = "='Sold'"
pending = { "col.sent_at" = "@null" }
sent = { "col.sent_at" = "@set" }
owes = [{ type = "Sold", change = { kind = "row", rows = { database = "sales", table = "sale" }, of = "col.nr" } }]
record = { topics = ["sales.sold"], of = "body.sale", id = "header.msg", type = "='Sold'" }

[[roles]]
role = "op"
op = "sell"
plays = "begin"
of = "field.nr"

[[roles]]
role = "op"
op = "mend"
plays = "redrive"

[times]
quiet_ms = 9000
bound_ms = 60000
"""


def described(right: str = "", wrong: str = "", *, front: bool = False) -> Description:
    """Read the file with one thing in it said otherwise; `front` puts it before the first table."""
    text = SHOP_FILE
    if front:
        text = text.replace("[[parts]]", wrong.partition("\n")[0] + "\n\n[[parts]]", 1)
    elif right:
        assert right in text
        text = text.replace(right, wrong, 1)
    return parse(text.encode(), "shop.toml", servers())
