//! An ability to write pods, as it is named on the command line: by its word or by its rule.

use std::str::FromStr;

use crate::near::{did_you_mean, nearest};
use crate::rbac::ABILITIES;

/// A place in [`ABILITIES`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ability(pub(crate) usize);

impl FromStr for Ability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = ABILITIES
            .iter()
            .position(|(word, rule)| text == *word || text == *rule);
        place.map(Self).ok_or_else(|| {
            let words = ABILITIES.map(|(word, _)| word);
            let known = words.into_iter().chain(ABILITIES.map(|(_, rule)| rule));
            let near = did_you_mean(&nearest(text, known)).map(|near| format!("{near} "));
            format!(
                "{}the seven abilities to write pods are {}",
                near.unwrap_or_default(),
                words.join(", ")
            )
        })
    }
}
