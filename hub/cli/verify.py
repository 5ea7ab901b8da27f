"""`itmo-hub verify FILE`: check an evidence file offline, step by step."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from hub.cli.console import AsJson, Exit, console, print_json, told
from hub.journal.receipts import all_hold
from hub.services.verify import verify_evidence


def verify(
    file: Annotated[Path, Parameter(help="An evidence file.")],
    *,
    log_key: Annotated[
        tuple[str, ...],
        Parameter(help="Verifier key of the journal that you trust; else those in the file."),
    ] = (),
    as_json: AsJson = False,
) -> Exit:
    """Check an evidence file without network or database; exit code 1 when a step fails."""
    with told(OSError):
        data = file.read_bytes()
    steps = verify_evidence(data, log_key)
    if as_json:
        print_json(msgspec.to_builtins(steps))
    else:
        for step in steps:
            mark = "holds" if step.holds else "FAILS"
            console.print(f"{step.number:3}  {mark}  {step.words}", highlight=False, markup=False)
    return Exit.DONE if all_hold(steps) else Exit.ANSWER_IS_NO
