// Casbin: the model and policy that bench/workload writes, loaded once. It answers with the rule that decided,
// not with all that do, so only outcomes are compared.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/casbin/casbin/v2"

	"polc.bench/harness"
)

type principal struct{ Department string }
type resource struct{ Label string }

type engine struct {
	enforcer *casbin.Enforcer
	requests [][]any
}

func load(folder string) harness.Engine {
	conf, err := os.ReadFile(folder + "/casbin.conf")
	if err != nil {
		harness.Skip("Casbin has one matcher for all rules: rules of different forms cannot be said in it")
	}
	e := &engine{enforcer: harness.Must(casbin.NewEnforcer(folder+"/casbin.conf", folder+"/casbin.csv"))}
	e.enforcer.EnableLog(false)
	byAttributes := strings.Contains(string(conf), "p.department")
	attributes := map[harness.UID]map[string]any{}
	if byAttributes {
		for _, entity := range harness.ReadEntities(folder) {
			attributes[entity.UID] = entity.Attrs
		}
	}
	for _, r := range harness.ReadRequests(folder) {
		risk := fmt.Sprintf("%05s", r.Context["risk"])
		if !byAttributes {
			e.requests = append(e.requests, []any{r.Principal.ID, r.Action.ID, r.Resource.ID, risk})
			continue
		}
		e.requests = append(e.requests, []any{
			principal{attributes[r.Principal]["department"].(string)}, r.Action.ID,
			resource{attributes[r.Resource]["label"].(string)}, risk})
	}
	return e
}

func (e *engine) Modes() []string    { return []string{"handles"} }
func (e *engine) Wants() []string    { return []string{"decide"} }
func (e *engine) NamesReasons() bool { return false }
func (e *engine) RequestCount() int  { return len(e.requests) }

func (e *engine) Explain(i int) harness.Answer {
	return harness.Answer{Allowed: harness.Must(e.enforcer.Enforce(e.requests[i]...))}
}

func (e *engine) Run(_, _ string, requests []int) uint64 {
	var sum uint64
	for _, i := range requests {
		if harness.Must(e.enforcer.Enforce(e.requests[i]...)) {
			sum++
		}
	}
	return sum
}

func main() { harness.Serve("casbin", "casbin 2.135.0", load) }
