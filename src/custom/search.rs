//! Looks for pod specs by their structure, where nothing else tells of them. Padding hides none:
//! there is no limit to how many are found, and what is too deep to be searched is unreadable.

use crate::fault::Fault;
use crate::pod::{ByName, Container, OtherContainer, Pod, PodSpec};
use crate::view;

use super::{Place, elements, members, pod};

/// Levels of objects and arrays that are searched: each reads the text of its value once more. In
/// kinds that are known, pods lie at less than a quarter of that.
const DEPTH: usize = 64;

/// Adds the pods of an object that are not among those yet. `inherits` says whether a service account
/// that is named around them is theirs.
pub(super) fn add<'a>(
    object: &'a str,
    inherits: bool,
    pods: &mut Vec<Pod<'a>>,
) -> Result<(), Fault> {
    let mut known = ByName::new();
    for pod in pods.iter() {
        known.insert(&pod.name, usize::from(pod.is_part));
    }
    let mut search = Search {
        known,
        inherits,
        found: Vec::new(),
    };
    search.look_into(object, Place::default(), DEPTH)?;
    let mut found = search.found;
    pods.append(&mut found);
    Ok(())
}

struct Search<'s, 'a> {
    /// The pods that were read already, by their names. Those that are pod specs and nothing
    /// else, with 0, may have containers under other names too.
    known: ByName<'s>,
    inherits: bool,
    found: Vec<Pod<'a>>,
}

impl<'a> Search<'_, 'a> {
    fn look_into(
        &mut self,
        value: &'a str,
        mut place: Place<'a>,
        depth: usize,
    ) -> Result<(), Fault> {
        if !value.starts_with(['{', '[']) {
            return Ok(());
        }
        if depth == 0 {
            return too_deep(value, place);
        }
        for (index, element) in elements(value).into_iter().enumerate() {
            self.look_into(element, place.element(index), depth - 1)?;
        }
        let members = members(value, &place)?;
        place.note(&members);
        let (mut others, mut common) = (Vec::new(), Vec::new());
        let mut has_list = false;
        // Members that are looked into, and whether that is so even if this is a pod spec.
        let mut rest = Vec::new();
        for (key, value) in &members {
            let key = key.as_str();
            let containers = containers(key, value, &place)?;
            let is_list = value.starts_with('[');
            let is_one =
                |one: &Container<'_>| one.image.is_some() && (one.name.is_some() || !is_list);
            // All of a list, or it is one of something else. What of it does not fit is there, empty.
            let are_all = !containers.is_empty() && containers.iter().all(is_one);
            let is_of_pods = PodSpec::CONTAINERS.contains(&key);
            if !are_all {
                rest.push((key, value, !is_of_pods));
                if key == STEP_TEMPLATE {
                    OtherContainer::add(&mut common, key, is_list, containers);
                }
            } else if is_of_pods {
                has_list = true;
            } else {
                OtherContainer::add(&mut others, key, is_list, containers);
            }
        }
        let is_spec = has_list || !others.is_empty();
        if is_spec {
            if !others.is_empty() {
                others.append(&mut common);
            }
            self.add(value, others, &place)?;
        }
        for (key, value, always) in rest {
            if always || !is_spec {
                self.look_into(value, place.member(key), depth - 1)?;
            }
        }
        Ok(())
    }

    /// Adds a pod, of which these are the containers that a pod spec does not have.
    fn add(
        &mut self,
        value: &'a str,
        others: Vec<OtherContainer<'a>>,
        place: &Place<'a>,
    ) -> Result<(), Fault> {
        let known = self.known.get(place.identity.as_str());
        if known.is_some_and(|is_part| *is_part > 0 || others.is_empty()) {
            return Ok(());
        }
        let mut pod = pod(place);
        if !self.inherits {
            pod.account = None;
        }
        if known.is_none() {
            // What does not fit is none of a pod's. The containers are, and what else does fit.
            place.locate(view::read_what_fits(value, &mut |value| {
                value.object(&mut pod.spec).map(drop)
            }))?;
        }
        pod.others = others;
        pod.is_by_structure = true;
        pod.is_part = true;
        self.found.push(pod);
        Ok(())
    }
}

/// What Tekton's steps have in common, which need not have an image.
const STEP_TEMPLATE: &str = "stepTemplate";

/// What is beyond the depth of a search passes only if it has nothing that containers need.
#[cold]
fn too_deep(value: &str, place: Place<'_>) -> Result<(), Fault> {
    let mut may_have_containers = false;
    view::read_str(value, &mut |value| {
        let read = value.raw_and_key("image")?;
        may_have_containers = read.is_some_and(|(_, has_it)| has_it);
        Ok(())
    })?;
    if !may_have_containers {
        return Ok(());
    }
    Err(Fault {
        pointer: place.pointer,
        reason: "too deep to be searched for containers".to_owned(),
    })
}

/// What of a list fits containers, or of a single one, such as the `container` of an Argo Workflow.
fn containers<'a>(
    key: &str,
    value: &'a str,
    place: &Place<'a>,
) -> Result<Vec<Container<'a>>, Fault> {
    let mut containers = Vec::new();
    let is_single = matches!(key, "container" | "script" | STEP_TEMPLATE) && value.starts_with('{');
    if is_single || value.starts_with('[') {
        place.locate(view::read_what_fits(value, &mut |value| {
            OtherContainer::read(&mut containers, !is_single, value)
        }))?;
    }
    Ok(containers)
}
