//! What the rules find in an object. The one place that knows which rule is asked about what.

use std::rc::Rc;

use crate::ability::{Grants, Scope, Terms};
use crate::aggravation::aggravate;
use crate::built_in;
use crate::context::Context;
use crate::origin::Origin;
use crate::request::Request;
use crate::rule::{Check, Evidence, JudgedBinding, JudgedRole, Rule};
use crate::rules::{RULES, unreadable};
use crate::settings::Settings;
use crate::subject::{Subject, Workload};
use crate::view::Text;

/// What a rule found.
#[derive(Debug)]
pub(crate) struct Found<'d> {
    pub rule: &'static Rule,
    /// The place of the rule in the registry.
    pub rank: usize,
    pub evidence: Evidence<'d>,
}

/// A request, with what decides about what is found in its objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'d> {
    pub request: &'d Request<'d>,
    pub settings: &'d Settings,
    pub context: &'d Context,
    pub origin: Option<Origin<'d>>,
}

/// An object, with what several rules want to know of it.
pub(crate) enum Judged<'d> {
    Workload(&'d Workload<'d>),
    Role(JudgedRole<'d>),
    Binding(JudgedBinding<'d>),
    Other(&'d Subject<'d>),
}

impl<'d> Judged<'d> {
    /// What the rules of a role give, if it is one.
    pub fn grants(&self) -> Option<Rc<Grants<'d>>> {
        match self {
            Self::Role(role) => Some(Rc::clone(&role.grants)),
            _ => None,
        }
    }
}

impl<'d> Case<'d> {
    /// What the rules that matter find in the object, or in the old one, in the order of the rules.
    pub fn evidence(&self, judged: &Judged<'d>, matters: &dyn Fn(&Rule) -> bool) -> Vec<Found<'d>> {
        let mut found = Vec::new();
        for (rank, rule) in RULES.iter().copied().enumerate() {
            if self.settings.is_off(rule) || !matters(rule) {
                continue;
            }
            let of_rule = |evidence| Found {
                rule,
                rank,
                evidence,
            };
            let evidence = self.of_rule(rule, judged);
            if !evidence.is_empty() {
                found.extend(evidence.into_iter().map(of_rule));
            }
        }
        found
    }

    /// An object, with what several rules want to know of it.
    pub fn judged(&self, subject: &'d Subject<'d>) -> Judged<'d> {
        match subject {
            Subject::Workload(workload) => Judged::Workload(workload),
            Subject::Role(role) => {
                let terms = self.terms();
                Judged::Role(JudgedRole {
                    role,
                    grants: Rc::new(Grants::new(&role.rules, terms)),
                    terms,
                    context: self.context,
                })
            }
            Subject::Binding(binding) => Judged::Binding(JudgedBinding {
                binding,
                terms: self.terms(),
                context: self.context,
            }),
            other => Judged::Other(other),
        }
    }

    /// What a rule finds.
    fn of_rule(&self, rule: &Rule, judged: &Judged<'d>) -> Vec<Evidence<'d>> {
        let settings = self.settings;
        match (&rule.check, judged) {
            (Check::Pod(_) | Check::Claims(_), Judged::Workload(workload)) => {
                self.in_pods(rule, workload)
            }
            (Check::Ability { ability, gain }, Judged::Role(role)) => {
                role.grants.evidence(*ability, gain).into_iter().collect()
            }
            (Check::Role(check), Judged::Role(role)) => check(role),
            (Check::Binding(check), Judged::Binding(judged)) => {
                let mut evidence = check(judged);
                evidence.retain(|evidence| {
                    !built_in::binds(self.origin, judged.binding, evidence.identity())
                });
                evidence
            }
            (Check::Volume(check), Judged::Other(Subject::Volume(volume))) => {
                check(volume, settings)
            }
            (Check::Devices(check), Judged::Other(Subject::Devices { pointer, requests })) => {
                check(requests, pointer, settings)
            }
            (Check::Unreadable, Judged::Other(Subject::Unreadable(fault))) => {
                vec![unreadable::evidence(fault)]
            }
            _ => Vec::new(),
        }
    }

    /// What decides about the rules of a role, or of one that is bound.
    pub fn terms(&self) -> Terms<'d> {
        let kind = self.request.kind.kind.as_ref().map_or("", Text::as_str);
        let namespace = self.request.namespace.as_ref().map_or("", Text::as_str);
        Terms {
            scope: match kind {
                "Role" | "RoleBinding" => Scope::of_namespace(namespace),
                _ => Scope::Cluster,
            },
            oldest: self.settings.kubernetes_version,
            makers: &self.settings.pod_makers,
        }
    }
    /// What a rule finds in the pods of an object, with which one it is and how it is known.
    fn in_pods(&self, rule: &Rule, workload: &'d Workload<'d>) -> Vec<Evidence<'d>> {
        let mut found = Vec::new();
        for (index, pod) in workload.pods.iter().enumerate() {
            let mut evidence = match rule.check {
                Check::Pod(check) => check(pod, self.settings),
                Check::Claims(check) if !self.context.claims.is_empty() => {
                    check(pod, self.context, self.settings)
                }
                _ => continue,
            };
            if evidence.is_empty() {
                continue;
            }
            if let Check::Pod(_) = rule.check {
                aggravate(rule, &mut evidence, pod, self.request.operation);
            }
            for evidence in &mut evidence {
                evidence.pod = index;
                evidence.pod_number = pod.number;
                if pod.is_by_structure {
                    evidence.add("; found by its structure, in a kind that is not known");
                }
            }
            if found.is_empty() {
                found = evidence;
            } else {
                found.append(&mut evidence);
            }
        }
        found
    }
}
