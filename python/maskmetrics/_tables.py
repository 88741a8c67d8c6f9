"""Curves from evalImgs, for parameters that an evaluation's own arrays do not answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from .errors import InputError, ProtocolError


def answer(p: Any, evaluated: Any) -> bool:
    """Whether an evaluation's own arrays answer what is asked."""
    if p is not None and bool(p.useCats) != bool(evaluated.useCats):
        return False
    categories = evaluated.catIds if evaluated.useCats else [-1]
    return (
        list(p.catIds) == list(categories)
        and list(p.imgIds) == list(evaluated.imgIds)
        and list(p.maxDets) == list(evaluated.maxDets)
        and [tuple(r) for r in p.areaRng] == [tuple(r) for r in evaluated.areaRng]
        and np.array_equal(p.iouThrs, evaluated.iouThrs)
    )


def is_standard(thresholds: Any) -> bool:
    """Recall thresholds that ascend from 0 to 1; for others the reference's search is followed step by step."""
    values = np.asarray(thresholds, dtype=np.float64)
    return bool(len(values) and np.all(np.diff(values) >= 0) and values[0] >= 0 and values[-1] <= 1)


_TABLE_NAMES = ("dtScores", "dtMatches", "dtIgnore", "gtIgnore")


def accumulate(tables: Any, p: Any, evaluated: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Curves from tables, which may be subsets, or of several evaluations put together.

    As in the reference, a subset is found by its values, and read at its places within p.
    """
    num_t, num_r = len(p.iouThrs), len(p.recThrs)
    shape = (len(p.catIds) if p.useCats else 1, len(p.areaRng), len(p.maxDets))
    precision = -np.ones((num_t, num_r, *shape))
    recall = -np.ones((num_t, *shape))
    scores = -np.ones((num_t, num_r, *shape))
    if not evaluated:
        raise InputError("COCOeval", "", "was not evaluated; call evaluate()")
    categories = set(evaluated.catIds if evaluated.useCats else [-1])
    areas = {tuple(r) for r in evaluated.areaRng}
    caps, images = set(evaluated.maxDets), set(evaluated.imgIds)
    k_list = [k for k, category in enumerate(p.catIds) if category in categories]
    a_list = [a for a, r in enumerate(p.areaRng) if tuple(r) in areas]
    i_list = [i for i, image in enumerate(p.imgIds) if image in images]
    m_list = [int(cap) for cap in p.maxDets if cap in caps]
    if not (k_list and a_list and m_list):
        return precision, recall, scores
    num_images, num_areas = len(evaluated.imgIds), len(evaluated.areaRng)
    thresholds = _num_thresholds(tables, num_t)
    found = _core.accumulate_tables(
        tables,
        _TABLE_NAMES,
        k_list,
        a_list,
        i_list,
        num_areas * num_images,
        num_images,
        thresholds,
        np.asarray(p.recThrs, dtype=np.float64).tolist(),
        m_list,
    )
    kam = np.ix_(range(len(k_list)), range(len(a_list)), range(len(m_list)))
    precision[:thresholds][(slice(None), slice(None), *kam)] = found[0]
    recall[:thresholds][(slice(None), *kam)] = found[1]
    scores[:thresholds][(slice(None), slice(None), *kam)] = found[2]
    return precision, recall, scores


def _num_thresholds(tables: Any, expected: int) -> int:
    """T of the tables; of none the parameters'."""
    for table in tables:
        if table is not None:
            found = len(table["dtMatches"])
            if found > expected:
                raise ProtocolError("params", "iouThrs", f"has {expected} thresholds, the tables have {found}")
            return found
    return expected
