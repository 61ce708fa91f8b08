"""Predictions where shapes are next to nothing, against a second implementation.

The reference values are from mpmath 1.4 at 30 digits: tanh-sinh quadrature over the dropout time
(Pareto/NBD) or the dropout probability (BG/NBD, MBG/NBD) on intervals that grow by a factor of
three, and Tricomi's function for the discounted lifetime of the latter two. All rows of the latter
and three of the Pareto/NBD were off by 1e-8 to 1 in at least one column before they were put here;
its other rows hold the corners of the same grid.
"""

import numpy as np
import pytest

from cltv.purchase import MODELS

# r, alpha, s, beta; frequency, recency, age; horizon; alive, active, expected, lifetime at .0005
PARETO = [
    ((4e-4, 0.01, 1e-3, 1e3), (0, 0, 1), 365,
     (0.99999900011859, 0.00235417426373937, 0.144530680968209, 0.791348291770343)),
    ((1e-3, 1, 1e-3, 1), (0, 0, 30), 365,
     (0.996566026293617, 0.00253222307843143, 0.0117130860547456, 0.0640596433847069)),
    ((4e-4, 10, 4e-4, 10), (0, 0, 365), 30,
     (0.998550264642463, 3.0738840910466e-5, 3.19531103290212e-5, 0.00212892975020846)),
    ((1e-4, 1e4, 1e-4, 0.01), (1, 15, 30), 3650,
     (0.999930663196885, 0.266718507780944, 0.363779398701816, 0.199334299221374)),
    ((1e-4, 0.01, 50, 1e4), (0, 0, 365), 30,
     (0.166525606588664, 1.22582139099526e-6, 1.27432600504026e-6, 8.71182281277981e-6)),
    ((1.8e-3, 10, 0.01, 1e3), (0, 0, 365), 365,
     (0.99688787942603, 0.00121761295654889, 0.00174439827293245, 0.00949733856730789)),
    ((0.01, 0.01, 2, 1e4), (0, 0, 1e4), 3650,
     (0.247014948881555, 0.000654679746776046, 0.000762455527961112, 0.00041679611032269)),
    ((1e-4, 100, 1e-4, 1e4), (100, 350, 365), 1,
     (0.999998879857651, 0.193315627293197, 0.215053736566185, 430.100370266017)),
    ((1e-3, 1, 2, 100), (20_000, 364.9, 365), 365,
     (0.981808673804674, 0.981731401224153, 10970.9319569012, 16887.6463566476)),
]  # fmt: skip

# r, alpha, a, b; the rest alike; the lifetime at the last figure, where it is given
BETA_GEOMETRIC = [
    ("bg_nbd", (0.01, 1, 0.01, 20.3), (1, 0.5, 1), 3650,
     (0.999341726901028, 0.998834037331928, 1770.67075538614, 971.761672982244), 5e-4),
    ("bg_nbd", (1, 0.29, 3, 6e-4), (1, 0.99, 1), 3650,
     (0.000196872476910502, 0.000196872452336733, 0.000295367263999247, 0.00029499287788764), 5e-4),
    ("bg_nbd", (1e-3, 1e4, 0.34, 10), (0, 0, 30), 1,
     (1, 9.96959225343015e-8, 9.97007337179142e-8, 0.000198148859622867), 5e-4),
    ("bg_nbd", (1.7e-4, 835, 2, 1e-3), (0, 0, 1), 365,
     (1, 6.15859090392367e-5, 6.15912611508789e-5, 0.000173844371582452), 5e-4),
    ("bg_nbd", (3.6e-4, 0.1, 1, 0.1), (0, 0, 30), 365,
     (1, 0.000926431538312155, 0.00103848756439512, 0.0015829579339636), 5e-4),
    ("bg_nbd", (1e-3, 0.01, 0.5, 50), (0, 0, 1), 30,
     (1, 0.003418502970351, 0.0266888870557778, 6.25924582399382), 1e-5),
    ("mbg_nbd", (3, 1e4, 6e-3, 0.01), (20_000, 3, 30), 365,
     (1.27668179620354e-17, 1.27668179620354e-17, 9.29229263315219e-15, None), 5e-4),
    ("mbg_nbd", (10, 0.1, 0.01, 1e-4), (0, 0, 1), 30,
     (3.85543289429383e-13, 3.85543289429382e-13, 9.97953381010803e-11, None), 5e-4),
]  # fmt: skip

ALL = [("pareto_nbd", *row, 5e-4) for row in PARETO] + BETA_GEOMETRIC


@pytest.mark.parametrize(("name", "params", "history", "horizon", "printed", "rate"), ALL)
def test_predictions_are_those_of_a_second_implementation(
    name, params, history, horizon, printed, rate
):
    model = MODELS[name]
    alive, active, expected, lifetime = printed
    close = {"rel": 5e-9, "abs": 0.0}
    assert model.probability_alive(params, *history)[0] == pytest.approx(alive, **close)
    assert model.probability_active(params, *history, horizon)[0] == pytest.approx(active, **close)
    value = model.expected_purchases(params, *history, horizon)[0]
    assert value == pytest.approx(expected, **close)
    if lifetime is not None:
        value = model.discounted_purchases(params, *history, rate)[0]
        assert value == pytest.approx(lifetime, **close)


@pytest.mark.parametrize("s", [1e-4, 0.5, 50.0])
@pytest.mark.parametrize("r", [1e-4, 0.5, 50.0])
@pytest.mark.parametrize("scales", [(0.01, 1e4), (1e4, 0.01)])
def test_many_ages_say_the_same_as_each_alone(r, s, scales):
    # many ages of one frequency are interpolated, few are not
    model, params = MODELS["pareto_nbd"], (r, scales[0], s, scales[1])
    age = np.tile(np.arange(1.0, 400.0), 3)
    frequency = np.repeat([0, 5, 20_000], 399)
    recency = np.where(frequency > 0, np.maximum(np.floor(0.8 * age), 1.0), 0.0)
    active = model.probability_active(params, frequency, recency, age, [1, 3650])
    for row in range(0, len(age), 97):
        alone = model.probability_active(params, frequency[row], recency[row], age[row], [1, 3650])
        assert active[row] == pytest.approx(alone[0], rel=1e-9, abs=1e-15)
