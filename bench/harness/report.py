"""From results to what people read: aligned Markdown tables, and plots beside them."""

import json
import platform
import re
import subprocess
from pathlib import Path

from . import plot, targets
from .build import WORK

ENGINES = ["floor", "polc", "cedar-rust", "cedar-go", "opa", "casbin", "cerbos"]
BEGIN, END = "<!-- written by bench/run -->", "<!-- end of what bench/run wrote -->"


def machine():
    cpu = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", cpu)

    def version(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
        except (OSError, IndexError):
            return "none"

    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) // 2**20
    return {"processor": model.group(1) if model else platform.processor(), "cores": cpu.count("processor\t"),
            "memory_gib": memory, "compiler": version("c++", "--version"), "rust": version("rustc", "--version"),
            "go": version("go", "version"), "system": platform.platform(terse=True)}


def duration(ns):
    """Three digits and a unit people read."""
    if ns is None:
        return "–"
    for limit, unit, divisor in ((1e3, "ns", 1), (1e6, "µs", 1e3), (1e9, "ms", 1e6), (float("inf"), "s", 1e9)):
        if ns < limit:
            value = ns / divisor
            return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"
    return ""


def times(ratio):
    if ratio is None:
        return "–"
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2f}×"


def table(head, rows):
    cells = [head, *[[str(c) for c in row] for row in rows]]
    width = [max(len(row[i]) for row in cells) for i in range(len(head))]
    pad = lambda row: "| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, width))) + " |"  # noqa: E731
    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(width)) + "|"
    return "\n".join([pad(cells[0]), rule, *map(pad, cells[1:])])


class Results:
    """Rows by what they are about."""

    def __init__(self, results):
        self.all = results
        self.rows = results["rows"]

    def find(self, **wanted):
        return [r for r in self.rows if all(r.get(k) == v for k, v in wanted.items())]

    def value(self, field="median_ns", **wanted):
        """One number, or nothing. Of several ways to want the answer, the one with all reasons."""
        found = [r for r in self.find(**{"class": "all", **wanted}) if r.get(field) is not None]
        found.sort(key=lambda r: r["want"] == "reasons")
        return found[-1][field] if found else None

    def engines(self, **wanted):
        present = {r["engine"] for r in self.find(**wanted)}
        return [e for e in ENGINES if e in present] + sorted(present - set(ENGINES))


def _sweep(results, group, kind, by, field):
    engines = results.engines(group=group, kind=kind)
    sizes = sorted({r[by] for r in results.find(group=group, kind=kind)})
    head = [by, *[f"{e}" for e in engines]]
    if field == "median_ns":
        head += ["polc/floor", "cedar-rust/polc"] if "floor" in engines else ["cedar-rust/polc"]
    rows = []
    for size in sizes:
        at = lambda e: results.value(field, group=group, kind=kind, engine=e, mode="handles", **{by: size})  # noqa: B023, E731
        row = [f"{size:,}", *[duration(at(e)) for e in engines]]
        if field == "median_ns":
            polc, floor, cedar = at("polc"), at("floor"), at("cedar-rust")
            if "floor" in engines:
                row.append(times(polc / floor if polc and floor else None))
            row.append(times(cedar / polc if polc and cedar else None))
        rows.append(row)
    return table(head, rows)


def _ways(results):
    """polc's doors and wants, and the peers' doors, for every case."""
    rows = []
    doors = [("polc", m, w) for m in ("handles", "fresh", "strings", "json") for w in ("decide", "reasons")]
    doors += [(e, m, "reasons") for e in ("cedar-rust", "cedar-go") for m in ("handles", "json")]
    doors = [d for d in doors if results.find(engine=d[0], mode=d[1], want=d[2])]
    for case in _cases(results):
        row = [_case_name(case)]
        for engine, mode, want in doors:
            row.append(duration(results.value(engine=engine, mode=mode, want=want, **case)))
        rows.append(row)
    return table(["case", *[f"{e} {m}, {w}" if e == "polc" else f"{e} {m}" for e, m, w in doors]], rows)


def _cases(results):
    seen = []
    for r in results.rows:
        case = {k: r[k] for k in ("group", "kind", "rules", "entities")}
        if case not in seen:
            seen.append(case)
    return seen


def _case_name(case):
    if case["group"] == "applications":
        return case["kind"]
    return f"{case['kind']}, {case['rules']:,} rules, {case['entities']:,} entities"


def _classes(results):
    rows = []
    for case in _cases(results):
        row = [_case_name(case)]
        shares = next(iter(results.find(**case)))["shares"]
        for letter, word in (("a", "allowed"), ("d", "denied"), ("n", "defaulted")):
            found = results.value(engine="polc", **{**case, "class": word})
            row.append(f"{duration(found)} ({shares[letter]:.0%})")
        rows.append(row)
    return table(["polc, handles", "allowed", "denied by a rule", "defaulted"], rows)


def _peers(results):
    """What was equal, how far, and what loading cost."""
    rows = []
    for case in _cases(results):
        for engine in results.engines(**case):
            r = results.find(engine=engine, **case)[0]
            rows.append([_case_name(case), engine, f"{r['checked']:,}", f"{r['load_s']:.2f} s", f"{r['rss_kib'] / 1024:.0f} MiB"])
    return table(["case", "engine", "answers compared", "load", "peak RSS after load"], rows)


def _quiet(results):
    """How far the numbers can be trusted: whether others had the processor meanwhile."""
    shares = sorted(r["waited"] for r in results.rows if "waited" in r)
    if not shares:
        return ""
    busy = sum(s > 0.1 for s in shares)
    return (f"While they were timed, engines waited {shares[len(shares) // 2]:.0%} of the time (median; at most "
            f"{shares[-1]:.0%}) for a processor that others had; "
            + ("nothing here suffered from that.\n" if busy == 0 else
               f"{busy} of {len(shares)} measurements waited more than a tenth, and what takes milliseconds seems slower in them.\n"))


def sections(results):
    """[(title, text)] of everything there is."""
    out = [("Targets", targets.text(results))]
    for kind in dict.fromkeys(r["kind"] for r in results.find(group="rules")):
        out.append((f"Cost against rules: {kind}, 10,000 entities, handles", _sweep(results, "rules", kind, "rules", "median_ns")))
        out.append((f"The same, 99th percentile: {kind}", _sweep(results, "rules", kind, "rules", "p99_ns")))
    counted = [r for r in results.rows if r.get("instructions")]
    if counted:
        rows = []
        for case in _cases(results):
            at = {e: results.value("instructions", engine=e, mode="handles", **case) for e in ("floor", "polc", "cedar-rust")}
            if any(at.values()):
                rows.append([_case_name(case), *[f"{at[e]:,.0f}" if at[e] else "–" for e in at]])
        out.append(("Instructions a decision, by handles (callgrind)", table(["case", "floor", "polc", "cedar-rust"], rows)))
    if results.find(group="entities"):
        out.append(("Cost against entities: hierarchical, 1,000 rules, handles",
                    _sweep(results, "entities", "hierarchical", "entities", "median_ns")))
        out.append(("The same, 99th percentile", _sweep(results, "entities", "hierarchical", "entities", "p99_ns")))
    if results.find(group="applications"):
        rows = []
        for kind in dict.fromkeys(r["kind"] for r in results.find(group="applications")):
            for mode in ("handles", "json"):
                at = {e: results.value(group="applications", kind=kind, mode=mode, engine=e) for e in ENGINES[1:]}
                ratio = at["cedar-rust"] / at["polc"] if at["polc"] and at["cedar-rust"] else None
                rows.append([f"{kind}, {mode}", *[duration(at[e]) for e in ENGINES[1:]], times(ratio)])
        out.append(("Applications of the Cedar paper, N = 50", table(["application", *ENGINES[1:], "cedar-rust/polc"], rows)))
    for title, text in results.all.get("extra", []):
        out.append((title, text))
    if results.rows:
        out.append(("By door and by what is wanted", _ways(results)))
        out.append(("By outcome", _classes(results)))
        out.append(("Compared before timed, and loading", _peers(results)))
    if results.all["skipped"]:
        grouped = {}
        for s in results.all["skipped"]:
            grouped.setdefault((s["engine"], s["reason"]), []).append(s["case"])
        rows = [[e, ", ".join(c) if len(c) < 4 else f"{len(c)} cases", reason] for (e, reason), c in grouped.items()]
        out.append(("Skipped", table(["engine", "case", "reason"], rows)))
    return out


def finish(raw, options):
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "results.json").write_text(json.dumps(raw, indent=1))
    results = Results(raw)
    # The page's plots lie in a folder of its name.
    raw["plots"] = plot.write(results, Path(options.page).with_suffix("") if options.page else WORK / "plots")
    if options.format == "json":
        print(json.dumps(raw, indent=1))
        return
    m = raw["machine"]
    text = (f"Machine: {m['processor']}, {m['cores']} cores, {m['memory_gib']} GiB; {m['compiler']}; {m['rust']}; {m['go']}; "
            f"{m['system']}.\nCommand: `{raw['command']}`\n{_quiet(results)}")
    for title, body in sections(results):
        text += f"\n## {title}\n\n{body}\n"
        if title == "Targets" and options.page:
            text += "\n## Plots\n\n" + "\n".join(f"![{Path(p).stem}]({Path(p).parent.name}/{Path(p).name})" for p in raw["plots"]) + "\n"
    print(text)
    print("plots:", *raw["plots"])
    if options.page:
        page = Path(options.page)
        old = page.read_text()
        before, rest = old.split(BEGIN)
        page.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1])
