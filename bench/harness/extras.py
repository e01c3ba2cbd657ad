"""What is measured beside decisions. Each function adds tables and targets to the results."""

import json
import os
import re
import shutil
import subprocess
import time

from . import cases
from .build import WORK, Skip, run
from .report import duration, table, times


def timed(command):
    """(wall seconds, peak RSS in KiB, standard output) of one process of its own."""
    begin = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Skip(f"{command[0]} failed")
    return time.monotonic() - begin, usage.ru_maxrss, out


def _median(runs):
    return sorted(runs)[len(runs) // 2]


def compile_speed(results, polc, cedar, quick):
    """Text to bundle, beside native Cedar's parsing and validating: 100,000 mixed policies."""
    rules = 10_000 if quick else 100_000
    case = cases.Case("rules", "mixed", rules, 10_000, WORK / "cases" / f"mixed-{rules}")
    cases.prepare(case, polc)
    folder = case.folder
    ours = [polc, "compile", folder / "policies.cedar", "--schema", folder / "schema.cedarschema", "-o", folder / "speed.polb"]
    rows, best = [], {}
    commands = {"polc: parse, check strictly, build, write": ours}
    if cedar:
        commands["cedar-rust: parse, validate strictly"] = [cedar, "validate", folder / "policies.cedar", folder / "schema.cedarschema"]
    for name, command in commands.items():
        runs = [timed(command) for _ in range(3)]
        wall, rss = _median([r[0] for r in runs]), _median([r[1] for r in runs])
        best[name.split(":")[0]] = (wall, rss)
        rows.append([name, f"{wall:.2f} s", f"{rss / 1024:.0f} MiB"])
    size = (folder / "policies.cedar").stat().st_size
    results["extra"].append((f"Compiling {rules:,} policies ({size / 2**20:.1f} MiB of text), each in its own process",
                             table(["", "wall", "peak RSS"], rows)))
    if "cedar-rust" in best:
        (wall, rss), (their_wall, their_rss) = best["polc"], best["cedar-rust"]
        results["extra_targets"] += [
            [f"{rules:,} policies to a bundle, against native Cedar's parse and validate", "≤ 1×", times(wall / their_wall),
             "met" if wall <= their_wall else "missed"],
            ["peak RSS of the same", "≤ 0.5×, goal 0.25×", times(rss / their_rss),
             "met, and the goal" if rss <= their_rss / 4 else "met" if rss <= their_rss / 2 else "missed"]]
    seen = json.loads(timed([WORK / "cc" / "polc_open", folder])[2])
    rate = seen["bytes"] / seen["verify_s"] / 1e6
    results["extra"].append((f"Opening what came out, {seen['bytes'] / 1e6:.0f} MB", table(
        ["", "median"], [["open", duration(seen["open_s"] * 1e9)], ["verify", f"{duration(seen['verify_s'] * 1e9)}, {rate:,.0f} MB/s"],
                         ["open the store of 10,000 entities", duration(seen["store_open_s"] * 1e9)],
                         ["link both to an engine", duration(seen["engine_s"] * 1e9)]])))
    results["extra_targets"] += [
        ["open", "< 10 ms", duration(seen["open_s"] * 1e9), "met" if seen["open_s"] < 0.01 else "missed"],
        ["verify", "≥ 150 MB/s", f"{rate:,.0f} MB/s", "met" if rate >= 150 else "missed"]]


def edit(results, polc, quick):
    """From saving one edited policy of a large project, one of its thousand files, to the first decision by it."""
    rules, files = (10_000, 100) if quick else (100_000, 1000)
    case = cases.Case("rules", "exact", rules, 10_000, WORK / "cases" / f"exact-{rules}")
    cases.prepare(case, polc)
    project, bundle = WORK / "project", WORK / "project.polb"
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    for old in (bundle, bundle.with_name(bundle.name + ".update")):
        old.unlink(missing_ok=True)
    lines = (case.folder / "policies.cedar").read_text().splitlines(keepends=True)
    each = len(lines) // files
    names = [project / f"{i:04}.cedar" for i in range(files)]
    for i, name in enumerate(names):
        name.write_text("".join(lines[i * each:(i + 1) * each]))
    # The rule that speaks for the first request is taken away and given back in turn, by a forbid beside it.
    request = json.loads((case.folder / "requests.jsonl").open().readline())
    uid = lambda u: f'{u["type"]}::"{u["id"]}"'  # noqa: E731
    scope = f'principal == {uid(request["principal"])}, action == {uid(request["action"])}, resource == {uid(request["resource"])}'
    edited = names[files // 2]
    text = edited.read_text()
    forms = {"allow": text + f"permit ({scope});\n", "deny": text + f"forbid ({scope});\n"}
    edited.write_text(forms["allow"])
    log = open(WORK / "log" / "watch.txt", "w")
    command = [str(polc), "compile", str(project), "--schema", str(case.folder / "schema.cedarschema"), "-o", str(bundle), "--watch", "--updates"]
    watcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    follower = None
    try:
        if not watcher.stdout.readline():
            raise Skip(f"polc compile --watch ended, see {log.name}")
        follower = subprocess.Popen([str(WORK / "cc" / "polc_follow"), str(case.folder), str(bundle)], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        if json.loads(follower.stdout.readline())["outcome"] != "allow":
            raise RuntimeError("the first request is not allowed to begin with")
        totals, parts = [], {"open_ns": [], "verify_ns": [], "swap_ns": [], "decide_ns": []}
        for i in range(5 if quick else 9):
            outcome = ("deny", "allow")[i % 2]
            begin = time.monotonic_ns()
            edited.write_text(forms[outcome])
            seen = json.loads(follower.stdout.readline())
            if seen["outcome"] != outcome:
                raise RuntimeError("the engine decides by another policy than was saved")
            totals.append(seen["at_ns"] - begin)
            for key, values in parts.items():
                values.append(seen[key])
            watcher.stdout.readline()
        updated = json.loads(timed([WORK / "cc" / "polc_updated", case.folder, bundle, 2 if quick else 7])[2])
    finally:
        watcher.terminate()
        watcher.wait()
        if follower:
            follower.stdin.close()
            follower.wait()
    total = _median(totals)
    medians = {key: _median(values) for key, values in parts.items()}
    rows = [["noticed, compiled and written by `polc compile --watch`", duration(total - sum(medians.values()))],
            ["opened", duration(medians["open_ns"])], ["verified", duration(medians["verify_ns"])],
            ["linked and swapped into the running engine", duration(medians["swap_ns"])], ["first decision", duration(medians["decide_ns"])],
            ["from saving to that", duration(total)],
            ["from then on a decision by handles, with reasons", duration(updated["updated_ns"])],
            ["the same by the bundle without the update", duration(updated["base_ns"])]]
    results["extra"].append((f"One policy of {rules:,} in {files:,} files edited and saved", table(["", "median"], rows)))
    results["extra_targets"].append(["from a saved edit of one policy to the first decision by it", "< 50 ms", duration(total),
                                     "met" if total < 50e6 else "missed"])


def threads(results, polc, seconds):
    """Two threads against one, beside a loop of registers."""
    case = cases.Case("rules", "hierarchical", 1000, 10_000, WORK / "cases" / "hierarchical-1000")
    cases.prepare(case, polc)
    seen = json.loads(timed([WORK / "cc" / "polc_threads", case.folder, seconds])[2])
    results["extra"].append(("Two threads against one", table(
        ["", "rate of two / rate of one"],
        [["deciding by handles", f"{seen['decide']:.3f}"], ["a loop of registers", f"{seen['registers']:.3f}"],
         ["the first by the second, median of pairs", f"{seen['relative']:.3f}"]])))
    results["extra_targets"].append(["two threads, of the scaling of a loop of registers", "≥ 0.95×", times(seen["relative"]),
                                     "met" if seen["relative"] >= 0.95 else "missed"])


def pol(results, polc, seconds):
    """1,000 rules of Cedar in Pol, each allow with a limit and a required approval beside it, against the Cedar set."""
    rows = []
    for kind in ("exact", "hierarchical"):
        case = cases.Case("rules", kind, 1000, 10_000, WORK / "cases" / f"{kind}-1000")
        cases.prepare(case, polc)
        run([polc, "compile", case.folder / "policies.pol", "-o", case.folder / "pol.polb"], WORK / "log" / "compile-pol.txt")
        seen = json.loads(timed([WORK / "cc" / "polc_pol", case.folder, seconds])[2])
        rows.append([f"{kind}, 1,000 rules", duration(seen["cedar_ns"]), duration(seen["pol_ns"]), times(seen["ratio"])])
        results["extra_targets"].append([f"a Pol decision with limit and approval against Cedar's, {kind}", "≤ 3×",
                                         times(seen["ratio"]), "met" if seen["ratio"] <= 3 else "missed"])
    results["extra"].append(("Pol against Cedar by handles, with reasons, taking turns in one process", table(
        ["", "Cedar: 1,000 allows", "Pol: 1,000 allows, limits and required approvals", "ratio, median of pairs"], rows)))


def _uid(kind, name):
    return {"type": kind, "id": name}


def _edits(path):
    """A leaf with eight parents, and one edge above 10, 1,000 and 100,000 descendants; each in two forms."""
    def folder(name, parents):
        return {"uid": _uid("Folder", name), "attrs": {}, "parents": [_uid("Folder", p) for p in parents]}

    def user(teams):
        return {"uid": _uid("User", "u17"), "attrs": {"department": "dep1", "level": 3}, "parents": [_uid("Team", f"t{t}") for t in teams]}

    below = [10, 1000, 100_000]
    setup = [folder(f"above{i}", []) for i in range(2)]
    for k in below:
        setup.append(folder(f"k{k}", ["above0"]))
        setup += [{"uid": _uid("Doc", f"k{k}d{i}"), "attrs": {"label": "lab1", "size": 1}, "parents": [_uid("Folder", f"k{k}")]}
                  for i in range(k)]
    dump = lambda v: json.dumps(v, separators=(",", ":"))  # noqa: E731
    lines = ["setup\t" + dump(setup), "leaf\t" + dump([user(range(8))]) + "\t" + dump([user(range(8, 16))])]
    lines += [f"edge{k}\t" + dump([folder(f"k{k}", ["above1"])]) + "\t" + dump([folder(f"k{k}", ["above0"])]) for k in below]
    path.write_text("\n".join(lines) + "\n")


def store(results, polc, cedar, quick):
    """Changing a store of 1,000,000 entities, beside Cedar's recomputing its hierarchy."""
    entities = 100_000 if quick else 1_000_000
    case = cases.Case("entities", "hierarchical", 1000, entities, WORK / "cases" / f"entities-{entities}")
    cases.prepare(case, polc)
    edits = WORK / "edits.tsv"
    _edits(edits)
    ours = json.loads(timed([WORK / "cc" / "polc_store", case.folder, edits, 2])[2])
    theirs = json.loads(timed([cedar, "store", case.folder, edits])[2]) if cedar else {}
    names = {"leaf": "a leaf with 8 parents", "edge10": "an edge above 10", "edge1000": "an edge above 1,000",
             "edge100000": "an edge above 100,000"}
    rows = [[text, *(duration(ours[key][column]) for column in ("median_ns", "p99_ns", "seen_median_ns", "seen_p99_ns")),
             duration(theirs.get(key))] for key, text in names.items()]
    results["extra"].append((f"One change to a store of {entities:,} entities, under an engine of 1,000 rules", table(
        ["", "committed, median", "99th percentile", "engine refreshed and a request decided, median", "99th percentile",
         "cedar-rust, whole hierarchy anew"], rows)))
    leaf = ours["leaf"]
    results["extra_targets"].append([f"upsert of a leaf with 8 parents among {entities:,}, engine refreshed, next decision made", "< 20 µs",
                                     f"{duration(leaf['seen_median_ns'])}, p99 {duration(leaf['seen_p99_ns'])}",
                                     "met" if leaf["seen_median_ns"] < 20_000 else "missed"])
    growth = ours["edge100000"]["seen_median_ns"] / ours["edge1000"]["seen_median_ns"]
    results["extra_targets"].append(["an edge above 100,000, against above 1,000", "linear: 100×, and a third for caches", times(growth),
                                     "met" if growth <= 133 else "missed"])


def micro(results, polc):
    """The parts of one decision, by Google Benchmark."""
    program = WORK / "cc" / "polc_micro"
    if not program.exists():
        raise Skip("no Google Benchmark (libbenchmark-dev)")
    case = cases.Case("rules", "exact", 1000, 10_000, WORK / "cases" / "exact-1000")
    cases.prepare(case, polc)
    out = subprocess.run([str(program), "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_min_time=0.05",
                          "--benchmark_report_aggregates_only=true"], capture_output=True, text=True,
                         env=dict(os.environ, POLC_BENCH_CASE=str(case.folder))).stdout
    rows = [[b["run_name"], f"{b['cpu_time']:.1f} ns"] for b in json.loads(out)["benchmarks"] if b["aggregate_name"] == "median"]
    results["extra"].append(("Parts of a decision, 1,000 exact rules (Google Benchmark, processor time)", table(["", "median"], rows)))


def instructions(case, commands):
    """{engine: instructions per decision} by callgrind, which counts the same on every run."""
    if not shutil.which("valgrind"):
        raise Skip("no valgrind")
    out = {}
    for name in ("polc", "floor", "cedar-rust"):
        if name not in commands or (name == "cedar-rust" and case.rules > 1000):
            continue
        decisions = 20 if name == "cedar-rust" else 2000 if case.rules <= 1000 else 200
        process = subprocess.run(
            ["nice", "valgrind", "--tool=callgrind", f"--callgrind-out-file={case.folder}/callgrind.out", "--collect-atstart=no",
             "--toggle-collect=polc_bench_counted", *map(str, commands[name]), str(case.folder)],
            input=f"count handles reasons {decisions}\n", capture_output=True, text=True)
        collected = re.search(r"Collected : (\d+)", process.stderr)
        if collected and f'"counted":{decisions}' in process.stdout:
            out[name] = int(collected.group(1)) / decisions
    return out
