"""The result of a check as flat text, so that files, pages and messages can show it alike."""

import msgspec


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in words.

    `sheet` and `cell` are the place in the file that was checked, empty when it came from none;
    `record` counts the records of the table from 1.
    """

    code: str
    severity: str
    table: str
    message: str
    rule: str
    advice: str
    sheet: str = ""
    cell: str = ""
    record: int | None = None
    field: str = ""
    value: str = ""
    related: tuple[str, ...] = ()
