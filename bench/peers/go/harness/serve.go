// Package harness is what the Go peers share: requests, the protocol of bench/README.md, and how time is taken,
// the same as bench/engine/engine.cc.
package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"time"
)

// UID names an entity.
type UID struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Key is the one text an entity goes by in languages without types.
func (u UID) Key() string { return u.Type + "::" + u.ID }

// Request is one line of requests.jsonl.
type Request struct {
	Principal, Action, Resource UID
	Context                     map[string]any // numbers are json.Number
	Line                        []byte         `json:"-"`
}

// Entity is one element of entities.json, its parents in either of the forms they may have.
type Entity struct {
	UID     UID
	Attrs   map[string]any
	Parents []UID
}

// Answer is all that is said about one request.
type Answer struct {
	Allowed bool
	Reasons []string
	Errors  []string
}

// Engine is what is timed.
type Engine interface {
	Modes() []string
	Wants() []string
	NamesReasons() bool
	RequestCount() int
	Explain(request int) Answer
	// Run decides these requests, one after the other.
	Run(mode, want string, requests []int) uint64
}

// Die ends the program with a message.
func Die(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

// Skip says why this case cannot be done, and ends.
func Skip(reason string) {
	text, _ := json.Marshal(map[string]string{"skip": reason})
	fmt.Println(string(text))
	os.Exit(0)
}

// Must is for what cannot go wrong unless the benchmark is broken.
func Must[T any](value T, err error) T {
	if err != nil {
		Die("%v", err)
	}
	return value
}

// ReadRequests reads requests.jsonl.
func ReadRequests(folder string) []Request {
	file := Must(os.Open(folder + "/requests.jsonl"))
	defer file.Close()
	var out []Request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := append([]byte(nil), lines.Bytes()...)
		request := Request{Line: line}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&request); err != nil {
			Die("requests.jsonl: %v", err)
		}
		out = append(out, request)
	}
	return out
}

type wrapped struct {
	Entity *UID `json:"__entity"`
	UID
}

func (w wrapped) plain() UID {
	if w.Entity != nil {
		return *w.Entity
	}
	return w.UID
}

// ReadEntities reads entities.json. Numbers come as json.Number.
func ReadEntities(folder string) []Entity {
	file := Must(os.Open(folder + "/entities.json"))
	defer file.Close()
	decoder := json.NewDecoder(bufio.NewReader(file))
	decoder.UseNumber()
	var raw []struct {
		UID     wrapped
		Attrs   map[string]any
		Parents []wrapped
	}
	if err := decoder.Decode(&raw); err != nil {
		Die("entities.json: %v", err)
	}
	out := make([]Entity, len(raw))
	for i, e := range raw {
		out[i] = Entity{UID: e.UID.plain(), Attrs: e.Attrs}
		for _, p := range e.Parents {
			out[i].Parents = append(out[i].Parents, p.plain())
		}
	}
	return out
}

// Named is the entity that an attribute names, if it names one.
func Named(value any) (UID, bool) {
	object, _ := value.(map[string]any)
	entity, ok := object["__entity"].(map[string]any)
	if !ok {
		return UID{}, false
	}
	return UID{entity["type"].(string), entity["id"].(string)}, true
}

// Plain is an attribute with the keys of entities in their places.
func Plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if entity, ok := Named(v); ok {
			return entity.Key()
		}
		out := map[string]any{}
		for key, field := range v {
			out[key] = Plain(field)
		}
		return out
	case []any:
		out := []any{}
		for _, element := range v {
			out = append(out, Plain(element))
		}
		return out
	default:
		return value
	}
}

// Up gives every entity its own key and those of all above it.
func Up(entities []Entity) map[string][]string {
	parents := map[string][]string{}
	for _, e := range entities {
		for _, p := range e.Parents {
			parents[e.UID.Key()] = append(parents[e.UID.Key()], p.Key())
		}
	}
	out := map[string][]string{}
	for _, e := range entities {
		key := e.UID.Key()
		seen := map[string]bool{key: true}
		list := []string{key}
		for i := 0; i < len(list); i++ {
			for _, p := range parents[list[i]] {
				if !seen[p] {
					seen[p] = true
					list = append(list, p)
				}
			}
		}
		out[key] = list
	}
	return out
}

const (
	repetitions = 7
	warmUp      = 0.15 // seconds, see bench/engine/engine.h
)

func quantile(values []float64, q float64) float64 {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func peakKib() int {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "VmHWM:") {
			n, _ := strconv.Atoi(strings.Fields(line)[1])
			return n
		}
	}
	return 0
}

func answers(engine Engine, words []string) string {
	limit, seconds := Must(strconv.Atoi(words[1])), Must(strconv.ParseFloat(words[2], 64))
	file := Must(os.Create(words[3]))
	out := bufio.NewWriter(file)
	begin, done := time.Now(), 0
	for ; done < min(limit, engine.RequestCount()) && time.Since(begin).Seconds() < seconds; done++ {
		a := engine.Explain(done)
		sort.Strings(a.Reasons)
		sort.Strings(a.Errors)
		outcome := "deny"
		if a.Allowed {
			outcome = "allow"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", outcome, strings.Join(a.Reasons, ","), strings.Join(a.Errors, ","))
	}
	if err := out.Flush(); err != nil {
		Die("%v", err)
	}
	file.Close()
	return fmt.Sprintf(`{"answers":%d}`, done)
}

func choose(engine Engine, class, path string) []int {
	var out []int
	if class == "all" {
		for i := range engine.RequestCount() {
			out = append(out, i)
		}
		return out
	}
	wanted := map[string]byte{"allowed": 'a', "denied": 'd', "defaulted": 'n'}[class]
	for i, letter := range Must(os.ReadFile(path)) {
		if letter == wanted {
			out = append(out, i)
		}
	}
	return out
}

func take(engine Engine, words []string, sink *uint64) string {
	mode, want, seconds := words[1], words[2], Must(strconv.ParseFloat(words[4], 64))
	path := ""
	if len(words) > 5 {
		path = words[5]
	}
	requests := choose(engine, words[3], path)
	if len(requests) == 0 {
		return `{"decisions":0}`
	}
	begin, tried := time.Now(), 0
	for tried == 0 || time.Since(begin).Seconds() < warmUp {
		i := tried % len(requests)
		*sink += engine.Run(mode, want, requests[i:i+1])
		tried++
	}
	batch := 1
	if time.Since(begin).Seconds()/float64(tried) <= 2e-6 {
		batch = min(64, len(requests))
	}
	var all, medians []float64
	at := 0
	for range repetitions {
		var times []float64
		for start := time.Now(); ; {
			if at+batch > len(requests) {
				at = 0
			}
			before := time.Now()
			*sink += engine.Run(mode, want, requests[at:at+batch])
			times = append(times, float64(time.Since(before).Nanoseconds())/float64(batch))
			at += batch
			if time.Since(start).Seconds() >= seconds/repetitions {
				break
			}
		}
		all = append(all, times...)
		medians = append(medians, quantile(times, 0.5))
	}
	return fmt.Sprintf(`{"median_ns":%.2f,"p99_ns":%.2f,"low_ns":%.2f,"high_ns":%.2f,"batch":%d,"decisions":%d,"distinct":%d}`,
		quantile(medians, 0.5), quantile(all, 0.99), quantile(medians, 0), quantile(medians, 1), batch, len(all)*batch,
		len(requests))
}

// Serve speaks the protocol until standard input ends.
func Serve(name, version string, load func(folder string) Engine) {
	if len(os.Args) != 2 {
		Die("usage: %s FOLDER", name)
	}
	begin := time.Now()
	engine := load(os.Args[1])
	loaded := time.Since(begin).Seconds()
	debug.FreeOSMemory() // what loading left behind is not collected while time is taken
	hello, _ := json.Marshal(map[string]any{"engine": name, "version": version, "requests": engine.RequestCount(),
		"load_s": loaded, "rss_kib": peakKib(), "modes": engine.Modes(), "wants": engine.Wants(),
		"names_reasons": engine.NamesReasons()})
	fmt.Println(string(hello))
	var sink uint64
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "answers":
			fmt.Println(answers(engine, words))
		case "time":
			fmt.Println(take(engine, words, &sink))
		default:
			Die("unknown command: %s", words[0])
		}
	}
	if sink == 1 {
		fmt.Fprintln(os.Stderr)
	}
}
