//! What a role grants, as the policy says: `inspect` of a request to create it. Nothing of RBAC
//! is decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::objects::{Rbac, Role, RoleKind, RoleName};
use super::rules::effective;
use crate::answer::{Answer, Finding, Grant, Power, Severity};
use crate::host::Policy;

/// The abilities to write pods, and the rules that find them, in their order.
pub(crate) const ABILITIES: [(&str, &str); 7] = [
    ("create", "pod-create"),
    ("modify", "pod-modify"),
    ("delete", "pod-delete"),
    ("scale", "pod-scale"),
    ("status", "pod-status"),
    ("storage", "pod-storage"),
    ("exec", "pod-exec"),
];

/// What a role grants where it is bound.
#[derive(Debug, Default)]
pub(super) struct Granted {
    /// The worst first.
    pub(super) abilities: Vec<Held>,
    pub(super) powers: Vec<Power>,
    rules: Rc<[Origin]>,
}

/// What is to be known of a rule, beside what it grants.
#[derive(Debug)]
struct Origin {
    /// The cluster role that it is collected from, if it is.
    source: Option<String>,
    /// The names that it is restricted to; empty where it is not.
    names: Vec<String>,
}

/// One way to have an ability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) severity: Severity,
    /// The place in [`ABILITIES`].
    pub(super) ability: usize,
    /// `direct` or `indirect`.
    pub(super) grant: String,
    pub(super) grants: Vec<Grant>,
    pub(super) resource_names: Option<Vec<String>>,
    pub(super) until: Option<String>,
}

/// Asks the policy about roles.
pub(super) struct Evaluator<'a> {
    pub(super) policy: &'a Policy,
    pub(super) settings: &'a str,
    pub(super) rbac: &'a Rbac,
}

impl Evaluator<'_> {
    /// Whether the policy tells of powers at all. One that does leaves them out of a role that has
    /// none, so it is asked about a role that has one.
    pub(super) fn knows_powers(&self) -> bool {
        let name = RoleName {
            kind: RoleKind::ClusterRole,
            namespace: None,
            name: "escalator".to_owned(),
        };
        let role = Role {
            object: json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "metadata": {"name": name.name},
                "rules": [{"apiGroups": ["rbac.authorization.k8s.io"],
                    "resources": ["clusterroles"], "verbs": ["escalate"]}],
            }),
            aggregates: None,
            labels: BTreeMap::new(),
        };
        let granted = Question::new(self, &name, &role).granted(None);
        granted.is_ok_and(|granted| !granted.powers.is_empty())
    }
}

/// A role that the policy is asked about, in any number of places.
pub(super) struct Question<'a> {
    evaluator: &'a Evaluator<'a>,
    metadata: Map<String, Value>,
    /// Its members but for kind and metadata, as JSON between braces.
    members: String,
    rules: Rc<[Origin]>,
}

impl<'a> Question<'a> {
    pub(super) fn new(evaluator: &'a Evaluator<'a>, name: &RoleName, role: &Role) -> Self {
        let rules = effective(name, role, &evaluator.rbac.roles);
        let mut object = role.object.as_object().cloned().unwrap_or_default();
        if let Some(rules) = &rules {
            let rules: Vec<Value> = rules.iter().map(|rule| rule.rule.clone()).collect();
            object.insert("rules".to_owned(), Value::from(rules));
            // resolved
            object.remove("aggregationRule");
        }
        object.remove("kind");
        let metadata = match object.remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let rules = rules.unwrap_or_default().into_iter().map(|rule| Origin {
            names: names(&rule.rule),
            source: rule.from,
        });
        Self {
            evaluator,
            metadata,
            members: Value::Object(object).to_string(),
            rules: rules.collect(),
        }
    }

    /// What the role grants everywhere or, bound in a namespace, there: then it is asked about as
    /// a role of that namespace, where resources without a namespace are out of its reach.
    ///
    /// # Errors
    /// When the policy cannot say.
    pub(super) fn granted(&self, namespace: Option<&str>) -> Result<Granted, String> {
        let mut granted = None;
        if namespace.is_some() {
            granted = self.inspect(RoleKind::Role, namespace)?;
        }
        if granted.is_none() {
            // also for a policy that does not know roles of a namespace
            granted = self.inspect(RoleKind::ClusterRole, None)?;
        }
        Ok(Granted {
            rules: Rc::clone(&self.rules),
            ..granted.unwrap_or_default()
        })
    }

    /// None where the policy has no rule about this kind.
    fn inspect(&self, kind: RoleKind, namespace: Option<&str>) -> Result<Option<Granted>, String> {
        let kind = format!("{kind:?}");
        let (group, version) = ("rbac.authorization.k8s.io", "v1");
        let mut metadata = self.metadata.clone();
        metadata.remove("namespace");
        metadata.extend(namespace.map(|it| ("namespace".to_owned(), Value::from(it))));
        let mut request = json!({
            "uid": "",
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": kind},
            "operation": "CREATE",
            // Of its own roles the policy tells what somebody writes, not what nobody does.
            "userInfo": {"username": "bulkhead rbac"},
            "name": metadata.get("name"),
            "namespace": namespace,
        })
        .to_string();
        request.pop();
        let mut object = json!({"kind": kind, "metadata": metadata}).to_string();
        object.pop();
        let members = self.members.strip_prefix('{').unwrap_or_default();
        let comma = if members == "}" { "" } else { "," };
        let case = format!(r#""request":{request},"object":{object}{comma}{members}}}"#);
        let mut off = BTreeSet::new();
        loop {
            let settings = without(&off, self.evaluator.settings);
            let payload = format!(r#"{{{case},"settings":{settings}}}"#);
            let policy = self.evaluator.policy;
            let answer = policy
                .call("inspect", payload.as_bytes())
                .map_err(|error| error.to_string())?;
            let answered = read(&answer)?;
            if answered.omitted == 0 {
                return Ok(answered.granted);
            }
            // what is found beside abilities may have pushed them out: asked again without it
            let known = off.len();
            off.extend(answered.beside);
            if off.len() == known {
                return Err(format!(
                    "the policy leaves out {} of its findings, so that what it grants is not known",
                    answered.omitted
                ));
            }
        }
    }
}

/// Settings with these rules switched off.
fn without(rules: &BTreeSet<String>, settings: &str) -> String {
    if rules.is_empty() {
        return settings.to_owned();
    }
    let mut settings: Map<String, Value> = serde_json::from_str(settings).unwrap_or_default();
    let mut set = match settings.remove("rules") {
        Some(Value::Object(set)) => set,
        _ => Map::new(),
    };
    set.extend(
        rules
            .iter()
            .map(|rule| (rule.clone(), json!({"action": "off"}))),
    );
    settings.insert("rules".to_owned(), Value::Object(set));
    Value::Object(settings).to_string()
}

fn names(rule: &Value) -> Vec<String> {
    let names = rule.get("resourceNames").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// What an answer to `inspect` says of a role.
struct Answered {
    /// None where no rule was asked about it.
    granted: Option<Granted>,
    /// How many findings there are beyond those that the answer has.
    omitted: u64,
    /// Rules that found something else than abilities.
    beside: BTreeSet<String>,
}

fn read(answer: &[u8]) -> Result<Answered, String> {
    let misread = |error| format!("the policy's answer to `inspect` is not understood: {error}");
    let answer: Answer<'_> = serde_json::from_slice(answer).map_err(misread)?;
    let findings: Vec<Finding> = serde_json::from_str(answer.findings.get()).map_err(misread)?;
    if let Some(unreadable) = findings.iter().find(|finding| finding.rule == "unreadable") {
        return Err(format!("`{}`: {}", unreadable.path, unreadable.message));
    }
    let powers = match answer.powers {
        Some(powers) => serde_json::from_str(powers.get()).map_err(misread)?,
        None => Vec::new(),
    };
    let is_beside = |rule: &String| ABILITIES.iter().all(|(_, known)| known != rule);
    let rules = findings.iter().map(|finding| finding.rule.clone());
    let beside = rules.filter(is_beside).collect();
    let mut abilities: Vec<Held> = findings.into_iter().filter_map(Held::of).collect();
    abilities.sort_by(|one, other| {
        let rank = |held: &Held| (held.ability, held.grant.clone());
        (other.severity, rank(one)).cmp(&(one.severity, rank(other)))
    });
    let granted = Granted {
        abilities,
        powers,
        ..Granted::default()
    };
    Ok(Answered {
        granted: answer.judged.then_some(granted),
        omitted: answer.omitted,
        beside,
    })
}

impl Granted {
    /// The place of the rule that a path names, and the role it is collected from, if it is.
    pub(super) fn rule(&self, path: &str) -> Option<(usize, Option<&str>)> {
        let place = path.strip_prefix("/rules/")?.split('/').next()?;
        let place: usize = place.parse().ok()?;
        let source = self
            .rules
            .get(place)
            .and_then(|rule| rule.source.as_deref());
        Some((place, source))
    }

    /// Whether rules of this cluster role are among its own.
    pub(super) fn collects(&self, role: &str) -> bool {
        let mut sources = self.rules.iter().filter_map(|rule| rule.source.as_deref());
        sources.any(|source| source == role)
    }

    /// The names to which the rule that a path names is restricted; empty where it is not.
    pub(super) fn names(&self, path: &str) -> &[String] {
        let rule = self.rule(path).and_then(|(place, _)| self.rules.get(place));
        rule.map_or(&[], |rule| rule.names.as_slice())
    }
}

impl Held {
    fn of(finding: Finding) -> Option<Self> {
        let ability = ABILITIES
            .iter()
            .position(|(_, rule)| *rule == finding.rule)?;
        Some(Self {
            severity: finding.severity,
            ability,
            grant: finding.grant?,
            grants: finding.grants,
            resource_names: finding.resource_names,
            until: finding.until,
        })
    }

    /// Its word, such as `create`.
    pub(super) fn word(&self) -> &'static str {
        ABILITIES.get(self.ability).map_or("", |(word, _)| word)
    }

    /// The rule that finds it.
    pub(super) fn rule(&self) -> &'static str {
        ABILITIES.get(self.ability).map_or("", |(_, rule)| rule)
    }
}
