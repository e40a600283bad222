//! What it costs to replay an audit log, beside `jq` looking for one resource in it: both on one
//! core, in CPU time.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::built;
use crate::startup::{cpu_of_children, milliseconds};

/// Of so many rounds the least counts: what else the machine does only adds to the CPU time.
const ROUNDS: usize = 15;

/// Bytes of each log.
const SIZE: usize = 64 << 20;

/// The filter of somebody who looks for writes of cluster roles.
const FILTER: &str = r#"select(.objectRef.resource=="clusterroles")"#;

/// What stands before the id of a request.
const ID: &str = r#""auditID":""#;

/// The share of a log's bytes that are writes to judge, in the log that the shipped one was taken
/// from.
const WRITES: f64 = 0.21;

/// How many times as fast as `jq` the replay of a log is: of one with a usual share of writes, and
/// of one in which one event of a hundred matters. None without `jq`.
pub(crate) fn measure(bulkhead: &Path) -> Result<Option<[f64; 2]>, Box<dyn Error>> {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e-tests/audit/audit.jsonl");
    let log = fs::read_to_string(log)?;
    let (irrelevant, relevant): (Vec<&str>, Vec<&str>) =
        log.lines().partition(|line| is_irrelevant(line));
    let bytes = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let average = bytes(&irrelevant) as f64 / irrelevant.len() as f64;
    let beside = bytes(&relevant) as f64 / WRITES * (1.0 - WRITES) / average;
    let usual = (beside / relevant.len() as f64).round() as usize;
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    println!("\naudit log, MB a second of CPU    bulkhead       jq");
    let mut ratios = [0.0; 2];
    for (ratio, (name, beside)) in ratios
        .iter_mut()
        .zip([("as recorded", usual), ("1 % of its events matter", 99)])
    {
        let path = written(&irrelevant, &relevant, beside)?;
        let mut replay = Command::new(bulkhead);
        replay.args([
            "replay",
            "--jobs",
            "1",
            "--fail-on",
            "never",
            "--format",
            "json",
        ]);
        let mut jq = Command::new("jq");
        jq.args(["-c", FILTER]);
        for command in [&mut replay, &mut jq] {
            command
                .arg(&path)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
        }
        let [mut ours, mut theirs] = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            ours = ours.min(cost(&mut replay)?);
            if has_jq {
                theirs = theirs.min(cost(&mut jq)?);
            }
        }
        let speed = |cost: f64| SIZE as f64 / 1e3 / cost;
        println!("{name:<31}{:>10.0}{:>9.0}", speed(ours), speed(theirs));
        *ratio = theirs / ours;
        fs::remove_file(path)?;
    }
    Ok(has_jq.then_some(ratios))
}

/// Whether an event can change nothing that is judged.
fn is_irrelevant(line: &str) -> bool {
    let mut reader = intake::read(line.as_bytes());
    reader.by_ref().count() == 0 && reader.take_passed().irrelevant > 0
}

/// A log in which so many events that do not matter stand before each one that does. Those are of
/// requests of their own, however often they are written: what is delivered twice is told once.
fn written(irrelevant: &[&str], relevant: &[&str], beside: usize) -> std::io::Result<PathBuf> {
    let mut log = String::with_capacity(SIZE + (1 << 20));
    let mut others = irrelevant.iter().cycle();
    let mut round = 0;
    while log.len() < SIZE {
        round += 1;
        for line in relevant {
            for line in others.by_ref().take(beside) {
                log.push_str(line);
                log.push('\n');
            }
            log.push_str(&line.replacen(ID, &format!("{ID}{round}-"), 1));
            log.push('\n');
        }
    }
    let path = built::target_directory().join("baselines/audit.log");
    fs::write(&path, log)?;
    Ok(path)
}

/// The ms of CPU that a command takes.
fn cost(command: &mut Command) -> Result<f64, Box<dyn Error>> {
    let before = cpu_of_children()?;
    let status = command.status()?;
    if !status.success() {
        return Err(format!("{command:?} failed: {status}").into());
    }
    Ok(milliseconds(cpu_of_children()? - before))
}
