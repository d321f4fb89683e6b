"""What can go wrong: frozen data, one small type a fault, meaning only. Worlds supply the mechanism.

`docs/faults.md` is the contract every world implements. Each family has a file in `shaketable.faults`, whose public names
are all names of this module, so that a new type is written in one place.
"""

from __future__ import annotations

from typing import get_args

from shaketable.faults.byte_level import *  # noqa: F403
from shaketable.faults.byte_level import ByteLevel
from shaketable.faults.fault_type import *  # noqa: F403
from shaketable.faults.groups import *  # noqa: F403
from shaketable.faults.groups import PollTimeout
from shaketable.faults.links import *  # noqa: F403
from shaketable.faults.links import WireLink
from shaketable.faults.messages import *  # noqa: F403
from shaketable.faults.messages import Delivery
from shaketable.faults.records import *  # noqa: F403
from shaketable.faults.records import TooLarge
from shaketable.faults.services import *  # noqa: F403
from shaketable.faults.services import AtService
from shaketable.faults.transactions import *  # noqa: F403
from shaketable.faults.transactions import Rollback

Message = Delivery | Rollback | TooLarge | PollTimeout
Link = WireLink | ByteLevel
Fault = Message | AtService | Link

FAULT_TYPES: tuple[type[Fault], ...] = get_args(Fault)
"""Every type of fault, in the order of the families."""
