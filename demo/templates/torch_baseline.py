"""The baseline: one GPU, with weights, gradients and moments in the host's memory."""

from twoclocks import ready
from mine_training import options, plan, shape_of, train


def main() -> None:
    """Train alone."""
    chosen = options(str(__doc__)).parse_args()
    shape = shape_of(chosen)
    if chosen.dry_run:
        print(plan(shape, 1))
        return
    import torch.distributed

    device = "cuda" if chosen.gpus else "cpu"
    backend = "cpu:gloo,cuda:nccl" if chosen.gpus else "gloo"
    alone = torch.distributed.HashStore()
    torch.distributed.init_process_group(backend, store=alone, rank=0, world_size=1)
    loss = train(
        shape,
        device,
        rank=0,
        workers=1,
        gpu_gib=chosen.gpu_gib,
        await_go=lambda: ready(items=shape.steps, unit="steps"),  # the clock starts here
    )
    print(f"validation loss {loss:.4f}")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
