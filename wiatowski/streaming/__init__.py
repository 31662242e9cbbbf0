"""Features of a data set that is larger than memory: from disk to disk, over devices and processes."""

from wiatowski.streaming.computed import Blocks as Blocks
from wiatowski.streaming.feature_store import FeatureStore as FeatureStore
from wiatowski.streaming.feature_store import load as load
from wiatowski.streaming.transform import transform as transform
