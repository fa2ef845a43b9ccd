"""What the sides run on, in words: machines only where each has the whole of a host, else cores.

May import ``text``.
"""

from harness.text import count, number_of


def workers(number: int, hosts: int, *, whole: bool) -> str:
    """Return the workers: ``8 machines`` if each has a host to itself, else ``8 workers``."""
    if whole and number == hosts > 1:
        return number_of(number, "machine")
    return number_of(number, "worker") + (f" on {number_of(hosts, 'machine')}" if hosts > 1 else "")


def workers_at_work(number: int, most: int, hosts: int, *, whole: bool) -> tuple[str, ...]:
    """Return how many of ``most`` workers take part in a trial, and on how many hosts.

    There are several lengths, the longest first.
    """
    some = count(number) if number == most else f"{count(number)} of {count(most)}"
    noun = "machine" if whole else "worker"
    named = f"{some} {noun}{'' if most == 1 else 's'}"
    if whole or hosts < 2:
        return named, some
    return (
        f"{named} on {count(hosts)} machines",
        f"{named} on {count(hosts)} hosts",
        f"{named}, {count(hosts)} hosts",
        named,
        some,
    )


def cores(number: int, hosts: int, *, whole: bool) -> str:
    """Return the baseline's machine, if it has a whole one beside workers on hosts, else cores."""
    return "1 machine" if whole and hosts > 1 else number_of(number, "core")
