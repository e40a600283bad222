//! Reads what a cluster held: the objects that `kubectl get … -o json` prints, in files that are
//! read as inputs are, but strictly: half a cluster gives wrong answers.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;

use intake::{Case, Form, Item};

use crate::decompress::decompressed;
use crate::fatal::Mistake;
use crate::walk::{Found, walk};

/// Mistakes that are told of one snapshot.
const TOLD: usize = 20;

/// Shows every object below `paths` to `each`, as the request that would create it, and its file.
pub(crate) fn snapshot(
    paths: &[PathBuf],
    mut each: impl FnMut(&str, &Case),
) -> Result<(), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut count: u64 = 0;
    let mut counted = |file: &str, case: &Case| {
        count += 1;
        each(file, case);
    };
    let _ = walk(paths, &mut |found| {
        match found {
            Found::Stdin => one("-", io::stdin(), true, &mut counted, &mut mistakes),
            Found::File { path, strict } => {
                let name = path.to_string_lossy();
                match File::open(&path) {
                    Ok(file) => one(&name, file, strict, &mut counted, &mut mistakes),
                    Err(error) => mistakes.push(mistake(&name, None, error.to_string())),
                }
            }
            Found::Failed { path, message } => {
                mistakes.push(mistake(&path.to_string_lossy(), None, message));
            }
            Found::Skipped(_) => {}
        }
        match mistakes.len() {
            TOLD.. => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    if count == 0 && mistakes.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
        mistakes.push(mistake(&names.join(", "), None, NOTHING.to_owned()));
    }
    mistakes.truncate(TOLD);
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(mistakes)
    }
}

const EVENT: &str = "an audit event, where a snapshot has objects";

const NOTHING: &str = "no Kubernetes object: nothing in it";

fn one(
    name: &str,
    raw: impl Read,
    strict: bool,
    each: &mut impl FnMut(&str, &Case),
    mistakes: &mut Vec<Mistake>,
) {
    let plain = match decompressed(raw) {
        Ok(plain) => plain,
        Err(error) => return mistakes.push(mistake(name, None, error.to_string())),
    };
    let mut empty = true;
    for item in intake::read(plain) {
        empty = false;
        let (line, message) = match item {
            Ok(Item::Case(case)) if case.form == Form::Manifest => {
                each(name, &case);
                continue;
            }
            Ok(Item::Case(case)) => {
                let message = match case.form {
                    Form::Event => EVENT,
                    _ => "an admission request, where a snapshot has objects",
                };
                (Some(case.place.line), message.to_owned())
            }
            Ok(Item::Unjudged(unjudged)) => (Some(unjudged.place.line), EVENT.to_owned()),
            Ok(Item::Skipped(_)) if !strict => continue,
            Ok(Item::Skipped(skipped)) => {
                let message = format!("no Kubernetes object: {}", skipped.reason);
                (Some(skipped.place.line), message)
            }
            Ok(Item::Broken(broken)) => (Some(broken.line), broken.message),
            Err(error) => (None, error.to_string()),
        };
        mistakes.push(mistake(name, line, message));
        if mistakes.len() >= TOLD {
            return;
        }
    }
    if empty && strict {
        mistakes.push(mistake(name, None, NOTHING.to_owned()));
    }
}

fn mistake(file: &str, line: Option<u64>, message: String) -> Mistake {
    Mistake {
        file: file.to_owned(),
        line,
        message,
    }
}
