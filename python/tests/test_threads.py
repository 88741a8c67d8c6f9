"""Threads, signals, forks: the process stays usable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from compare import quietly

from maskmetrics import COCO, COCOeval, Evaluator, evaluate, mask


def stats_of(gt: str, dt: str, iou: str) -> np.ndarray:
    coco = COCO(gt)
    evaluator = COCOeval(coco, coco.loadRes(dt), iou)
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    return evaluator.stats


def test_many_threads_at_once(coco_data: Path) -> None:
    gt, dt = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")
    expected = {iou: evaluate(gt, dt, iou=iou).stats.tobytes() for iou in ("bbox", "segm")}
    shared = quietly(lambda: COCO(gt))
    results = quietly(lambda: shared.loadRes(dt))

    def work(i: int) -> bool:
        iou = ("bbox", "segm")[i % 2]
        if i % 3 == 0:
            return evaluate(gt, dt, iou=iou, threads=1 + i % 4).stats.tobytes() == expected[iou]
        if i % 3 == 1:
            return evaluate(shared, results, iou=iou).stats.tobytes() == expected[iou]
        evaluator = COCOeval(shared, results, iou)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        return evaluator.stats.tobytes() == expected[iou]

    with ThreadPoolExecutor(8) as pool:
        assert all(quietly(lambda: list(pool.map(work, range(48)))))


def test_dictionaries_are_made_once_by_many_threads(coco_data: Path) -> None:
    for _ in range(5):
        coco = quietly(lambda: COCO(str(coco_data / "gt.json")))
        results = quietly(lambda coco=coco: coco.loadRes(str(coco_data / "dt_bbox.json")))
        with ThreadPoolExecutor(8) as pool:
            names = [(coco, "anns"), (results, "imgs"), (results, "anns"), (coco, "dataset")] * 8
            seen = list(pool.map(lambda each: getattr(*each), names))
        assert len({id(each) for each in seen}) == 4
        assert len(seen[0]) == 839 and len(seen[2]) == 734


def test_codes_in_many_threads() -> None:
    rng = np.random.default_rng(0)
    pixels = np.asfortranarray(rng.integers(0, 2, (200, 300, 20)).astype(np.uint8))
    codes = mask.encode(pixels)
    overlaps = mask.iou(codes, codes, [0] * 20)

    def work(_: int) -> bool:
        return (
            mask.encode(pixels) == codes
            and np.array_equal(mask.decode(codes), pixels)
            and np.array_equal(mask.iou(codes, codes, [0] * 20), overlaps)
        )

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(24)))


class Interrupted(Exception):
    pass


def test_a_signal_ends_an_evaluation(coco_data: Path) -> None:
    """As Ctrl-C does: the exception is raised, and everything works afterwards."""
    gt, dt = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")
    expected = evaluate(gt, dt).stats.tobytes()

    def handle(number: int, frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        for stage in ("reading ground truth", "reading results", "pairwise", "matching"):
            sent = []

            def progress(now: str, done: int, total: int, stage: str = stage, sent: list = sent) -> None:
                if now == stage and not sent:
                    sent.append(now)
                    os.kill(os.getpid(), signal.SIGUSR1)
                    time.sleep(0.2)  # while the main thread finds the signal

            with pytest.raises(Interrupted):
                evaluate(gt, dt, progress=progress)
            assert sent
            assert evaluate(gt, dt).stats.tobytes() == expected
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Python's own handler: a shell that starts programs in the background has them ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_keyboard_interrupt(coco_data: Path) -> None:
    gt, dt = str(coco_data / "gt.json"), str(coco_data / "dt_segm.json")

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "pairwise":
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.2)

    with pytest.raises(KeyboardInterrupt):
        evaluate(gt, dt, progress=progress)
    assert evaluate(gt, dt).metrics["AP"] > 0.3


def test_signals_do_not_disturb_other_threads(coco_data: Path) -> None:
    gt, dt = str(coco_data / "gt.json"), str(coco_data / "dt_bbox.json")
    found = []
    worker = threading.Thread(target=lambda: found.append(evaluate(gt, dt, iou="bbox").metrics["AP"]))
    worker.start()
    worker.join()
    assert found and found[0] > 0.5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_processes(coco_data: Path) -> None:
    """As a data loader's workers: children of a process that has evaluated decode masks and evaluate."""
    program = f"""
        import os, sys
        import numpy as np
        from maskmetrics import evaluate, mask
        gt, dt = {str(coco_data / "gt.json")!r}, {str(coco_data / "dt_segm.json")!r}
        expected = evaluate(gt, dt).stats.tobytes()
        pixels = np.asfortranarray(np.random.default_rng(0).integers(0, 2, (300, 400, 30)).astype(np.uint8))
        codes = mask.encode(pixels)
        children = []
        for i in range(8):
            child = os.fork()
            if child == 0:
                good = mask.encode(pixels) == codes and (mask.decode(codes) == pixels).all()
                good = good and evaluate(gt, dt, threads=i % 3).stats.tobytes() == expected
                os._exit(0 if good else 1)
            children.append(child)
        assert all(os.waitpid(child, 0)[1] == 0 for child in children)
        assert evaluate(gt, dt).stats.tobytes() == expected
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)], check=True, timeout=120)


def random_update(evaluator: Evaluator, image_id: int, num: int = 30) -> None:
    rng = np.random.default_rng(image_id)
    masks = rng.integers(0, 2, (num, 40, 50)).astype(bool)
    labels = rng.integers(1, 4, num)
    truth = {"labels": labels, "masks": rng.permutation(masks)}
    evaluator.update(image_id, scores=rng.random(num), labels=labels, masks=masks, ground_truth=truth)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("queue", [0, 3])
def test_keyboard_interrupt_of_an_evaluator(queue: int) -> None:
    """It is raised wherever it comes, and nothing of what was there before the call is lost."""
    evaluator = Evaluator(iou="segm", queue=queue)
    for image_id in range(150):
        random_update(evaluator, image_id)
    expected = evaluator.compute()
    interrupted = 0
    for delay in np.linspace(0, 0.05, 25):
        main = threading.main_thread().ident
        timer = threading.Timer(delay, signal.pthread_kill, (main, signal.SIGINT))
        try:
            timer.start()
            for _ in range(10000):
                evaluator.compute()
        except KeyboardInterrupt:
            interrupted += 1
        timer.join()
    assert interrupted == 25
    again = evaluator.compute()
    assert again.precision.tobytes() == expected.precision.tobytes()
    assert again.metrics == expected.metrics
    assert evaluator.num_images == 150


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_evaluators_in_forked_processes() -> None:
    """One without threads of its own goes on in the child; one with a queue says that it cannot, and goes quietly."""
    program = """
        import os, sys
        sys.path.insert(0, os.getcwd())
        from test_threads import random_update
        from maskmetrics import DeviceError, Evaluator
        plain, queued = Evaluator(iou="segm"), Evaluator(iou="segm", queue=2)
        for evaluator in (plain, queued):
            for image_id in range(4):
                random_update(evaluator, image_id)
        child = os.fork()
        if child == 0:
            random_update(plain, 4)
            good = plain.num_images == 5 and plain.compute().metrics["AR@100"] > 0
            for call in (queued.compute, queued.reset, queued.serialize, lambda: random_update(queued, 4)):
                try:
                    call()
                    good = False
                except DeviceError as error:
                    good = good and "forked" in str(error)
            fresh = Evaluator(iou="segm", queue=2)
            for image_id in range(5):
                random_update(fresh, image_id)
            good = good and fresh.compute().metrics == plain.compute().metrics
            del queued, evaluator
            sys.exit(0 if good else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert queued.compute().metrics == plain.compute().metrics
        print("good")
    """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parent,
    )
    assert run.stdout == "good\n"
