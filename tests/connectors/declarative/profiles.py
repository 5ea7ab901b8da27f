"""A small source to test with: amounts by project and Party."""

from typing import Any

from connectors.declarative.load import Loaded, load
from connectors.declarative.profile import SourceProfile, parse_profile

SMALL: dict[str, Any] = {
    "title": "A small table of issuances",
    "record": "issuance",
    "fields": {
        "project": {"columns": ["Project", "プロジェクト番号"], "required": True},
        "party": {"columns": ["Country", "国"], "required": True},
        "notified": {"columns": ["Notified", "通知量"], "required": True},
        "issued": {"columns": ["Issued"], "blank": ["N/A"]},
        "decided_on": {"columns": ["Decided"], "dates": ["DD MMM YY", "YYYY年MM月DD日"]},
    },
    "measures": [{"field": "notified"}, {"field": "issued"}],
    "reading": {"encodings": ["utf-8", "shift_jis"]},
}


def small(**changes: Any) -> SourceProfile:
    return parse_profile(SMALL | changes)


def with_field(name: str, **mapping: Any) -> SourceProfile:
    return small(fields=SMALL["fields"] | {name: SMALL["fields"].get(name, {}) | mapping})


def load_text(
    text: str, profile: SourceProfile | None = None, *, encoding: str = "utf-8"
) -> Loaded:
    return load(text.encode(encoding), profile or small(), source="small.csv")
