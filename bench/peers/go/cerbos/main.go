// Cerbos in this process, without its server: the packages that its own tools and its embedded decision point use
// compile a folder of policies to a rule table and check requests by it, so that no gRPC call is in the times. The
// policies are those that bench/workload wrote (synthetic sets) or those beside this file (the applications of the
// Cedar paper).
//
// A request holds all that Cerbos is told: attributes, what lies above principal and resource as `up`, and the
// context, for which it has no other place, among the resource's attributes. Where policies name groups as roles,
// a principal has its groups as roles. It answers with a policy, not with the rules that decided, so only outcomes
// are compared.
package main

import (
	"context"
	"embed"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"github.com/cerbos/cerbos/private/ruletable"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	"google.golang.org/protobuf/types/known/structpb"

	"polc.bench/harness"
)

//go:embed gdrive github tinytodo
var applications embed.FS

// Everybody has this role, which rules name that are not about groups.
const anybody = "user"

type engine struct {
	table  ruletable.Evaluator
	inputs [][]*enginev1.CheckInput // one each: Check takes several, and decides one after the other
}

func load(folder string) harness.Engine {
	policies := os.DirFS(filepath.Join(folder, "cerbos"))
	if _, err := fs.Stat(policies, "."); err != nil {
		policies = harness.Must(fs.Sub(applications, filepath.Base(folder)))
	}
	table := harness.Must(compile.Compile(context.Background(), policies))
	byGroups := namesGroups(table)
	e := &engine{table: harness.Must(ruletable.NewRuleTableFromProto(table, nil))}

	entities := harness.ReadEntities(folder)
	up := harness.Up(entities)
	byUID := map[harness.UID]harness.Entity{}
	for _, entity := range entities {
		byUID[entity.UID] = entity
	}
	made := map[harness.UID]attrs{}
	side := func(u harness.UID) attrs {
		if made[u] == nil {
			made[u] = told(byUID[u], up[u.Key()], byUID)
		}
		return made[u]
	}
	for _, r := range harness.ReadRequests(folder) {
		roles := []string{anybody}
		if byGroups {
			roles = up[r.Principal.Key()][1:]
		}
		e.inputs = append(e.inputs, []*enginev1.CheckInput{{
			Principal: &enginev1.Principal{Id: r.Principal.ID, Roles: roles, Attr: side(r.Principal)},
			Resource:  &enginev1.Resource{Kind: r.Resource.Type, Id: r.Resource.ID, Attr: with(side(r.Resource), r.Context)},
			Actions:   []string{r.Action.ID}}})
	}
	e.warmUp()
	return e
}

type attrs = map[string]*structpb.Value

// Whether a rule is for another role than anybody's.
func namesGroups(table *runtimev1.RuleTable) bool {
	for _, rule := range table.Rules {
		if rule.PolicyKind == policyv1.Kind_KIND_RESOURCE && rule.Role != anybody {
			return true
		}
	}
	return false
}

// What a request says of an entity: its attributes, the attributes of those that they name (`of`), its key and the
// keys of all above it, its own among them. They are the fields of an object, where CEL finds one faster than in a list.
func told(entity harness.Entity, up []string, all map[harness.UID]harness.Entity) attrs {
	of, keys := map[string]any{}, map[string]any{}
	for name, value := range entity.Attrs {
		if named, ok := harness.Named(value); ok && len(all[named].Attrs) > 0 {
			of[name] = harness.Plain(all[named].Attrs)
		}
	}
	for _, key := range up {
		keys[key] = true
	}
	own := harness.Must(structpb.NewStruct(map[string]any{"uid": entity.UID.Key(), "up": keys, "of": of})).Fields
	return with(own, entity.Attrs)
}

// Some attributes and some more.
func with(some attrs, more map[string]any) attrs {
	out := maps.Clone(some)
	for name, value := range more {
		out[name] = harness.Must(structpb.NewValue(harness.Plain(value)))
	}
	return out
}

// Cerbos compiles a condition when it is first needed, which is nobody's decision to pay for here.
func (e *engine) warmUp() {
	for i, begin := 0, time.Now(); i < len(e.inputs) && time.Since(begin) < 5*time.Second; i++ {
		e.allows(i)
	}
}

func (e *engine) allows(i int) bool {
	outputs, _, err := e.table.Check(context.Background(), e.inputs[i])
	if err != nil {
		harness.Die("%v", err)
	}
	return outputs[0].Actions[e.inputs[i][0].Actions[0]].Effect == effectv1.Effect_EFFECT_ALLOW
}

func (e *engine) Modes() []string    { return []string{"handles"} }
func (e *engine) Wants() []string    { return []string{"decide"} }
func (e *engine) NamesReasons() bool { return false }
func (e *engine) RequestCount() int  { return len(e.inputs) }

func (e *engine) Explain(i int) harness.Answer { return harness.Answer{Allowed: e.allows(i)} }

func (e *engine) Run(_, _ string, requests []int) uint64 {
	var sum uint64
	for _, i := range requests {
		if e.allows(i) {
			sum++
		}
	}
	return sum
}

func main() { harness.Serve("cerbos", "cerbos 0.55.0", load) }
