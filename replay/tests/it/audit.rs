//! Audit logs through the command and the built-in policy.

use crate::common::{Folder, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_audit_policy_keeps_everything_that_is_judged() {
    let folder = Folder::new();
    let printed = run(&mut folder.bulkhead("audit-policy"), b"");
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let policy = intake::yaml_to_json(&printed.stdout).unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["kind"], "Policy");
    let kept = &policy["rules"][0];
    assert_eq!(kept["level"], "RequestResponse");
    let mut resources = BTreeSet::new();
    for of in kept["resources"].as_array().unwrap() {
        for resource in of["resources"].as_array().unwrap() {
            resources.insert(format!(
                "{}/{}",
                of["group"].as_str().unwrap(),
                resource.as_str().unwrap()
            ));
        }
    }
    for (group, kind) in intake::audit::kinds() {
        let resource = format!("{group}/{}s", kind.to_lowercase());
        assert!(resources.contains(&resource), "{resource}");
    }
    assert_eq!(policy["rules"][2], json!({"level": "None"}));
}

/// A folder with the recorded log.
fn recorded() -> Folder {
    let folder = Folder::new();
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/audit/audit.jsonl");
    folder.write("audit.log", fs::read(log).expect("the recorded log"));
    folder
}

/// The names of the objects that are told of, and the exit code.
fn told(folder: &Folder, options: &str) -> (Vec<String>, i32) {
    let ran = run(
        &mut folder.bulkhead(&format!("replay --format json audit.log {options}")),
        b"",
    );
    let name = |case: &Value| case["request"]["name"].as_str().unwrap_or("?").to_owned();
    (ran.json().iter().map(name).collect(), ran.code)
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let folder = recorded();
    let options = "--format json audit.log --namespace psa --user mallory";
    let ran = run(&mut folder.bulkhead(&format!("replay {options}")), b"");
    let words = |case: &Value| case["audit"]["message"].as_str().map(str::to_owned);
    let told: Vec<Option<String>> = ran.json().iter().map(words).collect();
    let privileged = "pods \"v-privileged\" is forbidden: violates PodSecurity \
        \"baseline:latest\": privileged (container \"app\" must not set \
        securityContext.privileged=true)";
    assert_eq!(told.len(), 4);
    assert_eq!(told.first(), Some(&Some(privileged.to_owned())));
    assert_eq!(told.get(1), Some(&None), "what is created has none");

    let lines = |options: &str| -> String {
        let ran = run(&mut folder.bulkhead(&format!("replay {options}")), b"");
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        words.join(" ")
    };
    let text = lines("audit.log");
    let tried = "mallory tried Pod v-privileged: refused by admission:";
    assert!(text.contains(&format!("{tried} {privileged}")), "{text}");
    // its line break is a space, and what could not be judged has its reason, too
    let held = "not currently held: {APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}";
    assert!(text.contains(held), "{text}");
    let unread = "refused by authorization: persistentvolumes is forbidden: User \"mallory\" \
        cannot create resource";
    assert!(text.contains(unread), "{text}");
}

#[test]
fn two_clusters_in_one_log_are_told_apart() {
    let delivered = |cluster: &str, name: &str, changes: Value| {
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "a"},
            "spec": {"hostPID": true, "containers": [{"name": "app", "image": "b"}]}});
        let mut event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1",
            "auditID": format!("{cluster}-{name}"), "stage": "ResponseComplete",
            "verb": "create", "user": {"username": "bob"}, "responseStatus": {"code": 201},
            "objectRef": {"resource": "pods", "namespace": "a", "name": name},
            "requestReceivedTimestamp": "2026-11-22T01:00:00Z", "responseObject": pod});
        let members = event.as_object_mut().unwrap();
        members.extend(changes.as_object().unwrap().clone());
        let delivery = json!({"messageType": "DATA_MESSAGE", "owner": "1",
            "logGroup": format!("/aws/eks/{cluster}/cluster"),
            "logEvents": [{"id": "1", "timestamp": 1, "message": event.to_string()}]});
        format!("{delivery}\n")
    };
    let exec = json!({"verb": "get", "responseStatus": {"code": 101}, "responseObject": null,
        "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "a", "name": "c"}});
    let folder = Folder::new();
    let each = ["one", "two"].map(|cluster| {
        delivered(cluster, "web", json!({}))
            + &delivered(cluster, "bare", json!({"responseObject": null}))
            + &delivered(cluster, "c", exec.clone())
    });
    folder.write("audit.log", each.concat());
    let ran = run(&mut folder.bulkhead("replay --format json audit.log"), b"");
    let found: Vec<Value> = ran.json();
    let clusters: BTreeSet<&str> = found
        .iter()
        .map(|case| case["audit"]["cluster"].as_str().unwrap())
        .collect();
    let names = ["1:/aws/eks/one/cluster", "1:/aws/eks/two/cluster"];
    assert_eq!(clusters, BTreeSet::from(names));
    let incidents = found.iter().filter_map(|case| case["incident"].as_str());
    assert_eq!(incidents.collect::<BTreeSet<_>>().len(), 2);

    let text = run(&mut folder.bulkhead("replay audit.log"), b"").stdout;
    for name in names {
        assert!(text.contains(&format!("cluster  {name}")), "{text}");
        assert!(text.contains(&format!("in {name}")), "{text}");
        assert!(
            text.contains(&format!("in namespace a of {name}")),
            "{text}"
        );
    }
}

#[test]
fn a_reason_cannot_paint_the_terminal_and_is_cut() {
    let folder = Folder::new();
    let message = format!("no\u{1b}[2J{}", "x".repeat(2000));
    let event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse", "auditID": "1", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/a/pods", "verb": "create", "user": {"username": "eve"},
        "objectRef": {"resource": "pods", "namespace": "a", "name": "p", "apiVersion": "v1"},
        "responseStatus": {"code": 403, "message": message},
        "requestObject": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
            "spec": {"hostPID": true, "containers": [{"name": "c"}]}},
        "requestReceivedTimestamp": "2026-11-22T01:00:00Z",
        "annotations": {"authorization.k8s.io/decision": "allow"}});
    folder.write("audit.log", event.to_string());
    let ran = run(&mut folder.bulkhead("replay audit.log"), b"");
    let shown = format!("no\\u{{1b}}[2J{}…\n", "x".repeat(294));
    assert!(ran.stdout.contains(&shown), "{}", ran.stdout);
    let ran = run(&mut folder.bulkhead("replay --format json audit.log"), b"");
    assert!(!ran.stdout.contains('\u{1b}'));
    let kept = format!("no\u{1b}[2J{}…", "x".repeat(1024 - 6 - 3));
    assert_eq!(ran.json()[0]["audit"]["message"], kept);
}

#[test]
fn shows_what_is_asked_for() {
    let folder = recorded();
    let (all, code) = told(&folder, "");
    assert_eq!((all.len(), code), (70, 1));
    for (options, names) in [
        ("--user trent@example.com", &["r-imp"][..]),
        // what could not be judged has no severity, and stays
        (
            "--user bob --namespace team-a --min-severity high",
            &[
                "k-deploy-hostpath",
                "k-deploy-hostpath",
                "yaml-post",
                "web-run",
                "k-deploy-hostpath",
                "ssa-yaml",
            ],
        ),
        (
            "--namespace psa --min-severity critical --user mallory",
            &[
                "v-privileged",
                "k-deploy-hostpath",
                "k-deploy-hostpath-f6d57c96",
                "?",
            ],
        ),
        (
            "--since 2026-11-22T01:29:50Z",
            &[
                "v-privileged",
                "k-deploy-hostpath",
                "r-all-star",
                "r-pod-create",
                "r-mixed-big",
            ],
        ),
        ("--until 2026-11-22T01:28:34Z --min-severity low", &[]),
        ("--since 2026-11-23", &[]),
        ("--name v-hostpath-bad", &["v-hostpath-bad"]),
        // what controllers made for it is told, too
        (
            "--name k-deploy-hostpath --namespace psa",
            &["k-deploy-hostpath", "k-deploy-hostpath-f6d57c96", "?"],
        ),
        // by the name that was made for it before it was refused
        ("--name k-deploy-hostpath-f6d57c96-8kkrt", &["?"]),
        ("--name k-deploy --namespace psa", &[]),
        (
            "--name r-imp --name v-hostpath-bad",
            &["v-hostpath-bad", "r-imp"],
        ),
        (
            "--rule privileged --rule host-pid --namespace psa --user mallory",
            &["v-privileged"],
        ),
        ("--rule privileged --min-severity critical --name web", &[]),
    ] {
        assert_eq!(told(&folder, options).0, names, "{options}");
    }
    // what is not shown fails all the same
    assert_eq!(told(&folder, "--since 2026-11-23").1, 1);
    assert_eq!(told(&folder, "--min-severity critical --user bob").1, 1);
    let strict = "--since 2026-11-23 --fail-on never --strict";
    assert_eq!(told(&folder, strict).1, 2);
    let said = |options: &str| {
        let arguments = format!("replay audit.log --fail-on low {options}");
        run(&mut folder.bulkhead(&arguments), b"").summary()
    };
    // what the log covers is told most of all where nothing of it is in the span
    let covers = "covers 2026-11-22T01:28:33Z to 2026-11-22T01:29:53Z";
    let none = said("--since 2026-11-23");
    for told in [
        &format!("{covers} not relevant"),
        "left out 70 cases, as asked for: 26 that the policy would deny, 39 that it would allow, 5 \
         without a verdict; 44 at or above --fail-on, which the exit code counts shown nothing",
    ] {
        assert!(none.contains(told), "{told}: {none}");
    }
    let pod = said("--name k-deploy-hostpath-f6d57c96-other");
    let near = "no case has `--name k-deploy-hostpath-f6d57c96-other`: did you mean \
                `k-deploy-hostpath-f6d57c96`?";
    assert!(pod.contains(near), "{pod}");
    let bob = said("--user bob");
    let shown = format!("{covers}; what is shown, 2026-11-22T01:28:49Z to 2026-11-22T01:29:20Z ");
    assert!(bob.contains(&shown), "{bob}");
    let wrong = run(&mut folder.bulkhead("replay audit.log --since soon"), b"");
    assert!(wrong.stderr.contains("not a time"), "{}", wrong.stderr);
}

#[test]
fn says_what_a_command_takes_away_and_who_no_rule_binds() {
    let by = |group: &str, credential: &str| {
        json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
            "auditID": "1", "stage": "ResponseComplete", "verb": "create",
            "user": {"username": "admin", "groups": [group],
                "extra": {"authentication.kubernetes.io/credential-id": [credential]}},
            "objectRef": {"resource": "clusterrolebindings", "name": "all",
                "apiGroup": "rbac.authorization.k8s.io", "apiVersion": "v1"},
            "responseStatus": {"code": 201},
            "responseObject": {"kind": "ClusterRoleBinding",
                "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "all"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                    "name": "cluster-admin"},
                "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io",
                    "name": "system:serviceaccounts"}]},
            "requestReceivedTimestamp": "2026-11-22T01:00:00.000000Z",
            "stageTimestamp": "2026-11-22T01:00:00.000000Z"})
    };
    let told = |group: &str, credential: &str| {
        let folder = Folder::new();
        folder.write("audit.log", format!("{}\n", by(group, credential)));
        let ran = run(&mut folder.bulkhead("replay audit.log"), b"");
        // without the breaks of its lines
        ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let member = told("system:masters", "X509SHA256=ab");
    let binding = "kubectl delete clusterrolebinding all # all its subjects lose what it gives";
    assert!(member.contains(binding), "{member}");
    let unbound = "--as-group system:masters # no rule binds a member of `system:masters`";
    assert!(member.contains(unbound), "{member}");
    assert!(!member.contains("take the rights"), "{member}");
    let other = told("dev", "X509SHA256=ab");
    let rights = "take the rights of its user away";
    assert!(other.contains(rights), "{other}");
    // a key can be taken from whomever it belongs to
    let keyed = told("system:masters", "accessKeyId=AKIA1");
    assert!(keyed.contains("make its access key inactive"), "{keyed}");
    assert!(!keyed.contains("no rule binds"), "{keyed}");
}

#[test]
fn findings_of_other_rules_are_left_out() {
    let folder = Folder::new();
    folder.write(
        "pods.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostPID: true, hostIPC: true}}\n\
         ---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {hostIPC: true}}\n",
    );
    let run = |options: &str| {
        run(
            &mut folder.bulkhead(&format!("replay pods.yaml {options}")),
            b"",
        )
    };
    let ran = run("--rule host-pid");
    assert!(ran.stdout.contains("host-pid: denied"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("host-ipc"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Pod b"), "{}", ran.stdout);
    for told in [
        "  left out      1 case, as asked for: 0 denied, 1 allowed; none at or above --fail-on\n",
        "                1 finding of what is shown, which is counted below\n",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    let hidden = run("--rule host-pid --name b --fail-on medium");
    assert!(!hidden.stdout.contains("host-"), "{}", hidden.stdout);
    assert_eq!(hidden.code, 1, "the exit code counts everything");
    for (rule, why) in [
        ("hostpid", "no rule `hostpid`: did you mean `host-pid`?"),
        ("zzz", "no rule `zzz`: `bulkhead rules` lists them"),
    ] {
        let wrong = run(&format!("--rule host-pid --rule {rule}"));
        assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
        assert!(wrong.stderr.contains(why), "{}", wrong.stderr);
    }
}

#[test]
fn an_event_without_a_body_fails_only_if_that_is_asked_for() {
    let folder = recorded();
    assert_eq!(told(&folder, "--fail-on never").1, 0);
    assert_eq!(told(&folder, "--fail-on never --strict").1, 2);
}

#[test]
fn a_log_of_nothing_but_what_has_begun_is_not_empty() {
    let folder = Folder::new();
    let begun = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "1",
        "stage": "RequestReceived", "verb": "patch", "user": {"username": "bob"},
        "objectRef": {"resource": "pods", "namespace": "a", "name": "b"},
        "requestReceivedTimestamp": "2026-11-22T01:00:00Z"});
    folder.write("audit.log", format!("{begun}\n"));
    folder.write("later.log", "");
    let of = |options: &str| {
        let command = format!("replay --format json {options}");
        let ran = run(&mut folder.bulkhead(&command), b"");
        let reason = |case: &Value| case["error"]["reason"].as_str().unwrap().to_owned();
        let reasons: Vec<String> = ran.json().iter().map(reason).collect();
        (reasons.join(" "), ran.code)
    };
    assert_eq!(of("audit.log"), ("unfinished".to_owned(), 0));
    let both = "no-object unfinished".to_owned();
    assert_eq!(of("audit.log later.log"), (both, 2));
}

#[test]
fn a_file_whose_first_line_is_none_of_the_logs_is_judged() {
    let folder = recorded();
    let (all, _) = told(&folder, "");
    let log = fs::read_to_string(folder.path().join("audit.log")).expect("the log");
    folder.write("logs/audit.log", format!("==> audit.log <==\n{log}"));
    let ran = run(&mut folder.bulkhead("replay --format json logs"), b"");
    assert_eq!((ran.json().len(), ran.code), (all.len() + 1, 2));
    assert_eq!(ran.json()[0]["error"]["reason"], "broken");
}

#[test]
fn says_first_that_a_log_cannot_tell() {
    let folder = Folder::new();
    let event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
        "auditID": "1", "stage": "ResponseComplete", "verb": "create",
        "user": {"username": "bob"}, "requestReceivedTimestamp": "2026-11-22T01:00:00Z",
        "objectRef": {"resource": "pods", "namespace": "team-a", "name": "web"},
        "responseStatus": {"code": 201}});
    folder.write("audit.log", format!("{event}\n"));
    let ran = run(&mut folder.bulkhead("replay audit.log"), b"");
    let told = "bulkhead: nothing was judged: no verdict: no body at this audit level (1)\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (0, told));
    assert_eq!(
        ran.stdout,
        "This audit log keeps no bodies, so it can never tell what was written: who wrote, and when, is\n\
         below. `bulkhead audit-policy` prints a policy for the API server that would tell.\n\n\
         Could not be judged\n  \
           no body at this audit level\n    \
             CREATE Pod team-a/web by bob, 2026-11-22T01:00:00Z (audit.log:1)\n\n\
         Summary\n  \
           read          1 file\n  \
           judged        nothing\n  \
           covers        2026-11-22T01:00:00Z to 2026-11-22T01:00:00Z\n  \
           verdicts      0 denied, 0 allowed; 0 with findings, 0 without\n  \
           findings      none\n  \
           no verdict    no body at this audit level (1)\n"
    );
}

#[test]
fn says_that_files_were_read_out_of_order() {
    let folder = Folder::new();
    let event = |time: &str| {
        json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse", "auditID": time, "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/a/pods", "verb": "create", "user": {"username": "eve"},
        "objectRef": {"resource": "pods", "namespace": "a", "name": "p", "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        "requestObject": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c"}]}},
        "requestReceivedTimestamp": time,
        "annotations": {"authorization.k8s.io/decision": "allow"}})
        .to_string()
    };
    folder
        .write("b.log", event("2026-11-22T01:00:00.5Z"))
        .write("a.log", event("2026-11-20T01:00:00Z"));
    let told = "out of order: a.log goes back to 2026-11-20T01:00:00Z after b.log came to \
        2026-11-22T01:00:00Z: a change is measured against what was read before it, so that what \
        is called new may be wrong; name the files in the order of time";
    // what is not shown was read all the same
    for options in ["", "--name other"] {
        let mut command = folder.bulkhead(&format!("replay --format json b.log a.log {options}"));
        let ran = run(&mut command, b"");
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
    let text = run(&mut folder.bulkhead("replay b.log a.log"), b"");
    let words: Vec<&str> = text.stdout.split_whitespace().collect();
    let told = told.replacen("order:", "order", 1);
    assert!(words.join(" ").contains(&told), "{}", text.stdout);
    for inputs in ["a.log b.log", "."] {
        let text = run(&mut folder.bulkhead(&format!("replay {inputs}")), b"");
        assert!(!text.stdout.contains("out of order"), "{}", text.stdout);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = recorded();
    let ran = run(
        &mut folder.bulkhead("replay audit.log --output /dev/full"),
        b"",
    );
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: /dev/full: No space left on device (os error 28)\n"
    );
}

#[test]
fn writes_the_report_to_a_file() {
    let folder = recorded();
    folder.write("report", "x".repeat(1 << 20));
    let file = run(
        &mut folder.bulkhead("replay audit.log --output report"),
        b"",
    );
    let stdout = run(&mut folder.bulkhead("replay audit.log"), b"");
    assert_eq!((file.code, file.stdout.as_str()), (1, ""));
    let report = fs::read_to_string(folder.path().join("report")).expect("a report");
    assert_eq!(report, stdout.stdout);
}

/// A pod that was created, and then the end of a session that was begun before it.
#[test]
fn a_long_session_is_not_out_of_order() {
    let event = |id: &str, resource: Value, code: u16, received: &str| {
        let mut event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request",
            "auditID": id, "stage": "ResponseComplete", "verb": "create",
            "user": {"username": "eve"}, "objectRef": resource, "responseStatus": {"code": code},
            "requestReceivedTimestamp": received, "stageTimestamp": "2026-11-22T01:30:00Z"});
        event["requestObject"] =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}});
        format!("{event}\n")
    };
    let pods = json!({"resource": "pods", "namespace": "d", "name": "web", "apiVersion": "v1"});
    let mut exec = pods.clone();
    exec["subresource"] = json!("exec");
    let folder = Folder::new();
    let backwards = |second: &Value, code: u16| {
        let log = event("1", pods.clone(), 201, "2026-11-22T01:29:00Z")
            + &event("2", second.clone(), code, "2026-11-22T01:10:00Z");
        folder.write("audit.log", log);
        let ran = run(&mut folder.bulkhead("replay audit.log"), b"");
        ran.stdout.contains("the oldest first")
    };
    assert!(!backwards(&exec, 101));
    assert!(backwards(&pods, 201));
}

/// What is not found is another object than the one that was asked for.
#[test]
fn a_name_in_an_answer_is_the_requests_own_where_that_was_refused() {
    let folder = Folder::new();
    let answered = |message: &str| {
        let event = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request",
            "auditID": "1", "stage": "ResponseComplete", "verb": "create",
            "user": {"username": "eve"}, "responseStatus": {"code": 404, "message": message},
            "objectRef": {"resource": "pods", "namespace": "foo", "apiVersion": "v1"},
            "requestObject": {"apiVersion": "v1", "kind": "Pod", "spec": {"hostPID": true}},
            "requestReceivedTimestamp": "2026-11-22T01:10:00Z"});
        folder.write("audit.log", format!("{event}\n"));
        told(&folder, "--name foo").0.len()
    };
    assert_eq!(answered("namespaces \"foo\" not found"), 0);
    assert_eq!(answered("pods \"foo\" is forbidden: no"), 1);
    assert_eq!(answered("Pod \"foo\" is invalid: no"), 1);
}
