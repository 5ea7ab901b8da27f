"""Numbers of the Joint Crediting Mechanism: projects, methodologies, third-party entities, credits.

Its country codes are alpha-2. The layout of its credit serials is not public: they are kept as
they are, and an installation that knows the layout passes its own rule to the detection.
"""

from schema.formats.parsed import IdentifierFormat
from schema.formats.rules import ALPHA_2, FormatRule, known

_THREE_DIGITS = "[0-9]{3}"
_NUMBERED = (known("country", ALPHA_2), known("number", _THREE_DIGITS))

PROJECT = FormatRule(
    format=IdentifierFormat.JCM_PROJECT, template="{country}{number}", parts=_NUMBERED
)

METHODOLOGY_PROPOSED = FormatRule(
    format=IdentifierFormat.JCM_METHODOLOGY_PROPOSED,
    template="{country}_PM{number}",
    parts=_NUMBERED,
)

METHODOLOGY_APPROVED = FormatRule(
    format=IdentifierFormat.JCM_METHODOLOGY_APPROVED,
    template="{country}_AM{number}",
    parts=_NUMBERED,
)

METHODOLOGY_VERSION = FormatRule(
    format=IdentifierFormat.JCM_METHODOLOGY_VERSION,
    template="{country}_AM{number} Ver{version}",
    parts=(*_NUMBERED, known("version", r"[0-9]{1,2}\.[0-9]{1,2}")),
)

THIRD_PARTY_ENTITY = FormatRule(
    format=IdentifierFormat.JCM_THIRD_PARTY_ENTITY,
    template="TPE-{country}-{number}",
    parts=_NUMBERED,
)

CREDIT_SERIAL = FormatRule(
    format=IdentifierFormat.JCM_CREDIT_SERIAL,
    template="{serial}",
    parts=(known("serial", "[!-~](?:[ -~]*[!-~])?"),),
    detectable=False,
)

RULES = (
    METHODOLOGY_VERSION,
    METHODOLOGY_APPROVED,
    METHODOLOGY_PROPOSED,
    THIRD_PARTY_ENTITY,
    PROJECT,
    CREDIT_SERIAL,
)
