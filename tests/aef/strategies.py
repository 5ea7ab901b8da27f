"""Typed rows of the AEF as Hypothesis draws them: valid in form, free in everything else."""

import datetime as dt
import string
from decimal import Decimal

from hypothesis import strategies as st

from config.aef import latest_nomenclature
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    SubmissionRecord,
)
from schema.aef.timeframe import Span, Timeframe
from schema.identifiers import ItmoSeries, parse_approach_id, parse_party_id, parse_registry_id

LISTS = latest_nomenclature().lists
PARTIES = ("JPN", "MNG", "VUT", "CHE", "GHA", "KOR", "CIV", "EUE", "GBR")

parties = st.sampled_from(PARTIES)
approaches = st.from_regex(r"CA[0-9]{4}", fullmatch=True)
registries = parties.flatmap(lambda party: st.sampled_from([f"{party}01", f"{party}02"]))
years = st.integers(2021, 2040)
authorization_ids = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12)
free_texts = (
    st.text(
        st.characters(
            codec="utf-8", exclude_characters="\0\ufffe\uffff", exclude_categories=["Cs"]
        ),
        min_size=1,
        max_size=40,
    )
    .map(str.strip)
    .filter(lambda text: text and text.upper() != "NA")
)
dangerous_texts = st.sampled_from(
    ["=1+1", "+1", "-2+3", "@SUM(A1)", "'=1+1", "''quoted", "a,b", 'say "so"', "two\nlines"]
)
texts = free_texts | dangerous_texts
whole_years = st.tuples(years, years).map(
    lambda pair: Timeframe(
        occurred=Span(dt.date(min(pair), 1, 1), dt.date(max(pair), 12, 31)),
    )
)
dates = st.dates(dt.date(2021, 1, 1), dt.date(2040, 12, 31))
moments = st.datetimes(
    dt.datetime(2021, 1, 1),  # noqa: DTZ001 - the strategy adds the time zone
    dt.datetime(2040, 12, 31),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))


def code(list_name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(LISTS[list_name].values)


def codes(list_name: str, min_size: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(code(list_name), min_size=min_size, max_size=3, unique=True).map(tuple)


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | strategy


submissions = st.builds(
    SubmissionRecord,
    party=parties,
    version=st.sampled_from(["1.0", "1.1", "1.10", "2.0", "12.3"]),
    reported_year=years,
    submitted_on=st.none() | dates,
    ndc_first_year=years,
    ndc_last_year=years,
)
authorizations = st.builds(
    AuthorizationRecord,
    authorization_id=authorization_ids,
    authorized_on=dates,
    approach_id=approaches,
    version=st.integers(1, 20),
    quantity=st.none() | st.integers(0, 10**12),
    metric=code("metric"),
    gwp_values=maybe(texts),
    non_ghg_metric=maybe(texts),
    sectors=codes("sector", 1),
    activity_types=codes("activity_type"),
    purposes=code("purpose"),
    authorized_parties=st.lists(parties, max_size=3, unique=True).map(tuple),
    authorized_entities=st.lists(authorization_ids, max_size=3, unique=True)
    .map(lambda ids: tuple(entity for entity in ids if entity.upper() != "NA")),
    oimp_authorized=maybe(texts),
    timeframe=st.none() | whole_years,
    terms=maybe(texts),
    first_transfer_definition=maybe(code("first_transfer_definition")),
    additional_information=maybe(texts),
)  # fmt: skip


@st.composite
def block_values(draw: st.DrawFn) -> dict[str, object]:
    approach, registry = draw(approaches), draw(registries)
    party, vintage = draw(parties), draw(years)
    first = draw(st.integers(1, 2**39))
    return {
        "approach_id": approach,
        "authorization_id": draw(authorization_ids.filter(lambda text: text.upper() != "NA")),
        "first_transferring_party": party,
        "registry_id": draw(registries),
        "series": ItmoSeries(
            parse_approach_id(approach),
            parse_registry_id(registry),
            parse_party_id(party),
            vintage,
        ),
        "first_id": first,
        "last_id": first + draw(st.integers(0, 10**6)),
        "unit_registry_id": draw(maybe(code("unit_registry"))),
        "first_unit_id": draw(maybe(texts)),
        "last_unit_id": draw(maybe(texts)),
        "metric": draw(code("metric")),
        "gwp_values": draw(maybe(texts)),
        "non_ghg_metric": draw(maybe(texts)),
        "quantity_tco2e": draw(
            st.integers(0, 10**12).map(Decimal)
            | st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False)
        ),
        "quantity_non_ghg": draw(maybe(texts)),
        "mitigation_type": draw(code("mitigation_type")),
        "vintage": vintage,
    }


holdings = block_values().map(lambda values: HoldingRecord(**values))  # type: ignore[arg-type]


@st.composite
def _actions(draw: st.DrawFn) -> ActionRecord:
    return ActionRecord(
        **draw(block_values()),  # type: ignore[arg-type]
        date=draw(dates | moments),
        type=draw(code("action_type")),
        subtype=draw(maybe(code("action_subtype"))),
        transferring_party=draw(maybe(parties)),
        acquiring_party=draw(maybe(parties)),
        oimp_purpose=draw(maybe(texts)),
        using_party=draw(maybe(parties)),
        using_entity=draw(maybe(texts)),
        ndc_use_year=draw(st.none() | years),
        additional_information=draw(maybe(texts)),
    )


actions = _actions()
entities = st.builds(
    EntityRecord,
    authorized_on=dates,
    name=texts,
    country=parties,
    entity_id=texts,
    approach_id=approaches,
    conditions=maybe(texts),
    change_conditions=maybe(texts),
    additional_information=maybe(texts),
)
