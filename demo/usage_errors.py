"""What click raises for what was typed, as one sentence and one hint of ours.

May import click.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

import click

_WHOLE, _ANY = "a whole number", "a number"


def explain(error: click.ClickException) -> tuple[str, str]:
    """Return the sentence and the hint for what was typed."""
    context = getattr(error, "ctx", None)
    match error:
        case click.NoSuchOption(option_name=name):
            return f"there is no option {name}", did_you_mean(name, _options(context), context)
        case click.BadOptionUsage(option_name=name):
            return f"{name} needs a value", _where_listed(context)
        case click.MissingParameter(param=click.Argument() as argument):
            return f"{argument.human_readable_name} is missing", _where_listed(context)
        case click.BadParameter(param=click.Parameter() as parameter):
            return _explain_value(error, parameter)
        case _:
            return _explain_usage(error.format_message()), _where_listed(context)


def did_you_mean(typed: str, known: Iterable[str], context: click.Context | None = None) -> str:
    """Return the hint with the known name that is nearest, else with where all are listed."""
    near = get_close_matches(typed, list(known), n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else _where_listed(context)


def _explain_value(error: click.BadParameter, parameter: click.Parameter) -> tuple[str, str]:
    name = parameter.opts[0]
    value = re.split(r" is not ", error.message, maxsplit=1)[0].strip("'\"")
    typed = f"{name} {value}".strip()
    match parameter.type:
        case click.Choice(choices=choices):
            names = list(map(str, choices))
            return f"{typed} is not one of {', '.join(names)}", did_you_mean(
                value, names, error.ctx
            )
        case click.IntRange(min=least, max=most):
            return f"{typed} is not {_range(_WHOLE, least, most)}", _where_listed(error.ctx)
        case click.FloatRange(min=least, max=most):
            return f"{typed} is not {_range(_ANY, least, most)}", _where_listed(error.ctx)
        case _:
            return f"{name}: {error.message.rstrip('.')}", _where_listed(error.ctx)


def _range(noun: str, least: float | None, most: float | None) -> str:
    if most is None:
        return f"{noun} of {least or 0:g} or more"
    return f"{noun} from {least or 0:g} to {int(most):,}"


def _explain_usage(message: str) -> str:
    """Return click's own sentence, beginning with what was typed where that is known."""
    if extra := re.search(r"unexpected extra arguments? \((.*)\)", message):
        return f"{extra[1]} is one argument too many"
    return message[:1].lower() + message[1:].rstrip(".")


def _options(context: click.Context | None) -> list[str]:
    parameters = context.command.get_params(context) if context is not None else []
    above = context.parent if context is not None else None
    if above is not None:  # the default verb has the options of the program before it
        parameters = [*parameters, *above.command.get_params(above)]
    return [option for one in parameters for option in (*one.opts, *one.secondary_opts)]


def _where_listed(context: click.Context | None) -> str:
    """Return where the verbs, or the options of the verb that was typed, are listed."""
    if context is None:
        return "`twoclocks VERB --help` lists the options of a verb"
    if context.parent is None:
        return "`twoclocks --help` lists the verbs"
    return f"`{context.command_path} --help` lists its options"
