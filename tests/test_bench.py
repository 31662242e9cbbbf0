"""The benchmark runs, measures what it says and writes it down; how long things take is not asked."""

from __future__ import annotations

import json

import wiatowski as wi
from experiments import bench_extractor as bench


def tiny(grid: wi.Grid) -> wi.FeatureExtractor:
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.MaxPool(2))
    return wi.FeatureExtractor([layer] * 2, grid)


def test_benchmark_of_tiny_extractors(monkeypatch):
    monkeypatch.setattr(bench, "SHORTEST_SAMPLE", 0.0)
    results = bench.benchmark(1, 16, 2, (1, 2), 1, {"tiny": tiny})
    assert json.loads(json.dumps(results))["setting"]["rounds"] == 1
    for title, section in results["sections"].items():
        assert all(len(times) == 1 for times in section["seconds"].values()), title
        assert all(r["least"] <= r["median"] <= r["largest"] for r in section["ratios"].values())
        assert title in bench.table(results)
    assert results["sections"]["tiny"]["relative_difference"] < 1e-5
    sizes, paths = (results["sections"]["compile"][k] for k in ("size", "paths"))
    few, many = (f"extractor, {n} orientations" for n in (1, 2))
    assert sizes[few] == sizes[many]
    assert paths[few] < paths[many]
