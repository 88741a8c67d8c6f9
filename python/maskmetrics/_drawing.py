"""COCO.showAnns; matplotlib is loaded only here."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mask
from .errors import InputError

_CROWD_COLOR = np.array([2.0, 166.0, 101.0]) / 255


def show(coco: Any, anns: list[dict], draw_bbox: bool) -> None:
    """Draws annotations into the current axes, or prints captions."""
    first = anns[0]
    if "segmentation" in first or "keypoints" in first:
        _draw(coco, anns, draw_bbox)
    elif "caption" in first:
        for ann in anns:
            print(ann["caption"])
    else:
        raise InputError("anns", "[0]", "has neither segmentation, keypoints nor caption")


def _draw(coco: Any, anns: list[dict], draw_bbox: bool) -> None:
    import matplotlib.pyplot as plt
    from matplotlib.collections import PatchCollection

    axes = plt.gca()
    axes.set_autoscale_on(False)
    patches: list = []
    colors: list = []
    for ann in anns:
        color = tuple(np.random.random(3) * 0.6 + 0.4)
        outlines = _outlines(coco, ann, axes)
        if draw_bbox:
            outlines.append(_corners(ann["bbox"]))
        patches.extend(_polygon(outline) for outline in outlines)
        colors.extend([color] * len(outlines))
        if isinstance(ann.get("keypoints"), list):
            _draw_keypoints(coco, ann, axes, color)
    axes.add_collection(PatchCollection(patches, facecolor=colors, linewidths=0, alpha=0.4))
    axes.add_collection(PatchCollection(patches, facecolor="none", edgecolors=colors, linewidths=2))


def _outlines(coco: Any, ann: dict, axes: Any) -> list[np.ndarray]:
    """Rings [N, 2] of polygons; run-length codes are painted at once."""
    segmentation = ann.get("segmentation")
    if isinstance(segmentation, list):
        return [np.asarray(ring, dtype=float).reshape(-1, 2) for ring in segmentation]
    if segmentation is not None:
        pixels = mask.decode(coco.annToRLE(ann))
        color = _CROWD_COLOR if ann.get("iscrowd") else np.random.random(3)
        image = np.empty((*pixels.shape, 4))
        image[:, :, :3] = color
        image[:, :, 3] = pixels * 0.5
        axes.imshow(image)
    return []


def _polygon(outline: np.ndarray) -> Any:
    from matplotlib.patches import Polygon

    return Polygon(outline)


def _corners(box: Any) -> np.ndarray:
    x, y, width, height = box
    return np.array([[x, y], [x, y + height], [x + width, y + height], [x + width, y]])


def _draw_keypoints(coco: Any, ann: dict, axes: Any, color: tuple) -> None:
    x, y, seen = np.array(ann["keypoints"]).reshape(-1, 3).T
    for bone in np.array(coco.loadCats(ann["category_id"])[0]["skeleton"]) - 1:
        if np.all(seen[bone] > 0):
            axes.plot(x[bone], y[bone], linewidth=3, color=color)
    for least, edge in ((0, "k"), (1, color)):
        shown = seen > least
        axes.plot(x[shown], y[shown], "o", markersize=8, markerfacecolor=color, markeredgecolor=edge, markeredgewidth=2)
