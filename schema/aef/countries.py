"""Country names as free-text cells have them, to and from the codes of Parties (ISO 3166-1)."""

import unicodedata
from functools import cache

import pycountry

from schema.aef.values import collapse
from schema.identifiers import IdentifierError, PartyId, parse_country_code

_PLAIN_MARKS = {0x2019: "'", ord("-"): " ", ord("."): ""}
_EUROPEAN_UNION = ("EUE", "European Union")


def read_party(text: str) -> str:
    """Read a Party from an alpha-3 or alpha-2 code in any case, or from a country name.

    What is none of them is returned as it was, trimmed.
    """
    trimmed = collapse(text)
    try:
        return parse_country_code(trimmed.upper()).party
    except IdentifierError:
        return _party_by_name().get(_fold(trimmed), trimmed)


def print_country(party: str) -> str:
    """Print the name of a Party in plain letters; an unknown code is printed as it is.

    Names carry no accents or commas (`Republic of Korea`), because a published check of this
    format accepts only letters, spaces, brackets and apostrophes.
    """
    return _name_by_party().get(party, party)


@cache
def _name_by_party() -> dict[str, str]:
    names = {country.alpha_3: _plain(_usual_name(country)) for country in pycountry.countries}
    code, name = _EUROPEAN_UNION
    return names | {code: name}


@cache
def _party_by_name() -> dict[str, PartyId]:
    known: dict[str, PartyId] = {}
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            name = getattr(country, attribute, None)
            if name is not None:
                known[_fold(name)] = PartyId(country.alpha_3)
                known[_fold(_plain(name))] = PartyId(country.alpha_3)
    known |= {_fold(name): PartyId(party) for party, name in _name_by_party().items()}
    return known


def _usual_name(country: object) -> str:
    return str(getattr(country, "common_name", None) or getattr(country, "name", ""))


def _plain(name: str) -> str:
    main, comma, qualifier = name.partition(", ")
    name = f"{qualifier} {main}" if comma else name
    letters = unicodedata.normalize("NFKD", name.translate(_PLAIN_MARKS))
    return collapse(letters.encode("ascii", "ignore").decode())


def _fold(name: str) -> str:
    return collapse(name).casefold()
