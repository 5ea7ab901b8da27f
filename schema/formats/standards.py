"""Serials of the other crediting standards.

What a part marked `guessed` means is our reading of few examples. For Gold Standard, country,
project, vintage, first and last agree with what published lists of authorized credits state.
"""

from schema.formats.parsed import IdentifierFormat
from schema.formats.rules import ALPHA_2, NUMBER, SERIAL, YEAR, FormatRule, guessed, known

GOLD_STANDARD = FormatRule(
    format=IdentifierFormat.GOLD_STANDARD,
    template="GS1-1-{country}-GS{project}-{kind}-{vintage}-{issuance}-{first}-{last}",
    parts=(
        known("country", ALPHA_2),
        known("project", NUMBER),
        guessed("kind", NUMBER),
        known("vintage", YEAR),
        guessed("issuance", NUMBER),
        known("first", SERIAL),
        known("last", SERIAL),
    ),
)

# The one public example, `1 to 29251`, is described there as 29,250 tonnes. Both ends count here
# as everywhere; `compare_quantity` tells the difference.
CLIMATE_ACTION_RESERVE = FormatRule(
    format=IdentifierFormat.CLIMATE_ACTION_RESERVE,
    template="CAR-{kind}-{country}-{project}-{phase}-{protocol}-{region}-{vintage}-{batch}-"
    "{first} to {last}",
    parts=(
        guessed("kind", NUMBER),
        guessed("country", ALPHA_2),
        guessed("project", NUMBER),
        guessed("phase", NUMBER),
        guessed("protocol", NUMBER),
        guessed("region", ALPHA_2),
        guessed("vintage", YEAR),
        guessed("batch", NUMBER),
        known("first", SERIAL),
        known("last", SERIAL),
    ),
)

AMERICAN_CARBON_REGISTRY = FormatRule(
    format=IdentifierFormat.AMERICAN_CARBON_REGISTRY,
    template="ACR-{country}-{project}-{vintage}-{number}-{first}-{last}",
    parts=(
        guessed("country", ALPHA_2),
        guessed("project", NUMBER),
        guessed("vintage", YEAR),
        guessed("number", NUMBER),
        guessed("first", SERIAL),
        guessed("last", SERIAL),
    ),
)

NIGERIA_BLUE_CARBON = FormatRule(
    format=IdentifierFormat.NIGERIA_BLUE_CARBON,
    template="{country}-BCR-{project}-{methodology}-{vintage}-{first}-{last}",
    parts=(
        guessed("country", ALPHA_2),
        guessed("project", "[0-9]{4}"),
        guessed("methodology", "[A-Z0-9]{1,32}(?:_[A-Z0-9]{1,32}){0,7}"),
        guessed("vintage", YEAR),
        known("first", SERIAL),
        known("last", SERIAL),
    ),
)

RULES = (GOLD_STANDARD, CLIMATE_ACTION_RESERVE, AMERICAN_CARBON_REGISTRY, NIGERIA_BLUE_CARBON)
