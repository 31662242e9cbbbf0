"""The benchmark runs, measures what it says and writes it down; how long things take is not asked."""

from __future__ import annotations

import json

import wiatowski as wi
from experiments import bench_extractor as bench
from experiments import bench_frames, bench_scaling, bench_scattering
from experiments.transforms import Transform, needed


def tiny(grid: wi.Grid) -> wi.FeatureExtractor:
    layer = wi.Layer(wi.frames.Haar(scales=1), wi.ReLU(), wi.MaxPool(2))
    return wi.FeatureExtractor([layer] * 2, grid)


def test_benchmark_of_tiny_extractors(monkeypatch):
    monkeypatch.setattr(bench, "SHORTEST_SAMPLE", 0.0)
    results = bench.benchmark(1, 16, 2, (1, 2), 1, 64, {"tiny": tiny})
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


def test_benchmark_of_a_tiny_scattering(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "SHORTEST_SAMPLE", 0.0)
    case = bench_scattering.Case("Scattering2D", (1, (8, 8), 2), 2)
    found = bench_scattering.times(case, 1, 1)
    assert found["relative_difference"] < 1e-5
    for mode in ("forward", "gradient"):
        assert found[mode]["ratios"]["fastest peer"].startswith("kymatio")
    fresh = bench_scattering.fresh(case, "wiatowski", "forward")
    assert fresh["compile_seconds"] > 0
    modes = dict.fromkeys(("forward", "gradient"), fresh)
    found["fresh"] = dict.fromkeys(("wiatowski", "kymatio jax, jit"), modes)
    results = {"device": "here", "cores": 1, "devices": 1, "versions": {}, "cases": {"tiny": found}}
    results = json.loads(json.dumps(results))
    assert "tiny: relative difference" in bench_scattering.table(results)
    bench_scattering.draw(results, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_exponents_of_a_tiny_series(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "SHORTEST_SAMPLE", 0.0)
    case = bench_scattering.Case("Scattering2D", (1, (8, 8), 2), 1)
    deep = bench_scaling.Series(
        "layers", (1, 2, 3), lambda _: case, lambda n: {"max_order": n}, True
    )
    batch = bench_scaling.Series("batch", (1, 2, 4), lambda n: case._replace(batch=n))
    series = {"deep": deep, "batch": batch}
    found = {name: bench_scaling.measured(name, one, 1) for name, one in series.items()}
    assert abs(found["batch"]["exponents"]["predicted"] - 1) < 1e-9
    assert set(found["batch"]["curves"]) == {"predicted", "wiatowski", "kymatio"}
    assert set(found["deep"]["curves"]) == {"predicted", "wiatowski"}  # kymatio has two orders
    results = {"device": "here", "cores": 1, "rounds": 1, "series": found}
    assert "per layer" in bench_scaling.table(json.loads(json.dumps(results)))
    bench_scaling.draw(results, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_needed_transforms():
    counted = needed(tiny(wi.Grid((8, 8))), batch=3)  # Haar: 3 atoms, output by transforms
    assert counted == {
        Transform("rfftn", (8, 8)): 3,
        Transform("irfftn", (8, 8)): 3 * (1 + 3),
        Transform("rfftn", (4, 4)): 9,
        Transform("irfftn", (4, 4)): 9 * (1 + 3),
        Transform("rfftn", (2, 2)): 27,
        Transform("irfftn", (2, 2)): 27,
    }
    assert Transform("ifftn", (8,)).operations == 2 * Transform("rfftn", (8,)).operations == 120
