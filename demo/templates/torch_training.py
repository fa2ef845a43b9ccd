"""The model, its data and its training: the same for one GPU and for several.

What a GPU has to hold is known without PyTorch, which is imported only where it trains.
"""

import argparse
import random
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE_BYTES = 16  # of a weight: itself, its gradient and two moments of Adam, in float32
HELD_OUT_EVERY = 24  # files
HELD_OUT_BATCHES = 4


@dataclass(frozen=True)
class Shape:
    """A transformer over bytes, and how long it is trained. ``batch`` is that of all GPUs."""

    layers: int = 24
    width: int = 2048
    context: int = 512
    batch: int = 16
    steps: int = 60

    @property
    def parameters(self) -> int:
        """Return how many weights there are."""
        layer = 12 * self.width**2 + 13 * self.width
        return self.layers * layer + (2 * 256 + self.context + 2) * self.width + 256


def options(description: str) -> argparse.ArgumentParser:
    """Return the options that both programs have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--steps", type=int, default=Shape.steps)
    parser.add_argument("--gpus", type=int, default=1, help="0: train a small model on processors")
    parser.add_argument("--gpu-gib", type=float, help="use no more of a GPU than so many GiB")
    parser.add_argument("--dry-run", action="store_true", help="only say what a GPU has to hold")
    return parser


def shape_of(chosen: argparse.Namespace) -> Shape:
    """Return the model to train: a small one where there is no GPU."""
    if chosen.gpus:
        return Shape(steps=chosen.steps)
    return Shape(layers=2, width=64, context=64, batch=8, steps=chosen.steps)


def plan(shape: Shape, workers: int) -> str:
    """Return what each GPU has to hold beside its activations where ``workers`` share the state."""
    whole = shape.parameters * STATE_BYTES
    return (
        f"{shape.parameters:,} parameters, {whole / 1e9:.3g} GB of weights, gradients and moments:"
        f" {whole / workers / 1e9:.3g} GB on each of {workers}"
    )


def read_text() -> tuple[bytes, bytes]:
    """Return the bytes to train on, and those that are held out: Python's own source code."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    parts: tuple[list[bytes], list[bytes]] = ([], [])
    for number, path in enumerate(files):
        parts[number % HELD_OUT_EVERY == 0].append(path.read_bytes())
    return b"".join(parts[0]), b"".join(parts[1])


def batch_of(text: bytes, shape: Shape, number: int, rank: int, workers: int) -> Any:
    """Return a worker's rows of a batch (rows, context + 1), drawn by the batch's number."""
    import torch

    drawn = random.Random(number)
    starts = [drawn.randrange(len(text) - shape.context) for _ in range(shape.batch)]
    rows = [list(text[start : start + shape.context + 1]) for start in starts[rank::workers]]
    return torch.tensor(rows)


def build(shape: Shape) -> Any:
    """Return the model, with the same weights wherever it is built."""
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bytes = nn.Embedding(256, shape.width)
            self.places = nn.Embedding(shape.context, shape.width)
            self.layers = nn.ModuleList(
                nn.TransformerEncoderLayer(
                    shape.width,
                    max(1, shape.width // 64),
                    4 * shape.width,
                    dropout=0.0,
                    batch_first=True,
                    norm_first=True,
                )
                for _ in range(shape.layers)
            )
            self.norm = nn.LayerNorm(shape.width)
            self.logits = nn.Linear(shape.width, 256)

        def forward(self, text: Any) -> Any:
            length = text.shape[1]
            places = torch.arange(length, device=text.device)
            mask = nn.Transformer.generate_square_subsequent_mask(length, device=text.device)
            state = self.bytes(text) + self.places(places)
            for layer in self.layers:
                state = layer(state, src_mask=mask, is_causal=True)
            return self.logits(self.norm(state))

    torch.manual_seed(1)
    return Model()


def loss_of(model: Any, rows: Any) -> Any:
    """Return the mean loss of rows (rows, context + 1) in nats a byte."""
    from torch.nn.functional import cross_entropy

    logits = model(rows[:, :-1])
    return cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())


def sharded(model: Any, device: str, workers: int) -> Any:
    """Return the model with its state shared out; one worker alone has it in the host's memory."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import CPUOffloadPolicy, OffloadPolicy, fully_shard

    offloads = workers == 1 and device == "cuda"
    ways: dict[str, Any] = {
        "mesh": init_device_mesh(device, (workers,)),
        "offload_policy": CPUOffloadPolicy() if offloads else OffloadPolicy(),
    }
    for layer in model.layers:
        fully_shard(layer, **ways)
    return fully_shard(model, **ways)


def train(
    shape: Shape,
    device: str,
    rank: int,
    workers: int,
    gpu_gib: float | None,
    await_go: Callable[[], object],
) -> float:
    """Train and return the validation loss; the process group is there already.

    ``await_go`` is called once everything is warm. Raises ``ValueError`` if the batch cannot be
    divided among the workers.
    """
    import torch

    if shape.batch % workers:
        raise ValueError(f"a batch of {shape.batch} cannot be divided among {workers} workers")
    if gpu_gib is not None and device == "cuda":
        share = gpu_gib * 2**30 / torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, share))
    model = sharded(build(shape), device, workers)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    text, held_out = read_text()
    loss_of(model, batch_of(text, shape, 0, rank, workers).to(device)).backward()  # warms up
    optimizer.zero_grad()
    await_go()
    for step in range(shape.steps):
        loss_of(model, batch_of(text, shape, step, rank, workers).to(device)).backward()
        optimizer.step()
        optimizer.zero_grad()
        if rank == 0:
            print(f"step {step + 1} of {shape.steps}", flush=True)
    return validate(model, held_out, shape, device)


def validate(model: Any, held_out: bytes, shape: Shape, device: str) -> float:
    """Return the mean loss on what is held out; all workers look at the same rows."""
    import torch

    model.eval()
    with torch.no_grad():
        losses = [
            float(loss_of(model, batch_of(held_out, shape, number, 0, 1).to(device)))
            for number in range(HELD_OUT_BATCHES)
        ]
    return sum(losses) / len(losses)
