//! Cloud Logging, where GKE writes: entries whose `protoPayload` is a Google Cloud AuditLog. There
//! is no audit event in them, so one is made, as far as they tell: an entry knows neither groups
//! nor the query of the request, and its status is gRPC's, by which an apply that creates is one
//! that changes.
//!
//! Source: the Cloud Logging reference, `LogEntry`, the Cloud Audit Logs reference, `AuditLog`, and
//! "GKE audit logging information".

use super::{Content, Members, Text, items, parsed, unquoted};
use crate::written;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The service whose entries are about requests to a cluster.
const SERVICE: &str = "k8s.io";

const DECISION: &str = "authorization.k8s.io/decision";

/// The event that is made, its members in the order of events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    kind: &'a str,
    api_version: &'a str,
    level: &'a str,
    #[serde(rename = "auditID")]
    audit_id: Cow<'a, str>,
    stage: &'a str,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: &'a str,
    user: User<'a>,
    #[serde(rename = "sourceIPs", skip_serializing_if = "Option::is_none")]
    source_ips: Option<[Cow<'a, str>; 1]>,
    user_agent: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ref: Option<Reference<'a>>,
    response_status: Status<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_object: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_object: Option<Box<RawValue>>,
    request_received_timestamp: &'a str,
    stage_timestamp: &'a str,
    annotations: Members<'a>,
}

#[derive(Serialize)]
struct User<'a> {
    username: Cow<'a, str>,
    extra: Extra<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extra<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<[Cow<'a, str>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_account_key_name: Option<[Cow<'a, str>; 1]>,
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
    message: Cow<'a, str>,
}

pub(super) fn content<'a>(object: &'a str, members: &Members<'a>) -> Option<Content<'a>> {
    let Some(payload) = members.object("protoPayload") else {
        let is_entry = members.has("logName") && members.has("insertId");
        return is_entry.then(|| plain(object, members));
    };
    if payload.string("serviceName")? != SERVICE {
        return Some(Content::Other);
    }
    let event = made(members, &payload);
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

/// The event that an entry tells of. What is empty is left out of an entry; none if a member is
/// not of its type.
fn made(entry: &Members<'_>, payload: &Members<'_>) -> Option<String> {
    let method = payload.given("methodName", unquoted)?;
    let (_, verb) = method.rsplit_once('.')?;
    let name = payload.given("resourceName", unquoted)?;
    let time = entry.given("timestamp", unquoted)?;
    let client = payload.given("requestMetadata", Members::of)?;
    // the two ends of a long request have an entry each
    let operation = entry.given("operation", Members::of)?;
    let own_id = entry.given("insertId", unquoted)?;
    let is_begun = operation.given("first", parsed)? && !operation.given("last", parsed)?;
    let (request, response) = (payload.body("request"), payload.body("response"));
    let answer = response.and_then(answer);
    let event = Made {
        kind: "Event",
        api_version: "audit.k8s.io/v1",
        level: match (request, response) {
            (_, Some(_)) => "RequestResponse",
            (Some(_), None) => "Request",
            (None, None) => "Metadata",
        },
        audit_id: some(operation.given("id", unquoted)?).unwrap_or(own_id),
        stage: if is_begun {
            "ResponseStarted"
        } else {
            "ResponseComplete"
        },
        request_uri: uri(&name),
        verb,
        user: user(&payload.given("authenticationInfo", Members::of)?)?,
        source_ips: some(client.given("callerIp", unquoted)?).map(|address| [address]),
        user_agent: client.given("callerSuppliedUserAgent", unquoted)?,
        object_ref: reference(&name),
        request_object: request.and_then(untyped),
        response_object: response.filter(|_| answer.is_none()).and_then(untyped),
        response_status: status(&payload.given("status", Members::of)?, verb, answer)?,
        request_received_timestamp: &time,
        stage_timestamp: &time,
        annotations: annotations(entry, payload)?,
    };
    serde_json::to_string(&event).ok()
}

fn user<'a>(who: &Members<'a>) -> Option<User<'a>> {
    let username = who.given("principalEmail", unquoted)?;
    let subject = who.given("principalSubject", unquoted)?;
    let key = who.given("serviceAccountKeyName", unquoted)?;
    let email = username.contains('@').then(|| username.clone());
    let principal = some(subject).or(email);
    Some(User {
        username,
        extra: Extra {
            principal: principal.map(|text| [text]),
            service_account_key_name: some(key).map(|text| [text]),
        },
    })
}

/// The labels of an entry, which are texts, with what was decided of the request.
fn annotations<'a>(entry: &Members<'a>, payload: &Members<'a>) -> Option<Members<'a>> {
    let mut labels = entry.given("labels", Members::of)?;
    let are_texts = labels.0.iter().all(|(_, label)| unquoted(label).is_some());
    let checks = payload.given("authorizationInfo", items)?.into_iter();
    let checks = checks.map(|check| Members::of(check)?.given("granted", parsed));
    let granted: Vec<bool> = checks.collect::<Option<_>>()?;
    if !granted.is_empty() && !labels.has(DECISION) {
        let is_granted = !granted.contains(&false);
        let decision = if is_granted {
            r#""allow""#
        } else {
            r#""forbid""#
        };
        let decision = serde_json::from_str(decision).ok()?;
        labels.0.put(DECISION.to_owned(), decision);
    }
    are_texts.then_some(labels)
}

/// The answer of the API server, if it is a `Status` and stands for no object; its code is 0 if it
/// has none.
fn answer(response: &RawValue) -> Option<Status<'_>> {
    let answer = Members::of(response)?;
    let kind = answer.given("kind", unquoted)?;
    let of_type = answer.given("@type", unquoted)?;
    let code = answer.body("code").map_or(Some(0), parsed)?;
    let message = answer.given("message", unquoted)?;
    let is_one = kind == "Status" || of_type.ends_with(".Status");
    is_one.then_some(Status { code, message })
}

/// The status that Kubernetes gave, from its own answer where there is one.
fn status<'a>(rpc: &Members<'a>, verb: &str, answer: Option<Status<'a>>) -> Option<Status<'a>> {
    let code = match rpc.given("code", parsed::<u16>)? {
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
    };
    let message = rpc.given("message", unquoted)?;
    let Some(own) = answer else {
        return Some(Status { code, message });
    };
    Some(Status {
        code: if own.code > 0 { own.code } else { code },
        message: some(own.message).unwrap_or(message),
    })
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
    let Some(members) = Members::of(object).filter(|members| members.has("@type")) else {
        return Some(object.to_owned());
    };
    let rest = members.0.iter().filter(|(key, _)| *key != "@type");
    let rest: Vec<_> = rest
        .map(|(key, value)| format!("{}:{value}", written::json(key)))
        .collect();
    RawValue::from_string(format!("{{{}}}", rest.join(","))).ok()
}

fn some(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    Some(text).filter(|text| !text.is_empty())
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
