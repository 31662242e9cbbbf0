"""The shares of all paths and the bias sum to the score of a linear head."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

import wiatowski as wi
from proofs_numeric._heatmaps import extractor_with_head, model_of
from proofs_numeric.engine.claim import Attempt, Cases, Claim, Control, Hypothesis, Witness
from proofs_numeric.engine.setting import Setting, white_noise

__all__ = ["CLAIM"]

_FIELD = "scale"


class SharesClaim(Claim):
    name = "derived_path_shares"
    title = "Completeness of the path shares"
    statement = (
        r"$b_c + \sum_q \langle w_{cq}, \Phi_q(f) \rangle = y_c(f)$, however the paths are grouped"
    )
    source = "linearity of the head; networks in the notes"
    on_extractors = False

    def hypotheses(self, setting: Setting) -> tuple[Hypothesis, ...]:
        model = getattr(setting, "model", None)
        head = isinstance(model, wi.networks.Classifier)
        return (Hypothesis("an extractor with a linear head", head, setting.name, scope=True),)

    def given(self, setting: Setting, key: jax.Array) -> list[Witness]:
        return [Witness({"signal": f}) for f in (*setting.signals, np.ones(setting.signal_shape))]

    def searched(self, setting: Setting, attempt: Attempt) -> list[Witness]:
        """Noise of many sizes."""
        noise = white_noise(attempt.key, (attempt.restarts, *setting.signal_shape), True)
        sizes = 10.0 ** np.linspace(-6, 6, len(noise))
        return [Witness({"signal": s * f}, {}, "search") for s, f in zip(sizes, noise)]

    def evaluate(self, setting: Setting, witnesses: Sequence[Witness]) -> Cases:
        return _compared(setting, witnesses, left_out=False)

    def controls(self, key: jax.Array) -> tuple[Control, ...]:
        setting = extractor_with_head(key, averages=True)
        cases = _compared(setting, self.given(setting, key), left_out=True)
        return (
            Control(
                "all paths",
                "that of the signal itself, through the first output atom, left out",
                cases,
            ),
        )

    def own_settings(self, key: jax.Array) -> list[Setting]:
        return [extractor_with_head(key, averages) for averages in (True, False)]


def _compared(setting: Setting, witnesses: Sequence[Witness], left_out: bool) -> Cases:
    """One case per signal, class and grouping."""
    model = model_of(setting)
    assert isinstance(model, wi.networks.Classifier)
    weights = np.linalg.norm(np.asarray(model.head.layers[0].weights), axis=1)
    measured, predicted, budget, where, texts = [], [], [], [], []
    for w in witnesses:
        f = np.asarray(w.arrays["signal"], setting.real_dtype)
        scores = np.asarray(model(f), float)
        loud = np.linalg.norm(np.asarray(model.features(f)))
        for c, score in enumerate(scores):
            shares = wi.explain.path_shares(model, f, c)
            kept = shares._replace(depths=shares.depths[1:], paths=shares.paths[1:])
            shares = kept if left_out else shares
            totals = {
                "path by path": sum(float(a.sum()) for a in shares.depths),
                f"by {_FIELD}": sum(shares.by(_FIELD).values()),
            }
            for text, total in totals.items():
                measured.append(abs(score) + abs(total + shares.bias - score))
                predicted.append(abs(score))
                budget.append(setting.eps * 64 * (weights[c] * loud + abs(shares.bias)))
                where.append(w)
                texts.append(f"class {c}, {text}")
    return Cases(np.array(measured), np.array(predicted), np.array(budget), where, texts)


CLAIM = SharesClaim()
