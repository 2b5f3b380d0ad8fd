"""Files: what was saved comes back or is refused, and nothing half-written stays."""

import json

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from noflat import Convention, flat_product, load, multiplication_gate, save
from noflat.activations import Activation, power
from noflat.networks import describe, init
from noflat.networks.files import _FORMAT

ALL = (True, True, True)
OWN = Activation("cubic_bend", lambda t: t + t**3)


def rewritten(path, *, drop=(), tensors_to_add=None, **changes):
    """The same file with tensors left out or put in, or the header changed."""
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["noflat"])
        tensors = {name: file.get_tensor(name) for name in file.keys() if name not in drop}
    tensors |= tensors_to_add or {}
    save_file(tensors, path, metadata={"noflat": json.dumps({**header, **changes})})
    return path


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
@pytest.mark.parametrize(
    "convention",
    [Convention(hidden_bias=True), Convention(*ALL)],
)
def test_round_trip(tmp_path, dtype, convention):
    network = init((3, 4, 2, 1), "silu", convention=convention, dtype=dtype, key=jax.random.key(0))
    save(network, str(tmp_path / "here"))
    found = load(str(tmp_path / "here"))
    chex.assert_trees_all_equal(found, network)
    chex.assert_trees_all_equal_dtypes(found, network)
    assert found.activation == network.activation


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / "gate"
    for neurons in (4, 3):
        save(multiplication_gate("silu", neurons=neurons), path)
        assert load(path).neurons == neurons
    save(flat_product(3, power(3)), path)
    assert load(path).activation == power(3)
    assert [file.name for file in tmp_path.iterdir()] == ["gate"]


def test_an_activation_of_ones_own(tmp_path):
    path = tmp_path / "own"
    network = init((2, 3, 1), OWN, key=jax.random.key(0))
    save(network, path)
    chex.assert_trees_all_equal(load(path, activation=OWN), network)
    with pytest.raises(ValueError, match="got 'cubic_bend': for another function pass"):
        load(path)
    with pytest.raises(
        ValueError, match="`activation` must be the cubic_bend of the file; got oth"
    ):
        load(path, activation=Activation("other", jnp.tanh))
    impostor = init((2, 3, 1), Activation("tanh", jnp.sin), key=jax.random.key(0))
    with pytest.raises(ValueError, match="its own activation under the known name tanh: rename it"):
        save(impostor, tmp_path / "impostor")
    assert not (tmp_path / "impostor").exists()


@pytest.mark.parametrize("name", ["layers.0.weight", "layers.0.bias", "layers.1.weight", "skip"])
def test_a_missing_tensor_is_named(tmp_path, name):
    convention = Convention(hidden_bias=True, affine_skip=True)
    save(init((2, 3, 1), "exp", convention=convention, key=jax.random.key(0)), tmp_path / "torn")
    with pytest.raises(ValueError, match=f"is damaged: {name} is missing"):
        load(rewritten(tmp_path / "torn", drop=[name]))


def test_what_does_not_belong_is_named(tmp_path):
    path = tmp_path / "torn"
    for changes, message in (
        ({"tensors": None}, "its header has no tensors"),
        ({"activation": 3}, "its header has no activation"),
        ({"layers": 5}, "there are not 5 matrices of weights"),
        ({"layers": 1}, "there are not 1 matrices of weights"),
        ({"tensors": ["other"]}, "other is missing"),
    ):
        save(init((2, 3, 1), "exp", key=jax.random.key(0)), path)
        with pytest.raises(ValueError, match=f"is damaged: {message}"):
            load(rewritten(path, **changes))
    for name, value, message in (
        ("layers.0.bias", np.zeros(4), r"layers.0.bias of shape \(4,\) does not belong"),
        ("layers.1.weight", np.zeros((4, 1)), "do not follow each other"),
        ("extra", np.zeros(1), r"extra of shape \(1,\) does not belong"),
    ):
        save(init((2, 3, 1), "exp", key=jax.random.key(0)), path)
        with pytest.raises(ValueError, match=f"is damaged: .*{message}"):
            load(rewritten(path, tensors_to_add={name: value}))


def test_a_file_describes_itself(tmp_path):
    save(multiplication_gate("silu"), tmp_path / "gate", description="x0 * x1")
    found = describe(tmp_path / "gate")
    assert (found["activation"], found["layers"], found["neurons"]) == ("silu", 2, 4)
    assert found["description"] == "x0 * x1"


def test_headers_of_others_are_refused(tmp_path):
    path = tmp_path / "file"
    for header in ([], "text", {"format": "noflat-network-0"}):
        save_file({"a": np.zeros(2)}, path, metadata={"noflat": json.dumps(header)})
        with pytest.raises(ValueError, match="safetensors file, but none that `noflat.save` wrote"):
            load(path)
    save_file({"a": np.zeros(2)}, path, metadata={"noflat": "{"})
    with pytest.raises(ValueError, match="is not a network file"):
        load(path)
    save(multiplication_gate("exp"), path)
    rewritten(path, format=_FORMAT)
    assert load(path).neurons == 4


def test_every_shortening_is_refused(tmp_path):
    path = tmp_path / "file"
    save(multiplication_gate("exp"), path)
    whole = path.read_bytes()
    for length in (*range(0, 12), *range(12, len(whole), 37), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is not a network file"):
            load(path)


def test_nothing_is_left_where_nothing_can_be_written(tmp_path):
    gate = multiplication_gate("exp")
    for path in (tmp_path / "missing" / "gate", tmp_path):
        with pytest.raises(ValueError, match="`path` must be a file in an existing folder; got"):
            save(gate, path)
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / f"{tmp_path.name}.partial").exists()


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "gate"
    save(multiplication_gate("exp"), path)

    def fail(tensors, partial, metadata):
        partial.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("noflat.networks.files.save_file", fail)
    with pytest.raises(OSError, match="no space left"):
        save(multiplication_gate("exp", neurons=3), path)
    assert [file.name for file in tmp_path.iterdir()] == ["gate"]
    assert load(path).neurons == 4


def test_the_context_of_jax_decides_about_float64(tmp_path):
    path = tmp_path / "wide"
    save(multiplication_gate("exp"), path)
    with jax.enable_x64(False), pytest.raises(ValueError, match="'jax_enable_x64', True"):
        load(path)
    with jax.enable_x64(False):
        save(multiplication_gate("exp", dtype="float32"), path)
        assert load(path).layers[0].weight.dtype == jnp.float32


def test_other_files_are_refused(tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    np.savez(tmp_path / "archive.npz", a=np.zeros(3))
    for name in ("noise", "archive.npz"):
        with pytest.raises(ValueError, match="is not a network file"):
            load(tmp_path / name)
    with pytest.raises(ValueError, match="there is none at"):
        load(tmp_path / "missing")
    with pytest.raises(ValueError, match="dense"):
        save(flat_product(14, "exp"), tmp_path / "streamed")  # type: ignore[arg-type]
