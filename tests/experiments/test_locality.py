"""The experiment on locality: its rows, its claims and its record."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from spoiled import check_claims

from noflat.arguments import named_key, numbered_keys
from noflat.experiments._locality_cells import cells, chunks, sizes
from noflat.experiments._locality_claims import _apart, claims
from noflat.experiments._locality_runs import parameters, train
from noflat.experiments.locality import EXPERIMENT, PRESETS
from noflat.networks import WindowNetwork
from noflat.targets import parity_pattern, random_signal, random_signs, sample_signals
from noflat.training import fit_epochs, start_epochs


def scaled(table, change, **cells):
    """A change of the rows of a table that have these cells."""

    def changed(row):
        return change(row) if all(row[name] == cell for name, cell in cells.items()) else {}

    return (table, changed)


def law(value, network, factor, column="exponent", **cells):
    cells = {"task": "parity", "seen": "many"} | cells
    return scaled("scaling", lambda _: {column: value}, network=network, factor=factor, **cells)


def ratio(factor, column="ratio", **cells):
    cells = {"seen": "many"} | cells
    return scaled("ratios", lambda row: {column: row[column] * factor}, **cells)


def patch_of(factor, network, **cells):
    cells = {"task": "signal", "network": network} | cells
    return scaled("complexities", lambda row: {"samples": row["samples"] * factor}, **cells)


def of_gradient(column, size, inputs, factor):
    cells = {"size": size, "inputs": inputs, "of": "weight"}
    return scaled("gradients", lambda row: {column: row[column] * factor}, **cells)


BEST = "best linear classifier: measured accuracy over the formula, farthest from 1"
SPOILED = {
    **{
        f"FCN, parity of {k} signs: exponent of P* in n": [
            law(0.7 * (k - 1), "fcn", "inputs", size=k),
            law(1.3 * (k - 1), "fcn", "inputs", size=k),
        ]
        for k in (2, 3, 4)
    },
    "FCN, parity: what one more sign adds to the exponent of P* in n": law(
        9.0, "fcn", "inputs", size=4
    ),
    **{
        f"{name}, parity of {k} signs: exponent of P* in n": law(1.2, network, "inputs", size=k)
        for name, network in (("LCN", "lcn"), ("CNN", "cnn"))
        for k in (2, 3, 4)
    },
    **{
        f"FCN over LCN, parity of {k} signs: exponent of the ratio in n": [
            law(k - 3.0, "fcn/lcn", "inputs", column, size=k) for column in ("high", "exponent")
        ]
        for k in (2, 3, 4)
    },
    **{
        f"FCN over LCN, parity of {k} signs: exponent of the ratio in n, least": law(
            -0.1, "fcn/lcn", "inputs", "low", size=k
        )
        for k in (2, 3, 4)
    },
    **{
        f"LCN at n = {n}: exponent of P* in 2^k": [
            law(value, "lcn", "words", inputs=n) for value in (0.7, 1.3)
        ]
        for n in (12, 24, 48)
    },
    **{
        f"FCN over LCN at n = {n}: exponent of the ratio in 2^k, least": law(
            -0.1, "fcn/lcn", "words", "low", inputs=n
        )
        for n in (12, 24, 48)
    },
    **{
        f"FCN over LCN at n = {n}: the ratio at k = {most} over that at k = 2": ratio(
            2.0, over="fcn", inputs=n, size=2, task="parity"
        )
        for n, most in ((12, 4), (24, 5), (48, 4))
    },
    "FCN, parity of 3 signs, seen once: exponent of samples in n": law(
        3.0, "fcn", "inputs", seen="once"
    ),
    "LCN, parity of 3 signs, seen once: exponent of samples in n": law(
        1.2, "lcn", "inputs", seen="once"
    ),
    "FCN over LCN at n = 48: the ratio of parity over that of random patterns": scaled(
        "complexities",
        lambda row: {"samples": 3 * row["samples"]},
        task="random",
        network="fcn",
    ),
    "LCN over CNN, patterns: targets whose ratio is at most the places": ratio(
        99.0, "high", over="lcn", task="parity", inputs=16
    ),
    "LCN over CNN, signal: targets whose ratio is at most the places": ratio(
        9.0, "high", over="lcn", task="signal"
    ),
    "LCN over CNN, signal: targets whose ratio is above 1": ratio(
        0.1, "low", over="lcn", task="signal", inputs=56
    ),
    "LCN over CNN, parity: upper end of the ratio, the largest": ratio(
        2.0, "high", over="lcn", task="parity", inputs=24
    ),
    "LCN over CNN, parity: P* ratio, the least": ratio(0.5, over="lcn", task="parity"),
    "parity: targets where locality saves more than sharing does": [
        ratio(0.1, "low", over="fcn", task="parity", inputs=16),
        ratio(9.0, "high", over="lcn", task="parity", inputs=16),
    ],
    "LCN, signal: exponent of P* in d": law(1.3, "lcn", "patch", task="signal"),
    "FCN, signal: exponent of P* in k": law(1.4, "fcn", "places", task="signal"),
    "FCN, signal: exponent of P* in d": law(0.7, "fcn", "patch", task="signal"),
    "LCN, signal: exponent of P* in k": [
        law(value, "lcn", "places", task="signal") for value in (0.9, 2.1)
    ],
    "CNN, signal: P* over k + d, largest over least cell": patch_of(9.0, "cnn", inputs=80),
    "FCN over LCN, signal: exponent of the ratio in k, least": law(
        -0.1, "fcn/lcn", "places", "low", task="signal"
    ),
    **{
        f"{names}, signal: ratio over kd/(k + d), largest over least": ratio(
            9.0, over=over, task="signal", inputs=80
        )
        for names, over in (("FCN over LCN", "fcn"), ("LCN over CNN", "lcn"))
    },
    "slopes of fresh neurons: more than 4 standard errors from the closed form": of_gradient(
        "sampled", 3, 8, 1.2
    ),
    "slopes of fresh neurons: mean squares above the bound of Parseval": of_gradient(
        "bound", 3, 8, 1e-3
    ),
    **{
        f"FCN, parity of {k} signs: exponent in n of a weight's mean square slope": of_gradient(
            "exact", k, 64, 2.0
        )
        for k in (2, 3, 4)
    },
    "words that locally connected networks written down get wrong": scaled(
        "built", lambda _: {"wrong": 1}, size=5
    ),
    "networks written down with as many neurons as the formula says": scaled(
        "built", lambda row: {"neurons": row["neurons"] + 1}, size=5, kind="bends"
    ),
    **{
        f"LCN, parity of {k} signs: fewest channels of which half the members learn it": scaled(
            "channels", lambda _: {"share": 1.0}, size=k, channels=2
        )
        for k in (3, 4)
    },
    f"{BEST}, parity": scaled("best", lambda _: {"measured": 0.76}, task="parity", size=3),
    f"{BEST}, signal": scaled("best", lambda _: {"measured": 0.95}, task="signal", inputs=80),
}


MENDED = {
    "FCN over LCN, parity of 3 signs: exponent of the ratio in n": law(
        1.1, "fcn/lcn", "inputs", "high", size=3
    ),
    "LCN at n = 12: exponent of P* in 2^k": law(0.9, "lcn", "words", inputs=12),
    "FCN over LCN at n = 12: exponent of the ratio in 2^k, least": law(
        0.1, "fcn/lcn", "words", "low", inputs=12
    ),
    "FCN over LCN at n = 48: the ratio at k = 4 over that at k = 2": ratio(
        0.03, over="fcn", inputs=48, size=2, task="parity"
    ),
    "LCN over CNN, signal: targets whose ratio is at most the places": ratio(
        0.4, "high", over="lcn", task="signal"
    ),
    "LCN over CNN, parity: P* ratio, the least": ratio(1.5, over="lcn", task="parity"),
}
"""Claims that fail on the committed rows, and changes of rows with which they pass."""


def test_claims():
    check_claims("locality", claims, SPOILED)


@pytest.mark.parametrize("name", MENDED)
def test_claims_that_fail_pass_where_rows_say_so(name, record):
    table, change = MENDED[name]
    rows = [row | change(row) for row in record.tables[table]]
    (found,) = (r for r in claims({**record.tables, table: rows}) if r["claim"] == name)
    (said,) = (r for r in record.tables["claims"] if r["claim"] == name)
    assert (said["verdict"], found["verdict"]) == ("fail", "pass")


def test_a_difference_of_estimates_has_the_interval_of_both():
    assert _apart((5.0, 2.0, 8.0), (1.0, -3.0, 5.0)) == (4.0, -1.0, 9.0)
    assert _apart((5.0, 2.0, 9.0), (1.0, 1.0, 1.0)) == (4.0, 1.0, 8.0)


def test_what_an_interval_says_besides_its_verdict_is_noted(record):
    noted = {row["claim"]: str(row["note"]) for row in record.tables["claims"]}
    assert "the interval excludes" in noted["FCN, parity of 3 signs: exponent of P* in n"]
    assert "the interval excludes" not in noted["LCN at n = 48: exponent of P* in 2^k"]
    assert "the interval reaches beyond" in noted["CNN, parity of 4 signs: exponent of P* in n"]
    assert "the interval reaches" not in noted["LCN, parity of 4 signs: exponent of P* in n"]


SMOKE = PRESETS["smoke"]
TINY = replace(SMOKE, patches=(), patch_sizes=())
"""Without signals, to save compilations; a chunk of them is trained alone."""


@pytest.fixture(scope="module")
def trained():
    return [train(chunk) for chunk in chunks(TINY, {})]


def test_smoke(trained):
    smoke = EXPERIMENT.tables(TINY, found=trained)
    assert {name for name, rows in smoke.items() if not rows} == {"online", "once", "scaling"}
    assert {row["network"] for row in smoke["complexities"]} == {"lcn", "cnn", "fcn"}
    assert all(0 <= row["least"] <= row["error"] <= row["most"] <= 1 for row in smoke["curves"])


def test_networks_that_are_compared_have_equal_neurons(record):
    neurons = {}
    for row in record.tables["complexities"]:
        target = row["task"], row["inputs"], row["size"]
        assert neurons.setdefault(target, row["neurons"]) == row["neurons"]


def test_parameters_are_those_of_the_formulas():
    for cell, chunk in zip(cells(SMOKE), chunks(SMOKE, {}), strict=True):
        k, n, q, m = cell.size, cell.inputs, cell.channels, cell.places
        weights = {"lcn": m * q * k, "cnn": q * k, "fcn": m * q * n}[cell.network]
        rest = 1 if cell.task == "signal" else m * q + (q if cell.network == "cnn" else m * q)
        assert parameters(chunk) == weights + rest


def test_a_member_of_a_chunk_is_its_solo_run(trained):
    chunk = next(one for one in chunks(TINY, {}) if one["network"] == "fcn")
    found = next(
        arrays for cell, arrays in zip(cells(TINY), trained, strict=True) if cell.network == "fcn"
    )
    n, k, most, count = chunk["inputs"], chunk["size"], *sorted(chunk["sizes"], reverse=True)
    (key,) = numbered_keys(named_key(0, "data", "parity", n, k), [1])
    (start,) = numbered_keys(named_key(0, "fcn", "parity", n, k), [1])
    drawing, sampling, _ = jax.random.split(key, 3)
    place = int(jax.random.randint(jax.random.split(drawing)[0], (), 0, n - k + 1))
    points = random_signs(most, n, key=sampling)
    labels = jnp.prod(points[:, place : place + k], axis=1)
    assert len(parity_pattern(n, k, place).values) == 8
    network, adam = WindowNetwork("fcn", n, k, channels=8), optax.adam(0.01)
    weights, order = jax.random.split(start)

    def loss(params, batch):
        return jnp.mean(jax.nn.softplus(-batch[1] * network.apply(params, batch[0])))

    fit = fit_epochs(
        start_epochs(network.init(weights, points[:1]), adam),
        loss,
        (points, labels),
        optimizer=adam,
        count=count,
        batch=16,
        goal=0.02,
        most_steps=SMOKE.most_steps,
        key=order,
    )
    row = len(chunk["sizes"])  # the smaller set of the second member
    assert found["steps"][row] == fit.steps
    assert found["loss"][row] == pytest.approx(float(fit.loss), rel=1e-3)


def test_a_signal_is_learned():
    small = replace(SMOKE, signal_steps=3000, factors=(16.0,))
    chunk = next(c for c in chunks(small, {}) if (c["task"], c["network"]) == ("signal", "lcn"))
    assert train(chunk)["error"].mean() < 0.06  # linear classifiers: 0.1


def test_a_network_that_sees_samples_once_is_looked_at_every_few_steps():
    small = replace(SMOKE, online_inputs=(6,), online_steps=160)
    chunk = next(one for one in chunks(small, {}) if one["part"] == "online")
    errors = train(chunk)["error"]
    assert errors.shape == (2, 10)
    assert errors[:, -1].mean() < errors[:, 0].mean()  # three of six signs: learned by then


def test_a_larger_set_contains_the_smaller_one():
    """So that all three networks are trained on the same samples."""
    short, long = (random_signs(n, 6, key=jax.random.key(1)) for n in (12, 240))
    assert np.array_equal(short, long[:12])
    law = random_signal(4, 3, 0.2, key=jax.random.key(0))
    short, long = (sample_signals(law, n, key=jax.random.key(1)).inputs for n in (12, 240))
    assert np.array_equal(short, long[:12])


def test_sets_are_whole_batches():
    default = PRESETS["default"]
    for cell in cells(default):
        if cell.part == "samples":
            batch = default.signal_batch if cell.task == "signal" else default.batch
            assert all(size % batch == 0 for size in sizes(cell, default))


def test_the_committed_record_is_of_the_default_size(record):
    default = PRESETS["default"]
    assert record.run["settings"]["inputs"] == list(default.inputs)
    assert record.run["settings"]["members"] == default.members
    assert {row["members"] for row in record.tables["complexities"]} == {default.members}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"members": 1}, "`members` must be at least 2"),
        ({"inputs": (2,)}, "`inputs` must be at least the signs"),
        ({"other_signs": (3,)}, "`other_signs` must not hold `signs` = 3"),
    ],
)
def test_settings_that_would_fail_late_fail_at_once(changed, said):
    with pytest.raises(ValueError, match=said):
        EXPERIMENT.check(replace(SMOKE, **changed))
    for preset in PRESETS.values():
        EXPERIMENT.check(preset)
