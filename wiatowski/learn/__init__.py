"""Learning with any extractor: features for scikit-learn, and training with optax."""

from wiatowski._extras import require as _require

_require("wiatowski.learn", "learn", sklearn="scikit-learn", optax="optax", tqdm="tqdm")

from wiatowski.learn.augmentation import Deformed as Deformed
from wiatowski.learn.augmentation import Flipped as Flipped
from wiatowski.learn.augmentation import Noisy as Noisy
from wiatowski.learn.augmentation import Shifted as Shifted
from wiatowski.learn.selection import OrthogonalLeastSquares as OrthogonalLeastSquares
from wiatowski.learn.training import Built as Built
from wiatowski.learn.training import Epoch as Epoch
from wiatowski.learn.training import Trained as Trained
from wiatowski.learn.training import train as train
from wiatowski.learn.transfer import from_layer as from_layer
from wiatowski.learn.transfer import head_alone as head_alone
from wiatowski.learn.transfer import with_new_head as with_new_head
from wiatowski.learn.transformer import FeatureTransformer as FeatureTransformer
