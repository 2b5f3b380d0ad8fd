"""The peer: an ensemble under Adam by `torch.func` and `torch.compile`, in its own environment.

Run as `python torch_ensemble.py '{"members": ...}'`; prints one line of JSON.
"""

import json
import statistics
import sys
import time

import torch
from torch.func import grad_and_value, vmap


def start(shape: dict, generator: torch.Generator) -> tuple[list, torch.Tensor, torch.Tensor]:
    """Stacked weights and biases, points and values."""
    sizes = [shape["inputs"], *shape["widths"], 1]
    points = 2 * torch.rand(shape["batch"], shape["inputs"], generator=generator) - 1
    layers = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        weight = torch.randn(shape["members"], fan_in, fan_out, generator=generator)
        layers.append((weight / fan_in**0.5, torch.zeros(shape["members"], fan_out)))
    return layers, points, points[:, :4].prod(dim=1)


def one_step(points: torch.Tensor, values: torch.Tensor):
    """One step of Adam for a chunk of networks, as torch.func has it."""

    def loss(layers: list) -> torch.Tensor:
        hidden = points
        for depth, (weight, bias) in enumerate(layers):
            hidden = hidden @ weight + bias
            hidden = hidden if depth == len(layers) - 1 else torch.tanh(hidden)
        return torch.mean((hidden[:, 0] - values) ** 2)

    both = vmap(grad_and_value(loss), in_dims=(0,))

    def step(leaves: list, first: list, second: list, count: torch.Tensor) -> tuple:
        layers = [(leaves[i], leaves[i + 1]) for i in range(0, len(leaves), 2)]
        gradient, value = both(layers)
        flat = [leaf for pair in gradient for leaf in pair]
        count = count + 1
        scale = torch.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        first = [0.9 * m + 0.1 * g for m, g in zip(first, flat, strict=True)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, flat, strict=True)]
        leaves = [
            leaf - 0.01 * scale * m / (torch.sqrt(v) + 1e-8)
            for leaf, m, v in zip(leaves, first, second, strict=True)
        ]
        return leaves, first, second, count, value

    return step


def steps_per_second(shape: dict, chunk: int, repeats: int, seconds: float) -> list[float]:
    """Steps of the whole ensemble per second, every repeat."""
    layers, points, values = start(shape, torch.Generator().manual_seed(0))
    step = torch.compile(one_step(points, values), fullgraph=True)
    chunks = []
    for low in range(0, shape["members"], chunk):
        leaves = [leaf[low : low + chunk].clone() for pair in layers for leaf in pair]
        zeros = [torch.zeros_like(leaf) for leaf in leaves]
        chunks.append((leaves, zeros, [zero.clone() for zero in zeros], torch.zeros(())))

    def run(steps: int) -> float:
        began = time.perf_counter()
        for index, state in enumerate(chunks):  # all steps of a chunk before the next: in cache
            for _ in range(steps):
                *state, _ = step(*state)
            chunks[index] = tuple(state)
        return time.perf_counter() - began

    with torch.no_grad():
        run(2)  # compiles
        steps = max(2, round(2 * seconds / max(run(2), 1e-9)))
        return [steps / run(steps) for _ in range(repeats)]


def main() -> None:
    """Tries every chunk size briefly, and measures the best."""
    shape = json.loads(sys.argv[1])
    torch.set_num_threads(shape["threads"])
    chunks = [chunk for chunk in (16, 64, 256, 1024, 4096) if chunk <= shape["members"]]
    tried = {chunk: steps_per_second(shape, chunk, 1, 0.5)[0] for chunk in chunks}
    best = max(tried, key=lambda chunk: tried[chunk])
    rates = steps_per_second(shape, best, shape["repeats"], shape["seconds"])
    found = {"torch": torch.__version__, "chunk": best, "tried": tried}
    print(json.dumps(found | {"rates": rates, "median": statistics.median(rates)}))


if __name__ == "__main__":
    main()
