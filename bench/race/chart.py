"""The chart of a race: time and memory of every contestant, one line a race."""

import altair as alt

import results
from contestants import OURS

COLOURS = ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f", "#bcbd22"]
SHAPES = ["diamond", "circle", "square", "triangle-up", "triangle-down", "cross", "triangle-right", "triangle-left", "circle"]
FONT = "sans-serif"


def points_of(rows):
    return [
        {"race": results.race_name(row), "contestant": row["contestant"], "seconds": row["seconds"],
         "mebibytes": row["peak_rss_bytes"] / (1 << 20)}
        for row in rows if not row["error"]
    ]  # fmt: skip


def panel(points, races, names, value, title, labels):
    x = alt.X(f"{value}:Q", title=title, scale=alt.Scale(type="log", nice=True),
              axis=alt.Axis(format="~g", grid=True, tickCount=6))  # fmt: skip
    y = alt.Y("race:N", sort=races, title=None, axis=alt.Axis(labels=labels, ticks=labels, domain=labels, labelLimit=300))
    colour = alt.Color("contestant:N", title=None, sort=names, scale=alt.Scale(domain=names, range=COLOURS[: len(names)]))
    shape = alt.Shape("contestant:N", title=None, sort=names, scale=alt.Scale(domain=names, range=SHAPES[: len(names)]))
    base = alt.Chart(alt.Data(values=points)).encode(y=y)
    span = base.mark_rule(color="#cccccc", strokeWidth=2).encode(
        x=alt.X(f"min({value}):Q", scale=alt.Scale(type="log"), title=title), x2=f"max({value}):Q"
    )
    marks = base.mark_point(filled=True, size=90, opacity=0.9).encode(x=x, color=colour, shape=shape)
    return (span + marks).properties(width=330, height=alt.Step(26))


def write_svg(race, file):
    rows = results.rows_of(race)
    points = points_of(rows)
    if not points:
        raise ValueError("nobody finished, so there is nothing to draw")
    races = list(dict.fromkeys(point["race"] for point in points))
    others = sorted({point["contestant"] for point in points} - {OURS})
    names = [OURS, *others] if any(point["contestant"] == OURS for point in points) else others
    both = alt.hconcat(
        panel(points, races, names, "seconds", "wall time, s (log)", True),
        panel(points, races, names, "mebibytes", "peak memory, MiB (log)", False),
        spacing=20,
        title=alt.TitleParams("Less is better", subtitle=results.heading_of(race), anchor="start", offset=12),
    )
    both = both.configure(font=FONT, background="white").configure_view(stroke="#dddddd")
    both = both.configure_legend(orient="bottom", columns=5, labelFontSize=12, symbolSize=110)
    both.configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal").save(str(file), format="svg")
