//! The ratios that the project holds itself to, printed side by side in one run of `cargo bench`,
//! for the recorded reviews that the project ships. Times are medians, but for those of
//! whole logs, which are the least; none is asserted.

mod audit;
mod built;
mod calls;
mod recordings;
mod startup;
mod throughput;

use std::error::Error;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::{env, fs, thread};

use bulkhead::host::{LoadError, Options, Policy};

fn main() -> ExitCode {
    // `cargo test --all-targets` starts benches too, without this argument.
    if !env::args().any(|argument| argument == "--bench") {
        println!("nothing was measured: run `cargo bench`");
        return ExitCode::SUCCESS;
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let recordings = recordings::shipped()?;
    let baselines = built::policy_with_baselines()?;
    let command = built::command()?;
    let reviews: usize = recordings.iter().map(|file| file.payloads.len()).sum();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!("\n{reviews} recorded reviews, {cores} cores; times of a call are medians");

    let validate_to_skip = calls::measure(&load(&baselines)?, &recordings)?;
    throughput::measure(&load(bulkhead::POLICY)?, &recordings)?;
    let warm_start = startup::measure(&command)?;
    let to_jq = audit::measure(&command)?;
    let policy = kilobytes(bulkhead::POLICY.len() as u64);
    let command = kilobytes(fs::metadata(&command)?.len());
    println!("\nsize, kB");
    println!("{:<24}{policy:>9.0}", "policy.wasm");
    println!("{:<24}{command:>9.0}", "bulkhead");

    println!("\n{:<36}{:>9}{:>9}", "bars", "measured", "at most");
    print_bar("validate ÷ skip, all reviews", validate_to_skip, 2.0);
    print_bar("start-up warm, ms of CPU", warm_start, 30.0);
    print_bar("policy.wasm, kB", policy, 450.0);
    match to_jq {
        Some([usual, diluted]) => {
            println!("\n{:<36}{:>9}{:>9}", "bars", "measured", "at least");
            print_floor("audit log as recorded ÷ jq", usual, 4.0);
            print_floor("audit log with 1 % that matters ÷ jq", diluted, 10.0);
        }
        None => println!("\nno `jq` here to measure audit logs against: install it"),
    }
    Ok(())
}

/// Compiles a policy, whatever the user's cache holds.
fn load(wasm: &[u8]) -> Result<Policy, LoadError> {
    let options = Options {
        // one for each contestant of `calls`
        instances: NonZeroUsize::MIN.saturating_add(4),
        cache: false,
        ..Options::default()
    };
    Policy::load(wasm, &options)
}

fn print_bar(name: &str, measured: f64, bar: f64) {
    let verdict = if measured <= bar { "met" } else { "not met" };
    println!("{name:<36}{measured:>9.2}{bar:>9.2}  {verdict}");
}

fn print_floor(name: &str, measured: f64, floor: f64) {
    let verdict = if measured >= floor { "met" } else { "not met" };
    println!("{name:<36}{measured:>9.2}{floor:>9.2}  {verdict}");
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1e3
}
