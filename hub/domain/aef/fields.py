"""The check of single fields: exactly one finding per field, in a fixed order.

Order: CARP, required, applicability, type, form, code list (4/CMA.6, annex II, and the common
nomenclature). All findings are returned, never only the first.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hub.domain.aef.codes import CATALOGUE, FindingCode, Severity
from hub.domain.aef.findings import Finding, locate
from schema.aef.conditions import applies, holds
from schema.aef.fields import Field, Obligation, Separator, Table, TableSpec
from schema.aef.nomenclature import Nomenclature
from schema.aef.profile import BlockIds, Profile
from schema.aef.rows import Report, Row
from schema.aef.tables import ACTIONS, TABLES
from schema.aef.values import (
    Kind,
    Value,
    is_provided,
    print_value,
    provided_text,
    read_date,
    read_timestamp,
)
from schema.identifiers import parse_itmo_identifier

CARP_PLACEHOLDERS = frozenset(
    {
        "{Information in this field is populated by the CARP}",
        "{Link to be produced by the CARP}",
    }
)
"""The texts that the official template has in the fields of the CARP; they count as untouched."""
