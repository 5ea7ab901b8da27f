"""Dates inside identifiers."""

from datetime import date

from schema.faults import IdentifierError, IdentifierFault


def parse_day(day: str, month: str, year: str) -> date:
    """Return the calendar day that three texts of digits name.

    Raises:
        IdentifierError: `date_invalid`.
    """
    try:
        return date(int(year), int(month), int(day))
    except ValueError as cause:
        raise IdentifierError(IdentifierFault.DATE_INVALID, f"{day}{month}{year}") from cause
