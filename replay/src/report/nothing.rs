//! What to say when nothing was judged: an empty answer looks like a clean one.

use super::{counted, summary};
use crate::tally::Tally;

/// ``nothing was judged: no file was read; skipped: another file ending (3)``.
pub(in crate::report) fn judged(tally: &Tally) -> Option<String> {
    let Tally {
        shown, left_out, ..
    } = tally;
    if shown.count() + left_out.count() + left_out.unjudged > 0 {
        return None;
    }
    let mut why = Vec::new();
    if tally.files == 0 {
        why.push("no file was read".to_owned());
    }
    let passed = summary::passed(tally);
    if !passed.is_empty() {
        why.push(format!("not relevant: {passed}"));
    }
    why.extend(summary::gaps(tally));
    if why.is_empty() {
        let files = counted(tally.files, "file", "files");
        why.push(format!("there is nothing in {files}"));
    }
    Some(format!("nothing was judged: {}", why.join("; ")))
}
