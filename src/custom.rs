//! Kinds that are none of Kubernetes' own: where they carry pod specs, by the settings, by a list
//! of kinds that many clusters have, and else by their structure.

mod parts;

use std::borrow::Cow;

use crate::fault::Fault;
use crate::form::Form;
use crate::metadata::Metadata;
use crate::pod::{Container, OtherContainer, Pod, PodSpec};
use crate::subject::{Subject, Workload};
use crate::text::{escaped, unescaped};
use crate::view::{self, Reader, Stop, Text, View, objects, reads, text};
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
        "jobset.x-k8s.io",
        "JobSet",
        "/spec/replicatedJobs/*/template/spec/template/spec",
    ),
];

/// Levels of objects and arrays that are searched. Pod specs of custom kinds lie at most half as
/// deep.
const DEPTH: usize = 16;

/// The most pods that are looked for in one object.
const MOST_PODS: usize = 1_000;

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
/// What the settings or the list above name is unreadable if it is no pod spec. In any other kind,
/// what does not fit is no pod.
pub(crate) fn read<'a>(
    group: &str,
    kind: &str,
    object: &Object<'a>,
    settings: &[PodTemplate],
) -> Subject<'a> {
    let text = object.text;
    let mut pods = Vec::new();
    let is_it = |template: &&PodTemplate| template.group == group && template.kind == kind;
    let mut is_named = false;
    for template in settings.iter().chain(KNOWN).filter(is_it) {
        is_named = true;
        let path = &template.path;
        if let Err(fault) = at_path(text, path, Place::default(), Part::Template, &mut pods) {
            return Subject::Unreadable(fault);
        }
    }
    if !is_named && let Err(fault) = parts::add(group, kind, text, &mut pods) {
        return Subject::Unreadable(fault);
    }
    if !is_named && object.may_have_containers {
        search(text, &Place::default(), DEPTH, &mut pods);
    }
    if pods.is_empty() {
        return Subject::Nothing;
    }
    let metadata = member(text, "metadata").and_then(read_metadata);
    Subject::Workload(Workload {
        metadata: metadata.unwrap_or_default(),
        pods,
    })
}

/// Reads the pods at a path.
fn at_path<'a>(
    value: &'a str,
    path: &str,
    place: Place<'a>,
    part: Part,
    pods: &mut Vec<Pod<'a>>,
) -> Result<(), Fault> {
    let Some(rest) = path.strip_prefix('/') else {
        return part.read(value, place, pods);
    };
    let key = rest.split('/').next().unwrap_or_default();
    let rest = rest.get(key.len()..).unwrap_or_default();
    if key == "*" {
        for (index, element) in elements(value).into_iter().enumerate() {
            let place = place.below(&index.to_string(), None);
            at_path(element, rest, place, part, pods)?;
        }
        return Ok(());
    }
    let members = members(value);
    let name = unescaped(key);
    match find(&members, &name) {
        Some(next) if next != "null" => at_path(
            next,
            rest,
            place.below(&name, find(&members, "metadata")),
            part,
            pods,
        ),
        _ => Ok(()),
    }
}

/// Reads an object into a view; faults tell its place.
#[inline(never)]
fn read_into<'a>(view: &mut impl View<'a>, value: &'a str, place: &Place<'_>) -> Result<(), Fault> {
    let read = view::read_str(value, &mut |value| value.object(view).map(drop));
    read.map_err(|fault| Fault {
        pointer: [place.pointer.as_str(), &fault.pointer].concat(),
        ..fault
    })
}

/// Where the search is.
#[derive(Clone, Default)]
struct Place<'a> {
    pointer: String,
    /// The metadata beside the value, if it is the spec of something.
    metadata: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The place of a member of the value here; `metadata` is that which stands beside it.
    fn below(&self, key: &str, metadata: Option<&'a str>) -> Self {
        Self {
            pointer: [self.pointer.as_str(), "/", &escaped(key)].concat(),
            metadata: metadata.filter(|_| key == "spec"),
        }
    }
}

/// Looks for pod specs in a value. Each level reads the text of its value once more, which the
/// depth bounds.
fn search<'a>(value: &'a str, place: &Place<'a>, depth: usize, pods: &mut Vec<Pod<'a>>) {
    if depth == 0 || pods.len() >= MOST_PODS {
        return;
    }
    for (index, element) in elements(value).into_iter().enumerate() {
        search(
            element,
            &place.below(&index.to_string(), None),
            depth - 1,
            pods,
        );
    }
    let members = members(value);
    let metadata = find(&members, "metadata");
    let mut others = Vec::new();
    let mut has_list = false;
    // Members that are looked into, and those that are not if this is a pod spec.
    let (mut rest, mut lists) = (Vec::new(), Vec::new());
    for (key, value) in &members {
        if PodSpec::CONTAINERS.contains(&key.as_str()) {
            has_list |= is_containers(value);
            lists.push((key, value));
            continue;
        }
        match other_containers(key.as_str(), value) {
            none if none.is_empty() => rest.push((key, value)),
            some => others.extend(some),
        }
    }
    let is_spec = has_list || !others.is_empty();
    if is_spec {
        others.extend(step_template(&members));
        // What is around other containers need not fit: they are what makes it a pod.
        let spec = match view::from_str(value) {
            Ok(spec) => Some(spec),
            Err(_) if others.is_empty() => None,
            Err(_) => Some(PodSpec::default()),
        };
        let mut parts = pods.iter().take(parts::MOST_CONTAINERS);
        let is_known = parts.any(|part| part.pointer == place.pointer);
        pods.extend(spec.filter(|_| !is_known).map(|spec| Pod {
            others,
            ..pod(place.clone(), spec, true)
        }));
    }
    if !is_spec {
        rest.extend(lists);
    }
    for (key, value) in rest {
        search(value, &place.below(key.as_str(), metadata), depth - 1, pods);
    }
}

/// The containers of a list by another name, such as Tekton's `steps`, or a single one, such as
/// the `container` of an Argo Workflow.
fn other_containers<'a>(key: &str, value: &'a str) -> Vec<OtherContainer<'a>> {
    let key = escaped(key);
    if is_containers(value) {
        let mut containers = Vec::new();
        let _ = view::read_str(value, &mut |value| objects(&mut containers, value));
        let with_path = |(index, container): (usize, _)| OtherContainer {
            path: format!("{key}/{index}"),
            container,
        };
        return containers.into_iter().enumerate().map(with_path).collect();
    }
    if !matches!(key.as_str(), "container" | "script") {
        return Vec::new();
    }
    match container_at(key, value, &Place::default()) {
        Ok(other) if other.container.image.is_some() => vec![other],
        _ => Vec::new(),
    }
}

/// Reads a container.
#[inline(never)]
fn container_at<'a>(
    path: String,
    value: &'a str,
    place: &Place<'_>,
) -> Result<OtherContainer<'a>, Fault> {
    let mut container = Container::default();
    read_into(&mut container, value, place)?;
    Ok(OtherContainer { path, container })
}

/// What Tekton's steps have in common, which need not have an image.
fn step_template<'a>(members: &[(Text<'a>, &'a str)]) -> Option<OtherContainer<'a>> {
    let key = "stepTemplate";
    container_at(key.to_owned(), find(members, key)?, &Place::default()).ok()
}

fn pod<'a>(place: Place<'a>, spec: PodSpec<'a>, is_by_structure: bool) -> Pod<'a> {
    let metadata = place.metadata.and_then(read_metadata);
    // Annotations are beside the spec, so the pod is what holds both.
    let (pointer, spec_key) = match (&metadata, place.pointer.strip_suffix("/spec")) {
        (Some(_), Some(above)) => (above.to_owned(), "spec"),
        _ => (place.pointer, ""),
    };
    Pod {
        pointer: pointer.into(),
        spec_key,
        is_by_structure,
        metadata: metadata.unwrap_or_default(),
        spec,
        ..Pod::default()
    }
}

fn read_metadata<'a>(value: &'a str) -> Option<Metadata<'a>> {
    view::from_str(value).ok()
}

/// Whether it is an array of objects with a name and an image, which are texts.
fn is_containers(value: &str) -> bool {
    #[derive(Default)]
    struct Named<'a> {
        name: Option<Text<'a>>,
        image: Option<Text<'a>>,
    }

    reads!(Named<'de> { "name" => name: text, "image" => image: text });

    let mut containers: Vec<Named<'_>> = Vec::new();
    let read = view::read_str(value, &mut |value| objects(&mut containers, value));
    let is_one = |one: &Named<'_>| one.name.is_some() && one.image.is_some();
    read.is_ok() && !containers.is_empty() && containers.iter().all(is_one)
}

fn elements(value: &str) -> Vec<&str> {
    view::elements(value).unwrap_or_default()
}

fn members(value: &str) -> Vec<(Text<'_>, &str)> {
    view::members(value).unwrap_or_default()
}

#[inline(never)]
fn member<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    find(&members(object), key)
}

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
    let [group, kind, path] = form.strings(["group", "kind", "path"])?;
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
