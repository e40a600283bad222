//! Kinds that are none of Kubernetes' own: where they carry pod specs, by the settings, by a list
//! of kinds that many clusters have, and else by their structure.

mod parts;
mod search;

use std::borrow::Cow;

use crate::fault::Fault;
use crate::form::Form;
use crate::metadata::Metadata;
use crate::pod::{ByName, Pod};
use crate::subject::{Subject, Workload};
use crate::text::{escaped, unescaped};
use crate::view::{self, Reader, Stop, Text, View};
use parts::Part;

/// Where a kind carries pod specs.
#[derive(Debug)]
pub(crate) struct PodTemplate {
    group: Cow<'static, str>,
    kind: Cow<'static, str>,
    /// The pointer of the spec; `*` stands for every element of an array.
    path: Cow<'static, str>,
}

const fn known(group: &'static str, kind: &'static str, path: &'static str) -> PodTemplate {
    PodTemplate {
        group: Cow::Borrowed(group),
        kind: Cow::Borrowed(kind),
        path: Cow::Borrowed(path),
    }
}

/// Kinds that many clusters have.
static KNOWN: &[PodTemplate] = &[
    known("argoproj.io", "Rollout", "/spec/template/spec"),
    known("serving.knative.dev", "Service", "/spec/template/spec"),
    known(
        "serving.knative.dev",
        "Configuration",
        "/spec/template/spec",
    ),
    known("serving.knative.dev", "Revision", "/spec"),
    known("apps.kruise.io", "CloneSet", "/spec/template/spec"),
    known("apps.kruise.io", "StatefulSet", "/spec/template/spec"),
    known("apps.kruise.io", "DaemonSet", "/spec/template/spec"),
    known("apps.kruise.io", "BroadcastJob", "/spec/template/spec"),
    known(
        "apps.kruise.io",
        "AdvancedCronJob",
        "/spec/template/jobTemplate/spec/template/spec",
    ),
    known(
        "apps.openshift.io",
        "DeploymentConfig",
        "/spec/template/spec",
    ),
    known(
        "jobset.x-k8s.io",
        "JobSet",
        "/spec/replicatedJobs/*/template/spec/template/spec",
    ),
    // Their containers may be patches of those that the operator makes, without an image.
    known("monitoring.coreos.com", "Prometheus", "/spec"),
    known("monitoring.coreos.com", "PrometheusAgent", "/spec"),
    known("monitoring.coreos.com", "Alertmanager", "/spec"),
    known("monitoring.coreos.com", "ThanosRuler", "/spec"),
];

/// An object of such a kind, as text until the settings are known.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    text: &'a str,
    may_have_containers: bool,
}

impl<'a> Object<'a> {
    pub fn read(value: &mut Reader<'a>) -> Result<Option<Self>, Stop> {
        // Every container has one.
        let read = value.raw_and_key("image")?;
        Ok(read.map(|(text, may_have_containers)| Self {
            text,
            may_have_containers,
        }))
    }
}

/// Reads the pods of an object, whose kind is none of Kubernetes' own.
///
/// What the settings or the lists name is unreadable if it is no pod spec. Anywhere else, what does
/// not fit is no pod.
pub(crate) fn read<'a>(
    group: &str,
    kind: &str,
    object: &Object<'a>,
    settings: &[PodTemplate],
) -> Subject<'a> {
    match pods(group, kind, object, settings) {
        Ok(pods) if pods.is_empty() => Subject::Nothing,
        Ok(pods) => {
            let members = view::members(object.text).unwrap_or_default();
            let metadata = find(&members, "metadata").and_then(read_metadata);
            Subject::Workload(Workload {
                metadata: metadata.unwrap_or_default(),
                pods,
            })
        }
        Err(fault) => Subject::Unreadable(fault),
    }
}

/// Gives the pods of both versions of an object their numbers, by their names: what is put before
/// them, or taken away, makes no other pods of them.
pub(crate) fn number<'a>(new: &mut Subject<'a>, old: &mut Subject<'a>) {
    let mut names = ByName::new();
    for subject in [new, old] {
        if let Subject::Workload(workload) = subject {
            // Elements of a list may have the same name where nothing forbids it.
            let mut counts = ByName::new();
            for Pod { name, number, .. } in &mut workload.pods {
                let next = names.len();
                let count = counts.entry(&**name).or_insert(0);
                *number = [*names.entry(name).or_insert(next), *count];
                *count += 1;
            }
        }
    }
}

/// The pods at the places that are named, then what has parts of them, then those elsewhere: a kind
/// may keep pods where nobody said.
fn pods<'a>(
    group: &str,
    kind: &str,
    object: &Object<'a>,
    settings: &[PodTemplate],
) -> Result<Vec<Pod<'a>>, Fault> {
    let text = object.text;
    let mut pods = Vec::new();
    let is_it = |template: &&PodTemplate| template.group == group && template.kind == kind;
    for template in settings.iter().chain(KNOWN).filter(is_it) {
        let path = &template.path;
        at_path(text, path, Place::default(), Part::Template, &mut pods)?;
    }
    parts::add(group, kind, text, &mut pods)?;
    if object.may_have_containers {
        // What runs the pods of these is what they name above them; elsewhere it may be anybody's.
        let inherits = matches!(group, "argoproj.io" | "tekton.dev");
        search::add(text, inherits, &mut pods)?;
    }
    Ok(pods)
}

/// Reads the pods at a path.
fn at_path<'a>(
    value: &'a str,
    path: &str,
    mut place: Place<'a>,
    part: Part,
    pods: &mut Vec<Pod<'a>>,
) -> Result<(), Fault> {
    let members = members(value, &place)?;
    place.note(&members);
    let Some(rest) = path.strip_prefix('/') else {
        return part.read(value, place, pods);
    };
    let key = rest.split('/').next().unwrap_or_default();
    let rest = rest.get(key.len()..).unwrap_or_default();
    if key == "*" {
        for (index, element) in elements(value).into_iter().enumerate() {
            at_path(element, rest, place.element(index), part, pods)?;
        }
        return Ok(());
    }
    let name = unescaped(key);
    let next = place.member(&name);
    let mut values = members.iter().filter(|(key, _)| key.as_str() == name);
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => next.locate(Err(Fault::twice())),
        (Some((_, value)), None) if *value != "null" => at_path(value, rest, next, part, pods),
        _ => Ok(()),
    }
}

/// Reads an object into a view; faults tell its place.
#[inline(never)]
fn read_into<'a>(view: &mut impl View<'a>, value: &'a str, place: &Place<'_>) -> Result<(), Fault> {
    place.locate(view::read_str(value, &mut |value| {
        value.object(view).map(drop)
    }))
}

/// Where in an object a value is.
#[derive(Clone, Default)]
struct Place<'a> {
    pointer: String,
    /// The same with the names of elements, where they have some, instead of their indices. What
    /// comes before the index of the last, while its name is not known.
    identity: String,
    stem: Option<usize>,
    /// The metadata beside the value, if it is the spec of something.
    metadata: Option<&'a str>,
    /// The metadata in the value.
    own_metadata: Option<&'a str>,
    /// The service account that is named nearest around the value, or in it.
    account: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The place of a member of the object here.
    fn member(&self, key: &str) -> Self {
        let segment = ["/", &escaped(key)].concat();
        Self {
            pointer: [&self.pointer, &*segment].concat(),
            identity: [&self.identity, &*segment].concat(),
            stem: None,
            metadata: self.own_metadata.filter(|_| key == "spec"),
            own_metadata: None,
            account: self.account,
        }
    }

    /// The place of an element of the array here.
    fn element(&self, index: usize) -> Self {
        Self {
            stem: Some(self.identity.len()),
            ..self.member(&index.to_string())
        }
    }

    /// Notes what the members of the value here tell of it, and of what is in it.
    fn note(&mut self, members: &[(Text<'a>, &'a str)]) {
        self.own_metadata = find(members, "metadata");
        let account = find(members, "serviceAccountName").and_then(|text| text.strip_prefix('"'));
        let account = account.and_then(|text| text.strip_suffix('"'));
        self.account = account.or(self.account);
        let Some(stem) = self.stem.take() else { return };
        // Longer ones are no names that Kubernetes lets pass, and would be copied for every pod.
        let is_name = |text: &&str| text.starts_with('"') && text.len() < 300;
        if let Some(name) = find(members, "name").filter(is_name) {
            self.identity.truncate(stem);
            self.identity.push_str(name);
        }
    }

    /// Tells the place of a fault.
    fn locate<T>(&self, read: Result<T, Fault>) -> Result<T, Fault> {
        read.map_err(|fault| Fault {
            pointer: [self.pointer.as_str(), &fault.pointer].concat(),
            ..fault
        })
    }
}

/// A pod at a place, whose spec is yet to be read.
#[inline(never)]
fn pod<'a>(place: &Place<'a>) -> Pod<'a> {
    let mut pod = Pod {
        pointer: place.pointer.clone().into(),
        name: place.identity.clone(),
        account: place.account,
        ..Pod::default()
    };
    // Annotations are beside the spec, so the pod is what holds both.
    if let Some(metadata) = place.metadata.and_then(read_metadata)
        && let Some(above) = place.pointer.strip_suffix("/spec")
    {
        pod.metadata = metadata;
        pod.pointer = above.to_owned().into();
        pod.spec_key = "spec";
    }
    pod
}

fn read_metadata<'a>(value: &'a str) -> Option<Metadata<'a>> {
    view::from_str(value).ok()
}

fn elements(value: &str) -> Vec<&str> {
    view::elements(value).unwrap_or_default()
}

/// The members of a value, if it is an object.
fn members<'a>(value: &'a str, place: &Place<'_>) -> Result<Vec<(Text<'a>, &'a str)>, Fault> {
    match view::members(value) {
        Some(members) => Ok(members),
        None if !value.starts_with('{') => Ok(Vec::new()),
        None => place.locate(Err(Fault {
            pointer: String::new(),
            reason: "a key with an escape that stands for no character".to_owned(),
        })),
    }
}

#[inline(never)]
fn find<'a>(members: &[(Text<'a>, &'a str)], key: &str) -> Option<&'a str> {
    let mut members = members.iter();
    members
        .find(|(name, _)| name.as_str() == key)
        .map(|(_, value)| *value)
}

/// Reads the setting `podTemplates`.
pub(crate) fn read_settings(form: &mut Form<'_, '_>) -> Vec<PodTemplate> {
    let mut templates = Vec::new();
    form.list(&mut |form| templates.extend(read_setting(form)));
    templates
}

/// `{group: argoproj.io, kind: Rollout, path: /spec/template/spec}`.
fn read_setting(form: &mut Form<'_, '_>) -> Option<PodTemplate> {
    let texts = form.strings(&["group", "kind", "path"])?;
    let [group, kind, path] = <[String; 3]>::try_from(texts).ok()?;
    if !path.starts_with('/') {
        form.mistake("`path` is no pointer such as `/spec/template/spec`");
        return None;
    }
    Some(PodTemplate {
        group: group.into(),
        kind: kind.into(),
        path: path.into(),
    })
}
