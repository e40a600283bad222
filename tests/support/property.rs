//! Properties, held against values that are the same in every run.

use proptest::prelude::{ProptestConfig, Strategy};
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

/// Holds a property against made-up values, and shrinks the first that does not have it.
#[track_caller]
pub fn always<S: Strategy>(values: S, property: impl Fn(S::Value) -> TestCaseResult) {
    let given = ProptestConfig::default();
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 20_000,
        rng_seed: match given.rng_seed {
            RngSeed::Random => RngSeed::Fixed(0),
            seed => seed,
        },
        ..given
    };
    if let Err(error) = TestRunner::new(config).run(&values, property) {
        panic!("{error}");
    }
}
