//! The line of the summary about the exemptions of the settings: which can be taken out, and which
//! miss what they are for.

use crate::settings::Exemption;
use crate::tally::Tally;
use crate::terminal::escaped;

/// Exemptions that are named.
const SHOWN: usize = 8;

/// The line, where there are exemptions at all.
pub(super) fn told(tally: &Tally) -> Option<String> {
    (tally.exemptions.count > 0).then(|| line(tally))
}

/// The line, where one matched nothing although it had something to match.
pub(super) fn idle(tally: &Tally) -> Option<String> {
    (!tally.exemptions.idle().is_empty()).then(|| line(tally))
}

/// `1 of 5 matched; 3 had no findings to match; 1 had some and matched none of them: exemptions[3]
/// (node-exporter)`.
fn line(tally: &Tally) -> String {
    let exemptions = &tally.exemptions;
    let idle = exemptions.idle();
    let (count, matched) = (exemptions.count, exemptions.matched());
    let mut parts = vec![format!("{matched} of {count} matched")];
    let without = count - matched - idle.len();
    if without > 0 {
        parts.push(format!("{without} had no findings to match"));
    }
    if !idle.is_empty() {
        let mut named: Vec<String> = idle.iter().take(SHOWN).map(named).collect();
        if idle.len() > SHOWN {
            named.push("and others".to_owned());
        }
        parts.push(format!(
            "{} had some and matched none of them: {}",
            idle.len(),
            named.join(", ")
        ));
    }
    let mut is_nowhere = idle.iter();
    if is_nowhere.any(|(_, exemption)| exemptions.is_nowhere(exemption)) {
        parts.push(
            "a manifest names no namespace, as `helm template` leaves it out, and so is in none \
             that an exemption names"
                .to_owned(),
        );
    }
    parts.extend(idle.iter().filter_map(small).take(SHOWN));
    parts.join("; ")
}

/// `exemptions[3] (node-exporter)`.
fn named((index, exemption): &(u64, &Exemption)) -> String {
    format!("exemptions[{index}] ({})", escaped(&exemption.reason))
}

/// What is wrong with the kind of a workload that kubectl would take as it is written.
fn small((index, exemption): &(u64, &Exemption)) -> Option<String> {
    let is_small = |workload: &&String| workload.starts_with(|first: char| first.is_lowercase());
    let workload = exemption.workloads.iter().find(is_small)?;
    Some(format!(
        "exemptions[{index}].workloads: the kind of `{}` begins with a small letter, and is compared \
         exactly, as in `Deployment/web`",
        escaped(workload)
    ))
}
