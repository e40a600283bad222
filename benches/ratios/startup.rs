//! What it costs to start the command, with wasmtime's cache of compiled code empty and filled.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::{built, median};

const ROUNDS: usize = 15;

/// Measures and prints what `bulkhead rules` costs; returns its ms of CPU with a filled cache.
pub(crate) fn measure(bulkhead: &Path) -> Result<f64, Box<dyn Error>> {
    let cache = built::target_directory().join("baselines/cache");
    let mut command = Command::new(bulkhead);
    command
        .arg("rules")
        .stdout(Stdio::null())
        // where wasmtime keeps its cache hangs on these: on the first with Linux, on the second
        // with macOS
        .env("XDG_CACHE_HOME", &cache)
        .env("HOME", &cache);
    let [mut cold, mut warm] = [Samples::default(), Samples::default()];
    for _ in 0..ROUNDS {
        empty(&cache)?;
        cold.add(&mut command)?;
        if fs::read_dir(&cache)?.next().is_none() {
            return Err(format!("wasmtime keeps no cache in {}", cache.display()).into());
        }
        warm.add(&mut command)?;
    }
    println!("\nstart-up, ms                  CPU  elapsed");
    let print = |name, samples: Samples| {
        let [cpu, elapsed] = [median(samples.cpu), median(samples.elapsed)];
        println!("{name:<24}{cpu:>9.1}{elapsed:>9.1}");
        cpu
    };
    print("cache empty", cold);
    Ok(print("cache filled", warm))
}

/// What the runs of a command took, in ms.
#[derive(Default)]
struct Samples {
    cpu: Vec<f64>,
    elapsed: Vec<f64>,
}

impl Samples {
    fn add(&mut self, command: &mut Command) -> Result<(), Box<dyn Error>> {
        let cpu = cpu_of_children()?;
        let start = Instant::now();
        let status = command.status()?;
        let elapsed = start.elapsed();
        if !status.success() {
            return Err(format!("`bulkhead rules` failed: {status}").into());
        }
        self.cpu.push(milliseconds(cpu_of_children()? - cpu));
        self.elapsed.push(milliseconds(elapsed));
        Ok(())
    }
}

/// The CPU time, in user and kernel mode, of all children that have ended.
pub(crate) fn cpu_of_children() -> Result<Duration, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(u64::try_from(
        time.num_microseconds(),
    )?))
}

fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}

/// A time in ms.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
