//! How many reviews a second the policy judges, each in a fresh instance, with one and two threads.

use std::hint::black_box;
use std::time::Instant;
use std::{panic, thread};

use bulkhead::host::{CallError, Policy};

use crate::median;
use crate::recordings::Recording;

const ROUNDS: usize = 9;

/// How often a thread goes through all reviews in a round: some tenths of a second.
const PASSES: usize = 100;

/// Measures and prints reviews a second; one thread and two take turns.
pub(crate) fn measure(policy: &Policy, recordings: &[Recording]) -> Result<(), CallError> {
    let mut speeds = [1, 2].map(|threads| (threads, Vec::new()));
    // the first round warms up
    for round in 0..=ROUNDS {
        for (threads, samples) in &mut speeds {
            let speed = reviews_a_second(policy, recordings, *threads)?;
            if round > 0 {
                samples.push(speed);
            }
        }
    }
    let [one, two] = speeds.map(|(_, samples)| median(samples));
    println!("\nreviews a second, a fresh instance each");
    println!("{:<24}{one:>9.0}", "1 thread");
    println!("{:<24}{two:>9.0}  {:.2} × 1 thread", "2 threads", two / one);
    Ok(())
}

fn reviews_a_second(
    policy: &Policy,
    recordings: &[Recording],
    threads: u32,
) -> Result<f64, CallError> {
    let start = Instant::now();
    let reviews = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| judge_all(policy, recordings)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|it| panic::resume_unwind(it)))
            .sum::<Result<u32, _>>()
    })?;
    Ok(f64::from(reviews) / start.elapsed().as_secs_f64())
}

/// Judges every review some times and returns how many that were.
fn judge_all(policy: &Policy, recordings: &[Recording]) -> Result<u32, CallError> {
    let mut reviews = 0;
    for _ in 0..PASSES {
        for payload in recordings.iter().flat_map(|file| &file.payloads) {
            black_box(policy.call("validate", payload.as_slice())?);
            reviews += 1;
        }
    }
    Ok(reviews)
}
