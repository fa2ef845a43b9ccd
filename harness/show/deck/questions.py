"""The slides for the questions afterwards, those whose facts are there.

May import ``harness.claims``, for its values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness import text
from harness.claims.claims import Claims
from harness.claims.curve import Curve
from harness.claims.headline import Headline
from harness.claims.whole_pass import WholePass
from harness.show import (
    appendix_phrases,
    audit_text,
    capacity_phrases,
    phrases,
    sweep_phrases,
)
from harness.show.deck.beats import capital, plot_of
from harness.show.deck.names import CHART
from harness.show.deck.values import BODY_PX, LARGE_PX, DeckSlide, Words

_FIGURES = (
    "baseline",
    "least-work",
    "core-seconds",
    "scaling",
    "cost-quality",
    "latency",
    "recovery",
)
_MOST_PASSES = 6


def question_slides(claims: Claims, headline: Headline) -> Iterator[DeckSlide]:
    """Yield the appendix in the order in which the questions come."""
    for name in _FIGURES:
        made = _least_work(claims) if name == "least-work" else _of_figure(claims, name)
        if made is not None:
            yield made
    yield from filter(
        None, (_capacity(headline), _audit(claims, headline), _ten_times(claims, headline))
    )


def _of_figure(claims: Claims, name: str) -> DeckSlide | None:
    plot = plot_of(claims, name)
    if plot is not None and name == "scaling" and claims.curve is not None:
        plot = replace(plot, chart=CHART, remark=_law(claims.curve, claims))
    if plot is None:
        return None
    return DeckSlide(name=name, title=plot.picture.title, items=(plot,), counts=True)


def _law(curve: Curve, claims: Claims) -> str:
    """Return E where the headline is, and the law that the points have."""
    efficiency = "" if claims.drawable is None else f"E = {phrases.efficiency(claims.drawable)}"
    return " · ".join(filter(None, (efficiency, sweep_phrases.law(curve))))


def _least_work(claims: Claims) -> DeckSlide | None:
    """Return whether the work was needed (None: less was not tried)."""
    proof, workload = claims.proof, claims.results.spec.workload
    if proof is None or proof.baseline_s is None:
        return None
    verdict = next(appendix_phrases.needed_work(proof), "")
    passes = (*proof.efforts, *proof.alternatives)[:_MOST_PASSES]
    if not verdict or not passes:
        return None
    own, *times = text.durations(proof.baseline_s, *(one.seconds for one in passes))
    metric = phrases.short_name(workload.metric)
    tried = (
        _tried(one, time, metric, workload.tolerance)
        for one, time in zip(passes, times, strict=True)
    )
    lines = (f"as it runs: {own}", *tried)
    body = Words(lines=lines, size=BODY_PX, name="least-work")
    return DeckSlide(name="least-work", title=capital(verdict), items=(body,), counts=True)


def _tried(one: WholePass, time: str, metric: str, tolerance: float) -> str:
    """Return one way of doing it with less: ``max_tokens 64: 16.2 s, recall@10 0.682, worse``."""
    quality = text.quality(one.quality, tolerance)
    good = "as good" if one.holds else "not as good"
    return f"{appendix_phrases.variant(one.rate)}: {time}, {metric} {quality}, {good}"


def _capacity(headline: Headline) -> DeckSlide | None:
    """Return the largest model that both sides hold (None: that was not shown)."""
    short = capacity_phrases.in_one_line(headline.capacity)
    if headline.capacity is None or not short:
        return None
    title = f"Together the devices hold {text.times(headline.capacity.ratio)} as large a model"
    body = Words(lines=(capital(short),), name="capacity-words", size=BODY_PX)
    return DeckSlide(name="capacity", title=title, items=(body,), counts=True)


def _audit(claims: Claims, headline: Headline) -> DeckSlide:
    """Return the audit's verdict with every caveat."""
    tolerance = claims.results.spec.workload.tolerance
    caveats = [capital(phrases.short_caveat(one, tolerance)) for one in headline.caveats]
    rules = text.number_of(len(claims.audit.findings), "honesty rule")
    verdict = audit_text.footer(claims.audit).removeprefix("audit: ")
    body = Words(lines=tuple(caveats), size=BODY_PX, name="audit-caveats")
    return DeckSlide(
        name="audit",
        title=f"{rules} judged it: {verdict}",
        items=(body,) if caveats else (),
        counts=True,
    )


def _ten_times(claims: Claims, headline: Headline) -> DeckSlide | None:
    """Return what gives way first at ten times the scale (None: no law holds here)."""
    curve = claims.curve
    predicted = None if curve is None else curve.ten_times
    if curve is None or predicted is None:
        return None
    workers = text.number_of(predicted.workers, "worker")
    share = text.percent(predicted.efficiency)
    title = f"Predicted, not measured: efficiency is {share} on {workers}"
    ceiling = sweep_phrases.ceiling(curve.law) if curve.law else ""
    facts = (
        f"Amdahl's law gives {text.times(predicted.speedup)} there, {ceiling} on any number",
        capital(sweep_phrases.largest_worthwhile(curve)),
    )
    body = Words(lines=tuple(filter(None, facts)), size=LARGE_PX, name="ten-times")
    return DeckSlide(name="ten-times", title=title, items=(body,), counts=True)
