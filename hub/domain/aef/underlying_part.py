"""The underlying units of a part of an issued block."""

import re

from hub.domain.aef.ledger_source import Birth

_DIGITS = re.compile(r"([0-9]+)")
_DIGITS_MAX = 18


def underlying_part(birth: Birth, first: int, last: int) -> tuple[str, str] | None:
    """Return the first and last underlying unit of serials `first` to `last` of a block.

    The whole block has what was stated. A part is told only where one run of digits counts the
    underlying units one by one beside the serials; else None, because nothing is made up.
    """
    start, end = birth.underlying_first, birth.underlying_last
    if start is None or end is None:
        return None
    if (first, last) == (birth.first, birth.last):
        return start, end
    ours, theirs = _DIGITS.split(start), _DIGITS.split(end)
    if len(ours) != len(theirs):
        return None
    differing = [place for place, text in enumerate(ours) if text != theirs[place]]
    if len(differing) != 1 or differing[0] % 2 == 0:
        return None
    place = differing[0]
    if max(len(ours[place]), len(theirs[place])) > _DIGITS_MAX:
        return None
    number = int(ours[place])
    if int(theirs[place]) - number != birth.last - birth.first:
        return None

    def name(serial: int) -> str:
        digits = str(number + serial - birth.first).zfill(len(ours[place]))
        return "".join((*ours[:place], digits, *ours[place + 1 :]))

    return name(first), name(last)
