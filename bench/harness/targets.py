"""What polc promised to show, and what this run shows."""


def _line(what, wanted, seen, met):
    return [what, wanted, seen, "met" if met else "missed"]


def lines(results):
    from .report import duration, times

    out = []
    median = lambda **w: results.value("median_ns", **{"mode": "handles", **w})  # noqa: E731
    for kind in dict.fromkeys(r["kind"] for r in results.find(group="applications")):
        for mode, wanted in (("handles", 50), ("json", 20)):
            polc = median(group="applications", kind=kind, engine="polc", mode=mode)
            cedar = median(group="applications", kind=kind, engine="cedar-rust", mode=mode)
            if polc and cedar:
                out.append(_line(f"{kind}, {mode}: faster than native Cedar", f"≥ {wanted}×", times(cedar / polc),
                                 cedar / polc >= wanted))
    for kind in ("exact", "hierarchical"):
        at = lambda engine, rules, field="median_ns": results.value(  # noqa: E731
            field, group="rules", kind=kind, engine=engine, rules=rules, mode="handles")  # noqa: B023
        sizes = sorted({r["rules"] for r in results.find(group="rules", kind=kind)})
        if not sizes:
            continue
        low, high = sizes[0], sizes[-1]
        if at("polc", low, "instructions") and at("polc", high, "instructions"):
            growth = at("polc", high, "instructions") / at("polc", low, "instructions")
            out.append(_line(f"{kind}: instructions from {low:,} to {high:,} rules", "≤ 1.25×", times(growth), growth <= 1.25))
        if all(at(e, s) for e in ("polc", "floor") for s in (low, high)):
            polc, floor = at("polc", high) / at("polc", low), at("floor", high) / at("floor", low)
            out.append(_line(f"{kind}: growth of the median from {low:,} to {high:,} rules, against the floor's",
                             "≤ 1.5×", f"{times(polc)} against {times(floor)}", polc <= 1.5 * floor))
        if at("polc", 10_000) and at("floor", 10_000):
            floor = at("floor", 10_000)
            if floor > 60:
                out.append(_line(f"{kind}: the floor at 10,000 rules", "≤ 60 ns", duration(floor), False))
            ratio = at("polc", 10_000) / floor
            out.append(_line(f"{kind}: polc against the floor at 10,000 rules", "≤ 3×",
                             f"{times(ratio)} ({duration(at('polc', 10_000))}, floor {duration(floor)})", ratio <= 3))
        if at("polc", 10_000) and at("cedar-rust", 10_000):
            ratio = at("cedar-rust", 10_000) / at("polc", 10_000)
            out.append(_line(f"{kind}: faster than native Cedar at 10,000 rules", "≥ 10,000×", times(ratio), ratio >= 10_000))
    for kind in ("attributes", "mixed", "adversarial"):
        sizes = sorted({r["rules"] for r in results.find(group="rules", kind=kind)})
        if len(sizes) > 1:
            low, high = (median(group="rules", kind=kind, engine="polc", rules=s) for s in (sizes[0], sizes[-1]))
            if low and high:
                out.append([f"{kind}: growth from {sizes[0]:,} to {sizes[-1]:,} rules", "stated", times(high / low), "–"])
    return out + results.all.get("extra_targets", [])


def text(results):
    from .report import table

    return table(["what", "wanted", "seen", ""], lines(results))
