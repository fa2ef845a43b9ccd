"""A model whose training one GPU cannot hold: one GPU and the host's memory, or several GPUs.

mine_baseline.py keeps weights, gradients and moments in the host's memory and brings each layer to
the GPU when it is its turn (FSDP2 with CPU offload). mine_distributed.py shards them over one GPU
for each Ray worker (FSDP2 through Ray Train). Both train the model of mine_training.py, where its
size and its data are; put your own there.

Install PyTorch for your GPUs, and Ray Train: pip install torch "ray[train]". What a GPU has to hold
is printed without either: python mine_baseline.py --dry-run. Without a GPU, --gpus 0 at the end of
both commands trains a small model on processors, to see that everything runs.
"""

from twoclocks import Axis, CommandPair, Slide

WORKLOAD = CommandPair(
    name="mine",
    baseline="{python} {here}/mine_baseline.py --steps 60",
    distributed="{python} {here}/mine_distributed.py --steps 60 --workers {workers}",
    progress=r"step (\d+) of (\d+)",
    quality=r"validation loss ([\d.]+)",
    metric="validation loss",
    tolerance=0.02,  # sums of several GPUs are rounded otherwise than those of one
    ready=True,  # both call ready() once everything is warm, so that start-up is off the clock
    slide=Slide(
        axis=Axis.MODEL,
        bottleneck="weights, gradients and moments do not fit into one GPU",  # slide one
        # bound="20.5 GB, a GPU has 16",  # the number that proves it; --dry-run prints the first
        partition="each GPU holds its part of every layer",
        communication="a layer's weights are gathered before it runs, its gradients are summed",
        consistency="synchronous: all GPUs take the same step",
        why_not_another_axis="not the training axis: every GPU would have to hold the whole model",
        limitation="one GPU with CPU offload waits for the bus between them, not for its processor",
    ),
)
