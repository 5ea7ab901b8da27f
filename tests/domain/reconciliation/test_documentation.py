from pathlib import Path

from hub.domain.reconciliation.documentation import discrepancies_markdown

DOCUMENT = Path(__file__).parents[3] / "hub" / "docs" / "discrepancies.md"


def test_the_document_says_what_the_tables_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == discrepancies_markdown(), (
        "write the text of discrepancies_markdown() to hub/docs/discrepancies.md"
    )
