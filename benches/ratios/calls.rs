//! What a call of `validate` costs, beside what it is measured against in the same module.

use std::hint::black_box;
use std::iter;
use std::time::Instant;

use bulkhead::host::{CallError, Instance, Policy};

use crate::median;
use crate::recordings::Recording;

/// `fresh` is `validate` in an instance for each call; the others have one instance for all calls.
const HEAD: &str = "
                                        µs a call, mean of the reviews            validate ÷    fresh ÷
file         reviews   kB     copy     skip    parse validate    fresh    copy   skip  parse   validate";

const WARM_UP: usize = 30;
const ROUNDS: usize = 501;

/// Measures and prints what calls cost in a policy that has the baselines; returns the ratio of
/// `validate` to the skip, summed over all reviews.
///
/// In a round every contestant in turn gets every review once, so that a slower moment of the
/// machine hits all alike; who comes first is another one in the next round.
pub(crate) fn measure(policy: &Policy, recordings: &[Recording]) -> Result<f64, CallError> {
    let contestant = |operation, host| Contestant::new(operation, host, recordings);
    let mut contestants = [
        contestant("copy", Host::Reused(policy.instance()?)),
        contestant("skip", Host::Reused(policy.instance()?)),
        contestant("parse", Host::Reused(policy.instance()?)),
        contestant("validate", Host::Reused(policy.instance()?)),
        contestant("validate", Host::Fresh(policy)),
    ];
    let mut turns: Vec<_> = contestants.iter_mut().collect();
    for round in 0..WARM_UP + ROUNDS {
        for contestant in &mut turns {
            contestant.ask_all(round >= WARM_UP)?;
        }
        turns.rotate_left(1);
    }

    let mut medians = contestants.map(|contestant| contestant.medians().into_iter());
    let rows: Vec<Row<'_>> = recordings
        .iter()
        .map(|file| Row {
            name: &file.name,
            reviews: file.payloads.len(),
            bytes: file.payloads.iter().map(Vec::len).sum(),
            costs: medians
                .each_mut()
                .map(|costs| costs.take(file.payloads.len()).sum()),
        })
        .collect();
    let none = Row {
        name: "all",
        reviews: 0,
        bytes: 0,
        costs: [0.0; 5],
    };
    let all = rows.iter().fold(none, Row::add);
    println!("{HEAD}");
    rows.iter().chain(iter::once(&all)).for_each(Row::print);
    let [_, skip, _, validate, _] = all.costs;
    Ok(validate / skip)
}

/// Who answers.
enum Host<'p> {
    /// One instance, all calls.
    Reused(Instance),
    /// An instance for each call.
    Fresh(&'p Policy),
}

/// One way to treat the reviews, and how long it took so far.
struct Contestant<'p> {
    operation: &'static str,
    host: Host<'p>,
    /// Every review's payload, and the µs of each call with it.
    reviews: Vec<(&'p [u8], Vec<f64>)>,
}

impl<'p> Contestant<'p> {
    fn new(operation: &'static str, host: Host<'p>, recordings: &'p [Recording]) -> Self {
        let payloads = recordings.iter().flat_map(|file| &file.payloads);
        Self {
            operation,
            host,
            reviews: payloads
                .map(|payload| (payload.as_slice(), Vec::with_capacity(ROUNDS)))
                .collect(),
        }
    }

    fn ask_all(&mut self, counts: bool) -> Result<(), CallError> {
        for (payload, times) in &mut self.reviews {
            let start = Instant::now();
            let answer = match &mut self.host {
                Host::Reused(instance) => instance.call(self.operation, payload),
                Host::Fresh(policy) => policy.call(self.operation, *payload),
            };
            black_box(answer?);
            if counts {
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        Ok(())
    }

    fn medians(self) -> Vec<f64> {
        self.reviews
            .into_iter()
            .map(|(_, times)| median(times))
            .collect()
    }
}

/// The reviews of a file, or of all.
struct Row<'r> {
    name: &'r str,
    reviews: usize,
    bytes: usize,
    /// The sums over the reviews, in µs: copy, skip, parse, validate, validate in fresh instances.
    costs: [f64; 5],
}

impl<'r> Row<'r> {
    fn add(self, other: &Row<'_>) -> Self {
        let mut costs = self.costs;
        for (sum, cost) in costs.iter_mut().zip(other.costs) {
            *sum += cost;
        }
        Self {
            name: self.name,
            reviews: self.reviews + other.reviews,
            bytes: self.bytes + other.bytes,
            costs,
        }
    }

    fn print(&self) {
        let reviews = self.reviews as f64;
        let size = self.bytes as f64 / reviews / 1e3;
        let [copy, skip, parse, validate, fresh] = self.costs;
        print!("{:<12}{:>8}{size:>5.1}", self.name, self.reviews);
        for cost in self.costs {
            print!("{:>9.1}", cost / reviews);
        }
        print!("{:>8.2}", validate / copy);
        print!("{:>7.2}", validate / skip);
        print!("{:>7.2}", validate / parse);
        println!("{:>11.2}", fresh / validate);
    }
}
