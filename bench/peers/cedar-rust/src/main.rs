//! The native `cedar-policy` crate, given its best: policies, schema and entities are read once, and for
//! `handles` the requests too, so that nothing but `is_authorized` is timed.
//!
//!   cedar-bench decide FOLDER               speaks the protocol of bench/README.md
//!   cedar-bench validate POLICIES SCHEMA    parses and validates strictly, once
//!   cedar-bench store FOLDER EDITS          changes entities of a store, as store.rs says

mod serve;
mod store;

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Instant;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request, Response, Schema,
    ValidationMode, Validator,
};
use serde_json::Value;

use serve::{Answer, Engine};

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    types: HashMap<String, EntityTypeName>,
    lines: Vec<String>,
    texts: Vec<[(String, String); 3]>,
    contexts: Vec<Context>,
    requests: Vec<Request>,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub fn read_schema(folder: &str) -> Schema {
    match std::fs::read_to_string(format!("{folder}/schema.cedarschema")) {
        Ok(text) => Schema::from_cedarschema_str(&text).expect("schema").0,
        Err(_) => Schema::from_json_str(&read(&format!("{folder}/schema.cedarschema.json"))).expect("schema"),
    }
}

fn parts(uid: &Value) -> (&str, &str) {
    (uid["type"].as_str().expect("type"), uid["id"].as_str().expect("id"))
}

impl Cedar {
    fn load(folder: &str) -> Cedar {
        let schema = read_schema(folder);
        let mut cedar = Cedar {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(&read(&format!("{folder}/policies.cedar"))).expect("policies"),
            entities: Entities::from_json_str(&read(&format!("{folder}/entities.json")), Some(&schema))
                .expect("entities"),
            types: HashMap::new(),
            lines: read(&format!("{folder}/requests.jsonl")).lines().map(String::from).collect(),
            texts: vec![],
            contexts: vec![],
            requests: vec![],
        };
        for line in &cedar.lines {
            let root: Value = serde_json::from_str(line).expect("request");
            let text = |key| {
                let (t, id) = parts(&root[key]);
                (t.to_string(), id.to_string())
            };
            let texts = [text("principal"), text("action"), text("resource")];
            for (name, _) in &texts {
                if !cedar.types.contains_key(name) {
                    cedar.types.insert(name.clone(), EntityTypeName::from_str(name).expect("type name"));
                }
            }
            cedar.texts.push(texts);
            cedar.contexts.push(Context::from_json_value(root["context"].clone(), None).expect("context"));
        }
        cedar.requests = (0..cedar.texts.len()).map(|i| cedar.by_strings(i)).collect();
        cedar
    }

    /// Type names have been parsed before: a gateway keeps the few there are.
    fn uid(&self, type_name: &str, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.types[type_name].clone(), EntityId::new(id))
    }

    fn by_strings(&self, i: usize) -> Request {
        let [p, a, r] = &self.texts[i];
        let context = self.contexts[i].clone();
        Request::new(self.uid(&p.0, &p.1), self.uid(&a.0, &a.1), self.uid(&r.0, &r.1), context, None).expect("request")
    }

    fn by_json(&self, line: &str) -> Request {
        let mut root: Value = serde_json::from_str(line).expect("request");
        let context = Context::from_json_value(root["context"].take(), None).expect("context");
        let uid = |key| {
            let (t, id) = parts(&root[key]);
            self.uid(t, id)
        };
        Request::new(uid("principal"), uid("action"), uid("resource"), context, None).expect("request")
    }

    fn decide(&self, request: &Request) -> Response {
        self.authorizer.is_authorized(request, &self.policies, &self.entities)
    }
}

fn to_json(response: &Response) -> String {
    let list = |items: Vec<String>| {
        let quoted: Vec<String> = items.iter().map(|s| serde_json::to_string(s).expect("text")).collect();
        quoted.join(",")
    };
    format!(
        "{{\"decision\":\"{}\",\"reasons\":[{}],\"errors\":[{}]}}",
        if response.decision() == Decision::Allow { "allow" } else { "deny" },
        list(response.diagnostics().reason().map(|id| id.to_string()).collect()),
        list(response.diagnostics().errors().map(|e| e.to_string()).collect())
    )
}

impl Engine for Cedar {
    fn name(&self) -> &'static str {
        "cedar-rust"
    }
    fn version(&self) -> &'static str {
        "cedar-policy 4.12.0"
    }
    fn request_count(&self) -> usize {
        self.requests.len()
    }
    fn explain(&self, i: usize) -> Answer {
        let response = self.decide(&self.requests[i]);
        Answer {
            allowed: response.decision() == Decision::Allow,
            reasons: response.diagnostics().reason().map(|id| id.to_string()).collect(),
            errors: response
                .diagnostics()
                .errors()
                .map(|e| match e {
                    cedar_policy::AuthorizationError::PolicyEvaluationError(e) => e.policy_id().to_string(),
                })
                .collect(),
        }
    }
    fn run(&self, mode: &str, requests: &[u32]) -> u64 {
        let mut sum = 0;
        for &i in requests {
            let i = i as usize;
            sum += match mode {
                "handles" => (self.decide(&self.requests[i]).decision() == Decision::Allow) as u64,
                "strings" => (self.decide(&self.by_strings(i)).decision() == Decision::Allow) as u64,
                _ => to_json(&self.decide(&self.by_json(&self.lines[i]))).len() as u64,
            };
        }
        sum
    }
}

/// Parse and validate, as a deployment would check its policies; times and memory on one line.
fn validate(policies: &str, schema: &str) {
    let begin = Instant::now();
    let set = PolicySet::from_str(&read(policies)).expect("policies");
    let parsed = begin.elapsed().as_secs_f64();
    let validator = Validator::new(Schema::from_cedarschema_str(&read(schema)).expect("schema").0);
    let result = validator.validate(&set, ValidationMode::Strict);
    assert!(result.validation_passed(), "the set does not validate");
    println!("{{\"parse_s\":{parsed:.3},\"total_s\":{:.3}}}", begin.elapsed().as_secs_f64());
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let at = |i: usize| arguments.get(i).map_or("", |s| s.as_str());
    match at(1) {
        "decide" => {
            let begin = Instant::now();
            let engine = Cedar::load(at(2));
            serve::serve(&engine, begin.elapsed().as_secs_f64());
        }
        "validate" => validate(at(2), at(3)),
        "store" => store::run(at(2), at(3)),
        _ => {
            eprintln!("usage: cedar-bench decide FOLDER | validate POLICIES SCHEMA | store FOLDER EDITS");
            std::process::exit(2);
        }
    }
}
