"""Parties by the names and codes that tables use, to alpha-3."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import pycountry

from connectors.declarative.cells import fold
from connectors.declarative.faults import CellError, Fault
from schema.identifiers import IdentifierError, PartyId, parse_country_code

# Short names of United Nations use that ISO 3166-1 does not list.
_SHORT_NAMES: Final = MappingProxyType(
    {
        "Lao": "LAO",
        "Laos": "LAO",
        "Lao PDR": "LAO",
        "Gambia": "GMB",
        "The Gambia": "GMB",
        "UAE": "ARE",
        "Republic of Korea": "KOR",
        "Côte d'Ivoire": "CIV",
        "Ivory Coast": "CIV",
        "Cape Verde": "CPV",
        "European Union": "EUE",
    }
)


def parse_party(text: str, more_names: Mapping[str, str]) -> PartyId:
    """Read an alpha-3 code, an alpha-2 code or a name; `more_names` (name to alpha-3) come first.

    Raises:
        CellError: `party_unknown`; a name is never matched by likeness.
    """
    named = _folded(tuple(sorted(more_names.items()))).get(fold(text)) or _names().get(fold(text))
    try:
        return parse_country_code(named or text.upper()).party
    except IdentifierError as cause:
        raise CellError(Fault.PARTY_UNKNOWN, text) from cause


@cache
def _folded(names: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {fold(name): code for name, code in names}


@cache
def _names() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for country in pycountry.countries:
        for name in ("name", "common_name", "official_name"):
            if text := getattr(country, name, None):
                found[fold(text)] = country.alpha_3
    return MappingProxyType({**found, **_folded(tuple(_SHORT_NAMES.items()))})
