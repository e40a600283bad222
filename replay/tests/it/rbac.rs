//! `bulkhead rbac`: who holds what a policy finds in roles.

use std::process::Stdio;

use crate::common::{Folder, Ran, assert_expected, run};
use crate::judge::{answer, judge};
use serde_json::{Value, json};

/// A finding of an ability that `/rules/0` gives directly.
pub fn found(ability: &str, severity: &str, changes: Value) -> Value {
    let mut finding = json!({
        "rule": format!("pod-{ability}"), "alert": "pod-write", "severity": severity,
        "action": "warn", "path": "/rules/0/resources/0", "container": null, "value": "",
        "message": "", "fix": "", "new": true, "exempted": null, "grant": "direct",
        "grants": [{"path": "/rules/0/resources/0", "resource": "pods", "verbs": [ability]}],
        "resourceNames": null, "until": null
    });
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    finding.as_object_mut().expect("an object").extend(changes);
    finding
}

/// A role with one rule, of which the policy says this.
pub fn role(kind: &str, namespace: Option<&str>, name: &str, findings: &[Value]) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}],
        "answer": answer(json!(findings), json!([]))})
}

/// A binding of `Kind/name` to subjects such as `User/bob`; everywhere, or in a namespace.
pub fn binding(namespace: Option<&str>, name: &str, role: &str, subjects: &[&str]) -> Value {
    let (kind, role) = role.split_once('/').expect("a kind");
    let subjects: Vec<Value> = subjects
        .iter()
        .map(|subject| match subject.split('/').collect::<Vec<_>>()[..] {
            [kind, namespace, name] => json!({"kind": kind, "namespace": namespace, "name": name}),
            [kind, name] => json!({"kind": kind, "name": name}),
            _ => panic!("{subject} is no subject"),
        })
        .collect();
    let of = if namespace.is_some() {
        "RoleBinding"
    } else {
        "ClusterRoleBinding"
    };
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": of,
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": subjects})
}

pub fn built_in(mut object: Value) -> Value {
    object["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    object
}

pub fn list(items: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// A cluster with something of everything.
fn cluster() -> String {
    let mut writer = role(
        "ClusterRole",
        None,
        "writer",
        &[
            found("create", "high", json!({})),
            found("exec", "high", json!({"until": "1.35"})),
            found(
                "storage",
                "high",
                json!({"grant": "indirect", "grants": [
                {"path": "/rules/0/resources/1", "resource": "persistentvolumes", "verbs": ["create"]}]}),
            ),
        ],
    );
    // in a namespace there are no volumes
    writer["within"] = answer(
        json!([
            found("create", "medium", json!({})),
            found("exec", "medium", json!({"until": "1.35"}))
        ]),
        json!([]),
    );
    let everything =
        json!({"grants": [{"path": "/rules/0/resources/0", "resource": "*", "verbs": ["*"]}]});
    let all = [
        "create", "modify", "delete", "scale", "status", "storage", "exec",
    ]
    .map(|ability| found(ability, "critical", everything.clone()));
    let scheduler = "system:kube-scheduler";
    list(&[
        writer,
        role("ClusterRole", None, "cluster-admin", &all),
        role("ClusterRole", None, "reader", &[]),
        role(
            "ClusterRole",
            None,
            "opener",
            &[found("status", "medium", json!({}))],
        ),
        role(
            "ClusterRole",
            None,
            "spare",
            &[found(
                "delete",
                "medium",
                json!({"resourceNames": ["a", "b"]}),
            )],
        ),
        role(
            "Role",
            Some("team-a"),
            "local",
            &[found("modify", "high", json!({}))],
        ),
        role(
            "Role",
            Some("team-b"),
            "spare",
            &[found("modify", "high", json!({}))],
        ),
        built_in(role(
            "ClusterRole",
            None,
            scheduler,
            &[found("delete", "medium", json!({}))],
        )),
        binding(
            None,
            "admins",
            "ClusterRole/cluster-admin",
            &["Group/system:masters", "Group/admins"],
        ),
        binding(
            None,
            "openers",
            "ClusterRole/opener",
            &["Group/system:authenticated"],
        ),
        binding(
            None,
            "ci",
            "ClusterRole/writer",
            &["User/system:serviceaccount:ci:deployer"],
        ),
        binding(
            Some("team-a"),
            "bob",
            "ClusterRole/writer",
            &["User/bob", "ServiceAccount/ci/deployer"],
        ),
        binding(Some("team-b"), "bob", "ClusterRole/writer", &["User/bob"]),
        binding(Some("team-a"), "local", "Role/local", &["User/carol"]),
        binding(Some("team-b"), "local", "Role/local", &["User/carol"]),
        binding(None, "later", "ClusterRole/later", &["User/dave"]),
        binding(None, "readers", "ClusterRole/reader", &["User/eve"]),
        binding(None, "nobody", "ClusterRole/spare", &[]),
        built_in(binding(
            None,
            scheduler,
            &format!("ClusterRole/{scheduler}"),
            &["User/system:kube-scheduler", "User/mallory"],
        )),
    ])
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder
        .write("policy.wasm", judge())
        .write("cluster.json", cluster());
    folder
}

fn rbac(folder: &Folder, arguments: &str) -> Ran {
    let arguments = format!("rbac --policy policy.wasm --cluster cluster.json {arguments}");
    run(&mut folder.bulkhead(&arguments), b"")
}

/// What is said of roles that nobody holds, where each line is for a holder.
const UNLISTED: &str = " bound to nobody, and ha";

/// `severity ability grant subject namespace role` of each row.
fn rows(ran: &Ran) -> Vec<String> {
    let is_unlisted = |line: &str| line.contains(UNLISTED);
    assert!(ran.stderr.lines().all(is_unlisted), "{}", ran.stderr);
    let row = |row: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let subject = &row["subject"];
        let subject = match subject["namespace"].as_str() {
            Some(namespace) => format!("{namespace}/{}", text(&subject["name"])),
            None => text(&subject["name"]),
        };
        [
            text(&row["severity"]),
            text(&row["ability"]),
            text(&row["grant"]),
            subject,
            text(&row["namespace"]),
            text(&row["role"]["name"]),
        ]
        .join(" ")
    };
    ran.json().iter().map(row).collect()
}

#[test]
pub fn lists_who_can_write_pods_where() {
    let folder = folder();
    let ran = rbac(&folder, "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100));
    assert_expected("rbac.txt", &ran.stdout);
}

#[test]
fn has_a_row_for_each_ability_that_somebody_holds() {
    let folder = folder();
    let ran = rbac(&folder, "--format json");
    assert_eq!(
        rows(&ran)
            .into_iter()
            .filter(|row| !row.contains("cluster-admin"))
            .collect::<Vec<_>>(),
        [
            "critical status direct system:authenticated - opener",
            "high create direct ci/deployer - writer",
            "high storage indirect ci/deployer - writer",
            "high exec direct ci/deployer - writer",
            "high modify direct carol team-a local",
            "medium delete direct mallory - system:kube-scheduler",
            "medium create direct ci/deployer team-a writer",
            "medium exec direct ci/deployer team-a writer",
            "medium create direct bob team-a writer",
            "medium exec direct bob team-a writer",
            "medium create direct bob team-b writer",
            "medium exec direct bob team-b writer",
            "- - - dave - later",
            "- - - carol team-b local",
        ]
    );
    let row = ran
        .json()
        .into_iter()
        .find(|row| row["ability"] == "storage" && row["grant"] == "indirect");
    assert_eq!(
        row.expect("a row"),
        json!({
            "severity": "high", "ability": "storage", "rule": "pod-storage", "grant": "indirect",
            "subject": {"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"},
            "namespace": null,
            "binding": {"kind": "ClusterRoleBinding", "namespace": null, "name": "ci"},
            "role": {"kind": "ClusterRole", "namespace": null, "name": "writer"}, "known": true,
            "grants": [{"path": "/rules/0/resources/1", "resource": "persistentvolumes",
                "verbs": ["create"], "from": null}],
            "resourceNames": null, "until": null, "component": false
        })
    );
}

#[test]
fn what_nobody_holds_is_no_row_and_is_said_so() {
    let folder = folder();
    folder.write(
        "cluster.json",
        list(&[
            role(
                "ClusterRole",
                None,
                "spare",
                &[found("create", "high", json!({}))],
            ),
            binding(None, "other", "ClusterRole/other", &["User/bob"]),
        ]),
    );
    let told = "bulkhead: 1 role with pod write is bound to nobody, and has no line: `--format \
                text` lists it";
    for (format, lines) in [("json", 1), ("csv", 2)] {
        let ran = rbac(&folder, &format!("--format {format}"));
        assert_eq!((ran.code, ran.stderr), (0, format!("{told}\n")));
        assert_eq!(ran.stdout.lines().count(), lines, "{}", ran.stdout);
        assert!(!ran.stdout.contains("spare"), "{}", ran.stdout);
        // whether it fails is not for the format to say
        let ran = rbac(&folder, &format!("--format {format} --fail-on high"));
        let told = format!("{told}; --fail-on counts what it grants\n");
        assert_eq!((ran.code, ran.stderr), (1, told));
    }
    let text = rbac(&folder, "--fail-on high");
    assert_eq!((text.code, text.stderr.as_str()), (1, ""));
    let told = "Bound to nobody by themselves\n\n    HIGH  ClusterRole spare\n       can  create: \
                create pods (/rules/0)\n\n";
    assert!(text.stdout.contains(told), "{}", text.stdout);
}

#[test]
fn has_the_same_rows_for_spreadsheets() {
    let folder = folder();
    let ran = rbac(&folder, "--format csv --subject bob");
    assert_eq!(
        ran.stdout,
        "severity,ability,grant,subject,namespace,binding,role,grants,resourceNames,until,component\r\n\
         critical,status,direct,Group/system:authenticated,*,\"ClusterRoleBinding openers\",\"ClusterRole opener\",\"status pods (/rules/0/resources/0)\",,,false\r\n\
         medium,create,direct,User/bob,team-a,\"RoleBinding team-a/bob\",\"ClusterRole writer\",\"create pods (/rules/0/resources/0)\",,,false\r\n\
         medium,exec,direct,User/bob,team-a,\"RoleBinding team-a/bob\",\"ClusterRole writer\",\"exec pods (/rules/0/resources/0)\",,1.35,false\r\n\
         medium,create,direct,User/bob,team-b,\"RoleBinding team-b/bob\",\"ClusterRole writer\",\"create pods (/rules/0/resources/0)\",,,false\r\n\
         medium,exec,direct,User/bob,team-b,\"RoleBinding team-b/bob\",\"ClusterRole writer\",\"exec pods (/rules/0/resources/0)\",,1.35,false\r\n"
    );
}

#[test]
fn shows_what_is_asked_for() {
    let folder = folder();
    let shown = |arguments: &str| rows(&rbac(&folder, &format!("--format json {arguments}")));
    // a subject has what everybody of its kind has
    assert_eq!(
        shown("--subject User/carol"),
        [
            "critical status direct system:authenticated - opener",
            "high modify direct carol team-a local",
            "- - - carol team-b local",
        ]
    );
    assert_eq!(shown("--subject carol"), shown("--subject User/carol"));
    let unknown = |subject: &str| {
        let ran = rbac(&folder, &format!("--format json --subject {subject}"));
        let told = format!("bulkhead: no binding names {subject}, so that only what everybody");
        assert!(ran.stderr.starts_with(&told), "{}", ran.stderr);
        ran.json().len()
    };
    assert_eq!(unknown("Group/carol"), 0);
    assert_eq!(unknown("User/stranger"), 1);
    for (subject, near) in [
        ("carl", "did you mean `carol`?"),
        ("User/carl", "did you mean `User/carol`?"),
        ("Group/admin", "did you mean `Group/admins`?"),
        (
            "ServiceAccount/ci/deploy",
            "did you mean `ServiceAccount/ci/deployer`?",
        ),
        ("stranger", "subjects are called `User/bob`,"),
    ] {
        let ran = rbac(&folder, &format!("--format json --subject {subject}"));
        assert!(ran.stderr.contains(near), "{}", ran.stderr);
    }
    let everywhere = shown("--subject ServiceAccount/ci/deployer");
    assert_eq!(everywhere.len(), 6);
    assert_eq!(everywhere, shown("--subject deployer"));
    // whoever it is bound to by its user name
    assert_eq!(
        shown("--subject Group/admins --ability pod-exec"),
        ["critical exec direct admins - cluster-admin"]
    );
    // what holds in a namespace, there alone or everywhere
    assert_eq!(
        shown("--ability modify --namespace team-b"),
        [
            "critical modify direct admins - cluster-admin",
            "critical modify direct system:masters - cluster-admin",
            "- - - dave - later",
            "- - - carol team-b local",
        ]
    );
    let seven = "the seven abilities to write pods are create, modify, delete, scale, status, \
        storage, exec\n";
    for (asked, near) in [
        ("fly", ""),
        ("exex", "did you mean `exec`? "),
        ("pod-exce", "did you mean `pod-exec`? "),
    ] {
        let ran = rbac(&folder, &format!("--ability {asked}"));
        assert_eq!(ran.code, 2);
        let told = format!("'--ability <ABILITY>': {near}{seven}");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    }
}

#[test]
fn a_namespace_that_the_snapshot_has_not_is_told_with_the_nearest() {
    let folder = folder();
    let told = "bulkhead: no role or binding is in the namespace `";
    for (namespace, near) in [
        ("tema-a", "; did you mean `team-a`?\n"),
        ("payments", "everywhere is listed\n"),
    ] {
        let ran = rbac(&folder, &format!("--namespace {namespace}"));
        let is_told = ran.stderr.starts_with(&format!("{told}{namespace}`, "));
        assert!(is_told && ran.stderr.ends_with(near), "{}", ran.stderr);
        assert_eq!(ran.code, 0);
    }
    assert_eq!(rbac(&folder, "--namespace team-a").stderr, "");
}

#[test]
fn counts_what_was_not_asked_for() {
    let folder = folder();
    for (options, left_out) in [
        // of the nine grants of pod write
        (
            "--namespace team-a",
            Some("1 grant of pod write, as asked for"),
        ),
        (
            "--subject User/carol",
            Some("7 grants of pod write, as asked for"),
        ),
        (
            "--ability delete",
            Some("6 grants of pod write, as asked for"),
        ),
        (
            "--ability delete --fail-on low",
            Some("6 grants of pod write, as asked for; --fail-on counts what is asked for alone"),
        ),
        // Kubernetes' own among them
        (
            "--ability exec --all",
            Some("4 grants of pod write, as asked for"),
        ),
        ("--all", None),
        ("", None),
        (
            "--who-can-grant --subject bob",
            Some("1 subject, as asked for"),
        ),
    ] {
        let summary = rbac(&folder, options).summary();
        let (_, told) = summary.split_once(" left out ").unzip();
        let told = told.map(|told| told.split(" not shown ").next().unwrap_or(told));
        assert_eq!(told, left_out, "{options}");
    }
}

#[test]
fn says_once_that_a_snapshot_has_no_bindings() {
    let folder = folder();
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "view"}, "rules": []});
    folder.write("roles.json", role.to_string());
    for options in [
        "",
        "--format json",
        "--format csv",
        "--subject bob",
        "--who-can-grant",
    ] {
        let arguments = format!("rbac --cluster roles.json {options}");
        let ran = run(&mut folder.bulkhead(&arguments), b"");
        let told = "bulkhead: no binding is in the snapshot, so nobody holds anything there: \
            `kubectl get clusterroles,roles,clusterrolebindings,rolebindings -A -o json` prints \
            what belongs in it\n";
        assert_eq!((ran.code, ran.stderr.as_str()), (0, told), "{options}");
    }
}

#[test]
fn folds_what_is_kubernetes_own_and_nobody_else() {
    let folder = folder();
    let all = rows(&rbac(&folder, "--format json --all --ability delete"));
    let line = "medium delete direct system:kube-scheduler - system:kube-scheduler";
    assert!(all.iter().any(|row| row == line), "{all:?}");
    assert!(all.iter().any(|row| row.contains("mallory")), "{all:?}");
    let text = rbac(&folder, "").stdout;
    assert!(
        text.contains("and 1 grant to Kubernetes' own components; --all shows them"),
        "{text}"
    );
    assert!(!rbac(&folder, "--all").stdout.contains("components"));
}

#[test]
fn a_long_list_of_holders_is_cut_and_counted() {
    let folder = folder();
    let users: Vec<String> = (0..45).map(|user| format!("User/u{user}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let creates = found("create", "high", json!({}));
    folder.write(
        "cluster.json",
        list(&[
            role("ClusterRole", None, "a", &[creates]),
            binding(None, "a", "ClusterRole/a", &users),
        ]),
    );
    let text = rbac(&folder, "").stdout;
    assert!(text.contains("and 5 more: `--subject`"), "{text}");
    assert_eq!(text.matches("by ClusterRoleBinding a").count(), 40);
    assert_eq!(rbac(&folder, "--format json").json().len(), 45);
}

#[test]
fn exit_codes_follow_the_threshold() {
    let folder = folder();
    for (arguments, code) in [
        ("", 0),
        ("--fail-on critical", 1),
        ("--fail-on critical --subject carol --ability modify", 0),
        ("--fail-on high --subject carol --ability modify", 1),
        ("--fail-on low --subject eve --ability scale", 0),
    ] {
        assert_eq!(rbac(&folder, arguments).code, code, "{arguments}");
    }
    for arguments in [
        "rbac",
        "rbac --cluster nowhere.json",
        "rbac --cluster policy.wasm",
    ] {
        let ran = run(&mut folder.bulkhead(arguments), b"");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}");
    }
}

#[test]
fn reads_folders_pipes_and_several_files() {
    let folder = folder();
    folder
        .write(
            "in/role.json",
            role(
                "ClusterRole",
                None,
                "a",
                &[found("create", "high", json!({}))],
            )
            .to_string(),
        )
        .write("in/values.yaml", "replicas: 3\n")
        .write(
            "bindings",
            zstd::encode_all(
                binding(None, "a", "ClusterRole/a", &["User/bob"])
                    .to_string()
                    .as_bytes(),
                1,
            )
            .expect("memory"),
        );
    let arguments =
        "rbac --policy policy.wasm --format json --cluster in --cluster bindings --cluster -";
    let stdin = binding(Some("b"), "b", "ClusterRole/a", &["User/carol"]).to_string();
    let ran = run(&mut folder.bulkhead(arguments), stdin.as_bytes());
    assert_eq!(
        rows(&ran),
        ["high create direct bob - a", "high create direct carol b a"]
    );
}

#[test]
fn says_what_could_not_be_judged() {
    let folder = folder();
    let unreadable = json!({"rule": "unreadable", "severity": "high", "action": "deny",
        "path": "/rules", "message": "no array", "fix": "", "new": true});
    let mut broken = role("ClusterRole", None, "broken", &[unreadable]);
    broken["rules"] = json!("all");
    let good = role(
        "ClusterRole",
        None,
        "good",
        &[found("create", "high", json!({}))],
    );
    let bound = binding(None, "good", "ClusterRole/good", &["User/bob"]);
    folder.write("cluster.json", list(&[broken, good, bound]));
    let ran = rbac(&folder, "--format json");
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: ClusterRole broken: `/rules`: no array\n"
    );
    assert_eq!(ran.json().len(), 1);
    let mut nameless = role("ClusterRole", None, "x", &[]);
    nameless["metadata"] = json!({"generateName": "x-"});
    folder.write("cluster.json", nameless.to_string());
    let ran = rbac(&folder, "");
    assert_eq!(ran.code, 2);
    let message = "error: cluster.json:1: ClusterRole: no `metadata.name` to tell it by\n";
    assert_eq!(ran.stderr, message);
    let mut binding = binding(None, "odd", "ClusterRole/good", &["User/bob"]);
    binding["roleRef"]["kind"] = json!("Thing");
    folder.write("cluster.json", list(&[binding]).replace("},{", "},\n{"));
    let ran = rbac(&folder, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: cluster.json:1: ClusterRoleBinding odd: `roleRef` and `subjects` are not what \
         Kubernetes has there\n"
    );
}

/// A policy tells so many findings and no more: others must not push abilities out.
#[test]
fn nothing_else_that_is_found_hides_what_a_role_grants() {
    let folder = Folder::new();
    let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
    "metadata": {"name": "hide"},
    "rules": [
        {"apiGroups": ["security.openshift.io"], "verbs": ["use"],
            "resources": vec!["securitycontextconstraints"; 300]},
        {"apiGroups": [""], "resources": ["pods", "pods/exec"], "verbs": ["create"]},
    ]});
    let bound = binding(None, "hide", "ClusterRole/hide", &["User/eve"]);
    folder.write("cluster.json", list(&[object, bound]));
    for settings in [
        "{}",
        r#"{"rules": {"privileged-scc": {"severity": "critical"}}}"#,
    ] {
        folder.write("settings.json", settings);
        let arguments = "rbac --cluster cluster.json --settings settings.json --format json";
        let ran = run(&mut folder.bulkhead(arguments), b"");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let found = rows(&ran);
        for ability in ["create", "storage", "exec"] {
            let row = format!("high {ability} direct eve - hide");
            assert!(found.contains(&row), "{found:?}");
        }
    }
}

#[test]
fn what_the_policy_leaves_out_is_an_error() {
    let folder = folder();
    let mut short = role(
        "ClusterRole",
        None,
        "short",
        &[found("create", "high", json!({}))],
    );
    short["answer"]["omitted"] = json!(7);
    let bound = binding(None, "short", "ClusterRole/short", &["User/bob"]);
    folder.write("cluster.json", list(&[short, bound]));
    let ran = rbac(&folder, "");
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: ClusterRole short: the policy leaves out 7 of its findings, so that what it \
         grants is not known\n"
    );
}

#[test]
fn a_policy_that_knows_no_roles_is_asked_about_cluster_roles() {
    let folder = folder();
    let mut object = role(
        "ClusterRole",
        None,
        "a",
        &[found("create", "high", json!({}))],
    );
    object["within"] = json!({"request": {}, "allowed": true, "judged": false, "findings": []});
    folder.write(
        "cluster.json",
        list(&[
            object,
            binding(Some("b"), "b", "ClusterRole/a", &["User/bob"]),
        ]),
    );
    assert_eq!(
        rows(&rbac(&folder, "--format json")),
        ["high create direct bob b a"]
    );
}

#[test]
fn nothing_of_a_name_paints_the_terminal() {
    let folder = folder();
    folder.write(
        "cluster.json",
        list(&[
            role(
                "ClusterRole",
                None,
                "a\u{1b}[2J",
                &[found("create", "high", json!({}))],
            ),
            role(
                "ClusterRole",
                None,
                "c\u{1b}[2J",
                &[found("create", "high", json!({}))],
            ),
            binding(
                None,
                "b\u{1b}[2J",
                "ClusterRole/a\u{1b}[2J",
                &["User/u\u{1b}[2J"],
            ),
            binding(
                None,
                "d\u{1b}[2J",
                "ClusterRole/d\u{1b}[2J",
                &["User/u\u{1b}[2J"],
            ),
        ]),
    );
    for format in ["text", "json", "csv"] {
        for arguments in ["", "--who-can-grant"] {
            let ran = rbac(&folder, &format!("--format {format} {arguments}"));
            assert_eq!(ran.code, 0, "{ran:?}");
            assert!(!ran.stdout.contains('\u{1b}'), "{format}: {}", ran.stdout);
        }
    }
}

#[test]
fn ends_quietly_when_the_output_is_closed() {
    let folder = folder();
    for arguments in ["", "--format json", "--format csv", "--who-can-grant"] {
        let arguments = format!("rbac --policy policy.wasm --cluster cluster.json {arguments}");
        let child = folder
            .bulkhead(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("bulkhead starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{arguments}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("error"),
            "{arguments}"
        );
    }
}

/// Recorded from a real cluster, with what the recording's scenario says of it, by hand; answered
/// by the policy that is built in. What comes by way of other resources is left out.
#[test]
fn reads_a_recorded_cluster() {
    let folder = Folder::new();
    folder.write("cluster.jsonl", include_str!("../recorded-rbac.jsonl"));
    let arguments = "rbac --cluster cluster.jsonl --format json";
    let ran = run(&mut folder.bulkhead(arguments), b"");
    let told = "bulkhead: 2 roles with pod write are bound to nobody, and have no line: `--format \
                text` lists them\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (0, told));
    let direct: Vec<Value> = ran
        .json()
        .into_iter()
        .filter(|row| row["grant"] == "direct")
        .collect();
    let held = |subject: &str, namespace: &str, role: &str| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let mut abilities: Vec<String> = direct
            .iter()
            .filter(|row| {
                let names = [
                    &row["subject"]["name"],
                    &row["namespace"],
                    &row["role"]["name"],
                ];
                names.map(text) == [subject, namespace, role]
            })
            .map(|row| text(&row["ability"]))
            .collect();
        abilities.sort();
        abilities.join(" ")
    };
    let edits = "create delete exec modify status storage";
    for (subject, namespace, role, abilities) in [
        (
            "platform-admins",
            "-",
            "cluster-admin",
            "create delete exec modify scale status storage",
        ),
        ("system:serviceaccounts", "-", "edit", edits),
        ("bob", "team-a", "edit", edits),
        ("carol@example.com", "-", "view", "create storage"),
        (
            "heidi",
            "team-a",
            "podwrite",
            "create delete modify status storage",
        ),
        ("dave", "team-a", "debugger", "exec modify storage"),
        // held by those alone who hold what they are collected into
        ("-", "-", "system:aggregate-to-edit", ""),
        ("-", "-", "r-agg-view-pods", ""),
        // a reader, and components
        ("night-shift", "-", "r-reader", ""),
        ("system:kube-scheduler", "-", "system:kube-scheduler", ""),
        (
            "job-controller",
            "-",
            "system:controller:job-controller",
            "",
        ),
    ] {
        assert_eq!(
            held(subject, namespace, role),
            abilities,
            "{subject} {role}"
        );
    }
    let of_view = direct
        .iter()
        .find(|row| row["role"]["name"] == "view")
        .expect("a row");
    assert_eq!(of_view["grants"][0]["from"], "r-agg-view-pods");
    let text = run(&mut folder.bulkhead("rbac --cluster cluster.jsonl"), b"");
    let collected = "    HIGH  ClusterRole r-agg-view-pods\n       can  create, storage, exec\n \
                     collected  into edit, view\n";
    assert!(text.stdout.contains(collected), "{}", text.stdout);
    let unknown: Vec<Value> = ran
        .json()
        .into_iter()
        .filter(|row| row["known"] == false)
        .collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0]["role"]["name"], "r-does-not-exist-yet");
    assert_eq!(unknown[0]["subject"]["name"], "frank");
    // the same roles as manifests, which collect nothing yet, give the same
    let manifests: String = include_str!("../recorded-rbac.jsonl")
        .lines()
        .map(|line| {
            let mut object: Value = serde_json::from_str(line).expect("JSON");
            if object.get("aggregationRule").is_some() {
                object["rules"] = Value::Null;
            }
            format!("{object}\n")
        })
        .collect();
    folder.write("cluster.jsonl", manifests);
    let summary = |ran: &Ran| {
        let rows = ran.json().into_iter().map(|row| {
            [
                &row["ability"],
                &row["subject"],
                &row["binding"],
                &row["role"],
            ]
            .map(Value::to_string)
        });
        rows.collect::<std::collections::BTreeSet<_>>()
    };
    let collected = run(&mut folder.bulkhead(arguments), b"");
    assert_eq!(summary(&collected), summary(&ran));
}
