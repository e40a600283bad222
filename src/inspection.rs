//! The answer to `inspect`: the request in short, every finding in full, and the response. A wire
//! format of its own: fields may be added to it, never renamed or removed.

use std::borrow::Cow;
use std::rc::Rc;

use crate::ability::{Ability, Grant, Grants};
use crate::decision::{Decision, Exempted, Finding};
use crate::json::{Json, Writer, field, if_any};
use crate::origin::Origin;
use crate::request::{Operation, Request};
use crate::response::Response;
use crate::rule::{Alert, GrantPlace, Severity, What};
use crate::settings::Action;
use crate::view::Text;

/// The answer to `inspect`.
#[derive(Debug)]
pub struct Inspection<'d> {
    /// The version of this format: 1.
    pub version: usize,
    /// What was asked for.
    pub request: RequestSummary<'d>,
    /// Where the request comes from, if there is more to say than who sent it; or null.
    pub origin: Option<Origin<'d>>,
    /// Whether any rule was asked. Not about a kind that no rule is about, nor about an operation
    /// or subresource that cannot change what is judged; such a request is allowed.
    pub judged: bool,
    /// Whether the request may pass.
    pub allowed: bool,
    /// The worst first; at most 256.
    pub findings: Vec<FindingReport<'d>>,
    /// How many findings there were beyond those.
    pub omitted: usize,
    /// What a role's rules give that makes its holder able to hand abilities to others; of roles
    /// alone.
    pub powers: Vec<Power<'d>>,
    /// What `validate` answers to the same payload.
    pub response: Response,
}

impl Json for Inspection<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("version", &self.version),
            field("request", &self.request),
            field("origin", &self.origin),
            field("judged", &self.judged),
            field("allowed", &self.allowed),
            field("findings", &self.findings),
            field("omitted", &self.omitted),
            if_any("powers", &self.powers),
            field("response", &self.response),
        ]);
    }
}

/// What makes the holder of a role able to hand abilities to others.
#[derive(Debug)]
pub struct Power<'d> {
    /// `write-roles` and `write-bindings`: cluster roles and bindings; `escalate` and `bind`: past
    /// the check that its holder has what they hold; `impersonate`; `token`: of service accounts;
    /// `secrets`: reads them, those that hold tokens included; `certificates`: asks for them,
    /// approves them or may approve for a signer; `run-pods`: runs pods, by whatever makes them, as
    /// a service account that it chooses.
    pub power: &'static str,
    /// Every place that contributes.
    pub grants: Vec<GrantPlace>,
    /// The names to which all of them are restricted; null for none.
    pub resource_names: Option<Vec<&'d str>>,
}

impl Json for Power<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("power", &self.power),
            field("grants", &self.grants),
            field("resourceNames", &self.resource_names),
        ]);
    }
}

impl<'d> Power<'d> {
    fn all(grants: &Rc<Grants<'d>>) -> Vec<Self> {
        let powers = Ability::POWERS.iter();
        let given = powers.filter(|(power, _)| grants.severity(*power).is_some());
        given
            .map(|(power, name)| {
                let grant = Grant::new(grants, *power, "");
                Self {
                    power: name,
                    grants: grant.places(),
                    resource_names: grant.names().map(Vec::from_iter),
                }
            })
            .collect()
    }
}

/// A request in short. What it does not say is null.
#[derive(Debug, Default)]
pub struct RequestSummary<'d> {
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: Option<&'static str>,
    /// The API group of the object; the core group is empty.
    pub group: Option<&'d str>,
    /// The version of the object.
    pub version: Option<&'d str>,
    /// The kind of the object.
    pub kind: Option<&'d str>,
    /// The subresource, if the request is about one.
    pub subresource: Option<&'d str>,
    /// The namespace; null for what has none.
    pub namespace: Option<&'d str>,
    /// The name; null for one that the API server has yet to generate.
    pub name: Option<&'d str>,
    /// The user as authenticated.
    pub user: Option<&'d str>,
    /// Whether nothing is stored.
    pub dry_run: bool,
}

impl Json for RequestSummary<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("operation", &self.operation),
            field("group", &self.group),
            field("version", &self.version),
            field("kind", &self.kind),
            field("subresource", &self.subresource),
            field("namespace", &self.namespace),
            field("name", &self.name),
            field("user", &self.user),
            field("dryRun", &self.dry_run),
        ]);
    }
}

/// A finding in full.
#[derive(Debug)]
pub struct FindingReport<'d> {
    /// The rule's id.
    pub rule: &'static str,
    /// The alert; null for `unreadable`.
    pub alert: Option<Alert>,
    /// How bad it is.
    pub severity: Severity,
    /// What happens because of it.
    pub action: Action,
    /// RFC 6901 pointer, from the object, of the smallest part whose removal ends the finding; of
    /// pod write, which may take more to end it, the place that makes it as bad as it is.
    pub path: Cow<'d, str>,
    /// The container's name; null for what belongs to no container.
    pub container: Option<&'d str>,
    /// What was found there, normalised.
    pub value: Cow<'d, str>,
    /// What an attacker gains by it; one line.
    pub message: Cow<'d, str>,
    /// What to do about it; one line.
    pub fix: Cow<'static, str>,
    /// Whether the old object did not have it, or had it milder. True of everything that is
    /// created.
    pub new: bool,
    /// Whether Pod Security's `baseline` level, of the version that is set, refuses pods for it;
    /// null for what Pod Security does not look at.
    pub refused_by_baseline: Option<bool>,
    /// The exemption that holds for it, or null.
    pub exempted: Option<Exempted<'d>>,
    /// Only of pod write, as are the following. `direct`: on pods themselves; `indirect`:
    /// by way of something else.
    pub grant: Option<&'static str>,
    /// Every place that contributes. When all are removed, the finding is gone.
    pub grants: Option<Vec<GrantPlace>>,
    /// The names to which all of them are restricted; null for none.
    pub resource_names: Option<Option<Vec<&'d str>>>,
    /// The first version of Kubernetes in which none of them gives the ability; null for none.
    pub until: Option<Option<String>>,
}

impl Json for FindingReport<'_> {
    fn write(&self, json: &mut Writer) {
        json.object(&[
            field("rule", &self.rule),
            field("alert", &self.alert),
            field("severity", &self.severity),
            field("action", &self.action),
            field("path", &self.path),
            field("container", &self.container),
            field("value", &self.value),
            field("message", &self.message),
            field("fix", &self.fix),
            field("new", &self.new),
            field("refusedByBaseline", &self.refused_by_baseline),
            field("exempted", &self.exempted),
            if_any("grant", &self.grant),
            if_any("grants", &self.grants),
            if_any("resourceNames", &self.resource_names),
            if_any("until", &self.until),
        ]);
    }
}

impl<'d> Inspection<'d> {
    /// The inspection of a decision about a request; without one, of what is none.
    pub(crate) fn new(request: Option<&'d Request<'_>>, decision: &'d Decision<'d>) -> Self {
        let response = Response::new(decision);
        Self {
            version: 1,
            request: request.map(RequestSummary::new).unwrap_or_default(),
            origin: decision.origin,
            judged: decision.judged,
            allowed: response.accepted,
            findings: decision.findings.iter().map(FindingReport::new).collect(),
            omitted: decision.omitted.len(),
            powers: decision.grants.as_ref().map_or_else(Vec::new, Power::all),
            response,
        }
    }
}

impl<'d> RequestSummary<'d> {
    fn new(request: &'d Request<'_>) -> Self {
        Self {
            operation: request.operation.map(Operation::as_str),
            group: Some(request.kind.group.as_ref().map_or("", Text::as_str)),
            version: request.kind.version.as_ref().map(Text::as_str),
            kind: request.kind.kind.as_ref().map(Text::as_str),
            subresource: request.subresource.as_ref().map(Text::as_str),
            namespace: request.namespace.as_ref().map(Text::as_str),
            name: request.name.as_ref().map(Text::as_str),
            user: request.user.name.as_ref().map(Text::as_str),
            dry_run: request.dry_run,
        }
    }
}

impl<'d> FindingReport<'d> {
    fn new(finding: &'d Finding<'d>) -> Self {
        let evidence = &finding.evidence;
        let grant = match &evidence.what {
            What::Grant(grant) => Some(grant),
            What::Part { .. } => None,
        };
        Self {
            rule: finding.rule.id,
            alert: finding.rule.alert,
            severity: finding.severity,
            action: finding.action,
            path: evidence.pointer(),
            container: evidence.container.and_then(|found| found.name),
            value: evidence.value(),
            message: evidence.message(),
            fix: finding.fix(),
            new: finding.new,
            refused_by_baseline: evidence.refused_by_baseline,
            exempted: finding.exempted,
            grant: grant.map(|grant| {
                if grant.is_direct() {
                    "direct"
                } else {
                    "indirect"
                }
            }),
            grants: grant.map(Grant::places),
            resource_names: grant.map(|grant| grant.names().map(Vec::from_iter)),
            until: grant.map(|grant| grant.until().map(|version| version.to_string())),
        }
    }
}
