"""The command line: one module a group of commands, registered here."""

import sys

import structlog
from cyclopts import App, CycloptsError

from hub.cli.console import CannotError, Exit, errors

app = App(
    name="itmo-hub",
    help="Run and question the ITMO Federation Hub: one hub over all Article 6.2 registries.",
    help_epilogue="Exit codes: 0 done, 1 the answer is no, 2 not understood, 3 could not be done.",
    result_action="return_value",
    exit_on_error=False,
)
# Imported only when they are called: a command must not wait for what another one needs.
app.command("hub.cli.demo.command:demo")
app.command("hub.cli.serve:serve")
app.command("hub.cli.serve:migrate")
app.command("hub.cli.serve:health")
app.command("hub.cli.keys:keys_app", name="keys")
app.command("hub.cli.contract:export_contract", name="export-contract")
app.command("hub.cli.load:load")
app.command("hub.cli.connectors:connectors")
app.command("hub.cli.reconcile:reconcile")
app.command("hub.cli.evidence:evidence")
app.command("hub.cli.query:query")
app.command("hub.cli.sync:sync")
app.command("hub.cli.verify:verify")
app.command("hub.cli.audit:audit")
app.command("hub.cli.conformance:conformance")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # Answers go to standard output, what happened meanwhile to standard error.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(file=sys.stderr))
    try:
        answer = app(arguments)
    except CycloptsError:
        sys.exit(Exit.NOT_UNDERSTOOD)
    except CannotError as cause:
        errors.print(f"[bold red]cannot:[/] {cause}")
        sys.exit(Exit.CANNOT)
    sys.exit(answer if isinstance(answer, Exit) else Exit.DONE)
