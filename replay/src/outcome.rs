//! What becomes of everything that is read: judged, failed or skipped.

use std::sync::Arc;

use intake::audit::{Audit, Unjudged};
use intake::{Form, Passed, Place};

use crate::answer::{Finding, Request};
use crate::checkpoint::Mark;

/// Where something was read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The path as given, joined below folders; `-` for standard input.
    pub(crate) file: Arc<str>,
    /// The line in that file, where it is known.
    pub(crate) line: Option<u64>,
    /// Document and item in that file, for cases.
    pub(crate) case: Option<(u64, u64)>,
}

impl Source {
    /// A whole file.
    pub(crate) fn file(file: &Arc<str>) -> Self {
        Self {
            file: Arc::clone(file),
            line: None,
            case: None,
        }
    }

    /// A line of a file.
    pub(crate) fn line(file: &Arc<str>, line: u64) -> Self {
        Self {
            line: Some(line),
            ..Self::file(file)
        }
    }

    /// A case of a file.
    pub(crate) fn case(file: &Arc<str>, place: Place) -> Self {
        Self {
            case: Some((place.document, place.item)),
            ..Self::line(file, place.line)
        }
    }
}

/// One step of a replay, in input order.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A file was opened.
    File,
    /// The policy answered.
    Judged(Box<Judged>),
    /// Something could not be read, or not be judged.
    Failed(Box<Failure>),
    /// A request of an audit log matters and cannot be judged.
    Unjudged(Box<Gap>),
    /// Something was left out on purpose.
    Skipped(Skipped),
    /// Audit events that nobody needs to see.
    Passed(Passed),
    /// So many objects of the cluster could not be kept for the policy to ask about.
    Forgotten(u64),
    /// Everything of a log that is followed was told up to here.
    Mark(Mark),
    /// So many objects of audit logs could not be kept to measure changes against.
    Unremembered(u64),
}

impl Outcome {
    /// About how many bytes it takes to hold what was read of an input and need not be judged.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Unjudged(gap) => gap.unjudged.size() + gap.json.len(),
            Self::File
            | Self::Judged(_)
            | Self::Failed(_)
            | Self::Skipped(_)
            | Self::Passed(_)
            | Self::Forgotten(_)
            | Self::Mark(_)
            | Self::Unremembered(_) => 0,
        }
    }
}

/// What was left out on purpose.
#[derive(Debug)]
pub(crate) struct Skipped {
    /// Why.
    pub(crate) reason: String,
    /// Where it was read; none for what was left out by the name of its file, unread.
    pub(crate) source: Option<Source>,
}

/// A case with the policy's answer.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Where the case was read.
    pub(crate) source: Source,
    /// What was asked.
    pub(crate) request: Request,
    /// Where it comes from, as a person calls it, if there is more to say than who asked.
    pub(crate) origin: Option<String>,
    /// What the case was read as.
    pub(crate) form: Form,
    /// Whether any rule was asked.
    pub(crate) asked: bool,
    /// Whether the policy lets it pass.
    pub(crate) allowed: bool,
    /// Worst first, with the place of each in the file.
    pub(crate) findings: Vec<(Finding, Option<intake::Position>)>,
    /// Findings beyond those that are listed.
    pub(crate) omitted: u64,
    /// What the audit log tells beside, where the case comes from one.
    pub(crate) audit: Option<Box<Audited>>,
    /// The line of a JSON report.
    pub(crate) json: Option<String>,
}

/// The kinds in no namespace that rules are about.
const CLUSTER_WIDE: [&str; 3] = ["ClusterRole", "ClusterRoleBinding", "PersistentVolume"];

impl Judged {
    /// Whether it is a manifest that leaves its namespace to whoever applies it, as what
    /// `helm template` prints does.
    pub(crate) fn lacks_namespace(&self) -> bool {
        let is_wide = |kind: &str| CLUSTER_WIDE.contains(&kind);
        self.form == Form::Manifest
            && self.asked
            && self.request.namespace.is_none()
            && !self.request.kind.as_deref().is_some_and(is_wide)
    }
}

/// What an audit log tells of a case that was judged.
#[derive(Debug)]
pub(crate) struct Audited {
    /// Who did it, when, and how it ended.
    pub(crate) audit: Audit,
    /// Cases of one incident have the same findings in the same workload, and this id; none
    /// without findings.
    pub(crate) incident: Option<String>,
}

/// A request of an audit log that matters and could not be judged.
#[derive(Debug)]
pub(crate) struct Gap {
    /// Where its event was read.
    pub(crate) source: Source,
    /// What was asked.
    pub(crate) request: Request,
    /// Who asked, how it ended, and why it cannot be judged.
    pub(crate) unjudged: Unjudged,
    /// The line of a JSON report.
    pub(crate) json: String,
}

/// What could not be read, or not be judged.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Where it was read.
    pub(crate) source: Source,
    /// Whether it was read, and only the policy did not answer.
    pub(crate) unanswered: bool,
    /// A word for machines, such as `timeout`.
    pub(crate) reason: &'static str,
    /// A sentence for people.
    pub(crate) message: String,
    /// What was asked, where it could be read.
    pub(crate) request: Option<Request>,
    /// The line of a JSON report.
    pub(crate) json: Option<String>,
}
