"""The field table is complete, and everything else is named after it."""

import dataclasses
import datetime as dt
import re

import pycountry
import pytest

from config.aef import latest_nomenclature, load_profiles
from hub.domain.aef.codes import CATALOGUE, FindingCode
from schema.aef.countries import print_country, read_party
from schema.aef.fields import Obligation, Table, TableSpec
from schema.aef.nomenclature import nomenclature_at
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    SubmissionRecord,
)
from schema.aef.tables import ACTIONS, AUTHORIZATIONS, HOLDINGS, SHEETS, SPEC, TABLES

RECORDS = {
    Table.SUBMISSION: SubmissionRecord,
    Table.AUTHORIZATIONS: AuthorizationRecord,
    Table.ACTIONS: ActionRecord,
    Table.HOLDINGS: HoldingRecord,
    Table.ENTITIES: EntityRecord,
}


def test_the_five_tables_have_their_published_numbers_of_fields() -> None:
    assert [len(spec.fields) for spec in TABLES] == [9, 19, 27, 16, 8]


def test_the_workbook_has_seven_sheets_with_names_excel_accepts() -> None:
    assert len(SHEETS) == 7
    assert all(len(name) <= 31 for name in SHEETS)


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.title)
def test_names_headers_and_keys_are_unique_within_a_table(spec: TableSpec) -> None:
    for attribute in ("name", "header", "key"):
        values = [getattr(field, attribute) for field in spec.fields]
        assert len(set(values)) == len(values)
    assert [field.index for field in spec.fields] == list(range(len(spec.fields)))


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.title)
def test_a_typed_row_has_one_attribute_a_field(spec: TableSpec) -> None:
    attributes = set(RECORDS[spec.table].__struct_fields__) - {"series"}
    assert attributes == {field.name for field in spec.fields}


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.title)
def test_every_code_list_of_the_table_is_published_or_left_to_the_operator(spec: TableSpec) -> None:
    published = latest_nomenclature()
    named = {field.code_list for field in spec.fields if field.code_list is not None}
    assert {name for name in named if not published.knows(name)} <= {"cooperative_approach"}


def test_spacer_columns_stand_where_the_workbook_has_them() -> None:
    spacers = {
        spec.number: [field.name for field in spec.fields if field.spacer_after] for spec in TABLES
    }
    assert spacers == {
        1: [],
        2: ["version"],
        3: [
            "last_id", "last_unit_id", "quantity_non_ghg", "vintage", "acquiring_party",
            "ndc_use_year",
        ],
        4: ["last_id", "last_unit_id", "quantity_non_ghg"],
        5: [],
    }  # fmt: skip


def test_misspelt_published_keys_lead_to_the_same_field() -> None:
    for spec in (ACTIONS, HOLDINGS):
        keys = spec.by_key()
        assert keys[f"{spec.key_prefix}CoopoerativeApproachId"] is spec["approach_id"]
    entity = AUTHORIZATIONS["authorized_entities"]
    assert entity.key == "aefT2AuthorizationsAuthoziedEntityId"
    assert AUTHORIZATIONS.by_key()["aefT2AuthorizationsAuthorizedEntityId"] is entity


def test_carp_fills_five_fields() -> None:
    filled = [
        f"{spec.number}.{field.name}"
        for spec in TABLES
        for field in spec.fields
        if field.obligation is Obligation.CARP
    ]
    assert filled == [
        "1.review_status", "1.check_result", "1.review_report", "2.documentation",
        "3.check_result",
    ]  # fmt: skip


def test_every_variant_leads_to_a_value_of_its_list() -> None:
    for name, code_list in latest_nomenclature().lists.items():
        assert set(code_list.variants.values()) <= set(code_list.values), name


def test_every_subtype_rule_speaks_of_listed_codes() -> None:
    published = latest_nomenclature()
    types = set(published.lists["action_type"].values)
    assert set(published.subtype_types) == set(published.lists["action_subtype"].values)
    assert all(allowed <= types for allowed in published.subtype_types.values())
    assert published.free_types <= types


def test_every_finding_has_a_rule_and_advice() -> None:
    assert set(CATALOGUE) == set(FindingCode)
    assert all(entry.rule and entry.advice for entry in CATALOGUE.values())
    assert set(SPEC) == set(Table)


def test_the_lists_valid_on_a_day_are_the_last_published_before_it() -> None:
    known = latest_nomenclature()
    later = dataclasses.replace(known, date=dt.date(2027, 1, 1))
    published = (later, known)
    assert nomenclature_at(published, dt.date(2026, 12, 31)) is known
    assert nomenclature_at(published, dt.date(2027, 1, 1)) is later
    assert nomenclature_at(published, dt.date(2020, 1, 1)) is known
    with pytest.raises(ValueError, match="no nomenclature"):
        nomenclature_at((), dt.date(2026, 1, 1))


def test_every_profile_speaks_of_fields_and_codes_that_exist() -> None:
    names = {f"{spec.table}.{field.name}" for spec in TABLES for field in spec.fields}
    lists = latest_nomenclature().lists
    for profile in load_profiles().values():
        assert profile.required | profile.optional | set(profile.separators) <= names
        for spelt in (profile.values, profile.unsupported, profile.merged):
            for list_name, values in spelt.items():
                assert set(values) <= set(lists[list_name].values)


@pytest.mark.parametrize("party", sorted(country.alpha_3 for country in pycountry.countries))
def test_a_country_name_is_read_back_as_its_party(party: str) -> None:
    name = print_country(party)
    assert read_party(name) == party
    assert re.fullmatch(r"[A-Z][A-Za-z ()']+", name), name
