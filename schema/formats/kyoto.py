"""Identifiers of the Kyoto registry system, with the check digits of its accounts and users."""

from typing import Final

from schema.faults import IdentifierError, IdentifierFault
from schema.formats.parsed import Finding, IdentifierFormat
from schema.formats.rules import ALPHA_2, SERIAL, FormatRule, Texts, known

# The Parties with commitments ran the registries; a closed list, as the system is switched off.
# It keeps a running number such as `GB123` apart from the project numbers of other schemes.
_REGISTRY: Final = (
    "AT|AU|BE|BG|BY|CH|CY|CZ|DE|DK|EE|ES|EU|FI|FR|GB|GR|HR|HU|IE|IS|IT|JP|KZ|LI|LT|LU|LV|MC|MT"
    "|NL|NO|NZ|PL|PT|RO|RU|SE|SI|SK|UA|UK"
)
_NUMBER: Final = "[1-9][0-9]{0,14}"
_CHECK: Final = "[0-9]{1,2}"
_CHECK_MODULUS: Final = 97
_USER_TYPE, _USER_PERIOD = "000", "0"
_USER_DIGITS: Final = 10

# The United Kingdom's registry computes with the letters UK also where it writes GB; its
# validator tries UK first and then GB.
_LETTERS: Final = {"GB": ("UK", "GB"), "UK": ("UK", "GB")}


def account_check_digits(registry: str, account_type: str, number: str, period: str) -> str:
    """Compute the check digits of an account, as its registry would.

    The number, the two letters as numbers (A is 10), the type with three digits, the period with
    two and the check with two make one decimal number that leaves 1 when divided by 97.
    """
    return _check_digits(
        _LETTERS.get(registry, (registry,))[0], account_type, number=number, period=period
    )


def print_account(registry: str, account_type: str, number: str, period: str) -> str:
    """Print an account with its check digits, such as `GB-100-1001-1-89`.

    Raises:
        IdentifierError: `format_unknown` when the parts do not make an account.
    """
    stem = f"{registry}-{account_type}-{number}-{period}"
    if not ACCOUNT.fits(f"{stem}-00"):
        raise IdentifierError(IdentifierFault.FORMAT_UNKNOWN, stem)
    return f"{stem}-{account_check_digits(registry, account_type, number, period)}"


def print_user(number: str) -> str:
    """Print a user of the United Kingdom's registry from its ten digits.

    Raises:
        IdentifierError: `format_unknown` when there are not ten digits.
    """
    # With one check digit allowed, nine digits and "00" would look like a user too.
    if len(number) != _USER_DIGITS or not USER.fits(f"UK{number}00"):
        raise IdentifierError(IdentifierFault.FORMAT_UNKNOWN, number)
    check = _check_digits("UK", _USER_TYPE, number=number, period=_USER_PERIOD)
    return f"UK{number}{check}"


def _check_digits(letters: str, account_type: str, *, number: str, period: str) -> str:
    country = "".join(str(int(letter, 36)) for letter in letters)
    digits = int(f"{number}{country}{account_type:0>3}{period:0>2}00")
    return str(98 - digits % _CHECK_MODULUS)


def _checked_account(texts: Texts) -> tuple[Finding, ...]:
    registry = texts["registry"]
    expected = {
        _check_digits(letters, texts["type"], number=texts["number"], period=texts["period"])
        for letters in _LETTERS.get(registry, (registry,))
    }
    _require(texts["check"], expected)
    return ()


def _checked_user(texts: Texts) -> tuple[Finding, ...]:
    expected = _check_digits("UK", _USER_TYPE, number=texts["number"], period=_USER_PERIOD)
    _require(texts["check"], {expected})
    return ()


def _require(check: str, expected: set[str]) -> None:
    if check.removeprefix("0") not in expected:
        raise IdentifierError(IdentifierFault.CHECK_DIGITS_WRONG, check)


ACCOUNT = FormatRule(
    format=IdentifierFormat.KYOTO_ACCOUNT,
    template="{registry}-{type}-{number}-{period}-{check}",
    parts=(
        known("registry", ALPHA_2),
        known("type", "[0-9]{3}"),
        known("number", _NUMBER),
        known("period", "[0-9]{1,2}"),
        known("check", _CHECK),
    ),
    examine=_checked_account,
)

USER = FormatRule(
    format=IdentifierFormat.KYOTO_USER,
    template="UK{number}{check}",
    parts=(known("number", "[0-9]{10}"), known("check", _CHECK)),
    examine=_checked_user,
)

TRANSACTION = FormatRule(
    format=IdentifierFormat.KYOTO_TRANSACTION,
    template="{registry}{number}",
    parts=(known("registry", _REGISTRY), known("number", "[1-9][0-9]{0,9}")),
)

# Messages carry the three parts as separate fields; this spelling is ours.
UNIT_BLOCK = FormatRule(
    format=IdentifierFormat.KYOTO_UNIT_BLOCK,
    template="{registry} {first}-{last}",
    parts=(known("registry", ALPHA_2), known("first", SERIAL), known("last", SERIAL)),
    detectable=False,
)

RULES = (ACCOUNT, USER, TRANSACTION, UNIT_BLOCK)
