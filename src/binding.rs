//! What of a RoleBinding or ClusterRoleBinding the rules ask for: the role, and who gets it.

use crate::view::{Text, object, objects, reads, text};

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, Default)]
pub(crate) struct Binding<'a> {
    pub role: RoleRef<'a>,
    pub subjects: Vec<BoundSubject<'a>>,
}

reads!(Binding<'de> {
    "roleRef" => role: object,
    "subjects" => subjects: objects,
});

/// The role that is bound.
#[derive(Debug, Default)]
pub(crate) struct RoleRef<'a> {
    /// `ClusterRole` or `Role`.
    pub kind: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
}

reads!(RoleRef<'de> { "kind" => kind: text, "name" => name: text });

/// Who gets the role.
#[derive(Debug, Default)]
pub(crate) struct BoundSubject<'a> {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    /// Of a service account.
    pub namespace: Option<Text<'a>>,
}

reads!(BoundSubject<'de> {
    "kind" => kind: text,
    "name" => name: text,
    "namespace" => namespace: text,
});

impl BoundSubject<'_> {
    pub fn kind(&self) -> &str {
        self.kind.as_ref().map_or("", Text::as_str)
    }

    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("", Text::as_str)
    }

    /// Such as `User bob` or `ServiceAccount ci/deployer`.
    pub fn said(&self) -> String {
        match self.namespace.as_ref().map(Text::as_str) {
            Some(namespace) if self.kind() == "ServiceAccount" => {
                [self.kind(), " ", namespace, "/", self.name()].concat()
            }
            _ => [self.kind(), " ", self.name()].concat(),
        }
    }
}
