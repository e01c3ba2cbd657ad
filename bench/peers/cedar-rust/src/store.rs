//! Changing one entity of a large store: `Entities::upsert_entities`, which computes the hierarchy anew.
//!
//!   store FOLDER EDITS    EDITS: one line an edit, `NAME JSON-ARRAY-OF-ENTITIES`; each is applied to the store
//!                         three times and the median taken

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
        let (name, json) = line.split_once(' ').expect("edit");
        let list: Value = serde_json::from_str(json).expect("edit");
        let mut times = vec![];
        for _ in 0..3 {
            let new: Vec<Entity> = list
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
        results.push(format!("\"{name}\":{:.0}", times[1] * 1e9));
    }
    println!("{{{}}}", results.join(","));
}
