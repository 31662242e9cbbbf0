"""The benchmark runs, measures what it says and writes it down; how long things take is not asked."""

from __future__ import annotations

import json

import wiatowski as wi
from experiments import bench_extractor as bench
from experiments import bench_frames


def tiny(grid: wi.Grid) -> wi.FeatureExtractor:
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.MaxPool(2))
    return wi.FeatureExtractor([layer] * 2, grid)


def test_benchmark_of_tiny_extractors(monkeypatch):
    monkeypatch.setattr(bench, "SHORTEST_SAMPLE", 0.0)
    results = bench.benchmark(1, 16, 2, (1, 2), 1, 32, {"tiny": tiny})
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


def test_benchmark_of_tiny_banks(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "SHORTEST_SAMPLE", 0.0)
    chosen = ["curvelets, 3 scales", "Haar"]
    asked = [word for name in chosen for word in ("--family", name)]
    path = tmp_path / "frames.json"
    assert bench_frames.main([*asked, "--rounds", "7", "--side", "32", "--json", str(path)]) == 0
    results, printed = json.loads(path.read_text()), capsys.readouterr().out
    assert results["setting"] == {"rounds": 7, "side": 32, "dtype": "float32"}
    assert list(results["sections"]) == chosen
    assert [section["paths"] for section in results["sections"].values()] == [22, 10]
    for name, section in results["sections"].items():
        assert set(section["seconds"]) == {"build", "extraction"}
        assert all(len(times) == 7 for times in section["seconds"].values())
        assert section["ratios"]["build / extraction"]["median"] > 0
        assert name in printed
