// OPA by its Go API: one prepared query, over Rego and data that bench/workload wrote (synthetic sets) or over
// the Rego beside this file (the applications of the Cedar paper). The input of each request, with attributes and
// everything above principal and resource, is made before, as an AST value, so that OPA converts nothing.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"polc.bench/harness"
)

//go:embed *.rego
var applications embed.FS

type engine struct {
	queries  map[string]rego.PreparedEvalQuery // by what is wanted
	inputs   []ast.Value
	explains rego.PreparedEvalQuery
}

func load(folder string) harness.Engine {
	entities := harness.ReadEntities(folder)
	up := harness.Up(entities)
	data := map[string]any{}
	policies, err := os.ReadFile(folder + "/policies.rego")
	if err == nil {
		if err := json.Unmarshal(harness.Must(os.ReadFile(folder+"/data.json")), &data); err != nil {
			harness.Die("data: %v", err)
		}
	} else {
		// The applications look entities up that the request does not name.
		policies = harness.Must(applications.ReadFile(filepath.Base(folder) + ".rego"))
		attributes, above := map[string]any{}, map[string]any{}
		for _, e := range entities {
			attributes[e.UID.Key()] = harness.Plain(e.Attrs)
			set := map[string]any{}
			for _, u := range up[e.UID.Key()] {
				set[u] = true
			}
			above[e.UID.Key()] = set
		}
		data["attrs"], data["up"] = attributes, above
	}
	store := inmem.NewFromObjectWithOpts(data, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	prepare := func(query string) rego.PreparedEvalQuery {
		return harness.Must(rego.New(rego.Query(query), rego.Module("policies.rego", string(policies)),
			rego.Store(store)).PrepareForEval(context.Background()))
	}
	e := &engine{queries: map[string]rego.PreparedEvalQuery{
		"decide": prepare("data.bench.allow"), "reasons": prepare("data.bench.reasons")},
		explains: prepare("x = [data.bench.allow, data.bench.reasons]")}
	byUID := map[harness.UID]harness.Entity{}
	for _, entity := range entities {
		byUID[entity.UID] = entity
	}
	for _, r := range harness.ReadRequests(folder) {
		side := func(u harness.UID) map[string]any {
			list := []any{}
			for _, key := range up[u.Key()] {
				list = append(list, key)
			}
			return map[string]any{"uid": u.Key(), "up": list, "attrs": harness.Plain(byUID[u].Attrs)}
		}
		e.inputs = append(e.inputs, harness.Must(ast.InterfaceToValue(map[string]any{
			"principal": side(r.Principal), "action": r.Action.ID, "resource": side(r.Resource), "context": r.Context})))
	}
	return e
}

func (e *engine) Modes() []string    { return []string{"handles"} }
func (e *engine) Wants() []string    { return []string{"decide", "reasons"} }
func (e *engine) NamesReasons() bool { return true }
func (e *engine) RequestCount() int  { return len(e.inputs) }

func (e *engine) Explain(i int) harness.Answer {
	result := harness.Must(e.explains.Eval(context.Background(), rego.EvalParsedInput(e.inputs[i])))
	pair := result[0].Bindings["x"].([]any)
	out := harness.Answer{Allowed: pair[0].(bool)}
	for _, id := range pair[1].([]any) {
		out.Reasons = append(out.Reasons, id.(string))
	}
	return out
}

func (e *engine) Run(_, want string, requests []int) uint64 {
	query, ctx := e.queries[want], context.Background()
	var sum uint64
	for _, i := range requests {
		result := harness.Must(query.Eval(ctx, rego.EvalParsedInput(e.inputs[i])))
		sum += uint64(len(result))
	}
	return sum
}

func main() { harness.Serve("opa", "opa 1.22.0", load) }
