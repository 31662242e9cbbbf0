"""Learning with any extractor: features for scikit-learn."""

import importlib.util

if importlib.util.find_spec("sklearn") is None:
    raise ImportError(
        'wiatowski.learn: scikit-learn is missing; install it with pip install "wiatowski[learn]".'
    )

from wiatowski.learn.selection import OrthogonalLeastSquares as OrthogonalLeastSquares
from wiatowski.learn.transformer import FeatureTransformer as FeatureTransformer
