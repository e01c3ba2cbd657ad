//! Changing one entity of a large store: `Entities::upsert_entities`, which computes the hierarchy anew.
//!
//! Reads the edits that bench/polc/store.cc describes; each of the named ones is applied three times and the median
//! taken.

use std::time::Instant;

use cedar_policy::{Entities, Entity};
use serde_json::Value;

pub fn run(folder: &str, edits: &str) {
    let schema = crate::read_schema(folder);
    let text = std::fs::read_to_string(format!("{folder}/entities.json")).expect("entities");
    let mut entities = Entities::from_json_str(&text, Some(&schema)).expect("entities");
    drop(text);
    let mut results = vec![];
    for line in std::fs::read_to_string(edits).expect("edits").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let forms: Vec<Value> = fields[1..].iter().map(|f| serde_json::from_str(f).expect("edit")).collect();
        let mut times = vec![];
        for i in 0..(if fields[0] == "setup" { 1 } else { 3 }) {
            let new: Vec<Entity> = forms[i % forms.len()]
                .as_array()
                .expect("array")
                .iter()
                .map(|e| Entity::from_json_value(e.clone(), Some(&schema)).expect("entity"))
                .collect();
            let begin = Instant::now();
            entities = entities.upsert_entities(new, Some(&schema)).expect("upsert");
            times.push(begin.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        results.push(format!("\"{}\":{:.0}", fields[0], times[times.len() / 2] * 1e9));
    }
    println!("{{{}}}", results.join(","));
}
