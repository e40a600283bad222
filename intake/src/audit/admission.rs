//! The admission request that an event tells of.

use super::event::Event;
use super::lineage::Whole;
use crate::written;
use serde::Serialize;

/// The admission request that the API server sent, or would have sent, to its webhooks.
pub(super) fn admission(
    event: &Event<'_>,
    (username, groups): (&str, &[String]),
    whole: &Whole<'_>,
    operation: &str,
    object: Option<&str>,
    old: Option<&str>,
) -> String {
    // without a user the policy would take it for a background audit, and believe the object
    let username = some(username).unwrap_or("(not in the log)");
    let about = event.about();
    let Whole {
        version, kind, key, ..
    } = whole;
    let head = Admission {
        uid: &event.audit_id,
        kind: Kind {
            group: about.group,
            version,
            kind,
        },
        resource: Resource {
            group: about.group,
            version,
            resource: about.resource,
        },
        operation,
        sub_resource: some(about.subresource),
        name: some(&key.name),
        namespace: some(&key.namespace),
        user_info: UserInfo { username, groups },
        dry_run: event.is_dry_run(),
    };
    let mut text = written::json(&head);
    text.pop();
    for (member, object) in [(",\"object\":", object), (",\"oldObject\":", old)] {
        text.push_str(member);
        text.push_str(object.unwrap_or("null"));
    }
    text.push('}');
    text
}

/// An admission request without its objects.
///
/// Source: Kubernetes `staging/src/k8s.io/api/admission/v1/types.go`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Admission<'a> {
    uid: &'a str,
    kind: Kind<'a>,
    resource: Resource<'a>,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    user_info: UserInfo<'a>,
    dry_run: bool,
}

#[derive(Serialize)]
struct Kind<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
struct Resource<'a> {
    group: &'a str,
    version: &'a str,
    resource: &'a str,
}

#[derive(Serialize)]
struct UserInfo<'a> {
    username: &'a str,
    groups: &'a [String],
}

/// The identity of a request, with what is not given as the policy would show it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity<'a> {
    pub(super) dry_run: bool,
    pub(super) group: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
    pub(super) operation: Option<&'a str>,
    pub(super) subresource: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    pub(super) version: Option<&'a str>,
}

pub(super) fn operation(verb: &str) -> &'static str {
    match verb {
        "create" => "CREATE",
        "delete" | "deletecollection" => "DELETE",
        "get" => "CONNECT",
        _ => "UPDATE",
    }
}

pub(super) fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
