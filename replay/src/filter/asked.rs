//! A name that a report is asked for, and whether any case has it: a slip of the pen looks like a
//! log in which nothing happened.

use crate::near::{did_you_mean, distance};
use crate::terminal::escaped;

/// A name that is asked for. It keeps one name of those that were seen, however many they are.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `--user`, say.
    option: &'static str,
    name: String,
    /// `no case has`, say.
    nothing: &'static str,
    is_seen: bool,
    /// The nearest that was seen, and how far it is.
    near: Option<(usize, String)>,
}

impl Asked {
    /// The names that were given to an option, and how to say that nothing has one.
    pub(crate) fn all(option: &'static str, nothing: &'static str, names: &[String]) -> Vec<Self> {
        let asked = |name: &String| Self {
            option,
            name: name.clone(),
            nothing,
            is_seen: false,
            near: None,
        };
        names.iter().map(asked).collect()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Takes note of the names that there are.
    pub(super) fn note<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        if self.is_seen {
            return;
        }
        for name in names {
            if self.is(name) {
                self.is_seen = true;
                return;
            }
            let least = self.near.as_ref().map_or(usize::MAX, |(least, _)| *least);
            if let Some(distance) = distance(&self.name, name).filter(|it| *it < least) {
                self.near = Some((distance, name.to_owned()));
            }
        }
    }

    /// ``no case has `--user alcie`: did you mean `alice`?``, where none has.
    pub(super) fn in_vain(&self) -> Option<String> {
        let near = self.near.as_ref().map(|(_, near)| near.as_str());
        let near =
            did_you_mean(near.as_slice()).map_or_else(String::new, |near| format!(": {near}"));
        let (nothing, option, name) = (self.nothing, self.option, escaped(&self.name));
        (!self.is_seen).then(|| format!("{nothing} `{option} {name}`{near}"))
    }
}
