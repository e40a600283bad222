//! Cloud Logging, where GKE writes: entries whose `protoPayload` is a Google Cloud AuditLog. There
//! is no audit event in them, so one is made, as far as they tell: an entry knows neither groups
//! nor the query of the request, and its status is gRPC's, by which an apply that creates is one
//! that changes.
//!
//! Source: the Cloud Logging reference, `LogEntry`, the Cloud Audit Logs reference, `AuditLog`, and
//! "GKE audit logging information".

use super::{Content, Members, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The service whose entries are about requests to a cluster.
const SERVICE: &str = "k8s.io";

const DECISION: &str = "authorization.k8s.io/decision";

/// An entry, as far as it is read. What is empty is left out of it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    insert_id: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    labels: BTreeMap<String, String>,
    #[serde(borrow)]
    operation: Operation<'a>,
    #[serde(borrow)]
    proto_payload: Payload<'a>,
}

/// The two ends of a long request have an entry each.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Operation<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    first: bool,
    last: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Payload<'a> {
    #[serde(borrow)]
    method_name: Cow<'a, str>,
    #[serde(borrow)]
    resource_name: Cow<'a, str>,
    #[serde(borrow)]
    authentication_info: Authentication<'a>,
    authorization_info: Vec<Authorization>,
    #[serde(borrow)]
    request_metadata: Metadata<'a>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Rpc<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Authentication<'a> {
    #[serde(borrow)]
    principal_email: Cow<'a, str>,
    #[serde(borrow)]
    principal_subject: Cow<'a, str>,
    #[serde(borrow)]
    service_account_key_name: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Authorization {
    granted: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    caller_ip: Cow<'a, str>,
    #[serde(borrow)]
    caller_supplied_user_agent: Cow<'a, str>,
}

/// A status of gRPC.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Rpc<'a> {
    code: u16,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// What the API server answers where it answers with no object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow, rename = "@type")]
    of_type: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    code: Option<u16>,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// The event that is made, its members in the order of events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    kind: &'a str,
    api_version: &'a str,
    level: &'a str,
    #[serde(rename = "auditID")]
    audit_id: &'a str,
    stage: &'a str,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: &'a str,
    user: User<'a>,
    #[serde(rename = "sourceIPs", skip_serializing_if = "Option::is_none")]
    source_ips: Option<[&'a str; 1]>,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ref: Option<Reference<'a>>,
    response_status: Status<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_object: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_object: Option<Box<RawValue>>,
    request_received_timestamp: &'a str,
    stage_timestamp: &'a str,
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct User<'a> {
    username: &'a str,
    extra: BTreeMap<&'a str, [&'a str; 1]>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'a> {
    resource: &'a str,
    namespace: &'a str,
    name: &'a str,
    api_group: &'a str,
    api_version: &'a str,
    subresource: &'a str,
}

#[derive(Serialize)]
struct Status<'a> {
    code: u16,
    message: &'a str,
}

pub(super) fn content<'a>(object: &'a str, members: &Members<'a>) -> Option<Content<'a>> {
    let Some(payload) = members.object("protoPayload") else {
        let is_entry = members.has("logName") && members.has("insertId");
        return is_entry.then(|| plain(object, members));
    };
    if payload.string("serviceName")? != SERVICE {
        return Some(Content::Other);
    }
    let event = serde_json::from_str(object)
        .ok()
        .and_then(|entry| made(&entry));
    Some(match event {
        Some(event) => Content::Logged(vec![Text {
            part: object,
            text: Cow::Owned(event),
            cluster: cluster(members),
        }]),
        None => Content::Broken("`protoPayload`: not as GKE writes it"),
    })
}

/// An entry of any other log, into which somebody may have written audit events.
fn plain<'a>(object: &'a str, members: &Members<'a>) -> Content<'a> {
    let text = members
        .text("jsonPayload")
        .or_else(|| members.text("textPayload"));
    match text {
        Some(text) => Content::Logged(vec![Text {
            part: object,
            text,
            cluster: cluster(members),
        }]),
        None => Content::Other,
    }
}

/// The full name of the cluster that an entry is about.
///
/// Source: the Cloud Logging reference, "Monitored resources and services", `k8s_cluster`.
fn cluster(members: &Members<'_>) -> Option<String> {
    let labels = members.object("resource")?.object("labels")?;
    let label = |key: &str| labels.string(key).filter(|text| !text.is_empty());
    let name = label("cluster_name")?;
    let project = label("project_id").unwrap_or_default();
    let location = label("location").unwrap_or_default();
    Some(format!(
        "projects/{project}/locations/{location}/clusters/{name}"
    ))
}

/// The event that an entry tells of.
fn made(entry: &Entry<'_>) -> Option<String> {
    let payload = &entry.proto_payload;
    let (_, verb) = payload.method_name.rsplit_once('.')?;
    let id = some(&entry.operation.id).unwrap_or(&entry.insert_id);
    let answer = payload.response.and_then(|response| answer(response.get()));
    let level = match (payload.request, payload.response) {
        (_, Some(_)) => "RequestResponse",
        (Some(_), None) => "Request",
        (None, None) => "Metadata",
    };
    let status = status(payload, verb, answer.as_ref());
    let response = payload.response.filter(|_| answer.is_none());
    let mut annotations = entry.labels.clone();
    if !payload.authorization_info.is_empty() && !annotations.contains_key(DECISION) {
        let is_granted = payload.authorization_info.iter().all(|check| check.granted);
        let decision = if is_granted { "allow" } else { "forbid" };
        annotations.insert(DECISION.to_owned(), decision.to_owned());
    }
    let event = Made {
        kind: "Event",
        api_version: "audit.k8s.io/v1",
        level,
        audit_id: id,
        stage: if entry.operation.first && !entry.operation.last {
            "ResponseStarted"
        } else {
            "ResponseComplete"
        },
        request_uri: uri(&payload.resource_name),
        verb,
        user: user(&payload.authentication_info),
        source_ips: some(&payload.request_metadata.caller_ip).map(|address| [address]),
        user_agent: &payload.request_metadata.caller_supplied_user_agent,
        object_ref: reference(&payload.resource_name),
        response_status: status,
        request_object: payload.request.and_then(untyped),
        response_object: response.and_then(untyped),
        request_received_timestamp: &entry.timestamp,
        stage_timestamp: &entry.timestamp,
        annotations,
    };
    serde_json::to_string(&event).ok()
}

fn user<'a>(who: &'a Authentication<'a>) -> User<'a> {
    let email = some(&who.principal_email).filter(|email| email.contains('@'));
    let principal = some(&who.principal_subject).or(email);
    let key = some(&who.service_account_key_name);
    let extra = [("principal", principal), ("serviceAccountKeyName", key)];
    let given = extra.into_iter();
    User {
        username: &who.principal_email,
        extra: given
            .filter_map(|(key, value)| Some((key, [value?])))
            .collect(),
    }
}

/// The answer of the API server, if it is a `Status` and stands for no object.
fn answer(response: &str) -> Option<Answer<'_>> {
    let answer: Answer<'_> = serde_json::from_str(response).ok()?;
    let is_one = answer.kind == "Status" || answer.of_type.ends_with(".Status");
    is_one.then_some(answer)
}

/// The status that Kubernetes gave, from its own answer where there is one.
fn status<'a>(payload: &'a Payload<'a>, verb: &str, answer: Option<&'a Answer<'a>>) -> Status<'a> {
    let own = answer
        .and_then(|answer| answer.code)
        .filter(|code| *code > 0);
    let code = own.unwrap_or(match payload.status.code {
        0 if verb == "create" => 201,
        0 => 200,
        3 => 422,
        5 => 404,
        // what is there already, and what was changed meanwhile
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        16 => 401,
        _ => 500,
    });
    let message = answer.and_then(|answer| some(&answer.message));
    Status {
        code,
        message: message.unwrap_or(&payload.status.message),
    }
}

/// What `rbac.authorization.k8s.io/v1/clusterroles/a` or `core/v1/namespaces/a/pods/b/exec` refers
/// to.
///
/// Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`.
fn reference(name: &str) -> Option<Reference<'_>> {
    let mut parts = name.split('/');
    let group = parts.next().filter(|group| *group != "core").unwrap_or("");
    let version = parts.next()?;
    let path: Vec<&str> = parts.collect();
    let (namespace, path) = match path.as_slice() {
        ["namespaces", _, "status" | "finalize", ..] => ("", path.as_slice()),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        all => ("", all),
    };
    let part = |at: usize| path.get(at).copied().unwrap_or_default();
    Some(Reference {
        resource: path.first()?,
        namespace,
        name: part(1),
        api_group: group,
        api_version: version,
        subresource: part(2),
    })
}

/// The path of the request; what was asked for beyond that an entry does not have.
fn uri(name: &str) -> String {
    match name.strip_prefix("core/") {
        Some(rest) => format!("/api/{rest}"),
        None => format!("/apis/{name}"),
    }
}

/// An object without the member that says which type it has to Google.
fn untyped(object: &RawValue) -> Option<Box<RawValue>> {
    let Ok(Members(mut members)) = serde_json::from_str(object.get()) else {
        return Some(object.to_owned());
    };
    match members.remove("@type") {
        Some(_) => serde_json::value::to_raw_value(&members).ok(),
        None => Some(object.to_owned()),
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Reference, reference, uri};

    #[test]
    fn takes_names_apart() {
        let cases = [
            (
                "core/v1/namespaces/a/pods/b",
                ["", "v1", "a", "pods", "b", ""],
            ),
            (
                "core/v1/namespaces/a/pods/b/exec",
                ["", "v1", "a", "pods", "b", "exec"],
            ),
            ("core/v1/namespaces/a/pods", ["", "v1", "a", "pods", "", ""]),
            (
                "core/v1/namespaces/a",
                ["", "v1", "", "namespaces", "a", ""],
            ),
            (
                "core/v1/namespaces/a/finalize",
                ["", "v1", "", "namespaces", "a", "finalize"],
            ),
            (
                "rbac.authorization.k8s.io/v1/clusterroles/system:a",
                [
                    "rbac.authorization.k8s.io",
                    "v1",
                    "",
                    "clusterroles",
                    "system:a",
                    "",
                ],
            ),
            (
                "core/v1/nodes/a/proxy/run/b",
                ["", "v1", "", "nodes", "a", "proxy"],
            ),
        ];
        for (
            text,
            [
                api_group,
                api_version,
                namespace,
                resource,
                name,
                subresource,
            ],
        ) in cases
        {
            let expected = Reference {
                resource,
                namespace,
                name,
                api_group,
                api_version,
                subresource,
            };
            assert_eq!(reference(text), Some(expected), "{text}");
        }
        for text in ["", "healthz", "core/v1"] {
            assert_eq!(reference(text), None, "{text}");
        }
    }

    #[test]
    fn makes_paths_of_names() {
        assert_eq!(uri("core/v1/nodes/a"), "/api/v1/nodes/a");
        assert_eq!(
            uri("apps/v1/namespaces/a/deployments/b"),
            "/apis/apps/v1/namespaces/a/deployments/b"
        );
    }
}
