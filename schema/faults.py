"""Why a text is not an identifier: the closed list of faults and the error that carries one."""

from enum import StrEnum
from typing import Final

TEXT_SHOWN_CHARS_MAX: Final = 80


class IdentifierFault(StrEnum):
    """One reason why a text or a pair of texts cannot be read as an identifier."""

    PARTY_FORM = "party_form"
    PARTY_UNKNOWN = "party_unknown"
    REGISTRY_FORM = "registry_form"
    APPROACH_FORM = "approach_form"
    ACCOUNT_FORM = "account_form"
    AUTHORIZATION_FORM = "authorization_form"
    ITMO_FORM = "itmo_form"
    RANGE_AS_IDENTIFIER = "range_as_identifier"
    VINTAGE_OUT_OF_RANGE = "vintage_out_of_range"
    SERIAL_FORM = "serial_form"
    SERIAL_OUT_OF_RANGE = "serial_out_of_range"
    FIRST_AFTER_LAST = "first_after_last"
    RANGES_NOT_CANONICAL = "ranges_not_canonical"
    READINGS_MIXED = "readings_mixed"
    CONTEXT_MISSING = "context_missing"
    CONTEXT_DIFFERS = "context_differs"
    SERIES_DIFFER = "series_differ"
    PLACEHOLDER = "placeholder"
    CHECK_DIGITS_WRONG = "check_digits_wrong"
    PERIOD_SPANS_YEARS = "period_spans_years"
    DATE_INVALID = "date_invalid"
    FORMAT_UNKNOWN = "format_unknown"
    NOT_MAPPABLE = "not_mappable"


class IdentifierError(ValueError):
    """A text was refused as an identifier; `code` says why and `text` is what was given.

    A `ValueError`, so that msgspec turns it into a validation error that names the field.
    """

    def __init__(self, code: IdentifierFault, text: str) -> None:
        """Keep the whole text; only the message is shortened."""
        super().__init__(f"{code}: {text[:TEXT_SHOWN_CHARS_MAX]!r}")
        self.code = code
        self.text = text
