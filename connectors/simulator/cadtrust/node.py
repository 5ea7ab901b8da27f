"""One simulated node: its tables, switches, faults, ledger and staging together."""

import time
from collections.abc import Callable

from connectors.simulator.cadtrust.ledger import Ledger
from connectors.simulator.cadtrust.staging import Staging
from connectors.simulator.cadtrust.state import NodeState
from connectors.simulator.cadtrust.switches import NodeSwitches
from connectors.simulator.kit.control import SwitchBoard
from connectors.simulator.kit.faults import Faults


class CadTrustNode:
    """Owned by one event loop; `now` is seconds since 1970."""

    def __init__(self, state: NodeState, now: Callable[[], float] = time.time) -> None:
        """Build the node over its database."""
        self.state = state
        self.board = SwitchBoard(state.database, NodeSwitches())
        self.faults = Faults(state.database)
        self.now = now
        self.ledger = Ledger(state, self.board)
        self.staging = Staging(state, self.board, self.ledger, now)
