//! `dead-grant`: an entry of a rule that looks as if it granted pod write, and grants nothing.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::ability::{Resource, Scope};
use crate::role::{Groups, PolicyRule, Verbs};
use crate::rule::{Alert, Check, Evidence, Help, JudgedRole, Rule, Severity};
use crate::text::{quoted, split_once};
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "dead-grant",
    alert: Some(Alert::PodWrite),
    title: "Grant that grants nothing",
    severity: Severity::Low,
    techniques: &[],
    pod_security: None,
    help: Help {
        finds: "Entries of a role's rules that look as if they gave an ability to write pods, and \
                match no request: `pods/*` and `*/*`, singular and short names, other cases, groups \
                that have no such resource, verbs in another case or with a part of a wildcard, \
                URLs of resources in `nonResourceURLs`, and in a Role what is in no namespace, but for what it may `bind`.",
        why: "Whoever wrote it believes that somebody has this right, and so does whoever reviews \
              it. The next attempt to make it work is often `*`.",
        bad: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/*]\n  verbs: [create]\n",
        good: "rules:\n- apiGroups: [\"\"]\n  resources: [pods/log]\n  verbs: [get]\n",
        fix: "remove the entry, or write what is meant as Kubernetes knows it",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
        ],
    },
    check: Check::Role(check),
    subsumed_by: &[],
};

/// API groups of Kubernetes itself: a resource of another of them is not in these. What other
/// groups have is not known.
const GROUPS: &[&str] = &[
    "",
    "apps",
    "autoscaling",
    "batch",
    "extensions",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
];

/// Short names that kubectl takes, and the authorizer does not.
const SHORT: &[(&str, &str)] = &[
    ("cj", "cronjobs"),
    ("cm", "configmaps"),
    ("deploy", "deployments"),
    ("ds", "daemonsets"),
    ("hpa", "horizontalpodautoscalers"),
    ("no", "nodes"),
    ("ns", "namespaces"),
    ("po", "pods"),
    ("pv", "persistentvolumes"),
    ("pvc", "persistentvolumeclaims"),
    ("rc", "replicationcontrollers"),
    ("rs", "replicasets"),
    ("sa", "serviceaccounts"),
    ("sts", "statefulsets"),
];

const READS: Verbs = Verbs::GET.or(Verbs::LIST).or(Verbs::WATCH);

/// Verbs that write: URLs are read by `get`, and are meant so.
const WRITES: Verbs = Verbs::CREATE
    .or(Verbs::UPDATE)
    .or(Verbs::PATCH)
    .or(Verbs::DELETE);

fn check<'d>(judged: &JudgedRole<'d>) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    let given = OnceCell::new();
    let is_given = |known: &Resource| {
        let given = given.get_or_init(|| judged.grants.resources());
        given.iter().any(|given| std::ptr::eq(*given, known))
    };
    for (index, rule) in judged.role.rules.iter().enumerate() {
        let at = |part: &str, place: usize| format!("/rules/{index}/{part}/{place}");
        let verbs = rule.verbs.iter().map(Text::as_str);
        let meant = verbs.fold(Verbs::NONE, |meant, verb| meant.or(meant_by(verb)));
        if meant.is_empty() {
            continue;
        }
        let groups = Groups::of(rule);
        let has_strange_group = has_strange_group(rule);
        // Of what is only read, subresources alone give anything.
        let is_reading = meant.and(READS) == meant;
        for (place, entry) in rule.resources.iter().map(Text::as_str).enumerate() {
            if (is_reading && !entry.contains('/')) || judged.grants.has_hit(index, place) {
                continue;
            }
            let dead = Dead {
                groups: &groups,
                has_strange_group,
                meant,
                scope: judged.terms.scope,
                is_given: &is_given,
            };
            if let Some(why) = dead.why(entry) {
                let pointer = at("resources", place);
                found.push(evidence(pointer, entry, &why));
            }
        }
        let means_pods = |entry: &str| {
            let name = meant_name(entry);
            let mut resources = Resource::named_by(&name);
            resources.any(|known| groups.has(known.group()) && known.has_use_for(meant))
        };
        let is_dead = |verb: &str| Verbs::named_by(verb).is_empty() && !meant_by(verb).is_empty();
        let mut verbs = rule.verbs.iter().map(Text::as_str);
        let matters = verbs.any(is_dead) && rule.resources.iter().map(Text::as_str).any(means_pods);
        for (place, verb) in rule.verbs.iter().map(Text::as_str).enumerate() {
            if matters && is_dead(verb) {
                let pointer = at("verbs", place);
                let why = "verbs are compared letter by letter, and `*` is one only by itself";
                found.push(evidence(pointer, verb, why));
            }
        }
        if !meant.and(WRITES).is_empty() {
            for (place, url) in rule.urls.iter().map(Text::as_str).enumerate() {
                if is_of_resources(url) {
                    let pointer = at("nonResourceURLs", place);
                    let why = "it is a path of resources, which `nonResourceURLs` never grant";
                    found.push(evidence(pointer, url, why));
                }
            }
        }
    }
    found
}

fn evidence<'d>(pointer: String, entry: &'d str, why: &str) -> Evidence<'d> {
    let message = [
        &quoted(entry),
        " looks like a grant, and grants nothing: ",
        why,
    ]
    .concat();
    Evidence::new(Severity::Low, pointer, entry, message)
}

/// The verbs that an entry stands for, or was meant to.
fn meant_by(verb: &str) -> Verbs {
    let exact = Verbs::named_by(verb);
    if !exact.is_empty() {
        return exact;
    }
    let lower = verb.trim().to_ascii_lowercase();
    match lower.strip_suffix('*') {
        // `creat*`
        Some(start) if start.len() > 1 => {
            let all = Verbs::ALL.each();
            let meant = all.filter(|(_, name)| name.starts_with(start));
            meant.fold(Verbs::NONE, |meant, (verb, _)| meant.or(verb))
        }
        _ => Verbs::named_by(&lower),
    }
}

/// Whether a name is written as Kubernetes writes them, so that nothing else was meant.
fn is_plural(entry: &str) -> bool {
    let name = entry.split('/').next().unwrap_or_default();
    // Short names are no longer than that.
    name.len() > 3
        && name.ends_with('s')
        && !name.ends_with("ss")
        && !entry
            .bytes()
            .any(|byte| byte.is_ascii_uppercase() || byte == b' ')
}

/// The name that a resource was meant to have.
fn meant_name(entry: &str) -> Cow<'_, str> {
    if Resource::named_by(entry).next().is_some() {
        return entry.into();
    }
    let lower = entry.trim().to_ascii_lowercase();
    let (name, subresource) = match split_once(&lower, "/") {
        Some((name, subresource)) => (name, Some(subresource)),
        None => (lower.as_str(), None),
    };
    let mut short = SHORT.iter();
    let plural = match short.find(|(short, _)| *short == name) {
        Some((_, long)) => (*long).to_owned(),
        None => match name.strip_suffix('y') {
            Some(start) => [start, "ies"].concat(),
            None if name.ends_with("ss") => [name, "es"].concat(),
            None if name.ends_with('s') => name.to_owned(),
            None => [name, "s"].concat(),
        },
    };
    match subresource {
        Some(subresource) => [&plural, "/", subresource].concat().into(),
        None => plural.into(),
    }
}

/// Whether some group of a rule may have a resource of any name.
fn has_strange_group(rule: &PolicyRule<'_>) -> bool {
    let mut groups = rule.api_groups.iter().map(Text::as_str);
    groups.any(|group| {
        let is_no_group = group == "core" || group == "v1" || group.contains('/');
        !is_no_group && !GROUPS.contains(&group)
    })
}

/// What decides about an entry of a rule's resources, beside its name.
struct Dead<'r> {
    groups: &'r Groups<'r>,
    has_strange_group: bool,
    meant: Verbs,
    scope: Scope,
    /// Whether the role grants something of a resource.
    is_given: &'r dyn Fn(&Resource) -> bool,
}

impl Dead<'_> {
    /// Why an entry grants nothing although it looks so.
    fn why(&self, entry: &str) -> Option<String> {
        let is_granted =
            |known: &Resource| self.groups.has(known.group()) && known.has_use_for(self.meant);
        if let Some(name) = entry.strip_suffix("/*") {
            let why = "Kubernetes takes no `*` after a slash, only the names of subresources";
            let mut all = Resource::subresources_of(name);
            return all.any(is_granted).then(|| why.to_owned());
        }
        if entry.contains('*') {
            return None;
        }
        let called = Resource::called(entry);
        if called.is_empty() {
            if is_plural(entry) {
                return None;
            }
            let name = meant_name(entry);
            let is_other = name != entry && Resource::called(&name).iter().any(is_granted);
            return is_other.then(|| ["it is written ", &quoted(&name)].concat());
        }
        let mut granted = called.iter().filter(|known| is_granted(known)).peekable();
        if granted.peek().is_some() {
            let is_elsewhere = |known: &Resource| !known.has_use_in(self.scope, self.meant);
            let why = "it is in no namespace, so the role of a namespace cannot grant it";
            return granted.all(is_elsewhere).then(|| why.to_owned());
        }
        let is_own =
            |known: &&Resource| known.has_use_for(self.meant) && GROUPS.contains(&known.group());
        let known = called.iter().find(is_own)?;
        // Many roles name groups of older versions beside those of today.
        if (self.is_given)(known) {
            return None;
        }
        let group = match known.group() {
            "" => "the core group, written `\"\"`".to_owned(),
            group => ["the group ", &quoted(group)].concat(),
        };
        (!self.has_strange_group).then(|| ["it is in ", &group].concat())
    }
}

/// Whether a URL is one of resources, by its shape.
fn is_of_resources(url: &str) -> bool {
    let rest = url
        .strip_prefix("/api/")
        .or_else(|| url.strip_prefix("/apis/"));
    rest.is_some_and(|rest| {
        let mut parts = rest.split('/');
        parts.any(|part| part == "*" || Resource::named_by(part).next().is_some())
    })
}
