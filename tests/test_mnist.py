"""The experiment on digits: its cells, what they are tuned on, and that a stopped run goes on."""

from __future__ import annotations

import json

import pytest

from experiments import mnist
from experiments.mnist import SMALL, Cell

HAAR = Cell("mnist", "Haar", "abs", "avg", SMALL.train)


def test_the_table_has_the_cells_of_the_paper_and_what_stands_beside():
    cells = mnist.table("mnist")
    assert len([c for c in cells if c.frame in mnist.FRAMES]) == 32
    assert {c.frame for c in cells} == {*mnist.FRAMES, *mnist.BESIDE, mnist.LEARNED, mnist.KYMATIO}
    assert len({c.name for c in cells}) == len(cells)


@pytest.mark.parametrize(("pooling", "count"), [("none", 50_176), ("avg", 18_424)])
def test_features_are_as_many_as_in_the_authors_code(pooling, count):
    phi = mnist.of_the_paper("Haar", "abs", pooling)
    assert phi.path_counts == (1, 9, 54)
    assert sum(p * g.size for p, g in zip(phi.path_counts, phi.grids)) == count
    assert phi.is_admissible()


def test_what_is_not_admissible_is_rescaled():
    phi = mnist.of_the_paper("bior2.2", "ReLU", "max")
    assert phi.is_admissible()
    assert float(phi.lipschitz_bound()) <= 1 + 1e-5


def test_the_best_are_those_with_the_fewest_errors():
    rows = [
        {"errors": errors, "cell": list(cell)}
        for errors, cell in zip(
            [5, 4, 3, 9, 2, 8, 7, 6], mnist.table("mnist")[::4][:8], strict=True
        )
    ]
    rows.append({"errors": 50, "cell": list(mnist.table("mnist")[-1])})
    chosen = mnist.best(rows)
    order = sorted(rows, key=lambda row: row["errors"])
    assert [list(c)[:4] for c in chosen[:4]] == [row["cell"][:4] for row in order[:4]]
    assert {c.nonlinearity for c in chosen} == set(mnist.NONLINEARITIES)
    assert chosen[-1].frame == mnist.KYMATIO
    assert all(c.images == 60_000 for c in chosen)


def test_a_stopped_run_goes_on_and_gives_the_same(tmp_path, monkeypatch, capsys):
    cells = [HAAR, HAAR._replace(pooling="sub")]
    monkeypatch.setattr(mnist, "table", lambda data, sizes: cells)
    monkeypatch.setattr(mnist, "best", lambda results, sizes: [HAAR._replace(images=SMALL.all)])
    computed = []

    def run(module, arguments) -> None:
        """In this process, which has its modules already; the second cell is interrupted at first."""
        assert module == "experiments.mnist"
        computed.append(arguments[4])
        if len(computed) == 2:
            raise KeyboardInterrupt
        mnist.main(arguments)

    monkeypatch.setattr(mnist, "run_module", run)
    monkeypatch.setattr(mnist, "end_with_parent", lambda: None)
    call = ["--small", "--out", str(tmp_path)]
    with pytest.raises(KeyboardInterrupt):
        mnist.main(call)
    kept = (tmp_path / f"{HAAR.name}.json").read_bytes()
    assert mnist.main(call) == 0
    assert computed == ["avg", "sub", "sub", "avg"]
    assert (tmp_path / f"{HAAR.name}.json").read_bytes() == kept
    results = json.loads((tmp_path / "mnist.json").read_text())
    assert [row["cell"][3:] for row in results] == [["avg", 200], ["sub", 200], ["avg", 400]]
    assert results[2]["gamma"] == results[0]["gamma"]
    assert all(0 < row["error_percent"] < 40 for row in results)
    assert "| Haar | abs | sub |" in (tmp_path / "mnist.md").read_text()

    other = results[0] | {"format": 0}  # of another version
    (tmp_path / f"{HAAR.name}.json").write_text(json.dumps(other))
    assert mnist.stored_in(tmp_path, SMALL).get(HAAR.name) is None
    with pytest.raises(SystemExit, match=r"was computed with sizes = .* name another folder"):
        mnist.main(["--out", str(tmp_path)])
    again = mnist.computed(HAAR, sizes=SMALL)
    assert {
        k: v
        for k, v in again.items()
        if k not in ("seconds", "processor_seconds", "peak_memory_GB")
    } == {
        k: v
        for k, v in results[0].items()
        if k in again and k not in ("seconds", "processor_seconds", "peak_memory_GB")
    }
