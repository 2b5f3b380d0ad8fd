"""Networks in files: one safetensors file with the weights and a description of themselves."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from noflat.activations import ACTIVATIONS, Activation
from noflat.activations import activation as as_activation
from noflat.networks.dense import Layer, Network

_FORMAT = "noflat-network-1"


def save(network: Any, path: str | Path, *, description: str = "") -> None:
    """Writes a network to one safetensors file; no pickle is involved.

    Args:
        network: A network with dense weights; call `dense()` on a streamed one first.
        path: The file; an existing one is replaced, and only once the new one is whole.
        description: A line of text kept beside the weights; `describe` reads it.

    Raises:
        ValueError: If `network` has no dense weights, its activation bears the name of another, or
            `path` is a folder or lies in none.

    Example:
        >>> save(multiplication_gate("silu"), "gate.safetensors", description="x0 * x1")
    """
    if not isinstance(network, Network):
        raise ValueError(
            f"`network` must hold dense weights; got {type(network).__name__}: save its `.dense()`"
        )
    name = network.activation.name
    if name in ACTIVATIONS and network.activation != ACTIVATIONS[name]:
        raise ValueError(f"`network` has its own activation under the known name {name}: rename it")
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(f"`path` must be a file in an existing folder; got {path}")
    tensors = {
        f"layers.{depth}.{name}": np.asarray(value)
        for depth, layer in enumerate(network.layers)
        for name, value in layer._asdict().items()
        if value is not None
    }
    if network.skip is not None:
        tensors["skip"] = np.asarray(network.skip)
    header = {
        "format": _FORMAT,
        "activation": name,
        "layers": len(network.layers),
        "tensors": sorted(tensors),
        "neurons": network.neurons,
        "description": description,
    }
    partial = target.with_name(target.name + ".partial")
    # safetensors writes contiguous buffers as they are: make sure they are.
    whole = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    try:
        save_file(whole, partial, metadata={"noflat": json.dumps(header)})
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def describe(path: str | Path) -> dict[str, Any]:
    """Reads what a file that `save` wrote says of itself, without its weights going to a device.

    Args:
        path: The file.

    Returns:
        The name of the activation, the numbers of layers and neurons, the names of the tensors, and
        the description given to `save`.

    Raises:
        ValueError: If the file is not one of `save`, or is damaged.

    Example:
        >>> save(multiplication_gate("silu"), "gate.safetensors", description="x0 * x1")
        >>> describe("gate.safetensors")["description"]
        'x0 * x1'
    """
    return _read(Path(path))[0]


def load(path: str | Path, *, activation: Activation | None = None) -> Network:
    """Reads a network that `save` wrote.

    Args:
        path: The file.
        activation: The activation, where the file names one that this library does not know.

    Returns:
        The network, weights in the dtype they were saved in.

    Raises:
        ValueError: If the file is not one of `save`, is damaged, names an activation that is not
            known or not the one given, or holds float64 weights while JAX is limited to 32 bits.

    Example:
        >>> save(multiplication_gate("silu"), "gate.safetensors")
        >>> load("gate.safetensors").neurons
        4
    """
    header, tensors = _read(Path(path))
    wide = any(value.dtype == np.float64 for value in tensors.values())
    if wide and not jax.config.jax_enable_x64:
        raise ValueError(
            f"`path` {path} holds float64 weights, which JAX would cut to float32: "
            "call jax.config.update('jax_enable_x64', True) first"
        )
    layers = tuple(
        Layer(
            jnp.asarray(tensors[f"layers.{depth}.weight"]),
            _optional(tensors.get(f"layers.{depth}.bias")),
        )
        for depth in range(header["layers"])
    )
    named = as_activation(activation or header["activation"])
    if named.name != header["activation"]:
        raise ValueError(
            f"`activation` must be the {header['activation']} of the file; got {named.name}"
        )
    return Network(layers, named, _optional(tensors.get("skip")))


def _optional(value: np.ndarray | None) -> Any:
    return None if value is None else jnp.asarray(value)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if not path.is_file():
        raise ValueError(f"`path` must be an existing file; there is none at {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get("noflat", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"`path` {path} is not a network file: {error}") from None
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise ValueError(f"`path` {path} is a safetensors file, but none that `noflat.save` wrote")
    if wrong := _wrong(header, {name: tensor.shape for name, tensor in tensors.items()}):
        raise ValueError(f"`path` {path} is damaged: {wrong}")
    return header, tensors


def _wrong(header: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> str:
    """What is wrong with a file of this library, if anything is."""
    kinds = {"activation": str, "layers": int, "tensors": list}
    for key, kind in kinds.items():
        if not isinstance(header.get(key), kind):
            return f"its header has no {key}"
    if missing := set(map(str, header["tensors"])) - set(shapes):
        return f"{', '.join(sorted(missing))} is missing"
    weights = [shapes.get(f"layers.{depth}.weight", ()) for depth in range(len(shapes))]
    weights = weights[: header["layers"]]
    if header["layers"] < 2 or len(weights) < header["layers"] or any(len(w) != 2 for w in weights):
        return f"there are not {header['layers']} matrices of weights"
    expected = {f"layers.{depth}.weight": shape for depth, shape in enumerate(weights)}
    expected |= {f"layers.{depth}.bias": shape[1:] for depth, shape in enumerate(weights)}
    expected["skip"] = (weights[0][0], weights[-1][1])
    for name, shape in shapes.items():
        if expected.get(name) != shape:
            return f"{name} of shape {shape} does not belong"
    if any(a[1] != b[0] for a, b in pairwise(weights)):
        return f"layers of shapes {weights} do not follow each other"
    return ""
