"""The distributed side: one GPU for each worker of Ray Train, which shards the state over them."""

import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from twoclocks import ready
from mine_training import Shape, options, plan, shape_of, train

GO, LOSS = "go", "validation-loss"


def train_here(chosen: dict[str, Any]) -> None:
    """Train on one of the workers; Ray Train has made the process group."""
    from ray.train import get_context

    context, folder = get_context(), Path(chosen["folder"])

    def await_go() -> None:
        (folder / f"{context.get_world_rank()}.armed").write_text(f"{os.getpid()}\n")
        while not (folder / GO).exists():
            time.sleep(0.02)

    loss = train(
        Shape(**chosen["shape"]),
        "cuda" if chosen["gpus"] else "cpu",
        rank=context.get_world_rank(),
        workers=context.get_world_size(),
        gpu_gib=chosen["gpu_gib"],
        await_go=await_go,
    )
    if context.get_world_rank() == 0:
        (folder / LOSS).write_text(f"{loss:.4f}")


def start_clock(folder: Path, workers: int, steps: int) -> None:
    """Once all workers are armed, start the clock, and have them train."""
    files = [folder / f"{rank}.armed" for rank in range(workers)]
    while not all(file.exists() and file.read_text().endswith("\n") for file in files):
        time.sleep(0.02)
    ready(items=steps, unit="steps", workers=[int(file.read_text()) for file in files])
    (folder / GO).touch()


def main() -> None:
    """Train on as many workers as are asked for."""
    parser = options(str(__doc__))
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    shape = shape_of(chosen)
    if chosen.dry_run:
        print(plan(shape, chosen.workers))
        return
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    with tempfile.TemporaryDirectory() as folder:
        trainer = TorchTrainer(
            train_here,
            train_loop_config={
                "shape": vars(shape),
                "gpus": chosen.gpus,
                "gpu_gib": chosen.gpu_gib,
                "folder": folder,
            },
            scaling_config=ScalingConfig(num_workers=chosen.workers, use_gpu=chosen.gpus > 0),
            run_config=RunConfig(storage_path=folder),  # on several hosts: a folder that all see
        )
        watched = Path(folder), chosen.workers, shape.steps
        threading.Thread(target=start_clock, args=watched, daemon=True).start()
        trainer.fit()
        print("validation loss", Path(folder, LOSS).read_text())


if __name__ == "__main__":
    main()
