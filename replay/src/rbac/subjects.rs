//! Who holds roles: users, groups and service accounts, and what the API server makes of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who may hold a role. A service account that is bound by its user name is one too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Subject {
    pub(super) kind: SubjectKind,
    /// Of service accounts alone.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum SubjectKind {
    Group,
    ServiceAccount,
    User,
}

/// A subject as a binding writes it.
#[derive(Deserialize)]
pub(super) struct WireSubject {
    kind: SubjectKind,
    namespace: Option<String>,
    name: String,
}

impl WireSubject {
    /// The subject of a binding in this namespace.
    ///
    /// Source: Kubernetes `pkg/registry/rbac/validation/rule.go`, `appliesToUser`.
    pub(super) fn subject(self, binding: Option<&str>) -> Subject {
        let account = match self.kind {
            SubjectKind::ServiceAccount => {
                let own = self.namespace.filter(|namespace| !namespace.is_empty());
                Some((
                    own.or_else(|| binding.map(str::to_owned)),
                    self.name.clone(),
                ))
            }
            SubjectKind::User => service_account(&self.name)
                .map(|(namespace, name)| (Some(namespace.to_owned()), name.to_owned())),
            SubjectKind::Group => None,
        };
        match account {
            Some((namespace, name)) => Subject {
                kind: SubjectKind::ServiceAccount,
                namespace,
                name,
            },
            None => Subject {
                kind: self.kind,
                namespace: None,
                name: self.name,
            },
        }
    }
}

/// Namespace and name of the service account that has this user name.
fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix("system:serviceaccount:")?.split_once(':')
}

impl Subject {
    pub(super) fn group(name: &str) -> Self {
        Self {
            kind: SubjectKind::Group,
            namespace: None,
            name: name.to_owned(),
        }
    }

    /// The groups that the API server puts everybody of its kind into.
    ///
    /// Source: Kubernetes `pkg/serviceaccount/util.go`, `MakeGroupNames`, and
    /// `staging/src/k8s.io/apiserver/pkg/authentication/group/authenticated_group_adder.go`.
    pub(super) fn groups(&self) -> Vec<Self> {
        match (self.kind, self.namespace.as_deref()) {
            (SubjectKind::ServiceAccount, namespace) => {
                let own = format!("{ALL_ACCOUNTS}:{}", namespace.unwrap_or_default());
                vec![
                    Self::group(&own),
                    Self::group(ALL_ACCOUNTS),
                    Self::group(AUTHENTICATED),
                ]
            }
            (SubjectKind::User, _) if self.name == ANONYMOUS => {
                vec![Self::group(UNAUTHENTICATED)]
            }
            (SubjectKind::User, _) => vec![Self::group(AUTHENTICATED)],
            (SubjectKind::Group, _) => Vec::new(),
        }
    }

    /// Who that is, where the name alone does not say how many.
    pub(super) fn in_words(&self) -> Option<String> {
        let words = match (self.kind, self.name.as_str()) {
            (SubjectKind::User, ANONYMOUS) => "whoever sends no credentials",
            (SubjectKind::Group, UNAUTHENTICATED) => "everybody without credentials",
            (SubjectKind::Group, AUTHENTICATED) => "everybody who can log in, and every workload",
            (SubjectKind::Group, ALL_ACCOUNTS) => "every service account, so every workload",
            (SubjectKind::Group, MASTERS) => "the API server lets its members do everything",
            (SubjectKind::Group, name) => {
                let namespace = name.strip_prefix(ALL_ACCOUNTS)?.strip_prefix(':')?;
                return Some(format!("every service account of namespace {namespace}"));
            }
            (SubjectKind::ServiceAccount, "default") => {
                "every workload of its namespace that names no other"
            }
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// Whether that is more than anybody decided on: everybody, or all workloads.
    pub(super) fn is_everybody(&self) -> bool {
        match self.kind {
            SubjectKind::User => self.name == ANONYMOUS,
            SubjectKind::ServiceAccount => self.name == "default",
            SubjectKind::Group => {
                matches!(self.name.as_str(), UNAUTHENTICATED | AUTHENTICATED)
                    || self.name == ALL_ACCOUNTS
                    || self
                        .name
                        .strip_prefix(ALL_ACCOUNTS)
                        .is_some_and(|rest| rest.starts_with(':'))
            }
        }
    }

    /// What a person calls `Kind/name`, `ServiceAccount/namespace/name`, or a user by its name
    /// alone.
    pub(super) fn called(asked: &str) -> Self {
        let (kind, name) = asked.split_once('/').unwrap_or(("User", asked));
        let (kind, namespace, name) = match (kind, name.split_once('/')) {
            ("ServiceAccount", Some((namespace, name))) => {
                (SubjectKind::ServiceAccount, Some(namespace), name)
            }
            ("ServiceAccount", None) => (SubjectKind::ServiceAccount, None, name),
            ("Group", _) => (SubjectKind::Group, None, name),
            ("User", _) => (SubjectKind::User, None, name),
            _ => (SubjectKind::User, None, asked),
        };
        let subject = WireSubject {
            kind,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        subject.subject(None)
    }
}

/// The group that no check applies to.
pub(super) const MASTERS: &str = "system:masters";

const ANONYMOUS: &str = "system:anonymous";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const AUTHENTICATED: &str = "system:authenticated";
/// The group of all service accounts; with `:` and a namespace, of all of that.
pub(super) const ALL_ACCOUNTS: &str = "system:serviceaccounts";

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Subject, WireSubject};
    use serde_json::json;

    fn bound(namespace: Option<&str>, subject: serde_json::Value) -> String {
        let subject: WireSubject = serde_json::from_value(subject).unwrap();
        subject.subject(namespace).to_string()
    }

    #[test]
    fn a_service_account_is_one_by_whatever_name() {
        for (namespace, subject, expected) in [
            (None, json!({"kind": "User", "name": "bob"}), "User/bob"),
            (None, json!({"kind": "Group", "name": "a/b"}), "Group/a/b"),
            (
                None,
                json!({"kind": "User", "name": "system:serviceaccount:ci:deployer"}),
                "ServiceAccount/ci/deployer",
            ),
            (
                Some("a"),
                json!({"kind": "ServiceAccount", "namespace": "ci", "name": "x"}),
                "ServiceAccount/ci/x",
            ),
            // as the authorizer has it
            (
                Some("a"),
                json!({"kind": "ServiceAccount", "name": "x"}),
                "ServiceAccount/a/x",
            ),
        ] {
            assert_eq!(bound(namespace, subject), expected);
        }
    }

    #[test]
    fn a_person_calls_it_by_kind_and_name() {
        for (asked, subject) in [
            ("bob", "User/bob"),
            ("User/bob", "User/bob"),
            ("User/https://login#bob", "User/https://login#bob"),
            ("https://login#bob", "User/https://login#bob"),
            ("Group/system:masters", "Group/system:masters"),
            ("ServiceAccount/ci/deployer", "ServiceAccount/ci/deployer"),
            (
                "system:serviceaccount:ci:deployer",
                "ServiceAccount/ci/deployer",
            ),
        ] {
            assert_eq!(Subject::called(asked).to_string(), subject);
        }
    }

    #[test]
    fn knows_the_groups_that_everybody_is_in() {
        let groups = |asked| {
            let groups = Subject::called(asked).groups();
            groups.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(groups("bob"), ["Group/system:authenticated"]);
        assert_eq!(groups("system:anonymous"), ["Group/system:unauthenticated"]);
        assert_eq!(
            groups("ServiceAccount/ci/x"),
            [
                "Group/system:serviceaccounts:ci",
                "Group/system:serviceaccounts",
                "Group/system:authenticated"
            ]
        );
        assert!(groups("Group/ops").is_empty());
    }

    #[test]
    fn knows_what_is_everybodys() {
        for (asked, everybody) in [
            ("system:anonymous", true),
            ("Group/system:authenticated", true),
            ("Group/system:unauthenticated", true),
            ("Group/system:serviceaccounts", true),
            ("Group/system:serviceaccounts:a", true),
            ("ServiceAccount/a/default", true),
            ("Group/system:serviceaccountsx", false),
            ("Group/system:masters", false),
            ("User/default", false),
            ("User/system:authenticated", false),
        ] {
            let subject = Subject::called(asked);
            assert_eq!(subject.is_everybody(), everybody, "{asked}");
            let said = subject.in_words().is_some();
            assert_eq!(said, everybody || asked.ends_with("masters"), "{asked}");
        }
    }
}
