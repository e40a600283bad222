//! Exemptions: who may do what, and why. The one place that decides whether one holds.
//!
//! Only what an attacker cannot choose freely identifies a workload or a person: the namespace,
//! the service account in its namespace, the authenticated user and groups.

use std::borrow::Cow;

use crate::form::Form;
use crate::origin::Origin;
use crate::pod::{PlacedContainer, Pod};
use crate::request::Request;
use crate::rule::{Evidence, Rule};
use crate::rules::RULES;
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
    images: Vec<String>,
    values: Vec<String>,
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

/// What an exemption is held against: a finding, and the request that it was found in.
pub(crate) struct Circumstances<'d> {
    pub rule: &'static Rule,
    pub evidence: &'d Evidence<'d>,
    pub request: &'d Request<'d>,
    /// Its object, or the old one.
    pub object: &'d Subject<'d>,
    pub origin: Option<Origin<'d>>,
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

impl Exemption {
    /// Whether it exempts a finding.
    pub fn holds(&self, found: &Circumstances<'_>) -> bool {
        let request = found.request;
        let namespace = request.namespace.as_ref().map(Text::as_str);
        let user = request.user.name.as_ref().map(Text::as_str);
        let any = |wanted: &[String], given: &str| wanted.iter().any(|wanted| wanted == given);
        self.rules.contains(&found.rule.id)
            && (self.namespaces.is_empty()
                || namespace.is_some_and(|namespace| any(&self.namespaces, namespace)))
            && (self.users.is_empty() || user.is_some_and(|user| any(&self.users, user)))
            && (self.groups.is_empty()
                || request
                    .user
                    .groups
                    .iter()
                    .any(|group| any(&self.groups, group.as_str())))
            && (self.values.is_empty() || any(&self.values, &found.evidence.value()))
            && (self.service_accounts.is_empty() || self.has_account(found, namespace))
            && (self.workloads.is_empty() || self.has_workload(found))
            && (self.images.is_empty() || self.has_image(found))
    }

    /// Whether requests of Kubernetes' own controllers are exempted, which act for others.
    fn is_for_controllers(&self) -> bool {
        let users = self.users.iter().any(|user| user.starts_with(CONTROLLER));
        users || self.groups.iter().any(|group| group == CONTROLLERS)
    }

    fn has_account(&self, found: &Circumstances<'_>, namespace: Option<&str>) -> bool {
        let name = found.pod().map(Pod::service_account);
        self.service_accounts.iter().any(|account| {
            Some(account.name.as_str()) == name
                && (account.namespace.is_none() || account.namespace.as_deref() == namespace)
        })
    }

    fn has_workload(&self, found: &Circumstances<'_>) -> bool {
        let is_wanted = |kind: &str, name: &str| {
            let mut wanted = self.workloads.iter();
            wanted.any(|wanted| wanted.kind == kind && matches_glob(&wanted.name, name))
        };
        let request = found.request;
        let kind = request.kind.kind.as_ref().map_or("", Text::as_str);
        let name = request.name.as_ref().map_or("", Text::as_str);
        if is_wanted(kind, name) {
            return true;
        }
        let Some(Origin::Controller { owner }) = found.origin else {
            return false;
        };
        // A ReplicaSet is called by its Deployment and a hash, which its pods have as a label.
        let hash = found
            .pod()
            .and_then(|pod| pod.metadata.labels.template_hash.as_ref());
        let deployment = hash.and_then(|hash| {
            let name = owner.name.strip_suffix(hash.as_str())?;
            name.strip_suffix('-')
        });
        is_wanted(owner.kind, owner.name)
            || (owner.kind == "ReplicaSet"
                && deployment.is_some_and(|deployment| is_wanted("Deployment", deployment)))
    }

    /// Whether every container that the finding is about has one of the images.
    fn has_image(&self, found: &Circumstances<'_>) -> bool {
        let Some(pod) = found.pod() else {
            return false;
        };
        let is_wanted = |placed: PlacedContainer<'_, '_>| {
            let image = placed.container.image.as_ref().map_or("", Text::as_str);
            let image = with_registry(image);
            let mut wanted = self.images.iter();
            wanted.any(|wanted| *wanted == image || wanted == repository(&image))
        };
        match found.evidence.container {
            Some(container) => {
                let mut containers = pod.containers();
                containers.any(|placed| placed.place == container.place && is_wanted(placed))
            }
            None => pod.containers().all(is_wanted),
        }
    }
}

impl<'d> Circumstances<'d> {
    fn pod(&self) -> Option<&'d Pod<'d>> {
        match self.object {
            Subject::Workload(workload) => workload.pods.get(self.evidence.pod),
            _ => None,
        }
    }
}

/// An image as runtimes read it: one that names no registry is Docker Hub's.
fn with_registry(image: &str) -> Cow<'_, str> {
    match image.split_once('/') {
        Some((registry, _)) if registry.contains(['.', ':']) || registry == "localhost" => {
            image.into()
        }
        Some(_) => ["docker.io/", image].concat().into(),
        None => ["docker.io/library/", image].concat().into(),
    }
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
            "images",
            "values",
        ],
        &mut |key, form| {
            given.push(key);
            match key {
                "reason" => exemption.reason = name(form).unwrap_or_default(),
                "rules" => exemption.rules = rules(form),
                "namespaces" => exemption.namespaces = names(form, name_fault),
                "serviceAccounts" => exemption.service_accounts = accounts(form),
                "users" => exemption.users = names(form, user_fault),
                "groups" => exemption.groups = names(form, group_fault),
                "workloads" => exemption.workloads = workloads(form),
                "images" => exemption.images = names(form, image_fault),
                _ => exemption.values = names(form, |_| None),
            }
        },
    );
    if given.is_empty() && form.mistakes_so_far() > before {
        return exemption;
    }
    for key in ["reason", "rules"] {
        if !given.contains(&key) {
            form.mistake(&format!("no `{key}`"));
        }
    }
    if !given.iter().any(|key| CONDITIONS.contains(key)) {
        form.mistake("names nobody; give `namespaces`, `serviceAccounts`, `users` or `groups`");
    }
    let names_a_place = given.contains(&"namespaces") || given.contains(&"serviceAccounts");
    if !names_a_place && exemption.is_for_controllers() {
        form.mistake(
            "is for controllers that make everybody's pods; add `namespaces` or `serviceAccounts`",
        );
    }
    check_accounts(&exemption, given.contains(&"namespaces"), form);
    exemption
}

fn check_accounts(exemption: &Exemption, has_namespaces: bool, form: &mut Form<'_, '_>) {
    for account in &exemption.service_accounts {
        match &account.namespace {
            None if !has_namespaces => form.mistake(
                "names a service account without its namespace, which anybody could make; write \
                 `namespace/name`, or add `namespaces`",
            ),
            Some(namespace) if has_namespaces && !exemption.namespaces.contains(namespace) => {
                form.mistake(&format!(
                    "can never hold: `namespaces` has no {}",
                    quoted(namespace)
                ));
            }
            None | Some(_) => {}
        }
    }
}

fn rules(form: &mut Form<'_, '_>) -> Vec<&'static str> {
    let ids: Vec<(&str, &'static str)> = RULES.iter().map(|rule| (rule.id, rule.id)).collect();
    let mut rules = Vec::new();
    let before = form.mistakes_so_far();
    form.list(&mut |form| rules.extend(form.one_of(&ids)));
    if rules.is_empty() && form.mistakes_so_far() == before {
        form.mistake("empty");
    }
    rules
}

fn accounts(form: &mut Form<'_, '_>) -> Vec<ServiceAccount> {
    let split = |text: String| match text.split_once('/') {
        Some((namespace, name)) => ServiceAccount {
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        },
        None => ServiceAccount {
            namespace: None,
            name: text,
        },
    };
    let fault = |text: &str| match text.split_once('/') {
        Some((namespace, name)) => name_fault(namespace).or_else(|| name_fault(name)),
        None => name_fault(text),
    };
    names(form, fault).into_iter().map(split).collect()
}

fn workloads(form: &mut Form<'_, '_>) -> Vec<Workload> {
    let fault = |text: &str| match text.split_once('/') {
        Some((kind, name)) if !kind.is_empty() => name_fault(&name.replace('*', "a")),
        _ => Some("expected a kind and a name, such as `DaemonSet/node-exporter-*`"),
    };
    let split = |text: String| {
        let (kind, name) = text.split_once('/').unwrap_or_default();
        Workload {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    };
    names(form, fault).into_iter().map(split).collect()
}

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
    let registry = text.split_once('/').map_or("", |(registry, _)| registry);
    if text.contains('*') {
        Some("holds a `*`; images are compared exactly, with their tag or without")
    } else if !registry.contains(['.', ':']) && registry != "localhost" {
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
