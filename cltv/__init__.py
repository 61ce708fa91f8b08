"""Customer lifetime value: the mathematics, without dbt and without a database.

`cltv.purchase` answers how many purchases are still to come, `cltv.spend` what each of them is
worth, `cltv.simple` holds the textbook formulas. The two sub-packages speak pandas at their
front door only; the modules inside work on numpy arrays.
"""
