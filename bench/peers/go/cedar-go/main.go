// cedar-go, the Cedar engine in Go: policies, entities and, for handles, requests are made before.
package main

import (
	"encoding/json"
	"os"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"polc.bench/harness"
)

type engine struct {
	policies *cedar.PolicySet
	entities types.EntityMap
	lines    [][]byte
	requests []cedar.Request
	texts    []harness.Request
}

// The JSON of a request, as cedar-go reads its parts.
type requestJSON struct {
	Principal types.EntityUID
	Action    types.EntityUID
	Resource  types.EntityUID
	Context   types.Record
}

func load(folder string) harness.Engine {
	e := &engine{}
	e.policies = harness.Must(cedar.NewPolicySetFromBytes("policies.cedar",
		harness.Must(os.ReadFile(folder+"/policies.cedar"))))
	if err := json.Unmarshal(harness.Must(os.ReadFile(folder+"/entities.json")), &e.entities); err != nil {
		harness.Die("entities: %v", err)
	}
	addActions(folder, e.entities)
	e.texts = harness.ReadRequests(folder)
	for _, r := range e.texts {
		e.lines = append(e.lines, r.Line)
		e.requests = append(e.requests, fromJSON(r.Line))
	}
	return e
}

// The action groups of the schema, which the other engines take from it themselves.
func addActions(folder string, entities types.EntityMap) {
	text, err := os.ReadFile(folder + "/schema.cedarschema.json")
	if err != nil {
		return // synthetic schemas have no groups
	}
	var schema map[string]struct {
		Actions map[string]struct {
			MemberOf []struct{ ID string }
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		harness.Die("schema: %v", err)
	}
	for name, action := range schema[""].Actions {
		var parents []types.EntityUID
		for _, group := range action.MemberOf {
			parents = append(parents, types.NewEntityUID("Action", types.String(group.ID)))
		}
		uid := types.NewEntityUID("Action", types.String(name))
		entities[uid] = types.Entity{UID: uid, Parents: types.NewEntityUIDSet(parents...)}
	}
}

func fromJSON(line []byte) cedar.Request {
	var r requestJSON
	if err := json.Unmarshal(line, &r); err != nil {
		harness.Die("request: %v", err)
	}
	return cedar.Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource, Context: r.Context}
}

func (e *engine) Modes() []string    { return []string{"handles", "json"} }
func (e *engine) Wants() []string    { return []string{"reasons"} }
func (e *engine) NamesReasons() bool { return true }
func (e *engine) RequestCount() int  { return len(e.requests) }

func (e *engine) Explain(i int) harness.Answer {
	decision, diagnostic := cedar.Authorize(e.policies, e.entities, e.requests[i])
	out := harness.Answer{Allowed: decision == cedar.Allow}
	for _, reason := range diagnostic.Reasons {
		out.Reasons = append(out.Reasons, string(reason.PolicyID))
	}
	for _, err := range diagnostic.Errors {
		out.Errors = append(out.Errors, string(err.PolicyID))
	}
	return out
}

func (e *engine) Run(mode, _ string, requests []int) uint64 {
	var sum uint64
	for _, i := range requests {
		request := e.requests[i]
		if mode == "json" {
			request = fromJSON(e.lines[i])
		}
		decision, diagnostic := cedar.Authorize(e.policies, e.entities, request)
		if mode == "json" {
			text := harness.Must(json.Marshal(map[string]any{"decision": decision, "diagnostic": diagnostic}))
			sum += uint64(len(text))
		} else if decision == cedar.Allow {
			sum++
		}
	}
	return sum
}

func main() { harness.Serve("cedar-go", "cedar-go 1.9.0", load) }
