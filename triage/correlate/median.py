"""The median, without what numpy does around it: a run that asks for many, or for one only, notices."""

import numpy as np
from numpy.typing import NDArray


def median(values: "NDArray[np.int64] | NDArray[np.float64]") -> float:
    """As ``np.median`` gives it, which for floats loads what numpy has for masked arrays."""
    below, above = (len(values) - 1) // 2, len(values) // 2
    return float(np.partition(values, (below, above))[below : above + 1].mean())
