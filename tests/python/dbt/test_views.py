"""Views add up, and nobody can be singled out by taking one published total from another."""

from itertools import chain, permutations

import pytest

LEAST = 10
WHOLE = {
    "segment": "value_tier",
    "channel": "acquisition_channel",
    "campaign": "campaign",
    "region": "region",
    "customer_type": "customer_type",
    "plan": "plan",
    # what is expected goes to today's rep as a whole
    "sales_rep": "sales_rep",
}
VIEWS = [*WHOLE, "product", "category"]


def union(sets):
    return set(chain.from_iterable(sets))


def cells(run, view):
    """Member as it is shown → its customers, from the customers and not from the view."""
    found = {}
    for member, customer in run.rows(
        "select members.shown_member_id, viewed.customer_key "
        "from cltv_intermediate.int_customers__viewed as viewed "
        "inner join cltv_intermediate.int_view_members as members "
        f"on members.view_name = '{view}' and viewed.{WHOLE[view]} = members.member_id"
    ):
        found.setdefault(member, set()).add(customer)
    return found


def credited(run, view):
    """The same for a view that splits customers: everybody with anything credited."""
    found = {}
    for member, customer in run.rows(
        "select members.shown_member_id, credits.customer_key "
        "from cltv_intermediate.int_view_credits as credits "
        "inner join cltv_intermediate.int_view_members as members "
        "on credits.view_name = members.view_name and credits.member_id = members.member_id "
        f"where credits.view_name = '{view}'"
    ):
        found.setdefault(member, set()).add(customer)
    return found


def differences(one, other):
    """What is left of each member of one view by what another view says of the same customers.

    The members of the other view that lie within it are taken off it; or it is taken off those that
    hold it between them. Customers of whom nothing is left are no difference.
    """
    for member, customers in one.items():
        within = union(found for found in other.values() if found <= customers)
        around = union(found for found in other.values() if found & customers)
        yield member, "less those within it", customers - within
        yield member, "taken off those around it", around - customers


def test_the_attack_finds_what_is_not_protected():
    channels = {"a": set(range(12)), "b": set(range(12, 40))}
    campaigns = {"k": set(range(10)), "none": set(range(10, 40))}
    found = [(member, how, left) for member, how, left in differences(channels, campaigns) if left]
    assert ("a", "less those within it", {10, 11}) in found


@pytest.mark.scenario("demo")
class TestTheViewsOfTheDemo:
    def test_have_one_shape(self, demo):
        shapes = {
            tuple(
                demo.rows(
                    "select column_name, data_type from information_schema.columns "
                    f"where table_schema = 'cltv_marts' and table_name = 'mart_{view}_cltv' "
                    "order by ordinal_position"
                )
            )
            for view in VIEWS
        }
        assert len(shapes) == 1
        assert len(*shapes) > 50

    @pytest.mark.parametrize("view", VIEWS)
    def test_show_no_small_cell_and_count_right(self, demo, view):
        found = cells(demo, view) if view in WHOLE and view != "sales_rep" else credited(demo, view)
        shown = dict(demo.rows(f"select member_id, customers from cltv_marts.mart_{view}_cltv"))
        assert shown == {member: len(customers) for member, customers in found.items()}
        assert min(shown.values()) >= LEAST

    def test_no_difference_of_two_views_is_a_small_cell(self, demo):
        views = {view: cells(demo, view) for view in WHOLE}
        # what is left of the total without any members of a view is made of its other members
        views["all"] = {"all": union(views["segment"].values())}
        leaks = [
            (one, member, how, other, len(left))
            for one, other in permutations(views, 2)
            for member, how, left in differences(views[one], views[other])
            if 0 < len(left) < LEAST
        ]
        assert leaks == []

    def test_products_of_a_category_leave_nobody_over(self, demo):
        groups = dict(demo.rows("select member_id, member_group from cltv_marts.mart_product_cltv"))
        products = {}
        for product, customers in credited(demo, "product").items():
            products.setdefault(groups[product], set()).update(customers)
        assert products == credited(demo, "category")

    def test_the_best_of_a_category_and_all_others_are_many(self, demo):
        for category, customers, best in demo.rows(
            "select category, customers, top_customers from cltv_marts.mart_category_affinity"
        ):
            assert min(best, customers - best) >= LEAST or best == 0, category


@pytest.mark.scenario("forty_customers")
class TestFortyCustomers:
    def test_tiers_with_too_few_are_one_row_that_names_them(self, run):
        rows = run.rows(
            "select member_id, customers, merged_members from cltv_marts.mart_segment_cltv "
            "order by member_rank"
        )
        assert sum(customers for _, customers, _ in rows) == 40
        assert min(customers for _, customers, _ in rows) >= LEAST
        assert ("other", 2) in [(member, merged) for member, _, merged in rows]

    def test_views_without_tables_have_their_one_member(self, run):
        for view, member in {
            "product": "unknown",
            "category": "unknown",
            "campaign": "none",
            "sales_rep": "none",
            "plan": "no_plan",
        }.items():
            assert run.rows(f"select member_id, customers from cltv_marts.mart_{view}_cltv") == [
                (member, 40)
            ], view

    def test_what_is_not_known_is_null_and_not_nought(self, run):
        (unknown,) = run.one(
            "select count(*) from cltv_marts.mart_channel_cltv where "
            "probabilistic_net_revenue_next_12m is null and realised_contribution is null "
            "and average_acquisition_cost is null and contribution_to_acquisition_cost is null "
            "and median_payback_days is null and median_payback_reason = 'unknown_payback'"
        )
        (members,) = run.one("select count(*) from cltv_marts.mart_channel_cltv")
        assert unknown == members > 0


@pytest.mark.scenario("one_order")
def test_one_customer_is_one_row_of_every_view(run):
    for view in VIEWS:
        rows = run.rows(f"select customers from cltv_marts.mart_{view}_cltv where customers > 0")
        assert rows == [(1,)], view
    assert run.rows("select * from cltv_marts.mart_sales_rep_adjusted") == []
