//! The reference engine behind a pipe: one JSON case a line in, one JSON answer a line out.
//!
//! The differential test (../differential_test.cc) starts this program, writes cases to its standard input
//! and compares the answers with polc's. The program keeps no state a case could see: it only remembers the
//! last schema and the last entities it parsed, because neighbouring cases share them.
//!
//! A case is an object; every field but `policies` is optional:
//!
//!   schema | schema_json   schema text in Cedar or JSON syntax
//!   convert                true: also answer with the schema as JSON (needs `schema`)
//!   policies               policy set text
//!   links                  [{template_id, new_id, principal?, resource?}], entities written as in policies
//!   entities               entities JSON, as text
//!   requests               [{p, a, r, c}]: three entities as in policies and the context JSON, as text
//!   strict, permissive     true: validate the set in this mode
//!   levels                 [n]: validate the set strictly at these levels
//!   json, format           true: answer with the set as policy JSON, formatted
//!   policy_texts           texts to accept or refuse as policy sets
//!   policy_jsons           policy sets in JSON, as text: accepted or not, and decided on the requests
//!   schema_texts, schema_json_texts   schemas to accept or refuse
//!   entity_texts           single entities in JSON, each as a store of its own: accepted or not
//!   entities_texts         entities JSON arrays: accepted as a whole or not
//!   explain                true: also answer with the engine's messages, for people
//!
//! Entities, requests and links are read with the schema where there is one; a request that the schema
//! refuses is decided all the same, its context read without the schema.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::panic::{self, AssertUnwindSafe};
use std::str::FromStr;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicyId, PolicySet, Request, Schema,
    SchemaFragment, SlotId, ValidationMode, ValidationResult, Validator,
};
use serde_json::{json, Map, Value};

/// What neighbouring cases share, keyed by the exact text it was parsed from.
#[derive(Default)]
struct Cache {
    schema_key: String,
    validator: Option<Validator>,
    entities_key: String,
    entities: Option<Entities>,
}

fn text<'a>(case: &'a Value, key: &str) -> Option<&'a str> {
    case.get(key).and_then(Value::as_str)
}

fn flag(case: &Value, key: &str) -> bool {
    case.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn list<'a>(case: &'a Value, key: &str) -> &'a [Value] {
    case.get(key).and_then(Value::as_array).map_or(&[], |v| v.as_slice())
}

fn texts<'a>(case: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list(case, key).iter().map(|v| v.as_str().unwrap_or(""))
}

fn parse_schema(case: &Value) -> Option<Schema> {
    if let Some(src) = text(case, "schema") {
        return Schema::from_cedarschema_str(src).ok().map(|(s, _)| s);
    }
    text(case, "schema_json").and_then(|src| Schema::from_json_str(src).ok())
}

/// What the engine says about every input of the case that it refuses.
fn explain(case: &Value) -> Value {
    let mut out: Vec<String> = vec![];
    let report = |what: &str, e: String| format!("{what}: {e}");
    let schema = match (text(case, "schema"), text(case, "schema_json")) {
        (Some(src), _) => Schema::from_cedarschema_str(src).map(|(s, _)| Some(s)).map_err(|e| e.to_string()),
        (_, Some(src)) => Schema::from_json_str(src).map(Some).map_err(|e| e.to_string()),
        _ => Ok(None),
    };
    let schema = schema.unwrap_or_else(|e| {
        out.push(report("schema", e));
        None
    });
    if let Err(e) = Entities::from_json_str(text(case, "entities").unwrap_or("[]"), schema.as_ref()) {
        out.push(report("entities", e.to_string()));
    }
    match PolicySet::from_str(text(case, "policies").unwrap_or("")) {
        Err(e) => out.extend(e.iter().map(|e| report("policies", e.to_string()))),
        Ok(mut set) => {
            for spec in list(case, "links") {
                if let Err(e) = link(&mut set, spec) {
                    out.push(report("link", e));
                }
            }
            if let Some(schema) = schema.as_ref() {
                let validator = Validator::new(schema.clone());
                for (mode, name) in [(ValidationMode::Strict, "strict"), (ValidationMode::Permissive, "permissive")] {
                    let result = validator.validate(&set, mode);
                    out.extend(result.validation_errors().map(|e| report(name, e.to_string())));
                }
                for n in list(case, "levels").iter().filter_map(Value::as_u64) {
                    let result = validator.validate_with_level(&set, ValidationMode::Strict, n as u32);
                    out.extend(result.validation_errors().map(|e| report("level", e.to_string())));
                }
            }
            let entities = Entities::from_json_str(text(case, "entities").unwrap_or("[]"), schema.as_ref());
            let entities = entities.unwrap_or_else(|_| Entities::empty());
            for (request, _) in list(case, "requests").iter().filter_map(|r| read_request(r, schema.as_ref())) {
                let response = Authorizer::new().is_authorized(&request, &set, &entities);
                out.extend(response.diagnostics().errors().map(|e| report("decision", e.to_string())));
            }
        }
    }
    for spec in list(case, "requests") {
        let uid = |key| EntityUid::from_str(text(spec, key).unwrap_or(""));
        if let (Ok(p), Ok(a), Ok(r), Some(schema)) = (uid("p"), uid("a"), uid("r"), schema.as_ref()) {
            match Context::from_json_str(text(spec, "c").unwrap_or(""), Some((schema, &a))) {
                Err(e) => out.push(report("request", e.to_string())),
                Ok(c) => {
                    if let Err(e) = Request::new(p, a, r, c, Some(schema)) {
                        out.push(report("request", e.to_string()));
                    }
                }
            }
        }
    }
    for t in texts(case, "policy_texts") {
        if let Err(e) = PolicySet::from_str(t) {
            out.extend(e.iter().map(|e| report("policy_texts", e.to_string())));
        }
    }
    for t in texts(case, "policy_jsons") {
        if let Err(e) = PolicySet::from_json_str(t) {
            out.push(report("policy_jsons", e.to_string()));
        }
    }
    for t in texts(case, "schema_texts") {
        if let Err(e) = Schema::from_cedarschema_str(t) {
            out.push(report("schema_texts", e.to_string()));
        }
    }
    for t in texts(case, "schema_json_texts") {
        if let Err(e) = Schema::from_json_str(t) {
            out.push(report("schema_json_texts", e.to_string()));
        }
    }
    for t in texts(case, "entity_texts") {
        if let Err(e) = Entities::from_json_str(&format!("[{t}]"), schema.as_ref()) {
            out.push(report("entity_texts", e.to_string()));
        }
    }
    for t in texts(case, "entities_texts") {
        if let Err(e) = Entities::from_json_str(t, schema.as_ref()) {
            out.push(report("entities_texts", e.to_string()));
        }
    }
    json!(out)
}

/// The ids of the policies with at least one error, sorted.
fn invalid(result: &ValidationResult) -> Value {
    let mut ids: Vec<&str> = result.validation_errors().map(|e| e.policy_id().as_ref()).collect();
    ids.sort_unstable();
    ids.dedup();
    json!(ids)
}

fn link(set: &mut PolicySet, spec: &Value) -> Result<(), String> {
    let id = |key| Ok::<_, String>(PolicyId::new(text(spec, key).ok_or("missing id")?));
    let mut values = HashMap::new();
    for (key, slot) in [("principal", SlotId::principal()), ("resource", SlotId::resource())] {
        if let Some(src) = text(spec, key) {
            values.insert(slot, EntityUid::from_str(src).map_err(|e| e.to_string())?);
        }
    }
    set.link(id("template_id")?, id("new_id")?, values).map_err(|e| e.to_string())
}

/// A request and whether the schema accepts it. Nothing if it cannot be read at all.
fn read_request(spec: &Value, schema: Option<&Schema>) -> Option<(Request, bool)> {
    let uid = |key| EntityUid::from_str(text(spec, key)?).ok();
    let (p, a, r) = (uid("p")?, uid("a")?, uid("r")?);
    let context = text(spec, "c")?;
    if let Some(schema) = schema {
        if let Ok(c) = Context::from_json_str(context, Some((schema, &a))) {
            if let Ok(q) = Request::new(p.clone(), a.clone(), r.clone(), c, Some(schema)) {
                return Some((q, true));
            }
        }
    }
    let c = Context::from_json_str(context, None).ok()?;
    Some((Request::new(p, a, r, c, None).ok()?, false))
}

fn erring_policy(error: &AuthorizationError) -> &str {
    match error {
        AuthorizationError::PolicyEvaluationError(e) => e.policy_id().as_ref(),
    }
}

fn decide(set: &PolicySet, entities: &Entities, request: &Request) -> Value {
    let response = Authorizer::new().is_authorized(request, set, entities);
    let mut reasons: Vec<&str> = response.diagnostics().reason().map(|id| id.as_ref()).collect();
    let mut errors: Vec<&str> = response.diagnostics().errors().map(erring_policy).collect();
    reasons.sort_unstable();
    errors.sort_unstable();
    json!({"d": response.decision() == Decision::Allow, "r": reasons, "e": errors})
}

fn answer(case: &Value, cache: &mut Cache) -> Value {
    let mut out = Map::new();

    // Schema, remembered from case to case.
    let key = format!("{}\u{0}{}", text(case, "schema").unwrap_or(""), text(case, "schema_json").unwrap_or(""));
    if key != cache.schema_key {
        cache.validator = parse_schema(case).map(Validator::new);
        cache.schema_key = key.clone();
        cache.entities_key.clear();
        cache.entities = None;
    }
    out.insert("schema".into(), json!(cache.validator.is_some()));
    if flag(case, "convert") {
        let converted = text(case, "schema")
            .and_then(|src| SchemaFragment::from_cedarschema_str(src).ok())
            .and_then(|(fragment, _)| fragment.to_json_value().ok());
        out.insert("converted".into(), converted.unwrap_or(Value::Null));
    }
    let validator = cache.validator.as_ref();
    let schema = validator.map(Validator::schema);

    // Entities, likewise.
    let entities_text = text(case, "entities").unwrap_or("[]");
    let entities_key = format!("{key}\u{0}{entities_text}");
    if entities_key != cache.entities_key {
        cache.entities = Entities::from_json_str(entities_text, schema).ok();
        cache.entities_key = entities_key;
    }
    out.insert("entities".into(), json!(cache.entities.is_some()));
    let empty = Entities::empty();
    let entities = cache.entities.as_ref().unwrap_or(&empty);

    let accepts = |key: &str, accept: &dyn Fn(&str) -> bool| -> Value { texts(case, key).map(accept).collect() };
    out.insert("policy_texts".into(), accepts("policy_texts", &|t| PolicySet::from_str(t).is_ok()));
    out.insert("schema_texts".into(), accepts("schema_texts", &|t| Schema::from_cedarschema_str(t).is_ok()));
    out.insert("schema_json_texts".into(), accepts("schema_json_texts", &|t| Schema::from_json_str(t).is_ok()));
    out.insert("entity_texts".into(), accepts("entity_texts", &|t| Entities::from_json_str(&format!("[{t}]"), schema).is_ok()));
    out.insert("entities_texts".into(), accepts("entities_texts", &|t| Entities::from_json_str(t, schema).is_ok()));

    let requests: Vec<Option<(Request, bool)>> =
        list(case, "requests").iter().map(|r| read_request(r, schema)).collect();
    out.insert(
        "requests".into(),
        requests.iter().map(|r| r.as_ref().map_or(Value::Null, |(_, valid)| json!(valid))).collect(),
    );
    let decide_all = |set: &PolicySet| -> Value {
        requests
            .iter()
            .map(|r| r.as_ref().map_or(Value::Null, |(request, _)| decide(set, entities, request)))
            .collect()
    };

    if let Some(src) = text(case, "policies") {
        let parsed = PolicySet::from_str(src).ok();
        out.insert("parsed".into(), json!(parsed.is_some()));
        if let Some(mut set) = parsed {
            let linked: Vec<bool> = list(case, "links").iter().map(|l| link(&mut set, l).is_ok()).collect();
            out.insert("linked".into(), json!(linked));
            if let Some(v) = validator {
                if flag(case, "strict") {
                    out.insert("strict".into(), invalid(&v.validate(&set, ValidationMode::Strict)));
                }
                if flag(case, "permissive") {
                    out.insert("permissive".into(), invalid(&v.validate(&set, ValidationMode::Permissive)));
                }
                let level = |n: &Value| {
                    let n = n.as_u64().unwrap_or(0) as u32;
                    invalid(&v.validate_with_level(&set, ValidationMode::Strict, n))
                };
                out.insert("levels".into(), list(case, "levels").iter().map(level).collect());
            }
            out.insert("decisions".into(), decide_all(&set));
            if flag(case, "json") {
                out.insert("json".into(), set.clone().to_json().unwrap_or(Value::Null));
            }
            if flag(case, "format") {
                let config = cedar_policy_formatter::Config::default();
                let formatted = cedar_policy_formatter::policies_str_to_pretty(src, &config).ok();
                out.insert("formatted".into(), json!(formatted));
            }
        }
    }
    let import = |src: &str| -> Value {
        match PolicySet::from_json_str(src) {
            Ok(set) => json!({"ok": true, "decisions": decide_all(&set)}),
            Err(_) => json!({"ok": false}),
        }
    };
    out.insert("policy_jsons".into(), texts(case, "policy_jsons").map(import).collect());
    if flag(case, "explain") {
        out.insert("messages".into(), explain(case));
    }
    Value::Object(out)
}

fn main() -> io::Result<()> {
    panic::set_hook(Box::new(|_| {})); // a panic is part of the answer
    let stdin = io::stdin().lock();
    let mut stdout = io::BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut cache = Cache::default();
    for line in stdin.lines() {
        let reply = match serde_json::from_str::<Value>(&line?) {
            Ok(case) => panic::catch_unwind(AssertUnwindSafe(|| answer(&case, &mut cache))).unwrap_or_else(|_| {
                cache = Cache::default();
                json!({"panic": true})
            }),
            Err(e) => json!({"bad_case": e.to_string()}),
        };
        serde_json::to_writer(&mut stdout, &reply)?;
        stdout.write_all(b"\n")?;
        stdout.flush()?;
    }
    Ok(())
}
