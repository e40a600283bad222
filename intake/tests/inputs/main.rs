//! Inputs of every shape, read through the public interface, with expectations written by hand.

#![cfg(test)]

mod audit;
mod bad;
mod big;
mod clusters;
mod feed;
mod kubectl;
mod positions;
mod shapes;
mod skipped;
mod wrappers;

use intake::{Case, Item, Place, read};
use serde_json::Value;

/// Everything in an input.
fn items(input: impl AsRef<[u8]>) -> Vec<Item> {
    read(input.as_ref()).map(Result::unwrap).collect()
}

/// Every item of an input as one line: where it is and what.
fn report(input: impl AsRef<[u8]>) -> Vec<String> {
    items(input).iter().map(line).collect()
}

fn line(item: &Item) -> String {
    let place = |place: Place| format!("{}/{}/{}", place.line, place.document, place.item);
    match item {
        Item::Case(case) => {
            let request: Value = serde_json::from_str(case.request()).unwrap();
            let word = |pointer| {
                request
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or("-")
            };
            format!(
                "case {} {} {} {}",
                place(case.place),
                word("/operation"),
                word("/kind/kind"),
                word("/name")
            )
        }
        Item::Unjudged(unjudged) => {
            let place = place(unjudged.place);
            format!("unjudged {place} {}", unjudged.gap.word())
        }
        Item::Skipped(skipped) => format!("skipped {} {}", place(skipped.place), skipped.reason),
        Item::Broken(broken) => format!("broken {} {}", broken.line, broken.message),
    }
}

/// The cases of an input that must hold nothing else.
fn cases(input: impl AsRef<[u8]>) -> Vec<Case> {
    let case = |item| match item {
        Item::Case(case) => case,
        other => panic!("{}", line(&other)),
    };
    items(input).into_iter().map(case).collect()
}

/// The requests of an input that must hold nothing else.
fn requests(input: impl AsRef<[u8]>) -> Vec<Value> {
    let request = |case: &Case| serde_json::from_str(case.request()).unwrap();
    cases(input).iter().map(request).collect()
}

/// The fault of an input that must hold nothing else.
fn fault(input: impl AsRef<[u8]>) -> (u64, String) {
    match items(input).as_slice() {
        [Item::Broken(broken)] => (broken.line, broken.message.clone()),
        other => panic!("{:?}", other.iter().map(line).collect::<Vec<_>>()),
    }
}
