//! The settings of the policy: read with every mistake reported at once, each with its path and
//! what is allowed there.

use crate::ability::{self, Resource};
use crate::allow::Allow;
use crate::custom::{self, PodTemplate};
use crate::exemption::{self, Exemption};
use crate::form::{Form, Mistakes};
use crate::json::{Json, Writer};
use crate::rule::{Alert, Rule, Severity};
use crate::rules::{self, RULES};
use crate::version::Version;
use crate::view;

/// What happens because of a finding; the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is recorded: in the audit annotation, and in the replay's output.
    Audit,
    /// The user is warned.
    Warn,
    /// The request is refused.
    Deny,
}

impl Json for Action {
    fn write(&self, json: &mut Writer) {
        let action = match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        };
        action.write(json);
    }
}

/// How the policy is set. The default is what `{}` means.
#[derive(Debug)]
pub(crate) struct Settings {
    pub host_access: Thresholds,
    pub pod_write: Thresholds,
    pub on_update: OnUpdate,
    /// The oldest version for which the answer must hold.
    pub kubernetes_version: Option<Version>,
    pub exemptions: Vec<Exemption>,
    /// What rules would find, and is allowed.
    pub allow: Allow,
    /// Kinds that carry a pod spec, beyond those that are known.
    pub pod_templates: Vec<PodTemplate>,
    /// Resources of custom kinds that pods are made of, beyond those that are known.
    pub pod_makers: Vec<Resource>,
    /// Whether the host may be asked what the cluster holds.
    pub cluster_context: bool,
    /// In the order of [`RULES`]; empty when no rule is overridden.
    overrides: Vec<Override>,
}

/// From which severity on a finding of an alert has consequences; `None` for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thresholds {
    pub deny: Option<Severity>,
    pub warn: Option<Severity>,
}

/// Which findings count when an object is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnUpdate {
    /// Those that the old object did not have, or had milder.
    New,
    All,
}

/// What the settings say of one rule.
#[derive(Clone, Copy, Debug, Default)]
struct Override {
    action: Option<RuleAction>,
    severity: Option<Severity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RuleAction {
    Off,
    Fixed(Action),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host_access: Thresholds {
                deny: Some(Severity::High),
                warn: Some(Severity::Low),
            },
            pod_write: Thresholds {
                deny: None,
                warn: Some(Severity::Medium),
            },
            on_update: OnUpdate::New,
            kubernetes_version: None,
            exemptions: Vec::new(),
            allow: Allow::default(),
            pod_templates: Vec::new(),
            pod_makers: Vec::new(),
            cluster_context: false,
            overrides: Vec::new(),
        }
    }
}

const SEVERITIES: &[(&str, Option<Severity>)] = &[
    ("low", Some(Severity::Low)),
    ("medium", Some(Severity::Medium)),
    ("high", Some(Severity::High)),
    ("critical", Some(Severity::Critical)),
];

const THRESHOLDS: &[(&str, Option<Severity>)] = &[
    ("low", Some(Severity::Low)),
    ("medium", Some(Severity::Medium)),
    ("high", Some(Severity::High)),
    ("critical", Some(Severity::Critical)),
    ("never", None),
];

const ON_UPDATE: &[(&str, OnUpdate)] = &[("new", OnUpdate::New), ("all", OnUpdate::All)];

const RULE_ACTIONS: &[(&str, RuleAction)] = &[
    ("deny", RuleAction::Fixed(Action::Deny)),
    ("warn", RuleAction::Fixed(Action::Warn)),
    ("audit", RuleAction::Fixed(Action::Audit)),
    ("off", RuleAction::Off),
];

/// Alerts, which are no rules, and what sets them.
const ALERTS: &[(&str, &str)] = &[
    (
        "host-access",
        "which is an alert: `hostAccess`, beside `rules`, is for all its rules",
    ),
    (
        "pod-write",
        "which is an alert: `podWrite`, beside `rules`, is for all its rules",
    ),
];

impl Settings {
    /// Reads settings; `None`, `null` and `{}` stand for the defaults.
    ///
    /// The error has every mistake that there is.
    pub fn read(text: Option<&str>) -> Result<Self, Mistakes> {
        let mut settings = Self::default();
        let Some(text) = text.filter(|text| !matches!(*text, "null" | "{}")) else {
            return Ok(settings);
        };
        let mut mistakes = Mistakes::default();
        settings.fill(&mut Form::new(text, &mut mistakes));
        if mistakes.is_empty() {
            return Ok(settings);
        }
        let mut members = view::members(text).into_iter().flatten();
        if members.any(|(key, _)| key.as_str() == "apiVersion") {
            mistakes = Mistakes::default();
            Form::new(text, &mut mistakes)
                .mistake("an object with `apiVersion`, expected what it has below `spec.settings`");
        }
        Err(mistakes)
    }

    fn fill(&mut self, form: &mut Form<'_, '_>) {
        form.table(
            &[
                "hostAccess",
                "podWrite",
                "onUpdate",
                "kubernetesVersion",
                "rules",
                "podTemplates",
                "podMakers",
                "exemptions",
                "clusterContext",
            ],
            &mut |key, form| match key {
                "hostAccess" => self.host_access.fill(form),
                "podWrite" => self.pod_write.fill(form),
                "onUpdate" => self.on_update = form.one_of(ON_UPDATE).unwrap_or(self.on_update),
                "kubernetesVersion" => self.kubernetes_version = version(form),
                "rules" => self.overrides = overrides(form, &mut self.allow),
                "podTemplates" => self.pod_templates = custom::read_settings(form),
                "podMakers" => form.list(&mut |form| self.pod_makers.extend(pod_maker(form))),
                "clusterContext" => self.cluster_context = form.flag().unwrap_or_default(),
                _ => self.exemptions = exemption::read(form),
            },
        );
    }

    /// The version of Kubernetes for which a pod is judged: that which is set, or the newest that
    /// is known here.
    pub fn version(&self) -> Version {
        self.kubernetes_version.unwrap_or(Version::NEWEST)
    }

    /// The severity that findings of the rule have whatever their evidence, if it is set.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.overridden(rule)?.severity
    }

    /// What happens because of a finding of the rule with this severity.
    pub fn action(&self, rule: &Rule, severity: Severity) -> Action {
        if let Some(RuleAction::Fixed(action)) = self.overridden(rule).and_then(|set| set.action) {
            return action;
        }
        let thresholds = match rule.alert {
            Some(Alert::HostAccess) => self.host_access,
            Some(Alert::PodWrite) => self.pod_write,
            // What cannot be judged does not pass.
            None => return Action::Deny,
        };
        let reaches =
            |threshold: Option<Severity>| threshold.is_some_and(|least| severity >= least);
        if reaches(thresholds.deny) {
            Action::Deny
        } else if reaches(thresholds.warn) {
            Action::Warn
        } else {
            Action::Audit
        }
    }

    /// Whether the rule is not to be asked at all.
    pub fn is_off(&self, rule: &Rule) -> bool {
        self.overridden(rule)
            .is_some_and(|set| set.action == Some(RuleAction::Off))
    }

    fn overridden(&self, rule: &Rule) -> Option<&Override> {
        if self.overrides.is_empty() {
            return None;
        }
        self.overrides.get(rules::rank(rule.id)?)
    }
}

impl Thresholds {
    fn fill(&mut self, form: &mut Form<'_, '_>) {
        form.table_or_value(&["deny", "warn"], &mut |key, form| {
            let Some(threshold) = form.one_of(THRESHOLDS) else {
                return;
            };
            match key {
                "deny" => self.deny = threshold,
                _ => self.warn = threshold,
            }
        });
    }
}

/// `{group: argoproj.io, resource: workflows}`.
fn pod_maker(form: &mut Form<'_, '_>) -> Option<Resource> {
    let texts = form.strings(&["group", "resource"])?;
    let [group, resource] = <[String; 2]>::try_from(texts).ok()?;
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./".contains(&byte);
    if resource.is_empty() || !resource.bytes().all(fits) {
        form.mistake("`resource` is no plural in lower case, such as `workflows`");
        return None;
    }
    Some(ability::maker(group, resource))
}

fn version(form: &mut Form<'_, '_>) -> Option<Version> {
    let text = form.text()?;
    let version = Version::parse(text.as_str());
    if version.is_none() {
        form.mistake("no version of Kubernetes, expected one such as `\"1.36\"`");
    }
    version
}

fn overrides(form: &mut Form<'_, '_>, allow: &mut Allow) -> Vec<Override> {
    let ids: Vec<&'static str> = RULES.iter().map(|rule| rule.id).collect();
    let mut overrides = vec![Override::default(); RULES.len()];
    form.table_without(ALERTS, &ids, &mut |id, form| {
        let mut set = Override::default();
        let keys: &[&str] = if Allow::RULES.contains(&id) {
            &["action", "severity", "allow"]
        } else {
            &["action", "severity"]
        };
        form.table_or_value(keys, &mut |key, form| match key {
            "action" => set.action = form.one_of(RULE_ACTIONS),
            "severity" => set.severity = form.one_of(SEVERITIES).flatten(),
            _ => allow.read(id, form),
        });
        let Some(index) = rules::rank(id) else {
            return;
        };
        let alert = RULES.get(index).and_then(|rule| rule.alert);
        if set.action == Some(RuleAction::Off) && alert.is_none() {
            form.mistake(
                "cannot be off: what cannot be read would pass without a word; use `audit`",
            );
        }
        if let Some(place) = overrides.get_mut(index) {
            *place = set;
        }
    });
    overrides
}
