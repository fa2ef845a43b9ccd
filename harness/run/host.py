"""What machine this is, and what limits a process has on it: an allow-list of facts.

No name, user, address or path leaves this module. May import ``model``.
"""

import contextlib
import hashlib
import ipaddress
import os
import platform
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from harness.model import Host, Process

PACKAGES = (
    "ray",
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "onnxruntime",
    "tokenizers",
    "pyarrow",
    "torch",
    "msgspec",
    "psutil",
    "rich",
)
NICEST = 19
KEY_HALF = 6  # hexadecimal digits that tell the machine, and as many that tell the host on it
CAN_PIN = hasattr(os, "sched_setaffinity")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def host_key() -> str:
    """Return a label that is equal exactly for processes on one host.

    They have one kernel, the same pids and the same network: containers on one machine, or copies
    of one image, are hosts of their own, and several Ray nodes on one host are not.
    """
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text()
        inside = " ".join(os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "net"))
    except OSError:
        kernel, inside = f"{uuid.getnode()} {psutil.boot_time():.0f}", ""
    return _digest(kernel) + _digest(f"{kernel} {inside}")


def on_one_machine(host: str, other: str) -> bool:
    """Return whether two hosts, by their keys, share a kernel, and so their cores."""
    return host[:KEY_HALF] == other[:KEY_HALF]


def _digest(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:KEY_HALF]


def usable_cores() -> tuple[int, ...]:
    """Return the cores this process may use, one hardware thread of each physical core first."""
    if not hasattr(os, "sched_getaffinity"):
        return tuple(range(psutil.cpu_count(logical=False) or 1))
    return tuple(sorted(os.sched_getaffinity(0), key=lambda core: (_sibling_rank(core), core)))


def _sibling_rank(core: int) -> int:
    try:
        listed = Path(
            f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"
        ).read_text()
    except OSError:
        return 0
    return siblings(listed).index(core)


def siblings(listed: str) -> list[int]:
    """Return the cores of a list as Linux writes it, such as ``0,4`` or ``0-3``."""
    spans = [[int(end) for end in span.split("-")] for span in listed.strip().split(",")]
    return [core for span in spans for core in range(span[0], span[-1] + 1)]


def free_memory_bytes() -> int:
    """Return how much memory this machine can give to new processes without swapping."""
    return int(psutil.virtual_memory().available)


def interfaces() -> tuple[bool, int]:
    """Return whether the loopback interface is up, and how many other interfaces are."""
    states = [
        ("loopback" in state.flags.split(",") or name in ("lo", "lo0"), state.isup)
        for name, state in psutil.net_if_stats().items()
    ]
    return any(up for loopback, up in states if loopback), sum(
        up for loopback, up in states if not loopback
    )


def addresses_off_loopback() -> list[str]:
    """Return the IPv4 addresses at which other machines may reach this one."""
    addresses = (one for each in psutil.net_if_addrs().values() for one in each)
    found = {one.address for one in addresses if one.family == socket.AF_INET}
    return sorted(address for address in found if not ipaddress.ip_address(address).is_loopback)


def pin(cores: tuple[int, ...]) -> None:
    """Bind this process to the cores where the system can; an empty set leaves it as it is."""
    if cores and CAN_PIN:
        os.sched_setaffinity(0, cores)


def move(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Bind every thread of this process that is bound to some cores to others instead."""
    if not (CAN_PIN and before and after):
        return
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):  # it may have ended
            if os.sched_getaffinity(int(thread)) == {*before}:
                os.sched_setaffinity(int(thread), after)


def unpin() -> None:
    """Let the calling thread, and it alone, use every core that there is."""
    if CAN_PIN:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(threading.get_native_id(), range(os.cpu_count() or 1))


def terms() -> tuple[int, tuple[int, ...]]:
    """Return this process's niceness, and the cores it may run on (empty: it is not known).

    Where a living process below it has another niceness, that is returned: it works for this one.
    One that runs only when no other wants to counts as nicer than all, and a real-time one as none.
    """
    affinity = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    own = _niceness(0, os.nice(0))
    return max((own, *_niceness_below()), key=lambda nice: abs(nice - own)), affinity


def _niceness_below() -> Iterator[int]:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            yield _niceness(process.pid, int(process.nice()))


def _niceness(pid: int, nice: int) -> int:
    """Return a process's niceness, or what its scheduling policy puts in the place of it."""
    if not hasattr(os, "sched_getscheduler"):
        return nice
    try:
        policy = os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK
    except OSError:
        return nice
    if policy == os.SCHED_IDLE:
        return NICEST + 1
    return nice if policy in (os.SCHED_OTHER, os.SCHED_BATCH) else -NICEST - 1


def this_process(name: str, source_sha256: str) -> Process:
    """Return what this process is, read from inside it."""
    nice, affinity = terms()
    return Process(name, os.getpid(), host_key(), nice, numeric_threads(), affinity, source_sha256)


def numeric_threads() -> int:
    """Return the largest thread pool of the numeric libraries that are loaded (1: none is)."""
    return max((int(str(pool["num_threads"])) for pool in _pools()), default=1)


def _pools() -> list[dict[str, object]]:
    """Return threadpoolctl's view, imported late: the screen's process has no use for it."""
    import threadpoolctl

    pools: list[dict[str, object]] = threadpoolctl.threadpool_info()
    return pools


def this_host() -> Host:
    """Return this machine's facts."""
    return Host(
        id=host_key(),
        cpu_model=_cpu_model(),
        cores=psutil.cpu_count()
        or 1,  # the machine's, however few of them this process is pinned to
        memory_bytes=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        python=platform.python_version(),
        packages=_versions(),
        blas=_blas(),
        on_mains=on_mains(),
    )


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        asked = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip() or "unknown"
    return platform.processor() or "unknown"


def _versions() -> dict[str, str]:
    """Return the versions of those of ``PACKAGES`` that are installed.

    They are read from names of folders, NAME-VERSION.dist-info, as installers write them (PEP 376).
    ``importlib.metadata`` parses whole files and takes a third of the time in which a side starts.
    """
    versions: dict[str, str] = {}
    for folder in sys.path:
        for stem, suffix in map(os.path.splitext, _entries(folder)):
            name, _, version = stem.partition("-")
            if suffix in (".dist-info", ".egg-info") and version:
                versions.setdefault(name.lower().replace("_", "-"), version.split("-")[0])
    return {name: versions[name] for name in PACKAGES if name in versions}


def _entries(folder: str) -> list[str]:
    """Return the names in a folder; none where it is no folder, as an archive on the path."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _blas() -> str:
    """Return the BLAS in use and the CPU kernel that it chose.

    A kernel for another CPU makes a slower machine.
    """
    pools = [pool for pool in _pools() if pool["user_api"] == "blas"]
    if not pools:
        return "none"
    return " ".join(
        str(foremost(pools).get(key) or "") for key in ("internal_api", "version", "architecture")
    ).strip()


def foremost(pools: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    """Return NumPy's own BLAS where several are loaded, in whatever order.

    SciPy loads another one, which does none of our matrix products.
    """
    return min(
        pools,
        key=lambda pool: ("numpy" not in str(pool.get("filepath")), str(pool.get("filepath"))),
    )


def on_mains() -> bool | None:
    """Return whether this machine draws mains power.

    None: unknown, as where there is no battery to ask.
    """
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return None if battery is None else bool(battery.power_plugged)
