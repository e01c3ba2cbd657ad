"""Plots as SVG, by hand: two logarithmic axes, one line an engine."""

import math

COLOURS = {"floor": "#888888", "polc": "#d62728", "cedar-rust": "#1f77b4", "cedar-go": "#17becf", "opa": "#9467bd",
           "casbin": "#2ca02c", "cerbos": "#ff7f0e"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 440, 70, 120, 40, 50


def _label(ns):
    for limit, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (0, "ns")):
        if ns >= limit:
            return f"{ns / max(limit, 1):.0f} {unit}"
    return ""


def svg(title, x_title, lines):
    """lines: {engine: [(x, ns)]}"""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    low_x, high_x = math.log10(min(xs)), max(math.log10(max(xs)), math.log10(min(xs)) + 1)
    low_y, high_y = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    high_y = max(high_y, low_y + 1)
    px = lambda x: LEFT + (math.log10(x) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT)  # noqa: E731
    py = lambda y: HEIGHT - BOTTOM - (math.log10(y) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM)  # noqa: E731
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="22" font-size="15">{title}</text>',
           f'<text x="{(WIDTH - RIGHT + LEFT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{x_title}</text>']
    for e in range(low_y, high_y + 1):
        y = py(10**e)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_label(10**e)}</text>')
    for x in sorted(set(xs)):
        out.append(f'<text x="{px(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:,}</text>')
    ends = []
    for engine, points in lines.items():
        colour = COLOURS.get(engine, "#000000")
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        ends.append([py(points[-1][1]) + 4, px(points[-1][0]) + 8, engine, colour])
    # Names at the ends of the lines, moved apart where they would lie on each other.
    ends.sort()
    for before, here in zip(ends, ends[1:]):
        here[0] = max(here[0], before[0] + 14)
    out += [f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{engine}</text>' for y, x, engine, colour in ends]
    return "\n".join(out) + "\n</svg>\n"


def write(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    wanted = [("rules", kind, "rules", f"One decision: {kind} rules, 10,000 entities")
              for kind in dict.fromkeys(r["kind"] for r in results.find(group="rules"))]
    wanted.append(("entities", "hierarchical", "entities", "One decision: 1,000 hierarchical rules"))
    for group, kind, by, title in wanted:
        lines = {}
        for engine in results.engines(group=group, kind=kind):
            sizes = sorted({r[by] for r in results.find(group=group, kind=kind, engine=engine)})
            points = [(s, results.value(group=group, kind=kind, engine=engine, mode="handles", **{by: s})) for s in sizes]
            lines[engine] = [(s, v) for s, v in points if v]
        lines = {e: points for e, points in lines.items() if points}
        if lines:
            path = folder / f"{group}-{kind}.svg"
            path.write_text(svg(title, by, lines))
            written.append(str(path))
    return written
