"""`python -m connectors.simulator.rest --data FOLDER`."""

from cyclopts import App

from connectors.simulator.kit.database import Database
from connectors.simulator.kit.process import (
    DataFolder,
    Port,
    control_token,
    database_file,
    serve,
)
from connectors.simulator.rest.application import TABLES, application

app = App(name="connectors.simulator.rest", help="A simulated plain registry.")


@app.default
def run(*, data: DataFolder, port: Port = 0) -> None:
    """Serve until the process is asked to end; print one JSON line when it is ready."""
    database = Database(database_file(data), TABLES)
    token = control_token(database)
    serve(application(database, token), token, port)


app()
