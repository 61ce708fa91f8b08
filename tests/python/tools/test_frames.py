"""The hand-over between relations and frames: types, order and columns survive it."""

import datetime
import gc
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest

from tools.frames import read_frame, typed_frame

COLUMNS = {
    "origin_id": "varchar",
    "frequency": "integer",
    "estimate": "double",
    "amount": "decimal(18,2)",
    "origin_date": "date",
    "is_fitted": "boolean",
}


@pytest.fixture
def session():
    with duckdb.connect() as connection:
        yield connection.cursor()


def types(relation):
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


EXPECTED_TYPES = {
    "origin_id": "VARCHAR",
    "frequency": "INTEGER",
    "estimate": "DOUBLE",
    "amount": "DECIMAL(18,2)",
    "origin_date": "DATE",
    "is_fitted": "BOOLEAN",
}


def test_an_empty_frame_keeps_every_type(session):
    assert types(typed_frame(session, pd.DataFrame(columns=list(COLUMNS)), COLUMNS)) == (
        EXPECTED_TYPES
    )


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT])
def test_columns_without_any_value_keep_every_type_and_stay_null(session, nothing):
    frame = pd.DataFrame({name: [nothing, nothing] for name in COLUMNS}, dtype=object)
    relation = typed_frame(session, frame, COLUMNS)
    assert types(relation) == EXPECTED_TYPES
    assert relation.fetchall() == [(None,) * 6] * 2


def test_values_arrive_as_the_types_given(session):
    frame = pd.DataFrame(
        {
            "origin_id": ["now"],
            "frequency": np.array([3], dtype="int64"),
            "estimate": [0.5],
            "amount": [12.34],
            "origin_date": [pd.Timestamp("2024-03-31")],
            "is_fitted": [True],
        }
    )
    assert typed_frame(session, frame, COLUMNS).fetchall() == [
        ("now", 3, 0.5, Decimal("12.34"), datetime.date(2024, 3, 31), True)
    ]


def test_columns_come_in_the_order_of_the_table_and_others_are_left_out(session):
    frame = pd.DataFrame({"extra": [1], "b": [2], "a": [3]})
    relation = typed_frame(session, frame, {"a": "integer", "b": "integer"})
    assert relation.columns == ["a", "b"]
    assert relation.fetchall() == [(3, 2)]


def test_a_missing_column_is_named_with_those_that_are_there(session):
    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(ValueError, match=r"lacks columns \['b', 'c'\]; it has \['a'\]"):
        typed_frame(session, frame, {"a": "integer", "b": "integer", "c": "integer"})


def test_rows_of_a_slice_keep_their_order_and_their_nulls(session):
    frame = pd.DataFrame({"n": pd.array([None if n % 7 == 0 else n for n in range(300)], "Int64")})
    for piece in (frame.iloc[::3], frame.iloc[::-1]):
        found = [row[0] for row in typed_frame(session, piece, {"n": "integer"}).fetchall()]
        assert found == [None if pd.isna(value) else int(value) for value in piece["n"]]


def test_the_relation_outlives_the_frame_it_was_made_from(session):
    relation = typed_frame(session, pd.DataFrame({"a": [1, 2]}), {"a": "integer"})
    gc.collect()
    assert relation.fetchall() == [(1,), (2,)]
    assert relation.fetchall() == [(1,), (2,)]


def test_a_relation_is_read_in_the_order_asked_for_with_lower_case_columns(session):
    relation = session.sql(
        "select * from (values ('b', 1), ('a', 2), ('b', 0)) as given(\"Origin_ID\", \"N\")"
    )
    frame = read_frame(relation, order_by=["origin_id", "n"])
    assert list(frame.columns) == ["origin_id", "n"]
    assert frame.values.tolist() == [["a", 2], ["b", 0], ["b", 1]]
    assert list(frame.index) == [0, 1, 2]


def test_a_relation_without_rows_is_read_with_its_columns(session):
    frame = read_frame(session.sql("select 1 as a, 'x' as b where false"), order_by=["a"])
    assert list(frame.columns) == ["a", "b"]
    assert frame.empty


@pytest.mark.parametrize("conversion", ["toPandas", "to_pandas"])
def test_relations_of_other_engines_are_read_too(conversion):
    class Relation:
        pass

    setattr(Relation, conversion, lambda self: pd.DataFrame({"A": [2, 1]}))
    assert read_frame(Relation(), order_by=["a"])["a"].tolist() == [1, 2]


def test_what_cannot_be_read_is_refused_by_its_name():
    with pytest.raises(TypeError, match="cannot read a frame from list"):
        read_frame([1, 2], order_by=["a"])
