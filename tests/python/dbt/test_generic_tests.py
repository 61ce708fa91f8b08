"""The project's own generic tests, on a copy of the demo in which some rows break their rules."""

import re
import shutil

import duckdb
import pytest

from tests.python.dbt.harness import dbt

pytestmark = pytest.mark.scenario("demo")

DAMAGES = """
    update cltv_marts.fct_orders set order_status = 'lost' where order_id in (
        select order_id from cltv_marts.fct_orders where gross_margin is not null
        order by order_id limit 5);
    update cltv_marts.fct_orders set net_revenue = net_revenue - 10 where order_status = 'lost';
    insert into cltv_reference.value_tiers
        select * from cltv_reference.value_tiers where tier_rank = 1;
    update cltv_reference.loyalty_tiers set from_points = null where tier_rank = 2;
    drop view cltv_staging.stg_crm__refunds;
    create table cltv_staging.stg_crm__refunds as select * from (values
        ('R1', 'no order', 1.0), ('R1', null, 1.0), (null, 'no order', -1.0)
    ) as refunds (refund_id, order_id, amount);
"""
TESTS = [
    "fct_orders_keeps_its_rules",
    "loyalty_tiers_keeps_its_rules",
    "stg_crm__refunds_keeps_its_rules",
    "value_tiers_keeps_its_rules",
    "primary_key_stg_crm__refunds_refund_id",
    "*belongs_to_stg_crm__refunds_order_id*",
    "unique_fct_orders_order_id",
]


@pytest.fixture(scope="module")
def damaged(runs, tmp_path_factory):
    """What dbt says of the damaged rows."""
    place = tmp_path_factory.mktemp("damaged")
    shutil.copy(runs("demo").database, place)
    with duckdb.connect(str(place / "crm_cltv.duckdb")) as connection:
        connection.execute(DAMAGES)
    return dbt(place, "test", "--select", *TESTS)


def test_each_broken_rule_is_named_with_its_rows(damaged):
    assert damaged.code == 1
    assert "Traceback" not in damaged.output
    named = re.findall(r"crm_cltv: (\w+): not so in (\d+) rows: (.*)", damaged.output)
    assert sorted(named) == [
        (
            "fct_orders_keeps_its_rules",
            "5",
            "gross_margin is null or gross_margin = net_revenue + shipping_charged "
            "- cost_of_goods - shipping_cost - payment_fees",
        ),
        ("fct_orders_keeps_its_rules", "5", "net_revenue = gross_sales - discounts - refunds"),
        (
            "fct_orders_keeps_its_rules",
            "5",
            "order_status is one of completed, returned, cancelled, pending, test",
        ),
        ("loyalty_tiers_keeps_its_rules", "1", "from_points is never null"),
        ("stg_crm__refunds_keeps_its_rules", "1", "amount is at least 0"),
        ("value_tiers_keeps_its_rules", "1", "from_share is unique"),
        ("value_tiers_keeps_its_rules", "1", "tier_rank is unique"),
        ("value_tiers_keeps_its_rules", "1", "to_share is unique"),
        ("value_tiers_keeps_its_rules", "1", "value_tier is unique"),
    ]


@pytest.mark.parametrize(
    ("test", "rows"),
    [
        ("primary_key_stg_crm__refunds_refund_id", 2),  # R1 twice, and null
        ("belongs_to_stg_crm__refunds_order_id", 3),
        ("fct_orders_keeps_its_rules", 3),
    ],
)
def test_what_breaks_a_rule_is_counted(test, rows, damaged):
    (found,) = re.findall(rf"FAIL (\d+) {test}", damaged.output)
    assert int(found) == rows
