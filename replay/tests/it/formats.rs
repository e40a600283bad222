//! The formats that other programs define, each held against its published schema, or against
//! what its documentation says of every field; and against the findings that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::{Folder, Ran, answer, constant, finding, review, run};

/// Findings of an input, and the report of it in one format.
struct Reported {
    findings: usize,
    ran: Ran,
}

/// What every format is given: recorded requests and a recorded audit log.
fn recorded(format: &str) -> Reported {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let replay = |format: &str| {
        let folder = Folder::new();
        let mut command = folder.bulkhead("replay --fail-on high --format");
        command.arg(format).current_dir(&root);
        command.args(["e2e-tests/recordings", "e2e-tests/audit"]);
        command.env("SOURCE_DATE_EPOCH", "1700000000");
        run(&mut command, b"")
    };
    let lines = replay("json").json();
    let findings = lines.iter().filter_map(|line| line["findings"].as_array());
    let findings = findings.map(Vec::len).sum();
    assert!(findings > 300, "{findings}");
    let ran = replay(format);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    Reported { findings, ran }
}

/// What is unpleasant to write: strange texts, exemptions, what is not new, what is omitted, a rule
/// that the catalogue does not have, what cannot be judged, and what cannot be read.
fn unpleasant(arguments: &str) -> Ran {
    let folder = Folder::new();
    let strange = finding(json!({"rule": "later", "severity": "low", "action": "warn",
        "container": "\u{1b}[2J<&>]]>", "value": null, "message": "a\u{202e}b\nc\"'\u{0}\u{fffe}",
        "fix": "\u{9b}31m"}));
    let exempted = finding(
        json!({"severity": "medium", "action": "audit", "new": false,
        "exempted": {"index": 2, "reason": "the CNI needs it, ticket 4711"}}),
    );
    let granted = finding(
        json!({"rule": "pod-create", "alert": "pod-write", "action": "warn",
        "grant": "indirect", "resourceNames": ["web"], "until": "1.36",
        "grants": [{"path": "/rules/0", "resource": "jobs", "verbs": ["create"]}]}),
    );
    let mut more = answer("more", false, &[finding(json!({})), strange]);
    more["omitted"] = json!(3);
    let input = [
        review(&more),
        review(&answer("web", true, &[exempted, granted])),
        review(&json!(0)),
        "{\"kind\":\"AdmissionReview\",\n".to_owned(),
    ];
    folder.write("a b/<in>&.jsonl", input.concat());
    let arguments = format!("--format {arguments} .");
    folder.replay(&arguments)
}

/// The parts of a report for which no finding may be missing.
fn count(document: &Value, parts: &str) -> usize {
    document
        .pointer(parts)
        .and_then(Value::as_array)
        .expect(parts)
        .len()
}

fn parsed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("JSON")
}

// ---- SARIF ----

pub fn assert_sarif(log: &Value) {
    let schema = include_str!("../schemas/sarif-2.1.0.json");
    // one pattern of it, for languages, is no regular expression: a bracket is closed twice
    let schema = schema.replace("{2}]?$", "{2}$");
    let schema = serde_json::from_str(&schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator
        .iter_errors(log)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // what the schema cannot say
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules");
    for result in log["runs"][0]["results"].as_array().expect("results") {
        match result["ruleIndex"].as_u64() {
            Some(place) => assert_eq!(
                rules[usize::try_from(place).expect("small")]["id"],
                result["ruleId"]
            ),
            None => assert_eq!(result["ruleId"], "later"),
        }
    }
}

#[test]
fn sarif_has_every_finding_and_is_valid() {
    let Reported { findings, ran } = recorded("sarif");
    let log = parsed(&ran);
    assert_sarif(&log);
    assert_eq!(count(&log, "/runs/0/results"), findings);
    assert_eq!(count(&log, "/runs"), 1);
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules");
    assert!(rules.iter().any(|rule| {
        rule["id"] == "host-path"
            && rule["defaultConfiguration"]["level"] == "error"
            && rule["properties"]["security-severity"] == "8.0"
            && rule["properties"]["tags"]
                .as_array()
                .is_some_and(|tags| tags.contains(&json!("mitre-attack/T1611")))
    }));
    // requests of the audit log that cannot be judged
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(count(invocation, "/toolExecutionNotifications"), 5);
    assert_eq!(
        (&invocation["executionSuccessful"], &invocation["exitCode"]),
        (&json!(true), &json!(1))
    );
}

#[test]
fn sarif_tells_what_was_exempted_and_what_could_not_be_judged() {
    let ran = unpleasant("sarif");
    assert_eq!(ran.code, 2);
    let log = parsed(&ran);
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let levels: Vec<_> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["error", "note", "warning", "error"]);
    let suppressed: Vec<_> = results
        .iter()
        .filter_map(|result| result.get("suppressions"))
        .collect();
    assert_eq!(
        suppressed,
        [&json!([{"kind": "external", "status": "accepted",
            "justification": "exemptions[2]: the CNI needs it, ticket 4711"}])]
    );
    let properties = &results[3]["properties"];
    assert_eq!(properties["action"], "warn");
    assert_eq!(properties["grants"][0]["resource"], "jobs");
    assert_eq!(results[2]["properties"]["new"], false);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"]
        .as_array()
        .expect("some");
    let told: Vec<_> = notifications
        .iter()
        .map(|told| {
            let place = &told["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "a%20b/%3Cin%3E%26.jsonl");
            (
                told["level"].as_str(),
                told["descriptor"]["id"].as_str(),
                place["region"]["startLine"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("warning"), Some("omitted"), Some(1)),
            (Some("error"), Some("trap"), Some(3)),
            (Some("error"), Some("broken"), Some(4)),
        ]
    );
}

#[test]
fn sarif_points_at_the_finding_and_knows_it_again_elsewhere() {
    let folder = Folder::new();
    let mut manifest = answer("web", false, &[finding(json!({}))]);
    manifest["request"]["user"] = Value::Null;
    folder.write("policy.wasm", constant(&manifest.to_string()));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  volumes:\n  - name: root\n    hostPath:\n      path: /\n";
    folder.write("pod.yaml", pod);
    folder.write("moved/pod.yaml", format!("# a comment\n{pod}"));
    let log = parsed(&folder.replay("--format sarif pod.yaml moved"));
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let regions: Vec<_> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"])
        .collect();
    assert_eq!(
        regions,
        [
            &json!({"artifactLocation": {"uri": "pod.yaml"}, "region": {"startLine": 8, "startColumn": 5}}),
            &json!({"artifactLocation": {"uri": "moved/pod.yaml"}, "region": {"startLine": 9, "startColumn": 5}}),
        ]
    );
    assert_eq!(
        results[0]["partialFingerprints"],
        results[1]["partialFingerprints"]
    );
    assert_eq!(
        results[0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
        "Pod team-a/web/spec/volumes/0/hostPath"
    );
}

#[test]
fn sarif_of_nothing_is_valid() {
    let folder = Folder::new();
    folder.write("a.json", review(&answer("web", true, &[])));
    let log = parsed(&folder.replay("--format sarif a.json"));
    assert_sarif(&log);
    assert_eq!(count(&log, "/runs/0/results"), 0);
}

// ---- OCSF ----

/// The attributes that OCSF 1.3.0 has for a Detection Finding, as far as they are used. Those
/// without `Option` are required.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct DetectionFinding {
    activity_id: u8,
    activity_name: String,
    category_name: String,
    category_uid: u8,
    class_name: String,
    class_uid: u16,
    evidences: Option<Vec<Evidence>>,
    finding_info: FindingInfo,
    is_alert: Option<bool>,
    message: String,
    metadata: Metadata,
    remediation: Option<Remediation>,
    resources: Option<Vec<ResourceDetails>>,
    severity: String,
    severity_id: u8,
    status: String,
    status_id: u8,
    /// Milliseconds since 1970.
    time: i64,
    type_name: String,
    type_uid: u32,
    unmapped: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Evidence {
    actor: Option<Actor>,
    api: Option<Api>,
    data: Option<Value>,
    http_request: Option<BTreeMap<String, String>>,
    src_endpoint: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Actor {
    user: User,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct User {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    type_id: u8,
    uid: Option<String>,
    credential_uid: Option<String>,
    groups: Option<Vec<Named>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Api {
    operation: String,
    group: Option<Named>,
    service: Named,
    version: Option<String>,
    request: Option<ApiRequest>,
    response: Option<ApiResponse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct ApiRequest {
    uid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct ApiResponse {
    code: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct FindingInfo {
    uid: String,
    title: String,
    desc: String,
    types: Option<Vec<String>>,
    analytic: Analytic,
    attacks: Option<Vec<Attack>>,
    data_sources: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Analytic {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    type_id: u8,
    uid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Attack {
    technique: Technique,
    sub_technique: Option<Technique>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Technique {
    uid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Metadata {
    version: String,
    product: Product,
    event_code: Option<String>,
    correlation_uid: Option<String>,
    original_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Product {
    name: String,
    vendor_name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct Remediation {
    desc: String,
    references: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that they can be read is the test")]
struct ResourceDetails {
    uid: String,
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    namespace: Option<String>,
    version: Option<String>,
    group: Option<Named>,
    data: Option<Value>,
}

/// The events of a report, those of findings apart from those of what could not be judged.
fn ocsf(ran: &Ran) -> (Vec<DetectionFinding>, Vec<DetectionFinding>) {
    let events = ran.stdout.lines().map(|line| {
        let event: DetectionFinding =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(
            (event.class_uid, event.category_uid, event.type_uid),
            (2004, 2, 200_401)
        );
        assert!(!has_null(
            &serde_json::from_str(line).expect("JSON"),
            "unmapped"
        ));
        event
    });
    events.partition(|event| event.finding_info.analytic.uid != "not-judged")
}

/// Whether anything but what has no place in the schema is null.
fn has_null(value: &Value, but: &str) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(|item| has_null(item, but)),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name != but && name != "data" && has_null(value, but)),
        _ => false,
    }
}

#[test]
fn ocsf_has_a_detection_finding_for_every_finding() {
    let Reported { findings, ran } = recorded("ocsf");
    let (events, others) = ocsf(&ran);
    assert_eq!((events.len(), others.len()), (findings, 5));
    let ids: BTreeSet<_> = events.iter().map(|event| &event.finding_info.uid).collect();
    assert_eq!(ids.len(), findings, "an id stands for one finding");
    let audited = events
        .iter()
        .find(|event| event.metadata.original_time.is_some());
    let audited = audited.expect("a finding of the audit log");
    assert!(
        audited.time > 1_795_000_000_000,
        "the time of the request: {}",
        audited.time
    );
    assert!(audited.metadata.correlation_uid.is_some());
    let evidence = &audited.evidences.as_ref().expect("some")[0];
    let request = evidence.api.as_ref().and_then(|api| api.request.as_ref());
    assert!(request.is_some() && evidence.src_endpoint.is_some());
    let read = events
        .iter()
        .find(|event| event.metadata.original_time.is_none());
    assert_eq!(read.expect("a finding of a review").time, 1_700_000_000_000);
}

#[test]
fn ocsf_tells_severity_state_and_technique() {
    let (events, others) = ocsf(&unpleasant("ocsf"));
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.severity_id,
                event.status_id,
                event.is_alert,
                event.finding_info.attacks.is_some(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (5, 1, Some(true), true),
            (2, 1, Some(true), false),
            (3, 3, Some(false), true),
            (5, 1, Some(true), false),
        ]
    );
    let reasons: Vec<_> = others
        .iter()
        .map(|event| &event.unmapped["reason"])
        .collect();
    assert_eq!(reasons, ["trap", "broken"]);
}

// ---- Falco ----

/// What falcosidekick reads, `types/types.go`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FalcoPayload {
    uuid: String,
    output: String,
    priority: String,
    rule: String,
    time: String,
    output_fields: BTreeMap<String, Value>,
    source: String,
    tags: Vec<String>,
}

fn falco(ran: &Ran) -> (Vec<FalcoPayload>, Vec<FalcoPayload>) {
    let alerts = ran.stdout.lines().map(|line| {
        let alert: FalcoPayload =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        // as `Check` of falcosidekick does, and Go's parser of UUIDs
        assert!(["Critical", "Error", "Warning", "Notice"].contains(&&*alert.priority));
        assert!(alert.time.parse::<jiff::Timestamp>().is_ok());
        assert!(!alert.rule.is_empty() && !alert.output_fields.is_empty());
        let lengths: Vec<_> = alert.uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        alert
    });
    alerts.partition(|alert| alert.rule != "not-judged")
}

#[test]
fn falco_has_an_alert_for_every_finding() {
    let Reported { findings, ran } = recorded("falco");
    let (alerts, others) = falco(&ran);
    assert_eq!((alerts.len(), others.len()), (findings, 5));
    let ids: BTreeSet<_> = alerts.iter().map(|alert| &alert.uuid).collect();
    assert_eq!(ids.len(), findings);
    let audited = alerts.iter().find(|alert| alert.source == "k8s_audit");
    let audited = audited.expect("a finding of the audit log");
    for name in [
        "ka.user.name",
        "ka.auditid",
        "ka.target.name",
        "bulkhead.incident",
    ] {
        assert!(audited.output_fields.contains_key(name), "{name}");
    }
    assert!(audited.time.starts_with("2026-11-22T01:"));
    assert!(
        audited
            .output
            .starts_with(&format!("{}: {} ", audited.time, audited.priority))
    );
    let said_why = |alert: &FalcoPayload| {
        let why = alert.output_fields.get("bulkhead.refusal");
        why.is_some_and(|why| why.as_str().unwrap_or_default().contains("forbidden"))
    };
    assert!(alerts.iter().any(said_why));
}

#[test]
fn falco_tells_priority_and_tags() {
    let (alerts, others) = falco(&unpleasant("falco"));
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (&*alert.priority, &*alert.rule, alert.tags.join(" ")))
        .collect();
    let tags = "bulkhead host-access T1611";
    assert_eq!(
        told,
        [
            ("Critical", "host-path", tags.to_owned()),
            ("Notice", "later", "bulkhead".to_owned()),
            ("Warning", "host-path", tags.to_owned()),
            ("Critical", "pod-create", "bulkhead pod-write".to_owned()),
        ]
    );
    let exempted = &alerts[2].output_fields["bulkhead.exempted"];
    assert_eq!(exempted, "exemptions[2]: the CNI needs it, ticket 4711");
    assert_eq!(alerts[0].output_fields["k8s.ns.name"], "team-a");
    assert_eq!(alerts[0].output_fields["k8s.pod.name"], "more");
    assert_eq!(others.len(), 2);
}

/// The README shows an alert of the recorded log, with some of its fields.
#[test]
fn falco_writes_what_the_readme_shows() {
    let readme = include_str!("../../../README.md");
    let shown = readme.lines().find(|line| line.starts_with("{\"uuid\":"));
    let mut shown: Value = serde_json::from_str(shown.expect("an alert")).expect("JSON");
    let alerts = recorded("falco").ran.json();
    let of = |alert: &&Value| alert["uuid"] == shown["uuid"];
    let mut given = alerts.iter().find(of).expect("the alert").clone();
    let fields = shown["output_fields"].as_object().expect("fields").clone();
    for (name, value) in &fields {
        assert_eq!(given["output_fields"][name], *value, "{name}");
    }
    for alert in [&mut shown, &mut given] {
        let alert = alert.as_object_mut().expect("an alert");
        alert.retain(|name, _| !["output", "output_fields"].contains(&name.as_str()));
    }
    assert_eq!(given, shown);
}

// ---- JUnit ----

/// An element of `junit-10.xsd` (Jenkins' xUnit plugin) that is used.
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
}

const fn message(name: &'static str) -> Element {
    Element {
        name,
        required: &[],
        optional: &["type", "message"],
        children: &[],
    }
}

const JUNIT: &[Element] = &[
    Element {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &[
            "skipped",
            "time",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
        ],
        children: &["testcase"],
    },
    Element {
        name: "testcase",
        required: &["name"],
        optional: &["classname", "time", "group"],
        children: &["skipped", "error", "failure", "system-out"],
    },
    message("failure"),
    message("error"),
    message("skipped"),
    Element {
        name: "system-out",
        required: &[],
        optional: &[],
        children: &[],
    },
];

/// The elements of this name, of a report that is as the schema has it.
fn elements<'a>(document: &'a roxmltree::Document<'_>, name: &str) -> Vec<roxmltree::Node<'a, 'a>> {
    assert_eq!(document.root_element().tag_name().name(), "testsuites");
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let known = JUNIT.iter().find(|known| known.name == name);
        let Element {
            required,
            optional,
            children,
            ..
        } = known.expect(name);
        for attribute in *required {
            assert!(node.has_attribute(*attribute), "{name} {attribute}");
        }
        for attribute in node.attributes() {
            let attribute = attribute.name();
            assert!(
                required.contains(&attribute) || optional.contains(&attribute),
                "{name} {attribute}"
            );
        }
        for child in node.children().filter(roxmltree::Node::is_element) {
            assert!(
                children.contains(&child.tag_name().name()),
                "{name}: {child:?}"
            );
        }
        if name == "testsuite" {
            let cases: Vec<_> = node
                .children()
                .filter(|child| child.has_tag_name("testcase"))
                .collect();
            let having = |element: &str| {
                let has = |case: &&roxmltree::Node<'_, '_>| {
                    case.children().any(|child| child.has_tag_name(element))
                };
                cases.iter().filter(has).count().to_string()
            };
            assert_eq!(node.attribute("tests"), Some(&*cases.len().to_string()));
            assert_eq!(node.attribute("failures"), Some(&*having("failure")));
            assert_eq!(node.attribute("errors"), Some(&*having("error")));
            assert_eq!(node.attribute("skipped"), Some(&*having("skipped")));
        }
    }
    document
        .descendants()
        .filter(|node| node.has_tag_name(name))
        .collect()
}

#[test]
fn junit_has_every_finding_and_fails_by_fail_on() {
    let Reported { findings, ran } = recorded("junit");
    let document = roxmltree::Document::parse(&ran.stdout).expect("XML");
    let told = elements(&document, "system-out");
    let told: usize = told
        .iter()
        .filter_map(|node| node.text())
        .map(|text| text.lines().count())
        .sum();
    assert_eq!(told, findings);
    let failures = elements(&document, "failure").len();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = Folder::new();
    let mut json = folder.bulkhead("replay --format json e2e-tests/recordings e2e-tests/audit");
    let lines = run(json.current_dir(&root), b"").json();
    let found = lines
        .iter()
        .filter_map(|line| line["findings"].as_array())
        .flatten();
    let severe = found.filter(|finding| {
        ["high", "critical"]
            .iter()
            .any(|severity| finding["severity"] == *severity)
            && finding["exempted"].is_null()
    });
    assert_eq!(failures, severe.count());
    // a case for every line but those of what cannot be judged
    let judged = lines
        .iter()
        .filter(|line| line["findings"].is_array())
        .count();
    assert_eq!(elements(&document, "testcase").len(), judged + 5);
    assert_eq!(elements(&document, "skipped").len(), 5);
    let names: BTreeSet<_> = elements(&document, "testcase")
        .iter()
        .map(|case| (case.attribute("classname"), case.attribute("name")))
        .collect();
    assert!(names.len() + 5 >= judged, "readers keep one case of a name");
}

#[test]
fn junit_escapes_and_tells_errors() {
    let ran = unpleasant("junit");
    let document = roxmltree::Document::parse(&ran.stdout).expect("XML");
    let failures = elements(&document, "failure");
    let kinds: Vec<_> = failures
        .iter()
        .filter_map(|node| node.attribute("type"))
        .collect();
    assert_eq!(kinds, ["host-path"]);
    let errors: Vec<_> = elements(&document, "error")
        .iter()
        .filter_map(|node| node.attribute("type"))
        .collect();
    assert_eq!(errors, ["trap", "broken"]);
    let lines: Vec<_> = elements(&document, "system-out")
        .iter()
        .filter_map(|node| node.text())
        .flat_map(str::lines)
        .collect();
    assert_eq!(
        lines.len(),
        5,
        "four findings, and how many more: {lines:#?}"
    );
    assert!(lines[1].contains(r#"a\u{202e}b\nc"'\u{0}"#), "{}", lines[1]);
    assert_eq!(lines[2], "and 3 more findings");
    assert!(
        lines[3].contains("exempted by exemptions[2]"),
        "{}",
        lines[3]
    );
    let never = unpleasant("junit --fail-on never");
    let document = roxmltree::Document::parse(&never.stdout).expect("XML");
    assert_eq!(elements(&document, "failure").len(), 0);
}

#[test]
fn junit_strictly_fails_where_nothing_was_judged() {
    let folder = Folder::new();
    folder.write("in/a.yaml", "spec: {{ .Values.spec }}\n");
    let replay = |options: &str| {
        let arguments = format!("replay in --format junit {options}");
        run(&mut folder.bulkhead(&arguments), b"").stdout
    };
    let error = "<error type=\"nothing-judged\" message=\"nothing was judged: skipped: a Go \
                 template, render it first (1): in/a.yaml:1\"/>";
    let strict = replay("--strict");
    assert!(strict.contains(error), "{strict}");
    assert!(
        strict.contains(" tests=\"1\" failures=\"0\" errors=\"1\" "),
        "{strict}"
    );
    assert!(!replay("").contains("<testcase"));
}

#[test]
fn junit_strictly_fails_what_cannot_be_judged() {
    let folder = Folder::new();
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/audit/audit.jsonl");
    folder.write("audit.log", std::fs::read(log).expect("the recorded log"));
    let ran = run(
        &mut folder.bulkhead("replay --strict --format junit audit.log"),
        b"",
    );
    let document = roxmltree::Document::parse(&ran.stdout).expect("XML");
    assert_eq!(elements(&document, "error").len(), 5);
}

#[test]
fn junit_divides_long_files() {
    let folder = Folder::new();
    folder.write("a.jsonl", review(&answer("web", true, &[])).repeat(2001));
    let ran = folder.replay("--format junit a.jsonl");
    let document = roxmltree::Document::parse(&ran.stdout).expect("XML");
    let suites: Vec<_> = elements(&document, "testsuite")
        .iter()
        .map(|suite| (suite.attribute("name"), suite.attribute("tests")))
        .collect();
    assert_eq!(
        suites,
        [
            (Some("a.jsonl"), Some("1000")),
            (Some("a.jsonl (2)"), Some("1000")),
            (Some("a.jsonl (3)"), Some("1")),
        ]
    );
}

// ---- OpenReports ----

/// `Report` and `ClusterReport` of openreports/reports-api, `v1alpha1`, as far as they are used.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OpenReport {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    source: String,
    scope: Option<ObjectReference>,
    summary: BTreeMap<String, usize>,
    results: Vec<ReportResult>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectMeta {
    name: String,
    namespace: Option<String>,
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ObjectReference {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    #[serde(rename = "name")]
    _name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportResult {
    source: String,
    policy: String,
    rule: Option<String>,
    #[serde(rename = "category")]
    _category: Option<String>,
    severity: Option<String>,
    #[serde(rename = "timestamp")]
    _timestamp: Timestamp,
    result: String,
    #[serde(rename = "scored")]
    _scored: bool,
    message: String,
    properties: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timestamp {
    #[serde(rename = "seconds")]
    _seconds: i64,
    #[serde(rename = "nanos")]
    _nanos: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct List {
    api_version: String,
    kind: String,
    #[serde(rename = "metadata")]
    _metadata: BTreeMap<String, String>,
    items: Vec<OpenReport>,
}

fn openreports(ran: &Ran) -> Vec<OpenReport> {
    let list: List =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout));
    assert_eq!((&*list.api_version, &*list.kind), ("v1", "List"));
    for report in &list.items {
        assert_eq!(report.api_version, "openreports.io/v1alpha1");
        assert!(["Report", "ClusterReport"].contains(&&*report.kind));
        assert!(report.kind == "Report" || report.metadata.namespace.is_none());
        assert_eq!(
            report.metadata.labels["app.kubernetes.io/managed-by"],
            "bulkhead"
        );
        if let Some(scope) = &report.scope {
            assert!(
                !scope.kind.is_empty() && scope.api_version.ends_with("v1"),
                "{}",
                scope.api_version
            );
            assert_eq!(scope.namespace, report.metadata.namespace);
        }
        let mut counted = BTreeMap::new();
        for result in &report.results {
            *counted.entry(result.result.clone()).or_insert(0) += 1;
            assert_eq!(result.source, report.source);
            assert!(!result.policy.is_empty());
            let severities = ["low", "medium", "high", "critical"];
            assert!(
                result
                    .severity
                    .as_deref()
                    .is_none_or(|given| severities.contains(&given))
            );
        }
        for result in ["pass", "fail", "warn", "error", "skip"] {
            assert_eq!(report.summary[result], counted.remove(result).unwrap_or(0));
        }
        assert!(counted.is_empty(), "{counted:?}");
    }
    list.items
}

#[test]
fn openreports_has_every_finding_in_a_report_of_its_object() {
    let Reported { findings, ran } = recorded("openreports");
    let reports = openreports(&ran);
    let results = reports.iter().flat_map(|report| &report.results);
    assert_eq!(
        results.filter(|result| result.rule.is_some()).count(),
        findings
    );
    let names: BTreeSet<_> = reports.iter().map(|report| &report.metadata.name).collect();
    assert_eq!(names.len(), reports.len());
    assert!(reports.iter().any(|report| report.kind == "ClusterReport"));
    assert!(reports.iter().any(|report| report.summary["pass"] == 1));
    let errors: usize = reports.iter().map(|report| report.summary["error"]).sum();
    assert_eq!(errors, 5);
}

#[test]
fn openreports_tells_what_became_of_a_finding() {
    let reports = openreports(&unpleasant("openreports"));
    let told: Vec<_> = reports
        .iter()
        .map(|report| {
            report
                .results
                .iter()
                .map(|result| &*result.result)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        told,
        [
            vec!["fail", "warn"],
            vec!["skip", "warn"],
            vec!["error"],
            vec!["error"]
        ]
    );
    let first = &reports[0].results[0];
    assert_eq!(first.properties["path"], "/spec/volumes/0/hostPath");
    assert!(first.message.starts_with("whoever controls the pod"));
    assert_eq!(reports[3].kind, "ClusterReport");
    assert!(reports[3].scope.is_none());
}

#[test]
fn openreports_of_a_manifest_take_the_place_of_the_last_ones() {
    let folder = Folder::new();
    let mut manifest = answer("web", false, &[finding(json!({}))]);
    manifest["request"]["user"] = Value::Null;
    folder.write("policy.wasm", constant(&manifest.to_string()));
    let named = |text: &str| {
        let ran = run(
            &mut folder.bulkhead("replay --policy policy.wasm --format openreports -"),
            text.as_bytes(),
        );
        openreports(&ran)[0].metadata.name.clone()
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
    assert_eq!(named(pod), named(&format!("# changed\n{pod}")));
}

/// `kubectl apply` would keep the last of two reports of one name alone.
#[test]
fn openreports_of_manifests_of_one_name_have_names_of_their_own() {
    let folder = Folder::new();
    let mut manifest = answer("web", false, &[finding(json!({}))]);
    manifest["request"]["user"] = Value::Null;
    folder.write("policy.wasm", constant(&manifest.to_string()));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
    folder.write("a.yaml", pod);
    let names = |text: &str, arguments: &str| -> Vec<String> {
        let replay = "replay --policy policy.wasm --format openreports";
        let mut command = folder.bulkhead(&format!("{replay} {arguments} -"));
        let ran = run(&mut command, text.as_bytes());
        let reports = openreports(&ran).into_iter();
        reports.map(|report| report.metadata.name).collect()
    };
    let three = [pod; 3].join("---\n");
    let named = names(&three, "a.yaml a.yaml");
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), 5, "{named:?}");
    // wherever they stand
    assert_eq!(names(pod, "")[0], named[2]);
    assert_eq!(names(&format!("# changed\n---\n{three}"), ""), named[2..]);
}

// ---- all ----

#[test]
fn a_document_is_not_written_of_a_log_that_has_no_end() {
    let folder = Folder::new();
    folder.write("audit.log", "");
    for format in ["sarif", "junit", "openreports"] {
        let ran = folder.replay(&format!("--follow --format {format} audit.log"));
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{format}");
        assert!(
            ran.stderr.contains("a document would never end"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn reports_are_the_same_for_the_same_input_whatever_the_number_of_jobs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for format in ["sarif", "ocsf", "falco", "junit", "openreports"] {
        let replay = |jobs: &str| {
            let folder = Folder::new();
            let mut command = folder.bulkhead("replay e2e-tests/audit --format");
            command.args([format, "--jobs", jobs]).current_dir(&root);
            run(command.env("SOURCE_DATE_EPOCH", "1700000000"), b"").stdout
        };
        assert_eq!(replay("1"), replay("4"), "{format}");
    }
}

#[test]
fn only_what_is_asked_for_is_reported() {
    let folder = Folder::new();
    let mild = finding(json!({"severity": "low", "action": "warn"}));
    let severe = finding(json!({}));
    folder.write("a.json", review(&answer("web", false, &[severe, mild])));
    for format in ["ocsf", "falco"] {
        let ran = folder.replay(&format!("--min-severity high --format {format} a.json"));
        assert_eq!(ran.stdout.lines().count(), 1, "{format}");
    }
}
