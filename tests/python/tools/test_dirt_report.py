"""The dirt report counts by hand, on three tables of a few rows."""

import duckdb
import pytest

from tools.dirt_report import dirt, report

TABLES = """
    create schema cltv_demo;
    create schema cltv_marts;
    create table cltv_demo.demo_planted_defects as select * from (values
        ('orders', 'O1', 'rejected', 'bad_date', 1), ('orders', 'O2', 'rejected', 'bad_date', 2),
        ('orders', 'O3', 'kept', 'guest', 1), ('products', 'P1', 'repaired', 'trimmed', 1)
    ) as planted (table_name, record_key, treatment, code, row_count);
    create table cltv_marts.dq_rejected_rows as select * from (values
        ('orders', 'O1', 'bad_date'), ('orders', 'O2', 'bad_date'), ('orders', 'O9', 'bad_date'),
        ('orders', 'O8', 'bad_date')
    ) as rejected (table_name, record_key, reason_code);
    create table cltv_marts.dq_repaired_rows as select * from (values
        ('products', 'P1', 'trimmed', 'sku'), ('products', 'P1', 'trimmed', 'product_name')
    ) as repaired (table_name, record_key, rule_code, column_name);
"""


@pytest.fixture
def rows():
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        return dirt(connection)


def test_rows_are_counted_by_key_and_code(rows):
    # of three planted rows two were found, with two that nobody had planted
    assert rows == [("rejected", "orders", 3, 4, 2), ("repaired", "products", 1, 1, 1)]


def test_precision_is_of_what_was_found_and_recall_of_what_was_planted(rows):
    lines = [line.split() for line in report(rows).splitlines()]
    assert ["rejected", "orders", "3", "4", "2", "50.0%", "66.7%"] in lines
    assert ["repaired", "products", "1", "1", "1", "100.0%", "100.0%"] in lines
