"""What reading a foreign identifier gives: its parts, how sure we are of each, and what is odd."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import NamedTuple

from schema.faults import IdentifierError, IdentifierFault
from schema.identifiers import ItmoBlock, SerialRange
from schema.parties import CountryCode, parse_country_code


@unique
class IdentifierFormat(StrEnum):
    """Every identifier format that the hub can tell apart."""

    ITMO = "itmo"
    MECHANISM_REGISTRY = "mechanism_registry"
    UNDP_SERIAL = "undp_serial"
    UNDP_BLOCK_ID = "undp_block_id"
    UNDP_NEW_SERIAL = "undp_new_serial"
    UNDP_OLD_SERIAL = "undp_old_serial"
    UNDP_AUTHORIZATION = "undp_authorization"
    CADTRUST_RECORD = "cadtrust_record"
    CADTRUST_V1_UNIT = "cadtrust_v1_unit"
    CADTRUST_V2_UNIT = "cadtrust_v2_unit"
    KYOTO_UNIT_BLOCK = "kyoto_unit_block"
    KYOTO_TRANSACTION = "kyoto_transaction"
    KYOTO_ACCOUNT = "kyoto_account"
    KYOTO_USER = "kyoto_user"
    VERRA = "verra"
    VERRA_OLDER = "verra_older"
    GOLD_STANDARD = "gold_standard"
    CLIMATE_ACTION_RESERVE = "climate_action_reserve"
    AMERICAN_CARBON_REGISTRY = "american_carbon_registry"
    NIGERIA_BLUE_CARBON = "nigeria_blue_carbon"
    JCM_PROJECT = "jcm_project"
    JCM_METHODOLOGY_PROPOSED = "jcm_methodology_proposed"
    JCM_METHODOLOGY_APPROVED = "jcm_methodology_approved"
    JCM_METHODOLOGY_VERSION = "jcm_methodology_version"
    JCM_THIRD_PARTY_ENTITY = "jcm_third_party_entity"
    JCM_CREDIT_SERIAL = "jcm_credit_serial"


class Certainty(StrEnum):
    """How sure it is that a part means what its name says."""

    VERIFIED = "verified"
    GUESSED = "guessed"


@unique
class Finding(StrEnum):
    """Something odd that does not stop an identifier from being kept."""

    SURROUNDING_SPACE = "surrounding_space"
    PLACEHOLDER = "placeholder"
    COUNTRY_UNKNOWN = "country_unknown"
    PERIOD_SPANS_YEARS = "period_spans_years"


class Part(NamedTuple):
    """One named piece of an identifier, as it is written there."""

    name: str
    text: str
    certainty: Certainty


class IntervalKey(NamedTuple):
    """The number space of a foreign serial: the format and every part but the serials.

    Two formats are never one space, even where they may name the same units.
    """

    format: IdentifierFormat
    constants: tuple[str, ...]


class QuantityDifference(NamedTuple):
    """The serials say one number of units and somebody states another."""

    computed: int
    stated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedIdentifier:
    """An identifier of a known format; `raw` is the text exactly as it was received.

    `serials` is None where the format names no range. `block` is set only where the text itself
    is an ITMO unique identifier; a registry's own serial needs a mapping that somebody vouches for.
    """

    format: IdentifierFormat
    raw: str
    parts: tuple[Part, ...]
    key: IntervalKey
    serials: SerialRange | None = None
    block: ItmoBlock | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def count(self) -> int | None:
        """Number of units that the serials cover, both ends included."""
        return None if self.serials is None else self.serials.count

    def text_of(self, name: str) -> str | None:
        """Return the text of the named part; None when the format has no such part."""
        return next((part.text for part in self.parts if part.name == name), None)

    def country(self) -> CountryCode | None:
        """Return the Party named by the part `country`, with the code as written, if it is one."""
        code = self.text_of("country")
        if code is None or Finding.COUNTRY_UNKNOWN in self.findings:
            return None
        return parse_country_code(code)

    def vintage(self) -> int | None:
        """Return the calendar year of the mitigation; None when the format tells none.

        Raises:
            IdentifierError: `period_spans_years`: a unit has one vintage, so such a block must be
                split by somebody who knows the share of each year, or be refused.
        """
        years = {self.text_of("vintage"), self.text_of("from_year"), self.text_of("to_year")}
        known = sorted(int(year) for year in years if year is not None)
        if len(known) > 1:
            raise IdentifierError(IdentifierFault.PERIOD_SPANS_YEARS, self.raw)
        return known[0] if known else None

    def compare_quantity(self, stated: int) -> QuantityDifference | None:
        """Compare the computed count with a quantity stated beside the identifier, in units.

        None when they agree or when the format names no range.
        """
        if self.count is None or self.count == stated:
            return None
        return QuantityDifference(computed=self.count, stated=stated)
