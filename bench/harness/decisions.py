"""Decisions: equal answers first, then times, for every case and engine."""

import statistics

from .build import Skip
from .engines import Process

LOAD_SECONDS = 60
TURNS = 5
SLOW = 100  # decisions there have to be time for


class Disagreement(Exception):
    """Two engines answer a request differently: nothing is worth timing then."""


def compare(case, answers):
    """Checks that all engines gave the same answers as far as each got; polc's are the longest list."""
    known = case.folder / "known.txt"
    if known.exists():
        answers = dict(answers, corpus=(known.read_text().splitlines(), True))
    reference, _ = answers["polc"]
    for name, (lines, with_reasons) in answers.items():
        for i, (mine, theirs) in enumerate(zip(reference, lines)):
            if not with_reasons:
                mine, theirs = mine.split("\t")[0], theirs.split("\t")[0]
            if mine != theirs:
                raise Disagreement(f"{case.name}: request {i} is {mine!r} for polc and {theirs!r} for {name}")


def classes(lines):
    """One letter a request: a allowed, d denied by a rule, n nothing spoke."""
    def letter(line):
        outcome, reasons, _ = line.split("\t")
        return "a" if outcome == "allow" else "d" if reasons else "n"
    return "".join(map(letter, lines))


def in_turns(wanted, seconds, class_file):
    """One row each of [(process, row)]. All take turns, so that what else the machine does falls on all of them."""
    turns = [[] for _ in wanted]
    for turn in range(TURNS):
        for taken, (process, row) in zip(turns, wanted):
            # What takes so long that a turn is a few decisions is not worth more of them.
            if turn > 0 and taken[0]["median_ns"] * SLOW > seconds * 1e9:
                continue
            taken.append(process.timed("time", row["mode"], row["want"], row["class"], seconds / TURNS, class_file))
    return [dict(row, **together(taken)) for taken, (_, row) in zip(turns, wanted)]


def together(turns):
    """What several turns say as one: of medians the median, of 99th percentiles too."""
    each = lambda key: [turn[key] for turn in turns]  # noqa: E731
    return {"median_ns": statistics.median(each("median_ns")), "p99_ns": statistics.median(each("p99_ns")),
            "low_ns": min(each("low_ns")), "high_ns": max(each("high_ns")), "batch": turns[0]["batch"],
            "decisions": sum(each("decisions")), "distinct": turns[0]["distinct"],
            "waited": statistics.mean(each("waited"))}


def measure(case, commands, options, say):
    """Rows of results for one case: [{case..., engine, mode, want, class, median_ns, ...}] and what was skipped."""
    rows, skipped = [], []
    running = {}
    try:
        for name, command in commands.items():
            try:
                running[name] = Process(name, [*command, case.folder], LOAD_SECONDS)
            except Skip as reason:
                skipped.append({"case": case.name, "engine": name, "reason": str(reason)})
        answers = {}
        for name, process in list(running.items()):
            path = case.folder / f"answers-{name}.txt"
            seconds = 60 if name == "polc" else options.check_seconds
            try:
                process.ask("answers", 100_000, seconds, path, timeout=seconds + 120)
            except Skip as reason:
                skipped.append({"case": case.name, "engine": name, "reason": f"deciding: {reason}"})
                running.pop(name).close()
                continue
            answers[name] = (path.read_text().splitlines(), process.info.get("names_reasons", True))
        if "polc" not in answers:
            return [], skipped
        compare(case, answers)
        letters = classes(answers["polc"][0])
        class_file = case.folder / "classes.txt"
        class_file.write_text(letters)
        shares = {c: letters.count(c) / len(letters) for c in "adn"}
        wanted = []
        for name, process in running.items():
            base = {"group": case.group, "kind": case.kind, "rules": case.rules, "entities": case.entities,
                    "engine": name, "checked": len(answers[name][0]), "load_s": process.info["load_s"],
                    "rss_kib": process.info["rss_kib"], "shares": shares}
            for mode in process.info["modes"]:
                # A JSON answer always has the reasons.
                for want in process.info["wants"] if mode != "json" else process.info["wants"][-1:]:
                    wanted.append((process, dict(base, mode=mode, want=want, **{"class": "all"})))
            if name in ("polc", "floor"):
                for letter, word in (("a", "allowed"), ("d", "denied"), ("n", "defaulted")):
                    if letter in letters:
                        wanted.append((process, dict(base, mode="handles", want=process.info["wants"][-1], **{"class": word})))
        rows = in_turns(wanted, options.seconds, class_file)
        for row in rows:
            if row["class"] == "all":
                say(f"  {row['engine']:<11} {row['mode']:<8} {row['want']:<8} {row['median_ns']:>14,.1f} ns")
    finally:
        for process in running.values():
            process.close()
    return rows, skipped
