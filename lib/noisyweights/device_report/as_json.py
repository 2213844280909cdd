"""A report as JSON, for scripts."""

import math
from typing import Any

import numpy as np

from noisyweights.device_report import facts, measures
from noisyweights.device_report.report import Report
from noisyweights.experiments.device_readings.parts import Part
from noisyweights.experiments.device_verdict.verdict import Finding
from noisyweights.experiments.swapped_networks.swap import Row
from noisyweights.noise.dynamics.description import Motion
from noisyweights.noise.dynamics.peaks import peaks
from noisyweights.noise.dynamics.telegraph import Level
from noisyweights.scores.estimates import Interval

__all__ = ["content"]

_TIMED = ("correlation_time_reads", "fresh_after_reads", "drift", "telegraph", "outliers")


def content(report: Report) -> dict[str, Any]:
    """The report's numbers; null for what is not known. Intervals are [low, high] at 95 %."""
    trace = report.trace
    timed = facts.timed(report)
    return {
        "name": trace.name,
        "source": trace.source,
        "sha256": trace.sha256,
        "column": trace.column,
        "n": len(trace.samples),
        "unit": trace.unit,
        "dropped": trace.dropped,
        "censored": list(trace.censored),
        "notes": list(trace.notes),
        "mean": float(trace.samples.mean()),
        "sd": float(trace.samples.std(ddof=1)),
        "noise_sd": float(report.noise.std(ddof=1)),
        "step": _finite(trace.step),
        "interval_s": _finite(trace.interval_s),
        "repeats": len(trace.samples) / sum(len(part.group.samples) for part in report.parts),
        "cells": max(len(trace.cells), 1),
        "levels": 0 if trace.level is None else len(np.unique(trace.level)),
        "independent_reads": _finite(report.independent),
        **(_over_time(timed) if timed else dict.fromkeys(_TIMED)),
        "law": {
            "name": report.choice.law.name,
            "skewness": _interval(report.measured.skewness),
            "excess_kurtosis": _interval(report.measured.excess_kurtosis),
            "config": report.choice.law.get_config() if report.choice.family != "empirical" else None,
        },
        "groups": [_group(one) for one in measures.by_group(report.parts)],
        "law_reason": report.choice.reason,
        "verdict": report.verdict.word,
        "headline": report.verdict.headline,
        "findings": [_finding(one) for one in report.verdict.findings],
        "networks": [_row(row) for row, _ in facts.differences(report)],
        "seconds": round(report.seconds, 1),
    }


def _over_time(part: Part) -> dict[str, Any]:
    """Of the first cell and level that is long enough."""
    found = part.motion
    trend = found.trend
    return {
        "correlation_time_reads": _interval(found.correlation.time_reads),
        "fresh_after_reads": found.correlation.fresh_after,
        "drift": None
        if trend.form == "none"
        else {
            "form": trend.form,
            "change": _interval(trend.change),
            "over_sigma": float(trend.change.value / part.sigma),
            "variance_fraction": trend.variance_fraction,
        },
        "telegraph": _telegraph(found),
        "outliers": [
            {"kind": one.kind, "value": _finite(one.value), "count": one.count}
            for one in part.dynamics.outliers.findings
        ],
    }


def _telegraph(motion: Motion) -> dict[str, Any] | None:
    """The levels of a telegraph signal, from below; null where there is none.

    Not resolved are two peaks without memory, where jumps may be faster than reads: no dwell time is known.
    """
    found = motion.telegraph
    if not found.found and not found.two_peaks:
        return None
    return {
        "resolved": found.found,
        "levels": [
            {
                "level": _interval(one.level),
                "occupancy": _interval(one.occupancy),
                "noise": one.noise,
                "dwell_reads": _interval(one.dwell_reads) if isinstance(one, Level) else None,
                "dwell_s": _finite(one.dwell_s) if isinstance(one, Level) else None,
            }
            for one in (found.levels or peaks(motion.stationary))
        ],
    }


def _group(one: measures.GroupNoise) -> dict[str, Any]:
    """The noise of one cell at one level."""
    return {
        "label": one.label,
        "level": _finite(one.level),
        "reads": one.reads,
        "mean": one.mean,
        "sigma": _interval(one.sigma),
        "skewness": _interval(one.skewness),
        "excess_kurtosis": _interval(one.excess_kurtosis),
    }


def _finding(one: Finding) -> dict[str, Any]:
    needed = one.criterion.needed
    return {
        "criterion": one.criterion.id,
        "state": one.state.value,
        "measured": None if one.measured is None else _interval(one.measured),
        "relation": one.criterion.relation,
        "needed": None if needed is None else list(needed),
        "unit": one.criterion.unit,
        "sentence": one.sentence,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "task": row.task,
        "network": row.kind,
        "quantity": row.quantity,
        "unit": row.unit,
        "gaussian": row.gaussian,
        "device": row.swapped,
        "difference": _interval(row.difference),
        "trainings": row.trainings,
        "draws": row.draws,
    }


def _interval(value: Interval) -> dict[str, Any]:
    return {"value": _finite(value.value), "interval": [_finite(value.low), _finite(value.high)]}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
