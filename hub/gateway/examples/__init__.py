"""Example queries of the three kinds of readers; the tests run them."""

from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent


def examples() -> dict[str, str]:
    """Return the queries by name."""
    return {
        file.stem: file.read_text(encoding="utf-8") for file in sorted(_FOLDER.glob("*.graphql"))
    }
