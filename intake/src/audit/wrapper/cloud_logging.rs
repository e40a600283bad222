//! Cloud Logging, where GKE writes: entries whose `protoPayload` is a Google Cloud AuditLog. There
//! is no audit event in them, so one is made, as far as they tell: an entry knows neither groups
//! nor the query of the request, and its status is gRPC's, by which an apply that creates is one
//! that changes.
//!
//! Source: the Cloud Logging reference, `LogEntry`, the Cloud Audit Logs reference, `AuditLog`, and
//! "GKE audit logging information".

use super::{Content, Members, Text, items, parsed, unquoted};
use crate::written::{self, Object};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The service whose entries are about requests to a cluster.
const SERVICE: &str = "k8s.io";

const DECISION: &str = "authorization.k8s.io/decision";

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

/// What the API server answers where it answers with no object.
struct Answer<'a> {
    /// 0 if it has none.
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
    let level = match (request, response) {
        (_, Some(_)) => "RequestResponse",
        (Some(_), None) => "Request",
        (None, None) => "Metadata",
    };
    let stage = if is_begun {
        "ResponseStarted"
    } else {
        "ResponseComplete"
    };
    let id = operation.given("id", unquoted)?;
    let address = client.given("callerIp", unquoted)?;
    let agent = client.given("callerSuppliedUserAgent", unquoted)?;
    let status = status(
        &payload.given("status", Members::of)?,
        verb,
        answer.as_ref(),
    )?;
    let response = response.filter(|_| answer.is_none());
    let object_ref = reference(&name).map(|object| written::json(&object));
    let user = user(&payload.given("authenticationInfo", Members::of)?)?;
    let annotations = annotations(entry, payload)?;
    let event = Object::default()
        .text("kind", "Event")
        .text("apiVersion", "audit.k8s.io/v1")
        .text("level", level)
        .text("auditID", if id.is_empty() { &own_id } else { &id })
        .text("stage", stage)
        .text("requestURI", &uri(&name))
        .text("verb", verb)
        .json("user", &user)
        .json("sourceIPs", &list(&address))
        .text("userAgent", &agent)
        .json("objectRef", &object_ref.unwrap_or_default())
        .json("responseStatus", &status)
        .json("requestObject", &request.map(untyped).unwrap_or_default())
        .json("responseObject", &response.map(untyped).unwrap_or_default())
        .text("requestReceivedTimestamp", &time)
        .text("stageTimestamp", &time)
        .json("annotations", &annotations);
    Some(event.end())
}

/// A list of one text; nothing if it is empty.
fn list(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("[{}]", written::json(text))
    }
}

fn user(who: &Members<'_>) -> Option<String> {
    let name = who.given("principalEmail", unquoted)?;
    let subject = who.given("principalSubject", unquoted)?;
    let key = who.given("serviceAccountKeyName", unquoted)?;
    let email = if name.contains('@') { &*name } else { "" };
    let principal = if subject.is_empty() { email } else { &subject };
    let extra = Object::default()
        .json("principal", &list(principal))
        .json("serviceAccountKeyName", &list(&key));
    let user = Object::default().text("username", &name);
    Some(user.json("extra", &extra.end()).end())
}

/// The labels of an entry, which are texts, with what was decided of the request.
fn annotations(entry: &Members<'_>, payload: &Members<'_>) -> Option<String> {
    let labels = entry.given("labels", Members::of)?;
    let mut annotations = Object::default();
    for (key, label) in labels.0.iter() {
        annotations = annotations.text(key, &unquoted(label)?);
    }
    let checks = payload.given("authorizationInfo", items)?.into_iter();
    let checks = checks.map(|check| Members::of(check)?.given("granted", parsed));
    let granted: Vec<bool> = checks.collect::<Option<_>>()?;
    if !granted.is_empty() && !labels.has(DECISION) {
        let is_granted = !granted.contains(&false);
        let decision = if is_granted { "allow" } else { "forbid" };
        annotations = annotations.text(DECISION, decision);
    }
    Some(annotations.end())
}

/// The answer of the API server, if it is a `Status` and stands for no object.
fn answer(response: &RawValue) -> Option<Answer<'_>> {
    let answer = Members::of(response)?;
    let kind = answer.given("kind", unquoted)?;
    let of_type = answer.given("@type", unquoted)?;
    let code = answer.body("code").map_or(Some(0), parsed)?;
    let message = answer.given("message", unquoted)?;
    let is_one = kind == "Status" || of_type.ends_with(".Status");
    is_one.then_some(Answer { code, message })
}

/// The status that Kubernetes gave, from its own answer where there is one.
fn status(rpc: &Members<'_>, verb: &str, own: Option<&Answer<'_>>) -> Option<String> {
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
    let own_code = own.map(|own| own.code).filter(|code| *code > 0);
    let own_message = own.map(|own| &*own.message).filter(|text| !text.is_empty());
    let status = Object::default()
        .json("code", &own_code.unwrap_or(code).to_string())
        .text("message", own_message.unwrap_or(&message));
    Some(status.end())
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
fn untyped(object: &RawValue) -> String {
    let Some(members) = Members::of(object).filter(|members| members.has("@type")) else {
        return object.get().to_owned();
    };
    let rest = members.0.iter().filter(|(key, _)| *key != "@type");
    let add = |made: Object, (key, value): (&String, &&RawValue)| made.json(key, value.get());
    rest.fold(Object::default(), add).end()
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
