"""Extractors on disk: TOML for members with names, one file without pickle for everything."""

from wiatowski._files import is_left_over as is_left_over
from wiatowski._files import read_arrays as read_arrays
from wiatowski._files import write_whole as write_whole
from wiatowski.serialization.file import load as load
from wiatowski.serialization.file import save as save
from wiatowski.serialization.tables import FRAMES as FRAMES
from wiatowski.serialization.tables import NONLINEARITIES as NONLINEARITIES
from wiatowski.serialization.tables import POOLINGS as POOLINGS
from wiatowski.serialization.text import Recipe as Recipe
from wiatowski.serialization.text import frame_from_text as frame_from_text
from wiatowski.serialization.text import from_toml as from_toml
from wiatowski.serialization.text import read_toml as read_toml
from wiatowski.serialization.text import to_toml as to_toml
