"""`python -m connectors.simulator.cadtrust --data FOLDER`."""

from typing import Annotated

from cyclopts import App, Parameter

from connectors.simulator.cadtrust.application import application
from connectors.simulator.cadtrust.node import CadTrustNode
from connectors.simulator.cadtrust.state import NodeState
from connectors.simulator.kit.process import (
    DataFolder,
    Port,
    StopWithParent,
    control_token,
    database_file,
    serve,
)

app = App(name="connectors.simulator.cadtrust", help="A simulated CAD Trust node.")


@app.default
def run(
    *,
    data: DataFolder,
    port: Port = 0,
    organisation: Annotated[
        str, Parameter(help="Name of the home organisation; empty for a node without one.")
    ] = "Simulated Ministry",
    stop_with_parent: StopWithParent = False,
) -> None:
    """Serve a node until the process is asked to end; print one JSON line when it is ready."""
    state = NodeState(database_file(data))
    if organisation and state.home() is None:
        state.add_organisation(organisation, home=True)
    token = control_token(state.database)
    serve(application(CadTrustNode(state), token), token, port, stop_with_parent=stop_with_parent)


app()
