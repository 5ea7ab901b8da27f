"""`python -m connectors.simulator.undp --data FOLDER`."""

from cyclopts import App

from connectors.simulator.kit.process import (
    DataFolder,
    Port,
    StopWithParent,
    control_token,
    database_file,
    serve,
)
from connectors.simulator.undp.application import application
from connectors.simulator.undp.registry import UndpRegistry
from connectors.simulator.undp.state import RegistryState

app = App(name="connectors.simulator.undp", help="A simulated national registry of the UNDP make.")


@app.default
def run(*, data: DataFolder, port: Port = 0, stop_with_parent: StopWithParent = False) -> None:
    """Serve a registry until the process is asked to end; print one JSON line when it is ready."""
    registry = UndpRegistry(RegistryState(database_file(data)))
    registry.seed()
    token = control_token(registry.state.database)
    serve(application(registry, token), token, port, stop_with_parent=stop_with_parent)


app()
