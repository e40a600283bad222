//! What an object is for us: a pod spec, wherever its kind keeps it, the rules of a cluster role,
//! nothing, or something that cannot be read. The one place that knows kinds.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::fault::Fault;
use crate::pod::{Pod, PodSpec};
use crate::role::Role;
use crate::view::{Fill, Text};

/// What an object is for us.
#[derive(Debug, Default)]
pub(crate) enum Subject<'a> {
    Pod(Box<Pod<'a>>),
    ClusterRole(Role<'a>),
    /// Of a kind that no rule is about, or absent.
    #[default]
    Nothing,
    Unreadable(Fault),
}

/// How a kind keeps what we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A pod spec at this pointer.
    PodSpec(&'static str),
    ClusterRole,
    Unknown,
}

/// Every built-in kind that the rules are about, by group and kind: a `Deployment` of another
/// group is another kind. The version does not matter, they all have the same shape.
const KINDS: &[(&str, &str, Shape)] = &[
    ("", "Pod", Shape::PodSpec("/spec")),
    ("apps", "ReplicaSet", Shape::PodSpec("/spec/template/spec")),
    ("apps", "Deployment", Shape::PodSpec("/spec/template/spec")),
    ("apps", "StatefulSet", Shape::PodSpec("/spec/template/spec")),
    ("apps", "DaemonSet", Shape::PodSpec("/spec/template/spec")),
    ("batch", "Job", Shape::PodSpec("/spec/template/spec")),
    (
        "batch",
        "CronJob",
        Shape::PodSpec("/spec/jobTemplate/spec/template/spec"),
    ),
    (
        "",
        "ReplicationController",
        Shape::PodSpec("/spec/template/spec"),
    ),
    ("", "PodTemplate", Shape::PodSpec("/template/spec")),
    (
        "rbac.authorization.k8s.io",
        "ClusterRole",
        Shape::ClusterRole,
    ),
];

/// Subresources whose writes leave alone what we judge, although they carry the whole object or
/// act on it. An unknown one is judged. As in Kubernetes' Pod Security admission
/// (`ignoredPodSubresources`), with `scale`, which carries a kind of its own.
const IGNORED_SUBRESOURCES: &[&str] = &[
    "attach",
    "binding",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "scale",
    "status",
];

/// The shape of a kind.
pub(crate) fn shape(group: &str, kind: &str) -> Shape {
    KINDS
        .iter()
        .find(|(known_group, known_kind, _)| *known_kind == kind && *known_group == group)
        .map_or(Shape::Unknown, |(_, _, shape)| *shape)
}

/// Whether writing the subresource changes what we judge.
pub(crate) fn is_judged(subresource: Option<&str>) -> bool {
    !subresource.is_some_and(|name| IGNORED_SUBRESOURCES.contains(&name))
}

/// Reads an object of a known shape from a text of its own.
pub(crate) fn read<'a>(shape: Shape, text: &'a RawValue) -> Subject<'a> {
    let mut json = serde_json::Deserializer::from_str(text.get());
    match shape.deserialize(&mut json) {
        Ok(subject) => subject,
        Err(error) => Subject::Unreadable(Fault::new(text.get().as_bytes(), &error)),
    }
}

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = Subject<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Subject<'de>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = Subject<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<Subject<'de>, E> {
        Ok(Subject::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Subject<'de>, D::Error> {
        match self {
            Self::PodSpec(pointer) => {
                let path = pointer.strip_prefix('/').unwrap_or(pointer);
                let spec = At(path).deserialize(deserializer)?;
                Ok(Subject::Pod(Box::new(Pod { pointer, spec })))
            }
            Self::ClusterRole => Fill(Role::default())
                .deserialize(deserializer)
                .map(Subject::ClusterRole),
            Self::Unknown => IgnoredAny::deserialize(deserializer).map(|_| Subject::Nothing),
        }
    }
}

/// Reads the pod spec behind a path of keys, `/` between them.
struct At(&'static str);

impl<'de> DeserializeSeed<'de> for At {
    type Value = PodSpec<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PodSpec<'de>, D::Error> {
        if self.0.is_empty() {
            Fill(PodSpec::default()).deserialize(deserializer)
        } else {
            deserializer.deserialize_option(self)
        }
    }
}

impl<'de> Visitor<'de> for At {
    type Value = PodSpec<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<PodSpec<'de>, E> {
        Ok(PodSpec::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<PodSpec<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PodSpec<'de>, A::Error> {
        let (wanted, rest) = self.0.split_once('/').unwrap_or((self.0, ""));
        let mut spec = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.as_str() != wanted {
                map.next_value::<IgnoredAny>()?;
            } else if spec.replace(map.next_value_seed(At(rest))?).is_some() {
                return Err(A::Error::duplicate_field(wanted));
            }
        }
        Ok(spec.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    use serde_json::Value;

    /// A kind that no webhook sends is never judged, and one that is sent in vain costs time.
    #[test]
    fn the_metadata_has_every_kind_and_no_other() {
        let metadata = fs::read_to_string("policy-metadata/metadata.yml").unwrap();
        let metadata = intake::yaml_to_json(&metadata).unwrap();
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let mut sent = BTreeSet::new();
        for rule in metadata["rules"].as_array().unwrap() {
            let groups = rule["apiGroups"].as_array().unwrap();
            assert_eq!(
                groups.len(),
                1,
                "a rule of mixed groups fails the background audit"
            );
            for resource in rule["resources"].as_array().unwrap() {
                let resource = resource.as_str().unwrap().to_owned();
                sent.insert((groups[0].as_str().unwrap().to_owned(), resource));
            }
        }
        let mut judged: BTreeSet<(String, String)> = KINDS
            .iter()
            .map(|(group, kind, _)| ((*group).to_owned(), format!("{}s", kind.to_lowercase())))
            .collect();
        judged.insert((String::new(), "pods/ephemeralcontainers".to_owned()));
        assert_eq!(sent, judged);
    }
}
