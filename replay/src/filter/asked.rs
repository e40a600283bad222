//! A name that a report is asked for, and whether any case has it: a slip of the pen looks like a
//! log in which nothing happened.

use crate::near::{did_you_mean, distance};
use crate::terminal::escaped;

/// A name that is asked for. It keeps one name of those that were seen, however many they are.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `--user`, say.
    option: &'static str,
    given: String,
    /// What it stands for: itself, or the rules of an alert.
    names: Vec<String>,
    is_seen: bool,
    /// The nearest that was seen, and how far it is.
    near: Option<(usize, String)>,
}

impl Asked {
    /// The names that an option was given.
    pub(crate) fn names(option: &'static str, names: &[String]) -> Vec<Self> {
        let asked = |name: &String| Self::new(option, name, vec![name.clone()]);
        names.iter().map(asked).collect()
    }

    /// What `--rule` was given, and the rules that each is.
    pub(crate) fn rules(given: &[String], rules: Vec<Vec<String>>) -> Vec<Self> {
        let asked = |(given, rules): (&String, _)| Self::new("--rule", given, rules);
        given.iter().zip(rules).map(asked).collect()
    }

    fn new(option: &'static str, given: &str, names: Vec<String>) -> Self {
        Self {
            option,
            given: given.to_owned(),
            names,
            is_seen: false,
            near: None,
        }
    }

    /// Whether this is what was asked for.
    pub(super) fn is(&self, name: &str) -> bool {
        self.names.iter().any(|asked| asked == name)
    }

    /// Takes note of the names that there are, which may be what was meant.
    pub(super) fn note<'n>(&mut self, names: impl Iterator<Item = &'n str> + Clone) {
        self.find(names.clone());
        if self.is_seen {
            return;
        }
        for name in names {
            let least = self.near.as_ref().map_or(usize::MAX, |(least, _)| *least);
            if let Some(distance) = distance(&self.given, name).filter(|it| *it < least) {
                self.near = Some((distance, name.to_owned()));
            }
        }
    }

    /// Takes note of names that cannot be slips of the pen.
    pub(super) fn find<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) {
        self.is_seen = self.is_seen || names.any(|name| self.is(name));
    }

    /// ``no case has `--user alcie`: did you mean `alice`?``, where none has.
    pub(super) fn in_vain(&self) -> Option<String> {
        let near = self.near.as_ref().map(|(_, near)| near.as_str());
        let near =
            did_you_mean(near.as_slice()).map_or_else(String::new, |near| format!(": {near}"));
        let (option, given) = (self.option, escaped(&self.given));
        (!self.is_seen).then(|| format!("no case has `{option} {given}`{near}"))
    }
}
