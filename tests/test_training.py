"""Training: the loop, checkpoints that a kill does not hurt, what is frozen, and what a curve says."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import wiatowski as wi
from wiatowski import learn, networks, plot
from wiatowski.learn.diagnosis import diagnosis

GRID = wi.Grid((8, 8))


def task(count=96, seed=0):
    """Stripes along one axis or the other, in noise."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 2, count)
    f = 0.5 * draw.standard_normal((count, 1, 8, 8)).astype(np.float32)
    f[labels == 0, :, ::2] += 1
    f[labels == 1, :, :, ::2] += 1
    return f, labels


def small(seed=0, nonlinearity=None):
    draw = np.random.default_rng(seed)
    taps = draw.standard_normal((4, 1, 3, 3)) / 3, draw.standard_normal((6, 4, 3, 3)) / 6
    layers = {
        "one": wi.Layer(networks.Convolution(taps[0], padding=1), wi.ReLU(), wi.MaxPool(2)),
        "two": wi.Layer(networks.Convolution(taps[1], padding=1), wi.ReLU()),
    }
    head = networks.Head([networks.Dense(draw.standard_normal((2, 6)), np.zeros(2))], averages=True)
    return networks.Network(layers, GRID, 1, head, classes=("across", "along"))


def leaves(model):
    return [np.asarray(a) for a in jax.tree.leaves(eqx.filter(model, eqx.is_array))]


def test_it_is_the_plain_loop():
    (f, y), network = task(), small()
    optimiser = optax.sgd(0.1, momentum=0.9)
    found = learn.train(network, (f, y), (f, y), optimiser=optimiser, epochs=2, batch=32, seed=3)

    def loss(model, f, y):
        scores = jax.vmap(model)(f)
        return jnp.mean(jax.nn.logsumexp(scores, axis=1) - scores[jnp.arange(len(y)), y])

    learned, fixed = eqx.partition(network, eqx.is_inexact_array)
    state = optimiser.init(learned)
    for epoch in (1, 2):
        order = np.random.default_rng((3, epoch)).permutation(len(f))
        for chosen in np.split(order, 3):
            gradient = jax.grad(lambda m, c=chosen: loss(eqx.combine(m, fixed), f[c], y[c]))(
                learned
            )
            updates, state = optimiser.update(gradient, state, learned)
            learned = optax.apply_updates(learned, updates)
    for ours, plain in zip(leaves(found.model), leaves(learned), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-6)
    assert found.epochs[-1].loss == pytest.approx(float(loss(found.model, f, y)), rel=1e-5)
    right = np.mean(np.asarray(jax.vmap(found.model)(f)).argmax(1) == y)
    assert found.epochs[-1].accuracy == pytest.approx(right)
    assert (found.best, found.stopped) == (2, "epochs")


def test_it_learns_and_equal_seeds_give_equal_bits():
    runs = [
        learn.train(
            small(),
            task(),
            task(40, seed=1),
            epochs=8,
            batch=16,
            optimiser=optax.adam(1e-2),
            augment=[learn.Noisy(0.1), learn.Shifted(1)],
            seed=seed,
        )
        for seed in (0, 0, 1)
    ]
    assert runs[0].epochs[-1].accuracy > 0.9
    for a, b in zip(leaves(runs[0].model), leaves(runs[1].model), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(np.any(a != b) for a, b in zip(leaves(runs[0].model), leaves(runs[2].model)))
    same = [run[:-1] for run in runs[0].epochs], [run[:-1] for run in runs[1].epochs]
    assert same[0] == same[1]  # all but the seconds


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np, optax
import test_training as t
from wiatowski import learn
found = learn.train(t.small(), t.task(), t.task(40, seed=1), epochs=40, batch=16, patience=None,
                    optimiser=optax.adam(1e-2), augment=[learn.Deformed(1.0)], folder=sys.argv[1])
np.savez(sys.argv[2], *t.leaves(found.model), losses=[e.loss for e in found.epochs])
"""


def test_killed_at_any_moment_it_ends_with_the_same_weights(tmp_path):
    script = SCRIPT.format(folder=str(Path(__file__).parent))

    def start(name):
        call = [sys.executable, "-c", script, str(tmp_path / name), str(tmp_path / f"{name}.npz")]
        return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    whole = start("whole")
    assert whole.wait(300) == 0, whole.stderr and whole.stderr.read()[-2000:]

    def newest():
        steps = [path.name for path in tmp_path.glob("killed/*") if path.name.isdigit()]
        return max(map(int, steps), default=0)

    draw, places = np.random.default_rng(0), []
    for _ in range(2):
        process, before = start("killed"), newest()
        while newest() == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(float(draw.uniform(0, 0.1)))
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        places.append(newest())
    assert 0 < places[0] < places[1] < 40
    assert start("killed").wait(300) == 0
    expected, found = (dict(np.load(tmp_path / f"{name}.npz")) for name in ("whole", "killed"))
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(expected[name], found[name])


FULL = """
import sys
sys.path.insert(0, {folder!r})
import test_learn_errors as t
t.trained(folder=sys.argv[1])
try:
    with t.files_of_at_most(150):
        t.trained(folder=sys.argv[1], epochs=2)
except OSError as error:
    print(error)
print(len(t.trained(folder=sys.argv[1], epochs=2).epochs))
"""


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path):
    """In a process of its own: what orbax leaves running would fail in another test."""
    script = FULL.format(folder=str(Path(__file__).parent))
    call = [sys.executable, "-c", script, str(tmp_path / "run")]
    done = subprocess.run(call, capture_output=True, text=True, timeout=300, check=False)
    told, epochs = done.stdout.splitlines()
    assert told.startswith("train: the checkpoint after epoch 2 could not be written to run (")
    assert epochs == "2"


def test_a_run_with_another_rate_loss_or_nonlinearity_is_another_run(tmp_path):
    options = {"epochs": 1, "batch": 32, "folder": tmp_path / "run"}
    learn.train(small(), task(), task(), **options)
    bent = eqx.tree_at(lambda n: n.layers[0], small(), replace_fn=with_tanh)
    for model, other, named in [
        (small(), {"optimiser": optax.adam(1e-2)}, "optimiser"),
        (small(), {"augment": [learn.Noisy(0.1)]}, "loss"),
        (bent, {}, "model"),
    ]:
        with pytest.raises(ValueError, match=f"of another run: {named} differ"):
            learn.train(model, task(), task(), **options, **other)


def with_tanh(layer):
    return wi.Layer(layer.frame, wi.Tanh(), layer.pooling)


def test_a_finished_run_is_read_and_goes_on_for_more_epochs(tmp_path):
    options = {"batch": 32, "folder": tmp_path / "run", "patience": None}
    data = task(), task(40, seed=1)
    first = learn.train(small(), *data, epochs=2, **options)
    again = learn.train(small(), *data, epochs=2, **options)
    assert again.epochs == first.epochs
    longer = learn.train(small(), *data, epochs=4, **options)
    at_once = learn.train(small(), *data, epochs=4, batch=32, patience=None)
    assert longer.epochs[:2] == first.epochs
    for a, b in zip(leaves(longer.model), leaves(at_once.model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_data_that_differ_in_the_middle_are_another_run(tmp_path):
    (f, y), options = task(), {"epochs": 1, "batch": 32, "folder": tmp_path / "run"}
    learn.train(small(), (f, y), task(), **options)
    other = f.copy()
    other[1:-1] *= 2
    with pytest.raises(ValueError, match="of another run: data differ"):
        learn.train(small(), (other, y), task(), **options)


def test_complex_signals_keep_their_imaginary_parts():
    f, y = task()

    class Turned(eqx.Module):
        weights: jax.Array

        def __call__(self, f):
            return self.weights @ jnp.stack([f.real.sum(), f.imag.sum()])

    start = Turned(jnp.eye(2))
    runs = [learn.train(start, (g, y), (g, y), epochs=1, batch=32) for g in (f + 1j * f, f + 0j)]
    assert runs[0].epochs[0].loss != runs[1].epochs[0].loss


@pytest.mark.parametrize("start", ["two", 2])
def test_layers_before_the_first_trained_one_stay_as_they_are(start):
    network = small()
    found = learn.train(network, task(), task(), epochs=2, trainable=learn.from_layer(start)).model
    np.testing.assert_array_equal(found.layers[0].frame.taps, network.layers[0].frame.taps)
    assert np.any(found.layers[1].frame.taps != network.layers[1].frame.taps)
    assert np.any(found.head.layers[0].weights != network.head.layers[0].weights)


def test_a_new_head_learns_new_classes_on_frozen_layers():
    network = learn.with_new_head(small(), ("a", "b", "c"), seed=1)
    assert network.classes == ("a", "b", "c")
    assert network(np.ones((1, 8, 8))).shape == (3,)
    found = learn.train(network, task(), task(), epochs=2, trainable=learn.head_alone).model
    for before, after in zip(network.layers, found.layers, strict=True):
        np.testing.assert_array_equal(before.frame.taps, after.frame.taps)
    assert np.any(found.head.layers[0].weights != network.head.layers[0].weights)


def test_the_new_head_of_a_network_that_ends_in_a_convolution_is_that_convolution():
    network = learn.with_new_head(networks.squeezenet(networks.RandomWeights(), 40), 3)
    scores = network(np.random.default_rng(0).standard_normal((3, 40, 40)))
    assert scores.shape == (3,)
    assert np.any(scores < 0)  # no ReLU behind the scores
    mask = learn.head_alone(network)
    assert [any(jax.tree.leaves(layer)) for layer in mask.layers] == [False] * 17 + [True]


def test_a_parametrised_extractor_is_admissible_when_it_has_learned():
    draw = np.random.default_rng(0)
    frame = wi.frames.LearnedFilters(jnp.asarray(draw.standard_normal((4, 3, 3)), jnp.float32))
    head = networks.Head([networks.Dense(np.zeros((2, 5)), np.zeros(2))], averages=True)

    def build(parameters):
        own, head = parameters
        phi = wi.FeatureExtractor([wi.Layer(own, wi.Modulus())], GRID)
        return networks.Classifier(phi, head)

    start = learn.Built((frame, head.cast(np.float32)), build)
    run = learn.train(start, task(), task(40, 1), epochs=15, batch=16, optimiser=optax.adam(0.05))
    assert run.epochs[-1].accuracy > 0.85
    phi = run.model.model().extractor
    assert phi.is_admissible()
    assert np.any(run.model.parameters[0].taps != frame.taps)
    assert float(jnp.abs(run.model.parameters[0].taps).max()) > 1  # raw taps are free


def test_the_best_epoch_is_given_and_patience_ends_the_run():
    f, y = task(48)
    run = learn.train(
        small(), (f, 1 - y), (f, y), epochs=30, patience=3, optimiser=optax.adam(0.02), batch=16
    )  # learns the opposite
    assert run.stopped == "patience"
    assert len(run.epochs) == run.best + 3
    assert run.epochs[run.best - 1].loss == min(epoch.loss for epoch in run.epochs)


def test_a_loss_that_leaves_the_range_ends_the_run_with_the_epochs_before():
    run = learn.train(small(), task(), task(), epochs=9, optimiser=optax.sgd(1e12), batch=16)
    assert run.stopped == "diverged"
    assert run.diagnosis().startswith("Learning rate too high")


Point = namedtuple("Point", "training_loss loss")


@pytest.mark.parametrize(
    ("training", "held_out", "said"),
    [
        ([2, 1], [2, 1], "Too early"),
        ([2, 2.2, 1.9, 2.4, 1.8, 2.3], [2] * 6, "Learning rate too high"),
        ([2, 1, 0.5, 0.2, 0.1, 0.05], [2, 1, 0.8, 0.9, 1.2, 1.5], "Overfitting"),
        ([1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.3, 0.5, 0.7],) * 2 + ("Learning rate too high: both",),
        (np.linspace(2.3, 0.001, 30), [2.3] * 30, "Overfitting"),
        (1 / np.arange(1, 20), [5] * 19, "Overfitting"),
        ([0.3, 0.2, 0.1, 0.09, 0.089, 0.0889], [0.1, 0.09, 0.09, 0.089, 0.09, 0.09], "Converged"),
        ([2, 1, -3, -4], [1, 0, -1, -2], "No diagnosis"),
        ([2.3, 2.28, 2.27, 2.27, 2.265], [2.3] * 5, "Underfitting"),
        ([2, 1.8, 1.6, 1.4, 1.25], [2, 1.8, 1.6, 1.4, 1.25], "Learning rate too low"),
        ([2, 1, 0.5, 0.3, 0.298, 0.297, 0.296], [2, 1, 0.6, 0.4, 0.4, 0.41, 0.4], "Converged"),
        ([2, 1, 0.3, 0.03, 0.003, 0.0003], [2, 1, 0.4, 0.2, 0.21, 0.2], "Converged"),
    ],
)
def test_what_a_curve_says(training, held_out, said):
    assert diagnosis([Point(*p) for p in zip(training, held_out)], "epochs").startswith(said)


def test_real_runs_are_told_apart():
    data = task(), task(40, seed=1)
    slow = learn.train(small(), *data, epochs=6, optimiser=optax.sgd(1e-6), patience=None)
    assert slow.diagnosis().startswith("Underfitting")
    fine = learn.train(
        small(), *data, epochs=40, optimiser=optax.adam(3e-2), patience=None, batch=96
    )
    assert fine.epochs[-1].training_accuracy == 1
    f, _ = data[0]
    guesses = np.random.default_rng(5).integers(0, 2, len(f))
    wide = learn.train(
        small(), (f[:24], guesses[:24]), (f[24:], guesses[24:]), epochs=60, batch=24,
        optimiser=optax.adam(3e-2), patience=None,
    )  # fmt: skip
    assert wide.diagnosis().startswith("Overfitting")


def test_shifts_move_zeros_in_and_reach_every_place():
    f = jnp.zeros((1, 9, 9)).at[0, 4, 4].set(1.0)
    moved = jax.vmap(lambda key: learn.Shifted(2)(key, f))(jax.random.split(jax.random.key(0), 400))
    places = {tuple(p) for p in np.argwhere(np.asarray(moved)[:, 0])[:, 1:].tolist()}
    assert places == {(i, j) for i in range(2, 7) for j in range(2, 7)}
    assert np.all(np.asarray(learn.Shifted(1)(jax.random.key(1), jnp.ones((2, 4, 4)))) <= 1)


def test_flips_are_flips_half_of_the_time():
    f = jnp.arange(6.0).reshape(1, 2, 3)
    keys = jax.random.split(jax.random.key(0), 400)
    flipped = np.asarray(jax.vmap(lambda key: learn.Flipped()(key, f))(keys))
    turned = np.all(flipped == np.asarray(f)[..., ::-1], axis=(1, 2, 3))
    assert np.all(turned | np.all(flipped == np.asarray(f), axis=(1, 2, 3)))
    assert 150 < turned.sum() < 250


@pytest.mark.parametrize("most", [0.0, 0.5, 3.0])
def test_deformations_stay_below_their_size_and_move_a_ramp_by_themselves(most):
    deformed = learn.Deformed(most, waves=2)
    keys = jax.random.split(jax.random.key(0), 50)
    tau = np.asarray(jax.vmap(lambda key: deformed.field(key, (12, 16)))(keys))
    sizes = np.sqrt((tau**2).sum(1)).max((1, 2))
    assert np.all(sizes <= most * (1 + 1e-5))
    assert np.all(sizes >= 0)
    if most:
        assert sizes.max() > 0.9 * most
    ramp = jnp.broadcast_to(jnp.arange(16.0), (1, 12, 16))
    moved = np.asarray(deformed(keys[0], ramp))
    inside = np.s_[0, 4:-4, 4:-4]
    np.testing.assert_allclose(
        moved[inside], (np.asarray(ramp)[0] - tau[0][1])[4:-4, 4:-4], atol=1e-4
    )


def test_curves_of_a_run_are_drawn():
    run = learn.train(small(), task(), task(40, seed=1), epochs=3)
    canvas = plot.learning_curves(run.epochs, run.best)
    loss, accuracy = canvas.axes
    assert [line.get_ydata()[-1] for line in loss.get_lines()[:2]] == [
        run.epochs[-1].training_loss,
        run.epochs[-1].loss,
    ]
    assert (loss.get_xlabel(), accuracy.get_ylabel()) == ("epoch", "share of the signals")
    with pytest.raises(ValueError, match="learning_curves: no epochs to draw"):
        plot.learning_curves([])
