//! One case in, one outcome out: what a worker does.

use std::sync::Arc;

use intake::audit::Audit;
use intake::{Case, Form, Position, incident};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Answer, Finding, Origin, Request};
use crate::cluster::View;
use crate::host::{Host, HostCall, Policy};
use crate::outcome::{Audited, Failure, Judged, Outcome, Source};
use crate::report::Format;
use crate::report::json::{error_line, verdict_line};
use crate::wire::read;

/// Most bytes of a request that are read, all in all, to place its findings.
const LOCATED_BYTES: usize = 64 << 20;

/// A policy with its settings.
#[derive(Clone)]
pub(crate) struct Judge {
    pub(crate) policy: Policy,
    /// JSON text of an object, accepted by the policy.
    pub(crate) settings: String,
    pub(crate) format: Format,
}

impl Judge {
    /// Asks the policy about one case, before which the cluster was as `view` has it. Whatever
    /// goes wrong is an outcome too.
    pub(crate) fn judge(&self, source: Source, mut case: Case, view: Option<View>) -> Outcome {
        let audit = case.audit.take();
        let payload = payload(case.request(), &self.settings);
        let inspected = match view {
            None => self.policy.call("inspect", payload),
            Some(view) => {
                let host: Host = Arc::new(move |call: &HostCall| view.answer(call));
                self.policy.call_with("inspect", payload, host)
            }
        };
        let answered = match inspected {
            Ok(answer) => self
                .judged(&source, &case, audit, &answer)
                .map_err(|error| {
                    let message =
                        format!("the policy's answer to `inspect` is not understood: {error}");
                    ("answer", message)
                }),
            Err(error) => Err((error.reason(), error.to_string())),
        };
        match answered {
            Ok(judged) => Outcome::Judged(Box::new(judged)),
            Err((reason, message)) => {
                Outcome::Failed(Box::new(self.failed(source, &case, reason, message)))
            }
        }
    }

    fn judged(
        &self,
        source: &Source,
        case: &Case,
        audit: Option<Box<Audit>>,
        answer: &[u8],
    ) -> Result<Judged, serde_json::Error> {
        let answer: Answer<'_> = serde_json::from_slice(answer)?;
        let findings: Vec<Finding> = serde_json::from_str(answer.findings.get())?;
        let audit = audit.map(|audit| {
            Box::new(Audited {
                incident: incident::id(&audit.root, findings.iter().map(Finding::identity)),
                audit: *audit,
            })
        });
        Ok(Judged {
            request: serde_json::from_str(answer.request.get())?,
            form: case.form,
            asked: answer.judged,
            allowed: answer.allowed,
            omitted: answer.omitted,
            origin: answer
                .origin
                .and_then(|origin| serde_json::from_str::<Origin>(origin.get()).ok())
                .and_then(|origin| origin.said()),
            json: (self.format == Format::Json).then(|| {
                let gained = findings.iter().any(|finding| finding.new);
                verdict_line(source, &answer, audit.as_deref(), gained)
            }),
            audit,
            findings: self.located(case, findings),
            source: source.clone(),
        })
    }

    /// Findings with their place in the file, which lines of JSON do not have. As
    /// each place costs a pass over the request, a huge request has them for
    /// its worst findings alone.
    fn located(&self, case: &Case, findings: Vec<Finding>) -> Vec<(Finding, Option<Position>)> {
        let most = match self.format {
            Format::Json => 0,
            // the line of an event is all there is to point at
            _ if case.form == Form::Event => 0,
            _ => LOCATED_BYTES / case.request().len().max(1),
        };
        let locate = |(index, finding): (usize, Finding)| {
            let position = (index < most).then(|| case.locate(&finding.path));
            (finding, position.flatten())
        };
        findings.into_iter().enumerate().map(locate).collect()
    }

    fn failed(
        &self,
        source: Source,
        case: &Case,
        reason: &'static str,
        message: String,
    ) -> Failure {
        let wire = serde_json::from_str::<WireRequest<'_>>(case.request()).unwrap_or_default();
        Failure {
            json: (self.format == Format::Json)
                .then(|| error_line(&source, Some(&wire.identity()), reason, &message)),
            request: Some(wire.request()),
            source,
            unanswered: true,
            reason,
            message,
        }
    }
}

/// The payload of `inspect`.
fn payload(request: &str, settings: &str) -> String {
    ["{\"request\":", request, ",\"settings\":", settings, "}"].concat()
}

/// What identifies an admission request, read here only when the policy
/// cannot be asked. Each part is left out when it has another type.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireRequest<'a> {
    #[serde(borrow)]
    operation: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    sub_resource: Option<&'a RawValue>,
    #[serde(borrow)]
    namespace: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    user_info: Option<&'a RawValue>,
    #[serde(borrow)]
    dry_run: Option<&'a RawValue>,
}

impl WireRequest<'_> {
    fn request(&self) -> Request {
        serde_json::from_value(self.identity()).unwrap_or_default()
    }

    /// The shape in which `inspect` gives it.
    fn identity(&self) -> serde_json::Value {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Kind {
            group: Option<String>,
            version: Option<String>,
            kind: Option<String>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct User {
            username: Option<String>,
        }
        let kind: Kind = read(self.kind).unwrap_or_default();
        let user: User = read(self.user_info).unwrap_or_default();
        serde_json::json!({
            "operation": read::<String>(self.operation),
            "group": kind.group,
            "version": kind.version,
            "kind": kind.kind,
            "subresource": read::<String>(self.sub_resource),
            "namespace": read::<String>(self.namespace),
            "name": read::<String>(self.name),
            "user": user.username,
            "dryRun": read::<bool>(self.dry_run).unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::WireRequest;

    #[test]
    fn identifies_a_request_whose_parts_have_wrong_types() {
        let request = r#"{"operation":"CREATE","kind":{"group":"","version":"v1","kind":"Pod"},
            "namespace":7,"name":"web","userInfo":[],"dryRun":true}"#;
        let wire: WireRequest<'_> = serde_json::from_str(request).unwrap();
        let request = wire.request();
        assert_eq!(request.operation.as_deref(), Some("CREATE"));
        assert_eq!(request.kind.as_deref(), Some("Pod"));
        assert_eq!(request.name.as_deref(), Some("web"));
        assert_eq!(request.namespace, None);
        assert_eq!(request.user, None);
        assert_eq!(wire.identity()["dryRun"], true);
    }
}
