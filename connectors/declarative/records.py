"""What a row can become: the kinds of records, and for each its fields with their types.

The lists are closed, so that a misspelt field of a profile is refused when the profile is read and
not noticed as missing data a year later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final, NamedTuple

from connectors.declarative.dates import Period
from connectors.declarative.faults import Fault
from schema.formats.parsed import ParsedIdentifier


@unique
class RecordKind(StrEnum):
    """What one row of a source speaks about."""

    CREDIT_BLOCK = "credit-block"
    """A block of credits of another scheme, with serials of its own."""
    PROJECT = "project"
    METHODOLOGY = "methodology"
    ISSUANCE = "issuance"
    """A notice of issuance without serials: a statement of a quantity, never a holding."""
    APPROACH = "approach"
    """A cooperative approach that was given an identifier."""
    AUTHORIZATION_DOCUMENT = "authorization-document"
    """A published document of an authorization; the document itself is another file."""
    HOLDING = "holding"
    """A block of ITMOs in an account: the only kind that becomes a statement of units."""


@unique
class FieldType(StrEnum):
    """How the text of a cell is read."""

    TEXT = "text"
    TONNES = "tonnes"
    """A whole number of tCO2e."""
    DECIMAL = "decimal"
    WHOLE = "whole number"
    DAY = "day"
    PERIOD = "period"
    YEAR = "year"
    PARTY = "party"
    APPROACH = "approach"
    FLAG = "flag"
    CODE = "code"
    IDENTIFIER = "identifier"
    LINK = "link"


Plain = str | int | Decimal | date | bool | Period | ParsedIdentifier
Value = Plain | tuple[Plain, ...] | None


class FieldSpec(NamedTuple):
    """One field of a kind of record."""

    type: FieldType
    words: str
    many: bool = False


_T = FieldType

FIELDS: Final[Mapping[RecordKind, Mapping[str, FieldSpec]]] = MappingProxyType(
    {
        RecordKind.CREDIT_BLOCK: {
            "scheme": FieldSpec(_T.TEXT, "The standard or scheme."),
            "project": FieldSpec(_T.TEXT, "The project's number in the scheme."),
            "host_party": FieldSpec(_T.PARTY, "The Party where the mitigation took place."),
            "approach": FieldSpec(_T.APPROACH, "The cooperative approach."),
            "serials": FieldSpec(_T.IDENTIFIER, "The block in the scheme's own format."),
            "tonnes": FieldSpec(_T.TONNES, "The quantity stated beside the serials."),
            "vintage": FieldSpec(_T.YEAR, "The year of the mitigation."),
            "first_transfer": FieldSpec(_T.CODE, "Which event is the first transfer."),
            "authorized_year": FieldSpec(_T.YEAR, "When the credits were authorized."),
            "authorized_for_ndc": FieldSpec(_T.FLAG, "Whether use towards an NDC is authorized."),
            "authorized_for_oimp": FieldSpec(_T.FLAG, "Whether OIMP is authorized."),
            "on_platform": FieldSpec(_T.FLAG, "Whether the authorization is published on CARP."),
            "issued_on": FieldSpec(_T.DAY, "When the scheme issued the credits."),
            "issued_year": FieldSpec(_T.YEAR, "The year of issuance."),
            "source": FieldSpec(_T.LINK, "Where the authorization is published."),
        },
        RecordKind.PROJECT: {
            "scheme": FieldSpec(_T.TEXT, "The standard or scheme."),
            "project": FieldSpec(_T.IDENTIFIER, "The project's number."),
            "host_party": FieldSpec(_T.PARTY, "The Party where the project is."),
            "title": FieldSpec(_T.TEXT, "The project's title."),
            "status": FieldSpec(_T.CODE, "Where the project stands."),
            "registered_on": FieldSpec(_T.DAY, "When it was registered."),
            "host_participants": FieldSpec(_T.TEXT, "Participants of the host.", many=True),
            "other_participants": FieldSpec(_T.TEXT, "Other participants.", many=True),
            "methodologies": FieldSpec(_T.IDENTIFIER, "Methodologies with version.", many=True),
            "methodology_links": FieldSpec(_T.LINK, "Where they are published.", many=True),
            "location": FieldSpec(_T.TEXT, "Country, province, address, position.", many=True),
            "sectoral_scopes": FieldSpec(_T.TEXT, "The scheme's sectoral scopes.", many=True),
            "third_party_entity": FieldSpec(_T.IDENTIFIER, "Who validated the project."),
            "source": FieldSpec(_T.LINK, "Where the figures are published."),
        },
        RecordKind.METHODOLOGY: {
            "scheme": FieldSpec(_T.TEXT, "The standard or scheme."),
            "host_party": FieldSpec(_T.PARTY, "The Party for whose projects it is."),
            "methodology": FieldSpec(_T.IDENTIFIER, "Its number."),
            "title": FieldSpec(_T.TEXT, "Its title."),
            "status": FieldSpec(_T.CODE, "Whether it is proposed or approved."),
            "version": FieldSpec(_T.TEXT, "The latest version."),
            "approved_on": FieldSpec(_T.DAY, "When it was approved."),
            "proposals": FieldSpec(_T.IDENTIFIER, "The proposals it came from.", many=True),
            "proponents": FieldSpec(_T.TEXT, "Who proposed it."),
            "sectoral_scope": FieldSpec(_T.TEXT, "The scheme's sectoral scope."),
            "input_from": FieldSpec(_T.DAY, "First day of public input."),
            "input_until": FieldSpec(_T.DAY, "Last day of public input."),
            "source": FieldSpec(_T.LINK, "Where it is published."),
        },
        RecordKind.ISSUANCE: {
            "scheme": FieldSpec(_T.TEXT, "The standard or scheme."),
            "mechanism": FieldSpec(_T.TEXT, "The bilateral mechanism."),
            "project": FieldSpec(_T.IDENTIFIER, "The project's number."),
            "title": FieldSpec(_T.TEXT, "The project's title."),
            "monitored": FieldSpec(_T.PERIOD, "The monitoring period, both days included."),
            "decided_on": FieldSpec(_T.DAY, "When the issuance was decided."),
            "party": FieldSpec(_T.PARTY, "The Party whose share this is."),
            "notified": FieldSpec(_T.TONNES, "The amount notified for this Party."),
            "issued_on": FieldSpec(_T.DAY, "When this Party issued its share."),
            "issued": FieldSpec(_T.TONNES, "The amount issued; blank where not yet issued."),
            "project_total": FieldSpec(_T.TONNES, "The project's notified total over all time."),
            "source": FieldSpec(_T.LINK, "Where the figures are published."),
        },
        RecordKind.APPROACH: {
            "approach": FieldSpec(_T.APPROACH, "The identifier."),
            "parties": FieldSpec(_T.PARTY, "The participating Parties.", many=True),
            "title": FieldSpec(_T.TEXT, "Its title."),
            "published_on": FieldSpec(_T.DAY, "When it was published."),
            "source": FieldSpec(_T.LINK, "Where it is published."),
        },
        RecordKind.AUTHORIZATION_DOCUMENT: {
            "party": FieldSpec(_T.PARTY, "The Party that authorizes."),
            "approach": FieldSpec(_T.APPROACH, "The cooperative approach."),
            "authorization": FieldSpec(_T.TEXT, "The authorization, by its Party's own id."),
            "version": FieldSpec(_T.WHOLE, "The version of the authorization."),
            "project": FieldSpec(_T.TEXT, "The project, where it is about one."),
            "published_on": FieldSpec(_T.DAY, "When it was published."),
            "file": FieldSpec(_T.TEXT, "The name of the document's file."),
            "digest": FieldSpec(_T.TEXT, "SHA-256 of the document, where it is stated."),
            "source": FieldSpec(_T.LINK, "Where it is published."),
        },
        RecordKind.HOLDING: {
            "account": FieldSpec(_T.TEXT, "The account in the registry."),
            "account_kind": FieldSpec(_T.CODE, "What the account is for."),
            "approach": FieldSpec(_T.APPROACH, "The cooperative approach."),
            "registry": FieldSpec(_T.TEXT, "The originating registry."),
            "first_party": FieldSpec(_T.PARTY, "The first transferring Party."),
            "vintage": FieldSpec(_T.YEAR, "The year of the mitigation."),
            "first": FieldSpec(_T.WHOLE, "The first serial."),
            "last": FieldSpec(_T.WHOLE, "The last serial."),
            "status": FieldSpec(_T.CODE, "The state of the units."),
            "first_transferred": FieldSpec(_T.FLAG, "Whether they were first transferred."),
            "authorization": FieldSpec(_T.TEXT, "The authorization."),
            "tonnes": FieldSpec(_T.TONNES, "The quantity stated beside the serials."),
        },
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something odd in a row that does not keep it from being taken."""

    row: int
    field: str
    fault: Fault
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not taken; the first thing wrong with it, and how many more there are."""

    row: int
    field: str
    fault: Fault
    words: str
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row as taken: its typed values, and everything else the source says about it."""

    kind: RecordKind
    row: int
    """The row of the file as a spreadsheet counts it, from 1."""
    values: Mapping[str, Value]
    cells: Mapping[str, str]
    """Every cell of the row by its header, as written, mapped or not."""
