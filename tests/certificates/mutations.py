"""What is done to plain data so that a checker must refuse it."""

import json
from collections.abc import Iterator
from typing import Any


def mutations(tree: Any) -> Iterator[Any]:
    """Yields every tree with one part changed, removed, doubled, moved or added."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            rest = {k: v for k, v in tree.items() if k != key}
            yield rest
            yield {**rest, key + "x": value}
            for changed in mutations(value):
                yield {**tree, key: changed}
        yield {**tree, "extra": 0}
        yield [*tree]
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield tree[:i] + tree[i + 1 :]
            yield tree[: i + 1] + tree[i:]
            yield [*tree[:i], *reversed(tree[i : i + 2]), *tree[i + 2 :]]
            for changed in mutations(value):
                yield [*tree[:i], changed, *tree[i + 1 :]]
        yield [*tree, 0]
        yield dict(enumerate(tree))
    elif isinstance(tree, bool):
        yield from (not tree, int(tree), None)
    elif isinstance(tree, int):
        yield from (tree + 1, tree - 1, str(tree), float(tree), [tree], None)
        if tree in (0, 1):
            yield bool(tree)
    elif isinstance(tree, str):
        yield from (
            tree + "0",
            "-" + tree,
            " " + tree,
            tree[::-1],
            tree.upper(),
            "",
            0,
            [tree],
            None,
        )
    else:
        yield from (0, "", "0", False, [], {})


def changed(tree: Any) -> Iterator[Any]:
    text = json.dumps(tree, sort_keys=True)
    return (new for new in mutations(tree) if json.dumps(new, sort_keys=True) != text)
