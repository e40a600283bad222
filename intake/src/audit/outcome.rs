//! How a request ended. What became of it, its code says; the verb does not.

use serde::{Serialize, Serializer};
use std::fmt;

/// How a request ended, what may have the most consequences first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The object is new.
    Created,
    /// It was there before.
    Modified,
    /// It was tried, and something went wrong: what was kept is not known.
    Failed,
    /// The log does not tell.
    Unknown,
    /// It was there before, and nothing of it was changed.
    Unchanged,
    /// It is gone, or is on its way.
    Deleted,
    /// Somebody got into a pod.
    Used,
    /// Nothing was to be kept, and nothing was.
    DryRun,
    /// It was tried, and refused.
    Refused(By),
}

/// Who or what refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Nobody known asked.
    Authentication,
    /// The user may not do it.
    Authorization,
    /// The user would grant more than they hold.
    EscalationCheck,
    /// Pod Security, a webhook, a policy or a quota.
    Admission,
    /// The object is not valid.
    Validation,
    /// It exists already, or was changed in the meantime.
    Conflict,
    /// There is nothing of that name.
    Absence,
    /// There were too many requests.
    Throttling,
}

/// What decides how a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs<'a> {
    pub(crate) code: Option<u16>,
    pub(crate) verb: &'a str,
    pub(crate) is_use: bool,
    pub(crate) is_dry_run: bool,
    /// The decision of the authoriser, where the event has it.
    pub(crate) decision: Option<&'a str>,
    /// What the API server answered.
    pub(crate) message: &'a str,
}

impl Outcome {
    /// How the request ended, but for whether it changed anything.
    pub(crate) fn of(signs: &Signs<'_>) -> Self {
        match signs.code {
            // an upgraded connection: what came of it the log does not tell
            Some(101 | 200..=299) if signs.is_use => Self::Used,
            Some(code @ 200..=299) => match (signs.is_dry_run, signs.verb, code) {
                (true, ..) => Self::DryRun,
                (false, "delete" | "deletecollection", _) => Self::Deleted,
                (false, _, 201) => Self::Created,
                // what is only accepted is still to be done
                (false, _, 202) => Self::Unknown,
                (false, ..) => Self::Modified,
            },
            Some(code @ 400..=499) => Self::Refused(By::of(code, signs)),
            Some(_) => Self::Failed,
            None => Self::Unknown,
        }
    }

    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Used => "used",
            Self::DryRun => "dry-run",
            Self::Refused(_) => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the cluster is, or may be, other than before.
    pub fn may_be_kept(self) -> bool {
        !matches!(self, Self::DryRun | Self::Refused(_))
    }
}

impl By {
    /// Source: Kubernetes `pkg/registry/rbac/escalation_check.go` and
    /// `staging/src/k8s.io/apiserver/pkg/endpoints/filters/authorization.go`.
    fn of(code: u16, signs: &Signs<'_>) -> Self {
        match code {
            // whoever writes a webhook or a policy chooses the code
            _ if is_of_admission(signs.message) => Self::Admission,
            401 => Self::Authentication,
            403 if signs.decision == Some("forbid") => Self::Authorization,
            403 if signs
                .message
                .contains("is attempting to grant RBAC permissions not currently held") =>
            {
                Self::EscalationCheck
            }
            403 if signs.decision == Some("allow") => Self::Admission,
            // without the annotation the words tell: those of the authoriser alone say `cannot`
            403 if signs.message.contains("\" cannot ") => Self::Authorization,
            403 => Self::Admission,
            404 => Self::Absence,
            409 => Self::Conflict,
            429 => Self::Throttling,
            _ => Self::Validation,
        }
    }

    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Authorization => "authorization",
            Self::EscalationCheck => "escalation-check",
            Self::Admission => "admission",
            Self::Validation => "validation",
            Self::Conflict => "conflict",
            Self::Absence => "absence",
            Self::Throttling => "throttling",
        }
    }
}

/// Whether a webhook or a ValidatingAdmissionPolicy says no. What else is answered may repeat the
/// words of whoever asked, behind its own.
///
/// Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go`
/// and `pkg/admission/plugin/policy/validating/dispatcher.go` beside it.
fn is_of_admission(message: &str) -> bool {
    let is_policy = message.contains(" is forbidden: ValidatingAdmissionPolicy '")
        && !message.contains(" is invalid: ");
    is_policy || message.starts_with("admission webhook \"")
}

/// For a person: `refused by authorization`.
impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::DryRun => "dry run, nothing kept",
            Self::Refused(by) => match by {
                By::Authentication => "refused: nobody known asked",
                By::Authorization => "refused by authorization",
                By::EscalationCheck => "refused by the escalation check",
                By::Admission => "refused by admission",
                By::Validation => "refused as not valid",
                By::Conflict => "refused: it exists, or was changed meanwhile",
                By::Absence => "refused: there is none of that name",
                By::Throttling => "refused: too many requests",
            },
            Self::Failed => "failed",
            Self::Unknown => "how it ended is not known",
            other => other.word(),
        })
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::{By, Outcome, Signs};

    const WRITE: Signs<'_> = Signs {
        code: None,
        verb: "patch",
        is_use: false,
        is_dry_run: false,
        decision: None,
        message: "",
    };

    fn coded(code: u16) -> Signs<'static> {
        Signs {
            code: Some(code),
            ..WRITE
        }
    }

    #[test]
    fn the_code_says_what_was_created() {
        assert_eq!(Outcome::of(&coded(201)), Outcome::Created);
        assert_eq!(Outcome::of(&coded(200)), Outcome::Modified);
        let create = Signs {
            verb: "create",
            ..coded(200)
        };
        assert_eq!(Outcome::of(&create), Outcome::Modified);
        assert_eq!(Outcome::of(&WRITE), Outcome::Unknown);
        assert_eq!(Outcome::of(&coded(500)), Outcome::Failed);
        let dry = Signs {
            is_dry_run: true,
            ..coded(201)
        };
        assert_eq!(Outcome::of(&dry), Outcome::DryRun);
    }

    #[test]
    fn a_webhook_may_answer_with_any_code() {
        for code in [400, 401, 403, 404, 409, 422, 429] {
            let signs = Signs {
                message: "admission webhook \"a.example.com\" denied the request: is attempting \
                    to grant RBAC permissions not currently held",
                ..coded(code)
            };
            assert_eq!(
                Outcome::of(&signs),
                Outcome::Refused(By::Admission),
                "{code}"
            );
        }
    }

    #[test]
    fn a_pod_is_got_into_with_an_upgraded_connection() {
        for (code, outcome) in [
            (101, Outcome::Used),
            (200, Outcome::Used),
            (403, Outcome::Refused(By::Admission)),
            (500, Outcome::Failed),
        ] {
            let signs = Signs {
                verb: "get",
                is_use: true,
                ..coded(code)
            };
            assert_eq!(Outcome::of(&signs), outcome);
        }
    }

    #[test]
    fn tells_who_refused() {
        for (code, decision, message, by) in [
            (401, None, "Unauthorized", By::Authentication),
            (403, Some("forbid"), "pods is forbidden", By::Authorization),
            (
                403,
                None,
                "pods is forbidden: User \"eve\" cannot create resource \"pods\"",
                By::Authorization,
            ),
            (
                403,
                Some("allow"),
                "clusterroles.rbac.authorization.k8s.io \"a\" is forbidden: user \"dave\" \
                 (groups=[]) is attempting to grant RBAC permissions not currently held:\n…",
                By::EscalationCheck,
            ),
            (
                403,
                Some("allow"),
                "pods \"a\" is forbidden: violates PodSecurity \"baseline:latest\": privileged",
                By::Admission,
            ),
            (
                400,
                Some("allow"),
                "admission webhook \"a.example.com\" denied the request: no",
                By::Admission,
            ),
            (
                422,
                Some("allow"),
                "pods \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied \
                 request: no",
                By::Admission,
            ),
            (
                401,
                Some("allow"),
                "clusterroles.rbac.authorization.k8s.io \"a\" is forbidden: \
                 ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
                By::Admission,
            ),
            (
                422,
                Some("allow"),
                "Pod \"a\" is invalid: spec.hostname: Invalid value: \"a is forbidden: \
                 ValidatingAdmissionPolicy 'p'\"",
                By::Validation,
            ),
            (
                422,
                Some("allow"),
                "Pod \"a\" is invalid: spec.hostname: Invalid value: \"admission webhook \"",
                By::Validation,
            ),
            (404, Some("allow"), "not found", By::Absence),
            (409, Some("allow"), "already exists", By::Conflict),
            (422, Some("allow"), "is invalid", By::Validation),
            (429, Some("allow"), "too many requests", By::Throttling),
        ] {
            let signs = Signs {
                decision,
                message,
                ..coded(code)
            };
            assert_eq!(Outcome::of(&signs), Outcome::Refused(by), "{message}");
        }
    }
}
