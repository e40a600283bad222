//! Exemptions: who may do what, and why. The one place that decides whether one holds.
//!
//! Only what an attacker cannot choose freely identifies a workload or a person: the namespace,
//! the service account in its namespace, the authenticated user and groups.

use std::borrow::Cow;
use std::cell::Cell;
use std::ptr;

use crate::capability::normalised;
use crate::decision::Exempted;
use crate::form::Form;
use crate::origin::{Origin, OwnerEntry};
use crate::pod::{PlacedContainer, Pod};
use crate::request::Request;
use crate::rule::{Check, Evidence, Rule, What};
use crate::rules::host_path::{HostPath, PathAnywhere};
use crate::rules::{self, RULES};
use crate::subject::Subject;
use crate::text::{quoted, split_once};
use crate::view::Text;

/// One exemption. All of its conditions must hold, each for one of its values.
#[derive(Debug, Default)]
pub(crate) struct Exemption {
    /// Why; shown with every finding that it exempts.
    pub reason: String,
    rules: Vec<&'static str>,
    namespaces: Vec<String>,
    service_accounts: Vec<ServiceAccount>,
    users: Vec<String>,
    groups: Vec<String>,
    workloads: Vec<Workload>,
    containers: Vec<String>,
    images: Vec<String>,
    values: Vec<Wanted>,
}

/// The service account that a pod runs as.
#[derive(Debug)]
struct ServiceAccount {
    /// Absent where the exemption's namespaces hold for it.
    namespace: Option<String>,
    name: String,
}

/// A kind, and the names of its objects.
#[derive(Debug)]
struct Workload {
    kind: String,
    /// `*` stands for any part of a name.
    name: String,
}

/// A value as a finding shows it.
#[derive(Debug)]
struct Wanted {
    text: String,
    /// The same as a path, where it is one; without a `*` at its end.
    path: Option<PathAnywhere>,
    /// Whether what lies under the path is meant, not the path itself.
    is_below: bool,
}

/// The exemptions in the settings, as they hold for a request.
pub(crate) struct Exemptions<'d> {
    exemptions: &'d [Exemption],
    request: &'d Request<'d>,
    origin: Option<Origin<'d>>,
    /// What is known of each. Findings come pod by pod, so that it is found out once for all that
    /// a rule finds in one.
    standings: Vec<Cell<Standing>>,
}

/// How an exemption stands to an object, or a pod of it, whatever is found there.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// The address of the object or pod; 0 for none yet.
    of: usize,
    /// Whether the conditions hold that are about no container.
    holds: bool,
    /// Whether every container is one that the exemption is for.
    has_all: bool,
}

/// What tells whom an exemption is for. The other conditions only narrow it: everybody can choose
/// the name and the image of a workload.
const CONDITIONS: &[&str] = &["namespaces", "serviceAccounts", "users", "groups"];

/// How the accounts of Kubernetes' own controllers are called, and their group.
const CONTROLLER: &str = "system:serviceaccount:kube-system:";
const CONTROLLERS: &str = "system:serviceaccounts:kube-system";

/// Groups that hold everybody, or every pod: an exemption for them exempts all.
const EVERYBODY: &[&str] = &[
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
];

/// Alerts, which are no rules.
const ALERTS: &[(&str, &str)] = &[("host-access", ALERT), ("pod-write", ALERT)];
const ALERT: &str = "which is an alert: name those of its rules that are meant";

/// Rules whose values are paths of a node.
const OF_PATHS: &[&str] = &["host-path", "persistent-volume", "persistent-volume-claim"];

impl<'d> Exemptions<'d> {
    pub fn new(
        exemptions: &'d [Exemption],
        request: &'d Request<'d>,
        origin: Option<Origin<'d>>,
    ) -> Self {
        Self {
            exemptions,
            request,
            origin,
            standings: exemptions.iter().map(|_| Cell::default()).collect(),
        }
    }

    /// The first that holds for what a rule found in an object of the request, the new or the old
    /// one.
    pub fn holding(
        &self,
        rule: &Rule,
        evidence: &Evidence<'_>,
        object: &Subject<'_>,
    ) -> Option<Exempted<'d>> {
        let pod = match object {
            Subject::Workload(workload) => workload.pods.get(evidence.pod),
            _ => None,
        };
        let of = pod.map_or(ptr::from_ref(object).addr(), |pod| {
            ptr::from_ref(pod).addr()
        });
        let all = self.exemptions.iter().zip(&self.standings).enumerate();
        for (index, (exemption, known)) in all {
            if !exemption.rules.contains(&rule.id) {
                continue;
            }
            if known.get().of != of {
                let holds = self.stands(exemption, pod);
                let has_all = |pod: &Pod<'_>| {
                    let mut containers = pod.all_containers();
                    pod.all_containers().next().is_some()
                        && containers.all(|placed| exemption.is_for(&placed))
                };
                let has_all = holds && pod.is_some_and(has_all);
                known.set(Standing { of, holds, has_all });
            }
            let standing = known.get();
            let is_in_its_containers = || match (evidence.container, pod) {
                _ if standing.has_all || !exemption.asks_for_containers() => true,
                (Some(found_in), Some(pod)) => pod
                    .container(found_in.place)
                    .is_some_and(|placed| exemption.is_for(&placed)),
                _ => false,
            };
            if standing.holds && is_in_its_containers() && exemption.has_value(rule, evidence) {
                let reason = &exemption.reason;
                return Some(Exempted { index, reason });
            }
        }
        None
    }

    /// Whether the conditions of an exemption hold that are about no container.
    fn stands(&self, exemption: &Exemption, pod: Option<&Pod<'_>>) -> bool {
        let namespace = self.request.namespace.as_ref().map(Text::as_str);
        let user = self.request.user.name.as_ref().map(Text::as_str);
        let any = |wanted: &[String], given: Option<&str>| {
            let is_it = |wanted: &String| Some(wanted.as_str()) == given;
            wanted.is_empty() || wanted.iter().any(is_it)
        };
        let mut groups = self.request.user.groups.iter();
        let accounts = &exemption.service_accounts;
        let workloads = &exemption.workloads;
        any(&exemption.namespaces, namespace)
            && any(&exemption.users, user)
            && (exemption.groups.is_empty()
                || groups.any(|group| any(&exemption.groups, Some(group.as_str()))))
            && (accounts.is_empty() || has_account(accounts, pod, namespace))
            && (workloads.is_empty() || self.has_workload(workloads, pod))
    }

    fn has_workload(&self, wanted: &[Workload], pod: Option<&Pod<'_>>) -> bool {
        let is_wanted = |kind: &str, name: &str| {
            let mut wanted = wanted.iter();
            wanted.any(|wanted| wanted.kind == kind && matches_glob(&wanted.name, name))
        };
        let kind = self.request.kind.kind.as_ref().map_or("", Text::as_str);
        let name = self.request.name.as_ref().map_or("", Text::as_str);
        if is_wanted(kind, name) {
            return true;
        }
        let Some(Origin::Controller { owner }) = self.origin else {
            return false;
        };
        is_wanted(owner.kind, owner.name)
            || maker(owner, pod).is_some_and(|(kind, name)| is_wanted(kind, name))
    }
}

/// What made a pod's owner, as far as the owner's name tells.
fn maker<'o>(owner: OwnerEntry<'o>, pod: Option<&Pod<'_>>) -> Option<(&'static str, &'o str)> {
    let (kind, name) = match owner.kind {
        // A ReplicaSet is called by its Deployment and a hash, which its pods have as a label.
        "ReplicaSet" => {
            let hash = pod?.metadata.labels.template_hash.as_ref()?;
            ("Deployment", owner.name.strip_suffix(hash.as_str())?)
        }
        // A Job is called by its CronJob and the minute for which it was made (`getJobName`).
        "Job" => {
            let name = owner
                .name
                .trim_end_matches(|last: char| last.is_ascii_digit());
            ("CronJob", (name != owner.name).then_some(name)?)
        }
        _ => return None,
    };
    Some((kind, name.strip_suffix('-')?))
}

fn has_account(wanted: &[ServiceAccount], pod: Option<&Pod<'_>>, namespace: Option<&str>) -> bool {
    let name = pod.and_then(Pod::service_account);
    wanted.iter().any(|account| {
        Some(account.name.as_str()) == name
            && (account.namespace.is_none() || account.namespace.as_deref() == namespace)
    })
}

impl Exemption {
    /// Whether requests of Kubernetes' own controllers are exempted, which act for others.
    fn is_for_controllers(&self) -> bool {
        let users = self.users.iter().any(|user| user.starts_with(CONTROLLER));
        users || self.groups.iter().any(|group| group == CONTROLLERS)
    }

    /// Whether it is for objects of the cluster alone, of which controllers make few for others.
    fn is_of_the_cluster(&self) -> bool {
        let mut known = self.rules.iter().filter_map(|id| rules::rule(id));
        known.all(|rule| matches!(rule.check, Check::Volume(_) | Check::Ability { .. }))
    }

    fn asks_for_containers(&self) -> bool {
        !self.containers.is_empty() || !self.images.is_empty()
    }

    /// Whether a container is one of those that it is for.
    fn is_for(&self, placed: &PlacedContainer<'_, '_>) -> bool {
        let name = placed.name().unwrap_or_default();
        let image = placed.container.image.as_ref().map_or("", Text::as_str);
        (self.containers.is_empty() || self.containers.iter().any(|wanted| wanted == name))
            && (self.images.is_empty() || {
                let image = with_registry(image);
                let mut wanted = self.images.iter();
                wanted.any(|wanted| *wanted == image || wanted == repository(&image))
            })
    }

    /// Whether it is for the value of what a rule found.
    fn has_value(&self, rule: &Rule, evidence: &Evidence<'_>) -> bool {
        if self.values.is_empty() {
            return true;
        }
        let value = match &evidence.what {
            What::Grant(grant) => {
                return self
                    .values
                    .iter()
                    .any(|wanted| grant.is_all_of(&wanted.text));
            }
            What::Part { value, .. } => &**value,
        };
        // A claim of which nothing is known is shown by its name.
        if !OF_PATHS.contains(&rule.id) || !HostPath::is_absolute(value) {
            return self.values.iter().any(|wanted| wanted.text == value);
        }
        let path = HostPath::new(value);
        self.values.iter().any(|wanted| {
            let wanted_path = wanted.path.as_ref();
            wanted_path.is_some_and(|wanted_path| {
                wanted_path.is_or_holds(&path) && wanted_path.is(&path) != wanted.is_below
            })
        })
    }

    /// Why it could never hold.
    fn contradiction(&self) -> Option<String> {
        let checks = || {
            let known = self.rules.iter().filter_map(|id| rules::rule(id));
            known.map(|rule| &rule.check)
        };
        let is_of_pods = checks().any(|check| matches!(check, Check::Pod(_)));
        let asks_for_pods = self.asks_for_containers() || !self.service_accounts.is_empty();
        if asks_for_pods && !is_of_pods {
            let what = "can never hold: `serviceAccounts`, `containers` and `images` are those of \
                        pods, and these rules are about none";
            return Some(what.to_owned());
        }
        if !self.namespaces.is_empty() && checks().all(|check| matches!(check, Check::Volume(_))) {
            let what = "can never hold: `namespaces` are given, and these rules are about \
                        volumes alone, which are in none";
            return Some(what.to_owned());
        }
        if self.values.iter().any(|wanted| wanted.text.ends_with('…')) {
            let what = "can never hold: `…` in a value is short for others, give them all";
            return Some(what.to_owned());
        }
        let is_shown = |wanted: &&Wanted| self.rules.iter().any(|rule| shows(rule, wanted));
        let wrong = self.values.iter().find(|wanted| !is_shown(wanted))?;
        let what = "can never hold: no finding of these rules shows the value ";
        Some([what, &quoted(&wrong.text)].concat())
    }
}

/// An image as runtimes read it: one that names no registry is Docker Hub's, and one of Docker Hub
/// that names no owner is of its library.
fn with_registry(image: &str) -> Cow<'_, str> {
    let (owner, name) = match split_once(image, "/") {
        Some(("docker.io" | "index.docker.io", rest)) => match split_once(rest, "/") {
            Some(parts) => parts,
            None => ("library", rest),
        },
        Some((registry, _)) if is_registry(registry) => return image.into(),
        Some(parts) => parts,
        None => ("library", image),
    };
    ["docker.io/", owner, "/", name].concat().into()
}

fn is_registry(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost"
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    // A colon before the last slash is that of the registry's port.
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

/// Whether a name fits a pattern, in which `*` stands for any characters.
fn matches_glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some((_, after)) = split_once(rest, part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

/// Reads the list of exemptions.
pub(crate) fn read(form: &mut Form<'_, '_>) -> Vec<Exemption> {
    let mut exemptions = Vec::new();
    form.list(&mut |form| exemptions.push(read_one(form)));
    exemptions
}

fn read_one(form: &mut Form<'_, '_>) -> Exemption {
    let mut exemption = Exemption::default();
    let mut given: Vec<&'static str> = Vec::new();
    let mut knows_rules = false;
    let before = form.mistakes_so_far();
    form.table(
        &[
            "reason",
            "rules",
            "namespaces",
            "serviceAccounts",
            "users",
            "groups",
            "workloads",
            "containers",
            "images",
            "values",
        ],
        &mut |key, form| {
            given.push(key);
            match key {
                "reason" => exemption.reason = name(form).unwrap_or_default(),
                "rules" => {
                    let before = form.mistakes_so_far();
                    exemption.rules = rule_ids(form);
                    knows_rules = form.mistakes_so_far() == before;
                }
                "serviceAccounts" => exemption.service_accounts = accounts(form),
                "workloads" => exemption.workloads = workloads(form),
                "images" => {
                    let images = names(form, image_fault);
                    let images = images.iter().map(|image| with_registry(image).into_owned());
                    exemption.images = images.collect();
                }
                "values" => {
                    exemption.values = names(form, |_| None).into_iter().map(wanted).collect();
                }
                _ => {
                    let (place, fault): (_, fn(&str) -> _) = match key {
                        "namespaces" => (&mut exemption.namespaces, name_fault),
                        "users" => (&mut exemption.users, user_fault),
                        "groups" => (&mut exemption.groups, group_fault),
                        _ => (&mut exemption.containers, name_fault),
                    };
                    *place = names(form, fault);
                }
            }
        },
    );
    if given.is_empty() && form.mistakes_so_far() > before {
        return exemption;
    }
    for key in ["reason", "rules"] {
        if !given.contains(&key) {
            form.mistake(&["no `", key, "`"].concat());
        }
    }
    if !given.iter().any(|key| CONDITIONS.contains(key)) {
        form.mistake("names nobody; give `namespaces`, `serviceAccounts`, `users` or `groups`");
    }
    let names_a_place = given.contains(&"namespaces") || given.contains(&"serviceAccounts");
    if !names_a_place && exemption.is_for_controllers() && !exemption.is_of_the_cluster() {
        form.mistake(
            "is for controllers that make everybody's pods; add `namespaces` or `serviceAccounts`",
        );
    }
    check_accounts(&exemption, given.contains(&"namespaces"), form);
    // for a rule that is missing it may hold
    if let Some(contradiction) = exemption.contradiction().filter(|_| knows_rules) {
        form.mistake(&contradiction);
    }
    exemption
}

/// A value, or with `/*` at its end what lies under it.
fn wanted(text: String) -> Wanted {
    let above = text
        .strip_suffix('*')
        .filter(|above| above.ends_with(['/', '\\']));
    let path = above.unwrap_or(&text);
    Wanted {
        path: HostPath::is_absolute(path).then(|| PathAnywhere::new(path)),
        is_below: above.is_some(),
        text,
    }
}

/// Whether findings of a rule may show a value; of rules that are not here, they may show any.
fn shows(rule: &str, wanted: &Wanted) -> bool {
    let value = wanted.text.as_str();
    match rule {
        "privileged" | "host-process" | "host-network" | "host-pid" | "host-ipc" => value == "true",
        "seccomp-unconfined" | "apparmor-unconfined" => value == "Unconfined",
        "mount-propagation" => value == "Bidirectional",
        "capabilities" => normalised(value) == value,
        // The name of a claim of which nothing is known.
        "persistent-volume-claim" if wanted.path.is_none() => true,
        _ if OF_PATHS.contains(&rule) => {
            let stars = value.bytes().filter(|byte| *byte == b'*').count();
            wanted.path.is_some() && stars == usize::from(wanted.is_below)
        }
        _ => true,
    }
}

fn check_accounts(exemption: &Exemption, has_namespaces: bool, form: &mut Form<'_, '_>) {
    for account in &exemption.service_accounts {
        match &account.namespace {
            None if !has_namespaces => form.mistake(
                "names a service account without its namespace, which anybody could make; write \
                 `namespace/name`, or add `namespaces`",
            ),
            Some(namespace) if has_namespaces && !exemption.namespaces.contains(namespace) => {
                let what = "can never hold: `namespaces` has no ";
                form.mistake(&[what, &quoted(namespace)].concat());
            }
            None | Some(_) => {}
        }
    }
}

fn rule_ids(form: &mut Form<'_, '_>) -> Vec<&'static str> {
    let ids: Vec<(&str, &'static str)> = RULES.iter().map(|rule| (rule.id, rule.id)).collect();
    let mut rules = Vec::new();
    let before = form.mistakes_so_far();
    form.list(&mut |form| rules.extend(form.one_of_without(ALERTS, &ids)));
    if rules.is_empty() && form.mistakes_so_far() == before {
        form.mistake("empty");
    }
    rules
}

fn accounts(form: &mut Form<'_, '_>) -> Vec<ServiceAccount> {
    let split = |text: String| match split_once(&text, "/") {
        Some((namespace, name)) => ServiceAccount {
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        },
        None => ServiceAccount {
            namespace: None,
            name: text,
        },
    };
    let fault = |text: &str| match split_once(text, "/") {
        Some((namespace, name)) => name_fault(namespace).or_else(|| name_fault(name)),
        None => name_fault(text),
    };
    names(form, fault).into_iter().map(split).collect()
}

fn workloads(form: &mut Form<'_, '_>) -> Vec<Workload> {
    let fault = |text: &str| match split_once(text, "/") {
        // Names of roles and bindings may hold anything, and often do: `system:node`.
        Some((kind, name)) if split_once(kind, "Role").is_some() && !name.is_empty() => None,
        Some((kind, name)) if !kind.is_empty() => name_fault(&name.replace('*', "a")),
        _ => Some("expected a kind and a name, such as `DaemonSet/node-exporter-*`"),
    };
    let split = |text: String| {
        let (kind, name) = split_once(&text, "/").unwrap_or_default();
        Workload {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    };
    names(form, fault).into_iter().map(split).collect()
}

#[inline(never)] // a copy for each condition would be 4 kB
fn names(form: &mut Form<'_, '_>, fault: fn(&str) -> Option<&'static str>) -> Vec<String> {
    let mut names = Vec::new();
    let before = form.mistakes_so_far();
    form.list(&mut |form| {
        let Some(text) = name(form) else { return };
        match fault(&text) {
            None => names.push(text),
            Some(fault) => form.mistake(fault),
        }
    });
    // An empty list would be no condition at all.
    if names.is_empty() && form.mistakes_so_far() == before {
        form.mistake("empty");
    }
    names
}

fn name(form: &mut Form<'_, '_>) -> Option<String> {
    let text = form.text()?;
    if text.as_str().trim().is_empty() {
        form.mistake("empty");
        return None;
    }
    Some(text.as_str().to_owned())
}

fn name_fault(text: &str) -> Option<&'static str> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_name = !text.is_empty() && text.bytes().all(fits);
    (!is_name).then_some("no name that Kubernetes allows; there are no wildcards here")
}

/// An image without its registry could come from any.
fn image_fault(text: &str) -> Option<&'static str> {
    let registry = split_once(text, "/").map_or("", |(registry, _)| registry);
    if text.contains('*') {
        Some("holds a `*`; images are compared exactly, with their tag or without")
    } else if !is_registry(registry) {
        Some(
            "no image with its registry, such as `registry.k8s.io/kube-proxy` or `docker.io/library/busybox`",
        )
    } else {
        None
    }
}

fn user_fault(text: &str) -> Option<&'static str> {
    text.contains('*')
        .then_some("holds a `*`; users and groups are compared exactly")
}

fn group_fault(text: &str) -> Option<&'static str> {
    let everybody = "a group that everybody is in, so it would exempt all";
    EVERYBODY
        .contains(&text)
        .then_some(everybody)
        .or_else(|| user_fault(text))
}
