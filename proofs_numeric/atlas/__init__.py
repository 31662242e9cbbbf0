"""The atlas: one page with every claim, where it is tight, its worst case and its controls."""

from proofs_numeric.atlas.page import render as render
