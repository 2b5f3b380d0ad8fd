"""Training speed of the Sparse Random Hierarchy Model authors' PyTorch code, on CPU.

Measures the public repository UmbertoTomasini/sparse_hierarchy_model on GitHub, commit
3a964f5fea7b816c4ea2a7972479f8a707e0eb50, imported from a clone. Needs torch and numpy.

    python sparse_hierarchy.py PATH_TO_CLONE '{"net": "lcn", "symbols": 4, "blanks": 1,
        "levels": 2, "width": 128, "batch": 16, "batches": 200, "repeats": 5, "threads": 2}'

Keys left out keep their value in CONFIG. With keep_memory, glibc does not give large blocks
back to the system in each step. Prints one line of JSON: the samples/s of each repeat, a pass
over all the batches (after a first one as warm-up), in two ways:

as_published: `train` of main_bs_S.py as it is. Each batch is a file, read anew in each pass;
    the loss gets a penalty of factor 0, computed and differentiated all the same.
in_memory: the same network, loss and optimizer over batches in memory, with no penalty and
    no reading out of loss and accuracy.

Replaced for it to run here:
* `observables`, imported by main_bs_S.py, is missing: an empty module stands in, unused.
* With --type A and s = 2, `train` hands most of its file names more values than they have
  places for, and stops: --type B is passed, which changes nothing in it but file names.
* A batch file holds a pickled object, which torch.load refuses since PyTorch 2.6: an
  environment variable asks for the former behavior. The device is "cpu".
"""

import contextlib
import copy
import ctypes
import functools
import itertools
import json
import os
import sys
import tempfile
import time
import types
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"  # read at each torch.load
CONFIG = dict(net="lcn", symbols=4, blanks=1, levels=2, width=128, batch=16, batches=200)
CONFIG |= dict(repeats=5, threads=2, rate=0.01, keep_memory=1)  # step size = rate * width
MALLOC = [(-4, 0), (-1, 2**31 - 1), (-2, 2**28)]  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
PATCH, Batch = 2, tuple[torch.Tensor, torch.Tensor]  # PATCH is the authors' s


def import_authors(clone: Path) -> Any:
    """Imports main_bs_S.py, with an empty module for the one that is missing."""
    sys.path[:0] = [str(clone), str(clone / "dataset_creating")]
    sys.modules["observables"] = types.ModuleType("observables")
    sys.modules["observables"].locality_measure = None
    import main_bs_S

    return main_bs_S


def authors_args(authors: Any, config: dict[str, Any]) -> Namespace:
    """Returns the arguments that the authors' `main` hands to their `run`."""
    per_class, rest = divmod(config["batch"], config["symbols"])  # they count per class
    assert rest == 0, "classes must be equal in a batch"
    epochs = max(3, config["repeats"] + 1)  # their scheduler "none" needs 3 or more
    options = f"""
        --device cpu --dataset hier1 --type B --input_format all0 --whitening 1 --seed_init 1
        --num_features {config["symbols"]} --m {config["symbols"] ** (PATCH - 1)}
        --num_layers {config["levels"]} --net_layers -1 --s {PATCH} --s0 {config["blanks"]}
        --net {config["net"]} --width {config["width"]} --bias 1 --loss cross_entropy
        --ptr {per_class * config["batches"]} --pte -1 --batch_size {per_class}
        --epochs {epochs} --lr {config["rate"]} --optim sgd --momentum 0.9 --weight_decay 0
        --scheduler none --output arguments.pickle
    """
    caught: list[Namespace] = []
    authors.run = lambda args: caught.append(args) or []  # trains nothing
    sys.argv[1:] = options.split()
    authors.main()
    return caught[0]


def random_batches(config: dict[str, Any]) -> list[Batch]:
    """Draws class balanced batches of whitened one-hot inputs, where a blank is all off."""
    symbols, off = config["symbols"], (config["symbols"] - 1) ** -0.5
    size = (PATCH * (config["blanks"] + 1)) ** config["levels"]
    batches = []
    for _ in range(config["batches"]):
        targets = torch.arange(symbols).repeat_interleave(config["batch"] // symbols)
        letters = torch.randint(symbols + (config["blanks"] > 0), (len(targets), size))
        one_hot = torch.nn.functional.one_hot(letters, symbols + 1)[..., :symbols].float()
        batches.append(((one_hot * (1 + off) - off).mT.contiguous(), targets))
    return batches


def save_batches(args: Namespace, batches: list[Batch]) -> None:
    """Writes a file a batch, where `train` looks for them from the working folder."""
    folder = Path("dataset_creating/storing_diffeoB")
    folder.mkdir(parents=True)
    stem = f"dataHier_B_n_{args.num_features}_m_{args.m}_nc_{args.num_classes}"
    for index, (x, targets) in enumerate(batches):
        name = f"{stem}_L_{args.num_layers}_s0_{args.s0}_s_{args.s}_idx_{index}_seed_1.pt"
        torch.save(types.SimpleNamespace(x=x, targets=targets), folder / name)


def time_as_published(authors: Any, args: Namespace, net: torch.nn.Module) -> list[float]:
    """Returns the seconds of each pass of the authors' `train`."""
    times = [time.perf_counter()]
    for _, epoch, _, _ in authors.train(args, net, functools.partial(authors.loss_func, args)):
        if epoch == int(epoch):  # it also halts at some batches inside a pass
            times.append(time.perf_counter())
    return [end - start for start, end in itertools.pairwise(times)]


def time_in_memory(
    authors: Any, args: Namespace, net: torch.nn.Module, batches: list[Batch]
) -> list[float]:
    """Returns the seconds of each pass of a plain training loop over batches in memory."""
    net = copy.deepcopy(net).train()
    optimizer, _ = authors.opt_algo(args, net)
    times = [time.perf_counter()]
    for _ in range(args.epochs):
        for x, targets in batches:
            optimizer.zero_grad()
            authors.loss_func(args, net(x), targets).backward()
            optimizer.step()
        times.append(time.perf_counter())
    return [end - start for start, end in itertools.pairwise(times)]


def main() -> None:
    """Measures one configuration and prints one line of JSON."""
    clone, config = Path(sys.argv[1]).resolve(), CONFIG | json.loads(sys.argv[2])
    torch.set_num_threads(config["threads"])
    for option, value in MALLOC if config["keep_memory"] else []:
        ctypes.CDLL(None).mallopt(option, value)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        with contextlib.chdir(folder):
            authors = import_authors(clone)
            args = authors_args(authors, config)
            net, batches = authors.init_fun(args), random_batches(config)
            save_batches(args, batches)
            passes = {"as_published": time_as_published(authors, args, net)}
            passes["in_memory"] = time_in_memory(authors, args, net, batches)
    samples = config["batch"] * config["batches"]
    rates = {key: [round(samples / t, 1) for t in times[1:]] for key, times in passes.items()}
    parameters = sum(p.numel() for p in net.parameters())
    print(json.dumps(config | rates | {"parameters": parameters, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
