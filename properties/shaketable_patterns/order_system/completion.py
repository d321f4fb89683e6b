"""What a client may conclude from the answer to a request."""

from __future__ import annotations

from shaketable.ports import Response
from shaketable.subject import Completion


def completion_of(response: Response) -> Completion:
    """Conclude from the status: 2xx happened; 4xx certainly did not; anything else is indeterminate."""
    value = {"status": response.status, "body": response.body}
    if 200 <= response.status < 300:
        return Completion("ok", value)
    return Completion("fail" if 400 <= response.status < 500 else "info", value)
