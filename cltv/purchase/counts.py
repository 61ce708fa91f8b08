"""Numbers of events drawn by inversion: fast where many rows share few uniform numbers."""

from __future__ import annotations

import numpy as np
from scipy.special import gammainccinv, ndtri

# beyond this count the quantile is a smooth expansion, right to a few thousandths of an event
_EXACT = 512


def poisson_quantile(mean, uniform):
    """Quantile of the Poisson distribution at one level for many means.

    Parameters
    ----------
    mean : ndarray
        Means, >= 0, of any shape.
    uniform : float
        Level, above 0 and below 1.

    Returns
    -------
    ndarray of float, shape of `mean`
        Smallest whole k with P(N <= k) >= uniform.

    Notes
    -----
    The answer is at most k as long as the mean is at most the gamma quantile of shape k + 1, so
    that one sorted list of these serves every mean. Above 512 events the expansion of
    Cornish & Fisher (1938).
    """
    largest = float(mean.max(initial=0.0))
    count = int(min(largest + 10.0 * np.sqrt(largest) + 30.0, _EXACT))
    limits = gammainccinv(np.arange(1.0, count + 2.0), uniform)
    result = np.searchsorted(limits, mean).astype(float)
    beyond = result > count
    if beyond.any():
        m, z = mean[beyond], float(ndtri(uniform))
        smooth = m + z * np.sqrt(m) + (z * z - 1.0) / 6.0 + (z - z**3) / (72.0 * np.sqrt(m))
        result[beyond] = np.maximum(np.ceil(smooth - 0.5), 0.0)
    return result
