"""`python -m connectors.simulator.xroad --data FOLDER --service CODE=URL`."""

from typing import Annotated

from cyclopts import App, Parameter
from yarl import URL

from connectors.simulator.kit.database import Database
from connectors.simulator.kit.process import (
    DataFolder,
    Port,
    control_token,
    database_file,
    serve,
)
from connectors.simulator.xroad.application import application
from connectors.simulator.xroad.evidence import TABLES
from connectors.simulator.xroad.relay import Subsystem
from connectors.xroad.identifiers import parse_client, parse_service_owner

app = App(name="connectors.simulator.xroad", help="A simulated X-Road security server.")


@app.default
def run(
    *,
    data: DataFolder,
    port: Port = 0,
    provider: Annotated[
        str, Parameter(help="The subsystem behind it: INSTANCE/CLASS/MEMBER/SUBSYSTEM.")
    ] = "SIM/GOV/1234567-8/registry",
    service: Annotated[
        tuple[str, ...], Parameter(help="CODE=URL of a service; may be given again.")
    ] = (),
    client: Annotated[
        tuple[str, ...], Parameter(help="A subsystem that may call; none: every one may.")
    ] = (),
) -> None:
    """Serve until the process is asked to end; print one JSON line when it is ready."""
    database = Database(database_file(data), TABLES)
    pairs = (each.partition("=") for each in service)
    subsystem = Subsystem(
        name=parse_service_owner(provider),
        services={code: URL(address) for code, _, address in pairs},
        clients=frozenset(parse_client(each).encoded for each in client),
    )
    token = control_token(database)
    serve(application(subsystem, database, token), token, port)


app()
