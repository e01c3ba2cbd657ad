//! The protocol of bench/README.md and how time is taken: the same as bench/engine/engine.cc, in Rust.

use std::fs;
use std::io::{self, BufRead, Write};
use std::time::Instant;

pub struct Answer {
    pub allowed: bool,
    pub reasons: Vec<String>,
    pub errors: Vec<String>,
}

pub trait Engine {
    fn name(&self) -> &'static str;
    fn version(&self) -> &'static str;
    fn request_count(&self) -> usize;
    fn explain(&self, request: usize) -> Answer;
    fn run(&self, mode: &str, requests: &[u32]) -> u64;
}

const REPETITIONS: usize = 7;
const WARM_UP: f64 = 0.15; // seconds, see bench/engine/engine.h

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((q * sorted.len() as f64) as usize).min(sorted.len() - 1)]
}

/// Where callgrind counts.
#[no_mangle]
#[inline(never)]
pub fn polc_bench_counted(run: &mut dyn FnMut()) {
    run();
}

pub fn peak_rss_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn answers(engine: &dyn Engine, words: &[&str]) -> String {
    let (limit, seconds): (usize, f64) = (words[1].parse().expect("limit"), words[2].parse().expect("seconds"));
    let begin = Instant::now();
    let mut out = String::new();
    let mut done = 0;
    while done < limit.min(engine.request_count()) && begin.elapsed().as_secs_f64() < seconds {
        let mut a = engine.explain(done);
        a.reasons.sort();
        a.errors.sort();
        let outcome = if a.allowed { "allow" } else { "deny" };
        out += &format!("{outcome}\t{}\t{}\n", a.reasons.join(","), a.errors.join(","));
        done += 1;
    }
    fs::write(words[3], out).expect("answers");
    format!("{{\"answers\":{done}}}")
}

fn select(engine: &dyn Engine, class: &str, path: &str) -> Vec<u32> {
    if class == "all" {
        return (0..engine.request_count() as u32).collect();
    }
    let wanted = match class {
        "allowed" => 'a',
        "denied" => 'd',
        _ => 'n',
    };
    let letters = fs::read_to_string(path).expect("classes");
    letters.chars().enumerate().filter(|(_, c)| *c == wanted).map(|(i, _)| i as u32).collect()
}

fn time(engine: &dyn Engine, words: &[&str], sink: &mut u64) -> String {
    let (mode, seconds): (&str, f64) = (words[1], words[4].parse().expect("seconds"));
    let requests = select(engine, words[3], words.get(5).unwrap_or(&""));
    if requests.is_empty() {
        return "{\"decisions\":0}".into();
    }
    let begin = Instant::now();
    let mut tried = 0;
    while tried == 0 || begin.elapsed().as_secs_f64() < WARM_UP {
        let i = tried % requests.len();
        *sink += engine.run(mode, &requests[i..=i]);
        tried += 1;
    }
    let each = begin.elapsed().as_secs_f64() / tried as f64;
    let batch = if each > 2e-6 { 1 } else { 64.min(requests.len()) };
    let (mut all, mut medians, mut at) = (vec![], vec![], 0);
    for _ in 0..REPETITIONS {
        let mut times = vec![];
        let start = Instant::now();
        loop {
            if at + batch > requests.len() {
                at = 0;
            }
            let before = Instant::now();
            *sink += engine.run(mode, &requests[at..at + batch]);
            times.push(before.elapsed().as_secs_f64() * 1e9 / batch as f64);
            at += batch;
            if start.elapsed().as_secs_f64() >= seconds / REPETITIONS as f64 {
                break;
            }
        }
        medians.push(quantile(&times, 0.5));
        all.append(&mut times);
    }
    format!(
        "{{\"median_ns\":{:.2},\"p99_ns\":{:.2},\"low_ns\":{:.2},\"high_ns\":{:.2},\"batch\":{batch},\
         \"decisions\":{},\"distinct\":{}}}",
        quantile(&medians, 0.5),
        quantile(&all, 0.99),
        quantile(&medians, 0.0),
        quantile(&medians, 1.0),
        all.len() * batch,
        requests.len()
    )
}

fn count(engine: &dyn Engine, words: &[&str], sink: &mut u64) -> String {
    let n: usize = words[3].parse().expect("count");
    let requests: Vec<u32> = (0..n).map(|i| (i % engine.request_count()) as u32).collect();
    *sink += engine.run(words[1], &requests[..n.min(64)]);
    polc_bench_counted(&mut || *sink += engine.run(words[1], &requests));
    format!("{{\"counted\":{n}}}")
}

pub fn serve(engine: &dyn Engine, load_seconds: f64) {
    println!(
        "{{\"engine\":\"{}\",\"version\":\"{}\",\"requests\":{},\"load_s\":{load_seconds:.3},\"rss_kib\":{},\
         \"modes\":[\"handles\",\"strings\",\"json\"],\"wants\":[\"reasons\"]}}",
        engine.name(),
        engine.version(),
        engine.request_count(),
        peak_rss_kib()
    );
    io::stdout().flush().expect("stdout");
    let mut sink = 0;
    for line in io::stdin().lock().lines() {
        let line = line.expect("stdin");
        let words: Vec<&str> = line.split(' ').collect();
        let reply = match words[0] {
            "answers" => answers(engine, &words),
            "time" => time(engine, &words, &mut sink),
            "count" => count(engine, &words, &mut sink),
            other => panic!("unknown command: {other}"),
        };
        println!("{reply}");
        io::stdout().flush().expect("stdout");
    }
    eprint!("{}", if sink == 1 { "\n" } else { "" });
}
