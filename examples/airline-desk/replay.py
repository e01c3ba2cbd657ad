#!/usr/bin/env python3
"""The desk's recorded tool calls as requests, and what the policy says of them.

  replay.py log DATA        a decision log for `polc simulate --log`: each call as it was let go
  replay.py requests DATA   the same as requests for `polc eval --requests`
  replay.py study DATA --polc POLC [--seed N]
                            calls stopped by rule, sessions with a stopped call against the session's reward,
                            and 60 calls drawn by the seed compared with judged.tsv
  replay.py draw DATA --polc POLC [--seed N]
                            the drawn calls with the reservation as it was, to be judged by hand

DATA is a folder with calls.jsonl, users.json and reservations.json. What a call did is not recorded, only that it was made,
so reservations are rebuilt by applying the earlier calls of the session, all of them, stopped or not. Only second tries are
told apart: a call made again with nothing changed but how it is paid means that the first one did not go through.
Python's standard library is all it needs.
"""
import argparse
import collections
import datetime
import json
import math
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NOW = "2024-05-15T20:00:00Z"  # 15:00 EST, as the written policy says
NEW_IDS = ("HATHAT", "HATHAU", "HATHAV")  # what the tool names the bookings of a session
CHANGES = ("update_reservation_flights", "cancel_reservation")
ABOUT_USER = ("get_user_details", "book_reservation", "send_certificate")
ABOUT_RESERVATION = ("get_reservation_details", "cancel_reservation", "update_reservation_flights",
                     "update_reservation_baggages", "update_reservation_passengers")
READS = ("get_user_details", "get_reservation_details", "list_all_airports", "search_direct_flight",
         "search_onestop_flight", "calculate", "think", "transfer_to_human_agents")
UNKNOWN_FLIGHT = "airline/known_flights"  # stops for want of data, not by what the call says


def uid(kind, name):
    return {"type": kind, "id": name}


def legs(flights):
    return [{"flight_number": f["flight_number"], "date": f["date"]} for f in flights]


def unpaid(tool, args):
    return tool, json.dumps({k: v for k, v in args.items() if k != "payment_id"}, sort_keys=True)


class Session:
    """The reservations of one session, as its calls change them."""

    def __init__(self, users, reservations):
        self.users = users
        self.base = reservations
        self.changed = {}
        self.tried = {}  # the last change of a reservation, and the reservation before it
        self.booked = []  # (user, flights) of each, in order
        self.changes = 0

    def reservation(self, name):
        return self.changed.get(name) or self.base.get(name)

    def own(self, user):
        names = list(self.users[user]["reservations"])
        return names + [NEW_IDS[i] for i, (who, _) in enumerate(self.booked[:len(NEW_IDS)]) if who == user]

    def second_try(self, tool, args):
        """Takes back the last change if this call is another try at it."""
        name = args.get("reservation_id")
        last, before = self.tried.get(name, (None, None))
        if last == unpaid(tool, args):
            self.changed[name] = before

    def apply(self, tool, args):
        if tool == "book_reservation":
            key = (args["user_id"], json.dumps(legs(args["flights"])))
            if key not in self.booked:
                self.booked.append(key)
            at = self.booked.index(key)
            if at < len(NEW_IDS):
                self.changed[NEW_IDS[at]] = {
                    "user_id": args["user_id"], "origin": args["origin"], "destination": args["destination"],
                    "flight_type": args["flight_type"], "cabin": args["cabin"], "flights": legs(args["flights"]),
                    "passengers": args["passengers"], "created_at": "2024-05-15T15:00:00",
                    "total_baggages": args["total_baggages"], "insurance": args["insurance"]}
            return
        if tool in CHANGES:
            self.changes += 1
        name = args.get("reservation_id")
        held = self.reservation(name)
        if held is None or tool not in ABOUT_RESERVATION:
            return
        self.tried[name] = unpaid(tool, args), held
        held = dict(held)
        if tool == "update_reservation_flights":
            held.update(cabin=args["cabin"], flights=legs(args["flights"]))
        elif tool == "update_reservation_baggages":
            held.update(total_baggages=args["total_baggages"])
        elif tool == "update_reservation_passengers":
            held.update(passengers=args["passengers"])
        self.changed[name] = held


class Desk:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.users = json.loads((folder / "users.json").read_text())
        self.reservations = json.loads((folder / "reservations.json").read_text())
        self.calls = [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines() if line]
        # Which way a flight goes is known of those that some reservation has.
        self.routes = {f["flight_number"]: (f["origin"], f["destination"])
                       for r in self.reservations.values() for f in r["flights"]}

    def user_entity(self, name, session):
        methods = collections.defaultdict(list)
        for key, method in self.users[name]["payment_methods"].items():
            methods[method["source"]].append(key)
        return {"uid": uid("User", name), "parents": [], "attrs": {
            "membership": self.users[name]["membership"], "credit_cards": methods["credit_card"],
            "gift_cards": methods["gift_card"], "certificates": methods["certificate"],
            "reservations": [uid("Reservation", r) for r in session.own(name)]}}

    def reservation_entity(self, name, held):
        created = datetime.datetime.fromisoformat(held["created_at"]) + datetime.timedelta(hours=5)
        return {"uid": uid("Reservation", name), "parents": [], "attrs": {
            "user": uid("User", held["user_id"]), "origin": held["origin"], "destination": held["destination"],
            "flight_type": held["flight_type"], "cabin": held["cabin"], "flights": legs(held["flights"]),
            "passengers": len(held["passengers"]), "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "total_baggages": held["total_baggages"], "insured": held["insurance"] == "yes",
            # What the airline cancelled is not in the data.
            "cancelled_by_airline": False}}

    def route(self, flights):
        known = [self.routes.get(f["flight_number"]) for f in flights]
        out = {"visits": sorted({k[1] for k in known if k})}
        if known and known[0]:
            out["starts"] = known[0][0]
        if known and known[-1]:
            out["ends"] = known[-1][1]
        return out

    def request(self, call, session):
        tool, context = call["tool"], dict(call["args"])
        entities = [{"uid": uid("Agent", "desk"), "parents": [uid("Team", "airline_desk")],
                     "attrs": {"owner": uid("Supervisor", "on_duty")}},
                    {"uid": uid("Supervisor", "on_duty"), "parents": [], "attrs": {}}]
        host = {} if tool in READS else {"session": call["session"]}
        if tool in ABOUT_USER:
            name = context.pop("user_id")
            resource = uid("User", name)
            if name in self.users:
                entities.append(self.user_entity(name, session))
                entities += [self.reservation_entity(r, session.reservation(r)) for r in session.own(name)]
        elif tool in ABOUT_RESERVATION:
            name = context.pop("reservation_id")
            resource = uid("Reservation", name)
            held = session.reservation(name)
            if held:
                entities += [self.reservation_entity(name, held), self.user_entity(held["user_id"], session)]
            if tool == "update_reservation_flights":
                host.update(self.route(context["flights"]))
        else:
            resource = uid("Desk", "desk")
            entities.append({"uid": resource, "parents": [], "attrs": {}})
        if "flights" in context:
            context["flights"] = legs(context["flights"])
        # Pinned tools: what the gateway says of the tool that is called.
        host["tool"] = {"schema_digest": "sha256:" + tool, "publisher": "airline", "baseline": "sha256:" + tool}
        return {"principal": uid("Agent", "desk"), "action": uid("Action", tool), "resource": resource,
                "context": context,
                "host": {"now": NOW, "context": host, "entities": entities,
                         "state": [{"input": "changes", "by": "context.session", "key": call["session"],
                                    "value": session.changes, "as_of": NOW}]}}

    def replay(self):
        """Yields each call with its request and the session as it was before."""
        sessions = {}
        for call in self.calls:
            session = sessions.setdefault(call["session"], Session(self.users, self.reservations))
            if call["tool"] not in READS:
                session.second_try(call["tool"], call["args"])
            yield call, self.request(call, session), session
            session.apply(call["tool"], call["args"])


def line(value):
    return json.dumps(value, separators=(",", ":"))


def decide(desk, polc):
    requests = "".join(line(request) + "\n" for _, request, _ in desk.replay())
    run = subprocess.run([polc, "eval", str(HERE), "--requests", "-", "--format", "json"], input=requests, text=True,
                         stdout=subprocess.PIPE, check=True)
    decisions = [json.loads(text) for text in run.stdout.splitlines()]
    if len(decisions) != len(desk.calls):
        sys.exit(f"{len(desk.calls)} calls, but {len(decisions)} decisions")
    return decisions


def stopped(decision):
    return decision["decision"] != "allow"


def label(decision):
    return ", ".join(decision["reasons"]) or decision.get("why", "")


def two_by_two(desk, blocked, title):
    """Sessions with a blocked call or none, against reward 1 or 0, with the odds ratio and Woolf's interval."""
    reward = {call["session"]: call["session_reward"] for call in desk.calls}
    hit = {call["session"] for call, b in zip(desk.calls, blocked) if b}
    cell = collections.Counter((s in hit, r == 1) for s, r in reward.items())
    a, b, c, d = cell[True, True], cell[True, False], cell[False, True], cell[False, False]
    print(f"\n{title}\n  sessions                reward 1  reward 0")
    print(f"  with a stopped call     {a:8}  {b:8}\n  with none               {c:8}  {d:8}")
    note = ""
    if 0 in (a, b, c, d):
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
        note = " (a cell is empty: 0.5 added to each)"
    ratio, spread = a * d / (b * c), 1.959964 * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    print(f"  odds ratio {ratio:.3f}, 95% interval {ratio * math.exp(-spread):.3f} to {ratio * math.exp(spread):.3f}{note}")


def drawn(desk, decisions, seed):
    """30 stopped and 30 other calls. Only calls that can break the policy are drawn from: reads are all allowed."""
    chosen = random.Random(seed)
    yes = [i for i, d in enumerate(decisions) if stopped(d)]
    no = [i for i, d in enumerate(decisions) if not stopped(d) and desk.calls[i]["tool"] not in READS]
    return sorted(chosen.sample(yes, min(30, len(yes))) + chosen.sample(no, min(30, len(no))))


def study(desk, decisions, seed):
    stops = [(call, d) for call, d in zip(desk.calls, decisions) if stopped(d)]
    print(f"{len(desk.calls)} calls in {len({c['session'] for c in desk.calls})} sessions, {len(stops)} stopped")
    by = collections.Counter(rule for _, d in stops for rule in d["reasons"] or ["(" + d.get("why", "") + ")"])
    for rule, count in sorted(by.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {count:5}  {rule}")
    print("by tool")
    tools = collections.Counter(call["tool"] for call in desk.calls)
    for tool, count in sorted(collections.Counter(call["tool"] for call, _ in stops).items()):
        print(f"  {count:5} of {tools[tool]:4}  {tool}")
    errors = [d for d in decisions if d["errors"]]
    print(f"decisions with an error: {len(errors)}")
    two_by_two(desk, [stopped(d) for d in decisions], "a call is stopped")
    two_by_two(desk, [stopped(d) and d["reasons"] != [UNKNOWN_FLIGHT] for d in decisions],
               "a call is stopped, not counting those of which only the route of a flight is not known")
    judged = {}
    for text in (HERE / "judged.tsv").read_text().splitlines():
        if text and not text.startswith("#"):
            session, step, verdict, _ = text.split("\t", 3)
            judged[session, int(step)] = verdict
    picks = drawn(desk, decisions, seed)
    agree, counts = 0, collections.Counter()
    for i in picks:
        key = desk.calls[i]["session"], desk.calls[i]["step"]
        if key not in judged:
            sys.exit(f"{key} is not judged: judged.tsv is for another seed or another policy")
        said = "stopped" if stopped(decisions[i]) else "allowed"
        counts[said, judged[key]] += 1
        agree += (said, judged[key]) in (("stopped", "against"), ("allowed", "within"))
    print(f"\nseed {seed}: {len(picks)} calls judged by hand, {agree} agree")
    for (said, verdict), count in sorted(counts.items()):
        print(f"  {count:5}  {said} by the policy, {verdict} by hand")


def draw(desk, decisions, seed):
    picks = set(drawn(desk, decisions, seed))
    for i, (call, request, session) in enumerate(desk.replay()):
        if i not in picks:
            continue
        print(f"--- {call['session']} {call['step']} {call['tool']}: {'STOPPED' if stopped(decisions[i]) else 'allowed'}"
              f" {label(decisions[i])}")
        print(line(call["args"]))
        print("  host", line({k: v for k, v in request["host"]["context"].items() if k not in ("tool", "session")}))
        for entity in request["host"]["entities"][2:]:
            if entity["uid"] == request["resource"] or entity["uid"]["type"] == "User" or call["tool"] == "send_certificate":
                print("  ", entity["uid"]["id"], line(entity["attrs"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("log", "requests", "study", "draw"))
    parser.add_argument("data")
    parser.add_argument("--polc", default="polc")
    parser.add_argument("--seed", type=int, default=20240515)
    flags = parser.parse_args()
    desk = Desk(flags.data)
    if flags.what == "requests":
        for _, request, _ in desk.replay():
            print(line(request))
    elif flags.what == "log":
        done = {"outcome": "allow", "decision": "allow", "reasons": [], "errors": []}
        for _, request, _ in desk.replay():
            print(line({"polc_log": 1, "time": NOW, "request": request, "decision": done}))
    else:
        (study if flags.what == "study" else draw)(desk, decide(desk, flags.polc), flags.seed)


if __name__ == "__main__":
    main()
