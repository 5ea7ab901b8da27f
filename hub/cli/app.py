"""The command line: one module a group of commands, registered here."""

import sys

from cyclopts import App, CycloptsError

from hub.cli.conformance import conformance
from hub.cli.console import CannotError, Exit, errors
from hub.cli.contract import export_contract
from hub.cli.demo.command import demo
from hub.cli.evidence import evidence
from hub.cli.keys import keys_app
from hub.cli.load import load
from hub.cli.serve import health, migrate, serve
from hub.cli.verify import verify

app = App(
    name="itmo-hub",
    help="Run and question the ITMO Federation Hub: one hub over all Article 6.2 registries.",
    help_epilogue="Exit codes: 0 done, 1 the answer is no, 2 not understood, 3 could not be done.",
    result_action="return_value",
    exit_on_error=False,
)
app.command(demo)
app.command(serve)
app.command(migrate)
app.command(health)
app.command(keys_app)
app.command(export_contract)
app.command(load)
app.command(evidence)
app.command(verify)
app.command(conformance)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        answer = app(arguments)
    except CycloptsError:
        sys.exit(Exit.NOT_UNDERSTOOD)
    except CannotError as cause:
        errors.print(f"[bold red]cannot:[/] {cause}")
        sys.exit(Exit.CANNOT)
    sys.exit(answer if isinstance(answer, Exit) else Exit.DONE)
